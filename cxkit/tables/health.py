"""What the client's data can carry: the problems, what is there, what ties to the books, and what errors stop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

import pandas as pd
from pydantic import Field

from cxkit.formats import listing
from cxkit.records import Finding, Record, Result, Stage
from cxkit.tables.books import BooksTie, Tie, tie
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.cut import quoted
from cxkit.tables.engine import Tables
from cxkit.tables.plausibility import screen
from cxkit.tables.problems import Problem, ordered, unusable


class Part(Record):
    """A part of a stage and the tables it reads: all of one of the alternatives."""

    stage: Stage
    part: str
    tables: tuple[tuple[str, ...], ...]

    def runs(self, present: Iterable[str]) -> bool:
        """Whether one of the alternatives is wholly there."""
        there = set(present)
        return any(set(way) <= there for way in self.tables)


PARTS: tuple[Part, ...] = tuple(
    Part(stage=stage, part=part, tables=tables)
    for stage, part, tables in (
        ("align", "traceability", (("goals", "initiatives"), ("goals", "key_results"))),
        ("align", "failure screen", (("initiatives",), ("metrics",))),
        ("align", "self-assessed maturity", (("maturity",),)),
        ("quantify", "retention", (("revenue",), ("subscriptions",), ("invoices",), ("orders",))),
        ("quantify", "cost to serve", (("costs",),)),
        ("quantify", "complaints", (("tickets",), ("ticket_log",), ("contact_volume",))),
        ("quantify", "satisfaction", (("surveys",),)),
        ("quantify", "business cases", (("initiatives", "benefits"),)),
        ("instrument", "signal map", (("systems",), ("moments",))),
        ("instrument", "attribution", (("tickets",), ("ticket_log",), ("surveys",), ("orders",), ("revenue",))),
        ("instrument", "closed loop", (("surveys",),)),
        ("orchestrate", "register of moments", (("moments",),)),
        ("orchestrate", "service levels", (("tickets",), ("ticket_log",))),
        ("orchestrate", "time to first value", (("events", "moments"),)),
        ("orchestrate", "funnel", (("events",),)),
        ("prove", "experiments", (("assignments", "outcomes"), ("arm_totals",))),
        ("prove", "bridge to the P&L", (("pnl", "assignments", "outcomes"), ("pnl", "arm_totals"))),
        ("govern", "ledger", (("initiatives",),)),
        ("govern", "portfolio", (("initiatives", "benefits", "investments"),)),
        ("govern", "council", (("council",), ("initiatives",))),
    )
)
"""Which tables each part of each stage needs, for saying what an error stops."""


class Stop(Record):
    """A part of a stage that an error stops."""

    stage: Stage
    part: str
    tables: tuple[str, ...]
    """The tables with errors that it would have needed."""


class DataHealth(Result):
    """What the report says about the data before any figure.

    Tables: `problems` (severity, table, column, found, rule, fix, rows: how many rows of the cut table break it; no
    row numbers, no files, so that a row that appears later changes nothing), `coverage` (table, grain, rows, first,
    last, columns supplied, columns absent), `books` (series, month, tables, books, difference, share, ties).
    """

    stage: ClassVar[str] = "data"
    name: ClassVar[str] = "health"

    errors: int = 0
    """Problems that stop a table."""
    warnings: int = 0
    unusable: dict[str, str] = Field(default_factory=dict)
    """Tables that errors keep from being used, with the reason."""
    stops: tuple[Stop, ...] = ()
    runs: tuple[str, ...] = ()
    """Parts of stages that can run, as ``stage: part``."""
    ties: tuple[Tie, ...] = ()
    """Per series, whether it ties to the books."""
    provisional: tuple[str, ...] = ()
    """Tables that do not tie to the books (``revenue``, ``costs``): findings resting on them are provisional."""

    @property
    def usable(self) -> bool:
        """Whether at least one part of one stage can run."""
        return bool(self.runs)


def examine(tables: Tables, problems: Sequence[Problem] = ()) -> tuple[DataHealth, tuple[Problem, ...]]:
    """Screen what the checks let through, hold it against the books, and word the state of the data.

    `problems` are those of reading and checking. Returns the health for the report, and all problems (with file and
    rows) for `cxkit check`. What the screen finds to be an error (amounts without an exchange rate) is added to
    ``tables.unusable``, so that no stage reads that table.
    """
    every = ordered([*problems, *screen(tables)])
    tables.unusable.update({n: why for n, why in unusable(every).items() if n not in tables.unusable})
    return assess(tables, every, tie(tables)), every


def assess(tables: Tables, problems: Sequence[Problem], books: BooksTie | None = None) -> DataHealth:
    """Compose the health of the data from its parts; pure, and blind to anything after `as_of`."""
    told = [p for p in ordered(problems) if p.in_report]
    bad = {**tables.unusable, **unusable(told)}
    present = [name for name in tables.present if name not in bad]
    runs = tuple(f"{p.stage}: {p.part}" for p in PARTS if p.runs(present))
    stops = tuple(
        Stop(stage=p.stage, part=p.part, tables=tuple(t for way in p.tables for t in way if t in bad))
        for p in PARTS
        if not p.runs(present) and p.runs([*present, *bad])
    )
    frames = {"problems": problem_table(told), "coverage": coverage(tables, bad)}
    if books is not None:
        frames["books"] = books.frame("books")
    return DataHealth.model_validate(
        {
            "as_of": tables.as_of,
            "errors": sum(p.severity == "error" for p in told),
            "warnings": sum(p.severity == "warning" for p in told),
            "unusable": dict(sorted(bad.items())),
            "stops": stops,
            "runs": runs,
            "ties": books.series if books else (),
            "provisional": books.provisional if books else (),
            "findings": (verdict(tables, told, stops), *(books.findings if books else ())),
            "gaps": books.gaps if books else (),
            "tables": frames,
        }
    )


def problem_table(problems: Sequence[Problem]) -> pd.DataFrame:
    """Problems for the report: files folded together, no row numbers, nothing that a later row would change."""
    folded: dict[tuple[str, ...], dict[str, Any]] = {}
    for p in problems:
        row = folded.setdefault(
            (p.severity, p.table, p.column, p.id, p.rule),
            {
                "severity": p.severity,
                "table": p.table,
                "column": p.column,
                "found": p.found,
                "rule": p.rule,
                "fix": p.fix,
                "rows": 0,
            },
        )
        row["rows"] += p.count
    columns = ["severity", "table", "column", "found", "rule", "fix", "rows"]
    return pd.DataFrame(list(folded.values()), columns=columns).astype({"rows": "int64"})


def coverage(tables: Tables, bad: Mapping[str, str]) -> pd.DataFrame:
    """What is there: rows and period of each table, the columns supplied and those that were not."""
    rows: list[dict[str, Any]] = []
    for name in [n for n in CONTRACTS if n in tables.present or n in bad]:
        contract, supplied = CONTRACTS[name], tables.supplied(name)
        first: date | None = None
        last: date | None = None
        count = 0
        if name in tables.present:
            span = "NULL, NULL"
            if contract.appearance in supplied:
                when = quoted(contract.appearance)
                span = f"CAST(min({when}) AS DATE), CAST(max({when}) AS DATE)"
            count, first, last = tables.sql(f"SELECT count(*), {span} FROM {quoted(name)}").fetchall()[0]
        rows.append(
            {
                "table": name,
                "meaning": contract.meaning,
                "state": "unusable" if name in bad else "used",
                "rows": count,
                "first": first.isoformat() if first else "",
                "last": last.isoformat() if last else "",
                "supplied": ", ".join(c for c in contract.names if c in supplied),
                "absent": ", ".join(c for c in contract.names if c not in supplied),
            }
        )
    columns = ["table", "meaning", "state", "rows", "first", "last", "supplied", "absent"]
    return pd.DataFrame(rows, columns=columns).astype({"rows": "int64"})


def verdict(tables: Tables, told: Sequence[Problem], stops: Sequence[Stop]) -> Finding:
    """One sentence about the data as a whole."""
    errors = [p for p in told if p.severity == "error"]
    things = len({(p.severity, p.table, p.column, p.id, p.rule) for p in told})
    used = len(tables.present)
    know = f"{things} thing{'s' if things != 1 else ''} to know"
    about = listing(sorted({p.table for p in told if p.table}))
    if not used:
        title = "None of the client's tables can be used yet"
    elif errors:
        title = (
            f"{used} tables can be used and {len({p.table for p in errors})} cannot; {know} before reading the figures"
        )
    elif told:
        title = f"The {used} tables supplied can be used, with {know} before reading the figures"
    else:
        title = f"The {used} tables supplied passed every check"
    detail = f"They concern {about}." if about else ""
    if stops:
        detail = f"{detail} Errors stop {listing([s.part for s in stops])}.".strip()
    return Finding(
        id="data.health.verdict",
        stage="data",
        title=title,
        detail=detail,
        value=things,
        unit="count",
        period=f"up to {tables.as_of:%Y-%m}",
        sources=tables.present,
        tone="bad" if errors else "neutral" if told else "good",
    )


def text(health: DataHealth, problems: Sequence[Problem]) -> str:
    """What `cxkit check` prints for people: the verdict, every problem with its place, and what is stopped."""
    lines = [health.findings[0].title + "."]
    for severity, head in (("error", "Errors, which stop what needs the table"), ("warning", "Warnings")):
        of_kind = [p for p in ordered(problems) if p.severity == severity]
        if of_kind:
            lines += ["", f"{head}:", *(f"  {n}. {p}" for n, p in enumerate(of_kind, 1))]
    if health.stops:
        lines += ["", "Stopped:", *(f"  {s.stage}: {s.part} (needs {listing(list(s.tables))})" for s in health.stops)]
    books = [f.title for f in health.findings[1:]]
    if books:
        lines += ["", "Against the books:", *(f"  {title}" for title in books)]
    lines += ["", f"Can run: {listing(list(health.runs), most=30)}." if health.runs else "No stage can run."]
    return "\n".join(lines)


def document(health: DataHealth, problems: Sequence[Problem]) -> dict[str, Any]:
    """What `cxkit check --format json` prints: the same for machines."""
    return {
        "usable": health.usable,
        "as_of": health.as_of.isoformat(),
        "verdict": health.findings[0].title,
        "problems": [p.document() for p in ordered(problems)],
        "unusable": health.unusable,
        "stops": [s.model_dump(mode="json") for s in health.stops],
        "runs": list(health.runs),
        "provisional": list(health.provisional),
        "coverage": health.frame("coverage").to_dict("records"),
    }

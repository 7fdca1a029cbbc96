"""What the client's data can carry: the problems, what is there, what ties to the books, and what errors stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

import pandas as pd
from pydantic import Field

from cxkit.formats import listing, quantity
from cxkit.records import Finding, Result
from cxkit.tables.books import BooksTie, Tie, tie
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.cut import quoted
from cxkit.tables.engine import Tables
from cxkit.tables.parts import PARTS, Stop
from cxkit.tables.plausibility import screen
from cxkit.tables.problems import Problem, ordered, unusable, without_echoes


class DataHealth(Result):
    """What the report says about the data before any figure.

    Tables: `problems` (severity, table, column, found, rule, fix, rows: how many rows of the cut table break it; no
    row numbers, no files, so that a row that appears later changes nothing), `coverage` (table, meaning, state (*used*,
    *derived* from another table or *unusable*), rows, first, last, columns supplied, columns absent), `books` (series,
    month, tables, books, difference, share, ties).
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
    derived: tuple[str, ...] = ()
    """Tables that were not supplied but made from another one (``tickets`` from a ``ticket_log``)."""

    @property
    def usable(self) -> bool:
        """Whether at least one part of one stage can run."""
        return bool(self.runs)


def examine(
    tables: Tables, problems: Sequence[Problem] = (), *, derived: Sequence[str] = ()
) -> tuple[DataHealth, tuple[Problem, ...]]:
    """Screen what the checks let through, hold it against the books, and word the state of the data.

    `problems` are those of reading and checking. Returns the health for the report, and all problems (with file and
    rows) for `cxkit check`. What the screen finds to be an error (amounts without an exchange rate) is added to
    ``tables.unusable``, so that no stage reads that table.
    """
    every = ordered(without_echoes([*problems, *screen(tables)]))
    tables.unusable.update({n: why for n, why in unusable(every).items() if n not in tables.unusable})
    return assess(tables, every, tie(tables), derived=derived), every


def assess(
    tables: Tables, problems: Sequence[Problem], books: BooksTie | None = None, *, derived: Sequence[str] = ()
) -> DataHealth:
    """Compose the health of the data from its parts; pure, and blind to anything after `as_of`."""
    told = [p for p in ordered(problems) if p.in_report]
    bad = {**tables.unusable, **unusable(told)}
    present = [name for name in tables.present if name not in bad]
    runs = tuple(f"{p.stage}: {p.part}" for p in PARTS if p.runs(present))
    stops = tuple(
        Stop(stage=p.stage, part=p.part, tables=p.among(bad))
        for p in PARTS
        if not p.runs(present) and p.runs([*present, *bad])
    )
    frames = {"problems": problem_table(told), "coverage": coverage(tables, bad, derived)}
    if books is not None:
        frames["books"] = books.frame("books")
    return DataHealth.model_validate(
        {
            "as_of": tables.as_of,
            "errors": sum(p.severity == "error" for p in told),
            "warnings": sum(p.severity == "warning" for p in told),
            "unusable": dict(sorted(bad.items())),
            "stops": stops,
            "derived": tuple(n for n in CONTRACTS if n in derived),
            "runs": runs,
            "ties": books.series if books else (),
            "provisional": books.provisional if books else (),
            "findings": (verdict(tables, told, stops), *things(tables, told), *(books.findings if books else ())),
            "gaps": books.gaps if books else (),
            "tables": frames,
        }
    )


def folded(problems: Sequence[Problem]) -> list[Problem]:
    """One problem per table, column and kind, for the report: without files and row numbers, counts added up."""
    found: dict[tuple[str, ...], Problem] = {}
    for problem in ordered(problems):
        key = (problem.severity, problem.table, problem.column, problem.id)
        count = problem.count + (found[key].count if key in found else 0)
        found[key] = found.get(key, problem).model_copy(update={"file": "", "rows": (), "count": count})
    return list(found.values())


def problem_table(problems: Sequence[Problem]) -> pd.DataFrame:
    """Problems for the report, as a table."""
    columns = ["severity", "table", "column", "found", "rule", "fix", "rows"]
    rows = [(p.severity, p.table, p.column, p.found, p.rule, p.fix, p.count) for p in folded(problems)]
    return pd.DataFrame(rows, columns=columns).astype({"rows": "int64"})


def coverage(tables: Tables, bad: Mapping[str, str], derived: Sequence[str] = ()) -> pd.DataFrame:
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
                "state": "unusable" if name in bad else "derived" if name in derived else "used",
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
    folds = folded(told)
    slips = sum(_slip(p) for p in folds)
    many, things_ = len(folds), len(folds) - slips
    used = len(tables.present)
    aside = f"{slips} warning{'s' if slips != 1 else ''} about single rows for the team"
    know = f"{things_} thing{'s' if things_ != 1 else ''} to know before reading the figures"
    know = f"{know} and {aside}" if things_ and slips else know if things_ else aside
    about = listing(sorted({p.table for p in told if p.table}))
    tables_used = f"{used} table{'s' if used != 1 else ''}"
    if not used:
        title = "None of the client's tables can be used yet"
    elif errors:
        cannot = len({p.table for p in errors})
        title = f"{tables_used} can be used and {cannot} cannot, with {know}"
    elif told:
        title = f"{tables_used} can be used, with {know}"
    else:
        title = f"Every check passed on the {tables_used} in use"
    detail = f"{'It concerns' if many == 1 else 'They concern'} {about}." if about else ""
    if stops:
        detail = f"{detail} Errors stop {listing([s.part for s in stops])}.".strip()
    if not used and not told:
        detail = "Put the exports into the folder tables/ (data-request.md says which), then map them with `cxkit map`."
    return Finding(
        id="data.health.verdict",
        stage="data",
        title=title,
        detail=detail,
        value=many,
        unit="count",
        period=f"up to {tables.as_of:%Y-%m}",
        sources=tables.present,
        tone="good" if used and not told else "neutral" if used else "bad",
    )


def _slip(problem: Problem) -> bool:
    """Whether it only warns about single rows, which is for the team to follow up."""
    return problem.severity == "warning" and problem.kind != "plausible"


def things(tables: Tables, told: Sequence[Problem]) -> tuple[Finding, ...]:
    """One finding per thing to know; slips that only warn are for the team, the rest for everybody."""
    findings: list[Finding] = []
    for problem in folded(told):
        place = f"In {problem.table or 'the client folder'}" + (f", {problem.column}" if problem.column else "")
        rows = f" in {quantity(problem.count, 'count')} row{'s' if problem.count != 1 else ''}"
        in_rows = rows if problem.kind != "plausible" and problem.count else ""
        findings.append(
            Finding(
                id="data.health.problem",
                stage="data",
                title=f"{place}: {problem.found or problem.rule}{in_rows}",
                detail=f"Expected: {problem.rule}. To do: {problem.fix}.",
                value=problem.count or None,
                unit="count",
                period=f"up to {tables.as_of:%Y-%m}",
                sources=(problem.table,) if problem.table else (),
                subject=" ".join(filter(None, [problem.table, problem.column, problem.id, problem.severity])),
                tone="bad" if problem.severity == "error" else "unknown",
                audience="team" if _slip(problem) else "board",
            )
        )
    return tuple(findings)


def text(health: DataHealth, problems: Sequence[Problem]) -> str:
    """What `cxkit check` prints for people: the verdict, every problem with its place, and what is stopped."""
    lines = [f"{health.findings[0].title}."]
    if not health.usable and not problems:
        lines.append(health.findings[0].detail)
    for severity, head in (("error", "Errors, which stop what needs the table"), ("warning", "Warnings")):
        of_kind = [p for p in ordered(problems) if p.severity == severity]
        if of_kind:
            lines += ["", f"{head}:", *(f"  {n}. {p}" for n, p in enumerate(of_kind, 1))]
    if health.stops:
        lines += ["", "Stopped:", *(f"  {s.stage}: {s.part} (needs {listing(list(s.tables))})" for s in health.stops)]
    books = [f.title for f in health.findings if f.id.startswith("data.books.")]
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

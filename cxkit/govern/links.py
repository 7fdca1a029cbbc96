"""The status of every link of the graph: what is declared, beside what a test has shown of it.

A link from an initiative to a metric is put to the proof by a test of that initiative on that metric, or by one that
the link's own note names. A link between two metrics is borne out where one randomised test moved both; that the first
moved the second it does not show, so it counts for no more than grade C. A key result's own metric belongs to it by
definition and needs no proof. What is only declared stays claimed, however it is declared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from cxkit.govern.links_sentences import findings
from cxkit.govern.reading import Row, finding_about, records
from cxkit.records import Gap, Result
from cxkit.tables.authored import LINK_STATUS
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, rows, short, table

LINKS: Mapping[str, Kind] = {
    **dict.fromkeys(("from_id", "to_id", "from_label", "to_label", "from_kind", "to_kind"), "text"),
    "live": "boolean",
    **dict.fromkeys(("effect", "declared", "tested", "verdict", "agrees", "grade", "tested_by", "measured"), "text"),
    **dict.fromkeys(("found", "low", "high"), "number"),
    **dict.fromkeys(("finding_key", "note"), "text"),
}
"""`tested` is randomised, quasi-experimental, modelled, before and after, both moved, by definition or not tested;
`verdict` is supports, contradicts, could not tell, blocked, by definition or not tested; `agrees` is as declared,
overstated or understated."""
FLYWHEEL: Mapping[str, Kind] = {"position": "integer", "step": "text", "initiatives": "integer", "share": "number"}
DESIGNS: Mapping[str, str] = {
    "randomised": "randomised",
    "cluster_randomised": "randomised",
    "holdout": "randomised",
    "did": "quasi-experimental",
    "synthetic_control": "quasi-experimental",
    "matched": "modelled",
    "before_after": "before and after",
}
PROVES = ("A", "B", "C")
"""Grades of a test that puts a link to the proof."""
STRONG: Mapping[str, int] = {name: rank for rank, name in enumerate(LINK_STATUS)}
RANKS: Mapping[str, int] = {"randomised": 3, "quasi-experimental": 2, "both moved": 2, "modelled": 1}
SHOWN = ("raised", "cut", "higher", "lower")
_SHEETS = (
    ("initiative", "initiatives", "initiative_id", "initiative"),
    ("metric", "metrics", "metric_id", "metric"),
    ("key result", "key_results", "kr_id", "key_result"),
    ("goal", "goals", "goal_id", "goal"),
)


class Links(Result):
    """Every link with its declared and its tested status.

    Tables: `links` (one row per row of the sheet, see `LINKS`), `flywheel` (initiatives that aim at a customer's moment
    or outcome, say what they expect, have a test, have its answer, were decided on after it).
    """

    stage: ClassVar[str] = "govern"
    name: ClassVar[str] = "links"

    coverage: float | None = None
    """Share of links that need proof and were put to it; None without such a link."""


def links(
    tables: Tables,
    *,
    experiments: Result | None = None,
    quasi: Result | None = None,
    checks: Result | None = None,
    ledger: Result | None = None,
) -> Links:
    """Hold every row of the sheet `links` against the tests there are.

    `experiments` and `quasi` hold the table `effects` (experiment_id, initiative_id, metric, metric_name, design,
    verdict, tone, grade, effect, low, high), `checks` the further metrics of the same tests (table `secondary`, same
    columns); `ledger` lends the decisions of the flywheel.
    """
    if needs := tables.lacking({"links": ("from_id", "to_id")}):
        reason = "Nobody wrote down which thing is meant to move which."
        gap = Gap(id="govern.links.tested", what="Status of every link", reason=reason, needs=needs)
        return Links(as_of=tables.as_of, gaps=(gap,))
    given = {name: rows(tables, name) for name in ("initiatives", "metrics", "key_results", "goals", "links")}
    tests = [(row, result) for result in (experiments, quasi) for row in records(result, "effects")]
    tests += [(row, checks) for row in records(checks, "secondary")]
    made = [_link(row, given, tests) for row in given["links"] if row["from_id"] and row["to_id"]]
    need = [row for row in made if row["verdict"] != "by definition"]
    proved = [row for row in need if row["grade"] in PROVES and row["verdict"] not in ("not tested", "blocked")]
    turning = _flywheel(given["initiatives"], given["metrics"], tests, ledger)
    return Links(
        as_of=tables.as_of,
        coverage=len(proved) / len(need) if need else None,
        findings=tuple(findings(made, need, proved, turning)),
        tables={"links": table(made, LINKS), "flywheel": table(turning, FLYWHEEL)},
    )


def _link(row: Row, given: Mapping[str, Sequence[Row]], tests: Sequence[tuple[Row, Result | None]]) -> Row:
    ends = {end: _named(row[f"{end}_id"], given) for end in ("from", "to")}
    made: Row = dict.fromkeys(LINKS) | {"from_id": row["from_id"], "to_id": row["to_id"]}
    made |= {"effect": row["effect"] or "helps"}
    made |= {"declared": row["status"] if row["status"] in LINK_STATUS else "claimed", "note": row["note"]}
    for end, (kind, label, _) in ends.items():
        made |= {f"{end}_kind": kind, f"{end}_label": label}
    start, stop = ends["from"], ends["to"]
    made["live"] = start[2].get("status") not in ("done", "stopped") if start[0] == "initiative" else None
    if stop[0] == "key result" and stop[2].get("metric_id") == row["from_id"]:
        return made | {"tested": "by definition", "verdict": "by definition", "agrees": "as declared"}
    if start[0] == "initiative":
        found = _direct(row, stop, tests)
    elif start[0] == stop[0] == "metric":
        found = _bridged(row, tests)
    else:
        found = {}
    made |= {"tested": "not tested", "verdict": "not tested"} | found
    return made | {"agrees": _agrees(made)}


def _named(id_: str, given: Mapping[str, Sequence[Row]]) -> tuple[str, str, Row]:
    """What an end of a link is, its name and its row."""
    for kind, sheet, key, label in _SHEETS:
        for row in given[sheet]:
            if row[key] == id_:
                return kind, short(row[label] or id_, 48), row
    return "", short(id_, 48), {}


def _about(test: Row, metric: str, label: str) -> bool:
    """Whether a test measured this metric, by id or by name."""
    names = {str(test.get(c) or "").casefold() for c in ("metric", "metric_name")}
    return metric.casefold() in names or (bool(label) and label.casefold() in names)


def _direct(row: Row, stop: tuple[str, str, Row], tests: Sequence[tuple[Row, Result | None]]) -> Row:
    """The best test of an initiative on what its link points at."""
    words = set(re.findall(r"[\w-]+", row["note"] or ""))
    full = str(stop[2].get("metric") or "")
    mine = [
        (test, result)
        for test, result in tests
        if test.get("initiative_id") == row["from_id"]
        and (_about(test, row["to_id"], full) or str(test["experiment_id"]) in words)
    ]
    if not mine:
        return {}
    mine.sort(key=lambda pair: (pair[0]["verdict"] == "blocked", str(pair[0]["grade"]), str(pair[0]["experiment_id"])))
    test, result = mine[0]
    about = finding_about(result, _id(result), row["from_id"], test["experiment_id"], test.get("arm"))
    found = {"tested": DESIGNS.get(str(test.get("design")), "before and after"), "grade": test["grade"]}
    found |= {"tested_by": test["experiment_id"], "measured": test.get("metric_name") or test.get("metric")}
    found |= {"found": test.get("effect"), "low": test.get("low"), "high": test.get("high")}
    return found | {"verdict": _verdict(test, row["effect"]), "finding_key": about.key if about is not None else None}


def _id(result: Result | None) -> str:
    """Id of the findings of single tests in a result."""
    ids = [f.id for f in result.findings if f.subject] if result is not None else []
    return next((id for id in ids if id.endswith(".effect")), ids[0] if ids else "prove.effect")


def _verdict(test: Row, effect: str | None) -> str:
    """What a test says of a link: what is no shown gain speaks against one that should help."""
    if test["verdict"] == "blocked":
        return "blocked"
    if test["grade"] not in PROVES:
        return "not tested"
    hurts = effect == "hurts"
    if test["verdict"] in SHOWN:
        good = test.get("tone") == "good"
        return "supports" if good != hurts else "contradicts"
    if test["verdict"] == "no effect worth having":
        return "contradicts"
    return "could not tell"


def _bridged(row: Row, tests: Sequence[tuple[Row, Result | None]]) -> Row:
    """A randomised test that moved both metrics of a link: the second should follow the first."""
    for test, _ in tests:
        if test["grade"] != "A" or test["verdict"] not in SHOWN or not _about(test, row["from_id"], ""):
            continue
        for other, _ in tests:
            same = (other["experiment_id"], other.get("arm")) == (test["experiment_id"], test.get("arm"))
            if not same or not _about(other, row["to_id"], "") or other["verdict"] not in SHOWN:
                continue
            along = test.get("tone") == other.get("tone")
            good = along != (row["effect"] == "hurts")
            return {"tested": "both moved", "grade": "C", "tested_by": test["experiment_id"],
                    "measured": other.get("metric_name") or other.get("metric"),
                    "verdict": "supports" if good else "contradicts"}  # fmt: skip
    return {}


def _agrees(row: Row) -> str:
    """Whether a link is declared as well known as a test shows it."""
    declared = STRONG[row["declared"]]
    shown = RANKS.get(row["tested"], 0) if row["verdict"] == "supports" else 0
    if declared >= STRONG["quasi-experimental"] and shown < declared:
        return "overstated"
    return "understated" if shown > max(declared, STRONG["correlational"]) else "as declared"


def _flywheel(
    initiatives: Sequence[Row], metrics: Sequence[Row], tests: Sequence[tuple[Row, Any]], ledger: Result | None
) -> list[Row]:
    """How many initiatives get from a customer's moment or outcome to a decision on a test."""
    outcomes = {m["metric_id"] for m in metrics if m["kind"] in ("cx_outcome", "journey_kpi")}
    tested = {test.get("initiative_id") for test, _ in tests}
    settled = {test.get("initiative_id") for test, _ in tests if test["verdict"] in (*SHOWN, "no effect worth having")}
    decided = {row["initiative_id"] for row in records(ledger, "initiatives") if row.get("decided")}
    steps = {
        "aim at a customer's moment or outcome": lambda r: r["moment_id"] or r["metric_id"] in outcomes,
        "say what they expect": lambda r: r["hypothesis"],
        "have a test": lambda r: r["initiative_id"] in tested,
        "have its answer": lambda r: r["initiative_id"] in settled,
        "were decided on": lambda r: r["initiative_id"] in decided,
    }
    left = [row for row in initiatives if row["initiative_id"]]
    n = len(left)
    made = [{"position": 0, "step": "initiatives", "initiatives": n, "share": 1.0}] if n else []
    for position, (step, holds) in enumerate(steps.items() if n else (), 1):
        left = [row for row in left if holds(row)]
        made.append({"position": position, "step": step, "initiatives": len(left), "share": len(left) / n})
    return made

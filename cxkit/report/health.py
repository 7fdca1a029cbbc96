"""Data health as the report says it: how many things to know, the worst first, before any figure."""

from __future__ import annotations

from datetime import date

from cxkit.records import Record, Result
from cxkit.report.blocks import Block, TableBody
from cxkit.report.inputs import WIDER, ReportInput
from cxkit.report.ranking import ranked
from cxkit.report.sentences import Sentence, sentence
from cxkit.report.show import finding_block, table_body

STATES = {"used": "supplied", "derived": "made from another table", "unusable": "cannot be used"}
"""How a table came to be there, as a reader would say it."""


class Health(Record):
    """The data-health box."""

    symbol: str
    word: str
    heading: str
    sentences: tuple[Sentence, ...] = ()
    rest: tuple[Block, ...] = ()
    coverage: TableBody | None = None
    """Every table with its rows and its days, so that the client can hold the counts against their own."""


def health(given: ReportInput) -> Health:
    """Word the data-health box from the ``data.health`` result; without one it says so."""
    result: Result | None = given.result("data.health")
    if result is None:
        return Health(symbol="?", word="not checked", heading="Data health: not checked in this run")
    findings = [f for f in result.findings if f.audience in WIDER[given.audience]]
    concerns = [f for f in ranked(findings) if f.tone in {"bad", "unknown"}]
    others = [f for f in findings if f not in concerns]
    if not concerns:
        return Health(
            symbol="●",
            word="sound",
            heading="Data health: nothing that changes how to read this report",
            sentences=tuple(sentence(f, stop=True) for f in others[:2]),
            rest=tuple(finding_block(f) for f in others[2:]),
            coverage=coverage(result),
        )
    things = "1 thing" if len(concerns) == 1 else f"{len(concerns)} things"
    return Health(
        symbol="▲",
        word="read with care",
        heading=f"Data health: {things} to know",
        sentences=tuple(sentence(f, stop=True) for f in concerns[:3]),
        rest=tuple(finding_block(f) for f in [*concerns[3:], *others]),
        coverage=coverage(result),
    )


def coverage(result: Result) -> TableBody | None:
    """Every table with what it holds, its rows and its first and last day; None when nothing was counted."""
    if not result.has("coverage"):
        return None
    frame = result.frame("coverage")
    frame = frame.assign(
        table=[str(name).replace("_", " ") for name in frame["table"]],
        state=[STATES.get(str(state), str(state)) for state in frame["state"]],
    )
    for day in ("first", "last"):
        frame[day] = [date.fromisoformat(str(d)) if d else None for d in frame[day].fillna("")]
    if (frame["state"] == STATES["used"]).all():
        frame = frame.drop(columns="state")
    return table_body(
        frame,
        {
            "table": ("Table", "text"),
            "meaning": ("What it holds", "text"),
            "state": ("Where from", "text"),
            "rows": ("Rows", "count"),
            "first": ("First day", "date"),
            "last": ("Last day", "date"),
        },
        title="Tables in use",
        caption="Counted up to the date of the report; rows after it are left out. Tables without days hold "
        "what is known once, such as names and settings; a month is shown as its first day.",
        most=len(frame),
    )

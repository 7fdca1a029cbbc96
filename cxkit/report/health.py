"""Data health as the report says it: how many things to know, the worst first, before any figure."""

from __future__ import annotations

from datetime import date

from cxkit.records import Record, Result
from cxkit.report.blocks import Block, TableBody
from cxkit.report.inputs import WIDER, ReportInput
from cxkit.report.making import finding_block, table_body
from cxkit.report.ranking import ranked
from cxkit.report.sentences import Sentence, sentence
from cxkit.report.words import Words, words

STATES = ("used", "derived", "unusable")
"""How a table came to be there."""


class Health(Record):
    """The data-health box."""

    symbol: str
    state: str
    heading: str
    sentences: tuple[Sentence, ...] = ()
    rest: tuple[Block, ...] = ()
    coverage: TableBody | None = None
    """Every table with its rows and its days, so that the client can hold the counts against their own."""


def health(given: ReportInput) -> Health:
    """Word the data-health box from the ``data.health`` result; without one it says so."""
    w = words(given.locale)
    result: Result | None = given.result("data.health")
    if result is None:
        return Health(symbol="?", state="not-checked", heading=w("health.unchecked"))
    findings = [f for f in result.findings if f.audience in WIDER[given.audience]]
    concerns = [f for f in ranked(findings) if f.tone in {"bad", "unknown"}]
    others = [f for f in findings if f not in concerns]
    if not concerns:
        return Health(
            symbol="●",
            state="sound",
            heading=w("health.sound"),
            sentences=tuple(sentence(f, stop=True) for f in others[:2]),
            rest=tuple(finding_block(f) for f in others[2:]),
            coverage=coverage(result, w),
        )
    return Health(
        symbol="▲",
        state="read-with-care",
        heading=w("health.care", n=len(concerns)),
        sentences=tuple(sentence(f, stop=True) for f in concerns[:3]),
        rest=tuple(finding_block(f) for f in [*concerns[3:], *others]),
        coverage=coverage(result, w),
    )


def coverage(result: Result, w: Words) -> TableBody | None:
    """Every table with what it holds, its rows and its first and last day; None when nothing was counted."""
    if not result.has("coverage"):
        return None
    frame = result.frame("coverage")
    frame = frame.assign(
        table=[str(name).replace("_", " ") for name in frame["table"]],
        state=[w(f"health.{state}") if state in STATES else str(state) for state in frame["state"]],
    )
    for day in ("first", "last"):
        frame[day] = [date.fromisoformat(str(d)) if d else None for d in frame[day].fillna("")]
    if (frame["state"] == w("health.used")).all():
        frame = frame.drop(columns="state")
    return table_body(
        frame,
        {
            "table": (w("health.table"), "text"),
            "meaning": (w("health.meaning"), "text"),
            "state": (w("health.state"), "text"),
            "rows": (w("health.rows"), "count"),
            "first": (w("health.first"), "date"),
            "last": (w("health.last"), "date"),
        },
        title=w("health.in_use"),
        caption=w("health.caption"),
        most=len(frame),
    )

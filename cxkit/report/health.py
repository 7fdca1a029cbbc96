"""Data health as the report says it: how many things to know, the worst first, before any figure."""

from __future__ import annotations

from cxkit.records import Record, Result
from cxkit.report.blocks import Block
from cxkit.report.inputs import WIDER, ReportInput, ranked
from cxkit.report.sentences import Sentence, sentence
from cxkit.report.show import finding_block


class Health(Record):
    """The data-health box."""

    symbol: str
    word: str
    heading: str
    sentences: tuple[Sentence, ...] = ()
    rest: tuple[Block, ...] = ()


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
        )
    things = "1 thing" if len(concerns) == 1 else f"{len(concerns)} things"
    return Health(
        symbol="▲",
        word="read with care",
        heading=f"Data health: {things} to know",
        sentences=tuple(sentence(f, stop=True) for f in concerns[:3]),
        rest=tuple(finding_block(f) for f in [*concerns[3:], *others]),
    )

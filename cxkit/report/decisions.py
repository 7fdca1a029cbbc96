"""The decisions a report asks for, read from the allocation: fund, test first, stop."""

from __future__ import annotations

from typing import Literal

from cxkit.records import Record
from cxkit.report.inputs import ReportInput
from cxkit.report.sentences import Sentence

Kind = Literal["fund", "test", "stop"]
WORDS: dict[Kind, str] = {"fund": "Fund", "test": "Test first", "stop": "Stop"}


class Decision(Record):
    """One card: what to decide, with its money and its grounds."""

    kind: Kind
    word: str
    title: str
    grounds: tuple[str, ...] = ()
    key: str = ""


class Plan(Record):
    """What the allocation asks for."""

    headline: Sentence = Sentence()
    decisions: tuple[Decision, ...] = ()
    resolution: tuple[Sentence, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.decisions)


def plan(given: ReportInput) -> Plan:
    """Read the allocation result; without one nothing is asked for."""
    return Plan()

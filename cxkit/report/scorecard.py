"""The scorecard as bullet graphs: one mark per measure, its interval, the target, the usual range, and its history."""

from __future__ import annotations

from cxkit.records import Record
from cxkit.report.inputs import ReportInput
from cxkit.report.sentences import Sentence


class Bullet(Record):
    """One measure; positions are percent of the graph's width."""

    measure: str
    key: str = ""
    value: str
    interval: str = ""
    n: str = ""
    tone: str = ""
    word: str = ""
    at: float | None = None
    low: float | None = None
    high: float | None = None
    target: float | None = None
    target_text: str = ""
    usual_low: float | None = None
    usual_high: float | None = None
    spark: str = ""
    spark_end: tuple[float, float] | None = None
    alt: str = ""


class Scorecard(Record):
    """The scorecard section."""

    title: Sentence
    bullets: tuple[Bullet, ...]
    period: str = ""


def scorecard(given: ReportInput) -> Scorecard | None:
    """Read the ``quantify.scorecard`` result; None when there is none."""
    return None

"""Which findings come first: money at stake, discounted by grade, then what a council can steer by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cxkit.records import Finding

WORTH: Mapping[str, float] = {"A": 1.0, "M": 1.0, "B": 0.8, "C": 0.6, "D": 0.4, "E": 0.2}
"""How far money at stake counts when it rests on evidence of this grade; orders the conclusion, changes no number."""

RATES = frozenset({"ratio", "points", "nps", "score", "per_1000", "money"})
"""Units in which a council steers; a count of things found (tickets open, feeds incomplete) is housekeeping."""


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by money at stake, discounted by grade.

    Where money is equal, what a council can steer by comes first: a metric with a definition, then another rate, or a
    figure with an interval, then counts; among those concerns before good news.

    >>> f = [Finding(id="prove.a", stage="prove", title="a", weight=100, grade="E"),
    ...      Finding(id="prove.b", stage="prove", title="b", weight=40, grade="A")]
    >>> [x.title for x in ranked(f)]
    ['b', 'a']
    """
    tones = {"bad": 0, "good": 1, "unknown": 2, "neutral": 3}

    def steers(f: Finding) -> int:
        if f.value is None:
            return 2
        return 0 if f.definition else 1 if f.low is not None or f.unit in RATES else 2

    return sorted(findings, key=lambda f: (-f.weight * WORTH[f.grade], steers(f), tones[f.tone]))

"""From an interval to a verdict, and from a design to a grade with its declared bias allowance."""

from __future__ import annotations

from typing import Literal

from cxkit.prove.plan import Plan
from cxkit.records import Grade, Record

Verdict = Literal[
    "raised",
    "cut",
    "higher",
    "lower",
    "no effect worth having",
    "has not shown an effect",
    "cannot tell",
    "not read yet",
    "blocked",
]
"""`higher` and `lower` are for designs that show no cause; `not read yet` is for those registered to be read once, at
their end, and still running."""

ALLOWANCES: dict[Grade, float] = {"A": 0.0, "B": 0.0, "C": 0.1, "D": 0.15, "E": 0.2}
"""Declared bias allowance by grade, in spreads of the outcome, added to both ends of the interval.

One spread is the standard deviation of a unit's value; for a yes–no outcome the smaller of the share of yes and no.
A fifth of a standard deviation is what is commonly called a small effect: a before–after comparison cannot see one.
"""

MOST_MISSING = 0.2
"""Above this share of missing outcomes a randomised comparison is no longer graded A."""


class Grading(Record):
    """A grade, the reasons that held it down, and the allowance it carries in spreads of the outcome."""

    grade: Grade
    reasons: tuple[str, ...] = ()

    @property
    def allowance(self) -> float:
        """Declared bias allowance in spreads of the outcome."""
        return ALLOWANCES[self.grade]


def grading(
    plan: Plan,
    *,
    in_time: bool | None,
    split_checked: bool,
    uneven_loss: bool,
    missing_share: float,
    departs: str = "",
) -> Grading:
    """Grade a comparison by its design and by what its checks found.

    `in_time`: whether the hypothesis was registered before the first draw, None when the first draw is not known.
    `departs`: how the analysis departs from what an earlier run found registered; it is then exploratory.
    Randomised and in order is A; one thing out of order makes it C; before–after is E.
    """
    if plan.design == "before_after":
        return Grading(grade="E", reasons=("before and after, without a control group", *filter(None, [departs])))
    reasons = []
    if in_time is None:
        reasons.append("it is not known whether the hypothesis was registered before the first draw")
    elif not in_time:
        reasons.append("the hypothesis was registered after the first draw, so the analysis is exploratory")
    if departs:
        reasons.append(f"the analysis departs from what was registered ({departs}), so it is exploratory")
    if not split_checked:
        reasons.append("no planned split is registered, so the draw could not be checked")
    if uneven_loss:
        reasons.append("outcomes are missing more often in one arm than in the other")
    if missing_share > MOST_MISSING:
        reasons.append(f"{missing_share:.0%} of outcomes are missing")
    return Grading(grade="C" if reasons else "A", reasons=tuple(reasons))


def verdict(
    plan: Plan, effect: float, low: float, high: float, p_adjusted: float | None, *, level: float = 0.95
) -> Verdict:
    """Read the interval (bias allowance included) and the adjusted p; None where it is not to be read yet.

    An effect is shown when the interval leaves out zero and the p adjusted for the other tests is at most
    ``1 - level``. Otherwise it is `no effect worth having` when the interval lies within the smallest change worth
    having, `cannot tell` when it reaches beyond, and `has not shown an effect` when none was registered.
    """
    if p_adjusted is None:
        return "not read yet"
    if p_adjusted <= 1 - level + 1e-12 and not low <= 0 <= high:
        if not plan.randomised:
            return "higher" if effect > 0 else "lower"
        return "raised" if effect > 0 else "cut"
    if plan.worthwhile is None or plan.worthwhile <= 0:
        return "has not shown an effect"
    return "no effect worth having" if max(abs(low), abs(high)) < plan.worthwhile else "cannot tell"


def tone(
    plan: Plan, verdict: Verdict, low: float, high: float, *, guardrail: str = ""
) -> Literal["good", "bad", "neutral", "unknown"]:
    """Whether the reader should be glad; an effect too small to be worth having is neutral.

    A breached guardrail is bad, whatever the effect is.
    """
    if guardrail == "breached":
        return "bad"
    if verdict in {"raised", "cut", "higher", "lower"}:
        if plan.worthwhile and max(abs(low), abs(high)) < plan.worthwhile:
            return "neutral"
        return "good" if low * plan.better > 0 else "bad"
    if verdict == "blocked":
        return "bad"
    return "unknown" if verdict in {"cannot tell", "not read yet"} else "neutral"

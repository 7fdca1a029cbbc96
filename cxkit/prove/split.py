"""The split check (sample ratio mismatch): first thing read, because a broken draw spoils all that follows."""

from __future__ import annotations

import math
from collections.abc import Mapping

from scipy.stats import binomtest, chisquare

from cxkit.records import Number, Record

THRESHOLD = 0.001
"""Below this p the split is called broken (Fabijan et al. 2019); one false alarm in a thousand tests."""

EXACT_UP_TO = 10_000
"""Two arms of together at most this many units are tested exactly; larger or several arms by chi-square."""


class SplitCheck(Record):
    """How the units fell into the arms, beside the plan."""

    counts: tuple[tuple[str, int], ...]
    """Arm and units (clusters, where clusters were drawn), control first."""
    planned: tuple[Number, ...] = ()
    """Planned share of each arm, in the same order; empty when no plan was registered."""
    statistic: Number | None = None
    """Chi-square without continuity correction."""
    p: Number | None = None
    """Exact binomial for two arms of up to 10,000 units together, chi-square otherwise."""

    @property
    def checked(self) -> bool:
        """Whether a plan was there to check against."""
        return self.p is not None

    @property
    def failed(self) -> bool:
        """Whether the split contradicts the plan."""
        return self.p is not None and self.p < THRESHOLD


def planned_shares(control_share: float | None, arms: int) -> tuple[float, ...]:
    """Planned share per arm, control first: the other arms share the rest equally. Empty without a usable plan.

    >>> planned_shares(0.5, 3), planned_shares(None, 2)
    ((0.5, 0.25, 0.25), ())
    """
    if control_share is None or math.isnan(control_share) or not 0 < control_share < 1 or arms < 2:
        return ()
    return (control_share, *([(1 - control_share) / (arms - 1)] * (arms - 1)))


def check_split(counts: Mapping[str, int], control: str, control_share: float | None) -> SplitCheck:
    """Compare the units per arm with the plan. Arms other than `control` are planned to be equally large.

    >>> found = check_split({"a": 44_000, "b": 45_000}, "a", 0.5)
    >>> round(found.statistic, 3), round(found.p, 4), found.failed
    (11.236, 0.0008, True)
    """
    arms = [control, *sorted(arm for arm in counts if arm != control)]
    seen = tuple((arm, int(counts.get(arm, 0))) for arm in arms)
    planned = planned_shares(control_share, len(arms))
    total = sum(n for _, n in seen)
    if not planned or total == 0:
        return SplitCheck(counts=seen)
    test = chisquare([n for _, n in seen], [share * total for share in planned])
    exact = len(arms) == 2 and total <= EXACT_UP_TO
    p = binomtest(seen[0][1], total, planned[0]).pvalue if exact else test.pvalue
    return SplitCheck(counts=seen, planned=planned, statistic=float(test.statistic), p=float(p))

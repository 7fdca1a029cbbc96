"""Whether the latest month lies outside a metric's usual range: monthly values that do not overlap, nothing else.

Rolling twelve-month figures share eleven months with their neighbour; their movement is never tested here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from cxkit.records import Number, Record

MINIMUM_MONTHS = 12
"""Earlier months needed for a usual range."""
SEASON = 12
LEVEL = 0.998
"""Share of ordinary months inside the range. Nine metrics together stay within the scorecard's share of `alarms`."""
SEASON_P = 0.01
"""How clear a season must be before the range follows it."""


class UsualRange(Record):
    """The range in which the latest month would ordinarily lie, judged from the months before it."""

    latest: Number
    low: Number
    high: Number
    months: int
    """Earlier months it rests on."""
    seasonal: bool
    """Whether it is the range of this month of the year."""

    @property
    def outside(self) -> bool:
        """Whether the latest month lies outside."""
        return not self.low <= self.latest <= self.high


def usual_range(values: Sequence[float], *, bottom: float = -math.inf, top: float = math.inf) -> UsualRange | None:
    """Prediction range of the last value from those before it; None with fewer than twelve of them.

    `values` are consecutive months, oldest first. The spread is the larger of the standard deviation and the
    average moving range ÷ 1.128 (individuals chart, Shewhart; Montgomery 6.4), so that neither a drifting nor a
    jumping past narrows the range; the quantile is Student's and counts the uncertainty of the mean. From 24 earlier
    months on, and only where the months of the year clearly differ (F test, p < 0.01), each month is compared with
    its own month of the year. The range never leaves `bottom` to `top`.

    >>> found = usual_range([10, 11, 9, 10, 12, 10, 9, 11, 10, 10, 11, 9, 17])
    >>> found.outside, round(found.low, 1), round(found.high, 1)
    (True, 5.1, 15.2)
    >>> usual_range([1, 2, 3]) is None
    True
    """
    given = np.asarray(values, dtype=float)
    if len(given) <= MINIMUM_MONTHS or not np.isfinite(given).all():
        return None
    past, latest = given[:-1], float(given[-1])
    n = len(past)
    centre, freedom, extra = float(past.mean()), n - 1, 1 / n
    residual = past - centre
    season = (np.arange(n) - n) % SEASON
    own = season == 0
    seasonal = n >= 2 * SEASON and _season_is_clear(past, season)
    if seasonal:
        means = np.array([past[season == k].mean() for k in range(SEASON)])
        residual = past - means[season]
        centre, freedom, extra = float(means[0]), n - SEASON, 1 / int(own.sum())
    deviation = math.sqrt(float((residual**2).sum()) / freedom)
    moving = float(np.abs(np.diff(residual)).mean()) / 1.128 * math.sqrt((n - 1) / freedom)
    half = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * max(deviation, moving) * math.sqrt(1 + extra)
    return UsualRange(
        latest=latest, low=max(centre - half, bottom), high=min(centre + half, top), months=n, seasonal=seasonal
    )


def _season_is_clear(past: np.ndarray, season: np.ndarray) -> bool:
    total = float(((past - past.mean()) ** 2).sum())
    within = float(sum(((past[season == k] - past[season == k].mean()) ** 2).sum() for k in range(SEASON)))
    if within <= 0:
        return total > 0
    freedom = len(past) - SEASON
    f = ((total - within) / (SEASON - 1)) / (within / freedom)
    return bool(stats.f.sf(f, SEASON - 1, freedom) < SEASON_P)

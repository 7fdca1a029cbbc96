"""How wrong an assumption may be before the result falls, and whether a check could have seen it.

For difference-in-differences: Rambachan and Roth (2023). The groups may drift apart after the start by at most M̄ times
as much, period for period, as they did at worst before it (relative magnitudes), or their trends may bend by at most M
in a period (smoothness; M = 0 is a straight line that went on). With many moments their hybrid tests are needed; for a
mean effect the set of values that one worst period before allows is an interval with normal ends, so that a one-sided
interval for each end, over every period before, holds at least the level. Nothing is assumed about which was the worst.

The test for trends before the start is judged by its power (Roth 2022): whether it would have seen a straight trend
that by itself makes up the whole effect. A test that could not have seen it says nothing when it is silent.

For matched customers: the E-value (VanderWeele and Ding 2017), how strongly something unseen would have to go with both
the treatment and the outcome to explain the result away.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from cxkit.prove.did import Path

Array = NDArray[np.float64]

MOST = 10.0
"""Violations beyond this many times the worst before the start are not looked at."""
SILENT_P = 0.1
"""A check is failed at this p; stricter than 5 %, because missing a violation is the costlier mistake."""
POWER = 0.8
"""Power from which a silent check counts as passed."""


@dataclass(frozen=True)
class Trend:
    """The test for a straight trend before the start."""

    slope: float
    """Per period, reached less not reached."""
    se: float
    p: float
    power: float
    """Chance that the test fails under a trend that would explain the whole effect."""
    explains: float
    """That trend, per period."""
    periods: int

    @property
    def passed(self) -> bool:
        """Silent, and able to speak."""
        return self.p > SILENT_P and self.power >= POWER


def blocks(path: Path) -> tuple[Path, int]:
    """The path in blocks of several periods, from the last block before the start; and how many periods a block has.

    From one period to the next a series wobbles; drift is what is left when periods are averaged. A block is a third of
    what is seen after the start, or of what is seen before it where that is shorter, so that it rests on the design and
    not on the outcome.

    >>> made = Path(np.array([-4, -3, -2, 0, 1]), np.array([2.0, 2, 0, 5, 7]), np.eye(5), np.ones(5), 8)
    >>> coarse, size = blocks(made)
    >>> size, coarse.since.tolist(), coarse.value.tolist()
    (1, [-4, -3, -2, 0, 1], [2.0, 2.0, 0.0, 5.0, 7.0])
    """
    oldest, newest = -int(path.since.min()), int(path.since.max()) + 1
    size = max(1, min(-(-newest // 3), oldest // 3))
    if size == 1:
        return path, 1
    index = np.where(path.since >= 0, path.since // size, -((-path.since - 1) // size) - 1)
    full = sorted({int(b) for b in index if b >= 0 or -b * size <= oldest})
    mean = np.array([(index == b) / max((index == b).sum() + (b == -1), 1) for b in full])  # −1 is nought and counts
    last = mean[full.index(-1)] if -1 in full else np.zeros(len(index))
    kept = [b for b in full if b != -1]
    change = np.array([mean[full.index(b)] - last for b in kept])
    behind = np.array([path.groups[index == b].sum() for b in kept])
    coarse = Path(np.array(kept), change @ path.value, change @ path.covariance @ change.T, behind, path.freedom)
    return coarse, size


def reach(path: Path) -> float:
    """Mean effect after the start that one more unit of trend per period makes up.

    >>> made = Path(np.array([-2, 0, 1]), np.zeros(3), np.eye(3), np.array([1, 1, 1]), 4)
    >>> reach(made)
    1.5
    """
    return float(path.weights() @ np.where(path.before, 0, path.since + 1))


def _slope_weights(path: Path, last: int | None = None) -> Array:
    """Weights of the path in the straight trend before the start (least squares; the last period before is nought)."""
    used = path.before if last is None else path.before & (path.since >= -last)
    at = np.where(used, path.since, 0).astype(float)
    middle = (at.sum() - 1) / (used.sum() + 1)
    spread = ((at[used] - middle) ** 2).sum() + (-1 - middle) ** 2
    return np.where(used, at - middle, 0.0) / spread


def power(errors: float, freedom: float) -> float:
    """Chance that a check fails (`SILENT_P`) when what it looks for is so many standard errors large.

    >>> round(power(0.0, 10), 2), round(power(2.9, 10), 2)
    (0.1, 0.85)
    """
    bar = float(stats.t.isf(SILENT_P / 2, freedom))
    shifted = stats.nct(freedom, errors)
    chance = float(shifted.sf(bar) + shifted.cdf(-bar))
    return min(chance, 1.0) if math.isfinite(chance) else float(stats.norm.sf(bar - errors))  # far out it gives up


def trend(path: Path, effect: float) -> Trend | None:
    """The test for a straight trend before the start with its power against one that explains `effect`."""
    if not path.before.any():
        return None
    weights = _slope_weights(path)
    se = float(np.sqrt(weights @ path.covariance @ weights))
    explains = abs(effect) / reach(path)
    if se <= 0:
        return None
    slope = float(weights @ path.value)
    return Trend(
        slope=slope,
        se=se,
        p=float(2 * stats.t.sf(abs(slope) / se, path.freedom)),
        power=power(explains / se, path.freedom),
        explains=explains,
        periods=int(path.before.sum()) + 1,
    )


def relative(path: Path, times: float, *, level: float = 0.95) -> tuple[float, float]:
    """Interval of the mean effect when drift after the start is at most `times` the worst before, per period.

    >>> flat = Path(np.array([-3, -2, 0, 1]), np.array([0.1, 0.0, 1.0, 1.2]), np.eye(4) * 1e-8, np.ones(4), 20)
    >>> [float(round(x, 2)) for x in relative(flat, 2.0)]  # 1.1 less and plus 2 × 1.5 × 0.1
    [0.8, 1.4]
    """
    target = path.weights()
    value = float(target @ path.value)
    bar = float(stats.t.isf((1 - level) / 2, path.freedom))
    ends = []
    for step in _steps(path):
        for sign in (1.0, -1.0):
            drift = sign * times * reach(path) * step
            low = value - float(drift @ path.value) - bar * _error(path, target - drift)
            high = value + float(drift @ path.value) + bar * _error(path, target + drift)
            if low <= high:
                ends.append((low, high))
    return min(low for low, _ in ends), max(high for _, high in ends)


def _steps(path: Path) -> list[Array]:
    """From one period to the next before the start, as weights on the path."""
    order = [int(i) for i in np.flatnonzero(path.before)]
    made = []
    for now, then in zip(order, [*order[1:], None], strict=True):
        gap = int(path.since[then] if then is not None else -1) - int(path.since[now])
        step = np.zeros(len(path.since))
        step[now] -= 1 / gap
        if then is not None:
            step[then] += 1 / gap
        made.append(step)
    return made


def _error(path: Path, weights: Array) -> float:
    return math.sqrt(max(float(weights @ path.covariance @ weights), 0.0))


def smooth(path: Path, bend: float, *, level: float = 0.95) -> tuple[float, float]:
    """Interval of the mean effect when the difference of trends may bend by `bend` in every period.

    The trend is drawn through the last periods before the start and taken off; how many periods is chosen by what makes
    the interval shortest, which does not depend on the outcome. The worst bias is added to Student's quantile: a little
    wider than the fixed-length intervals of Armstrong and Kolesár.
    """
    target = path.weights()
    best: tuple[float, float] | None = None
    oldest = int(-path.since[path.before].min())
    for last in range(2, oldest + 1):
        if not (path.before & (path.since >= -last)).any():
            continue
        weights = target - reach(path) * _slope_weights(path, last)
        bias = bend * _worst(path, weights)
        half = bias + float(stats.t.isf((1 - level) / 2, path.freedom)) * _error(path, weights)
        if best is None or half < best[1]:
            best = (float(weights @ path.value), half)
    assert best is not None
    return best[0] - best[1], best[0] + best[1]


def _worst(path: Path, weights: Array) -> float:
    """Largest sum of these weights over a curve of second differences of at most one, whatever its slope."""
    # A curve is nought at −1; left and right of it each bend at s adds |k − s| to every k beyond.
    total = 0.0
    first, last = int(path.since.min()), int(path.since.max())
    for s in range(first, last):
        ramp = np.where(path.since > s, path.since - s, 0) if s >= -1 else np.where(path.since < s, s - path.since, 0)
        total += abs(float(weights @ ramp))
    return total


def breakdown(interval: Callable[[float], tuple[float, float]], most: float = MOST) -> float | None:
    """The smallest violation whose interval holds nought: 0 when it holds it already, None when none up to `most` does.

    >>> round(breakdown(lambda m: (1 - m, 3 + m)), 3)
    1.0
    """

    def holds(size: float) -> bool:
        low, high = interval(size)
        return low <= 0 <= high

    if holds(0.0):
        return 0.0
    grid = np.linspace(0, most, 101)
    first = next((float(m) for m in grid[1:] if holds(float(m))), None)
    if first is None:
        return None
    inside, outside = first - most / 100, first
    for _ in range(40):
        middle = (inside + outside) / 2
        inside, outside = (inside, middle) if holds(middle) else (middle, outside)
    return outside


def e_value(ratio: float) -> float:
    """E-value of a risk ratio: below one it is turned round.

    VanderWeele and Ding's example, breastfeeding and respiratory death, 3.9 (1.8 to 8.7):

    >>> round(e_value(3.9), 2), round(e_value(1.8), 1), e_value(1.0)
    (7.26, 3.0, 1.0)
    """
    ratio = 1 / ratio if 0 < ratio < 1 else ratio
    return ratio + math.sqrt(ratio * (ratio - 1)) if ratio > 0 else math.inf


def ratio_of_spreads(difference: float) -> float:
    """About the risk ratio that a standardised difference of means amounts to (VanderWeele and Ding 2017: e^0.91d)."""
    return math.exp(min(0.91 * difference, 50.0))


def curve(interval: Callable[[float], tuple[float, float]], sizes: Sequence[float]) -> list[dict[str, float]]:
    """The interval at each size of a violation: size, low, high."""
    return [dict(zip(("size", "low", "high"), (size, *interval(size)), strict=True)) for size in sizes]

"""Two proportions: a score test and the interval that inverts it, and the relative lift beside."""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy.optimize import brentq
from scipy.stats import norm, t

from cxkit.prove.comparison import Comparison


class Lift(NamedTuple):
    """Relative lift as a fraction of the control, with its interval, standard error and p."""

    value: float
    low: float
    high: float
    se: float
    p: float


def compare_proportions(x0: int, n0: int, x1: int, n1: int, *, level: float = 0.95) -> Comparison:
    """Compare `x1` of `n1` (treated) with `x0` of `n0` (control).

    The interval of the difference inverts the score test (Miettinen & Nurminen 1985), so that it leaves out zero
    exactly when p is below ``1 - level``; it keeps its coverage at small rates and never leaves −1 to 1. The relative
    lift has a delta-method interval on Welch's t, and none while the control proportion is 0.

    >>> found = compare_proportions(14, 28, 16, 30)
    >>> round(found.relative, 5), round(found.relative_low, 5), round(found.relative_high, 5)
    (0.06667, -0.47767, 0.61101)
    """
    p0, p1 = x0 / n0, x1 / n1
    effect = p1 - p0
    z = float(norm.isf((1 - level) / 2))

    def beyond(delta: float) -> float:
        return _score(x0, n0, x1, n1, delta) - z

    low = -1.0 if beyond(-1 + 1e-12) < 0 else brentq(beyond, -1 + 1e-12, effect, xtol=1e-14)
    high = (
        1.0
        if -_score(x0, n0, x1, n1, 1 - 1e-12) - z < 0
        else brentq(lambda d: -_score(x0, n0, x1, n1, d) - z, effect, 1 - 1e-12, xtol=1e-14)
    )
    lift = relative_lift((p0, p0 * (1 - p0) / n0, n0), (p1, p1 * (1 - p1) / n1, n1), level=level)
    return Comparison(
        baseline=p0,
        treated=p1,
        effect=effect,
        low=low,
        high=high,
        p=float(2 * norm.sf(abs(_score(x0, n0, x1, n1, 0.0)))),
        se=math.sqrt(p0 * (1 - p0) / n0 + p1 * (1 - p1) / n1),
        relative=lift and lift.value,
        relative_low=lift and lift.low,
        relative_high=lift and lift.high,
        method="score interval (Miettinen–Nurminen)",
    )


def relative_lift(control: tuple[float, float, int], treated: tuple[float, float, int], *, level: float) -> Lift | None:
    """Relative lift of two arms, each (mean, sampling variance, n), by the delta method on Welch's degrees of freedom.

    None while the control mean is not above zero, or nothing varies (nobody at all among the treated).
    """
    (mean0, var0, n0), (mean1, var1, n1) = control, treated
    if mean0 <= 0 or var0 + var1 <= 0:
        return None
    relative = mean1 / mean0 - 1
    se = math.sqrt(var1 / mean0**2 + var0 * mean1**2 / mean0**4)
    if se == 0:
        return None
    df = (var0 + var1) ** 2 / (var0**2 / (n0 - 1) + var1**2 / (n1 - 1))
    half = float(t.isf((1 - level) / 2, df)) * se
    p = float(2 * t.sf(abs(relative) / se, df))
    return Lift(relative, relative - half, relative + half, se, p)


def _score(x0: int, n0: int, x1: int, n1: int, delta: float) -> float:
    """Signed score statistic of a difference of `delta`; positive when the observed difference is larger."""
    n = n0 + n1
    share0, share1 = _constrained(x0, n0, x1, n1, delta)
    variance = (share1 * (1 - share1) / n1 + share0 * (1 - share0) / n0) * n / (n - 1)
    distance = x1 / n1 - x0 / n0 - delta
    if variance <= 0:
        return 0.0 if distance == 0 else math.copysign(math.inf, distance)
    return distance / math.sqrt(variance)


def _constrained(x0: int, n0: int, x1: int, n1: int, delta: float) -> tuple[float, float]:
    """Likeliest proportions that differ by exactly `delta` (closed form, Miettinen & Nurminen 1985, appendix I)."""
    n, x = n0 + n1, x0 + x1
    l2 = (n1 + 2 * n0) * delta - n - x
    l1 = (n0 * delta - n - 2 * x0) * delta + x
    l0 = x0 * delta * (1 - delta)
    q = l2**3 / (27 * n**3) - l1 * l2 / (6 * n**2) + l0 / (2 * n)
    p = math.copysign(math.sqrt(max(l2**2 / (9 * n**2) - l1 / (3 * n), 0.0)), q)
    cube = p**3
    angle = (math.pi + math.acos(max(-1.0, min(1.0, q / cube)))) / 3 if cube else math.pi / 2
    share0 = 2 * p * math.cos(angle) - l2 / (3 * n)
    share0 = min(max(share0, 0.0, -delta), 1.0, 1.0 - delta)
    return share0, share0 + delta

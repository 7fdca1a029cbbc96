"""Intervals that may be read at any time, as often as one likes, without raising more false alarms.

An ordinary interval holds its level when it is read once, at a size fixed beforehand. Read every day, an A/A test shows
an "effect" sooner or later. Here the asymptotic confidence sequence with a normal mixture is used (Waudby-Smith,
Arbour, Sinha, Kennedy & Ramdas, *Time-uniform central limit theory and asymptotic confidence sequences*, Annals of
Statistics 2024, first 2021; the boundary is Robbins' of 1970). With n units and standard error se its half-width is

    se · sqrt((v + 1) / v · ln((v + 1) / α²)),   v = n · rho²,   rho² = (−2 ln α + ln(1 − 2 ln α)) / planned

which is tightest, relative to the ordinary one, where n reaches `planned`; there it is 1.55 times as wide at 95 %, and
1.65 times at ten times that size. Only se enters, so that it serves means, ratios (delta method), CUPED with its
coefficient re-estimated at each look, and clusters (n counts clusters) alike. Where se is itself estimated from few
clusters the boundary is widened to Student's t with the same tail (`freedom`).
"""

from __future__ import annotations

import math

from scipy.stats import norm, t

from cxkit.prove.design import detectable

METHOD = "valid at any time (asymptotic confidence sequence, Waudby-Smith et al. 2024)"
"""What the method is called in every table and sentence."""

PLANNED_UNITS, PLANNED_CLUSTERS = 1_000, 40
"""Size at which the interval is tightest where no smallest change worth having is registered: both arms together.

Too small a size costs little (1.65 against 1.55 times the ordinary width at ten times it), too large a one more (1.97
times at a tenth of it)."""

FIRST_UNITS, FIRST_CLUSTERS = 30, 8
"""Fewest units, or clusters, in each arm at the first look: the normal limit needs some of them."""


def boundary(share: float, *, level: float = 0.95) -> float:
    """How many standard errors the interval reaches when `share` of the planned size is in.

    >>> [round(boundary(s), 2) for s in (0.1, 1, 10)]
    [3.86, 3.04, 3.24]
    """
    if not 0 < level < 1:
        raise ValueError(f"level is a share between 0 and 1, not {level}")
    v = _mixing(share, 1 - level)
    return math.sqrt((v + 1) / v * (math.log1p(v) - 2 * math.log(1 - level)))


def always_valid(
    effect: float, se: float, n: float, *, planned: float, level: float = 0.95, freedom: float | None = None
) -> tuple[float, float]:
    """The interval that holds at every look at once, from the effect and its standard error at `n` units.

    `planned` is the size (units of both arms together, or clusters) at which it is tightest; it is fixed before the
    first look. With `freedom` degrees of freedom behind `se` the normal tail is exchanged for Student's.

    >>> low, high = always_valid(0.02, 0.01, 4000, planned=4000)
    >>> round(low, 4), round(high, 4)
    (-0.0104, 0.0504)
    """
    reach = boundary(_share(n, planned), level=level)
    half = se * (reach if freedom is None else float(t.isf(norm.sf(reach), freedom)))
    return effect - half, effect + half


def always_valid_p(
    effect: float, se: float, n: float, *, planned: float, level: float = 0.95, freedom: float | None = None
) -> float:
    """The p that goes with `always_valid`: at most ``1 - level`` exactly when that interval leaves out zero.

    One over the mixture likelihood ratio, at most 1. However often it is read, and whenever reading stops, it falls to
    a or below with a chance of at most about a when there is no effect.

    >>> round(always_valid_p(0.04, 0.01, 4000, planned=4000), 4)
    0.0025
    """
    z = abs(effect) / se
    tail = norm.logsf(z) if freedom is None else t.logsf(z, freedom)
    return _p(float(tail), _share(n, planned), level)


def look_level(n: float, *, planned: float, level: float = 0.95) -> float:
    """The level at which an ordinary interval must be read at this look to hold at every look at once.

    A method with an interval of its own (score, randomisation, paired) is read at this level.

    >>> round(look_level(1000, planned=1000), 4)
    0.9976
    """
    return 1 - 2 * float(norm.sf(boundary(_share(n, planned), level=level)))


def look_p(p: float, n: float, *, planned: float, level: float = 0.95) -> float:
    """An ordinary two-sided p made valid at any time; at most ``1 - level`` where p is at most ``1 - look_level``.

    >>> [round(look_p(p, 1000, planned=1000), 3) for p in (0.0024, 0.04)]
    [0.05, 0.459]
    """
    return _p(math.log(max(p, 1e-300) / 2), _share(n, planned), level)


def planned_size(
    n: float, se: float, worthwhile: float | None, *, clusters: bool = False, level: float = 0.95
) -> float:
    """The size to tune at: where the smallest change worth having would be seen four times in five.

    It follows from `worthwhile`, registered beforehand, and the spread behind `se` at `n`, which does not know the
    effect; in units of the effect the mixture is then fixed before the first look. Without `worthwhile` it is
    `PLANNED_UNITS` (or `PLANNED_CLUSTERS`).

    >>> round(planned_size(1000, 1.0, 2.8)), planned_size(500, 1.0, None)
    (1001, 1000.0)
    """
    if worthwhile is None or not worthwhile > 0 or not se > 0:
        return float(PLANNED_CLUSTERS if clusters else PLANNED_UNITS)
    return n * (detectable(se, alpha=1 - level) / worthwhile) ** 2


def _share(n: float, planned: float) -> float:
    if not (n > 0 and planned > 0):
        raise ValueError(f"n and planned are above zero, not {n} and {planned}")
    return n / planned


def _mixing(share: float, alpha: float) -> float:
    """n · rho² (equation 161 of the paper's version 7 for the tuned rho)."""
    wide = -2 * math.log(alpha)
    return share * (wide + math.log1p(wide))


def _p(log_tail: float, share: float, level: float) -> float:
    """One over the mixture likelihood ratio at the normal deviate with this one-sided tail (its logarithm)."""
    z = -_deviate(log_tail)
    v = _mixing(share, 1 - level)
    return min(1.0, math.exp(max(math.log1p(v) / 2 - v * z * z / (2 * (1 + v)), -700.0)))


def _deviate(log_tail: float) -> float:
    """The normal quantile of a lower tail given by its logarithm, far out as well."""
    if log_tail > -600:
        return float(norm.ppf(math.exp(log_tail)))
    return -math.sqrt(-2 * log_tail - math.log(-4 * math.pi * log_tail))

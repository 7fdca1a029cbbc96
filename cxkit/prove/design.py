"""Power and sample size, planned before the first draw.

Convention of cxkit: two-sided, normal approximation; for proportions the *pooled* variance under the null
and the unpooled one under the alternative (Fleiss 1981; R's ``power.prop.test``), because the verdict is
read from the score test, which pools too. The unpooled and the arcsine convention are offered for
comparison with other tools and named in every answer. Means and clusters are read with Student's t and planned with its
noncentral distribution, the far tail left out (R's ``power.t.test``). Clusters take the design effect of Eldridge,
Ashby & Kerry (2006, Int J Epidemiol 35:1292), with the intracluster correlation from a one-way analysis of variance.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from scipy.special import nctdtr, ndtr, stdtrit
from scipy.stats import norm

Convention = Literal["pooled", "unpooled", "arcsine"]
CONVENTION: Convention = "pooled"
"""The convention behind every sample size that cxkit prints."""

MANY, FAR, WILD = 5_000, 30.0, 50.0
"""Degrees of freedom, or standard errors, from which Student's t is the normal distribution; and bounds, met with next
to no degrees of freedom, beyond which an approximation stands in for it."""
STEEP = 6.0
"""Reach, met at the very first looks, beyond which the tail of Student's t is too small to be computed."""


def sample_size_proportions(
    base: float,
    target: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    convention: Convention = CONVENTION,
) -> float:
    """Units per arm to see a proportion move from `base` to `target` (fractions); round up before use.

    Two equal arms, two-sided. Raises `ValueError` unless both lie strictly between 0 and 1 and differ.

    >>> math.ceil(sample_size_proportions(0.10, 0.12))
    3841
    >>> [round(sample_size_proportions(0.10, 0.12, convention=c), 1) for c in ("unpooled", "arcsine")]
    [3838.1, 3834.6]
    """
    if not (0 < base < 1 and 0 < target < 1) or base == target:
        raise ValueError(f"two different proportions between 0 and 1 are needed, not {base} and {target}")
    z_alpha, z_power = _quantiles(alpha, power)
    spread = base * (1 - base) + target * (1 - target)
    if convention == "arcsine":
        distance = 2 * math.asin(math.sqrt(target)) - 2 * math.asin(math.sqrt(base))
        return 2 * ((z_alpha + z_power) / distance) ** 2
    if convention == "unpooled":
        return (z_alpha + z_power) ** 2 * spread / (target - base) ** 2
    middle = (base + target) / 2
    pooled = math.sqrt(2 * middle * (1 - middle))
    return ((z_alpha * pooled + z_power * math.sqrt(spread)) / (target - base)) ** 2


def power_proportions(base: float, target: float, n: float, *, alpha: float = 0.05) -> float:
    """Chance to see `base` move to `target` with `n` units per arm, pooled convention; the far tail is left out.

    >>> round(power_proportions(0.10, 0.12, 3840.85), 4)
    0.8
    """
    z_alpha = float(norm.isf(alpha / 2))
    middle = (base + target) / 2
    pooled = math.sqrt(2 * middle * (1 - middle))
    spread = math.sqrt(base * (1 - base) + target * (1 - target))
    return float(norm.cdf((abs(target - base) * math.sqrt(n) - z_alpha * pooled) / spread))


def sample_size_means(sd: float, effect: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Units per arm to see a mean move by `effect` when single values scatter by `sd` (same unit).

    With CUPED, pass the standard deviation that is left: ``sd * sqrt(1 - correlation ** 2)``.

    >>> math.ceil(sample_size_means(10, 2))
    393
    """
    if effect == 0 or sd <= 0:
        raise ValueError(f"an effect other than 0 and a spread above 0 are needed, not {effect} and {sd}")
    z_alpha, z_power = _quantiles(alpha, power)
    return 2 * ((z_alpha + z_power) * sd / effect) ** 2


def power_means(sd: float, effect: float, n: float, *, alpha: float = 0.05) -> float:
    """Chance to see a mean move by `effect` with `n` units per arm.

    >>> round(power_means(10, 2, 393), 2)
    0.8
    """
    return float(norm.cdf(abs(effect) / (sd * math.sqrt(2 / n)) - norm.isf(alpha / 2)))


def detectable(standard_error: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The smallest true effect a finished test with this standard error would have seen with this power.

    >>> round(detectable(1.0), 2)
    2.8
    """
    return sum(_quantiles(alpha, power)) * standard_error


def power_t(effect: float, se: float, freedom: float, *, reach: float) -> float:
    """Chance that a true effect is seen by a test that needs `reach` standard errors, with so many degrees of freedom.

    `reach` is told for endless degrees of freedom (1.96 at 95 %) and widened to Student's t with the same tail.

    >>> round(power_t(1.0, math.sqrt(2 / 20), 38, reach=norm.isf(0.025)), 4)
    0.869
    """
    shift = abs(effect) / se
    if freedom > MANY or shift > FAR or reach > STEEP:
        return float(ndtr(shift - reach))
    bound = -float(stdtrit(freedom, float(ndtr(-reach))))
    if bound > WILD:  # beyond, the noncentral t is not computed reliably (Johnson & Kotz's approximation)
        return float(ndtr((shift - bound * (1 - 1 / (4 * freedom))) / math.sqrt(1 + bound**2 / (2 * freedom))))
    return float(1 - nctdtr(freedom, shift, bound))


def design_effect(size: float, icc: float, *, variation: float = 0.0) -> float:
    """How many times more units it takes when whole clusters of `size` units are drawn.

    `icc` is the intracluster correlation and `variation` the standard deviation of cluster sizes over their mean
    (Eldridge, Ashby & Kerry 2006); with equal sizes 1 + (size − 1) · icc (Donner & Klar 2000).

    >>> round(design_effect(30, 0.05), 2), round(design_effect(30, 0.05, variation=0.5), 3)
    (2.45, 2.825)
    """
    return max(1.0, 1 + ((variation**2 + 1) * size - 1) * icc)


def intracluster(sizes: np.ndarray, sums: np.ndarray, squares: float, groups: np.ndarray | None = None) -> float:
    """Intracluster correlation from clusters' sizes, their sums and the sum of all squared values.

    One-way analysis of variance for unequal sizes (Donner & Koval 1980), within `groups` (arms) where they are given;
    below zero, which it may come out by chance, it is 0. Raises `ValueError` for clusters of one unit each.

    >>> ratings = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    >>> round(intracluster(np.full(6, 4), ratings.sum(axis=1), (ratings**2).sum()), 3)
    0.166
    """
    arms = np.zeros(len(sizes), dtype=int) if groups is None else np.unique(groups, return_inverse=True)[1]
    k, arms_n, units = len(sizes), int(arms.max()) + 1, float(sizes.sum())
    per_arm = np.bincount(arms, sizes)
    if units <= k or k <= arms_n:
        raise ValueError("clusters of more than one unit, and more clusters than arms, are needed")
    fitted = float((sums**2 / sizes).sum())
    between = (fitted - float((np.bincount(arms, sums) ** 2 / per_arm).sum())) / (k - arms_n)
    within = (squares - fitted) / (units - k)
    size = (units - float((np.bincount(arms, sizes**2) / per_arm).sum())) / (k - arms_n)
    whole = between + (size - 1) * within
    return max(0.0, float((between - within) / whole)) if whole > 0 else 0.0


def _quantiles(alpha: float, power: float) -> tuple[float, float]:
    return float(norm.isf(alpha / 2)), float(norm.ppf(power))

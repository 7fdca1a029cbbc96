"""Power and sample size, planned before the first draw.

Convention of cxkit: two-sided, normal approximation; for proportions the *pooled* variance under the null
and the unpooled one under the alternative (Fleiss 1981; R's ``power.prop.test``), because the verdict is
read from the score test, which pools too. The unpooled and the arcsine convention are offered for
comparison with other tools and named in every answer.
"""

from __future__ import annotations

import math
from typing import Literal

from scipy.stats import norm

Convention = Literal["pooled", "unpooled", "arcsine"]
CONVENTION: Convention = "pooled"
"""The convention behind every sample size that cxkit prints."""


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


def _quantiles(alpha: float, power: float) -> tuple[float, float]:
    return float(norm.isf(alpha / 2)), float(norm.ppf(power))

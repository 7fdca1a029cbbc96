"""Means and ratios of means between two arms, from their moments, through tea-tasting."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from scipy.stats import t
from tea_tasting import RatioOfMeans
from tea_tasting.aggr import Aggregates

from cxkit.prove import cuped
from cxkit.prove.comparison import Comparison
from cxkit.prove.units import MEASURES

CLEAR_OF_ZERO = 3.0
"""A relative effect needs both levels at least this many standard errors above zero."""


def aggregates(row: Mapping[str, Any]) -> Aggregates:
    """The moments of one arm, as `units.moments` returns them, for tea-tasting."""
    pairs = [(a, b) for i, a in enumerate(MEASURES) for b in MEASURES[i + 1 :]]
    return Aggregates(
        int(row["n"]),
        {m: float(row[f"mean_{m}"]) for m in MEASURES},
        {m: float(row[f"var_{m}"]) for m in MEASURES},
        {pair: float(row[f"cov_{pair[0]}_{pair[1]}"]) for pair in pairs},
    )


def totals(n: int, mean: float, sd: float) -> Aggregates:
    """The moments of an arm of which only n, mean and standard deviation are known."""
    pairs = [(a, b) for i, a in enumerate(MEASURES) for b in MEASURES[i + 1 :]]
    means = {"num": mean, "den": 1.0, "xnum": 0.0, "xden": 1.0}
    variances = {"num": sd**2, "den": 0.0, "xnum": 0.0, "xden": 0.0}
    return Aggregates(n, means, variances, dict.fromkeys(pairs, 0.0))


def compare_means(
    control: Aggregates, treated: Aggregates, *, ratio: bool = False, covariate: bool = False, level: float = 0.95
) -> Comparison | None:
    """Compare two arms by Welch's t; ratios by the delta method; with `covariate`, by CUPED where it gains.

    None when nothing varies in either arm: a spread of zero has no interval.
    """
    den = "den" if ratio else None
    spread = control.ratio_var("num", den) / control.count() + treated.ratio_var("num", den) / treated.count()
    if not spread > 0:
        return None
    gain = cuped.variance_gain(cuped.within(control, treated), ratio=ratio) if covariate else None
    adjust = gain is not None and cuped.WORTH_SAYING <= gain < cuped.TOO_GOOD
    shift = _shift(control, treated, den)
    if shift:
        control, treated = (_shifted(arm, den, shift) for arm in (control, treated))
    metric = RatioOfMeans(
        "num",
        den,
        "xnum" if adjust else None,
        "xden" if adjust and ratio else None,
        alternative="two-sided",
        confidence_level=level,
        equal_var=False,
        use_t=True,
    )
    found = metric.analyze_aggregates(control, treated)
    relative = None if shift else float(found.rel_effect_size)
    what = "ratio of means, delta method" if ratio else "Welch's t"
    return Comparison(
        baseline=float(found.control) - shift,
        treated=float(found.treatment) - shift,
        effect=float(found.effect_size),
        low=float(found.effect_size_ci_lower),
        high=float(found.effect_size_ci_upper),
        p=float(found.pvalue),
        se=float(found.effect_size) / float(found.statistic) if found.statistic else math.sqrt(spread),
        relative=relative,
        relative_low=None if shift else float(found.rel_effect_size_ci_lower),
        relative_high=None if shift else float(found.rel_effect_size_ci_upper),
        method=what + (", CUPED" if adjust else ""),
        cuped_gain=gain,
    )


def compare_paired(arm: Aggregates, *, ratio: bool = False, level: float = 0.95) -> Comparison | None:
    """Compare the same units after and before, by the t of their differences; no control group stands beside."""
    den, xden = ("den", "xden") if ratio else (None, None)
    n = arm.count()
    before, after = arm.mean("xnum") / arm.mean(xden), arm.mean("num") / arm.mean(den)
    variance = (
        arm.ratio_var("num", den) + arm.ratio_var("xnum", xden) - 2 * arm.ratio_cov("num", den, "xnum", xden)
    ) / n
    if not variance > 0:
        return None
    se, effect = math.sqrt(variance), after - before
    half = float(t.isf((1 - level) / 2, n - 1)) * se
    return Comparison(
        baseline=before,
        treated=after,
        effect=effect,
        low=effect - half,
        high=effect + half,
        p=float(2 * t.sf(abs(effect) / se, n - 1)),
        se=se,
        method="paired t, after minus before",
    )


def _shift(control: Aggregates, treated: Aggregates, den: str | None) -> float:
    """What to add to every value so that tea-tasting's logarithm of the levels exists; 0 where it does already.

    The difference of two levels does not know the shift; the relative effect, which does, is then left out.
    """
    levels = [(arm.mean("num") / arm.mean(den), arm.ratio_var("num", den), arm.count()) for arm in (control, treated)]
    if all(level > CLEAR_OF_ZERO * math.sqrt(var / n) for level, var, n in levels):
        return 0.0
    return max(abs(level) for level, _, _ in levels) + 10 * max(math.sqrt(var) for _, var, _ in levels)


def _shifted(arm: Aggregates, den: str | None, shift: float) -> Aggregates:
    """The moments after adding `shift` times the denominator (or `shift`) to every numerator."""
    if den is None:
        return Aggregates(arm.count(), {**arm.mean_, "num": arm.mean("num") + shift}, arm.var_, arm.cov_)
    cov = dict(arm.cov_)
    for pair in cov:
        if "num" in pair:
            other = pair[0] if pair[1] == "num" else pair[1]
            cov[pair] += shift * (arm.var(den) if other == den else arm.cov(den, other))
    var = arm.var("num") + 2 * shift * arm.cov("num", den) + shift**2 * arm.var(den)
    return Aggregates(
        arm.count(), {**arm.mean_, "num": arm.mean("num") + shift * arm.mean(den)}, {**arm.var_, "num": var}, cov
    )

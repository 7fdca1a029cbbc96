"""Few clusters: randomisation inference over the draws that could have been."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from cxkit.prove.comparison import Comparison

FEW = 40
"""Below this many clusters in an arm the interval comes from re-drawing the arms; from there on Welch's t is sound."""

FEWEST = 5
"""Below this many clusters in an arm there is no interval: too few draws could have been."""

DRAWS = 2_000
"""Re-draws; all possible ones where they are no more than this."""


def compare_clusters(
    control: pd.DataFrame,
    treated: pd.DataFrame,
    *,
    seed: int | list[int],
    covariate: bool = False,
    level: float = 0.95,
    draws: int = DRAWS,
) -> Comparison | None:
    """Compare two arms of clusters (columns num, den, xnum, xden, one row each), per unit of `den`.

    Under the hypothesis that every cluster's numerator rose by `delta` per unit of its denominator, the drawn arms are
    one of many equally likely draws. The statistic is the studentised difference of the arms' ratios; the interval
    holds every `delta` that is not among the most extreme ``1 - level`` of draws. With `covariate`, what the pre-period
    value explains is taken out first (Rosenbaum 2002). None when nothing varies, or when not even the rarest of the
    draws (all, or `draws` of them) is rare enough for the level.
    """
    rows = pd.concat([control, treated], ignore_index=True)
    den, drawn = rows["den"].to_numpy(float), np.arange(len(rows)) >= len(control)
    num, raised, gain = rows["num"].to_numpy(float), den * drawn, None
    baseline = num[~drawn].sum() / den[~drawn].sum()
    if covariate:
        before = _before(rows)
        gain = _gain(num, den, before, drawn)
        num, raised = _without(num, den, before), _without(raised, den, before)
    drawable = _draws(len(control), len(treated), np.random.default_rng(seed), draws)
    # with `delta` taken out, every draw's difference is a − delta·b and its squared error u − 2·delta·v + delta²·w
    a, b, u, v, w = _coefficients(num, den, raised, np.vstack([drawn, drawable]))
    if not u[0] > 0:
        return None

    def p_value(delta: float) -> float:
        squared = np.maximum(u - 2 * delta * v + delta**2 * w, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            seen = np.abs(a - delta * b) / np.sqrt(squared)
        return float(np.mean(seen[1:] >= seen[0] * (1 - 1e-12)))

    effect, alpha = float(a[0] / b[0]), 1 - level
    se = math.sqrt(max(float(u[0] - 2 * effect * v[0] + effect**2 * w[0]), 0.0)) / abs(float(b[0]))
    if not se > 0:
        return None
    ends = []
    for side in (-1, 1):
        far = se
        while p_value(effect + side * far) > alpha and far < 1e4 * se:
            far *= 1.5
        if far >= 1e4 * se:
            return None
        ends.append(brentq(lambda x, side=side: p_value(effect + side * x) - alpha - 1e-9, 0.0, far, xtol=1e-9 * se))
    return Comparison(
        baseline=float(baseline),
        treated=float(baseline) + effect,
        effect=effect,
        low=effect - ends[0],
        high=effect + ends[1],
        p=p_value(0.0),
        se=se,
        method="randomisation inference over clusters" + (", CUPED" if covariate and gain else ""),
        cuped_gain=gain,
    )


def _draws(n0: int, n1: int, rng: np.random.Generator, most: int) -> np.ndarray:
    """Arms that could have been drawn, one row each: all of them, or `most` at random with the real one first."""
    n = n0 + n1
    if math.comb(n, n1) <= most:
        chosen = np.array(list(itertools.combinations(range(n), n1)))
        draws = np.zeros((len(chosen), n), dtype=bool)
        draws[np.arange(len(chosen))[:, None], chosen] = True
        return draws
    real = np.arange(n) >= n0
    return np.vstack([real, rng.permuted(np.tile(real, (most - 1, 1)), axis=1)])


def _coefficients(num: np.ndarray, den: np.ndarray, raised: np.ndarray, draws: np.ndarray) -> tuple[np.ndarray, ...]:
    """Per draw: difference and squared standard error as functions of the effect that is taken out."""
    a = b = u = v = w = np.zeros(len(draws))
    for mask, sign in ((draws, 1.0), (~draws, -1.0)):
        members = mask.astype(float)
        base, count = members @ den, members.sum(axis=1)
        rate, slope = members @ num / base, members @ raised / base
        a, b = a + sign * rate, b + sign * slope
        # residuals num − rate·den and raised − slope·den, by their sums of squares
        rn = _cross(members, (num, rate), (num, rate), den)
        rr = _cross(members, (num, rate), (raised, slope), den)
        ss = _cross(members, (raised, slope), (raised, slope), den)
        scale = count / (count - 1) / base**2
        u, v, w = u + scale * rn, v + scale * rr, w + scale * ss
    return a, b, u, v, w


def _cross(
    members: np.ndarray, left: tuple[np.ndarray, np.ndarray], right: tuple[np.ndarray, np.ndarray], den: np.ndarray
) -> np.ndarray:
    """Sum over a draw's members of the product of two residuals, each (values, rate): values − rate·den."""
    (x, rate_x), (y, rate_y) = left, right
    return (
        members @ (x * y)
        - rate_y * (members @ (x * den))
        - rate_x * (members @ (y * den))
        + rate_x * rate_y * (members @ (den * den))
    )


def _before(rows: pd.DataFrame) -> np.ndarray:
    """Each cluster's pre-period numerator beyond what its pre-period denominator makes usual; zero in sum."""
    xnum, xden = rows["xnum"].to_numpy(float), rows["xden"].to_numpy(float)
    return np.asarray(xnum - xnum.sum() / xden.sum() * xden)


def _without(values: np.ndarray, den: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Values without what `before` explains of them; the arms are not looked at, so that the test stays exact."""
    usual = values - values.sum() / den.sum() * den
    spread = before @ before
    return values - (before @ usual) / spread * before if spread > 0 else values


def _gain(num: np.ndarray, den: np.ndarray, before: np.ndarray, drawn: np.ndarray) -> float:
    """Share of the variance within arms that the pre-period value explains."""
    outcome, explained = num.copy(), before.copy()
    for mask in (drawn, ~drawn):
        outcome[mask] -= num[mask].sum() / den[mask].sum() * den[mask]
        explained[mask] -= before[mask].mean()
    if not (explained @ explained > 0 and outcome @ outcome > 0):
        return 0.0
    return float((explained @ outcome) ** 2 / (explained @ explained) / (outcome @ outcome))

"""Effects that are compared are pulled towards each other: by as much as they scatter less than their own noise says.

Twenty or more effects: empirical Bayes, normal–normal (Morris 1983, "Parametric empirical Bayes inference", JASA 78;
with equal noise the estimator of James and Stein as Efron and Morris 1975 use it). Fewer: a full Bayesian model,
integrated over a grid of spreads, with a half-normal prior on the spread (Gelman 2006) and a weak normal prior on the
common mean. Both take the noise of each effect as known.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr

from cxkit.records import Number, Record

FEWEST = 20
"""Comparable effects from which on they tell their spread themselves, without a prior."""
CENTRE, MEAN_SCALE, SPREAD_SCALE = 0.5, 0.5, 0.5
"""Prior of fewer effects, as shares of what was claimed: their mean is about halfway between nothing and all of it,
give or take a half (so that both are one step away), and they differ among each other by about a half at most."""
Z95 = 1.959963984540054
_GRID = 601
_STEPS = 60


class Shrunk(Record):
    """Effects after they were pulled together, in the order given."""

    values: tuple[Number, ...]
    sds: tuple[Number, ...]
    lows: tuple[Number, ...]
    highs: tuple[Number, ...]
    """Ends of 95 % intervals."""
    weights: tuple[Number, ...]
    """Weight of an effect's own result; the rest is that of the common mean, or of the prior where it is alone."""
    shared: tuple[Number, ...]
    """Part of each sd that comes from the common mean, and so moves all of them together."""
    mean: Number
    mean_sd: Number
    spread: Number
    """How much the true effects differ (standard deviation)."""
    method: str


def james_stein(values: Sequence[float], variance: float) -> Shrunk:
    """Effects with the same known noise, pulled towards their mean by 1 − (k − 3) variance ÷ Σ(y − ȳ)².

    The factor is that of Efron and Morris (1975); it is never below 0.

    >>> james_stein([0.0, 2.0, 4.0, 6.0, 8.0], 5.0).weights[0]
    0.75
    """
    return empirical_bayes(values, [variance] * len(values))


def empirical_bayes(values: Sequence[float], variances: Sequence[float]) -> Shrunk:
    """Morris (1983): spread from the effects, weight of the mean reduced by (k − 3) ÷ (k − 1), its noise carried along.

    At least four effects and a noise above 0 for each; `ValueError` otherwise.
    """
    y, v = np.asarray(values, float), np.asarray(variances, float)
    k = len(y)
    if k < 4 or len(v) != k or not (v > 0).all():
        raise ValueError("empirical Bayes takes four effects or more, each with its own noise")
    spread = _morris_spread(y, v)
    w = 1 / (v + spread)
    mean = float(np.sum(w * y) / np.sum(w))
    b = (k - 3) / (k - 1) * v * w
    lever = w / np.sum(w)
    typical = float(np.sum(w * v) / np.sum(w))
    doubt = 2 / (k - 3) * b**2 * (typical + spread) * w
    sds = np.sqrt(v * (1 - (1 - lever) * b) + doubt * (y - mean) ** 2)
    shrunk = y + b * (mean - y)
    mean_sd = float(np.sqrt(1 / np.sum(w)))
    return Shrunk(
        values=tuple(shrunk), sds=tuple(sds), lows=tuple(shrunk - Z95 * sds), highs=tuple(shrunk + Z95 * sds),
        weights=tuple(1 - b), shared=tuple(np.minimum(b * mean_sd, sds)), mean=mean, mean_sd=mean_sd,
        spread=float(np.sqrt(spread)), method="empirical Bayes",
    )  # fmt: skip


def _morris_spread(y: np.ndarray, v: np.ndarray) -> float:
    """The variance of the true effects, never below 0, by Morris' weighted moments until it stays."""
    k, spread = len(y), float(np.var(y, ddof=1))
    for _ in range(500):
        w = 1 / (v + spread)
        mean = np.sum(w * y) / np.sum(w)
        found = max(0.0, float(np.sum(w * (k / (k - 1) * (y - mean) ** 2 - v)) / np.sum(w)))
        if abs(found - spread) <= 1e-12 * (found + float(v.min())):
            return found
        spread = found
    return spread


def full_bayes(
    values: Sequence[float],
    variances: Sequence[float],
    *,
    centre: float = CENTRE,
    mean_scale: float = MEAN_SCALE,
    spread_scale: float = SPREAD_SCALE,
) -> Shrunk:
    """Any number of effects, also one: θ ~ N(μ, τ²), μ ~ N(`centre`, `mean_scale`²), τ ~ half-normal(`spread_scale`).

    Given τ everything is normal and exact; τ is summed over a grid that lies denser near 0. Intervals are quantiles of
    the mixture. A single effect is pulled by the prior alone.

    >>> one = full_bayes([2.0], [0.5 ** 2])
    >>> round(one.values[0], 2), round(one.weights[0], 2)
    (1.49, 0.66)
    """
    y, v = np.asarray(values, float), np.asarray(variances, float)
    if not len(y) or len(v) != len(y) or not (v > 0).all():
        raise ValueError("each effect needs its own noise")
    reach = float(np.abs(y - centre).max() + np.sqrt(v.max()) + mean_scale)
    tau = min(5 * spread_scale, 8 * reach) * np.linspace(0, 1, _GRID) ** 2
    total = v[:, None] + tau[None, :] ** 2
    w = 1 / total
    precision = 1 / mean_scale**2 + w.sum(axis=0)
    mu = (centre / mean_scale**2 + (w * y[:, None]).sum(axis=0)) / precision
    misfit = (w * (y[:, None] - mu) ** 2).sum(axis=0) + (mu - centre) ** 2 / mean_scale**2
    log = -0.5 * (np.log(total).sum(axis=0) + np.log(precision) + misfit + (tau / spread_scale) ** 2)
    cell = np.gradient(tau)
    p = np.exp(log - log.max()) * cell
    p /= p.sum()
    b = v[:, None] * w
    means = (1 - b) * y[:, None] + b * mu
    inner = (1 - b) * v[:, None] + b**2 / precision
    values_, second = means @ p, (inner + means**2) @ p
    sds = np.sqrt(np.maximum(second - values_**2, 0))
    mean = float(mu @ p)
    mean_sd = float(np.sqrt(max((1 / precision + mu**2) @ p - mean**2, 0)))
    lows, highs = (_quantile(q, means, np.sqrt(inner), p) for q in (0.025, 0.975))
    pulled = b @ p
    own = 1 - (b * (1 - w / precision)) @ p if len(y) == 1 else 1 - pulled
    return Shrunk(
        values=tuple(values_), sds=tuple(sds), lows=tuple(lows), highs=tuple(highs), weights=tuple(own),
        shared=tuple(np.minimum(pulled * mean_sd, sds)), mean=mean, mean_sd=mean_sd, spread=float(tau @ p),
        method="full Bayes",
    )  # fmt: skip


def _quantile(q: float, means: np.ndarray, sds: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Quantiles of mixtures of normals, one mixture a row, by halving."""
    sds = np.maximum(sds, 1e-12)
    low, high = (means - 12 * sds).min(axis=1), (means + 12 * sds).max(axis=1)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        below = ndtr((middle[:, None] - means) / sds) @ p < q
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2)

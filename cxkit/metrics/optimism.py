"""How much of what was forecast comes true: groups of ratios, partially pooled, and the haircut learned from them.

Reference class forecasting (Kahneman and Tversky 1979; Flyvbjerg 2006): a new case is corrected by what became of the
cases before it, not by how sure its sponsor is. A ratio is what was realised ÷ what was forecast; it may be zero or
negative, so that the model stands on the ratio itself and not on its logarithm. Ratios of a group scatter around the
group's mean, the groups' means around a common one, both normally: the hierarchical normal model of Gelman et al.,
Bayesian Data Analysis, 3rd ed. 2013, chapter 5. The prior is flat for the common mean and half-normal for both spreads
(Gelman 2006), and the posterior is summed over a grid of both: no draws, the same figure every time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from cxkit.metrics.estimates import LEVEL
from cxkit.records import Number, Record

MINIMUM_CASES = 5
"""Forecasts that came due and were signed, below which no haircut is learned."""
APART, SCATTER = 0.25, 0.5
"""Scales of the half-normal priors: how far groups lie apart, and how far cases of a group scatter, as ratios."""
BOUNDS = (-1.0, 3.0)
"""A ratio beyond these counts as the bound: a tiny forecast must not carry the mean."""
BLOCKS = ("revenue", "cost", "risk")

_NODES = 61
Array = np.ndarray


class Group(Record):
    """The mean of one group, drawn towards the others as far as its own cases leave it open."""

    group: str
    mean: Number
    low: Number
    high: Number
    n: int
    own: Number
    """Plain mean of its own cases."""
    below: Number
    """Probability that its mean lies below one."""


class Pooled(Record):
    """Groups of ratios, partially pooled."""

    mean: Number
    """Mean over the groups, each weighing as many cases as it has."""
    low: Number
    high: Number
    n: int
    scatter: Number
    """Spread of single cases within a group, as a standard deviation."""
    apart: Number
    """Spread of the groups' means."""
    groups: tuple[Group, ...]
    level: float = LEVEL


class BlockHaircut(Record):
    """The haircut of one block."""

    block: str
    factor: Number
    mean: Number
    low: Number
    high: Number
    n: int


class Haircut(Record):
    """What a claim is multiplied by, learned from forecasts that came due."""

    factor: Number
    """For a block without cases of its own. Never above 1: that others were too careful makes no claim larger."""
    mean: Number
    """Share of what was forecast that came true, on average over cases."""
    low: Number
    high: Number
    n: int
    """Forecasts it rests on."""
    level: float = LEVEL
    blocks: tuple[BlockHaircut, ...] = ()
    mean_half: Number
    """The mean under half the prior spread between blocks."""
    mean_twice: Number
    """The mean under twice that spread."""
    bounded: int = 0
    """Cases whose ratio lay beyond `BOUNDS`."""

    def of(self, block: str) -> float:
        """The factor for a row of this block."""
        return next((b.factor for b in self.blocks if b.block == block), self.factor)


def learned(rows: Sequence[Mapping[str, Any]], *, level: float = LEVEL, apart: float = APART) -> Haircut | None:
    """The haircut from `rows`, one per forecast that came due: ``ratio`` and ``block``.

    ``ratio`` is realised ÷ forecast, the forecast before anything was taken off for doubt (`gross_ratio`), because the
    haircut takes the place of that. None below `MINIMUM_CASES`. Blocks are partially pooled, so that one with few
    cases leans on the others. The interval is that of the mean; a single case scatters much more.

    >>> cut = learned([{"ratio": r, "block": "cost"} for r in (0.55, 0.7, 0.6, 0.65, 0.5, 0.6)])
    >>> round(cut.factor, 2), cut.n, cut.of("revenue") == cut.factor
    (0.6, 6, True)
    >>> learned([{"ratio": 0.6, "block": "cost"}] * 4) is None
    True
    """
    given = [(str(r["block"] or ""), float(r["ratio"])) for r in rows if r.get("ratio") is not None]
    given = [(block, ratio) for block, ratio in given if math.isfinite(ratio)]
    if len(given) < MINIMUM_CASES:
        return None
    inside = [(block, min(max(ratio, BOUNDS[0]), BOUNDS[1])) for block, ratio in given]
    found = pooled(inside, level=level, apart=apart)
    half, twice = (pooled(inside, level=level, apart=apart * by).mean for by in (0.5, 2.0))
    order = {block: place for place, block in enumerate(BLOCKS)}
    groups = sorted((g for g in found.groups if g.group), key=lambda g: (order.get(g.group, len(order)), g.group))
    return Haircut(
        factor=_factor(found.mean),
        mean=found.mean,
        low=found.low,
        high=found.high,
        n=found.n,
        level=level,
        blocks=tuple(
            BlockHaircut(block=g.group, factor=_factor(g.mean), mean=g.mean, low=g.low, high=g.high, n=g.n)
            for g in groups
        ),
        mean_half=half,
        mean_twice=twice,
        bounded=sum(a != b for (_, a), (_, b) in zip(given, inside, strict=True)),
    )


def gross_ratio(realised: float, forecast: float, confidence: float = 1.0) -> float | None:
    """Realised ÷ the forecast before `confidence` was taken off it; None where nothing was forecast.

    A haircut learned from forecasts that carry a haircut already would undo itself.

    >>> gross_ratio(60.0, 80.0, 0.8)
    0.6
    """
    return realised * confidence / forecast if forecast > 0 and confidence > 0 else None


def pooled(
    cases: Sequence[tuple[str, float]], *, level: float = LEVEL, apart: float = APART, scatter: float = SCATTER
) -> Pooled:
    """Means of groups of values from ``(group, value)``, partially pooled; both spreads are unknown.

    `apart` and `scatter` are the scales of their half-normal priors.

    >>> found = pooled([("a", 0.6), ("a", 0.5), ("a", 0.55), ("b", 1.0), ("b", 1.1), ("b", 0.95)])
    >>> [round(g.mean, 2) for g in found.groups]
    [0.57, 1.0]
    """
    names = sorted({group for group, _ in cases})
    values = [np.sort([v for g, v in cases if g == name]) for name in names]
    n = np.array([len(v) for v in values], dtype=float)
    means = np.array([math.fsum(v) / len(v) for v in values])
    within = math.fsum(float(d) for v, m in zip(values, means, strict=True) for d in (v - m) ** 2)
    sigma = np.geomspace(0.01, 6 * scatter, _NODES)[:, None]
    tau = np.linspace(0, 5 * apart, _NODES)[None, :]
    prior = -0.5 * (sigma / scatter) ** 2 - 0.5 * (tau / apart) ** 2 + np.log(sigma)
    prior = prior - (n.sum() - len(n)) * np.log(sigma) - within / (2 * sigma**2)
    variance = sigma[..., None] ** 2 / n
    summed = _posterior(means, variance, np.broadcast_to(tau, prior.shape), prior)
    whole = summed.mixture(n / n.sum())
    return Pooled(
        mean=whole.mean,
        low=whole.at((1 - level) / 2),
        high=whole.at((1 + level) / 2),
        n=len(cases),
        scatter=float((summed.weight * np.broadcast_to(sigma, prior.shape)).sum()),
        apart=float((summed.weight * tau).sum()),
        groups=tuple(
            _group(name, v, summed.mixture(np.eye(len(n))[k]), level)
            for k, (name, v) in enumerate(zip(names, values, strict=True))
        ),
        level=level,
    )


def pooled_known(
    means: Sequence[float], errors: Sequence[float], *, apart: float, level: float = LEVEL
) -> tuple[Group, ...]:
    """Partially pooled means of groups whose own means are known with these standard errors.

    `apart` is the scale of the half-normal prior; a very large one is the flat prior of the textbook.
    """
    y, error = np.asarray(means, dtype=float), np.asarray(errors, dtype=float)
    reach = min(5 * apart, 8 * float(np.std(y) + error.mean()))
    tau = np.linspace(0, reach, 801)
    prior = -0.5 * (tau / apart) ** 2
    summed = _posterior(y, np.broadcast_to(error**2, (*tau.shape, len(y))), tau, prior)
    return tuple(_group(str(k), np.array([v]), summed.mixture(np.eye(len(y))[k]), level) for k, v in enumerate(y))


class _Mixture:
    """A weighted mixture of normals."""

    def __init__(self, weight: Array, mean: Array, deviation: Array) -> None:
        flat = weight.ravel()
        counts = flat > flat.max() * 1e-12
        self._weight = flat[counts] / flat[counts].sum()
        self._mean, self._deviation = mean.ravel()[counts], deviation.ravel()[counts]
        self.mean = math.fsum(self._weight * self._mean)

    def below(self, value: float) -> float:
        """Probability of less than a value."""
        return float(self._weight @ special.ndtr((value - self._mean) / self._deviation))

    def at(self, share: float) -> float:
        """The value below which this share lies, by halving."""
        far = 12 * float(self._deviation.max())
        return _halved(self.below, share, float(self._mean.min()) - far, float(self._mean.max()) + far)


@dataclass(frozen=True, eq=False)
class _Posterior:
    """Weights of the grid, and at each point what the groups' means are given it."""

    weight: Array
    shrink: Array
    means: Array
    common: Array
    error: Array
    own: Array

    def mixture(self, shares: Array) -> _Mixture:
        """The posterior of a weighted sum of the groups' means."""
        kept = 1 - self.shrink
        mean = (shares * (self.shrink * self.common[..., None] + kept * self.means)).sum(axis=-1)
        variance = (shares * self.shrink).sum(axis=-1) ** 2 * self.error + (shares**2 * kept * self.own).sum(axis=-1)
        return _Mixture(self.weight, mean, np.sqrt(variance))


def _posterior(means: Array, variance: Array, tau: Array, prior: Array) -> _Posterior:
    """Sum over a grid: `variance` of the groups' own means and `tau` by grid point, `prior` in logarithms."""
    total = variance + tau[..., None] ** 2
    weight = 1 / total
    precision = weight.sum(axis=-1)
    common = (weight * means).sum(axis=-1) / precision
    fit = -0.5 * (np.log(total) + (means - common[..., None]) ** 2 * weight).sum(axis=-1) - 0.5 * np.log(precision)
    chance = prior + fit
    chance = np.exp(chance - chance.max())
    return _Posterior(chance / chance.sum(), variance * weight, means, common, 1 / precision, variance)


def _group(name: str, values: Array, found: _Mixture, level: float) -> Group:
    return Group(
        group=name,
        mean=found.mean,
        low=found.at((1 - level) / 2),
        high=found.at((1 + level) / 2),
        n=len(values),
        own=math.fsum(values) / len(values),
        below=found.below(1.0),
    )


def _halved(rising: Callable[[float], float], target: float, low: float, high: float) -> float:
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < target else (low, middle)
    return (low + high) / 2


def _factor(mean: float) -> float:
    return min(max(mean, 0.0), 1.0)

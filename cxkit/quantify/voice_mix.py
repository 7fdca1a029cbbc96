"""How much of a change in a score is customers of the same kind answering otherwise, and how much is who answered.

Kitagawa (1955), in the form of Oaxaca and Blinder with the average of both windows as weights: a change of Σ pₛ·mₛ is
Σ p̄ₛ·Δmₛ (within) + Σ Δpₛ·m̄ₛ (mix), exactly. Intervals are linearised with customers as clusters across both windows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from scipy import stats

from cxkit.metrics.estimates import MINIMUM_CLUSTERS, Estimate, t_quantile
from cxkit.quantify.voice_cells import OTHERS, Array, Cells, Key
from cxkit.records import Number, Record

NOW, BEFORE = "now", "before"
LEAST = 15
"""Answers a stratum needs in a window to stand by itself."""


class Part(Record):
    """One part of a change, with its 95 % interval and the chance of one as large when there is none."""

    estimate: Estimate
    p: Number = 1.0


class Stratum(Record):
    """One kind of customer: share of answers and score in both windows, and what it adds to each part."""

    name: str
    n: int
    n_before: int
    share: Number
    share_before: Number
    score: Number | None
    score_before: Number | None
    change: Estimate
    within: Number
    mix: Number
    """Its part of the mix, against the average score: they add up to the whole mix."""


class Split(Record):
    """A change in a mean score, in two parts that add up to it."""

    change: Part
    within: Part
    mix: Part
    now: Number
    before: Number
    strata: tuple[Stratum, ...]


def pooled(found: Cells, least: int = LEAST) -> Cells:
    """Small strata put together, so that each has `least` answers in both windows or none at all in one of them.

    A stratum that has answers in one window only and fewer than twice `least` counts as small. Should the rest still be
    too small it joins the smallest of the others.
    """
    into = {key[1]: key[1] for key in found.keys}
    while True:
        made = found.merged([(key[0], into[key[1]]) for key in found.keys])
        sizes = _sizes(made)
        small = [name for name, size in sizes.items() if not _stands(size, least)]
        if not small or len(sizes) < 2:
            return made
        join = set(small)
        if small == [OTHERS] or len(small) == 1:
            rest = [name for name in sizes if name not in small]
            join.add(min(rest, key=lambda name: (sum(sizes[name]), name)))
        into = {name: OTHERS if now in join else now for name, now in into.items()}


def _sizes(found: Cells) -> dict[str, tuple[int, int]]:
    at = {key: round(n) for key, n in zip(found.keys, found.n, strict=True)}
    names = dict.fromkeys(key[1] for key in found.keys)
    return {name: (at.get((NOW, name), 0), at.get((BEFORE, name), 0)) for name in names}


def _stands(size: tuple[int, int], least: int) -> bool:
    return min(size) >= least or (min(size) == 0 and max(size) >= 2 * least)


def usable(found: Cells) -> bool:
    """Whether at least two strata have answers in both windows."""
    return sum(min(size) > 0 for size in _sizes(found).values()) >= 2


def split(found: Cells, customers: Mapping[str, int]) -> Split:
    """Split the change of the mean from `BEFORE` to `NOW` over strata.

    `found` has keys (window, stratum); `customers` counts who answered in each window. A stratum with answers in one
    window only has no score of its own in the other: it is taken as unchanged, so that its part is wholly mix. Below
    ten customers in a window there is no interval.
    """
    names = sorted({key[1] for key in found.keys})
    keys: list[Key] = [(when, name) for when in (NOW, BEFORE) for name in names]
    whole = _ordered(found, keys)
    size = len(names)
    n = whole.n.reshape(2, size)
    mean = whole.mean.reshape(2, size)
    alone = (n > 0).sum(axis=0) == 1
    score = np.where(np.isnan(mean), mean[::-1], mean)
    share = n / n.sum(axis=1, keepdims=True)
    delta, middle, moved = score[0] - score[1], score.mean(axis=0), share[0] - share[1]
    average = share.mean(axis=0)
    overall = (share * score).sum(axis=1)

    sign = np.array([[1.0], [-1.0]])
    pull_within = np.where(alone, 0.0, average) * sign
    pull_mix = np.where(alone, moved, moved / 2) * np.ones((2, 1))
    total = n.sum(axis=1, keepdims=True)
    share_within = 0.5 * (delta - (share * delta).sum(axis=1, keepdims=True)) / total
    share_mix = sign * (middle - (share * middle).sum(axis=1, keepdims=True)) / total
    both = math.nan if min(customers.values()) < MINIMUM_CLUSTERS else float(sum(customers.values()))

    def part(value: float, fixed: Array, pull: Array) -> Part:
        if math.isnan(both):
            why = f"{min(customers.values())} customers answered in a window"
            return Part(estimate=Estimate(value=value, n=round(float(n[0].sum())), why_none=why))
        slope = np.divide(pull, n, out=np.zeros_like(n), where=n > 0) * _small(n)
        level = np.where(n > 0, score, 0.0)
        variance = whole.variance((fixed - slope * level).ravel(), slope.ravel(), customers=int(both))
        return _part(value, math.sqrt(variance), min(customers.values()) - 1, round(float(n[0].sum())))

    within, mix = float((average * delta).sum()), float((moved * middle).sum())
    one = np.eye(size)
    return Split(
        change=part(within + mix, share_within + share_mix, pull_within + pull_mix),
        within=part(within, share_within, pull_within),
        mix=part(mix, share_mix, pull_mix),
        now=float(overall[0]),
        before=float(overall[1]),
        strata=tuple(
            Stratum(
                name=name,
                n=round(float(n[0, s])),
                n_before=round(float(n[1, s])),
                share=share[0, s],
                share_before=share[1, s],
                score=None if n[0, s] == 0 else mean[0, s],
                score_before=None if n[1, s] == 0 else mean[1, s],
                change=Estimate(why_none="answers in one window only")
                if alone[s]
                else part(float(delta[s]), np.zeros((2, size)), sign * one[s]).estimate,
                within=average[s] * delta[s],
                mix=moved[s] * (middle[s] - float((average * middle).sum())),
            )
            for s, name in enumerate(names)
        ),
    )


def _small(n: Array) -> Array:
    """√(n ÷ (n − 1)): a cell's own variance is not that of its few answers."""
    return np.sqrt(np.divide(n, n - 1, out=np.ones_like(n), where=n > 1))


def _part(value: float, error: float, freedom: int, n: int) -> Part:
    half = t_quantile(freedom) * error
    known = Estimate(value=value, low=value - half, high=value + half, n=n)
    chance = 2 * float(stats.t.sf(abs(value) / error, max(freedom, 2))) if error > 0 else 1.0 if value == 0 else 0.0
    return Part(estimate=known, p=chance)


def _ordered(found: Cells, keys: list[Key]) -> Cells:
    """The cells in the order of `keys`, empty ones added."""
    at = {key: k for k, key in enumerate(found.keys)}
    pick = [at.get(key) for key in keys]

    def flat(values: Array) -> Array:
        return np.array([0.0 if p is None else values[p] for p in pick])

    def square(values: Array) -> Array:
        return np.array([[0.0 if p is None or q is None else values[p, q] for q in pick] for p in pick])

    return Cells(
        keys=tuple(keys),
        n=flat(found.n),
        total=flat(found.total),
        squares=flat(found.squares),
        nn=square(found.nn),
        nt=square(found.nt),
        tt=square(found.tt),
    )

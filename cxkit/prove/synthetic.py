"""Synthetic control: a group compared with the mixture of others that moved like it before.

Weights are nought or more, add up to one and are fitted to the outcome before the start alone (Abadie, Diamond and
Hainmueller 2010, with every period before as predictor; a ridge of a millionth of the noise makes them unique, as in
Arkhangelsky et al. 2021). Nothing after the start is looked at.

- *Fit.* A mixture that misses the group before the start by more than twice what is usual among the others when each
  is treated so is no comparison, and no claim is made.
- *Placebos in space*: every other group in turn is taken for the reached one. The rank of the ratio of misses after and
  before the start is a p-value (Abadie and others 2010), but with nine others it is never below one in ten.
- *Interval.* Placebos in space inverted (Firpo and Possebom 2018), with Student's t instead of ranks because others are
  few: an effect is not rejected while it lies within what placebos show, each in units of its miss before the start, as
  many degrees of freedom as there are others. It holds what happens to any mixture as time goes on, autocorrelation
  included. (Conformal intervals, Chernozhukov, Wüthrich and Zhu 2021, held as well and were three times as wide: with
  many others the weights can take up the effect that is tried. Their p-value is shown beside.)
- *Placebo in time*: the start is moved into the past. *Without the largest*: the mixture without its heaviest member.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import nnls

from cxkit.prove.sensitivity import power

Array = NDArray[np.float64]

LEAST_BEFORE, LEAST_DONORS, LEAST_AFTER = 8, 5, 1
TOO_POOR = 2.0
"""Miss before the start, in medians of the others' own, from which nothing is claimed."""


@dataclass(frozen=True)
class Placebo:
    """A start that was not, or a mixture without one of its members."""

    kind: str
    """space, time or without."""
    group: int
    """Which donor; −1 where it is not about one."""
    value: float
    before: float
    """Root mean square of the miss before the start."""
    ratio: float
    """Miss after ÷ miss before."""
    p: float


@dataclass(frozen=True)
class Synthetic:
    """A synthetic control with its checks."""

    value: float
    """Mean gap after the start."""
    low: float
    high: float
    se: float
    p: float
    """Of no effect, from placebos in space."""
    conformal: float
    """Of no effect, from shifts in time."""
    weights: Array
    mixture: Array
    """The synthetic outcome in every period."""
    gap: Array
    start: int
    rmspe: float
    usual: float
    """Median miss of the donors before the start."""
    rank_p: float
    """Share of groups, the reached one among them, whose ratio of misses is at least as large."""
    placebos: tuple[Placebo, ...]
    time_power: float
    """Chance that the placebo in time would have seen an effect of this size."""
    past_se: float
    """Standard error of the placebo in time."""

    @property
    def too_poor(self) -> bool:
        """Whether the mixture misses the group so far before the start that nothing can be claimed."""
        return self.rmspe > TOO_POOR * self.usual

    @property
    def in_time(self) -> Placebo | None:
        """The placebo in time, where there were periods enough."""
        return next((p for p in self.placebos if p.kind == "time"), None)

    @property
    def without(self) -> Placebo | None:
        """The mixture without its heaviest member."""
        return next((p for p in self.placebos if p.kind == "without"), None)


def with_power(made: Synthetic, chance: float) -> Synthetic:
    """The same, with the power of the placebo in time against another effect than the one found."""
    return replace(made, time_power=chance)


def weights(target: Array, donors: Array) -> Array:
    """Weights of the donors (rows) whose mixture comes nearest to the target; nought or more, adding up to one.

    >>> donors = np.array([[1.0, 2, 3, 4], [4, 3, 2, 1], [9, 9, 9, 9]])
    >>> weights(0.75 * donors[0] + 0.25 * donors[1], donors).round(3)
    array([0.75, 0.25, 0.  ])
    """
    middle = donors.mean(axis=0)
    around, wanted = (donors - middle).T, target - middle
    size = np.sqrt((around**2).mean()) or 1.0
    noise = np.std(np.diff(donors, axis=1)) if donors.shape[1] > 2 else 0.0
    ridge = 1e-6 * noise * np.sqrt(len(target)) + 1e-9 * size
    heavy = 1e4 * size * np.sqrt(len(target))
    left = np.vstack([around, ridge * np.eye(len(donors)), np.full((1, len(donors)), heavy)])
    right = np.concatenate([wanted, np.zeros(len(donors)), [heavy]])
    found, _ = nnls(left, right, maxiter=50 * left.shape[1])
    return np.asarray(found / found.sum())


def conformal_p(target: Array, donors: Array, start: int, effect: float) -> float:
    """p of a constant effect from `start` on: weights fitted to all periods under it, every shift in time counted."""
    clean = target.copy()
    clean[start:] -= effect
    left = clean - weights(clean, donors) @ donors
    n, after = len(left), len(left) - start
    rolled = np.abs(left)[(np.arange(n)[:, None] + np.arange(after)) % n].mean(axis=1)
    return float(np.mean(rolled >= rolled[start] - 1e-12 * (1 + rolled[start])))


def _scale(before: Array | float, usual: float) -> Array:
    """The miss before the start, drawn half-way (in squares) to the usual one: a short past flatters a good fit."""
    return np.asarray(np.sqrt((np.asarray(before) ** 2 + usual**2) / 2))


def short(target: Array, donors: Array, start: int) -> str:
    """Why no synthetic control can be made; empty when it can."""
    if len(donors) < LEAST_DONORS:
        return f"{len(donors)} groups outside are seen in every period, fewer than {LEAST_DONORS}"
    if start < LEAST_BEFORE:
        return f"{start} periods are seen before the start, fewer than {LEAST_BEFORE}"
    if len(target) - start < LEAST_AFTER:
        return "no period since the start has been seen"
    return ""


def synthetic(target: Array, donors: Array, start: int, *, level: float = 0.95) -> Synthetic | str:
    """The effect on one group from `start` on against a mixture of donors, or why none can be given.

    `target` is the group's outcome by period, `donors` are rows of the same periods, without holes.
    """
    if why := short(target, donors, start):
        return why
    share = weights(target[:start], donors[:, :start])
    mixture = share @ donors
    mine, space, usual, se = _held_against(target, donors, start)
    if not se > 0:
        return "the groups outside follow each other exactly, so there is no spread to judge an effect by"
    n, half = len(donors), float(stats.t.isf((1 - level) / 2, len(donors))) * se
    ratios = np.array([mine.ratio, *(p.ratio for p in space)])
    heaviest = int(np.argmax(share))
    without = _placebo("without", heaviest, _gap(target, np.delete(donors, heaviest, axis=0), start), start)
    past, chance, past_se = _in_time(target, donors, start, mine.value)
    return Synthetic(
        value=mine.value,
        low=mine.value - half,
        high=mine.value + half,
        se=se,
        p=float(2 * stats.t.sf(abs(mine.value) / se, n)),
        conformal=conformal_p(target, donors, start, 0.0),
        weights=share,
        mixture=mixture,
        gap=target - mixture,
        start=start,
        rmspe=mine.before,
        usual=usual,
        rank_p=float(np.mean(ratios >= ratios[0] * (1 - 1e-12))),
        placebos=(*space, without, *([past] if past is not None else [])),
        time_power=chance,
        past_se=past_se,
    )


def _gap(target: Array, donors: Array, start: int) -> Array:
    return np.asarray(target - weights(target[:start], donors[:, :start]) @ donors)


def _held_against(target: Array, donors: Array, start: int) -> tuple[Placebo, list[Placebo], float, float]:
    """The group itself, every donor in its place, their usual miss, and the standard error that they give."""
    mine = _placebo("own", -1, _gap(target, donors, start), start)
    space = [
        _placebo("space", j, _gap(donors[j], np.delete(donors, j, axis=0), start), start) for j in range(len(donors))
    ]
    usual = float(np.median([p.before for p in space]))
    scaled = np.array([p.value for p in space]) / np.maximum(_scale(np.array([p.before for p in space]), usual), 1e-300)
    return mine, space, usual, float(_scale(mine.before, usual) * np.sqrt((scaled**2).mean()))


def _placebo(kind: str, group: int, gap: Array, start: int, p: float = float("nan")) -> Placebo:
    before, after = (float(np.sqrt((part**2).mean())) for part in (gap[:start], gap[start:]))
    return Placebo(kind, group, float(gap[start:].mean()), before, after / max(before, 1e-12), p)


def _in_time(target: Array, donors: Array, start: int, value: float) -> tuple[Placebo | None, float, float]:
    """A start a third of the periods earlier, seen up to the true one; its power against `value`; its error."""
    fake = start - max(2, start // 3)
    past, others = target[:start], donors[:, :start]
    mine, _, _, se = _held_against(past, others, fake)
    if not se > 0:
        return None, 0.0, 0.0
    n = len(donors)
    p = float(2 * stats.t.sf(abs(mine.value) / se, n))
    return replace(mine, kind="time", p=p), power(abs(value) / se, n), se

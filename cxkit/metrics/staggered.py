"""What changed with a rollout that reached groups in different months, seen against the groups it had not reached yet.

A two-way fixed-effects regression is never used: with staggered starts it compares late groups with early ones that are
already changed, and can give the wrong sign (Goodman-Bacon 2021). Here the effects of group and month are fitted on
cells that are *not yet* reached alone, and what a reached cell has beyond them is the effect (imputation: Borusyak,
Jaravel and Spiess 2024; the same point estimate as Gardner's two stages, ``did2s``). Months in which every group is
reached say nothing and are left out.

Clusters are few (four to a dozen teams), so that neither a cluster-robust nor a bootstrap interval holds. Inference is
by *placebo rollouts*: the months of the starts are drawn anew, many times, and the estimate is laid beside what the
same sum gives for starts that never were. The interval holds every constant effect that this test does not reject
(inversion; Fisher 1935, Rosenbaum 2002). It is right when the starts could as well have been in other months; a rollout
that answers to the outcome itself is not such a one, and the months before the start are looked at for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

DRAWS = 4999
"""Placebo rollouts: the least p-value is one in 5,000."""
LEVEL = 0.95
LEADS = 3
"""Months before the start in which nothing should be seen yet."""
LEAST_BEFORE, LEAST_AFTER = 6, 2
"""Months that a group must be seen before its start, and after it."""
LEAST_GROUPS = 4
"""Groups below which no placebo rollout says anything."""
LEAST_REACHED = 2
LONGEST = 12
"""Months since the start that the path shows."""
NEVER = np.iinfo(np.int64).max // 2
"""Start of a group that was not reached."""


@dataclass(frozen=True)
class Effect:
    """A staggered estimate with all that is needed to judge it."""

    value: float
    """Mean over reached cells of the outcome less what it would have been."""
    low: float
    high: float
    p: float
    """Two-sided, from placebo rollouts."""
    lead: float
    """The same sum for the last months before the starts; nothing should be there."""
    lead_p: float
    groups: int
    reached: int
    cells: int
    """Reached cells behind the value."""
    spread: float
    """Standard deviation of cells not yet reached, less the effects of group and month."""
    path: pd.DataFrame
    """By months since the start: since, value, low, high, groups. Months before it are out of sample."""


def staggered(outcome: Array, starts: NDArray[np.int64], *, seed: int, draws: int = DRAWS) -> Effect | str:
    """The effect of a staggered rollout, or the reason why none can be given.

    `outcome` is groups × months, NaN where a cell is not seen; `starts` is the column of each group's first reached
    month, `NEVER` for those not reached. The method compares changes, so that levels may differ.

    >>> months, team = np.meshgrid(np.arange(20.0), np.arange(5.0))
    >>> starts = np.array([8, 10, 12, 14, NEVER])
    >>> made = staggered(team + 0.1 * months - 2.0 * (months >= starts[:, None]), starts, seed=1, draws=199)
    >>> round(made.value, 6), made.reached, round(made.lead, 6)
    (-2.0, 4, 0.0)
    """
    groups, months = outcome.shape
    seen = np.isfinite(outcome)
    reached = starts < NEVER
    if why := _short(seen, starts):
        return why
    rng = np.random.default_rng(seed)
    placebo = _placebos(starts, months, draws, rng)
    every = np.concatenate([starts[None, :], placebo])
    filled = np.where(seen, outcome, 0.0)
    treated = (np.arange(months) >= starts[:, None]).astype(float)
    plain, error = _averages(filled, seen, every)
    given, _ = _averages(treated, seen, every)
    ok = np.isfinite(plain)
    if not ok[0]:
        return "no month has both reached and not yet reached groups"
    low, high = _inverted(plain[ok], given[ok], error[ok])
    p = _placebo_p(plain, error)
    early = np.where(every < NEVER, every - LEADS, NEVER)
    leads, lead_error = _averages(filled, seen, early, until=every)
    return Effect(
        value=float(plain[0]),
        low=low,
        high=high,
        p=p,
        lead=float(leads[0]),
        lead_p=_placebo_p(leads, lead_error),
        groups=int(groups),
        reached=int(reached.sum()),
        cells=int(_cells(seen, starts[None, :])[0].sum()),
        spread=_spread(filled, seen, starts),
        path=_path(filled - plain[0] * treated, filled, seen, every),
    )


def _short(seen: Mask, starts: NDArray[np.int64]) -> str:
    groups = len(seen)
    reached = int((starts < NEVER).sum())
    if groups < LEAST_GROUPS:
        return f"{groups} groups, fewer than {LEAST_GROUPS}"
    if reached < LEAST_REACHED:
        return f"{reached} of {groups} groups were reached, fewer than {LEAST_REACHED}"
    if len(set(starts.tolist())) < 2:
        return "every group was reached in the same month"
    short = [i for i, s in enumerate(starts) if s < NEVER and (s < LEAST_BEFORE or seen[i, :s].sum() < LEAST_BEFORE)]
    if short:
        return f"{len(short)} groups were seen fewer than {LEAST_BEFORE} months before their start"
    if not any(seen[i, s:].sum() >= LEAST_AFTER for i, s in enumerate(starts) if s < NEVER):
        return f"no group has been seen {LEAST_AFTER} months since its start"
    return ""


def _placebos(starts: NDArray[np.int64], months: int, draws: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Starts as they could have been: who was reached is drawn anew, and so is each month."""
    groups, reached = len(starts), starts < NEVER
    edge = max(int(starts[reached].max()), months - LEAST_AFTER)
    made = np.full((draws, groups), NEVER, dtype=np.int64)
    order = rng.permuted(np.tile(reached, (draws, 1)), axis=1)
    drawn = rng.integers(LEAST_BEFORE, edge + 1, size=(draws, groups))
    made[order] = drawn[order]
    return made


def _placebo_p(values: Array, errors: Array) -> float:
    ok = np.isfinite(values)
    if not ok[0]:
        return float("nan")
    scaled = np.abs(values[ok] / errors[ok])
    return float(np.mean(scaled >= scaled[0] - 1e-12))


def _cells(seen: Mask, starts: NDArray[np.int64]) -> Mask:
    """Reached cells that can be judged: months in which some group is not reached yet."""
    after = np.arange(seen.shape[1]) >= starts[:, :, None]
    open_months = (seen & ~after).any(axis=1, keepdims=True)
    return np.asarray(seen & after & open_months)


@dataclass(frozen=True)
class _Fit:
    """Group and month effects of cells not yet reached, for many sets of starts at once."""

    left: Array
    """Outcome less both effects; draws × groups × months."""
    weight: Array
    per_month: Array
    inverse: Array

    def mean(self, cells: Mask) -> tuple[Array, Array]:
        """Mean of what is left in these cells, and its standard error in units of one cell's own noise."""
        n = cells.sum(axis=(1, 2)).astype(float)
        some = n > 0
        n = np.where(some, n, 1.0)
        share = cells / n[:, None, None]
        of_group, of_month = share.sum(axis=2), share.sum(axis=1)
        scaled = np.divide(of_month, self.per_month, out=np.zeros_like(of_month), where=self.per_month > 0)
        rest = of_group - np.einsum("bit,bt->bi", self.weight, scaled)
        variance = 1 / n + (of_month * scaled).sum(axis=1) + np.einsum("bi,bij,bj->b", rest, self.inverse, rest)
        return np.where(some, (self.left * share).sum(axis=(1, 2)), np.nan), np.where(some, np.sqrt(variance), np.nan)


def _fit(y: Array, seen: Mask, starts: NDArray[np.int64]) -> _Fit:
    w = (seen & (np.arange(seen.shape[1]) < starts[:, :, None])).astype(float)
    per_month = w.sum(axis=1)
    share = np.divide(w, per_month[:, None, :], out=np.zeros_like(w), where=per_month[:, None, :] > 0)
    normal = np.eye(seen.shape[0]) * w.sum(axis=2)[:, :, None] - np.einsum("bit,bjt->bij", share, w)
    inverse = np.linalg.pinv(normal, rcond=1e-9, hermitian=True)
    month_mean = (share * y).sum(axis=1)
    level = np.einsum("bij,bj->bi", inverse, (w * (y - month_mean[:, None, :])).sum(axis=2))
    month = month_mean - (share * level[:, :, None]).sum(axis=1)
    return _Fit(y - level[:, :, None] - month[:, None, :], w, per_month, inverse)


def _spread(y: Array, seen: Mask, starts: NDArray[np.int64]) -> float:
    fit = _fit(y, seen, starts[None, :])
    left = fit.left[0][fit.weight[0] > 0]
    freedom = len(left) - int((fit.weight[0].sum(axis=1) > 0).sum()) - int((fit.per_month[0] > 0).sum()) + 1
    return float(np.sqrt((left**2).sum() / max(freedom, 1)))


def _averages(
    y: Array, seen: Mask, starts: NDArray[np.int64], until: NDArray[np.int64] | None = None
) -> tuple[Array, Array]:
    """Mean residual of the judged cells and its standard error, per row of `starts`; NaN where there are none."""
    made = []
    for part in np.array_split(np.arange(len(starts)), max(1, len(starts) // 500)):
        cells = _cells(seen, starts[part])
        if until is not None:
            cells &= np.arange(seen.shape[1]) < until[part][:, :, None]
        made.append(_fit(y, seen, starts[part]).mean(cells))
    means, errors = zip(*made, strict=True)
    return np.concatenate(means), np.concatenate(errors)


def _inverted(plain: Array, given: Array, error: Array) -> tuple[float, float]:
    """Constant effects that the placebo rollouts do not reject, as an interval around the estimate."""
    value, alpha = plain[0], 1 - LEVEL
    reach = 8 * float(np.quantile(np.abs(plain - value * given) / error, 0.95)) * float(error[0]) + 1e-9
    ends = []
    for side in (-1.0, 1.0):
        inside, outside = 0.0, reach
        for _ in range(40):
            middle = (inside + outside) / 2
            tried = value + side * middle
            p = np.mean(np.abs(plain - tried * given) / error >= middle / error[0] - 1e-12)
            inside, outside = (middle, outside) if p > alpha else (inside, middle)
        ends.append(float(value + side * outside))
    return ends[0], ends[1]


def _path(flat: Array, y: Array, seen: Mask, every: NDArray[np.int64]) -> pd.DataFrame:
    """By months since the start; the band is that of placebo rollouts on the outcome without its mean effect."""
    rows = []
    few = every[: min(len(every), 1000)]
    early = np.where(few < NEVER, few - LEADS, NEVER)
    since = np.arange(seen.shape[1]) - few[:, :, None]
    sides = {
        side: (_cells(seen, begun), _fit(y, seen, begun[:1]), _fit(flat, seen, begun))
        for side, begun in (("before", early), ("after", few))
    }
    for k in range(-LEADS, LONGEST + 1):
        good, real, placebo = sides["before" if k < 0 else "after"]
        cells = good & (since == k)
        if not cells[0].any():
            continue
        value = float(real.mean(cells[:1])[0][0])
        drawn, error = placebo.mean(cells)
        half = float(np.nanquantile(np.abs(drawn[1:] / error[1:]), LEVEL) * error[0])
        n = int(cells[0].sum())
        rows.append({"since": k, "value": value, "low": value - half, "high": value + half, "groups": n})
    return pd.DataFrame(rows, columns=["since", "value", "low", "high", "groups"])

"""Difference-in-differences over groups and periods: one effect, its path, and placebo rollouts.

Levels may differ between groups; what is compared is change. A two-way fixed-effects regression stands in only where
every group started together, when it is the plain design of groups. With staggered starts it would compare late groups
with early ones that are already changed (Goodman-Bacon 2021); there the effects of group and period are fitted on cells
not yet reached alone, and the effect is what reached cells have beyond them (imputation: Borusyak, Jaravel and Spiess
2024; the estimate of Gardner's two stages). The path takes each start against the groups not reached by then, from the
last period before it (Sun and Abraham 2021; Callaway and Sant'Anna 2021): periods before and after are built alike.

How sure that is depends on how many groups there are, never on how many cells:

- from 40 groups on, ten of them reached and ten not: pyfixest's cluster-robust covariance, clusters being groups;
- below that a cluster-robust covariance promises too much. One covariance over periods, of whatever shape, is taken to
  hold for all groups and is estimated from what is left of them, with Student's t and as many degrees of freedom as
  groups less two (Donald and Lang 2007; with one common start it is the t test on each group's change). Autocorrelation
  within a group does no harm. Groups of very different noise do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from cxkit.quiet import quiet

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Whole = NDArray[np.int64]

NEVER = np.iinfo(np.int64).max // 2
"""Start of a group that was not reached."""
LEAST_GROUPS = 4
LEAST_BEFORE, LEAST_AFTER = 3, 1
"""Periods a group must be seen before its start, and after it."""
MANY, MANY_EACH = 40, 10
"""Groups, and groups on either side, from which a cluster-robust covariance holds."""
LONGEST = 12
"""Periods before and after the start that the path shows."""
PLACEBOS = 999


@dataclass(frozen=True)
class Path:
    """The effect by periods since the start, from the last period before it (which is nought)."""

    since: Whole
    value: Array
    covariance: Array
    groups: Whole
    """Reached groups behind each value."""
    freedom: float

    @property
    def before(self) -> Mask:
        """Which entries lie before the start."""
        return np.asarray(self.since < 0)

    def weights(self) -> Array:
        """Weights of the mean effect after the start: each reached group and period counts alike."""
        share = np.where(self.before, 0.0, self.groups).astype(float)
        return np.asarray(share / share.sum())


@dataclass(frozen=True)
class Did:
    """A difference-in-differences estimate with all that its checks need."""

    value: float
    se: float
    freedom: float
    p: float
    method: str
    baseline: float
    """Mean of the reached cells as they would have been."""
    treated: float
    """Mean of the reached cells."""
    spread: float
    """Standard deviation of the cells not reached, periods taken out."""
    groups: int
    reached: int
    cells: int
    staggered: bool
    path: Path
    placebo_p: float
    """Share of rollouts given to other groups that look as large; NaN where too few are possible."""
    placebos: int

    def interval(self, level: float) -> tuple[float, float]:
        """The interval at this level, without a bias allowance."""
        half = float(stats.t.isf((1 - level) / 2, self.freedom)) * self.se
        return self.value - half, self.value + half


def did(outcome: Array, starts: Whole, *, seed: int, placebos: int = PLACEBOS, robust: bool = True) -> Did | str:
    """The effect of a rollout on the groups it reached, or the reason why none can be given.

    `outcome` is groups × periods, NaN where a cell is not seen; `starts` is the column of each group's first reached
    period, `NEVER` for those not reached. `robust` lets many groups be judged cluster-robust.

    >>> period, group = np.meshgrid(np.arange(12.0), np.arange(6.0))
    >>> starts = np.array([6, 6, 6, NEVER, NEVER, NEVER])
    >>> wobble = np.random.default_rng(1).normal(scale=0.01, size=(6, 12))
    >>> made = did(group + 0.1 * period + wobble - 2.0 * (period >= starts[:, None]), starts, seed=1, placebos=99)
    >>> round(made.value, 1), made.reached, made.freedom
    (-2.0, 3, 4)
    """
    seen = np.isfinite(outcome)
    if why := short(seen, starts):
        return why
    y = np.where(seen, outcome, 0.0)
    reached = starts < NEVER
    weight, cells = effect_weights(seen, starts)
    if not cells.any():
        return "no period has both reached and not yet reached groups"
    value = float((weight * y).sum())
    since, path_weights, behind = path_cells(seen, starts)
    if not (since >= 0).any():
        return "no reached group can be compared from the last period before its start"
    path_value = np.asarray((path_weights * y).sum(axis=(1, 2)))
    left, spread = _left(y, seen, starts)
    if spread <= 1e-12 * (np.abs(y).max() + 1e-300):
        return "every value follows group and period alone, so there is no spread to judge an effect by"
    staggered = len(set(starts[reached].tolist())) > 1
    n, k = len(starts), int(reached.sum())
    freedom: float = n - 2
    omega = left.T @ left / freedom
    covariance = np.einsum("kit,ts,lis->kl", path_weights, omega, path_weights)
    se = float(np.sqrt(np.einsum("it,ts,is->", weight, omega, weight)))
    method = f"{_kind(staggered)}, Student's t over {n} groups"
    many = robust and n >= MANY and min(k, n - k) >= MANY_EACH
    if many:
        freedom = n - 1
        se = _cluster_robust(outcome, starts, staggered=staggered)
        covariance = _path_covariance(y, starts, path_weights)
        method = f"{_kind(staggered)}, cluster-robust over {n} groups"
    p = float(2 * stats.t.sf(abs(value) / se, freedom)) if se > 0 else float(value == 0)
    placebo_p, drawn = _placebo_p(y, seen, starts, seed=seed, draws=placebos)
    after = float(y[cells].mean())
    return Did(
        value=value,
        se=se,
        freedom=freedom,
        p=p,
        method=method,
        baseline=after - value,
        treated=after,
        spread=_level_spread(outcome, starts),
        groups=n,
        reached=k,
        cells=int(cells.sum()),
        staggered=staggered,
        path=Path(since, path_value, covariance, behind, freedom),
        placebo_p=placebo_p,
        placebos=drawn,
    )


def _kind(staggered: bool) -> str:
    return "staggered starts by imputation" if staggered else "difference-in-differences"


def short(seen: Mask, starts: Whole) -> str:
    """Why this rollout cannot be judged; empty when it can."""
    groups, reached = len(seen), starts < NEVER
    if groups < LEAST_GROUPS:
        return f"there are {groups} groups, fewer than {LEAST_GROUPS}"
    if not reached.any():
        return "no group was reached in the periods seen"
    if reached.all() and len(set(starts.tolist())) < 2:
        return "every group was reached at the same time, so there is nothing to compare with"
    if any(seen[i, : starts[i]].sum() < LEAST_BEFORE for i in np.flatnonzero(reached)):
        return f"some reached groups were seen fewer than {LEAST_BEFORE} periods before their start"
    if not any(seen[i, starts[i] :].sum() >= LEAST_AFTER for i in np.flatnonzero(reached)):
        return "no reached group has been seen since its start"
    return ""


def judged(seen: Mask, starts: Whole) -> Mask:
    """Reached cells of periods in which some group is not reached yet."""
    after = np.arange(seen.shape[1]) >= starts[:, None]
    return np.asarray(seen & after & (seen & ~after).any(axis=0))


def effect_weights(seen: Mask, starts: Whole) -> tuple[Array, Mask]:
    """What each cell weighs in the imputed mean effect, and the cells whose effect it is."""
    n, t = seen.shape
    cells = judged(seen, starts)
    free = seen & (np.arange(t) < starts[:, None])
    share = cells / max(int(cells.sum()), 1)
    normal = np.zeros((n + t, n + t))
    normal[:n, :n] = np.diag(free.sum(axis=1))
    normal[n:, n:] = np.diag(free.sum(axis=0))
    normal[:n, n:] = free
    normal[n:, :n] = free.T
    needed = np.concatenate([share.sum(axis=1), share.sum(axis=0)])
    solved = np.linalg.pinv(normal, rcond=1e-10, hermitian=True) @ needed
    return np.asarray(share - free * (solved[:n, None] + solved[None, n:])), cells


def path_cells(seen: Mask, starts: Whole) -> tuple[Whole, Array, Whole]:
    """Periods since the start, what each cell weighs in each of their effects, and the reached groups behind them."""
    n, t = seen.shape
    since, weights, behind = [], [], []
    reached = starts < NEVER
    for k in [*range(-LONGEST, -1), *range(LONGEST + 1)]:
        made, count = np.zeros((n, t)), 0
        for start in sorted(set(starts[reached].tolist())):
            at, base = start + k, start - 1
            if not 0 <= at < t:
                continue
            both = seen[:, at] & seen[:, base]
            mine, others = both & (starts == start), both & (starts > max(at, base)) & (starts != start)
            if not mine.any() or not others.any():
                continue
            m = int(mine.sum())
            for column, sign in ((at, 1.0), (base, -1.0)):
                made[mine, column] += sign
                made[others, column] -= sign * m / others.sum()
            count += m
        if count * 2 >= reached.sum() or (count and k in {0, -2}):
            since.append(k)
            weights.append(made / count)
            behind.append(count)
    return np.array(since, dtype=np.int64), np.array(weights).reshape(-1, n, t), np.array(behind, dtype=np.int64)


def _left(y: Array, seen: Mask, starts: Whole) -> tuple[Array, float]:
    """What is left of each cell without group, period and period since the start; and its standard deviation."""
    n, t = seen.shape
    at = np.where(starts[:, None] < NEVER, np.arange(t) - starts[:, None], -1)
    known = np.unique(at[seen & (at != -1)])
    rows, columns = np.nonzero(seen)
    design = np.zeros((len(rows), n + t + len(known)))
    cell = np.arange(len(rows))
    design[cell, rows] = design[cell, n + columns] = 1.0
    event = at[rows, columns]
    marked = event != -1
    design[cell[marked], n + t + np.searchsorted(known, event[marked])] = 1.0
    made = np.zeros((n, t))
    if len(rows) * design.shape[1] ** 2 > 5e9:  # many groups: taken out by turns instead of at once
        made = _by_turns(y, seen, np.where(at == -1, -1, np.searchsorted(known, at)), len(known))
    else:
        fitted, *_ = np.linalg.lstsq(design, y[seen], rcond=None)
        made[rows, columns] = y[seen] - design @ fitted
    freedom = max(int(seen.sum()) - n - t - len(known) + 1, 1)
    return made, float(np.sqrt((made**2).sum() / freedom))


def _by_turns(y: Array, seen: Mask, event: Whole, known: int, turns: int = 200) -> Array:
    left = np.where(seen, y, 0.0)
    marked = seen & (event >= 0)
    for _ in range(turns):
        before = left.copy()
        left = np.where(seen, left - left.sum(1, keepdims=True) / np.maximum(seen.sum(1, keepdims=True), 1), 0.0)
        left = np.where(seen, left - left.sum(0) / np.maximum(seen.sum(0), 1), 0.0)
        sums = np.bincount(event[marked], left[marked], known) / np.maximum(np.bincount(event[marked], None, known), 1)
        left[marked] -= sums[event[marked]]
        if np.abs(left - before).max() < 1e-12:
            break
    return left


def _level_spread(outcome: Array, starts: Whole) -> float:
    """Standard deviation of cells not reached around their period's mean."""
    free = np.where(np.arange(outcome.shape[1]) < starts[:, None], outcome, np.nan)
    some = np.isfinite(free).sum(axis=0) > 1
    around = free[:, some] - np.nanmean(free[:, some], axis=0)
    count = int(np.isfinite(around).sum()) - int(some.sum())
    return float(np.sqrt(np.nansum(around**2) / max(count, 1)))


def _placebo_p(y: Array, seen: Mask, starts: Whole, *, seed: int, draws: int) -> tuple[float, int]:
    """Share of rollouts whose starts went to other groups that look as large as this one, and how many were drawn."""
    rng = np.random.default_rng(seed)
    tried = np.array([starts, *(rng.permutation(starts) for _ in range(draws))])
    different = np.unique(tried, axis=0)
    if len(different) < 10:
        return float("nan"), 0
    if len(different) < draws // 2:  # few are possible: each once
        tried = np.concatenate([starts[None, :], different[(different != starts).any(axis=1)]])
    if seen.all():  # the weights move with the starts, so the rows of the outcome are moved instead
        weight, _ = effect_weights(seen, np.sort(starts))
        values = np.array([(weight * y[np.argsort(s, kind="stable")]).sum() for s in tried])
    else:
        made = [effect_weights(seen, s) for s in tried]
        values = np.array([(w * y).sum() / max(np.sqrt((w**2).sum()), 1e-12) if c.any() else 0.0 for w, c in made])
    return float(np.mean(np.abs(values) >= abs(values[0]) - 1e-12)), len(values) - 1


def long_frame(outcome: Array, starts: Whole) -> pd.DataFrame:
    """Groups and periods as rows, as pyfixest takes them: y, unit, period, start (0: never), reached."""
    n, t = outcome.shape
    unit, period = np.meshgrid(np.arange(n), np.arange(1, t + 1), indexing="ij")
    start = np.where(starts < NEVER, starts + 1, 0)
    frame = pd.DataFrame(
        {"y": outcome.ravel(), "unit": unit.ravel(), "period": period.ravel(), "start": np.repeat(start, t)}
    )
    frame["reached"] = ((frame["start"] > 0) & (frame["period"] >= frame["start"])).astype(int)
    return frame[np.isfinite(frame["y"])].reset_index(drop=True)


def _cluster_robust(outcome: Array, starts: Whole, *, staggered: bool) -> float:
    """Standard error by pyfixest: Gardner's two stages with staggered starts, else the regression on the design."""
    frame = long_frame(outcome, starts)
    cells = judged(np.isfinite(outcome), starts)
    usable = np.isfinite(outcome) & ((np.arange(outcome.shape[1]) < starts[:, None]) | cells)
    frame = frame[usable[frame["unit"], frame["period"] - 1]]
    with quiet():
        import pyfixest  # noqa: PLC0415 - slow to import, and only many groups need it

        if staggered:
            fit = pyfixest.did2s(
                frame,
                yname="y",
                first_stage="~ 0 | unit + period",
                second_stage="~ i(reached, ref=0)",
                treatment="reached",
                cluster="unit",
            )
        else:
            fit = pyfixest.feols("y ~ reached | unit + period", data=frame, vcov={"CRV1": "unit"})
        return float(np.asarray(fit.se())[0])


def _path_covariance(y: Array, starts: Whole, weights: Array) -> Array:
    """Cluster-robust covariance of the path: groups around the mean of those that started with them."""
    scores = np.einsum("kit,it->ik", weights, y)
    total = np.zeros((len(weights), len(weights)))
    for start in set(starts.tolist()):
        mine = scores[starts == start]
        if len(mine) > 1:
            around = mine - mine.mean(axis=0)
            total += around.T @ around * len(mine) / (len(mine) - 1)
    return np.asarray(total)

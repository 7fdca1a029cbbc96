"""Time until something happens, with those counted for whom it has not happened yet.

Everything starts from a small frame of risk sets that the engine made: ``time``, ``events`` and ``censored`` at that
time. A case censored at a time is still at risk of an event at that time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats


def kaplan_meier(risk: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """Kaplan–Meier curve (1958) with Greenwood's variance on the log(−log) scale.

    `risk` has one row per distinct time (any order) with columns time, events, censored. Returns time, at_risk,
    events, censored, survival, low, high, in order of time; the interval is missing where survival is 0 or 1.

    >>> curve = kaplan_meier(pd.DataFrame({"time": [1, 2, 3], "events": [1, 0, 1], "censored": [0, 1, 1]}))
    >>> curve["survival"].tolist()
    [0.75, 0.75, 0.375]
    """
    rows = risk.groupby("time", as_index=False)[["events", "censored"]].sum().sort_values("time", ignore_index=True)
    leaving = (rows["events"] + rows["censored"]).to_numpy(dtype=float)
    events = rows["events"].to_numpy(dtype=float)
    at_risk = leaving[::-1].cumsum()[::-1]
    survival = np.cumprod(1 - events / at_risk)
    left = at_risk - events
    terms = np.divide(events, at_risk * left, out=np.full(len(rows), np.inf), where=left > 0)
    greenwood = np.cumsum(np.where(events > 0, terms, 0.0))
    z = stats.norm.ppf(0.5 + level / 2)
    low, high = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    inner = (survival > 0) & (survival < 1)
    logs = np.log(survival[inner])
    half = z * np.sqrt(greenwood[inner]) / np.abs(logs)
    low[inner], high[inner] = survival[inner] ** np.exp(half), survival[inner] ** np.exp(-half)
    return rows.assign(at_risk=at_risk.astype("int64"), survival=survival, low=low, high=high)[
        ["time", "at_risk", "events", "censored", "survival", "low", "high"]
    ]


def quantile(curve: pd.DataFrame, share: float = 0.5) -> tuple[float, float, float]:
    """Time by which `share` have had the event, and its interval (Brookmeyer and Crowley 1982).

    Infinity where the curve, or its band, has not come down that far.
    """
    left = 1 - share + 1e-12

    def first(column: str) -> float:
        zero = (curve["survival"] <= 0) if column != "survival" else False
        below = curve[(curve[column] <= left) | zero]
        return float(below["time"].iloc[0]) if len(below) else math.inf

    return first("survival"), first("low"), first("high")


def reached(curve: pd.DataFrame, time: float) -> tuple[float, float | None, float | None]:
    """Share that has had the event by a time, with the interval; the share is held beyond the last time.

    Ask for a time only while cases are still at risk then: `follow_up` says until when.
    """
    before = curve[curve["time"] <= time]
    if before.empty:
        return 0.0, None, None
    last = before.iloc[-1]
    if math.isnan(last["low"]):
        return 1 - float(last["survival"]), None, None
    return 1 - float(last["survival"]), 1 - float(last["high"]), 1 - float(last["low"])


def follow_up(curve: pd.DataFrame, at_least: int = 10) -> float:
    """Last time at which so many cases are still at risk; beyond it the curve is not read."""
    enough = curve[curve["at_risk"] >= at_least]
    return float(enough["time"].iloc[-1]) if len(enough) else 0.0


def naive_median(risk: pd.DataFrame) -> float:
    """Median time among those who had the event, the others forgotten: the figure that flatters.

    >>> naive_median(pd.DataFrame({"time": [1, 2, 9], "events": [1, 1, 0], "censored": [0, 0, 98]}))
    1.5
    """
    rows = risk[risk["events"] > 0].sort_values("time")
    if rows.empty:
        return math.nan
    total = rows["events"].cumsum().to_numpy()
    n = int(total[-1])
    times = rows["time"].to_numpy(dtype=float)
    low, high = (times[np.searchsorted(total, rank)] for rank in ((n + 1) // 2, n // 2 + 1))
    return float(low + high) / 2


def by_day(curve: pd.DataFrame) -> pd.DataFrame:
    """The curve at the end of each day on which something happened, for tables and drawings; time is in days.

    Returns day, at_risk (as the day begins), events, censored, survival, low, high.
    """
    day = curve["time"].map(math.ceil).rename("day")
    ends = {c: (c, "last") for c in ("survival", "low", "high")}
    sums = {c: (c, "sum") for c in ("events", "censored")}
    return curve.groupby(day).agg(at_risk=("at_risk", "first"), **sums, **ends).reset_index()


def log_rank(groups: Sequence[pd.DataFrame]) -> tuple[float, float]:
    """Log-rank statistic of two or more groups' risk frames and its p-value (Mantel 1966, hypergeometric variance).

    With k groups it has k − 1 degrees of freedom (Peto and Peto 1972). Events of another kind count as censored: the
    test compares how fast the event comes to those who can still have it.

    >>> early, late = (pd.DataFrame({"time": t, "events": 1, "censored": 0}) for t in ([1, 2, 3, 4], [5, 6, 7, 8]))
    >>> round(log_rank([early, late])[1], 4)
    0.0067
    """
    found = _sets(groups)
    if found is None:
        return 0.0, 1.0
    at_risk, events = found.at_risk, found.events
    n, d = at_risk.sum(axis=1), events.sum(axis=1)
    share = at_risk / n[:, None]
    gap = (events - d[:, None] * share).sum(axis=0)
    factor = np.divide(d * (n - d), n - 1, out=np.zeros_like(n), where=n > 1)
    spread = np.diag((factor[:, None] * share).sum(axis=0)) - (factor[:, None] * share).T @ share
    return chi_square(gap, spread)


def chi_square(gap: npt.NDArray[np.float64], spread: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Quadratic form of scores that add up to zero, and its p-value; one degree of freedom less than there are."""
    gap, spread = gap[:-1], spread[:-1, :-1]
    if not len(gap) or not np.diag(spread).max() > 0:
        return 0.0, 1.0
    statistic = float(gap @ np.linalg.pinv(spread, hermitian=True) @ gap)
    return statistic, float(stats.chi2.sf(statistic, int(np.linalg.matrix_rank(spread, hermitian=True))))


@dataclass(frozen=True)
class _Sets:
    times: npt.NDArray[np.float64]
    """Times at which anybody had the event."""
    at_risk: npt.NDArray[np.float64]
    """Times × groups."""
    events: npt.NDArray[np.float64]


def _sets(groups: Sequence[pd.DataFrame]) -> _Sets | None:
    rows = [g.groupby("time")[["events", "censored"]].sum().sort_index() for g in groups]
    times = np.array(sorted({t for r in rows for t in r.index[r["events"] > 0]}), dtype=float)
    if not len(times):
        return None
    at_risk, events = [], []
    for r in rows:
        left = r.sum(axis=1).to_numpy(dtype=float)[::-1].cumsum()[::-1]
        at_risk.append(np.append(left, 0.0)[np.searchsorted(r.index.to_numpy(dtype=float), times)])
        events.append(r["events"].reindex(times, fill_value=0).to_numpy(dtype=float))
    return _Sets(times, np.column_stack(at_risk), np.column_stack(events))


def log_rank_scores(groups: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """What one case adds to each group's log-rank score, by its own group, time and outcome.

    Returns own, time, settled (whether it had the event), group, score. Summed over all cases of a group of that name
    they are observed less expected; summed over a cluster first, their squares give a variance that holds where the
    cases of one cluster are not independent (Lee, Wei and Amato 1992).
    """
    found = _sets(groups)
    names = range(len(groups))
    columns = ["own", "time", "settled", "group", "score"]
    if found is None:
        return pd.DataFrame(columns=columns)
    n = found.at_risk.sum(axis=1)
    share = found.at_risk / n[:, None]
    hazard = found.events.sum(axis=1) / n
    frames = []
    for own, frame in enumerate(groups):
        times = np.unique(frame["time"].to_numpy(dtype=float))
        upto = np.searchsorted(found.times, times, side="right")
        at = np.minimum(np.searchsorted(found.times, times), len(found.times) - 1)
        for group in names:
            gap = float(own == group) - share[:, group]
            spent = np.concatenate([[0.0], np.cumsum(gap * hazard)])[upto]
            for settled in (False, True):
                score = np.where(settled, gap[at], 0.0) - spent
                made = {"own": own, "time": times, "settled": settled, "group": group, "score": score}
                frames.append(pd.DataFrame(made))
    return pd.concat(frames, ignore_index=True)[columns]

"""Time until something happens where something else may happen first, and what censoring may hide.

A customer who leaves can never reach first value: leaving *competes* with it. The share that gets there is then the
cumulative incidence (Aalen and Johansen 1978); one minus Kaplan–Meier with leavers counted as censored answers another
question (what if nobody left) and is never smaller. Everything starts from a small frame of risk sets that the engine
made: ``time``, ``events``, ``competing`` and ``censored`` at that time; who is censored at a time is at risk at it.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

COUNTS = ("events", "competing", "censored")
Array = npt.NDArray[np.float64]


def aalen_johansen(risk: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """Cumulative incidence of the event and of the competing one, with intervals.

    Returns time, at_risk, events, competing, censored, share, low, high (the event), left, left_low, left_high (the
    competing one) and waiting (neither yet), in order of time; share + left + waiting = 1. The variance is the
    delta-method one (Dinse and Larson 1986; Marubini and Valsecchi 1995), which is Greenwood's where nothing competes
    and the binomial one where nobody is censored. The interval is taken on the log(−log) scale of one minus the share,
    so that without competing events it is Kaplan–Meier's own; it is missing where a share is 0 or 1.

    >>> risk = pd.DataFrame({"time": [1, 2, 3, 4], "events": [1, 0, 1, 0], "competing": [0, 1, 0, 0]})
    >>> curve = aalen_johansen(risk.assign(censored=[0, 0, 0, 1]))
    >>> curve["share"].tolist(), curve["left"].tolist()
    ([0.25, 0.25, 0.5, 0.5], [0.0, 0.25, 0.25, 0.25])
    """
    rows = risk.groupby("time", as_index=False)[list(COUNTS)].sum().sort_values("time", ignore_index=True)
    events, competing, censored = (rows[c].to_numpy(dtype=float) for c in COUNTS)
    leaving = events + competing + censored
    at_risk = leaving[::-1].cumsum()[::-1]
    waiting = np.cumprod(1 - (events + competing) / at_risk)
    before = np.concatenate([[1.0], waiting[:-1]])
    share, left = np.cumsum(before * events / at_risk), np.cumsum(before * competing / at_risk)
    z = float(stats.norm.ppf(0.5 + level / 2))
    low, high = _interval(share, _variance(share, events, events + competing, at_risk, before), z)
    left_low, left_high = _interval(left, _variance(left, competing, events + competing, at_risk, before), z)
    ends = {"low": low, "high": high, "left": left, "left_low": left_low, "left_high": left_high}
    rows = rows.assign(at_risk=at_risk.astype("int64"), share=share, **ends, waiting=waiting)
    shown = ["time", "at_risk", *COUNTS, "share", "low", "high", "left", "left_low", "left_high", "waiting"]
    return rows[shown]


def _variance(share: Array, own: Array, every: Array, at_risk: Array, before: Array) -> Array:
    """Σ over s ≤ t of (F(t) − F(s))² d/(n(n−d)) + S² (n−d₁)d₁/n³ − 2 (F(t) − F(s)) S d₁/n²."""
    stay = at_risk - every
    total = np.divide(every, at_risk * stay, out=np.zeros_like(share), where=stay > 0)
    cross = before * own / at_risk**2
    squares = np.cumsum(before**2 * (at_risk - own) * own / at_risk**3)
    found: Array = share**2 * np.cumsum(total) - 2 * share * np.cumsum(share * total) + np.cumsum(share**2 * total)
    found = found + squares - 2 * share * np.cumsum(cross) + 2 * np.cumsum(share * cross)
    return np.maximum(found, 0.0)


def _interval(share: Array, variance: Array, z: float) -> tuple[Array, Array]:
    low, high = np.full(len(share), np.nan), np.full(len(share), np.nan)
    inner = (share > 0) & (share < 1 - 1e-12)
    stay = 1 - share[inner]
    half = z * np.sqrt(variance[inner]) / (stay * np.abs(np.log(stay)))
    low[inner], high[inner] = 1 - stay ** np.exp(-half), 1 - stay ** np.exp(half)
    return low, high


def quantile(curve: pd.DataFrame, share: float = 0.5) -> tuple[float, float, float]:
    """Time by which `share` of all have had the event, and its interval from the band; infinity where none is reached.

    The lower end is where the upper edge of the band arrives there, the upper end where the lower edge does.
    """

    def first(column: str) -> float:
        there = curve[curve[column] >= share - 1e-12]
        return float(there["time"].iloc[0]) if len(there) else math.inf

    middle = first("share")
    return middle, min(first("high"), middle), max(first("low"), middle)


def reached(curve: pd.DataFrame, time: float, *, of: str = "share") -> tuple[float, float | None, float | None]:
    """Share that has had the event (or has ``left``) by a time, with the interval; held beyond the last time."""
    before = curve[curve["time"] <= time]
    if before.empty:
        return 0.0, None, None
    last = before.iloc[-1]
    low, high = ("low", "high") if of == "share" else (f"{of}_low", f"{of}_high")
    if math.isnan(last[low]):
        return float(last[of]), None, None
    return float(last[of]), float(last[low]), float(last[high])


def bounds(risk: pd.DataFrame, time: float) -> tuple[float, float]:
    """Share with the event by a time, whatever became of those censored before it: worst and best case.

    Worst: none of them ever gets there. Best: each gets there the moment after it was last seen. Nothing is assumed
    (Manski 1989), so the estimate always lies between; who had the competing event never gets there in either case.

    >>> risk = pd.DataFrame({"time": [1, 2, 3, 9], "events": [1, 0, 1, 0], "competing": 0, "censored": [0, 1, 0, 1]})
    >>> bounds(risk, 5)
    (0.5, 0.75)
    """
    every = float(risk[list(COUNTS)].to_numpy().sum())
    done = float(risk.loc[risk["time"] <= time, "events"].sum())
    unseen = float(risk.loc[risk["time"] < time, "censored"].sum())
    return done / every, (done + unseen) / every


def quantile_bounds(risk: pd.DataFrame, share: float = 0.5) -> tuple[float, float]:
    """Best and worst case of the time by which `share` have had the event; infinity where it may never be reached."""
    rows = risk.groupby("time", as_index=False)[list(COUNTS)].sum().sort_values("time", ignore_index=True)
    need = share * float(rows[list(COUNTS)].to_numpy().sum()) - 1e-9

    def first(total: pd.Series) -> float:
        there = rows.loc[total.cumsum() >= need, "time"]
        return float(there.iloc[0]) if len(there) else math.inf

    return first(rows["events"] + rows["censored"]), first(rows["events"])


def by_day(curve: pd.DataFrame) -> pd.DataFrame:
    """The curve at the end of each day on which something happened; time is in days. Adds ``day``, drops ``time``."""
    day = curve["time"].map(math.ceil).rename("day")
    ends = ("share", "low", "high", "left", "left_low", "left_high", "waiting")
    kept = {c: (c, "last") for c in ends}
    return curve.groupby(day).agg(at_risk=("at_risk", "first"), **{c: (c, "sum") for c in COUNTS}, **kept).reset_index()

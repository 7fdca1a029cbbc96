"""Time until something happens, with those counted for whom it has not happened yet.

Everything starts from a small frame of risk sets that the engine made: ``time``, ``events`` and ``censored`` at that
time. A case censored at a time is still at risk of an event at that time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
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
    """Log-rank statistic of two groups' risk frames and its p-value (Mantel 1966, hypergeometric variance)."""
    first, second = (kaplan_meier(g).set_index("time") for g in groups)
    times = sorted({*first.index[first["events"] > 0], *second.index[second["events"] > 0]})
    observed = expected = variance = 0.0
    for time in times:
        risks = [float(c.loc[c.index >= time, ["events", "censored"]].to_numpy().sum()) for c in (first, second)]
        events = [float(c["events"].get(time, 0)) for c in (first, second)]
        n, d = sum(risks), sum(events)
        observed += events[0]
        expected += d * risks[0] / n
        if n > 1:
            variance += d * (risks[0] / n) * (risks[1] / n) * (n - d) / (n - 1)
    statistic = (observed - expected) ** 2 / variance if variance > 0 else 0.0
    return statistic, float(stats.chi2.sf(statistic, 1))

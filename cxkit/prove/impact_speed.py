"""How fast initiatives are begun and finished: mean days within a horizon, with those counted that still wait.

The restricted mean of the Kaplan–Meier curve (Irwin 1949; Karrison 1987): whoever still waits counts with the days
waited so far and the curve does the rest. A mean among those that are done would flatter the younger group, of which
only the fast ones can be done yet.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from cxkit.metrics.estimates import Estimate, t_quantile
from cxkit.metrics.survival import kaplan_meier
from cxkit.records import Record

LONGEST = 365
"""Days beyond which waiting is not counted."""
FEWEST = 10
"""Initiatives on each side, and as many events, below which there is no interval."""
STEPS: Mapping[str, tuple[str, str]] = {"speed_start": ("registered", "started"), "speed_done": ("started", "ended")}
"""Step of an initiative → the day it begins and the day it is over."""


class Speed(Record):
    """One step before and after the programme's start."""

    before: Estimate
    after: Estimate
    change: Estimate
    days: float
    """Horizon up to which days are counted, the same on both sides."""
    spread: float
    """Standard deviation of an initiative's days before the start."""


def waits(rows: Sequence[Mapping[str, Any]], step: str, *, start: date, as_of: date) -> dict[str, pd.DataFrame]:
    """Days from one end of the step to the other: columns days and done, before and after the start.

    An initiative belongs to the side on which its step began. What began before the start is watched up to it only:
    what became of it later is neither side's. A stopped initiative is watched until it ended.
    """
    first, last = STEPS[step]
    found: dict[str, list[tuple[int, bool]]] = {"before": [], "after": []}
    for row in rows:
        if row[first] is None or row[first] > as_of:
            continue
        side, edge = ("before", start) if row[first] < start else ("after", as_of)
        stopped = row["status"] == "stopped"
        until = row[last] if row[last] is not None and not (stopped and last == "ended") else None
        done = until is not None and until <= edge
        over = until if done else min(edge, row["ended"]) if row["ended"] is not None else edge
        found[side].append((max((over - row[first]).days, 0), done))
    return {side: pd.DataFrame(each, columns=["days", "done"]) for side, each in found.items()}


def compare(groups: Mapping[str, pd.DataFrame]) -> Speed | None:
    """Both sides up to one horizon; None where a side has nobody.

    >>> old, new = (pd.DataFrame({"days": d, "done": [True] * 3}) for d in ([30, 60, 90], [10, 20, 60]))
    >>> found = compare({"before": old, "after": new})
    >>> found.days, found.before.value, found.after.value, found.change.value
    (60.0, 50.0, 30.0, -20.0)
    """
    if any(g.empty for g in groups.values()):
        return None
    days = float(min(LONGEST, *(g["days"].max() for g in groups.values())))
    if days <= 0:
        return None
    (before, low), (after, high) = (restricted_mean(groups[side], days) for side in ("before", "after"))
    fewest = min(min(len(g), int(g["done"].sum())) for g in groups.values())
    gap = after - before
    n = min(map(len, groups.values()))
    why = "" if fewest >= FEWEST else f"{fewest} initiatives, fewer than {FEWEST}, on one side"
    freedom = min(int(g["done"].sum()) for g in groups.values()) - 1
    half = t_quantile(freedom) * math.hypot(low, high)
    sizes = {side: len(g) for side, g in groups.items()}

    def one(value: float, error: float, side: str) -> Estimate:
        if why:
            return Estimate(value=value, n=sizes[side], why_none=why)
        own = t_quantile(freedom) * error
        return Estimate(value=value, low=max(value - own, 0.0), high=value + own, n=sizes[side])

    change = Estimate(value=gap, n=n, why_none=why)
    if not why:
        change = Estimate(value=gap, low=gap - half, high=gap + half, n=n)
    return Speed(
        before=one(before, low, "before"),
        after=one(after, high, "after"),
        change=change,
        days=days,
        spread=low * math.sqrt(sizes["before"]),
    )


def restricted_mean(group: pd.DataFrame, days: float) -> tuple[float, float]:
    """Area below the Kaplan–Meier curve up to so many days, and its standard error (events ÷ (events − 1) applied).

    >>> restricted_mean(pd.DataFrame({"days": [10, 20, 30], "done": [True] * 3}), 30.0)[0]
    20.0
    """
    done = group["done"].astype(int)
    risk = pd.DataFrame({"time": group["days"].astype(float), "events": done, "censored": 1 - done})
    curve = kaplan_meier(risk)
    curve = curve[curve["time"] <= days]
    times = np.array([0.0, *curve["time"], days])
    level = np.array([1.0, *curve["survival"]])
    areas = level * np.diff(times)
    rest = np.cumsum(areas[::-1])[::-1]  # area from each time on
    d, n = (curve[c].to_numpy(dtype=float) for c in ("events", "at_risk"))
    terms = np.divide(d, n * (n - d), out=np.zeros(len(d)), where=n > d)
    variance = float((rest[1:] ** 2 * terms).sum())
    events = int(d.sum())
    return float(areas.sum()), math.sqrt(variance * events / (events - 1)) if events > 1 else 0.0

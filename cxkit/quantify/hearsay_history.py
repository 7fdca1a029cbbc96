"""How far a client's own metric has moved within twelve months, and how often it moved as far as somebody expects.

A move is the value of a month less that of the same month a year before, so that seasons do not count as moves. Moves
of neighbouring months overlap: their number says how long was looked at, not how many independent years there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from cxkit.metrics import retention
from cxkit.metrics.panels import ALL, panel
from cxkit.metrics.windows import add_months, last_complete_month, months_between
from cxkit.records import Missing
from cxkit.tables.cut import text_literal
from cxkit.tables.engine import Tables

SPAN = 12
"""Months over which a move is taken."""
LEAST_MOVES = 24
"""Moves below which the past says nothing: three years of months."""
NEARLY = 0.95
"""Part of an expected change from which on a move counts as one that went as far."""
LOOKED_AT = 60
"""Months of revenue that are looked at."""
ROLLED = {"grr": "kept", "nrr": "end"}
"""Metrics of the recurring revenue, rolled from twelve month-to-month rates."""


@dataclass(frozen=True)
class History:
    """A metric's monthly values, without months that have none."""

    metric: str
    months: tuple[date, ...]
    values: tuple[float, ...]
    source: str

    @property
    def latest(self) -> float:
        """Its last value."""
        return self.values[-1]

    @property
    def yearly(self) -> float:
        """Mean of its last twelve values: what a change is set against."""
        return float(np.mean(self.values[-SPAN:]))

    def moves(self) -> np.ndarray:
        """Every month's value less that of twelve months before, where both are there."""
        known = dict(zip(self.months, self.values, strict=True))
        before = {m: known.get(add_months(m, -SPAN)) for m in self.months}
        return np.array([known[m] - b for m, b in before.items() if b is not None])


@dataclass(frozen=True)
class Seen:
    """An expected change beside the past: `moves` looked at, the `largest` in its direction, how many went as far."""

    moves: int
    largest: float | None
    as_far: int | None
    percentile: float | None
    """Share of the moves that fell short of it, in its direction."""
    verdict: str
    """``never``, ``seen`` or ``cannot tell``."""


def seen(history: History, change: float) -> Seen:
    """Set an expected change (in the metric's unit) beside the metric's own moves over twelve months.

    >>> months = tuple(add_months(date(2023, 1, 1), k) for k in range(36))
    >>> flat = History("x", months, (1.0,) * 12 + (1.0, 1.1, 1.2) + (1.0,) * 21, "test")
    >>> seen(flat, 0.15).as_far, seen(flat, 0.3).verdict, seen(flat, -0.3).verdict
    (1, 'never', 'never')
    """
    moves = history.moves()
    if len(moves) < LEAST_MOVES or change == 0:
        return Seen(len(moves), None, None, None, "cannot tell")
    along = moves * np.sign(change)
    far = int((along >= abs(change) * NEARLY).sum())
    largest = float(max(along.max(), 0.0))
    return Seen(len(moves), largest, far, 1 - far / len(moves), "seen" if far else "never")


def history(tables: Tables, metric: str) -> History | Missing:
    """A metric's months: as people wrote them for the whole, else their segments together, else from client tables.

    Segments are weighted by their observations where these are stated. `grr` and `nrr` are twelve month-to-month rates
    multiplied, at every month that has them.
    """
    found = [h for h in (_written(tables, metric), _counted(tables, metric)) if isinstance(h, History)]
    if found:
        return max(found, key=lambda h: len(h.months))
    if metric in ROLLED:
        return Missing(name="revenue", columns=("account_id", "month", "mrr"), why="fewer than 13 months, or none")
    return Missing(name="metric_values", columns=("metric_id", "month", "value"), why=f"no months of {metric}")


def _written(tables: Tables, metric: str) -> History | None:
    """What people wrote for the whole."""
    if isinstance(tables.require("metric_values", "metric_id", "month", "value"), Missing):
        return None
    frame = tables.frame(f"""
        SELECT month, avg(value)::DOUBLE AS value FROM metric_values
        WHERE trim(metric_id) = {text_literal(metric)} AND value IS NOT NULL
          AND lower(coalesce(nullif(trim(segment), ''), '{ALL}')) = '{ALL}'
        GROUP BY 1 ORDER BY 1
    """)
    return _history(metric, frame, "metric_values")


def _counted(tables: Tables, metric: str) -> History | None:
    """From the client's tables, or from segments put together."""
    if metric in ROLLED:
        return _rolled(tables, metric)
    found = panel(tables, metric)
    if isinstance(found, Missing) or found.empty:
        return None
    weight = found["n"].where(found["n"] > 0).fillna(1.0) if found["n"].notna().all() else 1.0
    # a month that lacks a segment would move by who is missing
    whole = found.groupby("month")["segment"].transform("nunique") == found["segment"].nunique()
    parts = found.assign(weight=weight, total=found["value"] * weight)[whole]
    sums = parts.groupby("month", sort=True)[["total", "weight"]].sum()
    frame = (sums["total"] / sums["weight"]).rename("value").reset_index()
    return _history(metric, frame, str(found["source"].iloc[0]))


def _rolled(tables: Tables, metric: str) -> History | None:
    last = last_complete_month(tables.as_of)
    first = tables.frame("SELECT min(month) AS m FROM revenue WHERE mrr > 0")["m"].iloc[0] if _paid(tables) else None
    if first is None or pd.isna(first):
        return None
    length = min(months_between(pd.Timestamp(first).date(), last), LOOKED_AT)
    if length < SPAN:
        return None
    frame = retention.monthly(tables, last, length)
    if isinstance(frame, Missing):
        return None
    frame["month"] = pd.to_datetime(frame["month"])
    rates = (frame[ROLLED[metric]].astype(float) / frame["start"].astype(float)).set_axis(frame["month"])
    # months before the first loss are those of a book that only kept its survivors on record
    lost = frame["month"][(frame["kept"] < frame["start"]).to_numpy()]
    if lost.empty:
        return None
    rates = rates[rates.index >= lost.iloc[0]].asfreq("MS")
    rolled = rates.rolling(SPAN).apply(np.prod, raw=True).dropna()
    return _history(metric, rolled.rename("value").rename_axis("month").reset_index(), "revenue")


def _paid(tables: Tables) -> bool:
    return not isinstance(tables.require("revenue", "account_id", "month", "mrr"), Missing)


def _history(metric: str, frame: pd.DataFrame, source: str) -> History | None:
    clean = frame.dropna(subset=["value"])
    if clean.empty:
        return None
    months = tuple(pd.to_datetime(clean["month"]).dt.date)
    return History(metric, months, tuple(clean["value"].astype(float)), source)

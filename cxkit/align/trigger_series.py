"""The series a trigger watches: complaints, contacts and the scores customers give, by month or by week.

Months and weeks are whole ones. A run of days without any row, where twelve or more were to be expected, is a tool that
was down: those days leave the exposure, and a period that lost more than half of its days is not judged. Exposure is
customers × days, so a short month is no drop and a growing book no surge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from cxkit.formats import Unit
from cxkit.metrics import satisfaction
from cxkit.metrics.complaints import LATEST_START
from cxkit.metrics.control import Floats, Series
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.exposure import Exposure, by_month, exposure
from cxkit.metrics.freezing import FIRST_BASELINE
from cxkit.metrics.windows import Window, add_months, last_day, seen
from cxkit.records import Gap, Missing
from cxkit.tables.engine import Tables

WEEKLY_FROM = 100.0
"""Events in a week of the first baseline from which on a series is watched by week."""
EXPECTED_ROWS = 12.0
"""Rows that days without any should have held before they count as a tool that was down."""
FEWEST_EVENTS = 10.0
"""Events of a median month of the first baseline below which a count is not watched."""
WATCHED: Mapping[str, tuple[str, str, Unit]] = {
    "complaints": ("Complaints", "high", "per_1000"),
    "contacts": ("Contacts", "high", "per_1000"),
    "social": ("Contacts through social media", "high", "per_1000"),
    "nps": ("NPS", "low", "nps"),
    "csat": ("CSAT", "low", "ratio"),
    "ces": ("CES", "low", "score"),
}
"""Series → its name, which end is bad, its unit."""
BOUNDS: Mapping[Unit, tuple[float, float]] = {
    **{"nps": (-100.0, 100.0), "ratio": (0.0, 1.0), "score": (1.0, 7.0), "per_1000": (0.0, float("inf"))},
}
"""What a value can be at all."""
EVENTS: Mapping[str, str] = {
    "complaints": "coalesce(complaint, false)::INT",
    "contacts": "1",
    "social": "coalesce(channel ILIKE '%social%', false)::INT",
}
"""What one ticket adds to each count."""


@dataclass(frozen=True)
class Watched:
    """One series with its units and what it is made of."""

    name: str
    series: Series
    factor: float
    """Total ÷ size × factor is the value shown."""
    sources: tuple[str, ...]
    meaning: str
    per_days: bool
    """Whether the size is customers × days, so that a period's own days turn a value into a monthly or weekly one."""

    @property
    def label(self) -> str:
        """Its name in a sentence."""
        return WATCHED[self.name][0]

    @property
    def bad(self) -> str:
        """``high`` or ``low``."""
        return WATCHED[self.name][1]

    @property
    def unit(self) -> Unit:
        """The unit of the value shown."""
        return WATCHED[self.name][2]

    @property
    def weekly(self) -> bool:
        """Whether its periods are weeks."""
        return self.series.days is not None

    def end(self, period: int) -> date:
        """Last day of a period."""
        start = self.series.starts[period]
        return last_day(start) if self.series.days is None else start + timedelta(days=self.series.days - 1)

    def scale(self, first: int, last: int | None = None) -> float:
        """What turns total ÷ size of a period (or of several) into the value shown: per month or week, not per day."""
        if not self.per_days:
            return self.factor
        last = first if last is None else last
        return self.factor * ((self.end(last) - self.series.starts[first]).days + 1) / (last - first + 1)


def watched(tables: Tables) -> tuple[list[Watched], list[Gap]]:
    """Every series that can be watched, in the order of `WATCHED`, and what keeps the others from it."""
    found, gaps = _counts(tables)
    for metric in ("nps", "csat", "ces"):
        made = _score(tables, metric)
        if isinstance(made, Gap):
            gaps.append(made)
        else:
            found.append(made)
    return found, gaps


def gap(name: str, reason: str, *needs: Missing) -> Gap:
    """A series that cannot be watched."""
    return Gap(id=f"align.trigger.{name}", what=f"Alarm on {WATCHED[name][0]}", reason=reason, needs=needs)


def too_short(name: str, months: int) -> Gap:
    """A series with too short a past."""
    reason = (
        f"{months} usable months are known; {FIRST_BASELINE + 1} are needed before a season can be told from a spike."
    )
    return gap(name, reason)


def _counts(tables: Tables) -> tuple[list[Watched], list[Gap]]:
    daily = _daily(tables)
    if isinstance(daily, Missing):
        names = ("complaints", "contacts")
        return [], [gap(n, f"{WATCHED[n][0]} need {daily}: {daily.why}.", daily) for n in names]
    source, frame = daily
    customers = exposure(tables)
    if isinstance(customers, Missing):
        reason = "Who was a customer in which month is not known, so growth cannot be told from a surge."
        return [], [gap(n, reason, customers) for n in ("complaints", "contacts")]
    window = _window(frame, customers, tables)
    months = len(window) if window else 0
    made: list[Watched] = []
    gaps: list[Gap] = []
    for name in ("complaints", "contacts", "social"):
        if name not in frame:
            if name == "social":
                needs = Missing(name=source, columns=("channel",), why="no contact carries a social channel")
                gaps.append(gap(name, "Storms in social media show once contacts carry their channel.", needs))
            else:
                needs = Missing(name=source, columns=("complaint" if source == "tickets" else "complaints",))
                gaps.append(gap(name, f"The {source} do not say which contact was a complaint.", needs))
        elif window is None or months <= FIRST_BASELINE:
            gaps.append(too_short(name, months))
        elif (usual := _usual_month(frame, name, window)) < FEWEST_EVENTS:
            reason = f"A usual month has {usual:.0f} of them, fewer than {FEWEST_EVENTS:.0f}: too few to tell noise."
            gaps.append(gap(name, reason))
        else:
            made.append(_count(tables, name, daily, customers, window))
    return made, gaps


def _daily(tables: Tables) -> tuple[str, pd.DataFrame] | Missing:
    """Events by local day, every day from the first to the last that has a row."""
    lacks = tables.require("tickets", "ticket_id", "opened")
    if not isinstance(lacks, Missing):
        supplied = tables.supplied("tickets")
        needs = {"complaints": "complaint", "social": "channel"}
        kept = {n: sql for n, sql in EVENTS.items() if needs.get(n, "opened") in supplied}
        table, day, every = "tickets", "opened_date", "count(*)"
    elif not isinstance(tables.require("contact_volume", "day", "contacts"), Missing):
        supplied = tables.supplied("contact_volume")
        kept = {"contacts": "contacts"} | (
            {"complaints": "coalesce(complaints, 0)"} if "complaints" in supplied else {}
        )
        if "channel" in supplied:
            kept["social"] = "CASE WHEN channel ILIKE '%social%' THEN contacts ELSE 0 END"
        table, day, every = "contact_volume", "day", "sum(contacts)"
    else:
        return lacks
    sums = ", ".join(f"sum({sql})::DOUBLE AS {name}" for name, sql in kept.items())
    frame = tables.frame(
        f"SELECT {day} AS day, {every}::DOUBLE AS total_rows, {sums} FROM {table} WHERE {day} IS NOT NULL "
        "GROUP BY 1 ORDER BY 1"
    )
    if frame.empty:
        return Missing(name=table, columns=(day.removesuffix("_date"),), why="it holds no dated row")
    frame = frame.set_index(pd.DatetimeIndex(frame.pop("day")))
    frame = frame.reindex(pd.date_range(frame.index[0], frame.index[-1])).fillna(0.0)
    if "social" in frame and not frame["social"].any():
        frame = frame.drop(columns="social")
    frame["there"] = _there(frame["total_rows"])
    return table, frame


def _there(rows: pd.Series) -> pd.Series:
    """Whether a day was recorded: False on runs of empty days that should have held twelve rows or more."""
    weekday = pd.DatetimeIndex(rows.index).day_of_week
    usual = rows.groupby(weekday).transform("mean")
    empty = rows == 0
    run = (empty != empty.shift()).cumsum()
    return ~(empty & (usual.groupby(run).transform("sum") >= EXPECTED_ROWS))


def _window(frame: pd.DataFrame, customers: Exposure, tables: Tables) -> Window | None:
    first, last = frame.index[0].date(), seen_last(frame, tables)
    begun = first.replace(day=1) if first.day <= LATEST_START else add_months(first, 1)
    known = customers.span.first
    if customers.table == "orders":
        known = add_months(known, 11)  # before, a customer of the twelve months past cannot be known
    begun, last = max(begun, known), min(last, customers.span.last)
    return Window(first=begun, last=last) if begun <= last else None


def seen_last(frame: pd.DataFrame, tables: Tables) -> date:
    """The last complete month the days reach."""
    last = min(frame.index[-1].date(), tables.as_of)
    whole = last + timedelta(days=3) >= last_day(last) and tables.as_of >= last_day(last)
    return last.replace(day=1) if whole else add_months(last, -1)


def _usual_month(frame: pd.DataFrame, name: str, window: Window) -> float:
    """Median month of the first baseline: what comes later must not change how the past is cut."""
    inside = frame.loc[str(window.first) : str(last_day(add_months(window.first, FIRST_BASELINE - 1))), name]
    return float(inside.groupby(pd.DatetimeIndex(inside.index).to_period("M")).sum().median())


def _count(tables: Tables, name: str, daily: tuple[str, pd.DataFrame], customers: Exposure, window: Window) -> Watched:
    source, frame = daily
    inside = frame.loc[str(window.first) : str(window.final_day)]
    book = by_month(tables, customers, window)
    active = pd.Series(book["customers"].to_numpy(float), index=pd.to_datetime(book["month"]).dt.to_period("M"))
    days = pd.DatetimeIndex(inside.index)
    exposed = active.reindex(days.to_period("M")).fillna(0.0).to_numpy() * inside["there"].to_numpy()
    weekly = _usual_month(frame, name, window) / 30.4 * 7 >= WEEKLY_FROM
    if weekly:
        monday = days - pd.to_timedelta(days.day_of_week, unit="D")
        whole = pd.Series(1, index=days).groupby(monday).transform("sum").to_numpy() == 7
        key = monday.where(whole)
    else:
        key = days.to_period("M").to_timestamp()
    parts = pd.DataFrame(
        {
            "events": inside[name].to_numpy() * inside["there"].to_numpy(),
            "size": exposed,
            "there": inside["there"].to_numpy(float),
        }
    ).groupby(key)
    summed = parts.sum()
    usable = (summed["there"] / parts.size() > 0.5) & (summed["size"] > 0)
    return Watched(
        name=name,
        series=Series(
            kind="count",
            starts=tuple(d.date() for d in pd.DatetimeIndex(summed.index)),
            days=7 if weekly else None,
            total=_floats(summed["events"]),
            size=_floats(summed["size"]),
            usable=usable.to_numpy(dtype=bool),
        ),
        factor=1000.0,
        sources=(source, customers.table),
        meaning=customers.meaning,
        per_days=True,
    )


def _score(tables: Tables, metric: str) -> Watched | Gap:
    columns = ("response_id", "metric", "score", "answered")
    if isinstance(lacks := tables.require("surveys", *columns), Missing):
        return gap(metric, f"{WATCHED[metric][0]} needs {lacks}: {lacks.why}.", lacks)
    span = seen(tables, "surveys", "answered_date", f"metric = '{metric}' AND score IS NOT NULL")
    if span is None:
        needs = Missing(name="surveys", columns=("metric", "score"), why=f"no answer with metric {metric}")
        return gap(metric, f"The surveys hold no answer to {metric.upper()}.", needs)
    sums = satisfaction.sums(tables, metric, span, by_month=True)
    assert not isinstance(sums, Missing)
    months = pd.to_datetime(sums["month"]).dt.date
    by = sums.set_index(months)[["total", "n", "squares"]].reindex(list(span.months)).fillna(0.0)
    usable = (by["n"] >= MINIMUM_N).to_numpy(dtype=bool)
    if usable.sum() <= FIRST_BASELINE:
        return too_short(metric, int(usable.sum()))
    return Watched(
        name=metric,
        series=Series(
            kind="mean",
            starts=span.months,
            days=None,
            total=_floats(by["total"]),
            size=_floats(by["n"]),
            usable=usable,
            squares=_floats(by["squares"]),
        ),
        factor=100.0 if metric == "nps" else 1.0,
        sources=("surveys",),
        meaning="answers of the month",
        per_days=False,
    )


def _floats(values: pd.Series) -> Floats:
    return values.to_numpy(dtype=np.float64)

"""The SLA clock: how much *open* time lies between two instants, by the client's business calendar.

A calendar becomes spells of opening in UTC (local hours in the client's zone, so a change to summer time makes
a day of 23 or 25 hours), and the spells become a grid of equal cells with the open time that lies before each.
Joined to tickets in the engine, two look-ups and a subtraction give the open time of millions of tickets
exactly. Where no calendar applies the clock always runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from cxkit.records import Missing
from cxkit.tables.engine import Tables

SECOND = 1_000_000
"""Microseconds; every instant and length below is a whole number of them."""
HOUR = 3600 * SECOND
DAY = 24 * HOUR
CELLS = (3600, 1800, 900, 600, 300, 60)
GRID = "cxkit_clock"
REACH = timedelta(days=3653)
"""How far back the grid goes; what lies before it counts as closed."""

Spell = tuple[int, int]
"""Microseconds of the UTC epoch: open from, closed from."""


@dataclass(frozen=True)
class Week:
    """One business calendar: local opening hours by ISO weekday, and the days on which it is closed."""

    hours: Mapping[int, tuple[tuple[float, float], ...]]
    holidays: frozenset[date] = frozenset()


def calendars(tables: Tables) -> dict[str, Week]:
    """The client's business calendars by name; empty when there are none.

    A calendar that lists holidays alone is open round the clock on every other day. A weekday that is not
    listed, or has no hours, is closed.
    """
    if isinstance(tables.require("calendars", "calendar"), Missing):
        return {}
    rows = tables.frame(
        "SELECT calendar, weekday, opens, closes, CAST(holiday AS VARCHAR) AS holiday FROM calendars "
        "WHERE calendar IS NOT NULL ORDER BY calendar, weekday, opens, closes, holiday"
    )
    found: dict[str, Week] = {}
    for name, part in rows.groupby("calendar", sort=True):
        days = part[part["weekday"].notna()]
        hours: dict[int, list[tuple[float, float]]] = {}
        for weekday, opens, closes in zip(days["weekday"], days["opens"], days["closes"], strict=True):
            if opens == opens and closes == closes and closes > opens:  # noqa: PLR0124  a missing hour is not itself
                hours.setdefault(int(weekday), []).append((float(opens), float(closes)))
        if days.empty:
            hours = {weekday: [(0.0, 24.0)] for weekday in range(1, 8)}
        closed = frozenset(date.fromisoformat(str(h)[:10]) for h in part["holiday"].dropna())
        found[str(name)] = Week({d: tuple(h) for d, h in hours.items()}, closed)
    return found


def instant(moment: datetime) -> int:
    """Microseconds of the UTC epoch of a naive UTC moment.

    >>> instant(datetime(1970, 1, 2))
    86400000000
    """
    return (moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _local(day: date, hour: float, zone: ZoneInfo) -> int:
    seconds = round(hour * 3600)
    wall = datetime.combine(day, time()) + timedelta(seconds=seconds)
    return instant(wall.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None))


def spells(week: Week, timezone: str, since: datetime, until: datetime) -> list[Spell]:
    """Spells of opening between two naive UTC moments, in order, touching ones joined.

    Hours are local, so the night on which clocks go forward is an hour short:

    >>> always = Week({weekday: ((0.0, 24.0),) for weekday in range(1, 8)})
    >>> night = spells(always, "Europe/Berlin", datetime(2026, 3, 28, 23), datetime(2026, 3, 29, 22))
    >>> [(end - start) // HOUR for start, end in night]
    [23]
    """
    zone = ZoneInfo(timezone)
    low, high = instant(since), instant(until)
    day = since.date() - timedelta(days=1)
    joined: list[Spell] = []
    while day <= until.date() + timedelta(days=1):
        for opens, closes in sorted(week.hours.get(day.isoweekday(), ())) if day not in week.holidays else ():
            start, end = max(low, _local(day, opens, zone)), min(high, _local(day, closes, zone))
            if joined and start <= joined[-1][1]:
                start, end = joined[-1][0], max(joined[-1][1], end)
                joined.pop()
            if end > start:
                joined.append((start, end))
        day += timedelta(days=1)
    return joined


def open_hours(week: Week, timezone: str, start: datetime, end: datetime) -> float:
    """Open hours between two naive UTC moments.

    Friday 16:00 to Monday 10:00 at an office open from 8:30 to 17:00 on working days:

    >>> office = Week({weekday: ((8.5, 17.0),) for weekday in range(1, 6)})
    >>> open_hours(office, "UTC", datetime(2026, 6, 5, 16), datetime(2026, 6, 8, 10))
    2.5
    """
    return sum(until - since for since, until in spells(week, timezone, start, end)) / HOUR


def _cell_size(every: Sequence[list[Spell]]) -> int:
    """The widest cell, in microseconds, that never holds parts of two spells."""
    for seconds in CELLS:
        size = seconds * SECOND
        if all((b[0] // size) > ((a[1] - 1) // size) for part in every for a, b in pairwise(part)):
            return size
    return CELLS[-1] * SECOND


def _grid(name: str, part: list[Spell], size: int, first: int, last: int) -> pa.Table:
    cells = np.arange(first // size, last // size + 1, dtype=np.int64)
    starts = cells * size
    opens = np.array([s[0] for s in part], dtype=np.int64)
    ends = np.array([s[1] for s in part], dtype=np.int64)
    before = np.concatenate([[0], np.cumsum(ends - opens)]).astype(np.int64)
    done = np.searchsorted(ends, starts, side="right")
    here = np.minimum(done, max(len(part) - 1, 0))
    inside = (done < len(part)) & (opens[here] < starts + size) if part else np.zeros(len(cells), dtype=bool)
    since = np.where(inside, np.maximum(opens[here], starts), starts) if part else starts
    until = np.where(inside, np.minimum(ends[here], starts + size), starts) if part else starts
    partly = np.where(inside, since - opens[here], 0) if part else np.zeros(len(cells), dtype=np.int64)
    return pa.table(
        {
            "calendar": pa.array([name] * len(cells)),
            "cell": cells,
            "gone": before[done] + partly,
            "since": since,
            "until": until,
        }
    )


@dataclass(frozen=True)
class Clock:
    """The grid while it is lent to the engine: SQL that looks instants up in it."""

    names: tuple[str, ...]
    """Calendars it knows; a ticket whose calendar is not among them has a clock that always runs."""
    cell: int

    def join(self, alias: str, instant_sql: str, calendar_sql: str) -> str:
        """The join that finds the cell of an instant (microseconds of the epoch)."""
        if not self.names:
            return ""
        return (
            f"LEFT JOIN {GRID} AS {alias} ON {alias}.calendar = {calendar_sql} "
            f"AND {alias}.cell = ({instant_sql}) // {self.cell}"
        )

    def reading(self, alias: str, instant_sql: str, calendar_sql: str) -> str:
        """The clock's reading, in microseconds, at an instant; the difference of two readings is open time."""
        if not self.names:
            return f"({instant_sql})"
        part = f"{alias}.gone + greatest(0, least({instant_sql}, {alias}.until) - {alias}.since)"
        return f"CASE WHEN {calendar_sql} IS NULL THEN {instant_sql} ELSE coalesce({part}, 0) END"


@contextmanager
def running(tables: Tables, since: datetime, until: datetime) -> Iterator[Clock]:
    """Lend the engine the client's calendars as a grid from `since` to `until` (naive UTC) for a while."""
    weeks = calendars(tables)
    since = max(since, until - REACH)
    every = {name: spells(week, tables.timezone, since, until) for name, week in weeks.items()}
    size = _cell_size(list(every.values()))
    parts = [_grid(name, part, size, instant(since), instant(until)) for name, part in every.items()]
    if not parts:
        yield Clock((), size)
        return
    with tables.lent(GRID, pa.concat_tables(parts)):
        yield Clock(tuple(sorted(weeks)), size)

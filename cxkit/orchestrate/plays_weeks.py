"""The weeks on which lists would have been written, as small tables lent to the engine.

A list is written at the end of a local day; week 0 ends with `as_of` and week k lies 7 × k days before it. Whatever a
list says is made from what lay before that instant, so that week 0 is today's list and the others are its past.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa

from cxkit.metrics.clock import instant
from cxkit.metrics.windows import add_months, last_day, month_of
from cxkit.tables.cut import end_of_day
from cxkit.tables.engine import Tables

WEEKS, DAYS, MONTHS = "cxkit_weeks", "cxkit_days", "cxkit_months"
STEP = 7
REACH = 800
"""Days before the first list and after the last one for which instants are known."""
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Weeks:
    """The grid while it is lent: ``cxkit_weeks`` (k, day, edge), ``cxkit_days`` (day, at: its first instant) and
    ``cxkit_months`` (idx: year × 12 + month − 1, first, days). Days are counted from 1970, instants are microseconds.
    """

    as_of: date
    count: int

    def day(self, k: int) -> date:
        """The day a list was written on."""
        return self.as_of - timedelta(days=STEP * k)


def number(column: str) -> str:
    """SQL of a date as days since 1970."""
    return f"date_diff('day', DATE '1970-01-01', {column})"


@contextmanager
def weeks(tables: Tables, count: int) -> Iterator[Weeks]:
    """Lend the last `count` weeks and the one that ends with `as_of`."""
    made = Weeks(tables.as_of, count)
    listed = [made.day(k) for k in range(count + 1)]
    grid = pa.table(
        {
            "k": pa.array(range(count + 1), pa.int64()),
            "day": pa.array([(d - EPOCH).days for d in listed], pa.int64()),
            "edge": pa.array([instant(end_of_day(d, tables.timezone)) for d in listed], pa.int64()),
        }
    )
    first = listed[-1] - timedelta(days=REACH)
    every = [first + timedelta(days=n) for n in range((tables.as_of - first).days + REACH)]
    days = pa.table(
        {
            "day": pa.array([(d - EPOCH).days for d in every], pa.int64()),
            "at": pa.array(
                [instant(end_of_day(d - timedelta(days=1), tables.timezone)) for d in every],
                pa.int64(),
            ),
        }
    )
    begin = add_months(month_of(first), -1)
    starts = [add_months(begin, n) for n in range((every[-1] - begin).days // 28 + 2)]
    months = pa.table(
        {
            "idx": pa.array([d.year * 12 + d.month - 1 for d in starts], pa.int64()),
            "first": pa.array([(d - EPOCH).days for d in starts], pa.int64()),
            "days": pa.array([last_day(d).day for d in starts], pa.int64()),
        }
    )
    with tables.lent(WEEKS, grid), tables.lent(DAYS, days), tables.lent(MONTHS, months):
        yield made

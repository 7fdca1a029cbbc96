"""Analysis windows: whole months, never a part of one.

A month counts once `as_of` has reached its last day; an unfinished month is neither used nor scaled up. A table that
stops earlier than `as_of` ends its own window earlier, because a month that was not exported is not a month of zeroes.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

import pandas as pd

from cxkit.records import Missing, Record
from cxkit.tables.cut import quoted
from cxkit.tables.engine import Tables


def month_of(day: date) -> date:
    """First day of the month `day` lies in."""
    return day.replace(day=1)


def add_months(month: date, count: int) -> date:
    """First day of the month `count` months later; negative goes back.

    >>> add_months(date(2026, 11, 1), 3), add_months(date(2026, 1, 15), -1)
    (datetime.date(2027, 2, 1), datetime.date(2025, 12, 1))
    """
    years, index = divmod(month.month - 1 + count, 12)
    return date(month.year + years, index + 1, 1)


def months_between(earlier: date, later: date) -> int:
    """Whole months from one month to another.

    >>> months_between(date(2025, 11, 1), date(2026, 10, 31))
    11
    """
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def last_day(month: date) -> date:
    """Last day of the month."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def last_complete_month(as_of: date) -> date:
    """The last month that was over at the end of `as_of`.

    >>> last_complete_month(date(2026, 10, 31)), last_complete_month(date(2026, 10, 30))
    (datetime.date(2026, 10, 1), datetime.date(2026, 9, 1))
    """
    return add_months(month_of(as_of + timedelta(days=1)), -1)


class Window(Record):
    """Consecutive complete months."""

    first: date
    """First day of the first month."""
    last: date
    """First day of the last month."""

    @property
    def months(self) -> tuple[date, ...]:
        """First days of its months, in order."""
        return tuple(add_months(self.first, k) for k in range(len(self)))

    def __len__(self) -> int:
        return months_between(self.first, self.last) + 1

    @property
    def opening(self) -> date:
        """The month before the first: its closing book is what the window starts from."""
        return add_months(self.first, -1)

    @property
    def final_day(self) -> date:
        """Last day of the last month."""
        return last_day(self.last)

    @property
    def label(self) -> str:
        """``2025-11 to 2026-10``, or ``2026-10`` for one month."""
        return f"{self.first:%Y-%m}" if self.first == self.last else f"{self.first:%Y-%m} to {self.last:%Y-%m}"

    def back(self, months: int) -> Window:
        """The window of the same length so many months earlier."""
        return Window(first=add_months(self.first, -months), last=add_months(self.last, -months))

    def holds(self, column: str) -> str:
        """SQL that is true where this date or month column lies in the window."""
        name = quoted(column)
        return f"{name} >= DATE '{self.first}' AND {name} <= DATE '{self.final_day}'"


def window_to(last: date, months: int) -> Window:
    """The window of so many months that ends with `last`.

    >>> window_to(date(2026, 10, 1), 12).label
    '2025-11 to 2026-10'
    """
    return Window(first=add_months(month_of(last), 1 - months), last=month_of(last))


def seen(tables: Tables, table: str, column: str, where: str = "true") -> Window | None:
    """The complete months from the first to the last row of a table; None when there is none.

    `column` is a date, a month, or the local ``_date`` twin of a timestamp. The last month is the last complete one
    that the table reaches, so that an export which stopped early does not read as customers who left.
    """
    if isinstance(tables[table], Missing):
        return None
    day = quoted(column)
    edge = last_complete_month(tables.as_of)
    found = tables.frame(
        f"SELECT CAST(date_trunc('month', min({day})) AS DATE) AS first, "
        f"CAST(date_trunc('month', max({day})) AS DATE) AS last "
        f"FROM {quoted(table)} WHERE {day} <= DATE '{last_day(edge)}' AND ({where})"
    )
    first, last = found["first"].iloc[0], found["last"].iloc[0]
    return None if pd.isna(first) else Window(first=_day(first), last=_day(last))


def recent(tables: Tables, table: str, column: str, months: int, where: str = "true") -> Window | None:
    """The last `months` complete months that a table reaches; None without a row.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"month": ["2026-01-01", "2026-02-01"], "category": "desk", "amount": [10, 12]})
    >>> tables = Tables.from_frames({"costs": frame}, as_of=date(2026, 3, 15))
    >>> recent(tables, "costs", "month", 12).label
    '2025-03 to 2026-02'
    """
    span = seen(tables, table, column, where)
    return window_to(span.last, months) if span else None


def _day(value: object) -> date:
    day = getattr(value, "date", None)
    return day() if callable(day) else value  # type: ignore[return-value]

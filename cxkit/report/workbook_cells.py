"""Cells of the evidence workbook: Arrow values as a spreadsheet holds them, and which counts of people are hidden."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from cxkit.metrics.suppression import suppressed
from cxkit.records import Record
from cxkit.report.blocks import TableColumn

PEOPLE = frozenset(
    {
        *("people", "persons", "customers", "accounts", "employees", "headcount", "leavers", "agents", "members"),
        *("respondents", "answers", "answered", "n_people", "n_accounts", "n_customers", "at_risk", "units"),
    }
)
"""Columns that count people or single customers, whatever table they stand in."""
FIRST_DAY = date(1900, 1, 1)
"""The first day a spreadsheet knows; one before it is written as text."""


class Hidden(Record):
    """Cells to hide, as (row, column)."""

    cells: tuple[tuple[int, int], ...] = ()


def values(table: pa.Table, most: int) -> tuple[tuple[Any, ...], ...]:
    """The first rows of a table as text, numbers, days, truth or nothing.

    >>> values(pa.table({"a": [1.0, float("nan")], "b": [["x", "y"], None]}), 9)
    ((1.0, 'x, y'), (None, None))
    """
    columns = [[plain(v) for v in column.to_pylist()] for column in table.slice(0, most).columns]
    return tuple(zip(*columns, strict=True))


def plain(value: Any) -> Any:
    """One value as a cell can hold it; what is not finite is text."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return value if value >= FIRST_DAY else value.isoformat()
    if isinstance(value, int | float | Decimal):
        number = float(value)
        return None if math.isnan(number) else str(number) if math.isinf(number) else number
    if isinstance(value, Sequence):
        return ", ".join(str(plain(v)) for v in value)
    return str(value)


def hidden(columns: Sequence[TableColumn], rows: Sequence[Sequence[Any]], minimum: int) -> Hidden:
    """Which counts of people to hide: those under the minimum, others that would give them away, and their row's rates.

    >>> at = (TableColumn(name="g", label="g"), TableColumn(name="people", label="People", unit="people"))
    >>> hidden(at, [["a", 3.0], ["b", 40.0], ["c", 12.0]], 5).cells
    ((0, 1), (2, 1))
    """
    counts = [x for x, column in enumerate(columns) if column.unit == "people"]
    if not counts or not rows:
        return Hidden()
    cells = [[v if isinstance(v := row[x], float) else None for x in counts] for row in rows]
    totals = [str(row[0]).casefold() in {"total", "all", "sum"} for row in rows]
    flags = suppressed(cells, minimum=minimum, total=totals)
    found = []
    for y, marks in enumerate(flags):
        if any(marks):
            for x in range(len(columns)):
                own = x in counts and marks[counts.index(x)]
                if own or (x not in counts and isinstance(rows[y][x], float)):
                    found.append((y, x))
    return Hidden(cells=tuple(found))

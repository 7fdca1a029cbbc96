"""What was knowable on a day: the cut at `as_of`, written as one SELECT per table.

A row appears once its appearance column does not lie after `as_of`; a row about a month appears on the
month's last day. Later-known values are null while the day from which they were known lies ahead. A value
with a ``restated_`` twin takes the corrected value once that was known. Days end at midnight in the client's
time zone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cxkit.tables.contract import DUCKDB_TYPES, Column, Contract


def end_of_day(as_of: date, timezone: str) -> datetime:
    """First instant, in naive UTC, that lies after `as_of` in the client's time zone.

    >>> end_of_day(date(2026, 6, 30), "Europe/Berlin")
    datetime.datetime(2026, 6, 30, 22, 0)
    """
    local = datetime.combine(as_of + timedelta(days=1), time(), ZoneInfo(timezone))
    return local.astimezone(UTC).replace(tzinfo=None)


def quoted(name: str) -> str:
    """Quote an identifier for DuckDB.

    >>> quoted('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def text_literal(value: str) -> str:
    """Quote a text value for DuckDB.

    >>> text_literal("it's")
    "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"


def _beyond(column: Column, as_of: date, timezone: str) -> str:
    """SQL that is true where this date or timestamp lies after `as_of`."""
    name = quoted(column.name)
    match column.type:
        case "timestamp":
            return f"{name} >= TIMESTAMP '{end_of_day(as_of, timezone)}'"
        case "month":
            return f"last_day({name}) > DATE '{as_of}'"
        case _:
            return f"{name} > DATE '{as_of}'"


def appears(contract: Contract, supplied: Collection[str], as_of: date, timezone: str) -> str:
    """SQL predicate: the row is there on `as_of`. Rows without an appearance date are kept."""
    if contract.appearance not in supplied:
        return "true"
    return f"NOT coalesce({_beyond(contract.column(contract.appearance), as_of, timezone)}, false)"


def cut_select(
    contract: Contract,
    supplied: Collection[str],
    source: str,
    as_of: date,
    timezone: str,
    *,
    carried: Sequence[str] = (),
) -> str:
    """The SELECT that turns a typed source relation into the canonical table as it was on `as_of`.

    `supplied` names the contract columns the source has; the others become typed nulls, so that every
    canonical table has every column. Each timestamp gains ``<name>_date`` and ``<name>_hour`` in local time.
    `carried` names further columns of the source that go along unchanged, such as ``__file`` and ``__row``.
    """
    known: dict[str, str] = {}
    typed: list[str] = []
    for column in contract.columns:
        name, type_ = quoted(column.name), DUCKDB_TYPES[column.type]
        value = f"CAST({name if column.name in supplied else 'NULL'} AS {type_})"
        if column.type == "month":
            value = f"CAST(date_trunc('month', {value}) AS DATE)"
        typed.append(f"{value} AS {name}")
    for column in contract.columns:
        value = quoted(column.name)
        if column.known_from and column.known_from in supplied:
            gate = _beyond(contract.column(column.known_from), as_of, timezone)
            value = f"CASE WHEN {gate} THEN NULL ELSE {value} END"
            if column.known_from != column.name:
                value = f"CASE WHEN {quoted(column.known_from)} IS NULL THEN NULL ELSE {value} END"
        known[column.name] = value
    for name in list(known):
        twin = f"restated_{name}"
        if twin in supplied:
            known[name] = f"coalesce({known[twin]}, {known[name]})"
    parts = [f"{sql} AS {quoted(name)}" for name, sql in known.items()]
    for column in contract.columns:
        if column.type == "timestamp":
            local = f"(({known[column.name]}) AT TIME ZONE 'UTC') AT TIME ZONE {text_literal(timezone)}"
            parts.append(f"CAST({local} AS DATE) AS {quoted(column.name + '_date')}")
            parts.append(f"CAST(hour({local}) AS INTEGER) AS {quoted(column.name + '_hour')}")
    parts.extend(map(quoted, carried))
    typed.extend(map(quoted, carried))
    inner = f"(SELECT {', '.join(typed)} FROM {source})"
    return f"SELECT {', '.join(parts)} FROM {inner} WHERE {appears(contract, supplied, as_of, timezone)}"

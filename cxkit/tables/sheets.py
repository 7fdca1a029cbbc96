"""Authored tables as plain rows: small, in key order, blank cells as None, names fit for a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Literal

import pyarrow as pa

from cxkit.formats import significant
from cxkit.records import Missing
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.cut import quoted
from cxkit.tables.engine import Tables

Row = dict[str, Any]
Kind = Literal["text", "number", "integer", "boolean", "date"]
ARROW: Mapping[Kind, pa.DataType] = {
    "text": pa.string(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}


def rows(tables: Tables, name: str) -> list[Row]:
    """Every row of an authored table as a dict with every column of its contract; empty when it is missing.

    Text is stripped and blank text is None; decimals are floats. Rows come ordered by key, then by everything
    else. Of rows that share a key only the first is kept (the checks report the others).

    >>> import pandas as pd
    >>> from datetime import date
    >>> goals = pd.DataFrame({"goal_id": ["G2", "G1"], "goal": ["Grow ", " "], "type": ["growth", "margin"]})
    >>> tables = Tables.from_frames({"goals": goals}, as_of=date(2026, 6, 30))
    >>> [(r["goal_id"], r["goal"], r["owner_role"]) for r in rows(tables, "goals")]
    [('G1', None, None), ('G2', 'Grow', None)]
    """
    if isinstance(tables[name], Missing):
        return []
    contract = CONTRACTS[name]
    select = ", ".join(quoted(c) for c in contract.names)
    found = tables.arrow(f"SELECT {select} FROM {quoted(name)}").to_pylist()
    cleaned = [{column: _clean(value) for column, value in row.items()} for row in found]
    cleaned.sort(key=lambda row: _order(row, contract.key))
    kept: dict[tuple[Any, ...], Row] = {}
    for index, row in enumerate(cleaned):
        kept.setdefault(tuple(row[c] for c in contract.key) or (index,), row)
    return list(kept.values())


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    return float(value) if isinstance(value, Decimal) else value


def _order(row: Row, key: tuple[str, ...]) -> tuple[str, ...]:
    """Sort key that puts blanks last and never compares values of different types."""
    names = [*key, *(name for name in row if name not in key)]
    return tuple("\uffff" if row[name] is None else f"{row[name]!s:>24}" for name in names)


def short(text: str | None, most: int = 60) -> str:
    """A client's name on one line, cut at `most` characters, for use in a sentence.

    >>> short("Welcome\\n  call"), short("x" * 80, 5), short(None)
    ('Welcome call', 'xxxx…', 'unnamed')
    """
    flat = " ".join((text or "").split())
    if not flat:
        return "unnamed"
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"


def table(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, Kind]) -> pa.Table:
    """Rows as a typed, frozen table, so that a column that is empty today keeps its type.

    Floats are rounded to 12 significant digits. Keys of a row that are not in `columns` are left out.

    >>> table([{"id": "a", "npv": 0.1 + 0.2}], {"id": "text", "npv": "number"}).to_pylist()
    [{'id': 'a', 'npv': 0.3}]
    """
    schema = pa.schema([(name, ARROW[kind]) for name, kind in columns.items()])
    return pa.Table.from_pylist([{name: _rounded(row.get(name)) for name in columns} for row in rows], schema=schema)


def _rounded(value: Any) -> Any:
    return significant(value) if isinstance(value, float) else value

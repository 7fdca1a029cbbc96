"""A warehouse's record batches in the types that a table file holds; no value is rounded on the way."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

NUMERIC = "numeric"
AS_IT_IS = {
    *("bool", "int2", "int4", "int8", "float4", "float8", "text", "varchar", "bpchar", "char", "name", "uuid"),
    *("json", "jsonb", "oid"),
}
"""Types of PostgreSQL that arrive as something a file holds."""
MOMENTS = {"date", "timestamp", "timestamptz"}
DIGITS = 38
"""Digits a decimal of a file may have."""


def posted(field: pa.Field) -> str:
    """What PostgreSQL calls a column's type; empty where another database answered."""
    return str((field.metadata or {}).get(b"POSTGRESQL:type", b"").decode())


def selection(field: pa.Field) -> str:
    """SQL by which PostgreSQL gives a column as something a file holds.

    Arrays come as JSON, money as a number, what has no type of its own here as its text. A date or moment without
    end (``infinity``) is none.
    """
    name, kind = '"' + field.name.replace('"', '""') + '"', posted(field)
    if kind in AS_IT_IS or kind == NUMERIC:
        return name
    if kind in MOMENTS:
        return f"CASE WHEN isfinite({name}) THEN {name} END AS {name}"
    if kind.startswith("_"):
        return f"CAST(to_json({name}) AS text) AS {name}"
    return f"CAST({name} AS {'numeric' if kind == 'money' else 'text'}) AS {name}"


def numbers(schema: pa.Schema) -> list[str]:
    """Columns of PostgreSQL's numbers of any size, of which has to be asked how many digits they hold."""
    return [f.name for f in schema if posted(f) in {NUMERIC, "money"}]


def digits_sql(name: str) -> tuple[str, str, str]:
    """SQL: whole digits, digits behind the point, and values that are no number, of one such column."""
    value = 'CAST("' + name.replace('"', '""') + '" AS numeric)'
    odd = f"CAST({value} AS text) IN ('NaN', 'Infinity', '-Infinity')"
    whole = f"max(length(CAST(trunc(abs(CASE WHEN NOT {odd} THEN {value} END)) AS text)))"
    behind = f"max(scale(CASE WHEN NOT {odd} THEN {value} END))"
    return whole, behind, f"count(*) FILTER (WHERE {odd})"


def decimal_type(whole: int | None, behind: int | None, odd: int) -> pa.DataType:
    """The decimal that holds every value of a column exactly; text where none does.

    >>> decimal_type(5, 2, 0)
    Decimal128Type(decimal128(38, 2))
    >>> decimal_type(40, 2, 0)
    DataType(string)
    """
    behind = behind or 0
    fits = not odd and (whole or 1) + behind <= DIGITS
    return pa.decimal128(DIGITS, behind) if fits else pa.string()


def kept_type(kind: pa.DataType) -> pa.DataType:
    """The type in which a column is kept."""
    if isinstance(kind, pa.BaseExtensionType):
        return pa.string()
    if pa.types.is_dictionary(kind):
        return kept_type(kind.value_type)
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", tz="UTC" if kind.tz else None)
    plain = (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_date(kind)
        or pa.types.is_decimal128(kind)
    )
    return kind if plain else pa.string()


def kept(column: pa.Array, target: pa.DataType) -> pa.Array:
    """A column in the type in which it is kept.

    >>> kept(pa.array([[1, 2], None]), pa.string()).to_pylist()
    ['[1, 2]', None]
    """
    if column.type == target:
        return column
    if pa.types.is_dictionary(column.type):
        return kept(column.dictionary_decode(), target)
    if isinstance(column, pa.ExtensionArray):
        if pa.types.is_string(column.storage.type) or pa.types.is_large_string(column.storage.type):
            return column.storage.cast(target)
        return pa.array([None if v is None else _text(v) for v in column.to_pylist()], pa.string())
    nested = pa.types.is_nested(column.type) or pa.types.is_binary(column.type) or pa.types.is_interval(column.type)
    if nested and pa.types.is_string(target):
        return pa.array([None if v is None else _text(v) for v in column.to_pylist()], pa.string())
    return column.cast(target, safe=not pa.types.is_timestamp(target))


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return json.dumps(value, default=str, ensure_ascii=False) if isinstance(value, (list, dict)) else str(value)

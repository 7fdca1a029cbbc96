"""How a client's columns become canonical ones: data, not code.

A `TableMapping` says which files make up a table and where each column comes from. It is applied as SQL that
quotes every name and value; nothing a client writes is ever run.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from cxkit.errors import InputError, nearest, unknown_name
from cxkit.records import Record
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.contract import Contract
from cxkit.tables.cut import quoted, text_literal
from cxkit.tables.reading import Raw

Overlap = Literal["error", "all", "first", "last"]


class Lookup(Record):
    """Take a column's value from another file, by key."""

    file: str
    """Glob of the other file, relative to the tables folder."""
    key: str
    """Its key column."""
    take: str
    """Its column with the value."""


class ColumnMapping(Record):
    """Where one canonical column comes from and how it is written."""

    source: str = ""
    """Column of the file; with a lookup, the column that holds the key."""
    constant: str | None = None
    """One value for every row, instead of a source."""
    values: dict[str, str] = Field(default_factory=dict)
    """Client's word → canonical word; compared without regard to case and outer blanks."""
    other: str | None = None
    """What words that are not in `values` become; None keeps them, an empty string clears them."""
    decimal: Literal["", ".", ","] = ""
    date_format: str = ""
    """``dmy``, ``mdy``, ``ymd``, or a strptime format such as ``%d.%m.%Y %H:%M``."""
    timezone: str = ""
    """IANA zone of times without an offset, when it is not the client's."""
    factor: str = "1"
    """Unit factor: 0.01 for cents, 60 for hours to minutes."""
    lookup: Lookup | None = None

    @field_validator("factor", mode="before")
    @classmethod
    def _number(cls, value: object) -> str:
        try:
            factor = Decimal(str(value))
        except InvalidOperation:
            raise ValueError(f"factor {value!r} is not a number") from None
        if not factor.is_finite():
            raise ValueError(f"factor {value!r} is not a number")
        return format(factor.normalize(), "f")

    @field_validator("date_format")
    @classmethod
    def _format(cls, value: str) -> str:
        if value and value not in {"dmy", "mdy", "ymd"} and "%" not in value:
            raise ValueError(f"date_format '{value}' is none of dmy, mdy, ymd and no strptime format such as %d.%m.%Y")
        return value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if bool(self.source) == (self.constant is not None):
            raise ValueError("a column has either a source or a constant")
        return self


class Filter(Record):
    """Keep or drop rows by the words in one column of the file."""

    column: str
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    filled: bool = False
    """Keep only rows in which the column is not empty."""


class Unpivot(Record):
    """One row per column: a wide survey becomes one score a row."""

    columns: dict[str, str]
    """Column of the file → what it is called in `name_to`."""
    name_to: str
    value_to: str


class TableMapping(Record):
    """Which files make up one canonical table, and how."""

    files: tuple[str, ...]
    """Globs relative to the tables folder: ``orders_*.csv``."""
    sheet: str = ""
    """Sheet of a workbook; every sheet with the right columns when empty."""
    overlap: Overlap = "error"
    """What to do when two files hold the same row: error, keep all, the first or the last file's (by name)."""
    columns: dict[str, ColumnMapping]
    filters: tuple[Filter, ...] = ()
    unpivot: Unpivot | None = None
    also: tuple[TableMapping, ...] = ()
    """Further files with other columns that are added to the same table."""

    @property
    def parts(self) -> tuple[TableMapping, ...]:
        """This mapping and those added to it."""
        return (self, *(part for extra in self.also for part in extra.parts))

    @property
    def given(self) -> tuple[str, ...]:
        """Canonical columns it fills."""
        pivoted = (self.unpivot.name_to, self.unpivot.value_to) if self.unpivot else ()
        return tuple(dict.fromkeys((*self.columns, *pivoted)))

    def matches(self, raw: Raw) -> bool:
        """Whether a table of a file belongs to this mapping."""
        return any(fnmatch.fnmatchcase(raw.file.lower(), glob.lower()) for glob in self.files) and (
            not self.sheet or raw.sheet.lower() == self.sheet.lower()
        )


def validated(table: str, mapping: TableMapping) -> Contract:
    """The contract a mapping is for; `InputError` when the table or a column is not canonical."""
    if table not in CONTRACTS:
        raise InputError(unknown_name("table", table, list(CONTRACTS), where="the list of canonical tables"))
    contract = CONTRACTS[table]
    for part in mapping.parts:
        for name in part.given:
            if name not in contract.names:
                raise InputError(unknown_name("column", name, list(contract.names), where=table))
    return contract


def missing_columns(part: TableMapping, raw: Raw) -> list[tuple[str, str, str]]:
    """(canonical column, wanted source, nearest column there is) for each source a file does not have."""
    wanted = [(name, c.source) for name, c in part.columns.items() if c.source]
    wanted += [("", f.column) for f in part.filters]
    if part.unpivot:
        wanted += [(part.unpivot.value_to, source) for source in part.unpivot.columns]
    return [(name, source, nearest(source, raw.columns)) for name, source in wanted if source not in raw.columns]


def _word(sql: str) -> str:
    return f"lower(trim({sql}))"


def _cell(raw: Raw, source: str) -> str:
    return f"r.{raw.columns[source]}" if source in raw.columns else "CAST(NULL AS VARCHAR)"


def _value(column: ColumnMapping, raw: Raw, looked: dict[str, str]) -> str:
    if column.constant is not None:
        return text_literal(column.constant)
    sql = looked.get(column.source + "\0" + (column.lookup.take if column.lookup else ""), _cell(raw, column.source))
    if not column.values and column.other is None:
        return sql
    # a word that is given twice in different case takes the first meaning
    cases: dict[str, str] = {}
    for word, meaning in column.values.items():
        cases.setdefault(word.strip().lower(), meaning)
    other = sql if column.other is None else text_literal(column.other)
    whens = " ".join(f"WHEN {text_literal(word)} THEN {text_literal(meaning)}" for word, meaning in cases.items())
    return f"CASE {_word(sql)} {whens} ELSE {other} END" if whens else other


def part_sql(part: TableMapping, raws: Sequence[Raw], others: Sequence[Raw]) -> str:
    """The SELECT that gives a part's canonical columns as text, with ``__file`` and ``__row``, from its files.

    `others` are the tables that lookups may use.
    """
    selects: list[str] = []
    for raw in raws:
        joins: list[str] = []
        looked: dict[str, str] = {}
        for name, column in part.columns.items():
            if column.lookup is None:
                continue
            target = lookup_target(column.lookup, others)
            alias = quoted(f"look_{name}")
            key, take = target.columns[column.lookup.key], target.columns[column.lookup.take]
            joins.append(
                f"LEFT JOIN (SELECT {_word(key)} AS k, arg_min({take}, __row) AS v FROM {target.relation} "
                f"GROUP BY ALL) {alias} ON {alias}.k = {_word(_cell(raw, column.source))}"
            )
            looked[column.source + "\0" + column.lookup.take] = f"{alias}.v"
        where = _where(part, raw)
        columns = {name: _value(column, raw, looked) for name, column in part.columns.items()}
        tail = f"{text_literal(raw.label)} AS __file, r.__row FROM {raw.relation} r {' '.join(joins)} WHERE {where}"
        if part.unpivot is None:
            listed = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in columns.items())
            selects.append(f"SELECT {listed}, {tail}")
            continue
        for source, called in part.unpivot.columns.items():
            cell = _cell(raw, source)
            wide = columns | {part.unpivot.name_to: text_literal(called), part.unpivot.value_to: cell}
            listed = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in wide.items())
            selects.append(f"SELECT {listed}, {tail} AND nullif(trim({cell}), '') IS NOT NULL")
    return " UNION ALL ".join(selects)


def _where(part: TableMapping, raw: Raw) -> str:
    tests: list[str] = []
    for rule in part.filters:
        cell = _word(_cell(raw, rule.column))
        for words, verb in ((rule.keep, "IN"), (rule.drop, "NOT IN")):
            if words:
                listed = ", ".join(text_literal(word.strip().lower()) for word in words)
                tests.append(f"coalesce({cell}, '') {verb} ({listed})")
        if rule.filled:
            tests.append(f"coalesce({cell}, '') <> ''")
    return " AND ".join(tests) or "true"


def lookup_target(lookup: Lookup, raws: Sequence[Raw]) -> Raw:
    """The one table a lookup reads; `InputError` when there is none or it lacks a column."""
    found = [raw for raw in raws if fnmatch.fnmatchcase(raw.file.lower(), lookup.file.lower())]
    if len(found) != 1:
        raise InputError(f"a lookup in the mapping needs exactly one file '{lookup.file}'; there are {len(found)}.")
    for name in (lookup.key, lookup.take):
        if name not in found[0].columns:
            raise InputError(unknown_name("column", name, list(found[0].columns), where=found[0].label))
    return found[0]


def plain_name(text: str) -> str:
    """A name as it is compared: lower case, words joined by one underscore.

    >>> plain_name("case:concept:name"), plain_name("Customer ID "), plain_name("orderDate")
    ('case_concept_name', 'customer_id', 'order_date')
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text.strip())
    return re.sub(r"[\W_]+", "_", spaced).strip("_").lower()


def overlap_sql(relation: str, keys: Sequence[str], rule: Overlap) -> str:
    """The SELECT that keeps, of rows that stand in several files, those of the first or last file by name."""
    if rule not in {"first", "last"} or not keys:
        return f"SELECT * FROM {relation}"
    listed = ", ".join(quoted(key) for key in keys)
    pick = "min" if rule == "first" else "max"
    return f"SELECT * FROM {relation} QUALIFY __file = {pick}(__file) OVER (PARTITION BY {listed})"

"""The client's tables as they were on a day, held in an engine, handed to stages as Narwhals frames."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd
import pyarrow as pa

from cxkit.records import Missing
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.cut import cut_select, quoted
from cxkit.tables.scratch import private
from cxkit.tables.shapes import PAUSES, derive

MEMORY = "CXKIT_MEMORY"
"""Environment variable: bytes an engine may hold before it spills; a batch sets it for clients side by side."""
ALL = "*"
"""What is noticed instead of a table's name when all of them may have been read."""


def connect() -> duckdb.DuckDBPyConnection:
    """Open an in-memory engine that never reaches out: no downloads, no extension loading, UTC, quiet.

    What does not fit into its share of the memory goes to a scratch folder that only this user can open, never to the
    folder worked in. The share is CXKIT_MEMORY in bytes, four fifths of the machine where that is not set.
    """
    offline: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "temp_directory": str(private() / uuid.uuid4().hex),
    }
    if share := os.environ.get(MEMORY):
        offline["memory_limit"] = f"{int(share)}B"
    con = duckdb.connect(":memory:", config=offline)
    _settle(con)
    return con


def _settle(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET enable_progress_bar = false")


def named_in(query: str) -> set[str]:
    """Canonical tables whose names occur in a query: all that it reads, and perhaps a column of the same name.

    >>> sorted(named_in("SELECT count(*) FROM Revenue JOIN accounts USING (account_id)"))
    ['accounts', 'revenue']
    """
    return {word for word in re.findall(r"\w+", query.lower()) if word in CONTRACTS or word == PAUSES}


def _unnoticed(name: str) -> None:
    """Nobody asks which tables are read."""


def as_pandas(table: pa.Table) -> pd.DataFrame:
    """What came back from an engine, as stages read it: decimals become floats."""
    frame: pd.DataFrame = table.to_pandas()
    for field in table.schema:
        if str(field.type).startswith("decimal"):
            frame[field.name] = frame[field.name].astype("float64")
    return frame


class Tables(Mapping[str, "nw.LazyFrame[Any] | Missing"]):
    """Canonical name → lazy frame on the engine, or `Missing`.

    Every present table has every column of its contract (columns not supplied are typed nulls) and, for each
    timestamp, ``<name>_date`` and ``<name>_hour`` in the client's time zone. `require` says whether the
    columns a method needs were supplied at all.

    >>> frame = pd.DataFrame({"account_id": ["a", "a"], "month": ["2026-01-01", "2026-02-01"], "mrr": [10, 12]})
    >>> tables = Tables.from_frames({"revenue": frame}, as_of=date(2026, 1, 31))
    >>> tables.frame("SELECT month, mrr FROM revenue").shape
    (1, 2)
    >>> tables["surveys"]
    Missing(name='surveys', columns=(), why='not supplied')
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        supplied: Mapping[str, frozenset[str]],
        *,
        as_of: date,
        timezone: str = "UTC",
        currency: str = "EUR",
        unusable: Mapping[str, str] | None = None,
        hashes: Mapping[str, str] | None = None,
    ) -> None:
        """Wrap an engine whose canonical tables have been cut at `as_of`.

        `supplied` maps each present table to the contract columns its source has; `unusable` maps tables that
        failed their checks to the reason; `hashes` maps tables to the hash of their cut content.
        """
        self.con = con
        self.as_of = as_of
        self.timezone = timezone
        self.currency = currency
        self.unusable = dict(unusable or {})
        self.hashes = dict(hashes or {})
        self.noticed: Callable[[str], None] = _unnoticed
        """Told the name of every table whose rows are read, or `ALL`; what a stage has read is known by it."""
        self._supplied = {name: frozenset(columns) for name, columns in supplied.items()}

    @classmethod
    def from_frames(
        cls,
        frames: Mapping[str, pd.DataFrame],
        *,
        as_of: date,
        timezone: str = "UTC",
        currency: str = "EUR",
    ) -> Tables:
        """Register pandas frames, cut them at `as_of` and derive the shapes stages read.

        Column names must be canonical; unknown tables or columns raise `KeyError`. Values are cast by contract.
        """
        con = connect()
        supplied: dict[str, frozenset[str]] = {}
        for name, frame in frames.items():
            contract = CONTRACTS[name]
            for column in frame.columns:
                contract.column(str(column))
            con.register(f"given_{name}", frame.copy())
            supplied[name] = frozenset(map(str, frame.columns))
            select = cut_select(contract, supplied[name], quoted(f"given_{name}"), as_of, timezone)
            con.execute(f"CREATE TABLE {quoted(name)} AS {select}")
            con.unregister(f"given_{name}")
        derived = derive(con, supplied, as_of, timezone)
        supplied |= derived.supplied
        return cls(con, supplied, as_of=as_of, timezone=timezone, currency=currency, unusable=derived.withheld)

    def __getitem__(self, name: str) -> nw.LazyFrame[Any] | Missing:
        if absent := self._absent(name):
            return absent
        self.noticed(name)
        return nw.from_native(self.con.table(quoted(name)))

    def _notice(self, *queries: str) -> None:
        for name in sorted(set().union(*map(named_in, queries))):
            self.noticed(name)

    def _absent(self, name: str) -> Missing | None:
        if name not in CONTRACTS:
            raise KeyError(f"'{name}' is not a canonical table")
        if name in self.unusable:
            return Missing(name=name, why=self.unusable[name])
        return None if name in self._supplied else Missing(name=name)

    def __iter__(self) -> Iterator[str]:
        return iter(CONTRACTS)

    def __len__(self) -> int:
        return len(CONTRACTS)

    @property
    def present(self) -> tuple[str, ...]:
        """Names of the tables that can be used."""
        return tuple(n for n in CONTRACTS if n in self._supplied and n not in self.unusable)

    def supplied(self, name: str) -> frozenset[str]:
        """Contract columns the client supplied for this table; empty when it is missing."""
        return frozenset() if name in self.unusable else self._supplied.get(name, frozenset())

    def require(self, name: str, *columns: str) -> nw.LazyFrame[Any] | Missing:
        """The table, or a `Missing` that names the table or those of `columns` that were not supplied."""
        return self._lacks(name, columns) or self[name]

    def lacking(self, needs: Mapping[str, tuple[str, ...]]) -> tuple[Missing, ...]:
        """Of several tables with their columns, those that are missing; empty when all are there."""
        return tuple(f for name, columns in needs.items() if (f := self._lacks(name, columns)))

    def _lacks(self, name: str, columns: tuple[str, ...]) -> Missing | None:
        if absent := self._absent(name):
            return absent.model_copy(update={"columns": columns})
        gone = tuple(c for c in columns if c not in self._supplied[name])
        return Missing(name=name, columns=gone) if gone else None

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """Run SQL over the canonical tables, for what Narwhals has no verb for."""
        self._notice(query)
        return self.con.sql(query)

    def frame(self, query: str | nw.LazyFrame[Any], *, given: nw.LazyFrame[Any] | None = None) -> pd.DataFrame:
        """Bring something small back as pandas: a SQL text or a lazy frame. Decimals become floats.

        In a SQL text ``given`` is the lazy frame of that name, so that what Narwhals has no verb for can be said last:

        >>> frame = pd.DataFrame({"account_id": ["a", "b"], "month": ["2026-01-01"] * 2, "mrr": [10, 12]})
        >>> tables = Tables.from_frames({"revenue": frame}, as_of=date(2026, 1, 31))
        >>> large = tables["revenue"].filter(nw.col("mrr") > 11)
        >>> tables.frame("SELECT sum(CAST(mrr AS HUGEINT)) AS mrr FROM given", given=large)["mrr"].tolist()
        [12.0]
        """
        self._notice(query if isinstance(query, str) else "")
        if not isinstance(query, str):
            relation = nw.to_native(query)
        elif given is None:
            relation = self.con.sql(query)
        else:
            relation = nw.to_native(given).query("given", query)
        return as_pandas(relation.to_arrow_table())

    def arrow(self, query: str) -> pa.Table:
        """The rows of a query as an Arrow table, to be lent again; what stages compute on comes by `frame`."""
        self._notice(query)
        return self.con.sql(query).to_arrow_table()

    @contextmanager
    def held(self, name: str, query: str) -> Iterator[str]:
        """Hold the rows of a query in the engine under a name, for a while; yields the name.

        >>> frame = pd.DataFrame({"account_id": ["a", "b"], "month": ["2026-01-01"] * 2, "mrr": [10, 12]})
        >>> tables = Tables.from_frames({"revenue": frame}, as_of=date(2026, 1, 31))
        >>> with tables.held("large", "SELECT * FROM revenue WHERE mrr > 11") as relation:
        ...     len(tables.frame(f"SELECT * FROM {relation}"))
        1
        """
        self._notice(query)
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE {quoted(name)} AS {query}")
        try:
            yield name
        finally:
            self.con.execute(f"DROP TABLE IF EXISTS {quoted(name)}")

    @contextmanager
    def lent(self, name: str, rows: pa.Table) -> Iterator[str]:
        """Lend the engine a small table that was made here, for a while; yields its name."""
        self.con.register(name, rows)
        try:
            yield name
        finally:
            self.con.unregister(name)

    def knows(self, relation: str) -> bool:
        """Whether the engine has a relation of this name, canonical or derived."""
        found = self.con.execute(
            "SELECT count(*) FROM information_schema.tables WHERE table_name = ?", [relation]
        ).fetchall()
        return int(found[0][0]) > 0

    def original(self, name: str) -> str:
        """What the queries of `replaced` call the table that they replace."""
        return f"memory.main.{quoted(name)}"

    @contextmanager
    def replaced(
        self,
        views: Mapping[str, str],
        supplied: Mapping[str, Collection[str]] | None = None,
        *,
        lent: Mapping[str, pa.Table] | None = None,
    ) -> Iterator[Tables]:
        """The same tables with some of them seen differently, for a while; nothing here is changed.

        `views` maps a canonical name to the query that stands for it and must return the same columns; in it
        `original(name)` is the table as it is. `supplied` says which columns it has where that differs; `lent` are
        tables made here that the queries use.

        >>> frame = pd.DataFrame({"account_id": ["a", "b"], "month": ["2026-01-01"] * 2, "mrr": [10, 12]})
        >>> tables = Tables.from_frames({"revenue": frame}, as_of=date(2026, 1, 31))
        >>> merged = f"SELECT * REPLACE ('a' AS account_id) FROM {tables.original('revenue')}"
        >>> with tables.replaced({"revenue": merged}) as other:
        ...     other.frame("SELECT DISTINCT account_id FROM revenue")["account_id"].tolist()
        ['a']
        """
        self._notice(*views.values())
        con = self.con.cursor()
        _settle(con)
        for name, rows in (lent or {}).items():
            con.register(name, rows)
        for name, query in views.items():
            con.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS {query}")
        other = Tables(
            con,
            {**self._supplied, **{n: frozenset(c) for n, c in (supplied or {}).items()}},
            as_of=self.as_of,
            timezone=self.timezone,
            currency=self.currency,
            unusable=self.unusable,
            hashes=self.hashes,
        )
        other.noticed = self.noticed
        try:
            yield other
        finally:
            con.close()

    @contextmanager
    def embedded(self, *names: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """An embedded engine that holds these tables, for a library that speaks to DuckDB alone."""
        for name in names or (ALL,):
            self.noticed(name)
        con = self.con.cursor()
        _settle(con)
        try:
            yield con
        finally:
            con.close()

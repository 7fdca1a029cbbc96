"""The client's tables as they were on a day, held in an engine, handed to stages as Narwhals frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd

from cxkit.records import Missing
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.cut import cut_select, quoted
from cxkit.tables.shapes import derive


def connect() -> duckdb.DuckDBPyConnection:
    """Open an in-memory engine that never reaches out: no downloads, no extension loading, UTC, quiet."""
    offline: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    con = duckdb.connect(":memory:", config=offline)
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET enable_progress_bar = false")
    return con


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
        if name not in CONTRACTS:
            raise KeyError(f"'{name}' is not a canonical table")
        if name in self.unusable:
            return Missing(name=name, why=self.unusable[name])
        if name not in self._supplied:
            return Missing(name=name)
        return nw.from_native(self.con.table(quoted(name)))

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
        found = self[name]
        if isinstance(found, Missing):
            return found.model_copy(update={"columns": columns})
        absent = tuple(c for c in columns if c not in self._supplied[name])
        return Missing(name=name, columns=absent) if absent else found

    def lacking(self, needs: Mapping[str, tuple[str, ...]]) -> tuple[Missing, ...]:
        """Of several tables with their columns, those that are missing; empty when all are there."""
        found = (self.require(name, *columns) for name, columns in needs.items())
        return tuple(f for f in found if isinstance(f, Missing))

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """Run SQL over the canonical tables, for what Narwhals has no verb for."""
        return self.con.sql(query)

    def frame(self, query: str | nw.LazyFrame[Any]) -> pd.DataFrame:
        """Bring something small back as pandas: a SQL text or a lazy frame. Decimals become floats."""
        relation = self.con.sql(query) if isinstance(query, str) else nw.to_native(query)
        table = relation.to_arrow_table()
        frame: pd.DataFrame = table.to_pandas()
        for field in table.schema:
            if str(field.type).startswith("decimal"):
                frame[field.name] = frame[field.name].astype("float64")
        return frame

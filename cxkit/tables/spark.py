"""The same tables on Spark, for a client whose tables outgrow one machine (extra ``spark``; Java 17 or newer).

Reading, mapping, casting, checks and the cut at `as_of` happen once, in the embedded engine; `on_spark` hands the cut
tables over as Parquet, never through pandas, and stages run on `SparkTables` as they do on `Tables`: their SQL is put
into Spark's by `cxkit.tables.dialect`. A *shadow*, an embedded engine that holds the same tables without a row, says
which columns and types each answer has, so that both engines answer alike.

What differs:

- sums of doubles depend on the order of rows: figures agree to 12 significant digits, not to the last bit;
- rows that tie in an ``ORDER BY`` come in no order on either engine; stages order by a full key;
- ``hash`` gives other numbers (it groups rows, nothing else rests on it);
- a whole number too large for 64 bits is an error, where DuckDB adds up in 128 bits;
- quantiles are exact on both; nothing is approximated.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
import warnings
import weakref
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd
import pyarrow as pa

from cxkit.errors import InputError
from cxkit.records import Missing
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.cut import quoted, text_literal
from cxkit.tables.engine import Tables, as_pandas, connect
from cxkit.tables.scratch import prefix, private
from cxkit.tables.shapes import PAUSES

SMALL = 2_000
"""Rows up to which a table is handed over in memory rather than as a file."""
SETTINGS: Mapping[str, str] = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.legacy.charVarcharAsString": "true",
}
"""What the translation of SQL counts on; `on_spark` sets it in any session it is given."""
QUIET: Mapping[str, str] = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.log.level": "OFF",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.ui.retainedExecutions": "1",
    "spark.ui.retainedJobs": "1",
    "spark.ui.retainedStages": "1",
    "spark.sql.autoBroadcastJoinThreshold": "16m",
}
"""A session for one machine and many small queries: no pages, no ports beyond this machine, no code made per query."""
BRIEF = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Options of a Java runtime that spends no time on making itself fast."""
_numbers = count()


def missing() -> str:
    """Why Spark cannot be started here; empty when it can.

    >>> isinstance(missing(), str)
    True
    """
    if importlib.util.find_spec("pyspark") is None:
        return "pyspark is not installed (pip install 'cxkit[spark]')"
    return "" if shutil.which("java") or os.environ.get("JAVA_HOME") else "no Java runtime is installed"


def session(
    *,
    cores: int = 2,
    memory: str = "1g",
    partitions: int = 1,
    brief: bool = False,
    settings: Mapping[str, Any] | None = None,
) -> Any:
    """A quiet Spark session on this machine that reaches out to nothing; the one there is, when there is one.

    A `brief` one is for many small queries, such as tests: its Java runtime spends no time on making itself fast.
    `settings` are Spark's own and have the last word, on which machines it computes too. `InputError` with Spark's own
    words where it does not start.
    """
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    with warnings.catch_warnings(), _unheard() as noise:
        warnings.simplefilter("ignore")
        from pyspark.sql import SparkSession  # noqa: PLC0415  the extra is not needed to import this

        builder = SparkSession.builder.master(f"local[{cores}]").appName("cxkit")
        own = {"spark.driver.memory": memory, "spark.sql.shuffle.partitions": str(partitions)}
        own |= {"spark.default.parallelism": str(partitions), "spark.local.dir": str(private())}
        own |= {"spark.sql.warehouse.dir": str(private() / "spark")}
        if brief:
            own["spark.driver.extraJavaOptions"] = BRIEF
        for key, value in {**SETTINGS, **QUIET, **own, **(settings or {})}.items():
            builder = builder.config(key, value)
        try:
            found = builder.getOrCreate()
        except Exception as problem:
            said = (noise.read_text(encoding="utf-8", errors="replace").strip() or str(problem)).splitlines()
            raise InputError(f"Spark did not start: {said[-1].strip()}") from None
        found.createDataFrame(pa.table({"ready": [1]})).toArrow()
    return found


@contextmanager
def _unheard() -> Iterator[Path]:
    """What is written to standard error by this process and those it starts meanwhile goes to a file."""
    file = private() / "spark.log"
    before, aside = os.dup(2), os.open(file, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    os.dup2(aside, 2)
    try:
        yield file
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(aside)


def on_spark(tables: Tables, spark: Any) -> SparkTables:
    """Hand cut tables over to a Spark session: canonical and derived ones, each with its types.

    Large ones go as Parquet through a temporary folder that is removed with the result (`SparkTables.close`).
    """
    for key, value in SETTINGS.items():
        if spark.conf.get(key, None) != value:
            spark.conf.set(key, value)
    shadow = connect()
    made = SparkTables(
        shadow,
        {name: tables.supplied(name) for name in CONTRACTS if tables.supplied(name)},
        spark=spark,
        as_of=tables.as_of,
        timezone=tables.timezone,
        currency=tables.currency,
        unusable=tables.unusable,
        hashes=tables.hashes,
    )
    for name in (*tables.present, *(n for n in (PAUSES,) if tables.knows(n))):
        made.take(name, tables.con)
    return made


class SparkTables(Tables):
    """Canonical name → lazy frame on Spark, or `Missing`; all that `Tables` offers but a connection of its own."""

    def __init__(
        self,
        shadow: duckdb.DuckDBPyConnection,
        supplied: Mapping[str, frozenset[str]],
        *,
        spark: Any,
        as_of: date,
        timezone: str = "UTC",
        currency: str = "EUR",
        unusable: Mapping[str, str] | None = None,
        hashes: Mapping[str, str] | None = None,
    ) -> None:
        """Wrap a session; `shadow` is an embedded engine with the same tables, empty."""
        super().__init__(
            shadow,
            supplied,
            as_of=as_of,
            timezone=timezone,
            currency=currency,
            unusable=unusable,
            hashes=hashes,
        )
        self.spark = spark
        self._names: dict[str, str] = {}
        self._types: dict[str, dict[str, str]] = {}
        self._views: list[str] = []
        self._folder: Path | None = None
        self._ended = weakref.finalize(self, _end, spark, self._views)
        self._ended.atexit = False  # the session ends with the process, and its views with it

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        """There is none: the tables are on Spark."""
        raise TypeError("tables on Spark have no DuckDB connection; use frame, held, lent, replaced or embedded")

    @con.setter
    def con(self, shadow: duckdb.DuckDBPyConnection) -> None:
        self._shadow = shadow

    def close(self) -> None:
        """Forget the tables and remove what was written for them."""
        self._ended()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def take(self, name: str, con: duckdb.DuckDBPyConnection) -> None:
        """Take a relation over from an embedded engine, under its name."""
        rows = con.sql(f"SELECT * FROM {quoted(name)}")
        columns = ", ".join(f"{quoted(c)} {t}" for c, t in zip(rows.columns, rows.types, strict=True))
        self._shadow.execute(f"CREATE OR REPLACE TABLE {quoted(name)} ({columns})")
        ((size,),) = con.execute(f"SELECT count(*) FROM {quoted(name)}").fetchall()
        if size <= SMALL:
            made = self._made(rows.to_arrow_table())
        else:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix=f"{prefix()}spark-"))
                weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            path = self._folder / f"{len(self._views)}.parquet"
            con.execute(f"COPY (SELECT * FROM {quoted(name)}) TO {text_literal(str(path))} (FORMAT parquet)")
            empty = self._made(rows.limit(0).to_arrow_table())
            made = self.spark.read.schema(empty.schema).parquet(str(path))
        self._register(name, made)
        self._register(f"memory.main.{name}", made, view=self._names[name])

    def _made(self, rows: pa.Table) -> Any:
        """Rows as Spark's frame; hashes, which have no sign on DuckDB, take the one they had here."""
        signed = [pa.int64() if f.type == pa.uint64() else f.type for f in rows.schema]
        schema = pa.schema(zip(rows.schema.names, signed, strict=True))
        return self.spark.createDataFrame(rows if schema.equals(rows.schema) else rows.cast(schema, safe=False))

    def _register(self, name: str, rows: Any, *, view: str | None = None) -> str:
        """Give Spark's frame a name here; views of Spark have names of their own, so many clients share a session."""
        if view is None:
            view = f"cxkit_{next(_numbers)}"
            rows.createOrReplaceTempView(view)
            self._views.append(view)
        self._names[name] = view
        relation = name if name.startswith("memory.main.") else quoted(name)
        found = self._shadow.sql(f"SELECT * FROM {relation}")
        self._types[view] = {c: str(t) for c, t in zip(found.columns, found.types, strict=True)}
        return view

    def _drop(self, name: str) -> None:
        view = self._names.pop(name, None)
        if view is not None:
            self._views.remove(view)
            self._types.pop(view, None)
            self.spark.catalog.dropTempView(view)

    def __getitem__(self, name: str) -> nw.LazyFrame[Any] | Missing:
        if isinstance(absent := self._absent(name), Missing):
            return absent
        return nw.from_native(self.spark.table(self._names[name]))

    def text(self, query: str) -> str:
        """A query of a stage as Spark is asked it."""
        from cxkit.tables.dialect import to_spark  # noqa: PLC0415  with the extra

        return to_spark(query, self._types, self._names)

    def sql(self, query: str) -> Any:
        """A query as Spark's own lazy frame, its columns named as DuckDB names them."""
        return self.spark.sql(self.text(query)).toDF(*self._shadow.sql(query).columns)

    def frame(self, query: str | nw.LazyFrame[Any], *, given: nw.LazyFrame[Any] | None = None) -> pd.DataFrame:
        """Bring something small back as pandas, with the types it has on DuckDB. Decimals become floats."""
        if isinstance(query, str) and given is not None:
            rows = nw.to_native(given)
            self._shadow.register("given", rows.limit(0).toArrow())
            self._register("given", rows)
            try:
                return self.frame(query)
            finally:
                self._drop("given")
                self._shadow.unregister("given")
        if isinstance(query, str):
            return as_pandas(self.arrow(query))
        found = nw.to_native(query).toArrow()
        return as_pandas(_like(found, found.schema))

    def arrow(self, query: str) -> pa.Table:
        """The rows of a query as an Arrow table, with the types they have on DuckDB."""
        schema = self._shadow.sql(query).to_arrow_table().schema
        return _like(self.spark.sql(self.text(query)).toArrow(), schema)

    @contextmanager
    def held(self, name: str, query: str) -> Iterator[str]:
        """Hold the rows of a query in Spark under a name, for a while; yields the name."""
        rows = self.sql(query).persist()
        self._shadow.execute(f"CREATE OR REPLACE TEMP TABLE {quoted(name)} AS {query}")
        covered = self._names.get(name)
        self._register(name, rows)
        try:
            yield name
        finally:
            self._drop(name)
            rows.unpersist()
            self._shadow.execute(f"DROP TABLE IF EXISTS temp.{quoted(name)}")
            if covered:
                self._names[name] = covered

    @contextmanager
    def lent(self, name: str, rows: pa.Table) -> Iterator[str]:
        """Lend Spark a small table that was made here, for a while; yields its name."""
        self._lend(name, rows)
        try:
            yield name
        finally:
            self._drop(name)
            self._shadow.unregister(name)

    def _lend(self, name: str, rows: pa.Table) -> None:
        self._shadow.register(name, rows)
        plain = self._shadow.sql(f"SELECT * FROM {quoted(name)}").to_arrow_table()
        self._shadow.unregister(name)
        self._shadow.register(name, plain.slice(0, 0))
        self._register(name, self._made(plain))

    def knows(self, relation: str) -> bool:
        """Whether Spark has been given a relation of this name, canonical or derived."""
        return relation in self._names

    @contextmanager
    def replaced(
        self,
        views: Mapping[str, str],
        supplied: Mapping[str, Collection[str]] | None = None,
        *,
        lent: Mapping[str, pa.Table] | None = None,
    ) -> Iterator[Tables]:
        """The same tables with some of them seen differently, for a while; nothing here is changed."""
        shadow = self._shadow.cursor()
        shadow.execute("SET TimeZone = 'UTC'")
        other = SparkTables(
            shadow,
            {**self._supplied, **{n: frozenset(c) for n, c in (supplied or {}).items()}},
            spark=self.spark,
            as_of=self.as_of,
            timezone=self.timezone,
            currency=self.currency,
            unusable=self.unusable,
            hashes=self.hashes,
        )
        other._names, other._types = dict(self._names), dict(self._types)
        try:
            for name, rows in (lent or {}).items():
                other._lend(name, rows)
            for name, query in views.items():
                rows = other.sql(query)
                shadow.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS {query}")
                other._register(name, rows)
            yield other
        finally:
            other.close()
            shadow.close()

    @contextmanager
    def embedded(self, *names: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """An embedded engine into which these tables have been brought, through Parquet."""
        con = connect()
        with tempfile.TemporaryDirectory(prefix=f"{prefix()}spark-") as folder:
            for name in names:
                path = Path(folder) / str(len(list(Path(folder).iterdir())))
                self.spark.table(self._names[name]).write.parquet(str(path))
                source = f"read_parquet({text_literal(str(path / '*.parquet'))})"
                con.execute(f"CREATE TABLE {quoted(name)} AS SELECT * FROM {source}")
            try:
                yield con
            finally:
                con.close()


def _like(found: pa.Table, schema: pa.Schema) -> pa.Table:
    """Spark's answer with the names and types of DuckDB's; an instant with a zone becomes naive UTC."""
    columns = []
    for column, field in zip(found.columns, schema, strict=True):
        type_ = pa.timestamp("us") if pa.types.is_timestamp(field.type) else field.type
        columns.append(column if column.type == type_ else column.cast(type_, safe=False))
    return pa.table(columns, names=schema.names)


def _end(spark: Any, views: list[str]) -> None:
    """Drop views of tables that nobody holds any more, unless the session has ended before them."""
    try:
        for view in views:
            spark.catalog.dropTempView(view)
    except Exception:
        return  # the session is gone, and its views with it
    finally:
        views.clear()

"""One read-only session at a client's database over ADBC: what is wrong is worded, what is secret is masked."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import pyarrow as pa

from cxkit.errors import InputError, nearest
from cxkit.tables import columns
from cxkit.tables.warehouse import Warehouse

POSTGRESQL = "postgresql"
CONNECT = 15
"""Seconds until a server that does not answer counts as not reached."""


class Refused(Exception):
    """One query that the database did not answer, worded; it holds no secret."""


class Database:
    """A session that only reads, all of it as the database was at one moment where it offers that."""

    def __init__(self, connection: Any, settings: Warehouse, password: str) -> None:
        self.connection = connection
        self.settings = settings
        self._password = password

    def begin(self) -> str:
        """End the transaction, begin another and return the moment of its snapshot."""
        self.connection.rollback()
        asked = "SELECT CAST(now() AS text)" if self.postgresql else "SELECT CURRENT_TIMESTAMP"
        with suppress(Refused):
            return str(self.asked(asked)[0])
        self.connection.rollback()
        return ""

    @property
    def postgresql(self) -> bool:
        """Whether it is PostgreSQL, whose types are known here."""
        return self.settings.driver == POSTGRESQL

    def asked(self, sql: str) -> tuple[Any, ...]:
        """The first row of an answer."""
        with self._reader(sql) as reader:
            rows = [tuple(row.values()) for batch in reader for row in batch.to_pylist()]
        return rows[0] if rows else ()

    def fields(self, name: str) -> pa.Schema:
        """Columns of a table, read without a row; `Refused` says why not, with the nearest name that there is."""
        try:
            with self._reader(f"SELECT * FROM {self.settings.selected(name)} WHERE 1 = 0") as reader:
                return reader.schema
        except Refused as refused:
            self.connection.rollback()
            near = self._near(self.settings.tables[name]) if "is not there" in str(refused) else ""
            self.connection.rollback()
            raise Refused(f"{refused}{near}") from None

    def _near(self, source: str) -> str:
        known = []
        with (
            suppress(Refused),
            self._reader(
                "SELECT table_schema, table_name FROM information_schema.tables "
                "WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
            ) as reader,
        ):
            for batch in reader:
                known += [f"{r['table_schema']}.{r['table_name']}" for r in batch.to_pylist()]
        by_name = {full.partition(".")[2]: full for full in known} | {full: full for full in known}
        close = nearest(source, by_name)
        return f" Did you mean {by_name[close]}?" if close else ""

    @contextmanager
    def batches(self, name: str, given: pa.Schema) -> Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]:
        """Stream a table in the types that a file holds."""
        decimals: dict[str, pa.DataType] = {}
        listed = "*"
        if self.postgresql:
            listed = ", ".join(columns.selection(field) for field in given)
            if numbers := columns.numbers(given):
                counted = [part for number in numbers for part in columns.digits_sql(number)]
                listed_once = ", ".join(f"{part} AS n{i}" for i, part in enumerate(counted))
                told = self.asked(f"SELECT {listed_once} FROM {self.settings.selected(name)}")
                decimals = {n: columns.decimal_type(*told[3 * i : 3 * i + 3]) for i, n in enumerate(numbers)}
        with self._reader(f"SELECT {listed} FROM {self.settings.selected(name)}") as reader:
            kept = pa.schema([pa.field(f.name, decimals.get(f.name, columns.kept_type(f.type))) for f in reader.schema])

            def every() -> Iterator[pa.RecordBatch]:
                while True:
                    try:
                        batch = reader.read_next_batch()
                    except StopIteration:
                        return
                    except (OSError, pa.ArrowException) as problem:
                        raise Refused(self._worded(problem)) from None
                    cells = [columns.kept(c, t) for c, t in zip(batch.columns, kept.types, strict=True)]
                    yield pa.RecordBatch.from_arrays(cells, schema=kept)

            yield kept, every()

    @contextmanager
    def _reader(self, sql: str) -> Iterator[pa.RecordBatchReader]:
        with self.connection.cursor() as cursor:
            try:
                cursor.execute(sql)
                reader = cursor.fetch_record_batch()
            except _adbc().Error as problem:
                raise Refused(self._worded(problem)) from None
            yield reader

    def _worded(self, problem: BaseException) -> str:
        text = masked(str(problem), self._password)
        code = str(getattr(problem, "sqlstate", None) or "")
        told = re.search(r"ERROR:\s+(.*)", text)
        said = told.group(1).strip() if told else " ".join(text.split())[:200]
        said = re.sub(r"\s*SQLSTATE: \w+", "", said)
        hint = re.search(r"HINT:\s+(.*)", text)
        if code == "42P01" or "no such table" in text:
            return f"is not there ({said})."
        if code == "42703" or "no such column" in text:
            return f"{said}.{f' {hint.group(1)}' if hint else ''} Mend the query in client.yml."
        if code == "42501":
            return f"{said}. Ask for the right to read it (GRANT SELECT)."
        if code == "57014" or "statement timeout" in text:
            return f"took longer than {self.settings.timeout} s. Raise timeout in client.yml, or ask for less."
        if code == "25006":
            return f"{said}. A pull only reads."
        return f"{said}."


def masked(text: str, password: str) -> str:
    """A driver's words without the password, plain or as it stands in an address.

    >>> masked("cannot open postgresql://ann:s%20e@db", "s e")
    'cannot open postgresql://ann:***@db'
    """
    for form in {password, quote(password, safe=""), quote(password)} if password else ():
        text = text.replace(form, "***")
    return re.sub(r"(://[^\s:/@]*):[^\s@]*@", r"\1:***@", text)


@contextmanager
def opened(settings: Warehouse, password: str) -> Iterator[Database]:
    """Open a session that only reads; `InputError` when there is no driver, no server or no right to enter."""
    dbapi = _adbc()
    driver = _driver(settings.driver)
    told = _arguments(settings, password)
    try:
        connection = dbapi.connect(driver=driver, db_kwargs=told, autocommit=False)
    except dbapi.Error as problem:
        raise InputError(_closed(masked(str(problem), password), settings, bool(password))) from None
    try:
        if settings.driver != POSTGRESQL:
            with suppress(dbapi.Error):
                connection.adbc_connection.set_options(**{"adbc.connection.readonly": "true"})
        yield Database(connection, settings, password)
    finally:
        with suppress(dbapi.Error):
            connection.close()


def _adbc() -> Any:
    """The driver manager, which is an extra; `InputError` names it where it is not installed."""
    try:
        return importlib.import_module("adbc_driver_manager.dbapi")
    except ImportError:
        raise InputError(_absent("adbc_driver_manager")) from None


def _driver(name: str) -> str:
    module = f"adbc_driver_{name}"
    try:
        return str(importlib.import_module(module)._driver_path())
    except ImportError:
        raise InputError(_absent(module)) from None


def _absent(module: str) -> str:
    package = module.replace("_", "-")
    known = package in {"adbc-driver-manager", "adbc-driver-postgresql"}
    return f"{package} is not installed. Install it with: pip install {repr('cxkit[warehouse]') if known else package}"


def _arguments(settings: Warehouse, password: str) -> dict[str, str]:
    """What the driver is told; it stays in this process."""
    if settings.driver != POSTGRESQL:
        told = dict(settings.options)
        named = {"uri": settings.uri, "username": settings.user, "password": password}
        return told | {key: value for key, value in named.items() if value}
    parts = urlsplit(settings.uri)
    before, _, host = parts.netloc.rpartition("@")
    if not settings.uri:
        before, host = quote(settings.user, safe=""), quote(settings.host, safe="[]:.")
        host += f":{settings.port}" if settings.port else ""
    told = dict(parse_qsl(parts.query)) | settings.options
    session = {
        "default_transaction_read_only": "on",
        "default_transaction_isolation": "repeatable\\ read",
        "statement_timeout": str(settings.timeout * 1000),
        "TimeZone": "UTC",
    }
    if settings.schema_:
        session["search_path"] = settings.schema_
    given = told.get("options", "")
    told["options"] = f"{given} {' '.join(f'-c {key}={value}' for key, value in session.items())}".strip()
    told = {"application_name": "cxkit", "connect_timeout": str(CONNECT)} | told
    secret = f":{quote(password, safe='')}" if password else ""
    login = f"{before}{secret}@" if before or password else ""
    path = parts.path if settings.uri else f"/{quote(settings.database, safe='')}"
    return {"uri": urlunsplit(("postgresql", f"{login}{host}", path, urlencode(told, quote_via=quote), ""))}


def _closed(text: str, settings: Warehouse, given: bool) -> str:
    """Why no session could be opened."""
    where = settings.place()
    said = " ".join(text.split())
    if re.search(r"authentication failed|no password supplied|incorrect (username|user name)", said, re.IGNORECASE):
        found = "does not take this user and password" if given else "wants a password, and none is given"
        return f"{where} {found}. Check user in client.yml and CXKIT_WAREHOUSE_PASSWORD or the keyring."
    if re.search(r"database .* does not exist", said):
        return f"{where} is not there: the server has no such database. Check database in client.yml."
    return f"{where} cannot be reached: {said[:300]}. Check host and port in client.yml, the network and the firewall."

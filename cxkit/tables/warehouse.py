"""``warehouse:`` of ``client.yml``: where a client's database is and what is wanted of it, without a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field, field_validator, model_validator

from cxkit.records import Record

SECRET = re.compile(r"pass(word|wd|phrase)?\b|_pass|pwd|secret|token|private_key|api_?key|credential", re.IGNORECASE)
"""Names under which people keep what nobody may read."""
FILE = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
QUERY = re.compile(r"\s*(select|with)\b", re.IGNORECASE)
PART = r'(?:[A-Za-z_][\w$]*|"[^"]+")'
RELATION = re.compile(rf"{PART}(?:\.{PART}){{0,2}}")
REFUSED = (
    "no password, token or key is read from client.yml. Take it out (and change it, others may have read it), "
    "and put it into the environment as CXKIT_WAREHOUSE_PASSWORD or into the keyring"
)


class Warehouse(Record):
    """Where a client's database is, who reads it, and which relation or query gives which table."""

    driver: str = "postgresql"
    """Name of an ADBC driver: postgresql, snowflake, flightsql, sqlite …"""
    uri: str = ""
    """Address without a password, instead of host, port, database and user."""
    host: str = ""
    port: int | None = Field(default=None, ge=1, le=65535)
    database: str = ""
    user: str = ""
    schema_: str = Field(default="", alias="schema")
    """Where relations are looked for that name none themselves."""
    options: dict[str, str] = Field(default_factory=dict)
    """What else the driver wants to be told, such as ``sslmode: require``."""
    timeout: int = Field(default=600, ge=1)
    """Seconds one query may take, where the database can be told so."""
    tables: dict[str, str] = Field(min_length=1)
    """Table, as the playbook calls it → relation or query."""

    @model_validator(mode="before")
    @classmethod
    def _no_secret(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            raise ValueError("write lines such as 'host: db.example.com' below it")
        options = given.get("options")
        names = [*given, *(options if isinstance(options, Mapping) else ())]
        if any(SECRET.search(str(name)) for name in names) or has_secret(str(given.get("uri") or "")):
            raise ValueError(REFUSED)
        return given

    @field_validator("driver")
    @classmethod
    def _plain(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", value):
            raise ValueError("a driver is a name, such as postgresql, snowflake, flightsql or sqlite")
        return value

    @field_validator("tables")
    @classmethod
    def _tables(cls, value: dict[str, str]) -> dict[str, str]:
        wrong = []
        for name, source in value.items():
            if not FILE.fullmatch(name):
                wrong.append(f"'{name}' cannot be a file's name; use small letters, digits, - and _")
            if not QUERY.match(source) and not RELATION.fullmatch(source):
                wrong.append(f"'{name}' takes neither a relation, such as shop.orders, nor a query (SELECT …)")
        if wrong:
            raise ValueError("; ".join(wrong))
        return value

    @model_validator(mode="after")
    def _somewhere(self) -> Warehouse:
        if self.uri and (self.host or self.port or self.database or self.user):
            raise ValueError("give the uri, or host, port, database and user, not both")
        if not self.uri and not self.host and not self.options:
            raise ValueError("say where the database is: host, port and database, or a uri without a password")
        return self

    def selected(self, name: str) -> str:
        """What stands behind FROM for a table: a relation with its schema, or a query in brackets."""
        source = self.tables[name]
        if QUERY.match(source):
            return f"({source.strip().rstrip(';')}\n) AS pulled"
        return f"{self.schema_}.{source}" if self.schema_ and "." not in source else source

    def place(self) -> str:
        """Where it is, for people and for the record: no user, no options, no secret.

        >>> Warehouse(host="db", port=5432, database="shop", tables={"orders": "orders"}).place()
        'postgresql db:5432/shop'
        """
        if self.uri:
            parts = urlsplit(self.uri)
            where = f"{parts.netloc.rpartition('@')[2]}{parts.path}"
        else:
            where = f"{self.host}{f':{self.port}' if self.port else ''}/{self.database}"
        return f"{self.driver} {where}"


def has_secret(uri: str) -> bool:
    """Whether an address holds a password or another secret.

    >>> has_secret("postgresql://ann@db/shop"), has_secret("postgresql://ann:x@db/shop")
    (False, True)
    """
    if re.search(r"\w+\s*=", uri) and "://" not in uri:  # libpq's other form: host=db password=x
        return bool(SECRET.search(uri))
    try:
        parts = urlsplit(uri)
    except ValueError:
        return bool(SECRET.search(uri)) or "@" in uri
    named = [key for key, _ in parse_qsl(parts.query, keep_blank_values=True)]
    in_name = ":" in parts.netloc.rpartition("@")[0] or ("://" not in uri and bool(re.match(r"[^/]*:[^/]*@", uri)))
    return in_name or any(SECRET.search(key) for key in named)

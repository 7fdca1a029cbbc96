"""Cut tables kept as Parquet, so that six notebooks read a client's files once; and the hash of what they hold.

A snapshot is found by what it was made from: the client's files, mapping, day, time zone, currency and the version of
this package. It is written beside its place and moved there whole: a reader sees all of it or none.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

import cxkit
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.cut import quoted, text_literal
from cxkit.tables.engine import Tables, connect
from cxkit.tables.shapes import PAUSES

STATE = "state.json"
LAYOUT = 1
"""Changes when what is kept changes its form."""


def key(
    files: Mapping[str, str], mapping: Mapping[str, Any], *, as_of: date | None, timezone: str, currency: str
) -> str:
    """The name of a snapshot: the hash of everything it is made from.

    `files` maps names to SHA-256; `mapping` is the mapping as JSON values.
    """
    made_from = {
        "layout": LAYOUT,
        "cxkit": cxkit.__version__,
        "code": _code(),
        "files": dict(files),
        "mapping": dict(mapping),
        "as_of": as_of.isoformat() if as_of else None,
        "timezone": timezone,
        "currency": currency,
    }
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()[:24]


@cache
def _code() -> str:
    """Hash of the modules that read tables, so that another contract or another rule never meets an old snapshot."""
    sha = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        sha.update(path.read_bytes())
    return sha.hexdigest()


def content_hash(con: duckdb.DuckDBPyConnection, name: str, columns: frozenset[str]) -> str:
    """Hash of a cut table's supplied columns, whatever the order of its rows; computed in the engine.

    Every row is hashed as text and the hashes are added up, so doubled rows count and order does not.
    """
    listed = [c for c in CONTRACTS[name].names if c in columns]
    if not listed:
        return hashlib.sha256(name.encode()).hexdigest()
    cells = ", ".join(f"coalesce(CAST({quoted(c)} AS VARCHAR), chr(30))" for c in listed)
    row = f"concat_ws(chr(31), {cells})"
    ((rows, total),) = con.execute(
        f"SELECT count(*), sum(CAST(md5_number_lower({row}) AS HUGEINT)) FROM {quoted(name)}"
    ).fetchall()
    return hashlib.sha256(f"{name}|{','.join(listed)}|{rows}|{total}".encode()).hexdigest()


def keep(place: Path, tables: Tables, supplied: Mapping[str, frozenset[str]], state: Mapping[str, Any]) -> None:
    """Write a snapshot to `place`, whole or not at all; one that is already there is left as it is."""
    if place.exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=".building-", dir=place.parent))
    try:
        names = [n for n in (*CONTRACTS, PAUSES) if _has(tables.con, n)]
        for name in names:
            target = text_literal(str(building / f"{name}.parquet"))
            tables.con.execute(f"COPY (SELECT * FROM {quoted(name)}) TO {target} (FORMAT parquet, COMPRESSION zstd)")
        whole = {
            "tables": names,
            "supplied": {name: sorted(columns) for name, columns in sorted(supplied.items())},
            "as_of": tables.as_of.isoformat(),
            "unusable": tables.unusable,
            "hashes": tables.hashes,
            **state,
        }
        (building / STATE).write_text(json.dumps(whole, ensure_ascii=False, indent=1), encoding="utf-8")
        with suppress(OSError):  # another run was faster, and made the same
            os.replace(building, place)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _has(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    found = con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = ? AND NOT internal", [name]).fetchall()
    return bool(found[0][0])


def open_snapshot(place: Path, *, timezone: str, currency: str) -> tuple[Tables, dict[str, Any]] | None:
    """The tables of a snapshot as views over its files, with the state kept beside them; None when there is none."""
    if not (place / STATE).is_file():
        return None
    state: dict[str, Any] = json.loads((place / STATE).read_text(encoding="utf-8"))
    con = connect()
    for name in state["tables"]:
        path = str(place / f"{name}.parquet")
        if any(sign in path for sign in "*?["):
            return None  # the engine would read the path as a pattern; the files are read anew
        con.execute(f"CREATE VIEW {quoted(name)} AS SELECT * FROM read_parquet({text_literal(path)})")
    tables = Tables(
        con,
        {name: frozenset(columns) for name, columns in state["supplied"].items()},
        as_of=date.fromisoformat(state["as_of"]),
        timezone=timezone,
        currency=currency,
        unusable=state["unusable"],
        hashes=state["hashes"],
    )
    return tables, state

"""What a pulled file holds, and in what it differs from the one before it; the engine counts."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from cxkit.records import Record
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.cut import quoted, text_literal


class Difference(Record):
    """In what a table differs from the last pull."""

    table: str
    rows: int
    first: bool = False
    added: int = 0
    removed: int = 0
    changed: int = 0
    """Rows with a key that was there, and other values; 0 where the table has no key."""
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()

    def text(self) -> str:
        """One line for people.

        >>> Difference(table="orders", rows=12, added=2, changed=1).text()
        'orders: 12 rows; 2 rows added, 1 row changed'
        """
        counts = ((self.added, "added"), (self.removed, "removed"), (self.changed, "changed"))
        told = [f"{n:,} row{'s' if n != 1 else ''} {what}" for n, what in counts if n]
        told += [f"column {name} added" for name in self.columns_added]
        told += [f"column {name} removed" for name in self.columns_removed]
        said = "first pull" if self.first else ", ".join(told) or "unchanged"
        return f"{self.table}: {self.rows:,} row{'s' if self.rows != 1 else ''}; {said}"


def content_hash(con: duckdb.DuckDBPyConnection, path: Path) -> str:
    """Hash of a file's columns and rows, whatever the order of the rows."""
    names = sorted(pq.read_schema(path).names)
    ((rows, total),) = con.execute(
        f"SELECT count(*), sum(CAST(md5_number_lower({_row(names)}) AS HUGEINT)) FROM {_scan(path)}"
    ).fetchall()
    return hashlib.sha256(f"{names}|{rows}|{total}".encode()).hexdigest()


def compare(con: duckdb.DuckDBPyConnection, table: str, old: Path | None, new: Path) -> Difference:
    """Count what was added, removed and changed between two files of a table."""
    rows = pq.read_metadata(new).num_rows
    if old is None:
        return Difference(table=table, rows=rows, first=True)
    before, after = pq.read_schema(old).names, pq.read_schema(new).names
    common = [name for name in after if name in before]
    key = [name for name in (CONTRACTS[table].key if table in CONTRACTS else ()) if name in common]
    whole = bool(key) and len(key) == len(CONTRACTS[table].key)
    found = (0, 0, 0)
    if common:
        con.execute(f"CREATE OR REPLACE TEMP TABLE was AS {_counted(old, key if whole else common, common)}")
        con.execute(f"CREATE OR REPLACE TEMP TABLE now_is AS {_counted(new, key if whole else common, common)}")
        (found,) = con.execute(
            "SELECT coalesce(sum(greatest(coalesce(b.n, 0) - coalesce(a.n, 0), 0)), 0), "
            "coalesce(sum(greatest(coalesce(a.n, 0) - coalesce(b.n, 0), 0)), 0), "
            "coalesce(sum(CASE WHEN a.total <> b.total AND a.n = b.n THEN a.n END), 0) "
            "FROM was a FULL JOIN now_is b ON a.k = b.k"
        ).fetchall()
        con.execute("DROP TABLE was; DROP TABLE now_is")
    added, removed, changed = map(int, found)
    return Difference(
        table=table,
        rows=rows,
        added=added,
        removed=removed,
        changed=changed,
        columns_added=tuple(name for name in after if name not in before),
        columns_removed=tuple(name for name in before if name not in after),
    )


def _counted(path: Path, key: list[str], names: list[str]) -> str:
    row = f"CAST(md5_number_lower({_row(names)}) AS HUGEINT)"
    return (
        f"SELECT md5_number_lower({_row(key)}) AS k, count(*) AS n, sum({row}) AS total FROM {_scan(path)} GROUP BY 1"
    )


def _row(names: list[str]) -> str:
    cells = ", ".join(f"coalesce(CAST({quoted(name)} AS VARCHAR), chr(30))" for name in names)
    return f"concat_ws(chr(31), {cells})" if names else "''"


def _scan(path: Path) -> str:
    return f"read_parquet({text_literal(str(path))})"

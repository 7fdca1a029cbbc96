"""What a stage has read, written down while it reads, and what each of those things is now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from cxkit.records import Record, Result
from cxkit.tables.engine import ALL
from cxkit.tables.shapes import PAUSES

if TYPE_CHECKING:
    from cxkit.engagement.desk import Desk

FOLDER = ".reads"
"""Where a run keeps what its stages have read; gone when it is published."""


class Reads:
    """Names of what a stage reads, each written down before it is used, so that a killed run has lost none.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "align"
    >>> reads = Reads(path)
    >>> for name in ("table:revenue", "health", "table:revenue"):
    ...     reads(name)
    >>> sorted(noted(path))
    ['health', 'table:revenue']
    """

    def __init__(self, path: Path | None = None) -> None:
        """Write down at `path`; None: nobody asks."""
        self.path = path
        self.known: set[str] = set()

    def __call__(self, name: str) -> None:
        """Write a name down, once."""
        if self.path is None or name in self.known:
            return
        self.known.add(name)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(f"{name}\n")

    def table(self, name: str) -> None:
        """Write down that rows of a table were read."""
        self(f"table:{name}")

    def result(self, cls: type[Result]) -> None:
        """Write down that a result of another stage was read."""
        self(f"result:{cls.stage}.{cls.name}")


def noted(path: Path) -> frozenset[str]:
    """The names that were written down; empty when nothing was read."""
    return frozenset(path.read_text(encoding="utf-8").splitlines()) if path.is_file() else frozenset()


def now(desk: Desk, name: str) -> str:
    """Hash of what a name stands for on a desk; what cannot be named any more has none.

    A table is its rows as they were cut; a result what lies in its folder; runs before this one what their record says.
    """
    kind, _, which = name.partition(":")
    match kind:
        case "table" if which == ALL:
            return _hash(sorted(desk.tables.hashes.items()))
        case "table":
            return desk.tables.hashes.get("ticket_log" if which == PAUSES else which, "")
        case "result":
            return of_folder(desk.place / which)
        case "health":
            return _hash([*_dumped(desk.problems), desk.state.document(), *_rows(desk.state)])
        case "registrations" | "forecasts" | "challenges" | "decisions":
            return _hash(_dumped(getattr(desk, kind)))
        case "previous":
            runs = sorted(p for p in desk.runs.glob("[0-9]*/run.json") if p.parent.name < desk.as_of.isoformat())
            return _hash([[p.parent.name, hashlib.sha256(p.read_bytes()).hexdigest()] for p in runs])
    return ""


def of_folder(folder: Path) -> str:
    """Hash of all files of a folder by their names; empty without the folder."""
    if not folder.is_dir():
        return ""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return _hash([[p.relative_to(folder).as_posix(), hashlib.sha256(p.read_bytes()).hexdigest()] for p in files])


def _dumped(records: Iterable[Record]) -> list[object]:
    return [r.model_dump(mode="json") for r in records]


def _rows(result: Result) -> list[object]:
    return [[name, table.to_pylist()] for name, table in sorted(result.tables.items())]


def _hash(part: object) -> str:
    return hashlib.sha256(json.dumps(part, sort_keys=True, default=str).encode()).hexdigest()

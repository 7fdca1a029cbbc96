"""Trying a mapping on a client's files: what each column holds, and what comes of a rule, before it is kept."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from cxkit.tables.assembly import Assembly
from cxkit.tables.checks import check
from cxkit.tables.cut import quoted
from cxkit.tables.engine import connect
from cxkit.tables.intake import planned
from cxkit.tables.mapping import TableMapping
from cxkit.tables.matching import Candidate, candidates
from cxkit.tables.problems import Problem, ordered
from cxkit.tables.reading import Raw, Reader, files_of
from cxkit.tables.scratch import prefix

FIRST = 5
"""Rows that are shown."""


class Trial:
    """A client's files in an engine of their own; nothing of the client's is changed. Call `close` at the end."""

    def __init__(self, folder: Path, *, as_of: date, zone: str) -> None:
        """Read every table file of the client in `folder`."""
        self.as_of, self.zone = as_of, zone
        self._scratch = tempfile.TemporaryDirectory(prefix=prefix(), ignore_cleanup_errors=True)
        self._con = connect()
        reader, tables = Reader(self._con, Path(self._scratch.name)), folder / "tables"
        sources = [reader.read(path, path.relative_to(tables).as_posix()) for path in files_of(tables)]
        self.raws = [raw for source in sources for raw in source.raws]
        self._proposed: dict[str, list[Candidate]] = {}

    def close(self) -> None:
        """Let go of the engine and its scratch files."""
        self._con.close()
        self._scratch.cleanup()

    @property
    def files(self) -> tuple[str, ...]:
        """The files that hold a table."""
        return tuple(dict.fromkeys(raw.file for raw in self.raws))

    def plan(self, mapping: Mapping[str, TableMapping]) -> dict[str, TableMapping]:
        """The mapping of every table: the saved ones, and canonical files as they are."""
        return planned(mapping, self.raws)

    def matching(self, rule: TableMapping) -> tuple[str, ...]:
        """Files that the first part of a rule takes."""
        return tuple(file for file in self.files if any(rule.matches(r) for r in self.raws if r.file == file))

    def samples(self, file: str) -> dict[str, list[str]]:
        """Column of a file → its first few different values."""
        raw = self._raw(file)
        found: dict[str, list[str]] = {}
        if raw is None:
            return found
        for name, column in raw.columns.items():
            query = f"SELECT DISTINCT CAST({column} AS VARCHAR) FROM (SELECT {column} FROM {raw.relation} LIMIT 200) "
            values = self._con.execute(f"{query} WHERE {column} IS NOT NULL ORDER BY 1 LIMIT 3").fetchall()
            found[name] = [str(value) for (value,) in values]
        return found

    def proposed(self, table: str, file: str) -> Candidate:
        """What the proposer would take for a table from a file, with its reasons; an empty candidate when nothing."""
        if file not in self._proposed:
            raw = self._raw(file)
            self._proposed[file] = candidates(self._con, raw)[0] if raw else []
        return next((c for c in self._proposed[file] if c.table == table), Candidate(table=table))

    def outcome(self, table: str, rule: TableMapping) -> tuple[list[str], list[list[str]], tuple[Problem, ...]]:
        """Heads and first rows of a table as a rule would make it, and the problems that result.

        References to other tables are checked when the mapping is saved. Raises `InputError` for a rule that names
        what does not exist.
        """
        assembly = Assembly(self._con, table, rule, self.raws, self.raws, self.zone)
        if not assembly.parts:
            return [], [], ()
        assembly.cut(self.as_of)
        problems = [*assembly.problems, *check(self._con, table, quoted(table), assembly.supplied, {})]
        names = [name for name in assembly.contract.names if name in assembly.supplied]
        listed = ", ".join(quoted(name) for name in names)
        rows = self._con.execute(f"SELECT {listed} FROM {quoted(table)} LIMIT {FIRST}").fetchall() if names else []
        self._con.execute(f"DROP TABLE IF EXISTS {quoted(table)}")
        return names, [["" if cell is None else str(cell) for cell in row] for row in rows], tuple(ordered(problems))

    def _raw(self, file: str) -> Raw | None:
        return next((raw for raw in self.raws if raw.file == file), None)

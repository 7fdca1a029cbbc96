"""A client's file as a raw relation: every cell as text, with the file's name and the row a person sees.

Nothing is converted here and nothing is dropped in silence: rows that do not fit the header become problems.
The engine reads the bytes; only headers, samples and workbooks pass through Python.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa

from cxkit.tables import delimited, encoding, spreadsheets
from cxkit.tables.cut import quoted, text_literal
from cxkit.tables.problems import Problem, masked, plain

Native = Literal["text", "number", "date", "boolean"]

TEXT_FILES = (".csv", ".tsv", ".txt", ".tab")
WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
PARQUET = (".parquet", ".pq")
KNOWN = (*TEXT_FILES, *WORKBOOKS, *PARQUET)
SPARE = 4
"""Columns read beyond the header, to see rows that are too long."""
NOTHING = "\x01"
"""Stands for a null in the engine's reader, so that an empty cell and a missing one can be told apart."""
LONGEST_LINE = 1 << 24


@dataclass(frozen=True)
class Raw:
    """One table of one file, as the engine holds it before anything is converted."""

    relation: str
    """Name of a view in the engine with columns ``c0`` … and ``__row``."""
    file: str
    """Name relative to the client's tables folder."""
    sheet: str
    columns: Mapping[str, str]
    """Header as cleaned → column of the view."""
    rows: int
    header_row: int = 1
    native: Mapping[str, Native] = field(default_factory=dict)
    """Headers whose column type the file itself declares (Parquet, Excel)."""
    twice: tuple[str, ...] = ()
    """Headers that stand more than once."""

    @property
    def label(self) -> str:
        """The file's name, with the sheet where there are several."""
        return f"{self.file} [{self.sheet}]" if self.sheet else self.file


@dataclass(frozen=True)
class Source:
    """One file of the client: its identity, its tables and what is wrong with it."""

    file: str
    sha256: str
    size: int
    encoding: str = ""
    raws: tuple[Raw, ...] = ()
    problems: tuple[Problem, ...] = ()


class Reader:
    """Reads files into one engine; scratch copies go to `scratch`, never beside the client's files."""

    def __init__(self, con: duckdb.DuckDBPyConnection, scratch: Path) -> None:
        self.con = con
        self.scratch = scratch
        self._count = itertools.count()

    def read(self, path: Path, file: str) -> Source:
        """Read one file, whatever it is; what cannot be read becomes a problem, never an exception."""
        suffix = path.suffix.lower()
        if suffix in PARQUET:
            return self._parquet(path, file)
        if suffix in WORKBOOKS:
            return self._workbook(path, file)
        return self._text(path, file)

    def _path(self, path: Path) -> Path:
        """A path in which the engine sees no wildcard."""
        if not any(sign in str(path) for sign in "*?["):
            return path
        copy = self.scratch / f"plain_{next(self._count)}{path.suffix}"
        copy.write_bytes(path.read_bytes())
        return copy

    def _text(self, path: Path, file: str) -> Source:
        scanned = encoding.scan(path)
        source = Source(file, scanned.sha256, scanned.size, scanned.encoding)
        if not scanned.encoding:
            return _with(source, problem(file, "not_text", f"{scanned.kind} under the name of a text file"))
        if scanned.size == 0:
            return _with(source, problem(file, "empty", "an empty file"))
        problems: list[Problem] = []
        readable = self._path(path)
        if scanned.encoding not in {"utf-8", "utf-8-sig"} or not scanned.even_lines:
            readable = self.scratch / f"utf8_{next(self._count)}.csv"
            try:
                lost = encoding.as_utf8(path, scanned.encoding, readable)
            except UnicodeError:
                return _with(source, problem(file, "not_text", f"bytes that are not {scanned.encoding} text"))
            if scanned.encoding in encoding.CODECS:
                problems.append(problem(file, "guessed", f"text that seems to be written in {scanned.encoding}"))
            if lost:
                problems.append(problem(file, "lost_characters", f"{lost:,} characters that are not readable"))
        with readable.open("rb") as stream:
            sample = stream.read(encoding.SAMPLE).decode("utf-8", errors="ignore").removeprefix("\ufeff")
        layout = delimited.layout(sample)
        if layout is None:
            return _with(source, problem(file, "empty", "no filled row"))
        if delimited.looks_like_data(layout.header):
            return _with(source, problem(file, "no_header", f"{masked(', '.join(layout.header))} as first row"))
        raw, found = self._cells(readable, file, layout, blank_lines=scanned.blank_lines)
        return Source(file, scanned.sha256, scanned.size, scanned.encoding, (raw,) if raw else (), (*problems, *found))

    def _cells(
        self, path: Path, file: str, layout: delimited.Layout, *, blank_lines: bool
    ) -> tuple[Raw | None, list[Problem]]:
        header, twice = delimited.names(layout.header)
        width = len(header)
        cells = f"raw_{next(self._count)}"
        error = self._load(path, cells, layout, width + SPARE)
        if error:
            return None, [problem(file, "unreadable", error)]
        rejected = self.con.execute(
            "SELECT DISTINCT line, error_type, csv_line FROM reject_errors ORDER BY line, error_type"
        ).fetchall()
        refused = {int(line): (str(kind), str(text)) for line, kind, text in rejected}
        gaps = set(refused)
        if blank_lines:
            with path.open("r", encoding="utf-8-sig", newline="") as stream:
                blanks = delimited.blank_records(stream, layout.delimiter)
            gaps |= {row for row in blanks if row > layout.header_row}
        view = self._numbered(cells, width, layout.header_row + 1, sorted(gaps))
        problems = [_refused(file, refused)] if refused else []
        rows, short, short_rows, long, long_rows, last, last_short, keep = self._ragged(cells, view, width)
        if long:
            problems.append(
                problem(file, "long_rows", f"{long:,} rows with more cells than the header", rows=long_rows, count=long)
            )
        if short:
            cut_off = last_short and short == 1
            problems.append(
                problem(
                    file,
                    "cut_off" if cut_off else "short_rows",
                    f"row {last} ends early" if cut_off else f"{short:,} rows with fewer cells than the header",
                    rows=short_rows,
                    count=short,
                )
            )
        columns = {name: f"c{i}" for i, name in enumerate(header) if layout.header[i].strip() or keep[i]}
        if twice:
            problems.append(problem(file, "header_twice", f"header {masked(twice[0])} more than once"))
        if rows == 0:
            problems.append(problem(file, "header_only", "a header without rows"))
        return Raw(view, file, "", columns, rows, layout.header_row, {}, twice), problems

    def _load(self, path: Path, cells: str, layout: delimited.Layout, width: int) -> str:
        columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
        options = (
            f"auto_detect=false, header=false, delim={text_literal(layout.delimiter)}, quote='\"', escape='\"', "
            f"nullstr={text_literal(NOTHING)}, null_padding=true, strict_mode=true, store_rejects=true, "
            f"max_line_size={LONGEST_LINE}, skip={layout.header_row}, columns={{{columns}}}"
        )
        # the parallel reader refuses quoted line breaks together with padding; then one thread reads
        failed = ""
        for parallel in ("true", "false"):
            self.con.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
            try:
                self.con.execute(
                    f"CREATE OR REPLACE TABLE {cells} AS "
                    f"SELECT * FROM read_csv({text_literal(str(path))}, {options}, parallel={parallel})"
                )
                return ""
            except duckdb.Error as error:
                failed = plain(str(error).splitlines()[0])
        return failed

    def _numbered(self, cells: str, width: int, first: int, gaps: list[int]) -> str:
        """A view with the row number a person sees; rows the engine passed over are counted."""
        view = f"{cells}_rows"
        listed = ", ".join(f"c{i}" for i in range(width))
        filled = " OR ".join(f"(c{i} IS NOT NULL AND c{i} <> '')" for i in range(width))
        if not gaps:
            rows = f"SELECT *, rowid + {first} AS __row FROM {cells}"
        else:
            # the k-th gap moves every kept row at or after (gap − first − k) one further down
            starts = pa.table(
                {"start": [gap - first - k for k, gap in enumerate(gaps)], "gap": list(range(1, len(gaps) + 1))}
            )
            self.con.register("gaps_given", starts)
            self.con.execute(
                f"CREATE OR REPLACE TABLE {cells}_gaps AS SELECT start, max(gap) AS gap FROM gaps_given GROUP BY start"
            )
            self.con.unregister("gaps_given")
            rows = (
                f"SELECT r.* EXCLUDE (__id), r.__id + {first} + coalesce(g.gap, 0) AS __row "
                f"FROM (SELECT *, rowid AS __id FROM {cells}) r ASOF LEFT JOIN {cells}_gaps g ON r.__id >= g.start"
            )
        self.con.execute(f"CREATE OR REPLACE VIEW {view}_all AS {rows}")
        self.con.execute(f"CREATE OR REPLACE VIEW {view} AS SELECT {listed}, __row FROM {view}_all WHERE {filled}")
        return view

    def _ragged(
        self, cells: str, view: str, width: int
    ) -> tuple[int, int, list[int], int, list[int], int, bool, list[bool]]:
        filled = " OR ".join(f"(c{i} IS NOT NULL AND c{i} <> '')" for i in range(width))
        short = f"c{width - 1} IS NULL AND ({filled})" if width > 1 else "false"
        long = " OR ".join(f"(c{i} IS NOT NULL AND c{i} <> '')" for i in range(width, width + SPARE))
        any_filled = ", ".join(f"coalesce(bool_or(c{i} <> ''), false)" for i in range(width))
        (counts,) = self.con.execute(
            f"SELECT count(*) FILTER (WHERE {filled}), count(*) FILTER (WHERE {short}), "
            f"count(*) FILTER (WHERE {long}), {any_filled} FROM {cells}"
        ).fetchall()
        rows, n_short, n_long, *keep = counts

        def first(where: str) -> list[int]:
            query = f"SELECT __row FROM {view}_all WHERE {where} ORDER BY __row LIMIT 5"
            return [int(row) for (row,) in self.con.execute(query).fetchall()]

        ((last,),) = self.con.execute(f"SELECT max(__row) FROM {view}_all WHERE {filled}").fetchall()
        short_rows = first(short) if n_short else []
        last_row = int(last or 0)
        long_rows = first(long) if n_long else []
        return rows, n_short, short_rows, n_long, long_rows, last_row, short_rows == [last_row], [bool(k) for k in keep]

    def _workbook(self, path: Path, file: str) -> Source:
        source = Source(file, encoding.digest(path), path.stat().st_size)
        try:
            found = list(spreadsheets.sheets(path))
        except Exception:  # calamine raises its own and others for locked and damaged files
            return _with(source, problem(file, "unreadable", _damage(path)))
        raws: list[Raw] = []
        problems: list[Problem] = []
        for sheet in found:
            header, twice = delimited.names(sheet.header)
            name = f"raw_{next(self._count)}"
            columns = list(zip(*sheet.rows, strict=True)) if sheet.rows else [()] * len(header)
            arrays: dict[str, Any] = {f"c{i}": pa.array(list(c), pa.string()) for i, c in enumerate(columns)}
            arrays["__row"] = pa.array(list(sheet.numbers), pa.int64())
            self.con.register("sheet_given", pa.table(arrays))
            self.con.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM sheet_given")
            self.con.unregister("sheet_given")
            native = {h: k for h, k in zip(header, sheet.native, strict=True) if k != "text"}
            kept = {h: f"c{i}" for i, h in enumerate(header) if sheet.header[i] or any(columns[i])}
            raw = Raw(name, file, sheet.name, kept, len(sheet.rows), sheet.header_row, native, twice)
            raws.append(raw)
            if twice:
                problems.append(problem(raw.label, "header_twice", f"header {masked(twice[0])} more than once"))
            if sheet.overhang:
                n = len(sheet.overhang)
                found_text = f"{n:,} rows with more cells than the header"
                problems.append(problem(raw.label, "long_rows", found_text, rows=list(sheet.overhang[:5]), count=n))
        if not raws:
            problems.append(problem(file, "empty", "no filled sheet"))
        return Source(file, source.sha256, source.size, "", tuple(raws), tuple(problems))

    def _parquet(self, path: Path, file: str) -> Source:
        source = Source(file, encoding.digest(path), path.stat().st_size)
        scan = f"read_parquet({text_literal(str(self._path(path)))}, file_row_number=true)"
        try:
            described = self.con.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
            ((counted,),) = self.con.execute(f"SELECT count(*) FROM {scan}").fetchall()
        except duckdb.Error:
            return _with(source, problem(file, "unreadable", "a Parquet file that is damaged or cut off"))
        types = [(str(name), str(kind)) for name, kind, *_ in described if name != "file_row_number"]
        header, twice = delimited.names([name for name, _ in types])
        view = f"raw_{next(self._count)}"
        cells = ", ".join(f"CAST({quoted(name)} AS VARCHAR) AS c{i}" for i, (name, _) in enumerate(types))
        self.con.execute(f"CREATE OR REPLACE VIEW {view} AS SELECT {cells}, file_row_number + 1 AS __row FROM {scan}")
        native = {h: k for h, (_, kind) in zip(header, types, strict=True) if (k := _declared(kind)) != "text"}
        columns = {h: f"c{i}" for i, h in enumerate(header)}
        raw = Raw(view, file, "", columns, int(counted), 0, native, twice)
        return Source(file, source.sha256, source.size, "", (raw,), ())


def _damage(path: Path) -> str:
    """What a workbook that cannot be opened seems to be, by its first bytes."""
    with path.open("rb") as stream:
        head = stream.read(8)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "a damaged .xls workbook" if path.suffix.lower() == ".xls" else "a workbook locked with a password"
    return "a damaged workbook, cut off while it was saved or sent" if head.startswith(b"PK") else "no workbook inside"


def _declared(kind: str) -> Native:
    if kind.startswith(("DATE", "TIMESTAMP")):
        return "date"
    if kind == "BOOLEAN":
        return "boolean"
    return (
        "number"
        if kind.startswith(("DECIMAL", "DOUBLE", "FLOAT", "U", "HUGE", "BIG", "INT", "SMALL", "TINY"))
        else "text"
    )


def _refused(file: str, refused: Mapping[int, tuple[str, str]]) -> Problem:
    rows = sorted(refused)
    kind, text = refused[rows[0]]
    if kind == "TOO MANY COLUMNS":
        return problem(
            file, "long_rows", f"a row with more cells than the header: {masked(text)}", rows=rows[:5], count=len(rows)
        )
    return problem(file, "quotes", f"{kind.lower()}: {masked(text)}", rows=rows[:5], count=len(rows))


TEXTS: Mapping[str, tuple[str, str]] = {
    "empty": ("a table has a header row and rows below it", "export the file again, or take it away"),
    "header_only": ("a table has rows below its header", "check the export's filter and its period"),
    "no_header": ("the first filled row names the columns", "export again with column names"),
    "not_text": ("a .csv file is text", "give the file the ending it should have, or export it as CSV"),
    "unreadable": ("the file can be opened", "open it once yourself, save it anew without a password, and try again"),
    "lost_characters": ("every character of a file can be read", "export the file as UTF-8"),
    "guessed": ("a file says which letters it holds", "look at a few names; if they are wrong, export as UTF-8"),
    "header_twice": (
        "a column's name stands once",
        "rename one of the two; until then the second is called 'name (2)'",
    ),
    "long_rows": (
        "every row has as many cells as the header",
        "put quotes around cells that hold the delimiter, and export again",
    ),
    "short_rows": (
        "every row has as many cells as the header",
        "look at the rows; their missing cells at the end count as empty",
    ),
    "cut_off": ("a file ends with a whole row", "the export seems cut off: export it again"),
    "quotes": ("quotes in a cell are doubled and closed", 'write " inside a quoted cell as "" and close every quote'),
}
WARNINGS = {"short_rows", "header_twice", "header_only", "lost_characters", "guessed"}


def problem(
    file: str, what: str, found: str, *, rows: list[int] | None = None, count: int = 0, table: str = ""
) -> Problem:
    """Word what is wrong with a file."""
    rule, fix = TEXTS[what]
    return Problem(
        id=f"file.{what}",
        kind="file",
        table=table,
        file=file,
        rows=tuple(rows or ()),
        count=count,
        found=found,
        rule=rule,
        fix=fix,
        severity="warning" if what in WARNINGS else "error",
    )


def _with(source: Source, *problems: Problem) -> Source:
    return Source(source.file, source.sha256, source.size, source.encoding, source.raws, (*source.problems, *problems))


def files_of(folder: Path) -> Iterator[Path]:
    """Table files below a folder, by name; hidden files and office lock files are passed over."""
    return (path for path in _below(folder) if path.suffix.lower() in KNOWN)


def others_of(folder: Path) -> Iterator[Path]:
    """Files below a folder that are no tables: archives, documents, pictures."""
    return (path for path in _below(folder) if path.suffix.lower() not in KNOWN)


def _below(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for path in sorted(folder.rglob("*"), key=lambda p: p.relative_to(folder).as_posix()):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(p.startswith((".", "~$")) for p in parts):
            yield path

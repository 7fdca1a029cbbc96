"""A client's folder in, its canonical tables out: read, mapped, cut, checked, derived.

The client's files are opened for reading only. Everything wrong with them is collected and told once.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from cxkit.formats import listing
from cxkit.records import Record
from cxkit.tables import health, snapshot
from cxkit.tables.assembly import Assembly, canonical_mapping
from cxkit.tables.books import tie
from cxkit.tables.catalogue import AUTHORED, CONTRACTS, EXPORTED
from cxkit.tables.checks import check
from cxkit.tables.contract import Contract
from cxkit.tables.cut import quoted
from cxkit.tables.day import last_complete_month
from cxkit.tables.encoding import digest
from cxkit.tables.engine import Tables, connect
from cxkit.tables.health import DataHealth
from cxkit.tables.mapping import TableMapping, plain_name
from cxkit.tables.problems import Problem, masked, unusable
from cxkit.tables.reading import Raw, Reader, Source, files_of, others_of
from cxkit.tables.scratch import prefix
from cxkit.tables.shapes import Derived, derive

SHAPES = {"subscriptions": "revenue", "invoices": "revenue", "ticket_log": "tickets"}
"""Shapes of an export and the table that stages read."""
WORKSHOP = "workshop.xlsx"


class FileRead(Record):
    """One of the client's files, as it was read."""

    file: str
    sha256: str
    size: int
    encoding: str = ""
    rows: int = 0
    tables: tuple[str, ...] = ()
    """Canonical tables it feeds; empty when it was left aside."""
    why_not: str = ""


@dataclass(frozen=True)
class Intake:
    """What a client's folder holds, on a day."""

    tables: Tables
    health: DataHealth
    as_of: date
    files: tuple[FileRead, ...]
    problems: tuple[Problem, ...]
    kept: Mapping[str, int]
    """Rows per table after the cut."""
    cut: Mapping[str, int]
    """Rows per table that lie after `as_of`, and so are not there."""
    notes: tuple[str, ...] = ()
    """What was decided while reading: the default day, which shape won."""
    snapshot: str = ""
    """Under what name the cut tables are kept; empty where they are not."""

    def text(self) -> str:
        """Everything for people: health, problems with file, column and rows, files left aside, decisions."""
        aside = [f"{f.file} is left aside: {f.why_not}" for f in self.files if not f.tables]
        later = [
            f"{name}: {n:,} row{'s lie' if n > 1 else ' lies'} after {self.as_of}, left out"
            for name, n in self.cut.items()
            if n
        ]
        return "\n".join([health.text(self.health, self.problems), *aside, *later, *self.notes])

    def document(self) -> dict[str, Any]:
        """Everything for machines."""
        return {**health.document(self.health, self.problems), **self.files_document()}

    def files_document(self) -> dict[str, Any]:
        """Files with their hashes, rows kept and cut per table, notes: what ``run.json`` records."""
        return {
            "files": {f.file: f.model_dump(mode="json", exclude={"file"}) for f in self.files},
            "rows": {name: {"kept": self.kept[name], "cut": self.cut[name]} for name in self.kept},
            "notes": list(self.notes),
        }


def load(
    client_folder: Path,
    *,
    mapping: Mapping[str, TableMapping],
    as_of: date | None = None,
    timezone: str = "UTC",
    currency: str = "EUR",
    cache: Path | None = None,
) -> Intake:
    """Read a client's folder: ``tables/`` and ``workshop.xlsx``.

    Tables that `mapping` does not name are looked for under their canonical names. `as_of` None is the last
    month that is complete in every one of revenue, orders, tickets (and invoices) that is there. With `cache`, cut
    tables are kept there as Parquet and read back while the files, the mapping and the day are the same.

    Never raises for what is in the files: see `Intake.problems`. `InputError` for a mapping that names a table
    or column that does not exist.
    """
    place: Path | None = None
    if cache is not None:
        rules = {name: rule.model_dump(mode="json") for name, rule in sorted(mapping.items())}
        name = snapshot.key(file_hashes(client_folder), rules, as_of=as_of, timezone=timezone, currency=currency)
        place = cache / name
        found = again(place, timezone=timezone, currency=currency)
        if found is not None:
            return found
    with tempfile.TemporaryDirectory(prefix=prefix(), ignore_cleanup_errors=True) as scratch:
        intake, supplied = _load(
            client_folder, mapping, as_of=as_of, timezone=timezone, currency=currency, scratch=Path(scratch)
        )
    if place is not None:
        state = {
            "problems": [p.model_dump(mode="json") for p in intake.problems],
            "files": [f.model_dump(mode="json") for f in intake.files],
            "kept": dict(intake.kept),
            "cut": dict(intake.cut),
            "notes": list(intake.notes),
            "derived": list(intake.health.derived),
        }
        snapshot.keep(place, intake.tables, supplied, state)
        intake = replace(intake, snapshot=place.name)
    return intake


def again(place: Path, *, timezone: str, currency: str) -> Intake | None:
    """What an earlier reading kept at `place`, whatever the client's files hold now; None without it."""
    found = snapshot.open_snapshot(place, timezone=timezone, currency=currency)
    if found is None:
        return None
    tables, state = found
    problems = tuple(Problem.model_validate(p) for p in state["problems"])
    return Intake(
        tables=tables,
        health=health.assess(tables, problems, tie(tables), derived=state.get("derived", ())),
        as_of=tables.as_of,
        files=tuple(FileRead.model_validate(f) for f in state["files"]),
        problems=problems,
        kept=state["kept"],
        cut=state["cut"],
        notes=tuple(state["notes"]),
        snapshot=place.name,
    )


def file_hashes(client_folder: Path) -> dict[str, str]:
    """SHA-256 of every file of the client, by the name it has in `Intake.files`."""
    folder = client_folder / "tables"
    unread = [(path.relative_to(folder).as_posix(), path) for path in others_of(folder)]
    return {name: digest(path) for name, path in [*_files(client_folder), *unread]}


def _files(client_folder: Path) -> list[tuple[str, Path]]:
    folder = client_folder / "tables"
    found = [(path.relative_to(folder).as_posix(), path) for path in files_of(folder)]
    found = [(f"tables/{name}" if name == WORKSHOP else name, path) for name, path in found]
    workshop = client_folder / WORKSHOP
    return [*found, *([(WORKSHOP, workshop)] if workshop.is_file() else [])]


def _load(
    client_folder: Path,
    mapping: Mapping[str, TableMapping],
    *,
    as_of: date | None,
    timezone: str,
    currency: str,
    scratch: Path,
) -> tuple[Intake, dict[str, frozenset[str]]]:
    con = connect()  # what it lays on disk outlives the reading, as its tables do
    reader = Reader(con, scratch)
    sources = [reader.read(path, name) for name, path in _files(client_folder)]
    raws = [raw for source in sources for raw in source.raws]
    plan = planned(mapping, raws)
    assemblies = {name: Assembly(con, name, rule, raws, raws, timezone) for name, rule in plan.items()}
    problems = [_no_file(name, part) for name, a in assemblies.items() for part in a.mapping.parts if not a.found(part)]
    assemblies = {name: a for name, a in assemblies.items() if a.parts}
    notes: list[str] = []
    if as_of is None:
        as_of, note = last_complete_month(assemblies)
        notes.append(note)
    rows = {name: assembly.cut(as_of) for name, assembly in assemblies.items()}
    supplied = {name: a.supplied for name, a in assemblies.items()}
    problems += [p for source in sources for p in _of_tables(source, assemblies)]
    problems += [p for a in assemblies.values() for p in a.problems]
    for name, columns in supplied.items():
        others = {n: c for n, c in supplied.items() if n != name}
        problems += check(con, name, quoted(name), columns, others)
    for name in supplied:
        con.execute(f"ALTER TABLE {quoted(name)} DROP COLUMN __file")
        con.execute(f"ALTER TABLE {quoted(name)} DROP COLUMN __row")
    _drop_scratch(con)
    reasons = unusable(problems)
    usable = {name: columns for name, columns in supplied.items() if name not in reasons}
    derived = derive(con, usable, as_of, timezone, given=supplied)
    notes += derived.notes
    supplied |= derived.supplied
    for shape, target in SHAPES.items():
        if shape in reasons and target not in supplied:
            derived.withheld.setdefault(target, f"{shape} cannot be used: {reasons[shape]}")
    hashes = {name: snapshot.content_hash(con, name, columns) for name, columns in supplied.items()}
    tables = Tables(
        con,
        supplied,
        as_of=as_of,
        timezone=timezone,
        currency=currency,
        unusable={**derived.withheld, **reasons},
        hashes={name: hashes[name] for name in CONTRACTS if name in hashes},
    )
    state, every = _examined(tables, problems, derived)
    intake = Intake(
        tables=tables,
        health=state,
        as_of=as_of,
        files=(*(_file_read(source, assemblies) for source in sources), *_unread(client_folder / "tables")),
        problems=every,
        kept={name: kept for name, (kept, _) in rows.items()},
        cut={name: cut for name, (_, cut) in rows.items()},
        notes=tuple(notes),
    )
    return intake, supplied


def _examined(tables: Tables, problems: Sequence[Problem], derived: Derived) -> tuple[DataHealth, tuple[Problem, ...]]:
    """The state of the data and all problems; tables that the screen finds unusable are marked so."""
    made = tuple(derived.supplied)
    state, every = health.examine(tables, problems, derived=made)
    if "accounts" in derived.supplied:
        # a first order is no contract: what came before it contradicts nothing
        every = tuple(p for p in every if "accounts.started" not in p.column)
        state = health.assess(tables, every, tie(tables), derived=made)
    tables.unusable.update({n: why for n, why in unusable(every).items() if n not in tables.unusable})
    return state, every


def _drop_scratch(con: duckdb.DuckDBPyConnection) -> None:
    """Drop what reading left in the engine, so that only canonical tables stay."""
    for kind, where in (
        ("VIEW", "duckdb_views() WHERE NOT internal"),
        ("TABLE", "duckdb_tables() WHERE NOT internal"),
    ):
        column = f"{kind.lower()}_name"
        for (name,) in con.execute(f"SELECT {column} FROM {where}").fetchall():
            if str(name) not in CONTRACTS:
                con.execute(f"DROP {kind} IF EXISTS {quoted(str(name))} CASCADE")


def _no_file(name: str, part: TableMapping) -> Problem:
    globs = ", ".join(part.files)
    return Problem(
        id="file.absent",
        kind="file",
        table=name,
        found=f"no file that matches {masked(globs)}" + (f" with a sheet {masked(part.sheet)}" if part.sheet else ""),
        rule=f"the mapping takes {name} from it",
        fix="put the file into tables/, or run cxkit map again",
    )


def _used(source: Source, assemblies: Mapping[str, Assembly]) -> tuple[str, ...]:
    mine = {raw.relation for raw in source.raws}
    return tuple(n for n, a in assemblies.items() if any(r.relation in mine for _, raws in a.parts for r in raws))


def _of_tables(source: Source, assemblies: Mapping[str, Assembly]) -> list[Problem]:
    """A file's problems, once for each table it feeds; those of files that feed none stay out of the report."""
    told: list[Problem] = []
    for p in source.problems:
        mine = replace(source, raws=tuple(raw for raw in source.raws if p.file in (raw.label, source.file)))
        used = _used(mine, assemblies)
        told += [p.model_copy(update={"table": name}) for name in used]
        if not used:
            told.append(_aside(p, source))
    return told


def _aside(problem: Problem, source: Source) -> Problem:
    guess = _named_for(Path(source.file).stem, EXPORTED)
    return problem.model_copy(update={"table": guess, "in_report": bool(guess)})


def _why_not(source: Source) -> str:
    """Why a file feeds no table, and what to do."""
    if not source.raws:
        return "it holds nothing that can be read as a table"
    name = _named_for(Path(source.file).stem, EXPORTED)
    if name:
        needed = listing(list(CONTRACTS[name].required))
        return f"its first row does not name the columns {needed} of {name}; give it a header row, or run cxkit map"
    return "its name and columns are not those of a canonical table; run cxkit map"


def _unread(folder: Path) -> Iterator[FileRead]:
    """Files in the tables folder that are no tables."""
    for path in others_of(folder):
        why = f"a {path.suffix or 'nameless'} file is not read; unpack it, or export CSV, Parquet or Excel"
        yield FileRead(
            file=path.relative_to(folder).as_posix(), sha256=digest(path), size=path.stat().st_size, why_not=why
        )


def _file_read(source: Source, assemblies: Mapping[str, Assembly]) -> FileRead:
    used = _used(source, assemblies)
    return FileRead(
        file=source.file,
        sha256=source.sha256,
        size=source.size,
        encoding=source.encoding,
        rows=sum(raw.rows for raw in source.raws),
        tables=used,
        why_not="" if used else _why_not(source),
    )


def _named_for(stem: str, known: Sequence[str]) -> str:
    """The canonical table a file is named for: ``orders``, ``orders_2026-01``, ``Orders (2)``; empty when none."""
    plain = plain_name(stem)
    fitting = [name for name in known if plain == name or re.fullmatch(rf"{name}_?[0-9].*|{name}_.*", plain)]
    return max(fitting, key=len, default="")


def _headers(contract: Contract, raw: Raw) -> dict[str, str]:
    """Canonical column → header, for headers that are canonical but for case and blanks."""
    found: dict[str, str] = {}
    for header in raw.columns:
        name = plain_name(header)
        if name in contract.names:
            found.setdefault(name, header)
    return found


def planned(mapping: Mapping[str, TableMapping], raws: Sequence[Raw]) -> dict[str, TableMapping]:
    """The mapping of every table: the client's own, and canonical files as they are."""
    plan = dict(mapping)
    claimed = {raw.relation for rule in mapping.values() for part in rule.parts for raw in raws if part.matches(raw)}
    grouped: dict[str, list[tuple[Raw, dict[str, str]]]] = {}
    for raw in raws:
        if raw.relation in claimed:
            continue
        name = _table_of(raw)
        if name and name not in mapping and (headers := _headers(CONTRACTS[name], raw)):
            grouped.setdefault(name, []).append((raw, headers))
    for name in CONTRACTS:
        if name not in grouped:
            continue
        parts = [_as_is(CONTRACTS[name], raw, headers) for raw, headers in grouped[name]]
        merged: list[TableMapping] = []
        for part in parts:
            twin = next((i for i, m in enumerate(merged) if (m.columns, m.sheet) == (part.columns, part.sheet)), None)
            if twin is None:
                merged.append(part)
            else:
                merged[twin] = merged[twin].model_copy(update={"files": (*merged[twin].files, *part.files)})
        plan[name] = merged[0].model_copy(update={"also": tuple(merged[1:])})
    return plan


def _table_of(raw: Raw) -> str:
    """The canonical table whose name and columns a raw table bears already; empty when none."""
    if raw.file == WORKSHOP:
        name = plain_name(raw.sheet)
        return name if name in AUTHORED and raw.rows else ""
    stem = Path(raw.file).stem
    for called in filter(None, (raw.sheet, stem)):
        exact = plain_name(called)
        if exact in CONTRACTS:
            return exact
        name = _named_for(called, EXPORTED)
        if name and set(CONTRACTS[name].required) <= set(_headers(CONTRACTS[name], raw)):
            return name
    return ""


def _as_is(contract: Contract, raw: Raw, headers: Mapping[str, str]) -> TableMapping:
    return canonical_mapping(contract, [raw], headers).model_copy(update={"sheet": raw.sheet})

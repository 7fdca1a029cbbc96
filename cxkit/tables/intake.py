"""A client's folder in, its canonical tables out: read, mapped, cut, checked, derived.

The client's files are opened for reading only. Everything wrong with them is collected and told once.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from cxkit.records import Record
from cxkit.tables.assembly import Assembly, canonical_mapping
from cxkit.tables.catalogue import AUTHORED, CONTRACTS, EXPORTED
from cxkit.tables.contract import Contract
from cxkit.tables.cut import quoted
from cxkit.tables.engine import Tables, connect
from cxkit.tables.mapping import TableMapping, plain_name
from cxkit.tables.problems import Problem, ordered, unusable
from cxkit.tables.reading import Raw, Reader, Source, files_of
from cxkit.tables.shapes import derive

DATED = ("revenue", "orders", "tickets", "ticket_log", "invoices")
"""Tables whose last complete month is the default day of the report."""
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
    as_of: date
    files: tuple[FileRead, ...]
    problems: tuple[Problem, ...]
    kept: Mapping[str, int]
    """Rows per table after the cut."""
    cut: Mapping[str, int]
    """Rows per table that lie after `as_of`."""
    notes: tuple[str, ...] = ()
    """What was decided while reading: the default day, which shape won."""


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
    month that is complete in every one of revenue, orders and tickets that is there.
    """
    with tempfile.TemporaryDirectory(prefix="cxkit-") as scratch:
        return _load(client_folder, mapping, as_of, timezone, currency, Path(scratch))


def _load(
    client_folder: Path,
    mapping: Mapping[str, TableMapping],
    as_of: date | None,
    timezone: str,
    currency: str,
    scratch: Path,
) -> Intake:
    con = connect()
    reader = Reader(con, scratch)
    folder = client_folder / "tables"
    sources = [reader.read(path, path.relative_to(folder).as_posix()) for path in files_of(folder)]
    workshop = client_folder / WORKSHOP
    authored = [reader.read(workshop, WORKSHOP)] if workshop.is_file() else []
    raws = [raw for source in sources for raw in source.raws]
    sheets = [raw for source in authored for raw in source.raws]
    plan = planned(mapping, raws, sheets)
    assemblies = {
        name: Assembly(con, name, rule, sheets if name in AUTHORED and name not in mapping else raws, raws, timezone)
        for name, rule in plan.items()
    }
    assemblies = {name: a for name, a in assemblies.items() if a.parts}
    notes: list[str] = []
    if as_of is None:
        as_of, note = last_complete_month(assemblies)
        notes.append(note)
    kept: dict[str, int] = {}
    cut: dict[str, int] = {}
    for name, assembly in assemblies.items():
        kept[name], cut[name] = assembly.cut(as_of)
    supplied = {name: a.supplied for name, a in assemblies.items()}
    problems = [p for source in (*sources, *authored) for p in _of_tables(source, assemblies)]
    problems += [p for a in assemblies.values() for p in a.problems]
    problems += _checked(con, supplied)
    for name in supplied:
        con.execute(f"ALTER TABLE {quoted(name)} DROP COLUMN __file")
        con.execute(f"ALTER TABLE {quoted(name)} DROP COLUMN __row")
    reasons = unusable(problems)
    supplied |= derive(con, {n: c for n, c in supplied.items() if n not in reasons}, as_of)
    tables = Tables(con, supplied, as_of=as_of, timezone=timezone, currency=currency, unusable=reasons)
    files = tuple(_file_read(source, assemblies) for source in (*sources, *authored))
    return Intake(tables, as_of, files, ordered(problems), kept, cut, tuple(notes))


def _checked(con: object, supplied: Mapping[str, frozenset[str]]) -> list[Problem]:
    from cxkit.tables.checks import check  # noqa: PLC0415

    return [
        p
        for name in supplied
        for p in check(con, name, quoted(name), supplied[name], {n: c for n, c in supplied.items() if n != name})  # type: ignore[arg-type]
    ]


def _used(source: Source, assemblies: Mapping[str, Assembly]) -> tuple[str, ...]:
    mine = {raw.relation for raw in source.raws}
    return tuple(n for n, a in assemblies.items() if any(r.relation in mine for _, raws in a.parts for r in raws))


def _of_tables(source: Source, assemblies: Mapping[str, Assembly]) -> list[Problem]:
    """A file's problems, once for each table it feeds; those of files that feed none stay out of the report."""
    used = _used(source, assemblies)
    if used:
        return [p.model_copy(update={"table": name}) for p in source.problems for name in used]
    guess = _named_for(Path(source.file).stem, EXPORTED)
    return [p.model_copy(update={"table": guess, "in_report": bool(guess)}) for p in source.problems]


def _file_read(source: Source, assemblies: Mapping[str, Assembly]) -> FileRead:
    used = _used(source, assemblies)
    return FileRead(
        file=source.file,
        sha256=source.sha256,
        size=source.size,
        encoding=source.encoding,
        rows=sum(raw.rows for raw in source.raws),
        tables=used,
        why_not="" if used else "its name and columns are not those of a canonical table; run cxkit map",
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


def planned(mapping: Mapping[str, TableMapping], raws: Sequence[Raw], sheets: Sequence[Raw]) -> dict[str, TableMapping]:
    """The mapping of every table: the client's own, and canonical files as they are."""
    plan = dict(mapping)
    claimed = {raw.relation for rule in mapping.values() for part in rule.parts for raw in raws if part.matches(raw)}
    grouped: dict[str, list[tuple[Raw, dict[str, str]]]] = {}
    for raw in raws:
        if raw.relation in claimed:
            continue
        stem = Path(raw.file).stem
        name = (
            _named_for(raw.sheet, EXPORTED)
            if raw.sheet and _named_for(raw.sheet, EXPORTED)
            else _named_for(stem, EXPORTED)
        )
        if not name or name in mapping:
            continue
        headers = _headers(CONTRACTS[name], raw)
        exact = name in (plain_name(stem), plain_name(raw.sheet))
        if set(CONTRACTS[name].required) <= set(headers) or (exact and headers):
            grouped.setdefault(name, []).append((raw, headers))
    for raw in sheets:
        name = plain_name(raw.sheet)
        if name in AUTHORED and name not in plan and raw.rows and (headers := _headers(CONTRACTS[name], raw)):
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


def _as_is(contract: Contract, raw: Raw, headers: Mapping[str, str]) -> TableMapping:
    return canonical_mapping(contract, [raw], headers).model_copy(update={"sheet": raw.sheet})


def last_complete_month(assemblies: Mapping[str, Assembly]) -> tuple[date, str]:
    """Last day of the last month that is complete in every dated table, and the sentence that says so."""
    ends: dict[str, date] = {}
    for name in DATED:
        if name in assemblies and (last := assemblies[name].last()) is not None:
            monthly = assemblies[name].contract.column(assemblies[name].contract.appearance).type == "month"
            ends[name] = (
                _month_end(last) if monthly or last == _month_end(last) else last.replace(day=1) - timedelta(days=1)
            )
    if not ends:
        others = [last for a in assemblies.values() if (last := a.last()) is not None]
        day = _month_end(max(others)) if others else date(1970, 1, 1)
        return day, f"as_of is {day}: no revenue, orders or tickets say which month is complete"
    day = min(ends.values())
    by = ", ".join(f"{name} to {end}" for name, end in ends.items())
    return day, f"as_of is {day}, the last month that is complete in {by}"


def _month_end(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)

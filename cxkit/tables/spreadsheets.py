"""Cells of a workbook as text, with what kind of cell each column holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal

from python_calamine import CalamineWorkbook

from cxkit.tables.delimited import filled, header_index

Native = Literal["text", "number", "date", "boolean"]


@dataclass(frozen=True)
class Sheet:
    """One table found on a sheet."""

    name: str
    header: tuple[str, ...]
    header_row: int
    rows: tuple[tuple[str, ...], ...]
    """Cells as text, one tuple per filled row below the header, padded to the header's width."""
    numbers: tuple[int, ...]
    """Row number on the sheet of each of `rows`."""
    native: tuple[Native, ...]
    """What the workbook says each column holds: text as soon as one cell is text."""
    overhang: tuple[int, ...]
    """Row numbers with filled cells to the right of the header."""


def cell_text(value: Any) -> str:
    """A cell as text that casts back without loss.

    >>> cell_text(12345.0), cell_text(0.1), cell_text(datetime(2026, 5, 1)), cell_text(True), cell_text(None)
    ('12345', '0.1', '2026-05-01', 'true', '')
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e18 else repr(value)
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value.total_seconds() / 60)
        case _:
            return str(value).strip()


def _native(values: Sequence[Any]) -> Native:
    kinds: set[Native] = set()
    for value in values:
        match value:
            case None | "":
                continue
            case bool():
                kinds.add("boolean")
            case int() | float() | timedelta():
                kinds.add("number")
            case date():
                kinds.add("date")
            case _:
                kinds.add("text")
    return kinds.pop() if len(kinds) == 1 else "text"


def sheets(path: Path) -> Iterator[Sheet]:
    """Every sheet that has a filled row, each with the header found below any title rows.

    Raises whatever the reader raises for a damaged or locked workbook.
    """
    workbook = CalamineWorkbook.from_path(str(path))
    for name in workbook.sheet_names:
        grid = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
        index = header_index(grid[:200])
        if index is None:
            continue
        header = list(grid[index])
        while header and cell_text(header[-1]) == "":
            header.pop()
        width = len(header)
        body = [(number, row) for number, row in enumerate(grid[index + 1 :], index + 2) if filled(row)]
        yield Sheet(
            name=name,
            header=tuple(cell_text(cell) for cell in header),
            header_row=index + 1,
            rows=tuple(tuple(cell_text(row[i]) if i < len(row) else "" for i in range(width)) for _, row in body),
            numbers=tuple(number for number, _ in body),
            native=tuple(_native([row[i] for _, row in body if i < len(row)]) for i in range(width)),
            overhang=tuple(number for number, row in body if filled(row[width:])),
        )

"""How a delimited text file is laid out: delimiter, preamble, header row."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

DELIMITERS = (",", ";", "\t", "|", "^", "~")
LOOKAHEAD = 200
"""Records of the sample that are weighed."""
VALUE_LIKE = re.compile(r"[-+(]?[€$£]?\s?\d[\d.,:/ TZ%'+-]*\)?|true|false|null", re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """Where the header stands and how cells are split."""

    delimiter: str
    header: tuple[str, ...]
    """The header's cells as written."""
    header_row: int
    """Row number of the header, counted as a spreadsheet counts."""


def records(text: str, delimiter: str) -> list[list[str]]:
    """Cells of each record of a sample; a record the parser refuses ends the list."""
    found: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            found.append(cells)
            if len(found) >= LOOKAHEAD:
                break
    except csv.Error:
        pass
    return found


def filled(cells: Sequence[object]) -> int:
    """How many cells hold something."""
    return sum(str(cell if cell is not None else "").strip() != "" for cell in cells)


def header_index(rows: Sequence[Sequence[object]]) -> int | None:
    """Index of the header: the first row about as wide as the rows that follow; None when nothing is filled.

    Title lines above a table are narrower than the table.

    >>> header_index([["Report for May"], [], ["id", "name", "amount"], ["1", "a", "2"], ["2", "b", ""]])
    2
    """
    widths = [filled(row) for row in rows]
    wide = [w for w in widths if w]
    if not wide:
        return None
    # rows of data may have gaps, so the header is as wide as the widest common width
    common = Counter(wide)
    usual = max((w for w, n in common.items() if n >= max(1, 0.2 * len(wide))), default=max(wide))
    usual = max(usual, 1)
    for index, width in enumerate(widths):
        if width >= max(1, 0.6 * usual) and (usual == 1 or width > 1):
            return _below_title(rows, widths, index) if width < usual else index
    return widths.index(max(widths))


def _below_title(rows: Sequence[Sequence[object]], widths: Sequence[int], index: int) -> int:
    """The next filled row instead, where that one is wider and holds names alone: then this was a title."""
    later = [i for i in range(index + 1, len(rows)) if widths[i]]
    if len(later) < 2 or widths[later[0]] <= widths[index]:
        return index
    valued = [any(VALUE_LIKE.fullmatch(str(cell or "").strip()) for cell in rows[i]) for i in later]
    return later[0] if not valued[0] and any(valued[1:]) else index


def layout(sample: str) -> Layout | None:
    """Weigh the delimiters over a sample and find the header; None when the sample has no filled row.

    >>> layout("sep=;\\nid;name\\n1;a\\n2;b\\n").header_row
    2
    >>> layout("Report\\n\\nid,name\\n1,a\\n").header
    ('id', 'name')
    """
    declared = re.match(r"sep=(.)\r?\n", sample.lstrip("\ufeff"))
    best: tuple[float, str, list[list[str]]] | None = None
    for delimiter in (declared.group(1),) if declared else DELIMITERS:
        found = records(sample, delimiter)
        widths = [len(cells) for cells in found if filled(cells)]
        if not widths:
            continue
        width, count = max(Counter(widths).items(), key=lambda item: (item[1] if item[0] > 1 else 0, item[0]))
        score = count / len(widths) * (1 + min(width, 50) / 1000) if width > 1 else 0.01
        if best is None or score > best[0]:
            best = (score, delimiter, found)
    if best is None:
        return None
    _, delimiter, found = best
    skip = 1 if declared else 0
    index = header_index(found[skip:])
    if index is None:
        return None
    return Layout(delimiter, tuple(found[index + skip]), index + skip + 1)


def looks_like_data(header: Sequence[str]) -> bool:
    """Whether a would-be header is really a row of values: at least half of its cells are numbers or dates.

    >>> looks_like_data(["1001", "2026-01-01", "59.90"]), looks_like_data(["id", "2025", "2026"])
    (True, False)
    """
    cells = [cell.strip() for cell in header if cell.strip()]
    values = sum(bool(VALUE_LIKE.fullmatch(cell)) for cell in cells)
    return bool(cells) and VALUE_LIKE.fullmatch(cells[0]) is not None and values * 2 >= len(cells)


def names(header: Sequence[object]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Clean header names, unique ones; and those that stood more than once.

    A blank header is called by its position; the second of two equal ones gains ``(2)``.

    >>> names(["Id ", "", "Id", "net\\namount"])
    (('Id', 'column 2', 'Id (2)', 'net amount'), ('Id',))
    """
    seen: Counter[str] = Counter()
    clean: list[str] = []
    twice: list[str] = []
    for position, cell in enumerate(header, 1):
        name = " ".join(str(cell if cell is not None else "").replace("\ufeff", "").split()) or f"column {position}"
        seen[name] += 1
        if seen[name] > 1:
            twice.append(name)
            name = f"{name} ({seen[name]})"
        clean.append(name)
    return tuple(clean), tuple(dict.fromkeys(twice))


def blank_records(text: Iterable[str], delimiter: str) -> list[int]:
    """Row numbers, counted from 1, of records without a character; the engine passes over them."""
    blanks: list[int] = []
    try:
        for number, cells in enumerate(csv.reader(text, delimiter=delimiter), 1):
            if not cells:
                blanks.append(number)
    except csv.Error:
        pass
    return blanks

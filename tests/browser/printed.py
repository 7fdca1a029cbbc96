"""What a printed report holds, read from the tags of its PDF: which part of the page stands on which sheet."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import absent

PAINTS = frozenset({b"Tj", b"TJ", b"'", b"S", b"s", b"f", b"F", b"f*", b"B", b"B*", b"b", b"Do", b"sh"})


@dataclass(frozen=True)
class Part:
    """A tagged part of a PDF."""

    tag: str
    """As the PDF calls it: ``Table``, ``TR``, ``Figure``, ``H2``, ``Art``."""
    sheets: tuple[int, ...]
    """Sheets on which something of it is drawn."""
    parts: int
    """Rows, where it is a table; otherwise what it directly holds."""
    head: bool = False
    """Stands in a table's head, which is drawn again on every sheet that the table reaches."""


def parts(path: Path) -> list[Part]:
    """Every tagged part of a PDF; what only touches a sheet without drawing on it does not count."""
    if importlib.util.find_spec("pypdf") is None:
        absent("browser", "pypdf is not installed (pip install 'cxkit[browser]')")
    from pypdf import PdfReader

    reader = PdfReader(path)
    drawn = {(number, mark) for number, sheet in enumerate(reader.pages) for mark in _marks(sheet, reader)}
    numbers = {sheet.indirect_reference.idnum: n for n, sheet in enumerate(reader.pages) if sheet.indirect_reference}
    found: list[Part] = []

    def walk(node: Any, head: bool = False) -> set[int]:
        sheets: set[int] = set()
        kinds = {one.get("/S") for one in _children(node) if isinstance(one, dict)}
        head = head or (node["/S"] == "/TR" and kinds == {"/TH"})
        rows = 0
        for child in _children(node):
            if isinstance(child, dict) and "/S" in child:
                sheets |= walk(child, head)
                rows += 1
                continue
            marked = isinstance(child, dict)
            if marked and "/MCID" not in child:
                continue
            holder = child if marked and "/Pg" in child else node
            at = (numbers[holder.raw_get("/Pg").idnum], int(child["/MCID"] if marked else child))
            if at in drawn:
                sheets.add(at[0])
        found.append(Part(str(node["/S"])[1:], tuple(sorted(sheets)), rows, head))
        return sheets

    for top in _children(reader.trailer["/Root"]["/StructTreeRoot"]):
        walk(top)
    return found


def blank(path: Path) -> list[float]:
    """The share of each sheet's height that lies empty below its last line of text, the number of the sheet apart."""
    from pypdf import PdfReader

    found = []
    for sheet in PdfReader(path).pages:
        height, lines = float(sheet.mediabox.height), [float(sheet.mediabox.height)]

        def note(text: str, cm: Any, tm: Any, *rest: Any, lines: list[float] = lines) -> None:
            if text.strip():
                lines.append(cm[5] + cm[3] * tm[5])

        sheet.extract_text(visitor_text=note)
        found.append(round(min(y for y in lines if y > 0.062 * height) / height, 2))
    return found


def _children(node: Any) -> list[Any]:
    held = node.get("/K")
    held = held.get_object() if hasattr(held, "get_object") else held
    if held is None:
        return []
    return [
        one.get_object() if hasattr(one, "get_object") else one for one in (held if isinstance(held, list) else [held])
    ]


def _marks(sheet: Any, reader: Any) -> Iterator[int]:
    """Numbers of the marked contents in which a sheet draws something."""
    from pypdf.generic import ContentStream

    inside: list[int | None] = []
    for operands, operator in ContentStream(sheet["/Contents"].get_object(), reader).operations:
        if operator == b"BDC":
            inside.append(operands[1].get("/MCID") if hasattr(operands[1], "get") else None)
        elif operator == b"BMC":
            inside.append(None)
        elif operator == b"EMC":
            inside.pop()
        elif operator in PAINTS:
            yield from (mark for mark in inside if mark is not None)

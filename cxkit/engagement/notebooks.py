"""The notebooks in a client's folder: copies of the workbook's, and those that a consultant added (``7-….ipynb`` on).

A copy in which nobody wrote follows the workbook; one in which somebody wrote is theirs and is never overwritten; an
added notebook is never touched at all.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

from cxkit import STAGES, shipped
from cxkit.engagement.results import dumps, write_text
from cxkit.records import Record

FOLDER = "notebooks"
STAMP = ".copied.json"
OWN = re.compile(r"([1-9]?[0-9])-.+\.ipynb")
FIRST_OWN = len(STAGES) + 1
"""The least number an added notebook may have; those below are the workbook's."""


class Copy(Record):
    """A client's copy of one of the workbook's notebooks."""

    path: Path
    edited: bool
    """Whether somebody wrote in it."""
    behind: bool
    """Whether it was edited and the workbook's own is newer than the one it was made from."""


def essence(notebook: Path) -> str:
    """Hash of what a person writes in a notebook: kind, text and tags of its cells; outputs do not count.

    Running a notebook, or the editor's own notes in it, leaves the hash as it is. What cannot be read as a
    notebook is hashed byte by byte.
    """
    content = notebook.read_bytes()
    try:
        cells = [_written(cell) for cell in json.loads(content)["cells"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def _written(cell: dict[str, Any]) -> list[object]:
    return [cell["cell_type"], "".join(cell["source"]), sorted(cell.get("metadata", {}).get("tags", []))]


def own_notebooks(folder: Path) -> tuple[Path, ...]:
    """Notebooks that a consultant added to a client: ``7-….ipynb`` and on, in the order of their numbers.

    What lies in a folder below, such as the editor's checkpoints, does not count.
    """
    found = [p for p in (folder / FOLDER).glob("*.ipynb") if p.is_file() and number(p.name) >= FIRST_OWN]
    return tuple(sorted(found, key=lambda p: (number(p.name), p.name)))


def number(name: str) -> int:
    """The number a notebook's file name begins with; zero where it has none.

    >>> number("7-branches.ipynb"), number("12-regions.ipynb"), number("Untitled.ipynb")
    (7, 12, 0)
    """
    found = OWN.fullmatch(name)
    return int(found[1]) if found else 0


def copies(folder: Path) -> dict[str, Copy]:
    """A client's copies of the workbook's notebooks, by file name, each with whether it was edited and is behind."""
    copied = _copied(folder)
    found = {}
    for source in _workbook():
        own = folder / FOLDER / source.name
        if own.is_file():
            now, newest, before = essence(own), essence(source), copied.get(source.name, "")
            edited = now not in {newest, before}
            found[source.name] = Copy(path=own, edited=edited, behind=edited and before not in {"", newest})
    return found


def copy_notebooks(folder: Path) -> list[str]:
    """Put copies of the workbook into ``<client>/notebooks``; return one line for each that was edited and so kept.

    A copy in which nobody wrote (see `essence`) is replaced when a newer notebook came; with the notebook unchanged
    it keeps its outputs. An edited one is left alone and reported; where the workbook's own is newer it is put beside
    it once, as ``5-prove.new.ipynb``, and deleting that says that the news was taken over.
    """
    target = folder / FOLDER
    target.mkdir(exist_ok=True)
    copied = _copied(folder)
    kept = []
    for source in _workbook():
        own, newest = target / source.name, essence(source)
        found = essence(own) if own.is_file() else ""
        if found and found not in {newest, copied.get(source.name)}:
            kept.append(_beside(own, source, newest, copied))
            continue
        if found != newest:
            shutil.copyfile(source, own)
        copied[source.name] = newest
        if copied.pop(_offered(own).name, ""):
            _offered(own).unlink(missing_ok=True)
    write_text(target / STAMP, dumps(copied))
    return kept


def _beside(own: Path, source: Path, newest: str, copied: dict[str, str]) -> str:
    """Keep an edited copy; put a newer notebook of the workbook beside it, unless it was offered before."""
    said = f"{source.name} was edited here and is kept as it is"
    offered = _offered(own)
    if copied.get(source.name, newest) == newest:
        return said
    if copied.get(offered.name) == newest and not offered.exists():  # deleted: what was new in it was taken over
        copied[source.name] = newest
        del copied[offered.name]
        return said
    if copied.get(offered.name) != newest:
        shutil.copyfile(source, offered)
        copied[offered.name] = newest
    return f"{said}; the workbook's newer one is beside it as {offered.name}: take over what you want, then delete it"


def _offered(own: Path) -> Path:
    """Where a newer notebook is put beside an edited copy; its name is run by no batch."""
    return own.with_name(f"{own.stem}.new.ipynb")


def _workbook() -> list[Path]:
    """The workbook's own notebooks, the start page first."""
    return [p for p in sorted(shipped.path("notebooks").glob("*.ipynb")) if number(p.name) < FIRST_OWN]


def _copied(folder: Path) -> dict[str, str]:
    """File name → the essence of the notebook it was copied from."""
    stamp = folder / FOLDER / STAMP
    found: dict[str, str] = json.loads(stamp.read_text(encoding="utf-8")) if stamp.is_file() else {}
    return found

"""Govern opened first, as a consultant may: what is missing is computed as in the batch, in the work folder alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from cxkit.engagement.desk import open_desk
from cxkit.engagement.laboratory import copy_notebooks
from cxkit.engagement.recipes import CLASSES
from cxkit.engagement.store import read_store, write_store
from cxkit.quantify import BusinessCases
from cxkit.report.blocks import MIME
from tests.conftest import run_clients

pytestmark = [pytest.mark.run, pytest.mark.heavy]


def files(folder: Path) -> dict[str, str]:
    """Every file below a folder with its hash."""
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in folder.rglob("*")
        if p.is_file()
    }


def bytes_of(place: Path) -> dict[str, bytes]:
    return {p.parent.name: p.read_bytes() for p in place.glob("*/result.json")}


def open_notebook(path: Path) -> nbformat.NotebookNode:
    """Run every cell in the notebook's own folder, as JupyterLab does; no client is named to it."""
    book = nbformat.read(path, as_version=4)
    NotebookClient(
        book, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    return book


def test_govern_alone_gives_the_results_of_the_batch_and_touches_nothing(
    copy_of: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CXKIT_DATA", "CXKIT_CLIENT", "CXKIT_RUNS"):
        monkeypatch.delenv(name, raising=False)
    client = "northbeam"
    folder = copy_of(client)
    copy_notebooks(folder)
    before = files(tmp_path)

    book = open_notebook(folder / "notebooks" / "6-govern.ipynb")

    shown = [o for cell in book.cells for o in cell.get("outputs", []) if MIME in o.get("data", {})]
    assert shown
    after = files(tmp_path)
    assert {name: after[name] for name in before} == before
    new = sorted(after.keys() - before.keys())
    assert new
    assert [name for name in new if not name.startswith(f"data/{client}/work/")] == []
    assert not (tmp_path / "runs").exists()

    ran = run_clients(tmp_path / "data", tmp_path / "runs", (client,), workers=1)
    assert ran.ended[client].status == "done", ran.ended[client].reason
    batch = bytes_of(ran.place(client) / "results")
    own = bytes_of(folder / "work" / ran.ended[client].as_of / "results")
    assert own.keys() == set(CLASSES)
    assert {name for name in own if own[name] != batch.get(name)} == set()


def test_a_saved_assumption_reaches_the_results_that_were_kept(copy_of: Callable[[str], Path]) -> None:
    folder = copy_of("northbeam")

    def total() -> str:
        desk = open_desk("govern", client="northbeam", data_dir=folder.parent)
        return desk.load(BusinessCases).finding("quantify.cases.total").title

    first = total()
    assert total() == first
    store = read_store(folder)
    write_store(folder, store.model_copy(update={"parameters": {"discount_rate": 0.25}}), expected=store.revision)
    moved = total()
    assert moved != first
    write_store(folder, store.model_copy(update={"revision": 1}), expected=1)
    assert total() == first

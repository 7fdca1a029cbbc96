"""A client's copies of the notebooks: what was only run is renewed, what was written in is kept."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cxkit.batch.plan import stage_notebooks
from cxkit.engagement import notebooks
from cxkit.engagement.notebooks import copies, copy_notebooks, essence, own_notebooks


def book(text: str, *, outputs: int = 0) -> str:
    told = [{"output_type": "stream", "name": "stdout", "text": ["hello\n"]}] * outputs
    cell = {"cell_type": "code", "source": [text], "metadata": {"trusted": True} if outputs else {}, "outputs": told}
    return json.dumps({"cells": [cell], "metadata": {"widgets": {}} if outputs else {}, "nbformat": 4})


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One notebook that comes with the package."""
    path = tmp_path / "shipped" / "1-align.ipynb"
    path.parent.mkdir()
    path.write_text(book("first"), encoding="utf-8")
    monkeypatch.setattr(notebooks.shipped, "path", lambda name: tmp_path / "shipped" / name.partition("/")[2])
    return path


@pytest.fixture
def own(shipped: Path, tmp_path: Path) -> Path:
    """The client's copy of it."""
    folder = tmp_path / "acme"
    folder.mkdir()
    assert copy_notebooks(folder) == []
    return folder / "notebooks" / shipped.name


def test_a_copy_that_was_run_keeps_its_outputs_and_is_renewed_with_the_workbook(own: Path, shipped: Path) -> None:
    own.write_text(book("first", outputs=2), encoding="utf-8")
    assert copy_notebooks(own.parent.parent) == []
    assert "hello" in own.read_text(encoding="utf-8")
    shipped.write_text(book("second"), encoding="utf-8")
    assert copy_notebooks(own.parent.parent) == []
    assert own.read_text(encoding="utf-8") == book("second")


def test_a_copy_that_was_written_in_is_kept_and_reported(own: Path) -> None:
    own.write_text(book("mine"), encoding="utf-8")
    assert copy_notebooks(own.parent.parent) == ["1-align.ipynb was edited here and is kept as it is"]
    assert own.read_text(encoding="utf-8") == book("mine")
    assert copies(own.parent.parent) == {own.name: notebooks.Copy(path=own, edited=True, behind=False)}


def test_a_newer_workbook_is_put_beside_an_edited_copy_until_it_is_deleted(own: Path, shipped: Path) -> None:
    client, offered = own.parent.parent, own.with_name("1-align.new.ipynb")
    own.write_text(book("mine"), encoding="utf-8")
    shipped.write_text(book("second"), encoding="utf-8")
    assert copies(client)[own.name].behind
    (line,) = copy_notebooks(client)
    assert "beside it as 1-align.new.ipynb: take over what you want, then delete it" in line
    assert own.read_text(encoding="utf-8") == book("mine")
    assert offered.read_text(encoding="utf-8") == book("second")
    assert copies(client)[own.name].behind
    assert copy_notebooks(client) == [line]

    offered.unlink()
    assert copy_notebooks(client) == ["1-align.ipynb was edited here and is kept as it is"]
    assert not offered.exists()
    assert copies(client)[own.name] == notebooks.Copy(path=own, edited=True, behind=False)
    shipped.write_text(book("third"), encoding="utf-8")
    assert copy_notebooks(client) == [line]
    assert offered.read_text(encoding="utf-8") == book("third")

    own.write_text(book("third"), encoding="utf-8")
    assert copy_notebooks(client) == []
    assert not offered.exists()


def test_the_batch_takes_a_copy_only_where_somebody_wrote(own: Path, shipped: Path) -> None:
    client = own.parent.parent
    for name in ("2-quantify", "3-instrument", "4-orchestrate", "5-prove", "6-govern"):
        shipped.with_name(f"{name}.ipynb").write_text(book(name), encoding="utf-8")
    shipped.write_text(book("second"), encoding="utf-8")
    assert stage_notebooks(client, copies(client))["align"] == shipped
    own.write_text(book("mine"), encoding="utf-8")
    assert stage_notebooks(client, copies(client))["align"] == own


def test_added_notebooks_are_found_in_order_and_never_touched(own: Path, shipped: Path) -> None:
    place, client = own.parent, own.parent.parent
    names = ["10-last.ipynb", "7-b.ipynb", "7-a.ipynb", "8.ipynb", "Untitled.ipynb", "5-prove.new.ipynb", "007-x.ipynb"]
    for name in names:
        (place / name).write_text(book("hers"), encoding="utf-8")
    (place / ".ipynb_checkpoints").mkdir()
    (place / ".ipynb_checkpoints" / "9-old.ipynb").write_text(book("old"), encoding="utf-8")
    shipped.with_name("7-a.ipynb").write_text(book("from somewhere"), encoding="utf-8")
    assert copy_notebooks(client) == []
    assert [p.name for p in own_notebooks(client)] == ["7-a.ipynb", "7-b.ipynb", "10-last.ipynb"]
    assert all((place / name).read_text(encoding="utf-8") == book("hers") for name in names)


def test_a_file_that_is_no_notebook_is_known_by_its_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("{}", encoding="utf-8")
    other.write_text("[1]", encoding="utf-8")
    assert essence(one) != essence(other)


WORKBOOK = sorted((Path(notebooks.__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", WORKBOOK, ids=lambda p: p.name)
def test_links_between_notebooks_hold_in_a_clients_folder(path: Path) -> None:
    """A client's folder holds the notebooks and nothing above them: links are to their names alone."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert {link for link in links if not link.startswith("#")} <= {p.name for p in WORKBOOK}
    number = notebooks.number(path.name)
    assert {p.name for p in WORKBOOK if abs(notebooks.number(p.name) - number) == 1} <= set(links)
    assert re.findall(r"^## ", text, flags=re.MULTILINE), "headings make the table of contents"

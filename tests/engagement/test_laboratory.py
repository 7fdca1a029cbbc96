"""A client's copies of the notebooks: what was only run is renewed, what was written in is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cxkit.engagement import laboratory
from cxkit.engagement.laboratory import copy_notebooks, essence


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
    monkeypatch.setattr(laboratory.shipped, "path", lambda name: tmp_path / "shipped")
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


def test_a_copy_that_was_written_in_is_kept_and_reported(own: Path, shipped: Path) -> None:
    own.write_text(book("mine"), encoding="utf-8")
    shipped.write_text(book("second"), encoding="utf-8")
    assert copy_notebooks(own.parent.parent) == ["1-align.ipynb was edited here and is kept as it is"]
    assert own.read_text(encoding="utf-8") == book("mine")


def test_a_file_that_is_no_notebook_is_known_by_its_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("{}", encoding="utf-8")
    other.write_text("[1]", encoding="utf-8")
    assert essence(one) != essence(other)

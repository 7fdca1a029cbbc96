"""The pictures of the README and the stage guides: those the command makes, each with words for who cannot see it."""

from __future__ import annotations

import importlib.util
import re
import struct
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cxkit.batch.board import write_board
from tests.conftest import ROOT, Ran

PAGES = (ROOT / "README.md", *sorted((ROOT / "playbook").glob("[1-6]-*.md")))
SHOWN = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<to>[^)]+)\)|<img src=\"(?P<src>[^\"]+)\"[^>]*alt=\"(?P<said>[^\"]*)\"")


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_pictures", ROOT / "docs" / "pictures.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "docs_pictures", module)
    spec.loader.exec_module(module)
    return module


def shown() -> list[tuple[Path, str]]:
    """Every picture a page shows, as a file, with its words."""
    found = []
    for page in PAGES:
        for one in SHOWN.finditer(page.read_text(encoding="utf-8")):
            found.append(((page.parent / (one["to"] or one["src"])).resolve(), one["alt"] or one["said"] or ""))
    return found


def test_the_command_makes_what_the_pages_show_and_no_more(pictures: ModuleType) -> None:
    made = {pictures.DOCS / f"{picture.name}.png" for picture in pictures.PICTURES}
    assert {path for path, _ in shown()} == made == set(pictures.DOCS.glob("*.png"))
    assert len(made) == len(pictures.PICTURES)


def test_every_picture_says_in_words_what_is_seen() -> None:
    said = [words for _, words in shown()]
    assert [words for words in said if len(words.split()) < 8] == []
    assert len(set(said)) == len(said)


def test_pictures_are_small_enough_to_be_kept(pictures: ModuleType) -> None:
    sizes = {path.name: path.stat().st_size for path, _ in shown()}
    assert {name: size for name, size in sizes.items() if size > pictures.LARGEST} == {}
    assert sum(sizes.values()) < pictures.TOGETHER


def test_every_stage_has_its_own(pictures: ModuleType) -> None:
    for page in PAGES[1:]:
        stage = page.stem.split("-")[1]
        assert f"(../docs/{stage}.png)" in page.read_text(encoding="utf-8"), page.name


def test_what_is_missing_is_said(pictures: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "browser_path", lambda: None)
    with pytest.raises(SystemExit, match="Pictures need Chromium"):
        pictures.main(["report"])
    with pytest.raises(SystemExit, match="2"):
        pictures.main(["nowhere"])


@pytest.mark.browser
@pytest.mark.run
def test_pictures_are_taken_of_the_reports_as_they_are(pictures: ModuleType, chromium: Any, ran: Ran) -> None:
    write_board(ran.runs, ran.data)
    for picture in pictures.PICTURES:
        if picture.source == "lab":
            continue
        png = pictures.small(pictures.draw(chromium, picture, ran.runs))
        width, height = struct.unpack(">II", png[16:24])
        if not picture.part:
            assert (width, height) == tuple(round(side * picture.sharp) for side in picture.size), picture.name
        assert width > 500, picture.name
        assert height > 250, picture.name

"""The print: made by a real Chromium, and worded where there is none or it does not end."""

from __future__ import annotations

import os
import stat
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from cxkit.batch import pdf
from cxkit.report.page import build
from tests.report.sample import sample

ROWS = 160


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory, chromium: Any) -> Any:
    """A report with a long table, printed and read back."""
    import pypdf

    from cxkit.report.blocks import Block, TableBody, TableColumn

    rows = tuple(
        (f"begin{n:03} and then quite some words, so that a row has several lines on a narrow page " * 3, f"end{n:03}")
        for n in range(ROWS)
    )
    body = TableBody(
        title="Long",
        columns=(TableColumn(name="a", label="First column"), TableColumn(name="b", label="Second")),
        rows=rows,
    )
    given = sample()
    blocks = {
        **given.blocks,
        "align": (*given.blocks["align"], Block(id="align.long", kind="table", stage="align", body=body)),
    }
    place = tmp_path_factory.mktemp("print")
    (place / "report.html").write_text(build(sample(blocks=blocks, audience="team")), encoding="utf-8")
    assert pdf.print_page(place / "report.html", place / "report.pdf") == pdf.Print(status="made")
    assert sorted(p.name for p in place.iterdir()) == ["report.html", "report.pdf"]
    return pypdf.PdfReader(place / "report.pdf")


@pytest.mark.browser
def test_it_is_a_tagged_a4_print_with_title_language_and_outline(printed: Any) -> None:
    root = printed.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"].startswith("en")
    assert printed.metadata.title == "Harbor Telecom — CX council report, data to 31 October 2026"
    assert {(round(float(p.mediabox.width)), round(float(p.mediabox.height))) for p in printed.pages} == {(595, 842)}
    assert "Where every number comes from" in str(printed.outline)


def entries(outline: Any) -> list[str]:
    """Titles of an outline, those beneath others too, without spaces and case."""
    nested = (entries(one) if isinstance(one, list) else [plain(str(one.title))] for one in outline)
    return [title for some in nested for title in some]


def plain(text: str) -> str:
    return "".join(text.split()).casefold()


@pytest.mark.browser
def test_every_heading_is_in_the_outline_with_its_kicker_set_apart(printed: Any, chromium: Any) -> None:
    page = chromium.new_page()
    page.set_content(build(sample(audience="team")))
    headings = page.evaluate(
        """[...document.querySelectorAll('h2, h3')].filter(one => one.checkVisibility()).map(
            one => one.querySelector('.grade') ? one.firstChild.data : one.textContent)"""
    )
    page.close()
    assert len(headings) > 8
    told = entries(printed.outline)
    assert [heading for heading in headings if not any(title.startswith(plain(heading)) for title in told)] == []
    assert any(title.startswith("1·align:") for title in told), told


@pytest.mark.browser
def test_the_conclusion_is_on_page_one_pages_are_numbered_and_numbers_lead_to_notes(printed: Any) -> None:
    first = " ".join(printed.pages[0].extract_text().split())
    assert "One of three live initiatives is proven" in first
    assert f"1 / {len(printed.pages)}" in first
    assert "[1]" in first.replace(" ", "")


@pytest.mark.browser
def test_no_row_of_a_table_is_cut_and_its_head_is_repeated(printed: Any) -> None:
    pages = [page.extract_text() for page in printed.pages]
    for n in range(ROWS):
        holding = [at for at, text in enumerate(pages) if f"begin{n:03}" in text]
        assert holding == [at for at, text in enumerate(pages) if f"end{n:03}" in text], n
        assert len(holding) == 1, n
    with_rows = [text for text in pages if "begin" in text]
    assert len(with_rows) > 3
    assert all("First column" in text for text in with_rows)


def test_without_a_chromium_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CXKIT_CHROMIUM", str(tmp_path / "none"))
    assert pdf.find() == ""
    ended = pdf.print_page(tmp_path / "report.html", tmp_path / "report.pdf")
    assert (ended.status, "No Chromium" in ended.why) == ("not made", True)


def fake(tmp_path: Path, script: str) -> str:
    path = tmp_path / "chromium"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for the browser")
@pytest.mark.parametrize(
    ("script", "why"),
    [("exit 3", "code 3"), ("exit 0", "without a print"), ("sleep 60 & echo $! > PID; wait", "longer than")],
)
def test_a_browser_that_fails_or_hangs_is_ended_and_worded(tmp_path: Path, script: str, why: str) -> None:
    pid = tmp_path / "pid"
    program = fake(tmp_path, script.replace("PID", str(pid)))
    ended = pdf.print_page(tmp_path / "report.html", tmp_path / "report.pdf", browser=program, seconds=1)
    assert ended.status == "not made"
    assert why in ended.why
    assert not (tmp_path / "report.pdf").exists()
    if pid.exists():
        time.sleep(0.2)
        assert not alive(int(pid.read_text()))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.is_file() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z")

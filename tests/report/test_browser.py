"""The report in a real browser, opened as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cxkit.report.blocks import Block, TableBody, TableColumn
from cxkit.report.inputs import ReportInput
from cxkit.report.page import build

pytestmark = pytest.mark.browser

FORMULAS = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "−5 is text", 'a "quoted", cell')


@pytest.fixture
def report(sample: Callable[..., ReportInput], tmp_path: Path) -> Path:
    """A report with a table whose cells want to be formulas, in a file."""
    body = TableBody(
        title="Formulas",
        columns=(
            TableColumn(name="what", label="What"),
            TableColumn(name="n", label="n", align="right", unit="count"),
        ),
        rows=tuple((text, f"{n:,}") for text, n in zip(FORMULAS, (9, -1234, 100, 20, 3, 5, 1000), strict=True)),
        raw=tuple((text, float(n)) for text, n in zip(FORMULAS, (9, -1234, 100, 20, 3, 5, 1000), strict=True)),
    )
    given = sample()
    blocks = dict(given.blocks)
    blocks["align"] = (*blocks["align"], Block(id="align.formulas", kind="table", stage="align", body=body))
    path = tmp_path / "report.html"
    path.write_text(build(sample(blocks=blocks)), encoding="utf-8")
    return path


@pytest.fixture
def opened(chromium: Any, report: Path) -> Iterator[Any]:
    context = chromium.new_context(accept_downloads=True)
    page = context.new_page()
    page.seen = []
    page.on("console", lambda message: page.seen.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: page.seen.append(f"error: {error}"))
    page.on("request", lambda request: page.seen.append(f"request: {request.url}"))
    page.goto(report.as_uri())
    yield page
    context.close()


def test_opens_from_a_file_without_request_or_console_error(opened: Any, report: Path) -> None:
    assert opened.seen == [f"request: {report.as_uri()}"]
    assert opened.title() == "Harbor Telecom — CX council report, data to 31 October 2026"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_read_against_its_ground(opened: Any, scheme: str) -> None:
    opened.emulate_media(color_scheme=scheme)
    colours = opened.evaluate(
        """() => [...document.querySelectorAll('p,li,td,th,dd,dt,h1,h2,h3,a,span,summary')].map(node => {
            let ground = node;
            const clear = (one) => getComputedStyle(one).backgroundColor === 'rgba(0, 0, 0, 0)';
            while (ground && clear(ground)) ground = ground.parentElement;
            const paper = getComputedStyle(ground || document.body).backgroundColor;
            return [getComputedStyle(node).color, paper, node.textContent.trim()];
        }).filter(one => one[2])"""
    )
    assert len(colours) > 100
    for ink, ground, text in colours:
        assert contrast(ink, ground) >= 4.5, (ink, ground, text[:40])


def contrast(one: str, other: str) -> float:
    from cxkit.report import colour

    def hexed(rgb: str) -> str:
        parts = rgb[rgb.index("(") + 1 : -1].split(",")[:3]
        return "#" + "".join(f"{int(float(p)):02x}" for p in parts)

    return colour.contrast(hexed(one), hexed(other))


def test_a_number_opens_its_evidence_and_gives_the_focus_back(opened: Any) -> None:
    link = opened.locator("h1 a.n")
    link.focus()
    opened.keyboard.press("Enter")
    box = opened.locator("dialog.walk")
    assert box.is_visible()
    assert "govern.allocation.plan" in box.inner_text()
    opened.keyboard.press("Escape")
    assert not box.is_visible()
    assert opened.evaluate("document.activeElement.closest('h1') !== null")


def test_a_column_sorts_by_value_not_by_letter(opened: Any) -> None:
    table = opened.locator("#align-formulas-data")
    table.locator("th button", has_text="n").last.click()
    assert table.locator("tbody td").all_inner_texts() == ["-1,234", "3", "5", "9", "20", "100", "1,000"]
    assert table.locator("th[aria-sort=ascending]").count() == 1
    table.locator("th button", has_text="n").last.click()
    assert table.locator("tbody td").all_inner_texts()[0] == "1,000"


def test_the_download_starts_no_formula(opened: Any) -> None:
    with opened.expect_download() as caught:
        opened.locator("#align-formulas .tools button", has_text="Download CSV").click()
    text = Path(caught.value.path()).read_text(encoding="utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert caught.value.suggested_filename == "formulas.csv"
    assert rows[0] == ["What", "n"]
    assert [row[1] for row in rows[1:]] == ["9", "-1234", "100", "20", "3", "5", "1000"]
    assert [row[0] for row in rows[1:5]] == ["'=1+1", "'+cmd|' /C calc'!A0", "'-2+3", "'@SUM(A1)"]
    assert rows[6][0] == "−5 is text"
    assert rows[7][0] == 'a "quoted", cell'


def test_it_is_read_with_javascript_off(chromium: Any, report: Path) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.locator("h1").inner_text().startswith("One of three live initiatives is proven")
    assert page.locator("figure svg text").count() > 3
    page.locator("h1 a.n").click()
    assert page.url.endswith("#e-govern-allocation-plan")
    assert page.locator("#e-govern-allocation-plan").is_visible()
    assert page.locator("button").count() == 0
    context.close()


def test_a_phone_needs_no_sideways_scrolling(opened: Any) -> None:
    opened.set_viewport_size({"width": 320, "height": 640})
    assert opened.evaluate("document.documentElement.scrollWidth") <= 320


def test_it_prints_with_the_numbers_of_its_notes(opened: Any) -> None:
    opened.emulate_media(media="print")
    after = "getComputedStyle(document.querySelector('h1 a.n'), '::after').content"
    assert opened.evaluate(after).replace('"', "").replace(" ", "") in {
        "[+attr(data-n)+]",
        "[1]",
    } or "1" in opened.evaluate(after)
    assert len(opened.pdf(prefer_css_page_size=True)) > 20_000


def test_keyboard_reaches_the_conclusion_first(opened: Any) -> None:
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.className") == "skip"
    opened.keyboard.press("Enter")
    assert opened.url.endswith("#main")


def test_a_number_walks_back_to_its_chain_on_to_the_next_number_and_home_again(opened: Any) -> None:
    number = opened.locator("a[href^='#e-prove-effect--I-01']").first
    number.focus()
    opened.keyboard.press("Enter")
    box = opened.locator("dialog.walk")
    assert box.locator(".walked").inner_text() == "Welcome call"
    assert box.locator(".chain li").count() == opened.locator("#i-I-01 .chain li").count() == 3
    first = box.locator("p").first.inner_text()
    box.locator("a.ev", has_text="Next number").click()
    assert box.locator("p").first.inner_text() != first
    opened.keyboard.press("Escape")
    assert not box.is_visible()
    assert number.evaluate("node => node === document.activeElement")

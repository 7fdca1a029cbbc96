"""The start page in a real JupyterLab, from an empty profile to a built report and to what needs review afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from cxkit.engagement.store import read_store
from tests.browser.labs import Lab, run_all, serving, tab, themed
from tests.browser.looking import axe

pytestmark = [pytest.mark.browser, pytest.mark.run, pytest.mark.heavy]

CLIENT = "marlow"
CUT = """() => {
    const own = (node) => [...node.childNodes].some(one => one.nodeType === 3 && one.data.trim());
    return [...document.querySelectorAll('.jp-OutputArea *')].filter(node => {
        if (!node.checkVisibility() || node.closest('.scroll') || !(own(node) || node.matches('input,select'))) return;
        const edge = node.closest('.jp-OutputArea').getBoundingClientRect().right;
        return node.getBoundingClientRect().right > edge + 1;
    }).map(node => [node.outerHTML.slice(0, 90), node.getBoundingClientRect().right,
        node.closest('.jp-OutputArea').getBoundingClientRect().right]);
}"""
"""What is cut off at the right edge of an output."""
BUILT = 240_000
"""Milliseconds a build may take on a busy machine."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    place = tmp_path_factory.mktemp("bench")
    other = place / "data" / "acme"
    (other / "tables").mkdir(parents=True)
    (other / "client.yml").write_text("name: Acme & Daughters\n", encoding="utf-8")
    orders = "order_id,account_id,ordered_at,amount\nO1,A1,2026-01-05,10\nO2,A2,2026-02-28,20\n"
    (other / "tables" / "orders.csv").write_text(orders, encoding="utf-8")
    with serving(place, CLIENT) as running:
        yield running


def test_from_an_empty_profile_to_a_report_and_what_needs_review(chromium: Any, lab: Lab) -> None:
    with tab(chromium) as page:
        page.goto(lab.address)
        run_all(page)
        assert page.locator(".jp-RenderedText[data-mime-type*=error]").count() == 0
        assert page.locator(".jp-CodeCell .jp-InputArea-editor:visible").count() == 0  # no code unless wanted

        client = page.get_by_label("client", exact=True)
        client.select_option(label="Acme & Daughters · ○ no report yet")
        page.get_by_role("heading", name="Acme & Daughters").wait_for()
        assert page.get_by_role("heading", name="Marlow Home").count() == 0
        client.select_option(label="Marlow Home · ○ no report yet")
        page.get_by_role("heading", name="Marlow Home").wait_for()

        page.get_by_label("as PDF too").uncheck()
        build(page)
        assert page.get_by_role("link", name="Report as PDF").count() == 0
        opens(page)

        page.get_by_label("stage", exact=True).select_option(label="Quantify")
        write(page, "What **this** means")
        page.locator(".jp-OutputArea strong", has_text="this").first.wait_for()
        page.get_by_role("button", name="Save comment").click()
        page.get_by_text("Saved. The next report shows it.").wait_for()
        page.get_by_role("button", name="Record this decision").click()
        page.get_by_role("button", name="Yes, record it").click()
        page.get_by_text("The next run shows it.").last.wait_for()
        store = read_store(lab.data / CLIENT)
        assert store.commentary[0].text == "What **this** means"
        assert len(store.decisions) == 1

        page.get_by_label("as PDF too").check()
        halve(lab.data / CLIENT / "tables" / "orders.csv")
        build(page)
        printed = page.get_by_role("link", name="Report as PDF").get_attribute("href")
        answer = page.request.get(urljoin(lab.address, printed))
        assert answer.body().startswith(b"%PDF")
        assert answer.headers["content-type"] == "application/pdf"
        assert "sandbox" not in answer.headers["content-security-policy"], "a browser shows no confined PDF"
        page.get_by_role("button", name="It still holds: confirm comment:C1").wait_for()
        assert page.locator(".jp-OutputArea").get_by_text("▲ needs review").count() >= 2


def test_a_slider_handle_moves_by_keyboard_and_so_does_the_number(chromium: Any, lab: Lab) -> None:
    with tab(chromium) as page:
        page.goto(lab.notebook("5-prove.ipynb"))
        run_all(page)
        panel = page.locator(".jp-OutputArea .widget-vbox", has_text="Both arms are the same").first
        said = panel.locator(".widget-html").get_by_text(re.compile("^Looked at 28 times"))
        said.wait_for()
        line = panel.locator(".widget-hbox", has_text="days").first
        handle, box = line.get_by_role("slider"), line.locator("input[type=number]")
        before = said.text_content()
        handle.focus()
        handle.press("ArrowRight")
        panel.locator(".widget-html").get_by_text(re.compile("^Looked at 29 times")).wait_for()
        assert box.input_value() == "29"
        box.fill("40")
        box.press("Enter")
        panel.locator(".widget-html").get_by_text(re.compile("^Looked at 40 times")).wait_for()
        assert handle.get_attribute("aria-valuenow") in {"40", "40.0"}
        panel.get_by_role("button", name="Throw away").click()
        said.wait_for()
        assert said.text_content() == before


def test_what_the_start_page_shows_is_accessible_and_fits(chromium: Any, lab: Lab) -> None:
    """JupyterLab's own menus, file list and cells are left out: they are not ours to mend."""
    with tab(chromium, viewport={"width": 1280, "height": 3200}) as page:
        page.goto(lab.notebook("0-start.ipynb"))
        run_all(page)
        page.get_by_role("button", name="Edit the mapping").click()
        page.get_by_role("button", name="Save mapping").wait_for()
        for theme in ("JupyterLab Light", "JupyterLab Dark"):
            themed(page, theme)
            for width in (1280, 800):
                page.set_viewport_size({"width": width, "height": 3200})
                assert axe(page, within=".jp-OutputArea-output > *") == [], (theme, width)
                assert page.evaluate(CUT) == [], (theme, width)


def opens(page: Any) -> None:
    """The report opens whole from its link, with its script and its workbook; the workbook is a download too."""
    failed: list[str] = []
    page.context.on("weberror", lambda found: failed.append(str(found.error)))
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Report", exact=True).click()
    report = opened.value
    report.get_by_role("heading", level=1).first.wait_for()
    assert "Marlow Home" in report.title()
    assert report.evaluate("document.querySelector('html').innerHTML.endsWith('</body>')")
    assert report.evaluate("origin") == "null", "its script reaches no kernel"
    with report.expect_download() as got:
        report.locator("a[href='evidence.xlsx']").first.click()
    assert Path(got.value.path()).read_bytes().startswith(b"PK")
    assert not failed
    report.close()
    with page.expect_download() as got:
        page.get_by_role("link", name="Evidence as a workbook").click()
    assert Path(got.value.path()).read_bytes().startswith(b"PK")
    assert got.value.suggested_filename.endswith("evidence.xlsx")


def build(page: Any) -> None:
    """Build the report; the page stays alive meanwhile."""
    page.get_by_role("button", name="Build report").click()
    page.get_by_text("step 2 of").wait_for()
    page.get_by_label("stage", exact=True).select_option(label="Prove")
    page.get_by_text(f"{CLIENT}: the report is built.").wait_for(timeout=BUILT)


def write(page: Any, text: str) -> None:
    """Type into the box of the commentary."""
    box = page.get_by_label("comment", exact=True)
    box.fill(text)
    box.press("Tab")


def halve(table: Path) -> None:
    """Leave every second row of a table out."""
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text("".join([lines[0], *lines[1::2]]), encoding="utf-8")

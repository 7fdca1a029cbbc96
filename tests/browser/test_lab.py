"""The workbook in a real JupyterLab: what a consultant sees is what the stage says, and nothing leaves the machine."""

from __future__ import annotations

import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from cxkit.engagement.desk import Desk, open_desk
from cxkit.engagement.recipes import CLASSES, RECIPES
from cxkit.records import Result
from tests.browser.labs import Lab, run_all, serving, tab

pytestmark = [pytest.mark.browser, pytest.mark.run]

CLIENT = "northbeam"
TITLES = """() => Object.fromEntries([...document.querySelectorAll('[data-block]')].map(
    node => [node.dataset.block, node.firstElementChild.textContent.trim()]))"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """``cxkit lab`` on a sample client."""
    with serving(tmp_path_factory.mktemp("lab"), CLIENT) as running:
        yield running


@pytest.fixture
def page(chromium: Any, lab: Lab) -> Iterator[Any]:
    """A tab of a browser that has never been here."""
    with tab(chromium) as opened:
        yield opened


@pytest.fixture(scope="module")
def desk(lab: Lab) -> Desk:
    return open_desk("quantify", client=CLIENT, data_dir=lab.data)


def expected(*given: Result) -> dict[str, str]:
    return {f.key: f.title for result in given for f in result.findings}


def test_server_is_for_this_machine_and_this_person(lab: Lab) -> None:
    port = urlsplit(lab.address).port
    assert port
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/api/contents", timeout=10)
    if sys.platform == "linux":  # there the whole of 127.0.0.0/8 is this machine, and a wildcard would answer
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), timeout=10)


def test_start_page_opens_and_asks_nothing(page: Any, lab: Lab) -> None:
    page.goto(lab.address)
    page.get_by_role("heading", name="Start here").wait_for()
    run_all(page)
    page.locator(".jp-OutputArea").get_by_text("Northbeam Software: data to 31 October 2026").wait_for()
    text = page.locator("body").inner_text()
    assert "official Jupyter news" not in text
    assert page.locator(".jp-Dialog").count() == 0


def test_findings_and_panel_say_what_the_stage_says(page: Any, lab: Lab, desk: Desk) -> None:
    page.goto(lab.notebook("2-quantify.ipynb"))
    run_all(page)
    cases = RECIPES["quantify.cases"](desk)
    shown = page.evaluate(TITLES)
    wanted = expected(*(desk.load(cls) for name, cls in CLASSES.items() if name.startswith("quantify.")))
    assert len(shown) > 8
    assert shown == {key: title for key, title in wanted.items() if key in shown}
    assert {k for k in wanted if k.startswith(("quantify.scorecard.", "quantify.cases."))} <= shown.keys()
    assert page.locator(".jp-OutputArea figure svg").count() >= 3
    assert page.locator(".jp-RenderedText[data-mime-type*=error]").count() == 0

    headline = cases.finding("quantify.cases.total").title
    panel = page.locator(".jp-OutputArea .widget-vbox").first
    panel.get_by_text(headline, exact=True).wait_for()
    desk.settings.discount_rate, before = 0.25, desk.settings.discount_rate
    moved = RECIPES["quantify.cases"](desk).finding("quantify.cases.total").title
    desk.settings.discount_rate = before
    assert moved != headline
    box = panel.locator(".widget-hbox", has_text="discount rate").last.locator("input[type=number]")
    box.fill("0.25")
    box.press("Enter")
    panel.get_by_text(moved, exact=True).wait_for()
    panel.get_by_role("button", name="Throw away").click()
    panel.get_by_text(headline, exact=True).wait_for()
    assert not (lab.data / CLIENT / "engagement.json").exists()


def test_panels_of_align_choose_and_rank_again(page: Any, lab: Lab, desk: Desk) -> None:
    page.goto(lab.notebook("1-align.ipynb"))
    run_all(page)
    assert page.locator(".jp-RenderedText[data-mime-type*=error]").count() == 0
    panels = page.locator(".jp-OutputArea .widget-vbox")

    answers = panels.filter(has=page.locator("select")).filter(has_text="every level").first
    answers.get_by_text("People rate alignment at", exact=False).wait_for()
    answers.scroll_into_view_if_needed()
    before = answers.locator("table").text_content()
    answers.locator("select").nth(1).select_option(label="executives")
    answers.get_by_text("People rate alignment at", exact=False).wait_for(state="detached")
    assert answers.locator("table").text_content() not in {"", before}

    pay = panels.filter(has_text="conflicts of").first
    pay.scroll_into_view_if_needed()
    first = pay.locator("table tr").nth(1)
    assert "New yearly revenue" in first.text_content()
    weight = pay.locator(".widget-hbox", has_text="New yearly revenue").first.locator("input[type=number]")
    weight.fill("0")
    weight.press("Enter")
    pay.locator("table tr").nth(1).get_by_text("Minutes per ticket", exact=True).wait_for()
    assert not (lab.data / CLIENT / "engagement.json").exists()

"""The workbook in a real JupyterLab: what a consultant sees is what the stage says, and nothing leaves the machine."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from cxkit.engagement.desk import Desk, open_desk
from cxkit.engagement.recipes import CLASSES, RECIPES
from cxkit.records import Result
from tests.conftest import ROOT, absent

pytestmark = [pytest.mark.browser, pytest.mark.run, pytest.mark.xdist_group("lab")]

CLIENT = "northbeam"
PATIENCE = 90_000
"""Milliseconds to wait for a kernel on a busy machine."""
TITLES = """() => Object.fromEntries([...document.querySelectorAll('[data-block]')].map(
    node => [node.dataset.block, node.firstElementChild.textContent.trim()]))"""
DONE = """() => [...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputPrompt')].every(
    node => /[0-9]/.test(node.textContent))"""


@dataclass(frozen=True)
class Lab:
    """A running ``cxkit lab``."""

    address: str
    data: Path

    def notebook(self, name: str) -> str:
        """Address of another notebook."""
        return self.address.replace("0-start.ipynb", name) + "&reset"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        absent("browser", "no Chromium is installed")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        absent("browser", "playwright is not installed (pip install 'cxkit[browser]')")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def lab(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """``cxkit lab`` from an empty profile on a copy of a sample client; Ctrl+C must end it without a word."""
    place = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "data" / CLIENT, place / "data" / CLIENT, ignore=shutil.ignore_patterns("work", "notebooks"))
    profile = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "IPYTHON", "CXKIT", "XDG_"))}
    profile |= {"HOME": str(place / "home"), "USERPROFILE": str(place / "home"), "PYTHONUNBUFFERED": "1"}
    (place / "home").mkdir()
    command = [sys.executable, "-m", "cxkit.cli", "lab", CLIENT, "--no-browser", "--data-dir", str(place / "data")]
    with (place / "stderr").open("w") as told:
        server = subprocess.Popen(
            command, cwd=place, env=profile, stdout=subprocess.PIPE, stderr=told, text=True, encoding="utf-8"
        )
    try:
        assert server.stdout is not None
        said = server.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/lab/tree/0-start\.ipynb\?token=\w+", said)
        assert found, said + (place / "stderr").read_text(encoding="utf-8")
        yield Lab(found.group(0), place / "data")
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 0
        assert "Traceback" not in (place / "stderr").read_text(encoding="utf-8")
    finally:
        if server.poll() is None:
            server.kill()
        server.communicate()


@pytest.fixture
def page(chromium: Any, lab: Lab) -> Iterator[Any]:
    """A tab; afterwards every request went to this machine and no script failed."""
    context = chromium.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(PATIENCE)
    tab = context.new_page()
    asked: list[str] = []
    failed: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    tab.on("websocket", lambda opened: asked.append(opened.url))
    tab.on("pageerror", lambda error: failed.append(str(error)))
    yield tab
    context.close()
    assert asked
    outside = [url for url in asked if urlsplit(url).scheme not in {"data", "blob"}]
    assert {urlsplit(url).hostname for url in outside} == {"127.0.0.1"}
    assert not failed


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
    assert page.locator(".jp-OutputArea").get_by_text("Northbeam Software: data to 31 October 2026").count() == 1
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


def run_all(page: Any) -> None:
    """Run every cell from the menu, as a consultant does, and wait for the last one."""
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.locator(".jp-StatusBar-Widget").get_by_text("Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(DONE)

"""What clients open, in a real browser: no request, no console error, for every reader, screen, paper and keyboard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.browser.looking import (
    DESKTOP,
    NARROW,
    PHONE,
    STICKS_OUT,
    axe,
    drawings,
    faint,
    focused,
    injected,
    listening,
    opened,
)
from tests.conftest import SAMPLES, Ran

pytestmark = [pytest.mark.browser, pytest.mark.run]

FULL = ("brightline", "northbeam")
"""Clients with results in every stage; their reports are the longest."""
BESIDE = ("council.html", "playbook.html")
SCREENS = {
    "light on a desktop": (DESKTOP, "light"),
    "dark on a desktop": (DESKTOP, "dark"),
    "light on a phone": (PHONE, "light"),
    "dark on a phone": (PHONE, "dark"),
}
WHOLE = ("TR", "TH", "TD", "Figure", "Art", "H1", "H2", "H3", "H4", "Caption")
"""Parts of a report that no page break may cut."""
UNFOLD = "document.querySelectorAll('details').forEach(one => { one.open = true })"


def pages(ran: Ran, client: str) -> list[Path]:
    """Everything of a client that opens in a browser."""
    from cxkit.batch.board import write_board

    return [ran.place(client) / "report.html", *(ran.place(client) / name for name in BESIDE), write_board(ran.runs)]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.parametrize("client", SAMPLES)
def test_report_opens_without_a_request_or_a_console_error(chromium: Any, ran: Ran, client: str, scripts: bool) -> None:
    with opened(chromium, ran.place(client) / "report.html", scripts=scripts) as page:
        page.wait_for_timeout(300)
        assert page.said == []
        assert page.asked == []
        assert page.locator("h1").inner_text().strip()
        assert page.locator("body button").count() == 0 or scripts
        names = drawings(page)
        assert len(names) > 5
        assert [name for name in names if len(name.strip()) < 12] == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_what_lies_beside_opens_without_a_request_or_a_console_error(chromium: Any, ran: Ran, scripts: bool) -> None:
    for path in pages(ran, "brightline")[1:]:
        with opened(chromium, path, scripts=scripts) as page:
            page.wait_for_timeout(100)
            assert page.said == [], path.name
            assert page.asked == [], path.name
            assert page.locator("h1").inner_text().strip(), path.name


@pytest.fixture
def away() -> Iterator[ThreadingHTTPServer]:
    with listening() as server:
        yield server


def test_nothing_that_is_put_into_a_page_runs_or_fetches(chromium: Any, ran: Ran, away: Any, tmp_path: Path) -> None:
    for path in pages(ran, "brightline"):
        text = path.read_text(encoding="utf-8")
        head = text[: text.index("<style>")]
        assert head.count('http-equiv="Content-Security-Policy"') == 1, path.name
        assert "default-src &#39;none&#39;" in head or "default-src 'none'" in head, path.name
        copy = tmp_path / path.name
        copy.write_text(injected(text, away), encoding="utf-8")
        with opened(chromium, copy) as page:
            title = page.title()
            page.locator("#planted").click()
            page.wait_for_timeout(200)
            assert page.title() == title != "ran", path.name
            assert page.locator("h1").is_visible(), path.name
            refused = " ".join(page.said)
            for directive in ("script-src", "img-src", "style-src"):
                assert directive in refused, (path.name, directive)
        assert away.asked == [], path.name


@pytest.mark.parametrize(
    ("client", "screen"),
    [
        ("brightline", "light on a desktop"),
        ("brightline", "dark on a phone"),
        ("northbeam", "dark on a desktop"),
        ("northbeam", "light on a phone"),
    ],
)
def test_axe_finds_nothing_on_a_full_report(chromium: Any, ran: Ran, client: str, screen: str) -> None:
    """On a phone with every fold open; contrast, the slow rule, on the desktop: `faint` knows it elsewhere."""
    size, scheme = SCREENS[screen]
    with opened(chromium, ran.place(client) / "report.html", size=size, scheme=scheme) as page:
        if size == PHONE:
            page.evaluate(UNFOLD)
        assert axe(page, contrast=size == DESKTOP) == []


@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing_on_what_lies_beside(chromium: Any, ran: Ran, screen: str) -> None:
    size, scheme = SCREENS[screen]
    for path in pages(ran, "brightline")[1:]:
        with opened(chromium, path, size=size, scheme=scheme) as page:
            assert axe(page) == [], path.name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_is_read_against_its_ground(chromium: Any, ran: Ran, scheme: str) -> None:
    for path in [*pages(ran, "brightline"), ran.place("northbeam") / "report.html"]:
        with opened(chromium, path, scheme=scheme) as page:
            page.evaluate(UNFOLD)
            assert faint(page) == [], path.name
            ground = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
            assert (sum(ground) < 150) == (scheme == "dark"), path.name


@pytest.mark.parametrize("size", [PHONE, NARROW], ids=["390 wide", "320 wide"])
def test_a_phone_scrolls_in_one_direction(chromium: Any, ran: Ran, size: tuple[int, int]) -> None:
    for path in [*pages(ran, "brightline"), ran.place("northbeam") / "report.html"]:
        with opened(chromium, path, size=size) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path.name
            assert page.evaluate(STICKS_OUT) == [], path.name


def test_without_scripts_every_link_and_every_fold_works(chromium: Any, ran: Ran) -> None:
    with opened(chromium, ran.place("brightline") / "report.html", scripts=False) as page:
        first = page.locator("h1 a.n, .lead a.n").first
        target = str(first.get_attribute("href"))
        first.click()
        assert page.url.endswith(target)
        assert page.locator(target).is_visible()
        fold = page.locator("details").last
        fold.locator("summary").click()
        assert fold.get_attribute("open") is not None
        assert page.locator("button, dialog").count() == 0


def test_every_link_of_a_page_leads_somewhere(chromium: Any, ran: Ran) -> None:
    for path in [*pages(ran, "brightline"), *pages(ran, "northbeam")[:-1]]:
        with opened(chromium, path) as page:
            dangling = page.evaluate(
                """() => [...document.querySelectorAll('a[href^="#"]')].map(a => a.getAttribute('href'))
                    .filter(to => to !== '#' && !document.getElementById(decodeURIComponent(to.slice(1))))"""
            )
            assert dangling == [], path.name
            files = page.evaluate(
                """() => [...document.querySelectorAll('a[href]:not([href^="#"])')].map(a => a.getAttribute('href'))"""
            )
            assert [to for to in files if not (path.parent / to.split("#")[0]).is_file()] == [], path.name


def test_it_prints_with_nothing_cut(chromium: Any, ran: Ran, tmp_path: Path) -> None:
    from tests.browser.printed import blank, parts

    printed = tmp_path / "report.pdf"
    with opened(chromium, ran.place("brightline") / "report.html") as page:
        page.pdf(path=printed, prefer_css_page_size=True, tagged=True)
    held = parts(printed)
    counted = Counter(part.tag for part in held)
    assert counted["H1"] == 1
    assert min(counted["TR"], counted["Figure"], counted["Art"]) > 5, counted
    assert [part for part in held if part.tag in WHOLE and len(part.sheets) > 1 and not part.head] == []
    short = [part for part in held if part.tag == "Table" and len(part.sheets) > 1 and part.parts < 7]
    assert short == []
    left = blank(printed)
    assert len(left) < 60
    assert len([share for share in left[:-1] if share > 0.45]) <= len(left) / 15, left


def test_the_keyboard_meets_the_conclusion_the_decisions_and_the_contents_in_turn(chromium: Any, ran: Ran) -> None:
    for client in FULL:
        with opened(chromium, ran.place(client) / "report.html") as page:
            stops = []
            for _ in range(60):
                page.keyboard.press("Tab")
                stops.append(focused(page))
                if "toc" in str(stops[-1]["place"]):
                    break
            assert stops[0]["name"] == "skip"
            assert all(stop["ring"] and stop["seen"] for stop in stops), [s for s in stops if not s["ring"]]
            places = [str(stop["place"]) for stop in stops]
            first = {part: next(i for i, place in enumerate(places) if part in place) for part in ("decide", "toc")}
            conclusion = next(i for i, stop in enumerate(stops) if stop["heading"] or "lead" in str(stop["place"]))
            assert 0 < conclusion < first["decide"] < first["toc"], places


def test_a_number_is_walked_back_by_keyboard_alone(chromium: Any, ran: Ran) -> None:
    with opened(chromium, ran.place("brightline") / "report.html") as page:
        number = page.locator("h1 a.n, .lead a.n").first
        number.focus()
        before = focused(page)
        page.keyboard.press("Enter")
        box = page.locator("dialog[open]")
        assert box.is_visible()
        assert box.locator("dt").count() > 2
        inside = page.evaluate("document.activeElement.closest('dialog') !== null")
        assert inside
        for _ in range(12):
            page.keyboard.press("Tab")
            assert page.evaluate(
                "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
            )
        page.keyboard.press("Escape")
        assert page.locator("dialog[open]").count() == 0
        assert focused(page)["hash"] == before["hash"]
        page.keyboard.press("Enter")
        link = page.locator("dialog[open] .bar a[href^='#e-']:not(.ev)")
        link.focus()
        target = link.get_attribute("href")
        page.keyboard.press("Enter")
        assert page.locator("dialog[open]").count() == 0
        assert page.evaluate("location.hash") == target
        assert page.locator(f"[id='{str(target)[1:]}']").is_visible()


def test_board_links_to_every_report_and_sorts_by_keyboard(chromium: Any, ran: Ran) -> None:
    with opened(chromium, pages(ran, "brightline")[-1]) as page:
        links = page.locator("a[href$='report.html']")
        assert links.count() == len(SAMPLES)
        names = links.all_inner_texts()
        sort = page.locator("thead button", has_text="Client").first
        sort.focus()
        page.keyboard.press("Enter")
        assert page.locator("th[aria-sort=ascending]").count() == 1
        assert links.all_inner_texts() == sorted(names)
        page.keyboard.press("Space")
        assert links.all_inner_texts() == sorted(names, reverse=True)
        links.first.click()
        assert page.url.endswith("report.html")

"""What the checks of a page find on a page that is broken: each of them can fail."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from cxkit.report.page import build
from tests.browser.looking import axe, drawings, injected, listening, opened
from tests.report.sample import sample

pytestmark = pytest.mark.browser

NAMED = re.compile(r' (?:aria-label|aria-labelledby|alt)=(?:"[^"]*"|[^\s>]+)')
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')


@pytest.fixture(scope="module")
def whole() -> str:
    """A report with a figure in it."""
    return build(sample())


def written(place: Path, html: str) -> Path:
    path = place / "report.html"
    path.write_text(html, encoding="utf-8")
    return path


def test_a_figure_without_its_alternative_text_is_found(chromium: Any, whole: str, tmp_path: Path) -> None:
    figure = re.search(r"(?s)<figure.*?(<svg[^>]*>)", whole)
    assert figure is not None
    drawn = figure[1]
    with opened(chromium, written(tmp_path, whole)) as page:
        assert all(len(name.strip()) >= 12 for name in drawings(page))
        assert axe(page, contrast=False) == []
    bare = NAMED.sub("", drawn)
    assert bare != drawn
    broken = whole.replace(drawn, bare, 1)
    with opened(chromium, written(tmp_path, broken)) as page:
        assert "" in [name.strip() for name in drawings(page)]
        assert any("svg-img-alt" in found for found in axe(page, contrast=False))


def test_only_the_policy_keeps_what_is_put_into_a_page_from_acting(chromium: Any, whole: str, tmp_path: Path) -> None:
    open_page, count = POLICY.subn("", whole)
    assert count == 1
    for html, acts in ((whole, False), (open_page, True)):
        with listening() as away, opened(chromium, written(tmp_path, injected(html, away))) as page:
            page.wait_for_timeout(300)
            assert (page.title() == "ran") is acts
            assert page.locator("h1").first.is_visible() is not acts
            fetched = {"/pixel.png", "/frame.html", "/script.js", "/sheet.css"}
            assert set(away.asked) == (fetched if acts else set())


def test_a_request_and_a_word_on_the_console_are_found(chromium: Any, whole: str, tmp_path: Path) -> None:
    with opened(chromium, written(tmp_path, whole)) as page:
        assert (page.asked, page.said) == ([], [])
    remote = whole.replace("<main", '<img alt="" src="http://127.0.0.1:9/pixel.png"><main', 1)
    with opened(chromium, written(tmp_path, remote)) as page:
        assert page.asked or page.said
        assert any("img-src" in said for said in page.said)

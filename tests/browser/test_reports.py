"""The reports of the sample clients, opened by double click: no request, no console error, readable without scripts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import SAMPLES, Ran

pytestmark = [pytest.mark.browser, pytest.mark.run, pytest.mark.xdist_group("samples")]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.parametrize("client", SAMPLES)
def test_report_opens_without_a_request_or_a_console_error(chromium: Any, ran: Ran, client: str, scripts: bool) -> None:
    report = ran.place(client) / "report.html"
    context = chromium.new_context(java_script_enabled=scripts)
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    page.wait_for_timeout(300)
    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == [report.as_uri()]
    assert page.locator("h1").inner_text().strip()
    for figure in page.locator("figure svg, figure img").all():
        name = (
            figure.get_attribute("aria-label") or figure.get_attribute("alt") or figure.get_attribute("aria-labelledby")
        )
        assert name
    context.close()


def test_board_links_to_every_report(chromium: Any, ran: Ran) -> None:
    from cxkit.batch.board import write_board

    board = write_board(ran.runs)
    page = chromium.new_page()
    page.goto(board.as_uri())
    links = page.locator("a[href$='report.html']")
    assert links.count() == len(SAMPLES)
    links.first.click()
    assert page.url.endswith("report.html")
    page.close()

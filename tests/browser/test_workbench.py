"""The start page in a real JupyterLab, from an empty profile to a built report and to what needs review afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cxkit.engagement.store import read_store
from tests.browser.labs import Lab, run_all, serving, tab

pytestmark = [pytest.mark.browser, pytest.mark.run, pytest.mark.heavy, pytest.mark.xdist_group("lab")]

CLIENT = "marlow"
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

        build(page)
        with page.context.expect_page() as opened:
            page.get_by_role("link", name="Report", exact=True).click()
        opened.value.get_by_role("heading", level=1).first.wait_for()
        assert "Marlow Home" in opened.value.title()
        opened.value.close()

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

        halve(lab.data / CLIENT / "tables" / "orders.csv")
        build(page)
        page.get_by_role("button", name="It still holds: confirm comment:C1").wait_for()
        assert page.locator(".jp-OutputArea").get_by_text("▲ needs review").count() >= 2


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

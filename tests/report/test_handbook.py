"""The playbook: everything a person on the line needs, nothing that acts, nothing personal."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cxkit import shipped
from cxkit.metrics.clock import Week
from cxkit.orchestrate import PlayBook, moment_register, play_register, plays
from cxkit.report import handbook
from cxkit.report.handbook_desks import place_of
from cxkit.report.inputs import Privacy, ReportInput
from cxkit.tables.engine import Tables

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>"
LISTS = {"Journey Owners": "actions/journey-owners.csv"}


@pytest.fixture(scope="module")
def given() -> ReportInput:
    moments = pd.DataFrame(
        {
            "moment_id": ["m1", "m2"],
            "moment": ["Install", EVIL],
            "journey": ["Join", "Join"],
            "position": [2, 1],
            "owner": ["Ada Lovelace", None],
            "owner_role": ["Journey Owners", None],
            "sla_hours": [24.0, None],
            "calendar": ["desk", None],
            "knowledge": ["Guide by Ada Lovelace, ada@example.org", None],
            "self_serve": [None, None],
        }
    )
    surveys = pd.DataFrame(
        {
            "response_id": ["r1"],
            "metric": "nps",
            "score": [2],
            "answered": ["2026-10-24"],
            "account_id": ["a-secret"],
            "moment_id": ["m1"],
            "contacted": None,
        }
    )
    backlog = pd.DataFrame({"item_id": ["b"], "moment_id": ["m1"], "item": ["Shorter form"], "created": ["2026-01-01"], "value_per_month": [900]})  # fmt: skip # noqa: E501
    tables = Tables.from_frames({"moments": moments, "surveys": surveys, "backlog": backlog}, as_of=date(2026, 10, 31))
    return ReportInput(
        client="Harbor & Sons",
        as_of=date(2026, 10, 31),
        results=(moment_register(tables), plays(tables, register=book(), window_months=1)),
        privacy=Privacy(people=("Ada Lovelace",)),
    )


def book() -> PlayBook:
    own = [{"id": "call_back_unhappy", "name": EVIL}, {"id": "usage_falls", "off": True}]
    return play_register(shipped.yaml("playbook/plays.yml"), own)


@pytest.fixture(scope="module")
def html(given: ReportInput) -> str:
    week = Week(dict.fromkeys(range(1, 6), ((8.5, 17.0),)), frozenset({date(2026, 12, 25), date(2026, 1, 1)}))
    return handbook.build(given, book=book(), calendars={"desk": week}, lists=LISTS)


def test_moments_stand_in_the_order_of_the_journey_with_what_is_missing(html: str, given: ReportInput) -> None:
    page = handbook.assemble(given, book=book(), calendars={}, lists=LISTS)
    first, second = page.journeys[0].moments
    assert (first.owner, first.limit) == ("", "")
    assert {"an owner", "a time limit"} <= set(first.lacks)
    assert (second.name, second.owner, second.limit, second.calendar) == (
        "Install",
        "Journey Owners",
        "24 hours",
        "desk",
    )
    assert second.waits[0].startswith("Shorter form (")
    assert [c.count for c in second.plays if c.place == "p-call_5fback_5funhappy"] == ["1 today"]
    assert "Nobody answers for it" in html


def test_every_play_says_trigger_owner_time_steps_and_what_is_not_known(html: str) -> None:
    for play in book().plays:
        assert f'id="{place_of(play.id)}"' in html
    assert "Expected, not yet shown:" in html
    assert "an answer of NPS 0–6, CSAT 1–2 or CES 1–3 in the last 30 days" in html
    assert "It would take accounts (account_id, started, renewal)" in html
    assert "Switched off for this client: usage_falls" in html
    assert "Monday to Friday" in html
    assert "25 December 2026" in html
    assert "1 January 2026" not in html


def test_hostile_text_stays_text_and_nobody_is_named(html: str) -> None:
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html
    assert "Lovelace" not in html
    assert "example.org" not in html
    assert "a-secret" not in html


def test_it_stands_alone_and_its_links_are_relative(html: str) -> None:
    links = set(re.findall(r'href="([^"]*)"', html))
    assert {"report.html", "actions/journey-owners.csv"} <= links
    assert not [link for link in links if re.match(r"[a-z+.-]*:|/|\.\.", link)]
    ids = set(re.findall(r' id="([^"]*)"', html))
    assert {link[1:] for link in links if link.startswith("#")} <= ids
    tags = re.findall(r"<[a-z][^>]*>", html)
    assert not [t for t in tags if re.search(r"\bsrc=|style=|\son\w+=", t)]
    assert not re.search(r"url\(|@import", html)
    assert "script-src 'none'" in html.replace("&#39;", "'")


def test_the_same_input_is_the_same_bytes(html: str, given: ReportInput) -> None:
    week = Week(dict.fromkeys(range(1, 6), ((8.5, 17.0),)), frozenset({date(2026, 12, 25), date(2026, 1, 1)}))
    assert handbook.build(given, book=book(), calendars={"desk": week}, lists=LISTS) == html


def test_without_moments_or_plays_evaluated_it_still_reads(given: ReportInput) -> None:
    bare = handbook.build(given.model_copy(update={"results": ()}), book=book(), calendars={}, lists={})
    assert "Nobody has written down which moments" in bare
    assert "not evaluated" in bare


@pytest.mark.browser
def test_a_browser_opens_it_without_a_request_and_lays_it_out(chromium: Any, html: str, tmp_path: Path) -> None:
    path = tmp_path / "playbook.html"
    path.write_text(html, encoding="utf-8")
    for width in (1300, 390):
        context = chromium.new_context(viewport={"width": width, "height": 900})
        page, seen = context.new_page(), []
        page.on("console", lambda message, seen=seen: seen.append(message.text))
        page.on("request", lambda request, seen=seen: seen.append(request.url))
        page.goto(path.as_uri())
        assert seen == [path.as_uri()]
        assert page.title() == "Harbor & Sons — CX playbook, data to 31 October 2026"
        assert page.evaluate("document.styleSheets.length") == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        context.close()

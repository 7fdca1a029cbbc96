"""This report against the one before: beyond chance or not, new, gone, defined anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxkit.engagement.results import findings_document
from cxkit.records import Finding
from cxkit.report.changes import MOST, compare, moved, since
from cxkit.report.page import build


def rate(value: float, half: float = 0.02, **given: Any) -> Finding:
    said = {"id": "quantify.scorecard.grr", "stage": "quantify", "title": f"Kept {value:.0%}", "unit": "ratio"} | given
    return Finding(value=value, low=value - half, high=value + half, definition="grr@1", **said)


def test_what_moved_came_and_went_is_told_and_the_rest_counted():
    before = findings_document(
        [rate(0.9), rate(0.7, id="quantify.scorecard.nrr"), rate(0.5, id="quantify.scorecard.fcr")]
    )
    now = [
        rate(0.8),
        rate(0.69, id="quantify.scorecard.nrr"),
        rate(0.3, id="prove.effect", stage="prove", tone="good"),
        rate(0.3, id="prove.idle", stage="prove"),
        rate(0.3, id="data.x", stage="data", tone="bad"),
    ]
    made = compare(before, now, day="2026-09-30")
    assert [(c.kind, c.key, c.was, c.now) for c in made.changes] == [
        ("moved", "quantify.scorecard.grr", "90.0\u202f% (88.0 to 92.0\u202f%)", "80.0\u202f% (78.0 to 82.0\u202f%)"),
        ("gone", "", "50.0\u202f% (48.0 to 52.0\u202f%)", ""),
        ("new", "prove.effect", "", "30.0\u202f% (28.0 to 32.0\u202f%)"),
    ]
    assert (made.steady, made.untold, made.more) == (1, 0, 0)
    assert made.counts == {"moved": 1, "turned": 0, "redefined": 0, "new": 1, "gone": 1}


def test_a_number_without_an_interval_is_neither_moved_nor_steady():
    exact = Finding(id="instrument.loops", stage="instrument", title="6 loops", value=6.0, unit="count")
    made = compare(findings_document([exact.model_copy(update={"value": 9.0})]), [exact], day="2026-09-30")
    assert (made.changes, made.steady, made.untold) == ((), 0, 1)
    comparing = rate(0.3, id="govern.council.moved", stage="govern", tone="bad")
    assert compare([], [comparing], day="2026-09-30").changes == ()


def test_a_metric_defined_anew_is_not_compared():
    before = findings_document([rate(0.9)])
    new = rate(0.5).model_copy(update={"definition": "grr@2"})
    (told,) = compare(before, [new], day="2026-09-30").changes
    assert (told.kind, told.was, told.now) == ("redefined", "", "")


def toned(findings: list[Finding]) -> list[dict[str, Any]]:
    return [{**record, "tone": f.tone} for record, f in zip(findings_document(findings), findings, strict=True)]


@pytest.mark.parametrize(
    ("was", "tone", "now", "told"),
    [
        (rate(0.9, tone="good"), "bad", 0.89, [("turned", "bad")]),
        (rate(0.9, tone="bad"), "good", 0.89, [("turned", "good")]),
        (rate(0.9, tone="good"), "bad", 0.5, [("moved", "bad")]),
        (rate(0.9, tone="good"), "good", 0.5, [("moved", "")]),
        (rate(0.9, tone="good"), "unknown", 0.89, []),
        (rate(0.9, tone="neutral"), "bad", 0.89, []),
    ],
)
def test_a_judgement_that_turned_is_told_beside_whether_the_number_moved(
    was: Finding, tone: str, now: float, told: list[tuple[str, str]]
) -> None:
    made = compare(toned([was]), [rate(now, tone=tone)], day="2026-09-30")
    assert [(c.kind, c.turned) for c in made.changes] == told
    blind = compare(findings_document([was]), [rate(now, tone=tone)], day="2026-09-30")
    assert all(c.kind != "turned" for c in blind.changes), "what it was called is not known"


def test_decisions_since_the_report_before_are_told_in_the_order_of_their_days() -> None:
    rows: list[dict[str, Any]] = [
        {"initiative_id": "I1", "verdict": "fund", "decided": date(2026, 9, 1), "done": date(2026, 10, 20)},
        {"initiative_id": "I2", "verdict": "stop", "decided": date(2026, 10, 8), "withdrawn": date(2026, 10, 9)},
        {"initiative_id": None, "verdict": "meet monthly", "decided": date(2026, 9, 30), "owner_role": "CXO/PMO"},
    ]
    made = since(rows, date(2026, 9, 30), {"I1": "Call back"})
    assert [(t.kind, t.day, t.about) for t in made] == [
        ("decided", "8 October 2026", "I2: stop"),
        ("withdrawn", "9 October 2026", "I2: stop"),
        ("done", "20 October 2026", "Call back: fund"),
    ]


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en_GB", ("was good, is bad now", "Decisions since then", "carried out", "20 October 2026")),
        ("de_DE", ("war gut, ist jetzt schlecht", "Entscheidungen seither", "ausgeführt", "20. Oktober 2026")),
    ],
)
def test_the_page_tells_both_in_its_language(sample: Callable[..., Any], locale: str, said: tuple[str, ...]) -> None:
    done = since([{"verdict": "fund <b>", "done": date(2026, 10, 20)}], date(2026, 9, 30), {})
    made = compare(toned([rate(0.9, tone="good")]), [rate(0.89, tone="bad")], day="2026-09-30", taken=done)
    page = build(sample(changes=made, locale=locale))
    assert all(text in page for text in said)
    assert "fund &lt;b&gt;" in page


def test_a_long_list_is_cut_and_counted():
    many = [rate(0.9, subject=f"s{n:02}", weight=float(n)) for n in range(20)]
    now = [rate(0.5, subject=f"s{n:02}", weight=float(n)) for n in range(20)]
    made = compare(findings_document(many), now, day="2026-09-30")
    assert (len(made.changes), made.more) == (MOST, 20 - MOST)
    assert made.changes[0].key.endswith("s19")


@given(a=st.floats(-5, 5), b=st.floats(-5, 5), h=st.floats(0.001, 3), g=st.floats(0.001, 3))
def test_intervals_that_do_not_touch_have_moved_and_a_value_within_the_other_s_has_not(a, b, h, g):
    old = {"value": a, "low": a - h, "high": a + h}
    new = Finding(id="prove.x", stage="prove", title="x", value=b, low=b - g, high=b + g)
    if abs(a - b) > h + g:
        assert moved(old, new)
    if abs(a - b) <= max(h, g):
        assert not moved(old, new)
    assert not moved({"value": a, "low": None, "high": None}, new)


@pytest.mark.parametrize("value", [float("inf"), None])
def test_what_has_no_end_is_not_compared(value):
    new = Finding(id="prove.x", stage="prove", title="x", value=1.0, low=0.5, high=1.5)
    assert not moved({"value": value, "low": 0.0, "high": value}, new)

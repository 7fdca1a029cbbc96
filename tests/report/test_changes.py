"""This report against the one before: beyond chance or not, new, gone, defined anew."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxkit.engagement.results import findings_document
from cxkit.records import Finding
from cxkit.report.changes import MOST, compare, moved


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
    assert made.counts == {"moved": 1, "redefined": 0, "new": 1, "gone": 1}


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

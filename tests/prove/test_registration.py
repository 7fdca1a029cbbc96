"""Registered before the data, or not: hashes that keep, changes that cannot pass as a plan."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxkit.engagement.history import Registration
from cxkit.prove import registration
from cxkit.prove.registration import departures, filed, registered, withdrawn
from cxkit.tables.engine import Tables
from tests.prove.conftest import PLAN

UNITS = pd.DataFrame(
    {"experiment_id": "x1", "unit_id": ["1", "2"], "arm": ["control", "t1"], "assigned": "2026-02-10 08:00:00"}
)


def tables(
    *, as_of: date = date(2026, 3, 31), drawn: bool = True, more: dict[str, pd.DataFrame] | None = None, **plan: Any
) -> Tables:
    frames = {"experiments": pd.DataFrame([PLAN | {"started": None, "ended": None} | plan])}
    if drawn:
        frames["assignments"] = UNITS
    return Tables.from_frames(frames | (more or {}), as_of=as_of)


def seen(day: str, **plan: Any) -> Registration:
    """What a run of that day wrote down."""
    (one,) = registered(tables(as_of=date.fromisoformat(day), drawn=False, **plan))
    return Registration(experiment_id="x1", hash=one["hash"], seen=day, fields=one["fields"])


def further(**change: Any) -> dict[str, pd.DataFrame]:
    row = {
        "experiment_id": "x1", "metric": "complaints", "role": "guardrail", "kind": "binary", "direction": "down",
        "margin": 0.01, "registered": "2026-01-01",
    }  # fmt: skip
    return {"experiment_metrics": pd.DataFrame([row | change])}


def test_the_hash_is_that_of_sixteen_digits_over_the_canonical_form() -> None:
    (one,) = registered(tables())
    text = registration.json.dumps(
        {k: v for k, v in one["fields"].items() if k != "registered"}, sort_keys=True, ensure_ascii=False,
        separators=(",", ":"),
    )  # fmt: skip
    assert one["hash"] == registration.hashlib.sha256(text.encode()).hexdigest()[:16]
    assert (one["experiment_id"], one["registered"]) == ("x1", "2026-01-01")


@pytest.mark.parametrize(
    "change",
    [
        {"hypothesis": "  if we call first,   fewer leave "},
        {"registered": "2025-12-01"},
        {"looks": "once"},
        {"planned_share": 0.5000000000000001},
        {"ended": "2026-03-01"},
        {"exposed_base": 10.0},
    ],
)
def test_what_carries_no_meaning_leaves_the_hash(change: dict[str, Any]) -> None:
    assert registered(tables(**change))[0]["hash"] == registered(tables())[0]["hash"]


@pytest.mark.parametrize(
    "change",
    [{name: "other"} for name in registration.FIELDS if name not in {"planned_share", "minimum_effect"}]
    + [{"planned_share": 0.4}, {"minimum_effect": 0.02}],
)
def test_every_registered_field_is_in_the_hash(change: dict[str, Any]) -> None:
    assert registered(tables(**change))[0]["hash"] != registered(tables())[0]["hash"]


@pytest.mark.parametrize("field", ["role", "kind", "direction", "margin", "metric"])
def test_further_metrics_are_in_the_hash(field: str) -> None:
    other = {"role": "secondary", "kind": "mean", "direction": "up", "margin": 0.02, "metric": "calls"}[field]
    hashes = {registered(tables(more=m))[0]["hash"] for m in ({}, further(), further(**{field: other}))}
    assert len(hashes) == 3


@given(st.permutations(["plan", "region", "  size "]))
def test_the_order_of_segments_carries_no_meaning(names: list[str]) -> None:
    assert registered(tables(segments=",".join(names)))[0]["fields"]["segments"] == "plan, region, size"


def test_nothing_departs_without_a_history() -> None:
    assert departures(tables()) == {}
    assert filed(tables())["x1"].first_seen == date(2026, 3, 31)
    assert not filed(tables())["x1"].on_file


def test_seen_before_the_draw_and_the_same_since() -> None:
    one = filed(tables(), [seen("2026-01-31"), seen("2026-01-31")])["x1"]
    assert (one.departed, one.first_seen, one.on_file) == ((), date(2026, 1, 31), True)


def test_a_metric_changed_after_the_draw_departs_in_words() -> None:
    found = departures(tables(metric="calls"), [seen("2026-01-31"), seen("2026-02-28")])
    assert found == {"x1": "the metric was changed from “churn” to “calls” after the first draw"}


def test_a_record_may_be_a_mapping() -> None:
    assert departures(tables(metric="calls"), [seen("2026-02-28").model_dump()]) == departures(
        tables(metric="calls"), [seen("2026-02-28")]
    )


def test_changed_before_the_draw_is_a_plan_and_changed_back_is_none() -> None:
    assert departures(tables(metric="calls"), [seen("2026-01-10"), seen("2026-01-31", metric="calls")]) == {}
    past = [seen("2026-01-31"), seen("2026-02-28", metric="calls")]
    assert departures(tables(), past) == {}
    assert "x1" in departures(tables(metric="calls"), past)


def test_registered_anew_between_two_runs_and_before_the_draw_is_a_plan() -> None:
    past = [seen("2026-01-31")]
    assert departures(tables(metric="calls", registered="2026-02-05"), past) == {}
    backdated = departures(tables(metric="calls", registered="2026-01-20"), past)
    assert "the metric was changed" in backdated["x1"]
    assert "the day of registration was moved from 2026-01-01 to 2026-01-20" in backdated["x1"]


def test_a_moved_date_alone_departs() -> None:
    found = departures(tables(registered="2025-11-01"), [seen("2026-02-28")])
    assert found == {"x1": "the day of registration was moved from 2026-01-01 to 2025-11-01"}


def test_before_the_first_draw_nothing_departs() -> None:
    assert departures(tables(drawn=False, metric="calls"), [seen("2026-01-31")]) == {}


def test_what_later_runs_saw_is_not_known_yet() -> None:
    past = [seen("2026-01-31"), seen("2026-04-30", metric="calls")]
    assert departures(tables(metric="calls"), past)["x1"].startswith("the metric")
    assert departures(tables(), past) == {}
    assert filed(tables(), [seen("2026-04-30")])["x1"].first_seen == date(2026, 3, 31)


def test_a_limit_added_after_the_draw_is_exploratory_alone_and_one_dropped_spoils_the_whole() -> None:
    past = [seen("2026-01-31")]
    added = departures(tables(more=further()), past)
    assert added == {"x1/complaints": "the limit complaints was added after the first draw"}
    late = departures(tables(more=further(registered="2026-03-01")), past)
    assert late == {"x1/complaints": "the limit complaints was registered after the first draw"}
    assert departures(tables(more=further(registered="2026-02-05")), past) == {}
    past = [seen("2026-01-31", more=further())]
    assert departures(tables(), past) == {"x1": "the limit complaints was dropped after the first draw"}
    loosened = departures(tables(more=further(margin=0.05)), past)
    assert loosened == {"x1": "the margin of the limit complaints was changed from 0.01 to 0.05 after the first draw"}


def test_outcomes_of_a_metric_nobody_registered() -> None:
    outcomes = pd.DataFrame(
        {"experiment_id": "x1", "unit_id": ["1", "2"], "metric": ["calls_30d", "churn"], "phase": "post", "value": 1.0,
         "measured": "2026-03-10 08:00:00"}
    )  # fmt: skip
    both = departures(tables(more={"outcomes": outcomes}))
    assert both == {"x1/calls_30d": "outcomes hold calls_30d, which was not registered".replace("_", " ")}
    alone = departures(tables(more={"outcomes": outcomes[:1]}))
    assert alone == {"x1": "outcomes hold calls 30d and not the registered metric churn"}


def test_an_experiment_that_vanished_from_the_sheet_is_known() -> None:
    gone = Registration(experiment_id="x9", hash="0" * 16, seen="2026-01-31")
    assert withdrawn(tables(), [gone, seen("2026-01-31")]) == {"x9": date(2026, 1, 31)}
    assert withdrawn(tables(as_of=date(2026, 1, 2)), [gone]) == {}


def test_without_experiments_there_is_nothing() -> None:
    empty = Tables.from_frames({}, as_of=date(2026, 3, 31))
    assert (registered(empty), departures(empty, [seen("2026-01-31")]), withdrawn(empty)) == ([], {}, {})

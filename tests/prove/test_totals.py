from datetime import date
from typing import Any

import pandas as pd
import pytest

from cxkit.prove import experiments
from cxkit.tables.engine import Tables

PLAN = {
    "experiment_id": "x1",
    "hypothesis": "h",
    "metric": "joined",
    "kind": "binary",
    "design": "randomised",
    "direction": "up",
    "control_arm": "a",
    "planned_share": 0.5,
    "registered": "2026-01-01",
    "started": "2026-01-05",
}


def client(rows: list[dict[str, Any]], *, as_of: date = date(2026, 3, 31), **plan: Any) -> Tables:
    totals = pd.DataFrame(rows).assign(experiment_id="x1", metric="joined")
    if "measured" not in totals:
        totals["measured"] = "2026-03-01"
    return Tables.from_frames({"experiments": pd.DataFrame([PLAN | plan]), "arm_totals": totals}, as_of=as_of)


def test_totals_by_hand() -> None:
    found = experiments(
        client([{"arm": "a", "n": 28, "successes": 14}, {"arm": "b", "n": 30, "successes": 16}]), seed=1
    )
    assert "at least 30 in each" in found.gaps[0].reason
    found = experiments(
        client([{"arm": "a", "n": 280, "successes": 140}, {"arm": "b", "n": 300, "successes": 160}]), seed=1
    )
    row = found.frame("effects").iloc[0]
    assert row["relative"] == pytest.approx(0.06667, abs=1e-5)
    assert row["grade"] == "A"
    assert found.findings[1].sources == ("experiments", "arm_totals")
    assert found.findings[1].period == "2026-01 to 2026-03"


def test_totals_of_a_mean() -> None:
    rows = [{"arm": "a", "n": 100, "mean": 10.0, "sd": 2.0}, {"arm": "b", "n": 100, "mean": 11.0, "sd": 2.0}]
    row = experiments(client(rows, kind="mean"), seed=1).frame("effects").iloc[0]
    assert row["effect"] == 1.0
    assert row["se"] == pytest.approx(0.08**0.5)


def test_totals_yes_no_from_a_mean() -> None:
    rows = [{"arm": "a", "n": 200, "mean": 0.25}, {"arm": "b", "n": 200, "mean": 0.40}]
    row = experiments(client(rows), seed=1).frame("effects").iloc[0]
    assert row["effect"] == pytest.approx(0.15)


def test_totals_broken_split_blocks() -> None:
    rows = [{"arm": "a", "n": 44_000, "successes": 4400}, {"arm": "b", "n": 45_000, "successes": 5000}]
    row = experiments(client(rows), seed=1).frame("effects").iloc[0]
    assert row["verdict"] == "blocked"
    assert pd.isna(row["effect"])


def test_totals_measured_after_as_of_are_not_there() -> None:
    rows = [{"arm": "a", "n": 100, "successes": 10}, {"arm": "b", "n": 100, "successes": 20}]
    assert experiments(client(rows, as_of=date(2026, 2, 1)), seed=1).gaps[0].reason.startswith("It is registered but")


def test_totals_without_a_start_are_not_an_a() -> None:
    rows = [{"arm": "a", "n": 100, "successes": 10}, {"arm": "b", "n": 100, "successes": 20}]
    row = experiments(client(rows, started=None), seed=1).frame("effects").iloc[0]
    assert row["grade"] == "C"
    assert "not known whether the hypothesis was registered" in row["grade_reasons"]


A = {"arm": "a", "n": 100, "successes": 10}
M = {"arm": "a", "n": 100, "mean": 10.0, "sd": 2.0}


@pytest.mark.parametrize(
    ("rows", "plan", "reason"),
    [
        ([A, {"arm": "b", "n": 100, "successes": 120}], {}, "in arm 'b' 120 of 100 units are successes"),
        ([A, {"arm": "b", "n": 0, "successes": 0}], {}, "n is not at least 1"),
        ([A, {"arm": "b", "n": 100, "mean": 1.2}], {}, "the mean of a yes–no outcome is 1.2"),
        ([A, {"arm": "b", "n": 100, "successes": 20, "mean": 0.3}], {}, "the mean 0.3 is not 20 of 100"),
        ([A, {"arm": "b", "n": 40, "mean": 0.31}], {}, "no whole number of 40 units gives a mean of 0.31"),
        ([A, {"arm": "b", "n": 100, "mean": 0.3, "sd": 0.9}], {}, "a standard deviation of 0.9 cannot be"),
        ([A, {"arm": "b", "n": 100}], {}, "neither successes nor a mean is given"),
        ([A], {}, "only the control arm has totals"),
        ([A | {"arm": "b"}, A | {"arm": "c"}], {}, "the registered control arm 'a' has no totals"),
        ([A, A, A | {"arm": "b"}], {}, "arm 'a' has more than one row of totals"),
        ([M, M | {"arm": "b", "sd": -1.0}], {"kind": "mean"}, "the standard deviation is -1, below zero"),
        ([M, {"arm": "b", "n": 100, "mean": 3.0}], {"kind": "mean"}, "the mean or the standard deviation is missing"),
        ([A, A | {"arm": "b"}], {"kind": "ratio"}, "a ratio has no interval"),
        ([A, A | {"arm": "b"}], {"design": "cluster_randomised"}, "which units shared one draw"),
        ([M | {"sd": 0.0}, M | {"arm": "b", "sd": 0.0}], {"kind": "mean"}, "standard deviations are zero"),
    ],
)
def test_totals_impossible_are_named(rows: list[dict[str, Any]], plan: dict[str, Any], reason: str) -> None:
    found = experiments(client(rows, **plan), seed=1)
    assert not found.has("effects")
    assert reason.lower() in found.gaps[0].reason.lower()

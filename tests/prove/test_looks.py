"""Experiments that are read before their end, and departures from what was registered."""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cxkit.prove import Experiments, experiments, sequential
from cxkit.prove.registration import registered

Build = Callable[..., Any]


def only(found: Experiments) -> pd.Series:
    frame = found.frame("effects")
    assert len(frame) == 1
    return frame.iloc[0]


def test_looks_always_stays_valid_at_any_time_after_the_end(client: Build, yes_no: Build) -> None:
    units = yes_no((100, 1000), (70, 1000))
    once = only(experiments(client(units), seed=1))
    always = only(experiments(client(units, looks="always"), seed=1))
    assert (once["reading"], always["reading"]) == ("once", "at any time")
    assert once["verdict"] == "cut"
    assert always["verdict"] == "has not shown an effect"
    assert always["effect"] == once["effect"]
    assert always["low"] < once["low"] < once["high"] < always["high"]
    assert sequential.METHOD in always["method"]
    assert always["planned"] == sequential.PLANNED_UNITS
    assert always["p"] > 0.05 > once["p"]
    assert pd.isna(once["planned"])


def test_looks_interval_is_tuned_at_the_change_worth_having(client: Build, yes_no: Build) -> None:
    """Three points of 10 % and 6 % are seen four times in five by some 1,300 units."""
    row = only(experiments(client(yes_no((100, 1000), (60, 1000)), looks="always", minimum_effect=0.03), seed=1))
    se = (0.1 * 0.9 / 1000 + 0.06 * 0.94 / 1000) ** 0.5
    assert row["planned"] == pytest.approx(2000 * ((1.959964 + 0.841621) * se / 0.03) ** 2, rel=1e-4)
    assert row["verdict"] == "cut"


def test_looks_once_is_not_read_before_its_end(client: Build, yes_no: Build) -> None:
    units = yes_no((200, 1000), (100, 1000))
    found = experiments(client(units, looks="once", ended=None), seed=1)
    row = only(found)
    assert (row["verdict"], row["tone"], row["reading"]) == ("not read yet", "unknown", "before its end")
    assert pd.isna(row["p_adjusted"])
    title = found.findings[1].title
    assert title.startswith("Experiment x1 is read at its end and still runs: so far the change of churn lies between")
    assert "the verdict waits for its end" in found.findings[1].detail
    assert found.finding("prove.tally").value == 0  # type: ignore[union-attr]
    assert only(experiments(client(units, looks="once"), seed=1))["verdict"] == "cut"


def test_looks_unsaid_and_running_is_read_at_any_time(client: Build, yes_no: Build) -> None:
    found = experiments(client(yes_no((200, 1000), (100, 1000)), ended=None), seed=1)
    assert (only(found)["verdict"], only(found)["reading"]) == ("cut", "at any time")
    assert "an ordinary interval read before the end would be peeking" in found.findings[1].detail


def test_looks_waiting_tests_are_not_counted_among_the_others(several: Build, yes_no: Build) -> None:
    waiting = [
        (yes_no((100, 1000), (99, 1000)), {"experiment_id": f"w{k}", "looks": "once", "ended": None}) for k in "ab"
    ]
    frame = experiments(several((yes_no((100, 1000), (72, 1000)), {}), *waiting), seed=1).frame("effects")
    row = frame.set_index("experiment_id").loc["x1"]
    assert row["p_adjusted"] == row["p"]


def test_looks_totals_of_a_running_test(yes_no: Build) -> None:
    from cxkit.tables.engine import Tables
    from tests.prove.conftest import PLAN

    arms = pd.DataFrame(
        [("x1", "control", "churn", 1000, 100, "2026-03-01"), ("x1", "t1", "churn", 1000, 72, "2026-03-01")],
        columns=["experiment_id", "arm", "metric", "n", "successes", "measured"],
    )
    rows = {}
    for looks in ("always", None):
        given = {"experiments": pd.DataFrame([PLAN | {"looks": looks}]), "arm_totals": arms}
        rows[looks] = only(experiments(Tables.from_frames(given, as_of=date(2026, 3, 31)), seed=1))
    assert rows["always"]["high"] - rows["always"]["low"] > 1.4 * (rows[None]["high"] - rows[None]["low"])


@pytest.mark.parametrize("count", [10, 24, 100])
def test_looks_clusters_are_counted_and_few_are_too_early(client: Build, count: int) -> None:
    rng = np.random.default_rng(5)
    cluster = np.repeat(np.arange(count), 20)
    level = rng.normal(0, 2, count)[cluster]
    arm = np.where(cluster % 2 == 0, "control", "t1")
    units = pd.DataFrame({"unit": np.arange(len(cluster)).astype(str), "cluster": cluster, "arm": arm})
    units["y"] = 40 + level + rng.normal(0, 4, len(units)) + 8 * (arm == "t1")
    plan = {"kind": "mean", "metric": "minutes", "design": "cluster_randomised", "looks": "always"}
    found = experiments(client(units, **plan), seed=1)
    if count == 10:
        assert "at least 8 in each are needed" in found.gaps[0].reason
        return
    row = only(found)
    assert row["n_clusters"] == count
    assert row["planned"] == sequential.PLANNED_CLUSTERS
    assert row["method"].startswith("randomisation inference" if count == 24 else "clusters, ratio")
    assert row["low"] < 8 < row["high"]
    once = only(experiments(client(units, **(plan | {"looks": "once"})), seed=1))
    assert 1.3 < (row["high"] - row["low"]) / (once["high"] - once["low"]) < 2.6


def test_a_departure_from_what_was_registered_is_exploratory(client: Build, yes_no: Build) -> None:
    units = yes_no((100, 1000), (60, 1000))
    before = registered(client(units))[0]
    history = [{"experiment_id": "x1", "hash": before["hash"], "seen": "2026-01-06", "fields": before["fields"]}]
    kept = only(experiments(client(units), seed=1, registrations=history))
    assert kept["grade"] == "A"
    turned = experiments(client(units, direction="up"), seed=1, registrations=history)
    row = only(turned)
    assert row["grade"] == "C"
    assert "departs from what was registered" in row["grade_reasons"]
    assert row["bias_allowance"] > 0

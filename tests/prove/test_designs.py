"""Designs on hand-checked clients: what they take, what they have, how long it takes, what would pay."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cxkit.engagement.history import Registration
from cxkit.prove import experiments
from cxkit.prove.catalogue import FINDINGS
from cxkit.prove.design import power_proportions
from cxkit.prove.designs import CURVES, DESIGNS, Designs, designs
from cxkit.prove.designs_size import Setting, needed
from cxkit.records import Result
from cxkit.tables.engine import Tables
from tests.prove.conftest import PLAN

Build = Callable[..., Any]


def row(found: Designs, name: str = "x1") -> dict[str, Any]:
    frame = found.frame("designs").set_index("experiment_id")
    kept = frame.loc[name].to_dict()
    return {k: None if not isinstance(v, str) and pd.isna(v) else v for k, v in kept.items()}


def planned(**plan: Any) -> dict[str, pd.DataFrame]:
    """An experiment that has drawn nobody."""
    later = {"experiment_id": "x2", "registered": "2026-03-01", "started": None, "ended": None, "minimum_effect": 0.02}
    return {"experiments": pd.DataFrame([PLAN | later | plan])}


def of(frames: dict[str, pd.DataFrame], **given: Any) -> Designs:
    return designs(Tables.from_frames(frames, as_of=date(2026, 3, 31)), **given)


def test_a_small_test_is_told_by_size_power_and_what_it_could_see(client: Build, yes_no: Build) -> None:
    found = designs(client(yes_no((100, 1000), (60, 1000)), minimum_effect=0.02))
    size = needed(Setting(kind="binary", base=0.1, effect=-0.02))
    assert size is not None
    got = row(found)
    assert (got["base"], got["base_from"]) == (0.1, "its own control arm")
    assert (got["needed_control"], got["needed_treated"], got["needed_total"]) == (3213, 3213, 6426)
    assert got["needed_control"] == size.control
    assert (got["has_control"], got["has_treated"], got["has_total"]) == (1000, 1000, 2000)
    assert got["power"] == pytest.approx(power_proportions(0.10, 0.08, 1000), abs=1e-9)
    assert got["smallest"] == pytest.approx(0.0344, abs=5e-4)
    assert power_proportions(0.10, 0.10 - got["smallest"], 1000) == pytest.approx(0.8, abs=1e-6)
    assert got["verdict"] == "too small"
    said = found.finding("prove.design.power", subject="x1")
    assert said is not None
    assert "sees the 2.0 points worth having in 35" in said.title
    assert "It takes 6,426 units in all and has 2,000." in said.detail
    assert "power.prop.test" in said.detail
    tally = found.finding("prove.design")
    assert tally is not None
    assert tally.title.startswith("The one experiment is not large enough")


def test_a_large_one_is_enough_and_says_nothing_more(client: Build, yes_no: Build) -> None:
    found = designs(client(yes_no((1000, 10_000), (800, 10_000)), minimum_effect=0.02))
    assert row(found)["verdict"] == "enough"
    assert {f.id for f in found.findings} == {"prove.design", "prove.design.registered"}


def test_means_take_their_spread_from_outcomes_and_cuped_takes_fewer(client: Build) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(0, 1, 800)
    units = pd.DataFrame({"unit": range(800), "arm": ["control", "t1"] * 400, "x": x, "y": 5 + 0.8 * x})
    units["y"] += rng.normal(0, 0.6, 800)
    tables = client(units, kind="mean", minimum_effect=0.1)
    plain, less = row(designs(tables)), row(designs(tables, experiments(tables, seed=1)))
    assert plain["spread"] == pytest.approx(1.0, abs=0.08)
    size = needed(Setting(kind="mean", spread=plain["spread"], effect=-0.1))
    assert size is not None
    assert plain["needed_control"] == size.control
    assert less["cuped_left"] == pytest.approx(0.36, abs=0.06)
    assert less["needed_total"] == pytest.approx(plain["needed_total"] * less["cuped_left"], rel=0.01)
    assert less["power"] > plain["power"]
    assert "CUPED" in less["convention"]


def test_a_ratio_is_linearised(client: Build) -> None:
    rng = np.random.default_rng(4)
    den = rng.integers(1, 20, 600).astype(float)
    units = pd.DataFrame({"unit": range(600), "arm": ["control", "t1"] * 300, "den": den, "y": rng.poisson(0.3 * den)})
    got = row(designs(client(units, kind="ratio", minimum_effect=0.02)))
    parts = [g for _, g in units.groupby("arm")]
    linear = [(g["y"] - g["y"].sum() / g["den"].sum() * g["den"]) / g["den"].mean() for g in parts]
    assert got["spread"] == pytest.approx(math.sqrt(np.mean([v.var(ddof=1) for v in linear])), rel=1e-6)
    assert "delta method" in got["convention"]


def test_clusters_are_judged_by_the_clients_own_likeness(client: Build) -> None:
    rng = np.random.default_rng(6)
    sizes = rng.integers(5, 40, 120)
    names = np.repeat(np.arange(120), sizes)
    level = rng.normal(0, math.sqrt(0.2), 120)
    y = level[names] + rng.normal(0, math.sqrt(0.8), len(names))
    arm = np.where(names % 2 == 0, "control", "t1")
    units = pd.DataFrame({"unit": range(len(names)), "arm": arm, "cluster": names, "y": y})
    got = row(designs(client(units, kind="mean", design="cluster_randomised", minimum_effect=0.2)))
    assert got["icc"] == pytest.approx(0.2, abs=0.07)
    assert got["cluster_size"] == pytest.approx(sizes.mean())
    variation = sizes.std() / sizes.mean()
    assert got["design_effect"] == pytest.approx(1 + ((variation**2 + 1) * sizes.mean() - 1) * got["icc"])
    assert (got["has_clusters"], got["has_total"]) == (120, len(names))
    assert got["needed_clusters"] == pytest.approx(got["needed_total"] / sizes.mean(), rel=0.02)
    assert "Eldridge" in got["convention"]


def test_clusters_of_yes_no_outcomes(client: Build) -> None:
    rng = np.random.default_rng(8)
    names = np.repeat(np.arange(100), 10)
    y = rng.random(1000) < np.repeat(rng.beta(2, 8, 100), 10)
    units = pd.DataFrame({"unit": range(1000), "cluster": names, "y": y.astype(int)})
    units["arm"] = np.where(names % 2 == 0, "control", "t1")
    got = row(designs(client(units, design="cluster_randomised", minimum_effect=0.05)))
    assert got["icc"] == pytest.approx(1 / 11, abs=0.05)  # of a beta(2, 8): 1 / (1 + 2 + 8)
    assert 0 < got["power"] < 1


def test_one_that_may_be_read_at_any_time_takes_more(client: Build, yes_no: Build) -> None:
    units = yes_no((100, 1000), (60, 1000))
    once = row(designs(client(units, minimum_effect=0.02)))
    always = row(designs(client(units, minimum_effect=0.02, looks="always")))
    assert always["looking"] == pytest.approx(1.94, abs=0.02)
    assert always["needed_total"] == pytest.approx(always["looking"] * once["needed_total"], rel=1e-3)
    assert always["power"] < once["power"]


def test_a_running_one_is_told_by_its_own_traffic(client: Build) -> None:
    days = pd.date_range("2026-01-05", "2026-03-15")
    units = pd.DataFrame({"assigned": days.repeat(20).strftime("%Y-%m-%d 08:00:00")})
    units = units.assign(unit=range(len(units)), arm=["control", "t1"] * (len(units) // 2))
    units["y"] = (np.arange(len(units)) // 2 % 10 == 0).astype(int)
    units["post_measured"] = (pd.to_datetime(units["assigned"]) + pd.Timedelta(days=10)).astype(str)
    found = designs(client(units, ended=None, minimum_effect=0.02))
    got = row(found)
    assert got["state"] == "running"
    assert got["traffic"] == pytest.approx(140)
    assert got["weeks"] == pytest.approx(got["needed_total"] / 140)
    assert got["weeks_left"] == pytest.approx((got["needed_total"] - len(units)) / 140)
    assert got["lag_days"] == 10
    left = math.ceil(got["weeks_left"] * 7 + 10)
    assert got["ready"] == pd.Timestamp("2026-03-31") + pd.Timedelta(days=left)
    assert got["verdict"] == "not yet"
    said = found.finding("prove.design.duration", subject="x1")
    assert said is not None
    assert f"{got['weeks_left']:.0f} more weeks at 140 units a week, ready about" in said.title


def test_a_draw_at_once_has_no_traffic(client: Build, yes_no: Build) -> None:
    got = row(designs(client(yes_no((100, 1000), (60, 1000)), ended=None, minimum_effect=0.02)))
    assert (got["traffic"], got["ready"], got["verdict"]) == (None, None, "too small")


def test_a_planned_one_takes_its_base_from_metric_values_and_its_traffic_from_new_accounts() -> None:
    frames = planned() | {
        "metric_values": pd.DataFrame(
            {"metric_id": "churn", "month": ["2025-12-01", "2026-01-01", "2026-02-01", "2026-03-01"],
             "value": [50.0, 9.0, 11.0, 10.0], "n": [10, 100, 100, 200]}
        ),
        "metrics": pd.DataFrame({"metric_id": ["churn"], "metric": ["Churn"], "unit": ["%"]}),
        "accounts": pd.DataFrame(
            {"account_id": range(260), "started": ["2026-02-01"] * 130 + ["2024-01-01"] * 130, "ended": None}
        ),
    }  # fmt: skip
    found = of(frames)
    got = row(found, "x2")
    assert (got["state"], got["base"], got["base_from"]) == ("planned", 0.1, "metric values of the last 3 months")
    assert (got["needed_total"], got["traffic"], got["accounts"]) == (6426, 10.0, 260)
    assert got["verdict"] == "too small"
    assert got["weeks"] == pytest.approx(642.6)
    said = found.finding("prove.design.duration", subject="x2")
    assert said is not None
    assert said.tone == "bad"
    assert "more than the 260 there are" in said.detail
    assert "The time until the outcome is known comes on top." in said.detail


def test_a_planned_one_takes_its_base_from_earlier_outcomes(client: Build, yes_no: Build) -> None:
    earlier = client(yes_no((100, 1000), (60, 1000)))
    earlier.con.execute("INSERT INTO experiments SELECT * REPLACE ('x2' AS experiment_id, NULL AS started, "
                        "NULL AS ended, 0.02 AS minimum_effect, 5200 AS exposed_base) FROM experiments")  # fmt: skip
    got = row(designs(earlier), "x2")
    assert (got["base"], got["base_from"]) == (0.1, "the control arm of x1, 1,000 units")
    assert (got["traffic"], got["traffic_from"]) == (100.0, "the registered units a year ÷ 52")
    assert got["lag_days"] == 59


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        ({}, "neither earlier outcomes nor metric values"),
        ({"kind": "mean"}, "neither earlier outcomes nor metric values"),
        ({"minimum_effect": None}, "no smallest change worth having"),
        ({"design": "did"}, "it has no draw"),
    ],
)
def test_what_cannot_be_told_is_a_gap(plan: dict[str, Any], reason: str) -> None:
    found = of(planned(**plan))
    assert row(found, "x2")["verdict"] == "cannot be told"
    (gap,) = found.gaps
    assert reason in gap.reason.lower()
    assert gap.id == "prove.design.power"


def test_a_change_beyond_the_base_cannot_be(client: Build, yes_no: Build) -> None:
    found = designs(client(yes_no((20, 1000), (10, 1000)), minimum_effect=0.05))
    assert "it cannot change by so much" in row(found)["reason"]
    assert found.gaps[0].reason.startswith("From 2.0")


def test_before_after_is_told_by_its_error(client: Build) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(0, 1, 400)
    units = pd.DataFrame({"unit": range(400), "arm": "t1", "x": x, "y": x + rng.normal(0, 1, 400)})
    tables = client(units, kind="mean", design="before_after", minimum_effect=0.1)
    got = row(designs(tables, experiments(tables, seed=1)))
    assert got["smallest"] == pytest.approx(2.8 / 20, rel=0.1)
    assert got["needed_total"] == pytest.approx(400 * (got["smallest"] / 0.1) ** 2, rel=0.01)


def test_arm_totals_are_enough() -> None:
    totals = pd.DataFrame(
        {"experiment_id": "x1", "arm": ["control", "t1"], "metric": "churn", "n": 1000, "successes": [100, 60],
         "measured": "2026-03-20"}
    )  # fmt: skip
    frames = {"experiments": pd.DataFrame([PLAN | {"minimum_effect": 0.02}]), "arm_totals": totals}
    got = row(of(frames))
    assert (got["needed_total"], got["has_total"]) == (6426, 2000)


def cases(**columns: Any) -> Result:
    from tests.charts.made import result

    return result("quantify", {"cases": pd.DataFrame([{"initiative": "i1", **columns}])})


def test_break_even_of_an_initiative_and_its_warning(client: Build, yes_no: Build) -> None:
    """Costs of 30,000 a year and 36,000 once over three years: 42,000 ÷ (3,000 units × 200) is 7 points."""
    plan = {"exposed_base": 3000.0, "unit_margin": 200.0, "unit_margin_low": 100.0, "unit_margin_high": 400.0}
    tables = client(yes_no((100, 1000), (60, 1000)), minimum_effect=0.02, **plan)
    found = designs(tables, cases=cases(run_rate_cost=30_000.0, one_off_cost=36_000.0))
    got = row(found)
    assert got["break_even"] == pytest.approx(0.07)
    assert (got["break_even_low"], got["break_even_high"]) == (pytest.approx(0.035), pytest.approx(0.14))
    said = found.finding("prove.design.break_even", subject="x1")
    assert said is not None
    assert "the 2.0 points registered as worth having would not pay for itself; that takes 7.0 points" in said.title
    cheap = designs(tables, cases=cases(run_rate_cost=3_000.0, one_off_cost=0.0))
    said = cheap.finding("prove.design.break_even", subject="x1")
    assert said is not None
    assert "a change pays from 0.5 points on" in said.title
    right = designs(tables, cases=cases(run_rate_cost=12_000.0, one_off_cost=0.0))
    assert right.finding("prove.design.break_even") is None
    assert row(right)["break_even"] == pytest.approx(0.02)


def test_break_even_of_a_unit(client: Build, yes_no: Build) -> None:
    tables = client(yes_no((100, 1000), (60, 1000)), minimum_effect=0.02, unit_cost=4.0, unit_margin=80.0)
    got = row(designs(tables))
    assert (got["break_even"], got["break_even_from"]) == (0.05, "cost of a unit ÷ margin")


def test_registration_departed_and_withdrawn_reach_the_report(client: Build, yes_no: Build) -> None:
    tables = client(yes_no((100, 1000), (60, 1000)), minimum_effect=0.02)
    (fields,) = [one["fields"] for one in designs_fields(tables)]
    past = [
        Registration(experiment_id="x1", hash="a" * 16, seen="2026-01-05", fields=fields | {"metric": "calls"}),
        Registration(experiment_id="x9", hash="b" * 16, seen="2026-01-05"),
    ]
    found = designs(tables, registrations=past)
    got = row(found)
    assert (got["departed"], got["on_file"], got["in_time"]) == (True, True, True)
    assert got["departure"] == "the metric was changed from “calls” to “churn” after the first draw"
    assert got["first_seen"] == pd.Timestamp("2026-01-05")
    departed = found.finding("prove.design.departed", subject="x1")
    assert departed is not None
    assert "is exploratory: the metric was changed" in departed.title
    assert found.finding("prove.design.withdrawn", subject="x9") is not None
    on_file = found.finding("prove.design.registered")
    assert on_file is not None
    assert on_file.title == "The one hypothesis under test was on file before the first draw"
    assert len(got["hash"]) == 16
    assert "hash" in on_file.detail
    plain = designs(tables)
    assert row(plain)["hash"] == got["hash"]
    assert not row(plain)["on_file"]


def designs_fields(tables: Tables) -> list[dict[str, Any]]:
    from cxkit.prove.registration import registered

    return registered(tables)


def test_a_run_sees_the_same_before_and_after_it_was_written_down(client: Build, yes_no: Build) -> None:
    tables = client(yes_no((100, 1000), (60, 1000)), minimum_effect=0.02)
    past = [Registration(seen="2026-03-31", **{k: one[k] for k in ("experiment_id", "hash", "fields")})
            for one in designs_fields(tables)]  # fmt: skip
    assert designs(tables, registrations=past).document() == designs(tables).document()
    assert designs(tables, registrations=past).tables["designs"].equals(designs(tables).tables["designs"])


def test_tables_have_their_columns_and_ids_are_listed(client: Build, yes_no: Build) -> None:
    found = designs(client(yes_no((100, 1000), (60, 1000)), minimum_effect=0.02))
    assert list(found.frame("designs").columns) == list(DESIGNS)
    assert list(found.frame("curves").columns) == list(CURVES)
    assert {f.id for f in found.findings} | {g.id for g in found.gaps} <= set(FINDINGS)
    curve = found.frame("curves")
    assert curve["power"].is_monotonic_increasing
    assert curve["power"].between(0, 1).all()


def test_nothing_registered_is_a_gap() -> None:
    found = designs(Tables.from_frames({}, as_of=date(2026, 3, 31)))
    assert not found.assessed
    assert [g.id for g in found.gaps] == ["prove.design"]

"""The queue of tests: its arithmetic by hand, its invariants, and what it says when something is missing."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from cxkit.govern.information import QUEUE, information
from cxkit.govern.information_tests import Precision, sizes
from cxkit.govern.information_values import evsi_normal
from cxkit.govern.portfolio import INITIATIVES, Portfolio
from cxkit.govern.shrinkage_methods import Z95
from cxkit.records import Result
from cxkit.tables.engine import Tables


class Effects(Result):
    stage = "prove"
    name = "experiments"


def line(id_, *, ahead=100.0, saved=40.0, ask=40.0, yearly=50.0, **more):
    row = dict.fromkeys(INITIATIVES) | {
        "initiative_id": id_, "initiative": f"Name {id_}", "status": "running", "basis": "claimed", "live": True,
        "must_keep": False, "ahead": ahead, "saved": saved, "ask": ask, "yearly": yearly, "factor": 1.0,
        "factor_low": 1.0, "factor_high": 1.0, "npv_go_forward": ahead - saved,
    }  # fmt: skip
    return row | more


def book(world, *rows, rate=0.0):
    return Portfolio(
        as_of=world.AS_OF, currency="USD", discount_rate=rate, tables={"initiatives": pd.DataFrame(list(rows))}
    )


def normal(sd, n=10_000, mean=1.0):
    return mean + sd * norm.ppf((np.arange(n) + 0.5) / n)


def sheet(world, *rows):
    """Rows are (experiment, initiative, unit_cost)."""
    made = [
        {
            "experiment_id": e, "initiative_id": i, "hypothesis": "h", "metric": "m", "kind": "mean",
            "design": "randomised", "direction": "up", "control_arm": "a", "registered": "2026-01-01",
            "started": "2026-01-01", "ended": "2026-04-02", "minimum_effect": 0.1, "exposed_base": 1000.0,
            "unit_margin": 0.05, "unit_cost": cost,
        }
        for e, i, cost in rows
    ]  # fmt: skip
    return Tables.from_frames({"experiments": pd.DataFrame(made)}, as_of=world.AS_OF, currency="USD")


def effects(world, *rows):
    """Rows are (experiment, initiative, se); 400 units each."""
    made = [
        {"experiment_id": e, "initiative_id": i, "arm": "b", "grade": "A", "verdict": "cannot tell", "tone": "neutral",
         "registered": "2026-01-01", "se": se, "n_control": 200, "n_treated": 200, "n_clusters": None}
        for e, i, se in rows
    ]  # fmt: skip
    return Effects(as_of=world.AS_OF, tables={"effects": pd.DataFrame(made)})


def one(world, *, sd=0.8, se=0.4, rate=0.0, cost=None, test_cost=None, **more):
    return information(
        book(world, line("A"), rate=rate),
        gains=pd.DataFrame({"A": normal(sd)}),
        effects=effects(world, ("E", "A", se)),
        tables=sheet(world, ("E", "A", cost)),
        budget=40.0,
        test_cost=test_cost,
        **more,
    )


def test_one_initiative_by_the_closed_form(world):
    """Worth 100 × gain − 40, gain normal around 1 ± 0.8; 1,000 × 0.05 a year is 50, all of the claim."""
    found = one(world)
    row = found.frame("queue").iloc[0]
    assert found.evpi == pytest.approx(evsi_normal(60, 80, 0), rel=0.01)
    assert row["evppi"] == pytest.approx(found.evpi, rel=0.01)
    months = 91 / (365.25 / 12)
    had = math.floor(400 / months * 3)
    look = found.frame("sizes").set_index("units")
    assert list(look.index) == [math.floor(400 / months * 3 * s + 1e-9) for s in (0.25, 0.5, 1, 2, 4)]
    for units, size in look.iterrows():
        error = 100 * 0.4 * math.sqrt(400 / units)
        assert size["evsi"] == pytest.approx(evsi_normal(60, 80, error), rel=0.02)
        assert size["error"] == pytest.approx(0.4 * math.sqrt(400 / units))
    assert look.loc[had, "councils"] == 1
    assert look["councils"].to_list() == [1, 1, 1, 2, 4]
    assert row["units"] == max(look.index)  # free and, at a rate of nothing, no loss by waiting: the largest
    assert not row["ready"]


def test_cost_and_waiting_make_the_size(world):
    found = one(world, rate=0.10, cost=0.004)
    queue, look = found.frame("queue").iloc[0], found.frame("sizes").set_index("units")
    assert queue["net"] == look["net"].max()
    kept = 1.1 ** (-look["councils"] * 3 / 12)
    assert look["waiting"].to_numpy() == pytest.approx((1 - kept).to_numpy() * (60 + look["evsi"]).to_numpy(), rel=0.01)
    assert look["net"].to_numpy() == pytest.approx((look["evsi"] - look["waiting"] - 0.004 * look.index).to_numpy())
    assert queue["ready"]
    dear = one(world, rate=0.10, cost=1.0)
    assert dear.frame("queue").iloc[0]["verdict"] == "no test"
    assert dear.finding("govern.information.queue").title.startswith("Before the next council no test is worth")


def test_the_parameter_prices_a_test_that_registers_no_cost(world):
    assert one(world, test_cost=0.01).frame("queue").iloc[0]["test_cost"] > 0
    assert one(world, cost=0.0, test_cost=0.01).frame("queue").iloc[0]["test_cost"] == 0
    free = one(world)
    assert free.frame("queue")["test_cost"].isna().all()
    assert "before its cost" in free.finding("govern.information.test").title
    row = free.frame("queue").iloc[0]
    assert row["bearable_cost"] == pytest.approx(row["evsi"] / row["units"])


def test_values_are_a_band_under_half_and_twice_the_spread(world):
    row = one(world).frame("queue").iloc[0]
    assert row["evppi_low"] == pytest.approx(evsi_normal(60, 40, 0), rel=0.03)
    assert row["evppi_high"] == pytest.approx(evsi_normal(60, 160, 0), rel=0.01)
    assert row["net_low"] < row["net"] < row["net_high"]


def test_a_guessed_prior_has_no_value_of_information(world):
    found = information(
        book(world, line("A"), line("B")),
        gains=pd.DataFrame({"A": normal(0.8), "B": np.ones(10_000)}),
        effects=effects(world, ("E", "A", 0.4)),
        tables=sheet(world, ("E", "A", None)),
        budget=80.0,
    )
    assert found.frame("queue")["initiative_id"].to_list() == ["A"]
    assert [(g.initiative, g.needs[0].columns) for g in found.gaps] == [("B", ("effect_low", "effect_high"))]
    assert "states no range" in found.gaps[0].reason
    none = information(book(world, line("A")), gains=None, budget=40.0)
    assert none.evpi is None
    assert not none.findings
    assert len(none.gaps) == 1


def test_without_an_experiment_it_says_what_a_test_would_take(world):
    found = information(book(world, line("A")), gains=pd.DataFrame({"A": normal(0.8)}), budget=40.0)
    row = found.frame("queue").iloc[0]
    assert row["verdict"] == "cannot be told"
    assert row["evppi"] > 0
    assert pd.isna(row["net"])
    assert found.gaps[0].needs[0].name == "experiments"


def test_a_tested_initiative_can_be_tested_again(world):
    tested = line("A", basis="proven", factor=0.5, factor_low=0.5 - Z95 * 0.3, factor_high=0.5 + Z95 * 0.3, yearly=50.0)
    found = information(
        book(world, tested | {"npv_go_forward": 10.0}),
        gains=None,
        effects=effects(world, ("E", "A", 0.4)),
        tables=sheet(world, ("E", "A", None)),
        budget=40.0,
    )
    row = found.frame("queue").iloc[0]
    assert row["sd"] == pytest.approx(30, rel=0.03)
    assert row["evppi"] == pytest.approx(evsi_normal(row["npv"], row["sd"], 0), rel=0.03)


def test_what_is_settled_is_not_in_the_queue(world):
    rows = [line("A"), line("B", must_keep=True), line("C", ask=0.0), line("D", live=False), line("E", must_keep=True, plan_minimum=0.5)]  # fmt: skip  # noqa: E501
    gains = pd.DataFrame({i: normal(0.8)[np.random.default_rng(n).permutation(10_000)] for n, i in enumerate("ABCDE")})
    found = information(book(world, *rows), gains=gains, budget=80.0)
    assert sorted(found.frame("queue")["initiative_id"]) == ["A", "E"]
    assert found.budget == 80
    short = information(book(world, *rows), gains=gains, budget=30.0)
    assert short.gaps[0].id == "govern.information.perfect"
    assert "more than the budget" in short.gaps[0].reason


def test_a_planned_size_gives_the_error_where_nothing_was_read(world):
    class Designs(Result):
        stage = "prove"
        name = "designs"

    plan = pd.DataFrame([{"experiment_id": "E", "needed_total": 1_000, "worthwhile": 0.1, "power_wanted": 0.8}])
    found = information(
        book(world, line("A")),
        gains=pd.DataFrame({"A": normal(0.8)}),
        designs=Designs(as_of=world.AS_OF, tables={"designs": plan}),
        tables=sheet(world, ("E", "A", None)),
        budget=40.0,
    )
    row = found.frame("queue").iloc[0]
    assert row["error"] == pytest.approx(0.1 / (Z95 + norm.ppf(0.8)) * math.sqrt(1_000 / row["units"]))
    assert pd.isna(row["months"])
    assert row["rests_on"] == "the size planned for it"
    assert "How soon so many units can be had is not known" in found.finding("govern.information.test").detail


def test_traffic_and_lag_of_a_design_say_how_soon():
    quick = Precision(experiment_id="E", units=400, error=1.0, per_month=100.0, lag_months=1.0)
    found = list(sizes(quick, 3))
    assert [(s.units, s.councils) for s in found] == [(60, 1), (100, 1), (200, 1), (400, 2), (800, 3)]
    assert found[2].months == pytest.approx(3)
    slow = list(sizes(Precision(experiment_id="E", units=400, error=1.0, per_month=100.0, lag_months=6.0), 3))
    assert [(s.units, s.councils) for s in slow] == [(75, 3), (150, 3), (300, 3), (600, 4), (1200, 6)]


def test_a_scarce_budget_makes_tests_dearer(world):
    rows = [line(i) for i in "AB"]
    gains = pd.DataFrame({"A": normal(0.5), "B": normal(0.5)[::-1]})
    given = {"effects": effects(world, ("E", "A", 0.4)), "tables": sheet(world, ("E", "A", 0.01)), "gains": gains}
    short, rich = (information(book(world, *rows), budget=b, **given) for b in (50.0, 80.0))
    assert short.shadow_price == pytest.approx(1.5)  # 60 for 40
    assert rich.shadow_price == 0
    row = short.frame("queue").set_index("initiative_id").loc["A"]
    assert row["net"] == pytest.approx(row["evsi"] - row["waiting"] - 2.5 * row["test_cost"])


def test_sizes_are_at_least_the_smallest_and_never_twice():
    small = Precision(experiment_id="E", units=10, error=1.0)
    assert [s.units for s in sizes(small, 3)] == [60]
    assert [s.councils for s in sizes(Precision(experiment_id="E", units=10, error=1.0, per_month=100.0), 3)] == [
        1, 1, 1, 2, 4,
    ]  # fmt: skip


drawn = st.lists(
    st.tuples(st.floats(20, 200), st.floats(0, 150), st.floats(5, 60), st.floats(0.05, 1.5), st.floats(0.05, 2)),
    min_size=1,
    max_size=5,
)


@settings(max_examples=25, deadline=None)
@given(drawn, st.floats(0.1, 1), st.floats(0, 0.2))
def test_evsi_is_at_most_evppi_and_that_at_most_evpi(world, rows, share, rate):
    ids = [f"I{n}" for n in range(len(rows))]
    rng = np.random.default_rng(1)
    found = information(
        book(
            world, *(line(i, ahead=a, saved=s, ask=k) for i, (a, s, k, _, _) in zip(ids, rows, strict=True)), rate=rate
        ),
        gains=pd.DataFrame({i: rng.permutation(normal(sd, 2_000)) for i, (*_, sd, _) in zip(ids, rows, strict=True)}),
        effects=effects(world, *((f"E{i}", i, se) for i, (*_, se) in zip(ids, rows, strict=True))),
        tables=sheet(world, *((f"E{i}", i, 0.001) for i in ids)),
        budget=share * sum(k for _, _, k, _, _ in rows),
        draws=2_000,
    )
    assert found.evpi_low <= found.evpi <= found.evpi_high
    queue = found.frame("queue")
    assert (queue["evppi"] <= found.evpi + 1e-9).all()
    assert (queue["evsi"] <= queue["evppi"] + 1e-9).all()
    assert (queue[["evppi", "evsi", "waiting"]] >= -1e-9).all().all()
    assert (queue["net"] <= queue["evsi"] + 1e-9).all()
    assert (queue["net_low"] <= queue["net"]).all()
    assert (queue["net"] <= queue["net_high"]).all()
    assert list(queue.columns) == list(QUEUE)


def test_same_inputs_same_bytes(world):
    assert one(world).document() == one(world).document()
    assert one(world).tables["queue"].equals(one(world).tables["queue"])

# ruff: noqa: E501  rows read best as rows
"""Tested effects as shares of their claims, shrunk within groups, and what the portfolio makes of them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.govern import allocation, ledger, portfolio
from cxkit.govern.scenarios import scenarios
from cxkit.govern.shrinkage import pull, shrinkage
from cxkit.govern.shrinkage_methods import Z95, full_bayes
from cxkit.govern.shrinkage_plans import compare_plans, plan_difference
from cxkit.records import Result


class Bridge(Result):
    stage = "prove"
    name = "pnl"


class Cases(Result):
    stage = "quantify"
    name = "cases"

    currency: str = "USD"


class Ledger(Result):
    stage = "govern"
    name = "ledger"


LEDGER = ["initiative_id", "initiative", "status", "live", "owner_role", "orphan", "has_owner", "must_keep", "plan_minimum",
          "budget", "remaining", "grade", "outcome", "realised_value", "realised_low", "realised_high"]  # fmt: skip


def book(world, *rows):
    """Rows are (id, grade, outcome, value, low, high)."""
    made = [
        [
            i,
            f"Name {i}",
            "running",
            True,
            "CXO/PMO",
            False,
            True,
            False,
            None,
            100.0,
            50.0,
            grade,
            outcome,
            value,
            low,
            high,
        ]
        for i, grade, outcome, value, low, high in rows
    ]
    return Ledger(as_of=world.AS_OF, tables={"initiatives": pd.DataFrame(made, columns=LEDGER)})


def claims(world, **yearly):
    rows = [
        {"initiative": i, "block": block, "yearly": float(v), "kind": "cashable"}
        for i, parts in yearly.items()
        for block, v in (parts if isinstance(parts, dict) else {"revenue": parts}).items()
    ]
    return Cases(as_of=world.AS_OF, tables={"rows": pd.DataFrame(rows)})


def test_what_is_shrunk_is_tested_money_over_claimed_money(world):
    found = shrinkage(
        book(world, ("A", "A", "proven", 150.0, 110.0, 190.0)), claims(world, A={"revenue": 60, "cost": 40}), None
    )
    row = found.frame("effects").iloc[0]
    assert (row["raw"], row["claimed"], row["block"], row["n_group"]) == (1.5, 100, "revenue", 1)
    assert row["raw_sd"] == pytest.approx(40 / Z95 / 100)
    assert row["shrunk"] == pytest.approx(full_bayes([1.5], [row["raw_sd"] ** 2]).values[0])
    assert row["shrunk"] < row["raw"]
    assert row["method"] == "the prior alone"
    said = found.finding("govern.shrinkage.group").title
    assert said == "Name A is the only tested revenue effect of grade A: nothing can be compared with it"
    together = found.finding("govern.shrinkage.together")
    assert together.value == pytest.approx(row["shrunk"])
    assert "shrinks from $150 to $" in together.title


def test_groups_are_blocks_by_grade_and_never_share_a_mean(world):
    rows = [("A", "A", "proven", 90.0, 80.0, 100.0), ("B", "A", "disproven", 0.0, -10.0, 10.0), ("C", "C", "weak", 300.0, 200.0, 400.0),
            ("D", "A", "proven", 40.0, 30.0, 50.0)]  # fmt: skip
    money = claims(world, A=100, B=100, C=100, D={"cost": 100})
    found = shrinkage(book(world, *rows), money, None).frame("effects").set_index("initiative_id")
    assert found["group"].to_list() == ["revenue, grade A"] * 2 + ["revenue, grade C", "cost, grade A"]
    without = shrinkage(book(world, *rows[:2]), money, None).frame("effects").set_index("initiative_id")
    assert found.loc[["A", "B"], "shrunk"].to_list() == without["shrunk"].to_list()
    assert found.loc["B", "shrunk"] > 0 > -0.01  # pulled up, towards A
    assert found["in_force"].to_list() == [True, True, False, True]


def test_tests_that_could_not_tell_count_in_the_mean(world):
    won = [(f"W{n}", "A", "proven", 100.0, 70.0, 130.0) for n in range(3)]
    open_ = [(f"X{n}", "A", "open", 0.0, -30.0, 30.0) for n in range(6)]
    money = claims(world, **{r[0]: 100 for r in won + open_})
    alone = shrinkage(book(world, *won), money, None).frame("effects")["shrunk"].iloc[0]
    found = shrinkage(book(world, *won, *open_), money, None).frame("effects").set_index("initiative_id")
    assert found.loc["W0", "shrunk"] < alone
    assert found.loc["W0", "weight"] > 0.5  # so far apart that their own results count


def test_twenty_effects_tell_their_spread_themselves(world):
    rng = np.random.default_rng(3)
    rows = [(f"I{n:02}", "B", "proven", v, v - 30, v + 30) for n, v in enumerate(rng.normal(60, 30, 20))]
    found = shrinkage(book(world, *rows), claims(world, **{r[0]: 100 for r in rows}), None)
    assert set(found.frame("effects")["method"]) == {"empirical Bayes"}
    assert not found.has("priors")  # no prior, so none to vary
    fewer = shrinkage(book(world, *rows[:19]), claims(world, **{r[0]: 100 for r in rows}), None)
    assert set(fewer.frame("effects")["method"]) == {"full Bayes"}
    priors = fewer.frame("priors")
    assert len(priors) == 19
    assert (priors["half"] - priors["twice"]).abs().max() > 0


def test_a_narrower_level_of_the_interval_is_read_from_its_finding(world):
    from cxkit.records import Finding

    table = pd.DataFrame([{"initiative_id": "A", "experiment_id": "E1", "arm": "new", "value": 100.0}])
    said = Finding(
        id="prove.pnl",
        stage="prove",
        title="x",
        value=100,
        unit="money",
        low=80,
        high=120,
        level=0.8,
        initiative="A",
        subject="E1",
    )
    bridge = Bridge(as_of=world.AS_OF, findings=(said,), tables={"bridge": table})
    found = (
        shrinkage(book(world, ("A", "A", "proven", 100.0, 80.0, 120.0)), claims(world, A=100), bridge)
        .frame("effects")
        .iloc[0]
    )
    assert found["raw_sd"] == pytest.approx(0.2 / 1.2815515655446)
    assert found["experiment_id"] == "E1"


def test_what_cannot_be_shrunk_is_said(world):
    rows = [("A", "A", "proven", 100.0, 80.0, 120.0), ("B", "A", "proven", 100.0, None, None)]
    found = shrinkage(book(world, *rows), claims(world, B=100), None)
    assert [(g.id, g.initiative) for g in found.gaps] == [
        ("govern.shrinkage.together", None), ("govern.shrinkage.initiative", "A"), ("govern.shrinkage.initiative", "B"),
    ]  # fmt: skip
    assert found.gaps[0].needs[0].name == "experiments"
    assert not found.findings
    assert shrinkage(book(world), None, None).gaps[0].id == "govern.shrinkage.together"


@pytest.fixture(scope="module")
def two(world):
    """A small noisy test that looks best, and a large one that looks good: with luck out their places change."""
    cases = world.cases(world.case("I1", benefit=500, cancellable=300), world.case("I2", benefit=500, cancellable=300))
    tests = {
        "effects": world.effects(("I1", "A", "cut", "good"), ("I2", "A", "cut", "good")),
        "pnl": world.pnl(("E1", "I1", 1000.0, 50.0, 1950.0, "claimed"), ("E2", "I2", 700.0, 650.0, 750.0, "claimed")),
    }
    lines = ledger(world.tables(), traceability=world.trace(), cases=cases, **tests)
    pulled = shrinkage(lines, cases, tests["pnl"])
    return cases, lines, pulled


def test_the_portfolio_takes_the_shrunk_factor_and_its_interval(two):
    cases, lines, pulled = two
    raw = portfolio(lines, cases, discount_rate=0.0).frame("initiatives").set_index("initiative_id")
    found = portfolio(lines, cases, discount_rate=0.0, shrinkage=pulled)
    rows = found.frame("initiatives").set_index("initiative_id")
    effects = pulled.frame("effects").set_index("initiative_id")
    for id_ in ("I1", "I2"):
        assert (
            rows.loc[id_, ["factor", "factor_low", "factor_high"]].to_list()
            == effects.loc[id_, ["shrunk", "low", "high"]].to_list()
        )
        assert rows.loc[id_, "npv_go_forward"] == pytest.approx(effects.loc[id_, "shrunk"] * 500 - 300)
        assert rows.loc[id_, "raw_factor"] == raw.loc[id_, "factor"]
        assert rows.loc[id_, "go_forward_low"] == pytest.approx(effects.loc[id_, "low"] * 500 - 300)
    assert raw.loc["I1", "factor"] > raw.loc["I2", "factor"]
    assert rows.loc["I1", "factor"] < rows.loc["I2", "factor"]
    assert found.shrunk
    assert set(raw.columns) == set(rows.columns)
    assert "2 tested effects are counted with luck taken out" in found.finding("govern.portfolio.npv").detail


def test_the_plan_on_shrunk_effects_is_told_from_the_one_on_raw_effects(two):
    cases, lines, pulled = two
    plans = [
        allocation(portfolio(lines, cases, discount_rate=0.0, shrinkage=given), budget=350.0)
        for given in (pulled, None)
    ]
    rows = compare_plans(*plans)
    assert [(r["initiative_id"], r["verdict"], r["verdict_unshrunk"]) for r in rows if r["differs"]] == [
        ("I1", "hold", "fund"), ("I2", "fund", "hold"),
    ]  # fmt: skip
    found = plan_difference(*plans)
    said = found.finding("govern.shrinkage.plan")
    assert said.value == 2
    assert "changes 2 of" in said.title
    assert found.worth > found.worth_unshrunk
    assert said.weight == pytest.approx(found.worth - found.worth_unshrunk)
    same = plan_difference(plans[0], plans[0])
    assert same.findings[0].value == 0
    assert "changes no decision" in same.findings[0].title


def test_the_npv_of_the_whole_gets_an_interval_from_joint_scenarios(world, two):
    cases, lines, pulled = two
    gains = pd.DataFrame({"I1": np.ones(4000), "I2": np.ones(4000)})
    found = portfolio(lines, cases, discount_rate=0.0, shrinkage=pulled, gains=gains, seed=2).finding(
        "govern.portfolio.npv"
    )
    effects = pulled.frame("effects")
    own = (effects["high"] - effects["low"]) / (2 * Z95)
    shared = effects["shared"]
    sd = 500 * np.sqrt((own**2).sum() + 2 * shared.prod())
    assert found.high - found.low == pytest.approx(2 * Z95 * sd, rel=0.06)
    assert found.low < found.value < found.high
    assert "4,000 joint scenarios" in found.about
    again = portfolio(lines, cases, discount_rate=0.0, shrinkage=pulled, gains=gains, seed=2).finding(
        "govern.portfolio.npv"
    )
    assert again == found


def test_claims_without_a_range_are_counted_as_such(world):
    cases = world.cases(world.case("I1", benefit=500, cancellable=60), world.case("I2", benefit=900, cancellable=200))
    lines = ledger(world.tables(), traceability=world.trace(), cases=cases)
    gains = pd.DataFrame({"I1": np.linspace(0.0, 2.0, 1000), "I2": np.ones(1000)})
    found = portfolio(lines, cases, discount_rate=0.0, gains=gains).finding("govern.portfolio.npv")
    assert "1 of 2 states no range" in found.detail
    assert (found.low, found.high) == pytest.approx((500 * 0.05 + 900 - 260, 500 * 1.95 + 900 - 260), rel=0.01)
    flat = portfolio(lines, cases, discount_rate=0.0, gains=gains.assign(I1=1.0)).finding("govern.portfolio.npv")
    assert flat.low is None


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-2, 3), st.floats(0.05, 1)), min_size=1, max_size=25))
def test_the_more_is_noise_the_more_it_is_pulled(drawn):
    values, sds = [a for a, _ in drawn], [b for _, b in drawn]
    found = pull(values, sds)
    order = np.argsort(sds, kind="stable")
    weights = np.array(found.weights)[order]
    assert (np.diff(weights) <= 1e-6).all()


def test_shrunk_effects_of_one_group_move_together():
    row = {
        "basis": "proven",
        "ahead": 1.0,
        "saved": 0.0,
        "factor": 1.0,
        "factor_low": 0.0,
        "factor_high": 2.0,
        "group": "g",
    }
    rows = [row | {"initiative_id": i, "factor_shared": 0.4} for i in "AB"]
    drawn = scenarios([*rows, row | {"initiative_id": "C", "factor_shared": None}], None, draws=20_000, seed=1)
    spread = 1 / Z95
    assert drawn.std().to_numpy() == pytest.approx(spread, rel=0.03)
    assert drawn.corr().loc["A", "B"] == pytest.approx((0.4 / spread) ** 2, abs=0.03)
    assert drawn.corr().loc["A", "C"] == pytest.approx(0, abs=0.03)

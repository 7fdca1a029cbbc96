# ruff: noqa: E501  rows read best as rows
import math
from datetime import date

import pandas as pd
import pytest

from cxkit import instrument, orchestrate, prove, quantify
from cxkit.align import traceability
from cxkit.govern import allocation, ledger, portfolio
from cxkit.govern.catalogue import FINDINGS
from cxkit.govern.timing import payback
from cxkit.tables.engine import Tables


@pytest.fixture(scope="module")
def over(world):
    """The portfolio over given cases and tests."""

    def make(cases, *, rate=0.0, **given):
        book = ledger(world.tables(), traceability=world.trace(), cases=cases, **given)
        return portfolio(book, cases, discount_rate=rate)

    return make


def test_npv_sums_cases_and_the_proven_part_stands_apart(world, over):
    cases = world.cases(
        world.case("I1", benefit=500, cancellable=60, sunk=40),
        world.case("I2", benefit=900, cancellable=200),
        world.case("I5", benefit=9000, sunk=400),  # stopped: it counts nowhere
    )
    found = over(
        cases,
        effects=world.effects(("I1", "A", "cut", "good")),
        pnl=world.pnl(("E1", "I1", 250.0, 200.0, 300.0, "claimed")),
    )
    rows = found.frame("initiatives").set_index("initiative_id")
    assert rows.loc["I1", ["basis", "npv", "npv_low", "npv_high", "claimed_npv"]].to_list() == [
        "proven",
        150,
        100,
        200,
        400,
    ]
    assert rows.loc["I1", ["npv_go_forward", "claimed_go_forward"]].to_list() == [190, 440]  # the 40 are sunk
    assert found.finding("govern.portfolio.npv").value == 150 + 700
    assert found.finding("govern.portfolio.proven").value == 150
    assert found.finding("govern.portfolio.npv").grade == "E"  # as weak as the weakest claim in it
    grades = found.frame("grades").set_index("grade")
    assert grades.loc["A", ["initiatives", "npv"]].to_list() == [1, 150]
    assert grades.loc["none", "initiatives"] == 2
    assert {f.id for f in found.findings} <= set(FINDINGS)


def test_flows_are_discounted_from_the_months_end(world, over):
    found = over(world.cases(world.case("I1", benefit=125, sunk=10)), rate=0.25)
    assert found.frame("initiatives").set_index("initiative_id").loc["I1", "npv"] == pytest.approx(100 - 10)


def test_payback_counts_from_the_first_flow_of_the_portfolio(world, over):
    found = over(world.cases(world.case("I1", benefit=100, sunk=60), world.case("I2", benefit=50, cancellable=80)))
    flows = found.frame("flows")
    assert flows["index"].to_list() == list(range(13))
    assert flows["cumulative"].iloc[[0, 1, 12]].to_list() == [-60, -140, 10]
    assert found.finding("govern.portfolio.payback").value == pytest.approx(11 + 140 / 150)


def test_payback_that_never_comes_is_said(world, over):
    found = over(world.cases(world.case("I1", benefit=10, sunk=60)))
    back = found.finding("govern.portfolio.payback")
    assert math.isinf(back.value)
    assert back.title == "The portfolio does not pay back within the horizon"


@pytest.mark.parametrize(
    ("flows", "months"),
    [
        ({0: -100.0, 1: 50.0, 2: 50.0}, 2.0),
        ({-3: -100.0, 1: 400.0}, 3.25),
        ({0: 10.0}, 0.0),
        ({}, math.inf),
        ({0: -10.0, 1: 20.0, 2: -20.0, 3: 40.0}, 2.25),
    ],
)
def test_payback_by_hand(flows, months):
    assert payback(flows) == pytest.approx(months)


def test_shared_claims_are_flagged(world, over):
    pools = [("early churn", "I1", 100.0, 60.0, 40.0), ("early churn", "I2", 50.0, 30.0, 20.0)]
    cases = world.cases(world.case("I1", benefit=60), world.case("I2", benefit=30), pools=pools)
    found = over(cases)
    assert found.finding("govern.portfolio.shared").value == 60
    assert found.frame("pools")["initiatives"].to_list() == ["Welcome call; Outage notices"]


def test_going_on_at_a_loss_is_summed_without_sunk_cost(world, over):
    cases = world.cases(
        world.case("I1", benefit=10, cancellable=60, sunk=5_000, exit_cost=5),
        world.case("I2", benefit=900, cancellable=1),
    )
    found = over(cases).finding("govern.portfolio.negative")
    assert (found.value, found.n) == (55, 2)


def test_without_cases_the_gap_names_what_they_need(world, over):
    found = over(None)
    assert [g.id for g in found.gaps] == ["govern.portfolio.npv"]
    assert {m.name for m in found.gaps[0].needs} == {"benefits", "investments"}
    assert not found.findings


@pytest.fixture(scope="module")
def real():
    """One initiative through the stages as they are, not as this test wishes them to be."""
    sheets = {
        "goals": [{"goal_id": "G1", "goal": "Keep them", "type": "margin"}],
        "key_results": [{"kr_id": "K1", "goal_id": "G1", "key_result": "Churn", "metric_id": "churn"}],
        "metrics": [{"metric_id": "churn", "metric": "Churn", "kind": "cx_outcome"}],
        "initiatives": [
            {
                "initiative_id": "I1",
                "initiative": "Welcome call",
                "hypothesis": "if … then",
                "metric_id": "churn",
                "expected_change": -0.1,
                "moment_id": "M1",
                "owner": "Ada",
                "owner_role": "Journey Owners",
                "status": "running",
                "budget": 100_000,
            }
        ],
        "moments": [{"moment_id": "M1", "moment": "First week", "owner": "Ada", "sla_hours": 24.0}],
        "benefits": [
            {
                "benefit_id": "B1",
                "initiative_id": "I1",
                "block": "revenue",
                "driver": "grr",
                "kind": "cashable",
                "base": 1000,
                "effect": 0.2,
                "unit_value": 1000,
                "margin": 0.5,
                "start": "2026-07-01",
                "months": 12,
            }
        ],
        "investments": [
            {"investment_id": "C1", "initiative_id": "I1", "month": "2026-08-01", "amount": 10_000, "kind": "one_off",
             "status": "cancellable"},
            {"investment_id": "C2", "initiative_id": "I1", "month": "2026-01-01", "amount": 90_000, "kind": "one_off",
             "status": "sunk"},
        ],
        "experiments": [
            {"experiment_id": "E1", "initiative_id": "I1", "hypothesis": "less churn", "metric": "churned", "kind": "binary",
             "design": "randomised", "direction": "down", "control_arm": "control", "planned_share": 0.5,
             "registered": "2026-01-01", "started": "2026-01-10", "minimum_effect": 0.01, "exposed_base": 1000,
             "unit_margin": 500, "pnl_line": "Subscriptions"}
        ],
        "arm_totals": [
            {"experiment_id": "E1", "arm": arm, "metric": "churned", "n": 5000, "successes": x, "measured": "2026-04-01"}
            for arm, x in (("control", 1000), ("new", 500))
        ],
    }  # fmt: skip
    frames = {name: pd.DataFrame(rows) for name, rows in sheets.items()}
    return Tables.from_frames(frames, as_of=date(2026, 6, 30), currency="USD")


def test_the_stages_before_hold_the_contract_that_govern_reads(real):
    cases = quantify.business_cases(real, discount_rate=0.0, horizon_months=36, default_margin=None)
    effects = prove.experiments(real, seed=1)
    book = ledger(
        real,
        traceability=traceability(real),
        cases=cases,
        signals=instrument.signal_map(real),
        register=orchestrate.moment_register(real),
        effects=effects,
        pnl=prove.pnl_bridge(real, effects),
    )
    wide = book.frame("initiatives").set_index("initiative_id").loc["I1"]
    statuses = wide[["goal_status", "hypothesis_status", "case_status", "owner_status", "experiment_status"]].to_list()
    assert statuses == ["weak", "present", "weak", "present", "present"]  # the line is claimed, and NPV is nothing
    assert (wide["grade"], wide["outcome"], wide["realised_as"]) == ("A", "proven", "claimed")
    assert wide["realised_value"] == pytest.approx(0.1 * 1000 * 500)
    found = portfolio(book, cases, discount_rate=0.0)
    row = found.frame("initiatives").set_index("initiative_id").loc["I1"]
    case = cases.frame("cases").set_index("initiative").loc["I1"]
    assert row["claimed_npv"] == pytest.approx(case["npv"], abs=1e-6) == pytest.approx(0, abs=1e-6)
    assert row["claimed_go_forward"] == pytest.approx(case["go_forward_npv"]) == pytest.approx(90_000)
    assert row["npv"] == pytest.approx(50_000 - 100_000)  # a tenth of a thousand stayed, not the fifth that was claimed
    plan = allocation(found, budget=50_000).frame("plan").loc[0]
    assert (plan["verdict"], plan["amount"]) == ("fund", 10_000)
    assert "proof A" in plan["reason"]


def test_the_terms_of_the_cases_carry_over_to_the_portfolio(real):
    terms = {"discount_timing": "middle", "tax_rate": 0.25, "inflation": 0.02}
    cases = quantify.business_cases(real, discount_rate=0.1, horizon_months=36, default_margin=None, **terms)
    found = portfolio(ledger(real, traceability=traceability(real), cases=cases), cases, discount_rate=0.1)
    row = found.frame("initiatives").set_index("initiative_id").loc["I1"]
    case = cases.frame("cases").set_index("initiative").loc["I1"]
    assert row["claimed_npv"] == pytest.approx(case["npv"])
    assert row["claimed_go_forward"] == pytest.approx(case["go_forward_npv"])
    assert row["ask"] == pytest.approx(case["cancellable_cost"])

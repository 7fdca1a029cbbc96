"""Timing, prices, tax and years, each against a calculator."""

from datetime import date

import pytest

from cxkit.errors import ParameterError
from cxkit.quantify.case_terms import Horizon

YEAR_ON = {"month": "2027-10-01"}


def test_tax_takes_the_same_share_of_margin_and_cost(plan):
    found = plan.row([{}], [{}], tax_rate=0.25)
    assert (found["pv_benefit"], found["pv_cost"]) == (1200, 600)
    assert (found["tax_pv"], found["npv"]) == (150, 450)
    assert found["go_forward_npv"] == 450
    assert found["romi"] == 1.0  # the same before and after tax, because losses are relieved at once
    assert found["payback_months"] == 5.0


def test_a_loss_is_relieved_at_once(plan):
    found = plan.row([{"effect": 0.01}], [{}], tax_rate=0.25)
    assert (found["tax_pv"], found["npv"]) == (pytest.approx(-120), pytest.approx(-360))


def test_tax_is_the_last_step(plan):
    steps = plan.cases([{}], [{}], tax_rate=0.25).frame("steps").set_index("step")
    assert steps.loc["cost":"tax", "npv"].tolist() == [600, 450]
    assert steps.loc["tax", "change"] == -150


@pytest.mark.parametrize(("timing", "half_months"), [("end", 0), ("middle", 1), ("start", 2)])
def test_timing_moves_every_future_flow_and_is_named(plan, timing, half_months):
    result = plan.cases([{"months": 1, "effect": 1.2}], [{"month": "2026-10-01"}], discount_rate=0.12,
                        discount_timing=timing)  # fmt: skip
    assert result.frame("cases")["npv"].iloc[0] == pytest.approx(1200 / 1.12 ** ((2 - half_months) / 24) - 600)
    says = {"end": "the month's end", "middle": "the middle of the month", "start": "the month's start"}[timing]
    assert f"a year from {says}, nominal, before tax" in result.finding("quantify.cases.total").detail


def test_inflation_moves_benefits_and_running_costs_but_no_single_payment(plan):
    one = {"months": 1, "effect": 1.2, "start": "2027-10-01"}
    running = {"investment_id": "V2", "kind": "run_rate", "months": 1, "amount": 100, **YEAR_ON}
    found = plan.row([one], [YEAR_ON, running], inflation=0.03)
    assert found["pv_benefit"] == pytest.approx(1200 * 1.03)
    assert found["pv_cost"] == pytest.approx(600 + 103)


def test_inflation_leaves_the_past_as_it_was_paid(plan):
    past = {"kind": "run_rate", "months": 2, "amount": 100, "month": "2026-01-01"}
    assert plan.row([{}], [past], inflation=0.5)["pv_cost"] == 200


def test_terms_are_named_in_result_and_sentence(plan):
    result = plan.cases([{}], [{}], tax_rate=0.25, inflation=0.02, discount_timing="middle", discount_rate=0.1)
    assert (result.tax_rate, result.inflation, result.discount_timing) == (0.25, 0.02, "middle")
    for id in ("quantify.cases.total", "quantify.case.npv", "quantify.case.sentence"):
        detail = result.finding(id).detail.replace("\N{NARROW NO-BREAK SPACE}", " ")
        assert "from the middle of the month, nominal with prices moving by 2.0 % a year, after 25.0 % tax" in detail


def test_in_year_run_rate_and_one_off_money_stand_apart(plan):
    rows = [{"months": 24}, {"benefit_id": "B2", "months": 12}]
    costs = [{}, {"investment_id": "V2", "kind": "run_rate", "amount": 10}]
    found = plan.row(rows, costs)
    assert (found["in_year_benefit"], found["in_year_cost"]) == (2 * 200, 600 + 20)  # November and December
    assert (found["run_rate_benefit"], found["one_off_benefit"]) == (1200, 1200)
    assert (found["run_rate_cost"], found["one_off_cost"], found["one_off_cost_ahead"]) == (120, 600, 600)
    assert plan.row(rows, costs, fiscal_year_start=11)["in_year_benefit"] == 2 * 1200
    said = plan.cases(rows, costs).finding("quantify.cases.in_year")
    year = "In the fiscal year 2026-01 to 2026-12"
    assert said.title == f"{year}, the one case brings $400 and costs $620, net −$220, as claimed"


def test_a_fiscal_year_is_the_one_that_next_month_lies_in():
    assert Horizon(date(2026, 12, 1), 24).fiscal_year(1) == (1, 12)
    assert Horizon(date(2026, 10, 1), 24).fiscal_year(2) == (-8, 3)


@pytest.mark.parametrize(
    ("terms", "says"),
    [({"tax_rate": 1.0}, "tax_rate is 1;"), ({"inflation": -1.0}, "inflation is -1;"),
     ({"discount_timing": "noon"}, "must be one of end, middle, start")],
)  # fmt: skip
def test_terms_under_which_nothing_has_a_value_are_refused(plan, terms, says):
    with pytest.raises(ParameterError, match=says):
        plan.cases([{}], [{}], **terms)


def test_what_ifs_scale_every_row_and_lengthen_every_ramp(plan):
    assert plan.row([{}], [{}], effect_scale=0.5)["pv_benefit"] == 600
    assert plan.row([{"adoption": 0.8}], [{}], adoption_scale=1.5)["pv_benefit"] == 1200  # never above the whole
    assert plan.row([{"adoption": None}], [{}], adoption_scale=0.5)["pv_benefit"] == 600
    flows = plan.cases([{"months": 3}], [{}], ramp_added=1).frame("flows")
    assert flows[flows["block"] == "cost"]["amount"].tolist() == [50, 100, 100]

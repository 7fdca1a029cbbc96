"""One factor of a row at a time: base growth, cannibalisation, each risk once, and customers kept for their time."""

import numpy as np
import pandas as pd
import pytest

RANGE = {"effect_low": 0.05, "effect_high": 0.15}


def test_a_base_that_shrinks_without_the_initiative_brings_less(plan):
    one = {"months": 1, "effect": 1.2, "start": "2027-10-01"}
    assert plan.row([one | {"base_growth": -0.1}], [{}])["pv_benefit"] == pytest.approx(1080)
    later = one | {"start": "2028-10-01", "base_growth": 0.1}
    assert plan.row([later], [{}])["pv_benefit"] == pytest.approx(1200 * 1.21)


def test_cannibalised_money_is_taken_off_and_shown(plan):
    result = plan.cases([{"cannibalised": 0.25, "deadweight": 0.5}], [{}])
    assert result.frame("cases")["pv_benefit"].iloc[0] == pytest.approx(1200 * 0.5 * 0.75)
    steps = result.frame("steps").set_index("step")
    assert steps.loc["cannibalisation", ["npv", "change"]].tolist() == pytest.approx([450, -150])


@pytest.mark.parametrize(
    ("row", "counted", "varies"),
    [
        ({"confidence": 0.5}, 0.5, False),
        ({"confidence": 0.5, **RANGE}, 1.0, True),  # both ends stated: the range is the risk, not the confidence too
        ({"confidence": 0.5, "risk": "factor", **RANGE}, 0.5, False),
        ({"confidence": 0.5, "risk": "range", "effect_low": 0.05}, 1.0, True),
        ({"confidence": 0.5, "effect_low": 0.05}, 0.5, False),
        ({"confidence": 0.5, "risk": "range"}, 0.5, False),  # a range that is not stated cannot be the risk
        ({"confidence": 0.5, "risk": "factor", "adoption": 0.8, "adoption_low": 0.2, "adoption_high": 0.9}, 0.5, False),
    ],
)
def test_each_risk_counts_once(plan, row, counted, varies):
    result = plan.cases([row], [{}])
    found = result.frame("cases").iloc[0]
    assert found["pv_benefit"] == pytest.approx(1200 * row.get("adoption", 1.0) * counted)
    assert pd.notna(found["npv_p10"]) == varies
    steps = result.frame("steps").set_index("step")["change"]
    assert steps["confidence"] == pytest.approx(-found["pv_benefit"] * (1 / counted - 1))
    told = result.frame("rows").iloc[0]
    assert (told["risk"], told["stated_confidence"], told["confidence"]) == (
        "range" if varies else "factor", 0.5, counted,
    )  # fmt: skip


def test_headline_stands_at_the_stated_effect_and_the_mean_of_draws_beside_it(plan):
    result = plan.cases([{"effect_low": 0.0, "effect": 0.1, "effect_high": 0.5}], [{}])
    found = result.frame("cases").iloc[0]
    assert found["npv"] == 600
    assert found["npv_mean"] == pytest.approx(12_000 * (0.0 + 0.4 + 0.5) / 6 - 600, rel=0.02)
    detail = result.finding("quantify.case.npv").detail
    assert (
        f"whose mean is ${found['npv_mean'] / 1000:.2f}\N{NARROW NO-BREAK SPACE}k because the stated ranges are"
        in detail
    )


def paid(lasts):
    """Customers who begin in February 2026 and pay to the last month given."""
    rows = [("old", f"2026-{m:02}-01", 9.0) for m in range(1, 11)]
    for who, last in enumerate(lasts):
        rows += [(f"A{who}", f"2026-{m:02}-01", 9.0) for m in range(2, last + 1)]
    return {"revenue": pd.DataFrame(rows, columns=["account_id", "month", "mrr"])}


HALF = paid([2] * 20 + [10] * 20)  # half are gone after one month, the rest stay to age 8, the last that is seen
KEPT = {"block": "revenue", "driver": "grr", "base": 120.0, "effect": 0.1, "unit_value": 10.0, "margin": 0.5,
        "valuation": "survival", "months": 1}  # fmt: skip


def test_a_kept_customer_pays_as_long_as_customers_stay_and_no_longer_than_seen(plan):
    result = plan.cases([KEPT], [{}], more=HALF)
    flows = result.frame("flows")
    one = 120 / 12 * 0.1 * 10 * 0.5  # ten exposed in the month, one kept, ten a month, half of it margin
    assert flows[flows["block"] == "revenue"]["amount"].tolist() == pytest.approx([one] + [one / 2] * 8 + [0] * 15)
    found = result.frame("cases").iloc[0]
    assert found["pv_benefit"] == pytest.approx(5 * one)
    assert found["beyond_observed_pv"] == 0
    said = result.finding("quantify.case.npv")
    assert "rests on a customer staying longer than the 8 months that were observed" in said.detail
    assert said.sources == ("benefits", "investments", "revenue")
    assert result.frame("rows")["observed_months"].tolist() == [8]
    assert result.frame("survival")["survival"].tolist() == [1.0] + [0.5] * 8


def test_kept_customers_accumulate_month_by_month(plan):
    flows = plan.cases([KEPT | {"months": 3}], [{}], more=HALF).frame("flows")
    assert flows[flows["block"] == "revenue"]["amount"].tolist()[:5] == pytest.approx([5, 7.5, 10, 7.5, 7.5])


def test_beyond_what_was_seen_only_the_stated_decay_counts_and_is_said(plan):
    result = plan.cases([KEPT | {"decay": 0.5}], [{}], more=HALF, horizon_months=11)
    assert result.frame("cases")["pv_benefit"].iloc[0] == pytest.approx(25 + 2.5 * (0.5 + 0.25))
    assert result.frame("cases")["beyond_observed_pv"].iloc[0] == pytest.approx(1.875)
    says = "comes from customers staying longer than any was observed to"
    assert says in result.finding("quantify.case.npv").detail
    assert result.frame("rows")["assumed"].iloc[0] == ""


def test_value_after_the_horizon_is_not_counted(plan):
    found = plan.row([KEPT | {"decay": 0.0}], [{}], more=HALF, horizon_months=3)
    assert found["pv_benefit"] == pytest.approx(5 + 2.5 + 2.5)


def test_a_case_builds_up_to_its_run_rate(plan):
    one = KEPT | {"months": None}
    result = plan.cases([one], [{}], more=HALF, horizon_months=24)
    flows = result.frame("flows")
    last = flows[(flows["block"] == "revenue") & (flows["index"] == 24)]["amount"].iloc[0]
    assert result.frame("cases")["run_rate_benefit"].iloc[0] == pytest.approx(12 * last) == pytest.approx(12 * 25)
    assert "builds up to $300 a year by 2028-10 by keeping customers" in result.finding("quantify.case.sentence").title


def test_without_a_record_of_staying_such_a_row_is_not_valued(plan):
    result = plan.cases([KEPT], [{}])
    assert result.frame("cases")["case"].tolist() == ["no survival"]
    assert result.frame("cases")["npv"].isna().all()
    gap = result.gaps[0]
    assert (gap.id, gap.needs[0].name, gap.needs[0].columns) == (
        "quantify.case.survival", "revenue", ("account_id", "month", "mrr"),
    )  # fmt: skip
    few = plan.cases([KEPT], [{}], more=paid([10] * 5))
    assert few.gaps[0].needs[0].why == "fewer than 10 customers watched from their first month on"


def test_split_of_flows_by_kind_adds_up_to_the_headline(plan):
    rows = [{}, {"benefit_id": "B2", "kind": "capacity"}, KEPT | {"benefit_id": "B3"}]
    result = plan.cases(rows, [{}, {"investment_id": "V2", "kind": "run_rate", "amount": 7}], more=HALF,
                        discount_rate=0.1, tax_rate=0.2, inflation=0.02, discount_timing="middle")  # fmt: skip
    flows = result.frame("flows")
    cash = flows[(flows["kind"] == "cashable") | (flows["block"] == "investment")]
    assert np.sum(cash["worth"]) == pytest.approx(result.frame("cases")["npv"].iloc[0])

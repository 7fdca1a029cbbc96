"""Cases small enough for a calculator: one base, one effect, one cost."""

from datetime import date

import pandas as pd
import pytest

from cxkit.errors import ParameterError
from cxkit.quantify import business_cases
from cxkit.quantify.catalogue import FINDINGS
from cxkit.tables.engine import Tables

AS_OF = date(2026, 10, 31)
TERMS = {"discount_rate": 0.0, "horizon_months": 24, "default_margin": None}
BENEFIT = {
    "benefit_id": "B1",
    "initiative_id": "I1",
    "block": "cost",
    "driver": "deflection",
    "kind": "cashable",
    "base": 1200.0,
    "effect": 0.1,
    "effect_low": None,
    "effect_high": None,
    "unit_value": 10.0,
    "margin": None,
    "adoption": 1.0,
    "deadweight": 0.0,
    "confidence": 1.0,
    "start": "2026-11-01",
    "ramp_months": 0,
    "months": 12,
    "shared_claim": None,
}
COST = {
    "investment_id": "V1",
    "initiative_id": "I1",
    "month": "2026-11-01",
    "amount": 600.0,
    "kind": "one_off",
    "months": None,
    "status": "cancellable",
    "exit_cost": None,
}
INITIATIVE = {"initiative_id": "I1", "initiative": "Callback", "status": "running"}


def tables(benefits=(), costs=(), initiatives=(INITIATIVE,)):
    frames = {"initiatives": pd.DataFrame(initiatives)}
    for name, base, rows in (("benefits", BENEFIT, benefits), ("investments", COST, costs)):
        if rows:
            frames[name] = pd.DataFrame([base | row for row in rows])
    return Tables.from_frames(frames, as_of=AS_OF, currency="USD")


def cases(*args, **kw):
    return business_cases(tables(*args), **(TERMS | kw))


def row(*args, **kw):
    return cases(*args, **kw).frame("cases").iloc[0]


def test_case_is_base_times_effect_times_value_less_cost():
    found = row([{}], [{}])
    assert (found["pv_benefit"], found["pv_cost"], found["npv"]) == (1200, 600, 600)
    assert (found["romi"], found["roi"], found["rank"]) == (1.0, 1.0, 1)
    assert found["payback_months"] == 5.0
    assert found["cost_pv"] == 1200
    assert found["cancellable_cost"] == 600


def test_each_factor_is_applied_once_and_shown_as_a_step():
    one = {"block": "revenue", "margin": 0.5, "adoption": 0.8, "deadweight": 0.25, "confidence": 0.5}
    result = cases([one], [{}])
    assert result.frame("cases")["pv_benefit"].iloc[0] == pytest.approx(1200 * 0.5 * 0.8 * 0.75 * 0.5)
    steps = result.frame("steps").set_index("step")["npv"]
    assert steps.tolist() == pytest.approx([1200, 600, 480, 360, 360, 180, 180, -420, -420])
    assert list(steps.index[-3:]) == ["shared claims", "cost", "tax"]


def test_discounting_is_monthly_at_the_months_end():
    found = row([{"months": 1, "effect": 1.2}], [{"month": "2026-10-01"}], discount_rate=0.12)
    assert found["pv_benefit"] == pytest.approx(1200 / 1.12 ** (1 / 12))
    assert found["pv_cost"] == 600


def test_ramp_reaches_full_effect_after_its_months():
    flows = cases([{"ramp_months": 3, "months": 5}], [{}]).frame("flows")
    assert flows[flows["block"] == "cost"]["amount"].tolist() == [25, 50, 75, 100, 100]


def test_revenue_without_margin_is_not_assessed_and_never_assumed():
    result = cases([{"block": "revenue"}], [{}])
    assert result.frame("cases")["case"].tolist() == ["no margin"]
    assert result.frame("cases")["npv"].isna().all()
    assert result.finding("quantify.case.npv") is None
    gap = result.gaps[0]
    assert (gap.id, gap.initiative, gap.needs[0].columns) == ("quantify.case.margin", "I1", ("margin",))
    assert row([{"block": "revenue"}], [{}], default_margin=0.4)["pv_benefit"] == pytest.approx(480)


def test_capacity_and_avoided_growth_stay_out_of_the_headline():
    extra = [{}, {"benefit_id": "B2", "kind": "capacity"}, {"benefit_id": "B3", "kind": "avoided_growth"}]
    found = row(extra, [{}])
    assert (found["npv"], found["capacity_pv"], found["avoided_growth_pv"]) == (600, 1200, 1200)


def test_going_on_ignores_sunk_and_committed_money():
    paid = [
        {"month": "2026-01-01", "status": "sunk", "amount": 5000},
        {"investment_id": "V2", "status": "committed", "amount": 700},
        {"investment_id": "V3", "status": "cancellable", "amount": 900, "exit_cost": 50},
    ]
    found = row([{}], paid)
    assert found["npv"] == 1200 - 6600
    assert found["go_forward_npv"] == 1200 - 900 + 50
    assert (found["sunk_cost"], found["committed_cost"], found["cancellable_cost"]) == (5000, 700, 900)
    assert found["exit_cost"] == 50


def test_run_rate_costs_are_paid_every_month():
    assert row([{}], [{"kind": "run_rate", "months": 3, "amount": 100}])["pv_cost"] == 300
    assert row([{}], [{"kind": "run_rate", "amount": 100}])["pv_cost"] == 2400


def test_two_who_claim_the_same_gain_share_it():
    two = [
        {"shared_claim": "repeat calls"},
        {"benefit_id": "B2", "initiative_id": "I2", "shared_claim": "repeat calls", "effect": 0.05},
    ]
    costs = [{}, {"investment_id": "V2", "initiative_id": "I2", "amount": 100}]
    result = cases(two, costs)
    assert result.frame("cases")["pv_benefit"].tolist() == pytest.approx([800, 400])
    assert result.frame("pools")["lost_pv"].tolist() == pytest.approx([400, 200])
    assert result.finding("quantify.cases.shared", subject="repeat calls").value == pytest.approx(600)


def test_one_who_claims_a_pool_alone_keeps_all():
    assert row([{"shared_claim": "x"}, {"benefit_id": "B2", "shared_claim": "x"}], [{}])["pv_benefit"] == 2400


def test_draws_vary_only_what_has_a_range_and_repeat():
    ranged = [{"effect_low": 0.05, "effect_high": 0.15}]
    first, second = row(ranged, [{}]), row(ranged, [{}])
    assert first["npv_p10"] < first["npv"] < first["npv_p90"]
    assert first["npv_mean"] == pytest.approx(600, abs=10)
    assert first["npv_p10"] == second["npv_p10"]
    assert row(ranged, [{}], seed=5)["npv_p10"] != first["npv_p10"]
    assert row([{}], [{}]).isna()["npv_p10"]


def test_draws_of_a_row_do_not_change_when_another_is_added():
    ranged = {"effect_low": 0.05, "effect_high": 0.15}
    other = {"benefit_id": "B0", "initiative_id": "I0", **ranged}
    alone = row([ranged], [{}])
    both = cases([ranged, other], [{}, {"investment_id": "V0", "initiative_id": "I0"}]).frame("cases")
    assert both.set_index("initiative").loc["I1", "npv_p10"] == alone["npv_p10"]


def test_initiative_without_benefit_is_a_cost():
    result = cases([{"initiative_id": "I2"}], [{}, {"investment_id": "V2", "initiative_id": "I2"}])
    assert "states no benefit" in result.finding("quantify.case.npv", initiative="I1").title
    assert result.frame("cases")["go_forward_npv"].iloc[0] == -600


def test_initiative_without_cost_is_half_a_case():
    result = cases([{}], [{"initiative_id": "I2"}])
    assert result.frame("cases").set_index("initiative").loc["I1", "case"] == "no cost stated"
    assert any(g.initiative == "I1" and g.needs[0].name == "investments" for g in result.gaps)


def test_missing_sheets_are_one_gap_that_names_them():
    result = cases()
    assert [g.id for g in result.gaps] == ["quantify.case.npv"]
    assert {n.name for n in result.gaps[0].needs} == {"benefits", "investments"}
    assert not result.findings


def test_claims_never_pass_for_proof():
    result = cases([{"effect_low": 0.05, "effect_high": 0.15}], [{}])
    assert {f.grade for f in result.findings} == {"E"}
    assert {f.id for f in result.findings} <= set(FINDINGS)
    assert result.finding("quantify.case.npv").level == 0.8


def test_never_paying_back_is_said():
    result = cases([{"effect": 0.01}], [{}])
    found = result.finding("quantify.case.payback")
    assert found.value_text == "never"
    assert found.title == "Callback does not pay back within 24 months, even as claimed"


def test_horizon_of_nothing_is_refused():
    with pytest.raises(ParameterError, match="horizon_months is 0"):
        cases([{}], [{}], horizon_months=0)


def test_result_survives_its_document():
    from cxkit.quantify import BusinessCases

    result = cases([{"effect": 0.01}], [{}])
    document = {k: v for k, v in result.document().items() if k not in {"result", "version"}}
    assert BusinessCases.model_validate(document).findings == result.findings

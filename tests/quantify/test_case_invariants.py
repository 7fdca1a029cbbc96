"""What must hold for any rows: nothing else moves, money scales, and cutting a row in two changes nothing."""

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

share = st.floats(0.05, 1.0)
rows = st.fixed_dictionaries(
    {
        "base": st.floats(1, 1e5),
        "effect": st.floats(0.001, 2),
        "unit_value": st.integers(1, 10_000),
        "adoption": share,
        "deadweight": st.floats(0, 0.9),
        "cannibalised": st.floats(0, 0.9),
        "base_growth": st.floats(-0.3, 0.3),
        "confidence": share,
        "ramp_months": st.integers(0, 6),
        "months": st.integers(1, 40),
    }
)
terms = st.fixed_dictionaries(
    {
        "discount_rate": st.floats(0, 0.3),
        "tax_rate": st.floats(0, 0.5),
        "inflation": st.floats(0, 0.1),
        "discount_timing": st.sampled_from(["end", "middle", "start"]),
    }
)
FIGURES = ["npv", "pv_benefit", "pv_cost", "go_forward_npv", "payback_months", "yearly_benefit", "in_year_benefit"]
few = settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])


def figures(frame, initiative="I1"):
    return frame.set_index("initiative").loc[initiative, FIGURES].fillna(-1).astype(float).to_dict()


@pytest.mark.heavy
@few
@given(one=rows, other=rows, on=terms)
def test_an_unrelated_row_changes_nothing_else(plan, one, other, on):
    ranged = one | {"effect_low": one["effect"] / 2, "effect_high": one["effect"] * 2}
    more = {"benefit_id": "B0", "initiative_id": "I0", **other, "effect_low": 0.0, "effect_high": 9.0}
    alone = plan.cases([ranged], [{}], detail=False, **on)
    both = plan.cases([ranged, more], [{}, {"investment_id": "V0", "initiative_id": "I0"}], detail=False, **on)
    assert figures(alone.frame("cases")) == figures(both.frame("cases"))
    drawn = ["npv_mean", "npv_p10", "npv_p50", "npv_p90", "p_positive"]
    mine = both.frame("cases").set_index("initiative").loc["I1", drawn]
    assert alone.frame("cases").set_index("initiative").loc["I1", drawn].tolist() == mine.tolist()


@pytest.mark.heavy
@few
@given(one=rows, on=terms, times=st.integers(2, 50))
def test_all_money_times_something_scales_the_case(plan, one, on, times):
    before = figures(plan.cases([one], [{}], detail=False, **on).frame("cases"))
    scaled = [one | {"unit_value": one["unit_value"] * times}], [{"amount": 600 * times}]
    after = figures(plan.cases(*scaled, detail=False, **on).frame("cases"))
    months = before.pop("payback_months")
    assert after.pop("payback_months") == pytest.approx(months, rel=1e-6, abs=1e-6)
    slack = 1e-9 * times * (before["pv_benefit"] + before["pv_cost"])
    assert after == pytest.approx({k: v * times for k, v in before.items()}, rel=1e-9, abs=slack)


@pytest.mark.heavy
@few
@given(one=rows, on=terms, cut=st.floats(0.1, 0.9))
def test_a_row_cut_in_two_changes_nothing(plan, one, on, cut):
    whole = one | {"shared_claim": "pool"}
    rival = {"benefit_id": "B9", "initiative_id": "I9", "shared_claim": "pool"}
    costs = [{}, {"investment_id": "V9", "initiative_id": "I9"}]
    halves = [whole | {"base": one["base"] * cut}, whole | {"benefit_id": "B2", "base": one["base"] * (1 - cut)}]
    before, after = (plan.cases([*r, rival], costs, detail=False, **on) for r in ([whole], halves))
    for who in ("I1", "I9"):
        assert figures(after.frame("cases"), who) == pytest.approx(figures(before.frame("cases"), who), rel=1e-7)
    lost = [r.frame("pools").set_index("initiative")["lost_pv"].to_dict() for r in (before, after)]
    assert lost[1] == pytest.approx(lost[0], rel=1e-7, abs=1e-7)


def test_cut_rows_that_move_as_one_are_drawn_as_one(plan):
    ranged = {"effect_low": 0.05, "effect_high": 0.15, "moves_with": "one", "correlation": 1.0}
    halves = [ranged | {"base": 600.0}, ranged | {"base": 600.0, "benefit_id": "B2"}]
    spread = [plan.row(r, [{}])[["npv_p10", "npv_p90"]].astype(float).tolist() for r in ([ranged], halves)]
    assert spread[0] == pytest.approx(spread[1])

"""Draws: what varies, what rises and falls together, what moves a case most, and drawing it all again."""

from time import process_time

import numpy as np
import pandas as pd
import pytest

from cxkit.quantify import BusinessCases
from cxkit.quantify.cases import redraw

RANGE = {"effect_low": 0.05, "effect_high": 0.15}
SECOND = {"benefit_id": "B2", "initiative_id": "I2", **RANGE}
COSTS = [{}, {"investment_id": "V2", "initiative_id": "I2"}]


def test_a_cost_range_moves_what_is_still_to_be_paid(plan):
    paid = {"kind": "run_rate", "month": "2026-09-01", "months": 4, "amount": 100, "amount_low": 50, "amount_high": 150}
    result = plan.cases([{}], [paid])
    drawn = redraw(result)["I1"]
    assert result.frame("cases")["npv"].iloc[0] == 1200 - 400
    assert drawn.min() >= 1200 - 200 - 2 * 150  # September and October are paid: 100 each, for certain
    assert drawn.max() <= 1200 - 200 - 2 * 50
    assert result.frame("cases")["varies"].iloc[0] == "cost of V1"
    sunk = plan.cases([{}], [paid | {"status": "sunk"}])
    assert pd.isna(sunk.frame("cases")["npv_p10"].iloc[0])


def test_an_uncertain_cost_stated_as_nothing_still_varies(plan):
    found = redraw(plan.cases([{}], [{"amount": 0, "amount_high": 600}]))["I1"]
    assert 600 < found.min() < found.max() < 1200


def test_adoption_and_effect_multiply(plan):
    one = RANGE | {"adoption": 0.5, "adoption_low": 0.25, "adoption_high": 0.75}
    result = plan.cases([one], [{}])
    found = result.frame("cases").iloc[0]
    assert found["npv_mean"] == pytest.approx(0, abs=6)  # independent: the mean of a product is that of its factors
    assert result.frame("inputs")["label"].tolist() == ["effect on contacts avoided", "take-up: contacts avoided"]
    shares = result.frame("sobol").set_index("input")
    assert shares["total"].sum() > 1.0 >= shares["first"].sum() - 0.02


def test_shapes_of_the_range_are_the_rows_own(plan):
    discrete = redraw(plan.cases([RANGE | {"distribution": "discrete"}], [{}]))["I1"]
    assert sorted(discrete.round(6).unique()) == [0, 600, 1200]
    normal = plan.row([RANGE | {"distribution": "normal"}], [{}])
    assert (normal["npv_p10"], normal["npv_p90"]) == pytest.approx((0, 1200), abs=25)
    pert = plan.row([{"effect_low": 0.0, "effect_high": 0.2, "distribution": "lognormal"}], [{}])
    assert pert["npv_p10"] > -600  # a lognormal needs a low end above zero: drawn as PERT, and said
    told = plan.cases([{"effect_low": 0.0, "effect_high": 0.2, "distribution": "lognormal"}], [{}]).frame("rows")
    assert told["assumed"].iloc[0] == "PERT in place of a lognormal, whose low end lies above zero"


def test_rows_that_move_together_widen_the_portfolio_across_initiatives(plan):
    def drawn(**group):
        return redraw(plan.cases([RANGE | group, SECOND | group], COSTS))

    apart, together = drawn(), drawn(moves_with="calls", correlation=0.8)
    assert apart.corr("spearman").loc["I1", "I2"] == pytest.approx(0, abs=0.03)
    assert together.corr("spearman").loc["I1", "I2"] == pytest.approx(0.8, abs=0.02)
    assert together.sum(axis=1).std() > 1.2 * apart.sum(axis=1).std()


def test_draws_are_made_again_from_what_was_stored(plan, tmp_path):
    rows = [RANGE | {"moves_with": "calls", "correlation": 0.5, "adoption_low": 0.5}, SECOND]
    result = plan.cases(rows, COSTS, discount_rate=0.1, tax_rate=0.2, seed=4)
    document = {k: v for k, v in result.document().items() if k not in {"result", "version"}}
    saved = BusinessCases.model_validate(document | {"tables": dict(result.tables)})
    found = redraw(saved)
    assert list(found.columns) == ["I1", "I2"]
    assert len(found) == 20_000
    told = result.frame("cases").set_index("initiative")
    pd.testing.assert_series_equal(found.quantile(0.1), told["npv_p10"], check_names=False, rtol=1e-9)
    total = result.finding("quantify.cases.total")
    assert found.sum(axis=1).quantile(0.9) == pytest.approx(total.high)
    assert len(redraw(saved, draws=50)) == 50


def test_a_case_without_ranges_is_drawn_again_as_its_headline(plan):
    assert redraw(plan.cases([{}], [{}]), draws=3)["I1"].tolist() == [600, 600, 600]


def test_tornado_puts_first_what_moves_most(plan):
    result = plan.cases([RANGE, {"benefit_id": "B2", "effect_low": 0.09, "effect_high": 0.11}], [{"amount_high": 650}])
    found = result.frame("tornado")
    assert found["input"].tolist() == ["B1.effect", "B2.effect", "V1.amount"]
    top = found.iloc[0]
    assert top["low_value"] < top["base_value"] < top["high_value"]
    said = result.finding("quantify.cases.sensitivity").title
    assert said == (
        "The total rests most on the effect of Callback on contacts avoided (B1): between its low and its high end the "
        f"total moves by ${top['swing']:.0f}"
    )


def test_sobol_shares_are_left_out_where_not_asked_for(plan):
    rows = [RANGE, {"benefit_id": "B2", **RANGE}]
    assert plan.cases(rows, [{}]).has("sobol")
    assert not plan.cases(rows, [{}], detail=False).has("sobol")


def test_ten_initiatives_answer_a_moved_slider_at_once(plan):
    rows = [
        RANGE | {"benefit_id": f"B{i}{j}", "initiative_id": f"I{i}", "adoption": 0.5, "adoption_low": 0.3}
        for i in range(10)
        for j in range(3)
    ]
    costs = [{"investment_id": f"V{i}", "initiative_id": f"I{i}", "amount_high": 700} for i in range(10)]
    made = plan.tables(rows, costs, [{"initiative_id": f"I{i}", "initiative": f"N{i}"} for i in range(10)])
    from cxkit.quantify import business_cases

    begun = process_time()
    result = business_cases(made, discount_rate=0.1, horizon_months=36, default_margin=None)
    assert process_time() - begun < 1.5
    assert np.isfinite(result.frame("sobol")["total"]).all()

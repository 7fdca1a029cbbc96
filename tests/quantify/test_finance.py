"""Money over time against numbers that a calculator gives, and published ones."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.quantify import finance


def test_present_value_discounts_months_at_the_yearly_rate():
    assert finance.present_value([0, 12, 24], [-1000, 600, 600], 0.08) == pytest.approx(
        -1000 + 600 / 1.08 + 600 / 1.1664
    )


def test_present_value_leaves_the_past_at_face_value():
    assert finance.present_value([-5, 0], [-100, -50], 0.2) == -150


@pytest.mark.parametrize(("timing", "factor"), [("end", 1.0), ("middle", 1.1 ** (1 / 24)), ("start", 1.1 ** (1 / 12))])
def test_timing_moves_future_flows_by_a_named_factor(timing, factor):
    assert finance.present_value([6], [1.0], 0.1, timing=timing) == pytest.approx(1.1**-0.5 * factor)


def test_internal_rate_makes_the_flows_worthless():
    months, flows = [0, 6, 12, 18], [-1000, 300, 400, 500]
    rate = finance.internal_rate(months, flows)
    assert finance.present_value(months, flows, rate) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("flows", [[100, -50], [-100, -1], [], [-100, 250, -120]])
def test_internal_rate_refuses_flows_that_do_not_turn_once(flows):
    assert finance.internal_rate(range(len(flows)), flows) is None


def test_payback_counts_the_last_time_money_is_owed():
    assert finance.payback_months([0, 1, 2, 3, 4], [-100, 150, -100, 25, 50]) == 3.5
    assert finance.payback_months([0, 12], [-100, 110], rate=0.2) == math.inf


def test_risk_adjustment_of_reference_r04():
    found = finance.risk_adjustment({"moderately": 0.66, "very": 0.34}, {"moderately": 0.3, "very": 0.0})
    assert found == pytest.approx(0.198)


def test_risk_adjustment_names_an_unknown_level():
    with pytest.raises(ValueError, match="no risk is given for hardly; known: very"):
        finance.risk_adjustment({"hardly": 1.0}, {"very": 0.0})


money = st.floats(min_value=0, max_value=1e6)


@settings(max_examples=30, deadline=None)
@given(st.lists(money, min_size=1, max_size=24), st.floats(min_value=0, max_value=0.5))
def test_discounting_never_adds_value_and_never_speeds_payback(flows, rate):
    months = range(1, len(flows) + 1)
    assert finance.present_value(months, flows, rate) <= sum(flows) * (1 + 1e-9)
    invested, when = [-sum(flows) / 2, *flows], [0, *months]
    assert finance.payback_months(when, invested, rate=rate) >= finance.payback_months(when, invested) - 1e-9

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cxkit.metrics.control import Series, fit, limits, moving_spread
from cxkit.metrics.freezing import chart
from cxkit.metrics.windows import add_months

RULES = {"point_chance": 0.001, "together_chance": 0.001, "together": 3}


def counts(total, *, size=100.0, usable=None):
    total = np.asarray(total, dtype=float)
    starts = tuple(add_months(date(2023, 1, 1), k) for k in range(len(total)))
    there = np.ones(len(total), dtype=bool) if usable is None else np.asarray(usable)
    return Series("count", starts, None, total, np.full(len(total), float(size)), there)


def seasonal(n, level=60.0, wave=0.25):
    made = counts(np.zeros(n))
    rates = level * np.exp(wave * np.cos(2 * np.pi * made.middle()))
    return counts(np.round(rates))


def test_u_prime_chart_by_hand():
    """Ten sites of 100: 6 and 16 in turn. u = 0.11, z = ±5/√11 = ±1.508, every moving range 3.015, σ = 2.673."""
    series = counts([6, 16] * 5)
    model = fit(series, np.arange(10), months=10, season=False)
    assert model.spread == pytest.approx(3.0151 / 1.128, abs=1e-4)
    assert model.correlation == 0.0
    assert np.exp(model.coefficients[0]) == pytest.approx(0.11)
    found = limits(series, model, [9], 0.00135)
    q = stats.t.isf(0.00135, 9)
    half = q * 2.673 * np.sqrt(11 + 11**2 / 110)  # the period's own noise, and that of the level
    lifted = (q**2 - 1) / 6 * (2 * 2.673**2 - 1)
    assert found.centre == pytest.approx(0.11)
    assert found.high == pytest.approx((11 + half + lifted) / 100, rel=1e-3)


def test_p_prime_chart_of_shares_uses_the_binomial_variance():
    share, n = np.full(12, 0.4), 50.0
    starts = tuple(add_months(date(2023, 1, 1), k) for k in range(12))
    total = share * n
    series = Series("mean", starts, None, total, np.full(12, n), np.ones(12, dtype=bool), squares=total)
    model = fit(series, np.arange(12), months=12, season=False)
    assert model.within == pytest.approx(0.4 * 0.6 * 600 / 588)  # p(1 − p), a mean per period taken off
    assert model.spread == 1.0
    found = limits(series, model, [3], 0.01)
    half = stats.t.isf(0.01, 11) * np.sqrt(model.within / n * (1 + 1 / 12))
    assert (found.low, found.high) == pytest.approx((0.4 - half, 0.4 + half))


def test_moving_spread_is_laneys():
    assert moving_spread([1.0, -1.0, 1.0]) == pytest.approx(2 / 1.128)


def test_a_season_is_no_signal_and_moves_the_limits():
    frame, models = chart(seasonal(36), **RULES)
    assert not frame["above"].any()
    judged = frame[frame["baseline"] >= 0].set_index("start")
    assert judged.loc[date(2025, 1, 1), "low"] > judged.loc[date(2024, 7, 1), "low"]
    assert [m.points for m in models] == [18, 30]


def test_neighbours_that_cling_together_widen_the_limits_of_three_months():
    alone, clinging = counts([8, 12] * 9), counts(([8] * 3 + [12] * 3) * 3)
    one, other = (fit(s, np.arange(18), months=18, season=False) for s in (alone, clinging))
    assert one.correlation == 0.0
    assert other.correlation > 0.3


def test_first_baseline_is_eighteen_months_and_judges_what_follows():
    frame, models = chart(counts([60] * 20), **RULES)
    assert frame["low"].isna().tolist() == [True] * 18 + [False] * 2
    assert (models[0].first, models[0].last) == (date(2023, 1, 1), date(2024, 6, 1))
    assert models[0].version.startswith("2024-06-")
    assert chart(counts([60] * 18), **RULES)[1] == ()


def test_a_spike_does_not_move_the_limits_it_is_held_against():
    calm, spiked = seasonal(30), seasonal(30)
    spiked.total[24:] *= 2
    before, after = chart(calm, **RULES)[0], chart(spiked, **RULES)[0]
    np.testing.assert_allclose(before["high"], after["high"])
    assert after["above"].tolist()[24:] == [True] * 6


def test_a_longer_baseline_leaves_flagged_periods_out_and_is_taken_up_late():
    series = seasonal(36)
    series.total[22:25] *= 2
    frame, models = chart(series, **RULES)
    assert frame.loc[frame["baseline"] == 1, "start"].min() == add_months(date(2023, 1, 1), 33)
    flagged = frame.index[frame["above"]]
    assert set(range(22, 25)) <= set(flagged)
    assert models[1].left_out == len([i for i in flagged if i < 30])


def test_a_restart_begins_a_new_normal_once_it_has_months_enough():
    series = seasonal(50)
    series.total[24:] *= 2
    again = add_months(date(2023, 1, 1), 24)
    forever, declared = chart(series, **RULES)[0], chart(series, **RULES, restarts=[again])[0]
    assert forever["above"].iloc[-1]
    assert declared["above"].iloc[24:30].all()
    assert not declared["above"].iloc[42:].any()


def test_unusable_periods_are_neither_judged_nor_learnt_from():
    there = [True] * 24
    there[5] = there[22] = False
    series = counts([60.0] * 24, usable=there)
    series.total[[5, 22]] = 0
    frame, models = chart(series, **RULES)
    assert models[0].points == 17
    assert np.isnan(frame.loc[22, "low"])
    assert not frame["below"].any()


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(20, 90), min_size=38, max_size=38), st.integers(20, 37))
def test_what_comes_later_changes_no_verdict(total, cut):
    whole, part = chart(counts(total), **RULES)[0], chart(counts(total[:cut]), **RULES)[0]
    for column in ("value", "low", "high", "together", "together_high", "above", "below", "baseline"):
        np.testing.assert_allclose(whole[column].iloc[:cut].astype(float), part[column].astype(float), rtol=1e-9)


@settings(max_examples=6, deadline=None)
@given(st.lists(st.integers(20, 90), min_size=24, max_size=24), st.floats(0.01, 1000))
def test_the_unit_of_exposure_changes_no_verdict(total, factor):
    one, other = chart(counts(total), **RULES)[0], chart(counts(total, size=100 * factor), **RULES)[0]
    np.testing.assert_allclose(one["high"], other["high"] * factor, rtol=1e-6)
    assert one["above"].tolist() == other["above"].tolist()

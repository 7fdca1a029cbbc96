"""Cumulative incidence with a competing event: by hand, as published, against statsmodels; and the bounds."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.metrics.competing import aalen_johansen, bounds, by_day, quantile, quantile_bounds, reached
from cxkit.metrics.survival import kaplan_meier

TRANSPLANT = [
    (13, 2), (1, 1), (72, 0), (7, 2), (8, 2), (67, 0), (9, 2), (5, 2), (70, 0), (4, 0), (7, 0), (68, 0),
    (1, 2), (10, 2), (7, 2), (3, 1), (4, 1), (4, 1), (3, 1), (3, 1), (22, 2), (8, 1), (2, 2), (0, 2),
    (0, 1), (35, 0), (35, 0), (4, 2), (14, 2), (26, 2), (3, 2), (2, 0), (8, 0), (32, 0), (12, 1),
]  # fmt: skip
"""Months to relapse (1) or death in remission (2) of 35 patients (Scrucca, Santucci and Aversa 2007)."""


def risk(cases: list[tuple[float, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(cases, columns=["time", "kind"])
    kinds = {"events": 1, "competing": 2, "censored": 0}
    return frame.assign(**{name: (frame["kind"] == kind).astype(int) for name, kind in kinds.items()})


def test_five_customers_as_worked_by_hand():
    # reached at 1, left at 2, still waiting at 3, reached at 4, still waiting at 5
    curve = aalen_johansen(risk([(1, 1), (2, 2), (3, 0), (4, 1), (5, 0)]))
    assert curve["at_risk"].tolist() == [5, 4, 3, 2, 1]
    assert curve["waiting"].tolist() == pytest.approx([0.8, 0.6, 0.6, 0.3, 0.3])
    assert curve["share"].tolist() == pytest.approx([0.2, 0.2, 0.2, 0.5, 0.5])
    assert curve["left"].tolist() == pytest.approx([0.0, 0.2, 0.2, 0.2, 0.2])
    # churn counted as censored says more: 1 − 4/5 · 1/2
    stayed = kaplan_meier(
        pd.DataFrame({"time": [1, 2, 3, 4, 5], "events": [1, 0, 0, 1, 0], "censored": [0, 1, 1, 0, 1]})
    )
    assert 1 - stayed["survival"].iloc[-1] == pytest.approx(0.6)
    # at the first time nobody is censored yet: the binomial variance 0.2 · 0.8 / 5
    half = 1.959964 * math.sqrt(0.2 * 0.8 / 5) / (0.8 * abs(math.log(0.8)))
    assert curve["low"].iloc[0] == pytest.approx(1 - 0.8 ** math.exp(-half))
    assert curve["high"].iloc[0] == pytest.approx(1 - 0.8 ** math.exp(half))


def test_the_published_transplants():
    curve = aalen_johansen(risk(TRANSPLANT)).set_index("time")
    assert (1 - curve["waiting"]).head(5).round(4).tolist() == [0.0571, 0.1143, 0.1429, 0.2611, 0.3498]
    assert curve["share"].head(5).round(4).tolist() == [0.0286, 0.0571, 0.0571, 0.1458, 0.2049]
    assert curve["left"].head(3).round(4).tolist() == [0.0286, 0.0571, 0.0857]


def test_estimate_and_standard_error_agree_with_statsmodels():
    from statsmodels.duration.survfunc import CumIncidenceRight

    times, kinds = zip(*TRANSPLANT, strict=True)
    theirs = CumIncidenceRight(np.array(times), np.array(kinds))
    ours = aalen_johansen(risk(TRANSPLANT))
    for which, (share, high) in enumerate((("share", "high"), ("left", "left_high"))):
        assert ours[share].to_numpy() == pytest.approx(theirs.cinc[which], abs=1e-12)
        stay = 1 - ours[share]
        implied = np.log(np.log(1 - ours[high]) / np.log(stay)) / 1.959963985 * stay * -np.log(stay)
        assert implied.to_numpy() == pytest.approx(theirs.cinc_se[which], rel=1e-6)


def test_without_a_competing_event_it_is_kaplan_meier_with_its_band():
    cases = [(t, k) for t, k in TRANSPLANT if k != 2]
    ours, theirs = aalen_johansen(risk(cases)), kaplan_meier(risk(cases))
    for mine, other in (("share", "survival"), ("low", "high"), ("high", "low")):
        assert (1 - ours[mine]).tolist() == pytest.approx(theirs[other].tolist(), nan_ok=True)


def test_without_censoring_it_is_a_share_with_its_binomial_error():
    cases = [(t, k or 2) for t, k in TRANSPLANT]
    curve = aalen_johansen(risk(cases))
    share = curve["share"].iloc[-1]
    assert share == pytest.approx(sum(k == 1 for _, k in cases) / 35)
    half = 1.959964 * math.sqrt(share * (1 - share) / 35) / ((1 - share) * -math.log(1 - share))
    assert curve["high"].iloc[-1] == pytest.approx(1 - (1 - share) ** math.exp(half))


def test_median_and_its_interval_are_read_off_the_band():
    curve = aalen_johansen(risk([(d, 1) for d in range(1, 61)] + [(61, 2)] * 40))
    middle, low, high = quantile(curve)
    assert middle == 50
    assert low < 50 < high
    assert reached(curve, 0.5) == (0.0, None, None)
    assert quantile(aalen_johansen(risk([(1, 1), (2, 2), (3, 2)])))[0] == math.inf


def test_the_worst_and_the_best_case():
    given_risk = risk([(1, 1), (2, 2), (3, 0), (4, 1), (5, 0)])
    assert bounds(given_risk, 4) == (0.4, 0.6)
    assert bounds(given_risk, 3) == (0.2, 0.2)
    assert quantile_bounds(given_risk) == (4.0, math.inf)


def test_days_keep_the_last_of_each_day():
    days = by_day(aalen_johansen(risk([(0.5, 1), (0.9, 2), (1.5, 1), (2.0, 0)])))
    assert days["day"].tolist() == [1, 2]
    assert days["at_risk"].tolist() == [4, 2]
    assert days["share"].tolist() == pytest.approx([0.25, 0.5])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.sampled_from([0, 1, 2])), min_size=1, max_size=40))
def test_shares_add_up_and_lie_between_the_bounds_and_below_kaplan_meier(cases):
    given_risk = risk(cases)
    curve = aalen_johansen(given_risk)
    assert (curve["share"] + curve["left"] + curve["waiting"]).to_numpy() == pytest.approx(1.0)
    stayed = kaplan_meier(given_risk.assign(censored=given_risk["censored"] + given_risk["competing"]))
    assert (curve["share"] <= 1 - stayed["survival"] + 1e-12).all()
    inner = curve[curve["low"].notna()]
    assert ((inner["low"] <= inner["share"] + 1e-12) & (inner["share"] <= inner["high"] + 1e-12)).all()
    for time in (0, 3, 7, 12):
        worst, best = bounds(given_risk, time)
        assert worst - 1e-12 <= reached(curve, time)[0] <= best + 1e-12

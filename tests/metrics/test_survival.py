"""Kaplan–Meier on the 6-MP trial (Freireich 1963; Gehan 1965; Kleinbaum's table) and its edges."""

import math

import pandas as pd
import pytest

from cxkit.metrics.survival import kaplan_meier, log_rank, naive_median, quantile, reached

TREATED_EVENTS = [6, 6, 6, 7, 10, 13, 16, 22, 23]
TREATED_CENSORED = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def risk(events: list[int], censored: list[int]) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame({"time": events, "events": 1, "censored": 0}),
            pd.DataFrame({"time": censored, "events": 0, "censored": 1}),
        ]
    )


def test_kaplan_meier_gives_the_published_curve():
    curve = kaplan_meier(risk(TREATED_EVENTS, TREATED_CENSORED)).set_index("time")["survival"]
    expected = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    for week, share in expected.items():
        assert curve[week] == pytest.approx(share, abs=5e-4)


def test_medians_are_23_and_8_weeks():
    assert quantile(kaplan_meier(risk(TREATED_EVENTS, TREATED_CENSORED)))[0] == 23
    assert quantile(kaplan_meier(risk(PLACEBO, [])))[0] == 8


def test_log_rank_is_16_79():
    statistic, p = log_rank([risk(TREATED_EVENTS, TREATED_CENSORED), risk(PLACEBO, [])])
    assert statistic == pytest.approx(16.79, abs=0.005)
    assert p < 0.0001


def test_median_interval_agrees_with_statsmodels():
    from statsmodels.duration.survfunc import SurvfuncRight

    table = risk(TREATED_EVENTS, TREATED_CENSORED)
    theirs = SurvfuncRight(table["time"], table["events"])
    ours = kaplan_meier(table)
    _, low, high = quantile(ours)
    assert low == theirs.quantile_ci(0.5, method="cloglog")[0]
    assert math.isinf(high)
    errors = dict(zip(theirs.surv_times, theirs.surv_prob, strict=True))
    assert all(row.survival == pytest.approx(errors[row.time]) for row in ours.itertuples() if row.time in errors)


def test_naive_median_forgets_the_unfinished():
    assert naive_median(risk(TREATED_EVENTS, TREATED_CENSORED)) == 10
    assert math.isnan(naive_median(risk([], [3])))


def test_nobody_reached_it_yet():
    curve = kaplan_meier(risk([], [5, 9]))
    assert quantile(curve)[0] == math.inf
    assert reached(curve, 30) == (0.0, None, None)

"""Kaplan–Meier on the 6-MP trial (Freireich 1963; Gehan 1965; Kleinbaum's table) and its edges."""

import math

import numpy as np
import pandas as pd
import pytest

from cxkit.metrics.survival import (
    chi_square,
    kaplan_meier,
    log_rank,
    log_rank_scores,
    naive_median,
    quantile,
    reached,
)

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


GROUPS = [risk(TREATED_EVENTS, TREATED_CENSORED), risk(PLACEBO, []), risk([2, 4, 9, 9, 30], [6, 12, 35])]


def test_log_rank_of_three_groups_agrees_with_statsmodels():
    from statsmodels.duration.survfunc import survdiff

    table = pd.concat([g.assign(group=i) for i, g in enumerate(GROUPS)])
    theirs = survdiff(table["time"], table["events"], table["group"])
    assert log_rank(GROUPS) == pytest.approx(theirs, rel=1e-9)


def test_log_rank_needs_events_and_two_groups():
    assert log_rank([risk([], [3]), risk([], [5])]) == (0.0, 1.0)
    assert log_rank([risk([1, 2], [3])]) == (0.0, 1.0)


def clustered(groups: list[pd.DataFrame], copies: int) -> tuple[float, float]:
    """The log-rank test with every case `copies` times in its own cluster."""
    scores = log_rank_scores([pd.concat([g] * copies) for g in groups]).set_index(["own", "time", "settled", "group"])
    table = scores["score"].unstack("group")
    cases = [(own, t, bool(e)) for own, g in enumerate(groups) for t, e in zip(g["time"], g["events"], strict=True)]
    sums = copies * np.array([table.loc[case].to_numpy() for case in cases])
    return chi_square(sums.sum(axis=0), sums.T @ sums)


def test_scores_of_single_cases_add_up_to_observed_less_expected():
    scores = log_rank_scores(GROUPS[:2]).set_index(["own", "time", "settled", "group"])["score"]
    treated = sum(
        scores[own, t, bool(e), 0]
        for own, g in enumerate(GROUPS[:2])
        for t, e in zip(g["time"], g["events"], strict=True)
    )
    assert treated == pytest.approx(9 - 19.25, abs=0.005)  # 9 relapses, 19.25 expected (Kleinbaum)


def test_a_case_counted_twice_in_its_cluster_adds_no_certainty():
    assert clustered(GROUPS, 2) == pytest.approx(clustered(GROUPS, 1))
    assert log_rank([pd.concat([g] * 2) for g in GROUPS])[0] > 1.9 * log_rank(GROUPS)[0]


def test_single_cases_as_clusters_come_near_the_classic_test():
    rng = np.random.default_rng(1)
    many = [risk([*rng.integers(1, 20, 150)], [*rng.integers(1, 20, 150)]) for _ in range(3)]
    assert clustered(many, 1)[0] == pytest.approx(log_rank(many)[0], rel=0.15)

"""Renewals: the published fits, what values are made of, and how far they may be off."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.quantify.renewals import (
    LEAST_AT_RISK,
    fit_renewal,
    paid_months,
    path,
    residual_lifetime,
    risk_sets,
    value_of,
)

HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
"""Fader and Hardie, How to Project Customer Retention, Journal of Interactive Marketing 21 (2007), table 1."""


@pytest.mark.parametrize(
    ("survivors", "alpha", "beta", "loglik"),
    [(HIGH_END, 0.668, 3.806, -1611.16), (REGULAR, 0.704, 1.182, -1680.27)],
    ids=["high end", "regular"],
)
def test_published_parameters(survivors, alpha, beta, loglik):
    """Reference R08."""
    model = fit_renewal(risk_sets(survivors))
    assert model.alpha == pytest.approx(alpha, abs=0.001)
    assert model.beta == pytest.approx(beta, abs=0.001)
    assert model.loglik == pytest.approx(loglik, abs=0.01)


def test_published_projection_is_within_two_points_of_what_came():
    """Reference R08: 37.8 % of the high-end customers projected after twelve renewals, 39.4 % were there."""
    assert fit_renewal(risk_sets(HIGH_END)).survival(12) == pytest.approx(0.378, abs=0.0005)


def test_published_parameters_from_cohorts_that_came_late():
    """The same customers as two cohorts of which one was followed for three renewals only."""
    early, late = risk_sets([400, 348, 297, 261, 237, 220, 207, 196]), risk_sets([600, 521, 446, 392])
    both = pd.concat([early, late]).groupby("t", as_index=False).sum()
    model = fit_renewal(both)
    assert (model.at_risk, model.lost) == (1970 + 1567, 204 + 208)
    assert model.survival(12) == pytest.approx(0.378, abs=0.03)


def test_constant_hazard_is_found_where_tenure_says_nothing():
    model = fit_renewal(risk_sets([10_000, 9_000, 8_100, 7_290, 6_561]))
    assert model.p == pytest.approx(0.1, abs=1e-4)
    assert model.phi == pytest.approx(0.0, abs=1e-3)
    assert fit_renewal(risk_sets([10_000, 9_500, 8_700, 7_500, 6_000])).phi == 0.0


def test_too_few_losses_and_no_renewals_give_the_reason():
    assert fit_renewal(risk_sets([500, 496, 493])) == "7 losses, fewer than 10"
    assert fit_renewal(risk_sets([500, 0])) == "nobody renewed"


def test_hazards_are_observed_as_far_as_enough_were_seen():
    risk = pd.DataFrame({"t": [1, 2, 3], "at_risk": [900, 600, LEAST_AT_RISK - 1], "lost": [90, 30, 20]})
    found = path(risk, 5)
    assert found.observed == 2
    assert found.hazards[:2] == pytest.approx((0.1, 0.05))
    assert found.hazards[2:] == pytest.approx(tuple(found.model.hazard(np.arange(3, 6))))


def test_value_of_new_and_present_customers_by_hand():
    """Hazards 0.1, 0.05: a new customer pays month 1 for sure; one who renewed once is at renewal 2."""
    found = path(pd.DataFrame({"t": [1, 2], "at_risk": [900, 600], "lost": [90, 30]}), 3)
    worth = np.array([10.0, 9.0])
    assert paid_months(found, -1, 2).tolist() == pytest.approx([1.0, 0.9])
    assert value_of(found, {-1: 1.0}, worth)[0] == pytest.approx(10 + 0.9 * 9)
    third = 1 - found.hazards[2]
    assert value_of(found, {1: 4.0}, worth)[0] == pytest.approx(4 * (0.95 * 10 + 0.95 * third * 9))


def test_variance_of_an_observed_share_is_the_binomial_one():
    found = path(pd.DataFrame({"t": [1], "at_risk": [900], "lost": [90]}), 1)
    value, variance = value_of(found, {-1: 1.0}, np.array([0.0, 1.0])[:2])
    assert value == pytest.approx(0.9)
    assert variance == pytest.approx(0.09 / 900)


def test_what_the_model_says_beyond_is_less_certain_than_what_was_seen():
    risk = risk_sets(HIGH_END)
    seen = value_of(path(risk, 7), {-1: 1.0}, np.ones(8))
    beyond = value_of(path(risk, 60), {-1: 1.0}, np.ones(61))
    assert beyond[1] ** 0.5 / beyond[0] > 1.5 * seen[1] ** 0.5 / seen[0]


def _drawn(rng, hazard, months=24, joining=40):
    at_risk, lost = np.zeros(months), np.zeros(months)
    for start in range(months):
        left = joining
        for t in range(months - start):
            gone = rng.binomial(left, hazard[t])
            at_risk[t] += left
            lost[t] += gone
            left -= gone
    return pd.DataFrame({"t": np.arange(1, months + 1), "at_risk": at_risk, "lost": lost})


@pytest.mark.heavy
def test_intervals_hold_the_planted_value():
    """300 books drawn from a known sBG, 24 months seen, 36 valued: 95 in 100 intervals hold the truth."""
    rng = np.random.default_rng(7)
    hazard = 0.9 / (0.9 + 25 + np.arange(36))
    truth = float(np.concatenate([[1], np.cumprod(1 - hazard)])[:36].sum())
    held = 0
    for _ in range(300):
        found = path(_drawn(rng, hazard), 36)
        value, variance = value_of(found, {-1: 1.0}, np.ones(36))
        half = 1.96 * variance**0.5 / value
        held += value * np.exp(-half) <= truth <= value * np.exp(half)
    assert 0.90 <= held / 300 <= 0.985


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 60), min_size=3, max_size=10), st.integers(200, 900))
def test_survival_falls_and_stays_a_share(losses, start):
    survivors = start - np.concatenate([[0], np.cumsum(losses)])
    survivors = survivors[survivors > 0].tolist()
    found = path(risk_sets(survivors), 40)
    if isinstance(found, str):
        return
    left = found.survival
    assert (np.diff(left) <= 1e-12).all()
    assert 0 <= left[-1] <= left[0] == 1
    total, variance = value_of(found, {-1: 1.0}, np.ones(30))
    assert 0 < total <= 30
    assert variance >= 0


def test_residual_lifetime_grows_with_renewals_behind():
    """Who stayed longer is likelier to stay: the reason why a young book is worth less than an old one."""
    model = fit_renewal(risk_sets(REGULAR))
    values = [residual_lifetime(model, n, 0.1) for n in range(6)]
    assert values == sorted(values)
    with pytest.raises(ValueError, match="it lies above 0"):
        residual_lifetime(model, 1, 0.0)

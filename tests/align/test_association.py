"""Correlations inside segments: against numpy, and their chance and interval on panels drawn without relation."""

import numpy as np
import pytest

from cxkit.align.association import pooled, slope, together, varies, within, without_season
from tests.align.panels import months

WHEN = months(48)
RNG = np.random.default_rng(5)


def test_value_is_the_mean_correlation_of_what_season_and_trend_leave():
    x, y = RNG.normal(size=(3, 48)), RNG.normal(size=(3, 48))
    left, right = x @ without_season(WHEN), y @ without_season(WHEN)
    by_hand = np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(left, right, strict=True)])
    assert together(x, y, WHEN) == pytest.approx(by_hand)
    assert within(x, y, WHEN, np.random.default_rng(1), lags=0, draws=99).value == pytest.approx(by_hand)


def test_lag_means_that_the_second_follows():
    x = RNG.normal(size=(2, 50))
    found = within(x[:, 2:], x[:, :48] + 0.1 * RNG.normal(size=(2, 48)), WHEN, np.random.default_rng(1), draws=499)
    assert found.lag == 2
    assert found.value > 0.8
    assert (found.p_above, found.p_either) == (1 / 500, 2 / 500)
    assert found.p_below > 0.05


def test_slope_is_in_the_metrics_own_units():
    x = RNG.normal(size=(2, 48))
    each, swing = slope(x, -3 * x, WHEN, 0)
    assert each == pytest.approx(-3)
    assert swing == pytest.approx(np.sqrt(((x @ without_season(WHEN)) ** 2).mean()))


def test_flat_series_say_nothing():
    x = np.vstack([np.full(48, 7.0), np.arange(48.0), RNG.normal(size=48)])
    assert varies(x, WHEN).tolist() == [False, False, True]


def test_pooled_sees_the_levels_of_segments():
    levels = 10 * np.arange(4)[:, None]
    x = RNG.normal(size=(4, 48))
    found = pooled(x + levels, -x + levels, WHEN, 0, np.random.default_rng(1))
    assert together(x, -x, WHEN) == pytest.approx(-1)
    assert found.low > 0.9
    assert found.p < 1e-6


def autocorrelated(rng, memory=0.6):
    shocks = rng.normal(size=(3, 80))
    for t in range(1, 80):
        shocks[:, t] = memory * shocks[:, t - 1] + np.sqrt(1 - memory**2) * shocks[:, t]
    return shocks[:, -48:]


@pytest.mark.heavy
def test_chance_and_interval_hold_on_autocorrelated_panels():
    """400 panels without relation: one in twenty at 5 %, and intervals that hold nought (exact 99.9 % band)."""
    alarms, held = 0, 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        found = within(autocorrelated(rng), autocorrelated(rng), WHEN, rng, draws=399)
        alarms += found.p_either <= 0.05
        held += found.low <= 0 <= found.high
    assert 7 <= alarms <= 38
    assert held >= 361

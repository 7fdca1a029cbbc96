"""The two ways of pulling effects together, against figures that others published and truths that were planted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.govern.shrinkage_methods import FEWEST, empirical_bayes, full_bayes, james_stein

# Efron and Morris 1975 (JASA 70, table 1): hits in the first 45 at-bats of 1970, average over the rest of the season.
BATTERS = {
    "Clemente": (18, 0.346), "F Robinson": (17, 0.298), "F Howard": (16, 0.276), "Johnstone": (15, 0.222),
    "Berry": (14, 0.273), "Spencer": (14, 0.270), "Kessinger": (13, 0.263), "L Alvarado": (12, 0.210),
    "Santo": (11, 0.269), "Swoboda": (11, 0.230), "Unser": (10, 0.264), "Williams": (10, 0.256), "Scott": (10, 0.303),
    "Petrocelli": (10, 0.264), "E Rodriguez": (10, 0.226), "Campaneris": (9, 0.285), "Munson": (8, 0.316),
    "Alvis": (7, 0.200),
}  # fmt: skip
# Rubin 1981; Gelman et al., Bayesian Data Analysis, table 5.2 (effects, standard errors) and 5.3 (posterior medians).
SCHOOLS = ([28, 8, -3, 7, -1, 1, 18, 12], [15, 10, 16, 11, 9, 11, 10, 18])
MEDIANS = [10, 8, 7, 8, 5, 6, 10, 8]


def batters():
    first = np.array([hits / 45 for hits, _ in BATTERS.values()])
    rest = np.array([average for _, average in BATTERS.values()])
    return first, rest, james_stein(first, first.mean() * (1 - first.mean()) / 45)


def test_eighteen_batters_shrink_as_efron_and_morris_published():
    first, rest, found = batters()
    assert found.weights[0] == pytest.approx(0.212, abs=0.0005)
    assert found.values[0] == pytest.approx(0.294, abs=0.0005)  # Clemente, from .400
    assert first.mean() == pytest.approx(0.265, abs=0.0005)
    ours = ((np.array(found.values) - rest) ** 2).sum()
    assert ((first - rest) ** 2).sum() / ours == pytest.approx(3.5, abs=0.05)


def test_eight_schools_as_in_the_textbook():
    effects, errors = SCHOOLS
    found = full_bayes(effects, np.square(errors), centre=0, mean_scale=1e4, spread_scale=1e4)
    assert np.round(found.values) == pytest.approx(MEDIANS, abs=1.01)  # medians are a little below means for school A
    assert found.values[0] == pytest.approx(11.4, abs=0.5)  # the mean that Stan's own example prints


def test_one_effect_is_pulled_by_the_prior_alone():
    exact = full_bayes([2.0], [0.25], centre=0.5, mean_scale=0.5, spread_scale=1e-9)  # no spread: conjugate normal
    assert exact.values[0] == pytest.approx(0.5 + 1.5 * 0.5)
    assert exact.sds[0] == pytest.approx(np.sqrt(0.125), rel=1e-6)
    assert exact.highs[0] == pytest.approx(1.25 + 1.96 * np.sqrt(0.125), abs=1e-3)
    assert 1.25 < full_bayes([2.0], [0.25]).values[0] < 2


def test_with_many_effects_the_two_ways_agree():
    rng = np.random.default_rng(5)
    v = rng.uniform(0.01, 0.2, 400)
    y = rng.normal(0.6, np.sqrt(0.09 + v))
    one, other = empirical_bayes(y, v), full_bayes(y, v)
    assert np.abs(np.array(one.values) - other.values).max() < 0.02
    assert one.spread == pytest.approx(0.3, abs=0.05)


numbers = st.lists(st.tuples(st.floats(-3, 4), st.floats(0.01, 2)), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(numbers, st.booleans())
def test_a_shrunk_effect_lies_between_its_own_result_and_the_mean(drawn, many):
    y, v = [a for a, _ in drawn], [b**2 for _, b in drawn]
    if many and len(y) < 4:
        return
    found = empirical_bayes(y, v) if many else full_bayes(y, v)
    for own, shrunk, sd, low, high, weight in zip(
        y, found.values, found.sds, found.lows, found.highs, found.weights, strict=True
    ):
        assert 0 <= weight <= 1
        assert low <= shrunk + 1e-9 <= high + 2e-9
        assert sd > 0
        if many:
            assert min(own, found.mean) - 1e-9 <= shrunk <= max(own, found.mean) + 1e-9


@settings(max_examples=40, deadline=None)
@given(numbers, st.randoms())
def test_order_changes_nothing(drawn, random):
    mixed = random.sample(drawn, len(drawn))
    one = dict(zip(drawn, full_bayes([a for a, _ in drawn], [b**2 for _, b in drawn]).values, strict=True))
    other = dict(zip(mixed, full_bayes([a for a, _ in mixed], [b**2 for _, b in mixed]).values, strict=True))
    assert all(one[key] == pytest.approx(other[key], rel=1e-9, abs=1e-9) for key in one)


def test_effects_without_noise_are_refused():
    with pytest.raises(ValueError, match="noise"):
        full_bayes([1.0], [0.0])
    with pytest.raises(ValueError, match="four"):
        empirical_bayes([1.0, 2.0, 3.0], [1.0] * 3)


def draws(seed, k):
    rng = np.random.default_rng([7, seed])
    truth = rng.normal(0.6, 0.35, k)
    v = rng.uniform(0.1, 0.7, k) ** 2
    return truth, truth + rng.normal(0, np.sqrt(v)), v


@pytest.mark.coverage
@pytest.mark.parametrize("k", [5, 12, 25])
def test_intervals_hold_the_truth_as_often_as_they_say(k):
    """95 % on average over effects; judged as in DESIGN, by seeds: the share of seeds whose first effect is held."""
    from scipy.stats import binom

    held, errors = 0, np.zeros(2)
    seeds = 1_000
    for seed in range(seeds):
        truth, y, v = draws(seed, k)
        found = (empirical_bayes if k >= FEWEST else full_bayes)(y, v)
        held += found.lows[0] <= truth[0] <= found.highs[0]
        errors += [((y - truth) ** 2).mean(), ((np.array(found.values) - truth) ** 2).mean()]
    low, high = binom.interval(0.999, seeds, 0.95)
    print(f"k={k}: coverage {held / seeds:.3f}, error ratio raw/shrunk {errors[0] / errors[1]:.2f}")
    assert low <= held <= high
    assert errors[1] < errors[0]

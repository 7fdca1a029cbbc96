"""Synthetic control: weights against scipy's own solver, placebos by hand, coverage and power by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import minimize

from cxkit.prove.synthetic import Synthetic, conformal_p, synthetic, weights
from tests.prove.given_quasi import mixture


def made(seed: int, **planted: float) -> Synthetic:
    rows = mixture(seed, **planted)  # type: ignore[arg-type]
    found = synthetic(rows[0], rows[1:], 24)
    assert isinstance(found, Synthetic)
    return found


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_weights_are_those_of_another_solver(seed: int) -> None:
    rng = np.random.default_rng(seed)
    donors, target = rng.normal(5, 1, size=(5, 20)), rng.normal(5, 1, size=20)
    found = weights(target, donors)
    loss = lambda w: ((target - w @ donors) ** 2).sum()  # noqa: E731
    theirs = minimize(
        loss, np.full(5, 0.2), method="SLSQP", bounds=[(0, 1)] * 5, options={"ftol": 1e-12, "maxiter": 500},
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
    ).x  # fmt: skip
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()
    assert loss(found) <= loss(theirs) * (1 + 1e-5) + 1e-9
    assert found == pytest.approx(theirs, abs=5e-3)


def test_a_group_that_is_a_mixture_gets_its_weights_and_its_effect() -> None:
    rng = np.random.default_rng(2)
    donors = rng.normal(10, 2, size=(6, 30)).cumsum(axis=1)
    share = np.array([0.5, 0.3, 0.2, 0, 0, 0])
    target = share @ donors
    target[20:] += 7.0
    found = synthetic(target, donors, 20)
    assert isinstance(found, Synthetic)
    assert found.weights == pytest.approx(share, abs=1e-3)
    assert found.value == pytest.approx(7.0, abs=1e-2)
    assert found.rank_p == pytest.approx(1 / 7)
    assert found.low < 7.0 < found.high


def test_nothing_after_the_start_moves_the_weights() -> None:
    rows = mixture(3)
    later = rows.copy()
    later[0, 24:] += 100.0
    one, two = synthetic(rows[0], rows[1:], 24), synthetic(later[0], later[1:], 24)
    assert isinstance(one, Synthetic)
    assert isinstance(two, Synthetic)
    assert one.weights.tolist() == two.weights.tolist()
    assert two.value - one.value == pytest.approx(100.0)


def test_a_planted_effect_stands_out_and_outlives_its_heaviest_member() -> None:
    found = made(3, effect=4.0)
    assert found.low < 4.0 < found.high
    assert found.low > 0
    assert found.rank_p == pytest.approx(1 / 13)
    assert found.without is not None
    assert found.without.value > 2
    assert found.in_time is not None
    assert found.in_time.p > 0.1
    assert found.time_power > 0.8


def test_a_group_far_from_all_others_is_no_comparison() -> None:
    rows = mixture(4)
    rows[0] = rows[0] * 5 + 100
    found = synthetic(rows[0], rows[1:], 24)
    assert isinstance(found, Synthetic)
    assert found.too_poor


@pytest.mark.parametrize(
    ("donors", "start", "why"),
    [(4, 24, "4 groups outside"), (8, 6, "6 periods are seen before the start"), (8, 36, "no period since the start")],
)
def test_what_cannot_be_told_is_said_in_words(donors: int, start: int, why: str) -> None:
    rows = mixture(1, donors=donors)
    assert why in str(synthetic(rows[0], rows[1:], start))


def test_conformal_p_by_hand() -> None:
    """One donor, so that nothing is fitted: what is left is 0 … 0, 5; only the true shift looks as large."""
    target = np.array([0.1, -0.1, 0.1, -0.1, 5.0])
    assert conformal_p(target, np.zeros((1, 5)), 4, 0.0) == pytest.approx(1 / 5)
    assert conformal_p(target, np.zeros((1, 5)), 4, 5.0) == 1.0


@pytest.mark.coverage
@pytest.mark.parametrize(
    ("donors", "periods", "start", "rho"), [(6, 24, 18, 0.5), (12, 36, 24, 0.5), (20, 40, 30, 0.3)]
)
def test_intervals_hold_the_truth_and_few_are_called(donors: int, periods: int, start: int, rho: float) -> None:
    """300 seeds; at least 95 % (the interval holds more when others are few), and power beside it."""
    held = seen = 0
    for seed in range(300):
        rows = mixture(seed, effect=2.0, donors=donors, periods=periods, start=start, rho=rho)
        found = synthetic(rows[0], rows[1:], start)
        assert isinstance(found, Synthetic)
        held += found.low <= 2.0 <= found.high
        seen += found.p <= 0.05
    assert held >= stats.binom.ppf(0.0005, 300, 0.95)
    assert seen > 100

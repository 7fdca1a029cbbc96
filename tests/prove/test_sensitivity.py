"""What overturns a result: bounds by hand, published E-values, power by simulation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cxkit.prove import sensitivity as s
from cxkit.prove.did import Path, did
from tests.prove.given_quasi import rollout


def path(before: list[float], after: list[float], noise: float = 1e-5) -> Path:
    since = np.array([*range(-len(before) - 1, -1), *range(len(after))])
    return Path(since, np.array([*before, *after]), np.eye(len(since)) * noise**2, np.ones(len(since)), 20)


def test_relative_magnitudes_by_hand() -> None:
    """Steps before: 0.2 (−3 to −2) and −0.1 (−2 to −1). Two periods after: mean drift 1.5 steps of M̄ × 0.2."""
    made = path([-0.1, 0.1], [1.0, 1.2])
    for times in (0.5, 1.0, 2.0):
        low, high = s.relative(made, times)
        assert (low, high) == pytest.approx((1.1 - 0.3 * times, 1.1 + 0.3 * times), abs=1e-3)
    assert s.breakdown(lambda m: s.relative(made, m)) == pytest.approx(1.1 / 0.3, abs=1e-2)


def test_no_violation_leaves_the_plain_interval() -> None:
    made = path([0.0, 0.1], [1.0, 1.2], noise=0.3)
    half = stats.t.isf(0.025, 20) * 0.3 / np.sqrt(2)
    assert s.relative(made, 0.0) == pytest.approx((1.1 - half, 1.1 + half))


def test_a_straight_trend_is_taken_off_by_smoothness() -> None:
    """A line of 0.5 per period before and after, and no effect: nothing is left of it."""
    made = path([-1.0, -0.5], [0.5, 1.0, 1.5])
    low, high = s.smooth(made, 0.0)
    assert low == pytest.approx(0, abs=1e-3)
    assert high == pytest.approx(0, abs=1e-3)
    assert s.smooth(made, 0.1)[1] > 0.1


def test_smoothness_bias_by_hand() -> None:
    """One period after, trend drawn through −2 and −1: a bend of M at −1 shifts the effect by M."""
    low, high = s.smooth(path([0.0], [1.0]), 0.25)
    assert (low, high) == pytest.approx((0.75, 1.25), abs=1e-3)


@given(st.lists(st.floats(-2, 2), min_size=2, max_size=6), st.lists(st.floats(-2, 2), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_larger_violation_never_narrows(before: list[float], after: list[float]) -> None:
    made = path(before, after, noise=0.2)
    for bound in (s.relative, s.smooth):
        ends = [bound(made, m) for m in (0.0, 0.3, 1.0, 3.0)]
        steps = list(itertools.pairwise(ends))
        assert all(a[0] >= b[0] - 1e-9 and a[1] <= b[1] + 1e-9 for a, b in steps) or (
            bound is s.smooth and all(b[1] - b[0] >= a[1] - a[0] - 1e-9 for a, b in steps)
        )


def test_power_is_that_of_the_test() -> None:
    """Planted: a slope of two standard errors over 6 groups."""
    rng = np.random.default_rng(1)
    t = (rng.normal(size=20_000) + 2) / np.sqrt(rng.chisquare(4, 20_000) / 4)
    seen = (np.abs(t) > stats.t.isf(s.SILENT_P / 2, 4)).mean()
    assert s.power(2.0, 4) == pytest.approx(seen, abs=0.015)
    assert s.power(0.0, 4) == pytest.approx(s.SILENT_P)
    assert s.power(80.0, 4) == pytest.approx(1.0)


def test_a_trend_that_explains_the_effect_does_so() -> None:
    made = path([-1.0, -0.5], [0.5, 1.0])
    found = s.trend(made, 0.75)
    assert found is not None
    assert found.slope == pytest.approx(0.5)
    assert found.explains == pytest.approx(0.5)
    assert not found.passed


def test_silence_without_power_earns_nothing() -> None:
    found = s.trend(path([0.0, 0.0], [0.1, 0.1], noise=1.0), 0.1)
    assert found is not None
    assert found.p > s.SILENT_P
    assert found.power < s.POWER
    assert not found.passed


def test_blocks_average_periods_and_keep_the_reference_at_nought() -> None:
    made = path([1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 0.0, 2.0], [5.0] * 6)
    coarse, size = s.blocks(made)
    assert size == 2
    assert coarse.since.tolist() == [-4, -3, -2, 0, 1, 2]
    assert coarse.value.tolist() == pytest.approx([-0.5, 1.0, 0.5, 4.0, 4.0, 4.0], abs=2)
    assert coarse.covariance.shape == (6, 6)


@pytest.mark.coverage
def test_the_bound_holds_the_effect_when_drift_goes_on_as_before() -> None:
    """A straight drift is a violation of exactly once the worst before: the interval at 1 holds the effect in 95 %."""
    starts, held = [12] * 8 + [10**9] * 12, 0
    true = np.array([12] * 8 + [np.iinfo(np.int64).max // 2] * 12)
    for seed in range(200):
        made = did(rollout(seed, starts, effect=2.0, drift=0.2), true, seed=1, placebos=0)
        low, high = s.relative(s.blocks(made.path)[0], 1.0)  # type: ignore[union-attr]
        held += low <= 2.0 <= high
    assert held >= stats.binom.ppf(0.0005, 200, 0.95)

"""The interval of effect × base × margin against draws, and in the cases a calculator can follow."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.prove.pnl_uncertainty import Range, product


def test_without_ranges_it_is_the_effects_interval() -> None:
    found = product(0.04, 0.01, 0.09, Range(1000), Range(10), level=0.95)
    assert (found.low, found.high) == (pytest.approx(100), pytest.approx(900))
    assert (found.share_effect, found.share_base, found.share_margin) == (1.0, 0.0, 0.0)


def test_against_draws() -> None:
    """A million draws of the same three distributions."""
    rng = np.random.default_rng(1)
    n = 1_000_000

    def pert(low: float, mode: float, high: float) -> np.ndarray:
        rise = 4 * (mode - low) / (high - low)
        return low + (high - low) * rng.beta(1 + rise, 5 - rise, n)

    effect = rng.normal(0.05, 0.015, n)
    drawn = effect * pert(800, 1000, 1500) * pert(5, 10, 12)
    half = 1.959964 * 0.015
    found = product(0.05, 0.05 - half, 0.05 + half, Range(1000, 800, 1500), Range(10, 5, 12), level=0.95)
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert found.low == pytest.approx(low, rel=0.01)
    assert found.high == pytest.approx(high, rel=0.01)


def test_shares_by_hand() -> None:
    """Symmetric PERT from 800 to 1,200 has standard deviation 400 ÷ √28; each share is a squared relative error."""
    found = product(0.05, 0.05 - 0.0196, 0.05 + 0.0196, Range(1000, 800, 1200), Range(10), level=0.95)
    effect, base = (0.01 / 0.05) ** 2, (400 / 28**0.5 / 1000) ** 2
    assert found.share_base == pytest.approx(base / (effect + base), rel=0.02)


def test_read_as_p10_to_p90_it_is_wider() -> None:
    args = (0.05, 0.03, 0.07, Range(1000, 700, 1300), Range(10, 6, 14))
    pert, p80 = (product(*args, level=0.95, read=read) for read in ("pert", "p80"))  # type: ignore[arg-type]
    assert p80.low < pert.low
    assert p80.high > pert.high


@settings(max_examples=40, deadline=None)
@given(st.floats(-1, 1), st.tuples(st.floats(0.001, 1), st.floats(0.001, 1)), st.floats(0, 0.9), st.floats(0, 2))
def test_a_range_never_flips_the_sign(effect: float, ends: tuple[float, float], less: float, more: float) -> None:
    low, high = effect - ends[0], effect + ends[1]
    found = product(effect, low, high, Range(1000, 1000 * (1 - less), 1000 * (1 + more)), Range(1), level=0.95)
    assert found.low <= found.high
    if abs(low) > 1e-9:
        assert (found.low > 0) == (low > 0)
    if abs(high) > 1e-9:
        assert (found.high < 0) == (high < 0)
    assert found.share_effect + found.share_base + found.share_margin == pytest.approx(1)

"""Partial pooling against a published table and the truth it was drawn from; the haircut's rules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.metrics import optimism
from cxkit.metrics.optimism import gross_ratio, learned, pooled, pooled_known

EIGHT = ([28, 8, -3, 7, -1, 1, 18, 12], [15, 10, 16, 11, 9, 11, 10, 18])


def test_eight_schools() -> None:
    """Gelman et al., Bayesian Data Analysis, table 5.3: 95 % ends of schools A, C and H from 200 draws, flat prior."""
    found = pooled_known(*EIGHT, apart=1000.0)
    published = {
        0: (-2, 31),
        1: (-5, 23),
        2: (-11, 19),
        3: (-7, 21),
        4: (-9, 18),
        5: (-7, 28),
        6: (-1, 26),
        7: (-6, 33),
    }
    misses = [abs(found[k].low - low) for k, (low, _) in published.items()]
    misses += [abs(found[k].high - high) for k, (_, high) in published.items()]
    assert np.median(misses) < 1.5
    assert found[0].mean > found[6].mean > found[7].mean > found[4].mean


def test_known_spread_by_hand() -> None:
    """No spread allowed between groups: both have the precision-weighted mean (0.8·4 + 1.0·1) ÷ 5."""
    one, other = pooled_known([0.8, 1.0], [0.1, 0.2], apart=1e-4)
    assert one.mean == pytest.approx(0.84, abs=1e-3)
    assert other.mean == pytest.approx(0.84, abs=1e-3)
    assert one.high - one.mean == pytest.approx(1.96 * (1 / 125) ** 0.5, rel=0.01)


def test_below_the_minimum_nothing_is_learned() -> None:
    assert learned([{"ratio": 0.6, "block": "cost"}] * (optimism.MINIMUM_CASES - 1)) is None
    assert learned([{"ratio": 0.6, "block": "cost"}] * optimism.MINIMUM_CASES) is not None
    assert learned([{"ratio": float("nan"), "block": "cost"}] * 9) is None


def test_a_haircut_never_adds() -> None:
    found = learned([{"ratio": r, "block": "cost"} for r in (1.2, 1.3, 1.25, 1.2, 1.4)])
    assert found is not None
    assert found.factor == 1.0
    assert found.mean > 1.2


def test_losses_are_ratios_too_and_the_factor_stops_at_nothing() -> None:
    found = learned([{"ratio": r, "block": "risk"} for r in (-0.4, -0.5, -0.3, 0.0, -5.0)])
    assert found is not None
    assert found.factor == 0.0
    assert found.bounded == 1


def test_a_block_with_few_cases_leans_on_the_others() -> None:
    rows = [{"ratio": r, "block": "cost"} for r in (0.9, 1.0, 0.95, 1.05, 0.98, 1.02)] + [
        {"ratio": 0.4, "block": "risk"}
    ]
    found = learned(rows)
    assert found is not None
    risk = next(b for b in found.blocks if b.block == "risk")
    assert 0.4 < risk.mean < 0.9
    assert found.of("risk") == risk.factor
    assert found.of("revenue") == found.factor


def test_a_forecast_after_doubt_does_not_undo_the_haircut() -> None:
    """Half of what was claimed comes; forecast at half, the ratio is one, and a half is still what is learned."""
    assert gross_ratio(50, 50, 0.5) == 0.5
    assert gross_ratio(50, 0) is None


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.floats(-1, 3)), min_size=5, max_size=12), st.randoms())
def test_order_of_rows_changes_nothing(cases: list[tuple[str, float]], random: object) -> None:
    shuffled = sorted(cases, key=lambda _: random.random())  # type: ignore[attr-defined]
    one, other = pooled(cases), pooled(shuffled)
    assert one == other
    assert one.low <= one.mean <= one.high
    for group in one.groups:
        assert group.low <= group.high


@pytest.mark.coverage
def test_interval_holds_the_mean_that_was_planted() -> None:
    """200 clients of 12 forecasts in three blocks, scatter 0.25: at least the 99.9 % binomial band below 95 %."""
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        truth = rng.normal(0.75, 0.15, 3)
        cases = [(f"b{k}", float(rng.normal(truth[k], 0.25))) for k in range(3) for _ in range(4)]
        found = pooled(cases)
        held += found.low <= float(truth.mean()) <= found.high
    assert held >= 180

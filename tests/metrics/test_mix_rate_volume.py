"""Volume, mix and rate add up to the change, whatever the numbers are."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cxkit.metrics.mix_rate_volume import COLUMNS, decompose, error_by_months


def frame(*rows):
    return pd.DataFrame(rows, columns=list(COLUMNS))


def test_more_of_the_same_is_volume():
    found = decompose(frame(("a", 100, 10, 200, 20), ("b", 50, 20, 100, 40)))
    assert (found.volume, found.mix, found.rate) == (30.0, 0.0, 0.0)


def test_another_composition_is_mix_and_the_same_kind_doing_otherwise_is_rate():
    mixed = decompose(frame(("a", 100, 10, 50, 5), ("b", 100, 30, 150, 45)))
    assert (mixed.volume, mixed.mix, mixed.rate) == (0.0, 10.0, 0.0)
    worse = decompose(frame(("a", 100, 10, 100, 20), ("b", 100, 30, 100, 30)))
    assert (worse.volume, worse.mix, worse.rate) == (0.0, 0.0, 10.0)


def test_simpson_every_segment_better_and_the_total_worse():
    found = decompose(frame(("easy", 90, 81, 10, 9.5), ("hard", 10, 2, 90, 27)), mean=True)
    assert found.change < 0 < found.rate
    assert found.volume == 0.0
    assert found.mix < found.change


def test_a_new_segment_is_volume_and_mix_only():
    found = decompose(frame(("a", 100, 10, 100, 10), ("new", 0, 0, 100, 50)))
    assert found.rate == 0.0
    assert found.volume + found.mix == pytest.approx(50.0)
    assert found.segments[1].rate_before is None


def test_an_empty_window_has_no_answer():
    assert decompose(frame(("a", 0, 0, 10, 1))) is None
    assert decompose(frame()) is None


sizes = st.floats(0, 1e6, allow_nan=False)
rates = st.floats(-100, 1e4, allow_nan=False)


@given(st.lists(st.tuples(sizes, rates, sizes, rates), min_size=1, max_size=8), st.booleans())
def test_parts_add_up_exactly(cells, mean):
    found = decompose(
        frame(*((f"s{i}", n0, n0 * r0, n1, n1 * r1) for i, (n0, r0, n1, r1) in enumerate(cells))), mean=mean
    )
    if found is None:
        return
    room = 1e-9 * max(1.0, abs(found.before), abs(found.now), abs(found.volume), abs(found.mix), abs(found.rate))
    assert abs(found.volume + found.mix + found.rate - found.change) <= room
    for part in ("volume", "mix", "rate"):
        assert abs(sum(getattr(s, part) for s in found.segments) - getattr(found, part)) <= max(room, 1e-6)


def test_too_few_pairs_have_no_error():
    rows = [("a", m, now, 0.1) for m in range(5) for now in (True, False)]
    assert error_by_months(pd.DataFrame(rows, columns=["segment", "position", "now", "rate"]), {"a": 1.0}) is None


def covered(near: float, runs: int) -> int:
    """How often the interval of the rate part holds nought, with seasons, a growing book and shared months."""
    rng, hits = np.random.default_rng(3), 0
    season = 1 + 0.2 * np.cos(np.arange(24) / 12 * 2 * np.pi)
    base, sizes = np.array([0.05, 0.1, 0.2]), np.array([[1000, 500, 300], [1200, 600, 250]])
    for _ in range(runs):
        shared = rng.standard_normal(60) * 0.05
        for i in range(1, 60):
            shared[i] += near * shared[i - 1]
        size = np.repeat(sizes, 12, axis=0)
        counts = rng.poisson(size * base * (season * np.exp(shared[-24:]))[:, None])
        sums = {name: (size[:, i], counts[:, i]) for i, name in enumerate("abc")}
        made = decompose(
            frame(*((k, n[:12].sum(), y[:12].sum(), n[12:].sum(), y[12:].sum()) for k, (n, y) in sums.items()))
        )
        rows = [(k, m % 12, m >= 12, y[m] / n[m]) for k, (n, y) in sums.items() for m in range(24)]
        months = pd.DataFrame(rows, columns=["segment", "position", "now", "rate"])
        made = made.with_error(*error_by_months(months, {s.segment: s.weight for s in made.segments}))
        hits += made.rate_low <= 0 <= made.rate_high
    return hits


@pytest.mark.coverage
@pytest.mark.parametrize("near", [0.0, 0.4])
def test_the_interval_of_the_rate_part_holds_the_truth(near):
    runs = 400
    assert covered(near, runs) >= stats.binom.ppf(0.001, runs, 0.95)

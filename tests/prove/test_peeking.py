"""Looking early at what has no effect: published shares of false alarms, and none too many at any time."""

from __future__ import annotations

import time
from typing import Any

import pytest
from scipy.stats import binomtest

from cxkit.prove.peeking import peeking

ARMITAGE = {1: 0.050, 2: 0.083, 3: 0.107, 4: 0.126, 5: 0.142, 10: 0.193, 20: 0.248, 50: 0.320}
"""Armitage, McPherson & Rowe (1969), table 2: chance that a 5 % test is passed at one of so many even looks."""


def band(share: float, n: int, truth: float) -> bool:
    """Whether the exact 99.9 % binomial interval around what was seen holds the truth."""
    found = binomtest(round(share * n), n).proportion_ci(0.999, method="exact")
    return bool(found.low <= truth <= found.high)


@pytest.mark.parametrize(("looks", "truth"), ARMITAGE.items())
def test_daily_looks_are_those_of_armitage(looks: int, truth: float) -> None:
    found = peeking(days=looks, units_a_day=2_000, kind="mean", tests=4_000, seed=11)
    assert found.looks[-1] == looks
    assert band(found.naive[-1], 4_000, truth)


@pytest.mark.parametrize(
    "world",
    [{}, {"kind": "mean"}, {"kind": "mean", "correlation": 0.7}, {"base": 0.03}, {"days": 90, "units_a_day": 40}],
)
def test_what_may_be_read_at_any_time_raises_at_most_what_it_says(world: dict[str, Any]) -> None:
    found = peeking(tests=4_000, seed=5, **world)
    assert 0.002 < found.always[-1] <= 0.05
    assert found.naive[-1] > 0.2
    assert band(found.naive[0], 4_000, 0.05)


def test_more_looks_never_raise_fewer_where_they_hold_the_fewer() -> None:
    found = peeking(days=16, looks=(1, 2, 4, 8, 16), seed=2)
    assert list(found.naive) == sorted(found.naive)
    assert list(found.always) == sorted(found.always)


def test_the_same_seed_gives_the_same_and_another_another() -> None:
    assert peeking(seed=4) == peeking(seed=4)
    assert peeking(seed=4) != peeking(seed=5)


def test_it_is_quick_enough_to_be_live() -> None:
    started = time.perf_counter()
    peeking(days=90, units_a_day=1_000)
    assert time.perf_counter() - started < 1


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        peeking(days=0)
    with pytest.raises(ValueError, match="looked at once to 7 times"):
        peeking(days=7, looks=(8,))
    assert list(peeking(days=3).frame().columns) == ["looks", "naive", "always", "tests"]

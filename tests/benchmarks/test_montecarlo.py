"""The Monte Carlo benchmark at a hundredth of its draws: both ways find the same, and the record is whole."""

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest


@pytest.fixture
def montecarlo(load: Callable[[str], ModuleType]) -> ModuleType:
    return load("montecarlo")


def test_both_ways_find_the_same(montecarlo: ModuleType) -> None:
    record = montecarlo.record(share=0.02, repeats=1)
    assert record["holds"]
    assert record["name"] == "montecarlo.vs_numpy"
    assert record["ratio"] == record["ours"] / record["other"]


def test_a_wrong_draw_would_be_seen(montecarlo: ModuleType) -> None:
    one, other = montecarlo.ours(2000, 128), montecarlo.plain(2000, 128)
    assert montecarlo.agreement(one, other, 2000)[0] < 4.5
    wrong = (one[0] * np.array([1.25, 1.25, 1.25, 1]), one[1])
    assert montecarlo.agreement(wrong, other, 2000)[0] > 4.5

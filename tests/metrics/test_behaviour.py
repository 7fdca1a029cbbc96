"""The latest month told from noise: the published rule, and how often noise alone sets it off."""

import numpy as np
import pytest
from scipy import stats

from cxkit.metrics.behaviour import behaviour

PAST = [10, 11, 9, 10, 12, 10, 9, 11, 10, 10, 11, 9]


def test_eleven_months_are_too_few():
    assert behaviour(PAST) is None
    assert behaviour([*PAST, 10]).months == 12


def test_limits_stay_within_what_the_measure_can_be():
    found = behaviour([0.98, 0.99, 1.0, 0.97] * 4, top=1.0, bottom=0.0)
    assert found.high == 1.0
    assert 0 < found.low < found.centre < found.high


@pytest.mark.parametrize(("latest", "signal", "side"), [(17, "outside", "above"), (3, "outside", "below")])
def test_a_month_beyond_its_limits_says_on_which_side(latest, signal, side):
    found = behaviour([*PAST, latest])
    assert (found.signal, found.side) == (signal, side)


def test_what_stays_is_a_shift_even_within_the_limits():
    found = behaviour([*PAST, *[12, 13, 12, 12, 13, 12, 13, 12]])
    assert (found.signal, found.side) == ("shift", "above")
    assert behaviour([*PAST, *[12, 13, 12, 9, 13, 12, 13, 12]]).signal == "inside"


def alarms(near: float, runs: int) -> int:
    rng = np.random.default_rng(7)
    found = 0
    for _ in range(runs):
        noise = rng.standard_normal(60)
        for i in range(1, 60):
            noise[i] += near * noise[i - 1]
        found += behaviour(noise[-25:].tolist()).signal != "inside"
    return found


@pytest.mark.coverage
@pytest.mark.parametrize(("near", "most"), [(0.0, 0.006), (0.3, 0.012)])
def test_noise_alone_seldom_sets_it_off(near, most):
    runs = 3000
    assert alarms(near, runs) <= stats.binom.ppf(0.999, runs, most)

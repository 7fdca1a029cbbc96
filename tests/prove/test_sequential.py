"""Intervals that may be read at any time: the published formula, what it equals, and that peeking stays harmless."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from cxkit.prove import sequential


def lift(control: tuple[float, float, int], treated: tuple[float, float, int]) -> tuple[float, float]:
    """Relative lift with its standard error by the delta method; an arm is mean, variance and n."""
    (m0, v0, n0), (m1, v1, n1) = control, treated
    return m1 / m0 - 1, math.sqrt(v1 / n1 / m0**2 + v0 / n0 * m1**2 / m0**4)


def test_always_valid_growthbook_published() -> None:
    """Figures in the tests of GrowthBook's gbstats, which states equations 9 and 161 of the same paper."""

    def moments(n: int, total: float, squares: float) -> tuple[float, float, int]:
        return total / n, (squares - total**2 / n) / (n - 1), n

    effect, se = lift(moments(3000, 1396.87, 52377.9767), moments(3461, 2422.7, 134698.29))
    low, high = sequential.always_valid(effect, se, 6461, planned=1000)
    assert [round(v, 5) for v in (effect, se, low, high)] == [0.50336, 0.33341, -0.55844, 1.56516]
    assert sequential.always_valid_p(effect, se, 6461, planned=1000) == 1.0
    p0, p1 = 1396 / 3000, 2422 / 3461
    effect, se = lift((p0, p0 * (1 - p0), 3000), (p1, p1 * (1 - p1), 3461))
    low, high = sequential.always_valid(effect, se, 6461, planned=5000)
    assert [round(v, 5) for v in (effect, se, low, high)] == [0.50386, 0.03386, 0.40098, 0.60675]
    assert round(sequential.always_valid_p(effect, se, 6461, planned=5000), 5) == 0.0


def test_always_valid_p_is_the_mixture_likelihood_ratio() -> None:
    """One over the average, under a normal spread of effects, of the likelihood ratio against no effect."""
    z, share, level = 2.2, 0.7, 0.95
    wide = -2 * math.log(1 - level)
    v = share * (wide + math.log(1 + wide))  # variance of the mixture in squared standard errors
    effects = np.linspace(-60, 60, 400_001)
    ratio = np.exp(effects * z - effects**2 / 2) * norm.pdf(effects, scale=math.sqrt(v))
    mixture = float(ratio.sum() * (effects[1] - effects[0]))
    assert mixture > 1
    assert sequential.always_valid_p(z, 1.0, 700, planned=1000) == pytest.approx(1 / mixture)


@given(
    z=st.floats(0.01, 12),
    share=st.floats(0.001, 1000),
    level=st.sampled_from([0.8, 0.9, 0.95, 0.99]),
    freedom=st.sampled_from([None, 4.0, 22.0, 400.0]),
)
def test_interval_and_p_agree(z: float, share: float, level: float, freedom: float | None) -> None:
    low, high = sequential.always_valid(z, 1.0, share, planned=1, level=level, freedom=freedom)
    p = sequential.always_valid_p(z, 1.0, share, planned=1, level=level, freedom=freedom)
    assert low < z < high
    if abs(low) > 1e-6:
        assert (p < 1 - level) == (low > 0)
    if freedom is None:
        assert sequential.look_p(2 * norm.sf(z), share, planned=1, level=level) == pytest.approx(p, rel=1e-6)


@given(share=st.floats(0.001, 1000), level=st.sampled_from([0.8, 0.95, 0.99]))
def test_always_wider_than_read_once_and_tightest_near_the_plan(share: float, level: float) -> None:
    reach = sequential.boundary(share, level=level)
    assert reach > norm.isf((1 - level) / 2)
    assert reach >= sequential.boundary(1, level=level) * 0.995
    assert sequential.look_level(share, planned=1, level=level) == pytest.approx(1 - 2 * norm.sf(reach))


def test_few_degrees_of_freedom_widen() -> None:
    widths = []
    for freedom in (8, 22, 78, None):
        low, high = sequential.always_valid(0.0, 1.0, 40, planned=40, freedom=freedom)
        widths.append(high - low)
    assert widths == sorted(widths, reverse=True)
    assert widths[0] / widths[-1] > 1.4


def test_planned_size_is_where_the_worthwhile_change_shows() -> None:
    """The ordinary test would see it four times in five there: 2.8 standard errors."""
    n = sequential.planned_size(500, 2.0, 1.0)
    se_there = 2.0 * math.sqrt(500 / n)
    assert 1.0 / se_there == pytest.approx(norm.isf(0.025) + norm.ppf(0.8))
    assert sequential.planned_size(20, 2.0, None, clusters=True) == sequential.PLANNED_CLUSTERS


@pytest.mark.parametrize(("n", "planned", "level"), [(0, 10, 0.95), (10, 0, 0.95), (10, 10, 1.0)])
def test_nonsense_is_refused(n: float, planned: float, level: float) -> None:
    with pytest.raises(ValueError, match="not"):
        sequential.always_valid(1.0, 1.0, n, planned=planned, level=level)


def test_peeking_at_every_unit_raises_no_more_false_alarms() -> None:
    """2,000 A/A tests looked at after each of 30 to 3,000 pairs: read naively over half are "effects" by the end."""
    rng = np.random.default_rng(1)
    looks = np.arange(30, 3001, 30)
    alarms = {"always": 0, "naive": 0}
    reach = np.array([sequential.boundary(n / 1000) for n in looks])
    for _ in range(2000):
        z = np.abs(np.cumsum(rng.normal(size=3000))[looks - 1] / np.sqrt(looks))
        alarms["always"] += bool((z > reach).any())
        alarms["naive"] += bool((z > 1.96).any())
    assert alarms["naive"] > 600
    assert alarms["always"] <= 100

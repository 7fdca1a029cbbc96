import numpy as np
import pandas as pd
import pytest

from cxkit.prove.clusters import compare_clusters


def arm(num: list[float], den: list[float] | None = None, xnum: list[float] | None = None) -> pd.DataFrame:
    ones = [1.0] * len(num)
    return pd.DataFrame({"num": num, "den": den or ones, "xnum": xnum or [0.0] * len(num), "xden": ones})


def test_compare_clusters_by_hand() -> None:
    """Five against five, every treated cluster above every control one: 2 of the 252 draws are as extreme."""
    found = compare_clusters(arm([1, 2, 3, 4, 5]), arm([11, 12, 13, 14, 15]), seed=1)
    assert found is not None
    assert found.effect == 10
    assert found.baseline == 3
    assert found.p == pytest.approx(2 / 252)
    assert found.low < 10 < found.high


def test_compare_clusters_weighs_by_units() -> None:
    """Totals over totals: (10 + 30) / (10 + 10 + …) rather than the mean of cluster means."""
    control = arm([10, 0, 0, 0, 0], [40, 10, 10, 10, 30])
    treated = arm([30, 5, 5, 5, 5], [60, 10, 10, 10, 10])
    found = compare_clusters(control, treated, seed=1)
    assert found is not None
    assert found.baseline == pytest.approx(0.10)
    assert found.treated == pytest.approx(0.50)


def test_compare_clusters_swapping_arms_flips_the_sign() -> None:
    rng = np.random.default_rng(2)
    a, b = arm(list(rng.normal(5, 1, 6))), arm(list(rng.normal(6, 1, 6)))
    one, other = compare_clusters(a, b, seed=1), compare_clusters(b, a, seed=1)
    assert one is not None
    assert other is not None
    assert (other.low, other.effect, other.high) == pytest.approx((-one.high, -one.effect, -one.low))
    assert other.p == pytest.approx(one.p)


def test_compare_clusters_scales() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(5, 1, 12), rng.normal(6, 1, 14)
    one = compare_clusters(arm(list(a)), arm(list(b)), seed=1)
    ten = compare_clusters(arm(list(10 * a)), arm(list(10 * b)), seed=1)
    assert one is not None
    assert ten is not None
    assert (ten.low, ten.high, ten.p) == pytest.approx((10 * one.low, 10 * one.high, one.p))


def test_compare_clusters_same_seed_same_answer() -> None:
    rng = np.random.default_rng(4)
    a, b = arm(list(rng.normal(5, 1, 15))), arm(list(rng.normal(6, 1, 15)))
    assert compare_clusters(a, b, seed=1) == compare_clusters(a, b, seed=1)


def test_compare_clusters_covariate_narrows() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(0, 3, 24)
    y = 20 + x + rng.normal(0, 1, 24) + np.repeat([0.0, 2.0], 12)
    a, b = arm(list(y[:12]), None, list(x[:12])), arm(list(y[12:]), None, list(x[12:]))
    plain, better = compare_clusters(a, b, seed=1), compare_clusters(a, b, seed=1, covariate=True)
    assert plain is not None
    assert better is not None
    assert better.cuped_gain is not None
    assert better.cuped_gain > 0.7
    assert better.high - better.low < 0.7 * (plain.high - plain.low)


def test_compare_clusters_without_spread_is_none() -> None:
    assert compare_clusters(arm([1.0] * 6), arm([1.0] * 6), seed=1) is None

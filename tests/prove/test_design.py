import math

import pytest

from cxkit.prove import design


@pytest.mark.parametrize(
    ("convention", "expected"),
    # R25: R's power.prop.test (pooled), its unpooled variant, statsmodels NormalIndPower (arcsine)
    [("pooled", 3840.85), ("unpooled", 3838.1), ("arcsine", 3834.6)],
)
def test_sample_size_proportions_published(convention: design.Convention, expected: float) -> None:
    assert design.sample_size_proportions(0.10, 0.12, convention=convention) == pytest.approx(expected, abs=0.05)


def test_sample_size_proportions_default_is_pooled() -> None:
    assert design.CONVENTION == "pooled"
    assert math.ceil(design.sample_size_proportions(0.10, 0.12)) == 3841


def test_sample_size_proportions_agrees_with_statsmodels_arcsine() -> None:
    from statsmodels.stats.power import NormalIndPower
    from statsmodels.stats.proportion import proportion_effectsize

    theirs = NormalIndPower().solve_power(proportion_effectsize(0.12, 0.10), power=0.8, alpha=0.05)
    assert design.sample_size_proportions(0.10, 0.12, convention="arcsine") == pytest.approx(theirs, rel=1e-4)


def test_power_proportions_is_the_way_back() -> None:
    n = design.sample_size_proportions(0.05, 0.04, power=0.9)
    assert design.power_proportions(0.05, 0.04, n) == pytest.approx(0.9)


def test_power_means_is_the_way_back() -> None:
    assert design.power_means(3.0, 0.5, design.sample_size_means(3.0, 0.5, power=0.7)) == pytest.approx(0.7)


@pytest.mark.parametrize(("base", "target"), [(0.1, 0.1), (0.0, 0.1), (0.5, 1.0)])
def test_sample_size_proportions_refuses_nonsense(base: float, target: float) -> None:
    with pytest.raises(ValueError, match="two different proportions between 0 and 1"):
        design.sample_size_proportions(base, target)


def test_sample_size_means_refuses_no_effect() -> None:
    with pytest.raises(ValueError, match="an effect other than 0"):
        design.sample_size_means(1.0, 0.0)

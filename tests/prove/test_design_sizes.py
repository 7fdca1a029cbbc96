"""Sizes and power: published figures, and what must hold whatever the numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import norm, t
from statsmodels.stats.power import TTestIndPower

from cxkit.prove import design
from cxkit.prove.designs_size import Setting, chance, needed, smallest, tuned
from cxkit.prove.sequential import always_valid


def test_power_of_student_is_that_of_r() -> None:
    # R 4.x, example(power.t.test): n = 20, delta = 1, sd = 1 → power = 0.8689528; power = .90, delta = 1 → n = 22.02110
    setting = Setting(kind="mean", spread=1.0, effect=1.0)
    assert chance(setting, 20) == pytest.approx(0.8689528, abs=2e-7)
    assert chance(setting, 22.02110) == pytest.approx(0.90, abs=2e-6)
    size = needed(setting.model_copy(update={"power": 0.9}))
    assert size is not None
    assert (size.control, size.total) == (23, 46)


@pytest.mark.parametrize("ratio", [0.5, 1.0, 3.0])
def test_power_of_uneven_arms_agrees_with_statsmodels(ratio: float) -> None:
    theirs = TTestIndPower().power(0.4, nobs1=60, alpha=0.05, ratio=ratio, alternative="larger")
    one_sided = Setting(kind="mean", spread=1.0, effect=0.4, control_share=1 / (1 + ratio), level=0.90)
    assert chance(one_sided, 60) == pytest.approx(theirs, abs=1e-6)


def test_pooled_proportions_are_r25() -> None:
    size = needed(Setting(kind="binary", base=0.10, effect=0.02))
    assert size is not None
    assert (size.control, size.treated, size.total) == (3841, 3841, 7682)


def test_uneven_arms_follow_fleiss() -> None:
    """Fleiss (1981), section 3.4, without continuity correction, written out."""
    p0, p1, r = 0.10, 0.12, 0.88 / 0.12
    middle = (p0 + r * p1) / (1 + r)
    z, b = norm.isf(0.025), norm.ppf(0.8)
    top = z * math.sqrt((1 + r) * middle * (1 - middle)) + b * math.sqrt(r * p0 * (1 - p0) + p1 * (1 - p1))
    size = needed(Setting(kind="binary", base=p0, effect=p1 - p0, control_share=0.12))
    assert size is not None
    assert size.control == math.ceil(top**2 / r / (p1 - p0) ** 2)


def test_design_effect_published() -> None:
    # sjstats (R), design_effect(n = 30, icc = 0.05) → 2.45; Kish 1965: 1 + (m − 1) · icc
    assert design.design_effect(30, 0.05) == pytest.approx(2.45)
    # Eldridge, Ashby & Kerry 2006, equation for the coefficient of variation of cluster sizes
    assert design.design_effect(30, 0.05, variation=0.5) == pytest.approx(1 + ((0.25 + 1) * 30 - 1) * 0.05)
    assert design.design_effect(1, 0.9) == 1.0


RATINGS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
"""Shrout & Fleiss (1979), table 2: six targets, four judges; ICC(1,1) = 0.17 (0.166 with three digits)."""


def test_intracluster_correlation_published() -> None:
    found = design.intracluster(np.full(6, 4.0), RATINGS.sum(axis=1).astype(float), float((RATINGS**2).sum()))
    assert found == pytest.approx(0.1657, abs=5e-5)


def test_intracluster_correlation_leaves_the_arms_out() -> None:
    shifted = RATINGS + np.array([0, 0, 0, 50, 50, 50])[:, None]
    sums, squares = shifted.sum(axis=1).astype(float), float((shifted**2).sum())
    sizes, arms = np.full(6, 4.0), np.array(list("aaabbb"))
    assert design.intracluster(sizes, sums, squares) > 0.9
    within = design.intracluster(sizes, sums, squares, arms)
    plain = design.intracluster(sizes, RATINGS.sum(axis=1).astype(float), float((RATINGS**2).sum()), arms)
    assert within == pytest.approx(plain, abs=1e-9)
    means = RATINGS.mean(axis=1)
    between = 4 * (means[:3].var() + means[3:].var()) * 3 / (6 - 2)
    inside = RATINGS.var(axis=1, ddof=1).mean()
    assert plain == pytest.approx(max(0.0, (between - inside) / (between + 3 * inside)))


def test_intracluster_correlation_below_zero_is_none_and_single_units_are_refused() -> None:
    values = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    assert design.intracluster(np.full(3, 2.0), values.sum(axis=1), float((values**2).sum())) == 0.0
    with pytest.raises(ValueError, match="more than one unit"):
        design.intracluster(np.ones(3), np.arange(3.0), 5.0)


SETTINGS = st.builds(
    Setting,
    kind=st.sampled_from(["binary", "mean", "ratio"]),
    base=st.floats(0.05, 0.6),
    spread=st.floats(0.5, 2.0),
    effect=st.floats(0.01, 0.3).flatmap(lambda e: st.sampled_from([e, -e])),
    control_share=st.floats(0.1, 0.9),
    arms=st.integers(2, 4),
    remaining=st.floats(0.3, 1.0),
    clusters=st.booleans(),
    cluster_size=st.floats(2, 40),
    size_variation=st.floats(0, 1),
    icc=st.floats(0, 0.3),
    always=st.booleans(),
    power=st.sampled_from([0.8, 0.9]),
    level=st.sampled_from([0.9, 0.95, 0.99]),
)


@settings(max_examples=60)
@example(
    Setting(kind="binary", base=0.125, effect=0.296875, control_share=0.875, remaining=0.375, clusters=True).model_copy(
        update={"cluster_size": 3.0, "icc": 0.0, "power": 0.8, "level": 0.9}
    )
)
@given(SETTINGS)
def test_what_it_takes_gives_the_power_asked_for_and_one_less_does_not(setting: Setting) -> None:
    size, planned = needed(setting), tuned(setting)
    if size is None:
        assert not setting.possible
        return
    assert chance(setting, size.control, planned=planned) >= setting.power - 1e-6
    step = setting.cluster_size if setting.clusters else 1
    before = size.control - step - 1
    fewest = 2 * step / min(1.0, setting.ratio)  # never under two clusters, or units, in the smaller arm
    if before > max(4 * step, fewest):
        assert chance(setting, before, planned=planned) < setting.power + 1e-9
    assert size.total == size.control + (setting.arms - 1) * size.treated
    assert size.looking >= 1 if setting.always else size.looking == 1


@settings(max_examples=60)
@given(SETTINGS.filter(lambda s: s.possible and not s.always))
def test_the_smallest_change_is_the_way_back(setting: Setting) -> None:
    size = needed(setting)
    assert size is not None
    found = smallest(setting, size.control)
    assert found is not None
    # rounding up to whole units, or clusters, leaves room below
    assert found <= abs(setting.effect) * (1 + 1e-6)
    again = setting.model_copy(update={"effect": math.copysign(found, setting.effect)})
    assert chance(again, size.control) == pytest.approx(setting.power, abs=1e-5)


@pytest.mark.parametrize("change", [{"remaining": 0.5}, {"effect": 0.04}, {"base": 0.05}, {"power": 0.7}])
def test_less_noise_or_a_larger_change_takes_fewer(change: dict[str, float]) -> None:
    plain = Setting(kind="binary", base=0.10, effect=0.02)
    fewer, more = needed(plain.model_copy(update=change)), needed(plain)
    assert fewer is not None
    assert more is not None
    assert fewer.total < more.total


def test_what_cannot_be_takes_nothing() -> None:
    assert needed(Setting(kind="binary", base=0.02, effect=-0.05)) is None
    assert needed(Setting(kind="mean", effect=0.1)) is None
    assert smallest(Setting(kind="binary", base=0.5, effect=0.1), 3) is None


def test_the_convention_is_named() -> None:
    said = Setting(kind="ratio", spread=1, effect=0.1, clusters=True, remaining=0.8, always=True).convention
    for word in ("Student", "delta method", "Eldridge", "CUPED", "at any time"):
        assert word in said
    assert "power.prop.test" in Setting(kind="binary", base=0.1, effect=0.1).convention


@pytest.mark.heavy
@pytest.mark.coverage
def test_power_is_what_simulations_show() -> None:
    """Clusters of uneven size, CUPED and looks: the share of tests that see the change is what was planned."""
    rng, seeds = np.random.default_rng(5), 2_000
    setting = Setting(kind="mean", spread=1.0, effect=0.25, clusters=True, cluster_size=10, icc=0.1, power=0.8)
    size = needed(setting)
    assert size is not None
    assert size.clusters_control is not None
    k = size.clusters_control
    seen = 0
    for _ in range(seeds):
        means = rng.normal(0, math.sqrt(0.1 + 0.9 / 10), 2 * k)
        means[k:] += 0.25
        se = math.sqrt(means[:k].var(ddof=1) / k + means[k:].var(ddof=1) / k)
        seen += abs(means[k:].mean() - means[:k].mean()) / se > t.isf(0.025, 2 * k - 2)
    assert abs(seen / seeds - 0.8) < 3.3 * math.sqrt(0.16 / seeds) + 0.01
    looked = Setting(kind="binary", base=0.2, effect=0.05, always=True)
    size, planned = needed(looked), tuned(looked)
    assert size is not None
    assert planned is not None
    steps = np.linspace(0.1, 1, 10) * size.control
    found = 0
    for _ in range(seeds):
        drawn = np.diff(np.r_[0, steps.astype(int)])
        x0, x1 = np.cumsum(rng.binomial(drawn, 0.2)), np.cumsum(rng.binomial(drawn, 0.25))
        for n, a, b in zip(np.cumsum(drawn), x0 / np.cumsum(drawn), x1 / np.cumsum(drawn), strict=True):
            se = math.sqrt(a * (1 - a) / n + b * (1 - b) / n)
            low, high = always_valid(b - a, se, 2 * n, planned=2 * planned)
            if not low <= 0 <= high:
                found += 1
                break
    # stopping early adds to what reading at the end sees: the size stated is the most it takes
    assert found / seeds > 0.8

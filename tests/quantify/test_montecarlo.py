"""Draws against the distributions' own figures, and what may never change them."""

from zlib import crc32

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from cxkit.errors import ParameterError
from cxkit.quantify.montecarlo import DRAWS, KINDS, Uncertain, draw

A = Uncertain("a", "pert", 0.02, 0.04, 0.075)
B = Uncertain("b", "lognormal", 10, 20, 50)


def one(kind, low=1.0, mode=2.0, high=6.0, **kw):
    return Uncertain("x", kind, low, mode, high, **kw)


@pytest.mark.parametrize(
    ("kind", "mean", "p10", "p90"),
    [
        ("pert", 2.5, 1.4495, 3.7267),  # scipy: beta(1.8, 4.2, loc=1, scale=5)
        ("triangular", 3.0, 1.7071, 4.5858),  # 1 + √(.1·5·1); 6 − √(.1·5·4)
        ("normal", 3.5, 1.0, 6.0),
        ("lognormal", 3.1275, 1.0, 6.0),  # √6 · exp(σ²/2), σ = ln 6 ÷ 2.5631
        ("discrete", 2.9, 1.0, 6.0),  # .3·1 + .4·2 + .3·6
        ("fixed", 2.0, 2.0, 2.0),
    ],
)
def test_each_kind_has_its_mean_and_its_ends(kind, mean, p10, p90):
    given_ = one(kind)
    drawn = draw([given_], 100_000, seed=3)["x"]
    assert given_.mean == pytest.approx(mean, abs=1e-4)
    assert given_.at([0.1, 0.9]) == pytest.approx([p10, p90], abs=1e-4)
    assert drawn.mean() == pytest.approx(mean, abs=0.03)
    assert np.quantile(drawn, [0.1, 0.9]) == pytest.approx([p10, p90], abs=0.04)


def test_drawn_shapes_are_those_of_scipy():
    drawn = {k: draw([one(k)], 20_000, seed=8)["x"] for k in ("pert", "triangular", "lognormal")}
    spread = np.log(6) / (2 * stats.norm.ppf(0.9))
    wanted = {
        "pert": stats.beta(1.8, 4.2, loc=1, scale=5),
        "triangular": stats.triang(0.2, loc=1, scale=5),
        "lognormal": stats.lognorm(spread, scale=np.sqrt(6)),
    }
    for kind, shape in wanted.items():
        assert stats.kstest(drawn[kind], shape.cdf).pvalue > 0.001, kind


@pytest.mark.parametrize("mode", [0.0, 0.01, 0.3, 0.5, 1.0])
def test_the_table_of_pert_is_as_near_as_it_says(mode):
    z = np.random.default_rng(2).standard_normal(50_000)
    exact = special.betaincinv(1 + 4 * mode, 5 - 4 * mode, special.ndtr(z))
    assert np.abs(one("pert", 0, mode, 1).of_normal(z) - exact).max() < 2e-5


def test_discrete_draws_are_swansons_unless_weights_are_given():
    values, counts = np.unique(draw([one("discrete")], 50_000, seed=1)["x"], return_counts=True)
    assert values.tolist() == [1, 2, 6]
    assert counts / 50_000 == pytest.approx([0.3, 0.4, 0.3], abs=0.01)
    assert one("discrete", weights=(0.2, 0.5, 0.3)).mean == pytest.approx(0.2 + 1.0 + 1.8)


def test_draws_repeat_by_seed_and_name_alone():
    alone = draw([A], DRAWS, seed=1)["a"]
    assert (draw([B, A], DRAWS, seed=1)["a"] == alone).all()
    assert (draw([A], DRAWS, seed=2)["a"] != alone).any()
    assert list(draw([B, A], 5, seed=1)) == ["b", "a"]


def test_an_inputs_seed_is_the_checksum_of_its_name():
    two = draw([Uncertain("a", "normal", 0, 1, 2), Uncertain("b", "normal", 0, 1, 2)], 2000, seed=1)
    z = np.random.default_rng([1, crc32(b"b")]).standard_normal(2000)
    assert two["b"] == pytest.approx(1 + z / special.ndtri(0.9))
    assert abs(np.corrcoef(two["a"], two["b"])[0, 1]) < 0.1


def test_a_group_is_not_changed_by_inputs_outside_it_or_by_its_own_growth():
    two = [Uncertain(n, "pert", 0, 1, 3, "price", 0.6) for n in ("x", "y")]
    more = [*two, Uncertain("z", "normal", 0, 1, 3, "price", 0.6), Uncertain("w", "pert", 0, 1, 3, "other", 0.6), A]
    few, many = draw(two, 500, seed=1), draw(more, 500, seed=1)
    assert all((few[n] == many[n]).all() for n in few)


def test_inputs_of_a_group_have_the_stated_rank_correlation_and_others_none():
    kinds = ("pert", "triangular", "normal", "lognormal")
    inputs = [Uncertain(k, k, 1, 2, 6, "demand", 0.7) for k in kinds]
    drawn = draw([*inputs, A], 40_000, seed=5)
    ranks = stats.spearmanr(np.column_stack([drawn[k] for k in (*kinds, "a")])).statistic
    among = ranks[:4, :4][np.triu_indices(4, 1)]
    assert among == pytest.approx(np.full(6, 0.7), abs=0.015)
    assert np.abs(ranks[4, :4]).max() < 0.02


def test_moving_together_changes_no_marginal():
    together = draw([Uncertain("a", "pert", 0, 1, 3, "g", 0.9), Uncertain("b", "pert", 0, 1, 3, "g", 0.9)], 40_000, 1)
    assert stats.kstest(together["a"], stats.beta(1 + 4 / 3, 5 - 4 / 3, scale=3).cdf).pvalue > 0.001


def test_a_correlation_without_a_group_is_none():
    assert not one("pert", correlation=0.9).grouped
    assert not one("fixed", moves_with="g", correlation=0.9).grouped


@given(
    st.sampled_from(KINDS),
    st.lists(st.floats(0.01, 1e6), min_size=3, max_size=3).map(sorted),
    st.floats(0, 1),
)
@settings(max_examples=60, deadline=None)
def test_draws_are_numbers_within_bounds(kind, figures, correlation):
    given_ = Uncertain("x", kind, *figures, "g", correlation)
    drawn = draw([given_], 200, seed=1)["x"]
    assert np.isfinite(drawn).all()
    if kind not in {"normal", "lognormal"}:
        assert drawn.min() >= figures[0] * (1 - 1e-9)
        assert drawn.max() <= figures[2] * (1 + 1e-9)
    assert given_.at([0.1])[0] <= given_.at([0.9])[0]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (("beta", 1, 2, 3), "its kind is 'beta'; it must be one of pert, triangular, normal"),
        (("pert", 3, 2, 1), "low, mode and high are 3, 2, 1; put them in this order"),
        (("triangular", 1, 5, 3), "low, mode and high are 1, 5, 3; put them in this order"),
        (("pert", 1, float("nan"), 3), "are 1, nan, 3; all three must be numbers"),
        (("lognormal", 0, 2, 3), "lies above zero and its low is 0"),
        (("pert", 1, 2, 3, "g", 1.2), "its correlation is 1.2; a rank correlation lies from 0 to 1"),
        (("discrete", 1, 2, 3, "", 0.0, (0.5, 0.5, 0.5)), "give three that add to one"),
    ],
)
def test_what_is_no_distribution_is_worded(fields, says):
    with pytest.raises(ParameterError, match=says) as caught:
        Uncertain("B1.effect", *fields)
    assert "'B1.effect'" in str(caught.value)


def test_draws_need_names_of_their_own_and_at_least_one():
    with pytest.raises(ParameterError, match="Two uncertain inputs are called 'a'"):
        draw([A, A], 10, seed=1)
    with pytest.raises(ParameterError, match="draws is 0"):
        draw([A], 0, seed=1)

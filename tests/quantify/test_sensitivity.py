"""Sobol indices against closed forms; a tornado that a calculator can follow."""

import numpy as np
import pytest
from scipy import special

from cxkit.errors import ParameterError
from cxkit.quantify.montecarlo import Uncertain
from cxkit.quantify.sensitivity import sobol, tornado

P90 = 1.2815515655446004
NORMALS = [Uncertain(f"x{i}", "normal", -P90, 0, P90) for i in range(3)]


def ishigami(x):
    """R10: sin x₁ + 7 sin² x₂ + 0.1 x₃⁴ sin x₁ with x uniform on −π to π, here from standard normals."""
    a, b, c = (np.pi * (2 * special.ndtr(x[f"x{i}"]) - 1) for i in range(3))
    return np.sin(a) + 7 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a)


def test_sobol_gives_the_published_indices_of_ishigamis_function():
    """Reference R10 (closed form; SALib's test functions), to .01 at N = 2^13."""
    found = sobol(NORMALS, ishigami, n=2**13, seed=1).set_index("input").loc[["x0", "x1", "x2"]]
    assert found["first"].tolist() == pytest.approx([0.3139, 0.4424, 0.0], abs=0.01)
    assert found["total"].tolist() == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.01)
    for share in ("first", "total"):
        assert (found[f"{share}_low"] < found[share]).all()
        assert (found[share] < found[f"{share}_high"]).all()


def test_ishigamis_variance_is_the_published_one():
    x = {f"x{i}": np.random.default_rng(i).standard_normal(400_000) for i in range(3)}
    assert ishigami(x).var() == pytest.approx(13.8446, rel=0.01)


def test_sobol_of_a_sum_is_each_inputs_share_of_the_variance():
    two = [Uncertain("a", "normal", -2 * P90, 0, 2 * P90), Uncertain("b", "normal", -P90, 0, P90)]
    found = sobol(two, lambda x: x["a"] + x["b"], n=2**11, seed=4).set_index("input")
    assert found["first"].to_dict() == pytest.approx({"a": 0.8, "b": 0.2}, abs=0.01)
    assert found["total"].to_dict() == pytest.approx({"a": 0.8, "b": 0.2}, abs=0.01)


def test_inputs_that_move_together_are_one_row_that_names_them():
    """a + b with Pearson correlation r has variance 2 + 2r, c adds 1."""
    group = [Uncertain(n, "normal", -P90, 0, P90, "demand", 0.6) for n in "ab"]
    found = sobol([*group, Uncertain("c", "normal", -P90, 0, P90)], lambda x: x["a"] + x["b"] + x["c"], n=2**11, seed=1)
    r = 2 * np.sin(np.pi * 0.6 / 6)
    assert found["members"].tolist() == ["a, b", "c"]
    assert found["input"].tolist() == ["demand", "c"]
    assert found["first"].tolist() == pytest.approx([(2 + 2 * r) / (3 + 2 * r), 1 / (3 + 2 * r)], abs=0.01)
    assert found["total"].sum() == pytest.approx(1, abs=0.01)


def test_sobol_repeats_and_leaves_out_what_cannot_vary():
    inputs = [*NORMALS, Uncertain("k", "fixed", 2, 2, 2)]
    first, again = (sobol(inputs, lambda x: x["k"] * x["x0"], n=64, seed=9) for _ in range(2))
    assert first.equals(again)
    assert "k" not in set(first["input"])
    assert sobol(inputs[3:], lambda x: x["k"], n=64, seed=1).empty


def test_shares_of_nothing_are_empty():
    assert sobol(NORMALS, lambda x: 0 * x["x0"], n=64, seed=1)["total"].isna().all()


@pytest.mark.parametrize("n", [0, 63, 100, 32])
def test_sobol_points_need_a_power_of_two(n):
    with pytest.raises(ParameterError, match=f"n is {n}; Sobol points need a power of two"):
        sobol(NORMALS, ishigami, n=n, seed=1)


def test_tornado_moves_one_input_at_a_time_widest_first():
    inputs = [
        Uncertain("wide", "normal", 0, 5, 10),
        Uncertain("narrow", "normal", 4, 5, 6),
        Uncertain("fixed", "fixed", 3, 3, 3),
    ]
    found = tornado(inputs, lambda x: 10 * x["narrow"] - 4 * x["wide"] + x["fixed"])
    assert found.to_dict("records") == [
        {"input": "wide", "low": 0, "high": 10, "low_value": 53, "high_value": 13, "base_value": 33, "swing": 40},
        {"input": "narrow", "low": 4, "high": 6, "low_value": 23, "high_value": 43, "base_value": 33, "swing": 20},
    ]


def test_tornado_holds_the_others_at_their_means_not_their_modes():
    skewed = [Uncertain("a", "pert", 0, 0, 6), Uncertain("b", "normal", 0, 1, 2)]
    assert tornado(skewed, lambda x: x["a"] + x["b"])["base_value"].tolist() == [2, 2]


def test_tornado_of_nothing_is_an_empty_table():
    found = tornado([], lambda x: np.zeros(1))
    assert found.empty
    assert "swing" in found

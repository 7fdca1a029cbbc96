"""Shares compared inside strata."""

import math

import numpy as np
import pandas as pd
import pytest

from cxkit.metrics.stratified import stratified_difference


def strata(*rows: tuple[int, int, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["treated", "treated_hits", "untreated", "untreated_hits"])


def test_two_strata_are_put_together_by_hand():
    # weights 10·30/40 = 7.5 and 20·20/40 = 10; differences .5 − .2 = .3 and .25 − .5 = −.25
    found = stratified_difference(strata((10, 5, 30, 6), (20, 5, 20, 10)))
    assert found.difference == pytest.approx((7.5 * 0.3 + 10 * -0.25) / 17.5)
    assert found.crude == pytest.approx(10 / 30 - 16 / 50)
    assert (found.treated, found.untreated, found.strata, found.dropped) == (30, 50, 2, 0)


def test_one_large_stratum_is_the_plain_difference_of_two_shares():
    found = stratified_difference(strata((400, 80, 500, 150)))
    error = math.sqrt(0.2 * 0.8 / 400 + 0.3 * 0.7 / 500)
    assert found.difference == pytest.approx(-0.1)
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.01)


def test_a_stratum_of_one_kind_compares_nothing():
    found = stratified_difference(strata((10, 5, 0, 0), (20, 5, 20, 10)))
    assert found.dropped == 10
    assert found.difference == pytest.approx(-0.25)
    assert stratified_difference(strata((10, 5, 0, 0), (0, 0, 20, 10))) is None


def test_confounding_by_strata_is_taken_out():
    found = stratified_difference(strata((90, 45, 10, 5), (10, 1, 90, 9)))
    assert found.crude > 0.3
    assert found.difference == pytest.approx(0)


def test_the_interval_holds_the_truth_over_many_sparse_strata():
    rng = np.random.default_rng(20261122)
    held = []
    for _ in range(400):
        n1, n0 = rng.integers(0, 4, 120), rng.integers(0, 6, 120)
        base = rng.uniform(0.1, 0.5, 120)
        frame = pd.DataFrame({"treated": n1, "untreated": n0})
        frame["treated_hits"], frame["untreated_hits"] = rng.binomial(n1, base - 0.08), rng.binomial(n0, base)
        found = stratified_difference(frame)
        held.append(found.low <= -0.08 <= found.high)
    assert 0.91 <= np.mean(held) <= 0.985

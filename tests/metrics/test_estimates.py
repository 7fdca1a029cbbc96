"""Intervals against closed forms, published figures and simulated truths."""

import numpy as np
import pytest
from scipy import stats

from cxkit.metrics import estimates
from cxkit.metrics.estimates import Clusters, Sums


def held(found, truth):
    """Whether the share of intervals that hold the truth is compatible with 95 %, by the exact 99.9 % band."""
    found = [f for f in found if f.has_interval]
    hits = sum(f.low <= truth <= f.high for f in found)
    band = stats.binomtest(hits, len(found)).proportion_ci(0.999)
    return band.low <= 0.95 <= band.high, f"{hits} of {len(found)}"


def test_wilson_newcombe_1998_table():
    # Newcombe 1998, Statistics in Medicine 17, table I, method 3
    assert estimates.wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert estimates.wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_ratio_of_a_book_without_losses_still_admits_one():
    sums = Sums(n=100, x=100, y=100, xx=100, xy=100, yy=100, r=100, rr=100)
    found = estimates.ratio(sums, bounded=True)
    assert (found.value, found.high) == (1, 1)
    assert 0.9 < found.low < 1


def test_ratio_of_a_book_that_one_account_carries_has_no_interval():
    start = np.array([1000.0, *[1.0] * 40])
    sums = Sums(n=41, x=start.sum(), y=start.sum(), xx=(start**2).sum(), xy=(start**2).sum(), yy=1, r=41, rr=41)
    assert estimates.ratio(sums, bounded=True).why_none == "a few large accounts carry it: 41 count as 1.1"


def _clusters(answers):
    n, total = np.array([len(a) for a in answers], float), np.array([sum(a) for a in answers], float)
    squares = float(sum(v * v for a in answers for v in a))
    return Clusters(
        clusters=len(n),
        n=n.sum(),
        total=total.sum(),
        nn=(n**2).sum(),
        nt=(n * total).sum(),
        tt=(total**2).sum(),
        squares=squares,
    )


def test_clustered_mean_of_a_customer_who_repeats_himself_does_not_narrow():
    once = estimates.clustered_mean(_clusters([[1]] * 20 + [[0]] * 20), bottom=0, top=1)
    often = estimates.clustered_mean(_clusters([[1] * 5] * 20 + [[0] * 5] * 20), bottom=0, top=1)
    assert often.n == 200
    assert often.high - often.low == pytest.approx(once.high - once.low, rel=0.05)


def test_clustered_mean_of_equal_answers_has_width():
    found = estimates.clustered_mean(_clusters([[1]] * 30), bottom=-1, top=1)
    assert found.value == 1
    assert found.low < 0.95


@pytest.mark.parametrize(("n", "customers", "why"), [(29, 29, "29 responses"), (40, 4, "4 customers answered")])
def test_clustered_mean_below_its_minimum(n, customers, why):
    per = n // customers
    assert estimates.clustered_mean(_clusters([[1] * per] * customers), bottom=0, top=1).why_none.startswith(why)


def test_nps_interval_covers():
    share, found = np.array([0.15, 0.35, 0.5]), []
    for seed in range(500):
        given = np.random.default_rng(seed).choice([-1, 0, 1], p=share, size=60)
        found.append(estimates.clustered_mean(_clusters([[v] for v in given]), bottom=-1, top=1))
    ok, seen = held(found, 0.35)
    assert ok, seen


def test_net_ratio_covers_in_a_skewed_book():
    found = []
    for seed in range(500):
        rng = np.random.default_rng(seed)
        s = np.exp(rng.normal(0, 1, 300))
        e = np.where(rng.random(300) < 0.12, 0, np.where(rng.random(300) < 0.3, s * rng.uniform(1, 1.6, 300), s))
        x = e / s
        sums = Sums(
            n=300,
            x=s.sum(),
            y=e.sum(),
            xx=(s * s).sum(),
            xy=(s * e).sum(),
            yy=(e * e).sum(),
            r=x.sum(),
            rr=(x * x).sum(),
        )
        found.append(estimates.ratio(sums, bounded=False))
    ok, seen = held(found, 0.88 * 1.09)
    assert ok, seen


def test_difference_is_not_assessed_where_one_side_is_too_small():
    change = estimates.difference(estimates.proportion(5, 100), estimates.proportion(1, 10))
    assert (change.value, change.has_interval) == (pytest.approx(-0.05), False)
    assert change.why_none == "10 cases, fewer than 30"

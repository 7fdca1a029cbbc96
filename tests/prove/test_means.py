import math

import duckdb
import numpy as np
import pytest
import tea_tasting as tt
from scipy import stats
from tea_tasting.aggr import Aggregates

from cxkit.prove import cuped, means


def arm(y: np.ndarray, x: np.ndarray | None = None, den: np.ndarray | None = None) -> Aggregates:
    """Moments of an arm worked out in numpy."""
    data = {"num": y, "den": np.ones_like(y) if den is None else den, "xnum": np.zeros_like(y) if x is None else x}
    data["xden"] = np.ones_like(y)
    names = list(data)
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    return Aggregates(
        len(y),
        {k: v.mean() for k, v in data.items()},
        {k: v.var(ddof=1) for k, v in data.items()},
        {(a, b): np.cov(data[a], data[b])[0, 1] for a, b in pairs},
    )


def test_compare_means_is_welch() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(10, 2, 60), rng.normal(11, 4, 45)
    found = means.compare_means(arm(a), arm(b))
    theirs = stats.ttest_ind(b, a, equal_var=False)
    assert found is not None
    assert found.p == pytest.approx(theirs.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(theirs.confidence_interval()))


@pytest.mark.parametrize("ratio", [False, True])
def test_compare_means_around_zero_shifts_nothing_but_drops_the_relative(ratio: bool) -> None:
    """A metric such as NPS lies around zero: same difference, no percentage."""
    rng = np.random.default_rng(4)
    a, b = rng.normal(0.0, 5, 80), rng.normal(1.0, 5, 90)
    den = (rng.uniform(1, 3, 80), rng.uniform(1, 3, 90)) if ratio else (None, None)
    found = means.compare_means(arm(a, den=den[0]), arm(b, den=den[1]), ratio=ratio)
    assert found is not None
    assert found.relative is None
    if not ratio:
        theirs = stats.ttest_ind(b, a, equal_var=False).confidence_interval()
        assert (found.low, found.high) == pytest.approx(tuple(theirs))
        assert found.baseline == pytest.approx(a.mean())
    else:
        lifted = means.compare_means(arm(a + 50 * den[0], den=den[0]), arm(b + 50 * den[1], den=den[1]), ratio=True)
        assert lifted is not None
        assert (found.low, found.effect, found.high) == pytest.approx((lifted.low, lifted.effect, lifted.high))


def test_compare_means_without_spread_is_none() -> None:
    assert means.compare_means(arm(np.ones(40)), arm(np.ones(40))) is None


def test_compare_paired_is_scipys() -> None:
    rng = np.random.default_rng(5)
    before = rng.normal(50, 9, 70)
    after = before + rng.normal(2, 4, 70)
    found = means.compare_paired(arm(after, before))
    theirs = stats.ttest_rel(after, before)
    assert found is not None
    assert found.p == pytest.approx(theirs.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(theirs.confidence_interval()))


def test_variance_gain_is_the_squared_correlation() -> None:
    """R34 (Deng et al. 2013): correlation .5 takes out 25 %; Hillstrom's .0217 takes out .05 %, which is no gain."""
    for rho, gain in ((0.5, 0.25), (0.0217, 0.0004709)):
        moments = {"num": 1.0, "xnum": 1.0}
        assert cuped.variance_gain(
            Aggregates(100, moments, {"num": 9.0, "xnum": 4.0}, {("num", "xnum"): rho * 6.0}), ratio=False
        ) == pytest.approx(gain, abs=1e-6)
    assert cuped.WORTH_SAYING > 0.0217**2


def test_cuped_theta_and_interval() -> None:
    """With correlation rho the standard error shrinks by sqrt(1 − rho²)."""
    rng = np.random.default_rng(6)
    x = rng.normal(0, 1, 20_000)
    y = 100 + 0.6 * x + rng.normal(0, 0.8, 20_000)
    plain = means.compare_means(arm(y[::2], x[::2]), arm(y[1::2], x[1::2]))
    better = means.compare_means(arm(y[::2], x[::2]), arm(y[1::2], x[1::2]), covariate=True)
    assert plain is not None
    assert better is not None
    assert better.cuped_gain == pytest.approx(0.36, abs=0.02)
    assert better.se / plain.se == pytest.approx(math.sqrt(1 - better.cuped_gain), abs=1e-3)


def test_cuped_without_gain_leaves_the_plain_figure() -> None:
    rng = np.random.default_rng(7)
    x, y = rng.normal(0, 1, 2000), rng.normal(100, 1, 2000)
    plain = means.compare_means(arm(y[::2], x[::2]), arm(y[1::2], x[1::2]))
    same = means.compare_means(arm(y[::2], x[::2]), arm(y[1::2], x[1::2]), covariate=True)
    assert plain is not None
    assert same is not None
    assert (same.effect, same.low, same.method) == (plain.effect, plain.low, plain.method)
    assert same.cuped_gain is not None
    assert same.cuped_gain < 0.01


def test_tea_tasting_reads_a_duckdb_relation() -> None:
    """R33 through tea-tasting itself, on the installed DuckDB."""
    con = duckdb.connect()
    data = tt.make_users_data(rng=42, covariates=True)
    con.register("data", data)
    experiment = tt.Experiment(
        revenue=tt.Mean("revenue"),
        revenue_cuped=tt.Mean("revenue", "revenue_covariate"),
        orders=tt.RatioOfMeans("orders", "sessions"),
        orders_cuped=tt.RatioOfMeans("orders", "sessions", "orders_covariate", "sessions_covariate"),
        srm=tt.SampleRatio(),
    )
    found = experiment.analyze(con.table("data"))
    digits = {
        "revenue": (0.093, -0.024, 0.22, 0.123),
        "revenue_cuped": (0.14, 0.038, 0.26, 0.00674),
        "orders": (0.088, -0.0089, 0.19, 0.0762),
        "orders_cuped": (0.12, 0.042, 0.21, 0.00229),
    }
    for name, expected in digits.items():
        r = found[name]
        got = (r.rel_effect_size, r.rel_effect_size_ci_lower, r.rel_effect_size_ci_upper, r.pvalue)
        assert got == pytest.approx(expected, rel=0.04), name
    assert found["srm"].pvalue == pytest.approx(0.477, abs=5e-4)

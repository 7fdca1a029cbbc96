"""Purchases without a contract: published fits on CDNOW, planted parameters, and what cannot be fitted."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from cxkit.quantify import purchases
from cxkit.quantify.likelihood import maximise
from cxkit.quantify.purchases import fit_purchasing, fit_spending

MODEL = np.log([0.243, 4.414, 0.793, 2.426])


def simulated(customers=2500, weeks=52.0, seed=11):
    """Histories drawn from the model with r 0.8, alpha 6, a 0.9, b 3."""
    rng = np.random.default_rng(seed)
    rate, leave = rng.gamma(0.8, 1 / 6.0, customers), rng.beta(0.9, 3.0, customers)
    length = rng.uniform(20, weeks, customers)
    rows = []
    for lam, p, T in zip(rate, leave, length, strict=True):
        t, x, last = 0.0, 0, 0.0
        while True:
            t += rng.exponential(1 / lam)
            if t > T:
                break
            x, last = x + 1, t
            if rng.random() < p:
                break
        rows.append((x, last, T, 1))
    return pd.DataFrame(rows, columns=["x", "t_x", "T", "n"])


@pytest.fixture(scope="module")
def histories():
    return simulated()


@pytest.fixture(scope="module")
def sample(real):
    """The 1/10 sample of CDNOW in its first 39 weeks: x, t_x, T (weeks), spend, and orders in the next 39."""
    orders = pd.read_csv(real / "cdnow" / "orders.csv", dtype={"customer": str}, parse_dates=["date"])
    ids = pd.read_csv(real / "cdnow" / "sample_ids.csv", dtype=str)["customer"]
    orders = orders[orders["customer"].isin(ids)]
    days = orders.groupby(["customer", "date"], as_index=False)["dollars"].sum()
    end = pd.Timestamp("1997-09-30")
    days["born"] = days.groupby("customer")["date"].transform("min")
    fitted = days[days["date"] <= end]
    each = fitted.groupby("customer").agg(born=("born", "first"), last=("date", "max"), k=("date", "size"))
    again = fitted[fitted["date"] > fitted["born"]].groupby("customer")["dollars"].mean()
    later = days[days["date"] > end].groupby("customer").size()
    return pd.DataFrame(
        {
            "x": each["k"] - 1,
            "t_x": (each["last"] - each["born"]).dt.days / 7,
            "T": (end - each["born"]).dt.days / 7,
            "spend": again.reindex(each.index).fillna(0.0),
            "later": later.reindex(each.index).fillna(0),
            "n": 1,
        }
    )


@pytest.mark.real
def test_published_frequency_on_cdnow(sample):
    """Reference R07 (Fader, Hardie and Lee 2005): 2,357 customers, calibration to 1997-09-30, weeks."""
    assert len(sample) == 2357
    model = fit_purchasing(sample.groupby(["x", "t_x", "T"], as_index=False)["n"].sum())
    found = (model.r, model.alpha, model.a, model.b)
    assert found == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=0.001)
    assert model.loglik == pytest.approx(-9582.4, abs=0.05)


@pytest.mark.real
def test_published_spend_on_cdnow(sample):
    """Reference R09 (Fader and Hardie, note 025): mean spend is that of repeat purchases, the first left out."""
    model = fit_spending(sample)
    assert model.customers == 946
    assert (model.p, model.q, model.gamma) == pytest.approx((6.25, 3.74, 15.44), abs=0.01)
    assert model.mean == pytest.approx(35.2, abs=0.05)


@pytest.mark.real
def test_next_39_weeks_on_cdnow(sample):
    """The held-out half of the same customers: 12 % too few; with the half that was fitted, 5 % too few in all."""
    model = fit_purchasing(sample.groupby(["x", "t_x", "T"], as_index=False)["n"].sum())
    x, t_x, T = (sample[c].to_numpy(dtype=float) for c in ("x", "t_x", "T"))
    expected = purchases.expected_after(model.logs, 39.0, x, t_x, T).sum()
    came = sample["later"].sum()
    assert expected / came == pytest.approx(0.88, abs=0.01)
    assert (expected + sample["x"].sum()) / (came + sample["x"].sum()) == pytest.approx(0.95, abs=0.02)


def test_planted_parameters_are_found(histories):
    model = fit_purchasing(histories)
    error = (model.logs - np.log([0.8, 6.0, 0.9, 3.0])) / np.sqrt(np.diag(model.covariance))
    assert np.abs(error).max() < 3


def test_histories_that_are_the_same_may_be_given_once(histories):
    rounded = histories.assign(
        t_x=histories["t_x"].round(), T=np.maximum(histories["T"].round(), histories["t_x"].round())
    )
    once = rounded.groupby(["x", "t_x", "T"], as_index=False)["n"].sum()
    assert len(once) < 0.7 * len(rounded)
    one, other = fit_purchasing(rounded), fit_purchasing(once)
    assert one.logs == pytest.approx(other.logs, abs=1e-3)
    assert np.allclose(one.covariance, other.covariance, rtol=1e-2)


def test_new_customers_expectation_is_that_of_everybody_without_a_history():
    """With nothing seen yet (x, t_x and T zero) the two closed forms are the same."""
    nothing = np.zeros(1)
    for weeks in (1.0, 39.0, 156.0):
        conditional = purchases.expected_after(MODEL, weeks, nothing, nothing, nothing)[0]
        assert conditional == pytest.approx(float(purchases.expected(MODEL, weeks)), rel=1e-9)


def test_expectation_is_the_integral_over_customers():
    """Mean of single customers' expectations (their equation 8) over both mixing distributions, by quadrature in p."""
    r, alpha, a, b = np.exp(MODEL)
    rng = np.random.default_rng(5)
    rate, leave = rng.gamma(r, 1 / alpha, 400_000), rng.beta(a, b, 400_000)
    single = (1 - np.exp(-rate * leave * 39)) / leave
    assert float(purchases.expected(MODEL, 39.0)) == pytest.approx(single.mean(), rel=0.02)


def test_expected_orders_grow_and_slow_down():
    counts = purchases.expected(MODEL, np.arange(0, 160, 4.0))
    assert counts[0] == 0
    steps = np.diff(counts)
    assert (steps > 0).all()
    assert (np.diff(steps) < 0).all()


def test_a_at_one_is_no_hole():
    near, at = np.log([0.5, 5.0, 1.0 + 1e-4, 3.0]), np.log([0.5, 5.0, 1.0, 3.0])
    assert float(purchases.expected(at, 52.0)) == pytest.approx(float(purchases.expected(near, 52.0)), rel=1e-3)


def test_overdue_customers_are_likelier_gone():
    x, T = np.full(3, 5.0), np.full(3, 52.0)
    chances = purchases.alive(MODEL, x, np.array([50.0, 30.0, 10.0]), T)
    assert chances.tolist() == sorted(chances, reverse=True)
    assert (chances >= 0).all()
    assert (chances <= 1).all()


def test_spend_planted_and_drawn_towards_the_mean():
    rng = np.random.default_rng(3)
    x = rng.integers(1, 9, 3000).astype(float)
    rate = rng.gamma(4.0, 1 / 15.0, 3000)
    spend = rng.gamma(6 * x) / rate / x
    model = fit_spending(pd.DataFrame({"x": x, "spend": spend, "n": 1}))
    assert model.mean == pytest.approx(6 * 15 / 3, rel=0.05)
    one, many = purchases.spend_after(model.logs, np.array([1.0, 50.0]), np.array([90.0, 90.0]))
    assert model.mean < one < many < 90


def test_spend_is_a_density():
    """The likelihood of a mean spend integrates to one."""
    p, q, gamma = 6.25, 3.74, 15.44
    from scipy.special import gammaln

    def density(z, x=3):
        logs = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma) + (p * x - 1) * np.log(z)
        return np.exp(logs + p * x * np.log(x) - (p * x + q) * np.log(gamma + x * z))

    assert quad(density, 0, np.inf)[0] == pytest.approx(1.0, abs=1e-6)


def test_currency_unit_does_not_matter():
    rng = np.random.default_rng(4)
    x = rng.integers(1, 6, 800).astype(float)
    spend = rng.gamma(5 * x) / rng.gamma(4.0, 1 / 20.0, 800) / x
    rows = pd.DataFrame({"x": x, "spend": spend, "n": 1})
    one, cents = fit_spending(rows), fit_spending(rows.assign(spend=spend * 100))
    assert (cents.p, cents.q) == pytest.approx((one.p, one.q), rel=1e-3)
    assert cents.mean == pytest.approx(100 * one.mean, rel=1e-3)


def test_what_cannot_be_fitted_gives_the_reason():
    never = pd.DataFrame({"x": [0, 0], "t_x": 0.0, "T": [20.0, 30.0], "n": [300, 200]})
    assert fit_purchasing(never) == "nobody bought twice"
    same = pd.DataFrame({"x": [2.0, 2.0, 3.0], "spend": [20.0, 20.0, 20.0], "n": [50, 60, 70]})
    found = fit_spending(same)
    assert isinstance(found, str)
    assert "the data do not determine" in found or "did not converge" in found


def test_a_flat_likelihood_is_no_maximum():
    def ridge(t):
        off = t[0] + t[1] - 1
        return -np.full(3, off**2), -np.full((3, 2), 2 * off)

    found = maximise(ridge, np.ones(3), [[0.5, 0.7]])
    assert found == "its likelihood is flat: the data do not determine all of its parameters"
    runs = maximise(lambda t: (np.full(3, t[0]), np.ones((3, 1))), np.ones(3), [[0.5]])
    assert runs == "one of its parameters runs to the edge: the data do not determine it"


@given(st.lists(st.floats(-2, 2), min_size=4, max_size=4), st.integers(0, 5))
def test_the_slopes_of_both_likelihoods_are_those_of_their_values(logs, most):
    """A wrong derivative would still lead somewhere: it is held to differences of the values themselves."""
    levels, place = np.arange(most + 1.0), np.arange(most + 1)
    t_x, T = 3.0 * levels + 1, 3.0 * levels + 8
    spends = purchases._spends(levels + 1, np.linspace(0.2, 3.0, most + 1))
    for each, at in (
        (lambda at: purchases._histories(at, levels, place, t_x, T), np.array(logs)),
        (spends, np.array(logs[:3])),
    ):
        steps = np.eye(len(at)) * 1e-5
        apart = np.column_stack([each(at + s)[0] - each(at - s)[0] for s in steps]) / 2e-5
        np.testing.assert_allclose(each(at)[1], apart, rtol=1e-4, atol=1e-6)

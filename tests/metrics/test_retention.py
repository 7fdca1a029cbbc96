"""Five-account books that can be checked by hand, and what must hold for every book."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.metrics import retention
from cxkit.metrics.windows import window_to
from cxkit.tables.engine import Tables

AS_OF = date(2026, 10, 31)
YEAR = window_to(date(2026, 10, 1), 12)


def book(**accounts):
    """Tables from account → {month: mrr}."""
    rows = [(a, m + "-01", v) for a, months in accounts.items() for m, v in months.items()]
    return Tables.from_frames(
        {"revenue": pd.DataFrame(rows, columns=["account_id", "month", "mrr"])}, as_of=AS_OF, currency="USD"
    )


def summary(tables, window=YEAR):
    return retention.summarise(retention.bridge(tables, window))


FIVE = {
    "grew": {"2025-10": 100, "2026-10": 130},
    "shrank": {"2025-10": 200, "2026-10": 150},
    "left": {"2025-10": 100, "2026-03": 100},
    "zero": {"2025-10": 50, "2026-10": 0},
    "joined": {"2026-02": 80, "2026-10": 80},
    "joined_and_lost": {"2026-01": 60, "2026-02": 90},
}


def test_bridge_five_accounts_by_hand():
    found = summary(book(**FIVE))
    assert (found.accounts, found.start, found.end) == (4, 450, 280)
    assert (found.expansion, found.contraction, found.churn) == (30, 50, 150)
    assert found.grr.value == pytest.approx(250 / 450)
    assert found.nrr.value == pytest.approx(280 / 450)
    assert found.logo_churn.value == 0.5
    assert (found.joined, found.joined_lost, found.joined_end, found.joined_lost_mrr) == (2, 1, 80, 75)


def test_bridge_has_no_interval_below_thirty_accounts():
    found = summary(book(**FIVE))
    assert not found.grr.has_interval
    assert found.grr.why_none == "4 accounts, fewer than 30"


def test_products_are_summed_per_account_before_the_minimum_rule():
    rows = [("a", "2025-10-01", "p", 60), ("a", "2025-10-01", "q", 40), ("a", "2026-10-01", "q", 100)]
    frame = pd.DataFrame(rows, columns=["account_id", "month", "product", "mrr"])
    found = summary(Tables.from_frames({"revenue": frame}, as_of=AS_OF))
    assert found.grr.value == 1.0
    assert found.contraction == 0


def test_reactivated_account_is_retained_and_a_returning_one_has_not_joined():
    found = summary(book(paused={"2025-10": 10, "2026-10": 10}, back={"2025-06": 10, "2026-10": 10}))
    assert found.grr.value == 1.0
    assert found.joined == 0


def test_unfinished_month_is_not_used():
    tables = Tables.from_frames(
        {"revenue": pd.DataFrame({"account_id": ["a"] * 2, "month": ["2025-10-01", "2026-10-01"], "mrr": [10, 5]})},
        as_of=date(2026, 10, 30),
    )
    assert tables.frame("SELECT count(*) AS n FROM revenue")["n"].iloc[0] == 1


def test_monthly_flows_multiply_to_the_year_when_nobody_returns():
    months = [f"2025-{m:02d}" for m in (10, 11, 12)]
    tables = book(a=dict.fromkeys(months, 100), b={"2025-10": 100, "2025-11": 50}, c={"2025-10": 100})
    flows = retention.monthly(tables, date(2025, 12, 1), 2)
    assert flows["month"].astype(str).str[:7].tolist() == ["2025-11", "2025-12"]
    assert (flows["kept"] / flows["start"]).tolist() == [0.5, pytest.approx(2 / 3)]


def test_by_segment_adds_up_to_the_whole():
    frames = {
        "revenue": pd.DataFrame(
            {"account_id": list("aabb"), "month": ["2025-10-01", "2026-10-01"] * 2, "mrr": [10, 9, 5, 0]}
        ),
        "accounts": pd.DataFrame({"account_id": ["a", "b"], "started": "2020-01-01", "segment": ["x", "y"]}),
    }
    rows = retention.bridge(Tables.from_frames(frames, as_of=AS_OF), YEAR, by=["segment"])
    assert rows["segment"].tolist() == ["x", "y"]
    assert (rows["kept"] / rows["start"]).tolist() == [0.9, 0.0]


def test_two_currencies_need_rates_and_take_the_opening_one():
    revenue = pd.DataFrame(
        {
            "account_id": ["a", "a", "b", "b"],
            "month": ["2025-10-01", "2026-10-01"] * 2,
            "mrr": [100, 50, 100, 100],
            "currency": ["EUR", "EUR", "USD", "USD"],
        }
    )
    without = Tables.from_frames({"revenue": revenue}, as_of=AS_OF, currency="EUR")
    assert "USD" in retention.bridge(without, YEAR).why
    fx = pd.DataFrame(
        {
            "month": ["2025-10-01", "2026-10-01"],
            "from_currency": "USD",
            "to_currency": "EUR",
            "rate": [0.5, 0.9],
        }
    )
    found = summary(Tables.from_frames({"revenue": revenue, "fx": fx}, as_of=AS_OF, currency="EUR"))
    assert (found.start, found.end) == (150, 100)


def test_missing_revenue_names_the_columns():
    missing = retention.bridge(Tables.from_frames({}, as_of=AS_OF), YEAR)
    assert str(missing) == "revenue (account_id, month, mrr)"


cents = st.integers(min_value=0, max_value=10_000)
pairs = st.lists(st.tuples(cents.filter(bool), cents), min_size=1, max_size=8)


def _pairs_book(ends, factor=1, extra=()):
    return book(
        **{f"a{i}": {"2025-10": s * factor, "2026-10": e * factor} for i, (s, e) in enumerate(ends)}, **dict(extra)
    )


@settings(max_examples=8, deadline=None)
@given(pairs)
def test_invariants_of_reference_r06(ends):
    found = summary(_pairs_book(ends))
    assert found.grr.value <= 1
    assert found.grr.value <= found.nrr.value
    assert found.start + found.expansion - found.contraction - found.churn == pytest.approx(found.end)
    grown = summary(_pairs_book(ends, extra={"new": {"2026-05": 999, "2026-10": 999}}.items()))
    assert (grown.grr.value, grown.nrr.value) == (found.grr.value, found.nrr.value)
    scaled = summary(_pairs_book(ends, factor=7))
    assert (scaled.grr.value, scaled.nrr.value) == (found.grr.value, found.nrr.value)
    turned = summary(_pairs_book(ends[::-1]))
    assert (turned.grr, turned.nrr, turned.churn) == (found.grr, found.nrr, found.churn)


def lognormal_book(seed, n, sigma, churn=0.12):
    rng = np.random.default_rng(seed)
    start = np.exp(rng.normal(0, sigma, n))
    left, shrank, factor = rng.random(n) < churn, rng.random(n) < 0.1, rng.uniform(0.5, 1, n)
    kept = np.where(left, 0, np.where(shrank, start * factor, start))
    x = kept / start
    return retention.Sums(
        n=n,
        x=start.sum(),
        y=kept.sum(),
        xx=(start**2).sum(),
        xy=(start * kept).sum(),
        yy=(kept**2).sum(),
        r=x.sum(),
        rr=(x**2).sum(),
    )


@pytest.mark.parametrize(("n", "sigma"), [(60, 1.5), (200, 1.0), (2000, 0.5)])
def test_interval_covers_the_underlying_rate_in_skewed_books(n, sigma):
    from scipy import stats

    from cxkit.metrics.estimates import ratio

    truth, seeds = 0.88 * 0.975, 600
    found = [ratio(lognormal_book(seed, n, sigma), bounded=True) for seed in range(seeds)]
    given = [f for f in found if f.has_interval]
    held = sum(f.low <= truth <= f.high for f in given)
    band = stats.binomtest(held, len(given)).proportion_ci(0.999)
    assert band.low <= 0.95 <= band.high, f"{held} of {len(given)}"

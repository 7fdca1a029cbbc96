"""Lifetime value: the model follows the table, money is contribution, and what is missing is said."""

from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest

from cxkit.quantify.catalogue import FINDINGS
from cxkit.quantify.lifetime import lifetime_value
from cxkit.quantify.lifetime_histories import independence
from cxkit.quantify.margin import contribution_margin
from cxkit.records import Missing
from cxkit.tables.engine import Tables

AS_OF = date(2026, 10, 31)
TERMS = {"horizon_months": 24, "discount_rate": 0.0, "default_margin": 0.5}


def contracts(**how):
    return {name: frame.copy() for name, frame in drawn_contracts(**how).items()}


def orders():
    return {name: frame.copy() for name, frame in drawn_orders().items()}


@cache
def drawn_contracts(seed=2, joining=30, months=36, leave=(0.02, 0.04)):
    """Customers of two segments who join every month and leave at a constant hazard; `a` pays 10, `b` 30."""
    rng = np.random.default_rng(seed)
    month = [p.to_timestamp().date() for p in pd.period_range(end="2026-10", periods=months, freq="M")]
    rows, accounts = [], []
    for start in range(months):
        for k in range(joining):
            segment = k % 2
            stay = int(rng.geometric(leave[segment]))
            name = f"c{start:02d}-{k:02d}"
            accounts.append((name, month[start], "ab"[segment]))
            rows += [(name, m, (10.0, 30.0)[segment]) for m in month[start : start + stay]]
    return {
        "revenue": pd.DataFrame(rows, columns=["account_id", "month", "mrr"]),
        "accounts": pd.DataFrame(accounts, columns=["account_id", "started", "segment"]),
    }


@cache
def drawn_orders(customers=700, seed=4, months=18):
    """Customers who buy at their own rate until they leave unseen."""
    rng = np.random.default_rng(seed)
    end = pd.Timestamp(AS_OF)
    rows = []
    for i in range(customers):
        day = end - pd.Timedelta(days=int(rng.integers(10, months * 30)))
        rate, leave, mean = rng.gamma(1.2, 1 / 60.0), rng.beta(1.0, 4.0), 30 / rng.gamma(5.0, 1 / 5.0)
        while day <= end:
            rows.append((f"c{i}", day, round(float(mean * rng.gamma(4.0, 1 / 4.0)), 2)))
            if len(rows) > 1 and rng.random() < leave:
                break
            day += pd.Timedelta(days=1 + round(float(rng.exponential(1 / rate))))
    return {"orders": pd.DataFrame(rows, columns=["account_id", "ordered", "amount"])}


def value(frames, **terms):
    return lifetime_value(Tables.from_frames(frames, as_of=AS_OF, currency="USD"), **(TERMS | terms))


@pytest.fixture(scope="module")
def contracted():
    return value(contracts())


@pytest.fixture(scope="module")
def ordered():
    return value(orders())


def test_contracts_get_a_model_of_renewals(contracted):
    assert contracted.shape == "contracts"
    assert "a model of purchases (BG/NBD) is refused" in contracted.why_model
    assert contracted.why_model in contracted.finding("quantify.lifetime.customer").detail
    assert {f.id for f in contracted.findings} <= set(FINDINGS)
    assert {f.grade for f in contracted.findings} <= {"D", "M"}
    assert not contracted.gaps


def test_orders_beside_contracts_change_nothing(contracted):
    both = value(contracts() | orders())
    assert both.frame("values").equals(contracted.frame("values"))


def test_value_holds_what_was_planted(contracted):
    """A constant hazard h for 24 months at contribution c: c × (1 − (1 − h)^24) ÷ h."""
    rows = contracted.frame("values").set_index("group")
    for segment, price, leave in (("a", 5.0, 0.02), ("b", 15.0, 0.04)):
        planted = price * (1 - (1 - leave) ** 24) / leave
        assert rows.loc[segment, "low"] < planted < rows.loc[segment, "high"]
        assert rows.loc[segment, "high"] / rows.loc[segment, "low"] < 1.25
    assert rows.loc["all", "customers"] == rows.loc["a", "customers"] + rows.loc["b", "customers"]


def test_segments_that_differ_are_named(contracted):
    found = contracted.finding("quantify.lifetime.segment")
    assert found.subject == "b"
    assert found.title.startswith("A new customer in b is worth $")
    assert "no effect of moving a customer" in found.detail


def test_margin_scales_the_value_and_horizon_is_in_the_title(contracted):
    more = value(contracts(), default_margin=1.0)
    one, two = (r.finding("quantify.lifetime.customer") for r in (contracted, more))
    assert two.value == pytest.approx(2 * one.value)
    assert "over two years (" in one.title
    assert "over 30 months (" in value(contracts(), horizon_months=30).finding("quantify.lifetime.customer").title


def test_discounting_is_that_of_business_cases():
    """A customer who stays for sure is worth a plain annuity at the month's end."""
    frames = contracts(leave=(0.02, 0.02))
    low, high = (value(frames, discount_rate=r).finding("quantify.lifetime.customer").value for r in (0.25, 0.0))
    assert low < high
    months = np.arange(1, 25)
    stay = 0.98 ** (months - 1)
    assert low / high == pytest.approx(float(stay @ 1.25 ** (-months / 12)) / stay.sum(), rel=0.01)


def test_no_margin_no_value_but_who_stays_is_said():
    made = value(contracts(), default_margin=None)
    (gap,) = made.gaps
    assert gap.id == "quantify.lifetime.customer"
    assert gap.reason.startswith("Revenue is not value: it needs a contribution margin")
    assert gap.needs[0].name == "pnl"
    assert made.finding("quantify.lifetime.customer") is None
    assert made.finding("quantify.lifetime.survival") is not None
    assert "value" not in made.frame("values").columns


def test_held_out_year_is_predicted(contracted):
    row = contracted.frame("check").iloc[0]
    assert row["low"] <= row["actual"] <= row["high"]
    found = contracted.finding("quantify.lifetime.check")
    assert "Tested on months it had not seen, the model expected" in found.title
    assert "Tested on 2025-11 to 2026-10;" in found.detail
    assert "within what chance explains" in found.detail


def test_a_year_that_changed_is_told():
    frames = contracts()
    gone = sorted(frames["accounts"]["account_id"])[::4]
    late = frames["revenue"]["account_id"].isin(gone) & (pd.to_datetime(frames["revenue"]["month"]) >= "2026-03-01")
    found = value(frames | {"revenue": frames["revenue"][~late]}).finding("quantify.lifetime.check")
    assert found.tone == "neutral"
    assert "too few" in found.title
    assert "more than chance explains" in found.detail


def test_order_of_rows_changes_nothing(contracted):
    frames = contracts()
    shuffled = {n: f.sample(frac=1, random_state=1) for n, f in frames.items()}
    assert value(shuffled).model_dump_json() == contracted.model_dump_json()


def test_customers_who_were_there_before_the_table_need_a_start():
    """Half of the customers pay from the first month on: without `accounts` nobody knows for how long they have."""
    frames = contracts()
    frames["revenue"] = frames["revenue"][pd.to_datetime(frames["revenue"]["month"]) >= "2024-06-01"]
    known, unknown = value(frames), value({"revenue": frames["revenue"]})
    assert unknown.frame("values")["customers"].iloc[0] < known.frame("values")["customers"].iloc[0]


def test_small_groups_have_no_interval():
    frames = contracts(joining=8)
    frames["accounts"].loc[frames["accounts"].index[:12], "segment"] = "few"
    rows = value(frames).frame("values").set_index("group")
    assert "losses, fewer than" in rows.loc["few", "note"]
    assert np.isnan(rows.loc["few", "low"])


def test_orders_get_a_model_of_purchases(ordered):
    assert ordered.shape == "orders"
    assert "Customers have no contract" in ordered.why_model
    row = ordered.frame("values").iloc[0]
    assert row["low"] < row["value"] < row["high"]
    assert row["first_value"] < row["value"]
    assert 0 < row["active"] <= row["customers"]
    assert ordered.frame("independence").iloc[0]["verdict"] != "fails"
    check = ordered.frame("check").iloc[0]
    assert abs(check["error"]) < 0.2
    assert {f.id for f in ordered.findings} <= set(FINDINGS)


def test_orders_without_a_margin_still_say_who_comes_back():
    made = value(orders(), default_margin=None)
    assert made.finding("quantify.lifetime.orders").title.startswith("A new customer comes back ")
    assert made.finding("quantify.lifetime.active") is not None
    assert made.finding("quantify.lifetime.customer") is None
    assert made.gaps[0].needs[0].name == "pnl"


def test_monthly_bills_in_the_order_table_are_refused():
    days = list(pd.date_range("2025-01-15", "2026-10-15", freq="30D"))
    rows = [(f"c{i}", d, 9.0) for i in range(300) for d in days[i % 5 :]]
    made = value({"orders": pd.DataFrame(rows, columns=["account_id", "ordered", "amount"])})
    assert "renewals of a contract" in made.gaps[0].reason
    assert not made.findings


def test_subscriptions_that_cannot_carry_renewals_are_not_taken_for_purchases():
    spells = pd.DataFrame({"subscription_id": ["s"], "account_id": ["a"], "started": ["2025-01-01"], "mrr": [9.0]})
    made = value(orders() | {"subscriptions": spells})
    assert made.shape == ""
    assert made.gaps[0].reason.startswith("Customers have contracts, but")


def test_returned_goods_are_no_order():
    frames = orders()
    base = value(frames).frame("values").iloc[0]
    extra = frames["orders"].head(400).assign(returned="2026-10-20", amount=1e6)
    extra["ordered"] = pd.to_datetime(extra["ordered"]) + pd.Timedelta(days=1)
    more = value({"orders": pd.concat([frames["orders"].assign(returned=None), extra])}).frame("values").iloc[0]
    assert more["value"] == pytest.approx(base["value"], rel=1e-6)


def test_spend_that_goes_with_frequency_is_found_and_not_assumed_away():
    rng = np.random.default_rng(1)
    x = rng.integers(1, 8, 2000)
    alone = pd.DataFrame({"x": x, "spend": rng.lognormal(3, 0.8, 2000)})
    found = independence(alone)
    assert found.verdict in {"holds", "cannot tell"}
    assert found.low < 0 < found.high
    together = alone.assign(spend=alone["spend"] * x)
    assert independence(together).verdict == "fails"


def test_ranks_would_see_what_is_not_there():
    """Means of several skewed orders against single ones: no relation, and none is said."""
    rng = np.random.default_rng(2)
    x = rng.integers(1, 9, 4000)
    spend = [rng.lognormal(3, 1.2, k).mean() for k in x]
    assert independence(pd.DataFrame({"x": x, "spend": spend})).verdict != "fails"


def test_nothing_to_go_by_names_both_tables():
    made = value({"costs": pd.DataFrame({"month": ["2026-01-01"], "category": ["x"], "amount": [1.0]})})
    assert [m.name for m in made.gaps[0].needs] == ["revenue", "orders"]


def test_margin_needs_every_month_of_the_books():
    months = pd.date_range("2026-01-01", periods=9, freq="MS").repeat(3)
    kinds = ["recurring_revenue", "cost_of_goods", "service_cost"] * 9
    rows = pd.DataFrame({"month": months, "line": list("abc") * 9, "kind": kinds, "amount": [100, 30, 25] * 9})
    found = contribution_margin(Tables.from_frames({"pnl": rows}, as_of=date(2026, 9, 30)), None)
    assert isinstance(found, Missing)
    assert found.why == "only 9 of its last 12 months show revenue, cost of goods and cost to serve"

"""Cost, contacts, complaints, orders and market share by what moves them, on frames that can be checked by hand."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.metrics.definitions import definitions
from cxkit.metrics.estimates import Estimate
from cxkit.quantify.catalogue import FINDINGS
from cxkit.quantify.drivers import Drivers, drivers
from cxkit.quantify.drivers_cost import Occurrences
from cxkit.quantify.drivers_sales import relative_change
from cxkit.quantify.drivers_sentences import beyond
from cxkit.tables.engine import Tables

AS_OF = date(2026, 10, 31)
MONTHS = [m.to_timestamp().date() for m in pd.period_range(end="2026-10", periods=24, freq="M")]
PEOPLE = 100


def run(given_: dict[str, pd.DataFrame], as_of: date = AS_OF, months: int = 12) -> Drivers:
    return drivers(Tables.from_frames(given_, as_of=as_of, currency="USD"), window_months=months)


def book() -> pd.DataFrame:
    return pd.DataFrame(
        [(f"a{i}", m, 10.0) for i in range(PEOPLE) for m in MONTHS], columns=["account_id", "month", "mrr"]
    )


def ticket(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["account_id", "opened", "reason"])
    return frame.assign(ticket_id=[f"t{k}" for k in range(len(frame))])


def monthly(now: int, before: int, reason: str = "repair") -> list[tuple[str, str, str]]:
    """So many tickets a month, of different customers, this year and the last."""
    return [
        (f"a{k % PEOPLE}", f"{m}T10:00", reason)
        for i, m in enumerate(MONTHS)
        for k in range(now if i >= 12 else before)
    ]


# Cost ----------------------------------------------------------------------------------------------------------


def costs(handling=(200.0, 240.0)) -> pd.DataFrame:
    """Handling 200 a month last year and 240 this, visits 100, rent 50, campaigns that serve nobody."""
    rows = []
    for k, month in enumerate(MONTHS):
        rows += [
            (month, "desk", handling[k >= 12], True, "handling"),
            (month, "field", 100.0, True, "visits"),
            (month, "rent", 50.0, True, "overhead"),
            (month, "campaign", 999.0, False, "overhead"),
        ]
    return pd.DataFrame(rows, columns=["month", "category", "amount", "serves", "driver"])


@pytest.fixture(scope="module")
def served() -> Drivers:
    return run({"revenue": book(), "costs": costs(), "tickets": ticket(monthly(16, 10))})


def test_cost_by_driver_by_hand(served: Drivers) -> None:
    """240 a month over 100 customers are 2.40; ten contacts a month became sixteen, at 20 each and then 15."""
    row = served.frame("cost").set_index("driver").loc["handling"]
    assert (row["rate"], row["rate_before"], row["total"]) == (2.4, 2.0, 2880.0)
    assert row["share"] == pytest.approx(240 / 390)
    assert (row["unit_cost"], row["unit_cost_before"]) == (15.0, 20.0)
    assert row["by_volume"] == pytest.approx((0.16 - 0.10) * 17.5)
    assert row["by_unit_cost"] == pytest.approx(-5 * 0.13)
    assert row["by_volume"] + row["by_unit_cost"] == pytest.approx(0.4)
    found = served.finding("quantify.drivers.cost")
    assert found.title == "Handling contacts drive 61.5\u202f% of the cost to serve: $2.40 a customer and month"
    assert "Overhead takes 12.8\u202f% and stands apart." in found.detail
    assert not served.frame("categories").set_index("category").loc["campaign", "serves"]


def test_growth_names_its_two_parts(served: Drivers) -> None:
    found = served.finding("quantify.drivers.growth")
    assert found.title == "Handling contacts cost $0.40 a customer and month more than a year earlier (+20.0\u202f%)"
    assert found.detail.startswith(
        "+$1.05 comes from contacts per customer (100 then and 160 now per 1,000 customers a month), −$0.65 from what"
    )
    assert found.weight == pytest.approx(0.4 * PEOPLE * 12)
    assert found.tone == "bad"


def test_overhead_is_never_the_driver_and_categories_stand_in_where_drivers_are_unsaid() -> None:
    given_ = costs()
    given_.loc[given_["driver"] == "overhead", "amount"] = 5000.0
    assert run({"revenue": book(), "costs": given_}).finding("quantify.drivers.cost").subject == "handling"
    plain = run({"revenue": book(), "costs": costs().drop(columns="driver")})
    assert plain.finding("quantify.drivers.cost").title.startswith("Desk make ")
    assert {m.columns for g in plain.gaps for m in g.needs} >= {("driver",)}


def test_an_unfinished_month_is_neither_used_nor_scaled_up(served: Drivers) -> None:
    part = {"month": ["2026-11-01"], "category": "desk", "amount": 7.0, "serves": True, "driver": "handling"}
    more = {
        "revenue": pd.concat([book(), pd.DataFrame({"account_id": ["a1"], "month": ["2026-11-01"], "mrr": [10.0]})]),
        "costs": pd.concat([costs(), pd.DataFrame(part)]),
        "tickets": pd.concat(
            [ticket(monthly(16, 10)), ticket([("a1", "2026-11-03T10:00", "x")]).assign(ticket_id="n")]
        ),
    }
    assert run(more, as_of=date(2026, 11, 12)).frame("cost").equals(served.frame("cost"))


def test_a_restated_amount_is_in_force_from_the_day_it_was_known() -> None:
    given_ = costs()
    last = (given_["month"] == MONTHS[-1]) & (given_["category"] == "desk")
    given_["restated"] = pd.to_datetime(pd.Series(np.where(last, "2026-11-05", None), index=given_.index))
    given_["restated_amount"] = np.where(last, 1200.0, None)
    before = run({"revenue": book(), "costs": given_}).frame("cost").set_index("driver").loc["handling", "total"]
    after = run({"revenue": book(), "costs": given_}, as_of=date(2026, 11, 10))
    assert (before, after.frame("cost").set_index("driver").loc["handling", "total"]) == (2880.0, 2880.0 + 960.0)


POSITIVE = st.floats(0.01, 1000, allow_nan=False)


@settings(max_examples=15, deadline=None)
@given(POSITIVE, POSITIVE, POSITIVE, POSITIVE)
def test_volume_and_unit_cost_add_up(v1: float, v0: float, u1: float, u0: float) -> None:
    parts = Occurrences(
        what="contacts", n=1, n_before=1, volume=v1, volume_before=v0, unit_cost=u1, unit_cost_before=u0
    )
    assert parts.by_volume + parts.by_unit_cost == pytest.approx(v1 * u1 - v0 * u0, abs=1e-9 * (v1 * u1 + v0 * u0))


# Contacts ------------------------------------------------------------------------------------------------------


def test_contacts_per_problem_by_hand() -> None:
    """Forty customers ask about repair three times: twice within a month, once after two. Two problems each."""
    rows = [(f"a{k}", f"2026-{day}T09:00", "repair") for k in range(40) for day in ("03-01", "03-20", "05-20")] + [
        (f"a{k}", "2026-03-02T09:00", "bill") for k in range(40)
    ]
    rows += [("a99", f"{m}T09:00", "other") for m in MONTHS]
    row = run({"revenue": book(), "tickets": ticket(rows)}).frame("contacts").set_index("problem")
    assert (row.loc["repair", "contacts"], row.loc["repair", "problems"], row.loc["repair", "repeats"]) == (120, 80, 40)
    assert row.loc["repair", "per_problem"] == 1.5
    assert row.loc["bill", "per_problem"] == 1.0
    assert row.loc["repair", "rate"] == pytest.approx(120 / (12 * PEOPLE) * 1000)


def test_the_cost_of_a_contact_follows_its_minutes() -> None:
    """Repairs take thirty minutes and bills ten: of 240 a month repairs carry three quarters."""
    frame = ticket(monthly(4, 4, "repair") + monthly(4, 4, "bill"))
    frame["resolved"] = pd.to_datetime(frame["opened"]) + pd.Timedelta(hours=1)
    frame["handle_minutes"] = np.where(frame["reason"] == "repair", 30.0, 10.0)
    row = run({"revenue": book(), "tickets": frame, "costs": costs()}).frame("contacts").set_index("problem")
    assert row.loc["repair", "money_per_contact"] == pytest.approx(240 * 0.75 / 4)
    assert row.loc["bill", "money_per_contact"] == pytest.approx(240 * 0.25 / 4)


def test_the_problem_with_most_repeats_is_told() -> None:
    rows = [(f"a{k}", f"2026-03-{d:02}T09:00", "it <b>broke") for k in range(60) for d in (1, 9)]
    rows += monthly(3, 3, "bill")
    found = run({"revenue": book(), "tickets": ticket(rows)}).finding("quantify.drivers.contacts")
    assert found.title == "Customers need 2.00 contacts for one problem with it <b>broke: 60 repeats"
    assert found.weight == 0


def test_a_clear_rise_is_told_and_a_flat_problem_is_not() -> None:
    result = run({"revenue": book(), "tickets": ticket(monthly(60, 20) + monthly(20, 20, "bill"))})
    found = [f for f in result.findings if f.id == "quantify.drivers.demand"]
    assert [f.subject for f in found] == ["repair"]
    assert found[0].title == "Contacts about repair rose from 200.0 to 600.0 per 1,000 customers a month"
    assert found[0].tone == "bad"


def test_stricter_level_widens_both_ends() -> None:
    change = Estimate(value=4.0, low=1.0, high=9.0)
    assert beyond(change, 0.05)
    assert not beyond(change, 0.0005)
    assert not beyond(Estimate(value=4.0), 0.05)


def test_complaints_by_segment_use_their_own_customers() -> None:
    accounts = pd.DataFrame(
        {"account_id": [f"a{i}" for i in range(PEOPLE)], "started": "2020-01-01", "segment": ["x"] * 40 + ["y"] * 60}
    )
    frame = ticket(
        [(f"a{k}", f"{m}T10:00", "r") for m in MONTHS[12:] for k in range(40)] + [("a50", "2024-11-02", "r")]
    )
    result = run({"revenue": book(), "accounts": accounts, "tickets": frame.assign(complaint=True)})
    row = result.frame("complaints").query("dimension == 'segment'").set_index("group")
    assert row.loc["x", "rate"] == 1000.0
    assert row.loc["y", "rate"] == 0.0
    found = result.finding("quantify.drivers.complaints")
    assert found.title.startswith(
        "Segment x complains most: 1,000.0 complaints per 1,000 customers a month, 400.0 among"
    )


# Orders and market ---------------------------------------------------------------------------------------------


def sales(lamps=(40, 40), chairs=(10, 40)) -> pd.DataFrame:
    rows = []
    for year, start in enumerate(("2024-11", "2025-11")):
        for product, count in (("lamp", lamps[year]), ("chair", chairs[year])):
            for i, month in enumerate(pd.period_range(start, periods=12, freq="M")):
                rows += [
                    (f"c{(k * 7 + i) % 90}", f"{month}-{1 + k % 28:02}T10:00", product, 50.0) for k in range(count)
                ]
    frame = pd.DataFrame(rows, columns=["account_id", "ordered", "product", "amount"])
    return frame.assign(order_id=[f"o{k}" for k in range(len(frame))])


@pytest.fixture(scope="module")
def sold() -> Drivers:
    return run({"orders": sales()})


def test_orders_by_product_by_hand(sold: Drivers) -> None:
    row = sold.frame("orders").set_index("product")
    assert (row.loc["chair", "orders"], row.loc["chair", "orders_before"], row.loc["chair", "change"]) == (
        480,
        120,
        3.0,
    )
    assert (row.loc["all products", "orders"], row.loc["all products", "value"]) == (960, 48000.0)
    assert row.loc["lamp", "change"] == 0


def test_only_the_product_that_moved_is_told(sold: Drivers) -> None:
    found = [f for f in sold.findings if f.id == "quantify.drivers.orders"]
    assert [f.title for f in found] == ["Orders of chair rose 300.0\u202f% on a year earlier, from 120 to 480"]
    assert (found[0].tone, found[0].weight) == ("good", 360 * 50.0)


def test_orders_that_do_not_reach_back_are_not_compared() -> None:
    given_ = sales()
    result = run({"orders": given_[given_["ordered"] >= "2025-11"]})
    assert result.frame("orders")["change"].isna().all()
    assert not [f for f in result.findings if f.id == "quantify.drivers.orders"]


def test_an_order_of_two_lines_is_one_order_and_a_return_is_counted() -> None:
    given_ = sales().assign(line="1", returned=None)
    double = given_[given_["product"] == "lamp"].assign(line="2")
    given_.loc[given_["order_id"] == "o700", "returned"] = "2026-10-20"
    row = run({"orders": pd.concat([given_, double])}).frame("orders").set_index("product")
    assert row.loc["lamp", "orders"] == 480
    assert row["returned"].max() == pytest.approx(1 / 480)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=12, max_size=40))
def test_relative_change_holds_its_value_and_turns_round(pairs) -> None:
    y, z = (np.array(v, dtype=float) for v in zip(*pairs, strict=True))
    sums = {"yy": float(y @ y), "zz": float(z @ z), "yz": float(y @ z)}
    made, p = relative_change(y.sum(), z.sum(), **sums, buyers=len(pairs))
    turned = {"yy": sums["zz"], "zz": sums["yy"], "yz": sums["yz"]}
    other, q = relative_change(z.sum(), y.sum(), **turned, buyers=len(pairs))
    assert 0 <= p <= 1
    if made.has_interval:
        assert made.low <= made.value <= made.high
        assert other.high + 1 == pytest.approx(1 / (made.low + 1))
        assert p == pytest.approx(q)


def market(**more) -> pd.DataFrame:
    return pd.DataFrame({"month": MONTHS, "segment": "all", "market_revenue": [8000.0] * 12 + [10000.0] * 12, **more})


def test_market_share_by_hand() -> None:
    """The book is 1,000 a month in both years; the market grew from 8,000 to 10,000."""
    result = run({"revenue": book(), "market": market(source="a trade body")})
    row = result.frame("market").iloc[0]
    assert (row["share"], row["share_before"], row["growth"], row["market_growth"]) == (0.1, 0.125, 0.0, 0.25)
    found = result.finding("quantify.drivers.market")
    assert found.title == (
        "Market share is 10.0\u202f%, 2.5 points below a year earlier: revenue moved 0.0\u202f%, "
        "the market +25.0\u202f%"
    )
    assert "a trade body" in found.detail


def test_segments_add_up_to_the_market_and_a_foreign_market_needs_a_rate() -> None:
    halves = pd.concat([market(segment="x"), market(segment="y")]).drop(columns="segment", errors="ignore")
    halves["segment"] = ["x"] * 24 + ["y"] * 24
    assert run({"revenue": book(), "market": halves}).frame("market").iloc[0]["share"] == 0.05
    lost = run({"revenue": book(), "market": market(currency="EUR")})
    assert any("fx" in {m.name for m in g.needs} for g in lost.gaps if g.id == "quantify.drivers.market")


# The whole -----------------------------------------------------------------------------------------------------


def test_nothing_supplied_is_four_gaps_and_no_error() -> None:
    result = run({})
    assert {g.id for g in result.gaps} == {f"quantify.drivers.{n}" for n in ("cost", "contacts", "orders", "market")}
    assert not result.findings


def test_findings_are_in_the_catalogue_and_rows_may_come_in_any_order() -> None:
    given_ = {
        "revenue": book(), "costs": costs(), "tickets": ticket(monthly(60, 20)), "orders": sales(), "market": market(),
    }  # fmt: skip
    one = run(given_)
    assert {f.id for f in one.findings} <= set(FINDINGS)
    assert {f.definition for f in one.findings} <= {d.tag for d in definitions().values()}
    two = run({k: f.sample(frac=1, random_state=2) for k, f in given_.items()})
    assert one.document() == two.document()
    assert all(one.frame(name).equals(two.frame(name)) for name in one.tables)

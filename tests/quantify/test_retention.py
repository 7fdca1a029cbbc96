"""Retention in depth on books that can be checked by hand: sums that close, price apart from volume, stages, words."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.metrics import cohorts
from cxkit.metrics.windows import window_to
from cxkit.quantify import retention_bridge, retention_prices, retention_stages
from cxkit.quantify.catalogue import FINDINGS
from cxkit.quantify.retention import RevenueRetention, revenue_retention
from cxkit.tables.engine import Tables

AS_OF = date(2026, 10, 31)
YEAR = window_to(date(2026, 10, 1), 12)
OPEN, LAST = "2025-10-01", "2026-10-01"
FLOWS = ["start", "expansion", "contraction", "churn", "end", "returned", "joined", "closing"]
COUNTS = ["accounts", "lost_accounts", "joined_accounts", "joined_lost_accounts", "returned_accounts"]


def revenue(*rows, columns="account_id month product mrr units"):
    return pd.DataFrame(list(rows), columns=columns.split())


def tables(as_of=AS_OF, **frames):
    return Tables.from_frames(frames, as_of=as_of, currency="USD")


SIX = revenue(
    ("grew", OPEN, "p", 100, 10), ("grew", LAST, "p", 132, 12),
    ("shrank", OPEN, "p", 200, 20), ("shrank", LAST, "p", 105, 10),
    ("moved", OPEN, "p", 60, 6), ("moved", OPEN, "q", 40, 4), ("moved", LAST, "q", 110, 11),
    ("left", OPEN, "q", 100, 10),
    ("back", "2025-03-01", "q", 30, 3), ("back", LAST, "q", 30, 3),
    ("new", "2026-02-01", "q", 80, 8), ("new", LAST, "q", 80, 8),
)  # fmt: skip
LISTED = pd.DataFrame(
    {
        "account_id": ["grew", "shrank", "moved", "left", "back", "new"],
        "started": "2020-01-01",
        "segment": ["x", "x", "y", None, "y", "y"],
    }
)


def split(given):
    made = tables(revenue=given)
    rows = retention_prices.price_rows(made, YEAR, {})
    return rows.iloc[0], retention_prices.prices_of(rows.iloc[0])


def test_bridges_add_up_to_the_whole_in_every_dimension():
    made = tables(revenue=SIX, accounts=LISTED)
    frame = retention_bridge.bridges(retention_bridge.parts(made, YEAR, retention_bridge.labels(made, YEAR)))
    whole = frame.iloc[0]
    assert whole[FLOWS].tolist() == [500, 42, 95, 100, 347, 30, 80, 457]
    assert whole[COUNTS].tolist() == [4, 1, 1, 0, 1]
    for dimension, part in frame.iloc[1:].groupby("dimension"):
        assert part[FLOWS + COUNTS].sum().tolist() == whole[FLOWS + COUNTS].tolist(), dimension
    closes = frame["start"] + frame["expansion"] - frame["contraction"] - frame["churn"] - frame["end"]
    assert closes.tolist() == [0] * len(frame)
    assert set(frame[frame["dimension"] == "segment"]["segment"]) == {"x", "y", "not stated"}


def test_a_customer_keeps_the_product_it_opened_with():
    made = tables(revenue=SIX)
    frame = retention_bridge.bridges(retention_bridge.parts(made, YEAR, retention_bridge.labels(made, YEAR)))
    products = frame[frame["dimension"] == "product"].set_index("segment")
    assert products.loc["p", ["accounts", "start", "end"]].tolist() == [3, 400, 347]
    assert products.loc["q", ["accounts", "start", "returned", "joined"]].tolist() == [1, 100, 30, 80]


def test_price_and_volume_by_hand():
    """Closing units at opening prices: 12 × 10 + 10 × 10 + 4 × 10 → 11 × 10, and p dropped."""
    row, found = split(SIX)
    # grew: 100 → 132: volume 20, price 12; shrank: 200 → 105: volume −100, price 5; moved: q 40 → 110: volume 70,
    # p dropped: −60 is mix; left takes no part
    assert row[["expansion_price", "expansion_volume"]].tolist() == [12, 20 + 10]
    assert row[["contraction_price", "contraction_volume"]].tolist() == [5, -100]
    assert found.nrr.value == pytest.approx((120 + 100 + 110) / 500)
    assert found.grr.value == pytest.approx((100 + 100 + 100) / 500)
    assert found.price.value == pytest.approx(17 / 500)
    # on opening units price would be 10 × 1 + 20 × 0.5 = 20, three more, and volume three less
    assert found.joint == pytest.approx(-3 / 500)


def test_an_indexation_alone_is_price_and_nothing_else():
    rows = [r for i in range(40) for r in ((f"a{i}", OPEN, "p", 100 + i, 5), (f"a{i}", LAST, "p", (100 + i) * 1.03, 5))]
    result = revenue_retention(tables(revenue=revenue(*rows)))
    found = result.finding("quantify.retention.price")
    assert found.value == pytest.approx(0.03)
    assert found.low == pytest.approx(0.03, abs=1e-6)
    assert found.title == (
        "Price rises carry 3.0 points of net retention: at constant prices it is 100.0\u202f% instead of 103.0\u202f%"
    )
    constant = result.frame("conventions").set_index(["convention", "metric"]).loc[("constant", "nrr")]
    assert constant["movement_points"] == pytest.approx(-3.0)


def test_lines_without_units_stay_unsplit_and_below_half_there_is_no_split():
    given = revenue(
        ("a", OPEN, "p", 100, 10), ("a", LAST, "p", 121, 11), ("b", OPEN, "p", 90, None), ("b", LAST, "p", 99, 9)
    )
    row, found = split(given)
    assert row[["expansion_price", "expansion_volume", "expansion_unsplit"]].tolist() == [11, 10, 9]
    assert found.covered == pytest.approx(100 / 190)
    given.loc[0, "units"] = None
    gap = next(g for g in revenue_retention(tables(revenue=given)).gaps if g.id == "quantify.retention.price")
    assert gap.reason.startswith("Units at both ends are there for 0.0\u202f%")


def test_units_come_along_from_subscriptions():
    spells = revenue(
        ("s", "a", "2025-01-01", "2026-03-31", 100, 10),
        ("s", "a", "2026-04-01", None, 110, 10),
        columns="subscription_id account_id started ended mrr units",
    )
    rows = retention_prices.price_rows(tables(subscriptions=spells), YEAR, {})
    assert rows.iloc[0][["expansion_price", "expansion_volume"]].tolist() == [10, 0]


def test_missing_units_are_a_gap_that_names_the_column():
    result = revenue_retention(tables(revenue=SIX.drop(columns="units")))
    gap = next(g for g in result.gaps if g.id == "quantify.retention.price")
    assert str(gap.needs[0]) == "revenue (units)"
    row = result.frame("conventions").set_index("convention").loc["constant"]
    assert pd.isna(row["value"])
    assert row["note"] == "it needs revenue (units)"


cents = st.integers(min_value=1, max_value=99_999)
lines = st.lists(st.tuples(cents, st.integers(0, 99_999), st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=5)


@settings(max_examples=5, deadline=None)
@given(lines)
def test_every_cent_is_price_volume_or_unsplit(drawn):
    rows = []
    for i, (start, end, before, after) in enumerate(drawn):
        rows.append((f"a{i // 2}", OPEN, f"p{i}", start / 100, before))
        if end:
            rows.append((f"a{i // 2}", LAST, f"p{i}", end / 100, after))
    made = tables(revenue=revenue(*rows))
    parts = made.frame(
        'SELECT count(*) FILTER (start + price + volume + unsplit <> "end") AS wrong '
        f"FROM {retention_prices.lines(made, YEAR)}"
    )
    assert parts["wrong"].iloc[0] == 0
    found = retention_prices.prices_of(retention_prices.price_rows(made, YEAR, {}).iloc[0])
    assert found.grr.value <= 1
    assert found.grr.value <= found.nrr.value + 1e-12
    grown = revenue(*rows, ("new", "2026-05-01", "p", 50, 1), ("new", LAST, "p", 60, 1))
    again = split(grown)[1]
    assert (again.grr, again.nrr, again.price) == (found.grr, found.nrr, found.price)


# Stages ----------------------------------------------------------------------------------------------------


def lived(n=60, early=20, late=10):
    """`n` customers of 2026-01-01: some leave after 30 days, some after 200; a stayer of old beside them."""
    day = date(2026, 1, 1)
    ended = [day + timedelta(days=29)] * early + [day + timedelta(days=199)] * late + [None] * (n - early - late)
    accounts = pd.DataFrame({"account_id": [f"a{i}" for i in range(n)], "started": day, "ended": ended})
    old = pd.DataFrame({"account_id": ["old", "gone"], "started": date(2019, 1, 1), "ended": [None, date(2025, 3, 31)]})
    months = [m.to_timestamp().date() for m in pd.period_range("2025-01", "2026-10", freq="M")]
    rows = [("old", m, 10.0) for m in months] + [("gone", m, 10.0) for m in months[:3]]
    for i, end in enumerate(ended):
        rows += [(f"a{i}", m, 10.0) for m in months if m >= day and (end is None or m <= end)]
    return {
        "accounts": pd.concat([accounts, old], ignore_index=True),
        "revenue": pd.DataFrame(rows, columns=["account_id", "month", "mrr"]),
    }


def test_stages_by_tenure_by_hand():
    made = tables(**lived())
    stages = {s.stage: s for s in retention_stages.by_tenure(made, cohorts.lives(made), YEAR)}
    first = stages["First 90 days"]
    # day 0 to 90 are 91 days for forty of them, day 0 to 29 are 30 days for twenty
    assert (first.leavers, first.customers, first.lost_mrr) == (20, 60, 200)
    assert first.exposure == pytest.approx((40 * 91 + 20 * 30) / retention_stages.MONTH)
    second = stages["Day 91 to 365"]
    assert second.leavers == 10
    assert second.exposure == pytest.approx((10 * 109 + 30 * 213) / retention_stages.MONTH)
    assert stages["After the first year"].exposure == pytest.approx(365 / retention_stages.MONTH)


def test_leaking_stage_is_named_with_its_rate_and_money():
    result = revenue_retention(tables(**lived(n=200, early=70, late=10)))
    found = result.finding("quantify.retention.stage")
    rows = result.frame("stages").set_index("stage")
    assert found.subject == "First 90 days"
    assert found.value == pytest.approx(rows.loc["First 90 days", "rate"])
    assert rows.loc["First 90 days", "lost_per_year"] == 70 * 10 * 12
    assert found.title.startswith("Customers leave fastest at the stage “First 90 days”: ")
    assert "as events are missing or few" in found.detail
    assert "an association, not a cause" in found.detail
    assert found.tone == "bad"


def test_stages_by_moment_take_over_where_events_are():
    given = lived(n=200, early=70, late=10)
    given["moments"] = pd.DataFrame(
        {
            "moment_id": ["M1", "M2"],
            "moment": ["Set up", "Renew"],
            "position": [1, 2],
            "start_event": ["signed", "offered"],
            "value_event": ["first use", None],
        }
    )
    people = [f"a{i}" for i in range(200)]
    given["events"] = pd.concat(
        [
            pd.DataFrame({"at": "2026-01-01 09:00:00", "event": "signed", "account_id": people}),
            pd.DataFrame({"at": "2026-02-10 09:00:00", "event": "first use", "account_id": people[70:]}),
            pd.DataFrame({"at": "2026-02-10 09:00:00", "event": "unrelated", "account_id": people}),
        ]
    )
    result = revenue_retention(tables(**given))
    rows = result.frame("stages").set_index("stage")
    assert rows.loc["During Set up", ["leavers", "customers"]].tolist() == [70, 200]
    assert rows.loc["During Set up", "exposure"] == pytest.approx((70 * 30 + 130 * 40) / retention_stages.MONTH)
    assert rows.loc["After Set up", "leavers"] == 10
    assert "No moment on record: after the first year" in rows.index
    assert result.finding("quantify.retention.stage").subject == "During Set up"
    for way in ("moment", "tenure"):
        part = rows[rows["by"] == way]
        assert part["leavers"].sum() == 80
    both = rows.groupby("by")["exposure"].sum()
    assert both["moment"] == pytest.approx(both["tenure"])


def test_too_few_leavers_name_no_stage():
    result = revenue_retention(tables(**lived(n=40, early=3, late=0)))
    gap = next(g for g in result.gaps if g.id == "quantify.retention.stage")
    assert gap.reason.startswith("3 customers left in the window")


# The whole -------------------------------------------------------------------------------------------------


def test_range_over_conventions_in_words():
    months = [m.to_timestamp().date() for m in pd.period_range("2025-07", "2026-10", freq="M")]
    rows = [(f"a{i}", m, 10.0) for i in range(50) for m in months if not (i < 5 and m == date(2026, 3, 1))]
    rows = [r for r in rows if not (r[0] == "a49" and r[1] >= date(2026, 2, 1))]
    frame = pd.DataFrame(rows, columns=["account_id", "month", "mrr"])
    found = revenue_retention(tables(revenue=frame)).finding("quantify.retention.conventions")
    assert found.title == (
        "Gross retention lies between 88.0\u202f% and 98.0\u202f% depending on convention; ours is 98.0\u202f%"
    )
    assert found.value == pytest.approx(0.10)
    assert found.detail.startswith("Lowest: a pause is churn; highest: ")
    assert (found.low, found.high) == (None, None)


def test_a_month_that_is_not_over_changes_nothing_and_is_never_scaled_up():
    given = lived(n=60)
    whole = revenue_retention(tables(**given))
    later = {k: v.copy() for k, v in given.items()}
    half = pd.DataFrame({"account_id": ["old", "a59"], "month": date(2026, 11, 1), "mrr": [1.0, 500.0]})
    later["revenue"] = pd.concat([later["revenue"], half], ignore_index=True)
    later["accounts"].loc[later["accounts"]["account_id"] == "a59", "ended"] = date(2026, 11, 15)
    partly = revenue_retention(tables(date(2026, 11, 29), **later))
    assert partly.period == whole.period == "2025-11 to 2026-10"
    assert [f.model_dump() for f in partly.findings] == [f.model_dump() for f in whole.findings]
    assert all(partly.tables[k].equals(whole.tables[k]) for k in whole.tables)


def test_a_product_that_keeps_clearly_less_is_named_unless_it_is_a_segment():
    rows = []
    for i in range(600):
        product, lost = ("weak", i % 3 == 0) if i < 300 else ("sound", i % 50 == 0)
        rows += [(f"a{i}", OPEN, product, 10)] + ([] if lost else [(f"a{i}", LAST, product, 10)])
    frame = revenue(*rows, columns="account_id month product mrr")
    found = revenue_retention(tables(revenue=frame)).finding("quantify.retention.product")
    assert found.subject == "weak"
    assert found.title.startswith("Customers of weak keep only 66.7\u202f% of their recurring revenue")
    assert found.weight == pytest.approx(12 * 3000 * (494 / 600 - 2 / 3))
    accounts = pd.DataFrame(
        {"account_id": [f"a{i}" for i in range(600)], "started": "2020-01-01", "segment": ["s"] * 300 + ["t"] * 300}
    )
    assert revenue_retention(tables(revenue=frame, accounts=accounts)).finding("quantify.retention.product") is None


def test_without_revenue_there_is_one_gap():
    result = revenue_retention(tables())
    assert [g.id for g in result.gaps] == ["quantify.retention.conventions"]
    assert str(result.gaps[0].needs[0]) == "revenue (account_id, month, mrr)"
    assert not result.assessed


def test_same_tables_same_bytes_in_any_order_of_rows_and_through_its_document():
    given = lived(n=80) | {"revenue": lived(n=80)["revenue"].assign(units=2.0, product="p")}
    first = revenue_retention(tables(**given))
    turned = revenue_retention(tables(**{k: v.sample(frac=1, random_state=3) for k, v in given.items()}))
    assert first.model_dump_json() == turned.model_dump_json()
    assert all(first.tables[k].equals(turned.tables[k]) for k in first.tables)
    assert {x.id for x in (*first.findings, *first.gaps)} <= set(FINDINGS)
    document = {k: v for k, v in first.document().items() if k not in {"result", "version"}}
    assert RevenueRetention.model_validate(document).findings == first.findings

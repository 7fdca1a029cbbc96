from datetime import date

import pandas as pd
import pytest

from cxkit.tables.books import tie
from cxkit.tables.engine import Tables

AS_OF = date(2026, 3, 31)
MONTHS = ["2026-01-01", "2026-02-01", "2026-03-01"]
REVENUE = pd.DataFrame({"account_id": ["a", "b"] * 3, "month": sorted(MONTHS * 2), "mrr": [10, 20, 10, 20, 10, 25]})


def pnl(amounts, kind="recurring_revenue", months=MONTHS):
    return pd.DataFrame({"month": months, "line": kind, "kind": kind, "amount": amounts})


def tied(frames, **more):
    return tie(Tables.from_frames(frames, as_of=AS_OF), **more)


def test_tie_equal_months_tie():
    books = tied({"revenue": REVENUE, "pnl": pnl([30, 30, 35])})
    (series,) = books.series
    assert (series.verdict, series.months, series.share) == ("ties", 3, 0.0)
    assert books.provisional == ()
    assert books.findings[0].title == "Recurring revenue ties to the books within 0.0\u202f% over 3 months"


def test_tie_differences_do_not_cancel_out():
    books = tied({"revenue": REVENUE, "pnl": pnl([25, 35, 35])})
    frame = books.frame("books")
    assert frame["difference"].tolist() == [5.0, -5.0, 0.0]
    assert frame["ties"].tolist() == [False, False, True]
    assert books.series[0].share == pytest.approx(10 / 95)
    assert books.provisional == ("revenue",)
    assert "does not tie to the books: it differs by 10.5\u202f% over 3 months" in books.findings[0].title
    assert "+€5.00 in 2026-01" in books.findings[0].detail


def test_tie_within_tolerance():
    frames = {"revenue": REVENUE, "pnl": pnl([30, 31, 35])}
    assert tied(frames).series[0].verdict == "ties"
    assert tied(frames, tolerance=0.01).series[0].verdict == "does not tie"


def test_tie_compares_only_months_both_sides_cover():
    books = tied({"revenue": REVENUE, "pnl": pnl([30, 35], months=["2026-02-01", "2026-03-01"])})
    assert books.frame("books")["month"].tolist() == ["2026-02", "2026-03"]


def test_tie_a_hole_inside_the_period_counts_in_full():
    books = tied({"revenue": REVENUE[REVENUE["month"] != "2026-02-01"], "pnl": pnl([30, 30, 35])})
    assert books.frame("books")["tables"].tolist() == [30.0, 0.0, 35.0]
    assert books.provisional == ("revenue",)


def test_tie_cannot_tell_without_pnl():
    books = tied({"revenue": REVENUE})
    assert books.series[0].verdict == "cannot tell"
    assert books.provisional == ()
    (gap,) = books.gaps
    assert (gap.id, gap.needs[0].name) == ("data.books.revenue", "pnl")


def test_tie_cannot_tell_when_the_books_lack_the_line():
    books = tied({"revenue": REVENUE, "pnl": pnl([1, 2, 3], kind="other_cost")})
    assert "no recurring revenue" in books.gaps[0].reason


def test_tie_converts_by_the_month_and_cannot_tell_without_a_rate():
    revenue = REVENUE.assign(currency=["EUR", "USD"] * 3)
    books = {"revenue": revenue, "pnl": pnl([20, 20, 22.5])}
    fx = pd.DataFrame({"month": MONTHS, "from_currency": "USD", "to_currency": "EUR", "rate": 0.5})
    assert tied({**books, "fx": fx}).series[0].share == 0.0
    gap = tied({**books, "fx": fx.head(2)}).gaps[0]
    assert "revenue has amounts in USD without a rate in fx" in gap.reason
    assert gap.needs[0].name == "fx"


def test_tie_service_cost_leaves_out_what_does_not_serve():
    costs = pd.DataFrame({"month": MONTHS * 2, "category": ["care"] * 3 + ["brand"] * 3, "amount": [5, 5, 5, 9, 9, 9]})
    costs["serves"] = [None] * 3 + [False] * 3
    books = tied({"costs": costs, "pnl": pnl([5, 5, 5], kind="service_cost")})
    assert [(s.series, s.verdict) for s in books.series] == [("service_cost", "ties")]


def test_tie_orders_stand_in_for_revenue():
    orders = pd.DataFrame({"order_id": list("abc"), "account_id": "a", "ordered": MONTHS, "amount": [30, 30, 35]})
    books = tied({"orders": orders, "pnl": pnl([30, 30, 35], kind="other_revenue")})
    assert [(s.series, s.verdict) for s in books.series] == [("orders", "ties")]


def test_tie_nothing_to_compare_is_no_series():
    books = tied({})
    assert books.series == books.findings == books.gaps == ()

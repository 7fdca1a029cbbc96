"""Satisfaction, complaints, cost to serve and trend on frames that can be checked by hand."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from cxkit.metrics import complaints, cost, satisfaction
from cxkit.metrics.exposure import by_month, exposure
from cxkit.metrics.trend import usual_range
from cxkit.metrics.windows import Window, recent, seen, window_to
from cxkit.records import Missing
from cxkit.tables.engine import Tables

AS_OF = date(2026, 10, 31)
YEAR = window_to(date(2026, 10, 1), 12)
MONTHS = [str(m) for m in YEAR.months]


def tables(**frames):
    return Tables.from_frames({k: pd.DataFrame(v) for k, v in frames.items()}, as_of=AS_OF, currency="USD")


def surveys(metric, scores, accounts=None):
    n = len(scores)
    frame = {
        "response_id": [f"r{i}" for i in range(n)],
        "metric": metric,
        "score": scores,
        "answered": "2026-05-05 10:00",
    }
    return tables(surveys=frame | ({"account_id": accounts} if accounts else {}))


def test_nps_of_reference_r18():
    found = satisfaction.sums(surveys("nps", [10, 9, 9, 8, 7, 3]), "nps", YEAR).iloc[0]
    assert found["total"] / found["n"] == pytest.approx(1 / 3)
    assert found["squares"] / found["n"] - (1 / 3) ** 2 == pytest.approx(5 / 9)
    made = satisfaction.summarise("nps", found)
    assert made.estimate.value == pytest.approx(100 / 3)
    assert made.estimate.why_none == "6 responses, fewer than 30"


def test_csat_counts_the_top_two_boxes_and_keeps_the_mean_beside():
    made = satisfaction.summarise("csat", satisfaction.sums(surveys("csat", [5, 4, 3, 1]), "csat", YEAR).iloc[0])
    assert (made.estimate.value, made.beside) == (0.5, 3.25)


def test_ces_is_the_mean_and_keeps_the_share_of_five_and_more_beside():
    made = satisfaction.summarise("ces", satisfaction.sums(surveys("ces", [7, 5, 2, 6]), "ces", YEAR).iloc[0])
    assert (made.estimate.value, made.beside) == (5.0, 0.75)


def test_every_response_counts_and_customers_are_clusters():
    made = satisfaction.summarise(
        "nps", satisfaction.sums(surveys("nps", [10] * 3 + [0], list("aaab")), "nps", YEAR).iloc[0]
    )
    assert (made.estimate.value, made.estimate.n, made.customers) == (50, 4, 2)


def test_satisfaction_without_surveys_names_the_columns():
    assert isinstance(satisfaction.sums(tables(), "nps", YEAR), Missing)


def revenue(accounts=("a", "b")):
    rows = [(a, m, 10) for a in accounts for m in MONTHS]
    return dict(zip(("account_id", "month", "mrr"), map(list, zip(*rows, strict=True)), strict=True))


def test_complaints_without_a_customer_count():
    ticket = {
        "ticket_id": ["t1", "t2", "t3"],
        "account_id": ["a", None, "b"],
        "opened": ["2025-11-02", "2026-03-02", "2026-10-03"],
        "complaint": [True, True, False],
    }
    given = tables(revenue=revenue(), tickets=ticket)
    found = exposure(given)
    assert complaints.complaint_window(given, found, 12) == YEAR
    made = complaints.complaint_rate(given, found, YEAR)
    assert made.value == pytest.approx(2 / 24 * 1000)
    assert made.why_none == "3 customers, fewer than 30"
    assert complaints.complaint_months(given, found, YEAR)["unknown"].sum() == 1


def test_complaint_window_leaves_out_a_month_that_began_late():
    ticket = {"ticket_id": ["t1", "t2"], "opened": ["2026-02-20", "2026-10-30"], "complaint": True}
    given = tables(revenue=revenue(), tickets=ticket)
    assert complaints.complaint_window(given, exposure(given), 12).label == "2026-03 to 2026-10"


def test_complaints_from_counts_have_no_interval():
    given = tables(revenue=revenue(), contact_volume={"day": ["2026-01-05"], "contacts": [9], "complaints": [6]})
    made = complaints.complaint_rate(given, exposure(given), YEAR)
    assert (made.value, made.why_none) == (250.0, "complaints are counted, not tied to customers")


def test_one_customer_who_complains_often_widens_the_interval():
    accounts = [f"a{i}" for i in range(60)]

    def rate(who):
        n = len(who)
        ticket = {"ticket_id": range(n), "account_id": who, "opened": "2026-03-02", "complaint": True}
        given = tables(revenue=revenue(accounts), tickets=ticket | {"ticket_id": [f"t{i}" for i in range(n)]})
        return complaints.complaint_rate(given, exposure(given), YEAR)

    spread, heavy = rate(accounts[:30]), rate(accounts[:12] + ["a0"] * 18)
    assert spread.value == heavy.value
    assert heavy.high - heavy.low > 1.5 * (spread.high - spread.low)


def test_cost_to_serve_leaves_out_what_does_not_serve():
    ledger = {"month": MONTHS * 2, "category": ["desk"] * 12 + ["sales"] * 12, "amount": [30.0] * 12 + [99.0] * 12}
    given = tables(revenue=revenue(), costs=ledger | {"serves": [True] * 12 + [False] * 12})
    made = cost.cost_to_serve(cost.cost_months(given, exposure(given), YEAR))
    assert (made.value, made.low, made.high, made.n) == (15, 15, 15, 12)


def test_cost_to_serve_of_eleven_months_is_exact_without_interval():
    made = cost.cost_to_serve(pd.DataFrame({"cost": [10.0] * 11, "customers": [5] * 11}))
    assert (made.value, made.why_none) == (2, "11 months, fewer than 12")


def test_exposure_falls_back_from_revenue_to_accounts_to_orders():
    accounts = {"account_id": ["a", "b"], "started": ["2025-01-01", "2026-09-10"], "ended": ["2026-09-30", None]}
    given = tables(accounts=accounts)
    months = by_month(given, exposure(given), Window(first=date(2026, 8, 1), last=date(2026, 10, 1)))
    assert months["customers"].tolist() == [1, 2, 1]
    orders = {"account_id": ["a", "a"], "ordered": ["2025-09-15", "2026-10-02"], "amount": [5, 5]}
    given = tables(orders=orders)
    months = by_month(given, exposure(given), Window(first=date(2026, 8, 1), last=date(2026, 10, 1)))
    assert months["customers"].tolist() == [1, 1]
    assert isinstance(exposure(tables()), Missing)


def test_windows_end_where_the_table_ends_and_skip_unfinished_months():
    given = tables(costs={"month": ["2026-01-01", "2026-03-01"], "category": "desk", "amount": [1, 2]})
    assert seen(given, "costs", "month").label == "2026-01 to 2026-03"
    assert recent(given, "costs", "month", 12).label == "2025-04 to 2026-03"
    assert seen(given, "revenue", "month") is None


def test_usual_range_needs_twelve_earlier_months():
    assert usual_range([1.0] * 12) is None
    assert usual_range([*np.arange(12.0), 40.0]).outside


def test_usual_range_follows_a_clear_season_only():
    season = [10 + 8 * np.sin(2 * np.pi * k / 12) + 0.1 * np.cos(7 * k) for k in range(25)]
    assert usual_range(season).seasonal
    assert usual_range([*season[:-1], season[-1] + 6]).outside
    assert not usual_range(np.random.default_rng(3).normal(size=25)).seasonal

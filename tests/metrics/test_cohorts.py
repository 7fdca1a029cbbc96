"""Joining cohorts by hand, what is not shown yet, and a turn that was planted."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from cxkit.metrics import cohorts
from cxkit.records import Missing
from cxkit.tables.engine import Tables

AS_OF = date(2026, 10, 31)
MONTHS = [m.to_timestamp().date() for m in pd.period_range("2025-01", "2026-10", freq="M")]


def paid(customers):
    """Revenue rows of (account, first month, last month or None, amount)."""
    rows = [
        (a, m, amount)
        for a, first, last, amount in customers
        for m in MONTHS
        if first <= m and (last is None or m <= last)
    ]
    return pd.DataFrame(rows, columns=["account_id", "month", "mrr"])


def tables(revenue, accounts=None):
    given = {"revenue": revenue} | ({} if accounts is None else {"accounts": accounts})
    return Tables.from_frames(given, as_of=AS_OF)


def quarter(month, size, lost, after=1):
    """`size` customers who first pay in a month; `lost` of them pay for `after` months only."""
    last = date(month.year + (month.month + after - 2) // 12, (month.month + after - 2) % 12 + 1, 1)
    return [(f"{month}-{i}", month, last if i < lost else None, 10) for i in range(size)]


OLD = [("old", MONTHS[0], None, 10), ("old_left", MONTHS[0], MONTHS[1], 10)]


def test_surface_by_hand():
    book = [*OLD, *quarter(date(2026, 4, 1), 40, 10, after=2), *quarter(date(2026, 7, 1), 40, 0)]
    made = tables(paid(book))
    life = cohorts.lives(made)
    assert not life.by_day
    cells = cohorts.surface(made, life).set_index(["cohort", "age"])
    # ten of forty paid for April and May: still there after one month, gone after two
    assert cells.loc[("2026-Q2", 1), ["logo", "revenue"]].tolist() == [1.0, 1.0]
    assert cells.loc[("2026-Q2", 3), ["logo", "revenue"]].tolist() == [0.75, 0.75]
    assert cells.loc[("2026-Q2", 3), "logo_low"] == pytest.approx(0.598, abs=1e-3)
    assert cells.loc[("2026-Q3", 1), "logo"] == 1.0


def test_no_cell_for_a_month_the_whole_cohort_has_not_lived():
    book = [*OLD, *quarter(date(2026, 4, 1), 40, 5), *quarter(date(2026, 7, 1), 40, 5)]
    made = tables(paid(book))
    cells = cohorts.surface(made, cohorts.lives(made))
    # who joins on the last day of September is one month old on the last of October
    assert cells[cells["cohort"] == "2026-Q3"]["age"].tolist() == [1]
    assert cells[cells["cohort"] == "2026-Q2"]["age"].tolist() == [1, 2, 3]


def test_small_cohorts_have_no_cell_and_who_was_there_before_has_no_cohort():
    book = [*quarter(MONTHS[0], 50, 5), *quarter(date(2026, 1, 1), 29, 3), *quarter(date(2026, 4, 1), 30, 3)]
    made = tables(paid(book))
    assert set(cohorts.surface(made, cohorts.lives(made))["cohort"]) == {"2026-Q2"}


def test_the_customer_list_dates_leaving_by_day_and_sees_who_never_paid():
    joined = [date(2026, 4, 1) + timedelta(days=i) for i in range(40)]
    accounts = pd.DataFrame(
        {
            "account_id": ["old_left"] + [f"a{i}" for i in range(40)],
            "started": [date(2025, 1, 1), *joined],
            "ended": [date(2026, 1, 31)] + [j + timedelta(days=20) if i < 8 else None for i, j in enumerate(joined)],
        }
    )
    stayers = [(f"a{i}", date(joined[i].year, joined[i].month, 1), None, 10) for i in range(8, 40)]
    made = tables(paid([("old_left", MONTHS[0], date(2026, 1, 1), 10), *stayers]), accounts)
    life = cohorts.lives(made)
    assert life.by_day
    cells = cohorts.surface(made, life).set_index(["cohort", "age"])
    assert cells.loc[("2026-Q2", 1), ["logo", "size", "payers"]].tolist() == [0.8, 40, 32]
    assert cells.loc[("2026-Q2", 1), "revenue"] == 1.0


def test_a_list_that_forgets_leavers_is_not_used():
    accounts = pd.DataFrame({"account_id": ["x", "y"], "started": "2025-01-01", "ended": None})
    made = tables(paid([("x", MONTHS[0], MONTHS[3], 10), ("y", MONTHS[0], None, 10)]), accounts)
    assert not cohorts.lives(made).by_day


def test_cohorts_before_the_first_leaver_are_not_taken_as_immortal():
    """Only who was still there in 2026 is in the export: earlier joiners would look as if nobody had ever left."""
    book = [*quarter(date(2025, 4, 1), 60, 0), *quarter(date(2026, 4, 1), 60, 20)]
    made = tables(paid(book))
    life = cohorts.lives(made)
    assert life.since == date(2026, 4, 1)
    assert set(cohorts.surface(made, life)["cohort"]) == {"2026-Q2"}


def test_without_revenue_the_missing_columns_are_named():
    assert str(cohorts.lives(Tables.from_frames({}, as_of=AS_OF))) == "revenue (account_id, month, mrr)"
    empty = Tables.from_frames({"revenue": paid([]).astype({"mrr": float})}, as_of=AS_OF)
    assert isinstance(cohorts.lives(empty), Missing)


def joiners(seed, shares):
    rng = np.random.default_rng(seed)
    book = [*OLD]
    for month, share in zip(MONTHS[2:-3], shares, strict=True):
        book += quarter(month, 100, int(rng.binomial(100, share)), after=2)
    made = tables(paid(book))
    return cohorts.turn(made, cohorts.lives(made), alarm=0.01)


def test_a_planted_turn_is_found_with_its_month_and_difference():
    found = joiners(1, [0.10] * 8 + [0.25] * 9)
    assert abs((found.since - date(2025, 11, 1)).days) <= 62
    assert found.change.low <= 0.15 <= found.change.high
    assert found.lost_mrr == pytest.approx(10 * found.after.value * found.after.n)


def test_alike_cohorts_have_no_turn():
    assert [joiners(seed, [0.15] * 17) for seed in (2, 3)] == [None] * 2

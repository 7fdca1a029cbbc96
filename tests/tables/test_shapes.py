"""Shapes of an export on frames that can be checked by hand."""

from datetime import date, datetime
from decimal import Decimal

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.records import Missing
from cxkit.tables.engine import Tables


def frame(columns: str, *rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=columns.split())


def take(as_of: date, **frames: pd.DataFrame) -> Tables:
    return Tables.from_frames(frames, as_of=as_of)


SPELLS = "subscription_id account_id started ended mrr"
LINES = "invoice_id account_id issued service_start service_end amount kind"
LOG = "ticket_id at activity state team"


def test_spells_count_when_in_force_on_the_last_day():
    spells = frame(
        SPELLS,
        ("s", "a", "2026-01-15", "2026-02-28", 10),  # in force on 31 January and 28 February
        ("s", "a", "2026-03-01", None, 12),
        ("z", "b", "2026-01-01", "2026-02-27", 5),  # left before 28 February ended
        ("y", "c", "2026-02-01", "2026-02-10", 7),  # joined and left inside one month
    )
    tables = take(date(2026, 3, 31), subscriptions=spells)
    assert tables.sql("SELECT account_id, month::VARCHAR, mrr FROM revenue ORDER BY ALL").fetchall() == [
        ("a", "2026-01-01", Decimal("10.0000")),
        ("a", "2026-02-01", Decimal("10.0000")),
        ("a", "2026-03-01", Decimal("12.0000")),
        ("b", "2026-01-01", Decimal("5.0000")),
    ]
    assert tables.supplied("revenue") == {"account_id", "month", "mrr"}


def test_spells_of_an_unfinished_month_do_not_appear():
    tables = take(date(2026, 3, 30), subscriptions=frame(SPELLS, ("s", "a", "2026-01-01", None, 10)))
    assert tables.sql("SELECT max(month)::VARCHAR FROM revenue").fetchall() == [("2026-02-01",)]


def test_of_overlapping_spells_the_later_counts():
    spells = frame(SPELLS, ("s", "a", "2026-01-01", "2026-01-31", 10), ("s", "a", "2026-01-31", None, 12))
    tables = take(date(2026, 1, 31), subscriptions=spells)
    assert tables.sql("SELECT mrr FROM revenue").fetchall() == [(Decimal(12),)]


def test_spells_without_an_end_are_withheld():
    spells = frame(SPELLS, ("s", "a", "2026-01-01", None, 10)).drop(columns="ended")
    missing = take(date(2026, 1, 31), subscriptions=spells)["revenue"]
    assert isinstance(missing, Missing)
    assert "who left cannot be told" in missing.why


def test_invoice_lines_are_spread_by_day_and_add_up():
    lines = frame(
        LINES,
        ("i1", "a", "2026-01-05", "2026-01-15", "2026-03-14", 100.0, "recurring"),
        ("i2", "a", "2026-01-06", None, None, 7.0, "one_off"),
        ("i1", "a", "2026-02-06", None, None, -3.0, "credit_note"),
    )
    tables = take(date(2026, 3, 31), invoices=lines)
    found = tables.sql("SELECT month::VARCHAR, mrr, one_off FROM revenue ORDER BY 1").fetchall()
    # 17, 28 and 14 of 59 days
    assert found == [
        ("2026-01-01", Decimal("28.8136"), Decimal(7)),
        ("2026-02-01", Decimal("47.4576"), Decimal(-3)),
        ("2026-03-01", Decimal("23.7288"), Decimal(0)),
    ]
    assert sum(row[1] for row in found) == 100


@settings(max_examples=15, deadline=None)
@given(st.dates(date(2025, 1, 1), date(2025, 12, 31)), st.integers(0, 400), st.decimals(0, 10**7, places=4))
def test_spread_lines_always_add_up(start, days, amount):
    end = date.fromordinal(start.toordinal() + days)
    line = frame(LINES, ("i", "a", start, start, end, amount, "recurring"))
    tables = take(date(2027, 12, 31), invoices=line)
    assert tables.sql("SELECT sum(mrr) FROM revenue").fetchall() == [(amount,)]


def test_invoices_after_their_service_leave_the_open_month_out():
    lines = frame(
        LINES,
        ("i1", "a", "2026-02-05", "2026-01-01", "2026-01-31", 10, "recurring"),
        ("i2", "a", "2026-03-05", "2026-02-01", "2026-02-28", 10, "recurring"),
    )
    tables = take(date(2026, 3, 31), invoices=lines)
    assert tables.sql("SELECT max(month)::VARCHAR FROM revenue").fetchall() == [("2026-02-01",)]


def test_what_invoices_cannot_carry_is_withheld_with_the_reason():
    good = ("i1", "a", "2026-01-05", "2026-01-01", "2026-01-31", 10, "recurring")
    for bad, why in (
        (("i2", "a", "2026-01-05", None, None, 10, "recurring"), "1 recurring invoice line without a service period"),
        (("i9", "a", "2026-01-05", None, None, -10, "credit_note"), "1 credit note that name neither"),
        (("i9", "a", "2026-01-05", None, None, -10, None), "do not say what they are"),
    ):
        missing = take(date(2026, 1, 31), invoices=frame(LINES, good, bad))["revenue"]
        assert isinstance(missing, Missing)
        assert why in missing.why
    no_period = frame(LINES, good).drop(columns=["service_start", "service_end"])
    missing = take(date(2026, 1, 31), invoices=no_period)["revenue"]
    assert "service_start and service_end" in missing.why


def test_status_log_unsorted_repeated_and_simultaneous():
    log = frame(
        LOG,
        ("t", "2026-01-01 13:30", "again", "work", "A"),
        ("t", "2026-01-01 10:00", "new", "open", "A"),
        ("t", "2026-01-01 12:00", "wait", "pause", "B"),
        ("t", "2026-01-01 12:30", "wait", "pause", "B"),
        ("t", "2026-01-01 11:00", "take", "work", "B"),
        ("t", "2026-01-01 14:00", "closed", "closed", "A"),
        ("t", "2026-01-01 14:00", "solved", "resolved", "A"),
        ("t", "2026-01-01 15:00", "solved", "resolved", "A"),
        ("t", "2026-01-02 14:00", "back", "pause", "A"),
        ("u", "2026-01-02 14:00", "wait", "pause", "C"),
    )
    tables = take(date(2026, 1, 31), ticket_log=log)
    query = (
        "SELECT ticket_id, opened, resolved, closed, reopened, paused_minutes, handovers, team FROM tickets ORDER BY 1"
    )
    t, u = tables.sql(query).fetchall()
    at = [datetime(2026, 1, 1, h) for h in (10, 14, 14)]
    assert t == ("t", *at, datetime(2026, 1, 2, 14), 90.0, 2, "A")
    assert u == ("u", datetime(2026, 1, 2, 14), None, None, None, None, None, "C")
    pauses = tables.sql("SELECT ticket_id, paused_from, paused_until FROM ticket_pauses ORDER BY ALL").fetchall()
    assert pauses[-1] == ("u", datetime(2026, 1, 2, 14), None)
    assert len(pauses) == 4


def test_status_log_is_blind_to_what_comes_after():
    log = frame(LOG, ("t", "2026-01-30 10:00", "new", "open", "A"), ("t", "2026-02-02 10:00", "done", "resolved", "A"))
    tables = take(date(2026, 1, 31), ticket_log=log)
    assert tables.sql("SELECT ticket_id, opened_date::VARCHAR FROM tickets").fetchall() == [("t", "2026-01-30")]
    assert "resolved" not in tables.supplied("tickets")


def test_status_log_without_states_gives_openings_only():
    log = frame("ticket_id at activity", ("t", "2026-01-30 10:00", "new"))
    assert take(date(2026, 1, 31), ticket_log=log).supplied("tickets") == {"ticket_id", "opened"}


def test_the_canonical_shape_wins():
    revenue = frame("account_id month mrr", ("a", "2026-01-01", 99))
    tables = take(date(2026, 1, 31), subscriptions=frame(SPELLS, ("s", "a", "2026-01-01", None, 10)), revenue=revenue)
    assert tables.sql("SELECT mrr FROM revenue").fetchall() == [(Decimal(99),)]


def test_accounts_are_known_by_their_first_row():
    orders = frame("account_id ordered amount", ("a", "2026-01-05 10:00", 5), ("a", "2026-01-02 10:00", 5))
    tables = take(date(2026, 1, 31), orders=orders)
    assert tables.sql("SELECT account_id, started::VARCHAR FROM accounts").fetchall() == [("a", "2026-01-02")]
    assert tables.supplied("accounts") == {"account_id", "started"}

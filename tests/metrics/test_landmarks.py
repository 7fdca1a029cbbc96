"""Scores before a landmark and what followed, counted by hand on a few customers."""

from datetime import date

import pandas as pd
import pytest

from cxkit.metrics.exposure import exposure
from cxkit.metrics.landmarks import after, before, counts, missing
from cxkit.tables.engine import Tables

LANDMARK = date(2025, 12, 1)
ACCOUNTS = pd.DataFrame(
    [["stays", "2024-01-01", None], ["goes", "2024-01-01", "2026-03-10"], ["gone", "2024-01-01", "2025-11-30"]],
    columns=["account_id", "started", "ended"],
)
SURVEYS = pd.DataFrame(
    [
        ["r1", "nps", 4, "2025-07-01 09:00", "goes"],
        ["r2", "nps", 7, "2025-12-31 20:00", "goes"],
        ["r3", "nps", 10, "2025-06-30 09:00", "stays"],  # before the window
        ["r4", "nps", 9, "2026-01-01 09:00", "stays"],  # after the landmark
        ["r5", "csat", 5, "2025-10-01 09:00", "stays"],
        ["r6", "nps", 0, "2025-10-01 09:00", "gone"],  # had left by the landmark
    ],
    columns=["response_id", "metric", "score", "answered", "account_id"],
)
TICKETS = pd.DataFrame(
    [
        ["t1", "stays", "2025-10-01 09:00", "2025-10-02 09:00", "bill"],
        ["t2", "stays", "2025-10-08 09:00", "2025-10-08 10:00", "bill"],  # again within seven days
        ["t3", "goes", "2025-10-01 09:00", "2025-10-02 09:00", "bill"],
        ["t4", "goes", "2025-10-03 09:00", "2025-10-04 09:00", "repair"],  # about something else
        ["t5", "goes", "2026-02-01 09:00", None, "repair"],
        ["t6", "goes", "2026-02-03 09:00", None, "repair"],
    ],
    columns=["ticket_id", "account_id", "opened", "resolved", "reason"],
)


@pytest.fixture
def tables() -> Tables:
    frames = {"accounts": ACCOUNTS, "surveys": SURVEYS, "tickets": TICKETS}
    return Tables.from_frames(frames, as_of=date(2026, 6, 30))


def counted(tables: Tables, score: str, *, contacts: bool = True) -> list[tuple]:
    found = exposure(tables)
    frame = counts(tables, found, score, LANDMARK, contacts=contacts)
    return [tuple(None if pd.isna(v) else v for v in row) for row in frame.itertuples(index=False)]


def test_windows_touch_and_never_overlap():
    assert before(LANDMARK).label == "2025-07 to 2025-12"
    assert after(LANDMARK).label == "2026-01 to 2026-06"


def test_answers_of_one_customer_are_one_and_those_who_left_are_not_asked(tables):
    assert counted(tables, "nps") == [(5.5, 1, 1, 2, 4)]
    assert counted(tables, "csat", contacts=False) == [(5.0, 1, 0, None, None)]


def test_contacts_count_everybody_at_risk(tables):
    assert counted(tables, "contacts") == [(2.0, 2, 1, 2, 4)]


def test_recontact_is_the_same_reason_within_seven_days(tables):
    assert counted(tables, "recontact") == [(0.0, 1, 1, 2, 4), (1.0, 1, 0, 0, 0)]


def test_sla_breach_by_the_moment_s_limit():
    moments = pd.DataFrame([["M1", "Bill", "J", 12.0]], columns=["moment_id", "moment", "journey", "sla_hours"])
    tickets = TICKETS.assign(moment_id=["M1", None, None, None, None, None])
    given = {"accounts": ACCOUNTS, "tickets": tickets, "moments": moments}
    tables = Tables.from_frames(given, as_of=date(2026, 6, 30))
    assert counted(tables, "sla") == [(1.0, 1, 0, 0, 0)]  # 24 hours for a limit of 12; tickets without one are left out


def test_missing_names_what_is_needed(tables):
    assert [str(m) for m in missing(tables, "sla")] == ["tickets (moment_id)", "moments (sla_hours)"]
    assert missing(tables, "recontact") == ()

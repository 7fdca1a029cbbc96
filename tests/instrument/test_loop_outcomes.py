"""What a call back goes with: like customers, followed from the same moment."""

from datetime import date

import pandas as pd
import pytest

from cxkit.instrument import closed_loop
from cxkit.tables.engine import Tables


def client(*, leave: tuple[float, float], size: int = 400, segment: bool = True) -> Tables:
    """Half of `size` unhappy customers are called; `leave` is the share that leaves, called and not called."""
    accounts, surveys, tickets = [], [], []
    for i in range(size):
        called = i % 2 == 0
        share = leave[0 if called else 1]
        gone = (i // 2) % 100 < share * 100
        accounts.append((f"a{i}", "2024-01-01", "2026-04-01" if gone else None, "home" if i % 4 < 2 else "mobile"))
        surveys.append((f"r{i}", "nps", 2, "2026-02-10 10:00", f"a{i}", "2026-02-11 10:00" if called else None))
        tickets.append((f"t{i}", f"a{i}", "2026-03-01 10:00" if i % 10 < 2 else "2024-02-01 10:00", i % 10 < 2))
    frames = {
        "accounts": pd.DataFrame(accounts, columns=["account_id", "started", "ended", "segment"]),
        "surveys": pd.DataFrame(
            surveys, columns=["response_id", "metric", "score", "answered", "account_id", "contacted"]
        ),
        "tickets": pd.DataFrame(tickets, columns=["ticket_id", "account_id", "opened", "complaint"]),
    }
    if not segment:
        frames["accounts"] = frames["accounts"].drop(columns="segment")
    return Tables.from_frames(frames, as_of=date(2026, 6, 30))


def test_a_planted_difference_is_found_and_worded_as_association():
    result = closed_loop(client(leave=(0.05, 0.40)))
    rows = result.frame("outcomes").set_index("outcome")
    assert rows.loc["left", "difference"] == pytest.approx(-0.35, abs=0.001)
    assert rows.loc["left", ["treated", "untreated"]].tolist() == [200, 200]
    finding = result.finding("instrument.loop.outcome", subject="left")
    assert finding.grade == "D"
    assert "left 35.0 points less often than like ones who were not" in finding.title
    assert "does not show an effect of the call" in finding.detail
    assert finding.tone == "good"


def test_no_difference_is_said_to_be_none():
    result = closed_loop(client(leave=(0.2, 0.2)))
    finding = result.finding("instrument.loop.outcome", subject="left")
    assert "no difference" in finding.title
    assert finding.tone == "unknown"


def test_a_customer_gone_before_the_limit_of_the_call_is_left_out():
    tables = client(leave=(0.2, 0.2))
    early = "CASE WHEN ended IS NOT NULL THEN DATE '2026-02-11' END"
    with tables.replaced(
        {"accounts": f"SELECT * REPLACE ({early} AS ended) FROM {tables.original('accounts')}"}
    ) as other:
        rows = closed_loop(other).frame("outcomes").set_index("outcome")
    assert "left" not in rows.index  # nobody left after the limit
    assert rows.loc["contacted", ["treated", "untreated"]].tolist() == [160, 160]


def test_a_call_after_the_limit_counts_as_none():
    tables = client(leave=(0.05, 0.40))
    late = f"SELECT * REPLACE (TIMESTAMP '2026-02-20' AS contacted) FROM {tables.original('surveys')}"
    with tables.replaced({"surveys": late}) as other:
        result = closed_loop(other)
    assert not result.has("outcomes")
    assert "instrument.loop.outcome" in [g.id for g in result.gaps]


def test_groups_that_differed_before_any_call_are_not_compared():
    tables = client(leave=(0.05, 0.40))
    # every customer who was called had asked half a year earlier, nobody else
    asked = (
        f"SELECT * FROM {tables.original('tickets')} UNION ALL SELECT * REPLACE ('x' || ticket_id AS ticket_id, "
        f"TIMESTAMP '2025-10-01' AS opened) FROM {tables.original('tickets')} WHERE "
        "CAST(substr(account_id, 2) AS INTEGER) % 2 = 0"
    )
    with tables.replaced({"tickets": asked}) as other:
        finding = closed_loop(other).finding("instrument.loop.outcome", subject="left")
    assert finding.title.endswith("the groups differed before")
    assert finding.tone == "unknown"
    assert "matching leaves something over" in finding.detail


def test_without_accounts_it_says_what_is_missing():
    tables = Tables.from_frames(
        {
            "surveys": pd.DataFrame(
                {"response_id": ["r"], "metric": ["nps"], "score": [1], "answered": ["2026-05-01"], "contacted": [None]}
            )
        },
        as_of=date(2026, 6, 30),
    )
    (gap,) = [g for g in closed_loop(tables).gaps if g.id == "instrument.loop.outcome"]
    assert {m.name for m in gap.needs} == {"surveys", "accounts"}

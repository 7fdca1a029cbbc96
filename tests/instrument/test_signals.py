"""The signal map: what is declared, what arrives, and the holes between."""

from datetime import date

import pandas as pd
import pytest

from cxkit.instrument import signal_map
from cxkit.instrument.catalogue import FINDINGS
from cxkit.tables.engine import Tables

MOMENTS = pd.DataFrame(
    {"moment_id": ["m1", "m2"], "moment": ["Join", "Help"], "journey": ["J", "J"], "position": [1, 2]}
)
SYSTEMS = pd.DataFrame(
    {
        "system_id": ["crm", "desk", "voice", "dwh"],
        "system": ["Customers", "Desk", "Voice", "Store"],
        "holds": ["CRM, billing", "support", "voc;telemetry", None],
        "moments": [None, "m1, m2", None, None],
        "key": ["account", "account", None, "account"],
        "feeds": [None, "dwh", "nowhere", "crm"],
        "refresh_hours": [24.0, 1.0, None, None],
    }
)
TICKETS = pd.DataFrame(
    {
        "ticket_id": ["t1", "t2", "t3"],
        "opened": ["2026-04-02", "2026-06-28", "2026-06-29"],
        "moment_id": ["m1", "m1", "elsewhere"],
        "account_id": ["a", None, None],
    }
)
SURVEYS = pd.DataFrame({"response_id": ["r"], "metric": ["nps"], "score": [9.0], "answered": ["2026-05-20"]})
ACCOUNTS = pd.DataFrame({"account_id": ["a"], "started": ["2020-01-01"]})


def of(**frames: pd.DataFrame) -> Tables:
    return Tables.from_frames(frames, as_of=date(2026, 6, 30))


def full() -> Tables:
    return of(moments=MOMENTS, systems=SYSTEMS, tickets=TICKETS, surveys=SURVEYS, accounts=ACCOUNTS)


def test_each_cell_of_the_matrix_has_its_status():
    rows = signal_map(full()).frame("matrix")
    cell = rows.set_index(["moment_id", "signal"])["status"].to_dict()
    assert cell["m1", "support"] == "present"
    assert cell["m2", "support"] == "declared only"
    assert cell["m1", "voc"] == "unplaced"
    assert cell["m1", "telemetry"] == "declared only"
    assert cell["m1", "crm"] == "present"
    assert cell["m1", "billing"] == "declared only"
    assert cell["m1", "orders"] == "none"
    mine = rows[(rows["moment_id"] == "m1") & (rows["signal"] == "support")].iloc[0]
    assert (mine["rows"], mine["last_seen"], mine["system"]) == (2, "2026-06-28", "Desk")


def test_feeds_tell_freshness_and_completeness():
    rows = signal_map(full()).frame("feeds").set_index("feed")
    assert rows.loc["tickets", "days_behind"] == 1
    assert rows.loc["tickets", "months_missing"] == 1  # May
    assert rows.loc["tickets", "with_customer"] == pytest.approx(1 / 3)
    assert not rows.loc["tickets", "stale"]
    assert rows.loc["surveys", "stale"]
    assert not rows.loc["accounts", "stale"]


def test_a_slow_refresh_is_waited_for():
    slow = SYSTEMS.assign(refresh_hours=[24.0, 1.0, 24.0 * 60, None])
    rows = signal_map(of(systems=slow, surveys=SURVEYS)).frame("feeds").set_index("feed")
    assert not rows.loc["surveys", "stale"]


def test_integration_follows_the_feeds_to_the_hub():
    rows = signal_map(full()).frame("integration").set_index("system_id")
    assert rows["reaches_hub"].to_dict() == {"crm": True, "desk": True, "dwh": True, "voice": False}
    assert "reach no CRM or CDP" in rows.loc["voice", "problem"]
    assert "unknown system: nowhere" in rows.loc["voice", "problem"]
    found = signal_map(full()).finding("instrument.signals.integration")
    assert found.title == "The signals of 1 of 3 systems never reach the CRM or CDP"


def test_feeds_that_run_in_a_circle_come_to_an_end():
    loop = SYSTEMS.assign(feeds=["desk", "voice", "crm", "dwh"])
    assert signal_map(of(systems=loop)).frame("integration")["reaches_hub"].tolist() == [True, True, False, True]


def test_events_are_told_apart_by_system():
    events = pd.DataFrame(
        {"at": ["2026-06-29", "2026-06-30", "2026-03-01"], "event": ["x"] * 3, "system": ["app", "app", "till"]}
    )
    rows = signal_map(of(events=events)).frame("feeds").set_index("system")
    assert rows["rows"].to_dict() == {"app": 2, "till": 1}
    assert rows["stale"].to_dict() == {"app": False, "till": True}


def test_nothing_supplied_is_all_gaps():
    result = signal_map(of())
    assert not result.findings
    assert {g.id.rsplit(".", 1)[1] for g in result.gaps} == {"stale", "coverage", "silent", "integration"}
    assert all(g.needs for g in result.gaps)


def test_every_id_is_listed():
    result = signal_map(full())
    assert {f.id for f in result.findings} <= set(FINDINGS)
    assert {g.id for g in signal_map(of()).gaps} <= set(FINDINGS)


def test_rows_after_as_of_change_nothing():
    later = pd.concat([TICKETS, TICKETS.head(1).assign(ticket_id="new", opened="2026-07-01", moment_id="m2")])
    again = signal_map(of(moments=MOMENTS, systems=SYSTEMS, tickets=later, surveys=SURVEYS, accounts=ACCOUNTS))
    assert again.document() == signal_map(full()).document()

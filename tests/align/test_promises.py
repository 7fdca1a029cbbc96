from datetime import date

import pandas as pd
import pytest

from cxkit.align.catalogue import FINDINGS
from cxkit.align.promises import promises
from cxkit.tables.engine import Tables

AS_OF = date(2026, 10, 31)
SHEET = pd.DataFrame(
    [
        ["P1", "M1", "A visit the next day", "Sales", "Field", 1.0, 4.0, "days", "lower"],
        ["P2", "M2", "An answer in ten hours", "Sales", "Desk", 10.0, 9.0, "hours", "lower"],
        ["P3", "M3", "The price you were told", "Marketing", "Billing", 1.0, 0.9, "share of bills", "higher"],
        ["P4", None, "We call back", "Desk", "Desk", None, None, None, None],
    ],
    columns=[
        *("promise_id", "moment_id", "promise", "promised_by", "delivered_by"),
        *("promised", "delivered", "unit", "better"),
    ],
)
MOMENTS = pd.DataFrame({"moment_id": ["M1", "M2", "M3"], "moment": ["Repair", "Question", "First bill"]})


def settled(moment, hours, n, *, still_open=0):
    """n tickets that took so many hours, one a day and customer, and some that are still open."""
    opened = pd.date_range("2026-07-01 08:00", periods=n + still_open, freq="D")
    resolved = [o + pd.Timedelta(hours=hours) if i < n else pd.NaT for i, o in enumerate(opened)]
    ids = [f"{moment}-{i}" for i in range(n + still_open)]
    accounts = [f"A{i}" for i in range(n + still_open)]
    return pd.DataFrame(
        {"ticket_id": ids, "account_id": accounts, "moment_id": moment, "opened": opened, "resolved": resolved}
    )


TICKETS = pd.concat([settled("M1", 96, 60), settled("M2", 20, 40), settled("M3", 5, 31)])


def run(sheet=SHEET, tickets=TICKETS, moments=MOMENTS, **frames):
    given = {"promises": sheet, "tickets": tickets, "moments": moments} | frames
    return promises(Tables.from_frames({k: v for k, v in given.items() if v is not None}, as_of=AS_OF))


def rows(found):
    return found.frame("promises").set_index("promise_id")


def test_gaps_kept_and_broken_by_hand():
    made = rows(run())
    assert made["gap"].tolist()[:3] == pytest.approx([3.0, -1.0, 0.1])
    assert made["relative"].tolist()[:3] == pytest.approx([3.0, -0.1, 0.1])
    assert made["verdict"].to_dict() == {"P1": "broken", "P2": "kept on paper", "P3": "broken", "P4": "not stated"}


def test_promises_that_touch_most_contacts_stand_first():
    made = rows(run())
    assert made.index.tolist() == ["P1", "P2", "P3", "P4"]
    assert made["contacts"].tolist()[:3] == [60, 40, 31]


def test_time_is_measured_from_tickets_in_the_unit_of_the_promise():
    made = rows(run())
    assert made.loc["P1", "measured"] == 4.0
    assert made.loc["P1", "within"] == 0.0
    assert made.loc["P2", "measured"] == 20.0
    assert made["sheet"].to_dict() == {
        **{"P1": "agrees", "P2": "contradicted", "P3": "not measured", "P4": "not measured"},
    }


def test_open_tickets_count_as_waiting():
    tickets = settled("M2", 5, 40, still_open=10)
    made = rows(run(SHEET[SHEET["promise_id"] == "P2"], tickets))
    assert made.loc["P2", "measured"] == 5.0
    assert made.loc["P2", "within"] == pytest.approx(0.8)


def test_a_rounded_value_is_no_contradiction():
    sheet = SHEET[SHEET["promise_id"] == "P2"].assign(delivered=19.0)
    made = rows(run(sheet))
    assert made.loc["P2", ["sheet", "verdict"]].tolist() == ["agrees", "broken"]


def test_sentences_hold_the_numbers():
    found = run()
    assert {f.id: f.title for f in found.findings} == {
        "align.promises.kept": "2 of 3 promises to customers are broken, and 1 more is kept on paper alone",
        "align.promises.widest": "“A visit the next day” is 4 days instead of 1 day and touched 60 contacts: "
        "Sales promises, Field delivers",
        "align.promises.disagree": "“An answer in ten hours” takes 20 hours in the data (20 to 20); the sheet "
        "says 9 hours",
    }
    assert {f.id for f in found.findings} <= set(FINDINGS)


def test_events_time_a_moment_that_has_them():
    moments = MOMENTS.assign(start_event=["order", None, None], value_event=["visit", None, None])
    at = pd.date_range("2026-08-01 08:00", periods=40, freq="D")
    events = pd.concat(
        [
            pd.DataFrame({"event": "order", "at": at, "account_id": [f"A{i}" for i in range(40)]}),
            pd.DataFrame(
                {"event": "visit", "at": at + pd.Timedelta(days=2), "account_id": [f"A{i}" for i in range(40)]}
            ),
        ]
    )
    made = rows(run(moments=moments, events=events))
    assert made.loc["P1", "measured"] == 2.0
    assert made.loc["P1", "measured_what"] == "median days from order to visit"
    assert made.loc["P1", "sheet"] == "contradicted"


def test_too_few_cases_are_not_measured():
    made = rows(run(tickets=settled("M1", 96, 29)))
    assert made.loc["P1", "why_not"] == "29 cases at its moment, fewer than 30"
    assert made.loc["P1", "verdict"] == "broken"


def test_without_tickets_the_sheet_stands_alone():
    found = run(tickets=None)
    assert rows(found)["sheet"].tolist() == ["not measured"] * 4
    assert found.finding("align.promises.kept").detail == "No table times them; the sheet's word stands alone."


def test_nothing_written_down_is_a_gap():
    found = run(sheet=None)
    (gap,) = found.gaps
    assert gap.id == "align.promises.kept"
    assert [m.name for m in gap.needs] == ["promises"]


def test_hostile_words_stay_on_one_line():
    sheet = SHEET.assign(promise="=cmd()\n<script>alert(1)</script> " + "x" * 300)
    for found in run(sheet).findings:
        assert "\n" not in found.title
        assert len(found.title) < 240

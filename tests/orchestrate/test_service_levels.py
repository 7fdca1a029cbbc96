"""What the service-level result says, and what it leaves unsaid."""

from datetime import date

import pandas as pd
import pytest

from cxkit.errors import ParameterError
from cxkit.orchestrate import service_levels
from cxkit.orchestrate.catalogue import FINDINGS
from cxkit.tables.engine import Tables

AS_OF = date(2026, 6, 30)
MOMENTS = pd.DataFrame(
    {
        "moment_id": ["m1", "m2"],
        "moment": ["Repair", "Billing"],
        "sla_hours": [24.0, None],
        "owner": ["A. Person", None],
    }
)


def tickets(n: int = 80) -> pd.DataFrame:
    opened = pd.Timestamp("2026-03-02 09:00") + pd.to_timedelta([i * 28 for i in range(n)], "h")
    return pd.DataFrame(
        {
            "ticket_id": [f"t{i}" for i in range(n)],
            "account_id": [f"a{i % 16}" for i in range(n)],
            "moment_id": ["m1" if i % 4 else "m2" for i in range(n)],
            "opened": opened,
            "resolved": [
                None if i % 10 == 9 else o + pd.Timedelta(hours=10 + 20 * (i % 2)) for i, o in enumerate(opened)
            ],
            "handle_minutes": [10.0 + i % 5 for i in range(n)],
        }
    )


def of(**frames: pd.DataFrame) -> Tables:
    return Tables.from_frames(frames, as_of=AS_OF, timezone="Europe/Berlin", currency="EUR")


def test_the_headline_counts_open_breaches():
    found = service_levels(of(tickets=tickets(), moments=MOMENTS)).finding("orchestrate.service.sla")
    assert found is not None
    # 60 tickets of m1: 20 with an even number in time; of the 40 odd ones 32 settled late and 8 open, all past 24 hours
    assert found.n == 60
    assert found.value == pytest.approx(20 / 60)
    assert found.low is not None
    assert found.low < found.value < found.high
    assert "settled tickets alone would say 38.5" in found.title
    assert found.tone == "bad"


def test_recontacts_are_weighed_with_the_cost_of_a_contact():
    costs = pd.DataFrame(
        {
            "month": ["2026-05-01"] * 2,
            "category": ["desk", "rent"],
            "amount": [265, 999],
            "driver": ["contacts", "overhead"],
        }
    )
    result = service_levels(of(tickets=tickets(), moments=MOMENTS, costs=costs), fcr_window_days=30)
    found = result.finding("orchestrate.service.recontact")
    table = result.frame("recontact")
    row = table[table["window_days"] == 30].iloc[0]
    each = 265 / 26  # tickets opened in May
    assert found is not None
    assert found.weight == pytest.approx(each * row["recontacted"] / row["cohort_days"] * 365.25)
    assert "of contacts a year" in found.title


def test_windows_run_from_long_to_short_in_the_table():
    result = service_levels(of(tickets=tickets(), moments=MOMENTS))
    assert result.frame("recontact")["window_days"].tolist() == [1, 3, 7, 14, 30]
    assert set(result.frame("recontact_by")["dimension"]) == {"moment"}
    assert set(result.frame("sla")["dimension"]) == {"all", "moment", "month"}
    assert "Repair" in set(result.frame("sla")["label"])


def test_without_tickets_everything_is_a_gap():
    result = service_levels(of(moments=MOMENTS))
    assert not result.findings
    assert {g.id.rsplit(".", 1)[1] for g in result.gaps} == {"sla", "open", "resolution", "fcr", "recontact", "aht"}
    assert all(g.needs and g.needs[0].name == "tickets" for g in result.gaps)


def test_tickets_without_accounts_say_what_they_can():
    frame = tickets().drop(columns=["account_id", "moment_id", "handle_minutes"])
    frame["reopened"] = [
        None if pd.isna(r) or i % 5 else r + pd.Timedelta(days=2) for i, r in enumerate(frame["resolved"])
    ]
    result = service_levels(of(tickets=frame))
    assert {f.id for f in result.findings} == {
        "orchestrate.service.open",
        "orchestrate.service.resolution",
        "orchestrate.service.resolution_naive",
        "orchestrate.service.reopening",
    }
    gaps = {g.id: g for g in result.gaps}
    assert "account_id" in gaps["orchestrate.service.fcr"].needs[0].columns
    assert gaps["orchestrate.service.sla"].needs[0].name == "moments"
    assert gaps["orchestrate.service.aht"].needs[0].columns == ("handle_minutes",)


def test_tickets_that_are_never_settled_say_so():
    result = service_levels(of(tickets=tickets().drop(columns="resolved"), moments=MOMENTS))
    assert not result.findings
    assert all("resolved" in g.needs[0].columns for g in result.gaps)


def test_a_handful_of_tickets_gives_no_verdict():
    result = service_levels(of(tickets=tickets(12), moments=MOMENTS))
    for id in ("sla", "resolution", "fcr", "recontact", "aht"):
        found = result.finding(f"orchestrate.service.{id}")
        assert found is not None
        assert "too few" in found.title
        assert found.low is None
        assert found.tone == "unknown"


def test_an_unfinished_first_month_is_not_judged():
    tables = Tables.from_frames({"tickets": tickets(3)}, as_of=date(2026, 3, 10))
    result = service_levels(tables)
    assert not result.findings
    assert result.gaps[0].needs == ()


def test_unknown_calendars_are_named():
    hours = pd.DataFrame({"calendar": ["office"], "weekday": [1], "opens": [9.0], "closes": [17.0], "holiday": [None]})
    result = service_levels(of(tickets=tickets(), moments=MOMENTS.assign(calendar="shop"), calendars=hours))
    found = result.finding("orchestrate.service.sla")
    assert found is not None
    assert "No hours are given for the calendar shop" in found.detail


def test_every_id_is_listed_and_no_person_is_named():
    result = service_levels(of(tickets=tickets(), moments=MOMENTS))
    assert {f.id for f in result.findings} | {g.id for g in result.gaps} <= set(FINDINGS)
    assert "A. Person" not in str(result.document()) + "".join(str(t.to_pylist()) for t in result.tables.values())


def test_what_happens_after_as_of_changes_nothing():
    frame = tickets()
    late = frame.copy()
    late["resolved"] = late["resolved"].fillna(pd.Timestamp("2026-07-03"))
    more = frame.head(1).assign(ticket_id="new", opened=pd.Timestamp("2026-07-01 10:00"), resolved=pd.NaT)
    first = service_levels(of(tickets=frame, moments=MOMENTS))
    again = service_levels(of(tickets=pd.concat([late, more]).sample(frac=1, random_state=1), moments=MOMENTS))
    assert first.document() == again.document()
    assert all(first.tables[k].equals(again.tables[k]) for k in first.tables)


def test_hostile_text_is_only_text():
    name = "o'; DROP TABLE tickets; --"
    hours = pd.DataFrame({"calendar": [name], "weekday": [1], "opens": [0.0], "closes": [24.0], "holiday": [None]})
    frame = tickets().assign(team=name, channel="$x$ <b>", moment_id=name, reason=name)
    moments = pd.DataFrame({"moment_id": [name], "moment": [name], "sla_hours": [24.0], "calendar": [name]})
    result = service_levels(of(tickets=frame, moments=moments, calendars=hours))
    assert name in set(result.frame("sla")["label"])
    assert result.finding("orchestrate.service.sla_moment", subject=name) is not None
    assert name in set(result.frame("recontact_by")["group"])


def teams(late: dict[str, int], people: int = 120) -> pd.DataFrame:
    """Tickets of two teams on the same two reasons; of every twenty of a team so many are late, all over the year."""
    rows = []
    for team, share in late.items():
        for i in range(people * 2):
            opened = pd.Timestamp("2025-07-01 09:00") + pd.Timedelta(hours=36 * i)
            took = 40 if (i * 7) % 20 < share else 3
            reason = ("$x$ <b>", "bill")[i % 2]
            rows.append((f"{team}{i}", f"{team}{i}", "m1", team, reason, opened, opened + pd.Timedelta(hours=took)))
    columns = ["ticket_id", "account_id", "moment_id", "team", "reason", "opened", "resolved"]
    return pd.DataFrame(rows, columns=columns)


def test_a_slow_team_is_named_and_equal_teams_are_not():
    slow = service_levels(of(tickets=teams({"North": 4, "South": 8}), moments=MOMENTS))
    found = slow.finding("orchestrate.service.slow_owner")
    assert found is not None
    assert (found.subject, found.tone, found.grade, found.unit) == ("South", "bad", "D", "points")
    assert found.value == pytest.approx(0.2)
    assert found.low is not None
    assert 0 < found.low < 0.2 < found.high
    assert slow.frame("like_for_like").set_index("group")["verdict"].to_dict() == {
        "North": "no difference shown",
        "South": "slower",
    }
    same = service_levels(of(tickets=teams({"North": 6, "South": 6}), moments=MOMENTS))
    (found,) = [f for f in same.findings if f.id == "orchestrate.service.slow_owner"]
    assert (found.subject, found.tone) == (None, "neutral")


def test_breaches_are_told_by_owner_hour_and_reason():
    result = service_levels(of(tickets=teams({"North": 4, "South": 8}), moments=MOMENTS.assign(owner_role=None)))
    ids = {f.id.rsplit(".", 1)[1]: f for f in result.findings}
    assert ids["breach_owner"].title.startswith("Tickets of South bring 66.7")
    assert "50.0" in ids["breach_owner"].title
    assert ids["breach_owner"].tone == "neutral"
    assert set(result.frame("breaches")["dimension"]) == {"all", "moment", "team", "reason", "weekday", "hour"}


def test_what_hangs_on_the_convention_is_said():
    # a limit of 24 hours, eight of ten in time; half of the late ones were paused in time
    frame = teams({"North": 4}, 200).assign(paused_minutes=0.0)
    result = service_levels(of(tickets=frame, moments=MOMENTS), target=0.7)
    found = result.finding("orchestrate.service.conventions")
    assert found is not None
    assert found.title.startswith("However tickets are counted")
    assert "70.0" in found.title
    late = (frame["resolved"] - frame["opened"]) > pd.Timedelta(hours=24)
    paused = frame.assign(paused_minutes=[60.0 * 30 if gone else 0.0 for gone in late])
    found = service_levels(of(tickets=paused, moments=MOMENTS), target=0.9).finding("orchestrate.service.conventions")
    assert found is not None
    assert found.title.startswith("Whether the target")
    assert "is reached" in found.detail


def test_the_open_ones_lengthen_the_time_to_resolution():
    frame = teams({"North": 12}, 100)
    took = (frame["resolved"] - frame["opened"]) > pd.Timedelta(hours=24)
    frame["resolved"] = frame["resolved"].where(~(took & (frame.index % 2 == 0)))
    result = service_levels(of(tickets=frame, moments=MOMENTS))
    row = result.frame("resolution_bounds").set_index("measure").loc["median"]
    assert row["naive"] < row["estimate"]
    assert row["best"] <= row["estimate"] <= row["worst"]
    found = result.finding("orchestrate.service.resolution_naive")
    assert found is not None
    assert found.value == pytest.approx(row["estimate"] - row["naive"])
    assert "too short" in found.title


def test_limits_and_calendars_can_be_moved():
    tables = of(tickets=tickets(), moments=MOMENTS)
    wide = service_levels(tables, sla_scale=2.0)
    found = wide.finding("orchestrate.service.sla")
    assert found is not None
    assert found.value == pytest.approx(52 / 60)  # 30 hours are now in time; eight are open past 48
    assert "What if: every limit times 2." in found.detail
    assert wide.limits.sla_scale == 2
    with pytest.raises(ParameterError, match="has no calendar 'desk'"):
        service_levels(tables, calendar="desk")


def test_without_detail_the_panel_finds_the_same():
    tables = of(tickets=teams({"North": 4, "South": 8}), moments=MOMENTS)
    whole, quick = service_levels(tables), service_levels(tables, detail=False)
    assert all(f in whole.findings for f in quick.findings)
    assert {f.id.rsplit(".", 1)[1] for f in quick.findings} >= {"sla", "conventions", "slow_owner", "open", "fcr"}

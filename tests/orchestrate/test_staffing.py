"""Agents by hour of the week: a load worked out by hand, and what the plan says and leaves unsaid."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from cxkit.metrics.erlang import agents_needed
from cxkit.orchestrate import staffing
from cxkit.orchestrate.catalogue import FINDINGS
from cxkit.orchestrate.staffing_load import volume_window, weekly_load
from cxkit.tables.engine import Tables

AS_OF = date(2026, 6, 30)
FIRST = date(2026, 4, 1)  # a Wednesday; 91 days to the end of June
DAYS = [FIRST + timedelta(days=i) for i in range(91)]


def of(**frames: pd.DataFrame) -> Tables:
    return Tables.from_frames(frames, as_of=AS_OF, currency="EUR")


def volume(hours: dict[int, int], *, minutes: float | None = 3.0, channel: str = "phone") -> pd.DataFrame:
    rows = [(d, h, channel, n, None if minutes is None else n * minutes) for d in DAYS for h, n in hours.items()]
    return pd.DataFrame(rows, columns=["day", "hour", "channel", "contacts", "handle_minutes"])


def tickets(share: float = 0.25, n: int = 600) -> pd.DataFrame:
    """Tickets of which a share comes back after two days."""
    rng, rows = np.random.default_rng(1), []
    for i in range(n):
        at = pd.Timestamp(FIRST) + timedelta(days=float(rng.uniform(0, 70)), hours=9)
        rows.append((f"t{i}", f"a{i}", at, at + timedelta(hours=1), "phone", "Desk", 3.0))
        if i < share * n:
            later = at + timedelta(days=2)
            rows.append((f"u{i}", f"a{i}", later, later + timedelta(hours=1), "phone", "Desk", 3.0))
    return pd.DataFrame(
        rows, columns=["ticket_id", "account_id", "opened", "resolved", "channel", "team", "handle_minutes"]
    )


def test_a_steady_week_is_the_published_example():
    # 200 calls an hour of 180 s: 14 agents for 80 % in 20 s; eight hours a day, seven days
    result = staffing(of(contact_volume=volume(dict.fromkeys(range(9, 17), 200))))
    week = result.frame("week")
    assert len(week) == 7 * 8
    assert set(week["agents_p50"]) == set(week["agents_p90"]) == {14}
    assert week["level_p50"].iloc[0] == pytest.approx(0.8883500191794669)
    assert week["answer_p50"].iloc[0] == pytest.approx(7.83593701177724)
    found = result.finding("orchestrate.staffing.need")
    assert found is not None
    assert found.value == pytest.approx(14 * 56 / (40 * 0.7))
    assert "the peak is Monday 09:00 with 14 at once" in found.title
    assert found.grade == "D"
    cases = result.frame("scenarios").set_index("scenario")
    part = agents_needed(10.0, handle=180, answer=20, level=0.8, occupancy_cap=0.85, whole=False)
    assert cases.loc["as_is", "fte"] == pytest.approx(float(part) * 56 / (40 * 0.7))
    assert cases.loc["shorter", "saved"] > 0 > cases.loc["longer", "saved"]


def test_fewer_recontacts_need_fewer_agents_with_the_interval_of_the_share():
    tables = of(contact_volume=volume({9: 60, 10: 120}), tickets=tickets())
    result = staffing(tables)
    found = result.finding("orchestrate.staffing.recontact")
    assert found is not None
    assert found.low is not None
    assert found.low < found.value < found.high
    cases = result.frame("scenarios").set_index("scenario")
    share = cases.loc["none", "removed"]
    assert share == pytest.approx(150 / 750, abs=0.01)
    assert cases.loc["quarter", "removed"] == pytest.approx(share / 4)
    assert cases.loc["none", "saved"] > 3 * cases.loc["quarter", "saved"]
    assert (result.frame("week")["without_p90"] <= result.frame("week")["agents_p90"]).all()
    assert pd.isna(cases.loc["none", "money"])
    assert found.weight == 0


def priced(heads: int) -> Tables:
    months = [f"2026-{m:02d}-01" for m in (4, 5, 6)]
    costs = pd.DataFrame({"month": months, "category": "desk", "amount": 20_000, "driver": "handling"})
    workforce = pd.DataFrame({"month": months * 2, "team": ["Desk"] * 3 + ["Sales"] * 3, "headcount": heads})
    return of(
        contact_volume=volume(dict.fromkeys(range(9, 17), 60)), tickets=tickets(), costs=costs, workforce=workforce
    )


def test_an_agent_costs_what_contacts_cost_by_head_of_the_teams_on_tickets():
    result = staffing(priced(10))
    cases = result.frame("scenarios").set_index("scenario")
    assert cases.loc["quarter", "money"] == pytest.approx(cases.loc["quarter", "saved"] * 24_000)
    found = result.finding("orchestrate.staffing.recontact")
    assert found is not None
    assert found.weight == pytest.approx(cases.loc["quarter", "money"])
    assert "heads of Desk." in found.detail


def test_heads_that_do_other_work_are_not_priced():
    found = staffing(priced(400)).finding("orchestrate.staffing.recontact")
    assert found is not None
    assert found.weight == 0
    assert "Not priced" in found.detail


def test_days_are_spread_by_tickets_or_by_opening_hours_and_it_is_said():
    days = volume({0: 80}).drop(columns="hour")
    office = pd.DataFrame({"calendar": "o", "weekday": range(1, 8), "opens": 9.0, "closes": 13.0})
    even = staffing(of(contact_volume=days, calendars=office))
    assert set(even.frame("week")["p50"]) == {20.0}
    assert "evenly over opening hours" in even.finding("orchestrate.staffing.need").detail
    asked = tickets()
    asked["opened"] = [pd.Timestamp(t).normalize() + timedelta(hours=9 if i % 4 else 12)
                       for i, t in enumerate(asked["opened"])]  # fmt: skip
    asked["resolved"] = asked["opened"] + timedelta(hours=1)
    by = staffing(of(contact_volume=days, calendars=office, tickets=asked))
    assert set(by.frame("week")["hour"]) == {9, 12}
    assert by.frame("week").groupby("weekday")["p50"].sum().round(6).eq(80).all()
    assert "hours in which tickets were opened" in by.finding("orchestrate.staffing.need").detail
    gap = staffing(of(contact_volume=days)).gaps[0]
    assert "at which hours" in gap.reason
    assert gap.needs[0].columns == ("hour",)


def test_handling_time_comes_from_tickets_where_contacts_do_not_say():
    result = staffing(of(contact_volume=volume({9: 60}, minutes=None), tickets=tickets()))
    assert result.aht_minutes == pytest.approx(3.0)
    gap = staffing(of(contact_volume=volume({9: 60}, minutes=None))).gaps[0]
    assert "how long a contact takes" in gap.reason


def test_work_that_can_wait_is_hours_and_not_a_queue():
    both = pd.concat([volume({9: 60}), volume({9: 40}, minutes=6.0, channel="Mail")])
    result = staffing(of(contact_volume=both))
    found = result.finding("orchestrate.staffing.deferred")
    assert found is not None
    # 40 a day at 6 minutes are 28 hours a week; 28 hours an agent is there, at most 85 % busy
    assert found.value == pytest.approx(28 / 28 / 0.85)
    assert staffing(of(contact_volume=volume({9: 60}, channel="mail"))).gaps[0].reason.startswith("No contact came by")


def test_arrivals_are_held_against_chance():
    rng, frames = np.random.default_rng(2), {}
    for name, size in (("poisson", 1.0), ("waves", None)):
        rows = []
        for day in DAYS:
            wave = size or rng.gamma(2, 0.5)
            rows += [(day, hour, "phone", int(n), 3.0 * n) for hour, n in enumerate(rng.poisson(20 * wave, 8), 9)]
        frames[name] = pd.DataFrame(rows, columns=["day", "hour", "channel", "contacts", "handle_minutes"])
    said = {n: staffing(of(contact_volume=f)).finding("orchestrate.staffing.arrivals") for n, f in frames.items()}
    assert said["poisson"].value == pytest.approx(1, abs=0.2)
    assert "arrivals fit" in said["poisson"].detail
    assert said["waves"].value > 5
    assert "plan by the busy week" in said["waves"].detail


def test_an_hour_without_a_row_is_zero_and_too_few_days_are_no_week():
    sparse = volume({9: 60, 10: 60})
    sparse = sparse[(sparse["hour"] == 9) | (sparse.index % 8 == 1)]
    tables = of(contact_volume=sparse)
    load = weekly_load(tables, volume_window(tables, 12))
    assert load.week.loc[load.week["hour"] == 10, "p50"].eq(0).all()
    short = volume({9: 60})
    short = short[short["day"] >= date(2026, 6, 10)]
    assert "a week takes 28" in staffing(of(contact_volume=short)).gaps[0].reason


def test_what_is_missing_and_what_cannot_be():
    gap = staffing(of(tickets=tickets())).gaps[0]
    assert gap.needs[0].name == "contact_volume"
    gaps = {g.id: g for g in staffing(of(contact_volume=volume({9: 60}))).gaps}
    assert gaps["orchestrate.staffing.recontact"].needs[0].name == "tickets"
    with pytest.raises(ValueError, match="shares between 0 and 1"):
        staffing(of(), shrinkage=1.0)


def test_every_finding_is_in_the_catalogue_and_the_order_of_rows_does_not_matter():
    frame = pd.concat([volume({9: 60, 10: 30}), volume({9: 4}, channel="mail")], ignore_index=True)
    one = staffing(of(contact_volume=frame, tickets=tickets()))
    other = staffing(of(contact_volume=frame.sample(frac=1, random_state=1), tickets=tickets()))
    assert {f.id for f in one.findings} <= set(FINDINGS)
    assert one.document() == other.document()
    assert all(one.tables[n].equals(other.tables[n]) for n in one.tables)

"""What is said of repeat contacts: conventions, the decisions that survive them, cost, minutes per solved issue."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from cxkit.metrics.windows import Window
from cxkit.orchestrate import repeat_contacts
from cxkit.orchestrate.catalogue import FINDINGS
from cxkit.orchestrate.repeat_contacts_net import net_handling
from cxkit.tables.engine import Tables

AS_OF = date(2026, 6, 30)
HALF = Window(first=date(2026, 1, 1), last=date(2026, 6, 1))


def of(tickets: pd.DataFrame, **more: pd.DataFrame) -> Tables:
    return Tables.from_frames({"tickets": tickets, **more}, as_of=AS_OF, currency="EUR")


def ticket(
    i: int, account: str, team: str, day: float, minutes: float | None, *, took: float = 0.5
) -> tuple[object, ...]:
    opened = pd.Timestamp("2026-03-01") + timedelta(days=day)
    return (f"t{i}", account, "bill", team, opened, opened + timedelta(days=took), minutes)


NAMES = ["ticket_id", "account_id", "reason", "team", "opened", "resolved", "handle_minutes"]


def test_issues_are_linked_as_by_hand():
    rows = [
        ticket(1, "a", "Fast", 0, 5),  # three tickets, each within seven days after the one before was settled
        ticket(2, "a", "Slow", 5, 9),
        ticket(3, "a", "Slow", 12, 9),
        ticket(4, "a", "Fast", 40, 5),  # an issue of its own
        ticket(5, "b", "Slow", 0, 9, took=30),  # still open when the next comes
        ticket(6, "b", "Slow", 20, 9),
        ticket(7, "c", "Slow", 0, None),  # no minutes: left out
        ticket(8, "d", "Slow", 118, 9),  # its week is not over
    ]
    rows += [ticket(9, "e", "Slow", 60, 9), ticket(10, "e", "Slow", 75, 9)]  # the first is still open: one issue
    frame = pd.DataFrame(rows, columns=NAMES)
    frame.loc[frame["ticket_id"] == "t9", "resolved"] = pd.NaT
    tables = of(frame)
    found, left = net_handling(tables, HALF, 7, {"all": "''", "team": "team"})
    by = found.set_index(["dimension", "group"])
    assert left == 3
    assert by.loc[("all", ""), ["tickets", "issues"]].tolist() == [6, 3]
    assert by.loc[("all", ""), "net_aht"] == pytest.approx((23 + 5 + 18) / 3)
    assert by.loc[("team", "Fast"), ["tickets", "issues"]].tolist() == [2, 2]  # both begin there
    assert by.loc[("team", "Fast"), "aht"] == 5
    assert by.loc[("team", "Fast"), "net_aht"] == (23 + 5) / 2
    assert by.loc[("team", "Slow"), "net_aht"] == 18


def desk(seed: int = 1, *, quick: float = 0.35, thorough: float = 0.95, reasons: bool = True) -> pd.DataFrame:
    """Two teams with a reason each: one quick, whose customers often come back, one thorough."""
    rng, rows = np.random.default_rng(seed), []
    for i in range(600):
        team, reason, minutes, settled = ("Quick", "bill", 6.0, quick) if i % 2 else ("Thorough", "move", 9.0, thorough)
        at = pd.Timestamp("2025-07-02") + timedelta(days=float(rng.uniform(0, 350)))
        for _ in range(4):
            rows.append((f"a{i % 300}", reason, team, at, at + timedelta(hours=4), minutes + rng.uniform(-1, 1)))
            if rng.random() < settled:
                break
            at += timedelta(days=float(rng.uniform(1.2, 2.8)))
    frame = pd.DataFrame(rows, columns=NAMES[1:]).assign(ticket_id=[f"t{i}" for i in range(len(rows))])
    frame = frame[frame["opened"] < "2026-07-01"]
    return frame if reasons else frame.drop(columns="reason")


COSTS = pd.DataFrame(
    {"month": [f"2026-{m:02d}-01" for m in range(1, 7)], "category": "desk", "amount": 1000, "driver": "handling"}
)


def test_a_quick_team_that_sees_its_customers_again_is_slow():
    result = repeat_contacts(of(desk(), costs=COSTS))
    found = result.finding("orchestrate.repeats.net_order", subject="team")
    assert found is not None
    assert found.title.startswith("Quick looks fastest per ticket (6.")
    assert "slowest per solved issue" in found.title
    assert found.tone == "bad"
    table = result.frame("net").set_index(["dimension", "group"])
    assert table.loc[("team", "Quick"), "rank_change"] == 1
    assert table.loc[("team", "Quick"), "low"] > table.loc[("team", "Thorough"), "high"]


def test_a_quick_team_that_settles_is_quick():
    found = repeat_contacts(of(desk(quick=0.95))).finding("orchestrate.repeats.net_order", subject="team")
    assert found is not None
    assert found.title == "The order of teams by handling time is the same per ticket and per solved issue"


def test_the_chosen_convention_is_the_headline_and_every_other_stands_beside_it():
    result = repeat_contacts(of(desk(), costs=COSTS))
    grid = result.frame("grid")
    assert len(grid) == 5 * 2  # windows × (any contact, same reason); tickets carry no moment, person or reopening
    assert set(map(tuple, grid[["grouping", "identity"]].to_numpy())) == {("any", "account"), ("reason", "account")}
    row = grid[grid["chosen"]].iloc[0]
    assert (row["window_days"], row["grouping"]) == (7, "reason")
    assert (grid["fcr"] + grid["recontact"]).round(12).eq(1).all()
    found = result.finding("orchestrate.repeats.range")
    assert found is not None
    assert found.value == pytest.approx(row["fcr"])
    assert "by 10 usual ones" in found.title


def test_the_worst_team_survives_and_a_target_between_conventions_does_not():
    tables = of(desk(quick=0.6), costs=COSTS)
    grid = repeat_contacts(tables).frame("grid").set_index(["grouping", "window_days"])
    between = (grid.loc[("reason", 1), "low"] + grid.loc[("reason", 7), "high"]) / 2
    result = repeat_contacts(tables, targets={"fcr": between})
    worst = result.finding("orchestrate.repeats.worst", subject="team")
    target = result.finding("orchestrate.repeats.target")
    every = result.finding("orchestrate.repeats.survival")
    assert worst is not None
    assert target is not None
    assert every is not None
    decided = result.frame("decisions")
    chosen = decided[(decided["decision"] == "target") & decided["chosen"]].iloc[0]
    one_day = decided[(decided["decision"] == "target") & (decided["window_days"] == 1)]
    assert chosen["verdict"] == "missed"
    assert set(one_day["verdict"]) == {"met"}
    assert one_day["opposed"].all()
    assert target.tone == every.tone == "neutral"  # a matter of definition, not an alarm
    assert "clearly contradict" in target.detail
    assert "“Quick” is the team with the lowest first-contact resolution under" in worst.title
    assert every.value == 1
    assert result.frame("survival").set_index("decision").loc["target", "same"] < 10


def test_joined_persons_are_followed_where_a_crosswalk_is_given():
    tickets = desk(reasons=False).assign(person_id=lambda f: f["account_id"] + "-" + (f.index % 2).astype(str))
    crosswalk = pd.DataFrame(
        {
            "system": ["crm", *["support"] * tickets["person_id"].nunique()],
            "person_id": ["a1", *sorted(tickets["person_id"].unique())],
        }
    ).assign(entity=lambda f: f["person_id"].str.split("-").str[0])
    result = repeat_contacts(of(tickets), crosswalk=crosswalk)
    by = result.frame("grid").set_index(["identity", "window_days"])["fcr"]
    assert by[("entity", 7)] == pytest.approx(by[("account", 7)])
    assert by[("person", 7)] > by[("entity", 7)]
    assert not [g for g in result.gaps if g.id == "orchestrate.repeats.entity"]
    without = repeat_contacts(of(tickets))
    assert "entity" not in set(without.frame("grid")["identity"])
    assert [g for g in without.gaps if g.id == "orchestrate.repeats.entity"]


def test_recontact_cost_has_the_interval_of_the_share_and_the_avoidable_part_is_bounded():
    result = repeat_contacts(of(desk(), costs=COSTS))
    cost = result.finding("orchestrate.repeats.cost")
    excess = result.finding("orchestrate.repeats.avoidable")
    table = result.frame("cost")
    row = table[table["dimension"] == "all"].iloc[0]
    assert cost is not None
    assert excess is not None
    each = row["cost"] / row["a_year"]
    year = row["n"] / row["recontacted"] * row["a_year"]
    assert cost.low == pytest.approx(row["low"] * year * each)
    assert cost.low < cost.value < cost.high
    assert excess.subject == "reason"
    assert 0 < excess.low <= excess.value <= excess.high < cost.value
    assert excess.grade == "D"
    assert table.loc[(table["dimension"] == "reason") & (table["group"] == "move"), "excess"].iloc[0] == 0


def test_what_is_missing_is_said():
    nothing = Tables.from_frames({}, as_of=AS_OF)
    assert repeat_contacts(nothing).gaps[0].needs[0].name == "tickets"
    bare = desk().drop(columns=["account_id", "handle_minutes"])
    gaps = {g.id: g for g in repeat_contacts(of(bare)).gaps}
    assert gaps["orchestrate.repeats.range"].needs[0].columns == ("account_id",)
    assert gaps["orchestrate.repeats.net_aht"].needs[0].columns == ("account_id", "handle_minutes")
    few = repeat_contacts(of(desk().head(12), costs=COSTS))
    found = few.finding("orchestrate.repeats.range")
    assert found is not None
    assert found.low is None
    assert found.tone == "unknown"
    assert few.finding("orchestrate.repeats.avoidable") is None


def self_serve(named: bool = True) -> Tables:
    moments = pd.DataFrame(
        {"moment_id": ["m1", "m2"], "moment": ["Pay", "Move"], "self_serve": ["Bill page", None]}
    ).assign(start_event=None, value_event="paid")
    days = [pd.Timestamp("2026-03-02 10:00") + timedelta(days=i % 25) for i in range(40)]
    events = pd.DataFrame(
        {"at": days, "account_id": [f"a{i}" for i in range(40)], "moment_id": "m1", "channel": "web"}
    ).assign(event="bill_page_opened" if named else "clicked")
    noise = events.assign(event="paid", at=events["at"] + timedelta(days=1), account_id="z")
    # every fourth asks two days later at that moment, every fifth at another one
    asked = [("m1", i) for i in range(0, 40, 4)] + [("m2", i) for i in range(0, 40, 5)]
    tickets = pd.DataFrame(
        [(f"t{m}{i}", f"a{i}", m, days[i] + timedelta(days=2)) for m, i in asked],
        columns=["ticket_id", "account_id", "moment_id", "opened"],
    )
    tickets = pd.concat([tickets, tickets.assign(ticket_id="u" + tickets["ticket_id"], account_id="q",
                                                 opened=pd.Timestamp("2026-06-30 09:00"))])  # fmt: skip
    return of(tickets, events=pd.concat([events, noise]), moments=moments)


def test_sessions_are_followed_at_their_moment_and_never_called_an_effect():
    result = repeat_contacts(self_serve())
    row = result.frame("self_serve").iloc[0]
    assert (row["sessions"], row["followed"], row["basis"]) == (40, 10, "named")
    found = result.finding("orchestrate.repeats.self_serve")
    assert found is not None
    assert found.value == 0.75
    assert "at most that many can have been deflected" in found.title
    assert found.grade == "D"
    other = repeat_contacts(self_serve(named=False)).frame("self_serve").iloc[0]
    assert (other["sessions"], other["basis"]) == (40, "digital")  # the event that shows value is none


def test_every_finding_is_in_the_catalogue_and_the_order_of_rows_does_not_matter():
    frame = desk()
    one = repeat_contacts(of(frame, costs=COSTS), targets={"fcr": 0.8})
    other = repeat_contacts(of(frame.sample(frac=1, random_state=3), costs=COSTS), targets={"fcr": 0.8})
    assert {f.id for f in one.findings} <= set(FINDINGS)
    assert one.document() == other.document()
    for name in one.tables:
        assert one.tables[name].equals(other.tables[name]), name

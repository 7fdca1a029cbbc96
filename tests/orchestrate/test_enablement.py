"""Enablement: adoption by hand, and what goes with a rollout whose effect is known."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from cxkit.orchestrate import enablement
from cxkit.orchestrate.catalogue import FINDINGS
from cxkit.tables.engine import Tables

TRAINING = pd.DataFrame(
    {
        "month": ["2026-05-01", "2026-06-01", "2026-06-01", "2026-04-01", "2026-06-01"],
        "team": ["Desk", "Desk", "Field", "Field", "Desk"],
        "programme": ["Guide", "Guide", "Guide", "Course", "Welcome"],
        "kind": ["playbook", "playbook", "playbook", "course", "onboarding"],
        "eligible": [40, 40, 60, 20, 4],
        "completed": [10, 30, 15, 20, 3],
    }
)
STARTS = {"a": 9, "b": 12, "c": 15, "d": 18, "e": None}


def of(**frames: pd.DataFrame) -> Tables:
    return Tables.from_frames(frames, as_of=date(2026, 6, 30))


def rollout(
    effect: float, *, seed: int = 1, each: int = 40, teams: dict[str, int | None] = STARTS
) -> dict[str, pd.DataFrame]:
    """Two years of tickets by team, and a tool that reaches each team in its own month."""
    rng = np.random.default_rng(seed)
    months = pd.date_range("2024-07-01", periods=24, freq="MS")
    tickets, training = [], []
    for place, (team, start) in enumerate(teams.items()):
        for at, month in enumerate(months):
            there = start is not None and at >= start
            minutes = (8 + 4 * place) * (1 + 0.01 * at) * np.exp(rng.normal(0, 0.25, each)) * (1 + effect * there)
            opened = month + pd.to_timedelta(rng.integers(0, 27 * 24, each), unit="h")
            tickets.append(pd.DataFrame({"opened": opened, "handle_minutes": minutes, "team": team}))
            training.append((month, team, "Helper", "agent_assist", 10, 8 if there else 1))
    rows = pd.concat(tickets, ignore_index=True)
    rows["resolved"] = rows["opened"] + pd.Timedelta(hours=2)
    rows["ticket_id"] = [f"t{i}" for i in range(len(rows))]
    rows["account_id"] = [f"a{i}" for i in range(len(rows))]
    columns = ["month", "team", "programme", "kind", "eligible", "completed"]
    return {"tickets": rows, "training": pd.DataFrame(training, columns=columns)}


def test_adoption_is_that_of_each_teams_last_month():
    result = enablement(of(training=TRAINING))
    rows = result.frame("adoption").set_index(["by", "group", "team"])
    assert rows.loc[("programme", "Guide", ""), ["eligible", "completed"]].tolist() == [100, 45]
    assert rows.loc[("all", "All programmes", ""), "share"] == pytest.approx(65 / 120)
    assert rows.loc[("programme and team", "Course", "Field"), "stale"]
    found = result.finding("orchestrate.enablement.programme", subject="Guide")
    assert (round(found.low, 3), round(found.high, 3)) == (0.356, 0.548)  # Wilson, 45 of 100
    below = result.finding("orchestrate.enablement.below_floor")
    assert below.title == "1 of 3 pairs of team and programme are below 50\N{NARROW NO-BREAK SPACE}% adoption"
    assert "Field (Guide" in below.detail


def test_few_people_get_no_interval_and_no_verdict():
    found = enablement(of(training=TRAINING)).finding("orchestrate.enablement.onboarding")
    assert found.title == "4 newcomers are too few to judge by (30 are needed)"
    assert (found.low, found.tone) == (None, "unknown")


def test_a_staggered_rollout_with_an_effect_is_found_as_an_association():
    frames = rollout(-0.2)
    months = pd.date_range("2025-07-01", "2026-06-01", freq="MS")
    costs = pd.DataFrame({"month": months, "category": "desk", "amount": 10_000.0, "driver": "handling"})
    result = enablement(of(**frames, costs=costs))
    found = result.finding("orchestrate.enablement.aht", subject="Helper")
    assert (found.grade, found.tone, found.n) == ("C", "good", 5)
    assert found.low < -0.2 < found.high < 0
    assert "association" in found.detail
    assert result.finding("orchestrate.enablement.recontact").tone == "unknown"
    saved = result.finding("orchestrate.enablement.value")
    tickets = frames["tickets"]
    late = tickets[tickets["opened"] >= "2025-07-01"]
    after = pd.concat(
        [
            late[(late.team == t) & (late.opened >= pd.Timestamp("2024-07-01") + pd.DateOffset(months=s))]
            for t, s in STARTS.items()
            if s
        ]
    )
    minute = 120_000 / late["handle_minutes"].sum()
    assert saved.value == pytest.approx(after["handle_minutes"].sum() * minute * (1 / (1 + found.value) - 1), rel=1e-3)
    assert saved.weight == saved.value


def test_nothing_is_claimed_where_nothing_was_planted():
    result = enablement(of(**rollout(0.0)))
    found = result.finding("orchestrate.enablement.aht")
    assert found.tone == "unknown"
    assert found.title.startswith("No change of handling time can be told")
    assert result.finding("orchestrate.enablement.value") is None


def test_three_teams_are_before_and_after_only():
    result = enablement(of(**rollout(-0.2, teams={"a": 9, "b": 12, "c": None})))
    found = result.finding("orchestrate.enablement.aht")
    assert (found.grade, found.low, found.tone) == ("E", None, "unknown")
    assert "3 groups, fewer than 4" in found.detail
    assert not result.has("path")


def test_a_team_that_had_it_when_records_begin_is_left_out():
    frames = rollout(-0.2, teams={**STARTS, "f": 0})
    row = enablement(of(**frames)).frame("effects").query("outcome == 'aht'").iloc[0]
    assert (row["groups"], row["method"]) == (5, "staggered")


def test_time_to_implement_counts_what_is_not_live():
    initiatives = pd.DataFrame(
        {
            "initiative_id": ["i1", "i2", "i3"],
            "initiative": ["x", "y", "z"],
            "registered": ["2026-01-01", "2026-01-01", "2026-06-20"],
            "status": ["done", "running", "idea"],
            "ended": ["2026-03-02", None, None],
            "owner_role": ["CXO/PMO", "CXO/PMO", None],
        }
    )
    changes = pd.DataFrame({"change_id": ["c"], "change": ["w"], "initiative_id": ["i2"], "changed": ["2026-02-01"]})
    result = enablement(of(initiatives=initiatives, changes=changes))
    rows = result.frame("implementation").set_index(["kind", "owner_role"])
    assert rows.loc[("live", "all"), ["cases", "done", "median_days"]].tolist() == [3, 2, 31]
    assert rows.loc[("live", "all"), "done_only"] == 45.5
    assert rows.loc[("live", "no role"), "done"] == 0
    found = result.finding("orchestrate.enablement.implementation", subject="live")
    assert found.title == "Of 3 initiatives, half are live within 31.0 days of being put on the list"


def test_thanks_and_authority_come_from_the_acts_and_the_audit():
    acts = pd.DataFrame(
        {
            "act_id": ["a", "b"],
            "act": ["x", "y"],
            "kind": ["recognition", "review"],
            "happened": ["2026-05-01", "2026-05-01"],
            "audience": ["desk; Shop", None],
        }
    )
    people = pd.DataFrame({"month": "2026-06-01", "team": ["Desk", "Field", "Shop"], "headcount": [10, 10, 10]})
    audit = pd.DataFrame(
        {
            "respondent": [f"p{i}" for i in range(40)],
            "level": ["frontline"] * 30 + ["executive"] * 10,
            "wave": "2026-05-01",
            "item_id": "operational_career_1",
            "score": [5] * 6 + [2] * 24 + [4] * 10,
        }
    )
    result = enablement(of(leadership=acts, workforce=people, audit=audit))
    assert result.finding("orchestrate.enablement.recognition").value == pytest.approx(2 / 3)
    authority = result.finding("orchestrate.enablement.authority")
    assert (authority.value, authority.n, authority.tone) == (0.2, 30, "bad")


def test_without_tables_all_is_a_gap_and_every_id_is_listed():
    bare, full = enablement(of()), enablement(of(**rollout(-0.2)))
    assert not bare.findings
    assert {x.id for r in (bare, full) for x in (*r.findings, *r.gaps)} <= set(FINDINGS)

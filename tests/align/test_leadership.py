from datetime import date

import pandas as pd
import pytest

from cxkit.align.catalogue import FINDINGS
from cxkit.align.leadership import leadership
from cxkit.tables.engine import Tables
from tests.align import answers

AS_OF = date(2026, 10, 31)
GOALS = pd.DataFrame({"goal_id": ["G1", "G2"], "goal": ["Grow", "Save"], "type": ["growth", "margin"]})
MISSION = {
    "adopted": "2025-02-10",
    "statement": "We keep what we sell",
    "goal_ids": "G1, G9",
    "decision_test": "Would a customer say that we kept our word?",
    "communicated": "2025-03-01",
}


def lead(budget=None, **sheets):
    frames = {name: pd.DataFrame(rows) if isinstance(rows, list) else rows for name, rows in sheets.items()}
    return leadership(Tables.from_frames(frames, as_of=AS_OF, currency="EUR"), budget=budget)


def initiative(id, **more):
    return {"initiative_id": id, "initiative": f"Work {id}", "status": "running", **more}


def test_mission_is_put_to_three_tests():
    found = lead(mission=[MISSION], goals=GOALS)
    assert found.finding("align.leadership.mission").title == (
        "The CX mission passes 3 of 3 tests: it leads to goals, can settle a decision and was told to everybody"
    )
    assert found.frame("mission")["evidence"].to_list()[0] == "it serves 1 of 2 goals"
    poor = lead(mission=[{**MISSION, "goal_ids": "G9", "decision_test": "Good?", "communicated": None}], goals=GOALS)
    assert poor.finding("align.leadership.mission").title == (
        "The CX mission passes 0 of 3 tests: the goals it names are in no list, it holds no question for decisions "
        "and no day is written down on which everybody was told"
    )
    empty = lead(mission=pd.DataFrame(columns=list(MISSION)), goals=GOALS)
    assert empty.finding("align.leadership.mission").title.startswith("No CX mission is written down")


def test_what_people_know_is_a_share_with_an_interval():
    people = {f"p{n:02}": ("North", "manager", {"role_clarity": 5 if n < 4 else 2}) for n in range(20)}
    found = lead(audit=pd.DataFrame(answers.everybody(people), columns=answers.COLUMNS))
    clarity = found.finding("align.leadership.role_clarity")
    assert clarity.title == (
        "20.0\N{NARROW NO-BREAK SPACE}% of people know their own part in whether customers can trust the organisation"
    )
    assert (round(clarity.low, 2), round(clarity.high, 2), clarity.n, clarity.tone) == (0.08, 0.42, 20, "bad")
    assert [str(g.needs[0]) for g in found.gaps if g.id == "align.leadership.mission_known"] == ["audit (item_id)"]


def test_sponsors_are_for_partners_and_must_have_acted():
    sheet = [
        initiative("I1", sponsor="A. Person"),
        initiative("I2", sponsor="B. Person"),
        initiative("I3", sponsor=None),
        initiative("I4", sponsor="C. Person", status="idea"),
    ]
    acts = [
        {"act_id": "A1", "happened": "2026-10-01", "kind": "decision", "act": "went on", "initiative_id": "I1"},
        {"act_id": "A2", "happened": "2026-05-01", "kind": "review", "act": "looked", "initiative_id": "I2"},
        {"act_id": "A3", "happened": "2026-10-01", "kind": "review", "act": "looked", "initiative_id": "I3"},
    ]
    found = lead(initiatives=sheet, leadership=acts)
    sponsors = found.finding("align.leadership.sponsors")
    assert sponsors.title == "1 of 3 live initiatives has a sponsor who acted in the last 90 days"
    assert sponsors.audience == "partner"
    assert sponsors.detail == "No sponsor: Work I3. No act in that time: Work I2."
    assert not any("Person" in f"{f.title}{f.detail}" for f in found.findings)
    assert not any("sponsor" in f"{f.title}{f.detail}".lower() for f in found.findings if f.audience == "board")
    assert not found.frame("checks")["question"].str.contains("ponsor").any()


def test_habits_are_counted_against_once_a_quarter():
    kinds = ["communication"] * 4 + ["recognition"]
    acts = [
        {"act_id": f"A{n}", "happened": f"2026-0{n + 1}-10", "kind": kind, "act": "x", "audience": "North; West"}
        for n, kind in enumerate(kinds)
    ]
    staff = [{"month": "2026-09-01", "team": t, "level": "frontline", "headcount": 5} for t in ("North", "South")]
    found = lead(leadership=[{**acts[0], "act_id": "A9", "happened": "2025-10-05"}, *acts], workforce=staff)
    habits = found.finding("align.leadership.habits")
    assert habits.title == (
        "Leaders keep up 1 of three habits every quarter: in 12 months priorities were told 4 times, aligned behaviour "
        "was thanked once and values were never put into operations"
    )
    assert habits.detail == "Once a quarter would be 4 times. What was told reached 1 of 2 teams."
    young = lead(leadership=[{**acts[0], "happened": "2026-10-02"}])
    assert next(g for g in young.gaps if g.id == "align.leadership.habits").reason == (
        "The list of what leaders do reaches back fewer than 3 months."
    )


def test_pay_is_split_into_shared_outcomes_and_own_activity():
    metrics = [
        {"metric_id": "a", "metric": "A", "kind": "business", "owner_team": "Sales; Service", "incentive_weight": 0.25},
        {"metric_id": "b", "metric": "B", "kind": "activity", "owner_team": "Sales", "incentive_weight": 0.5},
        {"metric_id": "c", "metric": "C", "kind": "cx_outcome", "owner_team": "Service", "incentive_weight": None},
    ]
    results = [{"kr_id": "K1", "goal_id": "G1", "key_result": "x", "metric_id": "a"}]
    found = lead(metrics=metrics, key_results=results, goals=GOALS)
    pay = found.finding("align.leadership.incentives")
    assert pay.value == 0.5
    assert pay.title == (
        "50.0\N{NARROW NO-BREAK SPACE}% of variable pay tied to a measure rewards outcomes that teams share; "
        "50.0\N{NARROW NO-BREAK SPACE}% rewards a team's own activity"
    )
    assert pay.detail.endswith("Nobody is paid on 1 of 2 goals: Save.")
    assert found.frame("pay").to_dict("records") == [
        {"team": "Sales", "shared_outcome": 0.25, "own_outcome": 0.0, "own_activity": 0.5, "stated": 0.75},
        {"team": "Service", "shared_outcome": 0.25, "own_outcome": 0.0, "own_activity": 0.0, "stated": 0.25},
    ]


def test_competing_priorities_are_money_load_and_aims():
    sheet = [initiative(f"I{n}", budget=100_000, spent=20_000, owner_role="CXO/PMO", metric_id="m") for n in range(4)]
    metrics = [{"metric_id": "m", "metric": "Complaints"}]
    found = lead(200_000, initiatives=[*sheet, initiative("I9", status="done", budget=9e9)], metrics=metrics)
    assert found.finding("align.leadership.money").title == (
        "Live initiatives still need €320\u202fk, €120\u202fk more than the €200\u202fk the council can give out"
    )
    assert found.finding("align.leadership.load").title == (
        "1 role carries more than 3 live initiatives at once: CXO/PMO (4)"
    )
    assert found.finding("align.leadership.aims").title == (
        "4 of 4 live initiatives aim at what another one aims at too: Complaints (4)"
    )
    assert lead(9e9, initiatives=sheet).finding("align.leadership.money").tone == "good"


def test_nothing_supplied_asks_for_everything_and_judges_nothing():
    found = lead()
    assert not found.findings
    assert {g.id for g in found.gaps} == {
        f"align.leadership.{part}"
        for part in ("mission", "mission_known", "role_clarity", "sponsors", "habits", "wins", "incentives", "load")
    }
    assert set(found.frame("checks")["verdict"]) == {"cannot tell"}
    assert {g.id for g in found.gaps} <= set(FINDINGS)


@pytest.mark.parametrize("text", ["<b>", "a\nb", "x" * 400])
def test_hostile_names_stay_one_short_line(text):
    found = lead(
        10.0, initiatives=[initiative("I1", business_unit=text, budget=5)] * 1, mission=[{**MISSION, "statement": text}]
    )
    for finding in found.findings:
        assert "\n" not in finding.title + finding.detail
        assert len(finding.title) < 400

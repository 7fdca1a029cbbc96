import pandas as pd
import pyarrow as pa
import pytest

from cxkit import shipped
from cxkit.align import self_assessment
from cxkit.govern import evidenced_maturity, ledger
from cxkit.govern.catalogue import FINDINGS
from cxkit.govern.facts import Facts
from cxkit.govern.links import Links
from cxkit.govern.maturity import NEEDS
from cxkit.govern.maturity_steps import STEPS
from cxkit.govern.rules import RULES

SIX = [c["id"] for c in shipped.yaml("playbook/maturity.yml")["capabilities"]]


def levels(found):
    return found.frame("capabilities").set_index("capability")["evidenced"]


def test_rules_cover_the_six_capabilities_from_level_two_to_five():
    assert list(RULES) == SIX == list(NEEDS)
    assert all([rule.level for rule in rules] == [2, 3, 4, 5] for rules in RULES.values())


def test_without_evidence_no_level_is_given_however_good_the_self_assessment(world):
    rows = [{"capability": c, "assessed": "2026-01-31", "current": 5, "target": 5} for c in SIX]
    tables = world.tables(**dict.fromkeys(world.SHEETS), maturity=pd.DataFrame(rows))
    found = evidenced_maturity(tables, results=[self_assessment(tables)])
    assert levels(found).isna().all()
    assert found.frame("capabilities")["self_assessed"].to_list() == [5] * 6
    assert [g.subject for g in found.gaps] == SIX
    assert all(g.needs for g in found.gaps)
    assert not found.findings


def test_a_level_is_only_as_high_as_the_evidence(world):
    tables = world.tables(
        maturity=pd.DataFrame([{"capability": "okr_traceability", "assessed": "2026-01-31", "current": 5, "target": 5}])
    )
    trace = world.trace(tables)  # 350 of 650 of live budget lead to the goal
    found = evidenced_maturity(tables, results=[trace, self_assessment(tables)])
    row = found.frame("capabilities").set_index("capability").loc["okr_traceability"]
    assert row[["evidenced", "self_assessed", "difference", "next_level"]].to_list() == [3, 5, 2, 4]
    assert row["rule"] == "at least half of the money leads to a goal"
    assert row["evidence"] == "53.8\u202f% of the money leads to a goal"
    assert row["next_holds"] == "does not hold"
    assert found.finding("govern.maturity.capability", subject="okr_traceability").title == (
        "OKR traceability stands at level 3 of 5 by the evidence; self-assessed 5"
    )
    assert found.finding("govern.maturity.overall").value == 1
    assert found.finding("govern.maturity.overall").sources == ("maturity", "goals", "key_results", "initiatives")
    assert {x.id for x in (*found.findings, *found.gaps)} <= set(FINDINGS)


def test_enablement_counts_the_latest_month_of_each_programme(world):
    training = pd.DataFrame(
        [
            ["2026-04-01", "desk", "assist", 10, 0],
            ["2026-05-01", "desk", "assist", 10, 6],
            ["2026-05-01", "shop", "assist", 10, 6],
            ["2026-07-01", "shop", "assist", 10, 10],
            ["2025-01-01", "desk", "old", 90, 0],
        ],
        columns=["month", "team", "programme", "eligible", "completed"],
    )
    tables = world.tables(training=training)
    found = evidenced_maturity(tables, results=[])
    row = found.frame("capabilities").set_index("capability").loc["enablement"]
    assert row["evidenced"] == 3
    assert "60.0\u202f% of people are reached" in row["evidence"]


@pytest.mark.parametrize(("seat", "level"), [("finance", 3), ("member", 2)])
def test_funding_needs_cases_and_finance_at_the_table(world, seat, level):
    council = pd.DataFrame([{"seat_id": "S1", "business_unit": "Consumer", "seat": seat}])
    tables = world.tables(council=council)
    cases = world.cases(*(world.case(f"I{n}", benefit=10, cancellable=5) for n in (1, 2, 3)))
    book = ledger(tables, traceability=world.trace(tables), cases=cases)
    assert levels(evidenced_maturity(tables, results=[book]))["funding_governance"] == level


def test_movement_since_the_last_run(world):
    tables = world.tables()
    trace = world.trace(tables)
    now = evidenced_maturity(tables, results=[trace])
    earlier = now.frame("capabilities").assign(evidenced=lambda f: f["evidenced"] - 1)
    before = now.model_copy(update={"tables": {"capabilities": pa.Table.from_pandas(earlier)}})
    found = evidenced_maturity(tables, results=[trace], before=before)
    rows = found.frame("capabilities").set_index("capability")
    assert rows.loc["okr_traceability", ["before", "movement"]].to_list() == [2, 1]
    assert rows.loc["okr_traceability", "movement_text"] == "from 2 to 3"
    assert rows.loc["data_identity", "movement_text"] == "cannot be told"
    told = int(rows["evidenced"].notna().sum())
    assert found.finding("govern.maturity.moved").value == told
    assert now.finding("govern.maturity.moved") is None
    same = evidenced_maturity(tables, results=[trace], before=now)
    assert same.finding("govern.maturity.moved").tone == "neutral"
    assert {x.id for x in (*found.findings, *same.findings)} <= set(FINDINGS)


def test_the_next_step_says_what_to_do_what_is_missing_and_who_acts(world):
    tables = world.tables()
    found = evidenced_maturity(tables, results=[world.trace(tables)])
    row = found.frame("capabilities").set_index("capability").loc["okr_traceability"]
    assert row["next_step"] == STEPS["okr_traceability"][4]
    assert "53.8\u202f%" in row["next_missing"]
    assert row["next_owner"] == "CXO/PMO"
    unknown = found.frame("capabilities").set_index("capability").loc["scorecard"]
    assert "not supplied: revenue" in unknown["next_missing"]
    assert row["next_step"] in found.finding("govern.maturity.capability", subject="okr_traceability").detail


def test_every_level_has_an_instruction():
    assert list(STEPS) == SIX
    assert all(list(steps) == [2, 3, 4, 5] for steps in STEPS.values())


@pytest.mark.parametrize(("verdict", "stands"), [("contradicts", False), ("supports", True), (None, None)])
def test_the_highest_level_asks_that_no_test_speaks_against_a_link(world, verdict, stands):
    made = [] if verdict is None else [Links(as_of=world.AS_OF, tables={"links": pd.DataFrame({"verdict": [verdict]})})]
    assert Facts(world.tables(), made).links_stand is stands

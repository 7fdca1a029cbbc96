from datetime import date
from types import SimpleNamespace
from typing import ClassVar

import pandas as pd
import pytest

from cxkit.govern import ledger
from cxkit.govern.catalogue import FINDINGS
from cxkit.govern.cells import STEPS
from cxkit.records import Record, Result
from tests.govern.conftest import AS_OF, tables, trace


class Decision(Record):
    decision_id: str = "D1"
    initiative_id: str = "I1"
    verdict: str = "fund"
    amount: float | None = 60.0
    owner_role: str = ""
    decided: str = "2026-06-01"
    due: str = ""
    done: str = ""
    evidence: str = ""
    note: str = ""


@pytest.fixture
def whole(world):
    """I1 has everything, I2 a case alone."""
    moments = pd.DataFrame(
        [("M1", "First week", "one person", 48.0), ("M2", "Outage", "nobody", None)],
        columns=["moment_id", "moment", "owned_by", "sla_hours"],
    )
    matrix = pd.DataFrame(
        [("M1", "voc", "present"), ("M1", "crm", "none"), ("M2", "voc", "declared only")],
        columns=["moment_id", "signal", "status"],
    )
    given = {
        "traceability": world.trace(),
        "cases": world.cases(
            world.case("I1", benefit=500, cancellable=60), world.case("I2", benefit=10, cancellable=200)
        ),
        "signals": world.Signals(as_of=world.AS_OF, tables={"matrix": matrix}),
        "register": world.Register(as_of=world.AS_OF, tables={"moments": moments}),
        "effects": world.effects(("I1", "A", "cut", "good")),
        "pnl": world.pnl(("E1", "I1", 400.0, 200.0, 600.0, "claimed")),
        "decisions": [Decision()],
    }
    return SimpleNamespace(given=given, found=ledger(world.tables(), **given))


def test_every_initiative_is_one_row_of_eight_cells(world, whole):
    chain = whole.found.frame("chain")
    assert chain.groupby("initiative_id", sort=False)["step"].agg(list).to_dict() == {
        i: list(STEPS) for i in ("I1", "I2", "I3", "I4", "I5")
    }
    wide = whole.found.frame("initiatives").set_index("initiative_id")
    assert wide.loc["I1", [f"{s}_status" for s in STEPS]].to_list() == [
        "present",  # a randomised link reaches the goal
        "present",
        "present",
        "present",
        "present",
        "present",
        "weak",  # claimed money, not validated
        "present",
    ]
    assert wide.loc["I1", "experiment"] == "−2.0 points (−3.0 to −1.0 points), cut; randomised"
    assert wide.loc["I1", "realised"] == "$400 a year ($200 to $600) on Subscriptions, claimed"
    assert wide.loc["I1", "owner"] == "Journey Owners, limit 48 hours"
    assert wide.loc["I3", "n_gaps"] == 8
    assert wide.loc["I2", "owner_status"] == "weak"  # its moment has no owner
    assert wide.loc["I2", "signal"] == "Outage: voc declared, no data"
    assert wide.loc["I2", "hypothesis"] == "if … then (lacks an amount)"


def test_cells_lead_to_the_findings_behind_them(whole):
    chain = whole.found.frame("chain").set_index(["initiative_id", "step"])
    assert chain.loc[("I1", "experiment"), "finding_key"] == "prove.effect:I1:E1"
    assert chain.loc[("I1", "goal"), "finding_key"] == "align.traceability.coverage"
    assert chain.loc[("I1", "experiment"), "grade"] == "A"


def test_unbroken_chains_and_money_on_proof_are_counted_over_live_initiatives(whole):
    said = {f.key: f for f in whole.found.findings}
    assert said["govern.ledger.unbroken"].title.startswith("1 of 4 live initiatives has an unbroken chain")
    assert said["govern.ledger.proof_budget"].value == pytest.approx(100 / 650)
    assert said["govern.ledger.step:experiment"].title == "3 of 4 live initiatives have no test; they hold $550"
    assert said["govern.ledger.contribution"].value == 2
    assert {f.id for f in whole.found.findings} <= set(FINDINGS)


@pytest.mark.parametrize("absent", ["traceability", "cases", "signals", "register", "effects", "pnl", "decisions"])
def test_a_result_that_is_not_there_leaves_gaps_and_nothing_else(world, whole, absent):
    given = dict(whole.given) | {absent: () if absent == "decisions" else None}
    found = ledger(world.tables(), **given)
    step = {"traceability": "goal", "signals": "signal", "effects": "experiment", "pnl": "realised"}.get(absent)
    wide = found.frame("initiatives").set_index("initiative_id")
    if step:
        assert wide.loc["I1", f"{step}_status"] == "gap"
    assert len(wide) == 5


def test_without_initiatives_there_is_a_gap_that_names_them(world):
    found = ledger(world.tables(initiatives=None))
    assert [str(m) for m in found.gaps[0].needs] == ["initiatives (initiative_id, initiative)"]
    assert not found.tables


def test_proof_is_chosen_without_looking_at_its_outcome(world, whole):
    effects = world.effects(("I1", "E", "higher", "good"), ("I1", "A", "cannot tell", "unknown"))
    wide = ledger(world.tables(), **whole.given | {"effects": effects}).frame("initiatives").set_index("initiative_id")
    assert wide.loc["I1", ["grade", "outcome", "experiment_status"]].to_list() == ["A", "open", "weak"]


def test_a_blocked_test_carries_no_grade(world, whole):
    effects = world.effects(("I1", "A", "blocked", "bad"))
    wide = ledger(world.tables(), **whole.given | {"effects": effects}).frame("initiatives").set_index("initiative_id")
    assert wide.loc["I1", ["grade", "outcome"]].to_list() == ["E", "open"]
    assert wide.loc["I1", "experiment"] == "blocked: the split does not match its plan"


def test_a_decision_taken_later_is_not_there_yet(world, whole):
    later = [Decision(decided="2026-07-01"), Decision(decision_id="D2", decided="2026-01-05", due="2026-02-01")]
    wide = ledger(world.tables(), **whole.given | {"decisions": later}).frame("initiatives").set_index("initiative_id")
    assert wide.loc["I1", "decision"] == "fund $60.0, 2026-01-05, overdue"
    assert wide.loc["I1", "decision_status"] == "weak"


def test_people_are_not_named_and_hostile_text_stays_text(world, whole):
    evil = world.INITIATIVES.copy()
    evil.loc[0, "initiative"] = "<script>alert(1)</script>' OR 1=1; --"
    found = ledger(world.tables(initiatives=evil), **whole.given)
    everything = found.model_dump_json() + found.frame("chain").to_csv()
    assert "Ada" not in everything
    assert "<script>alert(1)</script>' OR 1=1; --" in set(found.frame("initiatives")["initiative"])


class Rows(Result):
    """A result of another stage with one table."""

    stage: ClassVar[str] = "prove"
    name: ClassVar[str] = "rows"


def given(name: str, *rows: dict) -> Rows:
    return Rows(as_of=AS_OF, tables={name: pd.DataFrame(list(rows))})


def chain_of(result, id_: str, step: str) -> dict:
    rows = result.tables["chain"].to_pylist()
    return next(r for r in rows if r["initiative_id"] == id_ and r["step"] == step)


def test_a_hypothesis_names_the_hash_it_was_registered_under_and_a_change_weakens_it() -> None:
    row = {"experiment_id": "X1", "initiative_id": "I1", "hash": "0123456789abcdef", "registered": date(2026, 1, 5)}
    kept = ledger(tables(), traceability=trace(), designs=given("designs", row | {"departed": False}))
    cell = chain_of(kept, "I1", "hypothesis")
    assert cell["text"].endswith("registered: X1 2026-01-05 as 01234567")
    assert cell["status"] == "present"
    moved = ledger(tables(), traceability=trace(), designs=given("designs", row | {"departed": True}))
    assert chain_of(moved, "I1", "hypothesis")["status"] == "weak"


def test_what_finance_signed_stands_side_by_side_and_is_never_added_up() -> None:
    row = {"initiative_id": "I1", "pnl_line": "Revenue", "status": "booked", "claimed": 90.0, "claimed_months": "m"}
    row |= {"validated": None, "validated_months": None, "booked": 40.0, "booked_months": "2026-01 to 2026-03"}
    cell = chain_of(ledger(tables(), realised=given("sides", row)), "I1", "realised")
    assert "$40.0 booked (2026-01 to 2026-03)" in cell["text"]
    assert "$90.0 claimed" in cell["text"]
    assert "130" not in cell["text"]
    assert (cell["status"], cell["finding_key"]) == ("present", "prove.realised.booked")


def test_proof_without_a_draw_counts_beside_experiments() -> None:
    row = {"experiment_id": "Q1", "initiative_id": "I2", "arm": "on", "design": "did", "verdict": "lower"}
    row |= {"tone": "good", "grade": "C", "registered": date(2026, 1, 5)}
    made = ledger(tables(), effects=(given("effects"), given("effects", row)))
    assert "held against groups not reached" in chain_of(made, "I2", "experiment")["text"]


def test_a_decision_carries_its_score() -> None:
    decided = Decision(decided="2025-10-01")
    row = {"initiative_id": "I1", "months": 6, "ratio": 0.62, "hit": False, "state": "scored"}
    cell = chain_of(ledger(tables(), decisions=[decided], scored=given("scored", row)), "I1", "decision")
    assert "62 % of what was forecast came within 6 months, outside its interval" in cell["text"]

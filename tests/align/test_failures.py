from datetime import date

import pandas as pd
import pytest

from cxkit.align import failure_screen, traceability
from cxkit.align.catalogue import FINDINGS
from cxkit.align.failures import MODES
from cxkit.tables.engine import Tables

INITIATIVES = pd.DataFrame(
    [
        ["I1", "Welcome call", "churn", "Ada", "Journey Owners", True, 100_000, "product"],
        ["I2", "Shared thing", "nps", "Ada / Ben", None, True, 0, "project"],
        ["I3", "Orphan", "likes", None, None, False, 50_000, "project"],
        ["I4", "Silent", None, None, "CXO/PMO", None, None, None],
    ],
    columns=["initiative_id", "initiative", "metric_id", "owner", "owner_role", "funded", "budget", "framing"],
)
SHEETS = {
    "goals": pd.DataFrame(
        [
            {"goal_id": "G1", "goal": "Keep them", "type": "margin"},
            {"goal_id": "G2", "goal": "Be loved", "type": "brand"},
        ]
    ),
    "key_results": pd.DataFrame(
        [
            {"kr_id": "K1", "goal_id": "G1", "key_result": "Churn", "metric_id": "churn"},
            {"kr_id": "K2", "goal_id": "G2", "key_result": "Score", "metric_id": "nps"},
        ]
    ),
    "metrics": pd.DataFrame(
        [
            {"metric_id": "churn", "metric": "Churn", "kind": "cx_outcome"},
            {"metric_id": "nps", "metric": "NPS", "kind": "cx_outcome"},
            {"metric_id": "likes", "metric": "Likes", "kind": "activity"},
            {"metric_id": "sales", "metric": "Sales", "kind": "business"},
        ]
    ),
    "initiatives": INITIATIVES,
}


def screen(**sheets):
    given = {k: v for k, v in (SHEETS | sheets).items() if v is not None}
    tables = Tables.from_frames(given, as_of=date(2026, 6, 30))
    return failure_screen(tables, traceability(tables))


def verdicts(found):
    return found.frame("initiatives").pivot(index="initiative_id", columns="mode", values="verdict")


def test_screen_gives_each_initiative_a_verdict_in_each_mode():
    found = verdicts(screen())
    want = {
        "I1": ["passes", "passes", "passes", "passes", "passes"],
        "I2": ["passes", "fails", "fails", "fails", "fails"],  # shared owner; no money; only a brand goal
        "I3": ["fails", "fails", "fails", "fails", "fails"],
        "I4": ["fails", "passes", "cannot tell", "fails", "cannot tell"],
    }
    assert {i: [found.loc[i, m] for m in MODES] for i in want} == want


def test_screen_overall_counts_and_names_the_evidence():
    found = screen()
    modes = found.frame("modes").set_index("mode")
    assert modes.loc["no_funding", ["fails", "passes", "cannot_tell"]].to_list() == [2, 1, 1]
    assert modes.loc["no_owner", "evidence"] == (
        "Shared thing: several people share it, so that nobody answers for it alone; "
        "Orphan: neither an owner nor an owner role is written down"
    )
    several = found.finding("align.failures.several")
    assert several.title == "2 initiatives fail three or more of five tests; together they hold €50.0\u202fk"


def test_a_metric_that_leads_to_a_business_metric_is_no_vanity():
    links = pd.DataFrame([{"from_id": "likes", "to_id": "sales", "status": "correlational"}])
    found = screen(links=links)
    rows = found.frame("initiatives").set_index(["initiative_id", "mode"])
    assert rows.loc[("I3", "vanity_metric"), "evidence"] == "Likes leads to Sales (correlational)"


def test_a_business_case_alone_does_not_explain_the_metric():
    benefits = pd.DataFrame([{"benefit_id": "B1", "initiative_id": "I3", "block": "revenue"}])
    rows = screen(benefits=benefits).frame("initiatives").set_index(["initiative_id", "mode"])
    assert rows.loc[("I3", "vanity_metric"), "verdict"] == "fails"
    assert rows.loc[("I3", "vanity_metric"), "evidence"].endswith("though its business case claims revenue")


@pytest.mark.parametrize(
    ("sheet", "kept", "mode"),
    [
        ("initiatives", ["initiative_id", "initiative", "owner", "funded", "metric_id"], "project_framing"),
        ("initiatives", ["initiative_id", "initiative", "owner", "framing", "metric_id"], "no_funding"),
        ("initiatives", ["initiative_id", "initiative", "funded", "framing", "metric_id"], "no_owner"),
        ("initiatives", ["initiative_id", "initiative", "owner", "funded", "framing"], "vanity_metric"),
        ("goals", None, "no_traceability"),
    ],
)
def test_a_mode_without_its_column_cannot_be_told(sheet, kept, mode):
    found = screen(**{sheet: SHEETS[sheet][kept] if kept else None})
    assert f"align.failures.{mode}" in {g.id for g in found.gaps}
    assert found.frame("modes").set_index("mode").loc[mode, "verdict"] == "cannot tell"
    assert all(g.needs for g in found.gaps)


def test_nothing_supplied_leaves_five_modes_that_cannot_be_told():
    found = screen(**dict.fromkeys(SHEETS))
    assert found.frame("modes")["verdict"].to_list() == ["cannot tell"] * 5
    assert not found.findings
    assert {g.id for g in found.gaps} <= set(FINDINGS)


def test_ids_are_catalogued_and_people_are_not_named():
    found = screen()
    assert {f.id for f in found.findings} <= set(FINDINGS)
    assert "Ada" not in found.model_dump_json() + found.frame("initiatives").to_csv()

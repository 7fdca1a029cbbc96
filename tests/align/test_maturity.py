from datetime import date

import pandas as pd

from cxkit import shipped
from cxkit.align import self_assessment
from cxkit.align.catalogue import FINDINGS
from cxkit.tables.authored import ROLES
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.engine import Tables

SIX = [c["id"] for c in shipped.yaml("playbook/maturity.yml")["capabilities"]]


def assessed(rows):
    columns = ["capability", "assessed", "current", "target", "evidence"]
    sheets = {"maturity": pd.DataFrame(rows, columns=columns)} if rows else {}
    return self_assessment(Tables.from_frames(sheets, as_of=date(2026, 6, 30)))


def test_matrix_is_complete_and_agrees_with_the_contract():
    matrix = shipped.yaml("playbook/maturity.yml")
    assert tuple(SIX) == CONTRACTS["maturity"].column("capability").allowed
    for words in matrix["capabilities"]:
        assert len(words["levels"]) == len(matrix["levels"]) == 5
        assert words["owner_role"] in ROLES
        assert all(words[k] for k in ("name", "from", "to", "primary_kpi"))


def test_all_six_rows_stand_with_nothing_supplied():
    found = assessed([])
    assert found.frame("capabilities")["capability"].to_list() == SIX
    assert [g.subject for g in found.gaps] == SIX
    assert [str(g.needs[0]) for g in found.gaps] == ["maturity (capability, assessed, current)"] * 6
    assert not found.findings


def test_latest_assessment_counts_and_movement_is_since_the_one_before():
    found = assessed(
        [
            ["scorecard", "2025-06-30", 1, 3, "old"],
            ["scorecard", "2026-01-31", 3, 4, None],
            ["enablement", "2026-01-31", 2, None, "two playbooks"],
            ["scorecard", "2026-07-01", 5, 5, "not there yet on the day"],
        ]
    )
    rows = found.frame("capabilities").set_index("capability")
    assert rows.loc["scorecard", ["current", "target", "to_go", "previous", "movement"]].to_list() == [3, 4, 1, 1, 2]
    assert rows.loc["enablement", ["current"]].to_list() == [2]
    assert rows["movement"].isna().sum() == 5
    assert len(found.gaps) == 4
    assert found.finding("align.maturity.overall").title == (
        "1 of 2 self-assessed capabilities stands at level 1 or 2 of 5"
    )
    assert found.finding("align.maturity.capability", subject="scorecard").title == (
        "Scorecard is self-assessed at level 3 of 5, with 4 as the target"
    )
    assert found.finding("align.maturity.no_evidence").title == "1 of 2 self-assessed levels comes without evidence"
    assert {x.id for x in (*found.findings, *found.gaps)} <= set(FINDINGS)


def test_a_level_outside_the_scale_is_not_a_level():
    found = assessed([["scorecard", "2026-01-31", 9, 4, "x"], ["unknown", "2026-01-31", 2, 4, "x"]])
    assert len(found.gaps) == 6

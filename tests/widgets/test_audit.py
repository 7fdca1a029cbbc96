"""The panel over the audit: left alone it is the batch, and no choice shows what the batch withholds."""

from datetime import date

import pandas as pd
import pytest

from cxkit.align.audit import AlignmentAudit, alignment_audit
from cxkit.align.audit_instrument import instrument
from cxkit.tables.engine import Tables
from cxkit.widgets.audit import WITHHELD, audit

SIZES = {("North", "manager"): 6, ("North", "frontline"): 9, ("South", "manager"): 3, ("South", "frontline"): 12}


@pytest.fixture(scope="module")
def found() -> AlignmentAudit:
    rows = [
        (f"{team}{level}{n}", team, level, "2026-09-14", item.id, 1 + (n + k) % 5)
        for (team, level), people in SIZES.items()
        for n in range(people)
        for k, item in enumerate(instrument().items)
    ]
    frame = pd.DataFrame(rows, columns=["respondent", "team", "level", "wave", "item_id", "score"])
    return alignment_audit(Tables.from_frames({"audit": frame}, as_of=date(2026, 10, 31)))


def test_panel_left_alone_shows_the_batch(found: AlignmentAudit) -> None:
    panel = audit(found)
    batch = [
        r for r in found.tables["scales"].to_pylist()
        if r["group"] == "all" and r["family"] in {"overall", "dimension", "c"}
    ]  # fmt: skip
    assert panel.rows == batch
    assert next(f.id for f in panel.shown) == "align.audit.overall"
    assert panel.shown[0].title in panel.answer.value
    panel.level.value = "manager"
    assert panel.shown == ()
    panel.reset.click()
    assert panel.rows == batch


def test_panel_withholds_under_every_choice(found: AlignmentAudit) -> None:
    panel = audit(found)
    held = 0
    for team in ("", "North", "South"):
        for level in ("", "manager", "frontline"):
            for c in ("", "core"):
                panel.team.value, panel.level.value, panel.c.value = team, level, c
                assert panel.rows
                for row in (*panel.rows, *panel.items):
                    people = SIZES.get((team, level), 30)
                    assert not (people < 5 and not row["hidden"])
                    if row["hidden"]:
                        held += 1
                        assert row["n"] is row["score"] is row["low"] is row["high"] is None
                        assert WITHHELD in panel.answer.value
    assert held, "the small cell and those that would tell of it are hidden"


def test_panel_of_one_c_shows_its_fields_and_questions(found: AlignmentAudit) -> None:
    panel = audit(found)
    panel.c.value = "career"
    assert [r["scale"] for r in panel.rows] == ["career", "strategic.career", "operational.career", "cultural.career"]
    assert len(panel.items) == 6
    assert "worn out to care about customers. (turned round)" in panel.answer.value


def test_panel_without_an_audit_says_so() -> None:
    empty = alignment_audit(Tables.from_frames({}, as_of=date(2026, 10, 31)))
    assert audit(empty).answer.value == "<p>Nobody has answered the alignment audit yet.</p>"


def test_panel_never_runs_what_a_client_wrote() -> None:
    rows = [
        (f"p{n}", "<img src=x onerror=alert(1)>", "manager", "2026-09-14", item.id, 3)
        for n in range(6)
        for item in instrument().items
    ]
    frame = pd.DataFrame(rows, columns=["respondent", "team", "level", "wave", "item_id", "score"])
    panel = audit(alignment_audit(Tables.from_frames({"audit": frame}, as_of=date(2026, 10, 31))))
    panel.team.value = panel.team.options[1][1]
    assert "<img" not in panel.answer.value

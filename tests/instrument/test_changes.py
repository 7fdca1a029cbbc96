"""From feedback to structural change: traced, counted before and after, never called a cause."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from cxkit import shipped
from cxkit.instrument import code_frame, structural_change
from cxkit.instrument.catalogue import FINDINGS
from cxkit.tables.engine import Tables

FRAME = code_frame(
    shipped.yaml("playbook/taxonomy.yml"),
    {"version": 1, "bridges": [{"from": "old.queue", "to": ["time.wait"], "since": 1}]},
)
CHANGES = pd.DataFrame(
    [
        ("C1", "old.queue", "Six more at the phones", "2026-01-10"),
        ("C2", "strange thing", "A new logo", "2026-01-10"),
        ("C3", "rude", "Training of tone", "2026-06-05"),
    ],
    columns=["change_id", "theme", "change", "changed"],
)


def answers(after: float, months: int = 14, each: int = 80, seed: int = 1) -> pd.DataFrame:
    """Every month as many answers; waiting is in 30 % of them, times `after` from February 2026 on."""
    rng = np.random.default_rng(seed)
    rows = []
    for month in range(months):
        year, at = divmod(month + 4, 12)
        share = 0.3 * (after if (year, at + 1) >= (1, 2) else 1.0)
        for i in range(each):
            text = (
                "we waited for hours"
                if rng.random() < share
                else ("they were rude" if rng.random() < 0.4 else "expensive")
            )
            rows.append((f"r{month}-{i}", f"a{month}-{i}", f"{2025 + year}-{at + 1:02d}-15", text))
    frame = pd.DataFrame(rows, columns=["response_id", "account_id", "answered", "verbatim"])
    return frame.assign(metric="nps", score=2.0)


def of(**frames: pd.DataFrame) -> Tables:
    return Tables.from_frames(frames, as_of=date(2026, 6, 30))


def test_a_change_is_laid_against_everything_else():
    result = structural_change(of(surveys=answers(0.4), changes=CHANGES), frame=FRAME)
    row = result.frame("effects").set_index("change_id").loc["C1"]
    assert (row["months_before"], row["months_after"]) == (8, 5)
    assert row["ratio"] == pytest.approx(0.4 * 0.7 / 0.88, abs=0.1)  # 0.12 to 0.88 against 0.3 to 0.7
    assert row["verdict"] == "fall"
    assert row["grade"] == "D"
    found = result.finding("instrument.changes.effect", subject="C1 answers")
    assert "After “Six more at the phones”" in found.title
    assert "need not come from it" in found.detail
    assert found.low < row["ratio"] < found.high < 1


def test_without_a_change_nothing_is_claimed_and_too_early_is_said():
    result = structural_change(of(surveys=answers(1.0), changes=CHANGES), frame=FRAME)
    rows = result.frame("effects").set_index("change_id")
    assert rows.loc["C1", "verdict"] == "no difference"
    assert rows.loc["C3", "verdict"] == "too early"
    gap = next(g for g in result.gaps if g.subject == "C3")
    assert "Fewer than three complete months" in gap.reason


def test_what_traces_to_nothing_and_what_is_not_acted_on_is_named():
    result = structural_change(of(surveys=answers(1.0), changes=CHANGES), frame=FRAME)
    untraced = result.finding("instrument.changes.untraced")
    assert untraced.value == 1
    assert "A new logo" in untraced.detail
    unheard = result.finding("instrument.changes.unheard")
    assert unheard.subject == "price.level"
    themes = result.frame("themes").set_index("theme")
    assert themes["acted"].to_dict() == {"time.wait": True, "people.tone": True, "price.level": False}


def test_days_from_the_first_signal_are_at_least_so_many_where_records_begin_with_it():
    rows = (
        structural_change(of(surveys=answers(1.0), changes=CHANGES), frame=FRAME)
        .frame("changes")
        .set_index("change_id")
    )
    assert rows.loc["C1", "lag_days"] == (date(2026, 1, 10) - date(2025, 5, 15)).days
    assert rows.loc["C1", "at_least"]
    assert rows.loc["C2", "theme"] == ""
    assert pd.isna(rows.loc["C2", "lag_days"])


def test_ticket_reasons_are_feedback_too():
    months = [f"2025-{m:02d}-10" for m in range(6, 13)] + [f"2026-{m:02d}-10" for m in range(1, 7)]
    rows = [
        (f"t{m}-{i}", d, "card" if i < (10 if d < "2026-01-20" else 3) else "outage")
        for m, d in enumerate(months)
        for i in range(30)
    ]
    tickets = pd.DataFrame(rows, columns=["ticket_id", "opened", "reason"])
    change = pd.DataFrame(
        {"change_id": ["P"], "theme": ["Paying"], "change": ["Cards kept"], "changed": ["2026-01-10"]}
    )
    result = structural_change(of(tickets=tickets, changes=change), frame=FRAME)
    row = result.frame("effects").iloc[0]
    assert (row["signal"], row["theme"], row["before"], row["after"]) == ("tickets", "billing.payment", 70, 15)
    assert row["verdict"] == "fall"


def test_a_term_within_a_long_phrase_is_no_reason():
    change = pd.DataFrame(
        {"change_id": ["N"], "theme": ["no notice of outages at night"], "change": ["x"], "changed": ["2026-01-10"]}
    )
    rows = structural_change(of(surveys=answers(1.0), changes=change), frame=FRAME).frame("changes")
    assert rows["reason"].tolist() == [""]


def test_what_is_missing_is_named_and_every_id_is_listed():
    empty = structural_change(of(), frame=FRAME)
    assert not empty.findings
    assert {g.id for g in empty.gaps} == {i for i in FINDINGS if i.startswith("instrument.changes.")}
    full = structural_change(of(surveys=answers(0.4), changes=CHANGES), frame=FRAME)
    assert {f.id for f in full.findings} == {i for i in FINDINGS if i.startswith("instrument.changes.")}


@pytest.mark.heavy
def test_a_change_without_an_effect_is_rarely_called_a_fall():
    """150 seeds without any effect: the share of the detector is 0.2 %, so that more than three would be a fault."""
    false = 0
    for seed in range(150):
        rows = structural_change(of(surveys=answers(1.0, seed=seed), changes=CHANGES.head(1)), frame=FRAME).frame(
            "effects"
        )
        false += rows["verdict"].isin(["fall", "rise"]).any()
    assert false <= 3

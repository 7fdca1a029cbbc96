"""The decision form: the plan's own proposal with its evidence; it writes what the command writes, once."""

# ruff: noqa: E501  rows read best as rows
from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pandas as pd
import pytest

from cxkit.engagement import decisions
from cxkit.engagement.store import read_store
from cxkit.records import Finding, Result
from cxkit.widgets.decisions import decision_form

EVIL = "<script>alert(1)</script>"


class Council(Result):
    stage: ClassVar[str] = "govern"
    name: ClassVar[str] = "council"


class Information(Result):
    stage: ClassVar[str] = "govern"
    name: ClassVar[str] = "information"


class Experiments(Result):
    stage: ClassVar[str] = "prove"
    name: ClassVar[str] = "experiments"


@pytest.fixture
def desk(tmp_path: Path) -> Any:
    folder = tmp_path / "data" / "acme"
    folder.mkdir(parents=True)
    (folder / "client.yml").write_text("name: Acme\n", encoding="utf-8")
    place = tmp_path / "runs" / "acme" / "2026-01-31" / "results"
    place.mkdir(parents=True)
    record = {"key": "prove.effect:I1:X", "id": "prove.effect", "initiative": "I1", "sources": []}
    (place / "findings.json").write_text(json.dumps([record]), encoding="utf-8")
    return SimpleNamespace(
        name="acme",
        folder=folder,
        runs=tmp_path / "runs" / "acme",
        store=read_store(folder),
        tables=SimpleNamespace(currency="USD"),
    )


@pytest.fixture
def council() -> Council:
    needed = {"reason": "proof A", "chain": "Goal: present · Proof: gap", "owner_role": "CX Council/Finance"}
    return Council(
        as_of="2026-01-31",
        tables={
            "needed": pd.DataFrame(
                [
                    {"initiative_id": "I2", "initiative": EVIL, "verdict": "stop", "amount": 0.0, "state": "decided", **needed},
                    {"initiative_id": "I1", "initiative": "Call", "verdict": "fund", "amount": 900.0, "state": "open", **needed},
                ]
            ),
            "options": pd.DataFrame(
                [{"initiative_id": "I1", "option": "next best", "says": f"give half {EVIL}", "position": 2}]
            ),
            "rights": pd.DataFrame([{"initiative_id": "I1", "state": "above the limit", "says": "more than $50"}]),
            "challenges": pd.DataFrame([{"finding": "prove.effect:I1:X", "state": "open", "says": "Too few weeks"}]),
        },
    )  # fmt: skip


def form(desk: Any, council: Council) -> Any:
    effect = Finding(
        id="prove.effect", stage="prove", title="It cut churn", grade="A", initiative="I1", subject="X", value=-0.02
    )
    worth = Information(as_of="2026-01-31", tables={"tests": pd.DataFrame({"initiative_id": ["I1"], "net": [1234.0]})})
    return decision_form(desk, council, [Experiments(as_of="2026-01-31", findings=(effect,)), worth])


def test_left_alone_it_proposes_what_the_plan_asks_and_writes_nothing(desk, council):
    made = form(desk, council)
    assert (made.initiative.value, made.verdict.value, made.amount.value) == ("I1", "fund", "900.00")
    shown = made.evidence.value
    for said in ("It cut churn", "Proof: gap", "more than $50", "Too few weeks", "$1.23\u202fk", "proof A"):
        assert said in shown
    assert "<script>" not in shown
    assert not (desk.folder / "history").exists()


def test_it_asks_once_more_and_writes_what_the_command_writes(desk, council):
    made = form(desk, council)
    made.decided.value, made.note.value = "2026-02-05", "it works"
    made.record.click()
    assert not (desk.folder / "history").exists()
    assert "Click once more" in made.message.value
    made.record.click()
    (line,) = decisions.lines(desk.folder)
    assert (line.verdict, line.initiative_id, line.amount, line.note) == ("fund", "I1", 900.0, "it works")
    assert line.findings == ("prove.effect:I1:X",)
    assert made.recorded == [line]
    assert "Recorded as D1" in made.message.value
    assert desk.store.decisions == (line,)


def test_a_change_in_between_takes_the_yes_back(desk, council):
    made = form(desk, council)
    made.record.click()
    made.amount.value = "12"
    made.record.click()
    assert "Click once more" in made.message.value
    assert not (desk.folder / "history").exists()


def test_who_comes_second_is_told(desk, council):
    made = form(desk, council)
    runs = desk.runs.parent
    decisions.record("acme", verdict="stop", decided="2026-02-01", data_dir=desk.folder.parent, runs_dir=runs)
    made.record.click()
    made.record.click()
    assert "changed by somebody else" in made.message.value
    assert len(decisions.lines(desk.folder)) == 1


@pytest.mark.parametrize("wrong", ["a lot", "1 to 2"])
def test_an_amount_that_is_none_is_named(desk, council, wrong):
    made = form(desk, council)
    made.amount.value = wrong
    made.record.click()
    assert "is no amount of money" in made.message.value


def test_a_wrong_day_is_told_in_words(desk, council):
    made = form(desk, council)
    made.due.value = "soon"
    made.record.click()
    made.record.click()
    assert "write a day as YYYY-MM-DD" in made.message.value
    assert not (desk.folder / "history" / "decisions.jsonl").exists()

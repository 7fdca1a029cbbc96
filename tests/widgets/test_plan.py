"""The panel of the plan: left alone it shows the batch, moved it shows another plan, and Save writes the overlay."""

import shutil
import time
from pathlib import Path

import pytest

from cxkit import align, govern, instrument, orchestrate, prove, quantify
from cxkit.engagement.desk import open_desk
from cxkit.engagement.store import read_store
from cxkit.widgets import plan as panels
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory):
    data = tmp_path_factory.mktemp("plan") / "data"
    shutil.copytree(
        ROOT / "data" / "brightline", data / "brightline", ignore=shutil.ignore_patterns("work", "notebooks")
    )
    desk = open_desk("govern", client="brightline", data_dir=data)
    cases = desk.load(quantify.BusinessCases)
    evidence = {"traceability": desk.load(align.Traceability), "cases": cases}
    evidence |= {"signals": desk.load(instrument.SignalMap), "register": desk.load(orchestrate.MomentRegister)}
    evidence |= {"effects": desk.load(prove.Experiments), "pnl": desk.load(prove.PnlBridge)}
    ledger = govern.ledger(desk.tables, decisions=desk.decisions, **evidence)
    portfolio = govern.portfolio(ledger, cases, discount_rate=desk.settings.discount_rate)
    gains = quantify.gain_draws(cases, draws=4000)
    return desk, portfolio, {"gains": gains, "cases": cases, "decisions": desk.decisions}


@pytest.fixture(scope="module")
def batch(given):
    desk, portfolio, more = given
    return govern.allocation(
        portfolio, tables=desk.tables, budget=desk.settings.budget, seed=desk.seed, redraws=0, **more
    )


def test_left_alone_it_shows_the_batch_and_moves_with_budget_people_and_what_is_kept(given, batch) -> None:
    desk, portfolio, more = given
    made = panels.plan(desk, portfolio, batch=batch, **more)
    head = batch.finding("govern.allocation.plan")
    assert made.shown[0] == head
    assert made.apart.value == ""
    assert panels.plan(desk, portfolio, **more).shown[0] == head, "without the batch's result it comes to the same"

    made.inputs["budget"].value = 45_000
    assert made.shown[0] != head
    assert "Not the batch" in made.apart.value
    assert any("against the batch" in line for line in made.answered.lines)
    assert made.answered.alt
    made.reset.click()
    assert made.shown[0] == head

    made.keep.value = ("I6",)
    assert any(line.startswith("Keep: Journey redesign") for line in made.answered.lines)
    assert made.apart.value == "", "a trial is no assumption"
    made.keep.value = ()
    assert made.shown[0] == head


def test_limits_that_conflict_are_named_in_the_panel(given, batch) -> None:
    desk, portfolio, more = given
    made = panels.plan(desk, portfolio, batch=batch, **more)
    made.keep.value = ("I1", "I5")
    made.inputs["budget"].value = 30_000
    assert made.shown[0].id == "govern.allocation.infeasible"


def test_saving_writes_the_overlay(given, batch) -> None:
    desk, portfolio, more = given
    made = panels.plan(desk, portfolio, batch=batch, **more)
    made.inputs["budget"].value = 45_000
    made.save.click()
    assert read_store(Path(desk.folder)).parameters["budget"] == 45_000
    again = open_desk("govern", client="brightline", data_dir=desk.folder.parent).settings
    limits = {name: getattr(again, name) for name in panels.MOVED}
    said = govern.allocation(portfolio, tables=desk.tables, seed=desk.seed, redraws=0, **limits, **more)
    assert made.shown[0] == said.finding("govern.allocation.plan"), "what is saved is what a new kernel computes"


@pytest.mark.heavy
def test_an_answer_takes_about_a_second(given, batch) -> None:
    desk, portfolio, more = given
    made = panels.plan(desk, portfolio, batch=batch, **more)
    begun = time.process_time()
    made.inputs["budget"].value = 50_000
    assert time.process_time() - begun < 4, "a live answer; two cores are shared by the tests"

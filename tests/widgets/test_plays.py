"""The play editor: the batch's numbers until it is moved, nothing saved until asked, nobody overwritten."""

from __future__ import annotations

import shutil
import time

import pytest

from cxkit import orchestrate
from cxkit.engagement.desk import Desk, open_desk
from cxkit.engagement.store import read_store, write_store
from cxkit.widgets.plays import PlayEditor, play_editor
from tests.conftest import ROOT

IDS = ("orchestrate.plays.raised", "orchestrate.plays.backtest")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    data = tmp_path_factory.mktemp("plays") / "data"
    shutil.copytree(ROOT / "data" / "northbeam", data / "northbeam", ignore=shutil.ignore_patterns("work", "notebooks"))
    return open_desk("orchestrate", client="northbeam", data_dir=data)


@pytest.fixture
def made(desk: Desk) -> PlayEditor:
    (desk.folder / "engagement.json").unlink(missing_ok=True)
    desk.store = read_store(desk.folder)
    return play_editor(desk)


def test_left_alone_it_shows_the_batchs_numbers_for_every_play(desk: Desk, made: PlayEditor) -> None:
    batch = orchestrate.plays(
        desk.tables,
        register=desk.plays,
        window_months=desk.settings.window_months,
        loop_sla_hours=desk.settings.loop_sla_hours,
    )
    for play in ("call_back_unhappy", "take_over_repeat", "own_the_moment"):
        made.play.value = play
        told = [f for f in batch.findings if f.id in IDS and f.subject == play]
        assert [f for f in made.shown if f.id in IDS] == told
        assert made.apart.value == ""


def test_a_moved_number_moves_today_and_the_backtest_and_is_set_apart(made: PlayEditor) -> None:
    made.play.value = "call_back_unhappy"
    before, begun = made.result, time.perf_counter()
    made.inputs["unhappy_answer.within_days"].value = 7
    assert time.perf_counter() - begun < 20
    assert made.result is not None
    assert made.result.frame("plays")["raised"][0] < before.frame("plays")["raised"][0]
    assert not made.result.frame("backtest").equals(before.frame("backtest"))
    assert "Not the batch" in made.apart.value
    assert "in the last 7 days" in made.says.value
    made.reset.click()
    assert made.result.frame("backtest").equals(before.frame("backtest"))
    assert made.apart.value == ""


def test_saving_writes_only_what_was_moved_and_the_next_desk_has_it(desk: Desk, made: PlayEditor) -> None:
    made.play.value = "call_back_unhappy"
    made.inputs["unhappy_answer.within_days"].value = 14
    made.save.click()
    assert read_store(desk.folder).plays == (
        {"id": "call_back_unhappy", "numbers": {"unhappy_answer.within_days": 14}},
    )
    assert "Saved" in made.message.value
    assert made.apart.value == ""
    made.inputs["unhappy_answer.within_days"].value = 30
    made.save.click()
    assert read_store(desk.folder).plays == ()


def test_it_never_overwrites_somebody_else_and_words_a_wrong_number(desk: Desk, made: PlayEditor) -> None:
    made.play.value = "usage_falls"
    made.inputs["usage_falls.over_days"].value = 30
    assert "steps of 7" in made.message.value
    made.inputs["usage_falls.over_days"].value = 35
    assert made.message.value == ""
    store = read_store(desk.folder)
    write_store(desk.folder, store.model_copy(update={"parameters": {"window_months": 9}}), expected=store.revision)
    made.save.click()
    assert "changed by somebody else" in made.message.value
    assert read_store(desk.folder).plays == ()

"""Stages of a client side by side: in the order of what they rest on, as many as there is room for, ended together."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

from cxkit import STAGES, errors
from cxkit.batch import pool, template
from cxkit.batch.abreast import LONGEST_FIRST, RESTS_ON, Course, Room
from cxkit.batch.engine import Outcome
from cxkit.batch.run import read_runs
from tests.conftest import Ran

pytestmark = pytest.mark.skipif(bool(template.why_cold()), reason=f"no warm kernels here: {template.why_cold()}")
MEET = """
import pathlib, time
pathlib.Path({mine!r}).touch()
until = time.monotonic() + 30
while not pathlib.Path({other!r}).exists():
    assert time.monotonic() < until, "the other one does not run"
    time.sleep(0.01)
"""
FOREVER = "import pathlib, time\npathlib.Path('begun').touch()\nwhile True:\n    time.sleep(0.05)"
FREE: Mapping[str, Collection[str]] = {"a": (), "b": (), "c": ()}


class Trial:
    """A course of notebooks that are a cell each, and what became of them."""

    def __init__(self, place: Path, cells: Mapping[str, str]) -> None:
        self.place = place
        self.begun: list[str] = []
        self.outcomes: dict[str, Outcome] = {}
        for name, cell in cells.items():
            book = nbformat.v4.new_notebook(
                metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
                cells=[nbformat.v4.new_code_cell(cell, id="c")],
            )
            nbformat.write(book, place / f"{name}.ipynb")
        self.cells = cells

    def begin(self, stage: str) -> dict[str, Any]:
        self.begun.append(stage)
        return {
            "source": self.place / f"{stage}.ipynb",
            "target": self.place / "out" / f"{stage}.ipynb",
            "parameters": {},
            "seconds": 60,
            "place": self.place,
        }

    def ended(self, stage: str, outcome: Outcome) -> bool:
        self.outcomes[stage] = outcome
        return outcome.done

    def course(self, rests_on: Mapping[str, Collection[str]] = FREE) -> Course:
        (self.place / "out").mkdir(exist_ok=True)
        order = list(self.cells)
        return Course(order, rests_on=rests_on, beside=order[::-1], begin=self.begin, ended=self.ended)


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """No process of a trial outlives it, but for the template that the whole session uses."""
    template.warm_up()
    before = {p.pid for p in psutil.Process().children(recursive=True)}
    yield
    until = time.monotonic() + 10
    while (left := _children() - before) and time.monotonic() < until:
        time.sleep(0.05)
    assert not left


def _children() -> set[int]:
    return {p.pid for p in psutil.Process().children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE}


@pytest.mark.parametrize("later", [False, True], ids=["room from the start", "room granted on the way"])
def test_what_does_not_rest_on_each_other_runs_at_once(tmp_path: Path, *, later: bool) -> None:
    cells = {"a": MEET.format(mine="a", other="b"), "b": MEET.format(mine="b", other="a"), "c": "1"}
    trial, room = Trial(tmp_path, cells), Room(0 if later else 1)
    if later:
        threading.Timer(0.5, room.grant).start()
    trial.course({"a": (), "b": (), "c": ("a", "b")}).run(room)
    assert [trial.outcomes[name].error for name in "abc"] == ["", "", ""]
    assert trial.begun[-1] == "c"


def test_last_stage_beside_is_heard_before_the_run_is_over(tmp_path: Path) -> None:
    trial = Trial(
        tmp_path, {"a": MEET.format(mine="a", other="b"), "b": MEET.format(mine="b", other="a") + "time.sleep(1)"}
    )
    trial.course().run(Room(1))
    assert all(outcome.done for outcome in trial.outcomes.values())
    assert list(trial.outcomes) == ["a", "b"]


def test_without_room_stages_run_in_their_order(tmp_path: Path) -> None:
    trial = Trial(tmp_path, {"c": "1", "a": "1", "b": "1"})
    trial.course().run(Room())
    assert trial.begun == ["c", "a", "b"]


def test_after_a_failure_nothing_begins_and_what_runs_is_heard_to_its_end(tmp_path: Path) -> None:
    first = MEET.format(mine="a", other="b") + "raise ValueError('no')"
    second = MEET.format(mine="b", other="a") + "time.sleep(1)"
    trial = Trial(tmp_path, {"a": first, "b": second, "c": "1"})
    trial.course({"a": (), "b": (), "c": ("a",)}).run(Room(1))
    assert (trial.outcomes["a"].error, trial.outcomes["b"].done) == ("ValueError: no", True)
    assert "c" not in trial.begun


def test_what_is_raised_beside_is_raised_here(tmp_path: Path) -> None:
    trial = Trial(tmp_path, {"a": MEET.format(mine="a", other="b"), "b": "1"})
    begin = trial.begin
    trial.begin = lambda stage: begin(stage) | ({"target": tmp_path / "no" / "b.ipynb"} if stage == "b" else {})  # type: ignore[method-assign]
    trial.cells = {"a": "", "b": ""}
    (tmp_path / "b").touch()
    with pytest.raises(FileNotFoundError, match="no"):
        trial.course().run(Room(1))


def test_process_beside_that_is_killed_ends_the_run_with_a_reason(tmp_path: Path) -> None:
    trial = Trial(tmp_path, {"a": MEET.format(mine="a", other="over"), "b": FOREVER})
    course = trial.course()
    threading.Thread(target=_kill_b, args=(course, tmp_path), daemon=True).start()
    with pytest.raises(errors.PlaybookError, match="b: its process ended without a word"):
        course.run(Room(1))
    assert "a" not in trial.outcomes, "the run is over: nothing is written down of it any more"


def _kill_b(course: Course, place: Path) -> None:
    while not (place / "begun").exists() or (process := course.running.get("b")) is None:
        time.sleep(0.05)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    while not course.over:
        time.sleep(0.05)
    (place / "over").touch()


@pytest.mark.parametrize("raised", [KeyboardInterrupt, OSError])
def test_interruption_ends_what_runs_beside(tmp_path: Path, raised: type[BaseException]) -> None:
    trial = Trial(tmp_path, {"a": MEET.format(mine="a", other="begun"), "b": FOREVER, "c": "1"})
    begin = trial.begin

    def broken(stage: str) -> dict[str, Any]:
        if stage == "c":
            raise raised
        return begin(stage)

    trial.begin = broken  # type: ignore[method-assign]
    with pytest.raises(raised):
        trial.course({"a": (), "b": (), "c": ("a",)}).run(Room(1))
    assert list(trial.outcomes) == ["a"]


def test_workers_without_a_client_are_for_those_that_began_last() -> None:
    class Ours:
        def __init__(self, name: str) -> None:
            self.name, self.sent = name, 0

        def send(self, what: None) -> None:
            self.sent += 1

    ends: list[Any] = [Ours("first"), Ours("second")]
    working: dict[Any, Any] = {one: pool._Worker(None, None) for one in ends}  # type: ignore[arg-type]
    pool._make_room(working, 2)
    assert [one.sent for one in ends] == [0, 0]
    pool._make_room(working, 3)
    assert [one.sent for one in ends] == [0, 1]
    pool._make_room(working, 5)
    assert [one.sent for one in ends] == [1, 2]
    del working[ends[1]]
    pool._make_room(working, 5)
    assert ends[0].sent == 4


def test_what_stages_rest_on_is_what_their_notebooks_load(ran: Ran) -> None:
    assert set(LONGEST_FIRST) == set(RESTS_ON) == set(STAGES)
    loaded: dict[str, set[str]] = {stage: set() for stage in STAGES}
    for record in read_runs(ran.runs):
        for stage in STAGES:
            read = record["stages"][stage]["rests_on"]["read"]
            loaded[stage] |= {name[len("result:") :].split(".")[0] for name in read if name.startswith("result:")}
    assert {stage: found - {stage} for stage, found in loaded.items()} == {s: set(RESTS_ON[s]) for s in STAGES}

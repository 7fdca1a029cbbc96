"""What a run reads, it reads once; what it says of itself is counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cxkit.batch import command, plan, progress, steps
from cxkit.batch.progress import Event, Reporter
from cxkit.batch.summary import Ended
from tests.conftest import ROOT

CLIENT = "marlow"


@pytest.fixture
def job(tmp_path: Path) -> plan.Job:
    """A run of a client with one notebook of its own."""
    client = tmp_path / "data" / CLIENT
    (client / "notebooks").mkdir(parents=True)
    (client / "client.yml").write_text((ROOT / "data" / CLIENT / "client.yml").read_text(encoding="utf-8"), "utf-8")
    (client / "notebooks" / "7-x.ipynb").write_text('{"cells": []}', encoding="utf-8")
    common = {"as_of": None, "given": {}, "seconds": 60.0, "seed": 1, "audience": "board"}
    return plan.check(CLIENT, data=client.parent, runs=tmp_path / "runs", first="prove", **common)  # type: ignore[arg-type]


def test_a_notebook_written_in_during_a_run_is_of_the_next_one(job: plan.Job, tmp_path: Path) -> None:
    (own,) = job.own
    kept = steps.read_sources(job, tmp_path)[own.path]
    own.path.write_text("changed", encoding="utf-8")
    assert kept.read_text(encoding="utf-8") == '{"cells": []}'
    assert kept.name == own.path.name


def test_steps_are_those_that_run(job: plan.Job) -> None:
    assert job.steps == ("prove", "govern", "7-x")
    assert job.model_copy(update={"first": plan.REPORT}).steps == ()
    heard: list[Event] = []
    tell = steps.Telling(job, heard.append)
    for what, stage in (("started", ""), ("reading", ""), ("stage", "prove"), ("failed", "")):
        tell(what, stage)  # type: ignore[arg-type]
    assert [(e.step, e.steps) for e in heard] == [(0, 5), (1, 5), (2, 5), (2, 5)]


def test_json_lines_say_everything_of_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    with Reporter(1, "json") as reporter:
        reporter(progress.Event(client="a", what="stage", stage="7-x", step=8, steps=9, seconds=1.5))
    assert json.loads(capsys.readouterr().err) == {
        "client": "a",
        "what": "stage",
        "stage": "7-x",
        "step": 8,
        "steps": 9,
        "seconds": 1.5,
        "text": "",
    }


def test_what_did_not_finish_is_told_a_line_each() -> None:
    own = {"7-x": {"status": "done"}, "8-y": {"status": "failed", "error": "8-y.ipynb: no"}}
    assert steps.unfinished(own) == "8-y.ipynb: no"


def test_a_report_without_an_added_notebook_is_published_named_and_ends_with_one(
    job: plan.Job, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = Ended(client=CLIENT, status="done", headline="All is well", unfinished="7-x.ipynb, code cell 2: no")
    monkeypatch.setattr(command, "run_all", lambda *given, **more: [ended])
    assert command.run([CLIENT], data_dir=job.data, runs_dir=job.runs, form="plain") == 1
    said = capsys.readouterr().out
    assert "✓ marlow" in said
    assert "✗ without an added notebook that failed; the report is a draft:\n    7-x.ipynb, code cell 2: no" in said
    fine = ended.model_copy(update={"unfinished": ""})
    monkeypatch.setattr(command, "run_all", lambda *given, **more: [fine])
    assert command.run([CLIENT], data_dir=job.data, runs_dir=job.runs, form="plain") == 0

"""The steps of one client's run: the six notebooks, those that were added, or what a published run has of them."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from cxkit import STAGES, errors
from cxkit.batch import interrupt
from cxkit.batch.abreast import LONGEST_FIRST, RESTS_ON, Course, Room
from cxkit.batch.engine import Outcome, run_notebook
from cxkit.batch.left import SOURCES
from cxkit.batch.plan import Added, Job, notebook_hash
from cxkit.batch.progress import Event, Listener
from cxkit.batch.resuming import KEPT, Stages, copy_stage
from cxkit.engagement import parameters, places

What = Literal["started", "reading", "stage", "building", "done", "failed"]
Entries = dict[str, dict[str, Any]]


class Telling:
    """Says what a client's run does, which of its steps that is, and since when it runs."""

    def __init__(self, job: Job, listen: Listener) -> None:
        self.client, self.listen = job.client, listen
        self.step, self.steps = 0, len(job.steps) + 2
        self.started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the client's run began."""
        return round(time.monotonic() - self.started, 3)

    def __call__(self, what: What, stage: str = "", text: str = "") -> None:
        """Tell one thing; what is a step of the run is counted."""
        self.step += what in {"reading", "stage", "building"}
        self.listen(
            Event(
                client=self.client,
                what=what,
                stage=stage,
                step=self.step,
                steps=self.steps,
                seconds=self.seconds,
                text=text,
            )
        )


def read_sources(job: Job, building: Path) -> dict[Path, Path]:
    """Read every notebook once, so that what somebody writes during the run is of the next one.

    Returns where each is kept, with its own copy beside the others.
    """
    held = building / SOURCES
    held.mkdir()
    kept = {}
    for path in (*job.notebooks.values(), *(one.path for one in job.own)):
        kept[path] = held / path.name
        shutil.copyfile(path, kept[path])
    return kept


def run_stages(
    job: Job, building: Path, as_of: str, *, sources: Mapping[Path, Path], tell: Telling, known: Stages, room: Room
) -> tuple[Entries, str]:
    """Run the notebooks; return what happened to each stage and, where one failed, why.

    They run in their order, and where there is room those side by side that do not rest on each other. A stage that was
    already computed on the same is taken over, unless the run was told to begin at one or to run all.
    """
    stages: Entries = {stage: {"status": "not run"} for stage in STAGES}
    begin = STAGES.index(job.first)
    for stage in STAGES[:begin]:
        _take_over(job, building, as_of, stage)
        stages[stage] = {"status": "kept"}
    failed: dict[str, str] = {}

    def turn(stage: str) -> dict[str, Any] | None:
        notebook = job.notebooks[stage]
        if job.reuse and (entry := known.take_over(stage, sources[notebook])):
            tell("stage", stage, KEPT)
            stages[stage] = entry
            return None
        tell("stage", stage)
        copy = job.copies.get(notebook.name)
        given = {name: value for name, value in job.given.items() if name in job.names[stage]}
        return {
            "source": sources[notebook],
            "target": building / notebook.name,
            "parameters": _common(job, building, as_of) | given,
            "place": notebook.parent if copy is not None and copy.path == notebook else None,
            **_limits(job, tell),
        }

    def ended(stage: str, outcome: Outcome) -> bool:
        notebook = job.notebooks[stage]
        copy = job.copies.get(notebook.name)
        stages[stage] = _entry(sources[notebook], outcome)
        stages[stage] |= {"own_copy": notebook.is_relative_to(job.data), "behind": bool(copy and copy.behind)}
        if outcome.done:
            stages[stage] = known.done(stage, sources[notebook], stages[stage])
        else:
            failed[stage] = _reason(notebook, outcome)
        return outcome.done

    Course(STAGES[begin:], rests_on=_rests_on(job), beside=LONGEST_FIRST, begin=turn, ended=ended).run(room)
    return stages, next((failed[stage] for stage in STAGES if stage in failed), "")


def _rests_on(job: Job) -> dict[str, tuple[str, ...]]:
    """Stage → those that come before it: all, where somebody wrote in its notebook, which may load anything."""
    return {
        stage: STAGES[:number] if job.notebooks[stage].is_relative_to(job.data) else RESTS_ON[stage]
        for number, stage in enumerate(STAGES)
    }


def run_own(job: Job, building: Path, as_of: str, sources: Mapping[Path, Path], tell: Telling) -> Entries:
    """Run the notebooks a consultant added; one that fails stops neither the others nor the report.

    They see what all six stages found, and nothing that comes after sees them.
    """
    told = {places.BATCH: json.dumps(_common(job, building, as_of) | {"given": _registered(job)})}
    ran: Entries = {}
    for one in job.own:
        interrupt.check()
        tell("stage", one.name)
        ran[one.name] = _run_one(
            job, one, building, as_of, source=sources[one.path], told=told, limits=_limits(job, tell)
        )
    return ran


def _run_one(
    job: Job,
    one: Added,
    building: Path,
    as_of: str,
    *,
    source: Path,
    told: Mapping[str, str],
    limits: Mapping[str, Any],
) -> dict[str, Any]:
    if one.problem:
        return {"status": "failed", "notebook": notebook_hash(source), "error": one.problem}
    common = {name: value for name, value in _common(job, building, as_of).items() if name in one.names}
    given = {name: value for name, value in job.given.items() if name in one.names}
    target = building / one.path.name
    outcome = run_notebook(source, target, common | given, place=one.path.parent, told=told, **limits)
    found = _entry(source, outcome)
    return found if outcome.done else found | {"error": _reason(one.path, outcome)}


def keep_report(job: Job, building: Path, as_of: str) -> dict[str, Any]:
    """Take over everything a published run computed, for a report that is built anew; return its ``run.json``.

    Raises `InputError` where there is no such run.
    """
    before = job.runs / job.client / as_of
    record = before / "run.json"
    if not record.is_file():
        raise errors.InputError(
            f"There is no finished run of {job.client} as of {as_of} to build a report from. "
            "Run it without --from first."
        )
    for notebook in sorted(before.glob("*.ipynb")):
        shutil.copy2(notebook, building / notebook.name)
    shutil.copytree(before / "results", building / "results")
    found: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
    return found


def written(job: Job, building: Path) -> list[Path]:
    """The executed notebooks in which people wrote: those they added, and copies of the workbook's that they edited."""
    edited = [copy.path.name for copy in job.copies.values() if copy.edited]
    return [p for name in (*edited, *(one.path.name for one in job.own)) if (p := building / name).is_file()]


def unfinished(own: Mapping[str, Mapping[str, Any]]) -> str:
    """Why added notebooks did not finish, a line each; empty when all did."""
    return "\n".join(entry["error"] for entry in own.values() if entry["status"] == "failed")


def _limits(job: Job, tell: Telling) -> dict[str, Any]:
    """What the next notebook may take: its own deadline, or what is left of the client's."""
    left = max(1.0, job.client_seconds - tell.seconds) if job.client_seconds else job.seconds
    return {
        "seconds": min(job.seconds, left),
        "limit": "see --client-timeout" if left < job.seconds else "see --timeout",
        "cold": job.cold,
        "ceiling": job.ceiling,
    }


def _common(job: Job, building: Path, as_of: str) -> dict[str, Any]:
    """What the batch gives to every notebook."""
    return {
        "client": job.client,
        "as_of": as_of,
        "seed": job.seed,
        "run_dir": str(building),
        "data_dir": str(job.data),
    }


def _registered(job: Job) -> dict[str, Any]:
    """Assumptions given by hand: they hold in an added notebook too, whether it declares them or not."""
    return {name: value for name, value in job.given.items() if name in parameters.REGISTER}


def _entry(source: Path, outcome: Outcome) -> dict[str, Any]:
    """What ``run.json`` says of one notebook."""
    found: dict[str, Any] = {
        "status": "done" if outcome.done else "failed",
        "notebook": notebook_hash(source),
        "seconds": round(outcome.seconds, 3),
        "cells": outcome.cells,
        "kernel": outcome.kernel,
        "retried": outcome.retried,
    }
    return found if outcome.done else found | {"error": outcome.error}


def _reason(notebook: Path, outcome: Outcome) -> str:
    where = f", code cell {outcome.cell}" if outcome.cell else ""
    return f"{notebook.name}{where}: {outcome.error}"


def _take_over(job: Job, building: Path, as_of: str, stage: str) -> None:
    """Copy an earlier stage from the published run, for a run that begins later."""
    before = job.runs / job.client / as_of
    notebook = before / job.notebooks[stage].name
    if not notebook.is_file():
        raise errors.InputError(
            f"There is no finished {stage} stage of {job.client} as of {as_of} to begin after. "
            "Run it without --from first."
        )
    copy_stage(before, building, notebook.name, stage)

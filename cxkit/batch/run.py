"""One client, start to end: read, six notebooks, one report, published whole or not at all."""

from __future__ import annotations

import json
import os
import platform
import shutil
import time
import traceback
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import cxkit
from cxkit import STAGES, errors
from cxkit.batch import assemble, interrupt
from cxkit.batch.engine import run_notebook
from cxkit.batch.plan import Job, notebook_hash
from cxkit.batch.progress import Event, Listener
from cxkit.engagement import places, registering
from cxkit.engagement.client import Client, read_client
from cxkit.engagement.desk import take_in
from cxkit.engagement.results import dumps, write_text
from cxkit.engagement.store import Store, read_store
from cxkit.records import Record
from cxkit.tables.intake import Intake

LIBRARIES = (
    *("duckdb", "narwhals", "pandas", "numpy", "scipy", "statsmodels", "tea-tasting"),
    *("papermill", "nbconvert", "matplotlib", "seaborn"),
)


class Ended(Record):
    """How a client's run ended."""

    client: str
    status: Literal["done", "failed"]
    as_of: str = ""
    seconds: float = 0.0
    report: Path | None = None
    headline: str = ""
    reason: str = ""
    """Why it failed, in one or more lines."""
    open: Path | None = None
    """The file to open to see the failure."""


def run_client(job: Job, listen: Listener) -> Ended:
    """Run one client; problems of its own end in a failed `Ended`, never in an exception."""
    started = time.monotonic()
    listen(Event(client=job.client, what="started"))
    home = job.runs / job.client
    try:
        ended = _run(job, home, listen, started)
    except errors.PlaybookError as problem:
        ended = Ended(client=job.client, status="failed", reason=str(problem), seconds=time.monotonic() - started)
    except Exception as broken:  # a defect of ours stops this client alone; nothing of it has been published
        ended = _broken(job.client, home, broken, time.monotonic() - started)
    first_line = ended.reason.splitlines()[0] if ended.reason else ""
    listen(Event(client=job.client, what=ended.status, seconds=ended.seconds, text=first_line))
    return ended


def _broken(client: str, home: Path, broken: Exception, seconds: float) -> Ended:
    """The end of a client that met a defect: its traceback goes to a file, its one line to the summary."""
    path = home / "error.txt"
    write_text(path, "".join(traceback.format_exception(broken)))
    reason = f"a defect of the workbook, please report it: {type(broken).__name__}: {broken}"
    return Ended(client=client, status="failed", reason=reason, open=path, seconds=seconds)


def _run(job: Job, home: Path, listen: Listener, started: float) -> Ended:
    folder = places.client_folder(job.client, job.data)
    settings, store = read_client(folder), read_store(folder)
    listen(Event(client=job.client, what="reading"))
    taken = take_in(folder, settings, store, as_of=job.as_of, cache=home / ".snapshots")
    if not taken.health.usable:
        raise errors.InputError(f"No stage can run on these tables.\n{taken.text()}")
    as_of = taken.as_of.isoformat()
    building = home / f".building-{as_of}-{os.getpid()}"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    try:
        stages, failure = _run_stages(job, building, as_of, listen)
        record = _record(job, settings, store, taken, stages)
        if failure:
            record |= {"status": "failed", "reason": failure}
            write_text(building / "run.json", dumps(record))
            kept = _publish(building, home / f"{as_of}.failed")
            stage = next(s for s, entry in stages.items() if entry["status"] == "failed")
            return Ended(
                client=job.client,
                status="failed",
                as_of=as_of,
                seconds=time.monotonic() - started,
                reason=failure,
                open=kept / job.notebooks[stage].name,
            )
        listen(Event(client=job.client, what="building"))
        headline = assemble.write_report(building, job=job, settings=settings, store=store, taken=taken, record=record)
        record |= {"status": "done", "headline": headline, "seconds": round(time.monotonic() - started, 3)}
        write_text(building / "run.json", dumps(record))
        place = _publish(building, home / as_of)
        registering.record(folder, taken.tables, taken.as_of)
        shutil.rmtree(home / f"{as_of}.failed", ignore_errors=True)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return Ended(
        client=job.client,
        status="done",
        as_of=as_of,
        seconds=time.monotonic() - started,
        report=place / "report.html",
        headline=headline,
    )


def _run_stages(job: Job, building: Path, as_of: str, listen: Listener) -> tuple[dict[str, dict[str, Any]], str]:
    """Run the notebooks in order; return what happened to each stage and, where one failed, why."""
    stages: dict[str, dict[str, Any]] = {stage: {"status": "not run"} for stage in STAGES}
    begin = STAGES.index(job.first)
    for stage in STAGES[:begin]:
        _take_over(job, building, as_of, stage)
        stages[stage] = {"status": "kept"}
    common = {
        "client": job.client,
        "as_of": as_of,
        "seed": job.seed,
        "run_dir": str(building),
        "data_dir": str(job.data),
    }
    for stage in STAGES[begin:]:
        interrupt.check()
        listen(Event(client=job.client, what="stage", stage=stage))
        notebook = job.notebooks[stage]
        given = {name: value for name, value in job.given.items() if name in job.names[stage]}
        outcome = run_notebook(notebook, building / notebook.name, common | given, seconds=job.seconds)
        stages[stage] = {
            "status": "done" if outcome.done else "failed",
            "notebook": notebook_hash(notebook),
            "own_copy": notebook.is_relative_to(job.data),
            "seconds": round(outcome.seconds, 3),
        }
        if not outcome.done:
            where = f", code cell {outcome.cell}" if outcome.cell else ""
            stages[stage]["error"] = outcome.error
            return stages, f"{notebook.name}{where}: {outcome.error}"
    return stages, ""


def _take_over(job: Job, building: Path, as_of: str, stage: str) -> None:
    """Copy an earlier stage from the published run, for a run that begins later."""
    before = job.runs / job.client / as_of
    notebook = before / job.notebooks[stage].name
    if not notebook.is_file():
        raise errors.InputError(
            f"There is no finished {stage} stage of {job.client} as of {as_of} to begin after. "
            "Run it without --from first."
        )
    shutil.copy2(notebook, building / notebook.name)
    for result in sorted((before / "results").glob(f"{stage}.*")):
        shutil.copytree(result, building / "results" / result.name)


def _record(job: Job, settings: Client, store: Store, taken: Intake, stages: Mapping[str, Any]) -> dict[str, Any]:
    """What ``run.json`` says of a run: inputs and hashes, parameters, versions, timings."""
    return {
        "client": job.client,
        "name": settings.name,
        "as_of": taken.as_of.isoformat(),
        "seed": job.seed,
        "parameters": {"given": job.given, "saved": store.parameters, "client": settings.parameters},
        "inputs": taken.files_document(),
        "tables": taken.tables.hashes,
        "stages": dict(stages),
        "versions": {"cxkit": cxkit.__version__, "python": platform.python_version()}
        | {n: version(n) for n in LIBRARIES},
        "engagement_revision": store.revision,
        "health": taken.health.findings[0].title if taken.health.findings else "",
    }


def _publish(building: Path, target: Path) -> Path:
    """Put a finished folder in place of an older one; a reader sees one or the other, whole."""
    old = target.with_name(f".old-{target.name}-{os.getpid()}")
    if target.exists():
        os.replace(target, old)
    os.replace(building, target)
    shutil.rmtree(old, ignore_errors=True)
    return target


def read_runs(runs: Path) -> list[dict[str, Any]]:
    """Every published or failed run found below a runs folder, by client and day."""
    return [
        json.loads(path.read_text(encoding="utf-8")) | {"folder": path.parent}
        for path in sorted(runs.glob("*/[0-9]*/run.json"))
    ]

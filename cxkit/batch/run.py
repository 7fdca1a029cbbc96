"""One client, start to end: read, the notebooks, one report, published whole or not at all."""

from __future__ import annotations

import json
import os
import platform
import shutil
import traceback
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cxkit
from cxkit import errors
from cxkit.batch import assemble, left, publishing, resuming, stamps, steps
from cxkit.batch.abreast import Room
from cxkit.batch.basis import basis, same_basis
from cxkit.batch.claims import claimed
from cxkit.batch.plan import REPORT, Job
from cxkit.batch.progress import Listener
from cxkit.batch.refusal import refusal
from cxkit.batch.summary import Ended
from cxkit.batch.written import mask_outputs
from cxkit.engagement import places, registering
from cxkit.engagement.client import Client, read_client
from cxkit.engagement.desk import take_in
from cxkit.engagement.people import mask_of
from cxkit.engagement.results import dumps, write_text
from cxkit.engagement.store import Store, read_store
from cxkit.tables.intake import Intake

LIBRARIES = (
    *("duckdb", "narwhals", "pandas", "numpy", "scipy", "statsmodels", "tea-tasting"),
    *("papermill", "nbconvert", "matplotlib", "seaborn"),
)


def run_client(job: Job, listen: Listener, room: Room | None = None) -> Ended:
    """Run one client; problems of its own end in a failed `Ended`, never in an exception.

    With `room`, notebooks that do not rest on each other run side by side.
    """
    tell = steps.Telling(job, listen)
    tell("started")
    home = job.runs / job.client
    try:
        with claimed(home, wait=job.wait):
            ended = _run(job, home, tell, room or Room())
    except errors.PlaybookError as problem:
        ended = Ended(client=job.client, status="failed", reason=str(problem), seconds=tell.seconds)
    except Exception as broken:  # a defect of ours stops this client alone; nothing of it has been published
        ended = _broken(job, home, broken, tell.seconds)
    tell(ended.status, text=next(iter((ended.reason or ended.unfinished).splitlines()), ""))
    return ended


def _broken(job: Job, home: Path, broken: Exception, seconds: float) -> Ended:
    """The end of a client that met a defect: its traceback goes to a file, its one line to the summary.

    What the system refused to write is none, and has a line of its own.
    """
    if isinstance(broken, OSError) and (reason := refusal(broken)):
        return Ended(client=job.client, status="failed", reason=reason, seconds=seconds)
    path = home / "error.txt"
    known = publishing.replacements(job, home, "")
    write_text(path, publishing.without_places("".join(traceback.format_exception(broken)), known))
    reason = f"a defect of the workbook, please report it: {type(broken).__name__}: {broken}"
    return Ended(client=job.client, status="failed", reason=reason, open=path, seconds=seconds)


def _run(job: Job, home: Path, tell: steps.Telling, room: Room) -> Ended:
    folder = places.client_folder(job.client, job.data)
    before = stamps.look(job.client, data=job.data) if job.asked else {}
    settings, store = read_client(folder), read_store(folder)
    tell("reading")
    taken = take_in(folder, settings, store, as_of=job.as_of, cache=home / ".snapshots")
    if not taken.health.usable:
        raise errors.InputError(f"No stage can run on these tables.\n{taken.text()}")
    as_of = taken.as_of.isoformat()
    rests = basis(folder, settings, store, taken.tables.hashes)
    building = home / f"{left.BUILDING}{as_of}-{os.getpid()}"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    try:
        if job.first == REPORT:
            record = steps.keep_report(job, building, as_of)
            same_basis(record, rests, taken.tables.hashes)
            job = job.model_copy(update={"seed": record["seed"], "given": record["parameters"]["given"]})
            record |= {"engagement_revision": store.revision, "name": settings.name, "audience": job.audience}
        else:
            sources = steps.read_sources(job, building)
            held = resuming.pin(job, building, taken)
            if (read_client(held), read_store(held)) != (settings, store):
                raise errors.InputError(
                    f"The settings of {job.client} were changed while its tables were read. Run it again."
                )
            known = resuming.Stages(job, building, settings=settings, store=store, taken=taken)
            stages, failure = steps.run_stages(job, building, as_of, sources=sources, tell=tell, known=known, room=room)
            record = _record(job, settings, store, taken, stages) | {"basis": rests}
            if failure:
                return _failed(job, building, home, record | {"reason": failure}, tell)
            record["own"] = steps.run_own(job, building, as_of, sources, tell)
            for path in steps.written(job, building):
                mask_outputs(path, mask_of(settings, taken.tables))
        tell("building")
        built = assemble.write_report(building, job=job, settings=settings, store=store, taken=taken, record=record)
        record |= {"status": "done", **built.model_dump(), "seconds": tell.seconds}
        publishing.scrub(building, job, as_of)
        write_text(building / "run.json", dumps(record))
        left.clear(building)
        place = _publish(building, home / as_of)
        registering.record(folder, taken.tables, taken.as_of)
        shutil.rmtree(home / f"{as_of}.failed", ignore_errors=True)
        (home / "error.txt").unlink(missing_ok=True)
        left.forget(home)
    finally:
        if building.is_dir():
            left.set_aside(building)
    broken = [name for name, entry in record["own"].items() if entry["status"] == "failed"]
    ended = Ended(
        client=job.client,
        status="done",
        as_of=as_of,
        seconds=tell.seconds,
        report=place / "report.html",
        headline=built.headline,
        kept=tuple(name for name, entry in record["stages"].items() if entry["status"] == resuming.KEPT),
        beside=tuple(name for name in built.files if name != "report.html"),
        note=built.pdf.why,
        unfinished=steps.unfinished(record["own"]),
        open=next((p for name in broken if (p := place / f"{name}.ipynb").is_file()), None),
    )
    if job.asked and not broken:
        told = ended.model_dump(mode="json")
        with suppress(OSError):  # without a stamp the client is only run again
            stamps.keep(job.client, data=job.data, runs=job.runs, asked=job.asked, before=before, ended=told)
    return ended


def _failed(job: Job, building: Path, home: Path, record: dict[str, Any], tell: steps.Telling) -> Ended:
    """Keep what ran up to a failing stage beside the published run, and name the notebook to open."""
    stage = next(name for name, entry in record["stages"].items() if entry["status"] == "failed")
    left.clear(building)
    publishing.scrub(building, job, record["as_of"])
    write_text(building / "run.json", dumps(record | {"status": "failed"}))
    kept = _publish(building, home / f"{record['as_of']}.failed")
    return Ended(
        client=job.client,
        status="failed",
        as_of=record["as_of"],
        seconds=tell.seconds,
        reason=record["reason"],
        open=kept / job.notebooks[stage].name,
    )


def _record(job: Job, settings: Client, store: Store, taken: Intake, stages: Mapping[str, Any]) -> dict[str, Any]:
    """What ``run.json`` says of a run: inputs and hashes, parameters, versions, timings."""
    return {
        "client": job.client,
        "name": settings.name,
        "as_of": taken.as_of.isoformat(),
        "seed": job.seed,
        "audience": job.audience,
        "parameters": {"given": job.given, "saved": store.parameters, "client": settings.parameters},
        "inputs": taken.files_document(),
        "tables": taken.tables.hashes,
        "stages": dict(stages),
        "versions": {"cxkit": cxkit.__version__, "python": platform.python_version()}
        | {n: version(n) for n in LIBRARIES},
        "engine": settings.engine,
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

"""Stages that need not run again: what one rested on is written into ``run.json``, and looked up the next time.

A stage is taken over from the published run, from a failed one or from one that died, if everything it rests on is as
it was: the workbook and the libraries, its notebook, parameters, the client's settings, which tables have which
columns, the rows of the tables it read, and what it took from other stages and from history. A notebook that a
consultant wrote in may read any file: it rests on all of them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from cxkit.batch import stamps
from cxkit.batch.left import DONE, UNFINISHED, built_at
from cxkit.batch.plan import Job, notebook_hash
from cxkit.batch.publishing import without_places
from cxkit.engagement import places, reading
from cxkit.engagement.client import Client
from cxkit.engagement.desk import Desk
from cxkit.engagement.people import privacy_of
from cxkit.engagement.results import dumps, write_text
from cxkit.engagement.store import Store
from cxkit.tables.intake import Intake

KEPT = "kept"


def pin(job: Job, building: Path, taken: Intake) -> Path:
    """Copy the client's settings and history, so that all notebooks of a run read those of one moment."""
    folder = places.client_folder(job.client, job.data)
    held = building / places.PINNED / job.client
    held.mkdir(parents=True)
    for name in ("client.yml", "engagement.json", "taxonomy.yml"):
        if (folder / name).is_file():
            shutil.copyfile(folder / name, held / name)
    if (folder / "history").is_dir():
        shutil.copytree(folder / "history", held / "history")
    write_text(held.parent / places.SNAPSHOT, taken.snapshot)
    return held


class Stages:
    """What each stage of a run rests on, and where it was already computed on the same."""

    def __init__(self, job: Job, building: Path, *, settings: Client, store: Store, taken: Intake) -> None:
        self.job, self.building, self.store = job, building, store
        home = job.runs / job.client
        day = taken.as_of.isoformat()
        self.folder = places.client_folder(job.client, job.data)
        self.desk = Desk(
            stage="own",
            name=job.client,
            folder=self.folder,
            client=settings,
            store=store,
            taken=taken,
            place=building / "results",
            runs=home,
            given=job.given,
            seed=job.seed,
            kept=building / places.PINNED / job.client,
        )
        self.before = tuple(p for p in (home / day, home / f"{UNFINISHED}{day}", home / f"{day}.failed") if p.is_dir())
        tables = self.desk.tables
        self.always = {
            "program": stamps.program(),
            "client": job.client,
            "as_of": day,
            "seed": job.seed,
            "files": {name: _of_file(self.desk.kept / name) for name in ("client.yml", "taxonomy.yml")},
            "tables": {name: sorted(tables.supplied(name)) for name in tables.present},
            "unusable": tables.unusable,
            "provisional": self.desk.provisional,
            "mask": privacy_of(settings, tables).model_dump(mode="json"),
        }

    def key(self, stage: str, source: Path) -> str:
        """Hash of what a stage rests on whatever it reads."""
        job, store = self.job, self.store
        notes = [c for c in store.commentary if c.stage == stage]
        mine = {f"comment:{c.comment_id}" for c in notes}
        said = store.model_dump(mode="json", exclude={"revision", "commentary", "reviews", "decisions"})
        said["commentary"] = [c.model_dump(mode="json") for c in notes]
        said["reviews"] = [r.model_dump(mode="json") for r in store.reviews if r.item in mine]
        more = {
            "stage": stage,
            "notebook": notebook_hash(source),
            "given": {name: value for name, value in job.given.items() if name in job.names[stage]},
            "said": said,
            "own": self._whole(stage),
        }
        return hashlib.sha256(json.dumps(self.always | more, sort_keys=True, default=str).encode()).hexdigest()

    def _whole(self, stage: str) -> dict[str, str]:
        """Every file of the client, for a notebook that somebody wrote in."""
        if not self.job.notebooks[stage].is_relative_to(self.job.data):
            return {}
        return {name: one[2] for name, one in stamps.look(self.job.client, data=self.job.data).items()}

    def done(self, stage: str, source: Path, entry: dict[str, Any]) -> dict[str, Any]:
        """Write down what became of a stage, with what it rested on and made."""
        read = sorted(reading.noted(self.building / reading.FOLDER / stage))
        entry["rests_on"] = {
            "always": self.key(stage, source),
            "read": {name: reading.now(self.desk, name) for name in read},
            "made": _made(self.building, stage),
        }
        write_text(self.building / DONE / f"{stage}.json", dumps(entry))
        return entry

    def take_over(self, stage: str, source: Path) -> dict[str, Any] | None:
        """Copy a stage from a run that computed it on the same, and return its entry; None where it is to run."""
        key = ""
        for place, entry in self._candidates(stage):
            rests = entry.get("rests_on", {})
            notebook = place / self.job.notebooks[stage].name
            if not rests or not notebook.is_file() or rests["made"] != _made(place, stage):
                continue
            key = key or self.key(stage, source)
            if rests["always"] != key or any(reading.now(self.desk, n) != hash for n, hash in rests["read"].items()):
                continue
            copy_stage(place, self.building, notebook.name, stage)
            kept = dict(entry) | {"status": KEPT}
            write_text(self.building / DONE / f"{stage}.json", dumps(kept))
            return kept
        return None

    def _candidates(self, stage: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
        for place in self.before:
            entry = _entry(place, stage)
            if entry.get("status") in {"done", KEPT}:
                yield place, entry


def copy_stage(place: Path, building: Path, notebook: str, stage: str) -> None:
    """Copy a stage's notebook and results from one run's folder into another's."""
    told = (place / notebook).read_text(encoding="utf-8")
    for left in {json.dumps(str(form))[1:-1] for form in (place, place.resolve(), *built_at(place))}:
        told = without_places(told, {left: str(building)})
    write_text(building / notebook, told)
    for result in sorted((place / "results").glob(f"{stage}.*")):
        shutil.copytree(result, building / "results" / result.name)


def _entry(place: Path, stage: str) -> Mapping[str, Any]:
    """What a run's folder says of a stage; empty when it says nothing that can be read."""
    try:
        if (place / "run.json").is_file():
            return cast("dict[str, Any]", json.loads((place / "run.json").read_text(encoding="utf-8"))["stages"][stage])
        return cast("dict[str, Any]", json.loads((place / DONE / f"{stage}.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError):
        return {}


def _made(place: Path, stage: str) -> dict[str, str]:
    """Result of a stage → the hash of its files."""
    return {p.name: reading.of_folder(p) for p in sorted((place / "results").glob(f"{stage}.*"))}


def _of_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""

"""What a run that ended early leaves: the stages it had finished, for the next run of that day to go on with."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from cxkit import STAGES
from cxkit.engagement import places
from cxkit.engagement.reading import FOLDER as READS

BUILDING = ".building-"
"""A run's folder while it is built; its day and its process follow."""
SOURCES = ".notebooks"
"""Where a run keeps the notebooks as it read them; gone when it is published."""
DONE = ".stages"
"""Where a run keeps what became of each stage until ``run.json`` says it."""
UNFINISHED = ".unfinished-"
"""What a run that ended early left; its day follows."""
_AT = ".built-at"


def set_aside(building: Path) -> None:
    """Keep what a run had finished when it ended early, or remove it where another left more.

    Notebooks in which people wrote are not masked before a run is done, so nothing of them is kept.
    """
    day = building.name.removeprefix(BUILDING).rpartition("-")[0]
    target = building.with_name(f"{UNFINISHED}{day}")
    finished = _finished(building)
    if not finished or len(finished) < len(_finished(target)):
        shutil.rmtree(building, ignore_errors=True)
        return
    for name in (SOURCES, READS, places.PINNED):
        shutil.rmtree(building / name, ignore_errors=True)
    kept = {f"{number}-{stage}.ipynb" for number, stage in enumerate(STAGES, 1) if stage in finished}
    for path in building.iterdir():
        if path.is_file() and path.name not in kept:
            path.unlink()
    (building / _AT).write_text(str(building), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    os.replace(building, target)


def _finished(place: Path) -> list[str]:
    """Stages that a run had finished, but for those of which somebody wrote the notebook."""
    found = []
    for stage in STAGES:
        try:
            entry = json.loads((place / DONE / f"{stage}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if not entry.get("own_copy"):
            found.append(stage)
    return found


def built_at(place: Path) -> tuple[Path, ...]:
    """Where what was set aside had been built, which its notebooks name."""
    path = place / _AT
    return (Path(path.read_text(encoding="utf-8")),) if path.is_file() else ()


def forget(home: Path) -> None:
    """Remove what runs that ended early had left, when a later one is published."""
    for left in home.glob(f"{UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)


def clear(building: Path) -> None:
    """Remove what only the run itself needs, and what a killed kernel was saving, before it is published."""
    for name in (SOURCES, READS, places.PINNED, DONE):
        shutil.rmtree(building / name, ignore_errors=True)
    for half in (building / "results").glob(".*.*"):
        shutil.rmtree(half, ignore_errors=True)

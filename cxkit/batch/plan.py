"""What a batch will do, checked before anything starts."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import papermill
from papermill.exceptions import PapermillException

from cxkit import STAGES, errors, shipped
from cxkit.engagement import parameters, places
from cxkit.engagement.client import read_client
from cxkit.engagement.plays import play_book
from cxkit.engagement.store import read_store
from cxkit.records import Record

COMMON = ("client", "as_of", "seed", "run_dir", "data_dir")
"""Parameters every stage notebook takes from the batch itself."""


class Job(Record):
    """One client's run, checked."""

    client: str
    data: Path
    runs: Path
    as_of: date | None
    """None: the last complete month of the client's own tables."""
    given: dict[str, Any]
    notebooks: dict[str, Path]
    """Stage → the notebook to run: the client's own copy where there is one."""
    names: dict[str, tuple[str, ...]]
    """Stage → the parameters that notebook declares."""
    first: str = STAGES[0]
    seconds: float = 900.0
    seed: int = 1
    audience: str = "board"


def stage_notebooks(folder: Path) -> dict[str, Path]:
    """The six notebooks of a client: its own copies where there are any, else those that came with the workbook."""
    chosen = {}
    for number, stage in enumerate(STAGES, 1):
        name = f"{number}-{stage}.ipynb"
        own = folder / "notebooks" / name
        chosen[stage] = own if own.is_file() else shipped.path(f"notebooks/{name}")
    return chosen


def declared(notebook: Path) -> dict[str, str]:
    """Parameters that a notebook's `parameters` cell declares, with their types, as papermill sees them."""
    logging.getLogger("papermill").setLevel(logging.ERROR)
    try:
        found = papermill.inspect_notebook(str(notebook))
    except (PapermillException, ValueError, KeyError, OSError) as problem:
        raise errors.InputError(f"{notebook.name} cannot be read as a notebook ({problem}).") from None
    return {name: str(entry["inferred_type_name"]) for name, entry in found.items()}


def check(
    client: str,
    *,
    data: Path,
    runs: Path,
    as_of: date | None,
    given: Mapping[str, Any],
    first: str,
    seconds: float,
    seed: int,
    audience: str,
) -> Job:
    """Check one client's settings, notebooks and parameters; raise `PlaybookError` with all that is wrong."""
    folder = places.client_folder(client, data)
    settings = read_client(folder)
    store = read_store(folder)
    play_book(store)
    notebooks = stage_notebooks(folder)
    names = {stage: declared(path) for stage, path in notebooks.items()}
    everywhere = sorted({name for found in names.values() for name in found} - set(COMMON))
    problems = [
        errors.unknown_name("parameter", name, everywhere, where="The workbook")
        for name in given
        if name not in everywhere
    ]
    for stage, found in names.items():
        absent = [name for name in COMMON if name not in found]
        if absent:
            problems.append(
                f"{notebooks[stage].name} has lost its parameter {', '.join(absent)}; restore its parameters cell."
            )
    known = {name: value for name, value in given.items() if name in everywhere}
    problems += parameters.check_names(
        {k: v for k, v in known.items() if k in parameters.REGISTER}, where="The command line"
    )
    problems += parameters.check_names(settings.parameters, where=f"{client}/client.yml")
    problems += parameters.check_names(store.parameters, where=f"{client}/engagement.json")
    if first not in STAGES:
        problems.append(errors.unknown_name("stage", first, list(STAGES), where="The workbook"))
    if problems:
        raise errors.ParameterError(errors.all_problems(list(dict.fromkeys(problems)), what=f"The run of {client}"))
    typed = {
        k: parameters.typed(parameters.REGISTER[k], v, where="The command line") if k in parameters.REGISTER else v
        for k, v in known.items()
    }
    return Job(
        client=client,
        data=data,
        runs=runs,
        as_of=as_of,
        given=typed,
        notebooks=notebooks,
        names={stage: tuple(found) for stage, found in names.items()},
        first=first,
        seconds=seconds,
        seed=seed,
        audience=audience,
    )


def notebook_hash(path: Path) -> str:
    """Hash of a notebook's content, for the record of a run."""
    return hashlib.sha256(path.read_bytes()).hexdigest()

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
from pydantic import Field

from cxkit import STAGES, errors, shipped
from cxkit.engagement import parameters, places
from cxkit.engagement.client import read_client
from cxkit.engagement.desk import check_engine
from cxkit.engagement.notebooks import Copy, copies, own_notebooks
from cxkit.engagement.plays import play_book
from cxkit.engagement.store import read_store
from cxkit.records import Record

COMMON = ("client", "as_of", "seed", "run_dir", "data_dir")
"""Parameters every stage notebook takes from the batch itself; an added notebook those it declares."""
REPORT = "report"
"""What a run begins with that runs no notebook: the report of the published run is built anew."""


class Added(Record):
    """A notebook that a consultant added to the client's folder."""

    path: Path
    names: tuple[str, ...] = ()
    """The parameters it declares; it need not declare any."""
    problem: str = ""
    """Why it cannot be run; empty where it can."""

    @property
    def name(self) -> str:
        """Its file name without the ending: ``7-branches``."""
        return self.path.stem


class Job(Record):
    """One client's run, checked."""

    client: str
    data: Path
    runs: Path
    as_of: date | None
    """None: the last complete month of the client's own tables."""
    given: dict[str, Any]
    notebooks: dict[str, Path]
    """Stage → the notebook to run: the client's own copy where somebody wrote in it."""
    names: dict[str, tuple[str, ...]]
    """Stage → the parameters that notebook declares."""
    copies: dict[str, Copy]
    """File name → the client's copy of it, where there is one."""
    own: tuple[Added, ...] = ()
    """Notebooks that a consultant added, run after the six."""
    first: str = STAGES[0]
    """The first stage to run, or ``report``."""
    seconds: float = 900.0
    """What a notebook may take."""
    client_seconds: float = 0.0
    """What all notebooks of a client may take together; 0: no more than each alone."""
    wait: float = 0.0
    """Seconds to wait for another run of the same client."""
    asked: dict[str, Any] = Field(default_factory=dict)
    """How the run was asked for, where it need not run again while nothing changes."""
    reuse: bool = False
    """Whether a stage that was computed on the same is taken over instead of run."""
    cold: bool = False
    """Whether kernels start without the template."""
    ceiling: int = 0
    """Bytes that a kernel and what it started may hold; 0: any number."""
    seed: int = 1
    audience: str = "board"
    pdf: bool = False
    """Whether the report is printed too; costs seconds."""

    @property
    def steps(self) -> tuple[str, ...]:
        """The notebooks this run runs, in order: stages by their names, added ones by theirs."""
        begin = len(STAGES) if self.first == REPORT else STAGES.index(self.first)
        return () if self.first == REPORT else (*STAGES[begin:], *(one.name for one in self.own))


def stage_notebooks(folder: Path, held: Mapping[str, Copy]) -> dict[str, Path]:
    """The six notebooks of a client: its own copy where somebody wrote in it, else the one that is with the workbook.

    An untouched copy holds nothing of the client's, and may be older than the workbook.
    """
    chosen = {}
    for number, stage in enumerate(STAGES, 1):
        name = f"{number}-{stage}.ipynb"
        edited = name in held and held[name].edited
        chosen[stage] = held[name].path if edited else shipped.path(f"notebooks/{name}")
    return chosen


def added_notebooks(folder: Path) -> tuple[Added, ...]:
    """The notebooks a consultant added, each with what it declares; an unreadable one fails when its turn comes."""
    found = []
    for path in own_notebooks(folder):
        try:
            found.append(Added(path=path, names=tuple(declared(path))))
        except errors.InputError as problem:
            found.append(Added(path=path, problem=str(problem)))
    return tuple(found)


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
    pdf: bool = False,
    client_seconds: float = 0.0,
    cold: bool = False,
    ceiling: int = 0,
    wait: float = 0.0,
    asked: Mapping[str, Any] | None = None,
    reuse: bool = False,
) -> Job:
    """Check one client's settings, notebooks and parameters; raise `PlaybookError` with all that is wrong."""
    folder = places.client_folder(client, data)
    settings = read_client(folder)
    check_engine(client, settings)
    store = read_store(folder)
    play_book(store)
    held = copies(folder)
    notebooks, own = stage_notebooks(folder, held), added_notebooks(folder)
    names = {stage: declared(path) for stage, path in notebooks.items()}
    everywhere = sorted({n for found in (*names.values(), *(one.names for one in own)) for n in found} - set(COMMON))
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
    if first not in {*STAGES, REPORT}:
        problems.append(errors.unknown_name("stage", first, [*STAGES, REPORT], where="The workbook"))
    if first == REPORT and given:
        problems.append("--from report computes nothing, so that -p has nothing to change; leave one of them out.")
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
        copies=held,
        own=own,
        first=first,
        seconds=seconds,
        seed=seed,
        audience=audience,
        pdf=pdf,
        client_seconds=client_seconds,
        cold=cold,
        ceiling=ceiling,
        wait=wait,
        asked=dict(asked or {}),
        reuse=reuse and first == STAGES[0],
    )


def notebook_hash(path: Path) -> str:
    """Hash of a notebook's content, for the record of a run."""
    return hashlib.sha256(path.read_bytes()).hexdigest()

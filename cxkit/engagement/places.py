"""Where things are: the data folder, the runs folder and a client's own folder."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from cxkit.errors import InputError

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
BATCH = "CXKIT_BATCH"
"""Environment variable through which a batch tells an added notebook, which need not declare parameters, its run."""

PINNED = ".client"
"""Folder of a run that holds the client's settings and history as they were when it began."""
SNAPSHOT = "snapshot"
"""Beside them: the name of the snapshot of its tables."""


def told_by_batch() -> dict[str, Any]:
    """What the batch that runs this notebook told its kernel: client, day, seed, folders and values given by hand.

    Empty outside a batch.
    """
    found: dict[str, Any] = json.loads(os.environ.get(BATCH) or "{}")
    return found


def check_name(name: str) -> str:
    """Return a client's folder name, or raise `InputError` when it could reach outside its folder.

    >>> check_name("brightline")
    'brightline'
    """
    if not NAME.fullmatch(name):
        raise InputError(
            f"'{name}' cannot be a client's folder name. Use small letters, digits, - and _, such as 'acme-2026'."
        )
    return name


def data_folder(given: str | Path | None = None) -> Path:
    """The folder that holds one folder per client.

    `given`, else the environment's ``CXKIT_DATA``, else the nearest ``data`` folder that holds a client, looking
    from the working directory upwards (a notebook runs inside a client's folder), else ``./data``.
    """
    chosen = given or os.environ.get("CXKIT_DATA")
    if chosen:
        return Path(chosen).resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if any((folder / "data").glob("*/client.yml")):
            return folder / "data"
        if folder.name == "data" and any(folder.glob("*/client.yml")):
            return folder
    return here / "data"


def runs_folder(given: str | Path | None = None, *, data: Path) -> Path:
    """The folder that runs are written to: `given`, else ``CXKIT_RUNS``, else ``runs`` beside the data folder."""
    chosen = given or os.environ.get("CXKIT_RUNS")
    return Path(chosen).resolve() if chosen else data.parent / "runs"


def client_folder(client: str, data: Path) -> Path:
    """A client's folder; `InputError` when the name is unusable or leads elsewhere."""
    folder = data / check_name(client)
    if folder.is_symlink() and data.resolve() not in folder.resolve().parents:
        raise InputError(f"{folder.name} is a link to a folder outside {data.name}; put the folder itself there.")
    return folder


def clients(data: Path) -> list[str]:
    """Names of all clients in a data folder, in order."""
    return sorted(path.parent.name for path in data.glob("*/client.yml"))


def samples(data: Path) -> list[str]:
    """Names of the sample clients: those made with a known truth, in order."""
    return [name for name in clients(data) if (data / name / "truth.json").is_file()]


def current_client(data: Path) -> str:
    """The client a notebook is about when it was told none.

    The client whose folder holds the working directory, else ``CXKIT_CLIENT``, else the first sample client;
    `InputError` when there is no client at all.
    """
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if folder.parent == data.resolve() and (folder / "client.yml").is_file():
            return folder.name
    chosen = os.environ.get("CXKIT_CLIENT") or next(iter([*samples(data), *clients(data)]), "")
    if not chosen:
        raise InputError(f"There is no client in {data.name}. Create one with: cxkit new CLIENT")
    return chosen

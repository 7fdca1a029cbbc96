"""Erase a client everywhere the tool has put something of theirs."""

from __future__ import annotations

import shutil
from pathlib import Path

from cxkit.engagement import places
from cxkit.errors import InputError


def belongings(client: str, *, data_dir: Path | None, runs_dir: Path | None) -> list[Path]:
    """Folders that hold something of the client; `InputError` when there are none."""
    data = places.data_folder(data_dir)
    runs = places.runs_folder(runs_dir, data=data)
    found = [path for path in (places.client_folder(client, data), runs / client) if path.exists()]
    if not found:
        raise InputError(f"There is nothing of '{client}' in {data.name} or {runs.name}.")
    return found


def erase(client: str, *, data_dir: Path | None, runs_dir: Path | None) -> str:
    """Delete the client's folders and the board that names it; return what was erased, worded."""
    found = belongings(client, data_dir=data_dir, runs_dir=runs_dir)
    files = sum(1 for folder in found for path in folder.rglob("*") if path.is_file())
    for folder in found:
        shutil.rmtree(folder)
    places.runs_folder(runs_dir, data=places.data_folder(data_dir)).joinpath("index.html").unlink(missing_ok=True)
    return f"erased {client}: {len(found)} folders, {files} files; the next run writes the board without it"

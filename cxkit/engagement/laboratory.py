"""JupyterLab for a consultant: copies of the notebooks in the client's folder, opened on the start page."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from cxkit import shipped
from cxkit.engagement import places
from cxkit.engagement.client import read_client
from cxkit.engagement.results import dumps, write_text

STAMP = ".copied.json"


def copy_notebooks(folder: Path) -> list[str]:
    """Put copies of the workbook into ``<client>/notebooks``; return one line for each that was edited and so kept.

    A copy nobody touched (its hash is the one recorded when it was copied) is replaced by the newer notebook; an
    edited one is left alone and reported.
    """
    target = folder / "notebooks"
    target.mkdir(exist_ok=True)
    stamp = target / STAMP
    copied: dict[str, str] = json.loads(stamp.read_text(encoding="utf-8")) if stamp.is_file() else {}
    kept = []
    for source in sorted(shipped.path("notebooks").glob("*.ipynb")):
        own = target / source.name
        if own.is_file():
            found = hashlib.sha256(own.read_bytes()).hexdigest()
            newest = hashlib.sha256(source.read_bytes()).hexdigest()
            if found == newest:
                copied[source.name] = newest
                continue
            if copied.get(source.name) != found:
                kept.append(f"{source.name} was edited here and is kept as it is")
                continue
        shutil.copyfile(source, own)
        copied[source.name] = hashlib.sha256(own.read_bytes()).hexdigest()
    write_text(stamp, dumps(copied))
    return kept


def open_lab(client: str, *, data_dir: Path | None, say: Callable[[str], None]) -> int:
    """Start JupyterLab on this machine alone, without news or telemetry; return its exit code."""
    data = places.data_folder(data_dir)
    place = shipped.path("notebooks")
    if client:
        folder = places.client_folder(client, data)
        read_client(folder)
        for line in copy_notebooks(folder):
            say(line)
        place = folder / "notebooks"
    command = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={place}", "--ServerApp.ip=127.0.0.1"]
    command += ["--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    command += [str(place / "0-start.ipynb")]
    environment = os.environ | {"CXKIT_DATA": str(data), "CXKIT_CLIENT": client}
    return subprocess.run(command, env=environment, check=False).returncode

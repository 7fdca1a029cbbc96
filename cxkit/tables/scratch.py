"""Scratch folders in the temporary folder, named after their process, so that what a killed one left is swept."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path


def prefix() -> str:
    """What the name of a scratch folder of this process begins with.

    >>> prefix() == f"cxkit-{os.getpid()}-"
    True
    """
    return f"cxkit-{os.getpid()}-"


def sweep() -> None:
    """Remove the scratch folders of processes that were killed before they could."""
    for place in Path(tempfile.gettempdir()).glob("cxkit-*-*"):
        owner = place.name.split("-")[1]
        if owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(place, ignore_errors=True)


def _alive(pid: int) -> bool:
    """Whether there is such a process, of whomever."""
    if os.name == "nt":  # there signal 0 would end it; its system removes what is left
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

"""Scratch folders in the temporary folder, named after their process, so that what a killed one left is swept."""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path

import psutil


def prefix() -> str:
    """What the name of a scratch folder of this process begins with.

    >>> prefix() == f"cxkit-{os.getpid()}-"
    True
    """
    return f"cxkit-{os.getpid()}-"


def private() -> Path:
    """A folder of this process that no other user can open, removed when the process ends.

    >>> private() == private(), private().stat().st_mode & 0o077
    (True, 0)
    """
    return _made_for(os.getpid())


@cache
def _made_for(pid: int) -> Path:
    place = Path(tempfile.mkdtemp(prefix=prefix()))
    # unlike atexit it is done in the workers of a pool too, and not in a process forked from this one
    Finalize(None, shutil.rmtree, args=(place,), kwargs={"ignore_errors": True}, exitpriority=0)
    return place


def left_by(pid: int) -> None:
    """Remove the scratch folders of a process that has ended, and may have been ended before it could."""
    for place in Path(tempfile.gettempdir()).glob(f"cxkit-{pid}-*"):
        shutil.rmtree(place, ignore_errors=True)


def sweep() -> None:
    """Remove the scratch folders of processes that were killed before they could."""
    for place in Path(tempfile.gettempdir()).glob("cxkit-*-*"):
        owner = place.name.split("-")[1]
        if owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(place, ignore_errors=True)


def _alive(pid: int) -> bool:
    """Whether there is such a process, of whomever, that has not ended: one that nobody has waited for yet has."""
    if os.name == "nt":  # its system removes what is left
        return True
    try:
        return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True

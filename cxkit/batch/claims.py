"""One run of a client at a time: who holds it, for how long, and what a run that died has left."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from cxkit import errors
from cxkit.batch import left as left_over

NAME = ".claim.json"
PROBE = ".now."
BEAT = 15.0
"""Seconds between two signs of life of a run."""
SILENT = 120.0
"""Seconds without one after which a run on another machine counts as dead."""
YOUNG = 2.0
"""Seconds in which a claim that cannot be read may still be being written."""
LOOK = 0.5


@contextmanager
def claimed(home: Path, *, wait: float = 0.0) -> Iterator[None]:
    """Hold a client's runs, and sweep what a dead run left in them.

    A file, because it works on every system and on folders that machines share. A run that is alive is waited for up
    to `wait` seconds. Raises `InputError`, which says who holds the client, when that is not enough.
    """
    home.mkdir(parents=True, exist_ok=True)
    path, until = home / NAME, time.monotonic() + wait
    while not _take(path):
        holder = _holder(path)
        if holder is None and age(path) < YOUNG:
            time.sleep(0.05)  # gone, or another is writing it
        elif holder is None or _dead(holder, path):
            _give_back(path, holder)
        elif time.monotonic() >= until:
            raise errors.InputError(
                f"{home.name} is being run by process {holder['process']} on {holder['machine']} since "
                f"{holder['since']} UTC. Wait for it, or let this run wait with --wait SECONDS."
            )
        else:
            time.sleep(LOOK)
    ended = threading.Event()
    threading.Thread(target=_live, args=(path, ended), daemon=True).start()
    try:
        sweep(home)
        yield
    finally:
        ended.set()
        if _ours(path):
            path.unlink(missing_ok=True)


def sweep(home: Path) -> None:
    """Clear away half-made folders of runs that died; a published run that one had set aside is put back.

    What stages they had finished is kept for the next run of that day.

    Only for who holds the client.
    """
    for left in sorted(home.glob(".old-*")):
        target = home / left.name.removeprefix(".old-").rpartition("-")[0]
        if not target.exists():
            os.replace(left, target)
    for building in sorted(home.glob(f"{left_over.BUILDING}*")):
        left_over.set_aside(building)
    for pattern in (".old-*", ".snapshots/.building-*"):
        for left in home.glob(pattern):
            shutil.rmtree(left, ignore_errors=True)
    for probe in home.glob(f"{PROBE}*"):
        probe.unlink(missing_ok=True)


def _take(path: Path) -> bool:
    """Write the claim, whole; False where there is one."""
    me = psutil.Process()
    said = {
        "process": me.pid,
        "born": me.create_time(),
        "machine": socket.gethostname(),
        "where": where(),
        "since": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
    }
    draft = path.with_name(f"{NAME}.{me.pid}.{threading.get_ident()}")
    draft.write_text(json.dumps(said), encoding="utf-8")
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without links: the name alone is the claim
        return _take_without_links(path, draft)
    finally:
        draft.unlink(missing_ok=True)
    return True


def _ours(path: Path) -> bool:
    """Whether the claim is still this process's: a run that was held up for long may have been taken for dead."""
    holder, me = _holder(path), psutil.Process()
    return holder is not None and (holder["process"], holder["where"]) == (me.pid, where())


def _take_without_links(path: Path, draft: Path) -> bool:
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        return False
    with os.fdopen(handle, "wb") as stream:
        stream.write(draft.read_bytes())
    return True


def _holder(path: Path) -> dict[str, Any] | None:
    """Who holds a client; None where nobody does any more, or a claim was cut off."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) and {"process", "born", "machine", "since", "where"} <= set(said) else None


def _dead(holder: dict[str, Any], path: Path) -> bool:
    """Whether the run that holds a client is gone: its process, or on another machine its signs of life."""
    if holder["where"] != where():
        return abs(age(path)) > SILENT  # one from the future was left before a clock was set back
    try:
        return abs(psutil.Process(holder["process"]).create_time() - holder["born"]) > 1
    except psutil.NoSuchProcess:
        return True


def age(path: Path) -> float:
    """Seconds since a file was last written or touched, by the clock that stamps files there; 0 where there is none.

    That of a file server may differ from this machine's, so a file made now is what it is compared with.
    """
    try:
        seen = path.stat().st_mtime
    except OSError:
        return 0.0
    probe = path.with_name(f"{PROBE}{socket.gethostname()}.{os.getpid()}.{threading.get_ident()}")
    try:
        probe.touch()
        return probe.stat().st_mtime - seen
    except OSError:
        return time.time() - seen
    finally:
        with suppress(OSError):
            probe.unlink()


@cache
def where() -> str:
    """This machine as others tell it from theirs: two may have one name, and two containers of one may not see each
    other's processes.

    >>> where() == where() != ""
    True
    """
    told = [socket.gethostname()]
    for name in ("/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid"):
        with suppress(OSError):
            path = Path(name)
            told.append(os.readlink(path) if path.is_symlink() else path.read_text(encoding="utf-8").strip())
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def _give_back(path: Path, holder: dict[str, Any] | None) -> None:
    """Take a dead run's claim away, unless another has claimed the client meanwhile."""
    aside = path.with_name(f"{NAME}.{os.getpid()}.dead")
    try:
        os.replace(path, aside)
    except FileNotFoundError:
        return
    if _holder(aside) != holder:  # it was taken between our look and our hand: give it back
        os.replace(aside, path)
        return
    aside.unlink(missing_ok=True)


def _live(path: Path, ended: threading.Event) -> None:
    """Give a sign of life until the run ends."""
    while not ended.wait(BEAT):
        try:
            if not _ours(path):
                return
            os.utime(path)
        except OSError:
            return

"""A private folder below the runs through which clients that run elsewhere are told of: jobs, events and ends.

Nothing of a client passes through a scheduler: what it carries is the name of this folder, a number and
a password of the run. Everything here is a file, written whole or appended by one process alone, because machines share
folders and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from cxkit.batch.claims import BEAT, SILENT, age

PREFIX = ".cluster-"
TOKEN, ALIVE, STOP = "token", "alive", "stop"


class Channel:
    """The runner's end; a context manager that removes the folder when the batch is over."""

    def __init__(self, runs: Path, jobs: Sequence[str]) -> None:
        """Make the folder, which no other user can open, with one text per job."""
        runs.mkdir(parents=True, exist_ok=True)
        sweep(runs)
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=runs))
        self.token = secrets.token_hex(16)
        self._read = [0] * len(jobs)
        self._over = threading.Event()
        for number, text in enumerate(jobs):
            write(self.folder / f"{number}.job", text)
        write(self.folder / ALIVE, "")
        write(self.folder / TOKEN, self.token)

    def __enter__(self) -> Self:
        threading.Thread(target=self._live, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def heard(self) -> list[str]:
        """What clients have said since the last time, one JSON text each, in each client's order."""
        found = []
        for number, start in enumerate(self._read):
            with contextlib.suppress(FileNotFoundError), (self.folder / f"{number}.events").open("rb") as stream:
                stream.seek(start)
                whole = stream.read()
                whole = whole[: whole.rfind(b"\n") + 1]  # the last line may be half written
                self._read[number] += len(whole)
                found += whole.decode("utf-8").splitlines()
        return found

    def end(self, number: int) -> str | None:
        """How a client ended, as JSON; None where it has not said so."""
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / f"{number}.end").read_text(encoding="utf-8")
        return None

    def awaited(self, number: int, seconds: float) -> str | None:
        """How a client ended, once it is seen: what another machine wrote may take so long."""
        until = time.monotonic() + seconds
        while (found := self.end(number)) is None and time.monotonic() < until:
            time.sleep(0.2)
        return found

    def last_word(self, number: int) -> str:
        """The last line that a client's process wrote to standard error, which only this folder holds; or nothing."""
        with contextlib.suppress(FileNotFoundError):
            said = (self.folder / f"{number}.stderr").read_text(encoding="utf-8", errors="replace").strip()
            return said.rpartition("\n")[2]
        return ""

    def stop(self) -> None:
        """Ask every client in work to end."""
        write(self.folder / STOP, "")

    def _live(self) -> None:
        while not self._over.wait(BEAT):
            with contextlib.suppress(OSError):
                os.utime(self.folder / ALIVE)


def write(path: Path, text: str) -> None:
    """Write a file that is there whole or not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)


def said(folder: Path, number: int, text: str) -> None:
    """Append one event; the file is opened for each, because others see on a shared folder what was closed."""
    with (folder / f"{number}.events").open("a", encoding="utf-8") as stream:
        stream.write(text + "\n")


def over(folder: Path) -> bool:
    """Whether the runner has asked to stop, is gone with its folder, or has given no sign of life for long."""
    if (folder / STOP).exists() or not (folder / TOKEN).exists():
        return True
    return age(folder / ALIVE) > SILENT


def sweep(runs: Path) -> None:
    """Remove the folders of runners that died."""
    for folder in runs.glob(f"{PREFIX}*"):
        sign = folder / ALIVE if (folder / ALIVE).exists() else folder  # one that is being made has no sign yet
        if age(sign) > SILENT:
            shutil.rmtree(folder, ignore_errors=True)


def jobs_of(folder: Path, number: int | None = None) -> list[dict[str, object]]:
    """Every job of a batch as it was written, or the one of a number."""
    found = sorted(folder.glob("*.job")) if number is None else [folder / f"{number}.job"]
    return [json.loads(path.read_text(encoding="utf-8")) for path in found]

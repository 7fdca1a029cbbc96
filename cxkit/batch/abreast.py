"""Stages of one client side by side: those that do not rest on each other, while there is room for more than one.

What runs in this process runs in the order of the stages. A notebook beside it has a process of its own, because a
kernel's folder, environment and interruptions are those of a whole process; it is told what it is, and tells how it
ended. Everything that is written down of a stage is written here, one stage at a time.
"""

from __future__ import annotations

import multiprocessing
import threading
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from cxkit import STAGES, errors
from cxkit.batch import children, interrupt, template
from cxkit.batch.engine import Outcome, run_notebook
from cxkit.batch.summary import silence

RESTS_ON: Mapping[str, tuple[str, ...]] = {
    "align": (),
    "quantify": (),
    "instrument": (),
    "orchestrate": ("instrument",),
    "prove": ("quantify",),
    "govern": tuple(STAGES[:-1]),
}
"""Stage → those whose results its notebook loads. One that loads another's result all the same computes it anew."""
LONGEST_FIRST = ("instrument", "orchestrate", "quantify", "prove", "align", "govern")
"""What to begin beside another stage: first that on which most time follows."""
GRACE = 10.0
"""Seconds an interrupted notebook has to shut its kernel down before its process is ended."""


class Room:
    """How many notebooks a client may run beside the one it runs anyway; it becomes more when other clients end."""

    def __init__(self, beside: int = 0) -> None:
        self.free = beside
        self._lock = threading.Lock()
        self._begin: Callable[[], None] | None = None

    def grant(self) -> None:
        """Make room for one more notebook."""
        with self._lock:
            self.free += 1
            if self._begin is not None:
                self._begin()

    def open(self, begin: Callable[[], None]) -> None:
        """Call `begin` once for each notebook that has room now, and again whenever there is room for one more."""
        with self._lock:
            self._begin = begin
            for _ in range(self.free):
                begin()

    def close(self) -> None:
        """Call nothing any more."""
        with self._lock:
            self._begin = None


class Course:
    """The stages of a run on their way: which wait, run, are done, and which may begin.

    `rests_on` says for each stage of `stages` which others come before it, `beside` which of those that may begin is
    begun first beside another. `begin` is asked of a stage when its turn comes: what to give to `run_notebook`, or None
    where nothing is to run. `ended` is told how its notebook ended and says whether the run goes on. Both are called by
    one thread at a time.
    """

    def __init__(
        self,
        stages: Sequence[str],
        *,
        rests_on: Mapping[str, Collection[str]],
        beside: Sequence[str],
        begin: Callable[[str], Mapping[str, Any] | None],
        ended: Callable[[str, Outcome], bool],
    ) -> None:
        self.waiting = list(stages)
        self.rests_on = {stage: set(rests_on[stage]) & set(stages) for stage in stages}
        self.beside, self.begin, self.ended = tuple(beside), begin, ended
        self.running: dict[str, BaseProcess | None] = {}
        self.over = False
        self.broken: BaseException | None = None
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []

    def run(self, room: Room) -> None:
        """Run all stages up to the first that fails, and what runs beside it to its end."""
        room.open(self._serve)
        try:
            self._here()
            with self._changed:
                self._changed.wait_for(lambda: not self.running)
        finally:
            room.close()
            self._stop()
        interrupt.check()
        if self.broken is not None:
            raise self.broken

    def _here(self) -> None:
        """Run stages in this process, in their order, for as long as there are any."""
        while (turn := self._turn(tuple(self.waiting))) is not None:
            stage, given = turn
            interrupt.check()
            self._end(stage, run_notebook(**given))

    def _serve(self) -> None:
        """Run stages beside, in a thread that waits for their processes."""
        thread = threading.Thread(target=self._elsewhere, name="cxkit-abreast", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _elsewhere(self) -> None:
        try:
            while (turn := self._turn(self.beside)) is not None:
                stage, given = turn
                outcome = self._beside(stage, given)
                if outcome is None:
                    return
                self._end(stage, outcome)
        except BaseException as problem:  # raised in the thread that waits for it
            with self._changed:
                self.broken = self.broken or problem
                self._leave()

    def _turn(self, order: Sequence[str]) -> tuple[str, Mapping[str, Any]] | None:
        """The next stage to run and what to give to its notebook, as soon as one may begin; None when none will."""
        with self._changed:
            while not self.over and self.waiting:
                ready = (s for s in order if s in self.waiting and not self._before(s))
                stage = next(ready, None)
                if stage is None:
                    self._changed.wait()
                    continue
                self.waiting.remove(stage)
                self.running[stage] = None
                if (given := self.begin(stage)) is not None:
                    return stage, given
                del self.running[stage]
                self._changed.notify_all()
            return None

    def _before(self, stage: str) -> set[str]:
        """The stages that a stage still waits for."""
        return self.rests_on[stage] & {*self.waiting, *self.running}

    def _end(self, stage: str, outcome: Outcome) -> None:
        """Tell how a notebook ended, unless the run was cut off meanwhile."""
        with self._changed:
            if stage not in self.running:
                return
            goes_on = self.ended(stage, outcome)
            del self.running[stage]
            self.over = self.over or not goes_on
            self._changed.notify_all()

    def _beside(self, stage: str, given: Mapping[str, Any]) -> Outcome | None:
        """Run a notebook in a process of its own; None where the run was stopped meanwhile."""
        reader, writer = multiprocessing.Pipe(duplex=False)
        process = template.beside(_one, dict(given), writer, name=f"cxkit-{stage}")
        with self._changed:
            if stage not in self.running:
                return None
            process.start()
            self.running[stage] = process
        writer.close()
        try:
            told = reader.recv()
        except (EOFError, OSError):
            told = None
        finally:
            reader.close()
        process.join()
        if isinstance(told, BaseException):
            raise told
        if told is None and stage in self.running:
            raise errors.PlaybookError(f"{stage}: {silence(process.exitcode or 0)}")
        return told if isinstance(told, Outcome) else None

    def _leave(self) -> None:
        """End the run: what waits stays, what runs beside is interrupted."""
        self.over = True
        for process in [p for p in self.running.values() if p is not None]:
            children.interrupt(process.pid)
        self.running.clear()
        self._changed.notify_all()

    def _stop(self) -> None:
        """Wait for what runs beside; where the run was cut off, interrupt it first, and end it where it stays."""
        with self._changed:
            beside = [p for p in self.running.values() if p is not None]
            self._leave()
        for thread in self._threads:
            thread.join(GRACE)
        for process in beside if any(thread.is_alive() for thread in self._threads) else ():
            with suppress(OSError, ValueError):
                process.terminate()
        for thread in self._threads:
            thread.join(2)


def _one(given: dict[str, Any], writer: Connection[Any, Any]) -> None:
    """Run one notebook in this process and tell how it ended, or what was raised."""
    children.begin()
    try:
        with interrupt.interruptible():
            writer.send(run_notebook(**given))
    except KeyboardInterrupt:
        return
    except Exception as problem:
        problem.add_note(traceback.format_exc())
        writer.send(problem)

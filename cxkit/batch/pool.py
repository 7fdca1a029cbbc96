"""Clients side by side, each in a process of its own, so that none can hurt another."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from cxkit.batch import children, interrupt, template
from cxkit.batch.abreast import Room
from cxkit.batch.plan import Job
from cxkit.batch.progress import Event, Listener
from cxkit.batch.run import run_client
from cxkit.batch.summary import Ended, silence

GRACE = 15.0
"""Seconds an interrupted client has to shut its kernel down before it is ended."""


def run_all(jobs: Sequence[Job], listen: Listener, *, workers: int) -> list[Ended]:
    """Run every job, at most `workers` at a time, and return how each ended, in the order given.

    A worker that has no client any more is for the notebooks of those that still run. One client's failure, even a
    crash of its process, never stops another. On `KeyboardInterrupt` every client in work is told, its kernel ended,
    and the exception goes on.
    """
    with interrupt.interruptible():
        if workers <= 1 or len(jobs) <= 1:
            return [run_client(job, listen, Room(workers - 1)) for job in jobs]
        return _side_by_side(jobs, listen, workers)


@dataclass
class _Worker:
    """The process of a client, and how many notebooks it may run beside the one it runs anyway."""

    process: BaseProcess
    job: Job
    beside: int = 0


def _side_by_side(jobs: Sequence[Job], listen: Listener, workers: int) -> list[Ended]:
    """Run every job in a process of its own."""
    waiting = list(jobs)
    working: dict[Connection[Any, Any], _Worker] = {}
    ended: dict[str, Ended] = {}
    template.share_cores(workers)
    try:
        while waiting or working:
            while waiting and len(working) < workers:
                job = waiting.pop(0)
                ours, theirs = multiprocessing.Pipe()
                process = template.beside(_work, job, theirs, name=f"cxkit-{job.client}")
                process.start()
                theirs.close()
                working[ours] = _Worker(process, job)
            if not waiting:
                _make_room(working, workers)
            for ours in [r for r in working if r in wait(list(working))]:
                outcome = _heard(ours, listen)
                if outcome is None:
                    continue
                one = working.pop(ours)
                one.process.join()
                ours.close()
                ended[one.job.client] = _told(outcome, one.job, one.process, listen)
    except KeyboardInterrupt:
        _stop([one.process for one in working.values()])
        raise
    return [ended[job.client] for job in jobs]


def _make_room(working: Mapping[Connection[Any, Any], _Worker], workers: int) -> None:
    """Give the workers that have no client to those that began last."""
    idle = workers - sum(1 + one.beside for one in working.values())
    for _ in range(idle if working else 0):
        ours, one = min(reversed(list(working.items())), key=lambda item: item[1].beside)
        one.beside += 1
        with suppress(OSError):  # it has just ended, and is heard of next
            ours.send(None)


def _heard(reader: Connection[Any, Any], listen: Listener) -> Ended | str | None:
    """One message of a worker: an event is passed on; an end is returned; a broken pipe is an empty text."""
    try:
        message = reader.recv()
    except (EOFError, OSError):
        return ""
    if isinstance(message, Event):
        listen(message)
        return None
    if isinstance(message, Ended | str):
        return message
    raise TypeError(f"a worker sent a {type(message).__name__}")


def _told(outcome: Ended | str, job: Job, process: BaseProcess, listen: Listener) -> Ended:
    """The end of a client, also of one whose process went away without a word."""
    if isinstance(outcome, Ended):
        return outcome
    reason = outcome or silence(process.exitcode)
    listen(Event(client=job.client, what="failed", text=reason.splitlines()[-1]))
    return Ended(client=job.client, status="failed", reason=reason)


def _work(job: Job, runner: Connection[Any, Any]) -> None:
    """Run one client in this process and tell the runner."""
    children.begin()
    room = Room()
    threading.Thread(target=_listen_for_room, args=(runner, room), daemon=True).start()
    try:
        with interrupt.interruptible():
            runner.send(run_client(job, runner.send, room))
    except KeyboardInterrupt:
        return


def _listen_for_room(runner: Connection[Any, Any], room: Room) -> None:
    """Whatever the runner sends says that there is room for one notebook more."""
    with suppress(EOFError, OSError):
        while True:
            runner.recv()
            room.grant()


def _stop(processes: Sequence[BaseProcess]) -> None:
    """Interrupt workers, wait for them to end their kernels, then end what is left."""
    for process in processes:
        if process.is_alive():
            children.interrupt(process.pid)
    until = time.monotonic() + GRACE
    for process in processes:
        process.join(max(0.1, until - time.monotonic()))
        if process.is_alive():
            process.terminate()
            process.join(2)

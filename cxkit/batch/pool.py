"""Clients side by side, each in a process of its own, so that none can hurt another."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from cxkit.batch import interrupt, template
from cxkit.batch.plan import Job
from cxkit.batch.progress import Event, Listener
from cxkit.batch.run import run_client
from cxkit.batch.summary import Ended, silence

GRACE = 15.0
"""Seconds an interrupted client has to shut its kernel down before it is ended."""


def run_all(jobs: Sequence[Job], listen: Listener, *, workers: int) -> list[Ended]:
    """Run every job, at most `workers` at a time, and return how each ended, in the order given.

    One client's failure, even a crash of its process, never stops another. On `KeyboardInterrupt` every client
    in work is told, its kernel ended, and the exception goes on.
    """
    with interrupt.interruptible():
        if workers <= 1 or len(jobs) <= 1:
            return [run_client(job, listen) for job in jobs]
        return _side_by_side(jobs, listen, workers)


def _side_by_side(jobs: Sequence[Job], listen: Listener, workers: int) -> list[Ended]:
    """Run every job in a process of its own."""
    waiting = list(jobs)
    working: dict[Connection[Any, Any], tuple[BaseProcess, Job]] = {}
    ended: dict[str, Ended] = {}
    template.share_cores(workers)
    try:
        while waiting or working:
            while waiting and len(working) < workers:
                job = waiting.pop(0)
                reader, writer = multiprocessing.Pipe(duplex=False)
                worker = template.beside(_work, job, writer, name=f"cxkit-{job.client}")
                worker.start()
                writer.close()
                working[reader] = (worker, job)
            for reader in [r for r in working if r in wait(list(working))]:
                process, job = working[reader]
                outcome = _heard(reader, listen)
                if outcome is None:
                    continue
                process.join()
                reader.close()
                del working[reader]
                ended[job.client] = _told(outcome, job, process, listen)
    except KeyboardInterrupt:
        _stop([process for process, _ in working.values()])
        raise
    return [ended[job.client] for job in jobs]


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


def _work(job: Job, writer: Connection[Any, Any]) -> None:
    """Run one client in this process and tell the parent."""
    template.join_template()
    threading.Thread(target=_leave_with_the_runner, daemon=True).start()
    try:
        with interrupt.interruptible():
            writer.send(run_client(job, writer.send))
    except KeyboardInterrupt:
        return


def _leave_with_the_runner() -> None:
    """End this process when the one that started it was killed: nobody would hear how its client ended."""
    runner = multiprocessing.parent_process()
    if runner is not None:
        wait([runner.sentinel])
        os._exit(1)


def _stop(processes: Sequence[BaseProcess]) -> None:
    """Interrupt workers, wait for them to end their kernels, then end what is left."""
    for process in processes:
        if process.pid and process.is_alive() and os.name != "nt":
            os.kill(process.pid, signal.SIGINT)
    until = time.monotonic() + GRACE
    for process in processes:
        process.join(max(0.1, until - time.monotonic()))
        if process.is_alive():
            process.terminate()
            process.join(2)

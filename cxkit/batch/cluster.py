"""A batch over several machines: the same jobs through any `concurrent.futures.Executor`, or a Dask scheduler's."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from typing import Any

from cxkit import errors
from cxkit.batch import away, interrupt, stamps
from cxkit.batch.channel import Channel
from cxkit.batch.plan import Job
from cxkit.batch.progress import Event, Listener
from cxkit.batch.summary import Ended

LOOK = 0.5
ANSWER = 10.0
"""Seconds a scheduler has to answer."""
SEEN = 60.0
"""Seconds after which a file that another machine wrote is seen at the latest."""


def run_over(jobs: Sequence[Job], listen: Listener, executor: Executor, *, ready: Any = None) -> list[Ended]:
    """Run every job on what `executor` has; return how each ended, in the order given.

    `ready` is called with the batch's channel before anything is sent, and may refuse. A client whose worker was lost
    is failed, unless the executor gives it to another by itself, as Dask's does. On `KeyboardInterrupt` every client
    in work is asked to end, and the exception goes on.
    """
    if not jobs:
        return []
    with (
        interrupt.interruptible(),
        Channel(jobs[0].runs, [job.model_dump_json() for job in jobs]) as channel,
    ):
        if ready is not None:
            ready(channel)
        program = stamps.program()
        sent: dict[Future[str], int] = {
            executor.submit(away.stand_in, str(channel.folder), number, channel.token, program): number
            for number in range(len(jobs))
        }
        ended: dict[int, Ended] = {}
        waiting = set(sent)
        try:
            while waiting:
                done, waiting = wait(waiting, timeout=LOOK, return_when=FIRST_COMPLETED)
                interrupt.check()
                _tell(channel, listen)
                for future in done:
                    number = sent[future]
                    ended[number] = _ended(future, number, jobs[number], channel, listen)
        except KeyboardInterrupt:
            channel.stop()
            for future in waiting:
                future.cancel()
            wait([future for future in waiting if not future.cancelled()], timeout=away.GRACE + 5)
            raise
    return [ended[number] for number in range(len(jobs))]


def _tell(channel: Channel, listen: Listener) -> None:
    for text in channel.heard():
        listen(Event.model_validate_json(text))


def _ended(future: Future[str], number: int, job: Job, channel: Channel, listen: Listener) -> Ended:
    """The end of a client, also of one of whom its worker says nothing."""
    try:
        reason = future.result()
    except Exception as problem:  # whatever an executor raises for a worker it has lost
        reason = f"the worker that ran it was lost ({type(problem).__name__}); see the log of the scheduler"
    text = channel.awaited(number, SEEN if reason == away.FINE else 0)
    _tell(channel, listen)
    if text is not None:
        return Ended.model_validate_json(text)
    reason = reason or f"it came to an end that is not seen in {job.runs}"
    if word := channel.last_word(number):
        reason = f"{reason}; its last word: {word}"
    listen(Event(client=job.client, what="failed", text=reason))
    return Ended(client=job.client, status="failed", reason=reason)


def run_on(address: str, jobs: Sequence[Job], listen: Listener) -> list[Ended]:
    """Run every job on the workers of a Dask scheduler; `ParameterError` with all that keeps them from serving."""
    with _connected(address) as client, client.get_executor(pure=False) as executor:
        return run_over(jobs, listen, executor, ready=lambda channel: _look(client, address, channel))


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    try:
        connect = importlib.import_module("distributed").Client
    except ImportError:
        raise errors.ParameterError("--cluster needs Dask: pip install 'cxkit[cluster]'.") from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what is lost is said in the summary
    try:
        client = connect(address, timeout=ANSWER, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as problem:
        reason = f"{type(problem).__name__}: {problem}" if isinstance(problem, ValueError) else "it does not answer"
        raise errors.ParameterError(f"There is no Dask scheduler at {address} ({reason}).") from None
    try:
        yield client
    finally:
        client.close()


def _look(client: Any, address: str, channel: Channel) -> None:
    """Ask every worker whether it can serve, before anything starts."""
    if not client.scheduler_info(n_workers=-1)["workers"]:
        raise errors.ParameterError(f"The scheduler at {address} has no worker yet: dask worker {address} --nthreads 2")
    answers = client.run(away.fit, str(channel.folder), channel.token, stamps.program(), on_error="return")
    problems = [
        f"Worker {worker} "
        + (f"cannot run the workbook ({type(a).__name__}: {a})." if isinstance(a, BaseException) else f"{a}.")
        for worker, a in sorted(answers.items())
        if a
    ]
    if problems:
        raise errors.ParameterError(errors.all_problems(problems, what=f"The cluster at {address}"))

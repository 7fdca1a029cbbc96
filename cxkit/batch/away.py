"""What a worker of a cluster does: look whether it can serve, and stand in for the process that runs a client.

Workers import this module alone, and little with it. A client's run is a process of its own there too, so that no
process holds two clients' data; it leaves when its worker is gone.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from cxkit.batch import channel, stamps
from cxkit.batch.summary import silence

GRACE = 15.0
"""Seconds a client that is asked to stop has to shut its kernel down."""
LOOK = 0.3
FINE = ""
STOPPED = "stopped"


def fit(folder: str, token: str, program: str, number: int | None = None) -> str:
    """Why this worker cannot serve the batch of a folder, or one client of it; empty where it can."""
    place = Path(folder)
    try:
        seen = (place / channel.TOKEN).read_text(encoding="utf-8") == token
    except OSError:
        seen = False
    if not seen:
        return f"does not see the folder of runs, {place.parent}"
    try:
        (place / f"{channel.TOKEN}.{socket.gethostname()}.{os.getpid()}").write_text("", encoding="utf-8")
    except OSError:
        return f"cannot write into the folder of runs, {place.parent}"
    asked = channel.jobs_of(place, number)
    unseen = sorted({str(job["data"]) for job in asked if not Path(str(job["data"]), str(job["client"])).is_dir()})
    if unseen:
        return f"does not see the clients' folders in {', '.join(unseen)}"
    if stamps.program() != program:
        return "has another version of the workbook, of Python or of the libraries beside it"
    return FINE


def stand_in(folder: str, number: int, token: str, program: str) -> str:
    """Run a client of a batch in a process of its own and wait for it; return why it did not come to an end."""
    if why := fit(folder, token, program, number):
        return f"{socket.gethostname()} {why}"
    place = Path(folder)
    with (place / f"{number}.stderr").open("wb") as noise:
        process = subprocess.Popen(
            [sys.executable, "-m", "cxkit.batch.away", folder, str(number)],
            stdin=subprocess.PIPE,  # closed when this process ends, however it ends
            stdout=subprocess.DEVNULL,
            stderr=noise,
        )
    try:
        while process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LOOK)
            if process.returncode is None and channel.over(place):
                _leave(process)
                return STOPPED
    except BaseException:
        _leave(process)
        raise
    finally:
        if process.stdin:
            process.stdin.close()
    return FINE if process.returncode == 0 else silence(process.returncode)


def _leave(process: subprocess.Popen[bytes]) -> None:
    """Ask a client's process to end, and end it when it does not."""
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _leave_with_the_worker() -> None:
    """Interrupt this process when what stands in for it is gone, then end it."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGINT)
    threading.Event().wait(GRACE)
    os._exit(1)


def main(folder: str, number: int) -> int:
    """Run the client; its events and its end go into the folder."""
    from cxkit.batch.importing import quickly

    place = Path(folder)
    (told,) = channel.jobs_of(place, number)
    threading.Thread(target=_leave_with_the_worker, daemon=True).start()
    if told["first"] != "report" and not told["cold"]:
        from cxkit.batch import template

        template.begin(1)
    with quickly():
        from cxkit.batch import interrupt, run
        from cxkit.batch.plan import Job
    job = Job.model_validate_json((place / f"{number}.job").read_text(encoding="utf-8"))
    if (place / f"{number}.begun").exists():  # its first worker was lost: what it claimed may be said to be alive yet
        job = job.model_copy(update={"wait": max(job.wait, 2 * channel.SILENT)})
    channel.write(place / f"{number}.begun", "")
    try:
        with interrupt.interruptible():
            ended = run.run_client(job, lambda event: channel.said(place, number, event.model_dump_json()))
    except KeyboardInterrupt:
        return 130
    channel.write(place / f"{number}.end", ended.model_dump_json())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))

"""What a process of ours does at its beginning, and how those that are still there are ended."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from contextlib import suppress
from multiprocessing.connection import wait

from cxkit.batch import template


def begin() -> None:
    """Use the template of whoever started this process, and leave when that one is gone: nobody would hear the end."""
    template.join_template()
    threading.Thread(target=_leave_with_who_asked, daemon=True).start()


def _leave_with_who_asked() -> None:
    asked = multiprocessing.parent_process()
    if asked is not None:
        wait([asked.sentinel])
        os._exit(1)


def interrupt(pid: int | None) -> None:
    """Interrupt a process, unless it has ended; on Windows it is left to whoever waits for it."""
    if pid is not None and os.name != "nt":
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)

"""An interruption that cannot be lost: what a library swallows is raised again at the next stage."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_asked = threading.Event()


@contextmanager
def interruptible() -> Iterator[None]:
    """Remember SIGINT and SIGTERM while clients run in this process, and raise `KeyboardInterrupt` as Python does.

    So whoever ends a batch politely, a scheduler or the workbook that started it, leaves no kernel and nothing half
    written behind. Code that runs while a kernel is talked to may swallow the exception; `check` raises it again.
    Outside the main thread, where signals do not arrive, nothing is changed.
    """
    _asked.clear()
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def remember(number: int, frame: FrameType | None) -> None:
        _asked.set()
        signal.default_int_handler(number, frame)

    before = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def check() -> None:
    """Raise `KeyboardInterrupt` when one was asked for since `interruptible` began."""
    if _asked.is_set():
        raise KeyboardInterrupt

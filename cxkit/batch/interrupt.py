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
    """Remember SIGINT while clients run in this process, and raise `KeyboardInterrupt` for it as Python does.

    Code that runs while a kernel is talked to may swallow the exception; `check` raises it again. Outside the main
    thread, where signals do not arrive, nothing is changed.
    """
    _asked.clear()
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def remember(number: int, frame: FrameType | None) -> None:
        _asked.set()
        signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def check() -> None:
    """Raise `KeyboardInterrupt` when one was asked for since `interruptible` began."""
    if _asked.is_set():
        raise KeyboardInterrupt

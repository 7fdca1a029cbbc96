"""The command's own imports, made quick: a batch waits for them before anything else."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

UNUSED = ("rfc3987_syntax",)
"""Optional parts of libraries that take longer to import than all else: this one builds a grammar of web addresses."""


@contextmanager
def quickly() -> Iterator[None]:
    """Import many modules: parts that nobody uses are passed over, and no search is made for what could go.

    A library that asks for one of `UNUSED` is told that it is not installed, as its makers foresee.

    >>> with quickly():
    ...     import this_is_no_module
    Traceback (most recent call last):
    ModuleNotFoundError: No module named 'this_is_no_module'
    >>> gc.isenabled()
    True
    """
    collecting = gc.isenabled()
    absent = [name for name in UNUSED if name not in sys.modules]
    held: dict[str, object] = dict.fromkeys(absent)
    sys.modules.update(held)  # type: ignore[arg-type]
    gc.disable()
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)
        if collecting:
            gc.enable()

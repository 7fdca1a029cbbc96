"""What a kernel does in the process that was forked for it, up to the first message: the part a cold start does too."""

from __future__ import annotations

import atexit
import ctypes
import fcntl
import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from typing import Any

import matplotlib
import numpy as np
from ipykernel.kernelapp import IPKernelApp

PR_SET_PDEATHSIG = 1
F_SETSIG = 10
"""Of fcntl on Linux, where Python has no name for it."""
SET_ON_IMPORT = ("PYDEVD_USE_FRAME_EVAL",)
"""Variables that a library sets when it is imported: the template has imported it already."""
INLINE = "module://matplotlib_inline.backend_inline"


def serve(
    arguments: Sequence[str],
    folder: str,
    environment: Mapping[str, str],
    path: Sequence[str],
    ready: Connection[Any, Any],
) -> None:
    """Become a kernel: the environment, folder and module path of a fresh one, then IPython's own application.

    `arguments` are those after ``-m ipykernel_launcher``, `path` what a fresh interpreter looks modules up in. A byte
    goes through `ready` when the kernel listens.
    """
    os.setsid()
    gc.freeze()  # what the template imported stays: no search through it for what could go
    _die_with_the_template()
    _die_with_who_asked()
    imported = {name: os.environ[name] for name in SET_ON_IMPORT if name in os.environ}
    os.environ.clear()
    os.environ.update({**imported, **environment})
    os.chdir(folder)
    sys.path[:] = list(path)
    if (held := sys.modules.get("cxkit.batch.preloaded")) is not None:
        held.let_go_of_what_changed()
    launcher = find_spec("ipykernel_launcher")
    sys.argv[:] = [(launcher and launcher.origin) or "ipykernel_launcher", *arguments]
    _as_if_just_imported()
    app = IPKernelApp.instance()
    app.initialize([*arguments, f"--IPKernelApp.parent_handle={os.getppid()}"])
    ready.send_bytes(b"1")
    ready.close()
    try:
        app.start()
    finally:
        leave: Any = threading
        leave._shutdown()  # as an interpreter leaves: first the threads are waited for,
        atexit._run_exitfuncs()  # then what was registered is done, which a forked process leaves out


def _die_with_the_template() -> None:
    """Be killed when the template goes, and let it go when its runner does, even while a library holds this process."""
    held: Any = forkserver._forkserver
    if held._forkserver_alive_fd is not None:
        os.close(held._forkserver_alive_fd)
        held._forkserver_alive_fd = None
    template = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != template:  # it went while we asked
        os._exit(1)


def _die_with_who_asked() -> None:
    """Be killed when the process that asked for this kernel goes: it may have gone while its runner's template lives.

    The system sends the signal when the last writer of a pipe has gone, so that no library can keep it away.
    """
    asked = multiprocessing.parent_process()
    if asked is None:
        return
    fcntl.fcntl(asked.sentinel, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(asked.sentinel, F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(asked.sentinel, fcntl.F_SETFL, fcntl.fcntl(asked.sentinel, fcntl.F_GETFL) | os.O_ASYNC)
    if wait([asked.sentinel], 0):  # it went before we asked
        os._exit(1)


def _as_if_just_imported() -> None:
    """Undo what a library keeps from the moment the template imported it: its random state and its backend."""
    np.random.seed()  # every kernel would draw the template's numbers
    matplotlib.rcParams["backend"] = os.environ.get("MPLBACKEND") or INLINE

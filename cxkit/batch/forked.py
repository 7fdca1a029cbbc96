"""What a kernel does in the process that was forked for it, up to the first message: the part a cold start does too."""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import Any

import matplotlib
import numpy as np
from ipykernel.kernelapp import IPKernelApp

PR_SET_PDEATHSIG = 1
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


def _as_if_just_imported() -> None:
    """Undo what a library keeps from the moment the template imported it: its random state and its backend."""
    np.random.seed()  # every kernel would draw the template's numbers
    matplotlib.rcParams["backend"] = os.environ.get("MPLBACKEND") or INLINE

"""The template: a process that has libraries imported, from which kernels and workers are forked.

Little is imported here, so that it can be started before all else and imports while the command itself does.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from multiprocessing.process import BaseProcess
from multiprocessing.util import Finalize
from types import ModuleType
from typing import Any

import psutil

from cxkit.tables.scratch import prefix

if sys.platform == "linux":
    from multiprocessing import forkserver
    from multiprocessing.context import ForkServerProcess

    class Process(ForkServerProcess):
        """A process of the template that does not import the program which asked for it."""

        _lock = threading.Lock()

        @staticmethod
        def _Popen(process_obj: Any) -> Any:  # multiprocessing's own name
            with Process._lock:
                main = sys.modules["__main__"]
                sys.modules["__main__"] = ModuleType("__main__")
                try:
                    return ForkServerProcess._Popen(process_obj)
                finally:
                    sys.modules["__main__"] = main


PRELOAD = (
    *("ipykernel.kernelapp", "ipykernel.debugger", "matplotlib.pyplot"),
    *("matplotlib.backends.backend_svg", "numpy", "pandas", "scipy.stats", "scipy.optimize", "statsmodels.api"),
    *("seaborn", "duckdb", "narwhals", "pyarrow.parquet", "pydantic", "yaml", "sqlglot.optimizer", "tea_tasting"),
    *("splink", "networkx", "rapidfuzz", "babel.dates", "babel.numbers", "jinja2", "nh3", "markdown_it"),
    *("python_calamine", "pyxirr", "rich.console", "pyarrow.dataset"),
    *("narwhals._duckdb.namespace", "narwhals._duckdb.selectors", "narwhals._interchange.dataframe"),
    *("matplotlib.style.core", "encodings.utf_8_sig", "pandas.core.methods.to_dict"),
    *("IPython.core.completerlib", "IPython.core.debugger", "IPython.core.logger", "IPython.core.oinspect"),
    *("IPython.extensions.storemagic", "IPython.utils.wildcard", "sqlite3", "pdb", "tornado.platform.asyncio"),
    *("narwhals._namespace", "encodings.unicode_escape"),
    *("pydantic.main", "pydantic.types", "pydantic.networks", "pydantic.json_schema", "annotated_types"),
)
"""What every template imports: libraries of others alone."""
MEMORY = "CXKIT_MEMORY"
"""See `cxkit.tables.engine`, which is too large to import here."""
TABLES = 0.6
"""Share of the memory that tables may take before they spill; the rest is for what is computed on them."""
FIRST, LAST = "cxkit.batch.preload_first", "cxkit.batch.preload"
"""What the template of a command that runs clients imports around the libraries: the workbook, see
`cxkit.batch.preloaded`."""
OF_WORKERS = (
    "papermill",
    "papermill.iorw",
    "nbformat",
    "nbconvert",
    "jupyter_client.manager",
    "rich.progress",
    "xlsxwriter",
)
"""What it imports besides where clients run side by side: a kernel has no use for it."""
IMPORTING = {"MPLBACKEND": "agg", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
"""The environment under which the template imports: no window system, no word of the debugger."""


def why_cold() -> str:
    """Why kernels cannot start warm on this system; empty where they can.

    >>> isinstance(why_cold(), str)
    True
    """
    if sys.platform != "linux":
        return f"forking a process that has libraries loaded is not safe on {sys.platform}"
    return ""


def share_cores(workers: int) -> None:
    """Give each of so many clients its share of the cores and of the memory that tables may take.

    Before the template starts, whose libraries count cores once. What the environment says already stays.
    """
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 2) // workers)))
    os.environ.setdefault(MEMORY, str(int(TABLES * psutil.virtual_memory().total / workers)))


def begin(workers: int) -> str:
    """Settle each client's share of the cores and start the template; return why there is none."""
    if workers > 1:
        share_cores(workers)
    return warm_up(FIRST, *PRELOAD, *((*OF_WORKERS, "cxkit.batch.run") if workers > 1 else ()), LAST)


def warm_up(*names: str) -> str:
    """Start the template, which imports while the caller goes on; return why there is none, empty when there is.

    It imports `PRELOAD`, or the modules that are named; one that is there already stays as it is.
    """
    if why := why_cold():
        return why
    if joined():
        return ""
    held: Any = multiprocessing.current_process()
    if "tempdir" not in held._config:  # where the template listens: a place that `scratch.sweep` knows
        held._config["tempdir"] = tempfile.mkdtemp(prefix=prefix())
        Finalize(None, shutil.rmtree, (held._config["tempdir"], True), exitpriority=-100)
    try:
        with environment(IMPORTING):
            started: Any = forkserver._forkserver
            started.set_forkserver_preload(list(names or PRELOAD))
            started.ensure_running()  # not the function of that name in the module, which would not know of `joined`
            Finalize(None, _end, (started._forkserver_pid,), exitpriority=-50)
        threading.Thread(target=module_path, daemon=True).start()
    except OSError as problem:
        return f"the template did not start ({problem})"
    return ""


def _end(template: int | None) -> None:
    """End the template of a command that is done: it holds nothing, and would take seconds to tidy up."""
    if template is not None:
        with suppress(ProcessLookupError):
            os.kill(template, signal.SIGKILL)


def joined() -> bool:
    """Whether this process was forked from a template and uses it instead of starting one of its own."""
    return sys.platform == "linux" and "ensure_running" in vars(forkserver._forkserver)


def join_template() -> None:
    """Use the template of the process that forked this one, where it was forked, instead of starting another."""
    if sys.platform != "linux":
        return
    held: Any = forkserver._forkserver
    if held._forkserver_alive_fd is not None and held._forkserver_pid is None:
        held.ensure_running = _is_running
        gc.freeze()  # what the template imported stays: no search through it for what could go


def _is_running() -> None:
    """The template of another process: it ends when that process does, and this one before."""


def beside(work: Callable[..., None], *given: Any, name: str) -> BaseProcess:
    """A process that does `work`, not started yet: forked from the template, or fresh where kernels start cold."""
    if sys.platform != "linux" or warm_up():
        return multiprocessing.get_context("spawn").Process(target=work, args=given, name=name)
    return Process(target=work, args=given, name=name)


@contextmanager
def environment(names: Mapping[str, str]) -> Iterator[None]:
    """Environment variables that a process started meanwhile inherits; as they were afterwards."""
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@cache
def module_path() -> tuple[str, ...]:
    """Where a fresh interpreter looks modules up."""
    told = subprocess.run(
        [sys.executable, "-c", "import json, sys; print(json.dumps(sys.path[1:]))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(json.loads(told.stdout))

"""One notebook under papermill, with a deadline and an honest end."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError

from cxkit.records import Record

NAME = "cxkit"
INTERACTIVE = "interactive"
QUIET = ["--IPKernelApp.log_level=CRITICAL"]
"""A kernel speaks through its notebook; its own log has no place on the consultant's terminal."""


class Outcome(Record):
    """How a notebook ended."""

    done: bool
    seconds: float
    error: str = ""
    """What went wrong, in one line; empty when done."""
    cell: int | None = None
    """Number of the failing code cell, counted from 1 as a reader counts them."""


class DeadlineEngine(NBClientEngine):
    """papermill's own engine with one deadline for the whole notebook; cells tagged `interactive` are not run."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> Any:
        """Run the cells; a cell that meets the deadline, or a dead kernel, becomes an error output of that cell."""
        deadline = time.monotonic() + float(kwargs.pop("seconds"))
        begun: list[Any] = []

        def remaining(cell: Any) -> int:
            begun.append(cell)
            return max(1, round(deadline - time.monotonic()))

        try:
            return super().execute_managed_notebook(
                nb_man,
                kernel_name,
                timeout_func=remaining,
                skip_cells_with_tag=INTERACTIVE,
                extra_arguments=QUIET,
                **kwargs,
            )
        except CellTimeoutError:
            _mark(begun, "DeadlineError", "the notebook met its deadline in this cell (see --timeout)")
        except DeadKernelError:
            _mark(begun, "KernelDied", "the kernel died in this cell, most often because memory ran out")
        return nb_man.nb


def _mark(begun: list[Any], name: str, text: str) -> None:
    """Give the cell that was running an error output, so that papermill keeps the notebook and marks the cell."""
    told = nbformat.v4.new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])
    begun[-1].outputs = [o for o in begun[-1].outputs if o.output_type != "error"] + [told]


papermill_engines.register(NAME, DeadlineEngine)


@contextmanager
def environment(names: Mapping[str, str]) -> Iterator[None]:
    """Environment variables that a kernel started meanwhile inherits; as they were afterwards."""
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def run_notebook(
    source: Path,
    target: Path,
    parameters: Mapping[str, Any],
    *,
    seconds: float,
    place: Path | None = None,
    told: Mapping[str, str] | None = None,
) -> Outcome:
    """Run one notebook into `target`; never raises for what happens inside the notebook.

    The executed notebook is written once, when it has ended; a failing cell is marked in it. `place` is the folder the
    kernel works in, `told` what its environment says besides.
    """
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    started = time.monotonic()
    try:
        with environment(told or {}):
            papermill.execute_notebook(
                str(source),
                str(target),
                parameters=dict(parameters),
                engine_name=NAME,
                kernel_name="python3",
                language="python",
                progress_bar=False,
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                cwd=place,
                seconds=seconds,
            )
    except PapermillExecutionError as failed:
        return Outcome(
            done=False,
            seconds=time.monotonic() - started,
            error=f"{failed.ename}: {failed.evalue}".strip(),
            cell=failed.exec_count,
        )
    return Outcome(done=True, seconds=time.monotonic() - started)

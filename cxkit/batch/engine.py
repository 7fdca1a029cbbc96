"""One notebook under papermill: warm kernels, a deadline, a ceiling for memory, and a record of what truly happened."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.log import logger

from cxkit.batch.kernels import Manager
from cxkit.batch.template import MEMORY, TABLES, environment
from cxkit.records import Record

NAME = "cxkit"
INTERACTIVE = "interactive"
QUIET = ["--IPKernelApp.log_level=CRITICAL"]
"""A kernel speaks through its notebook; its own log has no place on the consultant's terminal."""
SKIPPED = "skipped"
"""Of a cell that is not for the batch; papermill's own words are pending, running, completed, failed."""
STARTING = 60


class Outcome(Record):
    """How a notebook ended."""

    done: bool
    seconds: float
    error: str = ""
    """What went wrong, in one line; empty when done."""
    cell: int | None = None
    """Number of the failing code cell, counted from 1 as a reader counts them."""
    cells: dict[str, int]
    """How many code cells ended how: completed, failed, pending (never ran), skipped (not for the batch)."""
    kernel: str = ""
    """How the kernel was started: warm or cold."""
    retried: bool = False
    """Whether a kernel died first, and the notebook was run once more from a cold one."""


class HonestRecord(NotebookExecutionManager):
    """What papermill writes about cells, without calling completed what never ran or was cut off."""

    def cell_complete(self, cell: Any, cell_index: int | None = None, **kwargs: Any) -> None:
        """Note the end of a cell; one that an exception ended, a deadline for instance, has failed."""
        if sys.exc_info()[0] is not None:
            self.cell_exception(cell, cell_index=cell_index)
        super().cell_complete(cell, cell_index=cell_index, **kwargs)
        if _interactive(cell) and cell.metadata.papermill["status"] == self.COMPLETED:
            cell.metadata.papermill["status"] = SKIPPED

    def notebook_complete(self, **kwargs: Any) -> None:
        """Note the end of the notebook; cells that never ran stay pending."""
        before = [(cell, cell.metadata.papermill["status"]) for cell in self.nb.cells]
        super().notebook_complete(**kwargs)
        for cell, status in before:
            cell.metadata.papermill["status"] = self.FAILED if status == self.RUNNING else status


class NotebookRun(PapermillNotebookClient):
    """papermill's client with our kernels; a kernel whose notebook did not end well is not asked, but ended."""

    def __init__(self, record: HonestRecord, *, cold: bool, ceiling: int, **given: Any) -> None:
        super().__init__(record, **given)
        self.cold, self.ceiling = cold, ceiling
        self.used: Manager | None = None

    def create_kernel_manager(self) -> Manager:
        """Make the manager of the kernel that this notebook runs in."""
        self.used = self.km = Manager(kernel_name=self.kernel_name, cold=self.cold, ceiling=self.ceiling)
        return self.used

    def papermill_execute_cells(self) -> None:
        """Run the cells in order up to the first that fails."""
        try:
            super().papermill_execute_cells()
        except BaseException:
            self.shutdown_kernel = "immediate"
            raise


class DeadlineEngine(Engine):
    """papermill's engine with one deadline for all cells; those tagged `interactive` are not run."""

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, output_path: str | None = None, **kwargs: Any) -> Any:
        """Run a notebook as papermill asks; what is written is written by papermill, when it has ended."""
        record = HonestRecord(nb, output_path=None, progress_bar=False, autosave_cell_every=0)
        record.notebook_start()
        try:
            cls.execute_managed_notebook(record, kernel_name, **kwargs)
        finally:
            record.notebook_complete()
        return record.nb

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> Any:
        """Run the cells; a cell that meets the deadline, or whose kernel dies, gets an error output of its own."""
        deadline = time.monotonic() + float(kwargs["seconds"])
        begun: list[Any] = []

        def remaining(cell: Any) -> int:
            begun.append(cell)
            return max(1, round(deadline - time.monotonic()))

        run = NotebookRun(
            nb_man,
            cold=kwargs["cold"],
            ceiling=kwargs["ceiling"],
            kernel_name=kernel_name,
            timeout_func=remaining,
            startup_timeout=STARTING,
            skip_cells_with_tag=INTERACTIVE,
            extra_arguments=QUIET,
            log=logger,
        )
        try:
            run.execute()
        except CellTimeoutError:
            _mark(begun, "DeadlineError", f"the notebook met its deadline in this cell ({kwargs['limit']})")
        except DeadKernelError:
            over = run.used.over if run.used else 0
            if over:
                _mark(begun, "MemoryCeiling", _over(over, kwargs["ceiling"]))
            else:
                _mark(begun, "KernelDied", "the kernel died in this cell, most often because memory ran out")
        finally:
            if run.used is not None:
                nb_man.nb.metadata.papermill["kernel"] = run.used.started
        return nb_man.nb


def _mark(begun: list[Any], name: str, text: str) -> None:
    """Give the cell that was running an error output, so that papermill keeps the notebook and marks the cell."""
    told = nbformat.v4.new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])
    begun[-1].outputs = [o for o in begun[-1].outputs if o.output_type != "error"] + [told]


def _over(used: int, ceiling: int) -> str:
    return (
        f"the kernel held {used / 2**20:,.0f} MB in this cell and was ended at its ceiling "
        f"of {ceiling / 2**20:,.0f} MB (see --max-memory)"
    )


def _interactive(cell: Any) -> bool:
    return INTERACTIVE in cell.metadata.get("tags", [])


papermill_engines.register(NAME, DeadlineEngine)


def run_notebook(
    source: Path,
    target: Path,
    parameters: Mapping[str, Any],
    *,
    seconds: float,
    limit: str = "see --timeout",
    place: Path | None = None,
    told: Mapping[str, str] | None = None,
    cold: bool = False,
    ceiling: int = 0,
) -> Outcome:
    """Run one notebook into `target`; never raises for what happens inside the notebook.

    The executed notebook is written once, when it has ended; a failing cell is marked in it. `limit` says where the
    deadline of `seconds` comes from, `place` is the folder the kernel works in, `told` what its environment says
    besides, `cold` that it does not start from the template, `ceiling` the bytes it and its processes may hold (0: any
    number). A kernel that died is started once more, cold; one that met a ceiling or a deadline is not.
    """
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    started = time.monotonic()

    def attempt(*, cold: bool, left: float) -> Outcome:
        error, cell = "", None
        try:
            with environment({**({MEMORY: str(int(TABLES * ceiling))} if ceiling else {}), **(told or {})}):
                papermill.execute_notebook(
                    str(source),
                    str(target),
                    parameters=dict(parameters),
                    engine_name=NAME,
                    kernel_name="python3",
                    language="python",
                    progress_bar=False,
                    request_save_on_cell_execute=False,
                    cwd=place,
                    seconds=left,
                    limit=limit,
                    cold=cold,
                    ceiling=ceiling,
                )
        except PapermillExecutionError as failed:
            error, cell = f"{failed.ename}: {failed.evalue}".strip(), failed.exec_count
        book = nbformat.read(target, as_version=4)
        return Outcome(
            done=not error,
            seconds=time.monotonic() - started,
            error=error,
            cell=cell,
            cells=_counted(book),
            kernel=book.metadata.papermill.get("kernel", ""),
        )

    first = attempt(cold=cold, left=seconds)
    left = seconds - (time.monotonic() - started)
    if not first.error.startswith("KernelDied") or left < 1:
        return first
    return attempt(cold=True, left=left).model_copy(update={"retried": True})


def _counted(book: Any) -> dict[str, int]:
    """How many code cells ended how."""
    found: dict[str, int] = {}
    for cell in book.cells:
        if cell.cell_type == "code":
            status = cell.metadata.get("papermill", {}).get("status", NotebookExecutionManager.PENDING)
            found[status] = found.get(status, 0) + 1
    return dict(sorted(found.items()))

"""What ``cxkit run``, ``demo`` and ``status`` do, apart from reading the command line."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from cxkit import STAGES, errors
from cxkit.batch import plan, template
from cxkit.batch.board import waiting, write_board
from cxkit.batch.cluster import run_on
from cxkit.batch.pool import run_all
from cxkit.batch.progress import Event, Reporter, nothing_to_do
from cxkit.batch.refusal import refusal
from cxkit.batch.run import read_runs
from cxkit.batch.summary import Ended, print_summary
from cxkit.engagement import places
from cxkit.engagement.desk import parse_day
from cxkit.engagement.notebooks import copies
from cxkit.tables.intake import file_hashes
from cxkit.tables.scratch import sweep


def run(
    clients: Sequence[str],
    *,
    as_of: str | None = None,
    workers: int = 1,
    first: str = STAGES[0],
    given: Mapping[str, Any] | None = None,
    seconds: float = 900,
    client_seconds: float = 0,
    cold: bool = False,
    ceiling: int = 0,
    wait: float = 0,
    cluster: str = "",
    asked: Mapping[str, Any] | None = None,
    reuse: bool = True,
    unchanged: Sequence[Ended] = (),
    seed: int = 1,
    audience: str = "board",
    pdf: bool = False,
    form: Literal["auto", "plain", "json"] = "auto",
    data_dir: Path | None = None,
    runs_dir: Path | None = None,
) -> int:
    """Check every client, run those that can run, print a summary; return the exit code.

    `unchanged` are those of whom nothing changed since they ran: they are told of, and not run. With `reuse` a stage
    that was computed on the same is taken over. With `cluster`, the address of a Dask scheduler, its workers run them.
    """
    if clients and not cluster and first != plan.REPORT and not cold and (why := template.begin(workers)):
        print(f"Kernels start cold: {why}.", file=sys.stderr)
    sweep()
    data = places.data_folder(data_dir)
    runs = places.runs_folder(runs_dir, data=data)
    day = parse_day(as_of)
    jobs, refused = [], []
    for client in clients:
        try:
            jobs.append(
                plan.check(
                    client,
                    data=data,
                    runs=runs,
                    as_of=day,
                    given=given or {},
                    first=first,
                    seconds=seconds,
                    seed=seed,
                    audience=audience,
                    pdf=pdf,
                    client_seconds=client_seconds,
                    cold=cold,
                    ceiling=ceiling,
                    wait=wait,
                    asked=asked,
                    reuse=reuse,
                )
            )
        except errors.ParameterError:
            raise
        except errors.PlaybookError as problem:
            refused.append(Ended(client=client, status="failed", reason=str(problem)))
    with Reporter(len(clients) + len(unchanged), form) as reporter:
        for ended in unchanged:
            reporter(nothing_to_do(ended.client))
        for ended in refused:
            reporter(Event(client=ended.client, what="failed", text=ended.reason.splitlines()[0]))
        done = run_on(cluster, jobs, reporter) if cluster else run_all(jobs, reporter, workers=workers)
        ended_all = [*unchanged, *refused, *done]
    sweep()  # a worker that was killed meanwhile could not; where nothing changes, no run comes after this one
    try:
        board = write_board(runs, data)
    except OSError as problem:
        if not (why := refusal(problem)):
            raise
        print(f"The board of all clients was not written. {why}", file=sys.stderr)
        board = None
    print_summary(ended_all, board)
    return 1 if board is None or any(e.status == "failed" or e.unfinished for e in ended_all) else 0


def status(clients: Sequence[str], *, data_dir: Path | None, runs_dir: Path | None) -> list[str]:
    """One line per client: the last run, whether its files or settings changed since, and what failed after it."""
    data = places.data_folder(data_dir)
    runs = places.runs_folder(runs_dir, data=data)
    known = places.clients(data)
    problems = [errors.unknown_name("client", c, known, where=data.name) for c in clients if c not in known]
    if problems:
        raise errors.ParameterError(errors.all_problems(problems, what="The list of clients"))
    records = read_runs(runs)
    lines = []
    for client in clients or known:
        own = [r for r in records if r["client"] == client]
        done = max((r for r in own if r["status"] == "done"), key=lambda r: r["as_of"], default=None)
        failed = [r for r in own if r["status"] == "failed"]
        text = (
            f"{client:24} never run" if done is None else f"{client:24} ✓ {done['as_of']}  {done.get('headline', '')}"
        )
        if done is not None and _changed(data / client, done):
            text += "  ▲ files changed since"
        if done is not None and (waits := waiting(done, data)):
            text += f"  ▲ {waits} to review (cxkit review {client})"
        lines.append(text)
        added: Mapping[str, Any] = done.get("own", {}) if done is not None else {}
        lines += [f"{'':24} ▲ {name}.ipynb did not finish" for name in added if added[name]["status"] == "failed"]
        lines += [f"{'':24} ▲ {behind} was edited here and is behind the workbook" for behind in _behind(data / client)]
        lines += [f"{'':24} ✗ {r['as_of']} failed: {str(r.get('reason', '')).splitlines()[0]}" for r in failed]
    return lines


def _behind(folder: Path) -> list[str]:
    """The client's edited copies of notebooks that the workbook has newer ones of."""
    return [name for name, copy in copies(folder).items() if copy.behind]


def _changed(folder: Path, record: Mapping[str, Any]) -> bool:
    """Whether a file the run read has another hash now, is gone, or a new one is there."""
    return file_hashes(folder) != {name: entry["sha256"] for name, entry in record["inputs"]["files"].items()}

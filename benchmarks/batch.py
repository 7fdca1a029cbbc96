"""What a batch costs, beside the ways people run notebooks without it, all on the same clients in one run.

Five clients, copies of the sample marlow, six notebooks each, from reading the files on; every way begins with nothing.

- *plain*: the cells of the six notebooks executed in one Python process, and the same report built from what they show:
  what the work itself costs. *plain, two processes*: half of the clients each.
- *papermill, a loop*: its command line, notebook by notebook, as a shell script would call it; no report.
- *papermill, two threads*: its Python interface; no report.
- *cold*, *one job*, *two jobs*: ``cxkit run`` with kernels from nothing, from the template, and two clients at once;
  reports included.
- *unchanged*: ``cxkit run`` of a hundred clients of whom nothing changed.

A way's time is that of its whole process from start to end; memory is the most that all processes of it held at one
moment, pages they share counted once. The record's ratio is how many times longer ours takes than the other.
Run ``python benchmarks/batch.py``.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import _record
import psutil

from cxkit import STAGES

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = "marlow"
DAY = "2026-10-31"
CLIENTS = max(2, round(5 * _record.scale()))
UNCHANGED = max(2, round(100 * _record.scale()))
NOTEBOOKS = tuple(ROOT / "notebooks" / f"{n}-{stage}.ipynb" for n, stage in enumerate(STAGES, 1))
BESIDE = Path(sys.executable).parent


def parameters(client: str, place: Path) -> dict[str, str]:
    """What every notebook is given."""
    run = place / "runs" / client / DAY
    run.mkdir(parents=True, exist_ok=True)
    return {"client": client, "as_of": DAY, "run_dir": str(run), "data_dir": str(place / "data")}


def loop(clients: list[str], place: Path) -> None:
    """The command line of papermill, once per notebook."""
    for client in clients:
        given = parameters(client, place)
        words = [part for name, value in given.items() for part in ("-p", name, value)]
        for notebook in NOTEBOOKS:
            target = Path(given["run_dir"]) / notebook.name
            command = [str(BESIDE / "papermill"), "--no-progress-bar", "--log-level", "ERROR"]
            subprocess.run([*command, str(notebook), str(target), *words], check=True, stderr=subprocess.DEVNULL)


def threads(clients: list[str], place: Path) -> None:
    """The Python interface of papermill, two clients at once."""
    import papermill  # noqa: PLC0415

    def one(client: str) -> None:
        given = parameters(client, place)
        for notebook in NOTEBOOKS:
            papermill.execute_notebook(
                str(notebook), str(Path(given["run_dir"]) / notebook.name), given, progress_bar=False, log_output=False
            )

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, clients))


def plain(clients: list[str], place: Path) -> None:
    """No notebooks at all: their cells one after another in this process, then the report."""
    os.environ["MPLBACKEND"] = "agg"
    import nbformat  # noqa: PLC0415
    from nbformat.v4 import new_code_cell, new_notebook, new_output  # noqa: PLC0415

    from cxkit.batch import assemble, plan, run  # noqa: PLC0415
    from cxkit.batch.basis import basis  # noqa: PLC0415
    from cxkit.engagement.client import read_client  # noqa: PLC0415
    from cxkit.engagement.desk import take_in  # noqa: PLC0415
    from cxkit.engagement.store import read_store  # noqa: PLC0415
    from cxkit.report import show  # noqa: PLC0415

    shown: list[Any] = []
    show._display = lambda blocks, silent: shown.extend(blocks)
    for client in clients:
        given = parameters(client, place)
        building, folder = Path(given["run_dir"]), place / "data" / client
        how: dict[str, Any] = {"given": {}, "first": "align", "seconds": 900, "seed": 1, "audience": "board"}
        job = plan.check(client, data=place / "data", runs=place / "runs", as_of=date.fromisoformat(DAY), **how)
        settings, store = read_client(folder), read_store(folder)
        taken = take_in(folder, settings, store, as_of=job.as_of, cache=building.parent / ".snapshots")
        for notebook in NOTEBOOKS:
            names: dict[str, Any] = {"__name__": "__main__"}
            shown.clear()
            for cell in nbformat.read(notebook, as_version=4).cells:
                tags = cell.metadata.get("tags", [])
                if cell.cell_type == "code" and "interactive" not in tags:
                    with contextlib.redirect_stdout(io.StringIO()):
                        exec(compile(cell.source, notebook.name, "exec"), names)
                    names |= given if "parameters" in tags else {}
            outputs = [new_output("display_data", data=block._repr_mimebundle_()) for block in shown]
            nbformat.write(new_notebook(cells=[new_code_cell(outputs=outputs)]), building / notebook.name)
        record = run._record(job, settings, store, taken, {}) | {"own": {}}
        record["basis"] = basis(folder, settings, store, taken.tables.hashes)
        assemble.write_report(building, job=job, settings=settings, store=store, taken=taken, record=record)


def plain_two(clients: list[str], place: Path) -> None:
    """Two processes of the plain way, half of the clients each."""
    halves = [clients[::2], clients[1::2]]
    running = [subprocess.Popen([sys.executable, __file__, "plain", str(place), *half]) for half in halves if half]
    codes = [process.wait() for process in running]
    if any(codes):
        sys.exit(1)


WAYS = {"plain": plain, "plain_two": plain_two, "loop": loop, "threads": threads}


def ours(*words: str) -> list[str]:
    """The command that runs all clients."""
    return [str(BESIDE / "cxkit"), "run", "--all", "--no-pdf", "--log-format", "json", *words]


def measured(command: list[str], place: Path, note: str) -> dict[str, float]:
    """Seconds and gigabytes of a command and all it starts."""
    environment = {k: v for k, v in os.environ.items() if k not in {"MPLBACKEND", "OMP_NUM_THREADS"}}
    environment |= {"CXKIT_DATA": str(place / "data"), "CXKIT_RUNS": str(place / "runs")}
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=place, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    peak, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(1.0):
            peak[0] = max(peak[0], held(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    said = process.communicate()[1]
    seconds = time.perf_counter() - started
    ended.set()
    watcher.join()
    if process.returncode:
        sys.exit(f"{note} failed:\n{said[-3000:]}")
    print(f"{note}: {seconds:.1f} s, {peak[0]:.2f} GB", flush=True)
    return {"seconds": seconds, "memory": peak[0]}


def held(pid: int) -> float:
    """Gigabytes that a process and all below it hold, shared pages counted once where the system says it."""
    total = 0
    with contextlib.suppress(psutil.Error):
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                memory = process.memory_full_info()
                total += getattr(memory, "pss", memory.uss)
    return total / 1e9


def clients_at(place: Path, count: int) -> list[str]:
    """So many copies of the sample client."""
    names = [f"client-{n:03}" for n in range(count)]
    for name in names:
        shutil.copytree(
            ROOT / "data" / SAMPLE, place / "data" / name, ignore=shutil.ignore_patterns("work", "notebooks")
        )
    return names


def main() -> None:
    """Measure every way and write the records."""
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        clients = clients_at(place, CLIENTS)
        steps: dict[str, list[str]] = {
            way: [sys.executable, __file__, way, str(place), *clients] for way in ("plain", "plain_two")
        }
        steps |= {"one": ours(), "two": ours("--jobs", "2"), "cold": ours("--cold")}
        steps |= {way: [sys.executable, __file__, way, str(place), *clients] for way in ("threads", "loop")}
        for way, command in steps.items():
            shutil.rmtree(place / "runs", ignore_errors=True)
            found[way] = measured(command, place, way)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (first,) = clients_at(place, 1)
        one = measured(ours(), place, "one client")
        measured(ours(), place, "the same, unchanged")
        for client in (f"client-{n:03}" for n in range(1, UNCHANGED)):
            shutil.copytree(place / "data" / first, place / "data" / client)
            shutil.copytree(place / "runs" / first, place / "runs" / client)
        unchanged = measured(ours(), place, f"{UNCHANGED} unchanged")
    _record.write("batch", records(found, one, unchanged))


def records(
    found: dict[str, dict[str, float]], one: dict[str, float], unchanged: dict[str, float]
) -> list[dict[str, Any]]:
    """What `make bench` prints."""
    size = f"{CLIENTS} clients, {CLIENTS * len(NOTEBOOKS)} notebooks"
    pairs = [
        ("batch.one_job_vs_plain", "one", "plain", "plain Python, one process", 1.4),
        ("batch.two_jobs_vs_plain_two", "two", "plain_two", "plain Python, two processes", 1.4),
        ("batch.two_jobs_vs_loop", "two", "loop", "papermill, a loop, no report", 1 / 8),
        ("batch.one_job_vs_cold", "one", "cold", "cold kernels", None),
        ("batch.two_jobs_vs_threads", "two", "threads", "papermill, two threads, no report", None),
    ]
    common = {"unit": "s", "repeats": 1, "machine": _record.machine()}
    common |= {"versions": _record.versions("papermill", "jupyter_client", "ipykernel")}
    made = [
        {
            "name": name,
            "ours": found[ours_]["seconds"],
            "other": found[other]["seconds"],
            "other_name": label,
            "ratio": found[ours_]["seconds"] / found[other]["seconds"],
            "size": size,
            "goal": goal,
            "holds": goal is None or found[ours_]["seconds"] / found[other]["seconds"] <= goal,
            "gigabytes": found[ours_]["memory"],
            "gigabytes_other": found[other]["memory"],
            **common,
        }
        for name, ours_, other, label, goal in pairs
    ]
    ratio = unchanged["seconds"] / one["seconds"]
    last = {"name": "batch.unchanged_vs_run", "ours": unchanged["seconds"], "other": one["seconds"], "ratio": ratio}
    last |= {"other_name": "one client's run", "size": f"{UNCHANGED} clients", "goal": 0.1, "holds": ratio <= 0.1}
    return [*made, last | {"gigabytes": unchanged["memory"], "gigabytes_other": one["memory"]} | common]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        WAYS[sys.argv[1]](sys.argv[3:], Path(sys.argv[2]))
    else:
        main()

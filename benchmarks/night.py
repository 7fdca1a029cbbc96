"""A night of three hundred clients, from their files to their reports, by the line that cron calls.

Clients are simulated, each with a seed of its own and thirty customers of five systems. Measured are the seconds of the
whole command, and every other second the memory of all its processes together, pages they share counted once: the most
of the whole night, and of its first and its last third, because what a batch does not give back shows at its end. Then
the same command again, with nothing changed. A client that fails, a process or a folder that is left ends the
measurement.

Run ``python benchmarks/night.py``; CXKIT_BENCH_SCALE=0.02 takes six clients.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import _record
import batch

CLIENTS = max(3, round(300 * _record.scale()))
ACCOUNTS = 30
LOOK = 2.0


def simulate(place: Path) -> list[str]:
    """Write the clients' folders, two at once."""
    names = [f"client-{n:03}" for n in range(CLIENTS)]
    halves = [names[::2], names[1::2]]
    command = [sys.executable, __file__, "simulate", str(place)]
    running = [subprocess.Popen([*command, *half], stderr=subprocess.DEVNULL) for half in halves]
    codes = [process.wait() for process in running]
    if any(codes):
        sys.exit("a client could not be simulated")
    return names


def write(place: Path, names: list[str]) -> None:
    """Write some clients' folders; the seed is the number in the name."""
    from cxkit.simulate import write_simulated  # noqa: PLC0415

    for name in names:
        seed = int(name.split("-")[1]) + 1
        write_simulated(place / "data" / name, accounts=ACCOUNTS, seed=seed, progress=lambda text: None)


def night(place: Path) -> dict[str, Any]:
    """One command over all clients: its seconds, how clients ended, and the memory over time."""
    environment = {k: v for k, v in os.environ.items() if k not in {"MPLBACKEND", "OMP_NUM_THREADS"}}
    environment |= {"CXKIT_DATA": str(place / "data"), "CXKIT_RUNS": str(place / "runs"), "TMPDIR": str(place / "t")}
    started = time.perf_counter()
    process = subprocess.Popen(
        batch.ours("--jobs", "2"),
        cwd=place,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    seen: list[float] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(LOOK):
            seen.append(batch.held(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    became: Counter[str] = Counter()
    assert process.stderr is not None
    for line in process.stderr:
        event = json.loads(line)
        if event["what"] == "failed":
            print(f"{event['client']} failed: {event['text']}", flush=True)
        if event["what"] in {"done", "failed"}:
            became[event["what"]] += 1
            if became.total() % 25 == 0:
                now = time.perf_counter() - started
                print(f"{became.total()} of {CLIENTS} after {now:.0f} s, {seen[-1] if seen else 0:.2f} GB", flush=True)
    code = process.wait()
    seconds = time.perf_counter() - started
    ended.set()
    watcher.join()
    if code or became != {"done": CLIENTS}:
        sys.exit(f"the night ended with {code}: {dict(became)}")
    if left := sorted(p.name for p in (place / "t").iterdir()):
        sys.exit(f"the night left {left}")
    return {"seconds": seconds, "seen": seen or [0.0]}


def main() -> None:
    """Measure the night and write the records."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "t").mkdir()
        simulate(place)
        first = night(place)
        runs = sum(path.stat().st_size for path in (place / "runs").rglob("*") if path.is_file())
        again = night(place)
    third = max(1, len(first["seen"]) // 3)
    common = {"unit": "s", "repeats": 1, "machine": _record.machine()}
    common |= {"versions": _record.versions("papermill", "jupyter_client", "ipykernel")}
    records = [
        {
            "name": "night.all",
            "size": f"{CLIENTS} clients of {ACCOUNTS} customers, {6 * CLIENTS} notebooks, two jobs",
            "ours": first["seconds"],
            "per_client": first["seconds"] / CLIENTS,
            "gigabytes": max(first["seen"]),
            "gigabytes_first_third": max(first["seen"][:third]),
            "gigabytes_last_third": max(first["seen"][-third:]),
            "gigabytes_of_runs": runs / 1e9,
            **common,
        },
        {
            "name": "night.unchanged",
            "size": f"{CLIENTS} clients",
            "ours": again["seconds"],
            "per_client": again["seconds"] / CLIENTS,
            "gigabytes": max(again["seen"]),
            **common,
        },
    ]
    _record.write("night", records)
    print(json.dumps(records, indent=1))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        write(Path(sys.argv[2]), sys.argv[3:])
    else:
        main()

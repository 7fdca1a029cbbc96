"""What one machine can hold: a client's export of 1, 10 and 100 million events, and of ten million subscription-months.

Each is read, cast, cut and checked as `cxkit run` does it, and one result is computed on it: a funnel of four steps, or
a year's retention. Each run is a process of its own: seconds, the most memory it held, and the most that lay on disk
because it was over its share (*spilled*). In the second run of each size tables may hold a gigabyte; where one does not
come to an end, the record says so.

Run ``python benchmarks/limits.py``; CXKIT_BENCH_SCALE=0.01 takes a hundredth of the rows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from datetime import date
from pathlib import Path
from typing import Any

import _record
import psutil

EVENTS = (1_000_000, 10_000_000, 100_000_000)
MONTHS = 10_000_000
SHARES = ("all", "1 GB")
LONGEST = 1800
GIB = 2**30


def allowed(share: str) -> int:
    """Bytes the engine may hold; 0: as it sees fit."""
    return {"all": 0, "1 GB": 10**9}[share]


def client(folder: Path, kind: str, rows: int) -> int:
    """Write a client's folder with one large table; how many rows it has."""
    import events  # noqa: PLC0415
    import revenue_bridge  # noqa: PLC0415

    tables = folder / "tables"
    tables.mkdir(parents=True)
    con = events.quiet()
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        if kind == "events":
            events.simulate(Path(name), rows / (10 * events.CUSTOMERS))
            made = f"SELECT * FROM read_parquet('{name}/events/*.parquet')"
            con.execute(f"COPY ({made}) TO '{tables}/events.parquet' (FORMAT parquet)")
        else:
            revenue_bridge.simulate(Path(name), round(revenue_bridge.CUSTOMERS * rows / MONTHS))
            for table in ("revenue", "accounts"):
                made = f"SELECT * FROM '{name}/{table}.parquet'"
                con.execute(f"COPY ({made}) TO '{tables}/{table}.parquet' (FORMAT parquet)")
    found = con.execute(f"SELECT count(*) FROM '{tables}/{kind}.parquet'").fetchone()
    assert found is not None
    return int(found[0])


def work(folder: Path, kind: str) -> dict[str, float]:
    """Read the client as a run does and compute one result; seconds of both."""
    from cxkit.metrics import retention  # noqa: PLC0415
    from cxkit.metrics.windows import window_to  # noqa: PLC0415
    from cxkit.orchestrate.funnel import funnel  # noqa: PLC0415
    from cxkit.tables import intake  # noqa: PLC0415

    started = time.perf_counter()
    taken = intake.load(folder, mapping={}, as_of=date(2026, 10, 31))
    read = time.perf_counter() - started
    if kind == "events":
        steps = ("joined", "set_up", "used", "renewed")
        found: Any = funnel(taken.tables, steps={"x": steps}, within_days=30).frame("steps")
    else:
        found = retention.bridge(taken.tables, window_to(date(2026, 10, 1), 12))
    assert len(found)
    return {"read": read, "computed": time.perf_counter() - started - read}


def measured(folder: Path, kind: str, share: str) -> dict[str, Any]:
    """One run in a process of its own, watched."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        told = os.environ | {"TMPDIR": scratch}
        if allowed(share):
            told["CXKIT_MEMORY"] = str(allowed(share))
        process = subprocess.Popen(
            [sys.executable, __file__, str(folder), kind],
            env=told,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        most, ended = {"memory": 0, "spilled": 0}, threading.Event()

        def watch() -> None:
            while not ended.wait(0.25):
                try:
                    most["memory"] = max(most["memory"], psutil.Process(process.pid).memory_info().rss)
                except psutil.Error:
                    return
                most["spilled"] = max(most["spilled"], sum(size(path) for path in Path(scratch).rglob("*")))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            said, noise = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            said, noise = process.communicate()[0], f"not done after {LONGEST} s"
        ended.set()
        watcher.join()
    found: dict[str, Any] = {name: round(value / GIB, 2) for name, value in most.items()}
    if process.returncode:
        return found | {"ended": noise.strip().splitlines()[-1][:200]}
    return found | {"ended": ""} | json.loads(said)


def size(path: Path) -> int:
    """Bytes of a file that may go at any moment."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0


def main() -> None:
    """Measure every size under every share of memory."""
    made = []
    wanted = [("events", rows) for rows in EVENTS] + [("revenue", MONTHS)]
    for kind, wish in wanted:
        with tempfile.TemporaryDirectory() as name:
            rows = client(Path(name) / "client", kind, max(round(wish * _record.scale()), 10_000))
            for share in SHARES:
                found = measured(Path(name) / "client", kind, share)
                print(f"{kind} {rows:,} rows, memory: {share}: {found}", flush=True)
                made.append(record(kind, rows, share, found))
    _record.write("limits", made)


def record(kind: str, rows: int, share: str, found: dict[str, Any]) -> dict[str, Any]:
    """What `make bench` prints; the other of a run under a share of the memory is none, because there is none."""
    what = "events" if kind == "events" else "subscription-months"
    return {
        "name": f"limits.{kind}_{rows // 10**6}M_{share.replace(' ', '_')}",
        "size": f"{rows:,} {what}, " + {"all": "the whole memory", "1 GB": "1 GB for tables"}[share],
        "ours": found.get("read", 0) + found.get("computed", 0),
        "unit": "seconds",
        "repeats": 1,
        "read_seconds": found.get("read"),
        "computed_seconds": found.get("computed"),
        "peak_gib": found["memory"],
        "spilled_gib": found["spilled"],
        "ended": found["ended"],
        "machine": _record.machine(),
        "versions": _record.versions("duckdb"),
    }


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(work(Path(sys.argv[1]), sys.argv[2])))
    else:
        main()

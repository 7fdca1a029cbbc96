"""What does not fit into memory: where it goes, who can open it, and that nothing of it stays."""

from __future__ import annotations

import multiprocessing
import os
import queue
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path

import pytest

from cxkit.tables import intake, scratch
from cxkit.tables.engine import connect

LARGE = "CREATE TABLE large AS SELECT i, hash(i)::VARCHAR || hash(i + 1)::VARCHAR AS x FROM range(1500000) AS r(i)"
SPILLS = f"""
import os, signal, sys
from cxkit.tables.engine import connect
con = connect()
con.execute("SET memory_limit = '60MB'")
con.execute("SET threads = 1")
con.execute("{LARGE}")
if sys.argv[1] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
print(con.execute("SELECT count(*), count(DISTINCT i) FROM large").fetchall())
"""


def spilling(tmp_path: Path, how: str) -> subprocess.CompletedProcess[str]:
    """A process that holds more than its memory, in an empty folder, with a temporary folder of its own."""
    worked, temporary = tmp_path / "worked", tmp_path / "temporary"
    worked.mkdir()
    temporary.mkdir()
    words = [sys.executable, "-c", SPILLS, how]
    told = {**os.environ, "TMPDIR": str(temporary)}
    return subprocess.run(words, cwd=worked, env=told, check=False, capture_output=True, text=True)


def test_what_does_not_fit_into_memory_goes_to_a_private_scratch_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    con = connect()
    con.execute("SET memory_limit = '60MB'")
    con.execute("SET threads = 1")
    con.execute(LARGE)
    (place,) = {Path(path).parent for (path,) in con.execute("SELECT path FROM duckdb_temporary_files()").fetchall()}
    assert place.parent == scratch.private()
    assert place.parent.stat().st_mode & 0o077 == 0
    assert not list(tmp_path.iterdir())
    assert con.execute("SELECT count(DISTINCT i) FROM large").fetchall() == [(1_500_000,)]
    con.close()
    assert not place.exists()


def test_nothing_of_it_stays_when_the_process_ends(tmp_path: Path) -> None:
    done = spilling(tmp_path, "ends")
    assert done.stdout.strip() == "[(1500000, 1500000)]", done.stderr
    assert not list((tmp_path / "temporary").iterdir())
    assert not list((tmp_path / "worked").iterdir())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_that_ends_leaves_the_folder_of_the_first_alone(tmp_path: Path) -> None:
    forks = """if True:
        import os, sys
        from cxkit.tables.scratch import private
        place = private()
        if os.fork() == 0:
            sys.exit()
        os.wait()
        print(place.is_dir())"""
    assert ends(forks, tmp_path) == "True"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("way", [w for w in ("fork", "spawn") if w in multiprocessing.get_all_start_methods()])
def test_the_worker_of_a_pool_leaves_nothing(tmp_path: Path, way: str) -> None:
    works = f"""if True:
        from multiprocessing import get_context
        from cxkit.tables.scratch import private
        worker = get_context("{way}").Process(target=private)
        worker.start()
        worker.join()
        print(worker.exitcode)"""
    assert ends(works, tmp_path) == "0"
    assert not list(tmp_path.iterdir())


def ends(code: str, tmp_path: Path) -> str:
    """What a process with a temporary folder of its own prints."""
    told = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=told, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.skipif(os.name == "nt", reason="there the system removes what is left")
def test_what_a_killed_process_left_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert spilling(tmp_path, "killed").returncode < 0
    temporary = tmp_path / "temporary"
    assert [p for p in temporary.rglob("*") if p.is_file()]
    monkeypatch.setattr(scratch.tempfile, "gettempdir", lambda: str(temporary))
    scratch.sweep()
    assert not list(temporary.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="there the system removes what is left")
def test_what_is_swept_is_of_processes_that_have_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed one that nobody has waited for has ended, and the number of a thread is no process."""
    monkeypatch.setattr(scratch.tempfile, "gettempdir", lambda: str(tmp_path))
    said: queue.Queue[int] = queue.Queue()
    over = threading.Event()
    thread = threading.Thread(target=lambda: (said.put(threading.get_native_id()), over.wait()))
    thread.start()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as killed:
        for pid in (os.getpid(), killed.pid, said.get()):
            (tmp_path / f"cxkit-{pid}-x").mkdir()
        scratch.sweep()
        assert (tmp_path / f"cxkit-{killed.pid}-x").is_dir(), "it runs"
        killed.kill()
        os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)
        scratch.sweep()
        left = [p.name for p in tmp_path.iterdir()]
    over.set()
    thread.join()
    assert left == [f"cxkit-{os.getpid()}-x"]


def test_tables_that_did_not_fit_can_be_read_after_the_intake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They lie on disk where the engine put them while it read: that place must outlive the reading."""
    place = tmp_path / "acme" / "tables"
    place.mkdir(parents=True)
    rows = "'O' || hash(i)::VARCHAR || hash(i + 1)::VARCHAR AS order_id, 'A' || i AS account_id, i % 97 + 0.5 AS amount"
    day = "TIMESTAMP '2026-01-01' + to_minutes(i % 400000) AS ordered"
    connect().execute(f"COPY (SELECT {rows}, {day} FROM range(1000000) r(i)) TO '{place}/orders.parquet'")
    monkeypatch.setenv("CXKIT_MEMORY", "150000000")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    tables = intake.load(place.parent, mapping={}, as_of=date(2026, 12, 31)).tables
    assert tables.frame("SELECT sum(size) > 1000000 AS much FROM duckdb_temporary_files()")["much"].item()
    found = tables.frame(
        "SELECT count(*) AS n, count(DISTINCT order_id) AS ids, sum(length(order_id)) AS long FROM orders"
    )
    assert (found["n"].item(), found["ids"].item()) == (1_000_000, 1_000_000)

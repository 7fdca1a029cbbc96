"""The batch as a user meets it: exit codes, what a failure leaves behind, what an interruption leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

from cxkit.batch import command
from cxkit.batch.left import UNFINISHED
from cxkit.cli import main

pytestmark = [pytest.mark.run]


def cxkit(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cxkit.cli", *words]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=300, env=os.environ | more
    )


def kernels_of(parent: int) -> set[int]:
    """Process ids of the kernels that a process has started, or had forked for it."""
    found = set()
    for process in psutil.Process(parent).children(recursive=True):
        with suppress(psutil.Error):
            command = " ".join(process.cmdline())
            if "ipykernel_launcher" in command or ("forkserver" in command and process.ppid() != parent):
                found.add(process.pid)
    return found


def alive(pids: set[int]) -> set[int]:
    """Those of them that still run."""
    found = set()
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            found |= {pid} if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE else set()
    return found


def running(folder: Path, form: str) -> subprocess.Popen[str]:
    """A run of marlow that goes on by itself, telling its steps on its standard error."""
    return subprocess.Popen(
        [sys.executable, "-m", "cxkit.cli", "run", "marlow", "--log-format", form],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def its_kernels(process: subprocess.Popen[str], seconds: float) -> set[int]:
    """The kernels of a run, once there are any."""
    until = time.monotonic() + seconds
    while not (found := kernels_of(process.pid)) and time.monotonic() < until:
        time.sleep(0.2)
    assert found
    return found


def ended(process: subprocess.Popen[str], how: signal.Signals, kernels: set[int], folder: Path) -> None:
    """Interrupt a run; no kernel of it lives on, and nothing half written is left."""
    process.send_signal(how)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    until = time.monotonic() + 10
    while alive(kernels) and time.monotonic() < until:
        time.sleep(0.2)
    assert not alive(kernels)
    assert not [p for p in (folder / "runs" / "marlow").iterdir() if not p.name.startswith((".snapshots", UNFINISHED))]


def test_each_client_s_share_of_the_cores_is_settled_before_the_template_starts(
    copy_of: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its libraries count the cores when they are imported, and never again."""
    seen = []

    def start(*_: str) -> str:
        seen.append(os.environ.get("OMP_NUM_THREADS"))
        return ""

    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(command.template, "warm_up", start)
    monkeypatch.setattr(command, "run_all", lambda *given, **more: [])
    folder = copy_of("marlow")
    assert command.run(["marlow"], workers=4, data_dir=folder.parent) == 0
    assert seen == ["2"]
    monkeypatch.delenv("OMP_NUM_THREADS")


def test_a_sample_and_a_client_ask_the_same_question(
    copy_of: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Else `cxkit run` would compute again what `cxkit demo` has just made."""
    copy_of("marlow")
    monkeypatch.chdir(tmp_path)
    asked = []

    def run(clients: list[str], **how: Any) -> int:
        asked.append(how["asked"])
        return 0

    monkeypatch.setattr(command, "run", run)
    for words in (["demo"], ["run", "marlow"]):
        monkeypatch.setattr(sys, "argv", ["cxkit", *words])
        assert main() == 0
    assert asked[0] == asked[1] != {}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("run",), 2, "Name the clients to run"),
        (("run", "nobody"), 2, "data has no client 'nobody'"),
        (("run", "marlow", "-p", "discont_rate=0.1"), 2, "Did you mean 'discount_rate'?"),
        (("run", "marlow", "-p", "discount_rate=much"), 2, "must be a float"),
        (("run", "marlow", "-p", "discount_rate"), 2, "NAME=VALUE"),
        (("run", "marlow", "--as-of", "31.10.2026"), 2, "YYYY-MM-DD"),
        (("run", "marlow", "--from", "proof"), 2, "no stage 'proof'"),
        (("run", "--jobs", "none"), 2, "--jobs"),
        (("new", "../outside"), 1, "folder name"),
        (("check", "nobody"), 1, "cxkit new nobody"),
        (("forget", "nobody", "--yes"), 1, "There is nothing of 'nobody'"),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, tuple) else None,
)
def test_wrong_usage_is_worded(
    copy_of: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    words: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    copy_of("marlow")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["cxkit", *words])
    assert main() == code
    assert said in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


@pytest.mark.heavy
def test_a_failing_client_is_kept_named_and_stops_nobody(copy_of: Callable[[str], Path], tmp_path: Path) -> None:
    """One client has a broken copy of a notebook, one has no settings, one is well."""
    well = copy_of("marlow")
    broken = tmp_path / "data" / "broken"
    broken.mkdir()
    for name in ("client.yml", "tables"):
        subprocess.run(["cp", "-r", str(well / name), str(broken / name)], check=True)
    (broken / "notebooks").mkdir()
    from cxkit import shipped

    own = nbformat.read(shipped.path("notebooks/3-instrument.ipynb"), as_version=4)
    own.cells.append(nbformat.v4.new_code_cell("raise ValueError('my own cell')"))
    nbformat.write(own, broken / "notebooks" / "3-instrument.ipynb")
    blank = tmp_path / "data" / "blank"
    blank.mkdir()
    (blank / "client.yml").write_text("curency: EUR\n", encoding="utf-8")

    done = cxkit(tmp_path, "run", "marlow", "broken", "blank", "--jobs", "2", "--log-format", "json")
    assert done.returncode == 1
    events = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert {(e["client"], e["what"]) for e in events} >= {("marlow", "done"), ("broken", "failed"), ("blank", "failed")}
    assert "blank/client.yml has 2 problems" in done.stdout
    assert "3-instrument.ipynb" in done.stdout
    assert "ValueError: my own cell" in done.stdout

    runs = tmp_path / "runs"
    assert (runs / "marlow" / "2026-10-31" / "report.html").is_file()
    assert not (runs / "broken" / "2026-10-31").exists()
    failed = runs / "broken" / "2026-10-31.failed"
    assert "papermill-error-cell-tag" in (failed / "3-instrument.ipynb").read_text(encoding="utf-8")
    record = json.loads((failed / "run.json").read_text(encoding="utf-8"))
    assert record["status"] == "failed"
    assert [record["stages"][s]["status"] for s in ("align", "instrument", "prove")] == ["done", "failed", "not run"]
    assert record["stages"]["instrument"]["own_copy"] is True
    assert not list(runs.glob("*/.building-*"))
    board = (runs / "index.html").read_text(encoding="utf-8")
    assert "failed" in board
    assert "Marlow Home" in board

    told = cxkit(tmp_path, "status")
    assert "✗ 2026-10-31 failed" in told.stdout
    with (well / "tables" / "orders.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert "files changed since" in cxkit(tmp_path, "status", "marlow").stdout

    from_prove = cxkit(tmp_path, "run", "marlow", "--from", "prove", "--as-of", "2026-10-31")
    assert from_prove.returncode == 0, from_prove.stdout
    record = json.loads((runs / "marlow" / "2026-10-31" / "run.json").read_text(encoding="utf-8"))
    assert [record["stages"][s]["status"] for s in ("align", "prove")] == ["kept", "done"]

    erased = cxkit(tmp_path, "forget", "marlow", "--yes")
    assert erased.returncode == 0
    assert not well.exists()
    assert not (runs / "marlow").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process instead of sending it a signal")
def test_an_interruption_leaves_no_kernel_and_nothing_half_written(
    copy_of: Callable[[str], Path], tmp_path: Path
) -> None:
    copy_of("marlow")
    process = running(tmp_path, "plain")
    started = its_kernels(process, 120)
    time.sleep(1)
    ended(process, signal.SIGINT, started, tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process instead of sending it a signal")
def test_a_build_started_by_another_program_streams_and_ends_when_it_is_told_to(
    copy_of: Callable[[str], Path], tmp_path: Path
) -> None:
    """As the workbook does it: JSON lines as they happen, then SIGTERM."""
    copy_of("marlow")
    process = running(tmp_path, "json")
    assert process.stderr is not None
    events: list[dict[str, Any]] = []
    while not events or events[-1]["what"] not in {"stage", "failed"}:
        events.append(json.loads(process.stderr.readline()))
    assert [(e["what"], e["stage"], e["step"]) for e in events] == [
        ("started", "", 0),
        ("reading", "", 1),
        ("stage", "align", 2),
    ]
    assert {(e["client"], e["steps"]) for e in events} == {("marlow", 8)}
    assert events[-1]["seconds"] > 0
    ended(process, signal.SIGTERM, its_kernels(process, 60), tmp_path)


def test_check_ends_with_one_when_no_stage_can_run(tmp_path: Path) -> None:
    """An empty client, then a client whose only file is broken: worded, for people and for machines."""
    (tmp_path / "data").mkdir()
    assert cxkit(tmp_path, "new", "acme").returncode == 0
    empty = cxkit(tmp_path, "check", "acme")
    assert empty.returncode == 1
    assert "Traceback" not in empty.stderr
    (tmp_path / "data" / "acme" / "tables" / "orders.csv").write_text(
        "account_id,ordered,amount\nA1,2026-13-40,ten\nA2,2026-01-05,12.50\n", encoding="utf-8"
    )
    broken = cxkit(tmp_path, "check", "acme", "--format", "json", "--as-of", "2026-01-31")
    assert broken.returncode == 1
    problems = json.loads(broken.stdout)["problems"]
    told = [p for p in problems if p["column"] == "ordered"]
    assert told
    assert told[0]["file"].endswith("orders.csv")
    assert told[0]["rows"] == [2]
    assert cxkit(tmp_path, "run", "acme", "--as-of", "2026-01-31").returncode == 1
    assert not list((tmp_path / "runs").glob("acme/2*"))

"""Kills at random moments: whatever dies, the next run finishes the batch, and nothing is lost, stale or left over.

CXKIT_KILLS says how many (``make faults``: 200), CXKIT_KILLS_SEED from which seed.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from cxkit.batch import template
from tests.conftest import simulate_clients

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(bool(template.why_cold()), reason="processes are told apart as Linux shows them"),
]

KILLS = int(os.environ.get("CXKIT_KILLS", "20"))
SEED = int(os.environ.get("CXKIT_KILLS_SEED", "1"))
CLIENTS = ("acme", "bolt")
MARK = "CXKIT_TRIAL"
KINDS = ("kernel", "worker", "template", "runner")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two small clients, and what an undisturbed batch makes of them; with a temporary folder of their own."""
    root = tmp_path_factory.mktemp("kills")
    (root / "t").mkdir()
    simulate_clients(root, *CLIENTS)
    assert batch(root, "undisturbed").wait(timeout=300) == 0
    shutil.move(root / "runs", root / "expected")
    return root


def batch(root: Path, mark: str) -> subprocess.Popen[bytes]:
    """The batch of both clients, its processes marked."""
    words = ("run", *CLIENTS, "--jobs", "2", "--no-pdf", "--log-format", "plain")
    return subprocess.Popen(
        [sys.executable, "-m", "cxkit.cli", *words],
        cwd=root,
        env=os.environ | {MARK: mark, "TMPDIR": str(root / "t")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def marked(mark: str) -> Iterator[psutil.Process]:
    """Every process of a batch that runs, wherever it hangs in the tree."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark:
                yield process


def victims(runner: int, mark: str) -> dict[str, list[int]]:
    """The processes of a batch by what they are."""
    found: dict[str, list[int]] = {"runner": [runner], "template": [], "kernel": [], "worker": []}
    for process in marked(mark):
        with suppress(psutil.Error):
            command = " ".join(process.cmdline())
            if "ipykernel_launcher" in command:
                found["kernel"].append(process.pid)
            elif "forkserver" in command and process.pid != runner:
                if process.ppid() == runner:
                    found["template"].append(process.pid)
                else:
                    own = os.getpgid(process.pid) == process.pid
                    found["kernel" if own else "worker"].append(process.pid)
    return found


def whole(run: Path, expected: Path) -> None:
    """A published run is complete and what an undisturbed batch made."""
    names = sorted(p.relative_to(expected).as_posix() for p in expected.rglob("*") if p.is_file())
    assert sorted(p.relative_to(run).as_posix() for p in run.rglob("*") if p.is_file()) == names
    for name in ("results/findings.json", "evidence.xlsx"):
        assert (run / name).read_bytes() == (expected / name).read_bytes(), f"{run.parent.name}: {name}"
    assert "</html>" in (run / "report.html").read_text(encoding="utf-8")[-20:]


def test_killed_batches_are_finished_by_the_next(small: Path) -> None:
    draw, ways = random.Random(SEED), Counter[tuple[str, str]]()
    while ways.total() < KILLS:
        mark = uuid.uuid4().hex
        running = batch(small, mark)
        try:
            while running.poll() is None and ways.total() < KILLS:
                kind, sort = KINDS[ways.total() % 4], draw.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM])
                while running.poll() is None and not victims(running.pid, mark)[kind]:
                    time.sleep(0.1)
                time.sleep(draw.uniform(0, 4))
                met = victims(running.pid, mark)[kind]
                if running.poll() is None and met:
                    with suppress(ProcessLookupError):
                        os.kill(draw.choice(met), sort)
                    ways[kind, sort.name] += 1
                    if kind == "runner":
                        break
            running.wait(timeout=120)
        finally:
            running.kill()
            running.wait()
        until = time.monotonic() + 30
        while (left := list(marked(mark))) and time.monotonic() < until:
            time.sleep(0.05)
        assert not left, f"after {ways}: {[(p.pid, p.ppid(), p.cmdline()[-1][:60], p.status()) for p in left]}"
        done = published(small)
        for run in done:
            whole(run, small / "expected" / run.parent.name / run.name)
        if len(done) == len(CLIENTS):
            assert batch(small, mark).wait(timeout=300) == 0
            clean(small)
            shutil.rmtree(small / "runs")
    assert batch(small, "last").wait(timeout=300) == 0
    clean(small)
    print(f"killed: {dict(sorted(ways.items()))}")
    assert {kind for kind, _ in ways} == set(KINDS)


def published(root: Path) -> list[Path]:
    """The runs a reader finds."""
    found = [run for name in CLIENTS for run in (root / "runs" / name).glob("[0-9]*")]
    return [run for run in found if not run.name.endswith(".failed")]


def clean(root: Path) -> None:
    """After a batch that ended well nothing is lost and nothing is left over."""
    for name in CLIENTS:
        home, expected = root / "runs" / name, root / "expected" / name
        assert sorted(p.name for p in home.iterdir()) == sorted(p.name for p in expected.iterdir())
        assert not list((home / ".snapshots").glob(".building-*"))
        for run in expected.glob("[0-9]*"):
            whole(home / run.name, run)
    assert not sorted(p.name for p in (root / "t").glob("cxkit-*"))

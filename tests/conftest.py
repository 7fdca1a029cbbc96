"""What several tests share: the real exports, a browser, and one run of the sample clients."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from cxkit.batch import plan
from cxkit.batch.pool import run_all
from cxkit.batch.run import run_client
from cxkit.batch.summary import Ended
from cxkit.engagement.results import write_text

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ("brightline", "northbeam", "marlow")
REAL = ROOT.parent / "shared" / "real"
REQUIRED = set(filter(None, os.environ.get("CXKIT_REQUIRE", "").split(",")))
"""Sets that fail instead of being skipped; CI names them."""


ENGINE = os.environ.get("CXKIT_ENGINE", "duckdb")
"""Where `Tables.from_frames` puts its tables: ``spark`` runs the same tests on the second engine."""
DRAWN = 3
"""Examples a test that draws its frames tries on Spark, where each takes seconds."""


def absent(kind: str, reason: str) -> None:
    """Skip with the reason, or fail where CI has asked for this set."""
    if kind in REQUIRED:
        pytest.fail(f"{kind} tests are required here: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A Spark session on this machine; skipped with the reason, or failing where CI asks for it."""
    from cxkit.tables.spark import missing, session

    if reason := missing():
        absent("spark", reason)

    found = session(brief=True)
    yield found
    if ENGINE != "spark":
        found.stop()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests stay with one worker, so that what they share is made once, and what takes long begins first.

    On Spark a test that draws its frames draws few of them.
    """
    for item in items:
        item.add_marker(pytest.mark.xdist_group(item.path.relative_to(ROOT).as_posix()))
    items.sort(key=lambda item: item.get_closest_marker("heavy") is None)
    for item in items if ENGINE == "spark" else ():
        drawn = getattr(getattr(item, "obj", None), "_hypothesis_internal_use_settings", None)
        if drawn is not None:
            fewer = settings(drawn, max_examples=DRAWN, deadline=None, suppress_health_check=list(HealthCheck))
            item.obj._hypothesis_internal_use_settings = fewer


@pytest.fixture(scope="session", autouse=True)
def engine(request: pytest.FixtureRequest) -> Iterator[None]:
    """Frames of tests are read by Spark where CXKIT_ENGINE says so."""
    if ENGINE != "spark":
        yield
        return
    from cxkit.tables.engine import Tables
    from cxkit.tables.spark import on_spark

    found, original = request.getfixturevalue("spark"), Tables.from_frames
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tables, "from_frames", lambda *args, **more: on_spark(original(*args, **more), found))
        yield
    found.stop()


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of real exports."""
    if not REAL.is_dir():
        absent("real", "the folder of real exports is not here")
    return REAL


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A real Chromium, driven by playwright; skipped with the reason, or failing where CI asks for it."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        absent("browser", "no Chromium is installed")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        absent("browser", "playwright is not installed (pip install 'cxkit[browser]')")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@dataclass(frozen=True)
class Ran:
    """A run of some clients."""

    data: Path
    runs: Path
    ended: dict[str, Ended]

    def place(self, client: str) -> Path:
        """The client's published run folder."""
        report = self.ended[client].report
        assert report is not None, self.ended[client].reason
        return report.parent


def simulate_clients(root: Path, *names: str) -> None:
    """Small clients with a known truth in a data folder, each with a seed of its own, made by the command line."""
    for seed, name in enumerate(names, 1):
        words = ("simulate", "--accounts", "30", "--name", name, "--seed", str(seed), "--data-dir", "data")
        subprocess.run([sys.executable, "-m", "cxkit.cli", *words], cwd=root, check=True, capture_output=True)


def run_clients(
    data: Path,
    runs: Path,
    clients: tuple[str, ...],
    *,
    workers: int = 2,
    as_of: str | None = None,
    first: str = "align",
    cold: bool = False,
    reuse: bool = False,
) -> Ran:
    """Run clients as the batch does."""
    from cxkit.engagement.desk import parse_day

    common: dict[str, Any] = {"given": {}, "first": first, "seconds": 300.0, "seed": 1, "audience": "board"}
    common |= {"cold": cold, "reuse": reuse}
    jobs = [plan.check(c, data=data, runs=runs, as_of=parse_day(as_of), **common) for c in clients]
    ended = (
        run_all(jobs, lambda event: None, workers=workers)
        if workers > 1
        else [run_client(j, lambda event: None) for j in jobs]
    )
    return Ran(data, runs, {e.client: e for e in ended})


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Ran:
    """One run of the three sample clients, shared by every test and every worker that reads reports."""
    base = tmp_path_factory.getbasetemp()
    place = (base if worker_id == "master" else base.parent) / "sample-runs"
    told = place / "ended.json"
    try:
        place.mkdir()
    except FileExistsError:
        until = time.monotonic() + 600
        while not told.is_file() and time.monotonic() < until:
            time.sleep(0.5)
        ended = [Ended.model_validate(one) for one in json.loads(told.read_text(encoding="utf-8"))]
        return Ran(ROOT / "data", place / "runs", {e.client: e for e in ended})
    made = run_clients(ROOT / "data", place / "runs", SAMPLES)
    write_text(told, json.dumps([e.model_dump(mode="json") for e in made.ended.values()]))
    return made


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[str], Path]:
    """Copy a sample client into a data folder of this test's own; returns the client's folder."""

    def copy(client: str) -> Path:
        target = tmp_path / "data" / client
        shutil.copytree(ROOT / "data" / client, target, ignore=shutil.ignore_patterns("work", "notebooks"))
        return target

    return copy

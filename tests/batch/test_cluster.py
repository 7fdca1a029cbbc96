"""Clients on other machines: the same jobs through an executor, a real Dask scheduler, and a worker that is killed."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from cxkit import errors
from cxkit.batch import away, channel, cluster, plan, stamps
from cxkit.batch.channel import Channel
from cxkit.batch.progress import Event
from cxkit.batch.summary import Ended
from tests.conftest import ROOT, absent, run_clients, simulate_clients

CLIENTS = ("acme", "bolt")
PAGE = (ROOT / "playbook" / "batch.md").read_text(encoding="utf-8")
SCHEDULER, WORKER, RUN = (
    tuple(line.split())
    for block in re.findall(r"```dask\n(.*?)```", PAGE, flags=re.DOTALL)
    for line in block.splitlines()
)
"""The commands of the page on running many clients, for addresses of this machine."""
MARK = "CXKIT_TRIAL_OF_CLUSTERS"


def job(root: Path, client: str = "acme") -> plan.Job:
    (root / "data" / client).mkdir(parents=True, exist_ok=True)
    return plan.Job(
        client=client,
        data=root / "data",
        runs=root / "runs",
        as_of=None,
        given={"discount_rate": 0.08, "note": "a, b", "many": 3},
        notebooks={"align": root / "1-align.ipynb"},
        names={"align": ("client",)},
        copies={},
    )


def opened(root: Path) -> Channel:
    return Channel(root / "runs", [job(root).model_dump_json()])


def test_job_says_the_same_on_the_other_side(tmp_path: Path) -> None:
    sent = job(tmp_path)
    assert plan.Job.model_validate_json(sent.model_dump_json()) == sent


def test_channel_is_closed_to_others_and_gone_afterwards(tmp_path: Path) -> None:
    with opened(tmp_path) as made:
        assert made.folder.stat().st_mode & 0o077 == 0
        assert not channel.over(made.folder)
        made.stop()
        assert channel.over(made.folder)
    assert channel.over(made.folder)
    assert list((tmp_path / "runs").iterdir()) == []


def test_events_are_heard_once_and_whole(tmp_path: Path) -> None:
    with opened(tmp_path) as made:
        channel.said(made.folder, 0, "one")
        with (made.folder / "0.events").open("a") as stream:
            stream.write("tw")
        assert made.heard() == ["one"]
        channel.said(made.folder, 0, "o")
        assert made.heard() == ["two"]
        assert made.heard() == []


def test_runner_that_is_silent_for_long_is_gone_and_its_folder_swept(tmp_path: Path) -> None:
    made = opened(tmp_path)
    long_ago = time.time() - channel.SILENT - 5
    os.utime(made.folder / channel.ALIVE, (long_ago, long_ago))
    assert channel.over(made.folder)
    with opened(tmp_path) as another:
        assert [p.name for p in (tmp_path / "runs").iterdir()] == [another.folder.name]


def test_folder_that_is_being_made_is_not_swept(tmp_path: Path) -> None:
    new, old = (tmp_path / f"{channel.PREFIX}{name}" for name in ("new", "old"))
    new.mkdir()
    old.mkdir()
    long_ago = time.time() - channel.SILENT - 5
    os.utime(old, (long_ago, long_ago))
    channel.sweep(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [new.name]


def test_worker_says_what_keeps_it_from_serving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path) as made:
        fit = away.fit
        assert fit(str(made.folder), made.token, stamps.program()) == ""
        assert "does not see the folder of runs" in fit(str(made.folder), "another", stamps.program())
        assert "does not see the folder of runs" in fit(str(tmp_path / "no"), made.token, stamps.program())
        assert "another version" in fit(str(made.folder), made.token, "older")
        shutil.rmtree(tmp_path / "data" / "acme")
        assert f"does not see the clients' folders in {tmp_path / 'data'}" in fit(str(made.folder), made.token, "")


def test_ends_are_told_in_order_and_a_lost_client_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stand_in(folder: str, number: int, token: str, program: str) -> str:
        if number == 1:
            raise ConnectionError("gone")
        if number == 2:
            channel.write(Path(folder) / "2.stderr", "Traceback …\nImportError: no module named x\n")
            return "its process ended without a word"
        channel.said(Path(folder), number, Event(client="acme", what="reading").model_dump_json())
        channel.write(Path(folder) / f"{number}.end", Ended(client="acme", status="done").model_dump_json())
        return ""

    monkeypatch.setattr(away, "stand_in", stand_in)
    told: list[Event] = []
    with ThreadPoolExecutor(2) as executor:
        ended = cluster.run_over([job(tmp_path, c) for c in (*CLIENTS, "cole")], told.append, executor)
    assert [(e.client, e.status) for e in ended] == [("acme", "done"), ("bolt", "failed"), ("cole", "failed")]
    assert "the worker that ran it was lost (ConnectionError)" in ended[1].reason
    assert ended[2].reason == "its process ended without a word; its last word: ImportError: no module named x"
    assert {(e.client, e.what) for e in told} == {("acme", "reading"), ("bolt", "failed"), ("cole", "failed")}
    assert list((tmp_path / "runs").iterdir()) == []


def test_end_that_is_not_seen_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(away, "stand_in", lambda *args: "")
    monkeypatch.setattr(cluster, "SEEN", 0.1)
    with ThreadPoolExecutor(1) as executor:
        (ended,) = cluster.run_over([job(tmp_path)], lambda event: None, executor)
    assert ended.reason == f"it came to an end that is not seen in {tmp_path / 'runs'}"


def test_interrupted_batch_asks_every_client_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def stand_in(folder: str, number: int, token: str, program: str) -> str:
        while not channel.over(Path(folder)):
            time.sleep(0.01)
        seen.append(number)
        return away.STOPPED

    class Waiting(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            return super().submit(fn, *args, **kwargs)

    def raising(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(away, "stand_in", stand_in)
    monkeypatch.setattr(cluster.interrupt, "check", raising)
    with Waiting(1) as executor, pytest.raises(KeyboardInterrupt):
        cluster.run_over([job(tmp_path, client) for client in CLIENTS], lambda event: None, executor)
    assert seen == [0]
    assert list((tmp_path / "runs").iterdir()) == []


def test_no_scheduler_at_an_address_is_said_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dask_or_skip()
    monkeypatch.setattr(cluster, "ANSWER", 0.5)
    with pytest.raises(errors.ParameterError, match=r"There is no Dask scheduler at tcp://127\.0\.0\.1:9 "):
        cluster.run_on("tcp://127.0.0.1:9", [job(tmp_path)], lambda event: None)
    with pytest.raises(errors.ParameterError, match="There is no Dask scheduler at gopher://there"):
        cluster.run_on("gopher://there", [job(tmp_path)], lambda event: None)


def dask_or_skip() -> None:
    if importlib.util.find_spec("distributed") is None:
        absent("dask", "distributed is not installed (pip install 'cxkit[cluster]')")


def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def scheduler(folder: Path) -> Iterator[str]:
    """A Dask scheduler on this machine, its processes marked."""
    dask_or_skip()
    address = f"tcp://127.0.0.1:{port()}"
    with process(folder, *at(SCHEDULER, address), "--no-dashboard"):
        yield address


def at(words: tuple[str, ...], address: str) -> list[str]:
    """A command of the page for an address of this machine."""
    there, here = "10.0.0.5:8786", address.removeprefix("tcp://")
    pairs = [
        (there, here),
        (there.split(":", maxsplit=1)[0], here.split(":")[0]),
        (there.split(":")[1], here.split(":")[1]),
    ]
    said = [word for word in words[1:] if word != "2"]  # one client at a time, so that both workers have one
    for old, new in pairs:
        said = [word.replace(old, new) for word in said]
    return [*said, "1"] if said[-1] == "--nthreads" else said


@contextlib.contextmanager
def process(folder: Path, *words: str, before: tuple[str, ...] = ()) -> Iterator[subprocess.Popen[bytes]]:
    """``dask WORDS`` while the block lasts."""
    with (folder / "dask.log").open("ab") as log:
        running = subprocess.Popen(
            [*before, sys.executable, "-m", "dask", *words],
            cwd=folder,
            stdout=log,
            stderr=log,
            env=os.environ | {MARK: str(folder)},
        )
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(20)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def worker(folder: Path, address: str, name: str, *, before: tuple[str, ...] = ()) -> Any:
    """A worker of one client at a time that has no nanny, so that its death is a death."""
    words = ("--no-nanny", "--no-dashboard", "--name", name)
    return process(
        folder, *at(WORKER, address), *words, "--local-directory", str(folder / f"{name}-scratch"), before=before
    )


def left(folder: Path) -> list[str]:
    """The commands of clients' processes that workers of this test started and that have not gone, given some time."""
    until, found = time.monotonic() + 30, [""]
    while found and time.monotonic() < until:
        time.sleep(0.2)
        found = []
        for one in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if one.status() != psutil.STATUS_ZOMBIE and one.environ().get(MARK) == str(folder):
                    command = " ".join(one.cmdline())
                    found += [command] if "cxkit" in command or "forkserver" in command else []
    return found


def joined(address: str, count: int) -> None:
    """Wait until so many workers have joined."""
    from distributed import Client

    with Client(address, timeout=30, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=60)


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two small clients."""
    root = tmp_path_factory.mktemp("cluster")
    simulate_clients(root, *CLIENTS)
    return root


def run(root: Path, address: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "cxkit.cli", *at(RUN, address), "--no-pdf"],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.heavy
def test_dask_runs_every_client_though_a_worker_is_killed(clients: Path, tmp_path: Path) -> None:
    expected = run_clients(clients / "data", tmp_path / "expected", CLIENTS, workers=1)
    shutil.rmtree(clients / "runs", ignore_errors=True)
    with (
        scheduler(tmp_path) as address,
        worker(tmp_path, address, "one") as first,
        worker(tmp_path, address, "two"),
    ):
        joined(address, 2)
        running = run(clients, address)
        until = time.monotonic() + 120
        while time.monotonic() < until and not any(
            "cxkit.batch.away" in child.cmdline() for child in psutil.Process(first.pid).children()
        ):
            time.sleep(0.2)
        time.sleep(3)
        first.kill()
        said, noise = running.communicate(timeout=300)
        assert running.returncode == 0, said + noise
        assert said.count("✓") == 2
        assert {f"{client}: align" for client in CLIENTS} <= {line.strip() for line in noise.splitlines()}
        assert left(tmp_path) == []
    for client in CLIENTS:
        day = expected.place(client).name
        mine = clients / "runs" / client / day
        for name in ("results/findings.json", "evidence.xlsx"):
            assert (mine / name).read_bytes() == (expected.place(client) / name).read_bytes(), f"{client}: {name}"
        assert [p.name for p in mine.parent.glob(".[bc]*")] == []
    assert list((clients / "runs").glob(".cluster-*")) == []

    # nothing changed since: no worker is needed to say so
    again = run(clients, "tcp://127.0.0.1:9")
    said, noise = again.communicate(timeout=60)
    assert (again.returncode, said.count("unchanged")) == (0, 2), said + noise


@pytest.mark.heavy
def test_interrupted_cluster_run_leaves_nothing(clients: Path, tmp_path: Path) -> None:
    shutil.rmtree(clients / "runs", ignore_errors=True)
    with scheduler(tmp_path) as address, worker(tmp_path, address, "one"):
        joined(address, 1)
        running = run(clients, address)
        until = time.monotonic() + 120
        while time.monotonic() < until and not list((clients / "runs").glob("acme/.building*/1-align.ipynb")):
            time.sleep(0.2)
        running.send_signal(signal.SIGINT)
        _, noise = running.communicate(timeout=90)
        assert running.returncode == 130, noise
        assert left(tmp_path) == []
    assert list((clients / "runs").glob(".cluster-*")) == []
    assert list((clients / "runs").glob("*/.claim.json")) == []


@pytest.mark.heavy
def test_worker_without_the_shared_folder_is_named_before_anything_starts(clients: Path, tmp_path: Path) -> None:
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("unshare"):
        absent("disk", "only root can give a process a view of its own of the disk")
    shutil.rmtree(clients / "runs", ignore_errors=True)
    hidden = ("unshare", "--mount", "sh", "-c", f'mount -t tmpfs none "{clients}" && exec "$@"', "sh")
    with (
        scheduler(tmp_path) as address,
        worker(tmp_path, address, "one"),
        worker(tmp_path, address, "blind", before=hidden),
    ):
        joined(address, 2)
        running = run(clients, address)
        said, noise = running.communicate(timeout=120)
    assert running.returncode == 2, said + noise
    assert "has 1 problem:" in noise
    assert f"does not see the folder of runs, {clients / 'runs'}" in noise
    assert [p.name for p in (clients / "runs").iterdir()] == []


@pytest.mark.heavy
def test_any_executor_will_do(clients: Path) -> None:
    """Two processes of Python's own pool; one client's settings are broken, which stops no other."""
    shutil.rmtree(clients / "runs", ignore_errors=True)
    common: dict[str, Any] = {"given": {}, "first": "align", "seconds": 300.0, "seed": 1, "audience": "board"}
    jobs = [plan.check(c, data=clients / "data", runs=clients / "runs", as_of=None, **common) for c in ("acme", "bolt")]
    settings = clients / "data" / "bolt" / "client.yml"
    kept = settings.read_bytes()
    settings.write_text("currency: [")
    try:
        with ProcessPoolExecutor(2) as executor:
            ended = cluster.run_over(jobs, lambda event: None, executor)
    finally:
        settings.write_bytes(kept)
    assert [(e.client, e.status) for e in ended] == [("acme", "done"), ("bolt", "failed")]
    assert "client.yml" in ended[1].reason

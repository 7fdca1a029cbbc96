"""One run of a client at a time: a living one is waited for or named, a dead one's leavings are swept."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from cxkit import errors
from cxkit.batch import claims


def claim(home: Path, **said: object) -> Path:
    home.mkdir(exist_ok=True)
    me = {
        "process": os.getpid(),
        "born": psutil.Process().create_time(),
        "machine": socket.gethostname(),
        "where": claims.where(),
        "since": "2026-11-23 06:00",
    }
    path = home / claims.NAME
    path.write_text(json.dumps(me | said))
    return path


def test_claim_is_given_back(tmp_path: Path) -> None:
    with claims.claimed(tmp_path / "acme"):
        assert (tmp_path / "acme" / claims.NAME).is_file()
    assert list((tmp_path / "acme").iterdir()) == []


def test_second_run_says_who_holds_the_client(tmp_path: Path) -> None:
    claim(tmp_path / "acme", since="2026-11-23 06:00")
    words = rf"acme is being run by process {os.getpid()} on .* since 2026-11-23 06:00 UTC.*--wait"
    with pytest.raises(errors.InputError, match=words), claims.claimed(tmp_path / "acme"):
        pass
    assert (tmp_path / "acme" / claims.NAME).is_file()


def test_second_run_waits_where_it_may(tmp_path: Path) -> None:
    path = claim(tmp_path / "acme")
    threading.Timer(0.6, path.unlink).start()
    started = time.monotonic()
    with claims.claimed(tmp_path / "acme", wait=30):
        assert time.monotonic() - started > 0.5


@pytest.mark.parametrize(
    "said",
    [{"process": 2**22 + 1}, {"born": 1.0}, {"machine": "elsewhere", "where": "another"}],
    ids=["gone", "another's", "silent"],
)
def test_dead_run_is_followed_by_the_next(tmp_path: Path, said: dict[str, object]) -> None:
    path = claim(tmp_path / "acme", **said)
    long_ago = time.time() - claims.SILENT - 1
    os.utime(path, (long_ago, long_ago))
    with claims.claimed(tmp_path / "acme"):
        assert json.loads(path.read_text())["process"] == os.getpid()


def test_run_on_another_machine_is_alive_while_it_gives_signs(tmp_path: Path) -> None:
    claim(tmp_path / "acme", machine="elsewhere", where="another")
    with pytest.raises(errors.InputError, match="on elsewhere"), claims.claimed(tmp_path / "acme"):
        pass


def test_claim_gives_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "BEAT", 0.02)
    with claims.claimed(tmp_path / "acme"):
        path = tmp_path / "acme" / claims.NAME
        os.utime(path, (1, 1))
        until = time.monotonic() + 10
        while path.stat().st_mtime < 2 and time.monotonic() < until:
            time.sleep(0.02)
        assert path.stat().st_mtime > 2


def test_a_claim_that_another_has_taken_over_is_left_to_it(tmp_path: Path) -> None:
    with claims.claimed(tmp_path / "acme"):
        claim(tmp_path / "acme", machine="elsewhere", where="another")
    assert json.loads((tmp_path / "acme" / claims.NAME).read_text())["machine"] == "elsewhere"


def test_claim_from_another_machine_s_future_is_that_of_a_dead_run(tmp_path: Path) -> None:
    claim(tmp_path / "acme", machine="elsewhere", where="another")
    ahead = time.time() + 86_400
    os.utime(tmp_path / "acme" / claims.NAME, (ahead, ahead))
    with claims.claimed(tmp_path / "acme"):
        assert json.loads((tmp_path / "acme" / claims.NAME).read_text())["process"] == os.getpid()


def test_sweep_removes_half_made_folders_and_puts_back_what_was_set_aside(tmp_path: Path) -> None:
    for name in (".building-2026-10-31-7", ".old-2026-09-30-7", ".old-2026-10-31-7", "2026-10-31", ".snapshots/keep"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "report.html").write_text(name)
    claims.sweep(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".snapshots", "2026-09-30", "2026-10-31"]
    assert (tmp_path / "2026-09-30" / "report.html").read_text() == ".old-2026-09-30-7"
    assert (tmp_path / "2026-10-31" / "report.html").read_text() == "2026-10-31"


MANY = """
import sys, time
from pathlib import Path
from cxkit import errors
from cxkit.batch import claims
claims.LOOK = 0.002
inside = Path(sys.argv[1]) / "inside"
for _ in range(20):
    with claims.claimed(Path(sys.argv[1]) / "acme", wait=60):
        inside.mkdir()  # fails where another is inside
        time.sleep(0.001)
        inside.rmdir()
"""


def test_never_two_at_once(tmp_path: Path) -> None:
    script = tmp_path / "many.py"
    script.write_text(MANY)
    running = [subprocess.Popen([sys.executable, str(script), str(tmp_path)]) for _ in range(4)]
    assert [p.wait(timeout=120) for p in running] == [0, 0, 0, 0]

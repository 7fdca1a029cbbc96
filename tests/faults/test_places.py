"""What the machine does to a run: a disk that fills up, a folder that is closed, a clock that is set back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import absent

pytestmark = [pytest.mark.heavy, pytest.mark.run]
CXKIT = str(Path(sys.executable).with_name("cxkit"))


def run(data: Path, runs: Path, *before: str, **more: str) -> subprocess.CompletedProcess[str]:
    """``cxkit run`` of all clients, with something before it on its line."""
    command = [*before, CXKIT, "run", "--all", "--no-pdf", "--data-dir", str(data), "--runs-dir", str(runs)]
    told = subprocess.run(
        command, cwd=data.parent, env=os.environ | more, capture_output=True, text=True, timeout=300, check=False
    )
    assert "Traceback" not in told.stdout + told.stderr
    assert "defect of the workbook" not in told.stdout + told.stderr
    return told


def left_in(home: Path) -> set[str]:
    """What a client's folder of runs holds, without what makes the next run quicker."""
    return {p.name for p in home.iterdir()} - {".snapshots", ".stamps"} if home.is_dir() else set()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[tuple[Path, Callable[[str], None]]]:
    """A disk of two megabytes, and what makes it larger."""
    if not shutil.which("mount") or os.geteuid():
        absent("disk", "mounting a small disk needs root")
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        absent("disk", f"this machine mounts no disks ({made.stderr.strip()})")

    def grow(size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", str(place)], check=True)

    yield place, grow
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_full_disk_is_named_and_the_next_run_goes_on_where_it_was(
    copy_of: Callable[[str], Path], disk: tuple[Path, Callable[[str], None]]
) -> None:
    data, (runs, grow) = copy_of("marlow").parent, disk
    full = run(data, runs)
    assert full.returncode == 1
    assert "✗ marlow: No space is left on the disk." in full.stdout
    assert not {name for name in left_in(runs / "marlow") if not name.startswith(".unfinished-")}
    grow("60m")
    after = run(data, runs)
    assert after.returncode == 0, after.stderr
    assert "computed before and still valid: align, quantify" in after.stdout
    assert left_in(runs / "marlow") == {"2026-10-31"}


def test_closed_folder_is_named_and_nothing_runs(copy_of: Callable[[str], Path], tmp_path: Path) -> None:
    """Root passes over permissions, so that it gives up its right to."""
    data, runs = copy_of("marlow").parent, tmp_path / "closed"
    runs.mkdir()
    runs.chmod(0o555)
    rights = "-dac_override,-dac_read_search"
    before = [] if os.geteuid() else ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}"]
    if before and not shutil.which("setpriv"):
        absent("disk", "root needs setpriv to give up its rights")
    told = run(data, runs, *before)
    assert told.returncode == 1
    assert f"✗ marlow: {runs / 'marlow'} is closed to this user (permission denied)." in told.stdout
    assert "--runs-dir" in told.stdout
    assert list(runs.iterdir()) == []


def test_clock_that_is_set_back_hides_no_change(copy_of: Callable[[str], Path], tmp_path: Path) -> None:
    """A month back: the run ends as ever, a table that is written then is met, and nobody is taken for dead."""
    if not shutil.which("faketime"):
        absent("clock", "faketime is not installed")
    folder, runs = copy_of("marlow"), tmp_path / "runs"
    first = run(folder.parent, runs)
    assert first.returncode == 0, first.stderr
    back = ["faketime", "-f", "-30d"]
    again = run(folder.parent, runs, *back, DONT_FAKE_MONOTONIC="1")
    assert "unchanged" in again.stdout, again.stdout + again.stderr
    orders = folder / "tables" / "orders.csv"
    orders.write_text("\n".join(orders.read_text().splitlines()[:-1]) + "\n")
    subprocess.run([*back, "touch", str(orders)], check=True)
    changed = run(folder.parent, runs, *back, DONT_FAKE_MONOTONIC="1")
    assert changed.returncode == 0, changed.stderr
    assert "unchanged" not in changed.stdout
    assert left_in(runs / "marlow") == {"2026-10-31"}
    assert "unchanged" in run(folder.parent, runs).stdout

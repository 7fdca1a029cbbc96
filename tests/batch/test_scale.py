"""Every command of the page on running many clients is run, the line for cron too."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import simulate_clients

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "playbook" / "batch.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL) for line in block.splitlines()]

pytestmark = [pytest.mark.run]


def cxkit(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cxkit.cli", *words], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.heavy
def test_every_command_of_the_page(tmp_path: Path) -> None:
    simulate_clients(tmp_path, "acme", "bolt")
    told = [cxkit(tmp_path, *shlex.split(command)[1:], "--no-pdf") for command in COMMANDS]
    assert [one.returncode for one in told] == [0] * len(COMMANDS), told
    one, all_of_them, night = (one.stdout for one in told)
    assert "acme (" in one
    assert "unchanged" not in one
    assert re.search(r"acme \(\S+, unchanged\)", all_of_them)
    assert not re.search(r"bolt \(\S+, unchanged\)", all_of_them)
    assert len(re.findall(r"\(\S+, unchanged\)", night)) == 2

    (cron,) = re.findall(r"^0 2 3 \* \*  (.*)$", PAGE, flags=re.MULTILINE)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    starter = tmp_path / ".venv" / "bin" / "cxkit"
    starter.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m cxkit.cli "$@"\n')
    starter.chmod(0o755)
    line = cron.replace("/path/to/folder", shlex.quote(str(tmp_path))).replace("--log-format", "--no-pdf --log-format")
    assert subprocess.run(["sh", "-c", line], cwd="/", env=os.environ, check=False).returncode == 0
    events = [json.loads(entry) for entry in (tmp_path / "runs" / "night.log").read_text().splitlines()]
    assert {(e["client"], e["what"], e["text"]) for e in events} == {
        ("acme", "done", "unchanged"),
        ("bolt", "done", "unchanged"),
    }


def test_page_names_the_switches_there_are() -> None:
    told = cxkit(ROOT, "run", "--help").stdout + cxkit(ROOT, "pull", "--help").stdout
    dask = {"--host", "--port", "--nthreads"}  # tried by the test of clusters
    for switch in set(re.findall(r"--[a-z][a-z-]*", PAGE)) - dask:
        assert switch in told, f"{switch} is not a switch of cxkit run or cxkit pull"

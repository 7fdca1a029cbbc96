"""Exports that nobody here made: put in with `cxkit new` and `cxkit map --yes`, run, and told what they lack."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cxkit.engagement import results
from cxkit.engagement.recipes import CLASSES

pytestmark = [pytest.mark.run, pytest.mark.heavy, pytest.mark.real]


def make(tmp_path: Path, name: str, files: list[Path], *run: str) -> Path:
    """A client folder made by the command line alone; returns its published run."""

    def cxkit(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "cxkit.cli", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    (tmp_path / "data").mkdir()
    cxkit("new", name)
    for path in files:
        shutil.copy(path, tmp_path / "data" / name / "tables" / path.name)
    cxkit("map", name, "--yes")
    told = cxkit("run", name, *run)
    return Path(re.search(r"^\s+(\S+)/report\.html$", told, flags=re.MULTILINE).group(1))


def test_helpdesk_log(tmp_path: Path, real: Path) -> None:
    place = make(tmp_path, "helpdesk", [real / "helpdesk" / "events.csv"])
    run = json.loads((place / "run.json").read_text(encoding="utf-8"))
    rows = run["inputs"]["rows"]["ticket_log"]
    assert rows["kept"] + rows["cut"] == 21_348
    service = results.load(CLASSES["orchestrate.service"], place / "results")
    assert service.findings
    html = (place / "report.html").read_text(encoding="utf-8")
    for absent in ("revenue", "surveys", "initiatives"):
        assert absent in html
    assert not results.load(CLASSES["prove.experiments"], place / "results").findings


def test_cdnow_orders(tmp_path: Path, real: Path) -> None:
    place = make(
        tmp_path, "cdnow", [real / "cdnow" / "orders.csv", real / "cdnow" / "sample_ids.csv"], "--as-of", "1998-06-30"
    )
    run = json.loads((place / "run.json").read_text(encoding="utf-8"))
    rows = run["inputs"]["rows"]["orders"]
    assert (rows["kept"], rows["cut"]) == (69_659, 0)
    html = (place / "report.html").read_text(encoding="utf-8")
    assert "69,659" in html
    for absent in ("surveys", "tickets"):
        assert absent in html
    scorecard = results.load(CLASSES["quantify.scorecard"], place / "results")
    assert {g.id for g in scorecard.gaps} >= {"quantify.scorecard.nps", "quantify.scorecard.complaint_rate"}
    assert scorecard.finding("quantify.scorecard.grr") is None, "GRR is not defined on orders without a contract"

"""Every command in the README is run by a test, and every link leads somewhere."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
COMMANDS = [line.split("#")[0].strip() for block in BLOCKS for line in block.splitlines() if line.strip()]
INLINE = {" ".join(words.split()) for words in re.findall(r"`(cxkit [^`]+)`", README)}
BY_CI = {"make demo", "make test", "python make.py demo", "python make.py test"}
"""Run by .ci/run on a clean clone; a test cannot run the tests."""


def test_every_command_is_known_here() -> None:
    sequence = {f"cxkit {name} acme" for name in ("new", "map", "check", "run", "lab")}
    assert set(COMMANDS) == BY_CI | sequence


def test_every_command_in_a_sentence_is_known_here() -> None:
    """Those on decisions, challenges and commentary run below, the batch of all clients in ``tests/batch``."""
    named = {" ".join(command.split()[:2]) for command in INLINE}
    assert named == {"cxkit run", "cxkit decide", "cxkit challenge", "cxkit comment", "cxkit review"}
    assert {"cxkit run --all --jobs 2", "cxkit run acme --from report"} <= INLINE


def test_ci_runs_the_two_commands() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "make test" in script
    assert "make demo" in script
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "make.py demo" in makefile
    assert "make.py test" in makefile


def test_every_link_leads_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links
    assert not [link for link in links if not (ROOT / link).exists()]


def cxkit(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "cxkit.cli", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.run
@pytest.mark.heavy
def test_the_first_client_from_new_to_run(tmp_path: Path) -> None:
    """A retailer sends two files; the four commands of the README make a report of them."""
    (tmp_path / "data").mkdir()
    made = cxkit(tmp_path, "new", "acme")
    assert "data-request.md" in made
    for path in (ROOT / "data" / "marlow" / "tables").iterdir():
        shutil.copy(path, tmp_path / "data" / "acme" / "tables" / path.name)
    cxkit(tmp_path, "map", "acme", "--yes")
    assert "orders" in cxkit(tmp_path, "check", "acme")
    told = cxkit(tmp_path, "run", "acme")
    report = Path(re.search(r"^\s+(\S+report\.html)$", told, flags=re.MULTILINE).group(1))
    assert report.stat().st_size > 20_000
    assert (report.parent / "council.html").is_file()
    (decide,) = (command.split()[1:] for command in INLINE if command.startswith("cxkit decide"))
    assert "recorded D1: fund" in cxkit(tmp_path, *decide)
    cxkit(tmp_path, *decide)
    cxkit(tmp_path, "decide", "acme", "--done", "D1")
    cxkit(tmp_path, "decide", "acme", "--withdrawn", "D2")
    (challenge,) = (command for command in INLINE if command.startswith("cxkit challenge"))
    key = json.loads((report.parent / "results" / "findings.json").read_text(encoding="utf-8"))[0]["key"]
    words = shlex.split(challenge.replace("<key of the finding>", key).replace("…", "said"))
    cxkit(tmp_path, *words[1:-1], "RevOps/Data")
    (comment,) = (command for command in INLINE if command.startswith("cxkit comment"))
    assert "wrote C1 on prove" in cxkit(tmp_path, *shlex.split(comment)[1:])
    assert "nothing needs review" in cxkit(tmp_path, "review", "acme")
    assert "nothing needs review" in cxkit(tmp_path, "review", "acme", "--confirm", "--role", "CX lead")
    assert "report.html" in cxkit(tmp_path, "run", "acme", "--from", "report")
    lines = (tmp_path / "data" / "acme" / "history" / "decisions.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 4


@pytest.mark.run
def test_lab_copies_the_notebooks_and_keeps_edited_ones(tmp_path: Path) -> None:
    from cxkit.engagement.laboratory import copy_notebooks

    folder = tmp_path / "acme"
    folder.mkdir()
    assert copy_notebooks(folder) == []
    names = sorted(p.name for p in (folder / "notebooks").glob("*.ipynb"))
    assert len(names) == 7
    (folder / "notebooks" / names[1]).write_text("{}", encoding="utf-8")
    assert copy_notebooks(folder) == [f"{names[1]} was edited here and is kept as it is"]
    assert (folder / "notebooks" / names[1]).read_text(encoding="utf-8") == "{}"

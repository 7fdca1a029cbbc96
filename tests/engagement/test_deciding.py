"""`cxkit decide` and `cxkit challenge` on the command line: what they print and how they exit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cxkit import cli


@pytest.fixture
def places(tmp_path: Path) -> list[str]:
    folder = tmp_path / "data" / "acme"
    folder.mkdir(parents=True)
    (folder / "client.yml").write_text("name: Acme\n", encoding="utf-8")
    place = tmp_path / "runs" / "acme" / "2026-01-31" / "results"
    place.mkdir(parents=True)
    record = {
        "key": "quantify.scorecard.grr",
        "id": "quantify.scorecard.grr",
        "initiative": None,
        "sources": ["revenue"],
    }
    (place / "findings.json").write_text(json.dumps([record]), encoding="utf-8")
    return ["--data-dir", str(tmp_path / "data"), "--runs-dir", str(tmp_path / "runs")]


def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["cxkit", *words])
    code = cli.main()
    told = capsys.readouterr()
    return code, told.out + told.err


def test_decide_then_done_then_refused(monkeypatch, capsys, places):
    say = lambda *words: call(monkeypatch, capsys, "decide", "acme", *words, *places)  # noqa: E731
    code, told = say("--verdict", "stop", "--decided", "2026-02-05")
    assert (code, told.startswith("recorded D1: stop, on evidence ")) == (0, True)
    assert say("--done", "D1", "--decided", "2026-03-01") == (0, "recorded D1: stop, done on 2026-03-01\n")
    code, told = say("--withdrawn", "D1")
    assert code == 2
    assert "already done on 2026-03-01" in told
    assert say("--done", "D1", "--verdict", "fund")[0] == 2
    assert say()[0] == 2


def test_challenge_then_answer(monkeypatch, capsys, places):
    say = lambda *words: call(monkeypatch, capsys, "challenge", "acme", *words, *places)  # noqa: E731
    code, told = say("quantify.scorecard.grr", "--says", "the base is wrong", "--role", "RevOps/Data")
    assert code == 0
    assert told.startswith("logged C1 beside quantify.scorecard.grr: open, on evidence ")
    code, told = say("quantify.scorecard.gr", "--says", "no")
    assert code == 2
    assert "Nearest: quantify.scorecard.grr" in told
    code, told = say("quantify.scorecard.grr", "--answer", "it ties to the books")
    assert code == 0
    assert "answered on " in told
    assert say("quantify.scorecard.grr", "--answer", "a", "--says", "b")[0] == 2
    assert say("quantify.scorecard.grr")[0] == 2

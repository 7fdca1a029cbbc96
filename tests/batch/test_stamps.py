"""A client of whom nothing changed is not run again; whatever a run reads or made counts."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cxkit.batch import stamps

ASKED: dict[str, object] = {"as_of": None, "given": {}, "seed": 1, "audience": "board", "pdf": False}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A client and its published run, with its stamp."""
    folder, run = tmp_path / "data" / "acme", tmp_path / "runs" / "acme" / "2026-10-31"
    for path, text in (
        (folder / "client.yml", "name: Acme"),
        (folder / "tables" / "tickets.csv", "id\n1\n"),
        (folder / "history" / "forecasts.jsonl", "{}\n"),
        (folder / "work" / "draft.txt", "x"),
        (folder / "tables" / "work" / "more.csv", "id\n1\n"),
        (tmp_path / "elsewhere" / "invoices.csv", "id\n1\n"),
        (run / "report.html", "<p>report</p>"),
        (run.parent / "2026-09-30" / "results" / "findings.json", "[]"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "tables" / "archive").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "round").symlink_to(tmp_path / "elsewhere")
    before = stamps.look("acme", data=tmp_path / "data")
    keep(tmp_path, before)
    return tmp_path


def keep(root: Path, before: stamps.Seen) -> None:
    ended = {
        "client": "acme",
        "status": "done",
        "as_of": "2026-10-31",
        "headline": "All is well",
        "report": str(root / "r"),
    }
    stamps.keep("acme", data=root / "data", runs=root / "runs", asked=ASKED, before=before, ended=ended)


def same(root: Path, **asked: object) -> bool:
    found = stamps.those_unchanged(["acme"], ASKED | asked, data_dir=root / "data", runs_dir=root / "runs")
    return bool(found) and found["acme"].unchanged


def test_unchanged_client_is_told_of_again(place: Path) -> None:
    assert same(place)
    (place / "data" / "acme" / "work" / "draft.txt").write_text("more")
    os.utime(place / "data" / "acme" / "client.yml")
    assert same(place), "what no run reads, and a file that was only touched, change nothing"


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "data/acme/tables/tickets.csv").write_text("id\n2\n"),
        lambda root: (root / "data/acme/tables/surveys.csv").write_text("id\n"),
        lambda root: (root / "data/acme/tables/tickets.csv").unlink(),
        lambda root: (root / "data/acme/tables/work/more.csv").write_text("id\n2\n"),
        lambda root: (root / "elsewhere/invoices.csv").write_text("id\n2\n"),
        lambda root: (root / "data/acme/history/forecasts.jsonl").write_text("{}\n{}\n"),
        lambda root: (root / "runs/acme/2026-10-31/report.html").write_text("<p>other</p>"),
        lambda root: (root / "runs/acme/2026-10-31/report.html").unlink(),
        lambda root: (root / "runs/acme/2026-09-30/results/findings.json").write_text("[{}]"),
        lambda root: next((root / "runs/acme/.stamps").iterdir()).write_text("{cut o"),
    ],
    ids=[
        "table",
        "new table",
        "table gone",
        "folder called work",
        "behind a link",
        "history",
        "report",
        "report gone",
        "run before",
        "stamp cut off",
    ],
)
def test_change_is_run(place: Path, change: Callable[[Path], object]) -> None:
    change(place)
    assert not same(place)


def test_other_question_is_run(place: Path) -> None:
    assert not same(place, audience="team")
    assert not same(place, given={"discount_rate": "0.2"})


def test_other_program_is_run(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamps, "program", lambda: "edited")
    assert not same(place)


def test_program_is_the_code_the_notebooks_and_the_libraries() -> None:
    stamps.program.cache_clear()
    assert stamps.program() == stamps.program()
    assert len(stamps.program()) == 64


def test_change_during_a_run_leaves_no_stamp(place: Path) -> None:
    before = stamps.look("acme", data=place / "data")
    (place / "data/acme/history/forecasts.jsonl").write_text("{}\n{}\n")
    keep(place, before)
    assert same(place), "a run writes history itself"
    (place / "data/acme/tables/tickets.csv").write_text("id\n3\n")
    keep(place, before)
    assert not same(place)
    assert not list((place / "runs/acme/.stamps").iterdir())


def test_stamp_is_whole_or_not_there(place: Path) -> None:
    (path,) = (place / "runs/acme/.stamps").iterdir()
    assert str(place) not in path.read_text(), "it names no place of this machine"
    assert set(json.loads(path.read_text())) == {"asked", "ended", "program", "read", "made"}

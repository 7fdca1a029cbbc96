"""What a published run found registered is written down once; nothing else writes there."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cxkit.batch import run as batch
from cxkit.engagement import history, registering
from cxkit.engagement.desk import open_desk
from cxkit.engagement.history import Registration
from cxkit.tables.engine import Tables
from tests.conftest import ROOT, run_clients
from tests.prove.conftest import PLAN

LAST = date(2026, 3, 31)


def tables(as_of: date = LAST, *ids: str, **plan: Any) -> Tables:
    rows = [PLAN | {"experiment_id": id} | plan for id in ids or ("x1",)]
    return Tables.from_frames({"experiments": pd.DataFrame(rows)}, as_of=as_of)


def lines(folder: Path) -> list[str]:
    path = folder / "history" / "registrations.jsonl"
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def test_the_first_run_writes_down_every_experiment(tmp_path: Path) -> None:
    added = registering.record(tmp_path, tables(LAST, "x2", "x1"), LAST)
    assert [(one.experiment_id, one.seen) for one in added] == [("x1", "2026-03-31"), ("x2", "2026-03-31")]
    assert history.read(tmp_path, Registration) == added
    assert added[0].fields["metric"] == "churn"
    assert len(lines(tmp_path)) == 2


def test_the_same_day_again_and_a_later_one_add_nothing(tmp_path: Path) -> None:
    registering.record(tmp_path, tables(), LAST)
    before = lines(tmp_path)
    assert registering.record(tmp_path, tables(), LAST) == ()
    assert registering.record(tmp_path, tables(date(2026, 4, 30)), date(2026, 4, 30)) == ()
    assert lines(tmp_path) == before


def test_a_change_is_added_and_never_rewritten_also_when_it_is_taken_back(tmp_path: Path) -> None:
    for month, metric in ((3, "churn"), (4, "calls"), (5, "churn")):
        day = date(2026, month, 28)
        registering.record(tmp_path, tables(day, metric=metric), day)
    assert [one.fields["metric"] for one in history.read(tmp_path, Registration)] == ["churn", "calls", "churn"]


def test_a_run_of_an_earlier_day_vouches_for_nothing(tmp_path: Path) -> None:
    registering.record(tmp_path, tables(), LAST)
    assert registering.record(tmp_path, tables(date(2026, 2, 28), metric="calls"), date(2026, 2, 28)) == ()
    assert len(lines(tmp_path)) == 1


def test_what_is_dated_after_the_run_waits_for_its_own_month(tmp_path: Path) -> None:
    early = date(2025, 12, 31)
    assert registering.record(tmp_path, tables(early), early) == (), "its sheet says 1 January"
    (one,) = registering.record(tmp_path, tables(), LAST)
    assert one.seen == "2026-03-31"


def test_a_client_without_experiments_gets_no_file(tmp_path: Path) -> None:
    assert registering.record(tmp_path, Tables.from_frames({}, as_of=LAST), LAST) == ()
    assert not (tmp_path / "history").exists()


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """A small client that has registered one hypothesis."""
    folder = tmp_path / "data" / "marlow"
    shutil.copytree(ROOT / "data" / "marlow", folder, ignore=shutil.ignore_patterns("work", "notebooks", "history"))
    sheet = pd.DataFrame([PLAN | {"registered": "2026-06-01", "started": None, "ended": None}])
    sheet.to_csv(folder / "tables" / "experiments.csv", index=False)
    return folder


def test_a_desk_opened_by_hand_writes_nothing(client: Path) -> None:
    desk = open_desk("prove", client="marlow", data_dir=client.parent)
    assert "experiments" in desk.tables.present
    assert desk.registrations == ()
    assert lines(client) == []


@pytest.mark.parametrize("fails", ["a stage", "the report", "the publishing"])
def test_a_failed_run_writes_nothing(client: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise OSError("no space left")

    failed = ({"prove": {"status": "failed"}}, "5-prove.ipynb: it broke") if fails == "a stage" else ({}, "")
    monkeypatch.setattr(batch.steps, "run_stages", lambda *_, **__: failed)
    monkeypatch.setattr(
        batch.assemble,
        "write_report",
        broken if fails == "the report" else lambda *_, **__: batch.assemble.Built(headline="said"),
    )
    if fails == "the publishing":
        monkeypatch.setattr(batch, "_publish", broken)
    ran = run_clients(client.parent, tmp_path / "runs", ("marlow",), workers=1)
    assert ran.ended["marlow"].status == "failed"
    assert lines(client) == []


def test_a_published_run_writes_once(client: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch.steps, "run_stages", lambda *_, **__: ({}, ""))
    monkeypatch.setattr(batch.assemble, "write_report", lambda *_, **__: batch.assemble.Built(headline="said"))
    for _ in range(2):
        ran = run_clients(client.parent, tmp_path / "runs", ("marlow",), workers=1)
        assert ran.ended["marlow"].status == "done"
    (one,) = lines(client)
    assert '"experiment_id": "x1"' in one
    assert '"seen": "2026-10-31"' in one

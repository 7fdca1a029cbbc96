"""What a run publishes for the council, and which challenges stand beside its numbers."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from cxkit.batch.council import NAME, objections, write_council
from cxkit.engagement import challenges
from cxkit.govern import council
from cxkit.report.inputs import ReportInput
from cxkit.tables.engine import Tables


def test_the_pack_lies_beside_the_report(tmp_path: Path) -> None:
    as_of = date(2026, 6, 30)
    bare = ReportInput(client="Acme", as_of=as_of)
    write_council(tmp_path, bare)
    assert not list(tmp_path.iterdir())
    write_council(tmp_path, bare.model_copy(update={"results": (council(Tables.from_frames({}, as_of=as_of)),)}))
    assert [p.name for p in tmp_path.iterdir()] == [NAME]


def test_a_challenge_stands_beside_the_run_it_was_raised_against(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "acme"
    folder.mkdir(parents=True)
    (folder / "client.yml").write_text("name: Acme\n", encoding="utf-8")
    place = tmp_path / "runs" / "acme" / "2026-01-31" / "results"
    place.mkdir(parents=True)
    record = {"key": "prove.effect:x", "id": "prove.effect", "sources": []}
    (place / "findings.json").write_text(json.dumps([record]), encoding="utf-8")
    where = {"data_dir": tmp_path / "data", "runs_dir": tmp_path / "runs"}
    challenges.challenge("acme", "prove.effect:x", says="no", on=date(2026, 2, 9), **where)
    challenges.answer("acme", "prove.effect:x", text="yes", on=date(2026, 2, 11), **where)
    (one,) = objections(folder, date(2026, 1, 31))  # logged later, against this very run
    assert (one.state, one.says, one.answer) == ("answered", "no", "yes")
    assert objections(folder, date(2025, 12, 31)) == ()  # an earlier run built anew never had it
    assert len(objections(folder, date(2026, 2, 28))) == 1

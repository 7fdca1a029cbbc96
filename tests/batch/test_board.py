"""The board: from run records to a line for every client."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cxkit.batch import board
from cxkit.engagement import commenting
from cxkit.tables.intake import file_hashes
from tests.engagement.test_reviews import saved


@pytest.fixture
def here(tmp_path: Path) -> tuple[Path, Path]:
    """Two clients, one of them with a run."""
    data, runs = tmp_path / "data", tmp_path / "runs"
    for name in ("acme", "beta"):
        (data / name / "tables").mkdir(parents=True)
        (data / name / "client.yml").write_text(f"name: {name.title()}\n", encoding="utf-8")
    (data / "acme" / "tables" / "orders.csv").write_text("order_id\n1\n", encoding="utf-8")
    publish(runs, data, 0.2)
    return runs, data


def publish(runs: Path, data: Path, value: float, **more: object) -> None:
    place = runs / "acme" / "2026-10-31"
    saved(place / "results", value)
    (place / "report.html").write_text("x", encoding="utf-8")
    (place / "report.pdf").write_text("x", encoding="utf-8")
    files = {name: {"sha256": digest} for name, digest in file_hashes(data / "acme").items()}
    record = {"client": "acme", "name": "Acme", "as_of": "2026-10-31", "status": "done", "inputs": {"files": files}}
    (place / "run.json").write_text(json.dumps({**record, **more}), encoding="utf-8")


def entries(runs: Path, data: Path | None) -> dict[str, board.index.Entry]:
    return {r["client"]: board.entry(r, runs, data) for r in board.read_runs(runs)}


def test_a_fresh_run_and_a_client_that_never_ran(here):
    runs, data = here
    made = entries(runs, data)["acme"]
    assert (made.status, made.fresh, made.review) == ("done", "", 0)
    assert [one.address for one in made.links] == ["acme/2026-10-31/report.pdf"]
    page = board.write_board(runs, data).read_text(encoding="utf-8")
    assert "1 of 2 clients has never run" in page
    assert "never run</td>" in page


def test_a_changed_file_makes_it_stale_and_changed_numbers_ask_for_review(here):
    runs, data = here
    (data / "acme" / "tables" / "orders.csv").write_text("order_id\n1\n2\n", encoding="utf-8")
    assert (entries(runs, data)["acme"].status, entries(runs, data)["acme"].fresh) == ("stale", "files changed since")
    place = runs / "acme" / "2026-10-31" / "results"
    commenting.write(data / "acme", stage="prove", text="It works.", place=place)
    publish(runs, data, 0.1, at_stake=5e4, currency="EUR", headline="Half as much")
    made = entries(runs, data)["acme"]
    assert (made.status, made.review, made.money, made.headline) == ("review", 1, "€50.0\u202fk", "Half as much")
    (data / "acme" / "engagement.json").write_text("{", encoding="utf-8")
    assert entries(runs, data)["acme"].status == "done"
    assert entries(runs, None)["acme"].status == "done"


def test_a_failed_run_says_why(here):
    runs, data = here
    publish(runs, data, 0.2, status="failed", reason="tickets.csv cannot be read\nmore")
    made = entries(runs, data)["acme"]
    assert (made.status, made.headline, made.link, made.links) == ("failed", "tickets.csv cannot be read", "", ())

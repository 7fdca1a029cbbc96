"""Action lists: masked, never formulas, the same bytes for the same content, and a word where there is nothing."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import load_workbook

from cxkit.engagement.actions import WORKBOOK, customer_names, role_file, write_actions
from cxkit.orchestrate import PlayBook, Plays, play_register, plays
from cxkit.report.inputs import Privacy
from cxkit.report.mask import Mask
from cxkit.tables.engine import Tables

EVIL = '=HYPERLINK("http://x.org","a")'
WHEN = {"about": "answer", "all": [{"unhappy_answer": {"within_days": 30}}]}


def book(**changed: object) -> PlayBook:
    call = {
        "id": "call",
        "name": EVIL,
        "owner_role": "Journey Owners",
        "sla_hours": 48,
        "steps": ["@call Ada Lovelace (ada@example.org)"],
        "hypothesis": "h",
        "when": WHEN,
    }
    idle = {**call, "id": "idle", "name": "Idle", "owner_role": "Enablement/Ops", "when": {"about": "answer", "all": [{"score": {"at_most": 0, "within_days": 1}}]}}  # fmt: skip # noqa: E501
    return play_register({"plays": [call | changed, idle]})


@pytest.fixture
def tables() -> Tables:
    surveys = pd.DataFrame(
        {
            "response_id": ["r1", "-r2"],
            "metric": "nps",
            "score": [2, 3],
            "answered": ["2026-10-24 23:30", "2026-10-30 10:00"],
            "account_id": ["a1", "a2"],
            "contacted": None,
        }
    )
    accounts = pd.DataFrame({"account_id": ["a1", "a2"], "account_name": ["Ada Lovelace", "Byron Ltd"], "started": "2024-01-01"})  # fmt: skip # noqa: E501
    frames = {"surveys": surveys, "accounts": accounts}
    return Tables.from_frames(frames, as_of=date(2026, 10, 31), timezone="Europe/Berlin")


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def written(place: Path, tables: Tables, *, masked: bool = True) -> Plays:
    found = plays(tables, register=book(), tried=False)
    mask = Mask(Privacy(on=masked, people=("Ada Lovelace",)))
    names = None if masked else customer_names(tables, found)
    write_actions(place, found, book(), mask=mask, currency="EUR", names=names)
    return found


def test_a_list_names_keys_with_due_times_in_the_clients_zone(tables: Tables, tmp_path: Path) -> None:
    written(tmp_path, tables)
    rows = read(tmp_path / "actions" / "journey-owners.csv")
    # two days by the clock on the wall, although the clocks changed in between
    assert [(r["Key"], r["Since"], r["Due"]) for r in rows] == [
        ("r1", "2026-10-25 01:30", "2026-10-27 01:30"),
        ("'-r2", "2026-10-30 11:00", "2026-11-01 11:00"),
    ]
    assert rows[0]["Customer"] == "a1"


def test_no_cell_is_a_formula_and_no_name_leaves(tables: Tables, tmp_path: Path) -> None:
    written(tmp_path, tables)
    text = (tmp_path / "actions" / "journey-owners.csv").read_text(encoding="utf-8-sig")
    assert "Lovelace" not in text
    assert "example.org" not in text
    assert all(
        not cell.lstrip().startswith(("=", "+", "-", "@")) for row in csv.reader(io.StringIO(text)) for cell in row
    )
    book = load_workbook(tmp_path / WORKBOOK)
    cells = [c for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for c in row]
    assert EVIL in cells
    assert not any("Lovelace" in str(c) for c in cells)
    with zipfile.ZipFile(tmp_path / WORKBOOK) as parts:
        sheets = [parts.read(n) for n in parts.namelist() if n.startswith("xl/worksheets/sheet")]
    assert sheets
    assert not [s for s in sheets if b"<f>" in s or b"<f " in s], "no cell is a formula"
    assert book.sheet_names == ["All plays", "Enablement-Ops", "Journey Owners"]


def test_names_are_there_only_where_masking_is_off(tables: Tables, tmp_path: Path) -> None:
    written(tmp_path, tables, masked=False)
    assert [r["Customer's name"] for r in read(tmp_path / "actions" / "journey-owners.csv")] == [
        "Ada Lovelace",
        "Byron Ltd",
    ]


def test_a_role_without_an_action_has_a_file_that_says_so(tables: Tables, tmp_path: Path) -> None:
    written(tmp_path, tables)
    rows = read(tmp_path / "actions" / role_file("Enablement/Ops"))
    assert [r["Play"] for r in rows] == ["Nothing: no play of this role calls for an action today"]


def test_the_same_content_is_the_same_bytes(tables: Tables, tmp_path: Path) -> None:
    for name in ("one", "two"):
        written(tmp_path / name, tables)
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.is_file())
    assert len(files) == 3
    assert all((tmp_path / "one" / f).read_bytes() == (tmp_path / "two" / f).read_bytes() for f in files)


def test_a_list_of_plays_that_cannot_be_evaluated_says_why(tables: Tables, tmp_path: Path) -> None:
    late = book(id="late", owner_role="RevOps/Data", when={"about": "ticket", "all": ["ticket_open_past_limit"]})
    found = plays(tables, register=late, tried=False)
    write_actions(tmp_path, found, late, mask=Mask(Privacy()), currency="EUR")
    rows = read(tmp_path / "actions" / "revops-data.csv")
    assert len(rows) == 1
    assert rows[0]["Play"].startswith("Not evaluated: ")
    assert "not supplied: tickets" in rows[0]["Play"]

"""What a run publishes beside its report: a playbook that links to lists that are there."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from cxkit import shipped
from cxkit.batch.playbook import write_playbook
from cxkit.engagement.store import Store
from cxkit.errors import InputError
from cxkit.orchestrate import play_register, plays
from cxkit.report.inputs import Privacy, ReportInput
from cxkit.tables.engine import Tables


@pytest.fixture
def tables() -> Tables:
    surveys = pd.DataFrame(
        {"response_id": ["r1"], "metric": "nps", "score": [1], "answered": ["2026-10-30"], "account_id": ["a1"]}
    )
    accounts = pd.DataFrame({"account_id": ["a1"], "account_name": ["Ada Lovelace"], "started": ["2024-01-01"]})
    return Tables.from_frames({"surveys": surveys, "accounts": accounts}, as_of=date(2026, 10, 31))


def given(tables: Tables, *, masked: bool) -> ReportInput:
    found = plays(tables, register=play_register(shipped.yaml("playbook/plays.yml")), window_months=1)
    privacy = Privacy(on=masked, people=("Ada Lovelace",))
    return ReportInput(client="Acme", as_of=date(2026, 10, 31), results=(found,), privacy=privacy)


@pytest.mark.parametrize("masked", [True, False])
def test_a_playbook_stands_beside_lists_it_links_to(tables: Tables, tmp_path: Path, masked: bool) -> None:
    write_playbook(tmp_path, given(tables, masked=masked), store=Store(), tables=tables)
    html = (tmp_path / "playbook.html").read_text(encoding="utf-8")
    links = [link for link in re.findall(r'href="([^"#]+)"', html) if link != "report.html"]
    assert links
    assert all((tmp_path / link).is_file() for link in links)
    listed = (tmp_path / "actions" / "journey-owners.csv").read_text(encoding="utf-8-sig")
    assert "a1" in listed
    assert ("Ada Lovelace" in listed) is not masked
    assert (tmp_path / "actions.xlsx").is_file()


def test_without_the_result_there_is_a_playbook_and_no_list(tables: Tables, tmp_path: Path) -> None:
    bare = given(tables, masked=True).model_copy(update={"results": ()})
    write_playbook(tmp_path, bare, store=Store(), tables=tables)
    assert [p.name for p in tmp_path.iterdir()] == ["playbook.html"]


def test_own_plays_that_are_not_whole_stop_it_in_words(tables: Tables, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Did you mean 'sla_hours'"):
        write_playbook(
            tmp_path, given(tables, masked=True), store=Store(plays=({"id": "x", "sla_hour": 1},)), tables=tables
        )

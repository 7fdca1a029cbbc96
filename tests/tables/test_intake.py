"""A folder in, canonical tables out: blind to what comes after as_of, and the client's files untouched."""

import hashlib
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from cxkit.records import Missing
from cxkit.tables import snapshot
from cxkit.tables.intake import Intake, file_hashes, load
from cxkit.tables.templates import write_workshop

REVENUE = "account_id,month,mrr\n00001,2026-01,10.00\n00001,2026-02,12.50\n00002,2026-02,7.00\n"
TICKETS = "ticket_id,opened,resolved,complaint\nT1,2026-01-30 10:00,2026-02-03 10:00,yes\nT2,2026-02-28 10:00,,no\n"


def folder(tmp_path: Path, **files: str) -> Path:
    tables = tmp_path / "client" / "tables"
    shutil.rmtree(tmp_path / "client", ignore_errors=True)
    tables.mkdir(parents=True)
    for name, content in files.items():
        (tables / name.replace("__", ".")).write_text(content)
    return tmp_path / "client"


def take(client: Path, **more: object) -> Intake:
    return load(client, mapping={}, **more)


def tree(client: Path) -> dict[str, str]:
    files = sorted(p for p in client.rglob("*") if p.is_file())
    return {str(p.relative_to(client)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_canonical_files_are_taken_as_they_are(tmp_path):
    client = folder(tmp_path, revenue__csv=REVENUE, tickets__csv=TICKETS, notes__csv="a,b\n1,2\n")
    before = tree(client)
    intake = take(client)
    assert tree(client) == before
    assert set(intake.tables.present) == {"revenue", "tickets", "accounts"}
    assert intake.tables.sql("SELECT min(account_id) FROM revenue").fetchall() == [("00001",)]
    assert intake.as_of == date(2026, 2, 28)
    assert "last month that is complete" in intake.notes[0]
    aside = {f.file: f.why_not for f in intake.files if not f.tables}
    assert list(aside) == ["notes.csv"]
    assert "notes.csv is left aside" in intake.text()
    assert intake.files_document()["rows"]["revenue"] == {"kept": 3, "cut": 0}
    left = intake.tables.sql(
        "SELECT table_name FROM duckdb_tables() UNION SELECT view_name FROM duckdb_views() WHERE NOT internal"
    )
    assert sorted(n for (n,) in left.fetchall()) == ["accounts", "revenue", "tickets"]


def test_default_day_is_the_last_month_complete_in_every_table(tmp_path):
    orders = "account_id,ordered,amount\na,2026-03-30 10:00,5\n"
    assert take(folder(tmp_path, revenue__csv=REVENUE, orders__csv=orders)).as_of == date(2026, 2, 28)
    assert take(folder(tmp_path, orders__csv=orders)).as_of == date(2026, 2, 28)
    assert take(folder(tmp_path, orders__csv=orders.replace("30 10", "31 10"))).as_of == date(2026, 3, 31)
    goals = "goal_id,goal,type\nG1,Keep,growth\n"
    assert "no table with dates" in take(folder(tmp_path, goals__csv=goals)).notes[0]


def test_what_comes_after_the_day_changes_nothing(tmp_path):
    day = {"as_of": date(2026, 2, 28), "timezone": "Europe/Berlin"}
    before = take(folder(tmp_path, revenue__csv=REVENUE, tickets__csv=TICKETS), **day)
    later_revenue = REVENUE + "00003,2026-03,99.00\n00001,2026-03,not a number\n"
    later_tickets = TICKETS.replace("10:00,,no", "10:00,2026-03-05 09:00,no") + "T3,2026-03-01 00:30,,maybe\n"
    after = take(folder(tmp_path, revenue__csv=later_revenue, tickets__csv=later_tickets), **day)
    assert after.tables.hashes == before.tables.hashes
    assert after.health.document() == before.health.document()
    assert after.cut == {"revenue": 2, "tickets": 1}
    changed = take(folder(tmp_path, revenue__csv=REVENUE.replace("12.50", "12.51"), tickets__csv=TICKETS), **day)
    assert changed.tables.hashes["revenue"] != before.tables.hashes["revenue"]
    assert changed.tables.hashes["tickets"] == before.tables.hashes["tickets"]


def test_hash_is_blind_to_the_order_of_rows(tmp_path):
    head, *lines = REVENUE.splitlines()
    turned = "\n".join([head, *reversed(lines)]) + "\n"
    one, two = (take(folder(tmp_path, revenue__csv=text)).tables.hashes["revenue"] for text in (REVENUE, turned))
    doubled = take(folder(tmp_path, revenue__csv=REVENUE + lines[0] + "\n" + lines[0] + "\n")).tables.hashes["revenue"]
    assert one == two != doubled


def test_uncastable_value_of_a_needed_column_stops_the_table(tmp_path):
    intake = take(folder(tmp_path, revenue__csv=REVENUE + "00003,2026-02,abc\n"))
    told = next(p for p in intake.problems if p.id == "type.money")
    assert (told.file, told.column, told.rows, told.count, told.found) == ("revenue.csv", "mrr", (5,), 1, "'abc'")
    missing = intake.tables["revenue"]
    assert isinstance(missing, Missing)
    assert "mrr is an amount of money" in missing.why


def test_uncastable_value_of_another_column_takes_that_column_away(tmp_path):
    intake = take(folder(tmp_path, tickets__csv=TICKETS.replace(",no", ",perhaps")))
    assert "complaint" not in intake.tables.supplied("tickets")
    assert intake.tables.sql("SELECT count(complaint) FROM tickets").fetchall() == [(0,)]
    told = next(p for p in intake.problems if p.id == "type.boolean")
    assert told.severity == "warning"
    assert "counts as not supplied" in told.fix


def test_column_that_gates_others_takes_them_along(tmp_path):
    text = (
        "ticket_id,opened,resolved,handle_minutes\nT1,2026-01-30 10:00,soon,5\nT2,2026-01-31 10:00,2026-02-01 10:00,7\n"
    )
    intake = take(folder(tmp_path, tickets__csv=text))
    assert intake.tables.supplied("tickets") == {"ticket_id", "opened"}


def test_undecided_dates_are_an_error_with_the_line_to_write(tmp_path):
    text = "account_id,ordered,amount\na,03/04/2026,5\nb,05/06/2026,6\n"
    intake = take(folder(tmp_path, orders__csv=text))
    told = next(p for p in intake.problems if p.id == "type.date_order")
    assert '"date_format": "dmy" or "mdy"' in told.fix
    assert isinstance(intake.tables["orders"], Missing)


def test_ragged_and_broken_files_stop_their_table(tmp_path):
    intake = take(folder(tmp_path, revenue__csv=REVENUE + "00009,2026-02,1,2,3\n", tickets__csv=""))
    assert {(p.id, p.table) for p in intake.problems if p.kind == "file"} == {
        ("file.long_rows", "revenue"),
        ("file.empty", "tickets"),
    }
    assert isinstance(intake.tables["revenue"], Missing)


def test_several_dated_files_make_one_table(tmp_path):
    head, *lines = REVENUE.splitlines()
    intake = take(folder(tmp_path, **{f"revenue_{n}__csv": f"{head}\n{line}\n" for n, line in enumerate(lines)}))
    assert intake.kept["revenue"] == 3


def test_workshop_sheets_are_authored_tables(tmp_path):
    client = folder(tmp_path, revenue__csv=REVENUE)
    goals = pd.DataFrame(
        {"goal_id": ["G1"], "goal": ["Keep customers"], "type": ["growth"], "due": [date(2026, 12, 31)]}
    )
    write_workshop(client / "workshop.xlsx", {"goals": goals})
    (client / "tables" / "more.zip").write_bytes(b"PK")
    intake = take(client)
    assert intake.tables.sql("SELECT goal_id, type, due::VARCHAR FROM goals").fetchall() == [
        ("G1", "growth", "2026-12-31")
    ]
    assert isinstance(intake.tables["initiatives"], Missing)
    assert set(file_hashes(client)) == {"revenue.csv", "workshop.xlsx", "more.zip"} == {f.file for f in intake.files}


def test_derived_revenue_says_so_and_canonical_wins(tmp_path):
    spells = "subscription_id,account_id,started,ended,mrr\ns,a,2026-01-01,,10\n"
    intake = take(folder(tmp_path, subscriptions__csv=spells), as_of=date(2026, 2, 28))
    assert "revenue is derived from subscriptions" in intake.notes
    both = take(folder(tmp_path, subscriptions__csv=spells, revenue__csv=REVENUE))
    assert "recurring revenue is taken from revenue; subscriptions is not turned into revenue" in both.notes


def test_broken_shape_makes_the_derived_table_missing(tmp_path):
    spells = "subscription_id,account_id,started,ended,mrr\ns,a,2026-01-01,,ten\n"
    missing = take(folder(tmp_path, subscriptions__csv=spells), as_of=date(2026, 2, 28)).tables["revenue"]
    assert isinstance(missing, Missing)
    assert missing.why.startswith("subscriptions cannot be used")


def test_snapshot_gives_the_same_and_is_whole(tmp_path):
    client, cache = folder(tmp_path, revenue__csv=REVENUE, tickets__csv=TICKETS), tmp_path / "cache"
    one, two = take(client, cache=cache), take(client, cache=cache)
    assert [p.name[0] for p in cache.iterdir()] != ["."]
    assert len(list(cache.iterdir())) == 1
    assert one.health.document() == two.health.document()
    assert (one.tables.hashes, one.problems, one.files, one.notes) == (
        two.tables.hashes,
        two.problems,
        two.files,
        two.notes,
    )
    query = "SELECT * FROM revenue ORDER BY ALL"
    assert one.tables.sql(query).fetchall() == two.tables.sql(query).fetchall()
    (client / "tables" / "revenue.csv").write_text(REVENUE + "00009,2026-02,1.00\n")
    assert take(client, cache=cache).kept["revenue"] == 4
    assert len(list(cache.iterdir())) == 2


def test_snapshot_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_: object, **__: object) -> str:
        raise OSError("disk full")

    cache = tmp_path / "cache"
    monkeypatch.setattr(snapshot.json, "dumps", lambda *a, **k: "{}" if "indent" not in k else fail())
    with pytest.raises(OSError, match="disk full"):
        take(folder(tmp_path, revenue__csv=REVENUE), cache=cache)
    assert list(cache.iterdir()) == []


def test_an_empty_folder_is_an_answer(tmp_path):
    (tmp_path / "client").mkdir()
    intake = take(tmp_path / "client")
    assert intake.tables.present == ()
    assert not intake.health.usable

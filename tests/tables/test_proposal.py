"""What files seem to be: proposed with reasons, asked where two answers are close."""

from pathlib import Path

import pytest

from cxkit.errors import InputError
from cxkit.tables.intake import load
from cxkit.tables.proposal import propose
from cxkit.tables.session import session

REAL = Path(__file__).parents[3] / "shared" / "real"
real = pytest.mark.real
absent = pytest.mark.skipif(not REAL.is_dir(), reason="the folder of real exports is not here")


def folder(tmp_path: Path, **files: str) -> Path:
    tmp_path.mkdir(exist_ok=True)
    for name, content in files.items():
        (tmp_path / f"{name}.csv").write_text(content)
    return tmp_path


def test_canonical_files_need_no_mapping(tmp_path):
    proposal = propose(folder(tmp_path, revenue="account_id,month,mrr\na,2026-01,1.5\n"))
    assert proposal.as_is == (("revenue.csv", "revenue"),)
    assert proposal.settled(yes=True) == {}


def test_foreign_words_are_proposed_with_reasons(tmp_path):
    text = "Kundennr;Bestelldatum;Betrag\nK1;13.01.2026;1.234,50\nK2;14.01.2026;5,00\n"
    proposal = propose(folder(tmp_path, Bestellungen_2026_01=text))
    (choice,) = proposal.choices
    assert choice.table == "orders"
    assert {c.column: c.source for c in choice.columns} == {
        "account_id": "Kundennr",
        "ordered": "Bestelldatum",
        "amount": "Betrag",
    }
    assert choice.mapping.files == ("Bestellungen_*_*.csv",)
    assert all(c.reason for c in choice.columns)


def test_months_and_moments_are_told_apart_by_content(tmp_path):
    monthly = propose(folder(tmp_path, billing="customer,period,fee\na,2026-01-01,5\na,2026-02-01,5\n"))
    assert [c.table for c in monthly.choices] == ["revenue"]


def test_undecided_date_order_is_asked_and_answered(tmp_path):
    place = folder(tmp_path, purchases="customer,date,total\na,03/04/2026,5\nb,05/06/2026,6\n")
    proposal = propose(place)
    (question,) = proposal.questions
    assert question.options == ("dmy", "mdy")
    with pytest.raises(InputError, match=r"(?s)day first or month first.*Nothing was written"):
        proposal.settled(yes=True)
    answered = propose(place, answers={question.id: "dmy"}).settled(yes=True)
    assert answered["orders"].columns["ordered"].date_format == "dmy"


def test_two_equal_columns_are_a_close_call(tmp_path):
    place = folder(tmp_path, purchases="customer,date,dollars,value\na,2026-01-31,5,6\nb,2026-01-30,7,8\n")
    with pytest.raises(InputError, match="'dollars' and 'value'"):
        propose(place).settled(yes=True)
    answered = propose(place, answers={"purchases.csv:amount": "value"}).settled(yes=True)
    assert answered["orders"].columns["amount"].source == "value"


def test_two_files_for_one_table_are_asked_about(tmp_path):
    place = folder(
        tmp_path,
        purchases_web="customer,date,total\na,2026-01-31,5\n",
        purchases_shop="client_id,order_date,amount,qty\nb,2026-01-31,5,1\n",
    )
    with pytest.raises(InputError, match="do their rows add up"):
        propose(place).settled(yes=True)
    mapping = propose(place, answers={"orders:several": "add them up"}).settled(yes=True)["orders"]
    assert len(mapping.parts) == 2


def test_status_words_become_states(tmp_path):
    text = "case,status,changed_at\n1,New,2026-01-01 10:00\n1,On hold,2026-01-02 10:00\n1,Solved,2026-01-03 10:00\n"
    (choice,) = propose(folder(tmp_path, status_log=text + "1,Escalated,2026-01-02 11:00\n")).choices
    values = choice.mapping.columns["state"].values
    assert values == {"New": "open", "On hold": "pause", "Solved": "resolved", "Escalated": "work"}


def test_wide_surveys_are_unpivoted(tmp_path):
    text = "response_id,submitted,NPS,CSAT\n1,2026-01-01 10:00,9,5\n2,2026-01-02 10:00,3,2\n"
    mapping = propose(folder(tmp_path, survey_answers=text)).settled(yes=True)["surveys"]
    assert mapping.unpivot is not None
    assert mapping.unpivot.columns == {"NPS": "nps", "CSAT": "csat"}


def test_unlike_files_are_left_aside_with_the_reason(tmp_path):
    left = propose(folder(tmp_path, ids="customer\na\nb\n", odd="foo,bar\n1,2\n", empty="")).left
    reasons = {item.file: item.reason for item in left}
    assert "nearest is accounts, which also needs started" in reasons["ids.csv"]
    assert "like those of no canonical table" in reasons["odd.csv"]
    assert "an empty file" in reasons["empty.csv"]


def test_session_asks_until_nothing_is_open(tmp_path):
    place = folder(tmp_path / "tables", purchases="customer,date,dollars,value\na,03/04/2026,5,6\nb,05/06/2026,7,8\n")
    asked, said = [], []

    def ask(question: str) -> str:
        asked.append(question)
        return "value" if "'dollars'" in question else "2" if "first" in question else "?"

    mapping, _ = session(place.parent, ask=ask, say=said.append)
    assert (mapping["orders"].columns["amount"].source, mapping["orders"].columns["ordered"].date_format) == (
        "value",
        "mdy",
    )
    assert len(asked) == 2
    assert any("purchases.csv → orders" in line for line in said)
    again, proposal = session(place.parent, existing=mapping, ask=ask, say=said.append)
    assert again == mapping
    assert proposal.choices == ()


def test_session_ends_when_no_answer_fits(tmp_path):
    place = folder(tmp_path / "tables", purchases="customer,date,total\na,03/04/2026,5\nb,05/06/2026,6\n")
    with pytest.raises(InputError, match="No answer fitted"):
        session(place.parent, ask=lambda _: "perhaps", say=lambda _: None)


def taken(tmp_path: Path, name: str):
    client = tmp_path / name
    client.mkdir()
    (client / "tables").symlink_to(REAL / name)
    mapping, proposal = session(client, yes=True, ask=input, say=lambda _: None)
    return load(client, mapping=mapping, timezone="Europe/Rome", currency="USD"), mapping, proposal


@real
@absent
def test_help_desk_log_is_mapped_without_a_question(tmp_path):
    intake, mapping, proposal = taken(tmp_path, "helpdesk")
    assert list(mapping) == ["ticket_log"]
    states = mapping["ticket_log"].columns["state"].values
    assert (states["Wait"], states["Resolve ticket"], states["Closed"]) == ("pause", "resolved", "closed")
    assert [q.id for q in proposal.questions] == ["events.csv:team"]
    assert intake.kept["ticket_log"] + intake.cut["ticket_log"] == 21_348
    found = intake.tables.sql("SELECT count(DISTINCT ticket_id), count(DISTINCT activity) FROM ticket_log").fetchall()
    assert found == [(4_580, 14)]
    assert intake.tables.sql("SELECT count(*) FROM tickets").fetchall() == [(4_580,)]
    assert not any(p.severity == "error" for p in intake.problems)


@real
@absent
def test_orders_are_mapped_and_the_sample_is_left_aside(tmp_path):
    intake, mapping, proposal = taken(tmp_path, "cdnow")
    assert list(mapping) == ["orders"]
    assert [item.file for item in proposal.left] == ["sample_ids.csv"]
    found = intake.tables.sql("SELECT count(*), count(DISTINCT account_id), min(account_id) FROM orders").fetchall()
    assert found == [(69_659, 23_570, "00001")]
    assert intake.as_of.isoformat() == "1998-06-30"

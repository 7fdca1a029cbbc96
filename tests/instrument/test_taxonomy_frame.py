"""A client's code frame on top of ours: checked whole, bridged by rule."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cxkit import shipped
from cxkit.engagement.frame import read_frame
from cxkit.errors import InputError
from cxkit.instrument.code_frame import code_frame
from cxkit.instrument.taxonomy_text import folded, folded_sql, literal, needle
from cxkit.tables.engine import connect

OURS = shipped.yaml("playbook/taxonomy.yml")
THEIRS = {
    "version": 3,
    "themes": [
        {"code": "price.fair.first_bill", "name": "First bill not as sold", "terms": ["first bill"]},
        {"code": "own.kit", "name": "Parts of the kit", "terms": ["cable", "wrong kit"]},
    ],
    "terms": {"effort.repeat": ["three times"]},
    "labels": {"time.wait": "On hold"},
    "retired": ["product.fit"],
    "map": {"Bill  QUESTION": "billing.question"},
    "bridges": [
        {"from": "product.fit", "to": ["own.kit"], "since": 3},
        {"from": "product.cable", "to": ["own.kit"], "since": 2, "note": "merged"},
        {"from": "price.bill", "to": ["price.fair.first_bill"], "since": 2},
        {"from": "price.older", "to": ["price.bill"], "since": 1},
        {"from": "praise.call", "to": ["praise.solved", "people.tone"], "since": 2},
        {"from": "gone.away", "to": [], "since": 2},
    ],
}


def test_a_client_extends_renames_retires_maps_and_bridges():
    frame = code_frame(OURS, THEIRS)
    assert frame.version == "1.3"
    names = frame.names()
    assert (names["time.wait"], names["own.kit"]) == ("On hold", "Parts of the kit")
    assert "product.fit" not in names
    assert frame.theme_of("called THREE times!") == "effort.repeat"
    assert frame.reason_of("bill question") == "billing.question"
    assert next(c for c in frame.themes if c.code == "price.fair.first_bill").parent == "price.fair"
    ways = {c: frame.lead(c).how for c in ("price.bill", "price.older", "product.cable", "praise.call", "gone.away")}
    assert ways == {
        "price.bill": "moved",
        "price.older": "moved",
        "product.cable": "merged",
        "praise.call": "split",
        "gone.away": "dropped",
    }
    assert frame.lead("price.older").code == "price.fair.first_bill"
    assert frame.lead("praise.call").to == ("praise.solved", "people.tone")
    assert frame.lead("never.heard").how == "unknown"


def test_all_that_is_wrong_is_said_at_once():
    wrong = {
        "version": "one",
        "thems": [],
        "themes": [
            {"code": "Bad Code", "name": "x"},
            {"code": "novel.code", "name": "no place of its own"},
            {"code": "time.wait", "name": "twice"},
            {"code": "own.nameless"},
            {"code": "own.term", "name": "Yes", "terms": [True, "?!", "unfair"]},
            "not an entry",
        ],
        "terms": {"time.wayt": ["x y"]},
        "labels": {"time.wait": 3},
        "retired": ["product.fault"],
        "map": {"bill": "price.level"},
        "bridges": [
            {"from": "a.b", "to": ["b.c"]},
            {"from": "b.c", "to": ["a.b"]},
            {"to": "x"},
            {"from": "time.solve", "to": []},
        ],
        "events": {"pattern": "(", "examples": "one"},
    }
    with pytest.raises(InputError) as raised:
        code_frame(OURS, wrong, where="acme/taxonomy.yml")
    text = str(raised.value)
    for said in (
        "version: found 'one'",
        "Did you mean 'themes'?",
        "'Bad Code'",
        "or with own.",
        "a code stands once",
        "give it a name",
        "put yes, no, on and off in quotes",
        "two letters or more",
        "'unfair' stands under price.fair and own.term",
        "write {code: billing.dispute.roaming",
        "Did you mean 'time.wait'?",
        "labels, time.wait: found 3",
        "retired, product.fault: it has no bridge",
        "no reason code 'price.level'",
        "a.b: it leads back to itself",
        "bridges, entry 3: found {'to': 'x'}",
        "time.solve: the code is still in use",
        "it is no regular expression",
        "events, examples: found 'one'; write a list",
    ):
        assert said in text, said
    assert "Traceback" not in text


def test_the_file_is_read_from_the_clients_folder(tmp_path):
    assert read_frame(tmp_path).version == "1"
    (tmp_path / "taxonomy.yml").write_text(yaml.safe_dump(THEIRS), encoding="utf-8")
    assert read_frame(tmp_path).version == "1.3"
    (tmp_path / "taxonomy.yml").write_text("version: [", encoding="utf-8")
    with pytest.raises(InputError, match=r"taxonomy\.yml cannot be read as YAML \(line"):
        read_frame(tmp_path)
    (tmp_path / "taxonomy.yml").write_text("- a list", encoding="utf-8")
    with pytest.raises(InputError, match="found a list"):
        read_frame(tmp_path)


@pytest.fixture(scope="module")
def engine():
    return connect()


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=40))
def test_folding_is_the_same_here_and_in_the_engine(engine, text):
    there = engine.sql(f"SELECT {folded_sql(literal(text))} AS f").fetchall()[0][0]
    assert folded(there) == folded(text), "a letter newer than one of the two tables may differ in case only"


@pytest.mark.parametrize(
    "text", ["Ça n'a PAS marché", "Straße  Ölgötz", "не работает", "故障です!", "naïve", "%_\\'; --"]
)
def test_folding_of_words_is_exactly_the_same(engine, text):
    assert engine.sql(f"SELECT {folded_sql(literal(text))} AS f").fetchall()[0][0] == folded(text)


def test_terms_are_found_as_words_beginnings_or_anywhere():
    assert needle("Not working") in f" {folded('it is not-working now')} "
    assert needle("wait") not in f" {folded('I waited')} "
    assert needle("wait*") in f" {folded('I waited')} "
    assert needle("故障") in folded("これは故障です")
    assert needle("?!") == ""

import pytest

from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.problems import Problem, masked, ordered, plain, text, unusable, without_echoes

BASE = {"id": "rule.x", "kind": "rule", "table": "tickets", "rule": "the rule", "fix": "the fix"}


def problem(**more):
    return Problem.model_validate({**BASE, **more})


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            {"file": "t.csv", "column": "a", "rows": (3,), "count": 1, "found": "'x'"},
            "t.csv, column a, row 3: found 'x'; the rule; the fix",
        ),
        (
            {"file": "t.csv", "column": "a, b", "rows": (3, 9), "count": 2},
            "t.csv, columns a, b, rows 3, 9: the rule; the fix",
        ),
        ({"rows": (2, 3, 4, 5, 6), "count": 1205}, "tickets, rows 2, 3, 4, 5, 6 and 1,200 more: the rule; the fix"),
        ({"table": ""}, "the client folder: the rule; the fix"),
    ],
)
def test_text_names_place_found_rule_and_fix(more, expected):
    assert text(problem(**more)) == expected


def test_ordered_puts_errors_first_and_is_stable():
    a, b, c = problem(severity="warning"), problem(table="accounts"), problem(file="a.csv")
    assert ordered([a, b, c]) == ordered([c, a, b]) == (b, c, a)


def test_unusable_leaves_out_warnings_and_what_concerns_later_rows():
    assert unusable([problem(severity="warning"), problem(in_report=False), problem(table="")]) == {}
    assert unusable([problem(count=1)]) == {"tickets": "supplied, but the rule (1 row is not so)"}


@pytest.mark.parametrize(
    ("table", "column"), [(c.name, k.name) for c in CONTRACTS.values() for k in c.columns if k.personal]
)
def test_masked_hides_every_personal_column(table, column):
    shown = masked("Zoë Canary", CONTRACTS[table].column(column))
    assert "Zoë" not in shown
    assert "10 characters" in shown


@pytest.mark.parametrize("value", ["write to zoe@canary.example now", "call +44 20 7946 0991", "(030) 1234-56789"])
def test_masked_hides_addresses_and_numbers_anywhere(value):
    shown = masked(value)
    assert "canary" not in shown
    assert "7946" not in shown
    assert "56789" not in shown


@pytest.mark.parametrize("value", ["2026-13-01", "31/12/2026 10:15", "13/2026", "1.234,56", "abc", "-12.5"])
def test_masked_shows_what_must_be_corrected(value):
    assert masked(value, CONTRACTS["revenue"].column("month")) == f"'{value}'"


def test_plain_takes_out_marks_that_change_how_text_reads():
    assert plain("\u202eevil\u200f\x00\r\n") == "·evil····"
    assert len(plain("x" * 1000)) == 61


def test_document_is_json_with_its_sentence():
    document = problem(file="t.csv").document()
    assert document["text"] == "t.csv: the rule; the fix"
    assert document["rows"] == []


def test_without_echoes_tells_an_unreadable_cell_once():
    unread = problem(id="type.money", kind="type", file="f", column="Betrag", rows=(3,), count=1, rule="mrr is money")
    null = problem(id="required.null", kind="required", file="f", column="mrr", rows=(3,), count=1)
    row, column = null.model_copy(update={"rows": (9,)}), null.model_copy(update={"column": "month"})
    assert without_echoes([unread, null, row, column]) == [unread, row, column]
    assert without_echoes([null]) == [null]


def test_without_echoes_tells_an_overlap_once():
    overlap = problem(id="file.overlap", kind="file", file="a, b", column="k", count=5)
    twice = problem(id="duplicate.key", kind="duplicate", file="b", column="k", rows=(2,), count=5)
    more = twice.model_copy(update={"count": 9})
    assert without_echoes([overlap, twice, more]) == [overlap, more]

import json
from datetime import date

import pandas as pd
import pytest

from cxkit.tables import health
from cxkit.tables.catalogue import CONTRACTS, FINDINGS
from cxkit.tables.engine import Tables
from cxkit.tables.parts import PARTS
from cxkit.tables.problems import Problem

AS_OF = date(2026, 3, 31)
REVENUE = pd.DataFrame({"account_id": ["a", "b"], "month": ["2026-03-01"] * 2, "mrr": [10, 20]})
PNL = pd.DataFrame({"month": ["2026-03-01"], "line": "r", "kind": "recurring_revenue", "amount": [50]})
BROKEN = Problem(
    id="rule.x", kind="rule", table="tickets", file="t.csv", column="opened", rows=(3, 5), count=2, found="'soon'",
    rule="opened is a moment", fix="write 2026-01-31 14:05",
)  # fmt: skip


def given(frames=None, **more):
    return Tables.from_frames(frames if frames is not None else {"revenue": REVENUE}, as_of=AS_OF, **more)


def test_examine_sound_data():
    result, problems = health.examine(given())
    assert problems == ()
    assert result.usable
    assert (result.errors, result.warnings, result.stops) == (0, 0, ())
    assert result.findings[0].title == "Every check passed on the 2 tables in use"
    assert result.findings[0].tone == "good"


def test_examine_error_stops_the_parts_that_need_the_table():
    result, problems = health.examine(given(), [BROKEN])
    assert problems == (BROKEN,)
    assert result.unusable == {"tickets": "supplied, but opened is a moment (2 rows are not so)"}
    assert ("quantify", "complaints") in {(s.stage, s.part) for s in result.stops}
    assert "quantify: retention" in result.runs
    assert "quantify: complaints" not in result.runs
    assert result.usable


def test_examine_keeps_warnings_about_rows_apart_from_things_to_know():
    slip = BROKEN.model_copy(update={"severity": "warning", "table": "revenue", "count": 3})
    result, _ = health.examine(given(), [slip])
    used = len(result.frame("coverage"))
    assert result.findings[0].title == f"{used} tables can be used, with 1 warning about single rows for the team"
    assert result.findings[0].detail == "It concerns revenue."


def test_examine_marks_tables_made_from_another_one():
    result, _ = health.examine(given(), derived=["accounts", "revenue"])
    assert result.derived == ("accounts", "revenue")
    states = result.frame("coverage").set_index("table")["state"]
    assert states["revenue"] == "derived"


def test_examine_nothing_usable():
    result, _ = health.examine(given({}), [BROKEN])
    assert not result.usable
    assert result.findings[0].title == "None of the client's tables can be used yet"


def test_examine_report_part_holds_no_rows_files_or_later_problems():
    later = BROKEN.model_copy(update={"in_report": False, "count": 77, "column": "closed"})
    before, _ = health.examine(given(), [BROKEN])
    after, every = health.examine(given(), [BROKEN.model_copy(update={"file": "other.csv", "rows": (9,)}), later])
    assert before.document() == after.document()
    assert before.tables["problems"].equals(after.tables["problems"])
    assert len(every) == 2
    assert "t.csv" not in json.dumps(before.document())


def test_examine_rows_after_as_of_change_nothing():
    late = pd.DataFrame({"account_id": ["c"], "month": ["2026-04-01"], "mrr": [1_000_000]})
    one, _ = health.examine(given({"revenue": REVENUE, "pnl": PNL}))
    two, _ = health.examine(given({"revenue": pd.concat([REVENUE, late]), "pnl": PNL}))
    assert one.document() == two.document()
    assert all(one.tables[name].equals(two.tables[name]) for name in one.tables)


def test_examine_books_beyond_tolerance_are_provisional():
    result, _ = health.examine(given({"revenue": REVENUE, "pnl": PNL}))
    assert result.provisional == ("revenue",)
    assert result.finding("data.books.revenue").tone == "bad"
    assert result.frame("books")["difference"].tolist() == [-20.0]


def test_examine_amounts_without_a_rate_keep_the_table_from_the_stages():
    tables = given({"revenue": REVENUE.assign(currency=["EUR", "USD"])})
    result, problems = health.examine(tables)
    assert [p.id for p in problems] == ["plausible.no_rate"]
    assert tables["revenue"].why.startswith("supplied, but every amount can be turned into EUR")
    coverage = result.frame("coverage").set_index("table")
    assert coverage.loc["revenue", "state"] == "unusable"


def test_examine_is_the_same_every_time():
    first, second = (health.examine(given({"revenue": REVENUE, "pnl": PNL}), [BROKEN])[0] for _ in range(2))
    assert first.document() == second.document()


def test_assess_coverage_names_period_and_columns():
    row = health.examine(given())[0].frame("coverage").set_index("table").loc["revenue"]
    assert (row["rows"], row["first"], row["last"]) == (2, "2026-03-01", "2026-03-01")
    assert row["supplied"] == "account_id, month, mrr"
    assert "currency" in row["absent"]


def test_assess_folds_files_into_one_thing_to_know():
    result, _ = health.examine(given(), [BROKEN, BROKEN.model_copy(update={"file": "u.csv", "count": 5})])
    (thing,) = [f for f in result.findings if f.id == "data.health.problem"]
    assert thing.value == 7
    assert thing.title == "In tickets, opened: 'soon' in 7 rows"
    assert result.frame("problems")["rows"].tolist() == [7]


def test_text_names_file_column_row_and_what_runs():
    result, problems = health.examine(given(), [BROKEN])
    text = health.text(result, problems)
    assert "1. t.csv, column opened, rows 3, 5: found 'soon'; opened is a moment; write 2026-01-31 14:05" in text
    assert "quantify: complaints (needs tickets)" in text
    assert "Can run: quantify: retention" in text


def test_document_is_json():
    result, problems = health.examine(given({"revenue": REVENUE, "pnl": PNL}), [BROKEN])
    document = json.loads(json.dumps(health.document(result, problems)))
    assert document["usable"] is True
    assert document["problems"][0]["rows"] == [3, 5]
    assert document["provisional"] == ["revenue"]


def test_finding_ids_are_listed_and_unique():
    result, _ = health.examine(given({"revenue": REVENUE, "pnl": PNL}), [BROKEN])
    assert {f.id for f in result.findings} | {g.id for g in result.gaps} <= set(FINDINGS)
    assert len({f.key for f in result.findings}) == len(result.findings)


@pytest.mark.parametrize("part", PARTS, ids=lambda p: f"{p.stage}-{p.part}")
def test_parts_name_canonical_tables(part):
    assert {t for way in part.tables for t in way} <= set(CONTRACTS)

from datetime import date, datetime

import pandas as pd
import pytest

from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.checks import check
from cxkit.tables.contract import DUCKDB_TYPES
from cxkit.tables.cut import quoted, text_literal
from cxkit.tables.engine import connect


def run(name, rows, *, others=None, file="f.csv"):
    """Check rows given as dicts; ``_file`` and ``_row`` override the place."""
    con = connect()
    columns = list(dict.fromkeys(k for r in rows for k in r if not k.startswith("_")))
    for other, values in (others or {}).items():
        con.register(f"given_{other}", pd.DataFrame(values, dtype="object"))
        con.execute(f"CREATE TABLE {quoted(other)} AS SELECT * FROM given_{other}")
    selects = []
    for n, row in enumerate(rows, 2):
        cells = []
        for c in columns:
            literal = "NULL" if row.get(c) is None else text_literal(str(row[c]))
            cells.append(f"CAST({literal} AS {DUCKDB_TYPES[CONTRACTS[name].column(c).type]}) AS {quoted(c)}")
        selects.append(
            f"SELECT {', '.join(cells)}, '{row.get('_file', file)}' AS __file, {row.get('_row', n)} AS __row"
        )
    con.execute(f"CREATE TABLE checked AS {' UNION ALL '.join(selects)}")
    known = {other: set(values) for other, values in (others or {}).items()}
    return check(con, name, quoted("checked"), columns, known)


ACCOUNT = {"account_id": "a", "started": date(2026, 1, 1)}
TICKET = {"ticket_id": "1", "opened": datetime(2026, 1, 2, 10)}


def test_check_clean_table_has_no_problem():
    assert run("tickets", [TICKET, {**TICKET, "ticket_id": "2"}]) == []


def test_check_required_column_absent_names_the_columns_there_are():
    (problem,) = run("accounts", [{"account_id": "a", "segment": "x"}])
    assert str(problem) == (
        "f.csv, column started: found the columns account_id and segment; accounts needs started (first day as a "
        "customer); export started, or map the column that holds it to started with `cxkit map`"
    )
    assert problem.severity == "error"


@pytest.mark.parametrize("value", [None, "", "  "])
def test_check_required_value_empty(value):
    (problem,) = run("tickets", [TICKET, {**TICKET, "ticket_id": value}])
    assert (problem.id, problem.rows, problem.count) == ("required.null", (3,), 1)


def test_check_duplicate_key_tells_the_first_row_and_file():
    rows = [TICKET, {**TICKET, "ticket_id": "2"}, {**TICKET, "_file": "g.csv", "_row": 9}, {**TICKET, "_row": 11}]
    first, second = run("tickets", rows)
    assert str(first).startswith(
        "f.csv, column ticket_id, row 11: found '1', first seen in row 2; tickets has one row per"
    )
    assert str(second).startswith("g.csv, column ticket_id, row 9: found '1', first seen in row 2 of f.csv;")
    assert {first.severity, second.severity} == {"error"}


def test_check_duplicate_key_with_an_empty_optional_part_counts_empty_as_equal():
    line = {"month": date(2026, 1, 1), "category": "care", "amount": 5, "business_unit": None}
    (problem,) = run("costs", [line, line, {**line, "business_unit": "north"}])
    assert problem.count == 1
    assert "business_unit nothing" in problem.found


def test_check_duplicate_key_is_not_asked_where_the_key_was_never_given():
    order = {"account_id": "a", "ordered": datetime(2026, 1, 2), "amount": 5}
    assert run("orders", [order, order]) == []


def test_check_allowed_value_suggests_the_nearest():
    goal = {"goal_id": "G1", "goal": "Grow", "type": "Growht"}
    (problem,) = run("goals", [goal])
    assert "type is one of growth, margin, risk, brand" in problem.rule
    assert problem.fix.endswith("(for 'Growht' perhaps 'growth')")
    assert problem.severity == "error"


def test_check_allowed_value_of_an_optional_column_is_a_warning():
    (problem,) = run("goals", [{"goal_id": "G1", "goal": "Grow", "type": "growth", "owner_role": "Boss"}])
    assert problem.severity == "warning"


def test_check_range_below_and_above():
    month = {"month": date(2026, 1, 1), "team": "care", "headcount": -1, "engagement": 730}
    below, above = sorted(run("workforce", [month]), key=lambda p: p.column, reverse=True)
    assert (below.rule, below.found) == ("headcount is at least 0", "'-1'")
    assert (above.rule, above.found) == ("engagement is at most 100", "'730'")


def test_check_range_infinite_number():
    (problem,) = run("surveys", [{"response_id": "r", "metric": "csat", "score": "inf", "answered": "2026-01-01"}])[:1]
    assert "inf" in problem.found


def test_check_reference_unknown_is_a_warning_that_counts():
    tickets = [{**TICKET, "ticket_id": str(n), "account_id": "zz" if n > 2 else "a"} for n in range(1, 10)]
    (problem,) = run("tickets", tickets, others={"accounts": {"account_id": ["a", None]}})
    assert (problem.severity, problem.count, problem.rows) == ("warning", 7, (4, 5, 6, 7, 8))
    assert "refers to accounts.account_id" in problem.rule


def test_check_reference_to_a_table_that_is_absent_is_no_problem():
    assert run("tickets", [{**TICKET, "account_id": "zz"}]) == []


def test_check_reference_of_a_sheet_suggests_the_nearest():
    item = {"item_id": "1", "kind": "rock", "item": "x", "moment_id": "onbording"}
    (problem,) = run("register", [item], others={"moments": {"moment_id": ["onboarding", "billing"]}})
    assert problem.fix.endswith("(for 'onbording' perhaps 'onboarding')")


def test_check_rule_of_the_contract_shows_both_columns():
    (problem,) = run("tickets", [{**TICKET, "resolved": datetime(2026, 1, 1)}])
    assert problem.id == "rule.resolved_not_before_opened"
    assert problem.found == "resolved '2026-01-01 00:00:00 UTC', opened '2026-01-02 10:00:00 UTC'"


def test_check_rule_is_skipped_while_a_column_is_not_supplied():
    arm = {"experiment_id": "e", "arm": "A", "metric": "m", "n": 10, "successes": 4, "measured": date(2026, 1, 1)}
    assert run("arm_totals", [arm]) == []
    (problem,) = run("arm_totals", [{**arm, "successes": 40}])
    assert problem.rule == "successes are part of n"


def test_check_currency_must_be_a_code():
    (problem,) = run("revenue", [{"account_id": "a", "month": date(2026, 1, 1), "mrr": 5, "currency": "Euro"}])
    assert "ISO 4217" in problem.rule
    assert problem.found == "'Euro'"


def test_check_example_line_left_in():
    (problem,) = run("accounts", [{**ACCOUNT, "account_id": "EXAMPLE-1001"}])
    assert "delete the example line" in problem.fix


@pytest.mark.parametrize("word", ["Total", "Grand total", " SUBTOTAL ", "Summe", "合計"])
def test_check_totals_row_is_not_a_customer(word):
    (problem,) = run("accounts", [ACCOUNT, {**ACCOUNT, "account_id": word}])
    assert (problem.id, problem.rows, problem.severity) == ("totals.row", (3,), "error")


def test_check_a_customer_whose_name_begins_like_a_total_is_none():
    assert run("accounts", [{**ACCOUNT, "account_id": "Total Energies"}, {**ACCOUNT, "account_id": "Sumatra"}]) == []


@pytest.mark.parametrize("mark", ["\u202e", "\u200b", "\x01", "\ufeff"])
def test_check_invisible_characters_in_an_id(mark):
    (problem,) = run("accounts", [{**ACCOUNT, "account_id": f"a{mark}b"}])
    assert (problem.id, problem.severity, problem.found) == ("id.invisible", "warning", "'a·b'")


def test_check_zero_date_ticket_opened_in_1970():
    (problem,) = run("tickets", [TICKET, {**TICKET, "ticket_id": "2", "opened": datetime(1970, 1, 1)}])
    assert (problem.id, problem.rows, problem.severity) == ("range.zero_date", (3,), "warning")
    assert problem.found == "'1970-01-01 00:00:00 UTC'"


def test_check_zero_date_an_old_customer_is_no_problem():
    assert run("accounts", [{**ACCOUNT, "started": date(1962, 5, 3)}]) == []
    assert [p.id for p in run("accounts", [{**ACCOUNT, "started": date(26, 1, 1)}])] == ["range.zero_date"]


def test_check_empty_table_stops_an_export_and_only_warns_of_a_sheet():
    con = connect()
    for name, severity in (("accounts", "error"), ("goals", "warning")):
        columns = ", ".join(
            f"CAST(NULL AS {DUCKDB_TYPES[c.type]}) AS {quoted(c.name)}" for c in CONTRACTS[name].columns
        )
        (problem,) = check(con, name, f"(SELECT {columns} WHERE false)", CONTRACTS[name].names, {})
        assert (problem.id, problem.severity) == ("file.empty", severity)


def test_check_personal_values_are_masked():
    rows = [{**ACCOUNT, "account_name": "Zoë Canary", "account_id": None}]
    assert "Canary" not in str(run("accounts", rows))


def test_check_many_files_are_told_in_three_lines():
    rows = [{**TICKET, "ticket_id": None, "_file": f"m{n:02}.csv", "_row": 5} for n in range(9)]
    problems = run("tickets", rows)
    assert [p.file for p in problems] == ["7 further files", "m00.csv", "m01.csv"]
    assert sum(p.count for p in problems) == 9


def test_check_without_places_still_tells_the_problem():
    con = connect()
    relation = "(SELECT NULL AS ticket_id, TIMESTAMP '2026-01-01' AS opened)"
    (problem,) = check(con, "tickets", relation, ["ticket_id", "opened"], {})
    assert (problem.file, problem.rows, problem.count) == ("", (), 1)


def test_check_takes_a_relation_object():
    con = connect()
    relation = con.sql("SELECT '1' AS ticket_id, TIMESTAMP '2026-01-01' AS opened, 'f' AS __file, 2 AS __row")
    assert check(con, "tickets", relation, ["ticket_id", "opened"], {}) == []


def test_check_unknown_table():
    with pytest.raises(KeyError, match="nonsense"):
        check(connect(), "nonsense", "x", [], {})


def test_check_hostile_values_reach_no_statement():
    rows = [{**TICKET, "ticket_id": '"; DROP TABLE checked; --', "account_id": "x') OR 1=1 --"}] * 2
    problems = run("tickets", [dict(r) for r in rows], others={"accounts": {"account_id": ["a"]}})
    assert {p.kind for p in problems} == {"duplicate", "reference"}

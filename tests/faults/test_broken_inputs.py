"""Broken inputs: each gives a message that names file, column, row, what was found, the rule and what to do.

A case writes a small client folder. ``stopped`` tables are kept from every stage, ``warned`` ones are used and said to
be odd, ``read`` ones are read rightly although they look wrong.
"""

from __future__ import annotations

import io
import random
import zipfile
from dataclasses import dataclass, field
from datetime import date

import pandas as pd
import pytest
import xlsxwriter

from cxkit.records import Missing
from cxkit.tables.intake import load
from cxkit.tables.templates import csv_template, workshop

AS_OF = date(2026, 6, 30)
GOOD = [f"a{i},2026-{m:02},{10 + i}" for m in range(1, 7) for i in range(5)]
JUNE = [f"{i},2026-06-{1 + i % 30:02} 10:00:00" for i in range(2, 62)]


def csv(header, *rows):
    return "\n".join([header, *rows]) + "\n"


def rev(*rows, header="account_id,month,mrr"):
    return csv(header, *rows)


def book(rows, sheet="revenue", *, merge=None):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as made:
        page = made.add_worksheet(sheet)
        day = made.add_format({"num_format": "yyyy-mm-dd"})
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if isinstance(value, date):
                    page.write_datetime(r, c, value, day)
                elif value is not None:
                    page.write(r, c, value)
        if merge:
            page.merge_range(*merge)
    return buffer.getvalue()


def parquet(**columns):
    buffer = io.BytesIO()
    pd.DataFrame(columns).to_parquet(buffer)
    return buffer.getvalue()


REVENUE_BOOK = [["account_id", "month", "mrr"], ["a", date(2026, 6, 1), 5]]
SURVEY = "response_id,metric,score,answered"
INVOICE = "invoice_id,account_id,issued,service_start,service_end,amount,kind"
ARM = "experiment_id,arm,metric,n,successes,measured"


@dataclass(frozen=True)
class Case:
    """A broken folder and what must be said about it."""

    name: str
    files: dict[str, str | bytes]
    says: tuple[str, ...]
    """Fragments that one and the same problem's sentence must hold."""
    stopped: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    read: dict[str, object] = field(default_factory=dict)
    """SQL of one value → what it must be."""


def stop(name, table, files, *says):
    return Case(name, files, says, stopped=(table,))


def warn(name, table, files, *says):
    return Case(name, files, says, warned=(table,))


def reads(name, files, sql, value):
    return Case(name, files, (), read={sql: value})


TOTAL = "SELECT CAST(sum(mrr) AS DOUBLE) FROM revenue"
R, A, T, S = "revenue.csv", "accounts.csv", "tickets.csv", "surveys.csv"

# one case a line reads better than a wrapped one
# fmt: off
CASES = [
    # values that do not fit their type
    stop('text_in_numbers', 'revenue', {R: rev(*GOOD, 'a9,2026-06,ten euros')}, R, 'column mrr', 'row 32', "'ten euros'", 'amount of money', 'write it as 1234.50'),  # noqa: E501
    stop('month_thirteen', 'revenue', {R: rev(*GOOD, 'a9,13/2026,5')}, R, 'column month', 'row 32', "'13/2026'", 'is a month', 'write it as 2026-05'),  # noqa: E501
    stop('month_thirteen_iso', 'revenue', {R: rev(*GOOD, 'a9,2026-13,5')}, R, 'column month', 'row 32', "'2026-13'"),
    stop('leap_day_that_was_none', 'accounts', {A: csv('account_id,started', 'a,2025-02-29', 'b,2024-02-29')}, A, 'column started', 'row 2', "'2025-02-29'", 'is a day'),  # noqa: E501
    stop('thirtieth_of_february', 'accounts', {A: csv('account_id,started', 'a,30.02.2025', 'b,28.02.2024')}, A, 'row 2', "'30.02.2025'"),  # noqa: E501
    stop('day_and_month_ambiguous', 'accounts', {A: csv('account_id,started', 'a,03/04/2025', 'b,05/06/2025')}, A, 'column started', "'03/04/2025'", 'day first or month first', 'date_format'),  # noqa: E501
    stop('day_and_month_mixed', 'accounts', {A: csv('account_id,started', 'a,13/04/2025', 'b,05/25/2025')}, A, 'column started', "'13/04/2025'", 'one order', 'date_format'),  # noqa: E501
    stop('decimal_signs_mixed', 'revenue', {R: 'account_id;month;mrr\na;2026-01;1.234,50\nb;2026-01;1,234.50\nc;2026-01;12,5\n'}, R, 'column mrr', "'1.234,50'", 'one decimal sign', '"decimal"'),  # noqa: E501
    stop('thousands_or_decimals', 'revenue', {R: 'account_id;month;mrr\na;2026-01;1.234\nb;2026-01;2.500\n'}, R, 'column mrr', "'1.234'", 'may be a thousand', '"decimal"'),  # noqa: E501
    stop('two_currency_signs', 'revenue', {R: rev('a,2026-06,$5', 'b,2026-06,€5')}, R, 'column mrr', "'$' and '€'", 'one currency', 'column of its own'),  # noqa: E501
    stop('amount_beyond_any_book', 'revenue', {R: rev(*GOOD, 'a9,2026-06,99999999999999999999')}, R, 'row 32', "'99999999999999999999'"),  # noqa: E501
    stop('infinite_score', 'surveys', {S: csv(SURVEY, 'r1,csat,inf,2026-06-01 10:00')}, S, 'column score', 'row 2', "'inf'"),  # noqa: E501
    stop('excel_error_value', 'revenue', {'revenue.xlsx': book([*REVENUE_BOOK, ['b', date(2026, 6, 1), '#REF!']])}, 'revenue.xlsx', 'column mrr', 'row 3', "'#REF!'"),  # noqa: E501
    stop('ids_in_scientific_notation', 'accounts', {A: csv('account_id,started', '1.23457E+11,2025-01-01', '1.23457E+11,2025-02-01')}, A, 'column account_id', 'rows 2, 3', "'1.23457E+11'", 'format the column as text'),  # noqa: E501
    warn('half_a_handover', 'tickets', {T: csv('ticket_id,opened,handovers', '1,2026-06-30 10:00:00,1.5')}, T, 'column handovers', 'row 2', "'1.5'", 'whole number'),  # noqa: E501
    warn('maybe_a_complaint', 'tickets', {T: csv('ticket_id,opened,complaint', '1,2026-06-30 10:00:00,maybe')}, T, 'column complaint', 'row 2', "'maybe'", 'yes or no'),  # noqa: E501
    # rows that are no data, or not once
    stop('required_value_empty', 'revenue', {R: rev(*GOOD, ',2026-06,5')}, R, 'column account_id', 'row 32', 'found nothing', 'every row has account_id'),  # noqa: E501
    stop('duplicate_key', 'revenue', {R: rev(*GOOD, GOOD[0])}, R, 'columns account_id, month', 'row 32', 'first seen in row 2', 'unique', 'keep one row'),  # noqa: E501
    stop('files_overlap', 'revenue', {'revenue_1.csv': rev(*GOOD[:20]), 'revenue_2.csv': rev(*GOOD[15:])}, 'revenue_1.csv, revenue_2.csv', '5 rows in more than one file', '"overlap"'),  # noqa: E501
    stop('two_header_rows', 'revenue', {R: rev(*GOOD, 'account_id,month,mrr', 'b,2026-06,5')}, R, 'column month', 'row 32', "'month'"),  # noqa: E501
    stop('totals_row', 'revenue', {R: rev(*GOOD, 'Grand total,2026-06,360')}, R, 'column account_id', 'row 32', "'Grand total'", 'real data', 'delete the totals row'),  # noqa: E501
    stop('totals_row_without_month', 'revenue', {R: rev(*GOOD, 'Total,,360')}, R, 'row 32', 'delete the totals row'),
    stop('example_line_left_in', 'accounts', {A: csv_template('accounts') + 'a1,' + ',' * 7 + '\n'}, A, 'row 2', "'EXAMPLE-1001'", 'delete the example line'),  # noqa: E501
    stop('merged_cells', 'revenue', {'revenue.xlsx': book([*REVENUE_BOOK, [None, date(2026, 5, 1), 6]], merge=(1, 0, 2, 0, 'a'))}, 'revenue.xlsx', 'column account_id', 'row 3', 'merged cells'),  # noqa: E501
    stop('more_cells_than_headers', 'revenue', {R: rev(*GOOD, 'a9,2026-06,1,234.50')}, R, 'row 32', 'more cells than the header', 'quotes'),  # noqa: E501
    stop('cut_off_in_a_row', 'revenue', {R: rev(*GOOD, 'a9,2026-06').rstrip('\n')}, R, 'row 32', 'ends early', 'export it again'),  # noqa: E501
    stop('quote_never_closed', 'revenue', {R: rev(*GOOD, '"a9,2026-06,5', 'a8,2026-06,6')}, R, 'row 32', 'quotes', 'close every quote'),  # noqa: E501
    stop('header_without_rows', 'revenue', {R: 'account_id,month,mrr\n'}, 'revenue', 'no rows', 'export it again'),
    # columns
    stop('required_column_absent', 'revenue', {R: csv('account_id,month', 'a,2026-06')}, R, 'column mrr', 'the columns account_id and month', 'revenue needs mrr', 'cxkit map'),  # noqa: E501
    stop('header_twice', 'revenue', {R: csv('account_id,month,mrr,mrr', 'a,2026-06,5,6')}, R, 'column mrr', 'more than once', 'rename one'),  # noqa: E501
    stop('two_line_header', 'revenue', {R: 'Account,Month,Amount\n' + rev(*GOOD)}, R, 'column mrr', 'revenue needs mrr'),  # noqa: E501
    stop('no_header', 'revenue', {R: '\n'.join(GOOD)}, 'revenue.csv is left aside', 'account_id, month and mrr', 'give it a header row'),  # noqa: E501
    # files
    stop('zero_bytes', 'revenue', {R: b''}, R, 'an empty file', 'export the file again'),
    stop('binary_named_csv', 'revenue', {R: random.Random(1).randbytes(3000)}, R, 'binary', 'give the file the ending it should have'),  # noqa: E501
    stop('workbook_named_csv', 'revenue', {R: book(REVENUE_BOOK)}, R, 'zip or Excel file', 'give the file the ending it should have'),  # noqa: E501
    stop('truncated_workbook', 'revenue', {'revenue.xlsx': book(REVENUE_BOOK)[:2000]}, 'revenue.xlsx', 'damaged workbook', 'save it anew'),  # noqa: E501
    stop('locked_workbook', 'revenue', {'revenue.xlsx': b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + b'\x00' * 4000}, 'revenue.xlsx', 'locked with a password', 'without a password'),  # noqa: E501
    stop('web_page_named_xls', 'revenue', {'revenue.xls': b'<html><table><tr><td>account_id'}, 'revenue.xls', 'no workbook inside'),  # noqa: E501
    stop('corrupt_parquet', 'revenue', {'revenue.parquet': b'PAR1' + b'xx' * 100 + b'PAR1'}, 'revenue.parquet', 'damaged or cut off'),  # noqa: E501
    stop('workbook_with_another_sheet', 'revenue', {'book.xlsx': book(REVENUE_BOOK, sheet='Tabelle1')}, 'book.xlsx is left aside', 'cxkit map'),  # noqa: E501
    # rules
    stop('negative_revenue', 'revenue', {R: rev(*GOOD, 'a9,2026-06,-5')}, R, 'column mrr', 'row 32', "'-5'", 'not negative', 'credit notes belong in invoices'),  # noqa: E501
    stop('ends_before_it_begins', 'accounts', {A: csv('account_id,started,ended', 'a,2025-03-01,2025-01-01')}, A, 'columns ended, started', 'row 2', "ended '2025-01-01'", 'never before', 'swapped'),  # noqa: E501
    stop('resolved_before_opened', 'tickets', {T: csv('ticket_id,opened,resolved', *(f'{r},2026-06-01 10:00:00' for r in JUNE))}, T, 'rows 2, 3, 4, 5, 6 and', 'never before opened'),  # noqa: E501
    stop('nps_in_percent', 'surveys', {S: csv(SURVEY, 'r1,nps,90%,2026-06-01 10:00')}, S, 'row 2', "'0.9'", 'whole number', 'single responses'),  # noqa: E501
    stop('score_out_of_scale', 'surveys', {S: csv(SURVEY, 'r1,nps,11,2026-06-01 10:00', 'r2,csat,0,2026-06-01 10:00')}, S, 'rows 2, 3', 'nps is 0 to 10', 'value map'),  # noqa: E501
    stop('unknown_metric', 'surveys', {S: csv(SURVEY, 'r1,NPSs,9,2026-06-01 10:00')}, S, 'column metric', 'row 2', "'NPSs'", 'one of nps, csat, ces', "perhaps 'nps'"),  # noqa: E501
    stop('more_successes_than_units', 'arm_totals', {'arm_totals.csv': csv(ARM, 'e,A,m,100,120,2026-06-01', 'e,B,m,100,20,2026-06-01')}, 'arm_totals.csv', 'row 2', "successes '120', n '100'", 'part of n'),  # noqa: E501
    stop('unknown_currency', 'revenue', {R: csv('account_id,month,mrr,currency', 'a,2026-06,5,EURO')}, R, 'column currency', 'row 2', "'EURO'", 'ISO 4217'),  # noqa: E501
    stop('second_currency_without_rate', 'revenue', {R: csv('account_id,month,mrr,currency', 'a,2026-06,5,USD', 'b,2026-06,5,EUR')}, 'column currency', 'USD', 'not taken for one', 'supply fx'),  # noqa: E501
    stop('rate_of_zero', 'fx', {'fx.csv': csv('month,from_currency,to_currency,rate', '2026-06,USD,EUR,0')}, 'fx.csv', 'column rate', 'row 2', "'0'", 'above zero'),  # noqa: E501
    stop('service_period_missing_in_some', 'invoices', {'invoices.csv': csv(INVOICE, 'i1,a,2026-06-01,2026-06-01,2026-06-30,50,recurring', 'i2,a,2026-06-01,,,50,recurring')}, 'invoices.csv', 'row 3', 'which period it pays for', 'export the service period'),  # noqa: E501
    stop('service_period_never_given', 'revenue', {'invoices.csv': csv('invoice_id,account_id,issued,amount,kind', 'i1,a,2026-06-01,50,recurring')}, 'which period they pay for'),  # noqa: E501
    stop('credit_note_for_nothing', 'revenue', {'invoices.csv': csv(INVOICE, 'i1,a,2026-05-01,2026-05-01,2026-05-31,50,recurring', 'i2,a,2026-06-01,,,-50,credit_note')}, 'credit note'),  # noqa: E501
    # what is said and does not stop
    warn('orphan_references', 'tickets', {A: csv('account_id,started', 'a,2025-01-01'), T: csv('ticket_id,opened,account_id', '1,2026-06-01 10:00:00,zz', '2,2026-06-30 10:00:00,a')}, T, 'column account_id', 'row 2', "'zz'", 'refers to accounts.account_id', 'add the missing rows'),  # noqa: E501
    warn('opened_in_1900', 'tickets', {T: csv('ticket_id,opened', '1,1900-01-01 00:00:00', *JUNE)}, T, 'column opened', 'row 2', 'systems write for nothing', 'value map'),  # noqa: E501
    warn('year_26', 'accounts', {A: csv('account_id,started', 'a,0026-01-01', 'b,2025-01-01')}, A, 'column started', 'row 2', "'0026-01-01'"),  # noqa: E501
    warn('direction_marks_in_an_id', 'accounts', {A: csv('account_id,started', '\u202ea\u200f,2025-01-01')}, A, 'column account_id', 'row 2', "'·a·'", 'invisible'),  # noqa: E501
    warn('nul_in_an_id', 'revenue', {R: rev(*GOOD, 'a\x009,2026-06,5')}, R, 'column account_id', 'row 32', "'a·9'", 'invisible'),  # noqa: E501
    warn('opened_in_2062', 'tickets', {T: csv('ticket_id,opened', '1,2062-06-01 10:00:00', *JUNE)}, 'tickets: 1 row lies after 2026-06-30', 'left out'),  # noqa: E501
    warn('ends_in_mid_month', 'tickets', {T: csv('ticket_id,opened', *(f'm{m}-{d}-{i},2026-{m:02}-{d:02} 10:0{i}:00' for m in (4, 5) for d in range(1, 30) for i in range(2)), *(f'j{d},2026-06-{d:02} 09:00:00' for d in range(1, 15)))}, 'column opened', 'a last day of 2026-06-14', 'covers only to day 14', '--as-of 2026-05-31'),  # noqa: E501
    warn('control_arm_by_another_name', 'arm_totals', {'arm_totals.csv': csv(ARM, 'e,Control,m,100,20,2026-06-01', 'e,new,m,100,30,2026-06-01'), 'workshop.xlsx': workshop({'experiments': pd.DataFrame({'experiment_id': ['e'], 'hypothesis': 'h', 'metric': 'm', 'kind': 'binary', 'design': 'randomised', 'direction': 'up', 'control_arm': 'kontrol', 'registered': date(2026, 1, 1)})})}, 'column arm', "arms 'Control' and 'new'", "control arm 'kontrol'"),  # noqa: E501
    warn('links_in_a_circle', 'links', {'workshop.xlsx': workshop({'links': pd.DataFrame({'from_id': ['A', 'B'], 'to_id': ['B', 'A']})})}, "a circle: 'A' and 'B' and back", 'take out the link'),  # noqa: E501
    # what looks wrong and is read rightly
    reads('semicolons_and_decimal_commas', {R: csv('account_id;month;mrr', *(f'a{i};2026-06;{i},50' for i in range(5)))}, TOTAL, 12.5),  # noqa: E501
    reads('utf_16', {R: rev(*GOOD).encode('utf-16')}, TOTAL, 360.0),
    reads('bom_and_tabs', {R: ('\ufeff' + rev(*GOOD).replace(',', '\t')).encode()}, TOTAL, 360.0),
    reads('titles_above_the_header', {R: 'Export of billing,,\n,,\n' + rev(*GOOD)}, TOTAL, 360.0),
    reads('thousands_apart', {R: csv('account_id;month;mrr', 'a;2026-06;1.234.567,25', 'b;2026-06;0,75')}, TOTAL, 1234568.0),  # noqa: E501
    reads('latin_1_name', {A: 'account_id,started,account_name\na,2025-01-01,Müller\n'.encode('latin-1')}, 'SELECT account_name FROM accounts', 'Müller'),  # noqa: E501
    reads('hour_that_the_clock_skipped', {T: csv('ticket_id,opened', '1,2026-03-29 02:30:00')}, "SELECT count(*) FROM tickets WHERE opened_date = '2026-03-29'", 1),  # noqa: E501
    reads('very_long_text', {T: csv('ticket_id,opened,reason', '1,2026-06-30 10:00:00,' + 'x' * 300000)}, 'SELECT length(reason) FROM tickets', 300000),  # noqa: E501
    reads('formula_as_an_id', {A: csv('account_id,started', "=cmd|'/c calc'!A1,2025-01-01")}, 'SELECT account_id FROM accounts', "=cmd|'/c calc'!A1"),  # noqa: E501
    reads('office_lock_file_beside', {R: rev(*GOOD), '~$revenue.xlsx': b'\x05someone'}, TOTAL, 360.0),
    reads('parquet_with_real_types', {'revenue.parquet': parquet(account_id=['a'], month=[pd.Timestamp('2026-06-01')], mrr=[5.5])}, TOTAL, 5.5),  # noqa: E501
    reads('leading_zeros_of_ids', {A: csv('account_id,started', '007,2025-01-01')}, 'SELECT account_id FROM accounts', '007'),  # noqa: E501
]
# fmt: on


@pytest.fixture
def taken(request, tmp_path):
    case = request.param
    folder = tmp_path / "client"
    (folder / "tables").mkdir(parents=True)
    for name, content in case.files.items():
        path = folder / name if name == "workshop.xlsx" else folder / "tables" / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    as_of = None if case.name == "opened_in_2062" else AS_OF
    return case, load(folder, mapping={}, as_of=as_of, timezone="Europe/Berlin", currency="EUR"), str(tmp_path)


@pytest.mark.parametrize("taken", CASES, ids=lambda c: c.name, indirect=True)
def test_broken_input(taken):
    case, intake, place = taken
    told = intake.text()
    sentences = [str(p) for p in intake.problems] or told.splitlines()
    if case.says:
        fitting = [
            s
            for s in [*sentences, *told.splitlines(), *intake.tables.unusable.values()]
            if all(x in s for x in case.says)
        ]
        assert fitting, f"{case.says} not in one of:\n" + "\n".join(sentences) + "\n" + told
    for table in case.stopped:
        assert isinstance(intake.tables[table], Missing), told
    for table in case.warned:
        assert not isinstance(intake.tables[table], Missing), told
    for sql, value in case.read.items():
        assert intake.tables.sql(sql).fetchall() == [(value,)]
        assert not [p for p in intake.problems if p.severity == "error"], told
    assert place not in told
    assert "Traceback" not in told
    assert "Error:" not in told


def test_there_are_fifty_broken_inputs():
    assert len({c.name for c in CASES}) == len(CASES) >= 50


def test_zip_and_json_files_are_left_alone(tmp_path):
    (tmp_path / "tables").mkdir()
    with zipfile.ZipFile(tmp_path / "tables" / "revenue.zip", "w") as archive:
        archive.writestr("revenue.csv", rev(*GOOD))
    intake = load(tmp_path, mapping={}, as_of=AS_OF)
    assert not intake.health.usable
    assert "revenue.zip" in intake.text()


def test_empty_folder_says_what_to_do(tmp_path):
    (tmp_path / "tables").mkdir()
    intake = load(tmp_path, mapping={})
    assert not intake.health.usable
    assert "Put the exports into the folder tables/" in intake.text()

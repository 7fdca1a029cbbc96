"""Text to types: decided per column, told per value, never guessed."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from cxkit.tables.casting import Hints, clean_sql, decide, typed_sql
from cxkit.tables.contract import ColumnType, col
from cxkit.tables.engine import connect


def cast(values: list[str], type: ColumnType, *, zone: str = "UTC", hints: Hints | None = None, **more: object):
    """The values as the contract's type, and the id of what was asked."""
    column = col("x", type, "a column", **more)
    con = connect()
    con.execute("CREATE TABLE given (n INTEGER, x VARCHAR)")
    con.executemany("INSERT INTO given VALUES (?, ?)", [[n, v] for n, v in enumerate(values)])
    con.execute(f"CREATE VIEW clean AS SELECT n, {clean_sql('x', column)} AS x FROM given")
    decision, problem = decide(con, "clean", column, hints or Hints(), zone=zone)
    found = con.execute(f"SELECT {typed_sql('x', column, decision)} FROM clean ORDER BY n").fetchall()
    return [value for (value,) in found], problem.id if problem else None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (["1.234,50", "7"], ["1234.50", "7"]),
        (["1,234.50", "1,000"], ["1234.50", "1000"]),
        (["1 234,50", "1\u00a0000"], ["1234.50", "1000"]),
        (["1'234.50"], ["1234.50"]),
        (["€ 12.50", "€1,000"], ["12.50", "1000"]),
        (["12,50 €", "-3,00 €"], ["12.50", "-3.00"]),
        (["(5.00)", "7.25-", "−1.50", "$-2.00", "+4.10"], ["-5", "-7.25", "-1.5", "-2", "4.1"]),
        (["USD 1.50", "1.00 USD"], ["1.50", "1.00"]),
        (["12.5%", "3%"], ["0.125", "0.03"]),
        (["1.234.567"], ["1234567"]),
        (["0.234"], ["0.234"]),
        (["1234.567"], ["1234.567"]),
        (["1.5E+03"], ["1500"]),
        ([".5", "5."], ["0.5", "5"]),
    ],
)
def test_money_as_people_write_it(text, number):
    values, asked = cast(text, "money")
    assert values == [Decimal(n) for n in number]
    assert asked is None


def test_decimal_sign_is_asked_when_no_value_decides():
    assert cast(["1.234", "5.678"], "money")[1] == "type.decimal_sign"
    assert cast(["1,234", "1.234"], "money")[1] == "type.decimal_sign"
    assert cast(["1.234", "5,5"], "money") == ([Decimal(1234), Decimal("5.5")], None)
    assert cast(["1.234"], "number", hints=Hints(decimal=".")) == ([1.234], None)
    assert cast(["1.234"], "number", hints=Hints(native_number=True)) == ([1.234], None)
    assert cast(["1.234", "2"], "integer") == ([1234, 2], None)


def test_numbers_that_are_none_stay_visible():
    assert cast(["1", "x1", "12abc", "1,2,3", "#REF!"], "number") == ([1.0, None, None, None, None], None)
    assert cast(["1.5", "2"], "integer")[0] == [None, 2]
    assert cast(["99999999999999999999"], "money")[0] == [None]


def test_mixed_currencies_and_percents_are_errors():
    assert cast(["$5", "€6"], "money")[1] == "type.currencies"
    assert cast(["5%", "6"], "number")[1] == "type.percent"


def test_factor_turns_units():
    assert cast(["150"], "money", hints=Hints(factor="0.01"))[0] == [Decimal("1.5")]
    assert cast(["2"], "number", hints=Hints(factor="60"))[0] == [120.0]


def test_null_words_are_null_but_text_keeps_them():
    words = ["", " ", "NULL", "n/a", "NaN", "-", "#N/A"]
    assert cast(words, "number")[0] == [None] * 7
    assert cast(words, "date")[0] == [None] * 7
    assert cast(["-", "N/A", " "], "text")[0] == ["-", "N/A", None]


def test_ids_keep_zeros_and_scientific_ids_are_refused():
    assert cast(["00001", " A-7 ", "1.23457E+11", "1E5"], "id")[0] == ["00001", "A-7", None, "1E5"]


def test_booleans_in_several_words():
    assert cast(["Yes", "ja", "1", "X", "no", "Nein", "0", "FALSE", "maybe"], "boolean")[0] == [True] * 4 + [
        False
    ] * 4 + [None]


def test_allowed_words_in_any_case():
    assert cast(["NPS", "One-Off", "other"], "text", allowed=("nps", "one_off"))[0] == ["nps", "one_off", "other"]


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-31",
        "2026/05/31",
        "31.05.2026",
        "31/05/2026",
        "05/31/2026",
        "31-05-26",
        "31 May 2026",
        "May 31, 2026",
        "20260531",
        "46173",
        "2026-05-31 23:30",
        "2026-05-31T10:00:00Z",
    ],
)
def test_days_as_people_write_them(text):
    assert cast([text], "date") == ([date(2026, 5, 31)], None)


@pytest.mark.parametrize("text", ["2026-05", "05/2026", "202605", "May 2026", "2026-05-17", "2026M05", "17.5.2026"])
def test_months_as_people_write_them(text):
    assert cast([text], "month")[0][0].strftime("%Y-%m") == "2026-05"


def test_day_month_order_is_asked_when_no_value_decides():
    assert cast(["03/04/2026", "05/06/2026"], "date")[1] == "type.date_order"
    assert cast(["13/04/2026", "04/13/2026"], "date")[1] == "type.date_order"
    assert cast(["03/04/2026", "25/06/2026"], "date") == ([date(2026, 4, 3), date(2026, 6, 25)], None)
    assert cast(["03/04/2026"], "date", hints=Hints(date_format="mdy")) == ([date(2026, 3, 4)], None)
    assert cast(["03|04|2026"], "date", hints=Hints(date_format="%d|%m|%Y")) == ([date(2026, 4, 3)], None)
    assert cast(["03/03/2026", "05/05/2026"], "date")[1] is None
    assert cast(["01/01/2026", "01/02/2026", "01/03/2026"], "month")[0][2] == date(2026, 3, 1)


def test_days_that_cannot_be_are_null():
    assert cast(["2026-02-30", "2026-13-01", "soon"], "date")[0] == [None, None, None]


def test_moments_become_utc():
    values, _ = cast(
        ["2026-07-01 12:00", "2026-07-01T12:00:00Z", "2026-07-01T12:00:00+05:30"], "timestamp", zone="Europe/Berlin"
    )
    assert values == [datetime(2026, 7, 1, 10), datetime(2026, 7, 1, 12), datetime(2026, 7, 1, 6, 30)]
    assert cast(["07/31/2026 1:05 PM", "07/01/2026 12:00 a.m."], "timestamp")[0] == [
        datetime(2026, 7, 31, 13, 5),
        datetime(2026, 7, 1),
    ]
    assert cast(["1782900000", "1782900001"], "timestamp", zone="Asia/Tokyo")[0][0] == datetime(2026, 7, 1, 10)
    assert cast(["2026-07-01 12:00"], "timestamp", zone="Europe/Berlin", hints=Hints(timezone="UTC"))[0] == [
        datetime(2026, 7, 1, 12)
    ]


def test_hours_that_the_clock_skips_and_repeats():
    gap, twice = cast(["2026-03-29 02:30", "2026-10-25 02:30"], "timestamp", zone="Europe/Berlin")[0]
    assert gap == datetime(2026, 3, 29, 1, 30)
    assert twice == datetime(2026, 10, 25, 1, 30)


def test_moment_with_an_offset_in_a_day_column_is_the_local_day():
    assert cast(["2026-06-30T23:30:00Z"], "date", zone="Europe/Berlin")[0] == [date(2026, 7, 1)]

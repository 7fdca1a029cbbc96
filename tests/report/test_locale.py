"""Figures and dates in the client's locale, in whatever `cxkit.formats` wrote."""

from __future__ import annotations

from datetime import date, timedelta
from typing import get_args

import pytest
from babel.numbers import parse_decimal
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit import formats
from cxkit.formats import SYMBOLS, THIN, Unit
from cxkit.records import Finding
from cxkit.report.blocks import Block, FigureBody, NoteBody, TableBody, TableColumn
from cxkit.report.inputs import Privacy
from cxkit.report.locale import Local
from cxkit.report.mask import Mask
from cxkit.report.sentences import plain, sentence

DE = Local("de_DE")
UNITS = st.sampled_from(get_args(Unit))
VALUES = st.floats(-5e11, 5e11, allow_nan=False) | st.floats(-20, 20) | st.sampled_from([0.0, -0.0, 1.0, float("inf")])
CURRENCIES = st.sampled_from([*SYMBOLS, "CHF", "SEK"])


@settings(deadline=None)
@given(VALUES, UNITS, CURRENCIES)
def test_a_quantity_becomes_what_the_locale_would_have_written(value: float, unit: Unit, currency: str) -> None:
    said = formats.quantity(value, unit, currency=currency)
    assert DE.text(said) == DE.quantity(value, unit, currency=currency)
    assert Local("de_CH").text(said) == Local("de_CH").quantity(value, unit, currency=currency)
    for english in ("en", "en-GB", "en_US", "fr"):
        assert Local(english).text(said) == said == Local(english).quantity(value, unit, currency=currency)


@settings(deadline=None)
@given(VALUES, UNITS, CURRENCIES)
def test_a_german_figure_reads_back_as_the_digits_that_were_shown(value: float, unit: Unit, currency: str) -> None:
    said = formats.quantity(value, unit, currency=currency)
    shown = DE.text(said)
    if not any(c.isdigit() for c in said):
        assert not any(c.isdigit() for c in shown)
        return

    def digits(text: str, points: str) -> str:
        body = text.replace("je 1.000", "").replace("per 1,000", "")
        return "".join(c for c in body if c.isdigit() or c in points).strip(".")

    assert parse_decimal(digits(shown, ".,").strip("."), locale="de") == parse_decimal(digits(said, ",."), locale="en")
    assert shown.count(formats.MINUS) == said.count(formats.MINUS)


@settings(deadline=None)
@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_days_and_months_become_those_of_the_locale(day: date) -> None:
    assert DE.text(f"By {day.day} {day:%B %Y}.") == f"By {DE.date(day)}."
    assert Local("en_US").text(f"By {day.day} {day:%B %Y}.") == f"By {Local('en_US').date(day)}."
    assert DE.text(f"{day:%b %Y}") == DE.month(day)
    assert Local("en-GB").text(f"{day.day} {day:%B %Y}") == Local("en-GB").date(day) == f"{day.day} {day:%B %Y}"
    assert DE.text(day.isoformat()) == day.isoformat()
    assert DE.text(f"to {day + timedelta(1):%d.%m.%Y}") == f"to {day + timedelta(1):%d.%m.%Y}"


@pytest.mark.parametrize(
    "text",
    [
        "cxkit 0.3.1",
        "v1.2",
        "version 2.5",
        "grr@1",
        "2026-10-31 08:30",
        "08:30–17:00",
        "9f1c2e03.55ab",
        "tickets_2.5.csv",
        "prove.effect:exp-1.2",
        "sha256-1,234abc",
        "section 3.2.1",
        "1, 2 and 3",
        "in 2026.",
    ],
)
def test_what_is_no_figure_is_left_as_it_is(text: str) -> None:
    assert DE.text(text) == text


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("funding it is worth $1.23 M, and stopping two frees €45.0 k.", "1,23 Mio.\xa0$|45,0 Tsd.\xa0€."),
        ("of 12,345 customers 0.5 % left (−3.5 to −1.1 points)", "12.345|0,5 %|−3,5|−1,1"),
        (f"CHF{THIN}45.0{THIN}k a month", f"45,0{THIN}Tsd.\xa0CHF"),
        ("1.20×", "1,20×"),
    ],
)
def test_figures_inside_a_sentence_change_and_its_words_stay(english: str, german: str) -> None:
    for part in german.split("|"):
        assert part.replace(" ", THIN) in DE.text(english).replace(" ", THIN)
    assert ".." not in DE.text(english)


@pytest.mark.parametrize(
    ("low", "high", "unit", "said"),
    [
        (0.876, 0.886, "ratio", f"87,6 bis 88,6{THIN}%"),
        (-0.035, -0.011, "points", "−3,5 bis −1,1 Punkte"),
        (2.0, 7.5, "days", "2,0 bis 7,5 Tage"),
        (2.0, 7.5, "per_1000", "2,0 bis 7,5 je 1.000"),
        (1.0e6, 2.5e6, "money", f"1,00{THIN}Mio.\xa0€ bis 2,50{THIN}Mio.\xa0€"),
    ],
)
def test_an_interval_is_put_into_words(low: float, high: float, unit: Unit, said: str) -> None:
    assert DE.text(formats.interval(low, high, unit, currency="EUR")) == said


def test_months_between_which_something_lies_stay_as_they_are() -> None:
    assert DE.text("2025-11 to 2026-10") == "2025-11 bis 2026-10"


def test_a_number_cut_out_of_an_english_sentence_keeps_its_english_unit() -> None:
    title = "Sign-ups rose by 2.8 points (1.3 to 4.3 points)"
    cut = sentence(Finding(id="prove.a", stage="prove", title=title, value=0.028, unit="points"))
    assert cut.number == "2.8 points"
    assert Mask(Privacy(), DE).value(cut).text == "Sign-ups rose by 2,8 points (1,3 to 4,3 points)"
    assert Mask(Privacy(), DE).value(plain("2.8 points", "k")).text == "2,8 Punkte"


def test_the_page_changes_what_is_read_and_not_what_is_downloaded_or_was_written_by_a_person() -> None:
    table = TableBody(
        title="Costs",
        columns=(TableColumn(name="k", label="Kind"), TableColumn(name="c", label="Cost", align="right", unit="money")),
        rows=(("rent 2.5", "$1,234.5"),),
        raw=(("rent 2.5", 1234.5),),
    )
    figure = FigureBody(
        title="Costs are 1,234.5", alt="A bar of 1,234.5 in all", svg="<svg><text>1,234.5</text></svg>", data=table
    )
    shown = Mask(Privacy(), DE).value(figure)
    assert shown.title == "Costs are 1.234,5"
    assert shown.alt == "A bar of 1.234,5 in all"
    assert "<text>1.234,5</text>" in shown.svg
    assert shown.data is not None
    assert shown.data.rows[0][1] == "1.234,5\xa0$"
    assert shown.data.raw == (("rent 2.5", 1234.5),)
    note = Block(id="n", kind="note", stage="prove", body=NoteBody(text="We saw 1,234.5"))
    assert Mask(Privacy(), DE).value(note) == note
    assert Mask(Privacy()).value(figure) == figure

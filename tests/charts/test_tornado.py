"""A tornado's bars in words: what varies, whose it is, its range and the value at each end."""

from datetime import date
from typing import ClassVar

import pandas as pd
import pytest

from cxkit.charts.tornado import MOST, Swing, draw_tornado, swings, tornado_alt
from cxkit.records import Result

COLUMNS = ["initiative", "name", "input", "low", "high", "low_value", "high_value", "base_value"]


class Made(Result):
    stage: ClassVar[str] = "quantify"
    name: ClassVar[str] = "cases"

    currency: str = "USD"


def made(*bars, benefits=(), owners=()):
    frame = pd.DataFrame(bars, columns=COLUMNS)
    tables = {
        "tornado": frame,
        "tornado_all": frame.assign(initiative=""),
        "rows": pd.DataFrame(
            benefits, columns=["benefit", "initiative", "driver", "effect_low", "effect", "effect_high"]
        ),
        "inputs": pd.DataFrame(owners or [(b[0], b[2]) for b in bars], columns=["initiative", "input"]),
        "cases": pd.DataFrame([("I1", "Welcome call"), ("I2", "One view")], columns=["initiative", "name"]),
    }
    return Made(as_of=date(2026, 10, 31), tables=tables)


CALL = ("I1", "Welcome call", "B1.effect", 0.02, 0.075, -4e5, 4.1e6, 1.9e6)
TAKEN = ("I1", "Welcome call", "B1.adoption", 0.55, 0.85, 1e6, 2.7e6, 1.9e6)
COST = ("I1", "Welcome call", "V1.amount", 240_000.0, 410_000.0, 2.1e6, 1.7e6, 1.9e6)
VIEW = ("I2", "One view", "B2.effect", 0.4, 0.9, 1.7e6, 2.2e6, 1.9e6)
BENEFITS = [("B1", "I1", "grr", 0.01, 0.05, 0.09), ("B2", "I2", "aht", 0.2, 0.6, 1.2)]


def test_bars_of_one_initiative_name_what_varies_in_its_unit():
    assert swings(made(COST, CALL, TAKEN, VIEW, benefits=BENEFITS), "I1") == [
        Swing("Effect on customers kept", "", "2.0 points", "7.5 points", -4e5, 4.1e6),
        Swing("Take-up, customers kept", "", "55.0\u202f%", "85.0\u202f%", 1e6, 2.7e6),
        Swing("V1.amount", "", "$240\u202fk", "$410\u202fk", 2.1e6, 1.7e6),
    ]


def test_bars_of_all_cases_say_whose_they_are():
    found = swings(made(CALL, VIEW, benefits=BENEFITS))
    assert [(s.what, s.owner) for s in found] == [
        ("Effect on customers kept", "Welcome call"),
        ("Effect on handling time", "One view"),
    ]
    assert found[0].ranged == "2.0 to 7.5 points"
    assert found[1].ranged == "0.40 to 0.90"


def test_two_effects_on_one_driver_are_told_apart():
    other = ("I1", "Welcome call", "B3.effect", 0.1, 0.2, 1.8e6, 2e6, 1.9e6)
    found = swings(made(CALL, other, benefits=[*BENEFITS, ("B3", "I1", "grr", 0.1, 0.1, 0.2)]), "I1")
    assert [s.what for s in found] == ["Effect on customers kept (B1)", "Effect on customers kept (B3)"]


def test_an_input_without_swing_is_no_bar_and_unknown_words_are_the_label():
    still = ("I1", "Welcome call", "B9.effect", 0.1, 0.2, 1.9e6, 1.9e6, 1.9e6)
    assert [s.what for s in swings(made(CALL, still), "I1")] == ["B1.effect"]
    labelled = made(CALL).frame("tornado").assign(label="effect of B1")
    told = Made(as_of=date(2026, 10, 31), tables={"tornado": labelled})
    assert [s.what for s in swings(told, "I1")] == ["Effect of B1"]
    assert swings(made(still), "I1") == []


def test_at_most_eight_bars_are_drawn_and_the_rest_counted_in_words():
    many = [("I1", "W", f"B{i}.effect", 0.1, 0.2, 1e6 - i * 1e4, 2e6, 1.5e6) for i in range(11)]
    result = made(*many)
    assert len(draw_tornado(result, "I1").get_yticks()) == MOST
    assert tornado_alt(result, "I1").endswith("3 more.")


def test_bars_reach_from_the_value_at_p10_to_the_value_at_p90():
    ax = draw_tornado(made(CALL, COST, benefits=BENEFITS), "I1")
    reach = {tuple(sorted((round(b.get_x()), round(b.get_x() + b.get_width())))) for b in ax.patches}
    assert reach == {
        (-400_000, 1_900_000),
        (1_900_000, 4_100_000),
        (1_900_000, 2_100_000),
        (1_700_000, 1_900_000),
    }
    written = {t.get_text() for t in ax.texts}
    assert {"2.0 points", "7.5 points", "on average $1.90 M", "nothing gained"} <= {
        t.replace("\N{NARROW NO-BREAK SPACE}", " ") for t in written
    }


@pytest.mark.parametrize("at", [-1e6, 1e6])
def test_the_two_lines_are_named_on_sides_that_cannot_meet(at):
    bar = ("I1", "W", "B1.effect", 0.1, 0.2, at - 5e5, at + 5e5, at)
    ax = draw_tornado(made(bar), "I1")
    sides = {
        t.get_text().split()[0]: t.get_ha() for t in ax.texts if t.get_text().startswith(("on average", "nothing"))
    }
    assert sides == ({"on": "right", "nothing": "left"} if at < 0 else {"on": "left", "nothing": "right"})


def test_the_alt_text_holds_every_bar():
    said = tornado_alt(made(CALL, VIEW, benefits=BENEFITS)).replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert "Welcome call: Effect on customers kept from 2.0 to 7.5 points: −$400 k to $4.10 M." in said
    assert "One view: Effect on handling time from 0.40 to 0.90: $1.70 M to $2.20 M." in said


def test_nothing_is_not_drawn_where_it_would_squeeze_the_bars():
    far = ("I1", "W", "B1.effect", 0.1, 0.2, -9e5, -8e5, -8.5e5)
    ax = draw_tornado(made(far), "I1")
    assert not any(t.get_text() == "nothing gained" for t in ax.texts)
    assert ax.get_xlim()[1] < -7e5

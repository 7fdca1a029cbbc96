"""Numbers as people and systems write them, read without guessing which sign is the decimal one.

``1.234`` is a thousand or a bit more than one: a column is decided over all its values, and where no value
decides, the question goes back to a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from cxkit.tables.currencies import CODES
from cxkit.tables.cut import text_literal

SPACES = " \u00a0\u202f\u2009"
QUOTES = "'’"
MINUS = "-−–"
SIGNS = "€$£¥₹₽₺₴₩₪₫₱"
CODE = "(?:" + "|".join([*sorted(CODES), "US\\$", "R\\$", "CHF", "Fr", "SFr", "kr", "Kr", "zł", "Kč", "Ft"]) + ")\\.?"
MONEY = f"(?:[{SIGNS}]|{CODE})"
Evidence = Literal["point", "comma", "maybe_point", "maybe_comma", "none", "bad"]


@dataclass(frozen=True)
class Numeral:
    """What the shape of a value says."""

    evidence: Evidence
    """``maybe_point``: one point with three digits behind it, a decimal sign or a thousands separator."""
    percent: bool = False
    money: str = ""
    """Currency sign or code that stands with it."""
    plain: bool = False
    """Whether the engine casts it as it is."""


def pattern(decimal: str) -> str:
    """Regular expression (RE2 and Python) of a whole value with this decimal sign.

    >>> bool(re.fullmatch(pattern(","), "(1.234,50 €)")), bool(re.fullmatch(pattern("."), "1.234,50"))
    (True, False)
    """
    other = "," if decimal == "." else "."
    space, minus = f"[{SPACES}]*", f"[{MINUS}+]?"
    groups = f"[0-9]{{1,3}}(?:[{SPACES}{QUOTES}{other}][0-9]{{3}})+"
    digits = f"(?:(?:{groups}|[0-9]+)(?:[{decimal}][0-9]*)?|[{decimal}][0-9]+)"
    return (
        rf"\(?{space}{minus}{space}(?:{MONEY})?{space}{minus}{space}"
        rf"{digits}(?:[eE][+-]?[0-9]+)?{space}(?:%|{MONEY})?{space}[{MINUS}]?{space}\)?"
    )


PATTERNS = {sign: re.compile(pattern(sign)) for sign in ".,"}
PLAIN = re.compile(r"-?[0-9]+(\.[0-9]*)?")
MONEY_FOUND = re.compile(MONEY)


def numeral(shape: str, *, small: bool = False) -> Numeral:
    """Read the shape of a value; `small` says that only a zero stands before its first separator.

    >>> numeral("9.999,99").evidence, numeral("9.999").evidence, numeral("9.999", small=True).evidence
    ('comma', 'maybe_point', 'point')
    >>> numeral("$ 9,999,999").evidence, numeral("99 %").percent, numeral("abc").evidence
    ('point', True, 'bad')
    """
    fits = {sign for sign, rule in PATTERNS.items() if rule.fullmatch(shape)}
    if not fits:
        return Numeral("bad")
    found = MONEY_FOUND.search(shape)
    money = found.group() if found else ""
    percent = "%" in shape
    body = MONEY_FOUND.sub("", shape)
    signs = [c for c in body if c in ".,"]
    plain = PLAIN.fullmatch(shape) is not None
    if not signs:
        return Numeral("none", percent, money, plain)
    name = {".": "point", ",": "comma"}
    if len(fits) == 1:
        return Numeral("point" if "." in fits else "comma", percent, money, plain)
    if small or "e" in body.lower():
        return Numeral("point" if signs[0] == "." else "comma", percent, money, plain)
    maybe: Evidence = "maybe_point" if name[signs[0]] == "point" else "maybe_comma"
    return Numeral(maybe, percent, money, plain)


def decide(found: Iterable[Numeral]) -> str:
    """The decimal sign that a column's values agree on, ``?`` when none decides, ``!`` when they disagree.

    >>> decide([Numeral("none"), Numeral("maybe_point")]), decide([Numeral("maybe_point"), Numeral("comma")])
    ('?', ',')
    """
    kinds = {n.evidence for n in found}
    if {"point", "comma"} <= kinds:
        return "!"
    if "comma" in kinds:
        return ","
    if "point" in kinds:
        return "."
    if {"maybe_point", "maybe_comma"} <= kinds:
        return "!"
    return "?" if kinds & {"maybe_point", "maybe_comma"} else "."


def digits_sql(text: str, decimal: str) -> str:
    """SQL: the value's digits with a decimal point, without sign and separators; null when it does not fit."""
    other = "," if decimal == "." else "."
    bare = f"regexp_replace({text}, {text_literal(MONEY)}, '', 'g')"
    number = f"regexp_extract({bare}, {text_literal(f'[0-9.,][0-9.,{SPACES}{QUOTES}]*(?:[eE][+-]?[0-9]+)?')})"
    cleaned = f"regexp_replace({number}, {text_literal(f'[{SPACES}{QUOTES}{other}]')}, '', 'g')"
    if decimal == ",":
        cleaned = f"replace({cleaned}, ',', '.')"
    return f"CASE WHEN regexp_full_match({text}, {text_literal(pattern(decimal))}) THEN {cleaned} END"


def sign_sql(text: str) -> str:
    """SQL: -1 for a leading or trailing minus or parentheses, else 1."""
    leading, trailing = f"^[({SPACES}]*[{MINUS}(]", f"[{MINUS}][{SPACES})]*$"
    after_money = f"^[^0-9]*[{MINUS}][^0-9]*[0-9]"
    return f"CASE WHEN regexp_matches({text}, {text_literal(f'{leading}|{trailing}|{after_money}')}) THEN -1 ELSE 1 END"

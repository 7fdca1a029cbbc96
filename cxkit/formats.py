"""Numbers as words: one naming rule per unit drives every figure in a sentence, a table or an axis.

The units are those of `records.Unit`. A `ratio` is stored as a fraction and shown in percent; a
`points` value is stored as a fraction too (0.021 is 2.1 points) because it is a difference of ratios; `nps`
runs from −100 to 100 and is stored so. Money carries its ISO 4217 code.
"""

from __future__ import annotations

import math
from typing import Literal

Unit = Literal[
    "ratio",
    "points",
    "nps",
    "score",
    "money",
    "count",
    "minutes",
    "hours",
    "days",
    "months",
    "per_1000",
    "multiple",
    "probability",
    "none",
]

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
MINUS = "−"
THIN = "\N{NARROW NO-BREAK SPACE}"


def number(value: float, digits: int = 1, *, signed: bool = False) -> str:
    """Format a number with thousands separators and a true minus sign.

    >>> number(-1234.56)
    '−1,234.6'
    """
    text = f"{abs(value):,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        return text
    return (MINUS if value < 0 else "+" if signed else "") + text


def money(value: float, currency: str, *, signed: bool = False) -> str:
    r"""Format money in three significant figures, scaled to thousands, millions or billions.

    >>> money(1_234_567, "USD"), money(-950, "EUR"), money(45_000, "CHF")
    ('$1.23\u202fM', '−€950', 'CHF\u202f45.0\u202fk')
    """
    size = abs(value)
    sign = MINUS if value < 0 else "+" if signed and value > 0 else ""
    scale, suffix = next(((s, t) for s, t in ((1e9, "bn"), (1e6, "M"), (1e3, "k")) if size >= s * 0.9995), (1.0, ""))
    scaled = size / scale
    digits = 0 if not suffix and scaled >= 100 else 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
    body = f"{scaled:,.{digits}f}" + (f"{THIN}{suffix}" if suffix else "")
    return f"{sign}{SYMBOLS.get(currency, currency + THIN)}{body}"


def quantity(value: float | None, unit: Unit, *, currency: str = "", signed: bool = False) -> str:
    r"""Format a value in its unit, as a reader expects to see it.

    >>> quantity(0.8812, "ratio"), quantity(-0.023, "points"), quantity(31, "nps")
    ('88.1\u202f%', '−2.3 points', '+31')
    >>> quantity(12345, "count"), quantity(None, "ratio")
    ('12,345', 'not assessed')
    """
    if value is None or math.isnan(value):
        return "not assessed"
    if math.isinf(value):
        return "never" if unit in {"months", "days", "hours", "minutes"} else "unbounded"
    match unit:
        case "ratio":
            return number(value * 100, 1, signed=signed) + f"{THIN}%"
        case "probability":
            return number(value * 100, 0) + f"{THIN}%"
        case "points":
            return number(value * 100, 1, signed=signed) + " points"
        case "nps":
            return number(value, 0, signed=True)
        case "money":
            return money(value, currency, signed=signed)
        case "count":
            return number(value, 0, signed=signed)
        case "per_1000":
            return number(value, 1, signed=signed) + " per 1,000"
        case "multiple":
            return number(value, 2, signed=signed) + "×"
        case "minutes" | "hours" | "days" | "months":
            singular = abs(round(value, 1)) == 1
            return number(value, 1, signed=signed) + f" {unit.removesuffix('s') if singular else unit}"
        case _:
            return number(value, 2, signed=signed)


def interval(low: float | None, high: float | None, unit: Unit, *, currency: str = "") -> str:
    r"""Format an interval; the unit is written once where it can be.

    >>> interval(0.876, 0.886, "ratio"), interval(-0.035, -0.011, "points")
    ('87.6 to 88.6\u202f%', '−3.5 to −1.1 points')
    >>> interval(None, None, "ratio")
    ''
    """
    if low is None or high is None:
        return ""
    left, right = quantity(low, unit, currency=currency), quantity(high, unit, currency=currency)
    for tail in (f"{THIN}%", " points", " per 1,000", "×", f" {unit}"):
        if left.endswith(tail) and right.endswith(tail):
            left = left.removesuffix(tail)
            break
    return f"{left} to {right}"


def significant(value: float, digits: int = 12) -> float:
    """Round to significant digits, so that the last bits of a float sum cannot change a byte.

    >>> significant(0.1 + 0.2)
    0.3
    """
    if value == 0 or not math.isfinite(value):
        return value
    return float(f"{value:.{digits - 1}e}")


def listing(words: list[str], *, most: int = 4) -> str:
    """Join names for a sentence, and say how many were left out.

    >>> listing(["a", "b", "c"]), listing(["a", "b", "c"], most=2)
    ('a, b and c', 'a, b and 1 more')
    """
    if len(words) > most:
        return ", ".join(words[:most]) + f" and {len(words) - most} more"
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1] if words else ""]))

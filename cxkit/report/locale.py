"""Numbers, money and dates as a client's locale writes them, in what is formatted here and in sentences made before.

Results speak English and stay so, whatever the client's language: they are the machine's view. A page of another
language rewrites the figures in them as it is built, and the whole sentence where `cxkit.report.phrases` knows it. A
locale without words of its own is read in English, its figures too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date as Day
from functools import cache
from typing import Literal, TypeVar

from babel import Locale
from babel.dates import format_date, get_month_names
from babel.numbers import get_decimal_symbol, get_group_symbol, list_currencies

from cxkit import formats
from cxkit.formats import MINUS, SYMBOLS, THIN, Unit
from cxkit.report.phrases import Native, Phrases, Untold
from cxkit.report.words import DEFAULT, language_of, words

T = TypeVar("T", bound=str)
_MONTHS = [f"{Day(2000, month, 1):%B}" for month in range(1, 13)]
_BRIEF = {month[:3]: place for place, month in enumerate(_MONTHS, 1)}
_LONG = {month: place for place, month in enumerate(_MONTHS, 1)}
_MONTH = "|".join([*_MONTHS, *_BRIEF])
_DATE = re.compile(rf"(?<![\w.])(?:(?P<day>[0-3]?\d) )?(?P<month>{_MONTH}) (?P<year>\d{{4}})(?![\w-])")
_CODE = r"(?:[A-Z]{3}" + f"[ \u00a0{THIN}])"
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_MARKS = "".join(SYMBOLS.values())
_FIGURE = re.compile(
    rf"(?<![\w.,:/@#_])(?<![Vv]ersion )(?P<sign>[−+]?)(?P<code>{_CODE}|[{re.escape(_MARKS)}])?"
    rf"(?<![\w.,:/@#_-])(?P<digits>{_DIGITS})"
    rf"(?:(?P<space>[ \u00a0{THIN}]?)(?P<scale>bn|M|k)(?![\w-])|(?P<percent>[ \u00a0{THIN}]?%))?"
    r"(?![\w@/:#_]|[.,]\w|-\w)"
)
_ISO = re.compile(r"\d{4}-\d\d(-\d\d)?")
_TAILS: dict[str, str] = {
    " points": "points",
    " per 1,000": "per_1000",
    **{f" {unit}{s}": f"{unit}{s}" for unit in ("minute", "hour", "day", "month") for s in ("", "s")},
}
_WHOLE = {
    "not assessed": "missing",
    "never": "never",
    "unbounded": "unbounded",
    "yes": "yes",
    "no": "no",
    "hidden": "hidden",
}


class Local:
    r"""A locale's way of writing figures; made once per page.

    >>> de = Local("de_DE")
    >>> de.number(-1234.56), de.percent(0.881), de.date(Day(2026, 10, 31)), de.month(Day(2026, 10, 1))
    ('−1.234,6', '88,1\u202f%', '31. Oktober 2026', 'Okt. 2026')
    >>> de.money(1_234_567, "USD"), de.text("From 1,204 to 998 on 31 October 2026, 3.5 % less")
    ('1,23\u202fMio.\xa0$', 'From 1.204 to 998 on 31. Oktober 2026, 3,5 % less')
    """

    def __init__(self, locale: str = DEFAULT) -> None:
        self.words = words(locale)
        self.language = self.words.language
        """The language whose words the page is in."""
        own = Locale.parse(locale.replace("-", "_")) if language_of(locale) == _base(locale) else Locale(DEFAULT)
        self._locale = own
        self._plain = self.language == DEFAULT
        self._american = self._plain and own.territory == "US"
        self._front = self._plain or own.currency_formats["standard"].pattern.startswith("¤")
        self._point = "." if self._plain else get_decimal_symbol(own)
        self._group = "," if self._plain else get_group_symbol(own)
        self.phrases = None if self._plain else Phrases(self.language, self.figures, self._written)

    @property
    def tag(self) -> str:
        """The page's language as HTML names it, with its country where there are words for it.

        >>> Local("de_AT").tag, Local("en-GB").tag, Local("fr_FR").tag
        ('de-AT', 'en-GB', 'en')
        """
        return str(self._locale).replace("_", "-")

    @property
    def foreign(self) -> bool:
        """Whether sentences of results are in another language than the page."""
        return not self._plain

    def number(self, value: float, digits: int = 1, *, signed: bool = False) -> str:
        """A number with the locale's marks and a true minus sign."""
        return self._figures(formats.number(value, digits, signed=signed))

    def percent(self, value: float, digits: int = 1) -> str:
        """A share in percent."""
        return self.number(value * 100, digits) + f"{THIN}%"

    def money(self, value: float, currency: str, *, signed: bool = False) -> str:
        """Money in three significant figures, the currency where the locale puts it."""
        said = formats.money(value, currency, signed=signed)
        if self._plain:
            return said
        sign = said[0] if said[0] in f"{MINUS}+" else ""
        mark = SYMBOLS.get(currency, currency)
        body = said.removeprefix(sign).removeprefix(mark).removeprefix(THIN)
        digits, _, scale = body.partition(THIN)
        return self._money(sign, mark, self._figures(digits), scale)

    def quantity(self, value: float | None, unit: Unit, *, currency: str = "", signed: bool = False) -> str:
        """A value in its unit; as `formats.quantity` in the locale's words and marks.

        >>> Local("de").quantity(-0.023, "points"), Local("de").quantity(None, "ratio")
        ('−2,3 Punkte', 'nicht bestimmt')
        """
        said = formats.quantity(value, unit, currency=currency, signed=signed)
        if self._plain:
            return said
        if said in _WHOLE:
            return self.words(f"unit.{_WHOLE[said]}")
        if unit == "money" and value is not None:
            return self.money(value, currency, signed=signed)
        return self._tailed(said, self._figures)

    def date(self, day: Day) -> str:
        """A day, the month written out."""
        if self._plain:
            return f"{day:%B} {day.day}, {day.year}" if self._american else f"{day.day} {day:%B %Y}"
        return format_date(day, "long", locale=self._locale)

    def month(self, day: Day) -> str:
        """A month, cut short."""
        return f"{day:%b %Y}" if self._plain else self._named(day.month, day.year, "abbreviated")

    def text(self, text: T) -> T:
        """A text with every figure and date in it that `cxkit.formats` wrote as the locale writes it.

        What is nothing but a figure or an interval is put into the page's language too, units and all. Versions, ISO
        dates, times, hashes, ids and file names are left as they are.

        >>> Local("de").text("87.6 to 88.6 %"), Local("de").text("on 2026-10-31 at 08:30 with v1.2 and 3.1.0")
        ('87,6 bis 88,6 %', 'on 2026-10-31 at 08:30 with v1.2 and 3.1.0')
        """
        said = self.phrases.said(text) if self.phrases else None
        return self._written(text) if said is None else said  # type: ignore[return-value]

    def said(self, text: str) -> Native | None:
        """A sentence of a result in the page's language; None where it is not known as a whole."""
        return self.phrases.said(text) if self.phrases else None

    def head(self, text: str) -> str:
        """The head of a column in the page's language, or as it is."""
        return (self.phrases.head(text) if self.phrases else None) or self.figures(text)

    def alt(self, figure: str, text: str) -> str:
        """The alt text of a figure in the page's language where it is known as a whole, or as any text."""
        said = self.phrases.alt(figure, text) if self.phrases else None
        return self.text(text) if said is None else said

    def drawn(self, figure: str, text: str) -> str:
        """What is written inside a figure, in the page's language where it is ours."""
        return self.phrases.drawn(figure, text) if self.phrases else self._written(text)

    def cell(self, table: str, column: str, text: str) -> str:
        """A cell in the page's words where they are ours, its figures alone where they are the client's.

        `Untold` is what is ours and has no words in the page's language.
        """
        said = self.phrases.cell(table, column, text) if self.phrases else text
        if isinstance(said, Native):
            return said
        written = self._written(text)
        return Untold(written) if isinstance(said, Untold) and text not in _WHOLE else written

    def _written(self, text: T) -> T:
        if text in _WHOLE and not self._plain:
            return type(text)(self.words(f"unit.{_WHOLE[text]}"))
        ends = [] if self._plain else _ends(text)
        if len(ends) == 2:
            return type(text)(self.words("unit.between", low=self._alone(ends[0]), high=self._alone(ends[1])))
        if not self._plain and _lone(text):
            return type(text)(self._alone(text))
        return self.figures(text)

    def figures(self, text: T) -> T:
        """A piece of a sentence with its figures and dates as the locale writes them and its words as they are.

        >>> Local("de").figures("2.8 points")
        '2,8 points'
        """
        if (self._plain and not self._american) or not any(c.isdigit() for c in text):
            return text
        dated = _DATE.sub(self._dated, text) if " " in text else text
        return type(text)(dated if self._plain else self._sub(dated))

    def _alone(self, text: str) -> str:
        """A figure with its unit in the page's words; a day as it is."""
        return text if _ISO.fullmatch(text) else self._tailed(text, self._sub)

    def _tailed(self, text: str, change: Callable[[str], str]) -> str:
        for tail, name in _TAILS.items():
            if text.endswith(tail):
                return f"{change(text.removesuffix(tail))} {self.words(f'unit.{name}')}"
        return change(text)

    def _sub(self, text: str) -> str:
        return re.sub(r"(?<=\w)\.\.(?!\.)", ".", _FIGURE.sub(self._figure, text))

    def _figure(self, found: re.Match[str]) -> str:
        digits, code, scale = self._figures(found["digits"]), found["code"] or "", found["scale"] or ""
        if len(code) > 1 and code[:3] not in _currencies():  # NPS 6 is no money
            return found["sign"] + code + self._sub(found[0].removeprefix(found["sign"] + code))
        if code:
            return self._money(found["sign"], code.rstrip(f" \u00a0{THIN}"), digits, scale) + (found["percent"] or "")
        if scale:
            return f"{found['sign']}{digits}{found['space']}{self.words('unit.' + scale)}"
        return found["sign"] + digits + (found["percent"] or "")

    def _money(self, sign: str, mark: str, digits: str, scale: str) -> str:
        body = digits + (f"{THIN}{self.words('unit.' + scale)}" if scale else "")
        if self._front:
            return f"{sign}{mark}\u00a0{body}"
        return f"{sign}{body}\u00a0{mark}"

    def _figures(self, text: str) -> str:
        return text.translate({ord(","): self._group, ord("."): self._point})

    def _dated(self, found: re.Match[str]) -> str:
        brief = found["month"] in _BRIEF and found["month"] != "May"
        month, year = _BRIEF.get(found["month"]) or _LONG[found["month"]], int(found["year"])
        if self._plain:
            return f"{found['month']} {found['day']}, {year}" if found["day"] else found[0]
        if not found["day"]:
            return self._named(month, year, "abbreviated" if brief else "wide")
        try:
            day = Day(year, month, int(found["day"]))
        except ValueError:
            return found[0]
        return f"{day.day}. {self._named(month, year, 'abbreviated')}" if brief else self.date(day)

    def _named(self, month: int, year: int, width: Literal["wide", "abbreviated"]) -> str:
        return f"{get_month_names(width, context='format', locale=self._locale)[month]} {year}"


@cache
def local(locale: str = DEFAULT) -> Local:
    """The way of a locale, made once."""
    return Local(locale)


@cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())


def _base(locale: str) -> str:
    return locale.replace("_", "-").split("-")[0].lower()


def _lone(text: str) -> bool:
    """Whether a text is one figure with its unit and nothing else."""
    bare = next((text.removesuffix(tail) for tail in _TAILS if text.endswith(tail)), text).rstrip("×")
    return _FIGURE.fullmatch(bare) is not None


def _ends(text: str) -> list[str]:
    """Both ends of what is an interval and nothing else."""
    ends = text.split(" to ")
    return ends if len(ends) == 2 and all(_lone(end) or _ISO.fullmatch(end) for end in ends) else []

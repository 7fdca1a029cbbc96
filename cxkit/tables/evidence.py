"""What a column's name and values say about which canonical column it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb
from rapidfuzz import fuzz

from cxkit.tables import dates, numerals
from cxkit.tables.casting import BLANKS, FALSE_WORDS, NULL_WORDS, TRUE_WORDS
from cxkit.tables.contract import Column
from cxkit.tables.mapping import plain_name
from cxkit.tables.reading import Raw
from cxkit.tables.wordlists import TRANSLATED

SAMPLE = 2000
"""Rows of a file whose values are looked at; the first ones, and the same number spread over the file."""
FIRST_OF_MONTH = re.compile(
    r"\d{4}-\d{2}-01(?:[T ]00:00(?::00(?:\.0+)?)?)?|0?1[./-]\d{1,2}[./-]\d{4}|\d{1,2}/0?1/\d{4}"
)


@dataclass(frozen=True)
class Profile:
    """Shares of a column's filled values that could be this or that."""

    filled: int
    rows: int
    distinct: int
    number: float
    whole: float
    date: float
    month: float
    boolean: float
    values: tuple[str, ...]
    """Distinct values, most frequent first; at most 60."""

    @property
    def unique(self) -> bool:
        """Whether no filled value of the sample occurs twice."""
        return self.filled > 1 and self.distinct == self.filled


def profile(values: Sequence[str | None]) -> Profile:
    """Look at a sample of one column.

    >>> found = profile(["2026-01-01", "2026-02-01", "", None])
    >>> found.filled, found.date, found.month
    (2, 1.0, 1.0)
    """
    filled = [v for value in values if (v := (value or "").strip(BLANKS)) and v.lower() not in NULL_WORDS]
    counts = Counter(filled)
    n = len(filled) or 1

    def share(test: Callable[[str], bool]) -> float:
        return sum(count for value, count in counts.items() if test(value)) / n

    def shape(value: str) -> str:
        return re.sub("[0-9]", "9", value)

    def is_date(value: str) -> bool:
        return dates.form_of(shape(value), months=False) in {"iso", "triple", "short", "named", "compact"} and (
            len(value) != 8 or not value.isdigit() or value[:2] in {"19", "20"}
        )

    def is_month(value: str) -> bool:
        form = dates.form_of(shape(value), months=True)
        if form in dates.ONLY_MONTHS:
            return form != "compact_month" or (value[:2] in {"19", "20"} and "01" <= value[4:] <= "12")
        return form is not None and FIRST_OF_MONTH.fullmatch(value) is not None

    return Profile(
        filled=len(filled),
        rows=len(values),
        distinct=len(counts),
        number=share(lambda v: numerals.numeral(shape(v)).evidence != "bad"),
        whole=share(lambda v: re.fullmatch(r"-?[0-9]+(?:\.0+)?", v) is not None),
        date=share(is_date),
        month=share(is_month),
        boolean=share(lambda v: v.lower() in TRUE_WORDS or v.lower() in FALSE_WORDS),
        values=tuple(value for value, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:60]),
    )


def profiles(con: duckdb.DuckDBPyConnection, raw: Raw) -> dict[str, Profile]:
    """Profile every column of a raw table from a sample that is the same on every run."""
    step = max(1, raw.rows // SAMPLE)
    listed = ", ".join(raw.columns.values())
    rows = con.execute(
        f"SELECT {listed} FROM {raw.relation} WHERE __row <= {SAMPLE} OR __row % {step} = 0 "
        f"ORDER BY __row LIMIT {2 * SAMPLE}"
    ).fetchall()
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(raw.columns)
    return {header: profile(values) for header, values in zip(raw.columns, columns, strict=True)}


def name_score(header: str, names: Sequence[str]) -> tuple[float, str]:
    """How much a header is like one of a column's names, 0 to 1, and the name it is like.

    >>> name_score("case:concept:name", ("ticket_id", "case_concept_name"))
    (0.97, 'case_concept_name')
    """
    plain = plain_name(header)
    plain = TRANSLATED.get(plain, plain)
    if plain == names[0]:
        return 1.0, names[0]
    if plain in names:
        return 0.97, plain
    best = max(names, key=lambda name: (_alike(plain, name), -names.index(name)))
    return _alike(plain, best), best


def _alike(one: str, other: str) -> float:
    spaced = one.replace("_", " "), other.replace("_", " ")
    return round(0.9 * max(fuzz.ratio(*spaced), fuzz.token_sort_ratio(*spaced)) / 100, 3)


def fits(column: Column, found: Profile) -> tuple[bool, str]:
    """Whether a column's values could be what the contract wants, and why or why not."""
    if not found.filled:
        return True, "it is empty"
    most = 0.95
    match column.type:
        case "money" | "number":
            return found.number >= most and found.date < most, f"{found.number:.0%} of values are numbers"
        case "integer":
            return found.whole >= most, f"{found.whole:.0%} of values are whole numbers"
        case "month":
            return found.month >= most, f"{found.month:.0%} of values are months or first days of months"
        case "date" | "timestamp":
            return found.date >= most, f"{found.date:.0%} of values are dates"
        case "boolean":
            return found.boolean >= most, f"{found.boolean:.0%} of values say yes or no"
        case _:
            dated = found.date >= most and found.number < most
            return not dated, "values are dates" if dated else "values are text"

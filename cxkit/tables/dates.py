"""Days and moments as people and systems write them, read without guessing which number is the month.

Without an offset a moment is in the client's time zone; what is kept is naive UTC. A local time that the clock
skips in spring is read as one hour later; one that it repeats in autumn as the second, standard-time one.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from cxkit.tables.cut import text_literal

Form = Literal[
    "iso",
    "triple",
    "short",
    "named",
    "year_month",
    "month_year",
    "compact",
    "compact_month",
    "serial",
    "epoch",
    "epoch_ms",
]
ORDERS = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}

CLOCK = r"(?:[T ]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?)?"
HALF = r"(?: ?[AaPp]\.?[Mm]\.?)?"
OFFSET = r"(?: ?(?:Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))"
NAME = (
    r"(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
FORMS: dict[Form, str] = {
    "iso": rf"[0-9]{{4}}[-/.][0-9]{{1,2}}[-/.][0-9]{{1,2}}{CLOCK}{HALF}{OFFSET}?",
    "triple": rf"[0-9]{{1,2}}[-/. ][0-9]{{1,2}}[-/. ][0-9]{{4}},?{CLOCK}{HALF}{OFFSET}?",
    "short": rf"[0-9]{{1,2}}[-/.][0-9]{{1,2}}[-/.][0-9]{{2}},?{CLOCK}{HALF}{OFFSET}?",
    "named": rf"(?:[0-9]{{1,2}}[- .]+)?{NAME}[- ]?(?:[0-9]{{1,2}},? )?[0-9]{{2,4}}{CLOCK}",
    "year_month": r"[0-9]{4}[-/.]?M?[0-9]{2}|[0-9]{4}[-/.][0-9]{1,2}",
    "month_year": r"[0-9]{1,2}[-/.][0-9]{4}",
    "compact": r"[0-9]{8}",
    "compact_month": r"[0-9]{6}",
    "serial": r"[0-9]{5}(?:\.[0-9]+)?",
    "epoch": r"[0-9]{10}",
    "epoch_ms": r"[0-9]{13}",
}
PATTERNS = {form: re.compile(rule) for form, rule in FORMS.items()}
ONLY_MONTHS: frozenset[Form] = frozenset({"year_month", "month_year", "compact_month"})
NAMED = tuple(
    f"{day}{clock}"
    for day in (
        *(
            "%d %b %Y",
            "%d-%b-%Y",
            "%d-%b-%y",
            "%d %B %Y",
            "%d. %B %Y",
            "%d. %b %Y",
            "%b %d, %Y",
            "%B %d, %Y",
            "%b %d %Y",
        ),
        *("%B %d %Y", "%b %Y", "%B %Y", "%b-%Y", "%b-%y", "%b %y", "%B-%Y", "%d-%B-%Y", "%d %b %y"),
    )
    for clock in ("", " %H:%M", " %H:%M:%S")
)
HALF_DAY = (
    "%Y-%m-%d %I:%M %p",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y-%m-%d %I:%M:%S.%f %p",
    "%Y-%m-%d %I:%M%p",
    "%Y-%m-%d %I:%M:%S%p",
)


def form_of(shape: str, *, months: bool) -> Form | None:
    """Which form a value's shape has; forms that name no day count only where `months` are wanted.

    >>> form_of("9999-99-99T99:99:99+99:99", months=False), form_of("99/99/9999", months=False)
    ('iso', 'triple')
    >>> form_of("99/9999", months=False), form_of("99/9999", months=True), form_of("n.n.", months=True)
    (None, 'month_year', None)
    """
    for form, rule in PATTERNS.items():
        if rule.fullmatch(shape) and (months or form not in ONLY_MONTHS):
            return form
    return None


def order_of(first: int, second: int, *, always_first: bool, always_second: bool, months: bool) -> str:
    """Day-month order from the largest first and second numbers: dmy, mdy, ``?`` undecided, ``!`` both seen.

    `always_first` says that the first number is 1 in every value (`always_second` likewise): a column of months
    is then written as first days of months.

    >>> order_of(31, 12, always_first=False, always_second=False, months=False)
    'dmy'
    >>> order_of(12, 12, always_first=False, always_second=False, months=False)
    '?'
    """
    if first > 12 and second > 12:
        return "!"
    if first > 12:
        return "dmy"
    if second > 12:
        return "mdy"
    if months and always_first and second > 1:
        return "dmy"
    if months and always_second and first > 1:
        return "mdy"
    return "?"


def iso_sql(text: str, forms: Collection[str], order: str) -> str:
    """SQL: the value rewritten year first, where its form is one of `forms`; other values unchanged."""
    day, month = ("\\1", "\\2") if order != "mdy" else ("\\2", "\\1")
    cases: list[str] = []

    def rewrite(rule: str, target: str) -> None:
        whole = text_literal(f"^{rule}$")
        cases.append(
            f"WHEN regexp_matches({text}, {whole}) THEN regexp_replace({text}, {whole}, {text_literal(target)})"
        )

    if "triple" in forms:
        rewrite(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4}),?(.*)", f"\\3-{month}-{day}\\4")
    if "short" in forms:
        for century, years in (("19", "[7-9][0-9]"), ("20", "[0-6][0-9]")):
            target = f"{century}\\1-\\2-\\3\\4" if order == "ymd" else f"{century}\\3-{month}-{day}\\4"
            year, last = (f"({years})", "([0-9]{1,2})") if order == "ymd" else ("([0-9]{1,2})", f"({years})")
            rewrite(rf"{year}[-/.]([0-9]{{1,2}})[-/.]{last},?((?:[T ].*)?)", target)
    if "year_month" in forms:
        rewrite(r"([0-9]{4})[-/.]?M?([0-9]{1,2})", "\\1-\\2-01")
    if "month_year" in forms:
        rewrite(r"([0-9]{1,2})[-/.]([0-9]{4})", "\\2-\\1-01")
    if "compact" in forms:
        rewrite(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})", "\\1-\\2-\\3")
    if "compact_month" in forms:
        rewrite(r"((?:19|20)[0-9]{2})([0-9]{2})", "\\1-\\2-01")
    if "iso" in forms:
        rewrite(r"([0-9]{4})[/.]([0-9]{1,2})[/.]([0-9]{1,2})(.*)", "\\1-\\2-\\3\\4")
    return f"CASE {' '.join(cases)} ELSE {text} END" if cases else text


def moment_sql(text: str, forms: Collection[str], order: str, zone: str, *, local: bool, strptime: str = "") -> str:
    """SQL: the value as a timestamp, local in `zone` or (not `local`) in UTC; null when it is none."""
    literal = text_literal(zone)

    def naive(sql: str) -> str:
        return sql if local else f"timezone('UTC', timezone({literal}, {sql}))"

    def aware(sql: str) -> str:
        return f"timezone({literal if local else text_literal('UTC')}, {sql})"

    if strptime:
        parsed = f"try_strptime({text}, {text_literal(strptime)})"
        return aware(parsed) if "%z" in strptime else naive(parsed)
    iso = iso_sql(text, forms, order)
    has_offset = f"regexp_matches({text}, {text_literal(f':[0-9]{{2}}(?:[.,][0-9]+)?{HALF}{OFFSET}$')})"
    cleaned = f"replace(regexp_replace({iso}, ' ?(UTC|GMT)$', 'Z'), ',', '.')"
    commas = f"replace({iso}, ',', '.')"
    halves = f"[{', '.join(map(text_literal, HALF_DAY))}]"
    upper = f"regexp_replace(upper({iso}), ' ?([AP])[.]?M[.]?$', ' \\1M')"
    is_half = f"regexp_matches({iso}, {text_literal('[0-9] ?[AaPp][.]?[Mm][.]?$')})"
    # the engine's own cast passes over what follows the time, so the whole value is matched first
    is_plain = f"regexp_full_match({iso}, {text_literal(f'[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}{CLOCK}')})"
    plain = (
        f"CASE WHEN {is_half} THEN {naive(f'try_strptime({upper}, {halves})')} "
        f"WHEN {is_plain} THEN {naive(f'TRY_CAST({commas} AS TIMESTAMP)')} END"
    )
    cases = [f"WHEN {has_offset} THEN {aware(f'TRY_CAST({cleaned} AS TIMESTAMPTZ)')}"]
    if "serial" in forms:
        days = f"TRY_CAST({text} AS DOUBLE)"
        since = f"TIMESTAMP '1899-12-30' + to_microseconds(CAST(round({days} * 86400) * 1000000 AS BIGINT))"
        inside = f"CASE WHEN {days} BETWEEN 20000 AND 80000 THEN {naive(since)} END"
        cases.append(f"WHEN regexp_full_match({text}, {text_literal(FORMS['serial'])}) THEN {inside}")
    for form, unit in (("epoch", 1_000_000), ("epoch_ms", 1_000)):
        if form in forms:
            instant = f"make_timestamp(TRY_CAST({text} AS BIGINT) * {unit})"
            utc = f"timezone({literal}, timezone('UTC', {instant}))" if local else instant
            cases.append(f"WHEN regexp_full_match({text}, '{FORMS[form]}') THEN {utc}")  # type: ignore[index]
    if "named" in forms:
        listed = ", ".join(map(text_literal, NAMED))
        cases.append(
            f"WHEN regexp_full_match({text}, {text_literal(FORMS['named'])}) "
            f"THEN {naive(f'try_strptime({text}, [{listed}])')}"
        )
    return f"CASE {' '.join(cases)} ELSE {plain} END"

"""From text to the contract's type: decided per column, told per value.

`decide` looks at the shapes of a column's values (digits read as 9) and fixes how it is written; `typed_sql`
casts by that decision. A value that cannot be cast is never a silent null: it becomes a `Problem` with its rows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from cxkit.tables import dates, numerals
from cxkit.tables.contract import Column
from cxkit.tables.cut import quoted, text_literal
from cxkit.tables.problems import Problem, masked

NULL_WORDS = (
    *(
        "",
        "null",
        "(null)",
        "\\n",
        "nil",
        "none",
        "n/a",
        "n.a.",
        "n.a",
        "na",
        "nan",
        "nat",
        "<na>",
        "-",
        "--",
        "–",
        "—",
    ),
    *("#n/a", "#nv", "#n/v", "#null!", "k.a.", "k. a.", "unknown date", "0000-00-00", "0000-00-00 00:00:00"),
)
TRUE_WORDS = (
    "true",
    "t",
    "yes",
    "y",
    "1",
    "1.0",
    "on",
    "ja",
    "j",
    "oui",
    "o",
    "si",
    "sí",
    "s",
    "sim",
    "x",
    "wahr",
    "vrai",
)
FALSE_WORDS = ("false", "f", "no", "n", "0", "0.0", "off", "nein", "non", "não", "falsch", "faux")
BLANKS = " \t\r\n\u00a0\u200b\ufeff"
BEFORE_DIGITS = "-+−–($€£¥ \u00a0"
SHAPES = 3000
"""Shapes of one column that are looked at; a column with more is not numbers or dates."""


@dataclass(frozen=True)
class Hints:
    """What the mapping says about how a column is written."""

    decimal: str = ""
    date_format: str = ""
    """``dmy``, ``mdy``, ``ymd`` or a strptime format."""
    timezone: str = ""
    factor: str = "1"
    native_number: bool = False
    """The file itself declares the column to be numbers."""


@dataclass(frozen=True)
class Decision:
    """How one column's values are written."""

    decimal: str = "."
    plain: bool = True
    percent: bool = False
    forms: tuple[str, ...] = ("iso",)
    order: str = ""
    strptime: str = ""
    zone: str = "UTC"
    factor: str = "1"


@dataclass(frozen=True)
class Shape:
    """One shape of a column's values, how often it occurs and one value that has it."""

    text: str
    small: bool
    count: int
    sample: str


def clean_sql(cell: str, column: Column) -> str:
    """SQL: a cell without surrounding blanks, null where it says that there is nothing."""
    trimmed = f"trim({cell}, {text_literal(BLANKS)})"
    if column.type == "text":
        return f"nullif({trimmed}, '')"
    words = ", ".join(map(text_literal, NULL_WORDS))
    return f"CASE WHEN lower({trimmed}) IN ({words}) THEN NULL ELSE {trimmed} END"


def shapes(con: duckdb.DuckDBPyConnection, relation: str, name: str, where: str = "true") -> list[Shape]:
    """Count the shapes of a text column, most frequent first."""
    value = quoted(name)
    bare = f"ltrim({value}, {text_literal(BEFORE_DIGITS)})"
    rows = con.execute(
        f"SELECT translate({value}, '0123456789', '9999999999') AS shape, "
        f"({bare} LIKE '0.%' OR {bare} LIKE '0,%') AS small, count(*) AS n, min({value}) "
        f"FROM {relation} WHERE {value} IS NOT NULL AND {where} "
        f"GROUP BY ALL ORDER BY n DESC, shape, small LIMIT {SHAPES}"
    ).fetchall()
    return [Shape(str(shape), bool(small), int(count), str(sample)) for shape, small, count, sample in rows]


def decide(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    column: Column,
    hints: Hints,
    *,
    zone: str,
    where: str = "true",
    table: str = "",
    file: str = "",
    source: str = "",
) -> tuple[Decision, Problem | None]:
    """Decide how a column is written from all its values in `relation` (text, cleaned) that satisfy `where`.

    Where the values leave two answers, the second item is the error that says what to write in the mapping.
    """
    own_zone = hints.timezone or zone
    match column.type:
        case "money" | "number" | "integer":
            return _number(con, relation, column, hints, where=where, place=(table, file, source))
        case "date" | "month" | "timestamp":
            return _date(con, relation, column, hints, zone=own_zone, where=where, place=(table, file, source))
        case _:
            return Decision(), None


def _asked(
    column: Column, table: str, file: str, source: str, *, found: str, rule: str, line: str, id: str, count: int
) -> Problem:
    fix = f'say which in the mapping of {table}: "{column.name}": {{"source": "{source or column.name}", {line}}}'
    return Problem(
        id=id,
        kind="type",
        table=table,
        file=file,
        column=source or column.name,
        count=count,
        found=found,
        rule=rule,
        fix=fix,
    )


def _number(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    column: Column,
    hints: Hints,
    *,
    where: str,
    place: tuple[str, str, str],
) -> tuple[Decision, Problem | None]:
    table, file, source = place
    seen = shapes(con, relation, column.name, where)
    read = [(shape, numerals.numeral(shape.text, small=shape.small)) for shape in seen]
    good = [n for _, n in read if n.evidence != "bad"]
    sign = hints.decimal or ("." if hints.native_number else numerals.decide(good))
    n = sum(shape.count for shape, _ in read)
    problem: Problem | None = None
    if sign == "?" and column.type == "integer":
        # whole numbers have no decimals: the sign can only group thousands
        sign = "," if any(g.evidence == "maybe_point" for g in good) else "."
    if sign in "?!":
        undecided = sorted(s.sample for s, g in read if g.evidence not in {"none", "bad"})[:2]
        rule = (
            f"{column.name} is written with one decimal sign: 1.234 may be a thousand or a bit more than one"
            if sign == "?"
            else f"{column.name} is written with one decimal sign, a point or a comma"
        )
        problem = _asked(
            column, table, file, source,
            id="type.decimal_sign", found=" and ".join(masked(v, column) for v in undecided), rule=rule,
            line='"decimal": "," or "."', count=n,
        )  # fmt: skip
        sign = "."
    moneys = sorted({g.money for g in good if g.money})
    if len(moneys) > 1 and problem is None:
        problem = Problem(
            id="type.currencies", kind="type", table=table, file=file, column=source or column.name, count=n,
            found=" and ".join(masked(m) for m in moneys[:3]),
            rule=f"{column.name} holds amounts of one currency; others are named in the column currency",
            fix="export the currency as a column of its own",
        )  # fmt: skip
    percents = {g.percent for g in good}
    if len(percents) > 1 and problem is None:
        problem = Problem(
            id="type.percent", kind="type", table=table, file=file, column=source or column.name, count=n,
            found="values with and without %", rule=f"{column.name} is written in one way",
            fix="export all values with %, or all as fractions",
        )  # fmt: skip
    plain = sign == "." and all(g.plain for _, g in read)
    return Decision(sign, plain, any(percents), factor=hints.factor), problem


def _date(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    column: Column,
    hints: Hints,
    *,
    zone: str,
    where: str,
    place: tuple[str, str, str],
) -> tuple[Decision, Problem | None]:
    table, file, source = place
    if hints.date_format and hints.date_format not in dates.ORDERS:
        return Decision(strptime=hints.date_format, zone=zone), None
    months = column.type == "month"
    seen = shapes(con, relation, column.name, where)
    forms = {form for shape in seen if (form := dates.form_of(shape.text, months=months))}
    ordered = tuple(form for form in dates.FORMS if form in forms)
    if hints.date_format or not forms & {"triple", "short"}:
        return Decision(forms=ordered, order=hints.date_format, zone=zone), None
    value, rule = quoted(column.name), text_literal("^([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]")
    one, two = (f"TRY_CAST(regexp_extract({value}, {rule}, {i}) AS INTEGER)" for i in (1, 2))
    ((first, second, least_first, least_second, differ, n, low, high),) = con.execute(
        f"SELECT max({one}), max({two}), min({one}), min({two}), count(*) FILTER (WHERE {one} <> {two}), count(*), "
        f"min({value}), max({value}) FROM {relation} WHERE regexp_matches({value}, {rule}) AND {where}"
    ).fetchall()
    order = dates.order_of(
        first or 0, second or 0,
        always_first=first == least_first == 1, always_second=second == least_second == 1, months=months,
    )  # fmt: skip
    if order in "?!" and not differ and "short" not in forms:
        order = "dmy"  # every day equals its month: both readings agree
    if order not in "?!":
        return Decision(forms=ordered, order=order, zone=zone), None
    rule_text = (
        f"{column.name} is written day first or month first: no value tells which"
        if order == "?"
        else f"{column.name} is written in one order: some values are day first, others month first"
    )
    problem = _asked(
        column, table, file, source,
        id="type.date_order", found=f"{masked(low, column)} and {masked(high, column)}", rule=rule_text,
        line='"date_format": "dmy" or "mdy"', count=n,
    )  # fmt: skip
    return Decision(forms=ordered, order="dmy", zone=zone), problem


def typed_sql(value: str, column: Column, decision: Decision) -> str:
    """SQL: a cleaned text value as the contract's type; null when it is not one."""
    match column.type:
        case "money" | "number" | "integer":
            return _number_sql(value, column, decision)
        case "date" | "month" | "timestamp":
            local = column.type != "timestamp"
            sql = dates.moment_sql(
                value, decision.forms, decision.order, decision.zone, local=local, strptime=decision.strptime
            )
            return f"TRY_CAST({sql} AS {'DATE' if local else 'TIMESTAMP'})"
        case "boolean":
            true, false = (", ".join(map(text_literal, words)) for words in (TRUE_WORDS, FALSE_WORDS))
            return f"CASE WHEN lower({value}) IN ({true}) THEN true WHEN lower({value}) IN ({false}) THEN false END"
        case "id":
            # Excel turns long numbers into 1.23E+15: the digits are gone, and two ids may have become one
            return f"CASE WHEN NOT regexp_full_match({value}, '[0-9](?:[.,][0-9]+)?[eE][+][0-9]+') THEN {value} END"
        case _:
            return _allowed_sql(value, column)


def _number_sql(value: str, column: Column, decision: Decision) -> str:
    digits = value if decision.plain else numerals.digits_sql(value, decision.decimal)
    if column.type == "money":
        number = f"coalesce(TRY_CAST({digits} AS DECIMAL(26,8)), CAST(TRY_CAST({digits} AS DOUBLE) AS DECIMAL(26,8)))"
        if decision.plain:
            number = f"TRY_CAST({digits} AS DECIMAL(26,8))"
        scale = "CAST({} AS DECIMAL(12,6))"
    else:
        number, scale = f"TRY_CAST({digits} AS DOUBLE)", "{}::DOUBLE"
    if not decision.plain:
        number = f"{numerals.sign_sql(value)} * {number}"
    if decision.percent:
        number = f"({number}) * {scale.format(0.01)}" if column.type == "money" else f"({number}) / 100"
    if decision.factor != "1":
        number = f"({number}) * {scale.format(decision.factor)}"
    match column.type:
        case "money":
            return f"TRY_CAST({number} AS DECIMAL(18,4))"
        case "integer":
            return f"CASE WHEN ({number}) = trunc({number}) THEN TRY_CAST({number} AS BIGINT) END"
        case _:
            return number


def _allowed_sql(value: str, column: Column) -> str:
    if not column.allowed:
        return value
    cases = []
    for word in column.allowed:
        plain = re.sub(r"[\s_-]+", " ", word.lower())
        cases.append(f"WHEN {text_literal(plain)} THEN {text_literal(word)}")
    return f"CASE regexp_replace(lower({value}), '[\\s_-]+', ' ', 'g') {' '.join(cases)} ELSE {value} END"


TYPE_WORDS = {
    "money": ("an amount of money", "write it as 1234.50"),
    "number": ("a number", "write it as 1234.5"),
    "integer": ("a whole number", "write it as 1234"),
    "date": ("a day", "write it as 2026-05-31"),
    "month": ("a month", "write it as 2026-05"),
    "timestamp": ("a day and time", "write it as 2026-05-31 14:30, with +02:00 where it is not local time"),
    "boolean": ("yes or no", "write yes or no"),
    "id": (
        "a key with all its digits",
        "format the column as text in Excel before exporting: 1.23E+15 has lost digits",
    ),
}


def uncastable(
    column: Column,
    table: str,
    file: str,
    source: str,
    *,
    rows: Sequence[int],
    count: int,
    samples: Sequence[str],
    needed: bool,
) -> Problem:
    """Word the values of a column that cannot be cast; where it is not `needed`, the column alone is left out."""
    what, fix = TYPE_WORDS[column.type]
    aside = "" if needed else "; until then the column counts as not supplied"
    return Problem(
        id=f"type.{column.type}",
        kind="type",
        table=table,
        file=file,
        column=source or column.name,
        rows=tuple(rows),
        count=count,
        found=" and ".join(masked(s, column) for s in list(dict.fromkeys(samples))[:2]),
        rule=f"{column.name} is {what}",
        fix=fix + aside,
        severity="error" if needed else "warning",
    )

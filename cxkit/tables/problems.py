"""A problem in a client's data: where it is, what was found, the rule, and what to do about it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from cxkit.formats import listing
from cxkit.records import Record
from cxkit.tables.contract import Column, Severity

LONGEST = 60
"""Characters of a client's value that are shown."""

Kind = Literal["file", "column", "type", "required", "duplicate", "allowed", "range", "reference", "rule", "plausible"]

EMAIL = re.compile(r"[^\s@'\"]+@[^\s@'\"]+\.[^\s@'\"]+")
PHONE = re.compile(r"(?<![\w.-])\+?\(?\d[\d ()/.-]{7,}\d(?![\w-])")
DATE_LIKE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
ECHOED: Mapping[str, tuple[str, ...]] = {
    "required.null": ("file.cut_off", "file.short_rows"),
    "duplicate.key": ("file.overlap",),
    "file.header_twice": ("column.twice",),
}
"""Problems that others bring along, and by which."""
ORDER: Mapping[Severity, int] = {"error": 0, "warning": 1}


class Problem(Record):
    """One thing that is wrong, or cannot be, in one column of one file.

    `rows` are the first five as the file numbers them (the header is row 1) and `count` is how many there
    are. `found` is already fit to be shown: control characters out, personal values masked, at most 60 characters.
    """

    id: str
    """What kind of problem, in fixed words: ``duplicate.key``, ``rule.mrr_not_negative``."""
    kind: Kind
    table: str
    """Canonical table, or an empty string while a file has not been matched to one."""
    file: str = ""
    column: str = ""
    """The column as the file names it where that is known, else as the contract does."""
    rows: tuple[int, ...] = ()
    count: int = 0
    found: str = ""
    rule: str
    fix: str
    severity: Severity = "error"
    in_report: bool = True
    """False for what only concerns rows after `as_of`, or files that are not used: told by `cxkit check` alone."""

    def __str__(self) -> str:
        return text(self)

    @property
    def stops(self) -> bool:
        """Whether the table cannot be used while this stands."""
        return self.severity == "error" and self.in_report and bool(self.table)

    def document(self) -> dict[str, Any]:
        """The problem as JSON for machines, with its sentence."""
        return {**self.model_dump(mode="json"), "text": text(self)}


def text(problem: Problem) -> str:
    """Word a problem: where, what was found, the rule, what to do.

    >>> print(text(Problem(id="type.money", kind="type", table="revenue", file="revenue.csv", column="mrr",
    ...     rows=(3, 7, 9), count=44, found="'abc'", rule="mrr is money", fix="write it as 1234.50")))
    revenue.csv, column mrr, rows 3, 7, 9 and 41 more: found 'abc'; mrr is money; write it as 1234.50
    """
    place = [problem.file or problem.table or "the client folder"]
    if problem.column:
        place.append(f"column{'s' if ', ' in problem.column else ''} {problem.column}")
    if problem.rows:
        more = max(problem.count - len(problem.rows), 0)
        numbers = ", ".join(str(row) for row in problem.rows)
        place.append(f"row{'s' if problem.count > 1 else ''} {numbers}" + (f" and {more:,} more" if more else ""))
    found = f"found {problem.found}" if problem.found else ""
    return ", ".join(place) + ": " + "; ".join(filter(None, [found, problem.rule, problem.fix]))


def suspicion(
    id: str, table: str, column: str, *, found: str, rule: str, fix: str, count: int = 0, severity: Severity = "warning"
) -> Problem:
    """Something that breaks no rule of the contract and still cannot be, or must be known before a figure is read."""
    kind: Kind = "plausible"
    return Problem(
        id=f"plausible.{id}",
        kind=kind,
        table=table,
        column=column,
        found=found,
        rule=rule,
        fix=fix,
        count=count,
        severity=severity,
    )


def plain(value: object) -> str:
    """Make a client's value printable: one line, no control or direction marks, at most 60 characters.

    >>> plain("a\\u202eb\\x00c\\n" + "x" * 80)
    'a·b·c·xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…'
    """
    head = str(value)[: LONGEST + 1]
    clean = "".join("·" if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp", "Co"} else c for c in head)
    return clean[:LONGEST] + ("…" if len(clean) > LONGEST else "")


def masked(value: object, column: Column | None = None) -> str:
    """A value as it may be shown: quoted, and hidden where it is, or looks like, personal data.

    >>> from cxkit.tables.catalogue import CONTRACTS
    >>> masked("Ada Lovelace", CONTRACTS["accounts"].column("account_name"))
    '(a name, 12 characters)'
    >>> masked("ask ada@example.org"), masked("2026-13-01"), masked(None)
    ("'ask (an e-mail address)'", "'2026-13-01'", 'nothing')
    """
    if value is None:
        return "nothing"
    if column is not None and column.personal:
        what = {
            "name": "a name",
            "email": "an e-mail address",
            "phone": "a telephone number",
            "address": "part of an address",
            "free_text": "free text",
        }[column.personal]
        return f"({what}, {len(str(value))} characters)"
    shown = EMAIL.sub("(an e-mail address)", plain(value))
    if not DATE_LIKE.search(shown) and (column is None or column.type in {"id", "text"}):
        shown = PHONE.sub("(a telephone number)", shown)
    return f"'{shown}'"


def examples(values: Iterable[object], column: Column | None = None, *, most: int = 3) -> str:
    """A few distinct values as they may be shown, in the order given.

    >>> examples(["b", "a", "b", "c", "d"])
    "'b', 'a', 'c' and 1 more"
    """
    distinct = list(dict.fromkeys(masked(v, column) for v in values))
    return listing(distinct, most=most)


def ordered(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Errors first, then by table, file, column, kind and first row: the same order on every run."""
    return tuple(
        sorted(problems, key=lambda p: (ORDER[p.severity], p.table, p.file, p.column, p.id, p.rows, p.found, p.rule))
    )


def without_echoes(problems: Iterable[Problem]) -> list[Problem]:
    """Leave out what only repeats another problem: a cell that could not be read is not also told to be empty."""
    given = list(problems)
    return [p for p in given if not any(_echoes(p, other) for other in given)]


def _echoes(problem: Problem, other: Problem) -> bool:
    """Whether `problem` says nothing that `other` has not said of the same rows."""
    if other.table != problem.table or problem.count > max(other.count, len(other.rows)):
        return False
    if not set(problem.rows) <= set(other.rows or problem.rows):
        return False
    if problem.id == "required.null" and other.kind == "type":
        # the rule of a type begins with the canonical column; its column is the file's own header
        return other.file == problem.file and other.rule.split(" ")[0] == problem.column
    return other.id in ECHOED.get(problem.id, ()) and (other.file in ("", problem.file) or other.id == "file.overlap")


def unusable(problems: Sequence[Problem]) -> dict[str, str]:
    """Tables that errors keep from being used, each with the reason a stage gives for its gap.

    >>> p = Problem(id="duplicate.key", kind="duplicate", table="accounts", column="account_id", count=3,
    ...     rule="account_id is unique", fix="keep one")
    >>> unusable([p])
    {'accounts': 'supplied, but account_id is unique (3 rows are not so)'}
    """
    reasons: dict[str, str] = {}
    for problem in ordered(without_echoes(problems)):
        if problem.stops and problem.table not in reasons:
            rows = f" ({problem.count:,} row{'s are' if problem.count != 1 else ' is'} not so)" if problem.count else ""
            reasons[problem.table] = f"supplied, but {problem.rule}{rows}"
    return reasons

"""The tables of the council's pack: actions, business units and challenges, every row led to its finding."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from cxkit import formats
from cxkit.charts.reading import number, rows, text
from cxkit.records import Record, Result
from cxkit.report.blocks import FindingBody
from cxkit.report.inputs import ReportInput
from cxkit.report.words import words

Row = Mapping[Hashable, Any]


class Cell(Record):
    """A number in a table, with the finding it leads to."""

    words: str = "–"
    key: str = ""


class Table(Record):
    """A table whose numbers lead to findings."""

    title: str
    columns: tuple[tuple[str, bool], ...]
    """Name of a column, and whether it holds numbers."""
    rows: tuple[tuple[Cell, ...], ...]


def tables_of(place: str, council: Result, given: ReportInput, bodies: Mapping[str, FindingBody]) -> Iterable[Table]:
    """The tables of one part of the pack; `bodies` are the findings that a cell may lead to, by key."""
    money, w = _Money(given.currency), words(given.locale)
    if place == "actions" and council.has("actions"):
        yield _table(
            w("table.actions"),
            (
                (w("table.role"), False),
                (w("table.what"), False),
                (w("table.kind"), False),
                (w("table.due"), False),
                (w("table.state"), False),
                (w("table.money"), True),
            ),
            [
                (
                    f"govern.council.actions:{text(r, 'owner_role')}",
                    (
                        text(r, "owner_role"),
                        text(r, "action"),
                        text(r, "kind"),
                        text(r, "due")[:10],
                        text(r, "state"),
                        money.words(number(r, "money")),
                    ),
                )
                for r in rows(council, "actions")
            ],
            bodies,
            linked=(5,),
            naming=0,
        )
    if place == "units" and council.has("business_units"):
        yield _table(
            w("table.units"),
            (
                *(
                    (w("table.unit"), False),
                    (w("table.seats"), True),
                    (w("table.revenue"), True),
                    (w("table.kept"), True),
                ),
                *(
                    (w("table.initiatives"), True),
                    (w("table.budget"), True),
                    (w("table.proof"), True),
                    (w("table.freed"), True),
                ),
                *((w("table.decisions"), True), (w("table.tasks"), True), (w("table.overdue"), True)),
            ),
            [
                (
                    f"govern.council.unit:{text(r, 'business_unit')}",
                    (
                        text(r, "business_unit"),
                        _count(r, "seats"),
                        money.words(number(r, "revenue")),
                        "–" if number(r, "grr") is None else formats.quantity(number(r, "grr"), "ratio"),
                        _count(r, "initiatives"),
                        money.words(number(r, "budget")),
                        money.words(number(r, "proven_budget")),
                        money.words(number(r, "freed")),
                        _count(r, "decisions_open"),
                        _count(r, "actions"),
                        _count(r, "overdue"),
                    ),
                )
                for r in rows(council, "business_units")
            ],
            bodies,
            linked=tuple(range(1, 11)),
            naming=0,
        )
    if place == "challenges" and given.challenges:
        yield _table(
            w("table.challenges"),
            (
                (w("table.number"), False),
                (w("table.said"), False),
                (w("table.by"), False),
                (w("table.day"), False),
                (w("table.answer"), False),
            ),
            [
                (
                    c.finding,
                    (
                        bodies[c.finding].title if c.finding in bodies else c.finding,
                        c.says,
                        c.author_role,
                        c.logged,
                        f"{c.answer} ({c.answered})" if c.answer else w("table.open"),
                    ),
                )
                for c in given.challenges
            ],
            bodies,
            linked=(0,),
        )


class _Money:
    def __init__(self, currency: str) -> None:
        self.currency = currency

    def words(self, value: float | None) -> str:
        return "–" if not value else formats.money(value, self.currency)


def _count(row: Row, name: str) -> str:
    value = number(row, name)
    return "–" if not value else f"{value:,.0f}"


def _table(
    title: str,
    columns: tuple[tuple[str, bool], ...],
    given: Sequence[tuple[str, tuple[str, ...]]],
    bodies: Mapping[str, FindingBody],
    *,
    linked: tuple[int, ...],
    naming: int | None = None,
) -> Table:
    """Rows with a finding each; cells in `linked` lead to it, and so does the one that names the row."""
    leads = {*linked, *(() if naming is None else (naming,))}
    made = [
        tuple(
            Cell(words=words or "–", key=key if at in leads and words not in {"", "–"} and key in bodies else "")
            for at, words in enumerate(texts)
        )
        for key, texts in given
    ]
    return Table(title=title, columns=columns, rows=tuple(made))

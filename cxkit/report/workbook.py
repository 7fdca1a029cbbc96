"""``evidence.xlsx``: every table behind a report as a workbook, with a contents sheet; text stays text, always.

The workbook is what a report leaves out for length. It is masked as the page is, counts of a few people are hidden,
and nothing in it computes: what begins like a formula is written as the text it is. Same input, same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from cxkit.records import Record, Result
from cxkit.report.blocks import FigureBody, TableBody, TableColumn
from cxkit.report.cards import Card, cards
from cxkit.report.inputs import ReportInput
from cxkit.report.mask import Mask
from cxkit.report.narrowing import narrowed
from cxkit.report.withheld import Withheld
from cxkit.report.words import Words, words
from cxkit.report.workbook_cells import PEOPLE, Hidden, hidden, plain, values

MADE = datetime(2000, 1, 1)
"""The workbook's date of creation: the same content is the same bytes."""
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
MOST = 20_000
"""Rows of a sheet."""
LONGEST = 32_000
"""Letters of a cell; a spreadsheet holds 32,767."""
BY_ROW = frozenset({"value", "low", "high"})
"""Columns of findings whose unit is that of their row."""
PERCENT, COUNT, PLAIN, DAY = "0.0%", "#,##0", "#,##0.####", "yyyy-mm-dd"
FORMATS = {"ratio": PERCENT, "probability": PERCENT, "points": PERCENT, "count": COUNT, "people": COUNT}

FINDING = (
    *("key", "stage", "title", "value", "unit", "currency", "low", "high", "level", "n", "period", "grade", "tone"),
    *("initiative", "definition"),
)
"""Fields of a finding that have a column."""


class Sheet(Record):
    """One table, ready to be written."""

    name: str
    """Of the sheet: unique, without what a spreadsheet refuses."""
    title: str
    about: str = ""
    """Where it comes from: ``align.traceability``."""
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[Any, ...], ...]
    units: tuple[tuple[str, str], ...] = ()
    """Unit and currency of each row's value, low and high, where they differ from row to row."""
    note: str = ""
    """What is left out of it, in a sentence."""


def build(given: ReportInput) -> bytes:
    """The workbook of a report as bytes."""
    given = narrowed(given)
    w, mask = words(given.locale), Mask(given.privacy)
    drafts, withheld = (*_front(given, w), *_tables(given)), given.withheld
    sheets = tuple(_masked(_kept(sheet, withheld, w), mask, w, given.privacy.minimum) for sheet in drafts)
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, OPTIONS) as book:
        book.set_properties({"title": mask.masked(given.client), "created": MADE, "author": "", "company": ""})
        pen = _Pen(book, given.currency)
        _contents(book.add_worksheet(w("workbook.back")), sheets, given, pen)
        for sheet in sheets:
            _write(book.add_worksheet(sheet.name), sheet, w, pen)
    return buffer.getvalue()


def _front(given: ReportInput, w: Words) -> Iterable[Sheet]:
    """Findings, the ledger, gaps, definitions, parameters and hashes."""
    snapshot = given.provenance.hashes
    found = _sheet(
        w,
        "findings",
        [*FINDING, "sources", "hashes", "detail", "about"],
        [
            (
                *(getattr(f, name) for name in FINDING),
                ", ".join(f.sources),
                ", ".join(snapshot.get(s, "")[:12] for s in f.sources),
                f.detail,
                f.about,
            )
            for f in given.findings
        ],
    )
    yield found.model_copy(update={"units": tuple((str(f.unit), f.currency) for f in given.findings)})
    if chains := cards(given):
        yield _ledger(chains, given, w)
    yield _sheet(
        w,
        "gaps",
        ["id", "what", "reason", "needs"],
        [
            (g.id, g.what, g.reason, "; ".join(f"{m.name} ({', '.join(m.columns)})" for m in g.needs))
            for g in given.gaps
        ],
    )
    yield _sheet(
        w,
        "definitions",
        ["id", "name", "words", "convention", "minimum_n"],
        [(d.id, d.name, d.words, d.convention, d.minimum_n) for d in given.definitions],
    )
    shown = [(n, v) for _, held in sorted(given.provenance.parameters.items()) for n, v in sorted(held.items())]
    yield _sheet(w, "parameters", ["name", "value"], [(n, str(v)) for n, v in shown])
    yield _sheet(w, "snapshot", ["table", "hash"], sorted(snapshot.items()))


def _ledger(chains: Sequence[Card], given: ReportInput, w: Words) -> Sheet:
    """One row per initiative, from goal to decision: what each station says, its grade or gap, the data behind it."""
    hashes, found = given.provenance.hashes, {f.key: f for f in given.findings}
    stations = tuple(step.label for step in max(chains, key=lambda card: len(card.steps)).steps)
    rows = []
    for card in chains:
        said = {step.label: " · ".join(filter(None, (step.text, step.grade, step.word))) for step in card.steps}
        told = [found[step.key] for step in card.steps if step.key in found]
        sources = sorted({source for f in told for source in f.sources})
        keys = ", ".join(dict.fromkeys(f.key for f in told))
        behind = ", ".join(f"{s} {hashes.get(s, '')[:12]}".strip() for s in sources)
        rows.append((card.id, card.name, card.verdict, card.grade, *(said.get(s, "") for s in stations), keys, behind))
    heads = ("initiative_id", "initiative", "verdict", "grade", *stations, "findings", "sources")
    return _sheet(w, "ledger", heads, rows)


def _tables(given: ReportInput) -> Iterable[Sheet]:
    """Every table of every result, with the words and units a notebook showed it with."""
    known, titles = _shown(given)
    own = ("back", "findings", "ledger", "gaps", "definitions", "parameters", "snapshot")
    taken = {words(given.locale)(f"workbook.{name}").casefold() for name in own}
    for result in given.results:
        for name in sorted(result.tables):
            table = result.tables[name]
            if table.num_columns:
                about = f"{result.stage}.{result.name}"
                columns = tuple(_column(field.name, about, known) for field in table.schema)
                yield Sheet(
                    name=_unique(f"{_short(result)} {name}", taken),
                    title=titles.get(f"{about}.{name}", name.replace("_", " ").capitalize()),
                    about=about,
                    columns=columns,
                    rows=values(table, MOST),
                    note=str(table.num_rows - MOST) if table.num_rows > MOST else "",
                )


def _shown(given: ReportInput) -> tuple[dict[tuple[str, str], TableColumn], dict[str, str]]:
    """How notebooks showed columns, by (stage, column), and the titles of the tables they showed."""
    columns: dict[tuple[str, str], TableColumn] = {}
    titles: dict[str, str] = {}
    for stage, blocks in given.blocks.items():
        for block in blocks:
            body = block.body.data if isinstance(block.body, FigureBody) else block.body
            if isinstance(body, TableBody):
                titles.setdefault(block.id, body.title)
                for column in body.columns:
                    columns.setdefault((stage, column.name), column)
    return columns, titles


def _column(name: str, about: str, known: Mapping[tuple[str, str], TableColumn]) -> TableColumn:
    found = known.get((about.split(".", maxsplit=1)[0], name))
    unit = "people" if name in PEOPLE else found.unit if found else ""
    return TableColumn(name=name, label=found.label if found else name.replace("_", " "), unit=unit)


def _sheet(w: Words, key: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> Sheet:
    """A sheet of ours, named and headed in the client's language; a column without words of ours keeps its name."""
    heads = {name: f"workbook.column.{name}" for name in names}
    columns = tuple(TableColumn(name=n, label=w(at) if at in w.keys else n) for n, at in heads.items())
    title = w(f"workbook.{key}")
    return Sheet(name=title[:31], title=title, columns=columns, rows=tuple(tuple(plain(v) for v in r) for r in rows))


def _kept(sheet: Sheet, withheld: Withheld, w: Words) -> Sheet:
    """A sheet without the words of findings that this audience may not read."""
    if not withheld:
        return sheet
    told: dict[Any, bool] = {}

    def change(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value not in told:
            told[value] = value in withheld.keys or withheld.told(value)
        return w("unit.hidden") if told[value] else value

    rows = tuple(tuple(change(value) for value in row) for row in sheet.rows)
    title = sheet.about or sheet.name if withheld.told(sheet.title) else sheet.title
    return sheet.model_copy(update={"rows": rows, "title": title})


def _masked(sheet: Sheet, mask: Mask, w: Words, minimum: int) -> Sheet:
    """A sheet without people, and with counts of a few of them hidden."""
    known: dict[str, str] = {}

    def change(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value not in known:
            known[value] = mask.masked(value)
        return known[value]

    rows = [[change(value) for value in row] for row in sheet.rows]
    note = w("workbook.left_out", rows=f"{int(sheet.note):,}", most=f"{MOST:,}") if sheet.note else ""
    found = hidden(sheet.columns, rows, minimum) if mask.privacy.on else Hidden()
    for y, x in found.cells:
        rows[y][x] = w("unit.hidden")
    if found.cells:
        note = " ".join(filter(None, [note, w("unit.few_hidden", minimum=minimum)]))
    changed = {"rows": tuple(map(tuple, rows)), "title": mask.masked(sheet.title), "note": note}
    return sheet.model_copy(update=changed)


class _Pen:
    """The formats of a workbook, made once each."""

    def __init__(self, book: xlsxwriter.Workbook, currency: str) -> None:
        self.book, self.currency = book, re.sub(r"[^A-Z]", "", currency)[:3]
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.soft = book.add_format({"font_color": "#54656f", "text_wrap": True, "valign": "top"})
        self.head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        self.text = book.add_format({"text_wrap": True, "valign": "top"})
        self.link = book.add_format({"font_color": "#0b6460", "underline": 1, "valign": "top"})
        self._numbers: dict[str, Format] = {}

    def number(self, form: str) -> Format:
        """The format for numbers written like this."""
        if form not in self._numbers:
            self._numbers[form] = self.book.add_format({"num_format": form, "valign": "top"})
        return self._numbers[form]

    def of(self, value: Any, unit: str, currency: str = "") -> Format:
        """The format of one number or day; `currency` is that of the number, where it is not the client's."""
        if isinstance(value, date):
            return self.number(DAY)
        if unit == "money":
            code = re.sub(r"[^A-Z]", "", currency)[:3] or self.currency
            return self.number(f'#,##0.00 "{code}"' if code else "#,##0.00")
        return self.number(FORMATS.get(unit) or (COUNT if float(value).is_integer() and not unit else PLAIN))


def _contents(page: Worksheet, sheets: Sequence[Sheet], given: ReportInput, pen: _Pen) -> None:
    """The first sheet: whose workbook it is, and a line with a link for every other."""
    w, client = words(given.locale), Mask(given.privacy).masked(given.client)
    page.write_string(0, 0, w("workbook.title", client=client), pen.title)
    told = w("workbook.about", day=given.as_of.isoformat(), audience=given.audience, snapshot=given.provenance.snapshot)
    page.write_string(1, 0, told)
    page.write_string(2, 0, w("workbook.rule"))
    page.write_string(3, 0, w(f"holds.{given.audience}"))
    for x, (key, width) in enumerate((("sheet", 34), ("holds", 70), ("from", 28), ("rows", 10))):
        page.write_string(4, x, w(f"workbook.head_{key}"), pen.head)
        page.set_column(x, x, width)
    for y, sheet in enumerate(sheets, 5):
        page.write_url(y, 0, f"internal:'{sheet.name}'!A1", pen.link, sheet.name)
        page.write_string(y, 1, _cut(sheet.title), pen.text)
        page.write_string(y, 2, sheet.about, pen.text)
        page.write_number(y, 3, len(sheet.rows), pen.number(COUNT))
    page.freeze_panes(5, 1)
    _printed(page, 4)


def _write(page: Worksheet, sheet: Sheet, w: Words, pen: _Pen) -> None:
    page.write_string(0, 0, _cut(sheet.title), pen.title)
    page.write_url(1, 0, f"internal:'{w('workbook.back')}'!A1", pen.link, w("workbook.back"))
    if sheet.note:
        page.write_string(1, 1, sheet.note)
    for x, column in enumerate(sheet.columns):
        page.write_string(3, x, _cut(column.label), pen.head)
        page.set_column(x, x, _width(column.label, [row[x] for row in sheet.rows]))
    for y, row in enumerate(sheet.rows, 4):
        unit, currency = sheet.units[y - 4] if sheet.units else ("", "")
        for x, value in enumerate(row):
            column = sheet.columns[x]
            if isinstance(value, str):
                page.write_string(y, x, _cut(value), pen.text)
            elif isinstance(value, date):
                page.write_datetime(y, x, value, pen.of(value, ""))
            elif isinstance(value, bool):
                page.write_string(y, x, w("unit.yes") if value else w("unit.no"), pen.text)
            elif value is not None:
                own = sheet.units and column.name in BY_ROW
                page.write_number(y, x, value, pen.of(value, *((unit, currency) if own else (column.unit,))))
    page.freeze_panes(4, 1)
    page.autofilter(3, 0, max(3 + len(sheet.rows), 4), max(len(sheet.columns) - 1, 0))
    _printed(page, 3)


def _printed(page: Worksheet, head: int) -> None:
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(head)
    page.set_footer("&L&A&R&P / &N")


def _width(label: str, cells: Sequence[Any]) -> float:
    """Wide enough for most of a column, and no wider than can be read."""
    longest = max((len(v) if isinstance(v, str) else 12 for v in cells[:200] if v is not None), default=8)
    return float(min(60, max(9, min(len(label), 24) + 2, longest + 2)))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _short(result: Result) -> str:
    return f"{result.stage[:4].capitalize()} {result.name}"


def _unique(wanted: str, taken: set[str]) -> str:
    """A name that a spreadsheet accepts and no other sheet has, whatever its capitals."""
    clean = re.sub(r"[\[\]:*?/\\]", "-", wanted).strip("'") or "Table"
    name, number = clean[:31], 2
    while name.casefold() in taken:
        tail = f" {number}"
        name, number = clean[: 31 - len(tail)] + tail, number + 1
    taken.add(name.casefold())
    return name

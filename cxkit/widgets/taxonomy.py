"""The code frame to look through: a theme, what it looks for and catches, and a term tried before it is written down.

It changes nothing: the client's ``taxonomy.yml`` is people's, and the lines to put into it are shown to be copied.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape

import ipywidgets as widgets

from cxkit import formats
from cxkit.charts.reading import Row, number, rows, text
from cxkit.engagement.desk import Desk
from cxkit.instrument.code_frame import CodeFrame
from cxkit.instrument.taxonomy import Taxonomy
from cxkit.instrument.taxonomy_match import caught, themed
from cxkit.instrument.taxonomy_text import folded
from cxkit.records import Finding

EVERY = ""
HEADLINES = ("instrument.taxonomy.coverage", "instrument.taxonomy.loudest", "instrument.taxonomy.new_term")
FEW = 5
"""Answers below which a number is not shown."""
LONGEST = 60


class TaxonomyBrowser:
    """A drop-down over the themes and a box to try a term in; `box` is the widget to display.

    Left alone it shows the batch's headlines and themes: `rows` are the batch's rows of ``themes`` and `shown` its
    findings. Trying a term counts answers in the engine and shows counts alone.
    """

    def __init__(self, desk: Desk, found: Taxonomy, frame: CodeFrame) -> None:
        """Build the browser; without answers in words it says so."""
        self.desk = desk
        self.found = found
        self.frame = frame
        self._themes = rows(found, "themes")
        self._where = _where(found)
        options = [("every theme", EVERY), *((text(r, "name"), text(r, "theme")) for r in self._themes)]
        self.theme = widgets.Dropdown(options=options, value=EVERY, description="theme", layout={"width": "34em"})
        self.term = widgets.Text(description="try a term", placeholder="smart meter, or wait*", continuous_update=False)
        self.reset = widgets.Button(description="Every theme", tooltip="back to what the report shows")
        self.answer, self.tried = widgets.HTML(), widgets.HTML()
        self.counted: Mapping[str, int] | None = None
        self.lines = ""
        self.theme.observe(self._redraw, names="value")
        self.term.observe(self._try, names="value")
        self.reset.on_click(self._reset)
        self.box = widgets.VBox([widgets.HBox([self.theme, self.reset]), self.answer, self.term, self.tried])
        self._redraw()

    @property
    def rows(self) -> list[Row]:
        """Rows of ``themes`` as chosen: all that anybody mentioned, or one."""
        if not self.theme.value:
            return [r for r in self._themes if number(r, "answers")]
        return [r for r in self._themes if text(r, "theme") == self.theme.value]

    @property
    def shown(self) -> tuple[Finding, ...]:
        """The batch's headlines while every theme is chosen."""
        if self.theme.value:
            return ()
        return tuple(f for id in HEADLINES for f in self.found.findings if f.id == id)

    def _reset(self, _: object = None) -> None:
        self.theme.value, self.term.value = EVERY, ""

    def _redraw(self, _: object = None) -> None:
        if not self._themes:
            reason = next((g.reason for g in self.found.gaps), "There are no answers in customers' own words.")
            self.answer.value = f"<p>{escape(reason)}</p>"
            return
        parts = [f'<p style="margin:4px 0">{escape(f.title)}</p>' for f in self.shown]
        parts.append(_table(self.rows))
        if self.theme.value:
            parts += [self._terms(), self._trend(), self._quotes()]
        self.answer.value = "".join(parts)
        self._try()

    def _terms(self) -> str:
        mine = [text(r, "term") for r in rows(self.found, "terms") if text(r, "theme") == self.theme.value]
        return f"<p>It looks for: {escape(', '.join(mine) or 'nothing yet')}</p>"

    def _trend(self) -> str:
        mine = [r for r in rows(self.found, "months") if text(r, "theme") == self.theme.value]
        said = [f"{text(r, 'month')}: {_count(number(r, 'answers'))} of {number(r, 'written') or 0:,.0f}" for r in mine]
        return f"<p>{escape(' · '.join(said))}</p>" if said else ""

    def _quotes(self) -> str:
        mine = [text(r, "quote") for r in rows(self.found, "quotes") if text(r, "theme") == self.theme.value]
        return "".join(f'<blockquote style="margin:4px 12px">“{escape(q)}”</blockquote>' for q in mine)

    def _try(self, _: object = None) -> None:
        term = " ".join(self.term.value.split())[:LONGEST]
        self.counted, self.lines = None, ""
        if not term:
            self.tried.value = ""
            return
        if len(folded(term)) < 2 or not self._where:
            self.tried.value = "<p>Write a word of two letters or more.</p>"
            return
        with themed(self.desk.tables, self.frame, self._where):
            hits, fresh, whole = caught(self.desk.tables, term, "true")
        self.counted = {"hits": hits, "fresh": fresh, "answers": whole}
        said = f"“{term}” would catch {_count(hits)} of {whole:,} answers"
        said += f", {_count(fresh)} of them under no theme yet." if hits >= FEW else "."
        code = self.theme.value or "own.name"
        if self.theme.value:
            self.lines = f"terms:\n  {code}: [{json.dumps(term, ensure_ascii=False)}]"
        else:
            entry = f"{{code: {code}, name: Name of the theme, terms: [{json.dumps(term, ensure_ascii=False)}]}}"
            self.lines = f"themes:\n  - {entry}"
        where = f"data/{self.desk.name}/taxonomy.yml"
        self.tried.value = (
            f"<p>{escape(said)}</p><p>Nothing is saved. To keep it, put into {escape(where)} and raise the version."
            f"</p><pre>{escape(self.lines)}</pre>"
        )

    def _ipython_display_(self) -> None:
        from IPython.display import display  # noqa: PLC0415  only JupyterLab shows a panel

        display(self.box)


def taxonomy(desk: Desk, found: Taxonomy, frame: CodeFrame) -> TaxonomyBrowser:
    """A browser over a client's taxonomy."""
    return TaxonomyBrowser(desk, found, frame)


def _where(found: Taxonomy) -> str:
    """SQL of the batch's window, from its period; empty when nothing was read."""
    if not found.period:
        return ""
    first, last = found.period.split(" to ")[0], found.period.split(" to ")[-1]
    return f"strftime(answered_date, '%Y-%m') >= '{first}' AND strftime(answered_date, '%Y-%m') <= '{last}'"


def _count(value: float | None) -> str:
    """A count, or that it is too small to be told.

    >>> _count(3), _count(0), _count(1200)
    ('fewer than 5', '0', '1,200')
    """
    n = int(value or 0)
    return f"fewer than {FEW}" if 0 < n < FEW else f"{n:,}"


def _table(chosen: list[Row]) -> str:
    heads = ("theme", "answers", "share", "range", "of unhappy answers", "change")
    head = "".join(f'<th style="text-align:left;padding-right:12px">{escape(h)}</th>' for h in heads)
    body = "".join(f"<tr>{''.join(_cell(c) for c in _line(r))}</tr>" for r in chosen)
    return f'<table style="border-collapse:collapse"><tr>{head}</tr>{body}</table>'


def _line(row: Row) -> list[str]:
    answers = number(row, "answers") or 0
    name = f"{text(row, 'name')} ({text(row, 'theme')})"
    if 0 < answers < FEW:
        return [name, _count(answers), "", "", "", ""]
    return [
        name,
        _count(answers),
        formats.quantity(number(row, "share"), "ratio"),
        formats.interval(number(row, "low"), number(row, "high"), "ratio"),
        formats.quantity(number(row, "unhappy_share"), "ratio"),
        formats.quantity(number(row, "change"), "points", signed=True),
    ]


def _cell(words: str) -> str:
    look = "text-align:left;padding:2px 12px 2px 0;border-top:1px solid var(--jp-border-color2,currentColor)"
    return f'<td style="{look}">{escape(words)}</td>'

"""Play triggers: choose a play, move the numbers of its trigger, see today's list and the backtest move, save them."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets as widgets

from cxkit import orchestrate
from cxkit.charts import plays as charts
from cxkit.charts.render import render
from cxkit.charts.svg import PANEL_PAPER, around, safe
from cxkit.engagement.desk import Desk
from cxkit.engagement.parameters import Parameter
from cxkit.engagement.plays import moved, play_book
from cxkit.engagement.store import read_store, write_store
from cxkit.errors import PlaybookError
from cxkit.orchestrate import Play, Plays
from cxkit.orchestrate.plays_terms import CONDITIONS, Slot
from cxkit.records import Finding
from cxkit.widgets.field import Field

SHOWN = ("orchestrate.plays.raised", "orchestrate.plays.backtest", "orchestrate.plays.overdue")
WIDEST = 10_000
"""Limit beyond which a number has a box alone, without a slider."""


class PlayEditor:
    """A panel over the triggers of a client's book of plays; `box` is the widget to display.

    `play` chooses one; `fields` holds a `Field` per number of its trigger, by ``word.number``, `inputs` their boxes;
    `result` is what was computed last and `shown` its findings. Left alone it shows the batch's numbers for the play.
    Saving writes the numbers that were moved into the client's own plays, guarded by the store's revision.
    """

    def __init__(self, desk: Desk) -> None:
        """Build the panel at the first play that can be tried on the past."""
        self.desk = desk
        book = desk.plays
        order = sorted(book.plays, key=lambda p: not p.about_people)
        self.play = widgets.Dropdown(
            options=[(p.name, p.id) for p in order],
            value=order[0].id if order else None,
            description="play",
            style={"description_width": "11em"},
            layout={"width": "40em"},
        )
        self.fields: dict[str, Field] = {}
        self.result: Plays | None = None
        self.shown: tuple[Finding, ...] = ()
        self.rows = widgets.VBox([])
        self.says, self.message, self.apart, self.answer = (widgets.HTML() for _ in range(4))
        self.save = widgets.Button(description="Save for this client", tooltip="the batch will use this trigger")
        self.reset = widgets.Button(description="Throw away", tooltip="back to the trigger of the batch")
        self._held = False
        self.save.on_click(self._save)
        self.reset.on_click(self._reset)
        self.play.observe(self._chosen, names="value")
        buttons = widgets.HBox([self.save, self.reset])
        self.box = widgets.VBox([self.play, self.rows, self.says, buttons, self.message, self.apart, self.answer])
        self._chosen()

    @property
    def inputs(self) -> dict[str, Any]:
        """The boxes of the numbers, by ``word.number``."""
        return {name: one.box for name, one in self.fields.items()}

    @property
    def chosen(self) -> Play:
        """The play as the client's book has it."""
        return self.desk.plays.play(self.play.value)

    def _chosen(self, _: object = None) -> None:
        if self.play.value is None:
            self.message.value = "The book holds no play."
            return
        self.fields = {}
        for condition in self.chosen.when.conditions:
            for name, slot in CONDITIONS[condition.word].slots.items():
                if slot.type in {"number", "whole"}:
                    full = f"{condition.word}.{name}"
                    self.fields[full] = Field(_parameter(full, slot), condition.values[name])
        for one in self.fields.values():
            one.observe(self._redraw)
        self.rows.children = tuple(one.row for one in self.fields.values())
        self._redraw()

    def _numbers(self) -> dict[str, Any]:
        return {name: one.checked() for name, one in self.fields.items() if one.moved}

    def _redraw(self, _: object = None) -> None:
        if self._held:
            return
        try:
            book = play_book(moved(self.desk.store, self.play.value, self._numbers())).only(self.play.value)
        except PlaybookError as problem:
            self.message.value = f"{escape(str(problem))} What stands below is still the answer before."
            return
        settings = self.desk.settings
        self.result = orchestrate.plays(
            self.desk.tables,
            register=book,
            window_months=settings.window_months,
            loop_sla_hours=settings.loop_sla_hours,
        )
        play = book.plays[0]
        self.shown = tuple(f for id in SHOWN for f in self.result.findings if f.id == id)
        self.message.value = ""
        self.says.value = f"<b>When:</b> {escape(play.when.says)}."
        self.apart.value = _apart([one.words for one in self.fields.values() if one.moved])
        self.answer.value = _html(self.result, self.shown, prefix=f"play-{self.box.model_id}")

    def _save(self, _: object) -> None:
        try:
            numbers = self._numbers()
            store = moved(read_store(self.desk.folder), self.play.value, numbers)
            self.desk.store = write_store(self.desk.folder, store, expected=self.desk.store.revision)
        except PlaybookError as problem:
            self.message.value = escape(str(problem))
            return
        self._chosen()
        self.message.value = "Saved. The next run uses this trigger."

    def _reset(self, _: object) -> None:
        self._held = True
        for one in self.fields.values():
            one.back()
        self._held = False
        self._redraw()

    def _ipython_display_(self) -> None:
        from IPython.display import display  # noqa: PLC0415  only JupyterLab shows a panel

        display(self.box)


def play_editor(desk: Desk) -> PlayEditor:
    """A panel over the triggers of the client's plays."""
    return PlayEditor(desk)


def _parameter(name: str, slot: Slot) -> Parameter:
    """A number of a trigger as the panel's field takes it."""
    word, number = name.split(".", 1)
    unit = f", {slot.unit}" if slot.unit else ""
    limits = f"from {slot.low:g} to {slot.high:g}" + (f" in steps of {slot.step}" if slot.step > 1 else "")
    return Parameter(
        name=number,
        kind="int" if slot.type == "whole" else "float",
        default=slot.default,
        meaning=f"{word.replace('_', ' ')}{unit}, {limits}",
        low=slot.low,
        high=slot.high if slot.high <= WIDEST else None,
    )


def _apart(words: list[str]) -> str:
    """Say that these are not the batch's numbers; nothing while they are."""
    if not words:
        return ""
    look = "border-left:4px solid #8f5200;padding:4px 10px;margin:8px 0;font-weight:600"
    return f'<div style="{look}">Not the batch\'s trigger: {escape(", ".join(words))}.</div>'


def _html(result: Plays, shown: tuple[Finding, ...], *, prefix: str) -> str:
    """Findings, why it could not be evaluated, and the figure, as plain HTML."""
    parts = []
    for place, finding in enumerate(shown):
        look = "font-size:16px;font-weight:600;margin:10px 0 6px" if not place else "margin:6px 0 2px;font-weight:600"
        parts.append(f'<div style="{look};line-height:1.4">{escape(finding.title)}</div>')
        parts.append(f'<div style="margin:0 0 4px;line-height:1.4">{escape(finding.detail)}</div>')
    if not any(f.id == SHOWN[0] for f in shown) and not result.gaps:
        parts.insert(0, '<div style="font-size:16px;font-weight:600;margin:10px 0 6px">It names nobody today</div>')
    for gap in result.gaps:
        needs = f" It would take {', '.join(map(str, gap.needs))}." if gap.needs else ""
        parts.append(f"<div>{escape(f'{gap.what}: {gap.reason}{needs}')}</div>")
    if charts.backtest.ready(result):
        drawn = render(lambda: charts.backtest.draw(result), prefix="play")
        if drawn.svg:
            figure = safe(drawn.svg, prefix=prefix, alt=charts.backtest.alt(result))
            parts.append(f'<div style="max-width:860px;margin-top:12px;{around(PANEL_PAPER)}">{figure}</div>')
    return "".join(parts)

"""One input panel for every stage: move an assumption, see the answer move, save it or throw it away.

A panel gets the parameters it may move and a function that computes; it redraws only itself. Left alone it shows the
batch's own number, and says so whenever it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import ipywidgets as widgets

from cxkit.charts.render import Drawing
from cxkit.charts.svg import PANEL_PAPER, around, safe
from cxkit.engagement.desk import Desk
from cxkit.engagement.parameters import REGISTER
from cxkit.engagement.store import read_store, write_store
from cxkit.errors import PlaybookError
from cxkit.records import Finding
from cxkit.widgets.field import Field


@dataclass(frozen=True)
class Answer:
    """What a computation shows: findings (the first is the headline), plain lines, and a figure with its words."""

    findings: tuple[Finding, ...] = ()
    lines: tuple[str, ...] = ()
    """Sentences under the headline."""
    drawing: Drawing = field(default_factory=Drawing)
    alt: str = ""
    """The figure in words; a figure without them is not shown."""


KEPT = 16
"""Computations a panel keeps, so that going back to a value, or choosing what to see of an answer, is at once."""
Compute = Callable[..., Sequence[Finding] | Answer]
"""Takes the parameters, and the panel's choices, by name."""


class Panel:
    """A panel over one computation.

    `box` is the widget to display; `fields` holds one `Field` per parameter and `inputs` their boxes, by name;
    `choices` one `Dropdown` per thing to choose that is not an assumption and is never saved; `answered` what it
    shows now and `shown` the findings of it.
    """

    def __init__(
        self,
        desk: Desk,
        names: Sequence[str],
        compute: Compute,
        choices: Mapping[str, Sequence[tuple[str, Any]]] | None = None,
        allowed: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Build the panel at the desk's settled values; raises `KeyError` for a name that is no parameter."""
        among = {name: tuple(values) for name, values in (allowed or {}).items()}
        self.desk = desk
        self.compute = compute
        self.answered = Answer()
        moved = {name: REGISTER[name] for name in names}
        moved |= {name: moved[name].model_copy(update={"choices": among[name]}) for name in among}
        self.fields = {name: Field(one, getattr(desk.settings, name)) for name, one in moved.items()}
        self.inputs = {name: one.box for name, one in self.fields.items()}
        self.choices = {name: _choice(name, options) for name, options in (choices or {}).items()}
        self.message, self.apart, self.answer = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.save = widgets.Button(description="Save for this client", tooltip="the batch will use these values")
        self.reset = widgets.Button(description="Throw away", tooltip="back to the values of the batch")
        self._held = False
        for one in self.fields.values():
            one.observe(self._redraw)
        for choice in self.choices.values():
            choice.observe(self._redraw, names="value")
        self.save.on_click(self._save)
        self.reset.on_click(self._reset)
        rows = [*self.choices.values(), *(one.row for one in self.fields.values())]
        buttons = widgets.HBox([self.save, self.reset])
        self.box = widgets.VBox([*rows, buttons, self.message, self.apart, self.answer])
        self._redraw()

    @property
    def values(self) -> dict[str, Any]:
        """The values as they stand in the panel."""
        return {name: one.value for name, one in self.fields.items()}

    @property
    def shown(self) -> tuple[Finding, ...]:
        """The findings it shows now."""
        return self.answered.findings

    def _redraw(self, _: object = None) -> None:
        if self._held:
            return
        try:
            values = {name: one.checked() for name, one in self.fields.items()}
            found = self.compute(**values, **{name: choice.value for name, choice in self.choices.items()})
        except PlaybookError as problem:
            self.message.value = f"{_plain(str(problem))} What stands below is still the answer before."
            return
        self.answered = found if isinstance(found, Answer) else Answer(tuple(found))
        self.message.value = ""
        moved = [one.words for one in self.fields.values() if one.moved]
        self.apart.value = _apart(moved)
        self.answer.value = _html(self.answered, prefix=f"panel-{self.box.model_id}")

    def _save(self, _: object) -> None:
        try:
            store = read_store(self.desk.folder)
            values = {name: one.checked() for name, one in self.fields.items() if one.moved or name in store.parameters}
            saved = store.model_copy(update={"parameters": {**store.parameters, **values}})
            self.desk.store = write_store(self.desk.folder, saved, expected=self.desk.store.revision)
            self.message.value = "Saved. The next run uses these values."
        except PlaybookError as problem:
            self.message.value = _plain(str(problem))

    def _reset(self, _: object) -> None:
        self._held = True
        for one in self.fields.values():
            one.back()
        self._held = False
        self._redraw()

    def _ipython_display_(self) -> None:
        from IPython.display import display  # noqa: PLC0415  only JupyterLab shows a panel

        display(self.box)


def panel(
    desk: Desk,
    names: Sequence[str],
    compute: Compute,
    choices: Mapping[str, Sequence[tuple[str, Any]]] | None = None,
    allowed: Mapping[str, Sequence[str]] | None = None,
) -> Panel:
    """A panel over `names`, showing what `compute` finds at their values.

    `choices` maps a further keyword of `compute` to its options as (words, value); the first is chosen. `allowed` maps
    a parameter that is a text to the values this client has for it: a list is shown in the place of a box.
    """
    return Panel(desk, names, compute, choices, allowed)


def _choice(name: str, options: Sequence[tuple[str, Any]]) -> widgets.Widget:
    return widgets.Dropdown(
        options=list(options),
        value=options[0][1],
        description=name.replace("_", " "),
        style={"description_width": "11em"},
        layout={"width": "34em", "max_width": "calc(100% - 4px)"},
    )


def _apart(moved: Sequence[str]) -> str:
    """Say that these are not the batch's numbers, and what was moved; nothing while they are."""
    if not moved:
        return ""
    look = "border-left:4px solid #8f5200;padding:4px 10px;margin:8px 0;font-weight:600"
    return f'<div style="{look}">Not the batch\'s numbers: {_plain(", ".join(moved))}.</div>'


def _html(answer: Answer, *, prefix: str) -> str:
    """The answer as HTML: headline, lines, further findings, figure; `prefix` keeps its ids apart from others'."""
    parts = [_row(one, first=number == 0) for number, one in enumerate(answer.findings)]
    lines = [f'<div style="margin:2px 0;line-height:1.4">{_plain(line)}</div>' for line in answer.lines]
    return "".join([*parts[:1], *lines, *parts[1:], _figure(answer, prefix)])


def _figure(answer: Answer, prefix: str) -> str:
    if not answer.alt:
        return ""
    if answer.drawing.svg:
        drawn = safe(answer.drawing.svg, prefix=prefix, alt=answer.alt)
    elif answer.drawing.png_base64:
        drawn = f'<img alt="{_plain(answer.alt)}" src="data:image/png;base64,{answer.drawing.png_base64}">'
    else:
        return ""
    return f'<div style="max-width:860px;margin-top:12px;{around(PANEL_PAPER)}">{drawn}</div>'


def _row(finding: Finding, *, first: bool) -> str:
    """One finding of the answer; the first is the headline."""
    look = "font-size:16px;font-weight:600;margin:10px 0 6px" if first else "margin:2px 0"
    return f'<div style="{look};line-height:1.4">{_plain(finding.title)}</div>'


def _plain(text: str) -> str:
    """Text as HTML that shows it and does nothing else."""
    return escape(text)

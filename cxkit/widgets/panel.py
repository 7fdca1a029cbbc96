"""One input panel for every stage: move an assumption, see the answer move, save it or throw it away.

A panel gets the parameters it may move and a function that computes; it redraws only itself. Left alone it shows the
batch's own number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets

from cxkit.engagement.desk import Desk
from cxkit.engagement.parameters import REGISTER, Parameter
from cxkit.engagement.store import read_store, write_store
from cxkit.errors import PlaybookError
from cxkit.records import Finding

Compute = Callable[..., Sequence[Finding]]
"""Takes the parameters by name and returns the findings to show."""


class Panel:
    """A panel of number boxes over one computation.

    `box` is the widget to display; `inputs` holds one number box per parameter, by name; `shown` the
    findings it shows now.
    """

    def __init__(self, desk: Desk, names: Sequence[str], compute: Compute) -> None:
        """Build the panel at the desk's settled values; raises `KeyError` for a name that is no parameter."""
        self.desk = desk
        self.compute = compute
        self.shown: tuple[Finding, ...] = ()
        self.inputs = {name: _input(REGISTER[name], getattr(desk.settings, name)) for name in names}
        self.message = widgets.HTML()
        self.answer = widgets.HTML()
        self.save = widgets.Button(description="Save for this client", tooltip="the batch will use these values")
        self.reset = widgets.Button(description="Throw away", tooltip="back to the values of the batch")
        for field in self.inputs.values():
            field.observe(self._redraw, names="value")
        self.save.on_click(self._save)
        self.reset.on_click(self._reset)
        buttons = widgets.HBox([self.save, self.reset])
        rows = [widgets.HBox([field, _hint(REGISTER[name])]) for name, field in self.inputs.items()]
        self.box = widgets.VBox([*rows, buttons, self.message, self.answer])
        self._redraw()

    @property
    def values(self) -> dict[str, Any]:
        """The values as they stand in the panel."""
        return {name: field.value for name, field in self.inputs.items()}

    def _redraw(self, _: object = None) -> None:
        try:
            self.shown = tuple(self.compute(**self.values))
            self.message.value = ""
        except PlaybookError as problem:
            self.message.value = _plain(str(problem))
            return
        self.answer.value = "".join(_row(finding, first=number == 0) for number, finding in enumerate(self.shown))

    def _save(self, _: object) -> None:
        try:
            store = read_store(self.desk.folder)
            moved = {**store.parameters, **self.values}
            saved = store.model_copy(update={"parameters": moved})
            self.desk.store = write_store(self.desk.folder, saved, expected=self.desk.store.revision)
            self.message.value = "Saved. The next run uses these values."
        except PlaybookError as problem:
            self.message.value = _plain(str(problem))

    def _reset(self, _: object) -> None:
        for name, field in self.inputs.items():
            field.value = getattr(self.desk.settings, name)

    def _ipython_display_(self) -> None:
        from IPython.display import display  # noqa: PLC0415  only JupyterLab shows a panel

        display(self.box)


def panel(desk: Desk, names: Sequence[str], compute: Compute) -> Panel:
    """A panel over `names`, showing what `compute` finds at their values."""
    return Panel(desk, names, compute)


def _input(parameter: Parameter, value: float | None) -> widgets.Widget:
    """A number box with the parameter's limits and its meaning as a hint."""
    whole = parameter.kind == "int"
    kind = widgets.BoundedIntText if whole else widgets.BoundedFloatText
    low = parameter.low if parameter.low is not None else 0
    high = parameter.high if parameter.high is not None else 1e12
    return kind(
        value=value if value is not None else low,
        min=int(low) if whole else low,
        max=int(high) if whole else high,
        step=1 if whole else (high - low) / 100 if high <= 1 else 1000,
        description=parameter.name.replace("_", " "),
        tooltip=parameter.meaning,
        style={"description_width": "11em"},
    )


def _hint(parameter: Parameter) -> widgets.Widget:
    """What a parameter means, beside its box."""
    return widgets.HTML(f'<span style="color:var(--jp-ui-font-color2)">{_plain(parameter.meaning)}</span>')


def _row(finding: Finding, *, first: bool) -> str:
    """One finding of the answer; the first is the headline."""
    look = "font-size:16px;font-weight:600;margin:10px 0 6px" if first else "margin:2px 0"
    return f'<div style="{look};line-height:1.4">{_plain(finding.title)}</div>'


def _plain(text: str) -> str:
    """Text as HTML that shows it and does nothing else."""
    return escape(text)

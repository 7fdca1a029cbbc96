"""One assumption as a widget: a slider paired with a number box, a list of choices, or a tick.

The slider and the box hold one value: what moves one moves the other, in the kernel, so that a test that drives them
sees what a person sees. The box takes any number; the panel words one that its parameter does not allow.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as widgets

from cxkit.engagement.parameters import Parameter, typed
from cxkit.formats import number

STEPS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
TIMES = "×"
HINT = "line-height:1.35;padding:5px 0;opacity:.78"
NONE = "none"
"""What a list of choices holds for a parameter that is left unset."""
WIDE, NUMBER = "11em", "8em"
"""Widths of a name and of a number box."""


class Field:
    """A parameter with the widgets that move it.

    `box` holds the value (a number box, a `Dropdown` or a `Checkbox`); `slider` is beside it where the parameter has
    two limits, else None; `row` is what is shown.
    """

    def __init__(self, parameter: Parameter, settled: Any) -> None:
        """Stand at the settled value; None, for one that may be unset, is shown as its lowest value."""
        self.parameter = parameter
        self.settled = settled
        self.slider: widgets.Widget | None = None
        label = parameter.name.replace("_", " ")
        if parameter.choices:
            unset = [("as declared", NONE)] if parameter.kind.startswith("Optional") else []
            chosen = NONE if settled is None else settled
            options = [*unset, *((choice, choice) for choice in parameter.choices)]
            self.box = widgets.Dropdown(options=options, value=chosen, layout={"width": "23em"})
        elif parameter.kind == "bool":
            self.box = widgets.Checkbox(value=bool(settled))
        elif "float" in parameter.kind or "int" in parameter.kind:
            whole = "int" in parameter.kind
            start = settled if settled is not None else parameter.low or 0
            self.box = (widgets.IntText if whole else widgets.FloatText)(
                value=start, step=1 if whole else _step(parameter), layout={"width": NUMBER}
            )
            self.slider = _slider(parameter, start, whole=whole)
        else:
            self.box = widgets.Text(value=str(settled or ""), layout={"width": "23em"})
        self.box.tooltip = parameter.meaning
        self._start = self.box.value
        if self.slider is not None:
            self.slider.observe(self._slid, names="value")
            self.box.observe(self._typed, names="value")
        named = self.slider or self.box
        named.description, named.style.description_width = label, WIDE
        if self.slider is None and self.box.layout.width == NUMBER:
            self.box.layout.width = "19em"
        hint = widgets.HTML(f'<div style="{HINT}">{escape(parameter.meaning)}</div>', layout={"flex": "1 1 12em"})
        parts = [part for part in (self.slider, self.box, hint) if part is not None]
        self.row = widgets.HBox(parts, layout={"flex_flow": "row wrap"})

    @property
    def value(self) -> Any:
        """The value as it stands; None while one that was unset has not been touched."""
        return None if self.settled is None and self.box.value == self._start else self.box.value

    @property
    def moved(self) -> bool:
        """Whether it stands elsewhere than the batch has it."""
        return bool(self.value != self.settled)

    def checked(self) -> Any:
        """The value in its parameter's type; raises `ParameterError` in words for one it does not allow."""
        return typed(self.parameter, self.value, where="This panel")

    def back(self) -> None:
        """Stand at the settled value again."""
        self.box.value = self._start

    def observe(self, seen: Callable[[object], None]) -> None:
        """Call `seen` whenever the value moves."""
        self.box.observe(seen, names="value")

    @property
    def words(self) -> str:
        """What was moved, for the sentence that sets it apart from the batch."""
        name = self.parameter.name.replace("_", " ")
        if self.parameter.name.endswith("_scale"):
            return f"{name.removesuffix(' scale')} {TIMES} {_plain(self.value)}"
        if self.parameter.name == "ramp_added":
            return f"every ramp {_plain(self.value)} months longer"
        return f"{name} {_plain(self.value)} instead of {_plain(self.settled)}"

    def _slid(self, change: Any) -> None:
        self.box.value = round(change["new"], 9)  # a browser's 0.1 + 0.2 stays 0.3

    def _typed(self, change: Any) -> None:
        """The slider follows as far as it reaches; without writing its own limits back into the box."""
        slider = self.slider
        if slider is not None and slider.min <= change["new"] <= slider.max:
            slider.value = change["new"]


def _slider(parameter: Parameter, start: float, *, whole: bool) -> widgets.Widget | None:
    """A slider over the parameter's limits; none where one of them is open."""
    if parameter.low is None or parameter.high is None:
        return None
    kind = widgets.IntSlider if whole else widgets.FloatSlider
    ends = (int(parameter.low), int(parameter.high)) if whole else (parameter.low, parameter.high)
    # told on release: a case is drawn anew for every value
    return kind(
        value=start,
        min=ends[0],
        max=ends[1],
        step=1 if whole else _step(parameter),
        readout=False,
        continuous_update=False,
        layout={"width": "27em", "max_width": "100%"},
        tooltip=parameter.meaning,
    )


def _step(parameter: Parameter) -> float:
    """A step that crosses the range in some two hundred; 1 where a limit is open.

    >>> from cxkit.engagement.parameters import REGISTER
    >>> _step(REGISTER["discount_rate"]), _step(REGISTER["effect_scale"])
    (0.005, 0.025)
    """
    if parameter.low is None or parameter.high is None:
        return 1.0
    wanted = (parameter.high - parameter.low) / 200
    return next((step for step in STEPS if step >= wanted), STEPS[-1])


def _plain(value: Any) -> str:
    """A value without needless zeros.

    >>> _plain(1.20), _plain(None), _plain("end"), _plain(24)
    ('1.2', 'none', 'end', '24')
    """
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    if isinstance(value, str):
        return value
    text = number(float(value), 4)
    return text.rstrip("0").rstrip(".") if "." in text else text

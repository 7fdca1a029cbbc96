"""Sample-size planner: how many units and weeks it takes to see a change, and what clusters, CUPED and looking cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets
import numpy as np
import pandas as pd

from cxkit.charts.designs import draw_curve
from cxkit.charts.render import render
from cxkit.engagement.parameters import Parameter
from cxkit.errors import PlaybookError
from cxkit.prove.designs import Designs
from cxkit.prove.designs_size import Setting, Size, chance, needed, tuned
from cxkit.records import Finding
from cxkit.widgets.field import Field
from cxkit.widgets.panel import Answer, _apart, _html, _plain

STEPS = 40
BLANK: Mapping[str, Any] = {
    "kind": "binary", "base": 0.10, "worthwhile": 0.02, "spread": None, "arms": 2, "looks": "once", "design": "",
    "traffic": 500.0, "power_wanted": 0.8, "experiment_id": "", "name": "a new test",
}  # fmt: skip
"""What stands in the planner where no experiment is registered."""


class Trial:
    """Numbers to try that are no assumption of the client: nothing is saved.

    `fields` holds one `Field` per number and `inputs` their boxes, by name; `choices` lists; `answered` what is shown.
    """

    def __init__(
        self, compute: Callable[..., Answer], parameters: Sequence[tuple[Parameter, Any]], *, first: widgets.Widget
    ) -> None:
        """Build the panel at the given values; `first` is shown above the numbers."""
        self.compute = compute
        self.answered = Answer()
        self.rows = widgets.VBox([])
        self.message, self.apart, self.answer = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.reset = widgets.Button(description="Throw away", tooltip="back to the values of the batch")
        self.reset.on_click(self._reset)
        self._held = False
        self.box = widgets.VBox([first, self.rows, self.reset, self.message, self.apart, self.answer])
        self.fields: dict[str, Field] = {}
        self.start(parameters)

    @property
    def inputs(self) -> dict[str, Any]:
        """The boxes of the numbers, by name."""
        return {name: one.box for name, one in self.fields.items()}

    @property
    def shown(self) -> tuple[Finding, ...]:
        """The findings it shows now."""
        return self.answered.findings

    def start(self, parameters: Sequence[tuple[Parameter, Any]]) -> None:
        """Stand at these values."""
        self.fields = {one.name: Field(one, value) for one, value in parameters}
        for one in self.fields.values():
            one.observe(self._redraw)
        self.rows.children = tuple(one.row for one in self.fields.values())
        self._redraw()

    def _redraw(self, _: object = None) -> None:
        if self._held:
            return
        try:
            values = {name: one.checked() for name, one in self.fields.items()}
            self.answered = self.compute(moved=any(one.moved for one in self.fields.values()), **values)
        except (PlaybookError, ValueError) as problem:
            self.message.value = f"{_plain(str(problem))} What stands below is still the answer before."
            return
        self.message.value = ""
        self.apart.value = _apart([one.words for one in self.fields.values() if one.moved])
        self.answer.value = _html(self.answered, prefix=f"trial-{self.box.model_id}")

    def _reset(self, _: object) -> None:
        self._held = True
        for one in self.fields.values():
            one.back()
        self._held = False
        self._redraw()

    def _ipython_display_(self) -> None:
        from IPython.display import display  # noqa: PLC0415  only JupyterLab shows a panel

        display(self.box)


class Planner(Trial):
    """The planner over the experiments of a result of `designs`; `experiment` chooses one.

    Left alone it shows the batch's own size, power and weeks of the experiment chosen.
    """

    def __init__(self, found: Designs) -> None:
        """Build the planner at the first experiment whose size is known, or at a new test."""
        rows = found.frame("designs").to_dict("records") if found.has("designs") else []
        told = [{str(k): _known(v) for k, v in row.items()} for row in rows]
        told = [row for row in told if row["needed_total"] is not None and row["design"] != "before_after"]
        blank = {**BLANK, "power_wanted": found.power}
        self.found, self.known = found, {str(row["experiment_id"]): row for row in [*told, blank]}
        self.experiment = widgets.Dropdown(
            options=[(f"{row['name']} {key}".strip(), key) for key, row in self.known.items()],
            value=next(iter(self.known)),
            description="experiment",
            style={"description_width": "11em"},
            layout={"width": "40em"},
        )
        super().__init__(self._answer, _parameters(self.row, found.level), first=self.experiment)
        self.experiment.observe(lambda _: self.start(_parameters(self.row, found.level)), names="value")

    @property
    def row(self) -> dict[str, Any]:
        """What the batch has of the experiment chosen."""
        return dict(self.known[self.experiment.value])

    @property
    def setting(self) -> Setting:
        """What is planned for, as the numbers stand."""
        return _setting(self.row, {name: one.checked() for name, one in self.fields.items()})

    def _answer(self, *, moved: bool, traffic: float, **values: Any) -> Answer:
        row = self.row
        setting = _setting(row, values)
        size = needed(setting)
        if size is None:
            return Answer(lines=("From this level it cannot change by so much, or it would take more than there are.",))
        total = size.total if moved or row.get("needed_total") is None else int(row["needed_total"])
        weeks = total / traffic if traffic > 0 else None
        headline = f"It takes {total:,} units{_arms(setting, size)}"
        headline += f", {weeks:,.0f} weeks at {traffic:,.0f} a week" if weeks is not None else ""
        title = Finding(id="prove.design", stage="prove", title=headline, value=float(total), unit="count")
        lines = _lines(setting, size)
        if moved and row.get("needed_total") is not None:
            batch = int(row["needed_total"])
            lines.insert(0, f"The batch says {batch:,}; this is {total / batch:.2f} times as many.")
        has = float(row.get("has_total") or 0)
        share, planned = size.control / size.total, tuned(setting)
        sizes = np.linspace(size.total / STEPS, 1.6 * size.total, STEPS)
        points = [(float(n), chance(setting, float(n) * share, planned=planned)) for n in sizes]
        near = has if has <= 1.6 * size.total else 0.0
        drawing = render(lambda: draw_curve(points, takes=size.total, wanted=setting.power, has=near), prefix="planner")
        half = min(points, key=lambda p: abs(p[1] - 0.5))
        alt = (
            f"Curve of the chance to see the change against units: {setting.power:.0%} at {size.total:,}, about "
            f"{half[1]:.0%} at {half[0]:,.0f}."
        )
        return Answer((title,), tuple(lines), drawing, alt)


def planner(found: Designs) -> Planner:
    """A sample-size planner over the registered experiments."""
    return Planner(found)


def _setting(row: Mapping[str, Any], values: Mapping[str, Any]) -> Setting:
    arms, moved_arms = int(values["arms"]), int(values["arms"]) != int(row.get("arms") or 2)
    share = row.get("control_share")
    icc, size = float(values["likeness"]), float(values["cluster_size"])
    return Setting(
        kind=row["kind"],
        base=values.get("base", row.get("base") or 0.0),
        spread=values.get("spread", row.get("spread")),
        effect=math.copysign(values["smallest_change"], -1 if _falls(row, values) else 1),
        control_share=1 / arms if moved_arms or not share else share,
        arms=arms,
        remaining=1 - float(values["cuped_correlation"]) ** 2,
        clusters=size > 1,
        cluster_size=max(size, 1.0),
        size_variation=_variation(row) if size > 1 else 0.0,
        icc=icc if size > 1 else 0.0,
        always=values["looks"] == "always",
        power=values["chance_wanted"],
        level=values["level"],
    )


def _falls(row: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Whether the change hoped for is one downwards; of a new test it is one upwards, where there is room."""
    if row.get("direction"):
        return bool(row["direction"] == "down")
    return row["kind"] == "binary" and values.get("base", 0.0) + values["smallest_change"] >= 1


def _variation(row: Mapping[str, Any]) -> float:
    """Variation of cluster sizes behind the batch's design effect."""
    effect, size, icc = (row.get(name) for name in ("design_effect", "cluster_size", "icc"))
    if not effect or not size or not icc:
        return 0.0
    return math.sqrt(max(0.0, ((float(effect) - 1) / float(icc) + 1) / float(size) - 1))


def _parameters(row: Mapping[str, Any], level: float) -> list[tuple[Parameter, Any]]:
    """The numbers of the planner with their limits around where they stand."""
    worth = float(row["worthwhile"])
    left = row.get("cuped_left")
    level_of: list[tuple[Parameter, Any]]
    if row["kind"] == "binary":
        level_of = [_number("base", row["base"], 0.001, 0.999, "share of units with a yes, without the change")]
    else:
        spread = float(row["spread"])
        meaning = "standard deviation of single units, in the unit of the metric"
        level_of = [_number("spread", spread, spread / 5, spread * 5, meaning)]
    most = min(worth * 5, 0.9) if row["kind"] == "binary" else worth * 5
    looks = Parameter(
        name="looks", kind="str", default="once", choices=("once", "always"), meaning="read once, or at any time"
    )
    return [
        *level_of,
        _number("smallest_change", worth, worth / 5, most, "smallest change worth having, absolute"),
        _number("chance_wanted", row["power_wanted"], 0.5, 0.99, "chance to see it (power)"),
        _number("level", level, 0.8, 0.999, "level of the interval"),
        _number("traffic", float(row.get("traffic") or 0.0), 0.0, None, "units that become eligible in a week"),
        _number("arms", int(row.get("arms") or 2), 2, 8, "arms, the control among them", whole=True),
        (looks, row.get("looks") or "once"),
        _number(
            "cuped_correlation", math.sqrt(1 - left) if left is not None else 0.0, 0.0, 0.99,
            "correlation of the outcome with what was known before the draw",
        ),
        _number("cluster_size", float(row.get("cluster_size") or 1.0), 1.0, 1_000.0, "units in one draw; 1: alone"),
        _number("likeness", float(row.get("icc") or 0.0), 0.0, 1.0, "of units in one draw (intracluster correlation)"),
    ]  # fmt: skip


def _number(
    name: str, value: float, low: float, high: float | None, meaning: str, *, whole: bool = False
) -> tuple[Parameter, Any]:
    kind = "int" if whole else "float"
    return Parameter(name=name, kind=kind, default=value, low=low, high=high, meaning=meaning), value


def _arms(setting: Setting, size: Size) -> str:
    if size.control == size.treated:
        each = f" ({size.control:,} in each arm"
    else:
        each = f" ({size.control:,} in the control arm, {size.treated:,} in each other"
    if size.clusters_control is not None and size.clusters_treated is not None:
        each += f"; {size.clusters_control + (setting.arms - 1) * size.clusters_treated:,} clusters"
    return each + ")"


def _lines(setting: Setting, size: Size) -> list[str]:
    lines = []
    if setting.clusters:
        lines.append(f"Drawing clusters takes {setting.design_effect:.2f} times as many.")
    if setting.remaining < 1:
        lines.append(f"What was known before the draw saves {1 - setting.remaining:.0%} of them.")
    if setting.always:
        lines.append(f"That it may be read at any time takes up to {size.looking:.2f} times as many.")
    return [*lines, f"Convention: {setting.convention}."]


def _known(value: Any) -> Any:
    return None if value is None or (not isinstance(value, str) and pd.isna(value)) else value

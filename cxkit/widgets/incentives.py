"""What if people were paid otherwise: move the weight of a metric, see the declared conflicts rank anew."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import ipywidgets as widgets

from cxkit.align.conflict import MetricConflict, what_if
from cxkit.formats import money, quantity
from cxkit.records import Finding
from cxkit.tables.sheets import Row

MOST = 8
"""Metrics with a slider; those that work against another come first."""
MOVED = "Weights differ from the batch's: what follows is a trial, and no report shows it."
SHOWN = ("align.conflict.declared", "align.conflict.unpaid", "align.conflict.own_silo")


class Incentives:
    """Sliders with number boxes over the weights of metrics; `result` holds the conflicts as they then stand.

    Left alone, `result` is the batch's own, to the last digit, and `shown` its findings about pay. `sliders` and
    `boxes` are by metric id and move together; `team` shows the conflicts of one team. Nothing is saved: a
    weight is changed in the sheet ``metrics``, by people.
    """

    def __init__(self, found: MetricConflict) -> None:
        """Build the panel over a result of `metric_conflict`."""
        self.found = self.result = found
        self.sliders: dict[str, widgets.FloatSlider] = {}
        self.boxes: dict[str, widgets.BoundedFloatText] = {}
        lines = []
        for row in _metrics(found):
            id, weight = row["metric_id"], row["weight"] or 0.0
            slider = widgets.FloatSlider(
                value=weight, min=0.0, max=1.0, step=0.01, readout=False, continuous_update=False,
                description=_short(row["metric"]), style={"description_width": "20em"}, layout={"width": "36em"},
            )  # fmt: skip
            box = widgets.BoundedFloatText(value=weight, min=0.0, max=1.0, step=0.01, layout={"width": "6em"})
            slider.observe(self._follow(box), names="value")
            box.observe(self._follow(slider), names="value")
            box.observe(self._redraw, names="value")
            self.sliders[id], self.boxes[id] = slider, box
            lines.append(widgets.HBox([slider, box, widgets.HTML(escape(row["team"] or ""))]))
        teams = sorted({r["from_team"] for r in found.tables["declared"].to_pylist() if r["from_team"]})
        options = [("every team", ""), *((_short(t), t) for t in teams)]
        self.team = widgets.Dropdown(options=options, value="", description="conflicts of")
        self.team.observe(self._redraw, names="value")
        self.reset = widgets.Button(description="Throw away", tooltip="back to the weights of the batch")
        self.reset.on_click(self._reset)
        self.message = widgets.HTML()
        self.answer = widgets.HTML()
        self.box = widgets.VBox([*lines, widgets.HBox([self.team, self.reset]), self.message, self.answer])
        self._start = {id: box.value for id, box in self.boxes.items()}
        self._redraw()

    @property
    def moved(self) -> dict[str, float]:
        """Weights that differ from the batch's, by metric id."""
        return {id: box.value for id, box in self.boxes.items() if box.value != self._start[id]}

    @property
    def shown(self) -> tuple[Finding, ...]:
        """Findings about pay as they stand."""
        return tuple(f for f in self.result.findings if f.id in SHOWN)

    def _follow(self, other: widgets.Widget) -> object:
        def follow(change: dict[str, float]) -> None:
            if abs(other.value - change["new"]) > 1e-9:
                other.value = change["new"]

        return follow

    def _redraw(self, _: object = None) -> None:
        self.result = what_if(self.found, self.moved)
        self.message.value = escape(MOVED) if self.moved else ""
        self.answer.value = _table(self.result, self.team.value) + _sentences(self.shown)

    def _reset(self, _: object) -> None:
        for id, box in self.boxes.items():
            box.value = self._start[id]

    def _ipython_display_(self) -> None:
        from IPython.display import display  # noqa: PLC0415  only JupyterLab shows a panel

        display(self.box)


def incentives(found: MetricConflict) -> Incentives:
    """A panel over the weights behind declared conflicts."""
    return Incentives(found)


def _metrics(found: MetricConflict) -> list[Row]:
    """Metrics that work against another by rank, then those they harm, once each; at most `MOST`."""
    by_id = {row["metric_id"]: row for row in reversed(found.tables["incentives"].to_pylist())}
    declared = found.tables["declared"].to_pylist()
    ids = dict.fromkeys([*(r["from_id"] for r in declared), *(r["to_id"] for r in declared)])
    return [by_id[id] for id in ids if id in by_id][:MOST]


def _table(found: MetricConflict, team: str) -> str:
    """The ranked conflicts, as plain HTML without any script."""
    rows = [r for r in found.tables["declared"].to_pylist() if not team or r["from_team"] == team]
    if not rows:
        return "<p>No link says that one metric works against another.</p>"
    heads = ("", "team", "paid", "on", "against", "pay × money at stake")
    lines = ["<tr>" + "".join(f'<th style="text-align:left;padding-right:1em">{h}</th>' for h in heads) + "</tr>"]
    for row in rows:
        weighed = "not known" if row["weighted"] is None else money(row["weighted"], found.currency)
        cells: Sequence[str] = (
            str(row["rank"]),
            row["from_team"] or "",
            quantity(row["from_weight"] or 0.0, "probability"),
            row["from_metric"],
            row["to_metric"],
            weighed,
        )
        lines.append(
            "<tr>" + "".join(f'<td style="text-align:left;padding-right:1em">{escape(c)}</td>' for c in cells) + "</tr>"
        )
    return f"<table>{''.join(lines)}</table>"


def _sentences(findings: Sequence[Finding]) -> str:
    return "".join(f'<div style="margin:4px 0;line-height:1.4">{escape(f.title)}</div>' for f in findings)


def _short(text: object) -> str:
    words = " ".join(str(text or "").split())
    return words if len(words) <= 36 else words[:35] + "…"

"""What daily peeking does: tests without any effect, drawn anew as days, units and level move."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from cxkit.charts.designs import peeking as chart
from cxkit.charts.render import render
from cxkit.formats import quantity
from cxkit.prove.designs import Designs
from cxkit.prove.peeking import peeking as simulate
from cxkit.records import Finding
from cxkit.widgets.panel import Answer
from cxkit.widgets.planner import Trial, _number

MEANING = "<p>Both arms are the same: whatever a look finds is a false alarm.</p>"
DAYS, UNITS, BASE = 28, 200, 0.2
"""Where the panel stands when no experiment runs."""


class Peek(Trial):
    """The panel over A/A tests; left alone it shows the batch's own shares where an experiment runs."""

    def __init__(self, found: Designs) -> None:
        """Build the panel at the running experiment the batch simulated, or at an ordinary test."""
        self.found = found
        said = found.finding("prove.design.peeking")
        days, units, base = DAYS, UNITS, BASE
        if said is not None and found.has("peeking"):
            rows = found.frame("designs").to_dict("records")
            row = next(r for r in rows if r["experiment_id"] == said.subject)
            days = int(found.frame("peeking")["looks"].max())
            units = min(max(round(float(row["traffic"]) / 7), 20), 10_000)
            base = float(row["base"]) if row["kind"] == "binary" else BASE
        self.batch = said
        super().__init__(
            self._answer,
            [
                _number("days", days, 2, 120, "days the test runs, with a look on each", whole=True),
                _number("units_a_day", units, 20, 10_000, "units drawn on a day, both arms together", whole=True),
                _number("base", base, 0.01, 0.99, "share of units with a yes"),
                _number("level", found.level, 0.8, 0.99, "level of the interval"),
            ],
            first=widgets.HTML(MEANING),
        )

    def _answer(self, *, moved: bool, **values: Any) -> Answer:
        shown = self.found
        if moved or self.batch is None:
            drawn = simulate(**values, seed=self.found.seed)
            shown = Designs(as_of=shown.as_of, level=values["level"], tables={"peeking": drawn.frame()})
        last = shown.frame("peeking").iloc[-1]
        naive, always = quantity(last["naive"], "ratio"), quantity(last["always"], "ratio")
        title = Finding(
            id="prove.design.peeking",
            stage="prove",
            title=f"Looked at {int(last['looks'])} times, the ordinary p raises a false alarm in {naive} of tests; the "
            f"interval that may be read at any time in {always}",
            value=float(last["naive"]),
            unit="ratio",
        )
        lines = [f"{int(last['tests']):,} tests in which nothing changed."]
        if moved and self.batch is not None:
            lines.insert(0, f"The batch says {self.batch.value_text}.")
        return Answer((title,), tuple(lines), render(lambda: chart(shown), prefix="peeking"), chart.alt(shown))


def peek(found: Designs) -> Peek:
    """A panel over what looking every day does."""
    return Peek(found)

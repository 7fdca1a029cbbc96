"""The plan as a panel: budget, people, risk limit and what must be kept move the plan, its value and its frontier."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
import pandas as pd

from cxkit import formats, govern
from cxkit.charts import plan as figures
from cxkit.charts.render import render
from cxkit.engagement.desk import Desk
from cxkit.govern import Allocation
from cxkit.records import Finding, Result
from cxkit.widgets.panel import Answer, Panel

MOVED = ("budget", "people_limit", "risk_limit", "risk_share")
SHOWN = tuple(
    f"govern.allocation.{name}" for name in ("plan", "infeasible", "risk", "sensitivity", "freed", "unproven")
)
HEAD = SHOWN[0]


class PlanPanel(Panel):
    """A panel with a list of what must be kept besides.

    `keep` is the list: a trial of "what if we had to", which is never saved, since what is required by law or contract
    is written in the workshop's sheet.
    """

    def __init__(self, desk: Desk, compute: Callable[..., Answer], live: list[tuple[str, str]]) -> None:
        """Build the panel; `live` are the live initiatives as (name, id)."""
        self.keep = widgets.SelectMultiple(
            options=live,
            value=(),
            rows=min(8, max(2, len(live))),
            description="keep besides",
            style={"description_width": "11em"},
            layout={"width": "34em"},
        )
        super().__init__(desk, MOVED, lambda **values: compute(must_keep=tuple(self.keep.value), **values))
        self.keep.observe(self._redraw, names="value")
        self.box.children = (self.keep, *self.box.children)


def plan(
    desk: Desk,
    portfolio: Result,
    *,
    gains: pd.DataFrame | None = None,
    cases: Result | None = None,
    decisions: Any = (),
    batch: Allocation | None = None,
) -> PlanPanel:
    """Budget, people, risk limit and what must be kept move the plan, its value and its frontier.

    `portfolio`, `gains`, `cases` and `decisions` are what the notebook gives `govern.allocation`; `batch` is the plan
    that it got, so that the panel left alone shows the same plan (how firm it is stays with the batch: it takes too
    long to be live).
    """
    given: dict[str, Any] = {
        "tables": desk.tables,
        "gains": gains,
        "cases": cases,
        "decisions": tuple(decisions),
        "seed": desk.seed,
    }
    settled = {name: getattr(desk.settings, name) for name in MOVED}

    def compute(must_keep: tuple[str, ...], **moved: Any) -> Answer:
        if batch is not None and not must_keep and moved == settled:
            return _answer(batch, batch)
        found = govern.allocation(portfolio, redraws=0, must_keep=must_keep, **given, **{**settled, **moved})
        return _answer(found, batch)

    frame = portfolio.frame("initiatives") if portfolio.has("initiatives") else pd.DataFrame(columns=["live"])
    rows = frame[frame["live"].astype(bool)].to_dict("records")
    live = [(f"{row['initiative']} ({row['initiative_id']})", str(row["initiative_id"])) for row in rows]
    return PlanPanel(desk, compute, sorted(live))


def _answer(found: Allocation, batch: Allocation | None) -> Answer:
    """The plan in a headline, its value beside the batch's, what each initiative gets, and the frontier."""
    shown: list[Finding] = [f for id in SHOWN for f in found.findings if f.id == id]
    lines = (*_value(found, batch), *_verdicts(found), *(gap.reason for gap in found.gaps if not shown))
    one = figures.frontier if figures.frontier.ready(found) else figures.plan
    if not one.ready(found):
        return Answer(tuple(shown), lines)
    return Answer(tuple(shown), lines, render(lambda: one(found), prefix="panel"), one.alt(found))


def _value(found: Allocation, batch: Allocation | None) -> tuple[str, ...]:
    """Expected value, people and, where it is another plan, the difference to the batch."""
    if not found.feasible or not found.has("plan"):
        return ()
    said = f"Expected NPV of all that has money {formats.money(found.npv, found.currency)}"
    if found.people_used:
        limit = f" of {formats.number(found.people_limit)}" if found.people_limit is not None else ""
        said += f"; {formats.number(found.people_used)}{limit} full-time places"
    if batch is not None and batch.feasible and abs(found.npv - batch.npv) > 0.005:
        said += f"; {formats.money(found.npv - batch.npv, found.currency, signed=True)} against the batch"
    return (f"{said}.",)


def _verdicts(found: Allocation) -> tuple[str, ...]:
    """One line per verdict that gives, holds or frees money."""
    made = []
    for verdict, column in (("fund", "amount"), ("test first", "amount"), ("keep", "amount"), ("stop", "freed")):
        rows = [r for r in _rows(found) if r["verdict"] == verdict and (r[column] or 0) > 0]
        if rows:
            parts = [f"{row['initiative']} {formats.money(row[column], found.currency)}" for row in rows]
            made.append(f"{verdict.capitalize()}: {formats.listing(parts, most=8)}.")
    return tuple(made)


def _rows(found: Allocation) -> list[Mapping[str, Any]]:
    return list(found.tables["plan"].to_pylist()) if found.has("plan") else []

"""The panels of the stage notebooks."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cxkit import formats, quantify
from cxkit.charts.render import render
from cxkit.charts.tornado import draw_tornado, swings, tornado_alt
from cxkit.engagement.desk import Desk
from cxkit.quantify import BusinessCases
from cxkit.quantify.case_model import redraw
from cxkit.widgets.panel import KEPT, Answer, Panel, panel

MOVED = ("effect_scale", "adoption_scale", "ramp_added", "discount_rate", "horizon_months")
ALL = "quantify.cases.total", "quantify.case.npv"
ONE = "quantify.case.npv", "quantify.case.romi", "quantify.case.payback", "quantify.case.go_forward"


def cases(desk: Desk) -> Panel:
    """Effect, adoption, ramp, discount rate and horizon move the value of every business case, and its tornado.

    A list chooses one initiative, or all cases together.
    """

    @lru_cache(maxsize=KEPT)
    def moved_to(**moved: Any) -> BusinessCases:
        return _cases(desk, haircut=haircut, **moved)

    def compute(initiative: str, **moved: Any) -> Answer:
        return _answer(moved_to(**moved), initiative)

    haircut = desk.haircut
    first = moved_to(**{name: getattr(desk.settings, name) for name in MOVED})
    return panel(desk, MOVED, compute, {"initiative": [("All cases together", ""), *_names(first)]})


def _cases(desk: Desk, **moved: Any) -> BusinessCases:
    """The cases on the desk's settled assumptions but for those that were moved."""
    settled = {name: getattr(desk.settings, name) for name in (*MOVED, "discount_timing", "tax_rate", "inflation")}
    return quantify.business_cases(
        desk.tables,
        default_margin=desk.settings.default_margin,
        fiscal_year_start=desk.client.fiscal_year_start,
        seed=desk.seed,
        detail=False,
        **{**settled, **moved},
    )


def _names(found: BusinessCases) -> list[tuple[str, str]]:
    """Initiatives with a case as (name, id), the id beside a name that two of them have."""
    if not found.has("cases"):
        return []
    frame = found.frame("cases")
    pairs = [(str(name), str(who)) for name, who in zip(frame["name"], frame["initiative"], strict=True)]
    heads = [name for name, _ in pairs]
    return [(f"{name} ({who})" if heads.count(name) > 1 else name, who) for name, who in pairs]


def _answer(found: BusinessCases, initiative: str) -> Answer:
    """Findings, the chance of a gain, and the tornado, of one initiative or of all."""
    ids = ONE if initiative else ALL
    shown = [f for id in ids for f in found.findings if f.id == id and initiative in ("", f.initiative)]
    lines = [g.reason for g in found.gaps if initiative in ("", g.initiative or "")] if not shown else []
    which = initiative or None
    if not swings(found, which):
        return Answer(tuple(shown), (*_odds(found, initiative), *lines))
    drawing = render(lambda: draw_tornado(found, which), prefix="panel")
    return Answer(tuple(shown), (*_odds(found, initiative), *lines), drawing, tornado_alt(found, which))


def _odds(found: BusinessCases, initiative: str) -> tuple[str, ...]:
    """NPV, its range and P(NPV > 0) in one line; nothing where no case was assessed."""
    if not found.has("cases"):
        return ()
    frame = found.frame("cases")
    live = frame[(frame["case"] == "assessed") & (frame["status"] != "stopped")]
    if initiative:
        live = frame[(frame["case"] == "assessed") & (frame["initiative"] == initiative)]
    if live.empty:
        return ()
    drawn = redraw(found)[list(live["initiative"])].sum(axis=1)
    low, high = drawn.quantile([0.1, 0.9])
    money = formats.money(float(live["npv"].sum()), found.currency)
    if low == high:
        return (f"NPV {money}; no range is stated, so that nothing can be said about P(NPV > 0).",)
    between = formats.interval(low, high, "money", currency=found.currency)
    return (f"NPV {money}; P10 to P90 {between}; P(NPV > 0) {_chance(float((drawn > 0).mean()))}.",)


def _chance(share: float) -> str:
    """A share of draws; never none and never all, which no number of draws can show."""
    edge = "below " if share < 0.01 else "above " if share > 0.99 else ""
    return edge + formats.quantity(min(max(share, 0.01), 0.99), "probability")

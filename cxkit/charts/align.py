"""Figures of Align: which goals the money serves, and how each initiative fares on the failure screen."""

from __future__ import annotations

from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Bar, bars, dumbbells, matrix
from cxkit.charts.reading import currency, number, rows, text, texts
from cxkit.records import Result

TYPES = ("growth", "margin", "risk", "brand")
MOST = 24
"""Initiatives a matrix shows; the rest are in the table behind it."""


def _alt_coverage(result: Result) -> str:
    parts = [f"{b.label}: {b.note}" for b in _coverage(result)]
    return "Bars of the number of live initiatives by the kind of goal they lead to. " + texts(parts)


def _coverage(result: Result) -> list[Bar]:
    money = currency(result)
    found = {text(r, "type"): r for r in rows(result, "types")}
    out = []
    for kind in TYPES:
        row = found.get(kind, {})
        n, goals, budget = number(row, "n_initiatives") or 0, number(row, "n_goals") or 0, number(row, "budget")
        goal_words = f"{goals:.0f} goal{'s' if goals != 1 else ''}"
        note = f"{n:.0f} initiative{'s' if n != 1 else ''}, {goal_words}" + (
            f", {formats.money(budget, money)}" if budget and money else ""
        )
        out.append(Bar(kind.capitalize(), n, tone="good" if n else "neutral", note=note))
    live = [r for r in rows(result, "initiatives") if r.get("live") is True or str(r.get("live")) == "True"]
    orphans = [r for r in live if str(r.get("orphan")) == "True"]
    if orphans:
        spent = sum(number(r, "budget") or 0 for r in orphans)
        note = f"{len(orphans)} initiative{'s' if len(orphans) != 1 else ''}" + (
            f", {formats.money(spent, money)}" if spent and money else ""
        )
        out.append(Bar("No goal", len(orphans), tone="bad", note=note))
    return out


@figure(
    "align.coverage",
    topic="Live initiatives by the kind of goal they lead to",
    needs="types",
    title="align.traceability.types",
    alt=_alt_coverage,
    caption="An initiative that serves two kinds of goal is counted in both.",
    data={
        "type": ("Kind of goal", "text"),
        "n_goals": ("Goals", "count"),
        "n_initiatives": ("Initiatives", "count"),
        "budget": ("Budget", "money"),
    },
)
def coverage(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw one bar per kind of goal, and one for initiatives that lead to none."""
    data = _coverage(result)
    ax = ax or style.canvas(len(data) + 0.4)
    return bars(ax, data, "count", label="initiatives")


HEADS = {
    "no_traceability": "Line to a goal",
    "no_owner": "Clear owner",
    "no_funding": "Approved money",
    "vanity_metric": "Metric that leads to money",
    "project_framing": "Run as a product",
}
"""What an initiative has that passes a test; a cell under the name of a failure that says "passes" would mislead."""
STATES = {"fails": ("bad", "fails"), "passes": ("good", "passes"), "cannot tell": ("unknown", "cannot tell")}


def _alt_failures(result: Result) -> str:
    parts = [
        f"{text(r, 'label')}: {number(r, 'fails') or 0:.0f} fail, {number(r, 'passes') or 0:.0f} pass, "
        f"{number(r, 'cannot_tell') or 0:.0f} cannot be told"
        for r in rows(result, "modes")
    ]
    return "Matrix of live initiatives against five ways to fail. " + texts(parts)


@figure(
    "align.failures",
    topic="Live initiatives against five ways to fail",
    needs="initiatives",
    title="align.failures.several",
    alt=_alt_failures,
    caption="“Cannot tell” means that the column which would show it was not supplied. "
    "Initiatives that fail most tests stand on top.",
    data={
        "initiative": ("Initiative", "text"),
        "label": ("Way to fail", "text"),
        "verdict": ("Verdict", "text"),
        "evidence": ("Evidence", "text"),
    },
)
def failures(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw initiatives by screens, a symbol and a word per cell."""
    table = rows(result, "initiatives")
    modes = list(dict.fromkeys(text(r, "mode") for r in table))
    names: dict[str, str] = {}
    cells: dict[tuple[str, str], str] = {}
    for row in table:
        id = text(row, "initiative_id")
        names[id] = text(row, "initiative") or id
        cells[id, text(row, "mode")] = text(row, "verdict")
    failing = {id: sum(cells.get((id, mode)) == "fails" for mode in modes) for id in names}
    order = sorted(names, key=lambda id: (-failing[id], names[id]))[:MOST]
    ax = ax or style.canvas(len(order), row=0.36, head=0.75)
    return matrix(
        ax,
        [names[id] for id in order],
        [HEADS.get(mode, mode) for mode in modes],
        lambda y, x: STATES.get(cells.get((order[y], modes[x]), ""), ("none", "")),
    )


def _alt_maturity(result: Result) -> str:
    parts = [
        f"{text(r, 'name')}: level {number(r, 'current'):.0f} of 5"
        + (f", target {number(r, 'target'):.0f}" if number(r, "target") is not None else "")
        for r in rows(result, "capabilities")
        if number(r, "current") is not None
    ]
    return "Self-assessed level and target of each capability, from 1 (ad hoc) to 5 (operationalised). " + texts(parts)


@figure(
    "align.maturity",
    topic="Maturity as the client sees it",
    needs="capabilities",
    title="align.maturity.overall",
    alt=_alt_maturity,
    caption="Levels run from 1 (ad hoc) to 5 (operationalised); they are an order, not a measure.",
    data={
        "name": ("Capability", "text"),
        "owner_role": ("Owner", "text"),
        "current": ("Level", "count"),
        "target": ("Target", "count"),
        "evidence": ("Evidence", "text"),
    },
    worth=lambda result: any(number(r, "current") is not None for r in rows(result, "capabilities")),
)
def maturity(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw level and target of the six capabilities."""
    table = rows(result, "capabilities")
    ax = ax or style.canvas(len(table) + 0.6)
    dumbbells(
        ax,
        [text(r, "name") for r in table],
        [number(r, "target") for r in table],
        [number(r, "current") for r in table],
        names=("target", "today"),
        notes=[text(r, "owner_role") if number(r, "current") is not None else "not assessed" for r in table],
    )
    return levels(ax)


def levels(ax: Axes) -> Axes:
    """The five levels of maturity along the bottom."""
    ax.set_xlim(0.7, 5.3)
    ax.set_xticks(range(1, 6))
    ax.set_xticklabels(["1\nad hoc", "2", "3", "4", "5\noperationalised"])
    ax.xaxis.grid(True)
    return ax

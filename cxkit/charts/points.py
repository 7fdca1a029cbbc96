"""Figure of what a point goes with: each driver alone, and with the other drivers held equal."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import marks, style
from cxkit.charts.figure import figure
from cxkit.charts.reading import Row, currency, number, rows, text, texts
from cxkit.formats import Unit
from cxkit.records import Result

STEPS = {
    "nps": "Ten points of NPS",
    "csat": "Ten points of CSAT",
    "ces": "A tenth of a point of ease",
    "fcr": "Ten points of first-contact resolution",
    "sla": "A kept service level",
}
LIFT = 0.17


def _unit(result: Result) -> tuple[str, Unit]:
    """The column that is drawn and its unit: money, or leaving where there is no margin."""
    priced = any(number(r, "money") is not None for r in rows(result, "drivers"))
    return ("money", "money") if priced else ("kept", "points")


def _drawn(result: Result) -> list[Row]:
    column, _ = _unit(result)
    return [r for r in rows(result, "drivers") if number(r, column) is not None]


def _shown(row: Row) -> bool:
    return bool(row.get("kept_shown") or row.get("contacts_shown"))


def _note(row: Row, result: Result) -> str:
    column, unit = _unit(result)
    value = formats.quantity(number(row, column), unit, currency=currency(result), signed=True)
    each = " for each customer" if text(row, "driver") == "sla" else ""
    return f"{value}{each}" if _shown(row) else f"{value}{each} · not shown"


def _alt(result: Result) -> str:
    said = texts((f"{STEPS[text(r, 'driver')]}: {_note(r, result)}" for r in _drawn(result)), 6)
    return (
        "What a unit of each driver goes with in a year, with interval, alone and with the other drivers held equal. "
        f"Associations, no effects. {said}"
    )


@figure(
    "quantify.points",
    topic="What a point goes with in a year, alone and with the other drivers held equal: associations, no effects",
    needs="drivers",
    title="quantify.points.driver",
    alt=_alt,
    caption="A filled dot is a driver alone, an open one with the other drivers held equal; lines are 95 % intervals. "
    "Right of zero is better. Customers of one segment and tenure are compared; nothing here is proof of an effect.",
    data={
        "name": ("Driver", "text"),
        "customers": ("Customers", "people"),
        "lost": ("Of whom left", "count"),
        "kept": ("Less leaving a year", "points"),
        "contacts": ("Fewer contacts per customer", "score"),
        "money": ("Money a year", "money"),
        "joint_money": ("With others equal", "money"),
    },
    worth=lambda result: bool(_drawn(result)),
)
def points(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw each driver twice: alone above, with the others held equal below."""
    data = _drawn(result)
    column, unit = _unit(result)
    ax = ax or style.canvas(len(data) * 1.35 + 0.8)
    marks.rows(ax, [STEPS[text(r, "driver")] for r in data])
    for y, row in enumerate(data):
        colour = style.ACCENT if _shown(row) else style.SOFT
        for prefix, lift in (("", -LIFT), ("joint_", LIFT)):
            _mark(ax, row, f"{prefix}{column}", y + lift, colour, filled=not prefix)
        marks.aside(ax, y, _note(row, result), color=style.INK if _shown(row) else style.SOFT)
    style.zero_line(ax, "nothing")
    marks.spread(ax, include=0.0)
    _name(ax, data[0], column)
    marks.scale(ax, unit, currency(result))
    ax.xaxis.grid(True)
    return ax


def _mark(ax: Axes, row: Row, column: str, y: float, colour: str, *, filled: bool) -> None:
    value, low, high = (number(row, c) for c in (column, f"{column}_low", f"{column}_high"))
    if value is None:
        return
    if low is not None and high is not None:
        ax.plot(
            [low, high], [y, y], color=colour if filled else style.BAND3, linewidth=2.4 if filled else 1.8, zorder=2
        )
    ax.plot([value], [y], marker="o", color=colour, markersize=7.5, linestyle="none", zorder=3)
    if not filled:
        ax.plot([value], [y], marker="o", color=style.PAPER, markersize=4, linestyle="none", zorder=4)


def _name(ax: Axes, row: Row, column: str) -> None:
    """Say at the first row which mark is which."""
    left, right = ax.get_xlim()
    for words, prefix, lift in (("alone", "", -LIFT), ("others equal", "joint_", LIFT)):
        ends: list[Any] = [number(row, f"{prefix}{column}{e}") for e in ("", "_low", "_high")]
        at = max(e for e in ends if e is not None)
        flip = at > left + 0.8 * (right - left)
        at = min(e for e in ends if e is not None) if flip else at
        ax.annotate(
            words,
            (at, lift),
            xytext=(-5 if flip else 5, 0),
            textcoords="offset points",
            ha="right" if flip else "left",
            va="center",
            fontsize=8.5,
            color=style.SOFT,
            bbox={"facecolor": style.PAPER, "edgecolor": "none", "pad": 0.8},
            zorder=5,
        )

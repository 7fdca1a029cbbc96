"""Figures of metrics in conflict: who is paid on what against what the goals need, and segments against their sum."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import folded
from cxkit.charts.reading import Row, currency, number, rows, text, texts
from cxkit.records import Result

MOST = 8
COLUMNS = (0.0, 0.235, 0.62)
"""Where team, paid metric and harmed metric begin, as shares of the width."""


def _alt_pay(result: Result) -> str:
    parts = [
        f"{text(r, 'from_team') or 'A team'} is paid {_percent(r, 'from_weight')} on {text(r, 'from_metric')}, against "
        f"{text(r, 'to_metric')}: {_harm(r, currency(result))}"
        for r in rows(result, "declared")
    ]
    return "Arrows from each team to the metric it is paid on, and on to the metric that works against. " + texts(parts)


def _percent(row: Row, name: str) -> str:
    return formats.quantity(number(row, name) or 0.0, "probability")


def _harm(row: Row, money: str) -> str:
    """Who is paid on the harmed metric, what needs it and what hangs on it."""
    own, to = text(row, "kind") == "paid both ways", number(row, "to_weight")
    who = "the same team" if own else text(row, "to_team") or "somebody"
    paid = f"{style.clip(who, 20)} paid {_percent(row, 'to_weight')}" if to else "nobody is paid on it"
    needed = ", a goal needs it" if row.get("to_needed") else ""
    stake = number(row, "at_stake")
    return paid + needed + (f", {formats.money(stake, money)} a year" if stake is not None else "")


@figure(
    "align.pay",
    topic="Who is paid on what, and which metric that works against",
    needs="declared",
    title="align.conflict.declared",
    alt=_alt_pay,
    caption="Declared, not proven. A line is as thick as its share of pay; rows are ranked by that share times the "
    "money at stake on the metric at the right.",
    data={
        "from_team": ("Team", "text"),
        "from_weight": ("Share of variable pay", "ratio"),
        "from_metric": ("Paid on", "text"),
        "to_metric": ("Works against", "text"),
        "to_weight": ("Pay on that", "ratio"),
        "at_stake": ("At stake a year", "money"),
        "at_stake_rule": ("Reckoned as", "text"),
    },
)
def pay(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw one row per declared conflict: team, the metric it is paid on, the metric that suffers."""
    table, money = rows(result, "declared")[:MOST], currency(result)
    ax = ax or style.canvas(len(table) + 0.5, row=0.74, head=0.1)
    ax.set_xlim(0, 1)
    ax.set_ylim(len(table) - 0.4, -0.85)
    ax.set_xticks([])
    ax.set_yticks([])
    for x, head in zip(COLUMNS, ("Team and its pay", "is paid on", "which works against"), strict=True):
        ax.text(x, -0.72, head, fontsize=9, color=style.SOFT, va="center")
    for y, row in enumerate(table):
        weight = number(row, "from_weight") or 0.0
        ax.text(COLUMNS[0], y - 0.13, style.clip(text(row, "from_team") or "no team", 22), va="center", fontsize=10)
        ax.text(COLUMNS[0], y + 0.17, _percent(row, "from_weight"), va="center", fontsize=10, weight="bold")
        _line(ax, (0.075, COLUMNS[1] - 0.03), y + 0.17, weight)
        name = folded(text(row, "from_metric"), 30).split("\n")[:2]
        ax.text(COLUMNS[1], y, "\n".join(name), va="center", fontsize=10)
        _line(ax, (COLUMNS[2] - 0.095, COLUMNS[2] - 0.012), y, weight, against=True)
        ax.text(COLUMNS[2], y - 0.13, style.clip(text(row, "to_metric"), 40), va="center", fontsize=10)
        bad = bool(row.get("worst"))
        words = style.clip(_harm(row, money), 58)
        ax.text(COLUMNS[2], y + 0.17, words, va="center", fontsize=9, color=style.BAD if bad else style.SOFT)
    return ax


def _line(ax: Axes, ends: tuple[float, float], y: float, weight: float, *, against: bool = False) -> None:
    """An arrow as thick as the share of pay; a cross on it means against."""
    colour, width = style.BAD if against else style.ACCENT, 0.8 + 5.2 * min(max(weight, 0.0), 1.0)
    ax.plot(list(ends), [y, y], color=colour, linewidth=width, solid_capstyle="butt", zorder=1)
    ax.plot([ends[1]], [y], marker=">", color=colour, markersize=5 + width, linestyle="none", zorder=2)
    if against:
        middle = sum(ends) / 2
        ax.text(middle, y - 0.2, "✕", ha="center", va="center", fontsize=9, color=colour)


def _clearest(result: Result, *, reversed_: bool) -> Row | None:
    """The clearest pair that is reversed, or that moves against each other without being so."""
    found = [r for r in rows(result, "measured") if (r.get("reversal") is True) == reversed_]
    if not reversed_:
        found = [r for r in found if text(r, "verdict") == "against"]
    return max(found, key=lambda r: (abs(number(r, "value") or 0.0), text(r, "pair")), default=None)


def _alt_scatter(result: Result, *, reversed_: bool) -> str:
    row = _clearest(result, reversed_=reversed_)
    if row is None:
        return "No named pair of metrics is drawn."
    inside, over = number(row, "value") or 0.0, number(row, "pooled")
    return (
        f"Scatter of “{text(row, 'from_metric')}” against “{text(row, 'to_metric')}” by segment and month. "
        "Signed so that below nought one improves while the other gets worse, they go together by "
        f"{formats.number(inside, 2)} inside "
        + ("segments." if over is None else f"segments and by {formats.number(over, 2)} over all cells.")
    )


READING = (
    "A dot is one month of one segment, with season and trend taken out. Solid lines: inside one segment. Dashed: all "
    "segments together."
)
CELLS = {
    "pair": ("Pair", "text"),
    "segment": ("Segment", "text"),
    "month": ("Month", "text"),
    "first": ("First metric", "none"),
    "second": ("Second metric", "none"),
}


@figure(
    "align.reversal",
    topic="A pair of metrics, inside segments and over all of them",
    needs="panel",
    title="align.conflict.reversal",
    alt=lambda result: _alt_scatter(result, reversed_=True),
    caption=READING,
    data=CELLS,
    worth=lambda result: _clearest(result, reversed_=True) is not None,
    subject=lambda result: text(_clearest(result, reversed_=True) or {}, "pair"),
)
def reversal(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the clearest reversed pair: a line per segment and one over all."""
    return _scatter(result, _clearest(result, reversed_=True), ax)


@figure(
    "align.against",
    topic="Two metrics that move against each other, month by month inside segments",
    needs="panel",
    title="align.conflict.measured",
    alt=lambda result: _alt_scatter(result, reversed_=False),
    caption=READING,
    data=CELLS,
    worth=lambda result: _clearest(result, reversed_=False) is not None,
    subject=lambda result: text(_clearest(result, reversed_=False) or {}, "pair"),
)
def against(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the clearest pair that moves against each other: a line per segment and one over all."""
    return _scatter(result, _clearest(result, reversed_=False), ax)


def _scatter(result: Result, pair: Row | None, ax: Axes | None) -> Axes:
    """Cells of a pair with a line per segment and a dashed one over all."""
    ax = ax or style.canvas(9)
    if pair is None:
        return ax
    frame = result.frame("panel")
    frame = frame[frame["pair"] == text(pair, "pair")]
    shades = (style.ACCENT, style.WARN, style.INK, style.SOFT)
    marks = ("o", "D", "s", "^", "v", "P", "X", "<")
    names = sorted(frame["segment"].unique())
    lines = []
    for place, name in enumerate(names):
        part = frame[frame["segment"] == name]
        x, y = part["first_adjusted"].to_numpy(), part["second_adjusted"].to_numpy()
        colour = shades[place % len(shades)]
        ax.plot(x, y, marks[place % len(marks)], color=colour, markersize=3.2, alpha=0.45, zorder=2)
        slope, level = np.polyfit(x, y, 1)
        ends = np.array([x.min(), x.max()])
        ax.plot(ends, level + slope * ends, color=colour, linewidth=2.4, zorder=4)
        lines.append((name, float(ends[1]), float(level + slope * ends[1]), colour))
    whole = len(names) > 1
    if whole:
        x, y = frame["first_adjusted"].to_numpy(), frame["second_adjusted"].to_numpy()
        slope, level = np.polyfit(x, y, 1)
        ends = np.array([x.min(), x.max()])
        ax.plot(ends, level + slope * ends, color=style.BAD, linewidth=1.8, linestyle=(0, (5, 3)), zorder=3)
        lines.append(("all segments", float(ends[1]), float(level + slope * ends[1]), style.BAD))
    _named(ax, lines)
    lag = int(number(pair, "lag") or 0)
    later = "" if lag == 0 else f", {lag} month{'s' if lag > 1 else ''} later"
    ax.set_xlabel(style.clip(text(pair, "from_metric"), 60) + _unit(pair, "from"), loc="left")
    ax.set_title(
        style.clip(text(pair, "to_metric"), 60) + later + _unit(pair, "to"), loc="left", color=style.SOFT, fontsize=9.5
    )
    ax.grid(True)
    return ax


def _unit(pair: Row, side: str) -> str:
    """Unit of an axis, and which way is better."""
    better = {"up": "higher is better", "down": "lower is better"}.get(text(pair, f"{side}_better"), "")
    words = ", ".join(filter(None, [text(pair, f"{side}_unit"), better]))
    return f" ({words})" if words else ""


def _named(ax: Axes, lines: list[tuple[str, float, float, str]]) -> None:
    """Write each line's name at the right edge, as near to its end as the others let it."""
    low, high = ax.get_ylim()
    gap = (high - low) * 0.055
    at = low
    for name, _, y, colour in sorted(lines, key=lambda line: line[2]):
        at = max(y, at + gap)
        ax.annotate(
            style.clip(name, 22), (1.01, at), xycoords=ax.get_yaxis_transform(), va="center", fontsize=9, color=colour
        )  # fmt: skip
    ax.set_ylim(low, max(high, at))

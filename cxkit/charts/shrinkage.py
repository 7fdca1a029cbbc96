"""Figure of what luck had its part in: each test's own result, and what stands in its place."""

from __future__ import annotations

from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import aside, scale, spread
from cxkit.charts.marks import rows as name_rows
from cxkit.charts.reading import Row, number, rows, text, texts
from cxkit.records import Result

MOST = 16
APART = 0.14
"""Half the distance between the two marks of a row."""
REACH = 3.0
"""Intervals are drawn to this many times the claim at most."""


def _effects(result: Result) -> list[Row]:
    found: list[Row] = [r for r in rows(result, "effects") if number(r, "shrunk") is not None]
    found.sort(key=lambda r: (text(r, "group"), -(number(r, "raw") or 0.0), text(r, "initiative_id")))
    return found[:MOST]


def _note(row: Row) -> str:
    words = f"{_percent(row, 'raw')} → {_percent(row, 'shrunk')}"
    return words if row.get("in_force") else f"{words}, claim still stands"


def _percent(row: Row, column: str) -> str:
    value = number(row, column)
    return "" if value is None else f"{formats.number(value * 100, 0)}{formats.THIN}%"


def _alt(result: Result) -> str:
    said = [
        f"{text(r, 'initiative')} ({text(r, 'group')}): tested {_percent(r, 'raw')} of its claim, taken as "
        f"{_percent(r, 'shrunk')}, {formats.interval(number(r, 'low'), number(r, 'high'), 'ratio')}"
        for r in _effects(result)
    ]
    return f"Tested effects as a share of what was claimed, before and after luck is taken out. {texts(said, MOST)}"


@figure(
    "govern.shrinkage",
    topic="Tested effects as a share of the claim, before and after luck is taken out",
    needs="effects",
    title="govern.shrinkage.together",
    alt=_alt,
    caption="An open mark is what the test alone showed, a filled one what is counted on; lines are 95 % intervals, "
    "the arrow is the pull towards the other effects of the same block and grade. The dotted line is all of the claim. "
    "The less a test could see, the more its result is pulled.",
    data={
        "initiative": ("Initiative", "text"),
        "group": ("Compared with", "text"),
        "n_group": ("Effects compared", "count"),
        "raw": ("Test alone", "ratio"),
        "raw_low": ("Low", "ratio"),
        "raw_high": ("High", "ratio"),
        "shrunk": ("Counted on", "ratio"),
        "low": ("Low", "ratio"),
        "high": ("High", "ratio"),
        "weight": ("Weight of its own test", "ratio"),
        "method": ("Method", "text"),
    },
    worth=lambda result: bool(_effects(result)),
    drawn=lambda frame, result: frame[
        frame["initiative_id"].isin([text(r, "initiative_id") for r in _effects(result)])
    ],
)
def shrinkage(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw both values of each tested effect, joined by an arrow."""
    data = _effects(result)
    ax = ax or style.canvas(len(data) + 0.6, row=0.5)
    name_rows(ax, [text(r, "initiative") for r in data])
    cut = False
    for y, row in enumerate(data):
        colour = style.ACCENT if row.get("in_force") else style.SOFT
        for name, at, filled in (("raw", y - APART, False), ("shrunk", y + APART, True)):
            low, high = (number(row, f"{name}_{end}" if name == "raw" else end) for end in ("low", "high"))
            if low is not None and high is not None:
                ends = [max(low, -REACH), min(high, REACH)]
                cut = cut or ends != [low, high]
                ax.plot(ends, [at, at], color=colour if filled else style.BAND3, linewidth=2.2 if filled else 1.5)
        raw, shrunk = (min(max(number(row, name) or 0.0, -REACH), REACH) for name in ("raw", "shrunk"))
        if abs(raw - shrunk) > 0.01:
            ax.annotate(
                "", (shrunk, y + APART), xytext=(raw, y - APART),
                arrowprops={"arrowstyle": "-|>", "color": style.SOFT, "linewidth": 1.1, "shrinkA": 4, "shrinkB": 4},
            )  # fmt: skip
        ax.plot([raw], [y - APART], marker="o", markersize=7, color=style.SOFT, linestyle="none", zorder=3)
        ax.plot([raw], [y - APART], marker="o", markersize=3.8, color=style.PAPER, linestyle="none", zorder=4)
        ax.plot([shrunk], [y + APART], marker="o", markersize=7.5, color=colour, linestyle="none", zorder=5)
        if y == 0:
            for column, at, words in (("raw_low", y - APART, "test alone"), ("low", y + APART, "counted on")):
                end = max(number(row, column) or 0.0, -REACH)
                ax.annotate(
                    words, (end, at), xytext=(-6, 0), textcoords="offset points", va="center", ha="right",
                    fontsize=8.5, color=style.SOFT,
                )  # fmt: skip
        aside(ax, y, _note(row), color=style.INK if row.get("in_force") else style.SOFT)
    style.zero_line(ax, "all that was claimed", at=1.0)
    ax.axvline(0, color=style.LINE, linewidth=1, zorder=0)
    spread(ax, include=1.0)
    scale(ax, "ratio")
    ax.xaxis.grid(True)
    ax.set_xlabel("share of the yearly claim" + (f"; lines cut at {REACH:.0f} times" if cut else ""), loc="left")
    return ax

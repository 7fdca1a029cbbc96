"""Figures of stitching and the closed loop: what hangs on who is who, and what a call back goes with."""

from __future__ import annotations

from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Dot, dots, scale, spread
from cxkit.charts.reading import Row, number, rows, text, texts
from cxkit.instrument.loop_outcomes import OUTCOMES
from cxkit.records import Result

SOFT_DOT = 5.5


def _share(row: Row, column: str) -> str:
    return formats.quantity(number(row, column), "ratio")


def _alt_linkage(result: Result) -> str:
    said = [
        f"{text(row, 'label')}: {_share(row, 'chosen')} with each person's records joined ("
        f"{_share(row, 'low')} to {_share(row, 'high')} over other ways of joining), {_share(row, 'without')} without"
        for row in rows(result, "figures")
    ]
    return (
        "Dots of each figure with each person's records joined, its band over other ways of joining, and without. "
        + texts(said)
    )


@figure(
    "instrument.linkage",
    topic="What changes once the records of one person are joined across systems",
    needs="figures",
    title="instrument.linkage.recontact instrument.linkage.feedback instrument.linkage.contacts",
    alt=_alt_linkage,
    caption="Filled: records of one person joined; its line runs from the least to the most over other ways of "
    "joining them as plausible. Ring: without joining. What a sample leaves open is not in the line.",
    data={
        "label": ("Figure", "text"),
        "without": ("Without joining", "ratio"),
        "chosen": ("Joined", "ratio"),
        "low": ("Least", "ratio"),
        "high": ("Most", "ratio"),
        "strict": ("Joined from 99 %", "ratio"),
        "lenient": ("Joined from 50 %", "ratio"),
        "money_low": ("Least, money a year against joined", "money"),
        "money_high": ("Most, money a year against joined", "money"),
    },
)
def linkage(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw each figure with and without stitching."""
    table = rows(result, "figures")
    ax = ax or style.canvas(len(table), row=0.62)
    data = [
        Dot(text(row, "label"), number(row, "chosen"), number(row, "low"), number(row, "high"), note=_apart(row))
        for row in table
    ]
    dots(ax, data, "ratio", label="share")
    for y, row in enumerate(table):
        without = number(row, "without")
        if without is not None and abs(without - (number(row, "chosen") or 0)) >= 0.0005:
            ax.plot(without, y, "o", markersize=SOFT_DOT, markerfacecolor=style.PAPER, color=style.SOFT, zorder=4)
    spread(ax)
    scale(ax, "ratio")
    return ax


def _apart(row: Row) -> str:
    chosen, without = number(row, "chosen") or 0.0, number(row, "without") or 0.0
    if abs(chosen - without) < 0.0005:
        return f"{formats.quantity(chosen, 'ratio')}, the same without"
    return f"{formats.quantity(chosen, 'ratio')}, {formats.quantity(without, 'ratio')} without"


def _alt_outcomes(result: Result) -> str:
    said = [
        f"{OUTCOMES[text(row, 'outcome')][0].capitalize()}: {formats.quantity(number(row, 'difference'), 'points')} "
        f"({formats.interval(number(row, 'low'), number(row, 'high'), 'points')})"
        for row in rows(result, "outcomes")
    ]
    return "Dots of the difference between those called back in time and like ones who were not. " + texts(said)


@figure(
    "instrument.loop.outcomes",
    topic="What happened to those called back in time, beside like customers who were not",
    needs="outcomes",
    title="instrument.loop.outcome",
    alt=_alt_outcomes,
    caption="Difference in percentage points, like customers compared; left of nought it happened less often to those "
    "called back. The last row lies before any call: away from nought it would show that the groups differ anyway.",
    data={
        "happened": ("What happened", "text"),
        "treated": ("Called back", "count"),
        "treated_share": ("Of them", "ratio"),
        "untreated": ("Not called", "count"),
        "untreated_share": ("Of them", "ratio"),
        "difference": ("Difference, like with like", "points"),
        "low": ("Low", "points"),
        "high": ("High", "points"),
        "dropped": ("Without a like one", "count"),
    },
)
def outcomes(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the differences with their intervals."""
    table = rows(result, "outcomes")
    ax = ax or style.canvas(len(table), row=0.62)
    data = [
        Dot(
            OUTCOMES[text(row, "outcome")][0].capitalize(),
            number(row, "difference"),
            number(row, "low"),
            number(row, "high"),
            note=f"{_share(row, 'treated_share')} against {_share(row, 'untreated_share')}",
        )
        for row in table
    ]
    dots(ax, data, "points", label="difference", zero="no difference")
    spread(ax, include=0.0)
    scale(ax, "points")
    return ax

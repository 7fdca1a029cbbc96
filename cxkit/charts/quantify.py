"""Figures of Quantify: the revenue bridge, and the business cases by what they are worth."""

from __future__ import annotations

from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Bar, bridge, bridge_words
from cxkit.charts.reading import Row, currency, number, rows, text, texts
from cxkit.records import Result


def _bridge(row: Row) -> list[Bar]:
    """Start, what was lost, what stayed, what grew, what joined, and where it ends."""
    value = {
        n: number(row, n) or 0.0 for n in ("start", "churn", "contraction", "expansion", "end", "returned", "joined")
    }
    kept = value["start"] - value["churn"] - value["contraction"]
    steps = [
        Bar("Start of window", value["start"], total=True),
        Bar("Left", -value["churn"], tone="bad"),
        Bar("Shrunk", -value["contraction"], tone="bad"),
        Bar("Kept", kept, total=True),
        Bar("Grown", value["expansion"], tone="good"),
        Bar("Same customers at the end", value["end"], total=True),
        Bar("Returned", value["returned"], tone="good"),
        Bar("Joined and stayed", value["joined"], tone="good"),
        Bar("End of window", number(row, "closing") or value["end"], total=True),
    ]
    return [s for s in steps if s.total or s.value]


def _last(result: Result) -> Row:
    table = rows(result, "bridge")
    return table[0] if table else {}


def _alt_bridge(result: Result) -> str:
    row, money = _last(result), currency(result)
    words = texts((f"{b.label}: {bridge_words(b, 'money', money)}" for b in _bridge(row)), 9)
    return f"Bridge of monthly recurring revenue over {text(row, 'period')}. {words}"


@figure(
    "quantify.bridge",
    topic="Monthly recurring revenue from the start of the window to its end",
    needs="bridge",
    title="quantify.scorecard.grr",
    alt=_alt_bridge,
    caption="Grey columns are totals and stand on zero; the steps between them are losses and gains of monthly "
    "recurring revenue. Kept over start is gross retention, same customers at the end over start is net retention.",
    data={
        "period": ("Period", "text"),
        "accounts": ("Customers", "people"),
        "start": ("Start", "money"),
        "churn": ("Left", "money"),
        "contraction": ("Shrunk", "money"),
        "expansion": ("Grown", "money"),
        "end": ("Same customers at the end", "money"),
        "returned": ("Returned", "money"),
        "joined": ("Joined and stayed", "money"),
        "closing": ("End", "money"),
    },
    worth=lambda result: (number(_last(result), "start") or 0) > 0,
)
def revenue_bridge(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the bridge of the latest window; shares are of its start."""
    row = _last(result)
    data = _bridge(row)
    start = number(row, "start") or 1.0
    ax = ax or style.canvas(6.6)
    bridge(ax, data, "money", currency=currency(result))
    for x, step in enumerate(data):
        if x and (share := step.value / start):
            ax.annotate(
                formats.quantity(share, "ratio", signed=not step.total),
                (x, 0),
                xytext=(0, 5),
                textcoords="offset points",
                ha="center",
                fontsize=8.5,
                color=style.PAPER if step.total else style.SOFT,
            )
    return ax

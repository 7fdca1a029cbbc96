"""The figure of the metric diet: what each customer score tells about who leaves, and the size that would be useful."""

from __future__ import annotations

from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Dot, dots
from cxkit.charts.reading import Row, number, rows, text, texts
from cxkit.records import Result

TONES = {"predicts": "good", "does not": "bad", "cannot tell": "unknown"}


def _tested(result: Result) -> list[Row]:
    """Scores held against leaving, those with a verdict first."""
    order = list(TONES)
    found = [r for r in rows(result, "vanity") if text(r, "outcome") == "left" and number(r, "value") is not None]
    return sorted(found, key=lambda r: (order.index(text(r, "verdict")), -(number(r, "n") or 0), text(r, "score")))


def _verdict(row: Row) -> str:
    more, n = number(row, "more_needed"), number(row, "n") or 0
    words = text(row, "verdict")
    if words == "cannot tell":
        return f"cannot tell; ~{more:,.0f} more customers" if more else "cannot tell; pointed the other way"
    return f"{'tells' if words == 'predicts' else 'does not tell'} (n {n:,.0f})"


def _alt(result: Result) -> str:
    parts = [
        f"{text(r, 'label')}: {formats.quantity(number(r, 'value'), 'points', signed=True)}, "
        f"{formats.interval(number(r, 'low'), number(r, 'high'), 'points') or 'no interval'}, {_verdict(r)}"
        for r in _tested(result)
    ]
    return "Difference in leaving between the worse and the better end of each customer score. " + texts(parts)


@figure(
    "align.vanity",
    topic="Does a customer's score tell who leaves in the half-year after it?",
    needs="vanity",
    alt=_alt,
    caption="Difference in the share that left between the worse and better end of a score, with its 95 % interval; "
    "inside the shaded band a difference is too small to be useful. Which end is worse was learnt a year earlier.",
    data={
        "label": ("Score", "text"),
        "outcome": ("What followed", "text"),
        "verdict": ("Verdict", "text"),
        "value": ("Difference", "none"),
        "low": ("from", "none"),
        "high": ("to", "none"),
        "n": ("Customers", "count"),
        "more_needed": ("More needed", "count"),
    },
    worth=lambda result: bool(_tested(result)),
)
def vanity(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw a dot and interval per score, the useful size as a band, the verdict beside the row."""
    table = _tested(result)
    ax = ax or style.canvas(len(table) + 0.6)
    data = [
        Dot(
            text(r, "label"),
            number(r, "value"),
            number(r, "low"),
            number(r, "high"),
            tone=TONES[text(r, "verdict")],
            note=_verdict(r),
        )
        for r in table
    ]
    dots(ax, data, "points", label="points; right: more left at the worse end", zero="no difference")
    for y, row in enumerate(table):
        useful = number(row, "useful") or 0.0
        ax.barh(y, 2 * useful, left=-useful, height=0.72, color=style.BAND1, linewidth=0, zorder=0)
    return ax

"""Figures of Govern: maturity claimed and evidenced, and where the money should go."""

from __future__ import annotations

from matplotlib.axes import Axes

from cxkit.charts import style
from cxkit.charts.align import levels
from cxkit.charts.figure import figure
from cxkit.charts.marks import dumbbells
from cxkit.charts.reading import number, rows, text, texts
from cxkit.records import Result


def _alt_maturity(result: Result) -> str:
    said = []
    for row in rows(result, "capabilities"):
        own, shown = number(row, "self_assessed"), number(row, "evidenced")
        said.append(
            f"{text(row, 'name')}: self-assessed {own:.0f}, evidenced {shown:.0f}"
            if own is not None and shown is not None
            else f"{text(row, 'name')}: "
            + (
                f"evidenced {shown:.0f}"
                if shown is not None
                else f"self-assessed {own:.0f}"
                if own is not None
                else "not assessed"
            )
        )
    return "Self-assessed and evidenced level of each capability, 1 to 5. " + texts(said)


@figure(
    "govern.maturity",
    topic="Maturity as claimed and as the evidence supports it",
    needs="capabilities",
    title="govern.maturity.overall",
    alt=_alt_maturity,
    caption="Levels run from 1 (ad hoc) to 5 (operationalised); they are an order, not a measure.",
    data={
        "name": ("Capability", "text"),
        "owner_role": ("Owner", "text"),
        "self_assessed": ("Self-assessed", "count"),
        "evidenced": ("Evidenced", "count"),
        "evidence": ("Evidence", "text"),
        "next_rule": ("For the next level", "text"),
    },
    worth=lambda result: any(number(r, "evidenced") is not None for r in rows(result, "capabilities")),
)
def maturity(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw both levels of the six capabilities."""
    table = rows(result, "capabilities")
    ax = ax or style.canvas(len(table) + 0.6)
    dumbbells(
        ax,
        [text(r, "name") for r in table],
        [number(r, "self_assessed") for r in table],
        [number(r, "evidenced") for r in table],
        names=("self-assessed", "evidenced"),
        notes=[text(r, "owner_role") for r in table],
    )
    return levels(ax)

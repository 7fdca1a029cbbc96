"""What is left of the bare claims after every step: margin, adoption, doubt, sharing, cost and tax."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from cxkit.charts import marks, style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Bar, bridge_words
from cxkit.charts.reading import currency, number, rows, text, texts
from cxkit.records import Result

LABELS: Mapping[str, str] = {
    "base × effect × value": "Claimed at face value",
    "contribution margin": "Not margin",
    "adoption": "Not taken up",
    "deadweight": "Would happen anyway",
    "cannibalisation": "Taken from elsewhere",
    "confidence": "Stated doubt",
    "learned haircut": "Past shortfall",
    "shared claims": "Claimed twice",
    "cost": "Cost",
    "tax": "Tax",
}
"""Step → what it takes off, in words of the figure."""


def _steps(result: Result) -> list[Bar]:
    """The sum of all cases that were not stopped: the bare claim, what each step takes off, and what is left."""
    live = {text(r, "initiative") for r in rows(result, "cases") if text(r, "status") != "stopped"}
    level: dict[str, float] = {}
    change: dict[str, float] = {}
    for row in sorted(rows(result, "steps"), key=lambda r: number(r, "order") or 0.0):
        if text(row, "initiative") in live:
            step = text(row, "step")
            level[step] = level.get(step, 0.0) + (number(row, "npv") or 0.0)
            change[step] = change.get(step, 0.0) + (number(row, "change") or 0.0)
    if not level:
        return []
    first, *others = level
    widest = max(abs(v) for v in level.values())
    bars = [Bar(LABELS.get(first, first), level[first], total=True)]
    for step in others:
        if step == "cost":
            bars.append(Bar("Benefit left", level[step] - change[step], total=True))
        if abs(change[step]) > 1e-9 * widest:
            bars.append(Bar(LABELS.get(step, step), change[step], tone="bad" if change[step] < 0 else "good"))
    return [*bars, Bar("Net present value", level[others[-1]] if others else level[first], total=True)]


def _alt(result: Result) -> str:
    money = currency(result)
    words = texts((f"{b.label}: {bridge_words(b, 'money', money)}" for b in _steps(result)), 12)
    return f"From what all cases claim bare to their net present value. {words}"


@figure(
    "quantify.steps",
    topic="What is left of the claims after every step",
    needs="steps",
    title="quantify.cases.steps",
    alt=_alt,
    caption="Present values of all cases that were not stopped, cash alone. Grey bars stand on zero; each step "
    "between them is taken off once. Where a row's risk is its stated range, no stated doubt is taken off as well.",
    data={
        "name": ("Initiative", "text"),
        "step": ("Step", "text"),
        "npv": ("After it", "money"),
        "change": ("Change", "money"),
    },
    worth=lambda result: len(_steps(result)) > 2,
)
def steps(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the steps from the bare claim to the net present value of all cases, from top to bottom."""
    data, money = _steps(result), currency(result)
    ax = ax or style.canvas(len(data) + 0.6)
    marks.rows(ax, [bar.label for bar in data])
    level = 0.0
    for y, bar in enumerate(data):
        base, end = (0.0, bar.value) if bar.total else (level, level + bar.value)
        colour = style.SOFT if bar.total else style.TONES[bar.tone]
        ax.barh(y, end - base, left=base, height=0.56, color=colour, linewidth=0, zorder=2)
        if y + 1 < len(data):
            ax.plot([end, end], [y + 0.28, y + 0.72], color=style.SOFT, linewidth=0.8, zorder=1)
        marks.aside(ax, y, bridge_words(bar, "money", money), color=style.INK if bar.total else style.SOFT)
        level = end
    ax.axvline(0, color=style.SOFT, linewidth=1)
    marks.spread(ax, include=0.0, pad=0.03)
    marks.scale(ax, "money", money)
    ax.xaxis.grid(True)
    return ax

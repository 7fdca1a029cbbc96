"""The alignment-impact scorecard drawn: every figure before and after the programme began, on a scale of its own."""

from __future__ import annotations

from typing import cast

from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import aside
from cxkit.charts.marks import rows as name_rows
from cxkit.charts.reading import Row, currency, number, rows, text, texts
from cxkit.formats import Unit
from cxkit.records import Result

APART = 0.16
"""Half the distance between the two marks of a row."""
LABELS = {"before": "before", "after": "since it began"}


def _shown(result: Result) -> list[Row]:
    return [r for r in rows(result, "measures") if number(r, "before") is not None and number(r, "after") is not None]


def _words(row: Row, name: str, money: str) -> str:
    return formats.quantity(number(row, name), cast(Unit, text(row, "unit")), currency=money)


def _note(row: Row, money: str) -> str:
    said = f"{_words(row, 'before', money)} → {_words(row, 'after', money)}"
    verdict = {"good": "better", "bad": "worse", "unknown": "cannot be told"}.get(text(row, "tone"), "")
    if text(row, "verdict") == "too few":
        verdict = "too few to judge"
    return f"{said} · {verdict} · {text(row, 'grade')}"


def _alt(result: Result) -> str:
    money = currency(result)
    said = [
        f"{text(r, 'label')}: {_words(r, 'before', money)} before, {_words(r, 'after', money)} since, grade "
        f"{text(r, 'grade')}, {_note(r, money).split(' · ')[1]}"
        for r in _shown(result)
    ]
    return f"Each figure before and after the programme began, with intervals, on a scale of its own. {texts(said, 12)}"


@figure(
    "prove.impact",
    topic="Churn, lifetime value, engagement, speed, cost and satisfaction before and after the programme began",
    needs="measures",
    title="prove.impact.overall",
    alt=_alt,
    caption="An open mark is the figure before the programme began, a filled one since then, lines their 95 % "
    "intervals; the small upright stroke is where the trend of the year before leads. Every row has a scale of its "
    "own, so lengths compare within a row only; a circle is better or cannot be told, a diamond worse. The letter is "
    "the grade of evidence: E shows no cause.",
    data={
        "label": ("Figure", "text"),
        "says": ("In words", "text"),
        "period_before": ("Before", "text"),
        "period_after": ("After", "text"),
        "n": ("n", "count"),
        "began": ("The year before", "text"),
        "tested_by": ("Tested by", "text"),
        "tested_scope": ("Test is about", "text"),
        "grade": ("Grade", "text"),
    },
    worth=lambda result: bool(_shown(result)),
)
def impact(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw one row per figure."""
    data, money = _shown(result), currency(result)
    ax = ax or style.canvas(len(data) + 0.4, row=0.6)
    name_rows(ax, [text(r, "label") for r in data], double=True, most=34)
    for y, row in enumerate(data):
        ends = [
            v
            for side in ("before", "after")
            for c in (side, f"{side}_low", f"{side}_high")
            if (v := number(row, c)) is not None
        ]
        expected = number(row, "expected")
        low, high = (
            min([*ends, *([expected] if expected is not None else [])]),
            max([*ends, *([expected] if expected is not None else [])]),
        )
        width = (high - low) or abs(high) or 1.0

        def at(value: float, low: float = low, width: float = width) -> float:
            return (value - low) / width

        ax.plot([0, 1], [y, y], color=style.LINE, linewidth=0.8, zorder=0)
        tone = text(row, "tone")
        for side, place in (("before", y - APART), ("after", y + APART)):
            colour = style.SOFT if side == "before" else style.TONES[tone]
            value, near, far = (number(row, c) for c in (side, f"{side}_low", f"{side}_high"))
            assert value is not None
            if near is not None and far is not None:
                ax.plot([at(near), at(far)], [place, place], color=colour, linewidth=2.2, zorder=2)
            mark = "o" if side == "before" or tone != "bad" else style.MARKS["bad"]
            ax.plot([at(value)], [place], marker=mark, markersize=7.5, color=colour, linestyle="none", zorder=3)
            if side == "before":
                ax.plot([at(value)], [place], marker="o", markersize=4, color=style.PAPER, linestyle="none", zorder=4)
            if y == 0:
                ax.annotate(
                    LABELS[side], (at(value), place), xytext=(0, 9 if side == "before" else -15),
                    textcoords="offset points", ha="center", fontsize=8.5, color=colour,
                )  # fmt: skip
        if expected is not None:
            ax.plot([at(expected)] * 2, [y + APART - 0.14, y + APART + 0.14], color=style.INK, linewidth=1.6, zorder=5)
        aside(ax, y, _note(row, money), color=style.INK if tone != "unknown" else style.SOFT)
    ax.set_xlim(-0.08, 1.08)
    ax.set_xticks([])
    return ax

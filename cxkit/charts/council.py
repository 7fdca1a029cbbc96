"""Figures of the council's pack: months beside the limits of their past, and why totals changed."""

from __future__ import annotations

from typing import cast

import pandas as pd
from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import aside, scale, spread
from cxkit.charts.marks import rows as name_rows
from cxkit.charts.reading import Row, currency, number, rows, text, texts
from cxkit.formats import Unit
from cxkit.records import Result

MOST = 9
HALF = 0.34
"""Half the height of a strip, which is half the width between the limits."""
REACH = 1.3
"""How far beyond its limits a month is drawn; one further off stands at the edge of its strip."""
NEWS = {"outside": "news", "shift": "news: a shift", "inside": "no news"}
PARTS = (("volume", style.BAND3), ("mix", style.ACCENT2), ("rate", style.ACCENT))
STEP = 0.24


def _judged(result: Result) -> list[Row]:
    """Measures with limits, news first, in the order of the scorecard otherwise."""
    found: list[Row] = [r for r in rows(result, "measures") if number(r, "limit_low") is not None]
    return sorted(found, key=lambda r: text(r, "signal") == "inside")[:MOST]


def _value(row: Row, name: str, result: Result) -> str:
    return formats.quantity(
        number(row, name), cast("Unit", text(row, "unit") or "none"), currency=currency(result)
    ).removesuffix(" per 1,000")


def _alt_limits(result: Result) -> str:
    said = [
        f"{text(r, 'label')}: {_value(r, 'latest', result)}, limits {_value(r, 'limit_low', result)} to "
        f"{_value(r, 'limit_high', result)}, {NEWS[text(r, 'signal')]}"
        for r in _judged(result)
    ]
    return f"A strip of months per measure between the limits of its own past. {texts(said, MOST)}"


@figure(
    "govern.council.limits",
    topic="The latest month of each measure, between the limits of its past",
    needs="measures",
    title="govern.council.news",
    alt=_alt_limits,
    caption="Each strip is one measure on a scale of its own; its band is where months lie by noise alone, its line "
    "the months, the mark the latest one. A diamond is news.",
    data={
        "label": ("Measure", "text"),
        "month": ("Month", "text"),
        "latest": ("Latest", "none"),
        "centre": ("Centre", "none"),
        "limit_low": ("Lower limit", "none"),
        "limit_high": ("Upper limit", "none"),
        "months": ("Months before", "count"),
        "says": ("What it says", "text"),
    },
    worth=lambda result: bool(_judged(result)),
)
def limits(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw a strip of months per measure, each scaled to its limits."""
    data = _judged(result)
    ax = ax or style.canvas(len(data), row=0.58)
    series: dict[str, list[float]] = {}
    for point in rows(result, "months"):
        series.setdefault(text(point, "metric"), []).append(number(point, "value") or 0.0)
    longest = max((len(series.get(text(r, "metric"), [])) for r in data), default=1)
    name_rows(ax, [text(r, "label") for r in data])
    for y, row in enumerate(data):
        low, high = number(row, "limit_low") or 0.0, number(row, "limit_high") or 0.0
        middle, half = (low + high) / 2, (high - low) / 2 or 1.0
        values = series.get(text(row, "metric"), [])
        start = longest - len(values)
        places = [y - HALF * max(-REACH, min(REACH, (v - middle) / half)) for v in values]
        ax.fill_between([start, longest - 1], y - HALF, y + HALF, color=style.BAND1, linewidth=0, zorder=1)
        ax.plot([start, longest - 1], [y, y], color=style.PAPER, linewidth=1.2, zorder=2)
        ax.plot(range(start, longest), places, color=style.SOFT, linewidth=1.4, zorder=3)
        tone = text(row, "tone")
        news = text(row, "signal") != "inside"
        ax.plot(
            [longest - 1],
            places[-1:],
            marker="D" if news else "o",
            color=style.TONES.get(tone, style.SOFT),
            markersize=7,
            linestyle="none",
            zorder=4,
        )
        said = f"{_value(row, 'latest', result)} · {NEWS[text(row, 'signal')]}"
        aside(ax, y, said, color=style.INK if news else style.SOFT)
    ax.set_xlim(0, longest - 0.5)
    ax.set_xticks([0, longest - 1])
    months = [text(r, "month") for r in rows(result, "months")]
    ax.set_xticklabels([min(months, default=""), max(months, default="")])
    return ax


def _totals(result: Result) -> list[Row]:
    """Totals whose change is explained: a share of what they were can be drawn on one scale."""
    found: list[Row] = [
        r for r in rows(result, "why") if text(r, "unit") in {"money", "count"} and (number(r, "before") or 0.0) > 0
    ]
    return found


def _part(row: Row, name: str) -> float:
    return (number(row, name) or 0.0) / (number(row, "before") or 1.0)


def _alt_why(result: Result) -> str:
    said = [f"{text(r, 'label')}: {_change(r, result)}; {text(r, 'says')}" for r in _totals(result)]
    return f"Bars of the parts of each change, as a share of the year before. {texts(said)}"


def _change(row: Row, result: Result) -> str:
    unit = cast("Unit", text(row, "unit"))
    return formats.quantity(number(row, "change"), unit, currency=currency(result), signed=True)


@figure(
    "govern.council.why",
    topic="Why totals changed against the window before: volume, mix and rate",
    needs="why",
    title="govern.council.why",
    alt=_alt_why,
    caption="Volume is more or fewer customers, mix another composition of segments, rate the same kind of customers "
    "doing otherwise. The three add up to the change; the line is the 95 % interval of the rate.",
    data={
        "label": ("Figure", "text"),
        "period": ("Window", "text"),
        "before": ("Before", "none"),
        "now": ("Now", "none"),
        "change": ("Change", "none"),
        "volume": ("Volume", "none"),
        "mix": ("Mix", "none"),
        "rate": ("Rate", "none"),
        "rate_low": ("Rate, low", "none"),
        "rate_high": ("Rate, high", "none"),
    },
    worth=lambda result: bool(_totals(result)),
    subject=lambda result: text(max(_totals(result), key=lambda r: abs(_part(r, "change"))), "figure"),
    drawn=lambda frame, result: frame[frame["figure"].isin([text(r, "figure") for r in _totals(result)])],
)
def why(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw three bars per total, as a share of what it was."""
    data = _totals(result)
    ax = ax or style.canvas(len(data), row=0.95)
    name_rows(ax, [text(r, "label") for r in data])
    for y, row in enumerate(data):
        for place, (name, colour) in enumerate(PARTS):
            at, value = y + (place - 1) * STEP, _part(row, name)
            ax.barh(at, value, height=STEP * 0.86, color=colour, linewidth=0, zorder=2)
            left = value < 0
            end = value
            if name == "rate" and number(row, "rate_low") is not None:
                low, high = _part(row, "rate_low"), _part(row, "rate_high")
                ax.plot([low, high], [at, at], color=style.INK, linewidth=1.5, zorder=3)
                end = min(low, value) if left else max(high, value)
            ax.annotate(
                f"{name} {formats.quantity(value, 'ratio', signed=True)}",
                (end, at),
                xytext=(-5 if left else 5, 0),
                textcoords="offset points",
                va="center",
                ha="right" if left else "left",
                fontsize=8.5,
                color=style.INK,
            )
        aside(ax, y, _change(row, result))
    ax.axvline(0, color=style.SOFT, linewidth=1)
    spread(ax, include=0.0, pad=0.22)
    scale(ax, "ratio")
    ax.xaxis.grid(True)
    frame = pd.DataFrame(data)
    if not frame.empty:
        ax.set_xlabel(f"share of {frame['period_before'].iloc[0]}", loc="left")
    return ax

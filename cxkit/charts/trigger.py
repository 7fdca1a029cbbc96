"""Figure of the trigger rule: each watched series in the band its own past allows, flagged periods marked and named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import scale
from cxkit.charts.reading import Row, number, rows, text, texts
from cxkit.formats import Unit
from cxkit.records import Result

MAIN, SMALL = 2.7, 1.45
"""Height of the first panel and of a row of small ones, in inches."""
UNITS: dict[str, Unit] = {"per_1000": "none", "ratio": "ratio", "nps": "nps", "score": "score"}
WHOLE = frozenset({"per_1000"})


def _watch(result: Result) -> list[Row]:
    """Series that were judged: the ones that open a trigger first, then in the order watched."""
    table = rows(result, "watch")
    return sorted(table, key=lambda r: text(r, "verdict") != "open")


def _points(result: Result, series: str) -> list[Row]:
    return [r for r in rows(result, "series") if text(r, "series") == series]


def _day(row: Row) -> date:
    return pd.Timestamp(row["period"]).date()


def _name(watch: Row) -> str:
    step = text(watch, "step")
    per = " per 1,000 customers" if text(watch, "unit") == "per_1000" else ""
    return f"{text(watch, 'label')}{per}, by {step}"


def _words(value: float | None, unit: str) -> str:
    if unit == "per_1000" and value is not None:
        return formats.number(value, 1 if abs(value) < 100 else 0)
    return formats.quantity(value, UNITS.get(unit, "none"))


def _alt(result: Result) -> str:
    said = []
    for watch in _watch(result):
        unit, verdict = text(watch, "unit"), text(watch, "verdict")
        state = {
            "open": "left its noise in the last three months",
            "history": "left its noise earlier",
            "quiet": "stayed inside",
        }
        said.append(
            f"{_name(watch)}: latest {_words(number(watch, 'latest'), unit)}, allowed "
            f"{_words(number(watch, 'low'), unit)} to {_words(number(watch, 'high'), unit)}, "
            f"{state.get(verdict, verdict)}"
        )
    return f"Lines of each watched series over time in the band its own past allows. {texts(said, 6)}"


@figure(
    "align.trigger",
    topic="What customers signal, against what their own past allows",
    needs="series",
    title="align.trigger.opened align.trigger.quiet",
    alt=_alt,
    caption="Dashed: what level and season led to expect. Band: what chance alone allows one period. Both come from "
    "the past above the grey bar and do not move with what they judge. A red diamond is a period, or three months "
    "together, beyond the limit on the bad side. Unfinished periods, and those without the tool, are left out.",
    data={
        "label": ("Series", "text"),
        "period": ("Period", "text"),
        "value": ("Value", "score"),
        "centre": ("Expected", "score"),
        "low": ("Allowed from", "score"),
        "high": ("to", "score"),
        "signal": ("Signal", "text"),
        "version": ("Limits", "text"),
    },
    worth=lambda result: bool(_watch(result)),
)
def trigger(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the leading series large and the others small; on given axes the leading one alone."""
    watched = _watch(result)[:7]
    if ax is not None:
        return _panel(ax, watched[0], _points(result, text(watched[0], "series")), large=True)
    others = watched[1:]
    lines = (len(others) + 1) // 2
    drawing = Figure(figsize=(style.WIDTH, MAIN + SMALL * lines), layout="constrained")
    FigureCanvasSVG(drawing)
    grid = drawing.add_gridspec(1 + lines, 2, height_ratios=[MAIN, *([SMALL] * lines)])
    first = drawing.add_subplot(grid[0, :])
    _panel(first, watched[0], _points(result, text(watched[0], "series")), large=True)
    for k, watch in enumerate(others):
        small = drawing.add_subplot(grid[1 + k // 2, k % 2])
        _panel(small, watch, _points(result, text(watch, "series")), large=False)
    return first


def _panel(ax: Axes, watch: Row, points: Sequence[Row], *, large: bool) -> Axes:
    unit = text(watch, "unit")
    x = [float(dates.date2num(_day(p))) for p in points]
    value = [number(p, "value") if p.get("usable") else None for p in points]
    _band(ax, x, points)
    centre: list[Any] = [number(p, "centre") for p in points]
    ax.plot(x, centre, color=style.SOFT, linewidth=1, linestyle=(0, (4, 3)), zorder=2)
    drawn: list[Any] = [float("nan") if v is None else v for v in value]
    weekly = text(watch, "step") == "week"
    mark: dict[str, Any] = {} if weekly else {"marker": "o", "markersize": 3.6 if large else 2.4}
    ax.plot(x, drawn, color=style.INK, linewidth=1.5 if large else 1.1, zorder=3, **mark)
    flagged = [i for i, p in enumerate(points) if text(p, "signal") and value[i] is not None]
    ax.plot(
        [x[i] for i in flagged],
        [drawn[i] for i in flagged],
        marker=style.MARKS["bad"],
        color=style.BAD,
        markersize=8 if large else 5.5,
        linestyle="none",
        zorder=4,
    )
    _room(ax, [v for v in value if v is not None], points)
    if large and flagged:
        last = flagged[-1]
        when = f"{_day(points[last]):%d %B}".lstrip("0") if weekly else f"{_day(points[last]):%B}"
        ax.annotate(
            f"{_words(value[last], unit)} in {'the week of ' if weekly else ''}{when}",
            (x[last], drawn[last]),
            xytext=(-6, 9),
            textcoords="offset points",
            ha="right",
            fontsize=9.5,
            weight="bold",
            color=style.BAD,
        )
    _frozen(ax, watch, large=large)
    ax.set_title(_name(watch), loc="left", fontsize=10 if large else 9, color=style.INK, weight="bold", pad=5)
    _years(ax, x, large=large)
    scale(ax, UNITS.get(unit, "none"), axis="y", bins=5 if large else 3)
    if unit in WHOLE or unit == "nps":
        ax.yaxis.set_major_formatter(lambda v, _: formats.number(v, 0))
    ax.tick_params(axis="y", labelcolor=style.SOFT, labelsize=8.5)
    ax.yaxis.grid(True)
    return ax


def _band(ax: Axes, x: Sequence[float], points: Sequence[Row]) -> None:
    known = [(a, number(p, "low"), number(p, "high")) for a, p in zip(x, points, strict=True)]
    inside: list[tuple[float, Any, Any]] = [k for k in known if k[1] is not None and k[2] is not None]
    if inside:
        at, low, high = zip(*inside, strict=True)
        ax.fill_between(at, low, high, color=style.ACCENT2, linewidth=0, alpha=1.0, zorder=1)


def _room(ax: Axes, values: Sequence[float], points: Sequence[Row]) -> None:
    """Limits that hold every value and the band, with a strip below for the bar of the baseline."""
    ends = [v for p in points for v in (number(p, "low"), number(p, "high")) if v is not None]
    low, high = min([*values, *ends], default=0.0), max([*values, *ends], default=1.0)
    span = (high - low) or abs(high) or 1.0
    ax.set_ylim(low - 0.16 * span, high + 0.13 * span)


def _frozen(ax: Axes, watch: Row, *, large: bool) -> None:
    """The bar under the months the limits rest on."""
    first, last = (pd.Timestamp(watch[c]).date() for c in ("baseline_first", "baseline_last"))
    ends = [float(dates.date2num(d)) for d in (first, last)]
    ax.plot(ends, [0.045, 0.045], transform=ax.get_xaxis_transform(), color=style.BAND3, linewidth=4, zorder=2)
    if large:
        ax.text(
            ends[0], 0.075, "past that sets the limits", transform=ax.get_xaxis_transform(), fontsize=8.5,
            color=style.SOFT, va="bottom",
        )  # fmt: skip


def _years(ax: Axes, x: Sequence[float], *, large: bool) -> None:
    """Few dates on the axis: January and July, the year with each."""
    first, last = dates.num2date(x[0]).date(), dates.num2date(x[-1]).date()
    ticks = [
        date(year, month, 1)
        for year in range(first.year, last.year + 1)
        for month in (1, 7)
        if first <= date(year, month, 1) <= last
    ]
    ax.xaxis.set_major_locator(FixedLocator([float(dates.date2num(t)) for t in ticks]))
    ax.xaxis.set_major_formatter(FixedFormatter([f"{t:%b %Y}" for t in ticks]))
    ax.tick_params(axis="x", labelsize=9 if large else 8)
    pad = 0.02 * ((x[-1] - x[0]) or 1.0)
    ax.set_xlim(x[0] - pad, x[-1] + pad)

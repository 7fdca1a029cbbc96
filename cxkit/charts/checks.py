"""Figures of what stands beside an effect: limits, earlier looks, whether it lasts, and where it differs."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Dot, aside, dots, scale
from cxkit.charts.marks import rows as name_rows
from cxkit.charts.reading import Row, currency, number, rows, text, texts
from cxkit.formats import Unit
from cxkit.records import Result

FURTHEST = 4.0
"""How many margins of harm, or of benefit, are drawn; longer intervals are cut there."""
MOST = 14
LEAST_POINTS = 3


def _amount(row: Row, column: str, result: Result, *, signed: bool = True) -> str:
    value, unit = number(row, column), _unit(row)
    if value is None:
        return ""
    if unit in {"none", "nps", "score"}:
        return formats.number(value, 3 if abs(value) < 1 else 2 if abs(value) < 100 else 0, signed=signed)
    return formats.quantity(value, unit, currency=currency(result), signed=signed)


def _unit(row: Row) -> Unit:
    return text(row, "unit") or "none"  # type: ignore[return-value]


def _value(row: Row, column: str) -> float:
    """A cell to draw; nothing is drawn at what is missing."""
    found = number(row, column)
    return float("nan") if found is None else found


def _axis(row: Row) -> str:
    label = {"points": "percentage points", "ratio": "percent", "none": "in the metric's own unit"}
    return f"Effect, {label.get(text(row, 'unit') or 'none', text(row, 'unit'))}"


def _same(frame: pd.DataFrame, row: Row, *columns: str) -> pd.DataFrame:
    """The rows of a table that are about the same as `row`."""
    for column in columns:
        frame = frame[frame[column] == row.get(column)]
    return frame


def _subject(result: Result, id: str, row: Row, tail: str = "") -> str:
    """Subject of the finding about this experiment and arm."""
    whole = text(row, "experiment_id")
    names = [f"{whole}/{text(row, 'arm')}{tail}", f"{whole}{tail}"]
    said = {f.subject for f in result.findings if f.id == id}
    return next((name for name in names if name in said), names[-1])


def _limits(result: Result) -> list[Row]:
    found: list[Row] = [r for r in rows(result, "guardrails") if (number(r, "margin") or 0) > 0]
    found = [r for r in found if number(r, "harm") is not None]
    order = {"breached": 0, "cannot tell": 1, "holds": 2}
    return sorted(found, key=lambda r: (order.get(text(r, "verdict"), 3), -(number(r, "harm_high") or 0)))[:MOST]


def _limit_words(row: Row, result: Result) -> str:
    margin = _amount(row, "margin", result, signed=False)
    return f"{_amount(row, 'effect', result)}, {margin} bearable · {text(row, 'verdict')}"


def _alt_guardrails(result: Result) -> str:
    said = [f"{text(r, 'name')}, {text(r, 'metric_name')}: {_limit_words(r, result)}" for r in _limits(result)]
    return f"Harm to each limit as a share of what is bearable, with both one-sided bounds. {texts(said, MOST)}"


@figure(
    "prove.guardrails",
    topic="Harm to what must not get worse, as a share of what is bearable",
    needs="guardrails",
    title="prove.guardrail",
    alt=_alt_guardrails,
    caption="A dot is the harm, a line reaches to both one-sided bounds. A limit holds when the whole line lies left "
    "of the margin, and is breached when it lies right of it; anything else cannot be told.",
    data={
        "name": ("Experiment", "text"),
        "arm": ("Arm", "text"),
        "metric_name": ("Metric", "text"),
        "effect": ("Effect", "none"),
        "low": ("Low", "none"),
        "high": ("High", "none"),
        "margin": ("Bearable harm", "none"),
        "verdict": ("Verdict", "text"),
        "n_control": ("n control", "count"),
        "n_treated": ("n treated", "count"),
    },
    worth=lambda result: bool(_limits(result)),
)
def guardrails(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw one row per guardrail and arm against its margin."""
    data = _limits(result)
    ax = ax or style.canvas(len(data) + 0.8)
    name_rows(ax, [f"{text(r, 'metric_name')}: {text(r, 'name')}" for r in data])
    for y, row in enumerate(data):
        margin = number(row, "margin") or 1.0
        low, value, high = (
            min(max((number(row, c) or 0.0) / margin, -FURTHEST), FURTHEST) for c in ("harm_low", "harm", "harm_high")
        )
        tone = text(row, "tone")
        colour = style.TONES[tone]
        ax.plot([low, high], [y, y], color=colour, linewidth=2.2, zorder=2)
        ax.plot([value], [y], marker=style.MARKS[tone], markersize=7.5, color=colour, linestyle="none", zorder=3)
        aside(ax, y, _limit_words(row, result), color=style.SOFT if text(row, "verdict") == "holds" else style.INK)
    ax.set_xlim(min(ax.get_xlim()[0], -0.6), max(ax.get_xlim()[1], 1.6))
    style.zero_line(ax, "no harm")
    ax.axvline(1, color=style.BAD, linewidth=1.4, zorder=1)
    ax.annotate(
        "margin", (1, 1), xycoords=ax.get_xaxis_transform(), xytext=(4, 0), textcoords="offset points", fontsize=8.5,
        color=style.BAD, va="bottom",
    )  # fmt: skip
    scale(ax, "ratio")
    ax.set_xlabel("Harm, share of the margin")
    return ax


def _looked(result: Result) -> Row:
    """The arm whose looks are drawn: that with the most, then the most units."""
    table = rows(result, "looks")
    count = pd.Series([f"{text(r, 'experiment_id')}/{text(r, 'arm')}" for r in table]).value_counts()
    return max(
        table,
        key=lambda r: (count[f"{text(r, 'experiment_id')}/{text(r, 'arm')}"], number(r, "n") or 0),
        default={},
    )


def _looks(result: Result) -> Sequence[Row]:
    frame = _same(result.frame("looks"), _looked(result), "experiment_id", "arm") if result.has("looks") else None
    return [] if frame is None else frame.sort_values("look").to_dict("records")


def _alt_looks(result: Result) -> str:
    data = _looks(result)
    last = data[-1]
    ends = [_amount(last, c, result) for c in ("low", "high", "once_low", "once_high")]
    return (
        f"Line of the effect of “{text(last, 'name')}” on “{text(last, 'metric_name')}”, {len(data)} looks, two bands. "
        f"At the last, with {number(last, 'n'):,.0f} {text(last, 'counted')}: {_amount(last, 'effect', result)}; "
        f"{ends[0]} to {ends[1]} at any time, {ends[2]} to {ends[3]} had it been read once."
    )


@figure(
    "prove.looks",
    topic="The effect at each look while the experiment ran",
    needs="looks",
    alt=_alt_looks,
    caption="The wide band holds at every look at once, the narrow one at a single look fixed beforehand: reading it "
    "day by day would raise false alarms. Each look counts only what was fully measured by then.",
    data={
        "look": ("Look", "date"),
        "n": ("Counted by then", "count"),
        "effect": ("Effect", "none"),
        "low": ("Low, at any time", "none"),
        "high": ("High, at any time", "none"),
        "once_low": ("Low, read once", "none"),
        "once_high": ("High, read once", "none"),
    },
    worth=lambda result: len(_looks(result)) >= LEAST_POINTS,
    drawn=lambda frame, result: _same(frame, _looked(result), "experiment_id", "arm"),
)
def looks(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the effect over time with both bands."""
    data = _looks(result)
    ax = ax or style.canvas(6.5)
    x = pd.to_datetime(pd.Series([r["look"] for r in data]))
    line = {c: [_value(r, c) for r in data] for c in ("effect", "low", "high", "once_low", "once_high")}
    ax.fill_between(x, line["low"], line["high"], color=style.BAND1, linewidth=0, zorder=1)
    ax.fill_between(x, line["once_low"], line["once_high"], color=style.ACCENT2, linewidth=0, zorder=2)
    ax.plot(x, line["effect"], color=style.INK, linewidth=1.8, zorder=3)
    ax.axhline(0, color=style.SOFT, linewidth=1, linestyle=(0, (2, 3)), zorder=1)
    for column, words in (("high", "at any time"), ("once_high", "read once"), ("effect", "effect")):
        at = (x.iloc[-1], line[column][-1])
        ax.annotate(words, at, xytext=(6, 0), textcoords="offset points", va="center", fontsize=8.5, color=style.SOFT)
    scale(ax, _unit(data[-1]), currency(result), axis="y")
    ax.set_ylabel(_axis(data[-1]))
    _days(ax, x)
    return ax


def _days(ax: Axes, x: pd.Series) -> None:
    """A few days, written out; room at the right for the words."""
    chosen = sorted({0, len(x) // 2, len(x) - 1})
    ax.set_xticks([x.iloc[i] for i in chosen], [f"{x.iloc[i]:%Y-%m-%d}" for i in chosen])
    span = x.iloc[-1] - x.iloc[0]
    ax.set_xlim(x.iloc[0] - span * 0.04, x.iloc[-1] + span * 0.16)


def _faded(result: Result) -> Row:
    """The arm whose periods are drawn: the clearest trend."""
    return min(rows(result, "fading"), key=lambda r: (number(r, "p") or 0.0, text(r, "experiment_id")), default={})


def _periods(result: Result) -> Sequence[Row]:
    if not (result.has("fading") and result.has("periods")):
        return []
    frame = _same(result.frame("periods"), _faded(result), "experiment_id", "arm")
    return frame.sort_values("since").to_dict("records")


def _alt_periods(result: Result) -> str:
    data = _periods(result)
    said = [f"{text(r, 'step')} {number(r, 'since'):.0f}: {_amount(r, 'effect', result)}" for r in data]
    verdict = text(_faded(result), "verdict")
    return (
        f"Dots with intervals: effect of “{text(data[0], 'name')}” on “{text(data[0], 'metric_name')}” by time since "
        f"the draw; {verdict}. {texts(said, MOST)}"
    )


@figure(
    "prove.periods",
    topic="The effect by time since the draw",
    needs="periods",
    title="prove.fading",
    alt=_alt_periods,
    caption="A dot is the effect in one whole period since a unit was drawn, a line its interval; units drawn later "
    "have fewer periods. The verdict rests on each unit's own slope, not on the dots.",
    data={
        "since": ("Period since the draw", "count"),
        "effect": ("Effect", "none"),
        "low": ("Low", "none"),
        "high": ("High", "none"),
        "n_control": ("n control", "count"),
        "n_treated": ("n treated", "count"),
    },
    worth=lambda result: len(_periods(result)) >= LEAST_POINTS,
    subject=lambda result: _subject(result, "prove.fading", _faded(result)),
    drawn=lambda frame, result: _same(frame, _faded(result), "experiment_id", "arm"),
)
def periods(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the effect in each period since the draw."""
    data = _periods(result)
    ax = ax or style.canvas(6)
    verdict = text(_faded(result), "verdict")
    colour = style.TONES["neutral"] if verdict == "no trend shown" else style.ACCENT
    for row in data:
        at = number(row, "since") or 0.0
        ax.plot([at, at], [_value(row, "low"), _value(row, "high")], color=colour, linewidth=2.2, zorder=2)
        ax.plot([at], [_value(row, "effect")], marker="o", markersize=7, color=colour, linestyle="none", zorder=3)
    ax.axhline(0, color=style.SOFT, linewidth=1, linestyle=(0, (2, 3)), zorder=1)
    slope = _faded(result)
    ax.annotate(
        f"{_amount(slope, 'slope', result)} per {text(slope, 'step')} ({_amount(slope, 'low', result)} to "
        f"{_amount(slope, 'high', result)})",
        (0.99, 0.97), xycoords="axes fraction", ha="right", va="top", fontsize=9, color=style.INK,
    )  # fmt: skip
    ax.set_xticks([int(number(r, "since") or 0) for r in data])
    ax.set_xlabel(f"{text(data[0], 'step').capitalize()} since the draw")
    ax.set_ylabel(_axis(data[0]))
    scale(ax, _unit(data[0]), currency(result), axis="y")
    return ax


def _asked(result: Result) -> Row:
    """The question whose segments are drawn: the clearest difference."""
    table: list[Row] = [r for r in rows(result, "interactions") if text(r, "kind") == "segment"]

    def clear(row: Row) -> tuple[float, str, str]:
        p = number(row, "p_adjusted")
        return 2.0 if p is None else p, text(row, "experiment_id"), text(row, "column")

    return min(table, key=clear, default={})


def _segments(result: Result) -> Sequence[Row]:
    row = _asked(result)
    if not row or not result.has("segments"):
        return []
    frame = _same(result.frame("segments"), row, "experiment_id", "arm", "kind", "column")
    return frame.sort_values("order").to_dict("records")


def _dots(result: Result) -> Sequence[Dot]:
    return [
        Dot(
            text(r, "value"),
            number(r, "effect"),
            number(r, "low"),
            number(r, "high"),
            "neutral",
            f"{_amount(r, 'effect', result)} · n {(number(r, 'n_control') or 0) + (number(r, 'n_treated') or 0):,.0f}",
        )
        for r in _segments(result)
    ]


def _alt_segments(result: Result) -> str:
    data, row = _segments(result), _asked(result)
    said = [f"{text(r, 'value')}: {_amount(r, 'effect', result)}" for r in data]
    return (
        f"Dot and interval: effect of “{text(row, 'name')}” on “{text(row, 'metric_name')}” by {text(row, 'column')}, "
        f"declared beforehand; {text(row, 'verdict')}. {texts(said, MOST)}"
    )


@figure(
    "prove.segments",
    topic="The effect by a segment declared beforehand",
    needs="segments",
    title="prove.segments",
    alt=_alt_segments,
    caption="A dot is the effect in one segment, a line its interval, which describes and tests nothing: whether the "
    "effect differs is one question about all segments together.",
    data={
        "column": ("Split by", "text"),
        "value": ("Group", "text"),
        "effect": ("Effect", "none"),
        "low": ("Low", "none"),
        "high": ("High", "none"),
        "n_control": ("n control", "count"),
        "n_treated": ("n treated", "count"),
    },
    worth=lambda result: len(_segments(result)) > 1,
    subject=lambda result: _subject(result, "prove.segments", _asked(result), f"/{text(_asked(result), 'column')}"),
    drawn=lambda frame, result: _same(frame, _asked(result), "experiment_id", "arm", "kind", "column"),
)
def segments(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw one row per segment of the question with the clearest answer."""
    data = _dots(result)
    ax = ax or style.canvas(len(data) + 0.6)
    row = _segments(result)[0]
    return dots(ax, data, _unit(row), currency=currency(result), zero="no effect", label=_axis(row))

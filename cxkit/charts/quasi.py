"""Figures of experiments without a draw: path since the start, the mixture beside the group, balance, sensitivity."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import aside, scale
from cxkit.charts.marks import rows as name_rows
from cxkit.charts.reading import Row, currency, number, rows, text
from cxkit.formats import Unit
from cxkit.records import Finding, Result

MOST = 14
BALANCED = 0.1


def _weightiest(result: Result, table: str, *, design: str = "", kind: str = "") -> tuple[str, str]:
    """Experiment and arm that are drawn: of those with such rows the one with most money behind its effect."""
    have = [
        (text(r, "experiment_id"), text(r, "arm"))
        for r in rows(result, table)
        if (not design or text(r, "design") == design) and (not kind or text(r, "kind") == kind)
    ]
    if not have:
        return "", ""
    weight = {f.subject: f.weight for f in result.findings if f.id == "prove.effect"}
    ids = dict.fromkeys(have)
    return max(ids, key=lambda key: max(weight.get(key[0], 0.0), weight.get(f"{key[0]}/{key[1]}", 0.0)))


def _subject(result: Result, key: tuple[str, str]) -> str:
    """The subject of the findings about this experiment and arm."""
    known = {f.subject for f in result.findings}
    return key[0] if key[0] in known else f"{key[0]}/{key[1]}"


def _mine(result: Result, table: str, key: tuple[str, str], kind: str = "") -> list[Row]:
    return [
        r
        for r in rows(result, table)
        if (text(r, "experiment_id"), text(r, "arm")) == key and (not kind or text(r, "kind") == kind)
    ]


def _only(frame: pd.DataFrame, key: tuple[str, str], kind: str = "") -> pd.DataFrame:
    kept = (frame["experiment_id"] == key[0]) & (frame["arm"] == key[1])
    return frame[kept & (frame["kind"] == kind)] if kind else frame[kept]


def _unit(data: list[Row]) -> Unit:
    return text(data[0], "unit") or "none"  # type: ignore[return-value]


def _amount(value: float | None, unit: Unit, money: str) -> str:
    return formats.quantity(value, unit, currency=money, signed=unit not in {"nps"})


def _said(result: Result, key: tuple[str, str], *ids: str) -> str:
    found: list[Finding] = [f for f in result.findings if f.id in ids and f.subject == _subject(result, key)]
    return " ".join(f.title.rstrip(".") + "." for f in found)


def _did(result: Result) -> tuple[str, str]:
    return _weightiest(result, "paths", design="did")


def _alt_path(result: Result) -> str:
    data = _mine(result, "paths", _did(result))
    after = [r for r in data if text(r, "phase") == "after"]
    before = [r for r in data if text(r, "phase") == "before"]
    unit, money = _unit(data), currency(result)
    said = f"{len(before)} periods before the start and {len(after)} since, with intervals, against a line at nought."
    if after:
        last = _amount(number(after[-1], "value"), unit, money)
        said += f" First period {_amount(number(after[0], 'value'), unit, money)}, last {last}."
    return f"{said} {_said(result, _did(result), 'prove.effect', 'prove.quasi.trend')}"


@figure(
    "prove.quasi.path",
    topic="Effect by periods since the start, and what was seen before it",
    needs="paths",
    title="prove.quasi.trend",
    alt=_alt_path,
    caption="Each mark is the difference from groups not reached, measured from the last period before the start; a "
    "line is its interval. Open marks lie before the start: nothing should be there. The interval does not hold the "
    "declared bias allowance.",
    data={
        "name": ("Experiment", "text"),
        "since": ("Periods since the start", "count"),
        "value": ("Effect", "none"),
        "low": ("Low", "none"),
        "high": ("High", "none"),
        "groups": ("Groups behind it", "count"),
        "phase": ("Phase", "text"),
    },
    worth=lambda result: _did(result)[0] != "",
    subject=lambda result: _subject(result, _did(result)),
    drawn=lambda frame, result: _only(frame, _did(result)),
)
def path(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the event study of one difference-in-differences, the one with most money behind it."""
    data = _mine(result, "paths", _did(result))
    ax = ax or style.canvas(7.5)
    unit, money = _unit(data), currency(result)
    for row in data:
        k, value = number(row, "since") or 0.0, number(row, "value")
        low, high = number(row, "low"), number(row, "high")
        if value is None:
            continue
        early = text(row, "phase") != "after"
        colour = style.SOFT if early else style.ACCENT
        if low is not None and high is not None:
            ax.plot([k, k], [low, high], color=colour, linewidth=2.2, zorder=2)
        ax.plot([k], [value], marker="o", markersize=7, color=colour, linestyle="none", zorder=3)
        if early:
            ax.plot([k], [value], marker="o", markersize=3.8, color=style.PAPER, linestyle="none", zorder=4)
    ax.axhline(0, color=style.SOFT, linewidth=1)
    ax.axvline(-0.5, color=style.SOFT, linewidth=1, linestyle=(0, (2, 3)))
    for at, words, side in ((-0.5, "before the start", "right"), (-0.5, "since the start", "left")):
        shift = (-5, 4) if side == "right" else (5, 4)
        ax.annotate(
            words, (at, 1), xycoords=ax.get_xaxis_transform(), xytext=shift, textcoords="offset points", ha=side,
            fontsize=8.5, color=style.SOFT,
        )  # fmt: skip
    after = [r for r in data if text(r, "phase") == "after" and number(r, "value") is not None]
    if after:
        last = after[-1]
        ax.annotate(
            _amount(number(last, "value"), unit, money), (number(last, "since") or 0.0, number(last, "value") or 0.0),
            xytext=(9, 0), textcoords="offset points", va="center", fontsize=9.5, weight="bold", color=style.INK,
        )  # fmt: skip
    ax.margins(x=0.09)
    scale(ax, unit, money, axis="y")
    scale(ax, "count", axis="x", bins=8)
    ax.yaxis.grid(True)
    ax.set_xlabel("Periods since the start", loc="left")
    return ax


def _control(result: Result) -> tuple[str, str]:
    return _weightiest(result, "paths", design="synthetic_control")


def _alt_synthetic(result: Result) -> str:
    data, key = _mine(result, "paths", _control(result)), _control(result)
    unit, money = _unit(data), currency(result)
    last = data[-1]
    level = f"{formats.quantity(number(last, 'treated'), unit, currency=money)} beside "
    level += formats.quantity(number(last, "comparison"), unit, currency=money)
    return (
        f"Two lines over {len(data)} periods, the group and its mixture of others, and the gap between them below; "
        f"at the end {level}. {_said(result, key, 'prove.effect', 'prove.quasi.fit')}"
    )


@figure(
    "prove.quasi.synthetic",
    topic="The group beside the mixture of other groups that moved like it before the start",
    needs="paths",
    title="prove.effect",
    alt=_alt_synthetic,
    caption="The mixture is fitted before the dotted line alone. Below, the gap between the two: near nought before "
    "the start if the mixture is any good; what is there afterwards is the effect.",
    data={
        "name": ("Experiment", "text"),
        "period": ("Period", "text"),
        "treated": ("Group", "none"),
        "comparison": ("Mixture", "none"),
        "value": ("Gap", "none"),
        "phase": ("Phase", "text"),
    },
    worth=lambda result: _control(result)[0] != "",
    subject=lambda result: _subject(result, _control(result)),
    drawn=lambda frame, result: _only(frame, _control(result)),
)
def synthetic(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw group and mixture, and the gap below; on axes that are given, the upper panel alone."""
    data = _mine(result, "paths", _control(result))
    unit, money = _unit(data), currency(result)
    days = list(range(len(data)))
    axes = [ax] if ax is not None else style.panels([6.0, 3.0])
    start = next((d for d, r in zip(days, data, strict=True) if text(r, "phase") == "after"), days[-1])
    top = axes[0]
    lines = (("treated", "group", style.ACCENT, "-"), ("comparison", "mixture of others", style.SOFT, (0, (4, 2))))
    ends = [number(data[-1], column) or 0.0 for column, *_ in lines]
    for i, (column, words, colour, dash) in enumerate(lines):
        top.plot(days, [number(r, column) or 0.0 for r in data], color=colour, linestyle=dash)
        above = ends[i] >= ends[1 - i] if i == 0 else ends[i] > ends[1 - i]
        top.annotate(
            words, (days[-1], ends[i]), xytext=(7, 6 if above else -6), textcoords="offset points", va="center",
            fontsize=9, color=colour,
        )  # fmt: skip
    for panel in axes:
        panel.axvline(start, color=style.SOFT, linewidth=1, linestyle=(0, (2, 3)))
        scale(panel, unit, money, axis="y", bins=4)
        panel.yaxis.grid(True)
        panel.set_xlim(0, days[-1] * 1.2)
        marked = days[:: max(1, len(days) // 5)]
        panel.set_xticks(marked, [text(data[d], "period")[:7] for d in marked])
    top.annotate(
        "start", (start, 1), xycoords=top.get_xaxis_transform(), xytext=(4, 0), textcoords="offset points",
        fontsize=8.5, color=style.SOFT, va="bottom",
    )  # fmt: skip
    if len(axes) > 1:
        below = axes[1]
        gaps = [number(r, "value") or 0.0 for r in data]
        below.axhline(0, color=style.SOFT, linewidth=1)
        below.fill_between(days, gaps, color=style.ACCENT2, linewidth=0)
        below.plot(days, gaps, color=style.ACCENT, linewidth=1.5)
        below.annotate(
            f"gap {_amount(gaps[-1], unit, money)}", (days[-1], gaps[-1]), xytext=(7, 0), textcoords="offset points",
            va="center", fontsize=9, weight="bold", color=style.INK,
        )  # fmt: skip
    return top


def _balanced(result: Result) -> tuple[str, str]:
    return _weightiest(result, "balance")


def _by_imbalance(result: Result) -> list[Row]:
    data = _mine(result, "balance", _balanced(result))
    return sorted(data, key=lambda r: (-abs(number(r, "smd_before") or 0.0), text(r, "variable"), text(r, "level")))[
        :MOST
    ]


def _label(row: Row) -> str:
    words = text(row, "variable").replace("_", " ")
    return f"{words}: {text(row, 'level')}" if text(row, "level") else words


def _alt_balance(result: Result) -> str:
    apart = [[abs(number(r, c) or 0.0) for c in ("smd_before", "smd_after")] for r in _by_imbalance(result)[:6]]
    names = [_label(r) for r in _by_imbalance(result)[:6]]
    said = [
        f"{name} {before:.2f} before and {after:.2f} after" for name, (before, after) in zip(names, apart, strict=True)
    ]
    return (
        "How far treated and untreated customers are apart, in standard deviations, before and after matching: "
        f"{'; '.join(said)}. {_said(result, _balanced(result), 'prove.quasi.balance')}"
    )


@figure(
    "prove.quasi.balance",
    topic="How alike treated and untreated customers are, before matching and after",
    needs="balance",
    title="prove.quasi.balance",
    alt=_alt_balance,
    caption="Differences of means or shares in standard deviations, without their sign; left of the dotted line counts "
    "as balanced. What was not declared is not here and may differ.",
    data={
        "name": ("Experiment", "text"),
        "variable": ("Column", "text"),
        "level": ("Value", "text"),
        "treated": ("Treated", "none"),
        "before": ("Untreated, all", "none"),
        "after": ("Untreated, matched", "none"),
        "smd_before": ("Apart before", "none"),
        "smd_after": ("Apart after", "none"),
    },
    subject=lambda result: _subject(result, _balanced(result)),
    drawn=lambda frame, result: _only(frame, _balanced(result)),
)
def balance(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw both distances of each column, the farthest apart before matching first."""
    data = _by_imbalance(result)
    ax = ax or style.canvas(len(data) + 0.6)
    name_rows(ax, [_label(r) for r in data])
    for y, row in enumerate(data):
        before, after = abs(number(row, "smd_before") or 0.0), abs(number(row, "smd_after") or 0.0)
        bad = after > BALANCED
        ax.plot([before, after], [y, y], color=style.BAND3, linewidth=3, zorder=1)
        ax.plot([before], [y], marker="o", markersize=8.5, color=style.SOFT, linestyle="none", zorder=2)
        ax.plot([before], [y], marker="o", markersize=5, color=style.PAPER, linestyle="none", zorder=2)
        colour, mark = (style.BAD, "D") if bad else (style.GOOD, "o")
        ax.plot([after], [y], marker=mark, markersize=7, color=colour, linestyle="none", zorder=3)
        aside(ax, y, f"{before:.2f} → {after:.2f}", color=style.INK if bad else style.SOFT)
    if data:
        widest = abs(number(data[0], "smd_before") or 0.0)
        ax.annotate(
            "all", (widest, 0), xytext=(0, 9), textcoords="offset points", ha="center", fontsize=8.5, color=style.SOFT
        )
    style.zero_line(ax, "balanced up to here", at=BALANCED)
    ax.set_xlim(-0.01, max(ax.dataLim.x1 * 1.06, 0.2))
    scale(ax, "none")
    ax.xaxis.grid(True)
    ax.set_xlabel("Standard deviations apart", loc="left")
    return ax


def _bent(result: Result) -> tuple[tuple[str, str], str]:
    for kind in ("relative", "drift"):
        key = _weightiest(result, "sensitivity", kind=kind)
        if key[0]:
            return key, kind
    return ("", ""), ""


WORDS = {
    "relative": "Drift after the start, in the largest drift seen before it",
    "drift": "Drift from the mixture after the start, in its usual miss before it",
}


def _alt_sensitivity(result: Result) -> str:
    key, kind = _bent(result)
    data = _mine(result, "sensitivity", key, kind)
    unit, money = _unit(data), currency(result)
    ends = [formats.interval(number(r, "low"), number(r, "high"), unit, currency=money) for r in data[:6]]
    said = [f"{number(r, 'size') or 0.0:g} times: {words}" for r, words in zip(data, ends, strict=False)]
    return (
        f"The interval of the effect as what the comparison assumes is violated more and more: {'; '.join(said)}. "
        f"{_said(result, key, 'prove.quasi.sensitivity')}"
    )


@figure(
    "prove.quasi.sensitivity",
    topic="The effect's interval, the more the comparison is allowed to be wrong",
    needs="sensitivity",
    title="prove.quasi.sensitivity",
    alt=_alt_sensitivity,
    caption="At nought the groups would have moved alike. Further right they may have drifted apart after the start by "
    "that many times what was seen at worst before it. Grey intervals hold no effect at all.",
    data={
        "name": ("Experiment", "text"),
        "size": ("Violation, times", "none"),
        "low": ("Low", "none"),
        "high": ("High", "none"),
        "breakdown": ("Overturned from", "none"),
    },
    worth=lambda result: _bent(result)[1] != "",
    subject=lambda result: _subject(result, _bent(result)[0]),
    drawn=lambda frame, result: _only(frame, *_bent(result)),
)
def sensitivity(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw an interval per size of the violation, and where it first holds nought."""
    key, kind = _bent(result)
    data = [r for r in _mine(result, "sensitivity", key, kind) if number(r, "low") is not None]
    ax = ax or style.canvas(7.0)
    unit, money = _unit(data), currency(result)
    for row in data:
        x, low, high = (number(row, c) or 0.0 for c in ("size", "low", "high"))
        holds = not low <= 0 <= high
        ax.plot([x, x], [low, high], color=style.ACCENT if holds else style.BAND3, linewidth=5, solid_capstyle="butt")
    ax.axhline(0, color=style.SOFT, linewidth=1)
    broken = number(data[0], "breakdown")
    most = max(number(r, "size") or 0.0 for r in data)
    if broken is not None and 0 < broken <= most:
        style.zero_line(ax, f"overturned from {broken:.2g} times", at=broken)
    ax.set_xlim(-0.06 * most, most * 1.06)
    scale(ax, unit, money, axis="y")
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}×")
    ax.yaxis.grid(True)
    ax.set_xlabel(WORDS[kind], loc="left")
    return ax

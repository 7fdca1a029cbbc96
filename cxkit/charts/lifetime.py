"""Figures of lifetime value: what a customer is worth by group, who stays how long, who comes back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, MultipleLocator

from cxkit import formats
from cxkit.charts import marks, style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Dot, dots
from cxkit.charts.reading import Row, currency, number, rows, text, texts
from cxkit.records import Result

MOST = 12
BY = {
    "segment": "Segment",
    "product": "Product",
    "channel": "First order by",
}


def _label(dimension: str, group: str, shape: str) -> str:
    if dimension == "all":
        return "All customers"
    by = "First order" if dimension == "product" and shape == "orders" else BY.get(dimension, dimension)
    return f"{by}: {group}"


def _values(result: Result) -> list[Dot]:
    shape, money = str(getattr(result, "shape", "")), currency(result)
    out = []
    for row in rows(result, "values"):
        value = number(row, "value")
        if value is None:
            continue
        note = f"{formats.money(value, money)} · {number(row, 'customers'):,.0f} customers"
        tone = "neutral" if number(row, "low") is not None else "unknown"
        label = _label(text(row, "dimension"), text(row, "group"), shape)
        out.append(Dot(label, value, number(row, "low"), number(row, "high"), tone, note))
    return out[:MOST]


def _alt_values(result: Result) -> str:
    said = texts((f"{d.label}: {d.note}" for d in _values(result)), 8)
    return f"What a new customer is worth over the horizon as contribution, with interval, by group. {said}"


@figure(
    "quantify.lifetime",
    topic="What a new customer is worth, by group",
    needs="values",
    title="quantify.lifetime.customer",
    alt=_alt_values,
    caption="A dot is the discounted contribution of a new customer over the horizon, a line its 95 % interval; a "
    "hollow square has too little behind it for one. Modelled (grade D).",
    data={
        "dimension": ("By", "text"),
        "group": ("Group", "text"),
        "customers": ("Customers", "people"),
        "value": ("New customer", "money"),
        "low": ("Low", "money"),
        "high": ("High", "money"),
        "book": ("Today's customers", "money"),
    },
    worth=lambda result: bool(_values(result)),
)
def lifetime(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the value of a new customer: all of them first, then by group."""
    data = _values(result)
    ax = ax or style.canvas(len(data) + 0.6)
    whole = data[0].value if data[0].label == "All customers" else None
    if whole is None:
        return dots(ax, data, "money", currency=currency(result))
    return dots(ax, data, "money", currency=currency(result), zero="all", at=whole)


def _alt_survival(result: Result) -> str:
    table = rows(result, "curve")
    some = [r for r in table if (number(r, "month") or 0) in {12, 24, 36, 48, 60}]
    said = texts(
        f"Month {number(r, 'month'):.0f}: {formats.quantity(number(r, 'path'), 'ratio')}"
        f"{' by the model' if r.get('extrapolated') else ''}"
        for r in some
    )
    return f"Curve of the share of new customers still there by month, as observed, and by the model beyond. {said}"


@figure(
    "quantify.survival",
    topic="Share of new customers still there, by month since they joined",
    needs="curve",
    title="quantify.lifetime.survival",
    alt=_alt_survival,
    caption="The full line is observed, with its 95 % band; the dotted line is the model fitted to it. Where too few "
    "customers were seen, the dashed line goes on by the model alone.",
    data={
        "month": ("Month", "count"),
        "observed": ("Observed", "ratio"),
        "low": ("Low", "ratio"),
        "high": ("High", "ratio"),
        "model": ("Model", "ratio"),
        "path": ("Used", "ratio"),
    },
    worth=lambda result: len(rows(result, "curve")) > 2,
)
def survival(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw observed survival, the model beside it, and the extrapolated part dashed."""
    table = rows(result, "curve")
    ax = ax or style.canvas(6.0)
    seen = [r for r in table if not r.get("extrapolated")]
    beyond = [seen[-1], *(r for r in table if r.get("extrapolated"))] if seen else table
    band: list[tuple[Any, Any, Any]] = [
        (number(r, "month"), number(r, "low"), number(r, "high")) for r in seen if number(r, "low") is not None
    ]
    if band:
        at, low, high = zip(*band, strict=True)
        ax.fill_between(at, low, high, color=style.ACCENT2, linewidth=0, zorder=1)
    ax.plot(
        *_line(table, "model"),
        color=style.SOFT,
        linewidth=1.2,
        linestyle=(0, (1, 2)),
        zorder=2,
    )
    ax.plot(*_line(seen, "path"), color=style.ACCENT, zorder=3)
    if len(beyond) > 1:
        dashed = _line(beyond, "path")
        ax.plot(*dashed, color=style.ACCENT, linestyle=(0, (5, 3)), zorder=3)
        ax.axvline(dashed[0][0], color=style.LINE, linewidth=1, zorder=0)
        middle = beyond[len(beyond) // 2]
        _say(ax, middle, "by the model alone", above=True)
    if len(seen) > 2:
        _say(ax, seen[min(len(seen) - 1, len(table) // 2)], "observed", above=True)
    early = table[len(table) * 5 // 8]
    ax.annotate(
        "model", (number(early, "month") or 0.0, min(number(early, c) or 0.0 for c in ("model", "path"))),
        xytext=(0, -18), textcoords="offset points", fontsize=9, color=style.SOFT,
    )  # fmt: skip
    last = table[-1]
    words = formats.quantity(number(last, "path"), "ratio")
    ax.annotate(
        words, (number(last, "month") or 0, number(last, "path") or 0), xytext=(6, 0), textcoords="offset points",
        va="center", fontsize=10, weight="bold", color=style.INK, annotation_clip=False,
    )  # fmt: skip
    ax.set_ylim(0, 1.02)
    ax.set_xlim(0, number(last, "month") or 1)
    marks.scale(ax, "ratio", axis="y", bins=4)
    ax.xaxis.set_major_locator(MultipleLocator(12))
    ax.yaxis.grid(True)
    ax.tick_params(axis="y", labelcolor=style.SOFT, labelsize=9)
    ax.set_xlabel("months since joining", loc="right")
    return ax


def _line(table: Sequence[Row], column: str) -> tuple[list[float], list[float]]:
    return [number(r, "month") or 0.0 for r in table], [number(r, column) or 0.0 for r in table]


def _say(ax: Axes, row: Any, words: str, *, above: bool) -> None:
    ax.annotate(
        words,
        (number(row, "month") or 0.0, number(row, "high") or number(row, "path") or 0.0),
        xytext=(4, 6 if above else -14),
        textcoords="offset points",
        fontsize=9.5,
        color=style.ACCENT,
    )


def _alt_repeat(result: Result) -> str:
    table = rows(result, "orders_curve")
    last = table[-1] if table else {}
    return (
        "Repeat orders so far of customers first seen in the first half of the time: as they came, and as the model "
        f"fitted to the first half expects. By {text(last, 'month')}, {number(last, 'observed') or 0:,.0f} came and "
        f"{number(last, 'model') or 0:,.0f} were expected."
    )


@figure(
    "quantify.repeat",
    topic="Repeat orders so far, as they came and as the model expected",
    needs="orders_curve",
    title="quantify.lifetime.check",
    alt=_alt_repeat,
    caption="Customers first seen in the first half of the time. The model saw only that half; its line is dashed "
    "where it predicts.",
    data={
        "month": ("Up to the end of", "text"),
        "observed": ("Orders", "count"),
        "model": ("Model", "count"),
    },
    worth=lambda result: len(rows(result, "orders_curve")) > 3,
)
def repeat(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw cumulative repeat orders, observed and modelled, the predicted half dashed."""
    table = rows(result, "orders_curve")
    ax = ax or style.canvas(5.6)
    x = range(len(table))
    model = [number(r, "model") or 0.0 for r in table]
    came = [number(r, "observed") or 0.0 for r in table]
    split = next((i for i, r in enumerate(table) if r.get("predicted")), len(table))
    ax.plot(list(x), came, color=style.ACCENT, zorder=3)
    ax.plot(list(x)[:split], model[:split], color=style.SOFT, linewidth=1.4, zorder=2)
    ax.plot(
        list(x)[max(split - 1, 0) :],
        model[max(split - 1, 0) :],
        color=style.SOFT,
        linewidth=1.8,
        linestyle=(0, (5, 3)),
        zorder=2,
    )
    if 0 < split < len(table):
        ax.axvline(split - 0.5, color=style.LINE, linewidth=1, zorder=0)
        ax.annotate(
            "predicted from here",
            (split - 0.5, 1),
            xycoords=ax.get_xaxis_transform(),
            xytext=(4, -10),
            textcoords="offset points",
            fontsize=9,
            color=style.SOFT,
        )
    top, bottom = (("model", model), ("orders", came)) if model[-1] > came[-1] else (("orders", came), ("model", model))
    for (name, line), shift in ((top, 5), (bottom, -5)):
        ax.annotate(
            f"{name} {line[-1]:,.0f}",
            (len(table) - 1, line[-1]),
            xytext=(6, shift),
            textcoords="offset points",
            va="center",
            fontsize=9.5,
            weight="bold" if name == "orders" else "normal",
            color=style.ACCENT if name == "orders" else style.SOFT,
            annotation_clip=False,
        )
    ax.set_xlim(0, len(table) - 1)
    ax.set_ylim(0, max(*model, *came) * 1.06)
    step = max(1, len(table) // 6)
    ax.set_xticks(list(x)[::step])
    ax.set_xticklabels([text(r, "month") for r in table][::step])
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    marks.scale(ax, "count", axis="y", bins=4)
    ax.yaxis.grid(True)
    ax.tick_params(axis="y", labelcolor=style.SOFT, labelsize=9)
    return ax

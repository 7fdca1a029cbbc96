"""Figures of Orchestrate: service levels by moment, time to first value, the funnel of a journey."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Bar, Dot, bars, dots, matrix, scale
from cxkit.charts.reading import Row, number, rows, text, texts
from cxkit.records import Result

LEAST = 30
"""Below so many tickets a share gets no interval and no row."""
MOST = 16


HAS = {
    "has_owner": "Owner",
    "end_to_end": "Whole journey",
    "has_sla": "Time limit",
    "has_kpi": "KPI",
    "has_playbook": "Playbook",
    "has_knowledge": "Knowledge article",
    "has_self_serve": "Self-serve path",
}


def _has(row: Row, column: str) -> tuple[str, str]:
    value = text(row, column).lower()
    return {"true": ("good", "yes"), "1.0": ("good", "yes"), "false": ("bad", "no"), "0.0": ("bad", "no")}.get(
        value, ("unknown", "not stated")
    )


def _alt_register(result: Result) -> str:
    table = rows(result, "moments")
    said = [
        f"{label}: {sum(_has(r, column)[0] == 'good' for r in table)} of {len(table)} moments"
        for column, label in HAS.items()
    ]
    return "Matrix of moments against what each needs to be run to a standard. " + texts(said, 7)


@figure(
    "orchestrate.register",
    topic="What each moment has, and what it lacks",
    needs="moments",
    title="orchestrate.register.owner",
    alt=_alt_register,
    caption="“Not stated” means that the register does not say.",
    data={
        "moment": ("Moment", "text"),
        "owned_by": ("Owned by", "text"),
        "owner_role": ("Role", "text"),
        "sla_hours": ("Limit, hours", "none"),
        "kpi": ("KPI", "text"),
        "open_items": ("Open items", "count"),
        "value_per_month": ("Lost a month", "money"),
        "lacks": ("Lacks", "text"),
    },
)
def register(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw moments by what they need, a symbol and a word per cell."""
    table = rows(result, "moments")[:24]
    columns = list(HAS)
    ax = ax or style.canvas(len(table), row=0.36, head=0.7)
    return matrix(
        ax,
        [text(r, "moment") or text(r, "moment_id") for r in table],
        [HAS[c] for c in columns],
        lambda y, x: _has(table[y], columns[x]),
    )


def _sla(result: Result) -> list[Dot]:
    table = [
        r for r in rows(result, "sla") if (number(r, "judged") or 0) >= LEAST and number(r, "attainment") is not None
    ]
    moments = sorted(
        (r for r in table if text(r, "dimension") == "moment"),
        key=lambda r: (number(r, "attainment") or 0, text(r, "label")),
    )
    whole = [r for r in table if text(r, "dimension") == "all"]
    return [_share(r, "attainment", "judged", strong=r in whole) for r in [*whole, *moments[:MOST]]]


def _share(row: Row, value: str, n: str, *, strong: bool = False) -> Dot:
    share = number(row, value)
    note = f"{formats.quantity(share, 'ratio')} · {number(row, n) or 0:,.0f} tickets"
    return Dot(
        text(row, "label"), share, number(row, "low"), number(row, "high"), "good" if strong else "neutral", note
    )


def _alt_sla(result: Result) -> str:
    return "Share of tickets settled within their limit, open ones past it counted, with intervals. " + texts(
        f"{d.label}: {d.note}" for d in _sla(result)
    )


@figure(
    "orchestrate.sla",
    topic="Share of tickets settled within their limit, by moment",
    needs="sla",
    title="orchestrate.service.sla",
    alt=_alt_sla,
    caption="A dot is the share, a line its 95 % interval with customers resampled. Open tickets past their limit "
    "count as late; pauses are out of the clock. The weakest moments stand first.",
    data={
        "label": ("Group", "text"),
        "dimension": ("By", "text"),
        "judged": ("Judged", "count"),
        "late": ("Late", "count"),
        "open_late": ("Open past the limit", "count"),
        "attainment": ("Within limit", "ratio"),
        "low": ("Low", "ratio"),
        "high": ("High", "ratio"),
        "naive": ("Closed ones only", "ratio"),
    },
    worth=lambda result: len(_sla(result)) > 1,
)
def sla(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw SLA attainment in all and by moment."""
    data = _sla(result)
    ax = ax or style.canvas(len(data) + 0.5)
    dots(ax, data, "ratio")
    ax.set_xlim(max(0.0, ax.get_xlim()[0]), min(1.0, ax.get_xlim()[1]))
    return ax


FCR_BY = ("moment", "reason", "team", "channel")
"""What first-contact resolution is drawn by: the first of these that tickets carry."""


def _fcr(result: Result) -> list[Dot]:
    every = rows(result, "recontact_by")
    there = {text(r, "dimension") for r in every}
    table = [r for r in every if text(r, "dimension") == next((d for d in FCR_BY if d in there), "")]
    out = []
    for row in table:
        n = number(row, "judged") or number(row, "tickets") or number(row, "n") or 0
        share = number(row, "fcr")
        if share is None or n < LEAST:
            continue
        low, high = number(row, "fcr_low"), number(row, "fcr_high")
        note = f"{formats.quantity(share, 'ratio')} · {n:,.0f} tickets"
        out.append(Dot(text(row, "label") or text(row, "group"), share, low, high, "neutral", note))
    return sorted(out, key=lambda d: d.value or 0)[:MOST]


def _alt_fcr(result: Result) -> str:
    return (
        "Share of settled tickets without a recontact inside the window, by moment or reason, with intervals. "
        + texts(f"{d.label}: {d.note}" for d in _fcr(result))
    )


@figure(
    "orchestrate.fcr",
    topic="First-contact resolution by moment or reason",
    needs="recontact_by",
    title="orchestrate.service.fcr",
    alt=_alt_fcr,
    caption="Only tickets whose whole window lies before the date of the report are counted. The weakest stand first.",
    data={"label": ("Group", "text"), "dimension": ("By", "text"), "fcr": ("Without recontact", "ratio")},
    worth=lambda result: len(_fcr(result)) > 1,
)
def fcr(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw first-contact resolution by moment, or by reason where tickets carry no moments."""
    data = _fcr(result)
    ax = ax or style.canvas(len(data) + 0.5)
    return dots(ax, data, "ratio")


def _moment(result: Result) -> Row:
    """The moment with the most new customers; one curve can be read, ten cannot."""
    return max(rows(result, "summary"), key=lambda r: number(r, "customers") or 0, default={})


def _alt_first_value(result: Result) -> str:
    row = _moment(result)
    said = texts(
        f.title
        for f in result.findings
        if f.id.startswith("orchestrate.first_value.") and f.subject in (None, text(row, "moment_id"))
    )
    return f"Curve of the share of new customers who have reached first value at {text(row, 'moment')}, by day. {said}"


@figure(
    "orchestrate.first_value",
    topic="Share of new customers with first value, by day since their start",
    needs="curve",
    title="orchestrate.first_value.median",
    alt=_alt_first_value,
    caption="Share of all new customers, those who left counted as never there, with its 95 % band; "
    "the pale band runs from the worst to the best case of those not seen to the end. Below it those who left first. "
    "The open mark is the median among those who did get there, which flatters.",
    data={
        "moment": ("Moment", "text"),
        "day": ("Day", "count"),
        "at_risk": ("Still waiting", "count"),
        "reached": ("Reached", "count"),
        "share": ("Share", "ratio"),
        "low": ("Low", "ratio"),
        "high": ("High", "ratio"),
        "left": ("Left first", "ratio"),
        "if_nobody_left": ("If nobody left", "ratio"),
        "worst": ("Worst case", "ratio"),
        "best": ("Best case", "ratio"),
    },
    worth=lambda result: (number(_moment(result), "customers") or 0) >= LEAST,
    subject=lambda result: text(_moment(result), "moment_id"),
    drawn=lambda rows, result: rows[rows["moment_id"] == text(_moment(result), "moment_id")],
)
def first_value(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the curve of the largest moment with its band and extremes, who left, its median and the naive one."""
    row = _moment(result)
    curve = [r for r in rows(result, "curve") if text(r, "moment_id") == text(row, "moment_id")]
    ax = ax or style.canvas(5.6)
    days = [0.0, *(number(r, "day") or 0.0 for r in curve)]
    share = [0.0, *(number(r, "share") or 0.0 for r in curve)]
    until = _until(days, share, number(row, "median"))
    _band(ax, curve, ("worst", "best"), style.BAND1, until)
    _band(ax, curve, ("low", "high"), style.ACCENT2, until)
    left = [0.0, *(number(r, "left") or 0.0 for r in curve)]
    drawn = [(left, style.BAD, "left first")] if max(left) > 0.005 else []
    for values, colour, words in [*drawn, (share, style.ACCENT, "first value")]:
        ax.step([*days, until], [*values, values[-1]], where="post", color=colour, linewidth=2.2, zorder=2)
        end = next((v for d, v in zip(reversed(days), reversed(values), strict=True) if d <= until), 0.0)
        named(ax, f"{words}: {formats.quantity(end, 'ratio')}", end, colour)
    naive = number(row, "naive_median")
    ax.axhline(0.5, color=style.SOFT, linewidth=0.9, linestyle=(0, (2, 3)), zorder=1)
    middle = number(row, "median")
    _half(ax, middle, "half of all", until, drop=-16, filled=True)
    # beside a rising curve the room is below it; below one that never gets to a half there is none
    _half(ax, naive, "half of those who got there", until, drop=9 if middle is None else -31, filled=False)
    ax.set_ylim(0, 1.02)
    ax.set_xlim(0, until)
    scale(ax, "ratio", axis="y", bins=4)
    ax.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    ax.yaxis.grid(True)
    ax.tick_params(axis="y", labelcolor=style.SOFT, labelsize=9)
    ax.set_xlabel("days since start", loc="right")
    return ax


def named(ax: Axes, words: str, at: float, colour: str) -> None:
    """Name a curve at its right end."""
    where = ax.get_yaxis_transform()
    ax.text(1.012, at, style.clip(words, 40), transform=where, va="center", fontsize=9, color=colour)


def _band(ax: Axes, curve: list[dict[Any, Any]], ends: tuple[str, str], colour: str, until: float) -> None:
    """Fill between two columns of the curve where both are known, as far as the axis runs."""
    band = [(number(r, "day"), number(r, ends[0]), number(r, ends[1])) for r in curve]
    known: list[tuple[Any, Any, Any]] = [b for b in band if None not in b and (b[0] or 0) <= until]
    if known:
        at, low, high = zip(*[*known, (until, *known[-1][1:])], strict=True)
        ax.fill_between(at, low, high, color=colour, step="post", linewidth=0, zorder=1)


def _half(ax: Axes, value: float | None, words: str, until: float, *, drop: int, filled: bool) -> None:
    """Mark a median on the line of one half: filled for everybody's, open for the naive one."""
    if value is None:
        return
    colour = style.ACCENT if filled else style.SOFT
    ax.plot([value], [0.5], marker="o", markersize=8, color=colour, linestyle="none", zorder=3)
    if not filled:
        ax.plot([value], [0.5], marker="o", markersize=4.5, color=style.PAPER, linestyle="none", zorder=4)
    ax.annotate(
        f"{words}: {formats.quantity(value, 'days')}",
        (value, 0.5),
        xytext=(8 if value < 0.6 * until else -8, drop),
        textcoords="offset points",
        color=style.INK if filled else style.SOFT,
        fontsize=9.5,
        weight="bold" if filled else "normal",
        ha="left" if value < 0.6 * until else "right",
    )


def _until(days: list[float], share: list[float], middle: float | None) -> float:
    """How far the axis runs: until hardly anybody more gets there, and at least to twice the median."""
    settled = next((d for d, s in zip(days, share, strict=True) if s >= 0.995 * share[-1]), days[-1])
    return min(days[-1], max(settled * 1.25, 2 * (middle or 0.0), 30.0)) or 1.0


def _steps(result: Result) -> tuple[str, list[dict[Any, Any]]]:
    """The journey most customers enter, and its steps."""
    table = rows(result, "steps")
    first = max(
        (r for r in table if number(r, "step") in {0, 1}), key=lambda r: number(r, "customers") or 0, default={}
    )
    journey = text(first, "journey")
    return journey, [r for r in table if text(r, "journey") == journey]


def _alt_funnel(result: Result) -> str:
    journey, steps = _steps(result)
    parts = [f"{text(r, 'event')}: {number(r, 'customers') or 0:,.0f} customers" for r in steps]
    return f"Bars of the customers at each step of the journey {journey}, in order. {texts(parts, 8)}"


@figure(
    "orchestrate.funnel",
    topic="Customers at each step of a journey",
    needs="steps",
    title="orchestrate.funnel.drop",
    alt=_alt_funnel,
    caption="Steps in order and in time; beside each bar the share kept from the step before, with its 95 % interval.",
    data={
        "journey": ("Journey", "text"),
        "step": ("Step", "count"),
        "event": ("Event", "text"),
        "customers": ("Customers", "people"),
        "of_previous": ("Of the step before", "ratio"),
        "of_first": ("Of all who entered", "ratio"),
        "naive": ("In any order", "ratio"),
    },
    worth=lambda result: len(_steps(result)[1]) > 1,
    subject=lambda result: _steps(result)[0],
)
def funnel(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the steps of the journey most customers enter."""
    journey, steps = _steps(result)
    data: list[Bar] = []
    for row in steps:
        n, share = number(row, "customers") or 0.0, number(row, "of_previous")
        span = formats.interval(number(row, "previous_low"), number(row, "previous_high"), "ratio")
        kept = f"{formats.quantity(share, 'ratio')} kept" + (f" ({span})" if span else "")
        note = f"{n:,.0f}" + (f" · {kept}" if share is not None and data else "")
        data.append(Bar(text(row, "event").replace("_", " "), n, tone="good", note=note))
    ax = ax or style.canvas(len(data) + 0.4)
    return bars(ax, data, "count", label=f"customers, journey {journey}" if journey else "customers")

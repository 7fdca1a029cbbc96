"""Figures of realised money: claimed, validated and booked side by side; forecasts and what came; the haircut."""

from __future__ import annotations

from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Dot, aside, dots, scale, spread
from cxkit.charts.marks import rows as name_rows
from cxkit.charts.reading import Row, currency, number, rows, text, texts
from cxkit.records import Result

MOST = 12
STATUSES = (("claimed", style.BAND3), ("validated", style.ACCENT2), ("booked", style.ACCENT))
"""Status → colour, from the weakest to the strongest; each bar is named too."""


def _sides(result: Result) -> list[Row]:
    found: list[Row] = [*rows(result, "sides")]

    def size(row: Row) -> float:
        return max(abs(number(row, status) or 0.0) for status, _ in STATUSES)

    return sorted(found, key=lambda r: (-size(r), text(r, "initiative_id"), text(r, "pnl_line")))[:MOST]


def _said(row: Row, money: str) -> str:
    told = [f"{s} {formats.money(number(row, s) or 0.0, money)}" for s, _ in STATUSES if number(row, s) is not None]
    return ", ".join(told)


def _alt_sides(result: Result) -> str:
    money = currency(result)
    said = [f"{text(r, 'name')}, {text(r, 'pnl_line')}: {_said(r, money)}" for r in _sides(result)]
    return f"Three bars for each initiative and line: what is claimed, validated and booked. {texts(said, MOST)}"


@figure(
    "prove.realised",
    topic="Claimed, validated and booked benefit of each initiative",
    needs="sides",
    title="prove.realised.booked prove.realised.validated prove.realised.claimed",
    alt=_alt_sides,
    caption="Bars start at zero and stand side by side: the same money is claimed first, then validated, then booked; "
    "they are never added up. They may be about different months; the table says which.",
    data={
        "name": ("Initiative", "text"),
        "pnl_line": ("P&L line", "text"),
        "claimed": ("Claimed", "money"),
        "claimed_months": ("for", "text"),
        "validated": ("Validated", "money"),
        "validated_months": ("for", "text"),
        "validated_role": ("Validated by", "text"),
        "booked": ("Booked", "money"),
        "booked_months": ("for", "text"),
        "booked_role": ("Booked by", "text"),
    },
    worth=lambda result: bool(_sides(result)),
)
def realised(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw three bars per initiative and line, the weakest status on top."""
    data, money = _sides(result), currency(result)
    ax = ax or style.canvas(len(data) + 0.6, row=0.62)
    name_rows(ax, [text(r, "name") for r in data])
    named: set[str] = set()
    for y, row in enumerate(data):
        for place, (status, colour) in enumerate(STATUSES):
            value = number(row, status)
            if value is None:
                continue
            at = y + (place - 1) * 0.26
            ax.barh(at, value, height=0.22, color=colour, linewidth=0, zorder=2)
            if status not in named:
                named.add(status)
                ink = style.PAPER if status == "booked" else style.INK
                ax.annotate(
                    status, (0, at), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8, color=ink,
                    zorder=4,
                )  # fmt: skip
        best = text(row, "status")
        aside(
            ax,
            y,
            f"{formats.money(number(row, best) or 0.0, money)} {best}",
            color=style.INK if best != "claimed" else style.SOFT,
        )
    ax.axvline(0, color=style.SOFT, linewidth=1)
    spread(ax, include=0.0, pad=0.03)
    scale(ax, "money", money)
    ax.xaxis.grid(True)
    return ax


def _shown(result: Result) -> list[Row]:
    """Each forecast at its longest scored horizon with an interval, the worst ratio first."""
    found: list[Row] = [
        r for r in rows(result, "scored") if r.get("counts") is True and (number(r, "forecast") or 0) > 0
    ]
    return sorted(found, key=lambda r: (number(r, "ratio") or 0.0, text(r, "forecast_id")))[: 2 * MOST]


def _ratio(row: Row, column: str) -> float:
    return (number(row, column) or 0.0) / (number(row, "forecast") or 1.0)


def _note(row: Row, money: str) -> str:
    came = formats.money(number(row, "realised") or 0.0, money)
    return f"{came} of {formats.money(number(row, 'forecast') or 0.0, money)}, {number(row, 'months') or 0:.0f} months"


def _alt_scored(result: Result) -> str:
    money = currency(result)
    said = [
        f"{text(r, 'name')}: {_note(r, money)}, {'inside' if r.get('hit') is True else 'outside'} its interval"
        for r in _shown(result)
    ]
    return f"For each forecast its interval and a dot at what came of it, both as a share of it. {texts(said, 24)}"


@figure(
    "prove.forecasts",
    topic="What was forecast at approval, and what came of it",
    needs="scored",
    title="prove.forecasts.coverage prove.forecasts.bias",
    alt=_alt_scored,
    caption="A band is the interval frozen at approval, the dotted line what was forecast, a dot what finance signed "
    "by the longest horizon it covers. A diamond fell outside its interval.",
    data={
        "name": ("Initiative", "text"),
        "months": ("Months after approval", "count"),
        "forecast": ("Forecast", "money"),
        "low": ("Low", "money"),
        "high": ("High", "money"),
        "realised": ("Realised", "money"),
        "ratio": ("Realised, of forecast", "ratio"),
        "status": ("At least", "text"),
    },
    worth=lambda result: bool(_shown(result)),
    drawn=lambda frame, result: frame[frame["counts"].fillna(False).astype(bool) & (frame["forecast"] > 0)],
)
def forecasts(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw a band and a dot per forecast, as shares of what was forecast."""
    data, money = _shown(result), currency(result)
    ax = ax or style.canvas(len(data) + 0.6)
    name_rows(ax, [text(r, "name") for r in data])
    for y, row in enumerate(data):
        ends = [_ratio(row, "low"), _ratio(row, "high")]
        ax.barh(y, ends[1] - ends[0], left=ends[0], height=0.5, color=style.BAND1, linewidth=0, zorder=1)
        tone = "neutral" if row.get("hit") is True else "good" if _ratio(row, "realised") > ends[1] else "bad"
        mark = "o" if tone == "neutral" else "D"
        ax.plot(
            [_ratio(row, "realised")],
            [y],
            marker=mark,
            markersize=7,
            color=style.TONES[tone],
            linestyle="none",
            zorder=3,
        )
        aside(ax, y, _note(row, money), color=style.SOFT if tone == "neutral" else style.INK)
    style.zero_line(ax, "as forecast", at=1.0)
    spread(ax, include=0.0)
    scale(ax, "ratio")
    ax.xaxis.grid(True)
    ax.set_xlabel("Share of the forecast", loc="left")
    return ax


def _cuts(result: Result) -> list[Row]:
    return [r for r in rows(result, "bias") if number(r, "factor_mean") is not None]


def _label(row: Row) -> str:
    block = text(row, "block")
    return "All cases" if block == "all" else f"{block.capitalize() or 'No type'}"


def _alt_haircut(result: Result) -> str:
    said = [
        f"{_label(r)}: {formats.quantity(number(r, 'factor_mean'), 'ratio')} of what was claimed came true, interval "
        f"{formats.interval(number(r, 'factor_low'), number(r, 'factor_high'), 'ratio')}, "
        f"{number(r, 'n') or 0:.0f} cases"
        for r in _cuts(result)
    ]
    return f"Share of claims that came true, by type of benefit, with intervals. {texts(said)}"


@figure(
    "prove.haircut",
    topic="What the next case is multiplied by, by type of benefit",
    needs="bias",
    title="prove.forecasts.haircut",
    alt=_alt_haircut,
    caption="A dot is the mean share of what was claimed, before doubt, that came true; a line its interval. Types "
    "lend each other strength, so that one with few cases lies near the others. No factor above one is applied.",
    data={
        "block": ("Type", "text"),
        "n": ("Forecasts", "count"),
        "factor": ("Factor applied", "multiple"),
        "factor_mean": ("Came true", "ratio"),
        "factor_low": ("Low", "ratio"),
        "factor_high": ("High", "ratio"),
    },
    worth=lambda result: bool(_cuts(result)),
)
def haircut(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw a dot and its interval per type, all cases first."""
    data = [
        Dot(
            _label(r),
            number(r, "factor_mean"),
            number(r, "factor_low"),
            number(r, "factor_high"),
            "bad" if (number(r, "factor_high") or 1.0) < 1 else "unknown",
            f"× {number(r, 'factor') or 0.0:.2f} · n {number(r, 'n') or 0:.0f}",
        )
        for r in _cuts(result)
    ]
    ax = ax or style.canvas(len(data) + 0.6)
    return dots(ax, data, "ratio", zero="as claimed", at=1.0, label="Share of what was claimed that came true")

"""Figures of plays: what they call for today, and how often their alarms came true beside the plain rule's."""

from __future__ import annotations

from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Bar, aside, bars, scale
from cxkit.charts.marks import rows as name_rows
from cxkit.charts.reading import Row, number, rows, text, texts
from cxkit.records import Result

MOST = 14
APART = 0.17
"""Half the distance between the two marks of a row."""
WORDS = {
    "better": "better",
    "no better": "no better",
    "worse": "worse",
    "too few": "too few to judge",
}


def _judged(result: Result) -> list[Row]:
    """Plays that raised anything: those that can be judged first, by how far they are from their plain rule."""
    found: list[Row] = [r for r in rows(result, "backtest") if number(r, "raised")]
    few = [r for r in found if text(r, "verdict") == "too few"]
    told = [r for r in found if text(r, "verdict") != "too few"]
    told.sort(key=lambda r: (-(number(r, "difference") or 0.0), text(r, "play")))
    return [*told, *few][:MOST]


def _note(row: Row) -> str:
    early = number(row, "early_median")
    said = f"{number(row, 'raised') or 0:,.0f} alarms"
    if early is not None:
        said += f", {early:,.0f} days early" if round(early) != 1 else ", 1 day early"
    return f"{said} · {WORDS[text(row, 'verdict')]}"


def _alt_backtest(result: Result) -> str:
    said = [
        f"{text(r, 'name')}: {formats.quantity(number(r, 'precision'), 'ratio')} of {_note(r)}, plain rule "
        f"{formats.quantity(number(r, 'baseline_precision'), 'ratio')}"
        for r in _judged(result)
    ]
    return f"Share of each play's alarms that came true, beside the plain rule's, with intervals. {texts(said, MOST)}"


@figure(
    "orchestrate.plays.backtest",
    topic="Share of alarms that came true, each play beside its plain rule",
    needs="backtest",
    title="orchestrate.plays.no_better",
    alt=_alt_backtest,
    caption="A filled mark is the play, an open one the plain rule, a line the 95 % interval with accounts resampled. "
    "Lists were written week by week from what was known then; days early is the median of the true alarms. Whether "
    "the play would change anything is not in the figure.",
    data={
        "name": ("Play", "text"),
        "truth": ("True when the customer", "text"),
        "raised": ("Alarms", "count"),
        "true": ("True", "count"),
        "precision": ("True, of alarms", "ratio"),
        "low": ("Low", "ratio"),
        "high": ("High", "ratio"),
        "baseline_rule": ("Plain rule", "text"),
        "baseline_precision": ("True under it", "ratio"),
        "difference_low": ("Difference, low", "points"),
        "difference_high": ("Difference, high", "points"),
        "recall": ("Found, of all that happened", "ratio"),
        "early_median": ("Days early", "days"),
        "verdict": ("Against the plain rule", "text"),
    },
    worth=lambda result: bool(_judged(result)),
)
def backtest(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw both precisions of each play that raised anything."""
    data = _judged(result)
    ax = ax or style.canvas(len(data) + 0.5, row=0.52)
    name_rows(ax, [text(r, "name") for r in data])
    for y, row in enumerate(data):
        few, better = text(row, "verdict") == "too few", text(row, "verdict") == "better"
        colour = style.TONES["good"] if better else style.TONES["unknown"] if few else style.INK
        for column, low, high, at, filled in (
            ("precision", "low", "high", y - APART, True),
            ("baseline_precision", "baseline_low", "baseline_high", y + APART, False),
        ):
            value, ends = number(row, column), (number(row, low), number(row, high))
            if value is None:
                continue
            shade = colour if filled else style.SOFT
            if None not in ends:
                ax.plot(ends, [at, at], color=shade, linewidth=2.2 if filled else 1.5, zorder=2)  # type: ignore[arg-type]
            ax.plot([value], [at], marker="o", markersize=7.5 if filled else 7, color=shade, linestyle="none", zorder=3)
            if not filled:
                ax.plot([value], [at], marker="o", markersize=3.8, color=style.PAPER, linestyle="none", zorder=4)
            if y == 0:
                ax.annotate(
                    "play" if filled else "plain rule",
                    (ends[1] if ends[1] is not None else value, at),
                    xytext=(7, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=8.5,
                    color=shade,
                )
        aside(ax, y, _note(row), color=style.INK if better else style.SOFT)
    ax.set_xlim(0, min(1.0, ax.get_xlim()[1]))
    scale(ax, "ratio")
    ax.xaxis.grid(True)
    return ax


def _raised(result: Result) -> list[Row]:
    found: list[Row] = [r for r in rows(result, "plays") if number(r, "raised")]
    return sorted(found, key=lambda r: (-(number(r, "raised") or 0.0), text(r, "play")))[:MOST]


def _calls(row: Row) -> str:
    late, money = number(row, "overdue"), number(row, "money")
    said = f"{number(row, 'raised') or 0:,.0f}"
    if late:
        said += f", {late:,.0f} past their time"
    return said if not money else f"{said} · "


def _alt_today(result: Result) -> str:
    said = [f"{text(r, 'name')}: {_calls(r).removesuffix(' · ')}, {text(r, 'owner_role')}" for r in _raised(result)]
    return f"Bars of the actions each play calls for today. {texts(said, MOST)}"


@figure(
    "orchestrate.plays.today",
    topic="Actions that plays call for today",
    needs="plays",
    title="orchestrate.plays.today",
    alt=_alt_today,
    caption="Beside each bar the number, how many are past the time the play allows (where the data shows that the "
    "work is not done), and the yearly revenue of the customers on the list.",
    data={
        "name": ("Play", "text"),
        "owner_role": ("Owner role", "text"),
        "trigger": ("Trigger", "text"),
        "raised": ("Today", "count"),
        "overdue": ("Past their time", "count"),
        "money": ("Yearly revenue at stake", "money"),
        "why_not": ("Not evaluated", "text"),
    },
    worth=lambda result: len(_raised(result)) > 1,
)
def today(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw a bar per play that calls for anything."""
    data = _raised(result)
    ax = ax or style.canvas(len(data) + 0.4)
    currency = getattr(result, "currency", "")
    drawn = [
        Bar(
            text(r, "name"),
            number(r, "raised") or 0.0,
            tone="bad" if number(r, "overdue") else "neutral",
            note=_calls(r) + (formats.money(number(r, "money") or 0.0, currency) if number(r, "money") else ""),
        )
        for r in data
    ]
    return bars(ax, drawn, "count")

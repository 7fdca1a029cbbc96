"""Figures of designs: what each size can see, how many weeks an answer takes, what looking every day does."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Bar, aside, bars, scale
from cxkit.charts.marks import rows as name_rows
from cxkit.charts.reading import Row, number, rows, text, texts
from cxkit.records import Result

MOST = 12
LARGEST = 3.0
"""Sizes beyond so many times what is needed are drawn at the edge."""
TONES = {"enough": "good", "not yet": "neutral", "too small": "bad"}


def _told(result: Result) -> list[Row]:
    """Experiments whose size is known, the furthest from it first."""
    found: list[Row] = [r for r in rows(result, "designs") if number(r, "needed_total")]
    return sorted(found, key=lambda r: (_reached(r), text(r, "experiment_id")))[:MOST]


def _reached(row: Row) -> float:
    return (number(row, "has_total") or 0.0) / (number(row, "needed_total") or 1.0)


def _note(row: Row) -> str:
    power = number(row, "power")
    chance = "nobody drawn yet" if power is None else f"{formats.quantity(power, 'probability')} chance to see it"
    return f"{number(row, 'has_total') or 0:,.0f} of {number(row, 'needed_total') or 0:,.0f} · {chance}"


def _alt_power(result: Result) -> str:
    said = [f"{text(r, 'name')}: {_note(r)}, {text(r, 'verdict')}" for r in _told(result)]
    return f"Units each experiment has, as a share of what it takes, with power by colour band. {texts(said, MOST)}"


@figure(
    "prove.designs.power",
    topic="Units each experiment has, of what it takes to see the smallest change worth having",
    needs="designs",
    title="prove.design",
    alt=_alt_power,
    caption="The mark is the size an experiment has reached, as a share of what it takes; the shade behind it darkens "
    "from a one-in-four to a four-in-five chance to see the smallest change worth having, and the dotted line is the "
    "size it takes.",
    data={
        "name": ("Experiment", "text"),
        "worthwhile": ("Smallest change worth having", "none"),
        "needed_total": ("Units it takes", "count"),
        "has_total": ("Units it has", "count"),
        "power": ("Chance to see it", "probability"),
        "smallest": ("Smallest change it sees", "none"),
        "verdict": ("Large enough", "text"),
        "convention": ("Convention", "text"),
    },
    worth=lambda result: bool(_told(result)),
    drawn=lambda frame, result: frame[frame["needed_total"].notna()],
)
def power(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw one row per experiment: how far it has come, over its own curve of power as shades."""
    data = _told(result)
    ax = ax or style.canvas(len(data) + 0.6)
    name_rows(ax, [text(r, "name") for r in data])
    widest = min(LARGEST, max(1.25, *(1.08 * _reached(r) for r in data)))
    curves = _curves(result)
    for y, row in enumerate(data):
        steps = curves.get(text(row, "experiment_id"), [])
        for least, shade in ((0.25, style.BAND1), (0.5, style.BAND2), (0.8, style.ACCENT2)):
            start = next((share for share, chance in steps if chance >= least - 1e-6), None)
            if start is not None and start < widest:
                ax.barh(y, widest - start, left=start, height=0.5, color=shade, linewidth=0, zorder=1)
        at, tone = min(_reached(row), widest), TONES[text(row, "verdict")]
        ax.plot([0, at], [y, y], color=style.TONES[tone], linewidth=2.4, zorder=3)
        ax.plot([at], [y], marker=style.MARKS[tone], color=style.TONES[tone], markersize=7.5, zorder=4)
        aside(ax, y, _note(row), color=style.INK if tone == "bad" else style.SOFT)
    style.zero_line(ax, "what it takes", at=1.0)
    ax.set_xlim(0, widest)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: formats.quantity(v, "probability")))
    ax.set_xlabel("units it has, of what it takes; shades: chance of 25 %, 50 % and 80 % to see the change", loc="left")
    return ax


def _curves(result: Result) -> dict[str, list[tuple[float, float]]]:
    """Power by share of what is needed, by experiment, filled in between the steps of the table."""
    needed = {text(r, "experiment_id"): number(r, "needed_total") or 1.0 for r in rows(result, "designs")}
    found: dict[str, list[tuple[float, float]]] = {}
    for row in rows(result, "curves"):
        name = text(row, "experiment_id")
        found.setdefault(name, []).append(((number(row, "n") or 0.0) / needed[name], number(row, "power") or 0.0))
    return {name: _between(sorted(steps)) for name, steps in found.items()}


def _between(steps: list[tuple[float, float]]) -> list[tuple[float, float]]:
    filled = []
    for (a, p), (b, q) in pairwise(steps):
        filled += [(a + (b - a) * k / 20, p + (q - p) * k / 20) for k in range(20)]
    return [*filled, *steps[-1:]]


def _timed(result: Result) -> list[Row]:
    found: list[Row] = [r for r in rows(result, "designs") if number(r, "weeks") is not None]
    return sorted(found, key=lambda r: (-(number(r, "weeks") or 0.0), text(r, "experiment_id")))[:MOST]


def _weeks(row: Row) -> str:
    weeks, left = number(row, "weeks") or 0.0, number(row, "weeks_left")
    said = f"{weeks:,.0f} weeks" if round(weeks) != 1 else "1 week"
    if text(row, "state") == "running" and left is not None:
        said += f", {left:,.0f} to go"
    day = row.get("ready")
    if text(row, "state") != "ended" and text(row, "ready"):
        said += f" · {day.day} {day:%b %Y}"  # type: ignore[union-attr]
    return f"{said} · {number(row, 'traffic') or 0:,.0f} a week"


def _alt_weeks(result: Result) -> str:
    said = [f"{text(r, 'name')}: {_weeks(r)}" for r in _timed(result)]
    return f"Bars of the weeks each experiment takes at the client's own traffic. {texts(said, MOST)}"


@figure(
    "prove.designs.weeks",
    topic="Weeks until each experiment has the units it takes, at the client's own traffic",
    needs="designs",
    title="prove.design.duration",
    alt=_alt_weeks,
    caption="A bar is the whole draw, in weeks; beside it what is still to go, the day an answer would be there (with "
    "the time until outcomes are known), and the units that become eligible in a week.",
    data={
        "name": ("Experiment", "text"),
        "needed_total": ("Units it takes", "count"),
        "has_total": ("Units it has", "count"),
        "traffic": ("Units a week", "count"),
        "traffic_from": ("Traffic from", "text"),
        "weeks": ("Weeks in all", "none"),
        "weeks_left": ("Weeks to go", "none"),
        "ready": ("Ready", "date"),
    },
    worth=lambda result: bool(_timed(result)),
    drawn=lambda frame, result: frame[frame["weeks"].notna()],
)
def weeks(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw one bar per experiment with traffic of its own."""
    data = _timed(result)
    ax = ax or style.canvas(len(data) + 0.6)
    drawn = [
        Bar(text(r, "name"), number(r, "weeks") or 0.0, tone=TONES[text(r, "verdict")], note=_weeks(r)) for r in data
    ]
    return bars(ax, drawn, "count", label="weeks of drawing, at the client's own traffic")


def draw_curve(
    points: Sequence[tuple[float, float]],
    *,
    takes: float | None,
    wanted: float,
    has: float = 0.0,
    ax: Axes | None = None,
) -> Axes:
    """Draw the chance to see a change against units in all arms, with what it takes and what there is."""
    ax = ax or style.canvas(5.0)
    sizes, chances = zip(*points, strict=True)
    ax.plot(sizes, chances, color=style.ACCENT, linewidth=2.2, zorder=3)
    ax.axhline(wanted, color=style.SOFT, linewidth=1, linestyle=(0, (2, 3)), zorder=1)
    if takes:
        ax.plot([takes], [wanted], marker="o", color=style.ACCENT, markersize=7.5, zorder=4)
        ax.annotate(
            f"{takes:,.0f} units", (takes, wanted), xytext=(8, -14), textcoords="offset points", fontsize=9,
            color=style.ACCENT,
        )  # fmt: skip
    if has:
        style.zero_line(ax, f"there are {has:,.0f}", at=has)
    ax.set_ylim(0, 1.02)
    ax.set_xlim(0, max(*sizes, has) * 1.02)
    scale(ax, "probability", axis="y", bins=5)
    scale(ax, "count")
    ax.yaxis.grid(True)
    ax.tick_params(axis="y", labelcolor=style.SOFT, labelsize=9)
    ax.set_xlabel("units in all arms; upright: chance to see the change", loc="left")
    return ax


def _looked(result: Result) -> list[Row]:
    return list(rows(result, "peeking"))


def _alt_peeking(result: Result) -> str:
    data = _looked(result)
    share = {c: formats.quantity(number(data[-1], c), "ratio") for c in ("naive", "always")}
    return (
        "Two lines: share of tests without any effect that raise a false alarm, by the number of looks. Looked at "
        f"{number(data[-1], 'looks') or 0:,.0f} times, the ordinary p raises {share['naive']}, the interval that may "
        f"be read at any time {share['always']}; 5 % is the line that was promised."
    )


@figure(
    "prove.designs.peeking",
    topic="Tests without any effect that raise a false alarm, by the number of looks",
    needs="peeking",
    title="prove.design.peeking",
    alt=_alt_peeking,
    caption="Simulated tests in which both arms are the same. The upper line reads the ordinary p at every look, the "
    "lower one the interval that may be read at any time; the dotted line is the 5 % one look promises.",
    data={
        "looks": ("Looks", "count"),
        "naive": ("Ordinary p", "ratio"),
        "always": ("Valid at any time", "ratio"),
        "tests": ("Tests", "count"),
    },
    worth=lambda result: len(_looked(result)) > 1,
)
def peeking(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw both shares of false alarms against the number of looks."""
    data = _looked(result)
    ax = ax or style.canvas(5.4)
    looks = [number(r, "looks") or 0.0 for r in data]
    for column, colour, words in (
        ("naive", style.BAD, "ordinary p at every look"),
        ("always", style.ACCENT, "valid at any time"),
    ):
        values = [number(r, column) or 0.0 for r in data]
        ax.plot(looks, values, color=colour, linewidth=2.2, marker="D" if column == "naive" else "o", markersize=5)
        ax.annotate(
            f"{words}: {formats.quantity(values[-1], 'ratio')}", (looks[-1], values[-1]), xytext=(8, 0),
            textcoords="offset points", va="center", fontsize=9, color=colour,
        )  # fmt: skip
    level = 1 - float(getattr(result, "level", 0.95))
    ax.axhline(level, color=style.SOFT, linewidth=1, linestyle=(0, (2, 3)), zorder=1)
    ax.annotate(
        f"{formats.quantity(level, 'probability')} promised", (looks[-1], level), xytext=(8, 0),
        textcoords="offset points", va="center", fontsize=8.5, color=style.SOFT,
    )  # fmt: skip
    ax.set_ylim(0, max(0.1, 1.15 * max(number(r, "naive") or 0.0 for r in data)))
    ax.set_xlim(0, looks[-1] * 1.02)
    scale(ax, "ratio", axis="y", bins=4)
    ax.yaxis.grid(True)
    ax.tick_params(axis="y", labelcolor=style.SOFT, labelsize=9)
    ax.set_xlabel("looks at the running test", loc="left")
    return ax

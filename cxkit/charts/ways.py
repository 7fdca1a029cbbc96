"""Figures of the ways cases travel: the main variants as strips of steps, and what goes back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Polygon

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Dot, dots, folded
from cxkit.charts.reading import Row, number, rows, text, texts
from cxkit.records import Result

ARROW = " → "
MOST = 8
"""Ways drawn one by one; the others stand in one row."""
NAMED = 6
"""Longest way whose steps are named on the strip; longer ones carry letters, named under them."""
LONGEST = 9
"""Steps of a way that are drawn; the rest is a number."""
LEAST = 30
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FILLS = (style.ACCENT2, style.BAND1, style.BAND2, style.BAND3)


def log_of(result: Result) -> str:
    """The log that is drawn: the one with the most finished cases."""
    best = max(rows(result, "logs"), key=lambda r: (number(r, "finished") or 0, text(r, "log")), default={})
    return text(best, "log")


def _ways(result: Result, log: str, least: float = 0.0) -> list[Row]:
    table: list[Row] = [r for r in rows(result, "variants") if text(r, "log") == log]
    return [r for r in table[:MOST] if (number(r, "share") or 0.0) >= least]


def letters(result: Result, log: str, least: float = 0.0) -> dict[str, str]:
    """Activity → its letter in the drawing, those of the commonest ways first."""
    weight: Counter[str] = Counter()
    order: dict[str, None] = {}
    for row in _ways(result, log, least):
        for activity in text(row, "variant").split(ARROW):
            weight[activity] += int(number(row, "cases") or 0)
            order.setdefault(activity)
    named = list(order)
    return {a: LETTERS[i] if i < len(LETTERS) else "?" for i, a in enumerate(named)}


def _time(hours: float | None) -> str:
    if hours is None:
        return ""
    if hours < 1:
        return formats.quantity(hours * 60, "minutes")
    return formats.quantity(hours, "hours") if hours < 48 else formats.quantity(hours / 24, "days")


def _rest(result: Result, log: str, least: float = 0.0) -> tuple[int, float]:
    """How many ways are not drawn, and the share of cases that take them."""
    about = next((r for r in rows(result, "logs") if text(r, "log") == log), {})
    shown = _ways(result, log, least)
    return int(number(about, "variants") or 0) - len(shown), 1 - sum(number(r, "share") or 0.0 for r in shown)


def _alt_ways(result: Result) -> str:
    return ways_alt(result, log_of(result))


def ways_alt(result: Result, log: str, least: float = 0.0) -> str:
    """The drawing of one log in words."""
    said = []
    for row in _ways(result, log, least)[:5]:
        path = text(row, "variant").replace(ARROW, ", ")
        back = ", with rework" if row.get("rework") else ""
        said.append(f"{formats.quantity(number(row, 'share'), 'ratio')}: {style.clip(path, 160)}{back}")
    left, share = _rest(result, log, least)
    if left > 0:
        said.append(f"{left:,} other ways: {formats.quantity(share, 'ratio')}")
    head = "Strips of steps, one per way that finished cases take, the commonest on top, with its share. "
    return head + texts(said, 7)


def ways_worth(result: Result) -> bool:
    """Whether there are enough finished cases, and more than one step, to draw."""
    log = log_of(result)
    about = next((r for r in rows(result, "logs") if text(r, "log") == log), {})
    return (number(about, "finished") or 0) >= LEAST and any(ARROW in text(r, "variant") for r in _ways(result, log))


@figure(
    "orchestrate.ways",
    topic="The ways cases travel, the commonest first",
    needs="variants",
    title="orchestrate.ways.main",
    alt=_alt_ways,
    caption="Each strip is one way, step by step from left to right; letters, where there are any, are named under it. "
    "A step with a dark edge, hatching and ↺ has been done before in the same way. Beside it: the share of finished "
    "cases, and the time in which half of them are settled. Open cases are not in it.",
    data={
        "variant": ("Way", "text"),
        "cases": ("Cases", "count"),
        "share": ("Share", "ratio"),
        "low": ("Low", "ratio"),
        "high": ("High", "ratio"),
        "cumulative": ("With those above", "ratio"),
        "median_hours": ("Median time, hours", "hours"),
        "open": ("Open, so far the same", "count"),
    },
    worth=ways_worth,
    subject=log_of,
)
def ways(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the main ways of the largest log."""
    return draw_ways(result, log_of(result), ax=ax)


def draw_ways(result: Result, log: str, *, least: float = 0.0, ax: Axes | None = None) -> Axes:
    """Draw the main ways of one log, those that at least such a share of its cases take."""
    table, key = _ways(result, log, least), letters(result, log, least)
    left, share = _rest(result, log, least)
    paths = [text(r, "variant").split(ARROW) for r in table]
    longest = max(map(len, paths), default=1)
    named = longest <= NAMED and all(len(_name(a).split("\n")) <= 3 for a in key)
    legend = [] if named else _legend(key)
    lines = len(table) + (left > 0)
    ax = ax or style.canvas(lines + 0.62 * len(legend) + 0.3, row=0.6 if named else 0.46, head=0.35)
    labels = {a: _name(a) for a in key} if named else key
    for y, (row, path) in enumerate(zip(table, paths, strict=True)):
        _strip(ax, y, path, labels, small=named)
        _beside(ax, y, formats.quantity(number(row, "share"), "ratio"), _time(number(row, "median_hours")))
    if left > 0:
        words = f"{left:,} other way{'s' if left != 1 else ''}"
        ax.text(0.05, len(table), words, va="center", fontsize=10, color=style.SOFT)
        _beside(ax, len(table), formats.quantity(share, "ratio"), "")
    wide = max(min(longest, LONGEST) + (longest > LONGEST), 5)
    for i, line in enumerate(legend):
        ax.text(0.05, lines + 0.15 + 0.62 * i, line, va="center", fontsize=9, color=style.INK)
    ax.text(1.015, -0.75, "share · half take", transform=ax.get_yaxis_transform(), fontsize=8.5, color=style.SOFT)
    ax.set_xlim(0, wide + 0.15)
    ax.set_ylim(lines + 0.62 * len(legend) - 0.4 * named, -0.9)
    ax.set_xticks([])
    ax.set_yticks([])
    return ax


def _name(activity: str) -> str:
    return folded(activity.replace("_", " "), 12)


def _legend(key: dict[str, str], across: int = 78) -> list[str]:
    """Letters and their names, on as few lines as they need."""
    lines: list[str] = [""]
    for activity, letter in key.items():
        part = f"{letter}  {style.clip(activity.replace('_', ' '), 30)}"
        if lines[-1] and len(lines[-1]) + len(part) + 5 > across:
            lines.append(part)
        else:
            lines[-1] = f"{lines[-1]}     {part}".strip()
    return lines


def _beside(ax: Axes, y: float, share: str, time: str) -> None:
    across = ax.get_yaxis_transform()
    ax.text(1.015, y, share, transform=across, va="center", fontsize=10, weight="bold", color=style.INK)
    ax.text(1.115, y, time, transform=across, va="center", fontsize=9, color=style.SOFT)


def _strip(ax: Axes, y: int, path: Sequence[str], labels: dict[str, str], *, small: bool) -> None:
    """One way as chevrons: the name or letter of each step, a dark edge and ↺ where it has been there before."""
    before: set[str] = set()
    places = list(labels)
    for x, activity in enumerate(path[:LONGEST]):
        again = activity in before
        before.add(activity)
        tip, notch, high = 0.14, (0.14 if x else 0.0), 0.38
        shape = [(x, y - high), (x + 0.88, y - high), (x + 0.88 + tip, y), (x + 0.88, y + high), (x, y + high)]
        ax.add_patch(
            Polygon(
                [*shape, (x + notch, y)],
                closed=True,
                facecolor=FILLS[places.index(activity) % len(FILLS)],
                edgecolor=style.BAD if again else style.PAPER,
                linewidth=1.8 if again else 0.8,
                hatch="////" if again else None,
                zorder=3 if again else 2,
            )
        )
        ax.text(
            x + 0.54, y, f"{labels[activity]} ↺" if again else labels[activity], ha="center", va="center",
            fontsize=8 if small else 10, weight="normal" if small else "bold", color=style.INK, zorder=4,
            linespacing=1.05,
            bbox={"boxstyle": "round,pad=0.12", "facecolor": style.PAPER, "linewidth": 0} if again else None,
        )  # fmt: skip
    if len(path) > LONGEST:
        ax.text(LONGEST + 0.3, y, f"+{len(path) - LONGEST}", va="center", fontsize=9, color=style.SOFT)


KINDS = {
    "rework": "Any of these",
    "self_loop": "Same step twice in a row",
    "returned": "Back to an earlier step",
    "team_back": "To another team and back",
    "reopened": "Again after settling",
    "resource_back": "To another person and back",
}


def _rework(result: Result) -> list[Dot]:
    log = log_of(result)
    table = {text(r, "kind"): r for r in rows(result, "rework") if text(r, "log") == log}
    out = []
    for kind, label in KINDS.items():
        row = table.get(kind)
        if row is None or not number(row, "cases"):
            continue
        extra, low, high = (number(row, c) for c in ("extra_hours", "extra_low", "extra_high"))
        note = f"{formats.quantity(number(row, 'share'), 'ratio')} · {number(row, 'cases') or 0:,.0f}"
        if extra is not None and low is not None and high is not None:
            note += f" · {_time(abs(extra))} {'longer' if extra >= 0 else 'shorter'}"
        out.append(
            Dot(
                label,
                number(row, "share"),
                number(row, "low"),
                number(row, "high"),
                "bad" if kind == "rework" else "neutral",
                note,
            )
        )
    return out


def _alt_rework(result: Result) -> str:
    return "Share of finished cases that go back, by what they do, with intervals. " + texts(
        f"{d.label}: {d.note}" for d in _rework(result)
    )


@figure(
    "orchestrate.rework",
    topic="Cases that go back, by what they do",
    needs="rework",
    title="orchestrate.ways.rework",
    alt=_alt_rework,
    caption="A dot is the share of finished cases, a line its 95 % interval; beside it their number, and how much "
    "longer half of them take than half of the others. A case can do several. Hand-overs between people are no part "
    "of the first row.",
    data={
        "meaning": ("What", "text"),
        "cases": ("Cases", "count"),
        "share": ("Share", "ratio"),
        "low": ("Low", "ratio"),
        "high": ("High", "ratio"),
        "extra_hours": ("Median time more", "hours"),
        "extra_low": ("Low", "hours"),
        "extra_high": ("High", "hours"),
        "money_a_year": ("Extra work a year", "money"),
    },
    worth=lambda result: len(_rework(result)) > 1,
    subject=log_of,
)
def rework(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw what goes back in the largest log."""
    data = _rework(result)
    ax = ax or style.canvas(len(data) + 0.5)
    return dots(ax, data, "ratio")

"""Figures of what goes wrong inside: the signs of misalignment by C, and promises against delivery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from cxkit import formats
from cxkit.align.promises import amount
from cxkit.align.signs import moved, words
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import aside, spread
from cxkit.charts.marks import rows as named
from cxkit.charts.reading import Row, number, rows, text, texts
from cxkit.records import Result

NAMES = {"customer": "Customer", "career": "Career", "community": "Community", "core": "Core"}
TONES = {"worse": "bad", "better": "good", "steady": "neutral", "cannot tell": "unknown"}
REACH = 0.6
"""Relative change at the edge of the frame; what goes beyond is cut there."""
DOWN = frozenset({"engagement", "drift"})
"""Signs of which less is worse."""
WIDE = 36
MOST = 12


def _told(row: Row) -> dict[str, object]:
    """A row with None for what is missing, as the wording functions expect it."""
    return {str(k): (number(row, str(k)) if isinstance(v, float) else v) for k, v in row.items()}


def _groups(result: Result) -> list[tuple[str, list[Row]]]:
    table = rows(result, "signs")
    found: list[tuple[str, list[Row]]] = [(name, [r for r in table if text(r, "c") == c]) for c, name in NAMES.items()]
    return [(name, part) for name, part in found if part]


def _said(result: Result, name: str) -> str:
    for row in rows(result, "said"):
        if NAMES.get(text(row, "c")) == name and number(row, "score") is not None:
            ends = [number(row, c) for c in ("low", "high")]
            between = f" ({ends[0]:.1f} to {ends[1]:.1f})" if None not in ends else ""
            return f"people say {number(row, 'score'):.1f} of 5{between}"
    return ""


def _words(row: Row) -> str:
    told = _told(row)
    change = moved(told) if told["change"] is not None else ""
    return f"{words(told)}" + (f", {change}" if change else "")


def _alt_signs(result: Result) -> str:
    said = [
        f"{name}: " + "; ".join(f"{text(r, 'label')} {_words(r)}, {text(r, 'verdict')}" for r in part)
        for name, part in _groups(result)
    ]
    return f"Signs of misalignment by C, each with its change over a year. {texts(said, 4)}"


@figure(
    "align.signs",
    topic="Signs of misalignment, and how they moved in a year",
    needs="signs",
    title="align.signs.worst",
    alt=_alt_signs,
    caption="Right of the line is worse than in the same months a year earlier, in percent of the value then. A line "
    "is the interval of the change, wide enough for so many signs to be judged at once; at the edge of the frame it "
    "goes on. A red diamond got clearly worse, a green dot clearly better. Without a mark there is no year before.",
    data={
        "c": ("C", "text"),
        "label": ("Sign", "text"),
        "value": ("Now", "score"),
        "before": ("A year earlier", "score"),
        "change": ("Change", "score"),
        "change_low": ("Low", "score"),
        "change_high": ("High", "score"),
        "verdict": ("Verdict", "text"),
        "n": ("n", "count"),
    },
)
def signs(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the signs in four groups; on given axes all of them in one."""
    groups = _groups(result)
    if ax is not None:
        return _panel(ax, "", [r for _, part in groups for r in part], "", foot=True)
    axes = style.panels([len(part) for _, part in groups], row=0.33, head=0.42)
    for one, (name, part) in zip(axes, groups, strict=True):
        _panel(one, name, part, _said(result, name), foot=name == groups[-1][0])
    return axes[0]


def _panel(ax: Axes, name: str, part: Sequence[Row], said: str, *, foot: bool) -> Axes:
    named(ax, [text(r, "label") for r in part], wide=WIDE)
    style.zero_line(ax)
    for y, row in enumerate(part):
        _mark(ax, y, row)
        told = _told(row)
        aside(ax, y, words(told), color=style.INK if text(row, "verdict") == "worse" else style.SOFT)
    ax.set_xlim(-REACH, REACH)
    ax.xaxis.set_major_locator(FixedLocator([-0.5, -0.25, 0.0, 0.25, 0.5]))
    shown = {-0.5: "50 % better", -0.25: "25 %", 0.0: "as a year ago", 0.25: "25 %", 0.5: "50 % worse"}
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: shown.get(round(v, 2), "") if foot else ""))
    ax.xaxis.grid(True)
    if name:
        ax.set_title(f"{name}{' · ' + said if said else ''}", loc="left", fontsize=10, weight="bold", color=style.INK)
    return ax


def _mark(ax: Axes, y: int, row: Row) -> None:
    change, before = number(row, "change"), number(row, "before")
    if change is None or not before:
        return
    turn = (-1.0 if text(row, "sign") in DOWN else 1.0) / abs(before)
    tone = TONES.get(text(row, "verdict"), "neutral")
    low, high = number(row, "change_low"), number(row, "change_high")
    if low is not None and high is not None:
        ax.plot([low * turn, high * turn], [y, y], color=style.TONES[tone], linewidth=2.4, zorder=2)
    at = max(min(change * turn, REACH), -REACH)
    ax.plot(
        [at], [y], marker=style.MARKS[tone], color=style.TONES[tone], markersize=7.5, zorder=3, linestyle="none"
    )  # fmt: skip


# Promises --------------------------------------------------------------------------------------------------


def _promises(result: Result) -> list[Row]:
    known: list[Row] = [r for r in rows(result, "promises") if number(r, "promised") and _delivered(r) is not None]
    return known[:MOST]


def _delivered(row: Row) -> float | None:
    """What is delivered: as measured, else as the sheet says."""
    measured = number(row, "measured")
    return number(row, "delivered") if measured is None else measured


def _short_by(row: Row, value: float) -> float:
    """What is missing to the promise, as a share of it."""
    promised = number(row, "promised") or 1.0
    return (promised - value if text(row, "better") == "higher" else value - promised) / promised


def _tick(value: float, _: object) -> str:
    share = formats.number(abs(value) * 100, 0) + f"{formats.THIN}%"
    return "" if abs(value) < 1e-9 else f"{share} worse" if value > 0 else f"{share} better"


def _short(row: Row) -> str:
    """Promised and delivered in their own unit."""
    unit = text(row, "unit")
    promised, value = number(row, "promised") or 0.0, _delivered(row) or 0.0
    left, right = amount(promised, unit), amount(value, unit)
    tail = right.split(" ", 1)[-1]
    return f"{left.removesuffix(' ' + tail)} → {right}" if left.endswith(tail) else f"{left} → {right}"


def _alt_promises(result: Result) -> str:
    said = [
        f"{text(r, 'promise')}: promised and delivered {_short(r)}, {text(r, 'verdict')}" for r in _promises(result)
    ]
    return f"Each promise to customers beside what is delivered, by what is missing to the promise. {texts(said, 8)}"


@figure(
    "align.promises",
    topic="What customers are promised, and what they get",
    needs="promises",
    title="align.promises.widest",
    alt=_alt_promises,
    caption="What is missing to the promise, in percent of it: right of the dotted line customers get less than they "
    "were told. A filled mark is measured from the client's tables, its line the 95 % interval of the median; an open "
    "ring is what the sheet says. The promise that touches most contacts stands first.",
    data={
        "promise": ("Promise", "text"),
        "promised_by": ("Promised by", "text"),
        "delivered_by": ("Delivered by", "text"),
        "promised": ("Promised", "score"),
        "delivered": ("Delivered, sheet", "score"),
        "measured": ("Delivered, measured", "score"),
        "unit": ("Unit", "text"),
        "within": ("Kept for", "ratio"),
        "contacts": ("Contacts", "count"),
        "verdict": ("Verdict", "text"),
    },
    worth=lambda result: bool(_promises(result)),
)
def promises(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw each promise as a dumbbell from the promise to what is delivered, in percent of the promise."""
    table = _promises(result)
    ax = ax or style.canvas(len(table) + 0.5, row=0.46)
    named(ax, [text(r, "promise") for r in table], most=40, double=True)
    style.zero_line(ax, "as promised")
    for y, row in enumerate(table):
        broken = text(row, "verdict") != "kept"
        colour = style.BAD if broken else style.GOOD
        value = _short_by(row, _delivered(row) or 0.0)
        ax.plot([0.0, value], [y, y], color=style.BAND3, linewidth=3, zorder=1)
        stated, low, high = (number(row, c) for c in ("delivered", "measured_low", "measured_high"))
        if low is not None and high is not None:
            ax.plot([_short_by(row, low), _short_by(row, high)], [y, y], color=colour, linewidth=2.4, zorder=2)
            mark = style.MARKS["bad" if broken else "good"]
            ax.plot([value], [y], marker=mark, color=colour, markersize=8, linestyle="none", zorder=4)
        if stated is not None:
            ring: dict[str, Any] = {"markerfacecolor": style.PAPER, "markeredgecolor": colour, "markeredgewidth": 1.8}
            ax.plot([_short_by(row, stated)], [y], marker="o", markersize=9, linestyle="none", zorder=3, **ring)
        aside(ax, y, _short(row), color=style.INK if broken else style.SOFT)
    spread(ax, include=0.0)
    ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(_tick))
    ax.xaxis.grid(True)
    return ax

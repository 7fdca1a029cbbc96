"""The marks every figure is made of: dots with intervals, bridges, bars, matrices, curves, dumbbells.

Each draws plain records on axes in the house style. Values are in their storage unit (`formats.Unit`); labels are
client text and are drawn as they are, never parsed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.ticker import FuncFormatter, MaxNLocator

from cxkit import formats
from cxkit.charts import style
from cxkit.formats import Unit

_WHOLE = re.compile(r"\.0+(?=\D|$)")
"""Zeros behind the point, which an axis does not need."""


@dataclass(frozen=True)
class Dot:
    """One row of a dot-and-interval figure."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    tone: str = "neutral"
    note: str = ""
    letter: str = ""
    """Grade of evidence, set bold after the note."""


@dataclass(frozen=True)
class Bar:
    """One step of a bridge or one bar: its size, or a total that starts at zero."""

    label: str
    value: float
    total: bool = False
    tone: str = "neutral"
    low: float | None = None
    high: float | None = None
    note: str = ""


def scale(ax: Axes, unit: Unit, currency: str = "", *, axis: str = "x", bins: int = 5) -> None:
    """Write an axis' values in their unit, few of them."""
    target = ax.xaxis if axis == "x" else ax.yaxis
    target.set_major_locator(MaxNLocator(bins, steps=[1, 2, 2.5, 5, 10]))

    def tick(value: float, _: object) -> str:
        words = formats.quantity(value, unit, currency=currency)
        return _WHOLE.sub("", words.removesuffix(" points") if unit == "points" else words)

    target.set_major_formatter(FuncFormatter(tick))


def rows(ax: Axes, labels: Sequence[str], *, most: int = 38, wide: int = 0, double: bool = False) -> None:
    """Name the rows at the left edge, first row on top; `wide` is the least width of the names, in characters.

    `double`: a name longer than `most` goes on two lines instead of being cut.
    """
    texts = [folded(style.clip(text, 2 * most - 6), most) if double else style.clip(text, most) for text in labels]
    ax.set_yticks(range(len(texts)))
    ax.set_yticklabels(texts, ha="left")
    ax.tick_params(axis="y", pad=max([wide, *(len(line) for text in texts for line in text.split("\n"))]) * 5.9 + 4)
    ax.set_ylim(len(texts) - 0.4, -0.6)


def aside(ax: Axes, row: float, text: str, *, letter: str = "", color: str = style.INK) -> None:
    """Write beside a row, right of the axes."""
    across = ax.get_yaxis_transform()
    if letter:
        ax.text(
            1.015, row, letter, transform=across, va="center", ha="left", fontsize=9.5, weight="bold", color=style.INK
        )
    if text:
        ax.text(
            1.045 if letter else 1.015,
            row,
            style.clip(text, 46),
            transform=across,
            va="center",
            fontsize=9,
            color=color,
        )


def dots(
    ax: Axes,
    data: Sequence[Dot],
    unit: Unit,
    *,
    currency: str = "",
    label: str = "",
    zero: str | None = None,
    at: float = 0.0,
    wide: int = 0,
) -> Axes:
    """One row per thing: a mark at its value, a line over its interval, a note at the right."""
    rows(ax, [d.label for d in data], wide=wide)
    for y, dot in enumerate(data):
        colour = style.TONES[dot.tone]
        if dot.value is None:
            continue
        if dot.low is not None and dot.high is not None:
            ax.plot([dot.low, dot.high], [y, y], color=colour, linewidth=2.4, zorder=2)
        ax.plot(
            [dot.value], [y], marker=style.MARKS[dot.tone], color=colour, markersize=7.5, zorder=3, linestyle="none"
        )
        if dot.tone == "unknown":
            ax.plot([dot.value], [y], marker="s", color=style.PAPER, markersize=3.5, zorder=4, linestyle="none")
    for y, dot in enumerate(data):
        aside(ax, y, dot.note, letter=dot.letter, color=style.SOFT if dot.tone in {"neutral", "unknown"} else style.INK)
    if zero is not None:
        style.zero_line(ax, zero, at=at)
        spread(ax, include=at)
    else:
        spread(ax)
    scale(ax, unit, currency)
    ax.xaxis.grid(True)
    if label:
        ax.set_xlabel(label, loc="left")
    return ax


def spread(ax: Axes, *, include: float | None = None, pad: float = 0.05) -> None:
    """Limits with a little air around what is drawn, holding a value that must be seen."""
    low, high = ax.dataLim.x0, ax.dataLim.x1
    if include is not None:
        low, high = min(low, include), max(high, include)
    if not (math.isfinite(low) and math.isfinite(high)):
        low, high = 0.0, 1.0
    span = (high - low) or abs(high) or 1.0
    ax.set_xlim(low - pad * span, high + pad * span)


def bridge(ax: Axes, data: Sequence[Bar], unit: Unit, *, currency: str = "", label: str = "") -> Axes:
    """A waterfall read from left to right: totals stand on zero, steps hang where the last one ended."""
    level = 0.0
    tops: list[float] = []
    for x, bar in enumerate(data):
        base = 0.0 if bar.total else level
        end = bar.value if bar.total else level + bar.value
        colour = style.SOFT if bar.total else style.TONES[bar.tone]
        ax.bar(x, end - base, bottom=base, width=0.62, color=colour, linewidth=0, zorder=2)
        if x + 1 < len(data):
            ax.plot([x + 0.31, x + 1 - 0.31], [end, end], color=style.SOFT, linewidth=0.8, zorder=1)
        top = max(base, end)
        words = bridge_words(bar, unit, currency)
        ax.annotate(
            words,
            (x, top),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center",
            fontsize=9.5,
            weight="bold",
            color=style.INK,
        )
        tops.append(top)
        level = end
    ax.axhline(0, color=style.SOFT, linewidth=1)
    ax.set_xticks(range(len(data)))
    ax.set_xticklabels([folded(bar.label) for bar in data], color=style.INK)
    ax.set_yticks([])
    ax.set_xlim(-0.6, len(data) - 0.4)
    low = min([0.0, *(ax.dataLim.y0,)])
    ax.set_ylim(low * 1.1, max(tops, default=1.0) * 1.14 or 1.0)
    if label:
        ax.set_xlabel(label, loc="left")
    return ax


def bridge_words(bar: Bar, unit: Unit, currency: str = "") -> str:
    """A total as it is, a step with its sign."""
    return formats.quantity(bar.value, unit, currency=currency, signed=not bar.total)


def bars(ax: Axes, data: Sequence[Bar], unit: Unit, *, currency: str = "", label: str = "") -> Axes:
    """Horizontal bars from zero, with their values beside them and an interval where there is one."""
    rows(ax, [b.label for b in data])
    for y, bar in enumerate(data):
        ax.barh(y, bar.value, height=0.56, color=style.TONES.get(bar.tone, bar.tone), linewidth=0, zorder=2)
        if bar.low is not None and bar.high is not None:
            ax.plot([bar.low, bar.high], [y, y], color=style.INK, linewidth=1.6, zorder=3)
            for end in (bar.low, bar.high):
                ax.plot([end, end], [y - 0.13, y + 0.13], color=style.INK, linewidth=1.6, zorder=3)
        aside(ax, y, bar.note or formats.quantity(bar.value, unit, currency=currency))
    ax.axvline(0, color=style.SOFT, linewidth=1)
    spread(ax, include=0.0, pad=0.03)
    scale(ax, unit, currency)
    ax.xaxis.grid(True)
    if label:
        ax.set_xlabel(label, loc="left")
    return ax


CELLS: dict[str, tuple[str, str, str]] = {
    "good": ("●", style.ACCENT2, style.INK),
    "bad": ("✕", style.BAND3, style.INK),
    "partly": ("◐", style.BAND2, style.INK),
    "unknown": ("?", style.BAND1, style.SOFT),
    "none": ("–", style.PAPER, style.SOFT),
}
"""State of a matrix cell → symbol, fill, ink; the word stands beside the symbol."""


def matrix(
    ax: Axes,
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    cell: Callable[[int, int], tuple[str, str]],
) -> Axes:
    """A grid of words with a symbol each: `cell` gives a state of `CELLS` and the word."""
    order = list(CELLS)
    cells = [[cell(y, x) for x in range(len(column_labels))] for y in range(len(row_labels))]
    sns.heatmap(
        [[order.index(state) for state, _ in row] for row in cells],
        annot=[[f"{CELLS[state][0]} {style.clip(word, 18)}".strip() for state, word in row] for row in cells],
        fmt="",
        annot_kws={"fontsize": 8.5},
        cmap=ListedColormap([CELLS[state][1] for state in order]),
        vmin=-0.5,
        vmax=len(order) - 0.5,
        cbar=False,
        linewidths=4,
        linecolor=style.PAPER,
        ax=ax,
    )
    for drawn, (state, _) in zip(ax.texts, (one for row in cells for one in row), strict=True):
        drawn.set_color(CELLS[state][2])
    rows(ax, row_labels, most=32, double=True)
    names = [label.get_text() for label in ax.get_yticklabels()]
    ax.set_yticks([y + 0.5 for y in range(len(names))])
    ax.set_yticklabels(names, ha="left", va="center", rotation=0)
    ax.set_ylim(len(row_labels), 0)
    ax.set_xticks([x + 0.5 for x in range(len(column_labels))])
    ax.set_xticklabels([folded(text, 15) for text in column_labels], color=style.INK, weight="bold")
    ax.xaxis.tick_top()
    return ax


def dumbbells(
    ax: Axes,
    labels: Sequence[str],
    one: Sequence[float | None],
    other: Sequence[float | None],
    *,
    names: tuple[str, str],
    notes: Sequence[str] = (),
    label: str = "",
) -> Axes:
    """Two values per row, joined: an open mark for the first, a filled one for the second, named at the top."""
    rows(ax, labels)
    named = [False, False]
    for y, (a, b) in enumerate(zip(one, other, strict=True)):
        if a is not None and b is not None:
            ax.plot([a, b], [y, y], color=style.BAND3, linewidth=3, zorder=1)
        for which, value in enumerate((a, b)):
            if value is None:
                continue
            colour = (style.SOFT, style.ACCENT)[which]
            ax.plot(
                [value], [y], marker="o", markersize=(9, 6.5)[which], color=colour, linestyle="none", zorder=2 + which
            )
            if which == 0:
                ax.plot([value], [y], marker="o", markersize=5.5, color=style.PAPER, linestyle="none", zorder=2)
            if not named[which]:
                ax.annotate(
                    names[which], (value, y), xytext=(0, 10 if which == 0 else -16), textcoords="offset points",
                    ha="center", fontsize=8.5, color=style.SOFT if which == 0 else style.ACCENT,
                )  # fmt: skip
                named[which] = True
    for y, note in enumerate(notes):
        aside(ax, y, note, color=style.SOFT)
    if label:
        ax.set_xlabel(label, loc="left")
    return ax


def folded(text: str, most: int = 14) -> str:
    """A label on at most three lines, broken between words.

    >>> folded("Lost customers of last year")
    'Lost customers\\nof last year'
    """
    lines: list[str] = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > most:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    kept = lines[:3]
    if len(lines) > 3:
        kept[-1] = style.clip(kept[-1] + " …", most)
    return "\n".join(kept)

"""The house style: one palette in roles, one type size, no chart junk, the same bytes every time.

Colours are named by role, not by hue. Charts are drawn with the light values; `svg.safe` turns each into a CSS
custom property, so that one SVG serves light, dark and print. The hues keep apart for readers who do not tell red
from green: good is a blue-green, bad a brick red, and neither ever carries a meaning that a word or a shape does
not carry too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

INK = "#16242e"
SOFT = "#54656f"
LINE = "#d9e0e3"
WASH = "#f4f7f7"
PAPER = "#ffffff"
ACCENT = "#0b6460"
ACCENT2 = "#bfdedb"
GOOD = "#0b6461"
WARN = "#8f5200"
BAD = "#9c2b23"
BAND1 = "#e3e9ea"
BAND2 = "#cdd7d9"
BAND3 = "#b5c3c6"

ROLES: Mapping[str, str] = {
    INK: "ink",
    SOFT: "soft",
    LINE: "line",
    WASH: "wash",
    PAPER: "paper",
    ACCENT: "accent",
    ACCENT2: "accent2",
    GOOD: "good",
    WARN: "warn",
    BAD: "bad",
    BAND1: "band1",
    BAND2: "band2",
    BAND3: "band3",
}
"""Drawn colour → role; the report's CSS gives the role its light, dark and print value."""

TONES: Mapping[str, str] = {"good": GOOD, "bad": BAD, "neutral": SOFT, "unknown": SOFT}
MARKS: Mapping[str, str] = {"good": "o", "bad": "D", "neutral": "o", "unknown": "s"}
"""A tone is told by shape as well as by colour."""

WIDTH = 8.6
ROW = 0.4
FONT = ("DejaVu Sans",)

RC: Mapping[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "cxkit",
    "text.parse_math": False,
    "axes.formatter.use_mathtext": False,
    "axes.unicode_minus": True,
    "font.family": "sans-serif",
    "font.sans-serif": list(FONT),
    "font.size": 10.0,
    "axes.titlesize": 10.0,
    "axes.labelsize": 9.5,
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 10.0,
    "text.color": INK,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": LINE,
    "xtick.color": SOFT,
    "ytick.color": INK,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": INK,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.spines.bottom": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "lines.linewidth": 2.0,
    "lines.solid_capstyle": "butt",
    "hatch.linewidth": 0.8,
    "hatch.color": SOFT,
    "path.simplify": True,
}


@contextmanager
def house() -> Iterator[None]:
    """Draw in the house style whatever the session's own settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(dict(RC))  # type: ignore[arg-type]
        yield


def canvas(rows: float, *, width: float = WIDTH, row: float = ROW, head: float = 0.55) -> Axes:
    """New axes high enough for so many rows, on a figure that no window system knows about."""
    figure = Figure(figsize=(width, max(1.2, rows * row + head)), layout="constrained")
    FigureCanvasSVG(figure)
    return figure.add_subplot()


def panels(rows: Sequence[float], *, width: float = WIDTH, row: float = ROW, head: float = 0.55) -> list[Axes]:
    """Axes one above the other, each high enough for its rows."""
    heights = [max(0.9, n * row + head) for n in rows]
    figure = Figure(figsize=(width, sum(heights)), layout="constrained")
    FigureCanvasSVG(figure)
    made = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)
    return [axes[0] for axes in made]


def zero_line(ax: Axes, label: str = "", *, at: float = 0.0) -> None:
    """Draw the line that means nothing changed, and say so beside it."""
    ax.axvline(at, color=SOFT, linewidth=1, linestyle=(0, (2, 3)), zorder=1)
    if label:
        ax.annotate(
            label,
            (at, 1),
            xycoords=ax.get_xaxis_transform(),
            xytext=(4, 0),
            textcoords="offset points",
            color=SOFT,
            fontsize=8.5,
            va="bottom",
        )


def clip(text: str, most: int = 34) -> str:
    """Shorten a label on a word where it can, with an ellipsis.

    >>> clip("Proactive outage notices for all fibre households", 24)
    'Proactive outage…'
    """
    if len(text) <= most:
        return text
    head = text[: most - 1]
    return (head.rsplit(" ", 1)[0] if " " in head[most // 2 :] else head).rstrip(" ,;–-") + "…"

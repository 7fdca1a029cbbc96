"""Axes to bytes that are the same every time: a clean SVG, or a PNG where an SVG would be heavy."""

from __future__ import annotations

import base64
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cxkit.charts import style
from cxkit.charts.svg import safe

HEAVY = 150_000
"""Characters above which an SVG becomes a PNG."""


@dataclass(frozen=True)
class Drawing:
    """A drawn figure: `svg` or, when that would be heavy, `png_base64`."""

    svg: str = ""
    png_base64: str = ""


def render(draw: Callable[[], Axes], *, prefix: str) -> Drawing:
    """Draw in the house style and hand back the drawing; the figure is let go.

    `prefix` keeps the ids of this figure apart from others on the page.
    """
    with style.house():
        return drawn(figure_of(draw()), prefix=prefix)


def drawn(figure: Figure, *, prefix: str) -> Drawing:
    """Hand back a figure that is drawn: as SVG, or as a picture where that is heavy or holds pictures itself."""
    with style.house():
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
        if "<image" not in text.getvalue():  # a picture inside an SVG would be left out
            svg = safe(text.getvalue(), prefix=prefix)
            if len(svg) <= HEAVY:
                return Drawing(svg=svg)
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=160, facecolor=style.PAPER, metadata={"Software": None})
        return Drawing(png_base64=base64.b64encode(picture.getvalue()).decode("ascii"))


def figure_of(drawing: Axes | Figure) -> Figure:
    """The figure that axes hang on; `TypeError` for what was not drawn with matplotlib."""
    figure = drawing.get_figure(root=True) if isinstance(drawing, Axes) else drawing
    if not isinstance(figure, Figure):
        raise TypeError(f"a {type(drawing).__name__} is no figure of matplotlib")
    return figure


def put_away(figure: Figure) -> None:
    """Let go of a figure that pyplot holds, so that a notebook does not show it a second time."""
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(figure)

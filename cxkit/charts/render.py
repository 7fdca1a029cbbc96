"""Axes to bytes that are the same every time: a clean SVG, or a PNG where an SVG would be heavy."""

from __future__ import annotations

import base64
import io
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
        axes = draw()
        figure = axes.get_figure(root=True)
        if not isinstance(figure, Figure):  # an axes always hangs on a figure once it is drawn
            raise TypeError("the chart returned axes that belong to no figure")
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
        svg = safe(text.getvalue(), prefix=prefix)
        if len(svg) <= HEAVY:
            return Drawing(svg=svg)
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=160, facecolor=style.PAPER, metadata={"Software": None})
        return Drawing(png_base64=base64.b64encode(picture.getvalue()).decode("ascii"))

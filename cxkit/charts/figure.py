"""What a figure declares beside its drawing: the table it needs, its action title, its alt text, its data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import pandas as pd
from matplotlib.axes import Axes

from cxkit.errors import ReportError
from cxkit.records import Finding, Result

CHARTS: dict[str, Figure] = {}
"""Every declared figure by its id, ``stage.name``."""


class Draw(Protocol):
    """A chart function: a result in, the axes it drew on out."""

    def __call__(self, result: Result, *, ax: Axes | None = None) -> Axes:
        """Draw on `ax`, or on new axes in the house style."""
        ...


@dataclass(frozen=True)
class Figure:
    """One figure: its drawing and all that makes it readable without seeing it.

    Calling it draws, so that ``prove.effects(result, ax=ax)`` works like any seaborn function.
    """

    id: str
    draw: Draw
    topic: str
    """What is drawn, in words; the heading when no finding may give an action title."""
    needs: str
    """Name of the result's table without whose rows nothing is drawn."""
    alt: Callable[[Result], str]
    """The finding in words for who cannot see the figure: what is compared, the values, the verdict."""
    title: str = ""
    """Id of the finding whose title heads the figure (the heaviest of several); of several ids the first there is."""
    caption: str = ""
    """How to read it: what a mark, a bar and a line are."""
    data: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Columns of the table behind it, name → (label, unit)."""
    worth: Callable[[Result], bool] | None = None
    """Whether there is enough to draw, where rows alone do not tell."""
    subject: Callable[[Result], str] | None = None
    """What is drawn where a result has several of it: the title is the finding about this and no other."""
    drawn: Callable[[pd.DataFrame, Result], pd.DataFrame] | None = None
    """The rows of the table that are drawn, where that is not all of them."""

    def __call__(self, result: Result, *, ax: Axes | None = None) -> Axes:
        """Draw the figure."""
        return self.draw(result, ax=ax)

    def ready(self, result: Result) -> bool:
        """Whether the result holds what the figure is drawn from."""
        return result.has(self.needs) and (self.worth is None or self.worth(result))

    def behind(self, result: Result) -> pd.DataFrame:
        """The table behind the figure: the rows it is drawn from, and no others."""
        rows = result.frame(self.needs)
        return rows if self.drawn is None else self.drawn(rows, result)

    def finding(self, result: Result) -> Finding | None:
        """The finding that gives the action title, or None."""
        ids = [id for id in self.title.split() if any(f.id == id for f in result.findings)]
        found = [f for f in result.findings if f.id == ids[0]] if ids else []
        if self.subject is not None:
            drawn = self.subject(result)
            found = [f for f in found if f.subject == drawn]
        return max(found, key=lambda f: f.weight, default=None)


def figure(
    id: str,
    *,
    topic: str,
    needs: str,
    alt: Callable[[Result], str],
    title: str = "",
    caption: str = "",
    data: Mapping[str, tuple[str, str]],
    worth: Callable[[Result], bool] | None = None,
    subject: Callable[[Result], str] | None = None,
    drawn: Callable[[pd.DataFrame, Result], pd.DataFrame] | None = None,
) -> Callable[[Draw], Figure]:
    """Declare a chart function as a figure of the report.

    Raises `ReportError` when two figures share an id.
    """

    def declare(draw: Draw) -> Figure:
        if id in CHARTS:
            raise ReportError(f"Two figures are called '{id}'; give one of them another id.")
        made = Figure(id, draw, topic, needs, alt, title, caption, data, worth, subject, drawn)
        CHARTS[id] = made
        return made

    return declare

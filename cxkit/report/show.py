"""What notebooks call to show a result: each function displays blocks and says nothing when there is nothing to show.

The blocks are what reaches the report; JupyterLab shows the same block as rich HTML. Each function hands its
blocks back only when asked (``silent=True``), so that a notebook cell's last line displays nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as MatplotlibFigure
from pydantic import ValidationError

from cxkit.charts.figure import Figure
from cxkit.charts.render import drawn, figure_of, put_away
from cxkit.errors import ReportError
from cxkit.formats import Unit
from cxkit.records import Audience, Finding, Grade, Result, Stage
from cxkit.report.blocks import (
    Block,
    FigureBody,
    NoteBody,
)
from cxkit.report.making import (
    Columns,
    figure_block,
    finding_block,
    gap_block,
    label,
    money_of,
    note_block,
    stage_of,
    table_body,
    told,
    unit_of,
)
from cxkit.report.own import STAGE as OWN
from cxkit.report.own import slug
from cxkit.report.rendering import anchor
from cxkit.report.titles import says

Blocks = tuple[Block, ...]


class Commented(Protocol):
    """What `notes` needs of a desk."""

    stage: Stage

    def commentary(self) -> tuple[NoteBody, ...]:
        """What people wrote about the stage."""
        ...


LONGEST = 200
"""Rows beyond which a table of one's own is refused: nobody reads it, and its rest would be nowhere."""


def findings(result: Result, *ids: str, most: int = 40, silent: bool = False) -> Blocks | None:
    """Show findings: all of a result's, or those whose id is one of `ids` (in that order).

    An id that ends in a dot stands for all that begin with it. Findings with the same id keep the result's order.
    """
    chosen: list[Finding] = []
    for id in ids or ("",):
        chosen += [f for f in result.findings if _named(f.id, id) and f not in chosen]
    return _display(tuple(finding_block(f) for f in chosen[:most]), silent)


def figure(chart: Figure, result: Result, *, caption: str = "", silent: bool = False, **options: Any) -> Blocks | None:
    """Draw a declared chart and show it with its action title, alt text and the table behind it.

    Nothing is shown when the result lacks what the chart is drawn from. Raises `ReportError` for a chart without alt
    text or one that was not declared with `charts.figure.figure`.
    """
    if not isinstance(chart, Figure):
        name = getattr(chart, "__name__", repr(chart))
        raise ReportError(f"{name} is not a declared figure; decorate it with cxkit.charts.figure.figure(...).")
    if not chart.ready(result):
        return _display((), silent)
    return _display((figure_block(chart, result, caption=caption, **options),), silent)


def table(
    result: Result,
    name: str,
    columns: Columns,
    *,
    title: str = "",
    caption: str = "",
    most: int = 25,
    currency: str = "",
    part: str = "",
    folded: bool = False,
    silent: bool = False,
) -> Blocks | None:
    """Show one of a result's tables: `columns` maps column names to (label, unit), in the order to show.

    `part` tells several views of one table apart; a `folded` one opens on a click. Columns without any value are left
    out.

    Units are those of `formats.Unit`, and ``text``, ``date``, ``month`` and ``people`` (counts of people, suppressed
    below five in the report). Nothing is shown when the table has no rows or is not there.
    """
    if not result.has(name):
        return _display((), silent)
    stage = stage_of(result)
    body = table_body(
        result.frame(name),
        columns,
        title=title or label(name),
        caption=caption,
        most=most,
        currency=currency or money_of(result),
    ).model_copy(update={"folded": folded})
    id = ".".join(filter(None, [stage, result.name, name, part]))
    return _display((Block(id=id, kind="table", stage=stage, body=body),), silent)


def gaps(result: Result, *, silent: bool = False) -> Blocks | None:
    """Show what the result could not assess and what would let it."""
    return _display(tuple(gap_block(g, stage_of(result)) for g in result.gaps), silent)


def note(note: NoteBody | str | None, stage: Stage = "own", *, silent: bool = False) -> Blocks | None:
    """Show a person's words; nothing when there are none."""
    if note is None or (isinstance(note, str) and not note.strip()):
        return _display((), silent)
    body = NoteBody(text=note) if isinstance(note, str) else note
    return _display((note_block(body, stage),), silent)


def notes(desk: Commented, *, silent: bool = False) -> Blocks | None:
    """Show what people wrote about the desk's stage, with whether the numbers have changed since."""
    written = enumerate(desk.commentary(), 1)
    return _display(tuple(note_block(body, desk.stage, number) for number, body in written), silent)


def say(
    title: str,
    *,
    value: float | None = None,
    unit: Unit = "none",
    currency: str = "",
    low: float | None = None,
    high: float | None = None,
    about: str = "",
    n: int | None = None,
    period: str = "",
    grade: Grade = "E",
    sources: Sequence[str] = (),
    detail: str = "",
    tone: Literal["good", "bad", "neutral", "unknown"] = "neutral",
    audience: Audience = "board",
    id: str = "",
    silent: bool = False,
) -> Blocks | None:
    """Show a finding of one's own: a full sentence and the number in it, in the storage unit (0.91 for 91 %).

    It is registered with the findings of the stages as ``own.<notebook>.<id>``; without an `id` that is made from the
    words of the title. `grade` is E, claimed, until another is said: M for what was measured, A to D for a cause
    (`records.GRADES`). `sources` are the tables it rests on. Raises `ReportError` with what is wrong.

    >>> (block,) = say("Leeds kept 91.0 % of its homes", value=0.91, unit="ratio", grade="M", silent=True)
    >>> block.id, block.body.value
    ('own.leeds-kept-of-its-homes', '91.0\\u202f%')
    """
    if not says(title):
        raise ReportError(f"say: a finding is a sentence with its number, not a question; reword “{title}”.")
    try:
        made = Finding(
            id=f"{OWN}.{id or slug(title)}",
            stage=OWN,
            title=title.strip(),
            detail=detail,
            value=value,
            unit=unit,
            currency=currency,
            low=low,
            high=high,
            about=about,
            n=n,
            period=period,
            grade=grade,
            sources=tuple(sources),
            tone=tone,
            audience=audience,
        )
    except ValidationError as error:
        wrong = "; ".join(e["msg"].removeprefix("Value error, ") for e in error.errors())
        raise ReportError(f"say: {wrong}.") from None
    block = finding_block(made)
    body = block.body.model_copy(update={"finding": made})
    return _display((block.model_copy(update={"body": body}),), silent)


def frame(
    frame: pd.DataFrame,
    *,
    title: str,
    columns: Columns | None = None,
    caption: str = "",
    currency: str = "",
    folded: bool = False,
    id: str = "",
    silent: bool = False,
) -> Blocks | None:
    """Show a small table of one's own; `columns` as in `table`, by default every column under its own name.

    A column about numbers of people has the unit ``people``: counts under five are hidden in the report. Nothing is
    shown when there are no rows. Raises `ReportError` for a table too long to read.
    """
    if frame.empty:
        return _display((), silent)
    if len(frame) > LONGEST:
        raise ReportError(
            f"frame: '{title}' has {len(frame):,} rows, and nobody reads more than {LONGEST}. "
            "Group it, or show its head()."
        )
    named = frame.rename(columns=str)
    units = columns or {name: (label(name), unit_of(named[name])) for name in named.columns}
    try:
        body = table_body(named, units, title=title, caption=caption, most=LONGEST, currency=currency)
    except KeyError as error:
        raise ReportError(f"frame: {error.args[0]}.") from None
    block = Block(id=f"{OWN}.{id or slug(title)}", kind="table", stage=OWN, body=body)
    return _display((block.model_copy(update={"body": body.model_copy(update={"folded": folded})}),), silent)


def drawing(
    drawing: Axes | MatplotlibFigure,
    *,
    title: str,
    alt: str,
    caption: str = "",
    data: pd.DataFrame | None = None,
    columns: Columns | None = None,
    currency: str = "",
    id: str = "",
    silent: bool = False,
) -> Blocks | None:
    """Show a figure of one's own, drawn with matplotlib or seaborn, under a `title` that says what it shows.

    `alt` says the same, with its values, to who cannot see it; `data` is the table behind it. Draw inside
    ``with style.house():`` (`cxkit.charts.style`) to look like the rest of the report. Raises `ReportError` without
    a title or words for `alt`.
    """
    if not title.strip() or not told(alt):
        raise ReportError("drawing: a figure needs a title and alt text; say in words what it shows, with its values.")
    try:
        figure = figure_of(drawing)
    except TypeError as error:
        raise ReportError(f"drawing: {error}; give the axes or the figure.") from None
    place = f"{OWN}.{id or slug(title)}"
    made = drawn(figure, prefix=anchor(place))
    put_away(figure)
    behind = None
    if data is not None and not data.empty:
        (table,) = frame(data, title=title, columns=columns, currency=currency, silent=True) or ()
        behind = table.body
    body = FigureBody(
        title=title.strip(), alt=alt.strip(), svg=made.svg, png_base64=made.png_base64, caption=caption, data=behind
    )
    return _display((Block(id=place, kind="figure", stage=OWN, body=body),), silent)


def _named(id: str, wanted: str) -> bool:
    return id == wanted or not wanted or (wanted.endswith(".") and id.startswith(wanted))


def _display(blocks: Blocks, silent: bool) -> Blocks | None:
    if silent:
        return blocks
    if blocks:
        from IPython.display import display  # noqa: PLC0415  only notebooks show; the report builder never needs it

        display(*blocks)
    return None

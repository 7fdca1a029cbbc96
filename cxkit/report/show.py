"""What notebooks call to show a result: each function displays blocks and says nothing when there is nothing to show.

The blocks are what reaches the report; JupyterLab shows the same block as rich HTML. Each function hands its
blocks back only when asked (``silent=True``), so that a notebook cell's last line displays nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, Protocol, cast, get_args

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as MatplotlibFigure
from pydantic import ValidationError

from cxkit import formats
from cxkit.charts.figure import Figure
from cxkit.charts.render import drawn, figure_of, put_away, render
from cxkit.errors import ReportError
from cxkit.formats import Unit
from cxkit.records import Audience, Finding, Gap, Grade, Result, Stage
from cxkit.report.blocks import (
    Block,
    FigureBody,
    FindingBody,
    NeedBody,
    NotAssessedBody,
    NoteBody,
    TableBody,
    TableColumn,
)
from cxkit.report.own import STAGE as OWN
from cxkit.report.own import slug
from cxkit.report.rendering import anchor
from cxkit.report.titles import says

Blocks = tuple[Block, ...]
Columns = Mapping[str, tuple[str, str]]


class Commented(Protocol):
    """What `notes` needs of a desk."""

    stage: Stage

    def commentary(self) -> tuple[NoteBody, ...]:
        """What people wrote about the stage."""
        ...


UNITS = frozenset(get_args(Unit))
SEVERAL = 40
"""Rows of a table beyond which a report says how many it left out."""
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
    stage = _stage(result)
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
    return _display(tuple(gap_block(g, _stage(result)) for g in result.gaps), silent)


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
    units = columns or {name: (label(name), _unit(named[name])) for name in named.columns}
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


def finding_block(finding: Finding) -> Block:
    """A finding, worded and formatted."""
    body = FindingBody(
        title=finding.title,
        detail=finding.detail,
        value="" if finding.value is None else finding.value_text,
        interval=finding.interval_text,
        level=finding.level,
        about=finding.about,
        n=finding.n,
        period=finding.period,
        grade=finding.grade,
        sources=finding.sources,
        tone=finding.tone,
        key=finding.key,
        audience=finding.audience,
        initiative=finding.initiative or "",
        definition=finding.definition,
        weight=finding.weight,
    )
    return Block(id=finding.key, kind="finding", stage=finding.stage, finding_ids=(finding.key,), body=body)


def figure_block(chart: Figure, result: Result, *, caption: str = "", **options: Any) -> Block:
    """A drawn figure; raises `ReportError` when its alt text says nothing."""
    stage = _stage(result)
    alt = chart.alt(result).strip()
    if not told(alt):
        raise ReportError(f"Figure '{chart.id}' has no alt text; its declaration must say in words what it shows.")
    drawing = render(lambda: chart.draw(result, **options), prefix=anchor(chart.id))
    headline = chart.finding(result)
    currency = money_of(result)
    body = FigureBody(
        title=headline.title if headline else chart.topic,
        alt=alt,
        svg=drawing.svg,
        png_base64=drawing.png_base64,
        caption=" ".join(filter(None, [chart.topic + "." if headline else "", chart.caption, caption])),
        data=table_body(chart.behind(result), chart.data, title=chart.topic, most=SEVERAL, currency=currency),
    )
    return Block(id=chart.id, kind="figure", stage=stage, finding_ids=(headline.key,) if headline else (), body=body)


def told(alt: str) -> bool:
    """Whether an alt text says anything.

    >>> told("A line that falls from 12 to 8 points"), told("No description has been provided"), told("chart")
    (True, False, False)
    """
    return len(alt.strip()) >= 12 and "no description" not in alt.lower()


def gap_block(gap: Gap, stage: Stage) -> Block:
    """A thing that could not be assessed."""
    body = NotAssessedBody(
        what=gap.what,
        reason=gap.reason,
        needs=tuple(NeedBody(table=m.name, columns=m.columns, why=m.why) for m in gap.needs),
    )
    key = ":".join(filter(None, [gap.id, gap.initiative, gap.subject]))
    return Block(id=key, kind="not_assessed", stage=stage, body=body)


def note_block(body: NoteBody, stage: Stage, number: int = 1) -> Block:
    """A person's commentary; `number` tells several notes of one stage apart."""
    return Block(id=f"{stage}.note.{number}", kind="note", stage=stage, body=body)


def table_body(
    frame: pd.DataFrame,
    columns: Columns,
    *,
    title: str,
    caption: str = "",
    most: int = 25,
    currency: str = "",
) -> TableBody:
    """Format a small frame for the eye and keep the raw values for sorting and download.

    Columns the frame does not have are left out; `KeyError` when it has none of them.
    """
    known = {name: spec for name, spec in columns.items() if name in frame.columns}
    if not known:
        raise KeyError(
            f"none of the columns {', '.join(columns)} is in the table; it has {', '.join(map(str, frame.columns))}"
        )
    filled = [name for place, name in enumerate(known) if not place or not _empty(frame[name])]
    known = {name: known[name] for name in filled}
    shown = frame.loc[:, list(known)].head(most)
    left = len(frame) - len(shown)
    values = [tuple(_raw(v) for v in row) for row in shown.itertuples(index=False, name=None)]
    units = [unit for _, unit in known.values()]
    return TableBody(
        title=title,
        columns=tuple(
            TableColumn(
                name=name, label=text, align="left" if unit in {"text", "date", "month"} else "right", unit=unit
            )
            for name, (text, unit) in known.items()
        ),
        rows=tuple(tuple(cell(v, u, currency) for v, u in zip(row, units, strict=True)) for row in values),
        raw=tuple(tuple(_plain(v) for v in row) for row in values),
        caption=" ".join(filter(None, [caption, f"{left:,} more rows are in the evidence." if left else ""])),
    )


def cell(value: object, unit: str, currency: str = "") -> str:
    """One value as a reader expects it; an empty value is a dash.

    >>> cell(0.5, "ratio"), cell(None, "money"), cell(date(2026, 10, 1), "month"), cell(True, "text")
    ('50.0\\u202f%', '–', 'Oct 2026', 'yes')
    """
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return f"{value:%b %Y}" if unit == "month" else f"{value.day} {value:%b %Y}"
    if isinstance(value, int | float) and unit == "people":
        return formats.quantity(float(value), "count")
    if isinstance(value, int | float) and unit in UNITS - {"none"}:
        said = formats.quantity(float(value), cast("Unit", unit), currency=currency)
        return said.removesuffix(".00") if value == 0 and unit == "money" else said
    if isinstance(value, float):
        if 0 < value < 0.001:
            return "under 0.001"
        return formats.number(value, 0 if value == int(value) else 3 if abs(value) < 0.1 else 2)
    return str(value)


def _empty(column: pd.Series) -> bool:
    """Whether a column has rows and says nothing in any of them."""
    return len(column) > 0 and all(value is None or value == "" for value in map(_raw, column))


def money_of(result: Result) -> str:
    """The currency a result is in: its own field, or that of its findings."""
    own = getattr(result, "currency", "")
    return str(own) if own else next((f.currency for f in result.findings if f.currency), "")


def label(name: str) -> str:
    """A table's name as a heading: ``by_moment`` is ``By moment``."""
    return name.replace("_", " ").capitalize()


def _named(id: str, wanted: str) -> bool:
    return id == wanted or not wanted or (wanted.endswith(".") and id.startswith(wanted))


def _unit(column: pd.Series) -> str:
    """How a column is shown when nothing else was said."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return "date"
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return "none" if numeric else "text"


def _stage(result: Result) -> Stage:
    return cast("Stage", result.stage)


def _raw(value: Any) -> object:
    """A pandas cell as a plain Python value; every kind of missing is None, a list is joined."""
    if hasattr(value, "tolist") and getattr(value, "ndim", 0) > 0:
        value = value.tolist()
    if isinstance(value, list | tuple):
        return ", ".join(str(v) for v in value)
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp | datetime):
        return value.date()
    return value.item() if hasattr(value, "item") else value


def _plain(value: object) -> str | float | None:
    """A value for the download: numbers stay numbers, dates are ISO."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        return float(value) if abs(value) != float("inf") else None
    return str(value)


def _display(blocks: Blocks, silent: bool) -> Blocks | None:
    if silent:
        return blocks
    if blocks:
        from IPython.display import display  # noqa: PLC0415  only notebooks show; the report builder never needs it

        display(*blocks)
    return None

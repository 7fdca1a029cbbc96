"""Blocks out of findings, figures, gaps, comments and small frames: worded and formatted, ready to be shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, cast, get_args

import pandas as pd

from cxkit import formats
from cxkit.charts.figure import Figure
from cxkit.charts.render import render
from cxkit.errors import ReportError
from cxkit.formats import Unit
from cxkit.records import Finding, Gap, Result, Stage
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
from cxkit.report.rendering import anchor

Columns = Mapping[str, tuple[str, str]]
UNITS = frozenset(get_args(Unit))
SEVERAL = 40
"""Rows of a table beyond which a report says how many it left out."""


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
    stage = stage_of(result)
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


def unit_of(column: pd.Series) -> str:
    """How a column is shown when nothing else was said."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return "date"
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return "none" if numeric else "text"


def stage_of(result: Result) -> Stage:
    """The stage a result is of."""
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

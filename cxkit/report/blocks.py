"""Blocks: the only things a notebook can hand to a report.

A block displays as rich HTML in JupyterLab and carries ``application/vnd.cxkit.block+json`` beside it. The
report builder renders that MIME type alone, through Jinja with autoescape on, so a stray print, a traceback or a
widget cannot reach a client. Every text in a block is plain text; markup in it is shown as text.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from cxkit.records import Finding, Record, Stage

MIME = "application/vnd.cxkit.block+json"
Kind = Literal["finding", "figure", "table", "note", "not_assessed"]


class FindingBody(Record):
    """One finding, worded and formatted; the report never formats a number again."""

    title: str
    detail: str = ""
    value: str = ""
    interval: str = ""
    level: float = 0.95
    about: str = ""
    n: int | None = None
    period: str = ""
    grade: str = "M"
    sources: tuple[str, ...] = ()
    tone: Literal["good", "bad", "neutral", "unknown"] = "neutral"
    key: str
    audience: Literal["board", "team", "partner"] = "board"
    initiative: str = ""
    definition: str = ""
    """Metric and version of its definition, ``grr@1``; the methods section holds the words."""
    weight: float = 0.0
    """Money at stake per year; the heaviest finding gives its chapter the title."""
    finding: Finding | None = None
    """The finding itself where no saved result holds it: an added notebook's own."""


class TableColumn(Record):
    """A column of a table block."""

    name: str
    label: str
    align: Literal["left", "right"] = "left"
    unit: str = ""
    """A unit of `formats.Unit`; ``people`` marks counts of people, of which fewer than five are hidden."""


class TableBody(Record):
    """A table: formatted cells for the eye, raw values for sorting and for the CSV download."""

    title: str
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    raw: tuple[tuple[str | float | None, ...], ...] = ()
    caption: str = ""
    folded: bool = False
    """Whether it opens on a click only: for looking up, not for reading."""


class FigureBody(Record):
    """A figure: an SVG (or PNG in base64), its action title, its alt text, and the table it was drawn from."""

    title: str
    alt: str = Field(min_length=12)
    svg: str = ""
    svg_dark: str = ""
    png_base64: str = ""
    caption: str = ""
    data: TableBody | None = None


class NoteBody(Record):
    """Commentary by a person, with the hash of the evidence it was written against."""

    text: str
    author_role: str = ""
    written: str = ""
    evidence: str = ""
    needs_review: bool = False
    confirmed: str = ""
    """Day and role of whoever let it stand against the numbers as they are; empty when nobody had to."""


class NeedBody(Record):
    """A table and the columns of it that were not supplied."""

    table: str
    columns: tuple[str, ...] = ()
    why: str = ""


class NotAssessedBody(Record):
    """What could not be assessed, why, and what would let it."""

    what: str
    reason: str
    needs: tuple[NeedBody, ...] = ()


Body = FindingBody | FigureBody | TableBody | NoteBody | NotAssessedBody


class Block(Record):
    """One piece of a chapter."""

    v: Literal[1] = 1
    id: str
    kind: Kind
    stage: Stage
    finding_ids: tuple[str, ...] = ()
    """Keys (`Finding.key`, which begin with the id) of the findings it shows."""
    body: Body

    def document(self) -> dict[str, Any]:
        """The JSON a notebook stores and the report reads."""
        return self.model_dump(mode="json")

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from cxkit.report.preview import preview  # noqa: PLC0415  rendering pulls Jinja in; showing does not always need it

        return {MIME: self.document(), "text/html": preview(self), "text/plain": f"<{self.kind} {self.id}>"}

"""What must not leave: people's names, e-mail addresses, phone numbers, direction tricks, cells about a few people.

Masking is done once, on everything a template is given, so that no template can forget it. In the same walk figures
and dates become those of the client's locale.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from pydantic import BaseModel

from cxkit.charts.room import rewritten
from cxkit.metrics.detectors import thorough, without_contacts, without_keys
from cxkit.metrics.masking import People, visible
from cxkit.metrics.suppression import HIDDEN, suppressed
from cxkit.report.blocks import Block, FigureBody, NoteBody, TableBody, TableColumn
from cxkit.report.challenged import Challenged
from cxkit.report.inputs import Privacy
from cxkit.report.locale import Local, local
from cxkit.report.sentences import Sentence, placed

SECRET = re.compile(r"(?i)(pass(word|phrase|wd)?|secret|token|api[_-]?key|credential|private|dsn|uri|connection)")
LITERAL = frozenset(
    {"raw", "client", "versions", "hashes", "parameters", "snapshot", "table", "columns", "place", "file"}
)
"""Fields whose text is masked and never rewritten: what a program or a spreadsheet reads, and names."""
T = TypeVar("T")


def secrets(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with the values of secret-sounding names, at any depth, and keys and passwords in texts replaced.

    >>> secrets({"api_key": "k", "url": "postgres://u:p@h/d", "seed": 7, "feeds": [{"token": "t", "day": 1}]})
    {'api_key': '[secret]', 'url': 'postgres://[secret]@h/d', 'seed': 7, 'feeds': [{'token': '[secret]', 'day': 1}]}
    """
    return {name: _closed(value, SECRET.search(str(name)) is not None) for name, value in parameters.items()}


def _closed(value: Any, secret: bool) -> Any:
    """A parameter's value; under a `secret` name nothing that says anything is left of it."""
    if isinstance(value, Mapping):
        return {n: _closed(v, secret or SECRET.search(str(n)) is not None) for n, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_closed(v, secret) for v in value)
    if secret and value is not None:
        return "[secret]"
    return without_keys(value) if isinstance(value, str) else value


class Mask:
    """Masks every text of a value; made once per report from the client's privacy settings.

    >>> Mask(Privacy(people=("Ada Lovelace",))).text("Ada Lovelace (ada@x.org, +44 20 7946 0958) agreed")
    '[name] ([e-mail], [phone]) agreed'
    """

    def __init__(self, privacy: Privacy, local: Local | None = None) -> None:
        self.privacy = privacy
        self._local = local
        self._people = People(privacy.people if privacy.on else ())

    @property
    def local(self) -> Local:
        """How numbers and dates are written: settled when it is first needed, since few kernels need it at all."""
        if self._local is None:
            self._local = local()
        return self._local

    def text(self, text: str) -> str:
        """One text masked, its figures and dates as the locale writes them."""
        return self.local.text(self.masked(text))

    def told(self, text: str) -> str:
        """A piece of a result's sentence masked, its figures as the locale writes them, its words as they are."""
        return self.local.figures(self.masked(text))

    def masked(self, text: str) -> str:
        """One text with unseen characters shown, keys and, unless privacy is off, people masked; its figures stay."""
        return visible(thorough(text, self._hidden)) if text else text

    def _hidden(self, text: str) -> str:
        text = without_keys(text)
        if not self.privacy.on:
            return text
        text = without_contacts(text)
        return self._people.masked(text) if self._people else text

    def value(self, value: T) -> T:
        """A record, mapping, tuple or text with every text in it masked and every table of people suppressed."""
        return self._value(value, self.text)

    def plain(self, value: T) -> T:
        """As `value`, with figures and dates as they are."""
        return self._value(value, self.masked)

    def _value(self, value: Any, change: Callable[[str], str], place: str = "") -> Any:
        """A value changed; `place` is the block of ours that it stands in."""
        if isinstance(value, str):
            return change(value)
        if isinstance(value, Block):
            place = "" if value.stage == "own" else value.id
        if isinstance(value, TableBody):
            value = self._table(value)
        if isinstance(value, TableColumn) and change == self.text:
            return value.model_copy(update={"label": self.local.head(self.masked(value.label))})
        if isinstance(value, NoteBody | Challenged):
            change = self.masked
        if isinstance(value, Sentence) and not value.own:
            said = self.local.said(self.masked(value.text))
            if said is not None:
                return placed(said, [self.text(v) for v in (value.number, _first(value.number))], value.key)
            change = self.told
        if isinstance(value, BaseModel):
            kept = {
                "svg",
                "svg_dark",
                "png_base64",
                "id",
                "key",
                "kind",
                "stage",
                "finding_ids",
                "tone",
                "align",
                "unit",
            }
            own = {"columns"} if isinstance(value, TableBody) else set()
            changed = {
                n: self._value(getattr(value, n), self.masked if n in LITERAL and n not in own else change, place)
                for n in type(value).model_fields
                if n not in kept
            }
            if "svg" in type(value).model_fields:
                changed["svg"] = self.drawing(value.svg, place)  # type: ignore[attr-defined]
            if place and change == self.text:
                changed |= self._placed(value, place)
            return value.model_copy(update=changed)
        if isinstance(value, Mapping):
            return {k: self._value(v, change, place) for k, v in value.items()}
        if isinstance(value, tuple | list):
            return type(value)(self._value(v, change, place) for v in value)
        return value

    def _placed(self, value: BaseModel, place: str) -> dict[str, Any]:
        """What has words of its own where it stands: the alt text of a figure, the cells of a table."""
        if isinstance(value, FigureBody):
            return {"alt": self.local.alt(place, self.masked(value.alt))}
        if isinstance(value, TableBody):
            return {"rows": tuple(tuple(map(partial(self._cell, place), value.columns, row)) for row in value.rows)}
        return {}

    def _cell(self, place: str, column: TableColumn, text: str) -> str:
        masked = self.masked(text)
        return self.local.cell(place, column.name, masked) if column.unit == "text" else self.local.text(masked)

    def drawing(self, svg: str, place: str = "") -> str:
        """An SVG whose texts are masked and in the page's language; its geometry holds no words.

        `place` is the figure of ours that it is.
        """
        if self.local.foreign and svg:
            return rewritten(svg, lambda text: self._written(text, place))
        return re.sub(r">([^<>]+)<", lambda m: f">{self._written(m[1], place)}<", svg)

    def _written(self, text: str, place: str) -> str:
        masked = self.masked(text)
        if "{" in text:
            return masked
        return self.local.drawn(place, masked) if place else self.local.text(masked)

    def _table(self, body: TableBody) -> TableBody:
        counts = [i for i, c in enumerate(body.columns) if c.unit == "people"]
        if not (self.privacy.on and counts and body.raw):
            return body
        hidden = suppressed(
            [[_count(row[i]) for i in counts] for row in body.raw],
            minimum=self.privacy.minimum,
            total=[str(row[0]).casefold() in {"total", "all", "sum"} for row in body.rows],
        )
        rows, raw = [list(r) for r in body.rows], [list(r) for r in body.raw]
        for at, flags in enumerate(hidden):
            if any(flags):
                for i, column in enumerate(body.columns):
                    if (i in counts and flags[counts.index(i)]) or (i not in counts and column.align == "right"):
                        rows[at][i], raw[at][i] = HIDDEN, None
        note = self.local.words("unit.few_hidden", minimum=self.privacy.minimum)
        caption = " ".join(filter(None, [body.caption, note if any(map(any, hidden)) else ""]))
        return body.model_copy(
            update={"rows": tuple(map(tuple, rows)), "raw": tuple(map(tuple, raw)), "caption": caption}
        )


def _first(number: str) -> str:
    """The first figure of a number that is more than one."""
    return number.partition(" ")[0]


def _count(value: str | float | None) -> float | None:
    return None if isinstance(value, str) else value

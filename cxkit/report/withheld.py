"""What an audience may not read must not reach it through a drawing, its alt text, a table or a cell of one."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from cxkit.records import Finding
from cxkit.report.blocks import Block, FigureBody, FindingBody, TableBody

LONG = 4
"""Words from which on a further sentence is known again; a shorter one may stand anywhere."""


class Withheld:
    """Findings for a wider audience than this one, known again by key and by their sentences.

    >>> from cxkit.records import Finding
    >>> kept = Withheld([Finding(id="prove.pnl", stage="prove", title="Margin is 61 %")])
    >>> kept.told("As seen: margin is 61 %."), kept.told("Margin is 60 %")
    (True, False)
    """

    def __init__(self, findings: Iterable[Finding | FindingBody] = (), known: Iterable[Finding] = ()) -> None:
        readable = {_folded(f.title) for f in known}
        held = tuple(findings)
        self.keys = frozenset(f.key for f in held)
        said = {_folded(f.title) for f in held} | {d for f in held if len((d := _folded(f.detail)).split()) >= LONG}
        self.sentences = tuple(sorted(said - readable - {""}))

    def __bool__(self) -> bool:
        return bool(self.keys)

    def told(self, text: str) -> bool:
        """Whether a text says one of them."""
        if not self.sentences or not text:
            return False
        folded = _folded(text)
        return any(sentence in folded for sentence in self.sentences)

    def shown(self, block: Block) -> bool:
        """Whether a block shows one of them: by its title, alt text, caption, drawing, or the table behind it."""
        if not self:
            return False
        return bool(self.keys.intersection(block.finding_ids)) or any(map(self.told, _texts(block.body)))


def _texts(body: object) -> Iterable[str]:
    if isinstance(body, FigureBody):
        yield from (
            body.title,
            body.alt,
            body.caption,
            *(re.sub(r"<[^>]*>", " ", s) for s in (body.svg, body.svg_dark)),
        )
        yield from _texts(body.data)
    elif isinstance(body, TableBody):
        yield from (body.title, body.caption, *(c.label for c in body.columns))
        yield from (cell for row in body.rows for cell in row)
        yield from (cell for row in body.raw for cell in row if isinstance(cell, str))


def _folded(text: str) -> str:
    return " ".join(html.unescape(text).casefold().split()).rstrip(".")

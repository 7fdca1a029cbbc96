"""What an edition leaves out: the board's keeps what a board reads, and no file grows past what an e-mail carries.

What is left out of a chapter is counted and said in one line at its end; it stays in the workbook of evidence and,
for the board's edition, in the team's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Literal

from cxkit.records import Audience
from cxkit.report.audiences import EDITIONS
from cxkit.report.blocks import FigureBody, FindingBody, TableBody
from cxkit.report.chapter import Chapter, Item, Left
from cxkit.report.ranking import WORTH

FIGURES = 4
"""Figures of a chapter in the board's edition."""
LINES = 3
"""Findings of one kind, told in a line each, that the board's edition keeps."""
FINDINGS = 12
"""Findings of a chapter that stand without a figure in the board's edition."""
LONG = 12
"""Rows beyond which a table is for looking up, not for a board."""
TONES = {"bad": 0, "good": 1, "unknown": 2, "neutral": 3}
Tier = Literal["data", "table", "figure", "finding"]


def abridged(chapter: Chapter, audience: Audience, held: Collection[str] = ()) -> Chapter:
    """A chapter as this audience gets it: whole, or short.

    Kept are the heaviest findings and figures that say something, and the findings `held`, whatever they weigh.
    """
    if not EDITIONS[audience].short:
        return chapter
    figures = [i for i in chapter.items if i.block.kind == "figure"]
    first = [i for i in figures if chapter.lead and chapter.lead.block.id in i.block.finding_ids][:1]
    ranking = [*first, *sorted((i for i in figures if i.told), key=_rank)] or figures[:1]
    kept = {i.anchor for i in ranking[:FIGURES]}
    items = [i if i.block.kind != "figure" or i.anchor in kept else i.told or i for i in chapter.items]
    told = sorted((i for i in items if i.block.kind == "finding"), key=_rank)
    count: Counter[str] = Counter()
    chosen: set[str] = {i.anchor for i in told if _key(i) in held}
    for item in told:
        kind = _key(item).split(":")[0]
        if count[kind] < LINES and len(chosen) < FINDINGS:
            chosen.add(item.anchor)
            count[kind] += 1

    def stays(item: Item) -> bool:
        body = item.block.body
        if isinstance(body, FigureBody):
            return item.anchor in kept
        if isinstance(body, TableBody):
            return not body.folded and len(body.rows) <= LONG
        return not isinstance(body, FindingBody) or item.anchor in chosen

    left = Left(
        figures=len(figures) - len(kept),
        findings=sum(i.block.kind == "finding" and not stays(i) for i in items),
        tables=sum(i.block.kind == "table" and not stays(i) for i in items),
    )
    return chapter.model_copy(update={"items": tuple(i for i in items if stays(i)), "left": left})


def shed(chapters: Sequence[Chapter], excess: int) -> tuple[Chapter, ...]:
    """The chapters without the lightest `excess` bytes or so: tables behind figures, then tables, figures, findings.

    A figure whose table goes says where the table is; a figure that goes leaves its finding.
    """
    dropped: dict[tuple[str, str], Tier] = {}
    for tier, item, chapter, size in sorted(_pieces(chapters), key=lambda p: (TIERS.index(p[0]), _worth(p[1], p[2]))):
        if excess <= 0:
            break
        dropped[chapter.anchor, item.anchor] = tier
        excess -= size
    return tuple(_without(c, {a: t for (place, a), t in dropped.items() if place == c.anchor}) for c in chapters)


TIERS: tuple[Tier, ...] = ("data", "table", "figure", "finding")
"""What goes first when a file is too large."""


def _without(chapter: Chapter, dropped: dict[str, Tier]) -> Chapter:
    items: list[Item] = []
    count: Counter[str] = Counter()
    for item in chapter.items:
        tier = dropped.get(item.anchor)
        body = item.block.body
        if tier is None:
            items.append(item)
        elif tier == "data" and isinstance(body, FigureBody):
            block = item.block.model_copy(update={"body": body.model_copy(update={"data": None})})
            items.append(item.model_copy(update={"block": block, "elsewhere": True}))
        else:
            count[tier] += 1
            if tier == "figure" and item.told:
                items.append(item.told)
    left = Left(
        findings=chapter.left.findings + count["finding"],
        figures=chapter.left.figures + count["figure"],
        tables=chapter.left.tables + count["table"],
    )
    return chapter.model_copy(update={"items": tuple(items), "left": left})


def _pieces(chapters: Sequence[Chapter]) -> Iterator[tuple[Tier, Item, Chapter, int]]:
    """What can go, with about as many bytes as it takes on the page: the markup of a cell is as long as a short one."""
    for chapter in chapters:
        for item in chapter.items:
            body = item.block.body
            if isinstance(body, FigureBody):
                if body.data and body.data.rows:
                    yield "data", item, chapter, _cells(body.data)
                yield "figure", item, chapter, _size(body.svg or body.png_base64)
            elif isinstance(body, TableBody):
                yield "table", item, chapter, _cells(body)
            elif isinstance(body, FindingBody):
                yield "finding", item, chapter, _size(body.title + body.detail)


def _cells(body: TableBody) -> int:
    return sum(_size(text) + 14 for row in body.rows for text in row)


def _size(text: str) -> int:
    return len(text.encode("utf-8"))


def _key(item: Item) -> str:
    body = item.block.body
    return body.key if isinstance(body, FindingBody) else ""


def _worth(item: Item, chapter: Chapter | None = None) -> float:
    """Money at stake, discounted by grade, of a finding or of what a figure tells: its own, or its chapter's."""
    lead = chapter.lead if chapter and chapter.lead and chapter.lead.block.id in item.block.finding_ids else None
    body = (lead or item.told or item).block.body
    return body.weight * WORTH.get(body.grade, 0.2) if isinstance(body, FindingBody) else 0.0


def _rank(item: Item) -> tuple[float, int]:
    body = (item.told or item).block.body
    return (-_worth(item), TONES[body.tone] if isinstance(body, FindingBody) else len(TONES))

"""The argument can be read from titles alone: a title states a finding, or the report is not built."""

from __future__ import annotations

from collections.abc import Iterable

from cxkit.errors import ReportError
from cxkit.report.blocks import FigureBody, FindingBody
from cxkit.report.chapter import Chapter, Item
from cxkit.report.scorecard import Scorecard

FEWEST = 3
"""Words below which nothing is stated."""


def says(title: str) -> bool:
    """Whether a title states something that could be false: neither a question nor a heading of a word or two.

    >>> says("3 of 9 initiatives have no owner"), says("Who owns what?"), says("Business cases"), says("The plan:")
    (True, False, False, False)
    """
    stated = title.strip()
    return len(stated.split()) >= FEWEST and not stated.endswith(("?", ":", "…"))


def check(chapters: Iterable[Chapter], scorecard: Scorecard | None = None) -> None:
    """Raise `ReportError`, with block and title, where a finding exists and the title over it states none."""
    wrong: list[tuple[str, str]] = []
    for chapter in chapters:
        if chapter.lead is not None and not says(chapter.title.text):
            wrong.append((chapter.lead.block.id, chapter.title.text))
        wrong += [(item.block.id, item.title) for item in chapter.items if not _stated(item)]
    if scorecard is not None and not says(scorecard.title.text):
        wrong.append(("quantify.scorecard", scorecard.title.text))
    if wrong:
        listed = "; ".join(f"{block}: “{title}”" for block, title in wrong)
        raise ReportError(f"A title must state its finding, not ask a question or name a topic. Reword {listed}.")


def _stated(item: Item) -> bool:
    """Whether a figure's title states the finding it has: the one told under it, or one that is told above it."""
    if not isinstance(item.block.body, FigureBody) or item.told is None:
        return True
    body = item.told.block.body
    return isinstance(body, FindingBody) and item.title == body.title and says(item.title)

"""Chapters of added notebooks: after the six stages, numbered as their files are."""

from __future__ import annotations

from collections.abc import Sequence

from cxkit.records import Audience
from cxkit.report.blocks import FindingBody
from cxkit.report.chapter import Chapter, chapter
from cxkit.report.inputs import ReportInput
from cxkit.report.own import STAGE, OwnNotebook
from cxkit.report.rendering import anchor
from cxkit.report.sentences import plain
from cxkit.report.withheld import Withheld
from cxkit.report.words import words


def own_chapters(given: ReportInput) -> tuple[Chapter, ...]:
    """One chapter per added notebook that showed something, or that did not finish."""
    withheld = given.withheld
    made = (own_chapter(one, audience=given.audience, locale=given.locale, withheld=withheld) for one in given.own)
    return tuple(c for c in made if c is not None)


def own_chapter(
    notebook: OwnNotebook, *, audience: Audience = "board", locale: str = "en", withheld: Withheld | None = None
) -> Chapter | None:
    """The chapter of one added notebook; None when it ran and showed nothing this audience may read."""
    w = words(locale)
    place = f"own-{anchor(notebook.name)}"
    said = [b.body.finding for b in notebook.blocks if isinstance(b.body, FindingBody) and b.body.finding]
    made = chapter(
        STAGE,
        notebook.blocks,
        audience=audience,
        findings=said,
        prefix=f"{place}-",
        locale=locale,
        withheld=withheld,
    )
    if notebook.done and not (made.lead or made.items or made.gaps):
        return None
    number = int(notebook.name.partition("-")[0])
    changed = {"number": number, "anchor": place, "question": w("own.question") if notebook.done else ""}
    if not notebook.done:
        title = plain(w("own.unfinished", title=notebook.title))
        return made.model_copy(update=changed | {"name": w("own.kicker"), "title": title, "assessed": False})
    if made.lead is None:
        return made.model_copy(update=changed | {"name": w("own.kicker"), "title": plain(notebook.title)})
    return made.model_copy(update=changed | {"name": notebook.title})


def own_drafts(notebooks: Sequence[OwnNotebook], locale: str) -> tuple[str, ...]:
    """Why added notebooks leave a report a draft, a sentence for each that did not finish."""
    w = words(locale)
    return tuple(w("own.draft", name=one.name) for one in notebooks if not one.done)

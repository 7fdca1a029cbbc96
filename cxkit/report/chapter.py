"""One notebook's blocks as one chapter: its action title, its blocks in order, its gaps at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cxkit.records import Audience, Finding, Record, Stage
from cxkit.report.blocks import Block, FigureBody, FindingBody, NeedBody, NotAssessedBody
from cxkit.report.inputs import STAGES, WIDER
from cxkit.report.ranking import ranked
from cxkit.report.rendering import anchor
from cxkit.report.sentences import Sentence, plain, sentence
from cxkit.report.topics import topic_of
from cxkit.report.withheld import Withheld
from cxkit.report.words import Words, words

FULL = frozenset({"prove.effect", "prove.holdout"})
"""Findings that are told in full, however many there are."""
PLAIN = 3
"""Topics up to which a chapter reads well without headings."""
TOLD = frozenset({"good", "bad", "unknown"})
"""Tones that a word stands for."""


class Item(Record):
    """One block of a chapter, ready for the template."""

    anchor: str
    block: Block
    sentence: Sentence | None = None
    tone: str = ""
    title: str = ""
    """A figure's heading: its action title, or its topic where the chapter already says the finding."""
    caption: str = ""
    told: Item | None = None
    """The finding a figure shows; it stands under the figure's heading, not a second time in the text."""
    whats: tuple[str, ...] = ()
    """What a gap is about; several things where the same tables would let them."""
    reason: str = ""
    elsewhere: bool = False
    """Whether a figure's table is left out of this file for its size."""
    list: bool = False
    """Whether it is one of several findings of one kind, told in a line each."""


class Section(Record):
    """The items of one topic; without a title where the chapter is too short to need headings."""

    title: str
    anchor: str
    items: tuple[Item, ...]


class Left(Record):
    """How much of a chapter is left out of an edition."""

    findings: int = 0
    figures: int = 0
    tables: int = 0

    @property
    def any(self) -> bool:
        """Whether anything is."""
        return bool(self.findings or self.figures or self.tables)


class Chapter(Record):
    """One stage of the report."""

    stage: Stage
    number: int
    name: str
    question: str
    anchor: str
    language: str = "en"
    """Whose words its headings are in."""
    title: Sentence
    assessed: bool
    lead: Item | None = None
    items: tuple[Item, ...] = ()
    gaps: tuple[Item, ...] = ()
    left: Left = Left()

    @property
    def sections(self) -> tuple[Section, ...]:
        """The items under the headings of their topics; one section without a heading for up to three topics."""
        groups: list[tuple[str, list[Item]]] = []
        for item in self.items if self.stage != "own" else ():
            topic = topic_of(item.block) or (groups[-1][0] if groups and item.block.kind != "note" else "")
            place = next((g for g in groups if g[0] == topic), None)
            if place is None:
                groups.append((topic, [item]))
            else:
                place[1].append(item)
        if sum(bool(title) for title, _ in groups) <= PLAIN:
            return (Section(title="", anchor="", items=self.items),) if self.items else ()
        return tuple(
            Section(
                title=words(self.language)(f"topic.{title}") if title else "",
                anchor=f"{self.anchor}-{number}",
                items=tuple(items),
            )
            for number, (title, items) in enumerate(groups, 1)
        )

    @property
    def kicker(self) -> str:
        """Number and name of the stage."""
        return f"{self.number} · {self.name}"


def chapter(
    stage: Stage,
    blocks: Sequence[Block],
    *,
    audience: Audience = "board",
    findings: Iterable[Finding] = (),
    prefix: str = "",
    locale: str = "en",
    withheld: Withheld | None = None,
) -> Chapter:
    """Arrange a stage's blocks: the heaviest finding gives the title, gaps go last, each block once.

    `findings` are the stage's own, from its results; without them (one notebook alone) the blocks' decide. A `prefix`
    keeps the places of a chapter that shows what another shows too apart from the other's. A figure or table that
    would tell a finding `withheld` from this audience is left out as the finding is.
    """
    w = words(locale)
    items: list[Item] = []
    gaps: list[Item] = []
    seen: set[tuple[str, str]] = set()
    places: set[str] = set()
    beyond = Withheld(
        b.body for b in blocks if isinstance(b.body, FindingBody) and b.body.audience not in WIDER[audience]
    )
    for block in blocks:
        body = block.body
        if isinstance(body, FindingBody) and body.audience not in WIDER[audience]:
            continue
        if beyond.shown(block) or (withheld is not None and withheld.shown(block)):
            continue
        if (block.kind, block.id) in seen and block.kind != "note":
            continue
        seen.add((block.kind, block.id))
        place = prefix + anchor(block.id)  # a table may bear the name of a finding: both are shown, apart
        if place in places:
            place = f"{place}-{len(items)}" if block.kind == "note" else f"{place}-{block.kind}"
        places.add(place)
        item = Item(
            anchor=place,
            block=block,
            sentence=sentence(body) if isinstance(body, FindingBody) else None,
            tone=w(f"tone.{body.tone}") if isinstance(body, FindingBody) and body.tone in TOLD else "",
        )
        (gaps if block.kind == "not_assessed" else items).append(item)
    lead = _lead(items, [f for f in findings if f.stage == stage])
    items = _listed(_joined(items, lead, w))
    number = STAGES.index(stage) + 1 if stage in STAGES else 0
    common = {
        "stage": stage,
        "number": number,
        "name": w(f"stage.{stage}"),
        "question": w(f"question.{stage}"),
        "anchor": f"stage-{stage}",
        "language": w.language,
        "gaps": tuple(_grouped(gaps)),
    }
    if lead is None:
        text = w("part.not_supplied") if gaps or not items else w(f"question.{stage}")
        return Chapter.model_validate({**common, "title": plain(text), "assessed": bool(items), "items": tuple(items)})
    rest = tuple(i for i in items if i.anchor != lead.anchor)
    return Chapter.model_validate({**common, "title": lead.sentence, "assessed": True, "lead": lead, "items": rest})


def _lead(items: Sequence[Item], findings: Sequence[Finding]) -> Item | None:
    """The item whose finding weighs most: money, then evidence, then a concern before good news, then order."""
    shown = {i.block.body.key: i for i in items if isinstance(i.block.body, FindingBody)}
    for finding in ranked(f for f in findings if f.key in shown):
        return shown[finding.key]
    tones = {"bad": 0, "good": 1, "unknown": 2, "neutral": 3}

    def order(item: Item) -> tuple[float, int]:
        body = item.block.body
        return (-body.weight, tones[body.tone]) if isinstance(body, FindingBody) else (0.0, 9)

    return min(shown.values(), key=order, default=None)


def _asked(need: NeedBody) -> str:
    """A table and its columns as a reason names them; one that says no more need not stand beside them again."""
    return f"{need.table} ({', '.join(need.columns)})" if need.columns else need.table


def _grouped(gaps: Sequence[Item]) -> list[Item]:
    """Put together what would take the same tables, so that one missing file is asked for once."""
    out: dict[object, Item] = {}
    for item in gaps:
        body = item.block.body
        assert isinstance(body, NotAssessedBody)
        same = body.needs or body.reason
        if same not in out:
            doubled = " needs " in body.reason and body.needs and all(_asked(n) in body.reason for n in body.needs)
            reason = "" if doubled else body.reason
            out[same] = item.model_copy(update={"whats": (body.what,), "reason": reason})
            continue
        first = out[same]
        whats = tuple(dict.fromkeys((*first.whats, body.what)))
        reason = first.reason if first.reason == body.reason else ""
        out[same] = first.model_copy(update={"whats": whats, "reason": reason})
    return list(out.values())


def _joined(items: Sequence[Item], lead: Item | None, w: Words) -> list[Item]:
    """Put each figure together with the finding it shows, so that no sentence stands twice."""
    told = {i.block.body.key: i for i in items if isinstance(i.block.body, FindingBody)}
    taken: set[str] = set()
    out: list[Item] = []
    for item in items:
        body = item.block.body
        if isinstance(body, FigureBody):
            key = item.block.finding_ids[0] if item.block.finding_ids else ""
            again = key in taken or (lead is not None and key == lead.block.id)
            topic = body.data.title if body.data else body.title
            found = told.get(key)
            changed: dict[str, object] = {"title": body.title, "told": found, "caption": body.caption}
            if again:
                changed = {
                    "title": w("edition.same", topic=topic),
                    "caption": body.caption.removeprefix(f"{topic}.").strip(),
                }
            out.append(item.model_copy(update=changed))
            taken |= {key} if found is not None else set()
        else:
            out.append(item)
    shown = {i.told.anchor for i in out if i.told}
    return [i for i in out if i.anchor not in shown]


def _listed(items: Sequence[Item]) -> list[Item]:
    """Mark runs of three or more findings of one kind; each is told in a line, the rest is in the register."""
    ids = [i.block.body.key.split(":")[0] if isinstance(i.block.body, FindingBody) else "" for i in items]
    runs = {id for id in ids if id and ids.count(id) > 2 and id not in FULL}
    return [i.model_copy(update={"list": True}) if id in runs else i for i, id in zip(items, ids, strict=True)]

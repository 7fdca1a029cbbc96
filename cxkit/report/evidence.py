"""The evidence register: every number of a report, numbered, with where it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from cxkit.records import Record
from cxkit.report.blocks import FindingBody
from cxkit.report.challenged import Challenged, by_finding
from cxkit.report.inputs import Definition, Provenance
from cxkit.report.rendering import anchor
from cxkit.report.sentences import Sentence, sentence
from cxkit.report.words import Words, words
from cxkit.tables.catalogue import CONTRACTS


class Source(Record):
    """A table a number was computed from."""

    table: str
    hash: str = ""


class Evidence(Record):
    """One finding with all that lets a reader check it."""

    number: int
    anchor: str
    key: str
    stage: str
    title: str
    sentence: Sentence
    detail: str
    value: str
    interval: str
    level: str
    about: str
    n: str
    period: str
    grade: str
    grade_words: str
    sources: tuple[Source, ...]
    definition: str
    definition_anchor: str
    initiative: str
    initiative_anchor: str = ""
    """Its card in the ledger."""
    challenges: tuple[Challenged, ...] = ()
    """Objections to it."""

    @property
    def challenged(self) -> str:
        """Whether an objection is open, or all are answered; empty when nobody objects."""
        open_ = any(c.state == "open" for c in self.challenges)
        return "" if not self.challenges else "open" if open_ else "closed"


def register(
    findings: Iterable[FindingBody],
    *,
    provenance: Provenance,
    definitions: Iterable[Definition] = (),
    cards: Mapping[str, str] | None = None,
    challenges: Iterable[Challenged] = (),
    minimum: int = 5,
    w: Words | None = None,
) -> tuple[Evidence, ...]:
    """Number the findings and join each with the hashes of its tables and the words of its definition.

    `cards` maps initiative ids to the anchors of their cards; `challenges` stand beside their numbers.
    """
    objections = by_finding(challenges)
    known: Mapping[str, Definition] = {d.id: d for d in definitions}
    w = w or words()
    seen: dict[str, FindingBody] = {}
    for finding in findings:
        seen.setdefault(finding.key, finding)
    return tuple(
        _entry(number, body, provenance, known, minimum, w=w).model_copy(
            update={
                "initiative_anchor": (cards or {}).get(body.initiative, ""),
                "challenges": objections.get(body.key, ()),
            }
        )
        for number, body in enumerate(seen.values(), 1)
    )


def _entry(
    number: int, body: FindingBody, provenance: Provenance, defined: Mapping[str, Definition], minimum: int, *, w: Words
) -> Evidence:
    known = defined.get(body.definition)
    told = body.n is None or re.search(rf"\b{body.n}\b", body.title)
    few = body.n is not None and 0 < body.n < minimum and not told and _people(body.sources)
    return Evidence(
        number=number,
        anchor=f"e-{anchor(body.key)}",
        key=body.key,
        stage=body.key.split(".", 1)[0],
        title=body.title,
        sentence=sentence(body),
        detail=body.detail,
        value=body.value,
        interval=body.interval,
        level=f"{body.level * 100:.4g} %",
        about=body.about,
        n="" if body.n is None else w("register.under", minimum=minimum) if few else f"{body.n:,}",
        period=body.period,
        grade=body.grade,
        grade_words=w(f"grade.{body.grade}"),
        sources=tuple(Source(table=t, hash=provenance.hashes.get(t, "")[:12]) for t in body.sources),
        definition=f"{known.name} ({known.id})" if known else body.definition,
        definition_anchor=f"d-{anchor(known.id)}" if known else "",
        initiative=body.initiative,
    )


def _people(sources: Iterable[str]) -> bool:
    """Whether what is counted may be people: anything but the sheets that people author about their own plans."""
    return any(source not in CONTRACTS or not CONTRACTS[source].authored for source in sources)

"""The front page: a conclusion of at most three paragraphs and six sentences, and the decisions it asks for.

Nothing here computes a number. Sentences are titles of findings, chosen by money at stake and by grade of evidence,
and a few sentences of our own whose numbers come from the allocation; a number that is not there is not written.
"""

from __future__ import annotations

from collections.abc import Sequence

from cxkit import formats
from cxkit.records import Finding, Record
from cxkit.report.decisions import Decision, Plan, plan
from cxkit.report.inputs import ReportInput, ranked
from cxkit.report.sentences import Sentence, plain, sentence

FIRST_FILES = (
    "subscriptions or revenue by month",
    "accounts",
    "survey answers",
    "the list of initiatives with their goals",
)
"""What a client with little data is asked for, unless its own gaps say better."""


class Front(Record):
    """What the reader meets first."""

    headline: Sentence
    paragraphs: tuple[tuple[Sentence, ...], ...]
    decisions: tuple[Decision, ...] = ()


def front(given: ReportInput) -> Front:
    """Compose the conclusion: the headline, then situation, complication and resolution."""
    made = plan(given)
    findings = [f for f in given.findings if f.stage != "data"]
    order = ranked(findings)
    headline = _headline(given, made, order)
    situation = _pick(order, ("quantify", "orchestrate", "instrument"), {headline.key}, most=2)
    used = {headline.key, *(s.key for s in situation)}
    complication = _complication(given, order, used)
    resolution = list(made.resolution) if made.asks else _next_files(given)
    left = 6 - len(situation) - len(resolution)
    paragraphs = [situation, complication[: max(left, 0)], resolution]
    return Front(headline=headline, paragraphs=tuple(tuple(p) for p in paragraphs if p), decisions=made.decisions)


def _headline(given: ReportInput, made: Plan, order: Sequence[Finding]) -> Sentence:
    """The ask where the evidence carries one, else the heaviest finding, else what is missing."""
    if made.headline.text:
        return made.headline
    told = [f for f in order if f.value is not None and f.grade != "E"] or list(order)
    if told:
        return sentence(told[0])
    return plain(f"{given.client}: nothing can be assessed from the tables supplied so far")


def _pick(order: Sequence[Finding], stages: tuple[str, ...], used: set[str], *, most: int) -> list[Sentence]:
    """The heaviest findings of the first of these stages that has any, each about something else."""
    for stage in stages:
        chosen: list[Finding] = []
        for finding in order:
            fresh = finding.key not in used and finding.id not in {f.id for f in chosen}
            if finding.stage == stage and fresh and finding.value is not None and len(chosen) < most:
                chosen.append(finding)
        if chosen:
            return [sentence(f, stop=True) for f in chosen]
    return []


def _complication(given: ReportInput, order: Sequence[Finding], used: set[str]) -> list[Sentence]:
    """What stands in the way: the heaviest concern of Align, then what proof has and has not shown."""
    out: list[Sentence] = []
    for stages in (("align", "orchestrate", "instrument"), ("prove",)):
        wanted = [f for f in order if f.stage in stages and f.key not in used]
        wanted = [f for f in wanted if f.tone == "bad"] or (wanted if stages == ("prove",) else [])
        if wanted:
            out.append(sentence(wanted[0], stop=True))
            used.add(wanted[0].key)
    return out


def _next_files(given: ReportInput) -> list[Sentence]:
    """With too little data for a decision: what is known, and which files to send next."""
    wanted: dict[str, int] = {}
    for gap in given.gaps:
        for need in gap.needs:
            wanted[need.name] = wanted.get(need.name, 0) + 1
    names = sorted(wanted, key=lambda n: (-wanted[n], n))[:4] or list(FIRST_FILES)
    open_count = len(given.gaps)
    out = [
        plain(
            "No funding decision can rest on this evidence yet: "
            + (
                f"{open_count} questions are not assessed for want of data."
                if open_count > 1
                else "too little is known."
            )
        ),
        plain(f"The {_count(len(names))} that would answer most are {formats.listing(names)}."),
    ]
    if not given.findings:
        out.insert(0, plain("Nothing can be assessed from what was supplied."))
    return out


def _count(n: int) -> str:
    words = {1: "one file", 2: "two files", 3: "three files", 4: "four files"}
    return words.get(n, f"{n} files")

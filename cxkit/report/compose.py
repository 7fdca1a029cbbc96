"""The front page: a conclusion of at most three paragraphs and six sentences, and the decisions it asks for.

Nothing here computes a number. Sentences are titles of findings, chosen by money at stake and by grade of evidence,
and a few sentences of our own whose numbers come from the allocation; a number that is not there is not written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cxkit.charts.reading import rows, text
from cxkit.records import Finding, Record, Stage
from cxkit.report.decisions import Decision, plan
from cxkit.report.inputs import ReportInput
from cxkit.report.ranking import ranked
from cxkit.report.sentences import Sentence, plain, sentence
from cxkit.report.words import DEFAULT, words
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.request import FIRST

OUTCOMES: tuple[Stage, ...] = ("quantify", "prove", "orchestrate")
"""Stages whose findings are about customers and their money."""
CAUSES: tuple[Stage, ...] = ("align", "orchestrate", "instrument", "govern")
"""Stages whose findings are about how it is run."""
MOST = 6
"""Sentences of a conclusion."""
LONGEST = 35
"""Words of a sentence."""
_RAW = re.compile(r"[a-z0-9]_[a-z0-9]")
READ_OUT = 4
"""Tables a headline names; more are "what was supplied"."""


class Front(Record):
    """What the reader meets first."""

    headline: Sentence
    paragraphs: tuple[tuple[Sentence, ...], ...]
    decisions: tuple[Decision, ...] = ()


def front(given: ReportInput) -> Front:
    """Compose the conclusion: the headline, then situation, complication and resolution."""
    made = plan(given)
    order = ranked(f for f in given.findings if f.stage != "data" and speaks(f))
    headline = made.headline if made.headline.text else _headline(given, order)
    used = {headline.key}
    resolution = list(made.resolution) or _next_files(given)
    situation = _situation(order, used, 1 if len(resolution) > 2 else 2)
    complication = _complication(order, used)
    room = MOST - len(situation) - len(resolution)
    paragraphs = [situation, complication[:room], resolution]
    return Front(headline=headline, paragraphs=tuple(tuple(p) for p in paragraphs if p), decisions=made.decisions)


def _headline(given: ReportInput, order: Sequence[Finding]) -> Sentence:
    """Without an ask: the heaviest finding about customers or proof that says anything, else what is missing."""
    w = words(given.locale)
    told = [f for f in order if f.value is not None and f.stage in OUTCOMES and f.tone in {"bad", "good"}]
    if told:
        return sentence(told[0])
    if not order:
        return plain(w("front.nothing", client=given.client))
    missing = len(_missing(given))
    more = w("front.more_files", n=missing, spelled=w.spelled(missing)) if missing else ""
    return plain(w("front.not_yet", what=_supplied(given)) + more)


def _supplied(given: ReportInput) -> str:
    """What the client sent, in words; tables made from another one are left out, a long list is not read out."""
    health = given.result("data.health")
    told = rows(health, "coverage") if health is not None else []
    derived = {text(row, "table") for row in told if text(row, "state") == "derived"}
    sent = [_words(name) for name in sorted(given.provenance.hashes) if name not in derived]
    w = words(given.locale)
    return w("front.tables", names=w.listing(sent)) if 0 < len(sent) <= READ_OUT else w("front.supplied")


def _words(name: str) -> str:
    """A table's name as people say it.

    >>> _words("ticket_log")
    'ticket log'
    """
    return name.replace("_", " ")


def speaks(finding: Finding) -> bool:
    """Whether a finding may stand in the conclusion: more than a claim, short enough, and in words a board uses.

    >>> speaks(Finding(id="prove.a", stage="prove", title="Churn fell by 2 points", grade="A"))
    True
    >>> speaks(Finding(id="prove.a", stage="prove", title="Column churn_90d fell", grade="A"))
    False
    """
    said = finding.title.split()
    return finding.grade != "E" and len(said) <= LONGEST and not any(_RAW.search(word) for word in said)


def _situation(order: Sequence[Finding], used: set[str], most: int) -> list[Sentence]:
    """One or two sentences on where customers and their money stand, each about something else."""
    chosen: list[Finding] = []
    for stage in OUTCOMES:
        for finding in order:
            fresh = finding.key not in used and finding.id not in {f.id for f in chosen}
            fresh = fresh and not any(_reverse(finding, other) for other in chosen)
            if finding.stage == stage and fresh and finding.value is not None and len(chosen) < most:
                chosen.append(finding)
        if chosen:
            break
    used |= {f.key for f in chosen}
    return [sentence(f, stop=True) for f in chosen]


def _reverse(one: Finding, other: Finding) -> bool:
    """Whether two shares of the same whole say one fact twice: what comes back, and what does not."""
    if one.unit != "ratio" or other.unit != "ratio" or one.value is None or other.value is None:
        return False
    return one.n == other.n and one.period == other.period and abs(one.value + other.value - 1) < 1e-9


def _complication(order: Sequence[Finding], used: set[str]) -> list[Sentence]:
    """What stands in the way: the heaviest concern about how it is run, then what proof has shown, or has not."""
    chosen = [f for f in order if f.stage in CAUSES and f.tone == "bad" and f.key not in used][:1]
    tally = [f for f in order if f.id == "prove.tally" and f.key not in used]
    proof = [f for f in order if f.stage == "prove" and f.key not in used]
    return [sentence(f, stop=True) for f in [*chosen, *(tally or proof)[:1]]]


def _missing(given: ReportInput) -> list[str]:
    """The up to four tables that would answer most: those that matter first, then those most questions need."""
    supplied = set(given.provenance.hashes)
    wanted: dict[str, int] = {}
    for gap in given.gaps:
        for need in gap.needs:
            if need.name in CONTRACTS and need.name not in supplied:
                wanted[need.name] = wanted.get(need.name, 0) + 1
    first = [names[0] for names in FIRST if not supplied & set(names) and set(names) & set(wanted)]
    return [*first, *sorted(set(wanted) - {n for f in FIRST for n in f}, key=lambda n: (-wanted[n], n))][:4]


def _next_files(given: ReportInput) -> list[Sentence]:
    """Without a decision to ask for: why not, and which files would let there be one."""
    names, w = _missing(given), words(given.locale)
    if not names:
        return [plain(w("front.no_ask"))]
    open_ = len(given.gaps)
    known = w("front.so_far" if given.findings else "front.unknown")
    meanings = {} if w.language != DEFAULT else {name: CONTRACTS[name].meaning for name in names}
    said = [
        f"{_words(name)} ({meanings[name][:1].lower()}{meanings[name][1:]})" if name in meanings else _words(name)
        for name in names
    ]
    return [
        plain(w("front.open", n=open_, known=known)),
        plain(w("front.files", n=len(names), spelled=w.spelled(len(names)).capitalize(), names=w.listing(said))),
    ]

"""Which finding of Align speaks to which failure cause and hurdle, and what kind of evidence it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from cxkit.records import Finding, Gap, Number, Record, Result
from cxkit.tables.catalogue import CONTRACTS

Kind = Literal["measured", "answers", "declared"]
POINTS: Mapping[Kind, int] = {"measured": 4, "answers": 2, "declared": 1}
"""A higher kind outweighs all lower ones together."""
KINDS: Mapping[Kind, str] = {
    "measured": "measured in data",
    "answers": "said in the audit",
    "declared": "declared in sheets",
}
CLAIMED = "E"
"""Findings of this grade are declarations, wherever they come from."""


class Rule(Record):
    """Findings of one id, and what they speak to."""

    id: str
    causes: tuple[str, ...] = ()
    hurdles: tuple[str, ...] = ()
    kind: Kind | None = None
    """None: measured when a table that a system exports is among its sources, declared otherwise."""
    subject: str | None = None
    at_most: Number | None = None
    """Where the finding's tone does not say it: it is evidence when its value is at most this."""


def _rules() -> tuple[Rule, ...]:
    lead, fit, insight = ("leadership_commitment",), ("business_fit",), ("customer_insight",)
    people, improve = ("employee_engagement",), ("continuous_improvement",)
    culture, measure = ("customer_centric_culture",), ("measurement",)
    declared: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
        "traceability.coverage": (fit, ()),
        "traceability.coverage_budget": (fit, ()),
        "traceability.unlinked_budget": (fit, ()),
        "traceability.uncovered": (fit, ("success",)),
        "traceability.no_outcome": (fit, ("success",)),
        "failures.no_traceability": (fit, ()),
        "failures.no_owner": (lead, ()),
        "failures.no_funding": (lead, ()),
        "failures.vanity_metric": (measure, ("measurement",)),
        "leadership.mission": (lead, ("success",)),
        "leadership.sponsors": (lead, ()),
        "leadership.habits": (lead, ()),
        "leadership.money": (lead, ()),
        "leadership.load": (lead, ()),
        "leadership.wins": (improve, ()),
        "leadership.incentives": (culture, ("alignment",)),
        "conflict.declared": (culture, ("alignment",)),
        "conflict.own_silo": (culture, ("alignment",)),
        "conflict.shared": (culture, ("alignment",)),
        "conflict.unpaid": (fit, ()),
        "diet.count": (measure, ("measurement",)),
        "diet.unanswered": (measure, ("measurement",)),
        "diet.redundant": (measure, ("measurement",)),
        "diet.single": (measure, ("measurement",)),
        "maturity.no_evidence": (improve, ()),
    }
    answers: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
        "leadership.mission_known": (culture, ("success",)),
        "leadership.role_clarity": (people, ("alignment",)),
        "audit.perception": (culture, ("alignment",)),
        "audit.change": (improve, ()),
    }
    by_source: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
        "promises.kept": (culture, ("alignment",)),
        "promises.widest": (culture, ("alignment",)),
        "signs.customer": (insight, ()),
        "signs.career": (people, ()),
        "signs.community": (culture, ("alignment",)),
        "signs.core": (lead, ("success",)),
    }
    measured: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
        "trigger.opened": (improve, ()),
        "conflict.measured": (culture, ("alignment",)),
        "conflict.reversal": (measure, ("measurement",)),
        "diet.score": (measure, ("measurement",)),
        "promises.disagree": (measure, ("measurement",)),
    }
    capabilities = {
        "okr_traceability": fit,
        "scorecard": measure,
        "journey_ownership": lead,
        "data_identity": insight,
        "enablement": people,
        "funding_governance": lead,
    }
    kinds: Mapping[Kind, Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
        "declared": declared,
        "answers": answers,
        "measured": measured,
    }
    seven = (lead, fit, insight, people, improve, culture, measure)
    return (
        *(Rule(id=f"align.{i}", causes=c, hurdles=h, kind=k) for k, ids in kinds.items() for i, (c, h) in ids.items()),
        *(Rule(id=f"align.{i}", causes=c, hurdles=h) for i, (c, h) in by_source.items()),
        *(Rule(id="align.audit.cause", causes=(c,), kind="answers", subject=c) for (c,) in seven),
        *(
            Rule(id="align.audit.hurdle", hurdles=(h,), kind="answers", subject=h)
            for h in ("success", "measurement", "alignment")
        ),
        *(
            Rule(id="align.maturity.capability", causes=c, kind="declared", subject=name, at_most=2)
            for name, c in capabilities.items()
        ),
    )


RULES = _rules()


class Evidence(Record):
    """One finding as evidence on one cause or hurdle."""

    finding: Finding
    kind: Kind
    about: str
    """Id of the cause or hurdle."""
    speaks: Literal["for", "against", "neither"]
    """For: the cause is at work, and an interval, if there is one, leaves no room for there being no problem."""


def kind_of(rule: Rule, finding: Finding) -> Kind:
    """The kind of evidence a finding is.

    >>> sign = Finding(id="align.signs.career", stage="align", title="", sources=("workforce",))
    >>> kind_of(Rule(id=sign.id), sign), kind_of(Rule(id=sign.id), sign.model_copy(update={"grade": "E"}))
    ('measured', 'declared')
    """
    if finding.grade == CLAIMED:
        return "declared"
    if rule.kind is not None:
        return rule.kind
    exported = any(s in CONTRACTS and CONTRACTS[s].group != "authored" for s in finding.sources)
    return "measured" if exported else "declared"


def evidence(results: Iterable[Result], what: Literal["causes", "hurdles"]) -> list[Evidence]:
    """Every finding that speaks to a cause (or hurdle), as evidence; findings no rule knows are left out."""
    found = []
    for result in results:
        for finding in result.findings:
            for rule in RULES:
                if finding.id != rule.id or rule.subject not in {None, finding.subject}:
                    continue
                for about in getattr(rule, what):
                    speaks = _speaks(rule, finding)
                    found.append(Evidence(finding=finding, kind=kind_of(rule, finding), about=about, speaks=speaks))
    return found


def _speaks(rule: Rule, finding: Finding) -> Literal["for", "against", "neither"]:
    if rule.at_most is not None:
        low = finding.value is not None and finding.value <= rule.at_most
        return "for" if low else "against"
    return "for" if finding.tone == "bad" else "against" if finding.tone == "good" else "neither"


def gaps_about(results: Iterable[Result], about: str, what: Literal["causes", "hurdles"]) -> list[Gap]:
    """Gaps that, once closed, would speak to a cause or hurdle."""
    wanted = [(r.id, r.subject) for r in RULES if about in getattr(r, what)]
    return [
        gap
        for result in results
        for gap in result.gaps
        if any(_covers(gap.id, id) and subject in {None, gap.subject, about} for id, subject in wanted)
    ]


def _covers(gap: str, finding: str) -> bool:
    """Whether a gap stands for a finding: the same id, or its whole part of the stage (``align.audit.overall``)."""
    part = ".".join(finding.split(".")[:2])
    return gap == finding or gap in {part, f"{part}.overall"}


def strength(found: Sequence[Evidence]) -> int:
    """Points of the kinds of evidence that speak for it, each kind once: 4 measured, 2 answers, 1 declared."""
    return sum(POINTS[kind] for kind in {e.kind for e in found if e.speaks == "for"})

"""The diagnosis: seven failure causes and three hurdles, ranked by strength of evidence, each with its remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

from cxkit.align import diagnosis_sentences as words
from cxkit.align.audit_instrument import Cause, Hurdle, Instrument, Recommendation, instrument
from cxkit.align.diagnosis_evidence import KINDS, Evidence, evidence, gaps_about, strength
from cxkit.formats import listing
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.sheets import Kind, Row, table

_JUDGED: Mapping[str, Kind] = {
    **{"rank": "integer", "name": "text", "verdict": "text", "strength": "integer"},
    **{"measured": "integer", "answers": "integer", "declared": "integer"},
    **{"measured_state": "text", "answers_state": "text", "declared_state": "text"},
    **{
        "money": "number",
        "behind": "text",
        "evidence": "text",
        "keys": "text",
        "against": "text",
        "would_tell": "text",
    },
}
CAUSES: Mapping[str, Kind] = {
    "cause": "text",
    **_JUDGED,
    **{"remedy": "text", "remedy_do": "text", "owner_role": "text"},
}
HURDLES: Mapping[str, Kind] = {"hurdle": "text", "question": "text", **_JUDGED}
EVIDENCE: Mapping[str, Kind] = {
    **{"about": "text", "what": "text", "kind": "text", "speaks": "text", "key": "text", "title": "text"},
    **{"money": "number"},
}
REMEDIES: Mapping[str, Kind] = {
    **{"rank": "integer", "name": "text", "behind": "text", "remedy_do": "text", "owner_role": "text"},
}
AT_STAKE = frozenset({"align.conflict.declared"})
"""Findings whose own value is the money a year at stake; the weight of one is that times the share of pay."""
SEVERAL = 2
"""Causes of which nothing can be told, beyond which they share one gap."""
What = Literal["causes", "hurdles"]


class Diagnosis(Result):
    """Which failure causes there is evidence of.

    Reads the results of Align alone. Tables, for any audience: `causes` (seven rows, ranked: `verdict` "evidence",
    "no sign" or "cannot tell", `strength` 0 to 7, counts and state per kind of evidence, the strongest finding
    `behind` it, titles and keys of all of them, what speaks `against` it, what `would_tell`, remedy and its owner
    role), `remedies` (the causes with evidence: what is behind each, what to do and who), `hurdles` (three rows) and
    `evidence` (one row per finding and cause or hurdle). Findings for partners only never enter them; they make
    findings of their own.
    """

    stage: ClassVar[str] = "align"
    name: ClassVar[str] = "diagnosis"

    currency: str = ""


def diagnosis(  # noqa: PLR0917  the ten results of Align, in their order
    trace: Result,
    screen: Result,
    maturity: Result,
    audit: Result,
    lead: Result,
    signs: Result,
    promised: Result,
    trigger: Result,
    conflict: Result,
    diet: Result,
) -> Diagnosis:
    """Rank the seven failure causes by strength of evidence, and say what remedies each and who answers for it.

    The rule, for all to see:

    1. A finding speaks *for* a cause when it says that something is wrong: a full count, or an interval that leaves
       no room for there being no problem. What could go either way is not counted, and a finding that all is well
       speaks *against*. Which finding speaks to which cause stands in `diagnosis_evidence.RULES`; it fits the cause
       and does not prove it.
    2. Evidence is of three kinds: measured in data 4 points, said in the audit 2, declared in sheets 1. Each kind
       counts once, however many findings repeat it, so that a higher kind outweighs all lower ones together. What
       is graded E is a declaration, wherever it comes from.
    3. Causes are ranked by points, then by the largest money a year at stake in one of the findings, then by the number
       of findings.
    4. Without evidence for it, a cause shows "no sign" when a finding speaks against it, and "cannot tell" otherwise,
       with what would let it.

    The arguments are the results of Align; only their findings and gaps are read.
    """
    known = instrument()
    results = (trace, screen, maturity, audit, lead, signs, promised, trigger, conflict, diet)
    of_causes, of_hurdles = evidence(results, "causes"), evidence(results, "hurdles")
    causes = _ranked([_cause(known, c, of_causes, results) for c in known.causes])
    hurdles = _ranked([_hurdle(h, of_hurdles, results) for h in known.hurdles])
    currency = next((f.currency for r in results for f in r.findings if f.currency), "")
    findings: list[Finding] = [
        *words.headline(causes, known, currency),
        *words.causes(causes, known),
        *words.hurdles(hurdles),
        *words.partner(of_causes, known),
    ]
    rows = [_evidence_row("cause", e) for e in of_causes] + [_evidence_row("hurdle", e) for e in of_hurdles]
    return Diagnosis(
        as_of=trace.as_of,
        currency=currency,
        findings=tuple(findings),
        gaps=tuple(_gaps(causes, results)),
        tables={
            "causes": table(causes, CAUSES),
            "remedies": table([row for row in causes if row["verdict"] == "evidence"], REMEDIES),
            "hurdles": table(hurdles, HURDLES),
            "evidence": table([r for r in rows if r["board"]], EVIDENCE),
        },
    )


def _cause(known: Instrument, cause: Cause, found: Sequence[Evidence], results: Sequence[Result]) -> Row:
    row = _judge(cause, [e for e in found if e.about == cause.id], gaps_about(results, cause.id, "causes"))
    best = _remedy(known, cause, row["lead"])
    return {"cause": cause.id, **row, "remedy": best.name, "remedy_do": best.do, "owner_role": best.owner_role}


def _hurdle(hurdle: Hurdle, found: Sequence[Evidence], results: Sequence[Result]) -> Row:
    row = _judge(hurdle, [e for e in found if e.about == hurdle.id], gaps_about(results, hurdle.id, "hurdles"))
    return {"hurdle": hurdle.id, "question": hurdle.question, **row}


def _judge(about: Cause | Hurdle, found: Sequence[Evidence], gaps: Sequence[Gap]) -> Row:
    """What everybody may read of one cause or hurdle."""
    told = [e for e in found if e.finding.audience == "board"]
    held = sorted((e for e in told if e.speaks == "for"), key=_order)
    against = [e for e in told if e.speaks == "against"]
    points = strength(held)
    counts: Row = {kind: sum(e.kind == kind for e in held) for kind in KINDS}
    needs = list(dict.fromkeys(str(need) for gap in gaps for need in gap.needs))
    return {
        "name": about.name,
        "verdict": "evidence" if points else "no sign" if against else "cannot tell",
        "strength": points,
        **counts,
        **{f"{kind}_state": _state([e for e in told if e.kind == kind]) for kind in KINDS},
        "money": max((e.finding.weight for e in held), default=0.0) or None,
        "at_stake": max((e.finding.value or 0.0 for e in held if e.finding.id in AT_STAKE), default=0.0) or None,
        "titles": [e.finding.title for e in held],
        "sources": tuple(sorted({s for e in told for s in e.finding.sources})),
        "behind": _behind(held),
        "evidence": " · ".join(e.finding.title for e in held) or None,
        "keys": "; ".join(e.finding.key for e in held) or None,
        "against": " · ".join(e.finding.title for e in against) or None,
        "would_tell": "; ".join(needs) or None,
        "lead": held[0] if held else None,
        "gaps": gaps,
    }


def _behind(held: Sequence[Evidence]) -> str | None:
    """The strongest finding, and how many more there are."""
    more = f" (and {len(held) - 1} more)" if len(held) > 1 else ""
    return f"{held[0].finding.title}{more}" if held else None


def _order(e: Evidence) -> tuple[int, float, str]:
    return (list(KINDS).index(e.kind), -e.finding.weight, e.finding.key)


def _state(found: Sequence[Evidence]) -> str:
    """What one kind of evidence says: for, against, neither, or nothing was assessed."""
    said = {e.speaks for e in found}
    return next((s for s in ("for", "against", "neither") if s in said), "nothing")


def _remedy(known: Instrument, cause: Cause, lead: Evidence | None) -> Recommendation:
    """The recommendation that remedies the strongest finding, else the cause's first."""
    offered = [known.recommendation(id) for id in cause.remedies]
    if lead is not None:
        for one in offered:
            if any(lead.finding.id == f or lead.finding.id.startswith(f"{f}.") for f in one.findings):
                return one
    return offered[0]


def _ranked(rows: list[Row]) -> list[Row]:
    order = {"evidence": 0, "cannot tell": 1, "no sign": 2}
    counted = ("measured", "answers", "declared")
    rows.sort(key=lambda r: (order[r["verdict"]], -r["strength"], -(r["money"] or 0.0), -sum(r[k] for k in counted)))
    return [{**row, "rank": place} for place, row in enumerate(rows, 1)]


def _evidence_row(what: str, e: Evidence) -> Row:
    return {
        **{"about": e.about, "what": what, "kind": KINDS[e.kind], "speaks": e.speaks, "key": e.finding.key},
        **{"title": e.finding.title, "money": e.finding.weight or None, "board": e.finding.audience == "board"},
    }


def _gaps(causes: Sequence[Row], results: Sequence[Result]) -> list[Gap]:
    """One gap per cause about which nothing can be told, with what would let it."""
    untold = [row for row in causes if row["verdict"] == "cannot tell"]
    if len(untold) > SEVERAL:
        names = listing([f"{row['name'][0].lower()}{row['name'][1:]}" for row in untold], most=len(causes))
        lacking = dict.fromkeys(need.name for row in untold for gap in row["gaps"] for need in gap.needs)
        return [
            Gap(
                id="align.diagnosis.cause",
                what="Which causes of failure are at work",
                reason=f"No finding speaks for or against {names}.",
                needs=tuple(Missing(name=name) for name in lacking),
            )
        ]
    found = []
    for row in untold:
        needs: list[Missing] = []
        for gap in row["gaps"]:
            needs += [n for n in gap.needs if n not in needs]
        found.append(
            Gap(
                id="align.diagnosis.cause",
                what=f"Whether {row['name'][0].lower()}{row['name'][1:]} is a cause of failure",
                reason="No finding speaks for or against it.",
                needs=tuple(needs),
                subject=row["cause"],
            )
        )
    return found

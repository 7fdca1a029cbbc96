"""Evidenced maturity: for each capability the level that the evidence reaches, beside the self-assessment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from cxkit import shipped
from cxkit.formats import listing
from cxkit.govern.facts import Facts
from cxkit.govern.maturity_steps import next_step
from cxkit.govern.reading import records
from cxkit.govern.rules import RULES
from cxkit.records import Finding, Gap, Missing, Record, Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, Row, table

CAPABILITIES: Mapping[str, Kind] = {
    "capability": "text",
    "name": "text",
    "owner_role": "text",
    "primary_kpi": "text",
    "evidenced": "integer",
    "level_text": "text",
    "self_assessed": "integer",
    "difference": "integer",
    "target": "integer",
    "rule": "text",
    "evidence": "text",
    "next_level": "integer",
    "next_rule": "text",
    "next_holds": "text",
    "next_evidence": "text",
    "next_step": "text",
    "next_missing": "text",
    "next_owner": "text",
    "before": "integer",
    "movement": "integer",
    "movement_text": "text",
}
"""`before` is the evidenced level of the last run, `movement` now less before; both null without one."""
STEPS: Mapping[str, Kind] = {
    "capability": "text",
    "level": "integer",
    "says": "text",
    "holds": "text",
    "evidence": "text",
}
NEEDS: Mapping[str, tuple[Missing, ...]] = {
    "okr_traceability": (Missing(name="goals"), Missing(name="key_results"), Missing(name="initiatives")),
    "scorecard": (Missing(name="revenue"), Missing(name="tickets"), Missing(name="surveys"), Missing(name="costs")),
    "journey_ownership": (Missing(name="moments", columns=("owner", "sla_hours")),),
    "data_identity": (Missing(name="accounts"), Missing(name="tickets", columns=("account_id", "moment_id"))),
    "enablement": (Missing(name="moments", columns=("playbook",)), Missing(name="training")),
    "funding_governance": (Missing(name="initiatives"), Missing(name="benefits"), Missing(name="investments")),
}
"""What would let a capability be told at all."""
SOURCES: Mapping[str, tuple[str, ...]] = {name: tuple(need.name for need in needs) for name, needs in NEEDS.items()}
_HOLDS: Mapping[bool | None, str] = {True: "holds", False: "does not hold", None: "cannot tell"}


class Maturity(Result):
    """Six rows, one per capability.

    Tables: `capabilities` (`evidenced` 1 to 5, null where it cannot be told; `self_assessed` and `difference`, self
    minus evidenced; the rule that gave the level and the next one, each with what was found) and `rules` (every rule of
    every level with its answer). Levels are an order: they are compared and counted, never averaged.
    """

    stage: ClassVar[str] = "govern"
    name: ClassVar[str] = "maturity"


def evidenced_maturity(
    tables: Tables, *, results: Iterable[Result], decisions: Iterable[Record] = (), before: Result | None = None
) -> Maturity:
    """Give each capability the level that the evidence reaches.

    `results` are results of this run, of any stage, in any order; the self-assessment is read from ``align.maturity``.
    A level is given when its rule and every rule below it hold. Where already the first rule cannot be told, no level
    is given, however good the self-assessment. `before` is the same result of the last published run.
    """
    facts = Facts(tables, results, decisions)
    own = facts.results.get("align.maturity")
    assessed = {r["capability"]: r for r in own.tables["capabilities"].to_pylist()} if own is not None else {}
    last = {r["capability"]: _whole(r["evidenced"]) for r in records(before, "capabilities")}
    found, steps = [], []
    for words in shipped.yaml("playbook/maturity.yml")["capabilities"]:
        row, judged = _capability(words, facts, assessed.get(words["id"], {}))
        row |= _moved(row["evidenced"], last.get(words["id"]), known=before is not None)
        found.append(row)
        steps += judged
    gaps = tuple(
        Gap(
            id="govern.maturity.capability",
            what=f"{row['name']}: level that the evidence supports",
            reason=f"{row['next_evidence'][:1].upper()}{row['next_evidence'][1:]}.",
            needs=tables.lacking({need.name: need.columns for need in NEEDS[row["capability"]]}),
            subject=row["capability"],
        )
        for row in found
        if row["evidenced"] is None
    )
    told = [row for row in found if row["evidenced"] is not None]
    return Maturity(
        as_of=tables.as_of,
        findings=(*_overall(told), *(_movement(found) if before is not None else ()), *map(_one, told)),
        gaps=gaps,
        tables={"capabilities": table(found, CAPABILITIES), "rules": table(steps, STEPS)},
    )


def _capability(words: Mapping[str, Any], facts: Facts, own: Mapping[str, Any]) -> tuple[Row, list[Row]]:
    judged = []
    for rule in RULES[words["id"]]:
        holds, evidence = rule.judge(facts)
        judged.append(
            {
                **{"capability": words["id"], "level": rule.level, "says": rule.says},
                **{"holds": _HOLDS[holds], "evidence": evidence, "answer": holds},
            }
        )
    reached = next((i for i, row in enumerate(judged) if row["answer"] is not True), len(judged))
    level = None if judged[0]["answer"] is None else reached + 1
    last = judged[reached - 1] if reached else None
    coming = judged[reached] if reached < len(judged) else None
    self_assessed = own.get("current")
    needs = facts.tables.lacking({n.name: n.columns for n in NEEDS[words["id"]]})
    role = own.get("owner_role") or words["owner_role"]
    step = next_step(words["id"], coming["level"], needs, coming["evidence"]) if coming else (None, None)
    return {
        "capability": words["id"],
        "name": words["name"],
        "owner_role": role,
        "primary_kpi": words["primary_kpi"],
        "evidenced": level,
        "level_text": words["levels"][level - 1] if level else None,
        "self_assessed": self_assessed,
        "difference": self_assessed - level if level is not None and self_assessed is not None else None,
        "target": own.get("target"),
        "rule": last["says"] if last else None,
        "evidence": last["evidence"] if last else None,
        "next_level": coming["level"] if coming else None,
        "next_rule": coming["says"] if coming else None,
        "next_holds": coming["holds"] if coming else None,
        "next_evidence": coming["evidence"] if coming else None,
        "next_step": step[0],
        "next_missing": step[1],
        "next_owner": role if coming else None,
    }, judged


def _whole(level: float | None) -> int | None:
    return None if level is None else round(level)


def _moved(level: int | None, before: int | None, *, known: bool) -> Row:
    """Movement since the last run, in words too.

    >>> _moved(3, 2, known=True)["movement_text"], _moved(3, None, known=True)["movement_text"]
    ('from 2 to 3', 'could not be told last time')
    """
    if not known:
        return {"before": None, "movement": None, "movement_text": None}
    if level is None or before is None:
        said = "cannot be told" if level is None and before is None else "could not be told last time"
        said = "can no longer be told" if level is None and before is not None else said
        return {"before": before, "movement": None, "movement_text": said}
    said = "as before" if level == before else f"from {before} to {level}"
    return {"before": before, "movement": level - before, "movement_text": said}


def _movement(found: Sequence[Row]) -> list[Finding]:
    """Which levels have risen and fallen since the last run."""
    both = [row for row in found if row["movement"] is not None]
    if not both:
        return []
    up, down = ([row for row in both if row["movement"] * sign > 0] for sign in (1, -1))
    named = [f"{row['name']} ({row['movement_text']})" for row in (*up, *down)]
    title = (
        f"Since the last run {len(up)} of {len(both)} capabilities have risen by the evidence and {len(down)} fallen"
        if named
        else f"All {len(both)} capabilities stand where they stood at the last run"
    )
    return [
        Finding(
            id="govern.maturity.moved",
            stage="govern",
            title=title,
            detail=f"{listing(named, most=6)}." if named else "",
            value=len(up) - len(down),
            unit="count",
            n=len(both),
            sources=tuple(dict.fromkeys(name for row in both for name in SOURCES[row["capability"]])),
            tone="bad" if len(down) > len(up) else "good" if up else "neutral",
            about="levels by printed rules, so without an interval",
        )
    ]


def _overall(told: Sequence[Row]) -> list[Finding]:
    both = [row for row in told if row["difference"] is not None]
    above = [row for row in both if row["difference"] > 0]
    if not both:
        return []
    names = [f"{row['name']} ({row['self_assessed']} against {row['evidenced']})" for row in above]
    rated = "capability is" if len(both) == 1 else "capabilities are" if len(above) != 1 else "capabilities is"
    return [
        Finding(
            id="govern.maturity.overall",
            stage="govern",
            title=f"{len(above)} of {len(both)} {rated} rated higher by the organisation than the evidence supports"
            if above
            else f"The evidence supports the self-assessment in all {len(both)} capabilities that could be compared",
            detail=f"Self-assessment against evidence: {listing(names, most=6)}." if names else "",
            value=len(above),
            unit="count",
            n=len(both),
            sources=tuple(dict.fromkeys(("maturity", *(name for row in both for name in SOURCES[row["capability"]])))),
            tone="bad" if above else "good",
            about="levels by printed rules, so without an interval",
        )
    ]


def _one(row: Row) -> Finding:
    beside = f"; self-assessed {row['self_assessed']}" if row["self_assessed"] is not None else ""
    because = f"Rule that gave it: {row['rule']} ({row['evidence']}). " if row["rule"] else ""
    coming = ""
    if row["movement"]:
        because = f"Since the last run {row['movement_text']}. {because}"
    if row["next_rule"]:
        coming = f"Next, for level {row['next_level']}: {row['next_step']} ({row['next_owner']}); "
        coming += f"found: {row['next_evidence']}."
    return Finding(
        id="govern.maturity.capability",
        stage="govern",
        title=f"{row['name']} stands at level {row['evidenced']} of 5 by the evidence{beside}",
        detail=because + coming,
        value=row["evidenced"],
        unit="score",
        subject=row["capability"],
        sources=SOURCES[row["capability"]],
        tone="bad" if (row["difference"] or 0) > 0 else "neutral",
        about="a level by printed rules, so without an interval",
    )

"""Maturity as the client sees it: six capabilities, always all six, with evidence and movement.

Levels are an order, not a measure: they are counted and compared, never averaged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from cxkit import shipped
from cxkit.align.sentences import plural, say
from cxkit.formats import listing
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, Row, rows, short, table

CAPABILITIES: Mapping[str, Kind] = {
    "capability": "text",
    "name": "text",
    "from": "text",
    "to": "text",
    "owner_role": "text",
    "primary_kpi": "text",
    "current": "integer",
    "current_text": "text",
    "target": "integer",
    "target_text": "text",
    "to_go": "integer",
    "evidence": "text",
    "assessed": "date",
    "previous": "integer",
    "previous_assessed": "date",
    "movement": "integer",
}
SOURCES = ("maturity",)


class SelfAssessment(Result):
    """Six rows, one per capability.

    Table `capabilities`: words of ``playbook/maturity.yml`` (`name, from, to, primary_kpi`, and `owner_role` unless
    the client names another), levels 1 to 5 as the client gave them (`current, target`, null when not assessed) with
    their descriptions, `to_go` (target − current), `evidence` as written, and `movement` since the assessment before.
    """

    stage: ClassVar[str] = "align"
    name: ClassVar[str] = "maturity"


def self_assessment(tables: Tables) -> SelfAssessment:
    """Join the six capabilities with the client's own assessment of them."""
    matrix: Sequence[dict[str, Any]] = shipped.yaml("playbook/maturity.yml")["capabilities"]
    given: dict[str, list[Row]] = {}
    for row in rows(tables, "maturity"):
        if row["assessed"] is not None and row["current"] is not None and 1 <= row["current"] <= 5:
            given.setdefault(row["capability"], []).append(row)
    found = [_capability(words, given.get(words["id"], [])) for words in matrix]
    assessed = [row for row in found if row["current"] is not None]
    needs = tables.lacking({"maturity": ("capability", "assessed", "current")})
    gaps = [
        Gap(
            id="align.maturity.capability",
            what=f"{row['name']}, as the client sees it",
            reason="Nobody has assessed it.",
            needs=needs or (Missing(name="maturity", columns=("current",), why=f"no row for {row['capability']}"),),
            subject=row["capability"],
        )
        for row in found
        if row["current"] is None
    ]
    return SelfAssessment(
        as_of=tables.as_of,
        findings=(*_overall(assessed, len(found)), *map(_one, assessed), *_unsupported(tables, assessed)),
        gaps=tuple(gaps),
        tables={"capabilities": table(found, CAPABILITIES)},
    )


def _capability(words: Mapping[str, Any], given: list[Row]) -> Row:
    """One row of the matrix; of several assessments the latest, and the one before it for the movement."""
    given = sorted(given, key=lambda row: row["assessed"])
    now: Row = given[-1] if given else {}
    before: Row = given[-2] if len(given) > 1 else {}
    current, target = now.get("current"), now.get("target")
    target = target if target is not None and 1 <= target <= 5 else None
    return {
        "capability": words["id"],
        **{name: words[name] for name in ("name", "from", "to", "primary_kpi")},
        "owner_role": now.get("owner_role") or words["owner_role"],
        "current": current,
        "current_text": words["levels"][current - 1] if current else None,
        "target": target,
        "target_text": words["levels"][target - 1] if target else None,
        "to_go": max(0, target - current) if current is not None and target is not None else None,
        "evidence": now.get("evidence"),
        "assessed": now.get("assessed"),
        "previous": before.get("current"),
        "previous_assessed": before.get("assessed"),
        "movement": current - before["current"] if before else None,
    }


def _overall(assessed: Sequence[Row], of: int) -> list[Finding]:
    if not assessed:
        return []
    low = [row for row in assessed if row["current"] <= 2]
    least = min(row["current"] for row in assessed)
    weakest = [row["name"] for row in assessed if row["current"] == least]
    of_them = plural(len(assessed), "self-assessed capability", "self-assessed capabilities")
    stand = "stands" if len(low) == 1 else "stand"
    title = f"{len(low)} of {of_them} {stand} at level 1 or 2 of 5"
    if not low:
        title = f"None of {of_them} stands below level {least} of 5"
    return [
        say(
            "maturity.overall",
            title,
            detail=f"Lowest, at {least}: {listing(weakest, most=6)}."
            + (
                f" {plural(of - len(assessed), 'capability was', 'capabilities were')} not assessed."
                if len(assessed) < of
                else ""
            ),
            value=len(low),
            unit="count",
            n=len(assessed),
            grade="E",
            sources=SOURCES,
            tone="bad" if len(low) * 2 >= len(assessed) else "neutral",
            about="a judgement, so without an interval",
        )
    ]


def _one(row: Row) -> Finding:
    towards = f", with {row['target']} as the target" if row["target"] else ""
    if row["movement"]:
        moved = f"{'up' if row['movement'] > 0 else 'down'} from {row['previous']}"
        since = f" It is {moved} on {row['previous_assessed']}."
    else:
        since = f" It has not moved since {row['previous_assessed']}." if row["previous"] else ""
    return say(
        "maturity.capability",
        f"{row['name']} is self-assessed at level {row['current']} of 5{towards}",
        detail=f"Level {row['current']}: {row['current_text']}{since}",
        value=row["current"],
        unit="score",
        grade="E",
        subject=row["capability"],
        sources=SOURCES,
        period=str(row["assessed"]),
        tone="good" if (row["movement"] or 0) > 0 else "bad" if (row["movement"] or 0) < 0 else "neutral",
        about="a judgement, so without an interval",
    )


def _unsupported(tables: Tables, assessed: Sequence[Row]) -> list[Finding]:
    """Levels without a word of evidence, when the sheet asks for it."""
    bare = [row for row in assessed if not row["evidence"]]
    if not bare or "evidence" not in tables.supplied("maturity"):
        return []
    return [
        say(
            "maturity.no_evidence",
            f"{len(bare)} of {plural(len(assessed), 'self-assessed level')} "
            f"{'comes' if len(bare) == 1 else 'come'} without evidence",
            detail=f"Without: {listing([short(row['name']) for row in bare], most=6)}.",
            value=len(bare),
            unit="count",
            n=len(assessed),
            sources=SOURCES,
            tone="bad",
        )
    ]

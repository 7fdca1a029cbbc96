"""Decision rights: whether somebody may decide what the plan asks for, at this amount, on this evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cxkit.formats import money
from cxkit.govern.reading import Row, records
from cxkit.records import Finding, Gap, Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, rows, short

RIGHTS: Mapping[str, Kind] = {
    "initiative_id": "text",
    "initiative": "text",
    "verdict": "text",
    "amount": "number",
    "grade": "text",
    "right_id": "text",
    "decision": "text",
    "up_to": "number",
    "evidence": "text",
    "accountable": "text",
    "responsible": "text",
    "seated": "boolean",
    "state": "text",
    "says": "text",
}
"""One row per verdict of the plan. `state` is within, no right, nobody answers, above the limit, evidence too weak or
no seat (the accountable role sits on no seat of the council)."""
ORDER = "ABCDE"


def checked(tables: Tables, plan: Result | None, seats: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Every verdict of the plan, with the right it falls under and whether it stays within."""
    written = rows(tables, "decision_rights")
    if not written:
        return []
    seated = {seat["owner_role"] for seat in seats if seat["owner_role"]}
    return [_check(row, written, seated, tables.currency) for row in records(plan, "plan")]


def _check(row: Row, written: Sequence[Row], seated: set[str], currency: str) -> Row:
    grade = row.get("grade")
    amount = float((row.get("freed") if row["verdict"] == "stop" else row.get("amount")) or 0.0)
    same = [r for r in written if r["verdict"] == row["verdict"]] or [r for r in written if r["verdict"] is None]
    made: Row = {name: row.get(name) for name in ("initiative_id", "initiative", "verdict")}
    made |= {"amount": amount, "grade": grade}
    if not same:
        return made | {"state": "no right", "says": f"nobody has written down who may decide “{row['verdict']}”"}
    same.sort(key=lambda r: (r["up_to"] is None, r["up_to"] or 0.0, r["right_id"]))
    large = [r for r in same if r["up_to"] is None or amount <= r["up_to"]]
    enough = [r for r in large if _enough(grade, r["evidence"])]
    right = next(iter(enough or large), same[-1])
    made |= {name: right[name] for name in ("right_id", "decision", "up_to", "evidence", "accountable", "responsible")}
    made["seated"] = right["accountable"] in seated if right["accountable"] and seated else None
    if not large:
        says = f"{money(amount, currency)} is more than the {money(right['up_to'], currency)} the right holds for"
        return made | {"state": "above the limit", "says": says}
    if not enough:
        has = f"evidence of grade {grade}" if grade else "no evidence"
        says = f"{has}, and the right asks for {right['evidence']} or better"
        return made | {"state": "evidence too weak", "says": says}
    if not right["accountable"]:
        return made | {"state": "nobody answers", "says": "the right names no accountable role"}
    if made["seated"] is False:
        return made | {"state": "no seat", "says": f"{right['accountable']} holds no seat of the council"}
    return made | {"state": "within", "says": f"{right['accountable']} decides"}


def _enough(grade: str | None, least: str | None) -> bool:
    """Whether evidence is at least as good as a right asks; any will do where it asks for E, the lowest.

    >>> _enough("B", "B"), _enough("C", "B"), _enough(None, "D"), _enough(None, "E")
    (True, False, False, True)
    """
    if least is None or least == ORDER[-1]:
        return True
    return grade is not None and grade in ORDER and ORDER.index(grade) <= ORDER.index(least)


def findings(found: Sequence[Row]) -> list[Finding]:
    """How many verdicts somebody may decide, and which nobody may."""
    if not found:
        return []
    bad = [row for row in found if row["state"] != "within"]
    named = [f"{short(row['initiative'], 40)} ({row['verdict']}): {row['says']}" for row in bad]
    verb = "falls" if len(found) - len(bad) == 1 else "fall"
    return [
        Finding(
            id="govern.council.accountable",
            stage="govern",
            title=f"{len(found) - len(bad)} of {len(found)} verdicts of the plan {verb} within a written decision "
            "right" + ("" if not bad else ", and for the others nobody may decide as things stand"),
            detail=f"{'; '.join(named[:4])}{f'; and {len(named) - 4} more' if len(named) > 4 else ''}." if bad else "",
            value=len(found) - len(bad),
            unit="count",
            n=len(found),
            about="a full count, so without an interval",
            sources=("decision_rights", "council", "initiatives"),
            tone="bad" if bad else "good",
        )
    ]


def gaps(tables: Tables, plan: Result | None) -> tuple[Gap, ...]:
    """Nobody wrote down who decides what."""
    if plan is None or not plan.has("plan"):
        return ()
    if needs := tables.lacking({"decision_rights": ("right_id", "decision", "verdict", "accountable")}):
        reason = "Nobody has written down who decides what, up to which amount and on which evidence."
        what = "Decision rights behind the plan"
        return (Gap(id="govern.council.accountable", what=what, reason=reason, needs=needs),)
    return ()

"""How the plan on shrunk effects differs from the plan on effects as tested."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

from cxkit.govern.reading import Row, records
from cxkit.govern.shrinkage_sentences import SOURCES, plan_finding
from cxkit.records import Finding, Gap, Result
from cxkit.tables.sheets import Kind, table

DECISIONS: Mapping[str, Kind] = {
    **dict.fromkeys(("initiative_id", "initiative", "verdict", "verdict_unshrunk"), "text"),
    **dict.fromkeys(("amount", "amount_unshrunk", "share", "share_unshrunk"), "number"),
    **dict.fromkeys(("npv_go_forward", "npv_unshrunk"), "number"),
    "differs": "boolean",
}
CENT = 0.005


class PlanDifference(Result):
    """Two plans over the same budget, side by side. Table `decisions`: one row per initiative, those that differ first.

    `worth` and `worth_unshrunk` value both plans at the shrunk effects.
    """

    stage: ClassVar[str] = "govern"
    name: ClassVar[str] = "shrinkage_plan"

    currency: str = ""
    worth: float | None = None
    worth_unshrunk: float | None = None


def compare_plans(shrunk: Result, unshrunk: Result) -> list[Row]:
    """One row per initiative of either plan (table `plan` of an allocation), those that differ first."""
    one, other = ({row["initiative_id"]: row for row in records(plan, "plan")} for plan in (shrunk, unshrunk))
    rows = []
    for id_ in sorted({*one, *other}):
        a, b = one.get(id_, {}), other.get(id_, {})
        amounts = [row.get("amount") or 0.0 for row in (a, b)]
        rows.append(
            {
                "initiative_id": id_,
                "initiative": a.get("initiative") or b.get("initiative"),
                "verdict": a.get("verdict"),
                "verdict_unshrunk": b.get("verdict"),
                "amount": a.get("amount"),
                "amount_unshrunk": b.get("amount"),
                "share": a.get("share"),
                "share_unshrunk": b.get("share"),
                "npv_go_forward": a.get("npv_go_forward"),
                "npv_unshrunk": b.get("npv_go_forward"),
                "differs": a.get("verdict") != b.get("verdict") or abs(amounts[0] - amounts[1]) > CENT,
            }
        )
    rows.sort(key=lambda r: (not r["differs"], -abs((r["amount"] or 0) - (r["amount_unshrunk"] or 0))))
    return rows


def plan_difference(shrunk: Result, unshrunk: Result) -> PlanDifference:
    """The comparison as a result with its finding; both plans are valued at the shrunk effects.

    The two are to be made from the same ledger, cases and budget. Without a plan on either side there is a gap.
    """
    rows = compare_plans(shrunk, unshrunk)
    currency = getattr(shrunk, "currency", "")
    if not (records(shrunk, "plan") and records(unshrunk, "plan")):
        reason = "There is no plan on shrunk effects, or none on raw ones."
        gap = Gap(id="govern.shrinkage.plan", what="How the plan differs once luck is taken out", reason=reason)
        return PlanDifference(as_of=shrunk.as_of, currency=currency, gaps=(gap,))
    worth, other = (
        math.fsum((row[share] or 0.0) * (row["npv_go_forward"] or 0.0) for row in rows if row[verdict] in GIVEN)
        for share, verdict in (("share", "verdict"), ("share_unshrunk", "verdict_unshrunk"))
    )
    regret = worth - other
    finding = Finding.model_validate(
        plan_finding(rows, regret, currency)
        | {
            "id": "govern.shrinkage.plan",
            "stage": "govern",
            "unit": "count",
            "currency": currency,
            "n": len(rows),
            "about": "a full count, so without an interval",
            "grade": "E",
            "sources": (*SOURCES, "initiatives", "investments"),
            "weight": max(0.0, regret),
        }
    )
    return PlanDifference(
        as_of=shrunk.as_of,
        currency=currency,
        worth=worth,
        worth_unshrunk=other,
        findings=(finding,),
        tables={"decisions": table(rows, DECISIONS)},
    )


GIVEN = ("fund", "keep")
"""Verdicts under which money is given out now."""

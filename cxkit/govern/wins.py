"""Wins: what a team did and what came of it, linked to its initiative, its metric and the proof there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from cxkit.formats import money
from cxkit.govern.reading import Row, records
from cxkit.metrics.windows import add_months, month_of
from cxkit.records import Finding, Gap, Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, rows, short

WINS: Mapping[str, Kind] = {
    "win_id": "text",
    "happened": "date",
    "team": "text",
    "action": "text",
    "result": "text",
    "initiative_id": "text",
    "initiative": "text",
    "metric_id": "text",
    "metric": "text",
    "value": "number",
    "grade": "text",
    "outcome": "text",
    "business_unit": "text",
    "linked": "boolean",
    "recent": "boolean",
    "lacks": "text",
}
"""`linked` wins name a result, an initiative and a metric; `grade` and `outcome` are those of the initiative's proof;
`recent` ones happened in the quarter before `as_of`."""
RECENT = 3
"""Months in which a win is recent."""


def wins(tables: Tables, ledger: Result | None) -> list[Row]:
    """Wins up to `as_of`, newest first."""
    known = {r["initiative_id"]: r for r in records(ledger, "initiatives")}
    names = {r["initiative_id"]: r for r in rows(tables, "initiatives")}
    metrics = {r["metric_id"]: r["metric"] for r in rows(tables, "metrics")}
    start = add_months(month_of(tables.as_of), 1 - RECENT)
    found = []
    for row in rows(tables, "wins"):
        if row["happened"] is None or row["happened"] > tables.as_of:
            continue
        proof, its = known.get(row["initiative_id"], {}), names.get(row["initiative_id"], {})
        lacks = [
            word
            for word, there in (
                ("a result", row["result"]),
                ("an initiative", its),
                ("a metric", row["metric_id"]),
            )
            if not there
        ]
        found.append(
            {
                **row,
                **{"initiative": its.get("initiative"), "metric": metrics.get(row["metric_id"], row["metric_id"])},
                **{"grade": proof.get("grade"), "outcome": proof.get("outcome")},
                "business_unit": its.get("business_unit"),
                "linked": not lacks,
                "recent": row["happened"] >= start,
                "lacks": ", ".join(lacks) or None,
            }
        )
    return sorted(found, key=lambda r: (-(r["happened"] - date.min).days, r["win_id"]))


def findings(found: Sequence[Row], currency: str) -> list[Finding]:
    """How many wins there are, what they claim, and one finding per win."""
    if not found:
        return []
    linked = [row for row in found if row["linked"]]
    recent = [row for row in found if row["recent"]]
    proven = [row for row in found if row["outcome"] == "proven"]
    value = sum(row["value"] or 0.0 for row in found)
    claimed = f"; {money(value, currency)} is claimed for them" if value else ""
    said = [
        Finding(
            id="govern.council.wins",
            stage="govern",
            title=f"{len(linked)} of {len(found)} wins lead from a team's action to a result, an initiative and a "
            f"metric{claimed}",
            detail=f"{len(recent)} happened in the last quarter; {len(proven)} "
            f"{'belongs' if len(proven) == 1 else 'belong'} to an initiative with proof of grade A or B. "
            "What a team says it brought is a claim until finance has seen it.",
            value=len(linked),
            unit="count",
            n=len(found),
            about="a full count, so without an interval",
            grade="E",
            sources=("wins", "initiatives", "metrics"),
            tone="good" if len(linked) == len(found) else "neutral",
        )
    ]
    for row in found:
        worth = f" ({money(row['value'], currency)}, claimed)" if row["value"] else ""
        result = f": {short(row['result'], 120)}" if row["result"] else ""
        said.append(
            Finding(
                id="govern.council.win",
                stage="govern",
                title=f"{short(row['team'], 40)}: {short(row['action'], 140)}{result}{worth}",
                detail=f"It does not name {row['lacks']}." if row["lacks"] else "",
                value=row["value"],
                unit="money" if row["value"] is not None else "none",
                currency=currency if row["value"] is not None else "",
                about="as the team states it",
                period=str(row["happened"]),
                grade="E",
                initiative=row["initiative_id"] if row["initiative"] else None,
                subject=row["win_id"],
                sources=("wins",),
                tone="good",
            )
        )
    return said


def gaps(tables: Tables) -> tuple[Gap, ...]:
    """Nobody wrote wins down."""
    if needs := tables.lacking({"wins": ("win_id", "team", "action")}):
        reason = "Nobody has written down what teams did and what came of it."
        return (Gap(id="govern.council.wins", what="Wins", reason=reason, needs=needs),)
    return ()

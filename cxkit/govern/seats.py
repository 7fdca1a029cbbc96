"""Who sits in the council: business units without a seat, and seats without a written right to decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cxkit.formats import listing
from cxkit.records import Finding, Gap, Missing
from cxkit.tables.cut import quoted
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, rows, short

SEATS: Mapping[str, Kind] = {
    "seat_id": "text",
    "business_unit": "text",
    "seat": "text",
    "owner_role": "text",
    "decides": "text",
    "held": "boolean",
    "since": "date",
}
UNITS: Mapping[str, Kind] = {
    "business_unit": "text",
    "seats": "integer",
    "has_seat": "boolean",
    "initiatives": "integer",
    "budget": "number",
}


def seated(tables: Tables) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Seats in force on `as_of` (people's names left out), and one row per business unit that any table names."""
    seats = [
        {**row, "held": bool(row["holder"]) if "holder" in tables.supplied("council") else None}
        for row in rows(tables, "council")
        if row["until"] is None or row["until"] > tables.as_of
    ]
    named: dict[str, dict[str, Any]] = {}

    def unit(name: str | None) -> dict[str, Any] | None:
        if not name or not name.strip():
            return None
        blank = {"business_unit": name.strip(), "seats": 0, "initiatives": 0, "budget": 0.0}
        return named.setdefault(name.strip().casefold(), blank)

    for seat in seats:
        if found := unit(seat["business_unit"]):
            found["seats"] += 1
    for row in rows(tables, "initiatives"):
        if row["status"] not in ("done", "stopped") and (found := unit(row["business_unit"])):
            found["initiatives"] += 1
            found["budget"] += row["budget"] or 0.0
    for name in ("accounts", "costs"):
        if "business_unit" in tables.supplied(name):
            column = quoted("business_unit")
            query = f"SELECT DISTINCT {column} FROM {quoted(name)} WHERE {column} IS NOT NULL ORDER BY 1 LIMIT 200"
            for text in tables.arrow(query)["business_unit"].to_pylist():
                unit(text)
    units = [{**found, "has_seat": found["seats"] > 0} for _, found in sorted(named.items())]
    return seats, units


def gaps(tables: Tables) -> tuple[Gap, ...]:
    """What keeps the council's seats from being checked."""
    found = []
    if needs := tables.lacking({"council": ("seat_id",)}):
        reason = "Nobody has written down who sits in the council."
        found.append(Gap(id="govern.council.seats", what="Seats of the council", reason=reason, needs=needs))
    elif needs := tables.lacking({"council": ("business_unit",)}):
        reason = "Seats do not say for which business unit they speak."
        found.append(Gap(id="govern.council.seats", what="Seats of the council", reason=reason, needs=needs))
    elif not any("business_unit" in tables.supplied(name) for name in ("initiatives", "accounts", "costs")):
        needs = (Missing(name="initiatives", columns=("business_unit",)),)
        reason = "No table names the business units that should have a seat."
        found.append(Gap(id="govern.council.seats", what="Business units without a seat", reason=reason, needs=needs))
    if "council" in tables.present and (needs := tables.lacking({"council": ("decides",)})):
        reason = "Seats do not say what they decide, on which evidence."
        found.append(Gap(id="govern.council.rights", what="Decision rights", reason=reason, needs=needs))
    return tuple(found)


def findings(tables: Tables, seats: list[dict[str, Any]], units: list[dict[str, Any]]) -> list[Finding]:
    """Business units without a seat, decision rights that nobody wrote down, and the chairs that must be filled."""
    open_gaps = {gap.id for gap in gaps(tables)}
    found = []
    if units and "govern.council.seats" not in open_gaps:
        without = [row for row in units if not row["has_seat"]]
        verb = "has" if len(without) == 1 else "have"
        found.append(
            Finding(
                id="govern.council.seats",
                stage="govern",
                title=f"{len(without)} of {len(units)} business units {verb} no seat in the council"
                if without
                else f"Every one of {len(units)} business units has a seat in the council",
                detail=f"Without: {listing([short(row['business_unit'], 40) for row in without])}." if without else "",
                value=len(without),
                unit="count",
                n=len(units),
                sources=("council", "initiatives"),
                tone="bad" if without else "good",
            )
        )
    if "seat" in tables.supplied("council"):
        absent = [kind for kind in ("chair", "finance") if not any(seat["seat"] == kind for seat in seats)]
        if absent:
            verb = "seat is" if len(absent) == 1 else "seats are"
            found.append(
                Finding(
                    id="govern.council.chairs",
                    stage="govern",
                    title=f"The council's {listing(absent)} {verb} not filled",
                    value=len(absent),
                    unit="count",
                    n=2,
                    sources=("council",),
                    tone="bad",
                )
            )
    if seats and "govern.council.rights" not in open_gaps:
        silent = [seat for seat in seats if not seat["decides"]]
        verb = "says" if len(seats) - len(silent) == 1 else "say"
        found.append(
            Finding(
                id="govern.council.rights",
                stage="govern",
                title=f"{len(seats) - len(silent)} of {len(seats)} council seats {verb} what they decide",
                detail="A right to decide names the decision and the evidence it rests on.",
                value=len(seats) - len(silent),
                unit="count",
                n=len(seats),
                sources=("council",),
                tone="bad" if silent else "good",
            )
        )
    return found

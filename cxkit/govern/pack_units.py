"""A view per business unit: its customers' figures, its initiatives and money, what it has to decide and do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from cxkit.formats import interval, money, quantity
from cxkit.govern.reading import Row, records
from cxkit.metrics import retention
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.windows import Window, seen, window_to
from cxkit.records import Finding, Missing, Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, short

VIEW: Mapping[str, Kind] = {
    "business_unit": "text",
    "seats": "integer",
    "has_seat": "boolean",
    "customers": "integer",
    "revenue": "number",
    "revenue_share": "number",
    "grr": "number",
    "grr_low": "number",
    "grr_high": "number",
    "initiatives": "integer",
    "budget": "number",
    "proven_budget": "number",
    "fund": "integer",
    "test_first": "integer",
    "stop": "integer",
    "freed": "number",
    "decisions_open": "integer",
    "actions": "integer",
    "overdue": "integer",
    "wins": "integer",
    "period": "text",
}
"""One row per business unit that any table names. `revenue` is monthly recurring revenue at the window's end; `grr` of
its customers, without interval under the minimum n; `budget` that of live initiatives, `proven_budget` the part on a
shown effect of grade A or B."""


def view(
    tables: Tables,
    units: Sequence[Row],
    results: Mapping[str, Result],
    *,
    plan: Result | None,
    needed: Sequence[Row],
    actions: Sequence[Row],
    wins: Sequence[Row],
    window_months: int,
) -> list[Row]:
    """Put each unit's row together; units are told apart without regard to case, as the seats tell them."""
    figures, period = _figures(tables, window_months)
    live = [r for r in records(results.get("govern.ledger"), "initiatives") if r["live"]]
    verdicts = {r["initiative_id"]: r for r in records(plan, "plan")}
    total = sum(row["revenue"] for row in figures.values())
    found = []
    for unit in units:
        name = str(unit["business_unit"])
        mine = [r for r in live if _same(r["business_unit"], name)]
        asked = [verdicts[r["initiative_id"]] for r in mine if r["initiative_id"] in verdicts]
        does = [r for r in actions if _same(r["business_unit"], name)]
        known = figures.get(name.casefold(), {})
        made = {
            **{column: unit[column] for column in ("business_unit", "seats", "has_seat", "initiatives", "budget")},
            **known,
            "revenue_share": known["revenue"] / total if known and total > 0 else None,
            "proven_budget": sum(
                r["budget"] or 0.0 for r in mine if r["outcome"] == "proven" and r["grade"] in ("A", "B")
            ),
            "freed": sum(r.get("freed") or 0.0 for r in asked if r["verdict"] == "stop"),
            "decisions_open": sum(r["state"] == "open" and _same(r["business_unit"], name) for r in needed),
            "actions": len(does),
            "overdue": sum(r["state"] == "overdue" for r in does),
            "wins": sum(_same(r["business_unit"], name) for r in wins),
            "period": period if known else None,
        }
        counts = {v: sum(r["verdict"] == v for r in asked) for v in ("fund", "test first", "stop")}
        found.append(made | {v.replace(" ", "_"): n for v, n in counts.items()})
    return sorted(found, key=lambda r: (-(r.get("revenue") or 0.0), -(r["budget"] or 0.0), r["business_unit"]))


def _same(one: str | None, other: str) -> bool:
    return bool(one) and str(one).strip().casefold() == other.casefold()


def _figures(tables: Tables, months: int) -> tuple[dict[str, Row], str]:
    """Customers, recurring revenue and its retention by unit, where the customers' units are known."""
    needs = {"revenue": ("account_id", "month", "mrr"), "accounts": ("account_id", "business_unit")}
    span = None if tables.lacking(needs) else seen(tables, "revenue", "month")
    if span is None or len(span) < months + 1:
        return {}, ""
    window: Window = window_to(span.last, months)
    rows = retention.bridge(tables, window, by=("business_unit",))
    if isinstance(rows, Missing):
        return {}, ""
    groups: dict[str, list[Any]] = {}
    for name, part in rows.groupby("business_unit", sort=True):
        groups.setdefault(str(name).strip().casefold(), []).append(part)
    found = {}
    for key, parts in groups.items():
        total = retention.summarise(pd.concat(parts))
        enough = total.accounts >= MINIMUM_N
        found[key] = {
            "customers": total.accounts,
            "revenue": float(total.end + total.joined_end + total.returned_end),
            "grr": total.grr.value if enough else None,
            "grr_low": total.grr.low if enough else None,
            "grr_high": total.grr.high if enough else None,
        }
    return found, window.label


def findings(rows: Sequence[Row], currency: str) -> list[Finding]:
    """One finding per unit: what it is about, its money, and what it has to do."""
    found = []
    for row in rows:
        name = short(row["business_unit"], 40)
        n = row["initiatives"]
        held = f" with {money(row['budget'], currency)}" if row["budget"] else ""
        kept = (
            f"kept {quantity(row['grr'], 'ratio')} of its recurring revenue and " if row.get("grr") is not None else ""
        )
        seat = "" if row["has_seat"] else "; no seat in the council"
        ends = interval(row.get("grr_low"), row.get("grr_high"), "ratio")
        detail = [
            f"{money(row['revenue'], currency)} a month from {row['customers']:,} customers of the opening book"
            + (f" ({quantity(row['revenue_share'], 'ratio')} of all)" if row.get("revenue_share") is not None else "")
            if row.get("revenue") is not None
            else "",
            f"95\u202f% interval of what it kept: {ends}" if ends else "",
            f"{money(row['proven_budget'], currency)} of its budget rests on proof" if row["budget"] else "",
            f"the plan funds {row['fund']}, tests {row['test_first']} and stops {row['stop']}"
            + (f", freeing {money(row['freed'], currency)}" if row["freed"] else "")
            if n
            else "",
            f"{row['decisions_open']} decisions, {row['actions']} actions ({row['overdue']} overdue) and "
            f"{row['wins']} wins",
            f"seats: {row['seats']}",
        ]
        found.append(
            Finding(
                id="govern.council.unit",
                stage="govern",
                title=f"{name} {kept}has {n} live initiative{'s' if n != 1 else ''}{held}{seat}",
                detail=". ".join(text[:1].upper() + text[1:] for text in detail if text) + ".",
                value=row["budget"],
                unit="money",
                currency=currency,
                about="as written down",
                n=n,
                period=row.get("period") or "",
                subject=str(row["business_unit"]),
                sources=("accounts", "revenue", "initiatives", "council")
                if row.get("revenue") is not None
                else ("initiatives", "council"),
                tone="neutral" if row["has_seat"] else "bad",
            )
        )
    return found

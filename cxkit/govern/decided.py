"""Decisions of the council as Govern reads them: what was decided, for when, and whether it was done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from cxkit.formats import money
from cxkit.records import Record
from cxkit.tables.sheets import Kind

SOON = timedelta(days=31)
"""A decision due within this time after `as_of` is called due soon: before the council after next."""
DUE: Mapping[str, Kind] = {
    "decision_id": "text",
    "initiative_id": "text",
    "verdict": "text",
    "amount": "number",
    "owner_role": "text",
    "decided": "date",
    "due": "date",
    "done": "date",
    "withdrawn": "date",
    "state": "text",
    "days": "integer",
    "note": "text",
    "evidence": "text",
}
"""`state` is overdue, due soon, later, open (no date), done or withdrawn; `days` counts from `as_of` to `due`."""


def read(decisions: Iterable[Record], *, as_of: date) -> list[dict[str, Any]]:
    """Decisions known on `as_of`, oldest first, with what has become of them.

    A decision is a record with `decision_id`, `initiative_id`, `verdict`, `amount`, `owner_role`, `decided`, `due`,
    `done` (ISO days, empty when there is none), `note` and `evidence`, and may have `withdrawn` (an ISO day). One
    recorded later is not there; one done or withdrawn later still stands.
    """
    found = []
    for record in decisions:
        row = {name: value or None for name, value in record.model_dump().items() if name in DUE}
        decided, due, done, withdrawn = (_day(row.get(name)) for name in ("decided", "due", "done", "withdrawn"))
        if decided is None or decided > as_of:
            continue
        done = done if done is not None and done <= as_of else None
        withdrawn = withdrawn if withdrawn is not None and withdrawn <= as_of else None
        days = (due - as_of).days if due else None
        state = "withdrawn" if withdrawn else _state(due, done, as_of)
        row |= {"decided": decided, "due": due, "done": done, "withdrawn": withdrawn, "state": state, "days": days}
        found.append({name: row.get(name) for name in DUE})
    return sorted(found, key=lambda row: (row["decided"], row["decision_id"] or ""))


def latest(decisions: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The last decision on each initiative that was not taken back."""
    return {row["initiative_id"]: row for row in decisions if row["initiative_id"] and row["state"] != "withdrawn"}


def worded(row: Mapping[str, Any], currency: str) -> str:
    """A decision in a few words.

    >>> worded({"verdict": "fund", "amount": 900000.0, "decided": date(2026, 11, 5), "state": "done"}, "USD")
    'fund $900\\u202fk, 2026-11-05'
    """
    amount = f" {money(row['amount'], currency)}" if row["amount"] else ""
    late = ", overdue" if row["state"] == "overdue" else ""
    return f"{row['verdict']}{amount}, {row['decided']}{late}"


def _day(text: str | date | None) -> date | None:
    if isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _state(due: date | None, done: date | None, as_of: date) -> str:
    if done:
        return "done"
    if due is None:
        return "open"
    return "overdue" if due < as_of else "due soon" if due <= as_of + SOON else "later"

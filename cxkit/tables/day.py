"""The day a report is about when nobody named one: the end of the last month that is complete."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from cxkit.tables.assembly import Assembly

DATED = ("revenue", "orders", "tickets", "ticket_log", "invoices")
"""Tables whose last complete month is the default day of the report."""


def last_complete_month(assemblies: Mapping[str, Assembly]) -> tuple[date, str]:
    """Last day of the last month that is complete in every dated table, and the sentence that says so."""
    ends: dict[str, date] = {}
    for name in DATED:
        if name in assemblies and (last := assemblies[name].last()) is not None:
            ends[name] = _complete(assemblies[name], last)
    if not ends:
        others = [_complete(a, last) for a in assemblies.values() if (last := a.last()) is not None]
        day = max(others, default=date(1970, 1, 31))
        if not others:
            return day, "no table with dates was found, so there is no day to report on"
        return day, f"as_of is {day}: no revenue, orders or tickets say which month is complete"
    day = min(ends.values())
    by = ", ".join(f"{name} to {end}" for name, end in ends.items())
    return day, f"as_of is {day}, the last month that is complete in {by}"


def _complete(assembly: Assembly, last: date) -> date:
    """Last day of the last month that is complete when `last` is the last day, or month, seen."""
    monthly = assembly.contract.column(assembly.contract.appearance).type == "month"
    return _month_end(last) if monthly or last == _month_end(last) else last.replace(day=1) - timedelta(days=1)


def _month_end(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)

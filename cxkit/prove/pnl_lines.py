"""What a line of the P&L came to, and how far it moved in the direction of a benefit."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd

from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.windows import add_months, last_complete_month, month_of, months_between
from cxkit.prove.realised_rows import same
from cxkit.records import Missing, Record
from cxkit.tables.engine import Tables

COLUMNS = ("month", "line", "amount")


class Line(Record):
    """One line of the P&L by month."""

    line: str
    cost: bool
    """Whether less of it is a benefit."""
    amounts: dict[date, float]

    def moved(self, first: date, last: date, *, since: date | None = None) -> float | None:
        """How far it moved towards a benefit against the same months of an earlier year; None where months are missing.

        That year is the one before, or the last that lies wholly before `since`.
        """
        months = [add_months(first, k) for k in range(months_between(first, last) + 1)]
        years = 1 if since is None else max(1, math.ceil((months_between(since, last) + 1) / 12))
        before = [add_months(m, -12 * years) for m in months]
        if not months or any(m not in self.amounts for m in (*months, *before)):
            return None
        change = sum(self.amounts[m] for m in months) - sum(self.amounts[m] for m in before)
        return -change if self.cost else change

    def total(self, first: date, last: date) -> float | None:
        """Its amount over months; None where none of them is there."""
        found = [v for m, v in self.amounts.items() if first <= m <= last]
        return sum(found) if found else None


def lines(tables: Tables) -> dict[str, Line]:
    """Every line by its name as compared (`same`), in the client's currency; complete months alone."""
    relation = _relation(tables)
    if relation is None:
        return {}
    end = last_complete_month(tables.as_of)
    kind = "any_value(kind ORDER BY kind)" if "kind" in tables.supplied("pnl") else "NULL"
    found = tables.frame(
        f"SELECT line, CAST(month AS DATE) AS month, {kind} AS kind, sum(amount) AS amount FROM {relation} "
        f"WHERE line IS NOT NULL AND month <= DATE '{end}' GROUP BY line, month ORDER BY line, month"
    )
    made: dict[str, Line] = {}
    for name, part in found.groupby("line", sort=True):
        kinds = {str(k) for k in part["kind"].dropna()}
        by_month = {
            month_of(pd.Timestamp(m).date()): float(v) for m, v in zip(part["month"], part["amount"], strict=True)
        }
        cost = bool(kinds) and all("cost" in k for k in kinds)
        made.setdefault(same(str(name)), Line(line=str(name), cost=cost, amounts=by_month))
    return made


def line_totals(tables: Tables) -> dict[str, float]:
    """Amount of each line, by its name as compared, over its last twelve months before `as_of`."""
    relation = _relation(tables)
    if relation is None:
        return {}
    found = tables.frame(
        f"SELECT line, sum(amount) AS amount FROM {relation} "
        f"WHERE month > DATE '{tables.as_of}' - INTERVAL 13 MONTH "
        f"AND month > (SELECT max(month) FROM {relation}) - INTERVAL 12 MONTH AND line IS NOT NULL "
        "GROUP BY line ORDER BY line"
    )
    return {same(str(line)): float(amount) for line, amount in zip(found["line"], found["amount"], strict=True)}


def _relation(tables: Tables) -> str | None:
    """The P&L in the client's currency, as SQL; None without one, or without a rate."""
    if tables.lacking({"pnl": COLUMNS}):
        return None
    found = in_one_currency(tables, "pnl", ("amount",), at=last_complete_month(tables.as_of))
    return None if isinstance(found, Missing) else found

"""Who was a customer in which month: the denominator of rates per customer."""

from __future__ import annotations

import pandas as pd

from cxkit.metrics.windows import Window, last_complete_month, seen
from cxkit.records import Missing, Record
from cxkit.tables.engine import Tables

CANDIDATES = (
    Missing(name="revenue", columns=("account_id", "month", "mrr")),
    Missing(name="accounts", columns=("account_id", "started", "ended")),
    Missing(name="orders", columns=("account_id", "ordered")),
    Missing(name="accounts", columns=("account_id", "started")),
)
"""What can tell active customers, best first."""


class Exposure(Record):
    """Where active customers come from."""

    table: str
    meaning: str
    """What makes a customer active in a month."""
    span: Window
    """Complete months for which it is known."""

    def active(self, window: Window) -> str:
        """SQL text of one row per active account and month of the window: account_id, month."""
        if self.table == "revenue":
            return (
                f"(SELECT DISTINCT account_id, month FROM revenue WHERE mrr > 0 AND account_id IS NOT NULL "
                f"AND {window.holds('month')})"
            )
        months = ", ".join(f"(DATE '{m}')" for m in window.months)
        calendar = f"(VALUES {months}) AS calendar(month)"
        if self.table == "accounts":
            return (
                f"(SELECT account_id, month FROM accounts, {calendar} WHERE account_id IS NOT NULL "
                f"AND started <= last_day(month) AND coalesce(ended >= month, true))"
            )
        return (
            f"(SELECT DISTINCT account_id, month FROM orders, {calendar} WHERE account_id IS NOT NULL "
            f"AND ordered_date <= last_day(month) AND ordered_date > last_day(month) - INTERVAL 12 MONTH)"
        )


MEANINGS = {
    "revenue": "customers with recurring revenue in the month",
    "accounts": "customers who had started and not ended in the month",
    "orders": "customers who ordered in the twelve months to the month's end",
}


def exposure(tables: Tables) -> Exposure | Missing:
    """The best source of active customers the client supplied; the first choice as `Missing` when there is none."""
    for candidate in CANDIDATES:
        if tables.lacking({candidate.name: candidate.columns}):
            continue
        column = {"revenue": "month", "accounts": "started", "orders": "ordered_date"}[candidate.name]
        span = seen(tables, candidate.name, column)
        if span is None:
            continue
        if candidate.name == "accounts":
            span = Window(first=span.first, last=last_complete_month(tables.as_of))
        meaning = MEANINGS[candidate.name]
        if candidate.name == "accounts" and "ended" not in candidate.columns:
            meaning = "customers who had started by the month; who left is not recorded"
        return Exposure(table=candidate.name, meaning=meaning, span=span)
    return CANDIDATES[0]


def by_month(tables: Tables, found: Exposure, window: Window) -> pd.DataFrame:
    """Active customers per month of the window: month, customers; months without any are absent."""
    return tables.frame(
        f"SELECT month, count(*) AS customers FROM {found.active(window)} GROUP BY month ORDER BY month"
    )

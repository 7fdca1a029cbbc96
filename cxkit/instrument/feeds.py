"""The feeds: what arrives of each signal, until when, and how complete."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from cxkit.metrics.windows import last_complete_month, months_between
from cxkit.records import Missing
from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.cut import quoted
from cxkit.tables.engine import Tables

SIGNALS: Mapping[str, tuple[str, ...]] = {
    "crm": ("accounts", "people"),
    "billing": ("revenue", "subscriptions", "invoices"),
    "orders": ("orders",),
    "support": ("tickets", "contact_volume"),
    "voc": ("surveys",),
    "telemetry": ("events",),
}
"""Signal → tables that carry it."""
NAMES: Mapping[str, str] = {"crm": "CRM", "voc": "feedback"}


def named(signal: object) -> str:
    """A signal, or a system that is called after one, as a reader knows it.

    >>> named("voc"), named("billing"), named("Ticket desk")
    ('feedback', 'billing', 'Ticket desk')
    """
    return NAMES.get(str(signal), str(signal))


STANDING = frozenset({"accounts", "people", "subscriptions"})
"""Lists that may well gain no row for months; they are never called stale."""
SLOW = STANDING | {"revenue", "invoices"}
"""Tables that are not expected to gain a row every week."""
PATIENCE_DAYS = 7
SLOW_DAYS = 31
"""Days without a row after which a feed counts as ended early, unless a slower refresh is declared."""
KEYED = 0.9
"""Share of rows with a customer key below which a feed counts as incomplete."""


def day_column(table: str) -> str:
    """SQL of the day a row of this table belongs to; a month counts until its last day."""
    column = CONTRACTS[table].column(CONTRACTS[table].appearance)
    if column.type == "month":
        return f"last_day({quoted(column.name)})"
    return quoted(f"{column.name}_date" if column.type == "timestamp" else column.name)


def places(tables: Tables, table: str) -> bool:
    """Whether rows of this table can say to which moment they belong."""
    return "moment_id" in tables.supplied(table)


def carriers(tables: Tables, signal: str) -> tuple[str, ...]:
    """Tables present that carry a signal; of the billing shapes the one that the others lead to."""
    found = tuple(t for t in SIGNALS[signal] if t in tables.present)
    return found[:1] if signal == "billing" else found


def feeds(tables: Tables, declared: Mapping[str, tuple[list[str], float | None]]) -> pd.DataFrame:
    """One row per table and, where rows name it, system.

    `declared` maps a signal to the systems said to hold it and the slowest refresh in hours. Columns: feed, signal,
    system, declared_by, rows, first_seen, last_seen, days_behind, patience_days, stale, months_missing, with_customer,
    with_moment (shares of rows; missing where the table has no such column).
    """
    frames = []
    for signal in SIGNALS:
        for table in carriers(tables, signal):
            supplied, names = tables.supplied(table), {c.name for c in CONTRACTS[table].columns}
            system = "coalesce(system, '')" if "system" in supplied else "''"
            key = "account_id" if "account_id" in supplied else "NULL"
            moment = "moment_id" if "moment_id" in supplied else "NULL"
            day = day_column(table)
            rows = tables.frame(f"""
                SELECT {system} AS system, count(*) AS rows, CAST(min({day}) AS VARCHAR) AS first_seen,
                  CAST(max({day}) AS VARCHAR) AS last_seen, count({key})::DOUBLE / count(*) AS with_customer,
                  count({moment})::DOUBLE / count(*) AS with_moment,
                  count(DISTINCT date_trunc('month', {day})) AS months_seen
                FROM {quoted(table)} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20
            """)
            if table == "accounts" or "account_id" not in names:
                rows["with_customer"] = float("nan")
            if "moment_id" not in names:
                rows["with_moment"] = float("nan")
            rows.insert(0, "feed", table)
            rows.insert(1, "signal", signal)
            systems, refresh = declared.get(signal, ([], None))
            rows.insert(3, "declared_by", ", ".join(systems))
            patience = SLOW_DAYS if table in SLOW else PATIENCE_DAYS
            rows["patience_days"] = max(patience, round((refresh or 0) / 24) + 1)
            frames.append(rows)
    if not frames:
        return pd.DataFrame(columns=["feed", "signal", "system", "rows", "stale"])
    every = pd.concat(frames, ignore_index=True)
    last = [_day(v) for v in every["last_seen"]]
    every["days_behind"] = pd.Series([(tables.as_of - d).days if d else None for d in last], dtype="float64")
    every["stale"] = (every["days_behind"] > every["patience_days"]) & ~every["feed"].isin(STANDING)
    every["months_missing"] = [
        _missing(_day(first), tables.as_of, int(seen)) if table not in STANDING else 0
        for first, seen, table in zip(every["first_seen"], every["months_seen"], every["feed"], strict=True)
    ]
    return every.drop(columns=["months_seen"])


def moment_rows(tables: Tables, signal: str) -> pd.DataFrame | None:
    """Rows and last day per moment of the register, for the tables of a signal; None when none can be placed."""
    found = [t for t in carriers(tables, signal) if places(tables, t)]
    if not found or isinstance(tables.require("moments", "moment_id"), Missing):
        return None
    union = " UNION ALL ".join(f"SELECT moment_id, {day_column(t)} AS day FROM {quoted(t)}" for t in found)
    rows = tables.frame(
        f"WITH u AS ({union}) SELECT moment_id, count(*) AS rows, CAST(max(day) AS VARCHAR) AS last_seen FROM u "
        "WHERE moment_id IN (SELECT moment_id FROM moments) GROUP BY 1 ORDER BY 1"
    )
    return rows if len(rows) else None


def _day(value: object) -> date | None:
    return date.fromisoformat(str(value)[:10]) if isinstance(value, str) else None


def _missing(first: date | None, as_of: date, seen: int) -> int:
    if first is None:
        return 0
    return max(0, months_between(first, last_complete_month(as_of)) + 1 - seen)

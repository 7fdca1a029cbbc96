"""What a client's tables can count of an assumption: contacts, customers, revenue a year, cost of a contact, margin.

A counterpart is only used where it matched the assumption in the twelve months before approval, or where the base's
unit names everything the table counts and lies within a half of it: an assumption about a part of what a table holds,
or in another unit, is not mistaken for one that drifted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

import pandas as pd
from scipy import stats

from cxkit.metrics.contact_cost import contact_cost
from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.estimates import wilson
from cxkit.metrics.exposure import by_month, exposure
from cxkit.metrics.windows import Window, add_months, month_of, seen, window_to
from cxkit.records import Missing
from cxkit.tables.cut import text_literal
from cxkit.tables.engine import Tables

YEAR = 12
WORDS: Mapping[str, frozenset[str]] = {
    "complaints": frozenset(("complaint", "complaints")),
    "contacts": frozenset(("contact", "contacts", "ticket", "tickets", "call", "calls", "repairs", "enquiries")),
    "orders": frozenset(("order", "orders", "purchases")),
    "revenue": frozenset(("revenue", "arr", "mrr")),
    "customers": frozenset(("customer", "customers", "account", "accounts", "home", "homes", "household", "households",
                            "user", "users", "subscriber", "subscribers")),
}  # fmt: skip
"""What is counted → words of a base's unit that name it."""
FILLERS = frozenset(("a", "per", "year", "yearly", "of", "all", "our"))
NEAR = 1.5
COST_DRIVERS = ("deflection", "recontact", "complaints")


class Count(NamedTuple):
    """A counterpart over twelve months, with limits for its underlying level."""

    value: float
    low: float
    high: float
    what: str
    source: str
    """The table it is counted in."""


def counterparts(
    tables: Tables, name: str, *, base_unit: str, driver: str, moment: str | None, until: date, chance: float
) -> Iterator[Count]:
    """What can be counted of an assumption in the twelve months to `until`, the likeliest counterpart first.

    `chance` is that of either limit being passed by noise alone.
    """
    window = window_to(month_of(until), YEAR)
    words = set(re.findall(r"[a-z]+", base_unit.casefold()))
    kind = next((kind for kind, known in WORDS.items() if words & known), "")
    match name:
        case "base" if kind:
            for where, what in _where(tables, kind, moment):
                months = _months(tables, kind, where, window)
                if months is not None and len(months) == YEAR:
                    yield _year(months, chance, what, kind, _counted_in(tables, kind))
        case "unit_value" if driver in COST_DRIVERS or kind == "contacts":
            found = contact_cost(tables, window) if "tickets" in tables.present else None
            if found is not None:
                yield Count(found, found, found, "cost of a contact", "costs")
        case "unit_value" if kind == "customers":
            for each, what in _per_customer(tables, window):
                yield Count(each, each, each, what, "revenue")
        case "margin":
            share = _margin(tables, window)
            if share is not None:
                yield Count(share, share, share, "contribution margin of the profit and loss account", "pnl")


def adopted(tables: Tables, initiative: str, chance: float) -> Count | None:
    """Share of those given an initiative's change that really met it, over its tests; else of the people trained."""
    needs = {"exposures": ("experiment_id", "unit_id"), "assignments": ("experiment_id", "unit_id", "arm")}
    if not tables.lacking(needs | {"experiments": ("experiment_id", "initiative_id", "control_arm")}):
        row = tables.frame(f"""
            SELECT count(*) AS n, count(x.unit_id) AS met FROM experiments e
            JOIN assignments a ON a.experiment_id = e.experiment_id AND a.arm <> e.control_arm
            LEFT JOIN (SELECT DISTINCT experiment_id, unit_id FROM exposures) x
              ON x.experiment_id = a.experiment_id AND x.unit_id = a.unit_id
            WHERE e.initiative_id = {text_literal(initiative)}
              AND e.experiment_id IN (SELECT experiment_id FROM exposures)
        """).iloc[0]
        if row["n"] >= 30:
            share, n = float(row["met"]) / float(row["n"]), float(row["n"])
            low, high = wilson(share, n, quantile=float(stats.norm.isf(chance)))
            return Count(share, low, high, "units of the test that met the change", "exposures")
    return None


def _where(tables: Tables, kind: str, moment: str | None) -> Iterator[tuple[str, str]]:
    """Conditions that narrow a count, with their names: everything first, then the initiative's moment."""
    yield "true", f"{kind} a year"
    if kind in ("contacts", "complaints") and moment and "moment_id" in tables.supplied("tickets"):
        yield f"moment_id = {text_literal(moment)}", f"{kind} a year at moment {moment}"
    if kind == "customers":
        yield "new", "customers who joined in a year"


def _months(tables: Tables, kind: str, where: str, window: Window) -> pd.Series | None:
    """The figure of each month of the window, oldest first; None where the table does not hold all of it."""
    if kind in ("contacts", "complaints"):
        needed = ("ticket_id", "opened") + (("complaint",) if kind == "complaints" else ())
        if isinstance(tables.require("tickets", *needed), Missing) or not _holds(
            tables, "tickets", "opened_date", window
        ):
            return None
        own = " AND coalesce(complaint, false)" if kind == "complaints" else ""
        month = "CAST(date_trunc('month', opened_date) AS DATE)"
        return _filled(tables, f"SELECT {month} AS month, count(*)::DOUBLE AS value FROM tickets "
                       f"WHERE ({where}){own} AND {window.holds('opened_date')} GROUP BY 1", window)  # fmt: skip
    if kind == "orders":
        if isinstance(tables.require("orders", "ordered"), Missing) or not _holds(
            tables, "orders", "ordered_date", window
        ):
            return None
        month = "CAST(date_trunc('month', ordered_date) AS DATE)"
        return _filled(tables, f"SELECT {month} AS month, count(*)::DOUBLE AS value FROM orders "
                       f"WHERE {window.holds('ordered_date')} GROUP BY 1 ORDER BY 1", window)  # fmt: skip
    if kind == "revenue":
        relation = in_one_currency(tables, "revenue", ("mrr",), at=window.opening)
        if isinstance(relation, Missing) or not _holds(tables, "revenue", "month", window):
            return None
        return _filled(tables, f"SELECT month, sum(mrr)::DOUBLE AS value FROM {relation} "
                       f"WHERE {window.holds('month')} GROUP BY 1 ORDER BY 1", window)  # fmt: skip
    found = exposure(tables)
    if isinstance(found, Missing) or window.first < found.span.first or window.last > found.span.last:
        return None
    if where == "new":
        return _joined(tables, found.active(Window(first=found.span.first, last=window.last)), window, found.span.first)
    counts = by_month(tables, found, window)
    return pd.Series(counts["customers"].to_numpy(dtype=float)) if len(counts) == YEAR else None


def _joined(tables: Tables, active: str, window: Window, first: date) -> pd.Series | None:
    if window.first <= first:
        return None
    return _filled(tables, f"SELECT month, count(*)::DOUBLE AS value FROM (SELECT account_id, min(month) AS month FROM "
                   f"{active} GROUP BY 1) WHERE {window.holds('month')} GROUP BY 1 ORDER BY 1", window)  # fmt: skip


def _holds(tables: Tables, table: str, day: str, window: Window) -> bool:
    span = seen(tables, table, day)
    return span is not None and span.first <= window.first and window.last <= span.last


def _filled(tables: Tables, query: str, window: Window) -> pd.Series:
    rows = tables.frame(query)
    known = {pd.Timestamp(m).date(): float(v) for m, v in zip(rows["month"], rows["value"], strict=True)}
    return pd.Series([known.get(m, 0.0) for m in window.months])


def _year(months: pd.Series, chance: float, what: str, kind: str, source: str) -> Count:
    """A year's figure and its limits: twelve months (of customers their mean), seen through their variation."""
    n, mean = len(months), float(months.mean())
    times = 1.0 if what == "customers a year" else float(n)
    rest = (months - mean).to_numpy()
    squares = float((rest**2).sum())
    near = float((rest[1:] * rest[:-1]).sum()) / squares if squares > 0 else 0.0
    near = min((n * near + 1) / (n - 3), 0.8)
    near = near if near > 1 / math.sqrt(n) else 0.0
    spread = math.sqrt(max(squares / (n - 1), mean if kind in ("contacts", "complaints", "orders") else 0.0) / n)
    half = float(stats.t.isf(chance, n - 1)) * spread * math.sqrt((1 + near) / (1 - near))
    low, high = max(mean - half, 0.0) * times, (mean + half) * times
    said = "customers" if what == "customers a year" else what
    return Count(mean * times, low, high, said, source)


def _counted_in(tables: Tables, kind: str) -> str:
    """The table in which something is counted."""
    if kind == "customers":
        found = exposure(tables)
        return "accounts" if isinstance(found, Missing) else found.table
    return "tickets" if kind in ("contacts", "complaints") else kind


def _per_customer(tables: Tables, window: Window) -> Iterator[tuple[float, str]]:
    """Recurring revenue of a customer, a year and a month."""
    if isinstance(tables.require("revenue", "account_id", "month", "mrr"), Missing) or not _holds(
        tables, "revenue", "month", window
    ):
        return
    relation = in_one_currency(tables, "revenue", ("mrr",), at=window.opening)
    if isinstance(relation, Missing):
        return
    row = tables.frame(f"SELECT sum(mrr)::DOUBLE AS mrr, count(*)::DOUBLE AS n FROM {relation} "
                       f"WHERE mrr > 0 AND {window.holds('month')}").iloc[0]  # fmt: skip
    if row["n"]:
        yield float(row["mrr"]) / float(row["n"]) * YEAR, "revenue of a customer a year"
        yield float(row["mrr"]) / float(row["n"]), "revenue of a customer a month"


def _margin(tables: Tables, window: Window) -> float | None:
    """Revenue less cost of goods and cost of service, as a share of revenue; None unless all three are booked."""
    if isinstance(tables.require("pnl", "month", "kind", "amount"), Missing) or not _holds(
        tables, "pnl", "month", window
    ):
        return None
    relation = in_one_currency(tables, "pnl", ("amount",), at=window.opening)
    if isinstance(relation, Missing):
        return None
    row = tables.frame(f"""
        SELECT sum(amount) FILTER (kind IN ('recurring_revenue', 'other_revenue'))::DOUBLE AS revenue,
          sum(amount) FILTER (kind = 'cost_of_goods')::DOUBLE AS goods,
          sum(amount) FILTER (kind = 'service_cost')::DOUBLE AS service
        FROM {relation} WHERE {window.holds("month")}
    """).iloc[0]
    if row.isna().any() or row["revenue"] <= 0:
        return None
    return float((row["revenue"] - abs(row["goods"]) - abs(row["service"])) / row["revenue"])


def year_before(day: date) -> date:
    """The last whole month before a day."""
    return add_months(month_of(day), -1)


def matches(count: Count, row: Mapping[str, Any], tolerance: float) -> bool:
    """Whether a counterpart's value lies in an assumption's range."""
    low, high = span(row, tolerance)
    return low <= count.value <= high


def whole(base_unit: str) -> bool:
    """Whether a unit names everything a table counts, and no part of it.

    >>> whole("contacts a year"), whole("integration contacts a year"), whole("homes")
    (True, False, True)
    """
    words = set(re.findall(r"[a-z]+", base_unit.casefold())) - FILLERS
    return bool(words) and any(words <= known for known in WORDS.values())


def near(count: Count, row: Mapping[str, Any]) -> bool:
    """Whether a count is so close to an assumption, within a half, that the same thing must be meant."""
    value = float(row["value"])
    return value > 0 and 1 / NEAR <= count.value / value <= NEAR


def span(row: Mapping[str, Any], tolerance: float) -> tuple[float, float]:
    """The range an assumption was approved with; the tolerance where none, or none of any width, was written down.

    >>> span({"value": 10.0, "low": None, "high": None}, 0.2), span({"value": 10.0, "low": 9.0, "high": 14.0}, 0.2)
    ((8.0, 12.0), (9.0, 14.0))
    """
    value, low, high = float(row["value"]), row.get("low"), row.get("high")
    if low is None or high is None or high <= low:
        return value - tolerance * abs(value), value + tolerance * abs(value)
    return float(low), float(high)

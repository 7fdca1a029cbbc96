"""What drives cost and demand: cost to serve by driver, contacts per problem, complaints, orders and market share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import pandas as pd

from cxkit.metrics import alarms
from cxkit.metrics.complaints import complaint_rate
from cxkit.metrics.exposure import Exposure, exposure
from cxkit.quantify.drivers_cost import CostDrivers, categories, driver_costs
from cxkit.quantify.drivers_demand import (
    Problem,
    Rate,
    Windows,
    complaint_rates,
    contact_money,
    problem_column,
    problems,
    ticket_windows,
)
from cxkit.quantify.drivers_sales import MarketShare, OrderBook, market_shares, order_book
from cxkit.quantify.drivers_sales_sentences import marketed, ordered
from cxkit.quantify.drivers_sentences import complaining, dearest, grown, moved, repeated
from cxkit.quantify.sentences import untied
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.engine import Tables

SPENT = 0.2
"""Part of the share of false alarms of ``mix`` that is spent here; `voice` spends the rest."""
FAMILIES = 4
"""Growth of cost, contacts, complaints, orders: each may spend an equal part."""
CONTACT_DRIVERS = frozenset({"contacts", "handling"})
LEVEL = alarms.share("mix") * SPENT / FAMILIES


class Drivers(Result):
    """Cost to serve, contacts, complaints, orders and market share, each by what moves it, against a year earlier.

    Tables: `cost` (driver, total, share, rate, low, high, n, rate_before, change, change_low, change_high, what,
    occurrences, occurrences_before, unit_cost, unit_cost_before, by_volume, by_unit_cost), `categories` (driver,
    category, serves, cost), `contacts` (problem, contacts, rate, low, high, rate_before, change, change_low,
    change_high, problems, per_problem, per_problem_low, per_problem_high, per_problem_before, repeats,
    money_per_contact, repeat_money), `complaints` (dimension, group, complaints, rate, low, high, rate_before, change,
    change_low, change_high), `orders` (product, orders, orders_before, change, change_low, change_high, p, value,
    value_before, quantity, quantity_before, buyers, buyers_before, returned), `market` (segment, months, revenue,
    market, share, revenue_before, market_before, share_before, growth, market_growth, source). Cost is per customer and
    month; contacts and complaints per 1,000 customers and month; totals are those of the window, never scaled up.
    """

    stage: ClassVar[str] = "quantify"
    name: ClassVar[str] = "drivers"

    window_months: int = 12
    currency: str = ""


@dataclass
class _Made:
    """What has been made so far."""

    findings: list[Finding] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)

    def lacks(self, name: str, what: str, missing: Missing) -> None:
        """Add a gap for a table or columns that were not supplied."""
        reason = f"{what} needs {missing}: {missing.why}."
        self.gaps.append(Gap(id=f"quantify.drivers.{name}", what=what, reason=reason, needs=(missing,)))

    def short(self, name: str, what: str, reason: str) -> None:
        """Add a gap that more months would fill."""
        self.gaps.append(Gap(id=f"quantify.drivers.{name}", what=what, reason=reason))

    def tell(self, *found: Finding | None) -> None:
        """Add the findings there are."""
        self.findings += [f for f in found if f is not None]


def drivers(tables: Tables, *, window_months: int, provisional: tuple[str, ...] = ()) -> Drivers:
    """What drives cost and demand over the last `window_months` complete months; what cannot be assessed is a gap.

    `provisional` names tables that do not tie to the books; findings that rest on costs say so.
    """
    found = exposure(tables)
    made = _Made()
    if isinstance(found, Missing):
        made.lacks("cost", "Cost to serve by driver", found)
        made.lacks("contacts", "Contacts per problem", found)
    else:
        cost = _cost(tables, found, window_months, made, untied("costs", provisional))
        windows = _tickets(tables, found, window_months, made)
        if windows is not None:
            _contacts(tables, found, windows, cost, made)
            _complaints(tables, found, windows, made)
    _orders(tables, window_months, made)
    _market(tables, window_months, made)
    return Drivers(
        as_of=tables.as_of,
        window_months=window_months,
        currency=tables.currency,
        findings=tuple(made.findings),
        gaps=tuple(made.gaps),
        tables={name: frame for name, frame in made.frames.items() if len(frame)},
    )


def _cost(tables: Tables, found: Exposure, months: int, made: _Made, note: str) -> CostDrivers | None:
    what = "Cost to serve by driver"
    cost = driver_costs(tables, found, months)
    if isinstance(cost, Missing):
        made.lacks("cost", what, cost)
        return None
    if cost is None:
        made.short("cost", what, "There is no complete month with both costs and customers.")
        return None
    if not cost.driven:
        made.lacks("cost", "What drives each cost", Missing(name="costs", columns=("driver",)))
    made.tell(dearest(cost, tables.currency, untied=note), grown(cost, tables.currency, level=LEVEL, untied=note))
    made.frames["cost"] = _cost_frame(cost)
    made.frames["categories"] = categories(tables, cost)
    return cost


def _tickets(tables: Tables, found: Exposure, months: int, made: _Made) -> Windows | None:
    what = "Contacts per problem"
    lacks = tables.require("tickets", "ticket_id", "opened", "account_id")
    if isinstance(lacks, Missing):
        made.lacks("contacts", what, lacks)
        return None
    windows = ticket_windows(tables, found, months)
    if windows is None:
        made.short("contacts", what, "There is no complete month with both tickets and customers.")
    return windows


def _contacts(tables: Tables, found: Exposure, windows: Windows, cost: CostDrivers | None, made: _Made) -> None:
    column, window = problem_column(tables), windows[0]
    if column is None:
        made.lacks("contacts", "Contacts per problem", Missing(name="tickets", columns=("reason",)))
        return
    paid = 0.0
    if cost is not None and cost.driven and cost.window == window:
        paid = sum(d.total for d in cost.drivers if d.driver in CONTACT_DRIVERS)
    told = problems(tables, found, windows, column, contact_money(tables, window, column, paid))
    made.tell(repeated(told, window, tables.currency))
    made.tell(*moved(told, window, tables.currency, level=LEVEL, table=found.table))
    made.frames["contacts"] = _contact_frame(told)


def _complaints(tables: Tables, found: Exposure, windows: Windows, made: _Made) -> None:
    if "complaint" not in tables.supplied("tickets"):
        made.lacks("complaints", "Complaints by group", Missing(name="tickets", columns=("complaint",)))
        return
    rates = complaint_rates(tables, found, windows)
    whole = complaint_rate(tables, found, windows[0])
    if not isinstance(whole, Missing):
        made.tell(complaining(rates, whole, windows[0], level=LEVEL, table=found.table))
    made.frames["complaints"] = pd.DataFrame(_rate_row(r) for r in rates)


def _orders(tables: Tables, months: int, made: _Made) -> None:
    book = order_book(tables, months)
    if isinstance(book, Missing):
        made.lacks("orders", "Orders per product", book)
    elif book is None:
        made.short("orders", "Orders per product", "There is no complete month of orders.")
    else:
        made.tell(*ordered(book, tables.currency, level=LEVEL))
        made.frames["orders"] = _order_frame(book)


def _market(tables: Tables, months: int, made: _Made) -> None:
    shares = market_shares(tables, months)
    if isinstance(shares, Missing):
        made.lacks("market", "Market share", shares)
    elif not shares:
        reason = "There is no complete month with both revenue and the size of the market."
        made.short("market", "Market share", reason)
    else:
        made.tell(*(marketed(s) for s in shares if s.segment == "all"))
        made.frames["market"] = pd.DataFrame(_market_row(s) for s in shares)


def _cost_frame(made: CostDrivers) -> pd.DataFrame:
    rows = []
    for d in made.drivers:
        change, parts = d.change, d.occurrences
        rows.append({
            "driver": d.driver, "total": d.total, "share": d.share, "rate": d.estimate.value, "low": d.estimate.low,
            "high": d.estimate.high, "n": d.estimate.n, "rate_before": d.before.value if d.before else None,
            "change": change.value if change else None, "change_low": change.low if change else None,
            "change_high": change.high if change else None, "what": parts.what if parts else None,
            "occurrences": parts.n if parts else None, "occurrences_before": parts.n_before if parts else None,
            "unit_cost": parts.unit_cost if parts else None,
            "unit_cost_before": parts.unit_cost_before if parts else None,
            "by_volume": parts.by_volume if parts else None, "by_unit_cost": parts.by_unit_cost if parts else None,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _contact_frame(made: list[Problem]) -> pd.DataFrame:
    rows = []
    for p in made:
        change, before = p.rate.change, p.per_problem_before
        rows.append({
            "problem": p.rate.group, "contacts": p.contacts, "rate": p.rate.estimate.value, "low": p.rate.estimate.low,
            "high": p.rate.estimate.high, "rate_before": p.rate.before.value if p.rate.before else None,
            "change": change.value if change else None, "change_low": change.low if change else None,
            "change_high": change.high if change else None, "problems": p.problems, "per_problem": p.per_problem.value,
            "per_problem_low": p.per_problem.low, "per_problem_high": p.per_problem.high,
            "per_problem_before": before.value if before else None, "repeats": p.repeats,
            "money_per_contact": p.money_per_contact, "repeat_money": p.repeat_money if p.money_per_contact else None,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _rate_row(rate: Rate) -> dict[str, object]:
    made, change = rate.estimate, rate.change
    return {
        "dimension": rate.dimension, "group": rate.group, "complaints": made.n, "rate": made.value, "low": made.low,
        "high": made.high, "rate_before": rate.before.value if rate.before else None,
        "change": change.value if change else None, "change_low": change.low if change else None,
        "change_high": change.high if change else None,
    }  # fmt: skip


def _order_frame(book: OrderBook) -> pd.DataFrame:
    return pd.DataFrame({
        "product": p.product, "orders": p.orders, "orders_before": p.orders_before if book.before else None,
        "change": p.change.value, "change_low": p.change.low, "change_high": p.change.high, "p": p.p, "value": p.value,
        "value_before": p.value_before if book.before else None, "quantity": p.quantity,
        "quantity_before": p.quantity_before if book.before else None, "buyers": p.buyers,
        "buyers_before": p.buyers_before if book.before else None, "returned": p.returned,
    } for p in book.products)  # fmt: skip


def _market_row(s: MarketShare) -> dict[str, object]:
    return {
        "segment": s.segment, "months": s.months, "revenue": s.revenue, "market": s.market, "share": s.share,
        "revenue_before": s.revenue_before, "market_before": s.market_before, "share_before": s.share_before,
        "growth": s.growth, "market_growth": s.market_growth, "source": s.source,
    }  # fmt: skip

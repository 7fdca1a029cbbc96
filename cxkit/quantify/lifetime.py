"""Lifetime value: what a customer is worth over a stated horizon, by a model that follows the shape of the table."""

from __future__ import annotations

from typing import ClassVar, Literal

import pandas as pd

from cxkit import errors
from cxkit.metrics.windows import Window
from cxkit.quantify import lifetime_contracts as by_contract
from cxkit.quantify import lifetime_histories
from cxkit.quantify import lifetime_orders as by_order
from cxkit.quantify.lifetime_sentences import Told, findings
from cxkit.quantify.margin import contribution_margin
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.engine import Tables

Shape = Literal["contracts", "orders", ""]
CURVE_MONTHS = 60
RENEWALS = (
    "Customers have contracts, so the model is one of renewals; a model of purchases (BG/NBD) is refused, because a "
    "known day of leaving is nothing to guess."
)
PURCHASES = (
    "Customers have no contract: that one has left is inferred from how long the next order is overdue (BG/NBD), and "
    "what an order is worth from their own orders and everybody's (Gamma–Gamma)."
)
REVENUE = Missing(name="revenue", columns=("account_id", "month", "mrr"))
ORDERS = Missing(name="orders", columns=("account_id", "ordered", "amount"))


class LifetimeValue(Result):
    """What a new customer and today's customers are worth over the horizon, as contribution, discounted to `as_of`.

    Tables:

    - `values`: dimension (``all``, segment, product; channel or product of the first order), group, customers, value,
      low, high (a new customer), book, book_low, book_high (today's customers together), note (why there is no value
      or interval). Contracts also have lost, monthly_revenue, kept_12 (share still there after twelve renewals),
      observed_months, beyond (share of the value that rests on the model alone), p, phi, loglik. Orders also have
      repeaters, repeat_orders with interval (of a new customer), active with interval (customers likely still
      active), spend, first_value, r, alpha, a, b, loglik, p, q, gamma; time in weeks.
    - `curve` (contracts): month, observed, low, high, model, path, extrapolated: share of new customers still there.
    - `orders_curve` (orders): month, observed, model, predicted: repeat orders of those first seen in the first half.
    - `check`: what, period, customers, predicted, low, high, actual, error: a later part held out and predicted.
    - `independence` (orders): correlation, low, high, customers, verdict.
    """

    stage: ClassVar[str] = "quantify"
    name: ClassVar[str] = "lifetime"

    currency: str = ""
    shape: Shape = ""
    why_model: str = ""
    """Why this model and no other, in words."""
    horizon_months: int = 36
    discount_rate: float = 0.0
    margin: float | None = None
    margin_words: str = ""


def lifetime_value(
    tables: Tables,
    *,
    horizon_months: int,
    discount_rate: float,
    default_margin: float | None,
    seed: int = 0,
) -> LifetimeValue:
    """What customers are worth over `horizon_months`; what cannot be assessed is a gap, never a guess.

    Contracts (`revenue`, derived from `subscriptions` or `invoices` where needed): the hazard of leaving by tenure
    month over the last two years, as far as at least 50 customers were seen at that tenure, the shifted
    beta-geometric model beyond; the price stays at the average of the last twelve months. `orders` without contracts:
    BG/NBD with Gamma–Gamma, or with the plain mean of orders where frequency and spend go together. Money is
    contribution: `default_margin`, else the margin of a P&L that shows it. The first payment of a new customer comes
    at the end of month 1 (contracts) or today (orders). Intervals are analytical (delta method, customers resampled)
    and draw nothing, so `seed` changes no figure; it is taken because every stage takes one.
    """
    del seed
    if horizon_months < 1:
        raise errors.ParameterError(f"horizon_months is {horizon_months}; a lifetime value needs at least one month.")
    margin = contribution_margin(tables, default_margin)
    share = None if isinstance(margin, Missing) else margin.value
    made: dict[str, pd.DataFrame] = {}
    gaps: list[Gap] = []
    shape: Shape = ""
    told: list[Finding] = []
    facts = {"currency": tables.currency, "horizon": horizon_months, "rate": discount_rate}
    sources = () if isinstance(margin, Missing) else margin.sources
    words = "" if isinstance(margin, Missing) else margin.words
    contracts = by_contract.contracts(tables)
    if isinstance(contracts, by_contract.Contracts):
        shape = "contracts"
        made["values"], paths = by_contract.values(
            tables, contracts, margin=share, horizon=horizon_months, rate=discount_rate
        )
        if (path := paths.get("all:all")) is not None:
            made["curve"] = by_contract.curve(path, max(CURVE_MONTHS, horizon_months))
        checked = by_contract.check(tables, contracts)
        window = Window(first=contracts.window.first, last=contracts.last).label
        sources = ("revenue", *(["accounts"] if "accounts" in tables.present else []), *sources)
    elif isinstance(contracts, Missing) and "subscriptions" not in tables.present:
        orders = lifetime_histories.orders(tables)
        if not isinstance(orders, lifetime_histories.Orders):
            return _nothing(tables, horizon_months, discount_rate, orders, contracts)
        shape = "orders"
        made["values"], fitted = by_order.values(
            tables, orders, margin=share, horizon=horizon_months, rate=discount_rate
        )
        if isinstance(fitted, by_order.Fitted) and fitted.independent is not None:
            made["independence"] = pd.DataFrame([fitted.independent.model_dump()])
        both = by_order.check(tables, orders)
        checked = both[0] if both else None
        if both:
            made["orders_curve"] = both[1]
        window = Window(first=orders.first.replace(day=1), last=orders.last.replace(day=1)).label
        sources = ("orders", *sources)
    else:
        return _nothing(tables, horizon_months, discount_rate, contracts, contracts)
    if checked is not None:
        made["check"] = pd.DataFrame([checked])
    if isinstance(margin, Missing):
        gaps.append(_margin_gap(margin))
    why = RENEWALS if shape == "contracts" else PURCHASES
    told = findings(made, Told(shape=shape, margin=words, why=why, period=window, sources=sources, **facts))
    first = made["values"].iloc[0]
    if "note" in first and first["note"] and (share is None or pd.isna(first.get("value"))):
        gaps.append(_gap(f"No lifetime value for all customers together: {first['note']}."))
    return LifetimeValue(
        as_of=tables.as_of,
        currency=tables.currency,
        shape=shape,
        why_model=why,
        horizon_months=horizon_months,
        discount_rate=discount_rate,
        margin=share,
        margin_words=words,
        findings=tuple(told),
        gaps=tuple(gaps),
        tables=made,
    )


def _gap(reason: str, *needs: Missing) -> Gap:
    return Gap(id="quantify.lifetime.customer", what="Lifetime value of a customer", reason=reason, needs=needs)


def _margin_gap(margin: Missing) -> Gap:
    return _gap(
        f"Revenue is not value: it needs a contribution margin, and {margin.why}. State default_margin in client.yml, "
        "or supply a profit and loss account with cost of goods and service cost.",
        margin,
    )


def _nothing(
    tables: Tables, horizon: int, rate: float, why: Missing | str | object, contracts: Missing | str | object
) -> LifetimeValue:
    if isinstance(why, str):
        gap = _gap(f"It cannot be modelled: {why}.")
    elif isinstance(contracts, Missing) and contracts.why != "not supplied":
        gap = _gap(f"Customers have contracts, but {contracts.why}.", contracts)
    elif isinstance(why, Missing) and why.name == "fx":
        gap = _gap(f"It needs {why}: {why.why}.", why)
    else:
        gap = _gap("It needs recurring revenue by customer and month, or orders by customer.", REVENUE, ORDERS)
    return LifetimeValue(
        as_of=tables.as_of, currency=tables.currency, horizon_months=horizon, discount_rate=rate, gaps=(gap,)
    )

"""Orders of each product against a year earlier, and revenue as a share of the market."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
from scipy import stats

from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.estimates import MINIMUM_CLUSTERS, MINIMUM_N, Estimate, t_quantile
from cxkit.metrics.windows import Window, add_months, seen
from cxkit.quantify.measure import YEAR
from cxkit.records import Missing, Number, Record
from cxkit.tables.engine import Tables

ALL = "all products"
MOST = 40
EARLY_DAY = 5


class ProductOrders(Record):
    """Orders of one product in both windows."""

    product: str
    orders: int
    orders_before: int
    value: Number
    value_before: Number
    quantity: Number | None
    quantity_before: Number | None
    buyers: int
    buyers_before: int
    returned: Number | None
    """Share of the window's orders sent back so far."""
    change: Estimate
    """Relative change of orders: −0.1 is a tenth fewer."""
    p: Number
    """Chance of a change as large when there is none."""


class OrderBook(Record):
    """Every product with orders, most valuable first, and all of them together."""

    window: Window
    before: Window | None
    products: tuple[ProductOrders, ...]


def order_book(tables: Tables, months: int) -> OrderBook | Missing | None:
    """Orders of the last `months` complete months by product; None without a complete month.

    An order counts once for each product it holds. Buyers are resampled, each with both of their years.
    """
    if isinstance(lacks := tables.require("orders", "account_id", "ordered", "amount"), Missing):
        return lacks
    span = seen(tables, "orders", "ordered_date")
    if span is None:
        return None
    begun = tables.frame("SELECT day(min(ordered_date)) AS first FROM orders")["first"].iloc[0]
    first = add_months(span.first, 1) if int(begun) > EARLY_DAY else span.first
    if first > span.last:
        return None
    window = Window(first=max(first, add_months(span.last, 1 - months)), last=span.last)
    earlier = window.back(YEAR) if len(window) == months and window.back(YEAR).first >= first else None
    relation = in_one_currency(tables, "orders", ("amount",), at=window.opening)
    if isinstance(relation, Missing):
        return relation
    supplied = tables.supplied("orders")
    named = "coalesce(product, 'not stated')" if "product" in supplied else "'not stated'"
    parts = [_counted(tables, relation, f"'{ALL}'", window, earlier)]
    if "product" in supplied:
        parts.append(_counted(tables, relation, named, window, earlier))
    rows = pd.concat(parts, ignore_index=True)
    made = tuple(_product(row, supplied, earlier is not None) for row in rows.to_dict("records"))
    return OrderBook(window=window, before=earlier, products=made)


def _counted(tables: Tables, relation: str, product: str, window: Window, earlier: Window | None) -> pd.DataFrame:
    was = earlier.holds("ordered_date") if earlier else "false"
    now = window.holds("ordered_date")
    own = "coalesce(order_id, account_id || '|' || ordered)"
    back = "CASE WHEN returned IS NOT NULL THEN " + own + " END"
    return tables.frame(f"""
        WITH o AS (
          SELECT {product} AS product, account_id AS buyer, {own} AS id, {back} AS back, amount, quantity,
            {now} AS new FROM {relation} WHERE account_id IS NOT NULL AND ({now} OR {was})
        ), c AS (
          SELECT product, buyer, count(DISTINCT CASE WHEN new THEN id END)::DOUBLE AS y,
            count(DISTINCT CASE WHEN NOT new THEN id END)::DOUBLE AS z,
            count(DISTINCT CASE WHEN new THEN back END) AS back,
            sum(CASE WHEN new THEN amount ELSE 0 END) AS value,
            sum(CASE WHEN NOT new THEN amount ELSE 0 END) AS value_before,
            sum(CASE WHEN new THEN CAST(quantity AS DECIMAL(18,4)) END) AS quantity,
            sum(CASE WHEN NOT new THEN CAST(quantity AS DECIMAL(18,4)) END) AS quantity_before
          FROM o GROUP BY 1, 2
        )
        SELECT product, sum(y) AS orders, sum(z) AS orders_before, sum(value) AS value,
          sum(value_before) AS value_before, sum(quantity) AS quantity, sum(quantity_before) AS quantity_before,
          sum((y > 0)::INT) AS buyers, sum((z > 0)::INT) AS buyers_before, sum(back)::DOUBLE AS back,
          sum(y * y) AS yy, sum(z * z) AS zz, sum(y * z) AS yz
        FROM c GROUP BY 1 ORDER BY value DESC, 1 LIMIT {MOST}
    """)


def _product(row: Mapping[Hashable, Any], supplied: frozenset[str], compared: bool) -> ProductOrders:
    y, z = float(row["orders"]), float(row["orders_before"])
    buyers, before = int(row["buyers"]), int(row["buyers_before"])
    change, p = relative_change(y, z, yy=row["yy"], zz=row["zz"], yz=row["yz"], buyers=min(buyers, before))
    if not compared:
        change, p = Estimate(why_none="the orders do not reach back a whole year earlier"), 1.0
    amount = "quantity" in supplied
    return ProductOrders(
        product=str(row["product"]),
        orders=round(y),
        orders_before=round(z),
        value=row["value"],
        value_before=row["value_before"],
        quantity=row["quantity"] if amount and not pd.isna(row["quantity"]) else None,
        quantity_before=row["quantity_before"] if amount and not pd.isna(row["quantity_before"]) else None,
        buyers=buyers,
        buyers_before=before,
        returned=float(row["back"]) / y if "returned" in supplied and y else None,
        change=change,
        p=p,
    )


def relative_change(y: float, z: float, *, yy: float, zz: float, yz: float, buyers: int) -> tuple[Estimate, float]:
    """The change y ÷ z − 1 of two totals over the same customers, with its interval and p-value.

    `yy`, `zz` and `yz` are sums of each customer's products. The variance of log(y ÷ z) is that of the sum of
    yᵢ ÷ y − zᵢ ÷ z, customers resampled; Student's t on the smaller number of buyers.

    >>> change, p = relative_change(100, 100, yy=100, zz=100, yz=0, buyers=100)
    >>> round(change.value, 2), round(change.low, 2), round(change.high, 2), p
    (0.0, -0.24, 0.32, 1.0)
    """
    if z <= 0:
        return Estimate(n=round(y), why_none="no orders a year earlier"), 1.0
    known = Estimate(value=y / z - 1, n=round(y))
    if min(y, z) < MINIMUM_N or buyers < MINIMUM_CLUSTERS:
        return known.model_copy(update={"why_none": f"fewer than {MINIMUM_N} orders of {MINIMUM_CLUSTERS} buyers"}), 1.0
    variance = max(yy / y**2 + zz / z**2 - 2 * yz / (y * z), 0.0)
    error, log = math.sqrt(variance), math.log(y / z)
    half = t_quantile(buyers - 1) * error
    p = 2 * float(stats.t.sf(abs(log) / error, buyers - 1)) if error > 0 else float(log == 0)
    return known.model_copy(update={"low": math.exp(log - half) - 1, "high": math.exp(log + half) - 1}), p


class MarketShare(Record):
    """The client's revenue beside the market's in the same months."""

    segment: str
    window: Window
    months: int
    revenue: Number
    market: Number
    revenue_before: Number | None = None
    market_before: Number | None = None
    source: str = ""
    table: str = "revenue"

    @property
    def share(self) -> float:
        """Share of the market in the window."""
        return self.revenue / self.market

    @property
    def share_before(self) -> float | None:
        """The same months a year earlier."""
        if self.revenue_before is None or not self.market_before:
            return None
        return self.revenue_before / self.market_before

    @property
    def growth(self) -> float | None:
        """Growth of the client's revenue."""
        return self.revenue / self.revenue_before - 1 if self.revenue_before else None

    @property
    def market_growth(self) -> float | None:
        """Growth of the market."""
        return self.market / self.market_before - 1 if self.market_before else None


WHOLE = ("all", "total", "whole market", "market")


def market_shares(tables: Tables, months: int) -> list[MarketShare] | Missing:
    """Share of the whole market, and of each segment that customers carry too; empty when no month holds both."""
    if isinstance(lacks := tables.require("market", "month", "market_revenue"), Missing):
        return lacks
    own = next((t for t, c in (("revenue", "mrr"), ("orders", "amount")) if not tables.lacking({t: (c,)})), None)
    if own is None:
        return Missing(name="revenue", columns=("account_id", "month", "mrr"))
    day = "month" if own == "revenue" else "ordered_date"
    spans = [seen(tables, "market", "month"), seen(tables, own, day)]
    if spans[0] is None or spans[1] is None:
        return []
    first, last = max(s.first for s in spans if s), min(s.last for s in spans if s)
    if first > last:
        return []
    window = Window(first=max(first, add_months(last, 1 - months)), last=last)
    whole_year = window.back(YEAR).first >= first
    amounts = ("mrr", "one_off") if own == "revenue" else ("amount",)
    theirs = in_one_currency(tables, "market", ("market_revenue",), at=window.opening)
    ours = in_one_currency(tables, own, amounts, at=window.opening)
    for relation in (theirs, ours):
        if isinstance(relation, Missing):
            return relation
    segmented = not tables.lacking({"accounts": ("account_id", "segment")})
    kind = "(SELECT account_id, min(segment) AS segment FROM accounts GROUP BY 1)"
    joined = f"LEFT JOIN {kind} k ON k.account_id = r.account_id" if segmented else ""
    earned = tables.frame(f"""
        SELECT CAST(date_trunc('month', r.{day}) AS DATE) AS month,
          {"lower(trim(k.segment))" if segmented else "NULL::VARCHAR"} AS segment,
          sum({" + ".join(f"coalesce(r.{a}, 0)" for a in amounts)}) AS revenue
        FROM {ours} r {joined} GROUP BY 1, 2 ORDER BY 1, 2
    """)
    named = ", ".join(f"'{name}'" for name in WHOLE)
    market = tables.frame(f"""
        SELECT CAST(month AS DATE) AS month, CASE WHEN segment IS NULL OR lower(trim(segment)) IN ({named}) THEN 'all'
          ELSE lower(trim(segment)) END AS segment, sum(market_revenue) AS market, max(source) AS source
        FROM {theirs} GROUP BY 1, 2 ORDER BY 1, 2
    """)
    for frame in (earned, market):
        frame["month"] = pd.to_datetime(frame["month"])
    made = []
    for segment in ["all", *sorted(set(market["segment"]) - {"all"})]:
        mine = earned if segment == "all" else earned[earned["segment"] == segment]
        size = _market(market, segment)
        found = _share(segment, mine.groupby("month")["revenue"].sum(), size, window, whole_year)
        if found is not None:
            made.append(found.model_copy(update={"source": _source(market, segment), "table": own}))
    return made


def _source(market: pd.DataFrame, segment: str) -> str:
    """Who estimated the market, as the latest row says."""
    rows = market[market["segment"] == segment] if (market["segment"] == segment).any() else market
    named = rows["source"].dropna()
    return str(named.iloc[-1]) if len(named) else ""


def _market(market: pd.DataFrame, segment: str) -> pd.Series:
    """The market by month: the whole as its source says, else the sum of segments in months that have them all."""
    rows = market[market["segment"] == segment]
    if len(rows) or segment != "all":
        return rows.set_index("month")["market"]
    kinds = market.groupby("month")["segment"].nunique()
    months = kinds.index[kinds == market["segment"].nunique()]
    return market[market["month"].isin(months)].groupby("month")["market"].sum()


def _share(segment: str, revenue: pd.Series, market: pd.Series, window: Window, whole_year: bool) -> MarketShare | None:
    """Sums over months that have both; a year earlier only where every one of them has its twin."""
    both = pd.concat({"revenue": revenue, "market": market}, axis=1).dropna()
    both = both[both["market"] > 0]
    now = both[(both.index >= pd.Timestamp(window.first)) & (both.index <= pd.Timestamp(window.last))]
    if now.empty or len(now) < len(window):
        return None
    twins = [m for m in (pd.Timestamp(k) - pd.DateOffset(years=1) for k in now.index) if m in both.index]
    before = both.loc[twins] if whole_year and len(twins) == len(now) else None
    return MarketShare(
        segment=segment,
        window=window,
        months=len(now),
        revenue=float(now["revenue"].sum()),
        market=float(now["market"].sum()),
        revenue_before=None if before is None else float(before["revenue"].sum()),
        market_before=None if before is None else float(before["market"].sum()),
    )

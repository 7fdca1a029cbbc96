"""What a customer would bring if customers lived their whole time as in one window: a period's lifetime value.

As in a period life table (Preston, Heuveline and Guillot 2001, 3.1), the churn and the revenue of the window's months
stand for the whole life of a customer: revenue a month × Σ (1 − churn a month)^k over the horizon. Two periods compare
by it, which the lifetime value of customers as observed over years cannot.
"""

from __future__ import annotations

import math

from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.estimates import MINIMUM_EFFECTIVE, MINIMUM_N, Estimate, t_quantile
from cxkit.metrics.windows import Window
from cxkit.records import Missing
from cxkit.tables.engine import Tables

HORIZON = 36
"""Months that are counted."""
SCALE = 1e4


def lifetime(tables: Tables, window: Window, *, rates: Window) -> Estimate | Missing:
    """Revenue a customer brings in 36 months at the window's churn and revenue, undiscounted, in the client's currency.

    A customer is at risk in every month with recurring revenue from the opening month to the last but one, and lost
    when the next month has none. Money at the rates of the opening month of `rates`, so that a moving rate is not read
    as growth. Delta method over customers; an interval from 30 lost customers on. n is the number of customers.
    """
    if isinstance(lacks := tables.require("revenue", "account_id", "month", "mrr"), Missing):
        return lacks
    relation = in_one_currency(tables, "revenue", ("mrr",), at=rates.opening)
    if isinstance(relation, Missing):
        return relation
    first, last = f"DATE '{window.opening}'", f"DATE '{window.last}'"
    pairs = {"xx": "x * x", "yy": "y * y", "cc": "c * c", "xy": "x * y", "xc": "x * c", "yc": "y * c"}
    sums = ", ".join(f"sum(CAST(round(({sql}) * {SCALE}) AS HUGEINT)) AS {name}" for name, sql in pairs.items())
    row = tables.frame(f"""
        WITH book AS (
          SELECT account_id, month, sum(mrr) AS mrr FROM {relation}
          WHERE account_id IS NOT NULL AND month >= {first} AND month <= {last} GROUP BY 1, 2 HAVING sum(mrr) > 0
        ), lives AS (
          SELECT a.account_id, a.mrr, (b.account_id IS NULL)::INT AS lost FROM book a
          LEFT JOIN book b ON b.account_id = a.account_id AND b.month = a.month + INTERVAL 1 MONTH
          WHERE a.month < {last}
        ), each AS (
          SELECT count(*)::DOUBLE AS x, sum(mrr)::DOUBLE AS y, sum(lost)::DOUBLE AS c FROM lives GROUP BY account_id
        )
        SELECT count(*) AS n, coalesce(sum(x), 0) AS sx, coalesce(sum(c), 0) AS sc,
          coalesce(sum(CAST(round(y * {SCALE}) AS HUGEINT)), 0)::DOUBLE AS sy, {sums} FROM each
    """).iloc[0]
    moments = {name: float(row[name] or 0.0) / SCALE for name in ("sy", *pairs)}
    return from_sums(int(row["n"]), float(row["sx"]), float(row["sc"]), moments)


def from_sums(n: int, months: float, lost: float, m: dict[str, float]) -> Estimate:
    """The value from sums over customers: months at risk x, revenue y, losses c, and their products.

    Ten customers at 100 a month, nobody lost in twelve months: 36 × 100.

    >>> sums = {"sy": 12_000.0, "xx": 1440.0, "yy": 14.4e6, "cc": 0.0, "xy": 144e3, "xc": 0.0, "yc": 0.0}
    >>> from_sums(10, 120.0, 0.0, sums).value
    3600.0
    """
    if months <= 0 or m["sy"] <= 0:
        return Estimate(why_none="no customer with recurring revenue")
    mean, hazard = m["sy"] / months, lost / months
    life = math.fsum((1 - hazard) ** k for k in range(HORIZON))
    slope = -math.fsum(k * (1 - hazard) ** (k - 1) for k in range(1, HORIZON))
    known = Estimate(value=mean * life, n=n, effective_n=m["sy"] ** 2 / m["yy"])
    if n < MINIMUM_N or lost < MINIMUM_N:
        return known.model_copy(update={"why_none": f"{lost:.0f} lost customers, fewer than {MINIMUM_N}"})
    if known.effective_n < MINIMUM_EFFECTIVE:
        return known.model_copy(update={"why_none": "a few large accounts carry it"})
    by_revenue, by_loss = life / months, mean * slope / months
    revenue = m["yy"] - 2 * mean * m["xy"] + mean**2 * m["xx"]
    losses = m["cc"] - 2 * hazard * m["xc"] + hazard**2 * m["xx"]
    both = m["yc"] - mean * m["xc"] - hazard * m["xy"] + mean * hazard * m["xx"]
    variance = by_revenue**2 * revenue + 2 * by_revenue * by_loss * both + by_loss**2 * losses
    half = t_quantile(known.effective_n - 1) * math.sqrt(max(variance, 0.0) * n / (n - 1))
    return known.model_copy(update={"low": max(mean * life - half, 0.0), "high": mean * life + half})

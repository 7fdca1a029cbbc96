"""Cost to serve per customer and month.

Convention (``cost_to_serve@1``): costs that serve existing customers (``serves``; true when not said) ÷
customer-months. The realised figure of a complete ledger is exact. The interval is for the underlying level, seen
through the months' own variation about it, and is given from twelve months on.
"""

from __future__ import annotations

import math

import pandas as pd

from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.estimates import Estimate, t_quantile
from cxkit.metrics.exposure import Exposure
from cxkit.metrics.windows import Window
from cxkit.records import Missing
from cxkit.tables.engine import Tables

MINIMUM_MONTHS = 12
LARGEST_CORRELATION = 0.8


def cost_months(tables: Tables, found: Exposure, window: Window) -> pd.DataFrame | Missing:
    """Cost to serve by month: month, cost, customers, rate (cost per customer); months without costs are absent."""
    if isinstance(lacks := tables.require("costs", "month", "category", "amount"), Missing):
        return lacks
    relation = in_one_currency(tables, "costs", ("amount",), at=window.opening)
    if isinstance(relation, Missing):
        return relation
    frame = tables.frame(f"""
        WITH paid AS (
          SELECT month, sum(amount) AS cost FROM {relation}
          WHERE coalesce(serves, true) AND {window.holds("month")} GROUP BY 1
        ), active AS (SELECT month, count(*) AS customers FROM {found.active(window)} GROUP BY 1)
        SELECT p.month, p.cost, a.customers FROM paid p JOIN active a ON a.month = p.month ORDER BY p.month
    """)
    frame["rate"] = frame["cost"] / frame["customers"]
    return frame


def cost_to_serve(months: pd.DataFrame) -> Estimate:
    """Cost per customer and month over the rows of `cost_months`; n is the number of months.

    Ratio of sums; the variance is that of the months' residuals, raised for what neighbouring months have in common: a
    factor (1 + r) ÷ (1 − r), r the lag-one correlation corrected for short series, (n·r + 1) ÷ (n − 3), at most 0.8
    and not counted below 1 ÷ √n, which chance alone gives. Twelve months measured over 4,000 seeds, nominal 95 %: 96 %
    with independent months, 92 % at a correlation of 0.3, 86 % at 0.6; where cost drifts the interval is too narrow.

    >>> cost_to_serve(pd.DataFrame({"cost": [300.0, 500.0], "customers": [100, 100]})).value
    4.0
    """
    n = len(months)
    if n == 0 or months["customers"].sum() == 0:
        return Estimate(why_none="no month has both costs and customers")
    customers, cost = months["customers"].astype(float), months["cost"].astype(float)
    value = float(cost.sum() / customers.sum())
    if n < MINIMUM_MONTHS:
        return Estimate(value=value, n=n, why_none=f"{n} months, fewer than {MINIMUM_MONTHS}")
    residual = (cost - value * customers).to_numpy()
    squares = float((residual**2).sum())
    common = float((residual[1:] * residual[:-1]).sum()) / squares if squares > 0 else 0.0
    common = min((n * common + 1) / (n - 3), LARGEST_CORRELATION)
    common = common if common > 1 / math.sqrt(n) else 0.0
    variance = n / (n - 1) * squares / float(customers.sum()) ** 2 * (1 + common) / (1 - common)
    half = t_quantile(n - 1) * math.sqrt(variance)
    return Estimate(value=value, low=max(value - half, 0.0), high=value + half, n=n, effective_n=n)

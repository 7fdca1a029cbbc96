"""Lifetime value without contracts: how often customers come back and what they spend, from their orders."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pandas as pd

from cxkit.quantify import purchases
from cxkit.quantify.finance import discount_factors
from cxkit.quantify.lifetime_histories import (
    LEAST_REPEATERS,
    Independence,
    Orders,
    dimensions,
    folded,
    histories,
    independence,
)
from cxkit.quantify.likelihood import Array, gradient
from cxkit.quantify.purchases import Purchasing, Spending
from cxkit.records import Number, Record
from cxkit.tables.engine import Tables

LEAST_CUSTOMERS = 200
MOST_GROUPS = 8
MONTH = 365.25 / 12 / purchases.WEEK
"""Weeks in a month."""
Z = 1.959963984540054


class Fitted(Record):
    """Both models of one group, or the plain mean of orders where Gamma–Gamma may not be used."""

    buying: Purchasing
    spending: Spending | None
    plain: Number
    """Mean value of a repeat purchase, each purchase counted once."""
    plain_variance: Number
    independent: Independence | None

    @property
    def pooled(self) -> bool:
        """Whether Gamma–Gamma is used."""
        return self.spending is not None and (self.independent is None or self.independent.verdict != "fails")

    @property
    def spend(self) -> tuple[float, float]:
        """Mean value of a repeat purchase, and its variance."""
        if self.spending is None or not self.pooled:
            return self.plain, self.plain_variance
        slope = gradient(purchases.mean_spend, self.spending.logs)[0]
        return self.spending.mean, float(slope @ np.asarray(self.spending.covariance) @ slope)


def buying_of(rows: pd.DataFrame) -> Purchasing | str:
    """Fit BG/NBD to histories, or say why not."""
    back = int((rows["x"] > 0).sum())
    if len(rows) < LEAST_CUSTOMERS or back < LEAST_REPEATERS:
        return f"{back:,} of {len(rows):,} customers came back; it needs {LEAST_REPEATERS} of {LEAST_CUSTOMERS}"
    return purchases.fit_purchasing(folded(rows))


def fit(rows: pd.DataFrame) -> Fitted | str:
    """Fit both models to histories, or say why not."""
    buying = buying_of(rows)
    if isinstance(buying, str):
        return buying
    back = rows[rows["x"] > 0]
    spending = purchases.fit_spending(back.assign(n=1))
    x, total = back["x"].to_numpy(dtype=float), (back["x"] * back["spend"]).to_numpy(dtype=float)
    plain = float(total.sum() / x.sum())
    variance = float(((total - plain * x) ** 2).sum() / x.sum() ** 2)
    return Fitted(
        buying=buying,
        spending=None if isinstance(spending, str) else spending,
        plain=plain,
        plain_variance=variance,
        independent=independence(rows),
    )


def worth(rows: pd.DataFrame, made: Fitted, *, margin: float | None, horizon: int, rate: float) -> dict[str, object]:
    """What a new and today's customers are expected to order and to be worth over `horizon` months.

    The first order is made today, at face value. Intervals: customers resampled, by the delta method. Without a
    margin only orders are counted.
    """
    months, buying = np.arange(0, horizon + 1), made.buying
    factors = discount_factors(months[1:], rate)
    covariance, size = np.asarray(buying.covariance), float(buying.customers)

    def repeat(logs: Array) -> Array:
        counts = purchases.expected(logs, months * MONTH)
        return np.array([counts[-1], float(np.diff(counts) @ factors)])

    orders_, discounted = repeat(buying.logs)
    slopes = gradient(repeat, buying.logs)
    variance = np.einsum("ij,jk,ik->i", slopes, covariance, slopes)
    out: dict[str, object] = {"repeat_orders": orders_}
    out |= _interval("repeat_orders", orders_, variance[0])
    whole = folded(rows.assign(t_x=rows["t_x"].round(), T=np.maximum(rows["T"].round(), rows["t_x"].round())))
    x, t_x, T, n = (whole[c].to_numpy(dtype=float) for c in ("x", "t_x", "T", "n"))
    still = lambda logs: n @ purchases.alive(logs, x, t_x, T)  # noqa: E731
    active = float(still(buying.logs))
    slope = gradient(still, buying.logs)[0]
    out |= {"active": active, **_interval("active", active, float(slope @ covariance @ slope), top=size)}
    if margin is None:
        return out
    spend, spend_variance = made.spend
    first, first_variance = float(rows["first"].mean()), float(rows["first"].var() / len(rows))
    value = margin * (first + spend * discounted)
    spread = margin**2 * (first_variance + spend**2 * variance[1] + discounted**2 * spend_variance)
    out |= {"value": value, "first_value": margin * first, "spend": spend} | _interval("", value, spread)
    return out | _book(rows, made, (x, t_x, T, n), margin=margin, horizon=horizon, rate=rate)


def _book(
    rows: pd.DataFrame,
    made: Fitted,
    grid: tuple[Array, Array, Array, Array],
    *,
    margin: float,
    horizon: int,
    rate: float,
) -> dict[str, object]:
    """Today's customers: orders of the months ahead by quarter, each history at its customers' own spend."""
    x, t_x, T, n = grid
    spend, spend_variance = made.spend
    buying = made.buying
    if made.spending is not None and made.pooled:
        own = purchases.spend_after(made.spending.logs, rows["x"].to_numpy(float), rows["spend"].to_numpy(float))
        ends_at = rows["T"].round().clip(lower=rows["t_x"].round())
        keys = [rows["x"], rows["t_x"].round(), ends_at]
        each = pd.Series(own).groupby(keys, sort=True).mean().to_numpy()
    else:
        each = np.full(len(x), spend)
    ends = np.unique(np.append(np.arange(0, horizon, 3), horizon))
    counts = [purchases.expected_after(buying.logs, m * MONTH, x, t_x, T) if m else np.zeros(len(x)) for m in ends]
    middle = np.ceil((ends[1:] + ends[:-1]) / 2).astype(int)
    flows = np.diff(np.array(counts), axis=0) * (n * each)
    value = margin * float(flows.sum(axis=1) @ discount_factors(middle, rate))
    ahead = lambda logs: (n * each) @ purchases.expected_after(logs, horizon * MONTH, x, t_x, T)  # noqa: E731
    total = float(ahead(buying.logs))
    slope = gradient(ahead, buying.logs)[0] / total
    relative = float(slope @ np.asarray(buying.covariance) @ slope) + spend_variance / spend**2
    return {"book": value, **_interval("book", value, relative * value**2)}


def _interval(name: str, value: float, variance: float, *, top: float = math.inf) -> dict[str, object]:
    half = Z * math.sqrt(max(variance, 0.0)) / value if value > 0 else 0.0
    prefix = f"{name}_" if name else ""
    return {f"{prefix}low": value * math.exp(-half), f"{prefix}high": min(value * math.exp(half), top)}


def check(tables: Tables, found: Orders) -> tuple[dict[str, object], pd.DataFrame] | None:
    """The later half of the days as the first half would have predicted it, and repeat orders by month, both ways.

    The frame has month (its end), observed and model (repeat orders so far of customers first seen in the first half)
    and predicted (whether the month lies after what was fitted).
    """
    half = found.first + timedelta(days=(found.last - found.first).days // 2)
    rows = histories(tables, found, half)
    buying = buying_of(rows)
    if isinstance(buying, str):
        return None
    weeks = (found.last - half).days / purchases.WEEK
    grid = folded(rows)
    x, t_x, T, n = (grid[c].to_numpy(dtype=float) for c in ("x", "t_x", "T", "n"))
    total = lambda logs: n @ purchases.expected_after(logs, weeks, x, t_x, T)  # noqa: E731
    predicted, actual = float(total(buying.logs)), float(rows["later"].sum())
    slope = gradient(total, buying.logs)[0]
    variance = float(slope @ np.asarray(buying.covariance) @ slope) + float(rows["later"].var() * len(rows))
    told = {
        "what": "repeat orders",
        "period": f"{half + timedelta(days=1):%Y-%m} to {found.last:%Y-%m}",
        "customers": len(rows),
        "predicted": predicted,
        "actual": actual,
        **_interval("", predicted, variance),
        "error": predicted / actual - 1 if actual else None,
    }
    return told, _tracked(tables, found, half, buying)


def _tracked(tables: Tables, found: Orders, half: date, buying: Purchasing) -> pd.DataFrame:
    days = tables.frame(f"""
        WITH d AS ({found.relation}), f AS (SELECT account_id, min(day) AS born FROM d GROUP BY 1)
        SELECT 'born' AS kind, born AS day, count(*) AS n FROM f WHERE born <= DATE '{half}' GROUP BY 2
        UNION ALL SELECT 'repeat', day, count(*) FROM d JOIN f USING (account_id)
        WHERE born <= DATE '{half}' AND day > born GROUP BY 2 ORDER BY 1, 2
    """)
    days["day"] = pd.to_datetime(days["day"])
    born, again = days[days["kind"] == "born"], days[days["kind"] == "repeat"]
    rows = []
    for end in pd.date_range(found.first, found.last, freq="ME"):
        age = (end - born["day"]).dt.days.clip(lower=0).to_numpy() / purchases.WEEK
        model = float(born["n"].to_numpy(dtype=float) @ purchases.expected(buying.logs, age))
        observed = int(again.loc[again["day"] <= end, "n"].sum())
        rows.append((f"{end:%Y-%m}", observed, model, end.date() > half))
    return pd.DataFrame(rows, columns=["month", "observed", "model", "predicted"])


def values(
    tables: Tables, found: Orders, *, margin: float | None, horizon: int, rate: float
) -> tuple[pd.DataFrame, Fitted | str]:
    """What customers are worth, by group, and both models of all customers. Columns as in `LifetimeValue`."""
    everybody: Fitted | str = "there are no orders"
    out: list[dict[str, object]] = []
    for dimension in ("all", *dimensions(tables)):
        rows = histories(tables, found, found.last, None if dimension == "all" else dimension)
        sizes = rows["group"].value_counts()
        groups = sorted(map(str, sizes.index), key=lambda g: (-sizes[g], g))[:MOST_GROUPS]
        if dimension != "all" and len(groups) < 2:
            continue
        for group in groups:
            mine = rows[rows["group"] == group].reset_index(drop=True)
            made = fit(mine)
            everybody = made if dimension == "all" else everybody
            row: dict[str, object] = {"dimension": dimension, "group": group, "customers": len(mine)}
            row["repeaters"] = int((mine["x"] > 0).sum())
            if isinstance(made, str):
                out.append(row | {"note": made})
                continue
            model = {"r": made.buying.r, "alpha": made.buying.alpha, "a": made.buying.a, "b": made.buying.b}
            row |= model | {"loglik": made.buying.loglik}
            if made.spending is not None:
                row |= {"p": made.spending.p, "q": made.spending.q, "gamma": made.spending.gamma}
            note = "" if made.pooled else "spend goes with frequency: mean of orders instead of Gamma–Gamma"
            out.append(row | worth(mine, made, margin=margin, horizon=horizon, rate=rate) | {"note": note})
    return pd.DataFrame(out), everybody

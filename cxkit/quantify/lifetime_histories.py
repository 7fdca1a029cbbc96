"""What orders say about customers: how often each came back, when last, and for how much."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd

from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.windows import last_day, seen
from cxkit.quantify.purchases import CORRELATION, WEEK
from cxkit.records import Missing, Number, Record
from cxkit.tables.cut import quoted
from cxkit.tables.engine import Tables

LEAST_REPEATERS = 50
STEADY = 0.6
"""Share of intervals that beat like a bill from which on orders are taken for renewals."""
Z = 1.959963984540054


class Orders(Record):
    """What the orders say."""

    first: date
    last: date
    """Last day that counts."""
    relation: str
    """SQL of purchase days: account_id, day, value, channel, product; returned goods are left out."""
    older: int
    """Customers left out because they joined before the table begins."""


def orders(tables: Tables) -> Orders | Missing | str:
    """The purchases that can be read, or why there are none."""
    if isinstance(lacks := tables.require("orders", "account_id", "ordered", "amount"), Missing):
        return lacks
    span = seen(tables, "orders", "ordered_date")
    if span is None:
        return "there is no complete month with orders"
    table = in_one_currency(tables, "orders", ("amount",), at=span.last)
    if isinstance(table, Missing):
        return table
    last = last_day(span.last)
    begins = tables.frame(f"SELECT min(ordered_date) AS d FROM orders WHERE ordered_date <= DATE '{last}'")["d"].iloc[0]
    first = pd.Timestamp(begins).date()
    known = "started" in tables.supplied("accounts")
    old = f"SELECT account_id FROM accounts WHERE started < DATE '{first}'" if known else "SELECT NULL WHERE false"
    relation = f"""
      SELECT account_id, ordered_date AS day, sum(amount) AS value, min(channel) AS channel, min(product) AS product
      FROM {table} WHERE account_id IS NOT NULL AND returned IS NULL AND ordered_date <= DATE '{last}'
        AND account_id NOT IN ({old}) GROUP BY 1, 2"""
    steady = tables.frame(f"""
        WITH d AS ({relation}), g AS (
          SELECT day - lag(day) OVER (PARTITION BY account_id ORDER BY day) AS gap FROM d)
        SELECT coalesce(avg((gap IN (7, 14) OR gap BETWEEN 28 AND 31 OR gap BETWEEN 364 AND 367)::INT), 0) AS share,
          count(*) AS n FROM g WHERE gap IS NOT NULL
    """).iloc[0]
    if steady["n"] >= MINIMUM_N and steady["share"] >= STEADY:
        return (
            "orders come at the steady beat of a bill, so these are renewals of a contract; a model of purchases would "
            "take every pause between bills for chance"
        )
    older = 0 if not known else int(tables.frame(f"SELECT count(*) AS n FROM ({old})")["n"].iloc[0])
    return Orders(first=first, last=last, relation=relation, older=older)


def histories(tables: Tables, found: Orders, until: date, by: str | None = None) -> pd.DataFrame:
    """One row per customer up to a day: group, x, t_x, T (weeks), spend (mean repeat purchase), first (value), later
    (repeat purchase days after `until`)."""
    group = {"segment": "coalesce(a.segment, 'not stated')"}.get(by or "", f"c.{quoted(by)}" if by else "'all'")
    joined = "LEFT JOIN accounts a USING (account_id)" if by == "segment" else ""
    return tables.frame(f"""
        WITH d AS ({found.relation}), f AS (
          SELECT account_id, min(day) AS born, arg_min(channel, day) AS channel, arg_min(product, day) AS product
          FROM d GROUP BY 1
        ), c AS (
          SELECT d.account_id, any_value(f.channel) AS channel, any_value(f.product) AS product,
            any_value(born) AS born,
            count(*) FILTER (day > born AND day <= DATE '{until}') AS x,
            max(day) FILTER (day <= DATE '{until}') AS latest,
            sum(value) FILTER (day > born AND day <= DATE '{until}') AS spent,
            count(*) FILTER (day > born AND day <= DATE '{until}' AND value > 0) AS paid,
            sum(value) FILTER (day = born) AS first, count(*) FILTER (day > DATE '{until}') AS later
          FROM d JOIN f USING (account_id) WHERE born <= DATE '{until}' GROUP BY 1
        )
        SELECT {group} AS "group", CAST(x AS BIGINT) AS x, (latest - born) / {WEEK} AS t_x,
          (DATE '{until}' - born) / {WEEK} AS T, coalesce(spent / nullif(paid, 0), 0) AS spend,
          first, CAST(later AS BIGINT) AS later
        FROM c {joined} ORDER BY 1, x, t_x, T, spend, first, later
    """)


def folded(rows: pd.DataFrame) -> pd.DataFrame:
    """Histories that are the same, once, with how many customers have them (n)."""
    return rows.groupby(["x", "t_x", "T"], as_index=False).size().rename(columns={"size": "n"})


class Independence(Record):
    """Whether how often a customer buys goes with how much a purchase is worth."""

    correlation: Number
    low: Number
    high: Number
    customers: int
    verdict: str
    """``holds``, ``fails`` or ``cannot tell``."""


def independence(rows: pd.DataFrame) -> Independence | None:
    """Correlation of frequency and mean spend of those who came back, with its interval.

    Pearson's, not of ranks: the mean of several skewed amounts has another median than a single one, so ranks go
    together even where nothing does. The variance is that of its influence function, on Fisher's scale, so that a few
    large customers widen the interval. It fails when the whole interval lies beyond `CORRELATION`, holds when none of
    it does.
    """
    kept = rows[(rows["x"] > 0) & (rows["spend"] > 0)]
    n = len(kept)
    if n < LEAST_REPEATERS or kept["x"].nunique() < 2 or kept["spend"].nunique() < 2:
        return None
    x, y = (((v := kept[c].to_numpy(dtype=float)) - v.mean()) / v.std() for c in ("x", "spend"))
    value = float((x * y).mean())
    influence = x * y - value * (x**2 + y**2) / 2
    half = Z * float(influence.std()) / math.sqrt(n) / (1 - value**2)
    low, high = math.tanh(math.atanh(value) - half), math.tanh(math.atanh(value) + half)
    fails = low > CORRELATION or high < -CORRELATION
    holds = low >= -CORRELATION and high <= CORRELATION
    verdict = "fails" if fails else "holds" if holds else "cannot tell"
    return Independence(correlation=value, low=low, high=high, customers=n, verdict=verdict)


def dimensions(tables: Tables) -> tuple[str, ...]:
    """Ways of grouping customers: by segment where it is known, else by channel and product of the first order."""
    if "segment" in tables.supplied("accounts"):
        return ("segment",)
    return tuple(d for d in ("channel", "product") if d in tables.supplied("orders"))

"""How much of retention is price: what customers who stayed pay more or less for, split into price and volume.

Per customer and product with units at both ends: volume is the change in units at *opening* prices, price is what the
*closing* units cost more than they would have at opening prices (volume as in a Laspeyres index, price as in a
Paasche index). So retention at constant prices is closing units at opening prices over opening revenue. Under the
reverse (price on opening units, volume at closing prices) the joint part, change of price × change of units, moves
from price to volume; both are given. Products that were added or dropped are volume (mix); lines without units at
both ends stay unsplit and keep their price in the figure at constant prices.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from cxkit.metrics import estimates
from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.estimates import Estimate, Sums
from cxkit.metrics.retention import RATIO_CEILING
from cxkit.metrics.windows import Window
from cxkit.quantify.retention_bridge import WHOLE, Labels
from cxkit.records import Missing, Record
from cxkit.tables.engine import Tables

COVERED = 0.5
"""Share of the opening revenue of customers who stayed that must have units at both ends."""
PARTS = ("price", "volume", "unsplit")
MONEY = (
    "start",
    "end",
    "constant",
    "kept_constant",
    "joint",
    "split_start",
    "stayed_start",
    *(f"{flow}_{part}" for flow in ("expansion", "contraction") for part in PARTS),
)


class Prices(Record):
    """Retention with price changes taken out."""

    grr: Estimate
    nrr: Estimate
    """At constant prices: closing units at opening prices."""
    price: Estimate
    """What price changes add to net retention, as a share of opening revenue."""
    joint: float
    """What the reverse convention moves from price to volume, as a share of opening revenue."""
    covered: float
    """Share of the opening revenue of customers who stayed with units at both ends."""
    stayed: int


def lines(tables: Tables, window: Window) -> str | Missing:
    """A relation, as SQL text, of the cohort's customers: account_id, start, end, constant, price, volume …

    Money is DECIMAL and start + price + volume + unsplit = end for every customer, to the last digit; `joint` is
    what the reverse convention moves from price to volume, `split_start` the opening revenue with units.
    Needs revenue (account_id, month, mrr, units); reads product and currency.
    """
    if isinstance(lacks := tables.require("revenue", "account_id", "month", "mrr", "units"), Missing):
        return lacks
    relation = in_one_currency(tables, "revenue", ("mrr",), at=window.opening)
    if isinstance(relation, Missing):
        return relation
    opening, last = f"month = DATE '{window.opening}'", f"month = DATE '{window.last}'"
    return f"""(
        WITH line AS (
          SELECT account_id, coalesce(sum(mrr) FILTER ({opening}), 0) AS s, coalesce(sum(mrr) FILTER ({last}), 0) AS e,
            sum(CAST(units AS DECIMAL(18,6))) FILTER ({opening} AND mrr > 0) AS u0,
            sum(CAST(units AS DECIMAL(18,6))) FILTER ({last} AND mrr > 0) AS u1,
            coalesce(bool_and(coalesce(units, 0) > 0) FILTER (({opening} OR {last}) AND mrr > 0), false) AS counted
          FROM {relation} WHERE ({opening} OR {last}) AND account_id IS NOT NULL GROUP BY account_id, product
        ), parts AS (
          SELECT account_id, s, e,
            CASE WHEN s > 0 AND e > 0 THEN CASE WHEN counted THEN 'split' ELSE 'unsplit' END ELSE 'mix' END AS what,
            CASE WHEN s > 0 AND e > 0 AND counted THEN CAST(s * CAST(u1 AS DOUBLE) / CAST(u0 AS DOUBLE)
              AS DECIMAL(18,4)) ELSE e END AS constant,
            CASE WHEN s > 0 AND e > 0 AND counted THEN CAST(e - e * CAST(u0 AS DOUBLE) / CAST(u1 AS DOUBLE)
              AS DECIMAL(18,4)) ELSE 0 END AS volume_closing
          FROM line
        )
        SELECT account_id, sum(s) AS start, sum(e) AS "end", sum(constant) AS constant,
          sum(CASE WHEN what = 'split' THEN s ELSE 0 END) AS split_start,
          sum(CASE WHEN what = 'unsplit' THEN 0 ELSE e - constant END) AS price,
          sum(CASE WHEN what = 'unsplit' THEN 0 ELSE constant - s END) AS volume,
          sum(CASE WHEN what = 'unsplit' THEN e - s ELSE 0 END) AS unsplit,
          sum(CASE WHEN what = 'split' THEN volume_closing - (constant - s) ELSE 0 END) AS joint
        FROM parts GROUP BY 1 HAVING sum(s) > 0)"""


def price_rows(tables: Tables, window: Window, labels: Labels) -> pd.DataFrame | Missing:
    """One row for the whole and one per value of each label: dimension, segment, accounts, stayed, `MONEY` and more.

    ``expansion_*`` and ``contraction_*`` are signed and split the change of those who pay more, and less, at the end.
    """
    relation = lines(tables, window)
    if isinstance(relation, Missing):
        return relation
    stays = '"end" > 0'
    flows = {"expansion": f'{stays} AND "end" > start', "contraction": f'{stays} AND "end" <= start'}
    money = {
        "start": "sum(start)",
        "end": 'sum("end")',
        "constant": "sum(constant)",
        "kept_constant": "sum(least(start, constant))",
        "joint": f"coalesce(sum(joint) FILTER ({stays}), 0)",
        "split_start": f"coalesce(sum(split_start) FILTER ({stays}), 0)",
        "stayed_start": f"coalesce(sum(start) FILTER ({stays}), 0)",
    } | {f"{f}_{p}": f"coalesce(sum({p}) FILTER ({where}), 0)" for f, where in flows.items() for p in PARTS}
    fs, fc, fk = "CAST(start AS DOUBLE)", "CAST(constant AS DOUBLE)", "CAST(least(start, constant) AS DOUBLE)"
    fp = f"({fs} + CAST(price AS DOUBLE))"
    moments: dict[str, str] = {}
    for name, y in (("k", fk), ("c", fc), ("p", fp)):
        own = f"least({y} / {fs}, {RATIO_CEILING})"
        moments |= {f"x{name}": f"{fs} * {y}", f"{name}{name}": f"{y} * {y}"}
        moments |= {f"r{name}": own, f"rr{name}": f"{own} * {own}"}
    moments["xx"] = f"{fs} * {fs}"
    scaled = {n: f"sum(CAST(round({sql} * {_scale(n)}) AS HUGEINT))" for n, sql in moments.items()}
    columns = ", ".join(f'CAST({sql} AS DOUBLE) AS "{name}"' for name, sql in (money | scaled).items())
    counts = f"count(*) AS accounts, count(*) FILTER ({stays}) AS stayed"
    frames = []
    for dimension, label in labels.items():
        rows = tables.frame(
            f"SELECT '{dimension}' AS dimension, coalesce(l.label, 'not stated') AS segment, {counts}, {columns} "
            f"FROM {relation} LEFT JOIN {label} l USING (account_id) GROUP BY 2 ORDER BY 2"
        )
        frames.append(rows)
    whole = f"SELECT '{WHOLE}' AS dimension, 'all' AS segment, {counts}, {columns} FROM {relation}"
    made = pd.concat([tables.frame(whole), *frames], ignore_index=True)
    return made.assign(**{name: made[name] / _scale(name) for name in moments})


def _scale(name: str) -> float:
    return 1e15 if name.startswith("r") else 1e4


def prices_of(row: pd.Series[Any]) -> Prices:
    """Retention at constant prices of one row of `price_rows`, with intervals as in `metrics.retention`."""
    n, start = int(row["accounts"]), float(row["start"])

    def made(y: str, total: float, *, bounded: bool) -> Estimate:
        sums = Sums(
            n=n, x=start, y=total, xx=row["xx"], xy=row[f"x{y}"], yy=row[f"{y}{y}"], r=row[f"r{y}"], rr=row[f"rr{y}"]
        )
        return estimates.ratio(sums, bounded=bounded)

    price = float(row["expansion_price"] + row["contraction_price"])
    share = made("p", start + price, bounded=False)
    ends = {k: None if (v := getattr(share, k)) is None else v - 1 for k in ("value", "low", "high")}
    return Prices(
        grr=made("k", float(row["kept_constant"]), bounded=True),
        nrr=made("c", float(row["constant"]), bounded=False),
        price=share.model_copy(update=ends),
        joint=float(row["joint"]) / start if start else 0.0,
        covered=float(row["split_start"]) / float(row["stayed_start"]) if row["stayed_start"] else 0.0,
        stayed=int(row["stayed"]),
    )

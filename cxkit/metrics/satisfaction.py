"""NPS, CSAT and CES over the complete months of a window.

Conventions (``nps@1``, ``csat@1``, ``ces@1``): every response counts, also several of one customer; the interval treats
one customer's answers as a cluster, so that a customer who answers often does not narrow it. NPS is the share of 9–10
less the share of 0–6, in points. CSAT is the share of 4 and 5 (top two boxes); its mean stands beside it. CES is the
mean from 1 to 7, where 7 is easy; the share of 5 and more stands beside it.
"""

from __future__ import annotations

import pandas as pd

from cxkit.metrics.estimates import Clusters, Estimate, clustered_mean
from cxkit.metrics.windows import Window
from cxkit.records import Missing, Number, Record
from cxkit.tables.engine import Tables

VALUES = {
    "nps": "CASE WHEN score >= 9 THEN 1 WHEN score <= 6 THEN -1 ELSE 0 END",
    "csat": "CASE WHEN score >= 4 THEN 1 ELSE 0 END",
    "ces": "score",
}
BESIDE = {"nps": "score", "csat": "score", "ces": "CASE WHEN score >= 5 THEN 1 ELSE 0 END"}
"""The rival figure that stands beside each: mean score, mean score, share of 5 and more."""
SCALES = {"nps": (-1.0, 1.0), "csat": (0.0, 1.0), "ces": (1.0, 7.0)}
SUMS = ("clusters", "n", "total", "nn", "nt", "tt", "squares", "beside")


class Satisfaction(Record):
    """One score over one window."""

    metric: str
    estimate: Estimate
    """NPS in points from −100 to 100, CSAT a fraction, CES a mean score."""
    beside: Number | None = None
    """NPS: mean score of 0–10. CSAT: mean of 1–5. CES: share of 5 and more."""
    customers: int
    """Customers (or, where unknown, single responses) that answered."""


def _key(tables: Tables) -> str:
    parts = [
        f"'{letter}:' || {column}"
        for letter, column in (("a", "account_id"), ("p", "person_id"))
        if column in tables.supplied("surveys")
    ]
    return f"coalesce({', '.join([*parts, chr(39) + 'r:' + chr(39) + ' || response_id'])})"


def sums(tables: Tables, metric: str, window: Window, *, by_month: bool = False) -> pd.DataFrame | Missing:
    """Sums of one score's answers over customers: one row, or one per month (`month`); columns as in `SUMS`.

    Months and windows are those of the answer, in the client's time zone.
    """
    if isinstance(lacks := tables.require("surveys", "response_id", "metric", "score", "answered"), Missing):
        return lacks
    month = "CAST(date_trunc('month', answered_date) AS DATE)" if by_month else "NULL"
    return tables.frame(f"""
        WITH answers AS (
          SELECT {month} AS month, {_key(tables)} AS customer, CAST({VALUES[metric]} AS DOUBLE) AS x,
            CAST({BESIDE[metric]} AS DOUBLE) AS beside
          FROM surveys WHERE metric = '{metric}' AND score IS NOT NULL AND {window.holds("answered_date")}
        ), customers AS (
          SELECT month, customer, count(*)::DOUBLE AS n, sum(x) AS total, sum(x * x) AS squares, sum(beside) AS beside
          FROM answers GROUP BY 1, 2
        )
        SELECT {"month, " if by_month else ""}count(*) AS clusters, coalesce(sum(n), 0) AS n,
          coalesce(sum(total), 0) AS total, coalesce(sum(n * n), 0) AS nn, coalesce(sum(n * total), 0) AS nt,
          coalesce(sum(total * total), 0) AS tt, coalesce(sum(squares), 0) AS squares,
          coalesce(sum(beside), 0) AS beside
        FROM customers {"GROUP BY month ORDER BY month" if by_month else ""}
    """)


def summarise(metric: str, row: pd.Series) -> Satisfaction:
    """One score from one row of `sums`.

    Reference R18: promoters 1/2, passives 1/3, detractors 1/6 give NPS 1/3 with variance 5/9 per response.

    >>> row = pd.Series({"clusters": 6, "n": 6, "total": 2, "nn": 6, "nt": 2, "tt": 4, "squares": 4, "beside": 50})
    >>> found = summarise("nps", row)
    >>> round(found.estimate.value, 1), round(float(row["squares"]) / 6 - (1 / 3) ** 2, 4)
    (33.3, 0.5556)
    """
    bottom, top = SCALES[metric]
    given = Clusters(clusters=int(row["clusters"]), **{c: float(row[c]) for c in SUMS[1:-1]})
    estimate = clustered_mean(given, bottom=bottom, top=top)
    beside = float(row["beside"]) / given.n if given.n else None
    return Satisfaction(
        metric=metric,
        estimate=estimate.scaled(100.0) if metric == "nps" else estimate,
        beside=beside,
        customers=given.clusters,
    )

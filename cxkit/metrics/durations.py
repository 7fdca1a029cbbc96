"""How long single things took (items raised and settled, initiatives put on the list and live), unfinished counted.

A median of what is finished alone flatters: what drags on is not in it. Here every item counts as waiting until it is
done or until the day of the report (Kaplan and Meier 1958).
"""

from __future__ import annotations

import math

import pandas as pd

from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.survival import kaplan_meier, naive_median, quantile
from cxkit.tables.engine import Tables


def durations(tables: Tables, cases: str) -> pd.DataFrame:
    """Median days by group, unfinished items counted.

    `cases` is SQL of one row per item: ``group``, ``days`` and ``done`` (whether it is finished; else it was still
    waiting then). Columns: group, cases, done, median_days (infinite while fewer than half are done), low, high (from
    30 items on), done_only (the median of finished ones alone), oldest_days (of those that wait).

    >>> from datetime import date
    >>> tables = Tables.from_frames({}, as_of=date(2026, 1, 31))
    >>> cases = "SELECT 'a' AS \\"group\\", 10 AS days, true AS done UNION ALL SELECT 'a', 90, false"
    >>> durations(tables, cases)[["group", "cases", "done", "median_days", "oldest_days"]].values.tolist()
    [['a', 2, 1, 10.0, 90.0]]
    """
    counts = tables.frame(
        f'WITH c AS ({cases}) SELECT "group", greatest(days, 0)::DOUBLE AS time, sum(done::INT)::BIGINT AS events, '
        "sum((NOT done)::INT)::BIGINT AS censored FROM c WHERE days IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2"
    )
    rows = []
    for group, risk in counts.groupby("group", sort=True):
        n, done = int((risk["events"] + risk["censored"]).sum()), int(risk["events"].sum())
        median, low, high = quantile(kaplan_meier(risk[["time", "events", "censored"]]))
        enough = n >= MINIMUM_N
        waits = risk.loc[risk["censored"] > 0, "time"]
        rows.append(
            {
                "group": str(group),
                "cases": n,
                "done": done,
                "median_days": median,
                "low": low if enough else math.nan,
                "high": high if enough else math.nan,
                "done_only": naive_median(risk),
                "oldest_days": float(waits.max()) if len(waits) else math.nan,
            }
        )
    columns = ["group", "cases", "done", "median_days", "low", "high", "done_only", "oldest_days"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[3:], "float64"))

"""Time to resolution by group, open tickets counted, and whether groups differ beyond what customers explain."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from cxkit.metrics.survival import chi_square, log_rank_scores
from cxkit.tables.engine import Tables

SCORES = "cxkit_scores"
GRAIN = 10_000
"""Scores are added up as whole numbers of this part, so that their order cannot matter."""


def times_by(tables: Tables, relation: str, sql: str) -> dict[str, pd.DataFrame]:
    """Risk sets of each group of judged tickets on the wall clock, in hours: group → time, events, censored."""
    rows = tables.frame(f"""
        SELECT {sql} AS "group", ceil(wall_hours)::BIGINT AS time, sum(settled::INT)::BIGINT AS events,
          sum((NOT settled)::INT)::BIGINT AS censored
        FROM {relation} WHERE in_window AND {sql} IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
    """)
    return {str(group): part.drop(columns="group") for group, part in rows.groupby("group", sort=True)}


def clustered_log_rank(tables: Tables, relation: str, sql: str, groups: dict[str, pd.DataFrame]) -> tuple[float, float]:
    """Log-rank test of several groups of tickets with customers as clusters (Lee, Wei and Amato 1992).

    The tickets of one customer are not independent, and one customer has tickets in several groups: each ticket's
    scores are added up by customer first, in the engine. Returns the statistic and its p-value.
    """
    names = list(groups)
    scores = log_rank_scores(list(groups.values()))
    if scores.empty:
        return 0.0, 1.0
    lent = scores.assign(own=[names[i] for i in scores["own"]], time=scores["time"].astype("int64"))
    with tables.lent(SCORES, pa.Table.from_pandas(lent, preserve_index=False)):
        sums = tables.frame(f"""
            WITH c AS (
              SELECT hash(j.cluster) AS cluster, s."group" AS g, sum(round(s.score * {GRAIN})::BIGINT)::DOUBLE AS u
              FROM {relation} j JOIN {SCORES} s ON s.own = {sql} AND s.time = ceil(j.wall_hours)::BIGINT
                AND s.settled = j.settled WHERE j.in_window GROUP BY 1, 2
            )
            SELECT a.g AS g, b.g AS h, sum(a.u * b.u) AS product,
              sum(CASE WHEN a.g = b.g THEN a.u ELSE 0 END) AS total, count(*) AS clusters
            FROM c a JOIN c b ON b.cluster = a.cluster GROUP BY 1, 2 ORDER BY 1, 2
        """)
    spread = sums.pivot(index="g", columns="h", values="product").to_numpy(dtype=float) / GRAIN**2
    gap = sums.loc[sums["g"] == sums["h"], "total"].to_numpy(dtype=float) / GRAIN
    clusters = float(sums["clusters"].max())
    return chi_square(gap, spread * clusters / max(clusters - 1, 1.0))

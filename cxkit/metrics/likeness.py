"""Is one group worse than the others on the same work? Rates standardised to the mix of work that both do.

A team that gets the hard cases is late more often without being slower. Each group is therefore compared with the
others inside strata (the same reason, priority, limit): rates of both are averaged over strata with the weights
n·m / (n + m), which is the mix of work that both do (Cochran 1954; Mantel and Haenszel 1959). The test uses the
residuals from each stratum's common rate, added up by cluster; of two ways to cluster (customers, weeks) the one that
leaves more doubt counts, so that neither one loud customer nor one bad week makes a group slow.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats

from cxkit.metrics.estimates import MINIMUM_CLUSTERS, MINIMUM_N, t_quantile
from cxkit.tables.engine import Tables

CASES, CELLS = "cxkit_cases", "cxkit_cells"
MOST = 24
"""Groups compared at most, the largest first."""
GRAIN = 10_000
"""Residuals are added up as whole numbers of this part of a case, so that their order cannot matter."""
COLUMNS = (
    "group", "cases", "compared", "coverage", "strata", "rate", "others", "excess", "low", "high", "p", "clusters",
    "weeks",
)  # fmt: skip


def compared(tables: Tables, cases: str) -> pd.DataFrame:
    """Each group's rate beside that of all others on the same work.

    `cases` is a query with one row per case: "group", stratum (texts), hit (0 or 1), cluster and week. Returns per
    group: cases, compared (those of strata where others work too), coverage (their share), strata, rate and others
    (both standardised to the common mix), excess with low and high, p (one-sided: worse than the others), clusters
    and weeks. Below 30 compared cases or 10 clusters on either side there is neither interval nor p.
    """
    with tables.held(CASES, cases):
        cells = tables.frame(
            f'SELECT "group", stratum, count(*) AS n, sum(hit)::BIGINT AS x FROM {CASES} '
            'WHERE "group" IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2'
        )
        shared = cells[cells.groupby("stratum")["group"].transform("size") > 1]
        if shared.empty:
            return pd.DataFrame(columns=list(COLUMNS))
        contrasts = _contrasts(shared)
        with tables.lent(CELLS, pa.Table.from_pandas(contrasts, preserve_index=False)):
            sums = _sums(tables)
    return _estimates(cells, contrasts, sums)


def _contrasts(cells: pd.DataFrame) -> pd.DataFrame:
    """One row per tested group, stratum it shares with others, and side of it: weight of a case and its rates."""
    sizes = cells.groupby("group")["n"].sum().reset_index().sort_values(["n", "group"], ascending=[False, True])
    every = cells.groupby("stratum")[["n", "x"]].sum()
    parts = []
    for group in sizes["group"].head(MOST):
        own = cells[cells["group"] == group].set_index("stratum")[["n", "x"]]
        total = every.loc[own.index]
        rest = total - own
        both = own.assign(m=rest["n"], z=rest["x"], common=total["x"] / total["n"])
        both = both[both["m"] > 0].reset_index()
        whole = both["n"] + both["m"]
        for side, count, hits, other in ((1, "n", "x", "m"), (0, "m", "z", "n")):
            rate = both[hits] / both[count]
            # a case or two say little about the spread of their own stratum: there the common rate stands in
            inside = np.where(both[count] > 2, rate, both["common"])
            more = np.sqrt(np.where(both[count] > 2, both[count] / (both[count] - 1), 1.0))
            made = {"tested": group, "stratum": both["stratum"], "side": side, "weight": both[other] / whole}
            numbers = {"common": both["common"], "inside": inside, "more": more, "n": both[count], "rate": rate}
            parts.append(pd.DataFrame({**made, **numbers}))
    return pd.concat(parts, ignore_index=True)


def _sums(tables: Tables) -> pd.DataFrame:
    """Squares of residuals added up by cluster and by week, per tested group."""
    case = "(k.side * 2 - 1) * k.weight"
    return tables.frame(f"""
        WITH r AS (
          SELECT k.tested, hash(c.cluster) AS cluster, c.week, k.side,
            round({case} * (c.hit - k.common) * {GRAIN})::BIGINT AS u,
            round({case} * (c.hit - k.inside) * k.more * {GRAIN})::BIGINT AS v
          FROM {CASES} c JOIN {CELLS} k ON k.stratum = c.stratum
            AND k.side = (CASE WHEN c."group" = k.tested THEN 1 ELSE 0 END) WHERE c."group" IS NOT NULL
        ),
        a AS (SELECT tested, cluster, sum(u)::DOUBLE AS u, sum(v)::DOUBLE AS v, max(side) AS own,
          max(1 - side) AS other FROM r GROUP BY 1, 2),
        b AS (SELECT tested, week, sum(u)::DOUBLE AS u, sum(v)::DOUBLE AS v FROM r GROUP BY 1, 2),
        ca AS (SELECT tested, sum(u * u) AS uu, sum(v * v) AS vv, count(*) AS clusters, sum(own)::BIGINT AS own,
          sum(other)::BIGINT AS other FROM a GROUP BY 1),
        cb AS (SELECT tested, sum(u * u) AS uu, sum(v * v) AS vv, count(*) AS weeks FROM b GROUP BY 1)
        SELECT ca.tested, ca.uu, ca.vv, ca.clusters, ca.own, ca.other, cb.uu AS wu, cb.vv AS wv, cb.weeks
        FROM ca JOIN cb ON cb.tested = ca.tested ORDER BY 1
    """)


def _estimates(cells: pd.DataFrame, contrasts: pd.DataFrame, sums: pd.DataFrame) -> pd.DataFrame:
    rows = []
    sizes, found = cells.groupby("group")["n"].sum(), sums.set_index("tested")
    for group in contrasts["tested"].drop_duplicates().tolist() if len(contrasts) else []:
        part = contrasts[contrasts["tested"] == group]
        own, other = part[part["side"] == 1], part[part["side"] == 0]
        mix = float((own["weight"] * own["n"]).sum())
        made = {"group": group, "cases": int(sizes[group]), "compared": int(own["n"].sum()), "strata": len(own)}
        made["coverage"] = made["compared"] / made["cases"]
        made["rate"] = float((own["weight"] * own["n"] * own["rate"]).sum()) / mix
        made["others"] = float((other["weight"] * other["n"] * other["rate"]).sum()) / mix
        made["excess"] = made["rate"] - made["others"]
        row = found.loc[group]
        made["clusters"], made["weeks"] = int(row["clusters"]), int(row["weeks"])
        made |= {"low": math.nan, "high": math.nan, "p": math.nan}
        fewest = min(int(row["own"]), int(row["other"]))
        if min(made["compared"], int(other["n"].sum())) >= MINIMUM_N and fewest >= MINIMUM_CLUSTERS:
            made |= _judgement(made["excess"], mix, row, fewest)
        rows.append(made)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _judgement(excess: float, mix: float, row: pd.Series, fewest: int) -> dict[str, float]:
    """Interval and p-value; the degrees of freedom are those of the smaller side, or of the weeks."""
    ways = [(row["uu"], row["vv"], int(row["clusters"]), fewest)]
    if row["weeks"] >= MINIMUM_CLUSTERS:
        ways.append((row["wu"], row["wv"], int(row["weeks"]), int(row["weeks"])))
    p, half = 0.0, 0.0
    for null, inside, clusters, freedom in ways:
        scale = math.sqrt(clusters / (clusters - 1)) / GRAIN / mix
        error = math.sqrt(null) * scale
        p = max(p, float(stats.t.sf(excess / error, freedom - 1)) if error > 0 else 1.0)
        half = max(half, t_quantile(freedom - 1) * math.sqrt(inside) * scale)
    return {"low": max(excess - half, -1.0), "high": min(excess + half, 1.0), "p": p}

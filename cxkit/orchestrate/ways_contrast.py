"""Does a share differ between groups by more than chance, when many groups are looked at?

Pearson's chi-square for a table of groups by yes and no (1900), each group's part divided by how much more its share
varies than that of independent cases would because cases of one customer are alike (Rao and Scott 1981). One test per
way of grouping; Holm's correction over all of them; what the whole may spend is half of ``segments`` in
`cxkit.metrics.alarms`, because steps of a funnel and rework are both looked at.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from cxkit.metrics import alarms
from cxkit.metrics.clustering import share_intervals
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.multiplicity import adjusted
from cxkit.tables.cut import text_literal
from cxkit.tables.engine import Tables

GROUPS = 12
"""Most groups of one dimension that are looked at, the largest first."""
LEAST = 5
"""Cases with and without that must be expected in a group for it to enter the test."""
LEVEL = alarms.share("segments") / 2


def groups_sql(source: str, column: str, hit: str = "hit") -> str:
    """SQL of one row per group of `column`: group, n, hits and the sums over customers behind an interval."""
    return f"""
    SELECT "group", sum(n)::BIGINT AS n, sum(x)::BIGINT AS hits, count(*) AS clusters, sum(x * x)::DOUBLE AS sxx,
      sum(x * n)::DOUBLE AS sxn, sum(n * n)::DOUBLE AS snn
    FROM (SELECT {column} AS "group", cluster, count(*) AS n, sum({hit}) AS x FROM {source}
      WHERE {column} IS NOT NULL AND {hit} IS NOT NULL GROUP BY 1, 2) u
    GROUP BY 1 ORDER BY n DESC, 1 LIMIT {GROUPS}"""


def contrast(tables: Tables, source: str, dimensions: Mapping[str, str], hit: str = "hit") -> pd.DataFrame:
    """Shares of `hit` by group of each dimension, with one test per dimension.

    `source` is a relation with ``cluster``, the dimensions' columns and `hit` (0 or 1). Returns dimension, label,
    group, n, hits, share, low, high, p (of the dimension; missing where it cannot be tested).
    """
    frames = []
    for column, label in dimensions.items():
        rows = tables.frame(groups_sql(source, column, hit))
        if len(rows) < 2:
            continue
        rows = share_intervals(rows, "hits", "n")
        rows.insert(0, "dimension", column)
        rows.insert(1, "label", label)
        rows["group"] = rows["group"].astype(str)
        rows["share"] = rows["hits"] / rows["n"]
        rows["p"] = chance(rows)
        frames.append(rows[["dimension", "label", "group", "n", "hits", "share", "low", "high", "p"]])
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def chance(rows: pd.DataFrame) -> float:
    """p-value of equal shares in all groups; NaN where fewer than two groups are large enough.

    >>> sums = {"n": [100, 100], "hits": [30, 50], "clusters": [100, 100], "sxx": [30.0, 50.0], "sxn": [30.0, 50.0]}
    >>> round(chance(pd.DataFrame(sums | {"snn": [100.0, 100.0]})), 4)
    0.0041
    """
    whole = rows["hits"].sum() / rows["n"].sum()
    fewest = rows["n"] * min(whole, 1 - whole)
    kept = rows[(rows["n"] >= MINIMUM_N) & (fewest >= LEAST) & (rows["clusters"] >= 10)]
    if len(kept) < 2:
        return math.nan
    n, hits, g = (kept[c].to_numpy(dtype=float) for c in ("n", "hits", "clusters"))
    p = hits.sum() / n.sum()
    if p in (0.0, 1.0):
        return math.nan
    sxx, sxn, snn = (kept[c].to_numpy(dtype=float) for c in ("sxx", "sxn", "snn"))
    share = hits / n
    robust = g / (g - 1) * np.maximum(sxx - 2 * share * sxn + share**2 * snn, 0)
    own = n * share * (1 - share)
    design = np.maximum(np.divide(robust, own, out=np.ones_like(own), where=own > 0), 1.0)
    effective = n / design
    centre = (effective * share).sum() / effective.sum()
    statistic = (effective * (share - centre) ** 2).sum() / (centre * (1 - centre))
    return float(stats.chi2.sf(statistic, len(kept) - 1))


def corrected(rows: pd.DataFrame, test: list[str]) -> pd.DataFrame:
    """Add ``p_holm`` and ``differs``; `test` are the columns that name one test."""
    if rows.empty:
        return rows
    tests = rows.drop_duplicates(test)[[*test, "p"]].dropna(subset=["p"])
    tests["p_holm"] = adjusted(tests["p"].tolist(), "holm")
    rows = rows.merge(tests.drop(columns=["p"]), on=test, how="left", validate="many_to_one")
    rows["differs"] = (rows["p_holm"] <= LEVEL).fillna(False)
    return rows


def held_equal(
    tables: Tables, source: str, column: str, group: str, other: str, *, hit: str = "hit"
) -> tuple[float, float] | None:
    """Difference of shares of a group against all others: as it is, and with another dimension held equal.

    The second is Mantel and Haenszel's weighted mean of the differences inside the groups of `other`; None where no
    group of `other` has both. Signs that differ are Simpson's reversal.
    """
    rows = tables.frame(f"""
        SELECT {other} AS stratum, ({column} = {text_literal(group)})::INT AS inside, count(*) AS n,
          sum({hit})::BIGINT AS x
        FROM {source} WHERE {other} IS NOT NULL AND {column} IS NOT NULL AND {hit} IS NOT NULL
        GROUP BY 1, 2 ORDER BY 1, 2        """)
    one, rest = (rows[rows["inside"] == side].set_index("stratum") for side in (1, 0))
    both = one.add_suffix("1").join(rest.add_suffix("0"), how="inner")
    if both.empty:
        return None
    crude = float(one["x"].sum() / one["n"].sum() - rest["x"].sum() / rest["n"].sum())
    weight = both["n1"] * both["n0"] / (both["n1"] + both["n0"])
    return crude, float((weight * (both["x1"] / both["n1"] - both["x0"] / both["n0"])).sum() / weight.sum())

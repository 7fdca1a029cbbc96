"""Intervals for many groups at once, from sums over clusters: the tickets of one customer are not independent.

A frame of sums has, per group: a total of values, a number of rows, ``clusters``, and over clusters ``sxx`` (Σ value²),
``sxn`` (Σ value × rows) and ``snn`` (Σ rows²).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from cxkit.metrics.estimates import MINIMUM_CLUSTERS, MINIMUM_N, Clusters, clustered_mean, t_quantile

SUMS = ("clusters", "sxx", "sxn", "snn")


def share_intervals(frame: pd.DataFrame, hits: str, n: str, *, prefix: str = "") -> pd.DataFrame:
    """Add ``low`` and ``high`` of each group's share hits ÷ n: Wilson at the effective number of rows.

    Below 30 rows or 10 clusters both are missing.

    >>> sums = {"met": [50], "n": [100], "clusters": [100], "sxx": [50.0], "sxn": [50.0], "snn": [100.0]}
    >>> share_intervals(pd.DataFrame(sums), "met", "n")[["low", "high"]].round(2).iloc[0].tolist()
    [0.4, 0.6]
    """
    ends = []
    for total, rows, clusters, sxx, sxn, snn in frame[[hits, n, *SUMS]].to_numpy(dtype=float):
        sums = Clusters(clusters=int(clusters), n=rows, total=total, nn=snn, nt=sxn, tt=sxx, squares=total)
        found = clustered_mean(sums, bottom=0.0, top=1.0)
        ends.append((found.low, found.high) if found.has_interval else (math.nan, math.nan))
    return _with(frame, ends, prefix)


def mean_intervals(frame: pd.DataFrame, total: str, n: str, *, prefix: str = "") -> pd.DataFrame:
    """Add ``low`` and ``high`` of each group's mean by the central limit theorem over clusters, Student's t.

    The variance is the linearised one of a ratio of sums (Cochran 1977, 6.3). Below 30 rows or 10 clusters both are
    missing; the lower end is not below zero.
    """
    ends = []
    for whole, rows, clusters, sxx, sxn, snn in frame[[total, n, *SUMS]].to_numpy(dtype=float):
        if rows < MINIMUM_N or clusters < MINIMUM_CLUSTERS:
            ends.append((math.nan, math.nan))
            continue
        mean = whole / rows
        squares = max(0.0, sxx - 2 * mean * sxn + mean * mean * snn)
        half = t_quantile(clusters - 1) * math.sqrt(squares * clusters / (clusters - 1)) / rows
        ends.append((max(0.0, mean - half), mean + half))
    return _with(frame, ends, prefix)


def _with(frame: pd.DataFrame, ends: Sequence[tuple[float | None, float | None]], prefix: str) -> pd.DataFrame:
    made = pd.DataFrame(ends, columns=["low", "high"], dtype="float64")
    return frame.assign(**{f"{prefix}low": made["low"].to_numpy(), f"{prefix}high": made["high"].to_numpy()})

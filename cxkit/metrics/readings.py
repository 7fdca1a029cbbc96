"""The same tickets read in other ways: how far SLA attainment hangs on the convention."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from cxkit.metrics.clustering import share_intervals
from cxkit.tables.engine import Tables

JUDGED = "verdict IN ('met', 'late', 'open_late')"
READINGS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "headline": ("Open hours, pauses out, open past the limit is late", JUDGED, "verdict = 'met'"),
        "settled": ("Settled tickets alone", "verdict IN ('met', 'late')", "verdict = 'met'"),
        "matured": ("Only tickets whose limit has passed", "due AND verdict <> 'no_sla'", "verdict = 'met'"),
        "best": ("Open inside the limit count in time", "verdict <> 'no_sla'",
                 "verdict IN ('met', 'open_within')"),
        "worst": ("Open inside the limit count late", "verdict <> 'no_sla'", "verdict = 'met'"),
        "pauses": ("Open hours, pauses counted against us", JUDGED, "settled AND open_hours <= limit_hours"),
        "wall": ("Wall clock, pauses counted against us", JUDGED, "settled AND wall_hours <= limit_hours"),
    }
)  # fmt: skip
"""Reading → what it is, which tickets it judges, and which of them it calls in time."""


def readings(tables: Tables, relation: str, target: float) -> pd.DataFrame:
    """Attainment under each reading, with its verdict against a target.

    Columns: reading, label, judged, met, clusters, attainment, low, high (customers as clusters), difference (to the
    headline) and verdict: reached (the whole interval is), missed (none of it is), open, or "" without an interval.
    """
    parts = " UNION ALL ".join(
        f"SELECT {number} AS number, hash(cluster) AS cluster, ({met})::INT AS met FROM {relation} "
        f"WHERE in_window AND {judged}"
        for number, (_, judged, met) in enumerate(READINGS.values())
    )
    rows = tables.frame(f"""
        WITH k AS ({parts}),
        c AS (SELECT number, cluster, count(*) AS n, sum(met) AS x FROM k GROUP BY 1, 2)
        SELECT number, sum(n)::BIGINT AS judged, sum(x)::BIGINT AS met, count(*) AS clusters,
          sum(x * x)::DOUBLE AS sxx, sum(x * n)::DOUBLE AS sxn, sum(n * n)::DOUBLE AS snn
        FROM c GROUP BY 1 ORDER BY 1
    """)
    names = list(READINGS)
    rows.insert(0, "reading", [names[i] for i in rows["number"]])
    rows.insert(1, "label", [READINGS[name][0] for name in rows["reading"]])
    rows["attainment"] = rows["met"] / rows["judged"]
    rows = share_intervals(rows, "met", "judged")
    head = rows.loc[rows["reading"] == "headline", "attainment"]
    rows["difference"] = rows["attainment"] - (float(head.iloc[0]) if len(head) else float("nan"))
    rows["verdict"] = [_verdict(low, high, target) for low, high in zip(rows["low"], rows["high"], strict=True)]
    shown = ["reading", "label", "judged", "met", "clusters", "attainment", "low", "high", "difference", "verdict"]
    return rows[shown]


def _verdict(low: float, high: float, target: float) -> str:
    """Where an interval lies to a target.

    >>> _verdict(0.91, 0.95, 0.9), _verdict(0.7, 0.8, 0.9), _verdict(0.85, 0.92, 0.9), _verdict(float("nan"), 1, 0.9)
    ('reached', 'missed', 'open', '')
    """
    if pd.isna(low) or pd.isna(high):
        return ""
    return "reached" if low >= target else "missed" if high < target else "open"

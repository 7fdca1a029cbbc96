"""How well records were joined: against pairs that people judged, or else by the model's own expectation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from cxkit.instrument.identity_clusters import Ints, joined
from cxkit.metrics.clustering import share_intervals

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99, 0.995, 0.999)
"""Thresholds of the sweep, beside the chosen one."""
MEASURES = ("precision", "recall", "f1")


def labels(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Judged pairs by number: left, right, same, cluster (the account of either record, or else the left record)."""
    return con.execute("""
        SELECT a.uid AS "left", b.uid AS "right", l.same,
          coalesce(a.account, b.account, a.uid::VARCHAR) AS cluster
        FROM memory.main.identity_labels l
        JOIN records a ON a.system = l.left_system AND a.person_id = l.left_id
        JOIN records b ON b.system = l.right_system AND b.person_id = l.right_id
        WHERE l.same IS NOT NULL AND a.uid <> b.uid
        ORDER BY least(a.uid, b.uid), greatest(a.uid, b.uid), l.same""").df()


def judged(entity: Ints, labelled: pd.DataFrame) -> dict[str, float]:
    """Precision, recall and F1 over judged pairs, with 95 % intervals: pairs of one account are not independent.

    Two records count as joined when they are of one entity, through whatever links. F1 is the share of joined-and-same
    among it and half of what is wrong.
    """
    together = entity[labelled["left"].to_numpy()] == entity[labelled["right"].to_numpy()]
    same = labelled["same"].to_numpy(dtype=bool)
    hit = (together & same).astype(float)
    bases = {
        "precision": together.astype(float),
        "recall": same.astype(float),
        "f1": hit + 0.5 * (together != same),
    }
    found: dict[str, float] = {}
    for measure, base in bases.items():
        by = pd.DataFrame({"cluster": labelled["cluster"].to_numpy(), "x": hit, "n": base})
        sums = by[by["n"] > 0].groupby("cluster", sort=True)[["x", "n"]].sum()
        x, n = sums["x"], sums["n"]
        row = {"x": x.sum(), "n": n.sum(), "clusters": len(sums)}
        row |= {"sxx": (x * x).sum(), "sxn": (x * n).sum(), "snn": (n * n).sum()}
        ends = share_intervals(pd.DataFrame([row]), "x", "n").iloc[0]
        found |= {measure: row["x"] / row["n"] if row["n"] else float("nan")}
        found |= {f"{measure}_low": float(ends["low"]), f"{measure}_high": float(ends["high"])}
    return found


def expected(probability: Any, kept: Any, exact: int) -> dict[str, float]:
    """What the model itself expects of the links it keeps: exact links are taken to be right."""
    right, every = float(np.sum(probability[kept])) + exact, float(np.sum(probability)) + exact
    links = int(np.sum(kept)) + exact
    precision = right / links if links else float("nan")
    recall = right / every if every else float("nan")
    f1 = 2 * precision * recall / (precision + recall) if links and every else float("nan")
    found = {"precision": precision, "recall": recall, "f1": f1}
    return found | {f"{m}_{end}": float("nan") for m in MEASURES for end in ("low", "high")}


def sweep(
    records: int,
    pairs: tuple[Ints, Ints, Any],
    exact: tuple[Ints, Ints],
    thresholds: Sequence[float],
    labelled: pd.DataFrame,
) -> pd.DataFrame:
    """Table ``sweep``: links, entities and the largest at each threshold, with precision, recall and F1."""
    left, right, probability = pairs
    rows = []
    for threshold in sorted(set(thresholds)):
        kept = probability >= threshold
        entity = joined(records, np.concatenate([exact[0], left[kept]]), np.concatenate([exact[1], right[kept]]))
        sizes = np.bincount(entity, minlength=1)
        row: dict[str, float | str] = {
            "threshold": threshold,
            "links": int(kept.sum()) + len(exact[0]),
            "entities": int((sizes > 0).sum()),
            "largest": int(sizes.max()),
        }
        found = judged(entity, labelled) if len(labelled) else expected(probability, kept, len(exact[0]))
        rows.append({**row, "basis": "labels" if len(labelled) else "model", **found})
    return pd.DataFrame(rows)

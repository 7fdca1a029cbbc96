"""Metrics that say the same: by the months they share, and by what people wrote about them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from cxkit.align import association
from cxkit.align.conflict_pairs import grid_of
from cxkit.records import Missing
from cxkit.tables.sheets import Kind, Row

CLUSTERS: Mapping[str, Kind] = {
    "cluster": "integer",
    "how": "text",
    "metric_ids": "text",
    "metrics": "text",
    "metrics_n": "integer",
    "least": "number",
    "months": "integer",
    "segments": "integer",
    "sources": "text",
}
STRONG = 0.7
"""Correlation, season and trend out, that a pair must exceed with its whole interval to count as saying the same."""
WORTH_A_TEST = 0.8
"""A correlation below this cannot exceed `STRONG` with its interval in the months there are."""
DRAWS = 999


def clusters(metrics: Sequence[Row], series: Mapping[str, pd.DataFrame | Missing], *, seed: int) -> list[Row]:
    """Groups of metrics as in `CLUSTERS`, those found in months first; `series` as `metrics.panels.panel` gives them.

    By months: complete linkage over the lower ends of the intervals of |correlation| (both lie above `STRONG` for every
    two of a group); 36 unbroken months are needed. By words: the same name, or the same decision for the same users.
    """
    return [
        {**row, "cluster": place}
        for place, row in enumerate([*_by_month(metrics, series, seed), *_by_word(metrics)], 1)
    ]


def _by_month(metrics: Sequence[Row], series: Mapping[str, pd.DataFrame | Missing], seed: int) -> list[Row]:
    known = {
        id: found
        for id, found in series.items()
        if not isinstance(found, Missing) and found["month"].nunique() >= association.MINIMUM_MONTHS
    }
    ids, names = sorted(known), {row["metric_id"]: row["metric"] or row["metric_id"] for row in metrics}
    if len(ids) < 2:
        return []
    distance = np.ones((len(ids), len(ids)))
    np.fill_diagonal(distance, 0.0)
    facts: dict[tuple[str, str], tuple[int, int]] = {}
    for (i, one), (j, other) in combinations(enumerate(ids), 2):
        close = _closeness(known[one], known[other], f"{one}={other}", seed)
        if close is not None:
            distance[i, j] = distance[j, i] = 1 - close[0]
            facts[one, other] = close[1:]
    groups = fcluster(linkage(squareform(distance), "complete"), 1 - STRONG, "distance")
    found_rows = []
    for group in sorted(set(groups)):
        members = [id for id, g in zip(ids, groups, strict=True) if g == group]
        if len(members) > 1:
            pairs = [facts[pair] for pair in combinations(members, 2)]
            least = 1 - max(distance[ids.index(a), ids.index(b)] for a, b in combinations(members, 2))
            sources = sorted({s for id in members for s in known[id]["source"]})
            found_rows.append(
                {
                    "how": "months",
                    **_named(members, names),
                    "least": float(least),
                    "months": min(p[0] for p in pairs),
                    "segments": min(p[1] for p in pairs),
                    "sources": "; ".join(sources),
                }
            )
    return found_rows


def _closeness(one: pd.DataFrame, other: pd.DataFrame, name: str, seed: int) -> tuple[float, int, int] | None:
    """Lower end of |correlation| in the same month, with months and segments; None where it is not strong."""
    grid, _ = grid_of(one, other)
    if grid is None:
        return None
    steady = association.varies(grid.first, grid.months) & association.varies(grid.second, grid.months)
    if not steady.any():
        return None
    first, second = grid.first[steady], grid.second[steady]
    rough = association.together(first, second, grid.months)
    if abs(rough) < WORTH_A_TEST:
        return None
    rng = np.random.default_rng([seed, crc32(name.encode())])
    found = association.within(first, second, grid.months, rng, lags=0, draws=DRAWS)
    least = found.low if found.value > 0 else -found.high
    return (least, len(grid.months), len(first)) if least > STRONG else None


def _by_word(metrics: Sequence[Row]) -> list[Row]:
    """Metrics of the same name, and metrics that serve one decision of the same users."""
    names = {row["metric_id"]: row["metric"] or row["metric_id"] for row in metrics}
    found, seen = [], set()
    for how in ("name", "decision"):
        groups: dict[tuple[str, ...], list[str]] = {}
        for row in metrics:
            key = (_plain(row["metric"]),) if how == "name" else (_plain(row["decision"]), _plain(row["used_by"]))
            if all(key):
                groups.setdefault(key, []).append(row["metric_id"])
        for members in groups.values():
            if len(members) > 1 and tuple(members) not in seen:
                seen.add(tuple(members))
                found.append({"how": how, **_named(members, names), "sources": "metrics"})
    return found


def _plain(text: str | None) -> str:
    return re.sub(r"\W+", " ", (text or "").casefold()).strip()


def _named(members: Sequence[str], names: Mapping[str, str]) -> Row:
    return {
        "metric_ids": "; ".join(members),
        "metrics": "; ".join(names[id] for id in members),
        "metrics_n": len(members),
    }

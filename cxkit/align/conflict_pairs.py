"""Named pairs of metrics in their months: do they move against each other, and does the sum over segments mislead?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple
from zlib import crc32

import numpy as np
import pandas as pd

from cxkit.align import association
from cxkit.align.association import MINIMUM_MONTHS, Array
from cxkit.metrics import alarms
from cxkit.metrics.multiplicity import adjusted
from cxkit.metrics.panels import panel
from cxkit.metrics.windows import add_months, months_between
from cxkit.records import Missing
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, Row, short

ENDS = ("value_first", "value_second")
"""The two metrics of a pair, month by month."""
MEASURED: Mapping[str, Kind] = {
    "pair": "text",
    "from_id": "text",
    "from_metric": "text",
    "to_id": "text",
    "to_metric": "text",
    "from_unit": "text",
    "to_unit": "text",
    "from_better": "text",
    "to_better": "text",
    "effect": "text",
    "verdict": "text",
    "why": "text",
    "value": "number",
    "low": "number",
    "high": "number",
    "chance": "number",
    "lag": "integer",
    "swing": "number",
    "change": "number",
    "segments": "integer",
    "months": "integer",
    "months_needed": "integer",
    "first_month": "date",
    "last_month": "date",
    "pooled": "number",
    "pooled_low": "number",
    "pooled_high": "number",
    "reversal": "boolean",
    "reversal_chance": "number",
    "sources": "text",
}
PANEL: Mapping[str, Kind] = {
    "pair": "text",
    "segment": "text",
    "month": "date",
    "first": "number",
    "second": "number",
    "first_adjusted": "number",
    "second_adjusted": "number",
}
MINIMUM_CELL = 5
"""Observations behind a month's value below which it does not count, where they are stated."""
MINIMUM_REVERSAL_SEGMENTS = 3
"""With two segments any difference between them would look like a line."""


class Grid(NamedTuple):
    """Two metrics over the same segments and unbroken months, each of shape (segments, months)."""

    segments: list[str]
    months: list[date]
    first: Array
    second: Array


def measure(tables: Tables, pairs: Sequence[Row], *, seed: int) -> tuple[list[Row], list[Row]]:
    """One row per named pair as in `MEASURED`, and the cells of every pair that was tested as in `PANEL`.

    The family is the named pairs that can be tested; Holm (1979) holds the chance of one false alarm in it at
    ``alarms.share("conflict")``, and for reversals at ``alarms.share("reversal")``. A reversal needs the relation
    inside segments and the one over all of them to be clear, each on its own and of opposite sign (Simpson 1951, J. R.
    Stat. Soc. B 13:238; both at once: intersection–union test, Berger 1982), so its chance is the larger.
    """
    known = {id: panel(tables, id) for id in sorted({p[end]["metric_id"] for p in pairs for end in ("from", "to")})}
    measured, cells = [], []
    for pair in pairs:
        row, grid = _read(pair, known)
        if grid is not None:
            row |= _tested(pair, grid, seed)
            cells += _cells(pair["pair"], grid, row["lag"])
        measured.append(row)
    tested = [row for row in measured if row["value"] is not None]
    for row, below, above, reversed_ in zip(
        tested,
        adjusted([r["p_against"] for r in tested], "holm"),
        adjusted([r["p_together"] for r in tested], "holm"),
        adjusted([r["p_reversal"] for r in tested], "holm"),
        strict=True,
    ):
        row["chance"], row["reversal_chance"] = below, reversed_
        level = alarms.share("conflict")
        against, together = below <= level and row["value"] < 0, above <= level and row["value"] > 0
        row["verdict"] = "against" if against else "together" if together else "not clear"
        row["reversal"] = bool(reversed_ <= alarms.share("reversal"))
    return measured, cells


def _read(pair: Row, known: Mapping[str, pd.DataFrame | Missing]) -> tuple[Row, Grid | None]:
    """The row of a pair before any test, with what keeps it from one, and its grid when nothing does."""
    one, other = pair["from"], pair["to"]
    row: Row = dict.fromkeys(MEASURED) | {
        "pair": pair["pair"],
        "from_id": one["metric_id"],
        "from_metric": one["metric"] or one["metric_id"],
        "to_id": other["metric_id"],
        "to_metric": other["metric"] or other["metric_id"],
        "from_unit": one["unit"],
        "to_unit": other["unit"],
        "from_better": one["direction"],
        "to_better": other["direction"],
        "effect": pair["effect"],
        "verdict": "cannot tell",
    }
    first, second = known[one["metric_id"]], known[other["metric_id"]]
    for metric, found in ((one, first), (other, second)):
        if metric["direction"] not in {"up", "down"}:
            return row | {"why": f"which way is better is not stated for {_name(metric)}"}, None
        if isinstance(found, Missing):
            why = f"no monthly values of {_name(metric)}"
            return row | {"why": why, "months": 0, "months_needed": MINIMUM_MONTHS}, None
    if isinstance(first, Missing) or isinstance(second, Missing):  # told above; says so to the type checker
        return row, None
    row["sources"] = "; ".join(sorted({*first["source"], *second["source"]}))
    grid, months = grid_of(first, second)
    if grid is None:
        lacking = MINIMUM_MONTHS - months
        return row | {"why": f"{months} unbroken months in common", "months": months, "months_needed": lacking}, None
    steady = association.varies(grid.first, grid.months) & association.varies(grid.second, grid.months)
    if not steady.any():
        return row | {"why": "one of the two never changes beyond its season and trend"}, None
    kept = [name for name, varies in zip(grid.segments, steady, strict=True) if varies]
    grid = Grid(kept, grid.months, grid.first[steady], grid.second[steady])
    spans = {"first_month": grid.months[0], "last_month": grid.months[-1]}
    return row | spans | {"months": len(grid.months), "segments": len(kept)}, grid


def _name(metric: Row) -> str:
    """A metric as people call it, for a reason."""
    return f"“{short(metric['metric'] or metric['metric_id'], 48)}”"


def grid_of(first: pd.DataFrame, second: pd.DataFrame) -> tuple[Grid | None, int]:
    """Two panels on their common segments and last unbroken months, or None with the months there are.

    Months of a segment count from the last one back to the first hole. Segments that stop before the others or have
    fewer than `MINIMUM_MONTHS` are left out; without a common segment both are read as one whole, where both are.
    """
    usable = [f[f["n"].isna() | (f["n"] >= MINIMUM_CELL)].dropna(subset=["value"]) for f in (first, second)]
    both = usable[0].merge(usable[1], on=["segment", "month"], suffixes=("_first", "_second"))
    runs = {}
    for segment, part in both.groupby("segment", sort=True):
        have = set(part["month"])
        start = last = max(have)
        while add_months(start, -1) in have:
            start = add_months(start, -1)
        runs[str(segment)] = (start, last)
    if not runs:
        return None, 0
    last = max(end for _, end in runs.values())
    length = {name: months_between(start, end) + 1 for name, (start, end) in runs.items() if end == last}
    kept = [name for name, n in length.items() if n >= MINIMUM_MONTHS]
    if not kept:
        return None, max(length.values())
    n = min(length[name] for name in kept)
    months = [add_months(last, k - n + 1) for k in range(n)]
    wide = both.pivot(index="segment", columns="month", values=list(ENDS)).loc[kept]
    first_values, second_values = (wide.loc[:, (c, months)].to_numpy(dtype=float) for c in ENDS)
    return Grid(kept, months, first_values, second_values), n


def _tested(pair: Row, grid: Grid, seed: int) -> Row:
    """The association of a pair, signed so that below nought means that one improves while the other gets worse."""
    better = {end: 1.0 if pair[end]["direction"] == "up" else -1.0 for end in ("from", "to")}
    sign = better["from"] * better["to"]
    rng = np.random.default_rng([seed, crc32(pair["pair"].encode())])
    first, second = grid.first * better["from"], grid.second * better["to"]
    inside = association.within(first, second, grid.months, rng, draws=association.DRAWS)
    each, swing = association.slope(grid.first, grid.second, grid.months, inside.lag)
    row: Row = {
        "value": inside.value,
        "low": inside.low,
        "high": inside.high,
        "lag": inside.lag,
        "swing": swing * better["from"],
        "change": each * swing * better["from"],
        "p_against": inside.p_below,
        "p_together": inside.p_above,
        "p_reversal": 1.0,
    }
    if len(grid.segments) >= MINIMUM_REVERSAL_SEGMENTS:
        over = association.pooled(grid.first, grid.second, grid.months, inside.lag, rng)
        low, high = sorted((sign * over.low, sign * over.high))
        row |= {"pooled": sign * over.value, "pooled_low": low, "pooled_high": high}
        if row["pooled"] * inside.value < 0:
            row["p_reversal"] = max(inside.p_either, over.p)
    return row


def _cells(pair: str, grid: Grid, lag: int) -> list[Row]:
    """The cells of a pair; the second metric stands beside the first of `lag` months earlier."""
    calm_first = association.adjusted_values(grid.first, grid.months)
    calm_second = association.adjusted_values(grid.second, grid.months)
    return [
        {
            "pair": pair,
            "segment": segment,
            "month": month,
            "first": grid.first[s, t],
            "second": grid.second[s, t + lag],
            "first_adjusted": calm_first[s, t],
            "second_adjusted": calm_second[s, t + lag],
        }
        for s, segment in enumerate(grid.segments)
        for t, month in enumerate(grid.months[: len(grid.months) - lag])
    ]

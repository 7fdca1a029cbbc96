"""Metrics that work against each other: first as people declare it, then in the months, where they can be read.

The sheets this reads: ``metrics`` (owner_team, direction, incentive_weight, unit_value), ``links`` between two metrics
(``effect`` hurts or helps; a link that hurts says that pushing the first in its good direction works against the
second), and ``metric_values`` (metric_id, month, segment, value, n: one row per segment and month, 36 unbroken months
or more; a segment ``all`` beside them is not read).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import ClassVar

from cxkit.align import conflict_sentences as sentences
from cxkit.align.conflict_pairs import MEASURED, PANEL, measure
from cxkit.align.conflict_pay import DECLARED, INCENTIVES, declared_rows, incentive_rows, named_pairs, ranked
from cxkit.align.traceability import Traceability
from cxkit.formats import listing
from cxkit.records import FrozenTable, Gap, Missing, Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, Row, table


class MetricConflict(Result):
    """Which metrics work against each other, as declared and as measured.

    Tables (columns as in `conflict_pay` and `conflict_pairs`): `declared`, one row per link that hurts, ranked by the
    first metric's weight × money at stake; `measured`, one row per named pair with verdict ``against``, ``together``,
    ``not clear`` or ``cannot tell``; `panel`, the cells behind it (``*_adjusted``: free of season and trend);
    `incentives`, one row per team and metric. ``value`` of a pair is a correlation inside segments, signed so that
    below nought one improves while the other gets worse; ``swing`` and ``change`` are in the metrics' own units.
    """

    stage: ClassVar[str] = "align"
    name: ClassVar[str] = "conflict"

    currency: str = ""


def metric_conflict(tables: Tables, trace: Traceability, *, seed: int) -> MetricConflict:
    """Find declared and measured conflicts between metrics.

    `trace` is the result of `traceability` over the same tables. Only pairs that links name are looked at, so nothing
    is searched for; each pair draws from `seed` and its own name. An association is never called a cause. Money is a
    year's, in the client's currency.
    """
    pairs = named_pairs(tables)
    measured, cells = measure(tables, pairs, seed=seed)
    paid = "incentive_weight" in tables.supplied("metrics")
    return _stand(
        tables.as_of,
        tables.currency,
        declared=_held(declared_rows(tables, trace, pairs), DECLARED),
        incentives=_held(incentive_rows(tables, trace, pairs), INCENTIVES) if paid else [],
        measured=_held(measured, MEASURED),
        panel=table(cells, PANEL),
        gaps=_gaps(tables, pairs, measured),
    )


def what_if(found: MetricConflict, weights: Mapping[str, float]) -> MetricConflict:
    """The same conflicts if metrics were paid with other weights (metric id → weight); what is not named stays.

    What was measured stays as it is. With the weights there are, the result is the same to the last digit.
    """
    declared = [
        {
            **row,
            "from_weight": weights.get(row["from_id"], row["from_weight"]),
            "to_weight": weights.get(row["to_id"], row["to_weight"]),
        }
        for row in found.tables["declared"].to_pylist()
    ]
    incentives = [
        {**row, "weight": weights.get(row["metric_id"], row["weight"])}
        for row in found.tables["incentives"].to_pylist()
    ]
    return _stand(
        found.as_of,
        found.currency,
        declared=declared,
        incentives=incentives,
        measured=found.tables["measured"].to_pylist(),
        panel=found.tables["panel"],
        gaps=found.gaps,
    )


def _stand(
    as_of: date,
    currency: str,
    *,
    declared: Sequence[Row],
    incentives: Sequence[Row],
    measured: Sequence[Row],
    panel: FrozenTable,
    gaps: Sequence[Gap],
) -> MetricConflict:
    """The result from its facts: ranked and worded."""
    order = ranked(declared)
    findings = [
        *sentences.declared(order, measured, currency),
        *sentences.pay(incentives),
        *sentences.measured(measured, order, currency),
        *sentences.reversals(measured),
    ]
    return MetricConflict(
        as_of=as_of,
        currency=currency,
        findings=tuple(findings),
        gaps=tuple(gaps),
        tables={
            "declared": table(order, DECLARED),
            "measured": table(measured, MEASURED),
            "panel": panel,
            "incentives": table(incentives, INCENTIVES),
        },
    )


def _held(found: Sequence[Row], columns: Mapping[str, Kind]) -> list[Row]:
    """Rows as the result's table gives them back, so that `what_if` starts from the very same numbers."""
    held: list[Row] = table(found, columns).to_pylist()
    return held


def _gaps(tables: Tables, pairs: Sequence[Row], measured: Sequence[Row]) -> list[Gap]:
    """What cannot be said, and what would let it."""
    found = []
    needs = {"metrics": ("metric_id", "metric", "owner_team", "direction"), "links": ("from_id", "to_id", "effect")}
    lacks = tables.lacking(needs)
    if lacks or not any(p["effect"] == "hurts" for p in pairs):
        reason = "No link between two metrics says that one works against the other."
        needed = lacks or (Missing(name="links", columns=("from_id", "to_id", "effect"), why="no pair that hurts"),)
        what = "Metrics that are declared to work against each other"
        found.append(Gap(id="align.conflict.declared", what=what, reason=reason, needs=needed))
    if lacks := tables.lacking({"metrics": ("metric_id", "owner_team", "incentive_weight")}):
        reason = "The list of metrics does not say who is paid on what."
        found.append(Gap(id="align.conflict.unpaid", what="Pay against goals", reason=reason, needs=lacks))
    untold = [row for row in measured if row["verdict"] == "cannot tell"]
    if untold:
        says = [f"{_pair(r)}: {r['why']}{_more(r)}" for r in untold]
        reason = f"Of {len(measured)} named pairs {len(untold)} cannot be read in the months. {listing(says)}."
        columns = ("metric_id", "month", "segment", "value", "n")
        needed = (Missing(name="metric_values", columns=columns, why="36 unbroken months per segment"),)
        found.append(Gap(id="align.conflict.measured", what="Metrics against each other", reason=reason, needs=needed))
    return found


def _pair(row: Row) -> str:
    return f"{sentences.named(row['from_metric'], 32)} with {sentences.named(row['to_metric'], 32)}"


def _more(row: Row) -> str:
    more = row["months_needed"]
    return f", {more} more needed" if more else ""

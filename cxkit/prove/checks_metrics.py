"""Further metrics of an experiment, registered with it: limits that must hold, and second questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple

import pandas as pd

from cxkit.prove.clusters import FEW
from cxkit.prove.plan import UNITS, Plan
from cxkit.prove.totals import from_totals, further_totals
from cxkit.prove.trials import Arm, from_units
from cxkit.prove.units import cluster_rows, further_key, measured_further, moments, records, unit_counts
from cxkit.records import Gap, Missing, Record
from cxkit.tables.engine import Tables

COLUMNS = ("experiment_id", "metric", "role", "kind", "direction", "registered")
"""Columns of `experiment_metrics` without which nothing can be read."""

Role = Literal["secondary", "guardrail"]


class Further(Record):
    """One further metric with its experiment as the plan it would be had it been the primary one."""

    plan: Plan
    role: Role
    margin: float | None = None
    """Guardrail only: the largest harm that is still bearable, in the unit of the metric."""


class Answer(NamedTuple):
    """A further metric and its comparison, or the gap in its place."""

    further: Further
    arm: Arm | Gap


def read_further(tables: Tables, plans: Sequence[Plan]) -> tuple[Further, ...]:
    """The further metrics of these plans, by experiment, role and metric; empty without the sheet."""
    if tables.lacking({"experiment_metrics": COLUMNS}):
        return ()
    named = tables.supplied("metrics") >= {"metric_id", "metric"}
    rows = tables.frame(f"""
        SELECT e.*, {"m.metric" if named else "NULL"} AS metric_name, {"m.unit" if named else "NULL"} AS metric_unit
        FROM experiment_metrics e {"LEFT JOIN metrics m ON m.metric_id = e.metric" if named else ""}
        ORDER BY e.experiment_id, e.role, e.metric
    """)
    rows = rows.drop_duplicates(["experiment_id", "metric"]).astype(object)
    by_id = {plan.experiment_id: plan for plan in plans}
    found = []
    for row in records(rows.where(rows.notna(), None)):
        plan = by_id.get(str(row["experiment_id"]))
        if plan is None or row["metric"] == plan.metric or any(row[c] is None for c in COLUMNS[:5]):
            continue
        unit = UNITS.get(str(row["metric_unit"] or "").strip().lower(), "none")
        margin = None if row["margin"] is None or row["role"] != "guardrail" else float(row["margin"])
        found.append(
            Further(
                plan=plan.model_copy(
                    update={
                        "metric": str(row["metric"]),
                        "metric_name": str(row["metric_name"] or str(row["metric"]).replace("_", " ")),
                        "kind": row["kind"],
                        "direction": row["direction"],
                        "registered": _day(row["registered"]),
                        "worthwhile": margin,
                        "exposed_base": None,
                        "unit_margin": None,
                        "unit": "points" if row["kind"] == "binary" else unit,
                    }
                ),
                role=row["role"],
                margin=margin,
            )
        )
    return tuple(found)


def answers(
    tables: Tables,
    wanted: Sequence[Further],
    *,
    seed: int,
    level: float,
    departures: Mapping[str, str],
    with_units: bool,
    with_totals: bool,
) -> list[Answer]:
    """Each further metric's arms against the control, by the same rules as the primary metric."""
    if not wanted:
        return []
    nothing = pd.DataFrame(columns=["experiment_id"])
    counts = stats = rows = nothing
    if with_units:
        with measured_further(tables) as relation:
            counts, stats = unit_counts(tables, relation), moments(tables, relation)
            clustered = counts.loc[counts["clustered"] > 0, "experiment_id"]
            few = set(stats.loc[(stats["n"] < FEW) & stats["experiment_id"].isin(clustered), "experiment_id"])
            rows = cluster_rows(tables, relation, few) if few else nothing
    sums = further_totals(tables) if with_totals else nothing
    units, spread, clusters, totals = (dict(list(f.groupby("experiment_id"))) for f in (counts, stats, rows, sums))
    found = []
    for one in wanted:
        plan, key = one.plan, further_key(one.plan.experiment_id, one.plan.metric)
        departs = departures.get(f"{plan.experiment_id}/{plan.metric}") or departures.get(plan.experiment_id, "")
        made: tuple[Arm | Gap, ...]
        if key in units and int(units[key]["analysed"].sum()) + int(units[key]["immature"].sum()) > 0:
            given = spread.get(key, nothing), clusters.get(key, nothing)
            made = from_units(plan, units[key], *given, seed=seed, level=level, departs=departs)
        elif key in totals:
            made = from_totals(plan, totals[key], level=level, departs=departs)
        else:
            made = (_unmeasured(one),)
        found += [Answer(one, _named(one, arm)) for arm in made]
    return found


def subject(further: Further, arm: Arm) -> str:
    """What a finding is about: experiment, metric and, where there are several, arm."""
    whole = f"{further.plan.experiment_id}/{further.plan.metric}"
    return whole if arm.alone else f"{whole}/{arm.arm}"


def _unmeasured(one: Further) -> Gap:
    return Gap(
        id=f"prove.{one.role}",
        what="",
        reason=f"It is registered with the experiment, but nothing was measured on '{one.plan.metric}' after the draw.",
        needs=(Missing(name="outcomes", why=f"no row of metric {one.plan.metric}"),),
    )


def _named(one: Further, arm: Arm | Gap) -> Arm | Gap:
    if isinstance(arm, Arm):
        return arm
    what = "keeps its limit on" if one.role == "guardrail" else "moves"
    update = {
        "id": f"prove.{one.role}",
        "what": f"Whether {one.plan.name} {what} {one.plan.metric_name}",
        "initiative": one.plan.initiative_id,
        "subject": f"{one.plan.experiment_id}/{one.plan.metric}",
    }
    return arm.model_copy(update=update)


def _day(value: object) -> date | None:
    return None if value is None else pd.Timestamp(str(value)).date()

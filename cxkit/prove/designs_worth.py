"""How long an experiment takes at the client's own traffic, and the change that just pays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd

from cxkit.prove.designs_data import Basis, Traffic
from cxkit.prove.plan import Plan
from cxkit.prove.units import records
from cxkit.tables.engine import Tables


def expected(plan: Plan, row: dict[str, Any], fresh: Traffic | None) -> Traffic | None:
    """Traffic of an experiment that has drawn nobody: the base it registered, else new accounts."""
    if row["state"] != "planned":
        return None
    if plan.exposed_base:
        return Traffic(weekly=plan.exposed_base / 52, source="the registered units a year ÷ 52")
    return fresh


def duration(as_of: date, plan: Plan, row: dict[str, Any], own: Basis, flow: Traffic | None) -> dict[str, Any]:
    """Weeks it takes at the client's own traffic, weeks still to go, and the day the answer would be there."""
    if flow is None or not flow.weekly > 0:
        return {}
    found: dict[str, Any] = {"traffic": flow.weekly, "traffic_from": flow.source}
    total = row.get("needed_total")
    if total is None:
        return found
    found["weeks"] = total / flow.weekly
    if row["state"] == "ended":
        return found
    found["weeks_left"] = max(0.0, total - own.total) / flow.weekly
    begins = max(as_of, plan.started) if plan.started is not None else as_of
    days = math.ceil(found["weeks_left"] * 7 + (row["lag_days"] or 0))
    found["ready"] = begins + timedelta(days=days) if days < 36_500 else None
    return found


def break_even(plan: Plan, ends: dict[str, Any], cost: float | None) -> dict[str, Any]:
    """The change that just pays: the initiative's yearly cost, else the cost of a unit, over what a change is worth."""
    margin = plan.unit_margin
    if not margin:
        return {}
    if cost is not None and plan.exposed_base:
        least = (ends.get("exposed_base_low") or plan.exposed_base) * (ends.get("unit_margin_low") or margin)
        most = (ends.get("exposed_base_high") or plan.exposed_base) * (ends.get("unit_margin_high") or margin)
        words = "what the initiative costs a year ÷ units a year × margin"
        low, high = cost / most, cost / least if least else None
        return {
            "break_even": cost / (plan.exposed_base * margin),
            "break_even_low": low,
            "break_even_high": high,
            "break_even_from": words,
        }
    if unit := ends.get("unit_cost"):
        low, high = ends.get("unit_margin_low") or margin, ends.get("unit_margin_high") or margin
        return {
            "break_even": unit / margin,
            "break_even_low": unit / high,
            "break_even_high": unit / low,
            "break_even_from": "cost of a unit ÷ margin",
        }
    return {}


def ranges(tables: Tables) -> dict[str, dict[str, Any]]:
    """Ranges of base and margin and the cost of a unit, by experiment."""
    rows = tables.frame("""
        SELECT experiment_id, unit_cost, exposed_base_low, exposed_base_high, unit_margin_low, unit_margin_high
        FROM experiments WHERE experiment_id IS NOT NULL ORDER BY ALL
    """).drop_duplicates("experiment_id")
    return {
        str(row["experiment_id"]): {k: None if pd.isna(v) else v for k, v in row.items() if k != "experiment_id"}
        for row in records(rows)
    }


def yearly_costs(cases: Any) -> Mapping[str, float]:
    """What each initiative costs in a year, from the table `cases` of ``quantify.cases``: running cost, and what is
    paid once spread over the horizon; initiatives without a cost are left out."""
    if cases is None or not cases.has("cases"):
        return {}
    frame = cases.frame("cases")
    if not {"initiative", "run_rate_cost", "one_off_cost"} <= set(frame.columns):
        return {}
    years = float(getattr(cases, "horizon_months", 36)) / 12
    found = {}
    for row in records(frame):
        parts = [0.0 if pd.isna(row[c]) else float(row[c]) for c in ("run_rate_cost", "one_off_cost")]
        if (cost := parts[0] + parts[1] / years) > 0:
            found[str(row["initiative"])] = cost
    return found

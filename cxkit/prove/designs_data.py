"""What a client's own data say of a design: base rate and spread, likeness within clusters, units that come a week."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from cxkit.prove import means
from cxkit.prove.design import intracluster
from cxkit.prove.effects import TOTALS_TABLE, UNIT_TABLES
from cxkit.prove.plan import Plan
from cxkit.prove.totals import arm_totals, impossible
from cxkit.prove.units import _randomised, measured, moments, records, unit_counts
from cxkit.records import Number, Record
from cxkit.tables.cut import text_literal
from cxkit.tables.engine import Tables

WINDOW_DAYS, ACCOUNT_DAYS = 56, 91
"""Traffic is that of the last eight weeks of the draw; new accounts are those of the last thirteen."""

AT_ONCE_DAYS = 7
"""Units all drawn within so many days were drawn at once; nothing follows from it for a week."""

MONTHS = 3
"""Latest months of `metric_values` that a base rate is taken from."""

LEAST = 30
"""Fewest measured units a base rate or a spread is read from."""


class Basis(Record):
    """What is known of one metric before or while it is tested."""

    base: Number | None = None
    spread: Number | None = None
    """Standard deviation of one unit's value."""
    source: str = ""
    """Where it comes from, in words."""
    control: int = 0
    """Units in the control arm that count, or still will."""
    treated: int = 0
    """The same of the smallest other arm."""
    total: int = 0
    arms: int = 0
    clusters: int | None = None
    cluster_size: Number | None = None
    size_variation: Number = 0.0
    icc: Number | None = None
    lag_days: Number | None = None
    """Days from the draw until the outcome is known, in the middle of units."""


class Traffic(Record):
    """Units that become eligible in a week."""

    weekly: Number
    source: str


def bases(tables: Tables, plans: Sequence[Plan]) -> dict[str, Basis]:
    """What each experiment's own units or totals show; experiments without either are left out."""
    found: dict[str, Basis] = {}
    if not tables.lacking(TOTALS_TABLE):
        sums = dict(list(arm_totals(tables).groupby("experiment_id")))
        found |= {p.experiment_id: _from_totals(p, sums[p.experiment_id]) for p in plans if p.experiment_id in sums}
    if tables.lacking(UNIT_TABLES):
        return found
    with measured(tables) as relation:
        counts, stats = unit_counts(tables, relation), moments(tables, relation)
        clustered = set(counts.loc[counts["clustered"] > 0, "experiment_id"].astype(str))
        groups = _clusters(tables, relation, clustered)
        lags = tables.frame(f"""
            SELECT experiment_id, quantile_disc(date_diff('day', assigned_date, measured_date), 0.5) AS days
            FROM {relation} WHERE fate = 'analysed' GROUP BY experiment_id ORDER BY experiment_id
        """)
    days = {str(n): float(d) for n, d in zip(lags["experiment_id"], lags["days"], strict=True) if not pd.isna(d)}
    for plan in plans:
        name = plan.experiment_id
        mine = counts[counts["experiment_id"] == name]
        if len(mine):
            rows = stats[stats["experiment_id"] == name]
            found[name] = _from_units(plan, mine, rows, groups.get(name), days.get(name))
    return found


def elsewhere(tables: Tables, plan: Plan) -> Basis | None:
    """What is known of a metric that this experiment has not measured: earlier outcomes, then `metric_values`."""
    found = _earlier(tables, plan)
    return found if found is not None else _values(tables, plan)


def traffic(tables: Tables) -> dict[str, Traffic]:
    """Units drawn a week over the last eight weeks of each draw; none for what was drawn at once."""
    if tables.lacking({"assignments": ("experiment_id", "assigned")}):
        return {}
    rows = tables.frame(f"""
        WITH ends AS (
            SELECT experiment_id, min(assigned_date) AS first, max(assigned_date) AS last FROM assignments
            WHERE experiment_id IS NOT NULL AND assigned_date IS NOT NULL GROUP BY experiment_id
        )
        SELECT experiment_id, any_value(first) AS first, any_value(last) AS last,
            count(*) FILTER (WHERE assigned_date > last - INTERVAL {WINDOW_DAYS} DAY) AS drawn
        FROM assignments JOIN ends USING (experiment_id) GROUP BY experiment_id ORDER BY experiment_id
    """)
    found = {}
    for row in records(rows):
        span = (pd.Timestamp(row["last"]) - pd.Timestamp(row["first"])).days + 1
        if span <= AT_ONCE_DAYS:
            continue
        weeks = min(span, WINDOW_DAYS) / 7
        source = f"units drawn over the last {weeks:.0f} weeks of the draw"
        found[str(row["experiment_id"])] = Traffic(weekly=int(row["drawn"]) / weeks, source=source)
    return found


def new_accounts(tables: Tables) -> tuple[Traffic | None, int]:
    """New accounts a week, and accounts that are customers now."""
    if tables.lacking({"accounts": ("account_id", "started")}):
        return None, 0
    since = tables.as_of - timedelta(days=ACCOUNT_DAYS)
    row = tables.frame(f"""
        SELECT count(*) FILTER (WHERE started > DATE '{since}') AS new,
            count(*) FILTER (WHERE ended IS NULL OR ended > DATE '{tables.as_of}') AS active FROM accounts
    """).iloc[0]
    new, active = int(row["new"]), int(row["active"])
    source = f"new accounts over the last {ACCOUNT_DAYS // 7} weeks"
    return (Traffic(weekly=new / (ACCOUNT_DAYS / 7), source=source) if new else None), active


def months_of(tables: Tables) -> date:
    """First day of the oldest month that a base rate may be taken from."""
    return (pd.Timestamp(tables.as_of).to_period("M") - (MONTHS - 1)).to_timestamp().date()


def _from_units(
    plan: Plan, counts: pd.DataFrame, stats: pd.DataFrame, groups: pd.DataFrame | None, lag: float | None
) -> Basis:
    by_arm = {str(r["arm"]): r for r in records(counts)}
    kept = {arm: int(r["analysed"] + r["immature"]) for arm, r in by_arm.items()}
    others = [arm for arm in sorted(kept) if arm != plan.control_arm]
    spread, base, grouped = _spread(plan, stats, groups)
    enough = int(counts["analysed"].sum()) >= LEAST and base is not None
    return Basis(
        base=base if enough else None,
        spread=spread if enough else None,
        source="its own control arm" if enough else "",
        control=kept.get(plan.control_arm, 0),
        treated=min((kept[arm] for arm in others), default=0),
        total=sum(kept.values()),
        arms=len(kept),
        clusters=int(counts["drawn"].sum()) if groups is not None else None,
        lag_days=lag,
        **grouped,
    )


def _spread(
    plan: Plan, stats: pd.DataFrame, groups: pd.DataFrame | None
) -> tuple[float | None, float | None, dict[str, float]]:
    """Spread of one unit within arms, level of the control arm, and what clusters add to it."""
    rows = {str(r["arm"]): r for r in records(stats)}
    if plan.control_arm not in rows:
        return None, None, {}
    ratio = plan.kind == "ratio"
    arms = {arm: means.aggregates(r) for arm, r in rows.items()}
    control = arms[plan.control_arm]
    per = control.mean("den") if ratio or groups is not None else 1.0
    if not per > 0:
        return None, None, {}
    base = control.mean("num") / per
    if groups is not None and len(groups):
        return _grouped(plan, groups, base)
    den = "den" if ratio else None
    parts = [(a.count() - 1, float(a.ratio_var("num", den))) for a in arms.values() if a.count() > 1]
    weight = sum(n for n, _ in parts)
    variance = sum(n * v for n, v in parts) / weight if weight else 0.0
    return (math.sqrt(variance) if variance > 0 else None), base, {}


def _grouped(plan: Plan, groups: pd.DataFrame, base: float) -> tuple[float | None, float | None, dict[str, float]]:
    """Spread and intracluster correlation of units, what their arm's level explains taken out."""
    members, arm = groups["members"].to_numpy(float), groups["arm"].to_numpy(str)
    left, squares = np.zeros(len(groups)), 0.0
    weight = 0.0
    for one in np.unique(arm):
        rows = groups[arm == one]
        level = math.fsum(rows["num"]) / math.fsum(rows["den"])
        left[arm == one] = rows["num"] - level * rows["den"]
        squares += math.fsum(rows["num2"] - 2 * level * rows["cross"] + level**2 * rows["den2"])
        weight += float(members[arm == one].sum()) - 1
    per = math.fsum(groups["den"]) / float(members.sum())
    size = float(members.mean())
    grouped = {"cluster_size": size, "size_variation": float(members.std() / size)}
    if members.sum() > len(members) > len(np.unique(arm)):
        grouped["icc"] = intracluster(members, left, squares, arm)
    spread = math.sqrt(squares / weight) / per if squares > 0 and weight > 0 else None
    return spread, base, grouped


def _clusters(tables: Tables, relation: str, experiments: set[str]) -> dict[str, pd.DataFrame]:
    """One row per cluster in a fixed order: members and sums of outcome and denominator, their squares and product."""
    if not experiments:
        return {}
    wanted = ", ".join(text_literal(name) for name in sorted(experiments))
    rows = tables.frame(f"""
        {_randomised(relation)}
        SELECT experiment_id, arm, coalesce('c' || cluster_id, 'u' || unit_id) AS key, count(*) AS members,
            sum(num) / any_value(scale_num) AS num, sum(den) / any_value(scale_den) AS den,
            sum(num::HUGEINT * num)::DOUBLE / pow(any_value(scale_num), 2) AS num2,
            sum(num::HUGEINT * den)::DOUBLE / any_value(scale_num) / any_value(scale_den) AS cross,
            sum(den::HUGEINT * den)::DOUBLE / pow(any_value(scale_den), 2) AS den2
        FROM fixed JOIN scales USING (experiment_id) WHERE experiment_id IN ({wanted})
        GROUP BY ALL ORDER BY experiment_id, arm, key
    """)
    return {str(name): part for name, part in rows.groupby("experiment_id")}


def _from_totals(plan: Plan, rows: pd.DataFrame) -> Basis:
    if plan.design == "cluster_randomised" or plan.kind == "ratio" or impossible(plan, rows):
        return Basis()
    by_arm = {str(r["arm"]): r for r in records(rows)}
    sizes = {arm: int(r["n"]) for arm, r in by_arm.items()}
    control = by_arm[plan.control_arm]
    told = control["successes"] / control["n"] if not pd.isna(control["successes"]) else control["mean"]
    return Basis(
        base=told,
        spread=None if plan.kind == "binary" else control["sd"],
        source="its own control arm",
        control=sizes[plan.control_arm],
        treated=min(n for arm, n in sizes.items() if arm != plan.control_arm),
        total=sum(sizes.values()),
        arms=len(sizes),
    )


def _earlier(tables: Tables, plan: Plan) -> Basis | None:
    """Level and spread of the metric in the control arm of another experiment, the one with most units."""
    if plan.kind == "ratio" or tables.lacking(UNIT_TABLES):
        return None
    rows = tables.frame(f"""
        SELECT o.experiment_id, count(*) AS n, avg(o.value) AS level, stddev_samp(o.value) AS spread,
            quantile_disc(date_diff('day', a.assigned_date, o.measured_date), 0.5) AS days,
            count(*) FILTER (WHERE o.value NOT IN (0, 1)) AS odd
        FROM outcomes o JOIN experiments e ON e.experiment_id = o.experiment_id
        JOIN assignments a ON a.experiment_id = o.experiment_id AND a.unit_id = o.unit_id AND a.arm = e.control_arm
        WHERE o.metric = {text_literal(plan.metric)} AND o.phase = 'post' AND isfinite(o.value)
            AND o.experiment_id <> {text_literal(plan.experiment_id)}
        GROUP BY o.experiment_id ORDER BY n DESC, o.experiment_id
    """)
    for row in records(rows):
        if int(row["n"]) < LEAST or (plan.kind == "binary" and int(row["odd"])):
            continue
        return Basis(
            base=row["level"],
            spread=None if plan.kind == "binary" else row["spread"],
            source=f"the control arm of {row['experiment_id']}, {int(row['n']):,} units",
            lag_days=None if pd.isna(row["days"]) else float(row["days"]),
        )
    return None


def _values(tables: Tables, plan: Plan) -> Basis | None:
    """Level of a yes–no metric in the latest months of `metric_values`; these hold no spread, so nothing of a mean."""
    if plan.kind != "binary" or tables.lacking({"metric_values": ("metric_id", "month", "value")}):
        return None
    percent = _percent(tables, plan.metric)
    rows = tables.frame(f"""
        SELECT month, value, coalesce(n, 1) AS n FROM metric_values
        WHERE metric_id = {text_literal(plan.metric)} AND value IS NOT NULL AND month >= DATE '{months_of(tables)}'
            AND (segment IS NULL OR lower(segment) = 'all') ORDER BY month, value
    """)
    weight = float(rows["n"].sum()) if len(rows) else 0.0
    if weight <= 0:
        return None
    level = math.fsum(v * n for v, n in zip(rows["value"], rows["n"], strict=True)) / weight
    level = level / 100 if percent else level
    if not 0 < level < 1:
        return None
    return Basis(base=level, source=f"metric values of the last {MONTHS} months")


def _percent(tables: Tables, metric: str) -> bool:
    if tables.lacking({"metrics": ("metric_id", "unit")}):
        return False
    rows = tables.frame(f"SELECT unit FROM metrics WHERE metric_id = {text_literal(metric)} ORDER BY unit")
    return any(str(unit).strip().lower() in {"%", "percent", "pct"} for unit in rows["unit"])

"""Experiments that come as totals per arm, and totals that cannot be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from cxkit.prove import means, sequential_reading
from cxkit.prove.comparison import Comparison
from cxkit.prove.plan import Plan
from cxkit.prove.proportions import compare_proportions
from cxkit.prove.split import check_split
from cxkit.prove.trials import FEWEST_UNITS, Arm, gap, months
from cxkit.prove.units import APART, records
from cxkit.prove.verdict import grading
from cxkit.records import Gap, Missing
from cxkit.tables.engine import Tables


def arm_totals(tables: Tables) -> pd.DataFrame:
    """Arm totals of registered primary metrics: experiment_id, arm, n, successes, mean, sd, measured."""
    return tables.frame("""
        SELECT t.experiment_id, t.arm, t.n, t.successes, t.mean, t.sd, t.measured
        FROM arm_totals t JOIN experiments e ON e.experiment_id = t.experiment_id AND e.metric = t.metric
        ORDER BY t.experiment_id, t.arm, t.measured
    """)


def further_totals(tables: Tables) -> pd.DataFrame:
    """As `arm_totals`, of further registered metrics; experiment_id is their `units.further_key`."""
    return tables.frame(f"""
        SELECT t.experiment_id || '{APART}' || t.metric AS experiment_id, t.arm, t.n, t.successes, t.mean, t.sd,
            t.measured
        FROM arm_totals t JOIN experiment_metrics m ON m.experiment_id = t.experiment_id AND m.metric = t.metric
        ORDER BY t.experiment_id, t.metric, t.arm, t.measured
    """)


def from_totals(plan: Plan, rows: pd.DataFrame, *, level: float, departs: str = "") -> tuple[Arm | Gap, ...]:
    """Compare the arms of an experiment that came as totals per arm; impossible totals are named, not used.

    `departs` says how the analysis departs from what was registered.
    """
    if reason := impossible(plan, rows):
        return (gap(plan, f"its arm totals cannot be used: {reason}", Missing(name="arm_totals", why="impossible")),)
    by_arm = {str(r["arm"]): r for r in records(rows)}
    counts = {arm: int(r["n"]) for arm, r in by_arm.items()}
    split = check_split(counts, plan.control_arm, plan.planned_share if plan.randomised else None)
    in_time = None if plan.started is None or plan.registered is None else plan.registered <= plan.started
    treated = [arm for arm in sorted(by_arm) if arm != plan.control_arm]
    until = max(pd.Timestamp(r["measured"]).date() for r in by_arm.values())
    found: list[Arm | Gap] = []
    for arm in treated:
        control, other = by_arm[plan.control_arm], by_arm[arm]
        grade = grading(
            plan,
            in_time=in_time,
            split_checked=split.checked,
            uneven_loss=False,
            missing_share=0.0,
            departs=departs,
        )
        entry = Arm(
            plan=plan,
            arm=arm,
            alone=len(treated) == 1,
            n_control=counts[plan.control_arm],
            n_treated=counts[arm],
            split=split,
            grading=grade,
            notes=("It comes as totals per arm; units lost on the way cannot be seen.",),
            period=months(plan.started or until, until),
            in_time=in_time,
            sources=("experiments", "arm_totals"),
        )
        if split.failed:
            found.append(entry)
            continue
        if min(entry.n_control, entry.n_treated) < FEWEST_UNITS:
            had = f"{entry.n_control:,} and {entry.n_treated:,}"
            reason = f"its arms have {had} units; at least {FEWEST_UNITS} in each are needed"
            found.append(gap(plan, reason, subject=entry.subject))
            continue
        compare_at = partial(_compare, plan, control, other)
        n = entry.n_control + entry.n_treated
        comparison = sequential_reading.read(plan, compare_at, n, clustered=False, level=level)
        if comparison is None or comparison == "too early":
            reason = "its standard deviations are zero, so there is no spread to judge an effect by"
            found.append(gap(plan, reason, subject=entry.subject))
            continue
        spread = min(comparison.baseline, 1 - comparison.baseline) if plan.kind == "binary" else float(control["sd"])
        found.append(
            entry.model_copy(
                update={"comparison": comparison, "allowance": grade.allowance * spread, "base": counts[arm]}
            )
        )
    return tuple(found)


def impossible(plan: Plan, rows: pd.DataFrame) -> str:
    """Why these totals cannot be what they say, in one sentence; empty when they can."""
    if plan.design == "cluster_randomised":
        return "totals per arm do not say which units shared one draw, so no interval can be given"
    if plan.kind == "ratio":
        return "totals per arm do not say how the numerator moves with the denominator, so a ratio has no interval"
    repeated = rows["arm"][rows["arm"].duplicated()]
    if len(repeated):
        return f"arm '{repeated.iloc[0]}' has more than one row of totals"
    if plan.control_arm not in set(rows["arm"]):
        return f"the registered control arm '{plan.control_arm}' has no totals"
    if len(rows) < 2:
        return "only the control arm has totals"
    for row in records(rows):
        if wrong := _wrong(plan, row):
            return f"in arm '{row['arm']}' {wrong}"
    return ""


def _compare(plan: Plan, control: Mapping[str, Any], treated: Mapping[str, Any], level: float) -> Comparison | None:
    """Compare one arm's totals with the control's; None when nothing varies."""
    if plan.kind == "binary":
        (x0, n0), (x1, n1) = ((_successes(row), int(row["n"])) for row in (control, treated))
        return compare_proportions(x0, n0, x1, n1, level=level)
    arms = (means.totals(int(row["n"]), float(row["mean"]), float(row["sd"])) for row in (control, treated))
    return means.compare_means(*arms, level=level)


def _wrong(plan: Plan, row: Mapping[str, Any]) -> str:
    n, successes, mean, sd = (row[k] for k in ("n", "successes", "mean", "sd"))
    if _absent(n) or n < 1:
        return "n is not at least 1"
    if plan.kind == "mean":
        if _absent(mean) or _absent(sd):
            return "the mean or the standard deviation is missing"
        return f"the standard deviation is {sd:g}, below zero" if sd < 0 else ""
    if _absent(successes) and _absent(mean):
        return "neither successes nor a mean is given"
    if not _absent(successes):
        if not 0 <= successes <= n:
            return f"{successes:,.0f} of {n:,.0f} units are successes"
        if not _absent(mean) and abs(mean - successes / n) > 0.0051:
            return f"the mean {mean:g} is not {successes:,.0f} of {n:,.0f}"
        return ""
    if not 0 <= mean <= 1:
        return f"the mean of a yes–no outcome is {mean:g}, not between 0 and 1"
    if not _absent(sd) and n > 1 and sd > math.sqrt(mean * (1 - mean) * n / (n - 1)) + 0.0051:
        return f"a standard deviation of {sd:g} cannot be for a yes–no outcome with mean {mean:g}"
    if abs(mean * n - round(mean * n)) > max(0.02, 0.0006 * n):
        return f"no whole number of {n:,.0f} units gives a mean of {mean:g}"
    return ""


def _successes(row: Mapping[str, Any]) -> int:
    return round(row["mean"] * row["n"]) if _absent(row["successes"]) else int(row["successes"])


def _absent(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))

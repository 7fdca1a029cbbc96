"""The effect on those who met a programme because they were not left out, beside the effect of the draw.

The effect of the draw (intention to treat) counts everybody where chance put them, also those left out who met the
programme and those in it who never did. Divided by the difference in the share that met it, it becomes the effect on
*compliers* (Wald 1940; Bloom 1984; Imbens & Angrist 1994). That rests on two assumptions which the draw does not
secure: being drawn does nothing by itself, and nobody meets the programme only because they were left out. The interval
is Fieller's, the one that inverts the Anderson–Rubin test; none is given where the draw hardly moved who met it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd
from scipy.stats import t
from tea_tasting.aggr import Aggregates

from cxkit import formats
from cxkit.prove import means, sequential
from cxkit.prove.trials import Arm
from cxkit.prove.units import measured, moments, records
from cxkit.prove.verdict import ALLOWANCES
from cxkit.records import Finding
from cxkit.tables.engine import Tables

MET_UNITS = "prove_met_units"
METHOD = "Wald ratio, Fieller's interval"
TYPES = {
    **dict.fromkeys(("experiment_id", "arm", "metric_name", "unit"), "string"),
    **dict.fromkeys(("met_programme", "met_left_out", "effect", "low", "high"), "Float64"),
    "method": "string",
}


class Complier(NamedTuple):
    """The effect on those whom the draw made meet the programme."""

    arm: Arm
    met_programme: float
    met_left_out: float
    effect: float
    low: float
    high: float
    method: str


def compliers(tables: Tables, arms: Sequence[Arm], *, level: float) -> list[Complier]:
    """The effect on compliers of each holdout that was compared; left out where it cannot be told.

    Ratios have no effect per unit that met the programme and are left out.
    """
    wanted = [arm for arm in arms if arm.comparison is not None and arm.plan.kind != "ratio"]
    if not wanted:
        return []
    named = "arm" in tables.supplied("exposures")
    other = "(a.arm <> e.control_arm OR x.arm IS NULL OR x.arm <> a.arm)" if named else "true"
    with (
        measured(tables) as units,
        tables.held(
            MET_UNITS,
            f"""
            WITH met AS (
                SELECT DISTINCT a.experiment_id, a.unit_id FROM assignments a
                JOIN experiments e ON e.experiment_id = a.experiment_id AND e.design = 'holdout'
                JOIN exposures x ON x.experiment_id = a.experiment_id AND x.unit_id = a.unit_id
                WHERE x.exposed >= a.assigned AND {other}
            )
            SELECT u.* REPLACE ((met.unit_id IS NOT NULL)::DOUBLE AS xnum, 1.0 AS xden)
            FROM {units} u JOIN experiments e ON e.experiment_id = u.experiment_id AND e.design = 'holdout'
            LEFT JOIN met ON met.experiment_id = u.experiment_id AND met.unit_id = u.unit_id""",
        ) as relation,
    ):
        stats = {(str(r["experiment_id"]), str(r["arm"])): r for r in records(moments(tables, relation))}
    found = []
    for arm in wanted:
        pair = [stats.get((arm.plan.experiment_id, name)) for name in (arm.plan.control_arm, arm.arm)]
        if None not in pair and (one := _wald(arm, *(means.aggregates(r) for r in pair if r), level=level)):
            found.append(one)
    return found


def complier_finding(one: Complier, currency: str, level: float) -> Finding:
    """The effect on compliers in words, named as what it is."""
    plan = one.arm.plan
    clear = one.low > 0 or one.high < 0
    span = formats.interval(one.low, one.high, plan.unit, currency=currency if plan.unit == "money" else "")
    size = plan.amount(one.effect, currency, signed=True)
    share = [formats.quantity(v, "ratio") for v in (one.met_programme, one.met_left_out)]
    return Finding(
        id="prove.compliers",
        stage="prove",
        title=f"For those who met {plan.name} because they were not left out, {plan.metric_name} changed by {size} "
        f"({span})",
        detail=f"{share[0]} in the programme met it and {share[1]} of those left out. This is not the effect of the "
        "draw: it assumes that being drawn does nothing by itself, and that nobody met the programme only because they "
        f"were left out; the interval is widened for it by the allowance of grade C. {METHOD}.",
        value=one.effect,
        unit=plan.unit,
        currency=currency if plan.unit == "money" else "",
        low=one.low,
        high=one.high,
        level=level,
        about="the effect on those whom the draw made meet the programme",
        n=one.arm.n_clusters or one.arm.n_control + one.arm.n_treated,
        period=one.arm.period,
        grade="C" if one.arm.grading.grade in {"A", "B"} else one.arm.grading.grade,
        sources=("experiments", "assignments", "outcomes", "exposures"),
        initiative=plan.initiative_id,
        subject=one.arm.subject,
        tone="neutral" if not clear else "good" if one.effect * plan.better > 0 else "bad",
    )


def complier_rows(found: Sequence[Complier]) -> pd.DataFrame:
    """Table `compliers`."""
    rows = [
        {"experiment_id": c.arm.plan.experiment_id, "arm": c.arm.arm, "metric_name": c.arm.plan.metric_name}
        | {"unit": c.arm.plan.unit}
        | {k: getattr(c, k) for k in ("met_programme", "met_left_out", "effect", "low", "high", "method")}
        for c in found
    ]
    return pd.DataFrame(rows, columns=list(TYPES)).astype(TYPES)


def _wald(arm: Arm, control: Aggregates, treated: Aggregates, *, level: float) -> Complier | None:
    """The ratio of two differences with Fieller's interval; None where its denominator is not clear of zero."""

    def share(one: Aggregates, name: str) -> float:
        return float(one.mean(name) / one.mean("den"))

    both = (control, treated)
    a, b = (share(treated, name) - share(control, name) for name in ("num", "xnum"))
    var_a, var_b = (sum(float(g.ratio_var(name, "den")) / g.count() for g in both) for name in ("num", "xnum"))
    cov = sum(_together(g) / g.count() for g in both)
    n = control.count() + treated.count()
    at = level
    if arm.comparison is not None and arm.comparison.planned is not None:
        at = sequential.look_level(n, planned=arm.comparison.planned, level=level)
    squared = float(t.isf((1 - at) / 2, n - 2)) ** 2
    lead = b * b - squared * var_b
    inside = (a * b - squared * cov) ** 2 - lead * (a * a - squared * var_a)
    if b == 0 or not lead > 0 or inside < 0:
        return None
    middle, half = (a * b - squared * cov) / lead, math.sqrt(inside) / lead
    level0 = share(control, "num")
    spread = min(level0, 1 - level0) if arm.plan.kind == "binary" else math.sqrt(control.ratio_var("num", "den"))
    wider = max(arm.allowance, ALLOWANCES["C"] * spread) / abs(b)
    left_out, met = share(control, "xnum"), share(treated, "xnum")
    return Complier(arm, met, left_out, a / b, middle - half - wider, middle + half + wider, METHOD)


def _together(arm: Aggregates) -> float:
    """Covariance of outcome and meeting the programme, each per unit of `den`, by the delta method."""
    per = float(arm.mean("den"))
    outcome, met = float(arm.mean("num")) / per, float(arm.mean("xnum")) / per
    found = arm.cov("num", "xnum") - outcome * arm.cov("den", "xnum") - met * arm.cov("den", "num")
    return float(found + outcome * met * arm.var("den")) / per**2

"""Holdouts: what a programme has changed in all, against those left out, and who of them met it all the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from cxkit import formats
from cxkit.formats import Unit
from cxkit.prove.holdout_compliers import complier_finding, complier_rows, compliers
from cxkit.prove.trials import Arm
from cxkit.prove.wording import span_text
from cxkit.records import Finding, Gap, Missing
from cxkit.tables.engine import Tables

NEEDED = ("experiment_id", "unit_id", "exposed")


class Holdouts(NamedTuple):
    """What the left-out groups say."""

    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    contamination: pd.DataFrame
    """experiment_id, arm, role (left out, programme), units, met, share."""
    compliers: pd.DataFrame
    """experiment_id, arm, metric_name, unit, met_programme, met_left_out, effect, low, high, method: the effect on
    those who met the programme because they were not left out."""


def holdouts(tables: Tables, arms: Sequence[Arm], *, level: float) -> Holdouts:
    """Cumulative effect so far (effect per unit × units in the programme) and contamination from `exposures`.

    A unit of the left-out arm is contaminated when it met the programme after its draw; where `exposures` names arms,
    meeting its own arm does not count. The effect is never corrected for it: contamination makes it look smaller.
    Beside it stands, labelled, the effect on those whom the draw made meet it (`holdout_compliers`).
    """
    missing = tables.lacking({"exposures": NEEDED})
    counts = _contamination(tables) if arms and not missing and "assignments" in tables.present else _empty()
    findings: list[Finding] = []
    gaps: list[Gap] = []
    made = compliers(tables, arms, level=level) if len(counts) else []
    for arm in arms:
        findings += _cumulative(arm, tables.currency, level)
        left_out = counts[(counts["experiment_id"] == arm.plan.experiment_id) & (counts["arm"] == arm.plan.control_arm)]
        if len(left_out):
            findings.append(_contaminated(arm, int(left_out["units"].iloc[0]), int(left_out["met"].iloc[0])))
            findings += [
                complier_finding(one, tables.currency, level) for one in made if one.arm.subject == arm.subject
            ]
        else:
            gaps.append(
                Gap(
                    id="prove.contamination",
                    what=f"Whether those left out of {arm.plan.name} met it all the same",
                    reason="It is not recorded who met the programme.",
                    needs=missing or (Missing(name="exposures", columns=NEEDED),),
                    initiative=arm.plan.initiative_id,
                    subject=arm.subject,
                )
            )
    ids = {arm.plan.experiment_id for arm in arms}
    return Holdouts(tuple(findings), tuple(gaps), counts[counts["experiment_id"].isin(ids)], complier_rows(made))


def _contamination(tables: Tables) -> pd.DataFrame:
    named = "arm" in tables.supplied("exposures")
    other = "AND (x.arm IS NULL OR x.arm <> a.arm)" if named else ""
    return tables.frame(f"""
        WITH met AS (
            SELECT DISTINCT a.experiment_id, a.unit_id FROM assignments a
            JOIN exposures x ON x.experiment_id = a.experiment_id AND x.unit_id = a.unit_id
            JOIN experiments e ON e.experiment_id = a.experiment_id
            WHERE x.exposed >= a.assigned AND (a.arm <> e.control_arm OR (true {other}))
        )
        SELECT a.experiment_id, a.arm,
            CASE WHEN a.arm = any_value(e.control_arm) THEN 'left out' ELSE 'programme' END AS role,
            count(*) AS units, count(met.unit_id) AS met, count(met.unit_id) / count(*) AS share
        FROM assignments a JOIN experiments e ON e.experiment_id = a.experiment_id
        LEFT JOIN met ON met.experiment_id = a.experiment_id AND met.unit_id = a.unit_id
        WHERE e.design = 'holdout' GROUP BY a.experiment_id, a.arm ORDER BY a.experiment_id, a.arm
    """)


def _empty() -> pd.DataFrame:
    types = {"experiment_id": "str", "arm": "str", "role": "str", "units": "int64", "met": "int64", "share": "float64"}
    return pd.DataFrame({name: pd.Series(dtype=type_) for name, type_ in types.items()})


def _cumulative(arm: Arm, currency: str, level: float) -> list[Finding]:
    plan, found = arm.plan, arm.comparison
    if found is None:
        return []
    n = arm.n_treated
    unit: Unit = "count" if plan.kind == "binary" else plan.unit
    total, low, high = (arm.base * value for value in (found.effect, arm.low, arm.high))
    clear = low > 0 or high < 0

    def words(value: float) -> str:
        bare = formats.quantity(abs(value), "count" if unit == "none" else unit, currency=currency)
        return bare if clear or value >= 0 else formats.MINUS + bare

    what = f"units with {plan.metric_name}" if plan.kind == "binary" else f"of {plan.metric_name}"
    if clear:
        size = f"{words(total)} {'more' if total > 0 else 'fewer' if plan.kind == 'binary' else 'less'} {what}"
        ends = sorted((abs(low), abs(high)))
        title = f"Against those left out, {plan.name} has brought {size} in all ({words(ends[0])} to {words(ends[1])})"
    else:
        title = (
            f"Against those left out, {plan.name} has not shown an effect in all: {span_text(arm, currency)} per unit"
        )
    return [
        Finding(
            id="prove.holdout",
            stage="prove",
            title=title,
            detail=f"{n:,} units in the programme against {arm.n_control:,} left out.",
            value=total,
            unit=unit,
            currency=currency if unit == "money" else "",
            low=low,
            high=high,
            level=level,
            about="the total effect on the units measured so far"
            + (", per unit of the denominator times its sum" if plan.kind == "ratio" else ""),
            n=n + arm.n_control,
            period=arm.period,
            grade=arm.grading.grade,
            sources=arm.sources,
            initiative=plan.initiative_id,
            subject=arm.subject,
            tone="neutral" if not clear else "good" if total * plan.better > 0 else "bad",
        )
    ]


def _contaminated(arm: Arm, units: int, met: int) -> Finding:
    plan, share = arm.plan, met / units
    return Finding(
        id="prove.contamination",
        stage="prove",
        title=f"{met:,} of {units:,} units left out of {plan.name} met it all the same "
        f"({formats.quantity(share, 'ratio')})",
        detail="The effect above is not corrected for this; it would be larger without." if met else "",
        value=share,
        unit="ratio",
        about="a count, exact",
        n=units,
        period=arm.period,
        sources=("experiments", "assignments", "exposures"),
        initiative=plan.initiative_id,
        subject=arm.subject,
        tone="bad" if share > 0.05 else "neutral",
    )

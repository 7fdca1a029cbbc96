"""The tables of the Prove results: which columns they have, and of what type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from cxkit.prove import wording
from cxkit.prove.plan import Plan
from cxkit.prove.trials import Arm, loss_p
from cxkit.prove.units import records
from cxkit.prove.verdict import Verdict, tone

TEXT, WHOLE, REAL, FLAG, DAY = "string", "Int64", "Float64", "boolean", "datetime64[s]"

EFFECTS: Mapping[str, str] = {
    **dict.fromkeys(("experiment_id", "initiative_id", "name", "hypothesis", "metric", "metric_name", "kind"), TEXT),
    **dict.fromkeys(("design", "direction", "arm", "control_arm"), TEXT),
    **dict.fromkeys(("baseline", "treated", "effect", "low", "high"), REAL),
    **dict.fromkeys(("relative", "relative_low", "relative_high", "p", "p_adjusted", "se", "level"), REAL),
    "method": TEXT,
    **dict.fromkeys(("n_control", "n_treated", "n_clusters"), WHOLE),
    **dict.fromkeys(("verdict", "tone", "grade", "grade_reasons"), TEXT),
    **dict.fromkeys(("bias_allowance", "srm_p", "cuped_gain"), REAL),
    "unit": TEXT,
    "worthwhile": REAL,
    "registered": DAY,
    "in_time": FLAG,
    "period": TEXT,
    **dict.fromkeys(("looks", "reading"), TEXT),
    "planned": REAL,
    "guardrail": TEXT,
}
"""One row per experiment and arm beside the control; effect and interval in the unit of the metric (a yes–no outcome
as a fraction), allowance included; empty while the split check blocks them. `looks` is what was registered, `reading`
how the interval is to be read (once, at any time, before its end), `planned` the size at which an interval that holds
at any time is tightest, `guardrail` the worst of its guardrails (breached, cannot tell, holds; empty without any)."""

SPLITS: Mapping[str, str] = {
    **dict.fromkeys(("experiment_id", "arm", "counted"), TEXT),
    "n": WHOLE,
    **dict.fromkeys(("planned_share", "statistic", "p"), REAL),
    "failed": FLAG,
}
"""One row per experiment and arm; `counted` is what was drawn, units or clusters."""

ATTRITION: Mapping[str, str] = {
    **dict.fromkeys(("experiment_id", "arm"), TEXT),
    **dict.fromkeys(("assigned", "immature", "missing", "early", "analysed"), WHOLE),
    **dict.fromkeys(("missing_share", "p"), REAL),
}
"""One row per experiment and arm: what became of its units; `p` is that of losses as in the control arm."""


def frame(rows: Sequence[Mapping[str, Any]], types: Mapping[str, str]) -> pd.DataFrame:
    """Rows as a frame with exactly these columns and types, also when there are none."""
    return pd.DataFrame(list(rows), columns=list(types)).astype(dict(types))


def effect_rows(
    arms: Sequence[Arm], verdicts: Mapping[str, Verdict], p_adjusted: Mapping[str, float], *, level: float
) -> pd.DataFrame:
    """Table `effects`."""
    rows: list[dict[str, Any]] = []
    for arm in arms:
        plan, found, said = arm.plan, arm.comparison, verdicts[arm.subject]
        row: dict[str, Any] = plan.model_dump(include=set(EFFECTS) & set(Plan.model_fields)) | {
            "arm": arm.arm,
            "n_control": arm.n_control,
            "n_treated": arm.n_treated,
            "n_clusters": arm.n_clusters,
            "verdict": said,
            "tone": "bad",
            "grade": arm.grading.grade,
            "grade_reasons": "; ".join(arm.grading.reasons),
            "srm_p": arm.split.p,
            "in_time": arm.in_time,
            "period": arm.period,
            "level": level,
            "reading": reading(plan),
            "guardrail": arm.guardrail,
        }
        if found is not None:
            relative_low, relative_high = wording.relative_ends(arm)
            row |= found.model_dump(exclude={"relative_low", "relative_high"}) | {
                "relative_low": relative_low,
                "relative_high": relative_high,
                "low": arm.low,
                "high": arm.high,
                "bias_allowance": arm.allowance,
                "p_adjusted": p_adjusted.get(arm.subject),
                "tone": tone(plan, said, arm.low, arm.high, guardrail=arm.guardrail),
            }
        rows.append(row)
    return frame(rows, EFFECTS)


def reading(plan: Plan) -> str:
    """How the interval of a plan is to be read: once, at any time, or before its end."""
    if plan.unread:
        return "before its end"
    return "at any time" if plan.anytime else "once"


def split_rows(firsts: Sequence[Arm]) -> pd.DataFrame:
    """Table `splits`, from one arm of each experiment."""
    return frame(
        [
            {
                "experiment_id": arm.plan.experiment_id,
                "arm": name,
                "counted": "clusters" if arm.n_clusters else "units",
                "n": n,
                "planned_share": arm.split.planned[i] if arm.split.planned else None,
                "statistic": arm.split.statistic,
                "p": arm.split.p,
                "failed": arm.split.failed,
            }
            for arm in firsts
            for i, (name, n) in enumerate(arm.split.counts)
        ],
        SPLITS,
    )


def attrition_rows(plans: Sequence[Plan], counts: pd.DataFrame) -> pd.DataFrame:
    """Table `attrition`, from `units.unit_counts`."""
    seen = {(r["experiment_id"], r["arm"]): r for r in records(counts)}
    controls = {plan.experiment_id: plan.control_arm for plan in plans}

    def fate(row: Mapping[str, Any]) -> tuple[int, int]:
        return int(row["assigned"] - row["immature"]), int(row["missing"] + row["early"])

    rows: list[dict[str, Any]] = []
    for (name, arm), row in sorted(seen.items()):
        if name not in controls:
            continue
        due, lost = fate(row)
        control = seen.get((name, controls[name]))
        p = None
        if control is not None and arm != controls[name]:
            dues, losses = zip(fate(control), (due, lost), strict=True)
            p = loss_p(list(dues), list(losses))
        rows.append({**row, "missing_share": lost / due if due else None, "p": p})
    return frame([{c: row[c] for c in ATTRITION} for row in rows], ATTRITION)

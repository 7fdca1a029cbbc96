"""Experiments without a draw: difference-in-differences, synthetic control and matched cohorts, graded by their checks.

What changed is held against what would have been: by groups not reached, by a mixture of groups that moved alike, or by
customers like those treated. None of this is a draw, so each effect is graded by rules (table `grades`): B when checks
that could have failed passed, else C, matched customers D. Below B the interval carries a declared bias allowance in
spreads of the outcome, so that a weak design never looks precise because it is large.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from cxkit.metrics import multiplicity
from cxkit.prove import matched, quasi_data, quasi_words
from cxkit.prove.plan import QUASI, Plan, missing_plan, read_plans
from cxkit.prove.quasi_arms import Assessed, assess
from cxkit.prove.rows import FLAG, REAL, TEXT, WHOLE, effect_rows, frame
from cxkit.prove.trials import gap
from cxkit.prove.verdict import Verdict, verdict
from cxkit.records import Finding, Gap, Missing, Number, Result
from cxkit.tables.cut import text_literal
from cxkit.tables.engine import Tables

PATHS: Mapping[str, str] = {
    **dict.fromkeys(("experiment_id", "arm", "name", "design", "phase"), TEXT),
    "since": WHOLE,
    "period": "datetime64[s]",
    **dict.fromkeys(("value", "low", "high", "treated", "comparison"), REAL),
    "groups": WHOLE,
    "unit": TEXT,
}
"""By period since the start: the effect so far with its interval (not widened); for a synthetic control the gap, the
group itself and its mixture. `phase` is before, last before (nought by construction) or after."""
PLACEBOS: Mapping[str, str] = {
    **dict.fromkeys(("experiment_id", "arm", "name", "kind", "group"), TEXT),
    **dict.fromkeys(("value", "ratio", "p", "power"), REAL),
    "passed": FLAG,
    "count": WHOLE,
    **dict.fromkeys(("says", "unit"), TEXT),
}
"""What looks for an effect where none can be: other groups, an earlier start, the trend before, shifts in time."""
SENSITIVITY: Mapping[str, str] = {
    **dict.fromkeys(("experiment_id", "arm", "name", "kind"), TEXT),
    **dict.fromkeys(("size", "low", "high"), REAL),
    "holds": FLAG,
    "breakdown": REAL,
    "unit": TEXT,
}
"""The interval under a violation of this size. `kind`: relative (× the worst drift before), smooth (bend of the trend
per block), drift (× the miss before the start), e_value. `breakdown`: the size that overturns it; empty: none does."""
WEIGHTS: Mapping[str, str] = {**dict.fromkeys(("experiment_id", "arm", "name", "group"), TEXT), "weight": REAL}
BALANCE: Mapping[str, str] = {
    **dict.fromkeys(("experiment_id", "arm", "name", "variable", "level"), TEXT),
    **dict.fromkeys(("treated", "before", "after", "smd_before", "smd_after"), REAL),
    "balanced": FLAG,
}
"""Mean or share of the treated, of all untreated and of those matched; differences in standard deviations."""
GRADES: Mapping[str, str] = {
    **dict.fromkeys(("experiment_id", "arm", "name", "design", "rule", "measured", "verdict", "grade"), TEXT)
}
"""One row per rule that the grade of an effect rests on."""


class Quasi(Result):
    """Experiments without a draw, held against what would have been.

    Tables: `effects` (as in `experiments`), `paths`, `placebos`, `sensitivity`, `weights`, `balance`, `grades`.
    """

    stage: ClassVar[str] = "prove"
    name: ClassVar[str] = "quasi"

    level: Number = 0.95
    """Level of every interval."""
    seed: int = 0
    """Seed of the placebo rollouts."""
    currency: str = ""
    adjustment: str = "Benjamini–Hochberg over all primary metrics of experiments without a draw in this report"
    """How several tests are allowed for in the verdicts."""


def quasi(tables: Tables, *, seed: int, level: float = 0.95, registrations: Sequence[Any] = ()) -> Quasi:
    """Assess every registered experiment of the designs did, synthetic_control and matched on its primary metric.

    Needs `experiments` and `assignments`, with `panel` for the first two and `outcomes` and `accounts` for the third;
    what is absent becomes a gap. `registrations` are the records of the client's history (mappings or records with
    experiment_id, hash and seen): one changed after the start makes the analysis exploratory.
    """
    if missing_plan(tables):
        return Quasi(as_of=tables.as_of, seed=seed, level=level, currency=tables.currency)
    plans = tuple(plan for plan in read_plans(tables) if plan.design in QUASI)
    found: list[Assessed] = []
    gaps: list[Gap] = []
    on = _match_on(tables)
    for plan in plans:
        needs = matched.NEEDS if plan.design == "matched" else quasi_data.NEEDS
        if lacking := tables.lacking(needs):
            gaps.append(gap(plan, "what its design compares was not supplied", *lacking))
            continue
        arms = quasi_data.arms(tables, plan)
        treated = [arm for arm in arms if arm != plan.control_arm]
        if why := _no_arms(plan, arms, treated):
            gaps.append(gap(plan, why, Missing(name="assignments", why="no row of this arm")))
            continue
        for arm in treated:
            alone = len(treated) == 1
            made = assess(
                tables, plan, arm, alone=alone, match_on=on.get(plan.experiment_id), registrations=registrations,
                seed=seed, level=level,
            )  # fmt: skip
            if isinstance(made, str):
                gaps.append(gap(plan, made, subject=plan.experiment_id if alone else f"{plan.experiment_id}/{arm}"))
            else:
                found.append(made)
    return _result(tables, plans, found, gaps, seed=seed, level=level)


def _no_arms(plan: Plan, arms: Mapping[str, int], treated: Sequence[str]) -> str:
    if not arms:
        return "it is registered but has no units yet"
    if plan.control_arm not in arms and plan.design != "did":
        return f"no unit is in the registered control arm '{plan.control_arm}'"
    return "" if treated else "only the control arm has units"


def _match_on(tables: Tables) -> dict[str, str]:
    if "match_on" not in tables.supplied("experiments"):
        return {}
    rows = tables.frame(
        f"SELECT experiment_id, match_on FROM experiments WHERE design = {text_literal('matched')} "
        "AND match_on IS NOT NULL ORDER BY experiment_id"
    )
    return dict(zip(rows["experiment_id"].astype(str), rows["match_on"].astype(str), strict=True))


def _result(
    tables: Tables, plans: Sequence[Plan], found: Sequence[Assessed], gaps: Sequence[Gap], *, seed: int, level: float
) -> Quasi:
    currency = tables.currency
    adjusted = multiplicity.adjusted([entry.arm.comparison.p for entry in found if entry.arm.comparison])
    p_adjusted = dict(zip((entry.subject for entry in found), adjusted, strict=True))
    verdicts = {entry.subject: _verdict(entry, p_adjusted[entry.subject], level) for entry in found}
    findings: list[Finding] = [*_tally(plans, found, verdicts)]
    findings += [
        quasi_words.effect_finding(
            entry, verdicts[entry.subject], p_adjusted[entry.subject], tests=len(found), level=level, currency=currency
        )
        for entry in found
    ]
    for entry in found:
        findings += quasi_words.check_findings(entry, currency=currency)
    return Quasi(
        as_of=tables.as_of,
        seed=seed,
        level=level,
        currency=currency,
        findings=tuple(findings),
        gaps=tuple(gaps),
        tables={
            "effects": effect_rows([entry.arm for entry in found], verdicts, p_adjusted, level=level),
            **{
                name: frame([_about(entry) | row for entry in found for row in entry.rows.get(name, [])], types)
                for name, types in (
                    ("paths", PATHS),
                    ("placebos", PLACEBOS),
                    ("sensitivity", SENSITIVITY),
                    ("weights", WEIGHTS),
                    ("balance", BALANCE),
                )
            },
            "grades": frame(
                [
                    _about(entry) | check.model_dump() | {"grade": entry.arm.grading.grade}
                    for entry in found
                    for check in entry.checks
                ],
                GRADES,
            ),
        },
    )


def _about(entry: Assessed) -> dict[str, Any]:
    plan = entry.arm.plan
    return {
        "experiment_id": plan.experiment_id,
        "arm": entry.arm.arm,
        "name": plan.name,
        "design": plan.design,
        "unit": plan.unit,
    }


def _verdict(entry: Assessed, p_adjusted: float, level: float) -> Verdict:
    """The shared reading of the interval; only an effect of grade B is said to be caused."""
    arm = entry.arm
    assert arm.comparison is not None
    said = verdict(arm.plan, arm.comparison.effect, arm.low, arm.high, p_adjusted, level=level)
    if arm.grading.grade != "B":
        return said
    return "raised" if said == "higher" else "cut" if said == "lower" else said


def _tally(plans: Sequence[Plan], found: Sequence[Assessed], verdicts: Mapping[str, Verdict]) -> list[Finding]:
    """One sentence over all experiments without a draw."""
    if not found:
        return []
    believed = {e.arm.plan.experiment_id for e in found if verdicts[e.subject] in {"raised", "cut"}}
    only = {e.arm.plan.experiment_id for e in found if verdicts[e.subject] in {"higher", "lower"}} - believed
    of = f"{len(plans)} experiments without a draw" if len(plans) > 1 else "one experiment without a draw"
    title = f"{len(believed)} of {of} {'has' if len(believed) == 1 else 'have'} shown an effect that its checks carry"
    if only:
        title += f"; {len(only)} more {'shows' if len(only) == 1 else 'show'} a difference that they do not carry"
    return [
        Finding(
            id="prove.quasi.tally",
            stage="prove",
            title=title,
            detail="Counted are effects of grade B whose interval leaves out zero once all such tests are allowed for.",
            value=len(believed),
            unit="count",
            n=len(plans),
            about="a count, exact",
            sources=tuple(sorted({s for e in found for s in e.arm.sources})),
            tone="good" if believed else "neutral",
        )
    ]

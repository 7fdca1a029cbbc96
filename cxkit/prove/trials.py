"""One experiment's arms against its control: checks first, then the comparison, or the reason there is none."""

from __future__ import annotations

import math
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
from scipy.stats import chi2_contingency

from cxkit import formats
from cxkit.prove import means, sequential_reading
from cxkit.prove.comparison import Comparison
from cxkit.prove.plan import Plan
from cxkit.prove.split import SplitCheck, check_split
from cxkit.prove.units import records
from cxkit.prove.verdict import Grading, grading
from cxkit.records import Gap, Missing, Number, Record

FEWEST_UNITS = 30
"""Below this many units in an arm there is no interval."""

UNEVEN_P, UNEVEN_SHARE, UNEVEN_SHARE_CLUSTERS = 0.01, 0.01, 0.05
"""Outcomes are missing unevenly when the test says so at this p and the shares differ by more than a point; with
clusters, whose units go missing together, when the shares differ by more than five points."""

NO_SPREAD = "every outcome has the same value, so there is no spread to judge an effect by"
TOO_EARLY = "it still has too few clusters for an interval that holds however often it is read"

UNIT_SOURCES = ("experiments", "assignments", "outcomes")


class Arm(Record):
    """One arm compared with its control, before the other tests of the report are allowed for."""

    plan: Plan
    arm: str
    alone: bool
    """Whether it is the only arm beside the control."""
    n_control: int
    n_treated: int
    n_clusters: int | None = None
    """Clusters in both arms, where clusters were drawn."""
    split: SplitCheck
    comparison: Comparison | None = None
    """None when the split check failed: the effect is withheld."""
    grading: Grading
    allowance: Number = 0.0
    """Declared bias allowance in the unit of the metric, added to both ends."""
    notes: tuple[str, ...] = ()
    period: str = ""
    in_time: bool | None = None
    base: Number = 0.0
    """What the effect is per: the treated units measured, or for a ratio the sum of their denominators."""
    guardrail: str = ""
    """Verdict over its guardrails: holds, breached or cannot tell; empty where none was registered."""
    sources: tuple[str, ...] = UNIT_SOURCES

    @property
    def subject(self) -> str:
        """What a finding is about: the experiment, and the arm when there are several."""
        return self.plan.experiment_id if self.alone else f"{self.plan.experiment_id}/{self.arm}"

    @property
    def low(self) -> float:
        """Low end with the allowance."""
        assert self.comparison is not None
        return self.comparison.low - self.allowance

    @property
    def high(self) -> float:
        """High end with the allowance."""
        assert self.comparison is not None
        return self.comparison.high + self.allowance


def from_units(
    plan: Plan,
    counts: pd.DataFrame,
    moments: pd.DataFrame,
    rows: pd.DataFrame,
    *,
    seed: int,
    level: float,
    departs: str = "",
) -> tuple[Arm | Gap, ...]:
    """Compare the arms of an experiment that came unit by unit.

    `counts` and `moments` are this experiment's rows of `units.unit_counts` and `units.moments`; `rows` holds
    its clusters when they are few. `departs` says how the analysis departs from what was registered.
    """
    by_arm = {str(r["arm"]): r for r in records(counts)}
    stats = {str(r["arm"]): r for r in records(moments)}
    clustered = int(counts["clustered"].sum()) > 0
    paired = plan.design == "before_after" and plan.control_arm not in by_arm
    if reason := _unusable(plan, counts, by_arm, clustered=clustered, paired=paired):
        return (gap(plan, reason),)
    split = (
        check_split({arm: int(r["drawn"]) for arm, r in by_arm.items()}, plan.control_arm, plan.planned_share)
        if plan.randomised
        else SplitCheck(counts=tuple((arm, int(r["drawn"])) for arm, r in sorted(by_arm.items())))
    )
    first = min(r["first"] for r in by_arm.values())
    in_time = None if plan.registered is None else plan.registered <= pd.Timestamp(first).date()
    treated = [arm for arm in sorted(by_arm) if arm != plan.control_arm]
    fewest = sequential_reading.fewest(plan, clustered=clustered, units=FEWEST_UNITS)
    unit = "clusters" if clustered else "units"
    found: list[Arm | Gap] = []
    for arm in treated:
        pair = [by_arm[a] for a in (plan.control_arm, arm) if a in by_arm]
        uneven, missing = _loss(pair, clustered=clustered)
        sizes = [int(stats[a]["n"]) if a in stats else 0 for a in (plan.control_arm, arm) if a in by_arm]
        members = [int(stats[a]["units"]) if a in stats else 0 for a in (plan.control_arm, arm) if a in by_arm]
        grade = grading(
            plan,
            in_time=in_time,
            split_checked=split.checked,
            uneven_loss=uneven,
            missing_share=missing,
            departs=departs,
        )
        entry = Arm(
            plan=plan,
            arm=arm,
            alone=len(treated) == 1,
            n_control=members[0],
            n_treated=members[-1],
            n_clusters=sum(sizes) if clustered else None,
            split=split,
            grading=grade,
            notes=_notes(pair),
            period=_period(pair),
            in_time=in_time,
        )
        if split.failed:
            found.append(entry)
            continue
        if min(sizes) < fewest:
            had = formats.listing([f"{n:,}" for n in sizes])
            reason = f"its arms have {had} {unit} with an outcome; at least {fewest} in each are needed"
            found.append(gap(plan, reason, subject=entry.subject))
            continue
        compare_at = partial(
            _at,
            (plan, arm, stats, rows),
            clustered=clustered,
            paired=paired,
            covariate=not paired and sequential_reading.usable_covariate(pair),
            seed=seed,
        )
        comparison = sequential_reading.read(plan, compare_at, sum(sizes), clustered=clustered, level=level)
        if comparison is None or comparison == "too early":
            found.append(gap(plan, NO_SPREAD if comparison is None else TOO_EARLY, subject=entry.subject))
            continue
        allowance = grade.allowance * _spread(plan, stats, arm, comparison, clustered=clustered)
        base = float(stats[arm]["mean_den"]) * sizes[-1] if plan.kind == "ratio" else members[-1]
        found.append(entry.model_copy(update={"comparison": comparison, "allowance": allowance, "base": base}))
    return tuple(found)


def _at(given: tuple[Plan, str, dict[str, Any], pd.DataFrame], level: float, **how: Any) -> Comparison | None:
    return sequential_reading.compare(*given, level=level, **how)


def gap(plan: Plan, reason: str, *needs: Missing, subject: str = "") -> Gap:
    """The gap in place of an effect."""
    return Gap(
        id="prove.effect",
        what=f"Effect of {plan.name} on {plan.metric_name}",
        reason=reason[0].upper() + reason[1:] + ".",
        needs=needs,
        initiative=plan.initiative_id,
        subject=subject or plan.experiment_id,
    )


def _unusable(plan: Plan, counts: pd.DataFrame, by_arm: dict[str, Any], *, clustered: bool, paired: bool) -> str:
    """Why these units cannot be compared; empty when they can."""
    if int(counts["repeated"].max()):
        return "assignments or outcomes list some units more than once"
    if plan.control_arm not in by_arm and not paired:
        return (
            f"no unit is in the registered control arm '{plan.control_arm}'; arms are {formats.listing(sorted(by_arm))}"
        )
    if len(by_arm) < 2 and not paired:
        return "only the control arm has units"
    if plan.design == "cluster_randomised" and not clustered:
        return "it is registered as cluster-randomised, but assignments name no cluster_id"
    if mixed := int(counts["mixed"].max()):
        return f"{mixed:,} clusters have units in two arms, so they were not drawn as a whole"
    if odd := int(counts["odd"].sum()):
        return f"{odd:,} outcomes of a yes–no metric are neither 0 nor 1"
    if int(counts["analysed"].sum()) == 0 and int(counts["immature"].sum()) > 0:
        return f"it still runs and none of its {int(counts['assigned'].sum()):,} units is fully measured"
    if int(counts["analysed"].sum()) == 0:
        return f"outcomes hold no usable value of its registered metric '{plan.metric}' after the draw"
    return ""


def _spread(plan: Plan, stats: dict[str, Any], arm: str, found: Comparison, *, clustered: bool) -> float:
    """One spread of the outcome: standard deviation of a unit's value; for yes–no the smaller of both shares."""
    if plan.kind == "binary":
        return min(found.baseline, 1 - found.baseline)
    row = stats.get(plan.control_arm, stats[arm])
    moments = means.aggregates(row)
    if plan.kind == "ratio" or clustered:
        return math.sqrt(max(float(moments.ratio_var("num", "den")), 0.0))
    return math.sqrt(max(float(moments.var("num")), 0.0))


def _loss(pair: list[dict[str, Any]], *, clustered: bool) -> tuple[bool, float]:
    """Whether outcomes are missing unevenly, and their share over both arms."""
    due = [int(r["assigned"] - r["immature"]) for r in pair]
    lost = [int(r["missing"] + r["early"]) for r in pair]
    share = sum(lost) / sum(due) if sum(due) else 0.0
    if len(pair) < 2 or min(due) == 0 or sum(lost) in {0, sum(due)}:
        return False, share
    apart = abs(lost[0] / due[0] - lost[1] / due[1])
    if clustered:
        return apart > UNEVEN_SHARE_CLUSTERS, share
    return loss_p(due, lost) < UNEVEN_P and apart > UNEVEN_SHARE, share


def loss_p(due: list[int], lost: list[int]) -> float:
    """p of equal shares of missing outcomes, by chi-square; 1 when none or all are missing.

    >>> round(loss_p([1000, 1000], [50, 80]), 4)
    0.0065
    """
    if sum(lost) in {0, sum(due)} or min(due) == 0:
        return 1.0
    table = [lost, [d - x for d, x in zip(due, lost, strict=True)]]
    return float(chi2_contingency(table, correction=False).pvalue)


def _notes(pair: list[dict[str, Any]]) -> tuple[str, ...]:
    """What was left out, in words."""
    said = {
        "immature": "units are not fully measured yet and are left out",
        "missing": "units have no outcome and are left out",
        "early": "outcomes are dated before the draw and are left out",
        "late_pre": "pre-period values were not measured before the draw and are not used",
    }
    sums = {k: int(sum(r[k] for r in pair)) for k in said}
    return tuple(f"{sums[k]:,} {text}." for k, text in said.items() if sums[k])


def _period(pair: list[dict[str, Any]]) -> str:
    last = [pd.Timestamp(r["last"]).date() for r in pair if not pd.isna(r["last"])]
    return months(min(pd.Timestamp(r["first"]).date() for r in pair), max(last)) if last else ""


def months(first: date, last: date) -> str:
    """The months from `first` to `last`, as findings write them."""
    if f"{first:%Y-%m}" == f"{last:%Y-%m}":
        return f"{first:%Y-%m}"
    return f"{first:%Y-%m} to {last:%Y-%m}"

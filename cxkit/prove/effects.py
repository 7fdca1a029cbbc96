"""The experiments of a client: checks, effects, verdicts and grades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pandas as pd

from cxkit.metrics import multiplicity
from cxkit.prove import guardrails, holdout, summary, wording
from cxkit.prove.checks_metrics import answers, read_further
from cxkit.prove.clusters import FEW
from cxkit.prove.plan import COLUMNS, QUASI, Plan, missing_plan, read_plans
from cxkit.prove.registration import departures
from cxkit.prove.rows import attrition_rows, effect_rows, split_rows
from cxkit.prove.totals import arm_totals, from_totals
from cxkit.prove.trials import Arm, from_units, gap
from cxkit.prove.units import cluster_rows, measured, moments, unit_counts
from cxkit.prove.verdict import Verdict, verdict
from cxkit.records import Gap, Missing, Number, Result
from cxkit.tables.engine import Tables

UNIT_TABLES: Mapping[str, tuple[str, ...]] = {
    "assignments": ("experiment_id", "unit_id", "arm", "assigned"),
    "outcomes": ("experiment_id", "unit_id", "metric", "phase", "value", "measured"),
}
TOTALS_TABLE: Mapping[str, tuple[str, ...]] = {"arm_totals": ("experiment_id", "arm", "metric", "n", "measured")}


class Experiments(Result):
    """Registered hypotheses held against what happened.

    Tables: `effects` (one row per experiment and arm), `splits` (experiment and arm: units and plan), `attrition`
    (experiment and arm: what became of the units), `contamination` and `compliers` (holdouts).
    """

    stage: ClassVar[str] = "prove"
    name: ClassVar[str] = "experiments"

    level: Number = 0.95
    """Level of every interval."""
    seed: int = 0
    """Seed of the re-draws behind randomisation inference."""
    adjustment: str = "Benjamini–Hochberg over all registered primary metrics of this report"
    """How several tests are allowed for in the verdicts."""


def experiments(tables: Tables, *, seed: int, level: float = 0.95, registrations: Sequence[Any] = ()) -> Experiments:
    """Assess every registered experiment on its primary metric, at the randomised unit, by intention to treat.

    Needs `experiments` with `assignments` and `outcomes`, or `arm_totals`; what is absent becomes a gap. `level` is
    that of the intervals, and ``1 - level`` the share of false alarms the adjusted verdicts allow. `registrations` are
    what earlier runs found registered: an analysis that departs from it is exploratory and graded C at best.

    Where ``experiments.looks`` is `always`, and while an experiment has no end, interval and p hold at any time
    (`cxkit.prove.sequential`): an ordinary interval read before the end would be peeking. One that was registered to be
    read `once` and still runs shows that interval but gets no verdict, so that the one reading at its end keeps the
    whole of its level. A breached guardrail (`cxkit.prove.guardrails`) makes an effect bad news.
    """
    lacking = missing_plan(tables)
    units, sums = tables.lacking(UNIT_TABLES), tables.lacking(TOTALS_TABLE)
    if lacking or (units and sums):
        return Experiments(as_of=tables.as_of, seed=seed, level=level, gaps=(_nothing(lacking, units),))
    registered = read_plans(tables)
    plans = tuple(plan for plan in registered if plan.design not in QUASI)
    departs = departures(tables, registrations)
    given = {"with_units": not units, "with_totals": not sums}
    assessed, counts = _assess(tables, plans, departs, **given, seed=seed, level=level)
    limits = _limits(tables, plans, departs, **given, seed=seed, level=level)
    arms = [
        found.model_copy(update={"guardrail": limits.get(f"{found.plan.experiment_id}/{found.arm}", "")})
        for found in assessed
        if isinstance(found, Arm)
    ]
    gaps = [found for found in assessed if isinstance(found, Gap)]
    if not units:
        gaps += _unregistered(tables, registered)
    tested = [arm for arm in arms if arm.comparison is not None and not arm.plan.unread]
    p_adjusted = dict(
        zip(
            (arm.subject for arm in tested),
            multiplicity.adjusted([arm.comparison.p for arm in tested if arm.comparison]),
            strict=True,
        )
    )
    verdicts: dict[str, Verdict] = {
        arm.subject: "blocked"
        if arm.comparison is None
        else verdict(arm.plan, arm.comparison.effect, arm.low, arm.high, p_adjusted.get(arm.subject), level=level)
        for arm in arms
    }
    currency = tables.currency
    findings = [
        wording.effect_finding(
            arm, verdicts[arm.subject], p_adjusted.get(arm.subject), tests=len(tested), level=level, currency=currency
        )
        for arm in arms
    ]
    firsts = list({arm.plan.experiment_id: arm for arm in reversed(arms)}.values())[::-1]
    findings += [wording.split_finding(arm) for arm in firsts if arm.split.checked]
    findings += summary.attrition_findings(arms, counts)
    left_out = holdout.holdouts(tables, [arm for arm in arms if arm.plan.design == "holdout"], level=level)
    return Experiments(
        as_of=tables.as_of,
        seed=seed,
        level=level,
        findings=(*summary.tally_findings(plans, arms, verdicts), *findings, *left_out.findings),
        gaps=(*gaps, *left_out.gaps),
        tables={
            "effects": effect_rows(arms, verdicts, p_adjusted, level=level),
            "splits": split_rows(firsts),
            "attrition": attrition_rows(plans, counts),
            "contamination": left_out.contamination,
            "compliers": left_out.compliers,
        },
    )


def assessed_arms(
    tables: Tables,
    plans: tuple[Plan, ...],
    departs: Mapping[str, str],
    *,
    with_units: bool,
    with_totals: bool,
    seed: int,
    level: float,
) -> list[Arm]:
    """Each arm that was drawn and measured, compared on the primary metric; blocked ones have no comparison."""
    given = {"with_units": with_units, "with_totals": with_totals}
    found, _ = _assess(tables, plans, departs, **given, seed=seed, level=level)
    return [arm for arm in found if isinstance(arm, Arm)]


def _limits(
    tables: Tables,
    plans: tuple[Plan, ...],
    departs: Mapping[str, str],
    *,
    with_units: bool,
    with_totals: bool,
    seed: int,
    level: float,
) -> dict[str, str]:
    """Arm → its worst guardrail."""
    wanted = [one for one in read_further(tables, plans) if one.role == "guardrail"]
    found = answers(
        tables,
        wanted,
        seed=seed,
        level=guardrails.two_sided(level),
        departures=departs,
        with_units=with_units,
        with_totals=with_totals,
    )
    return guardrails.over_all(guardrails.judge(found, level=level)[0])


def _assess(
    tables: Tables,
    plans: tuple[Plan, ...],
    departs: Mapping[str, str],
    *,
    with_units: bool,
    with_totals: bool,
    seed: int,
    level: float,
) -> tuple[list[Arm | Gap], pd.DataFrame]:
    """Each arm or the gap in its place, by experiment in order, and the counts of units."""
    nothing = pd.DataFrame(columns=["experiment_id"])
    counts, stats, rows = _by_unit(tables) if with_units else (nothing, nothing, nothing)
    sums = arm_totals(tables) if with_totals else nothing
    units, spread, clusters, totals = (dict(list(f.groupby("experiment_id"))) for f in (counts, stats, rows, sums))
    found: list[Arm | Gap] = []
    for plan in plans:
        name = plan.experiment_id
        if name in units:
            given = units[name], spread.get(name, nothing), clusters.get(name, nothing)
            found += from_units(plan, *given, seed=seed, level=level, departs=departs.get(name, ""))
        elif name in totals:
            found += from_totals(plan, totals[name], level=level, departs=departs.get(name, ""))
        else:
            needs = (Missing(name="assignments", why="no row of this experiment"), Missing(name="outcomes"))
            found.append(gap(plan, "it is registered but has neither units nor totals yet", *needs))
    return found, counts


def _by_unit(tables: Tables) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Counts and moments of every experiment, and the rows of those that have few clusters."""
    with measured(tables) as relation:
        counts, stats = unit_counts(tables, relation), moments(tables, relation)
        clustered = counts.loc[counts["clustered"] > 0, "experiment_id"]
        few = set(stats.loc[(stats["n"] < FEW) & stats["experiment_id"].isin(clustered), "experiment_id"])
        rows = cluster_rows(tables, relation, few) if few else pd.DataFrame(columns=["experiment_id"])
    return counts, stats, rows


def _nothing(lacking: tuple[Missing, ...], units: tuple[Missing, ...]) -> Gap:
    return Gap(
        id="prove.effect",
        what="Whether initiatives do what they promise",
        reason="No registered hypothesis comes with results."
        if not lacking
        else "No hypothesis was registered with its metric, arms and date.",
        needs=(*lacking, *units),
    )


def _unregistered(tables: Tables, plans: tuple[Plan, ...]) -> list[Gap]:
    """Experiments that have units but were never registered (or only after `as_of`)."""
    seen = tables.frame(
        "SELECT experiment_id, count(*) AS units FROM assignments WHERE experiment_id IS NOT NULL "
        "GROUP BY experiment_id ORDER BY experiment_id"
    )
    known = {plan.experiment_id for plan in plans}
    return [
        Gap(
            id="prove.effect",
            what=f"Effect of {name}",
            reason=f"Its {units:,} units were assigned, but hypothesis, metric and control arm are not registered.",
            needs=(Missing(name="experiments", columns=COLUMNS, why="no usable row of this experiment"),),
            subject=name,
        )
        for name, units in zip(seen["experiment_id"], seen["units"], strict=True)
        if name not in known
    ]

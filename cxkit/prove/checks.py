"""What stands beside an effect: limits, second questions, whether it lasts, and whether it is the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pandas as pd

from cxkit.metrics import multiplicity
from cxkit.prove import fading, guardrails, segments, sequential_looks, wording
from cxkit.prove.checks_metrics import Answer, answers, read_further, subject
from cxkit.prove.effects import TOTALS_TABLE, UNIT_TABLES, Experiments, assessed_arms
from cxkit.prove.plan import QUASI, missing_plan, read_plans
from cxkit.prove.registration import departures
from cxkit.prove.rows import DAY, EFFECTS, REAL, TEXT, WHOLE, effect_rows, frame
from cxkit.prove.trials import Arm
from cxkit.prove.units import records
from cxkit.prove.verdict import Verdict, verdict
from cxkit.records import Finding, Gap, Number, Result
from cxkit.tables.engine import Tables

NAMED = ("experiment_id", "name", "metric", "metric_name", "unit", "direction", "arm")

GUARDRAILS: Mapping[str, str] = {
    **dict.fromkeys((*NAMED, "initiative_id", "kind", "control_arm"), TEXT),
    **dict.fromkeys(("margin", "limit", "baseline", "treated", "effect", "low", "high"), REAL),
    **dict.fromkeys(("harm", "harm_low", "harm_high", "p", "p_adjusted", "level"), REAL),
    **dict.fromkeys(("verdict", "tone", "method", "grade", "grade_reasons", "period"), TEXT),
    **dict.fromkeys(("n_control", "n_treated", "n_clusters"), WHOLE),
}
"""One row per guardrail and arm. `low` and `high` are one-sided bounds of the effect at `level`; `limit` is the effect
at which the margin is used up; harm counts against the direction; `p` is that of a harm beyond the margin."""

SEGMENTS: Mapping[str, str] = {
    **dict.fromkeys((*NAMED, "kind", "column", "verdict", "value"), TEXT),
    **dict.fromkeys(("order", "n_control", "n_treated"), WHOLE),
    **dict.fromkeys(("baseline", "effect", "low", "high", "level"), REAL),
    "method": TEXT,
}
"""One row per arm, declared column (kind `segment`) or weekday of the draw (kind `weekday`), and group."""

INTERACTIONS: Mapping[str, str] = {
    **dict.fromkeys((*NAMED, "kind", "column", "verdict"), TEXT),
    **dict.fromkeys(("groups", "left_out"), WHOLE),
    **dict.fromkeys(("statistic", "df1", "df2", "p", "p_adjusted"), REAL),
}
"""One row per arm and question whether its effect differs by a column; p is empty until it may be read."""

PERIODS: Mapping[str, str] = {
    **dict.fromkeys((*NAMED, "step"), TEXT),
    **dict.fromkeys(("since", "n_control", "n_treated"), WHOLE),
    **dict.fromkeys(("baseline", "effect", "low", "high", "level"), REAL),
}
"""One row per arm and whole period since the draw, the first of them 1."""

FADING: Mapping[str, str] = {
    **dict.fromkeys((*NAMED, "step", "verdict", "method"), TEXT),
    **dict.fromkeys(("periods", "n"), WHOLE),
    **dict.fromkeys(("first_effect", "last_effect", "slope", "low", "high", "se", "p", "p_adjusted", "level"), REAL),
}
"""One row per arm: the change of its effect per period since the draw."""

LOOKS: Mapping[str, str] = {
    **dict.fromkeys((*NAMED, "counted"), TEXT),
    "look": DAY,
    "n": WHOLE,
    **dict.fromkeys(("effect", "low", "high", "once_low", "once_high", "p", "level"), REAL),
}
"""One row per arm that is looked at while it runs, and day: `low` and `high` hold at every look, `once_…` at one."""


class Checks(Result):
    """Further metrics and conditions of the registered experiments.

    Tables: `guardrails`, `secondary` (columns of `Experiments.effects`), `segments`, `interactions`, `periods`,
    `fading`, `looks`; empty where nothing was registered or nothing can be told, with the gap that says why.
    """

    stage: ClassVar[str] = "prove"
    name: ClassVar[str] = "checks"

    level: Number = 0.95
    """Level of every test and interval; guardrails are tested one-sided at it."""
    seed: int = 0
    """Seed of the re-draws behind randomisation inference."""
    currency: str = ""
    """Currency of amounts of money."""
    guardrail_rule: str = guardrails.MULTIPLICITY
    """How several guardrails are allowed for."""
    adjustment: str = "Benjamini–Hochberg over all secondary metrics and variants of this report"
    """How several secondary metrics and variants are allowed for."""
    further_adjustment: str = "Holm over all questions of one kind in this report"
    """How several segments, weekdays and trends are allowed for."""


def checks(
    tables: Tables, experiments: Experiments, *, seed: int, level: float = 0.95, registrations: Sequence[Any] = ()
) -> Checks:
    """Check each effect of `experiments`: guardrails, secondary metrics, novelty, weekday of the draw, segments, looks.

    Everything about an experiment is blocked while its split check fails. Guardrails and secondary metrics are read
    from `experiment_metrics`, segments from ``experiments.segments`` (and no others), novelty from `panel`.
    `registrations` are the same that `experiments` was given.
    """
    shared = {"as_of": tables.as_of, "seed": seed, "level": level, "currency": tables.currency}
    units, sums = tables.lacking(UNIT_TABLES), tables.lacking(TOTALS_TABLE)
    if missing_plan(tables) or (units and sums) or not experiments.has("effects"):
        return Checks(**shared, gaps=(_nothing(),))
    plans = tuple(plan for plan in read_plans(tables) if plan.design not in QUASI)
    departs = departures(tables, registrations)
    given = {"with_units": not units, "with_totals": not sums}
    arms = assessed_arms(tables, plans, departs, **given, seed=seed, level=level)
    further = read_further(tables, plans)
    drawn = {arm.plan.experiment_id for arm in arms}
    found: dict[str, list[Answer]] = {}
    for role, at in (("guardrail", guardrails.two_sided(level)), ("secondary", level)):
        wanted = [one for one in further if one.role == role and one.plan.experiment_id in drawn]
        found[role] = answers(tables, wanted, seed=seed, level=at, departures=departs, **given)
    judged, gaps = guardrails.judge(found["guardrail"], level=level)
    second, second_rows = _secondary(found["secondary"], level=level, currency=tables.currency)
    gaps += [one.arm for one in found["secondary"] if isinstance(one.arm, Gap)]
    asked, asked_gaps = segments.interactions(tables, arms, level=level)
    trends, trend_gaps = fading.trends(tables, arms, seed=seed, level=level)
    worst = sorted(judged, key=lambda one: guardrails.ORDER.index(one.status))
    findings = [guardrails.finding(one, level=level, currency=tables.currency) for one in worst]
    findings += second
    findings += [
        segments.finding(one, tables.currency) for one in asked if one.kind == "segment" or one.verdict == "differs"
    ]
    findings += [fading.finding(one, tables.currency, level=level) for one in trends]
    return Checks(
        **shared,
        findings=tuple(findings),
        gaps=(*gaps, *asked_gaps, *trend_gaps),
        tables={
            "guardrails": frame(guardrails.rows(judged, level=level), GUARDRAILS),
            "secondary": second_rows,
            "segments": frame(segments.group_rows(asked, level=level), SEGMENTS),
            "interactions": frame(segments.question_rows(asked), INTERACTIONS),
            "periods": frame(fading.period_rows(trends, level=level), PERIODS),
            "fading": frame(fading.trend_rows(trends, level=level), FADING),
            "looks": frame(sequential_looks.looks(tables, arms, seed=seed, level=level), LOOKS),
        },
    )


def _secondary(found: Sequence[Answer], *, level: float, currency: str) -> tuple[list[Finding], pd.DataFrame]:
    """Findings and table of the secondary metrics, corrected together."""
    pairs = [(one.further, one.arm) for one in found if isinstance(one.arm, Arm)]
    tested = [(one, arm) for one, arm in pairs if arm.comparison is not None and not arm.plan.unread]
    p_adjusted = dict(
        zip(
            (subject(one, arm) for one, arm in tested),
            multiplicity.adjusted([arm.comparison.p for _, arm in tested if arm.comparison]),
            strict=True,
        )
    )
    findings, frames = [], []
    for one, arm in pairs:
        seen, key = arm.comparison, subject(one, arm)
        said: Verdict = (
            "blocked"
            if seen is None
            else verdict(arm.plan, seen.effect, arm.low, arm.high, p_adjusted.get(key), level=level)
        )
        made = wording.effect_finding(arm, said, p_adjusted.get(key), tests=len(tested), level=level, currency=currency)
        sources = ("experiment_metrics", *made.sources)
        findings.append(made.model_copy(update={"id": "prove.secondary", "subject": key, "sources": sources}))
        frames.append((arm, said, p_adjusted.get(key)))
    rows = [
        effect_rows([arm], {arm.subject: said}, {} if p is None else {arm.subject: p}, level=level)
        for arm, said, p in frames
    ]
    return findings, frame([row for part in rows for row in records(part)], EFFECTS)


def _nothing() -> Gap:
    return Gap(
        id="prove.guardrail",
        what="Whether limits hold and effects last",
        reason="No experiment comes with results.",
    )

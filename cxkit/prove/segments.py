"""Whether an effect is the same everywhere: by segments declared beforehand, and by weekday of the draw.

A segment that nobody wrote into ``experiments.segments`` is never looked at: among enough segments one always differs.
Each declared column is one question, whether the effects of its segments differ by more than chance (Welch's 1951
test on the effects with their own standard errors; Cochran's Q where all are well known), Holm's correction over all
such questions of the report. The interval of a single segment describes; it tests nothing. Differences are on the scale
of the metric: where levels differ, the same relative effect is not the same difference. Segments are those known
at extraction. Nothing is judged while an experiment runs: this test is for one reading.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

from scipy.stats import f as f_distribution

from cxkit.metrics import multiplicity
from cxkit.prove import clusters, means, sequential_reading
from cxkit.prove.comparison import Comparison
from cxkit.prove.plan import Plan
from cxkit.prove.proportions import compare_proportions
from cxkit.prove.segments_parts import DAYS, WEEKDAY, Part, parts
from cxkit.prove.trials import FEWEST_UNITS, Arm
from cxkit.records import Finding, Gap
from cxkit.tables.engine import Tables

Kind = Literal["segment", "weekday"]
Verdict = Literal["differs", "no difference shown", "not read yet"]


class Group(NamedTuple):
    """One segment: its comparison for the eye, and what the test weighs."""

    value: str
    n_control: int
    n_treated: int
    shown: Comparison
    effect: float
    se: float
    freedom: float


class Interaction(NamedTuple):
    """One question: does the effect of this arm differ by this column?"""

    arm: Arm
    kind: Kind
    column: str
    groups: tuple[Group, ...]
    left_out: int
    """Units in segments too small to look at."""
    statistic: float
    df1: float
    df2: float
    p: float
    p_adjusted: float | None = None
    verdict: Verdict = "not read yet"

    @property
    def subject(self) -> str:
        """Experiment (and arm, where there are several) and column."""
        return f"{self.arm.subject}/{self.column}"


def interactions(tables: Tables, arms: Sequence[Arm], *, level: float) -> tuple[list[Interaction], list[Gap]]:
    """Every declared segment and the weekday of the draw, of every randomised arm whose split was in order."""
    wanted = [arm for arm in arms if arm.comparison is not None and arm.plan.randomised and "outcomes" in arm.sources]
    if not wanted:
        return [], []
    found, gaps = parts(tables, [arm.plan for arm in wanted])
    asked: list[Interaction] = []
    for arm in wanted:
        for part in found:
            if part.experiment_id == arm.plan.experiment_id:
                one = _asked(arm, part, level=level)
                if isinstance(one, Gap):
                    gaps.append(one)
                elif one is not None:
                    asked.append(one)
    gaps = list({gap.model_dump_json(): gap for gap in gaps}.values())
    return [*_corrected(asked, "segment", level), *_corrected(asked, "weekday", level)], gaps


def same_everywhere(groups: Sequence[Group]) -> tuple[float, float, float, float]:
    """Welch's test that all effects are the same: statistic, both degrees of freedom and p.

    >>> shown = Comparison(baseline=0, treated=0, effect=0, low=0, high=0, p=1, se=1, method="")
    >>> pair = [Group(v, 9, 9, shown, e, 1.0, 1e9) for v, e in (("a", 0.0), ("b", 2.0))]
    >>> [round(v, 4) for v in same_everywhere(pair)][:2], round(same_everywhere(pair)[3], 4)
    ([2.0, 1.0], 0.1573)
    """
    k = len(groups)
    weights = [1 / g.se**2 for g in groups]
    total = sum(weights)
    mean = sum(w * g.effect for w, g in zip(weights, groups, strict=True)) / total
    spread = sum(w * (g.effect - mean) ** 2 for w, g in zip(weights, groups, strict=True)) / (k - 1)
    loose = sum((1 - w / total) ** 2 / g.freedom for w, g in zip(weights, groups, strict=True))
    statistic = spread / (1 + 2 * (k - 2) / (k**2 - 1) * loose)
    df2 = (k**2 - 1) / (3 * loose)
    return statistic, float(k - 1), df2, float(f_distribution.sf(statistic, k - 1, df2))


def finding(one: Interaction, currency: str) -> Finding:
    """The answer in words."""
    plan = one.arm.plan
    by = "the weekday of the draw" if one.kind == "weekday" else one.column.replace("_", " ")
    who = plan.name if one.arm.alone else f"{plan.name}, arm {one.arm.arm},"
    what = f"he effect of {who} on {plan.metric_name}"
    ordered = sorted(one.groups, key=lambda g: -g.shown.effect)
    ends = [f"{plan.amount(g.shown.effect, currency, signed=True)} in {g.value}" for g in (ordered[0], ordered[-1])]
    if one.verdict == "differs":
        title = f"T{what} differs by {by}: from {ends[0]} to {ends[1]}"
    elif one.verdict == "not read yet":
        title = f"Whether t{what} differs by {by} is read at its end"
    else:
        title = f"T{what} has not been shown to differ by {by}"
    detail = ["It was declared before the data." if one.kind == "segment" else "It is always asked."]
    if one.p_adjusted is not None:
        p = f"p {one.p_adjusted:.3f}" if one.p_adjusted >= 0.001 else "p below 0.001"
        detail.append(f"{p} after Holm's correction, {len(one.groups)} groups.")
    detail.append("Intervals of single groups describe and test nothing.")
    if one.left_out:
        detail.append(f"{one.left_out:,} units in groups too small to look at are left out.")
    return Finding(
        id=f"prove.{'segments' if one.kind == 'segment' else 'weekday'}",
        stage="prove",
        title=title,
        detail=" ".join(detail),
        value=one.p_adjusted,
        unit="none",
        about="chance of differences at least this large if the effect were the same in every group",
        n=sum(g.n_control + g.n_treated for g in one.groups),
        period=one.arm.period,
        grade=one.arm.grading.grade,
        sources=(*one.arm.sources, *(("accounts",) if one.kind == "segment" else ())),
        initiative=plan.initiative_id,
        subject=one.subject if one.kind == "segment" else one.arm.subject,
        tone="unknown" if one.verdict == "not read yet" else "neutral",
    )


def group_rows(found: Sequence[Interaction], *, level: float) -> list[dict[str, Any]]:
    """Rows of table `segments`: one per group."""
    made = []
    for one in found:
        for order, group in enumerate(one.groups, start=1):
            made.append(
                _who(one)
                | {
                    "value": group.value,
                    "order": order,
                    "n_control": group.n_control,
                    "n_treated": group.n_treated,
                    "baseline": group.shown.baseline,
                    "effect": group.shown.effect,
                    "low": group.shown.low,
                    "high": group.shown.high,
                    "method": group.shown.method,
                    "level": level,
                }
            )
    return made


def question_rows(found: Sequence[Interaction]) -> list[dict[str, Any]]:
    """Rows of table `interactions`: one per question."""
    return [
        _who(one)
        | {"groups": len(one.groups), "left_out": one.left_out, "statistic": one.statistic, "df1": one.df1}
        | {"df2": one.df2, "p": one.p if one.p_adjusted is not None else None, "p_adjusted": one.p_adjusted}
        for one in found
    ]


def _who(one: Interaction) -> dict[str, Any]:
    plan = one.arm.plan
    fields = plan.model_dump(include={"experiment_id", "name", "metric", "metric_name", "unit", "direction"})
    column = "weekday of the draw" if one.kind == "weekday" else one.column
    return fields | {"arm": one.arm.arm, "kind": one.kind, "column": column, "verdict": one.verdict}


def _corrected(asked: Sequence[Interaction], kind: Kind, level: float) -> list[Interaction]:
    """Holm over all questions of this kind that may be read."""
    mine = [one for one in asked if one.kind == kind]
    read = [one for one in mine if not one.arm.plan.running]
    adjusted = iter(multiplicity.adjusted([one.p for one in read], "holm"))
    made = []
    for one in mine:
        if one.arm.plan.running:
            made.append(one)
            continue
        p = next(adjusted)
        verdict: Verdict = "differs" if p <= 1 - level + 1e-12 else "no difference shown"
        made.append(one._replace(p_adjusted=p, verdict=verdict))
    return made


def _asked(arm: Arm, part: Part, *, level: float) -> Interaction | Gap | None:
    """One question, or the gap in its place; None for a weekday there is nothing to compare on."""
    kind: Kind = "weekday" if part.column == WEEKDAY else "segment"
    groups, left_out = [], 0
    for value in sorted(part.stats, key=lambda v: (DAYS.index(v) if v in DAYS else 0, v)):
        pair = [part.stats[value].get(name) for name in (arm.plan.control_arm, arm.arm)]
        present = [row for row in pair if row is not None]
        fewest = clusters.FEWEST if part.clustered else FEWEST_UNITS
        one = None
        if len(present) == 2 and min(int(row["n"]) for row in present) >= fewest:
            one = _group(arm.plan, value, (present[0], present[1]), part, level=level)
        if one is None:
            left_out += sum(int(row["units"]) for row in present)
        else:
            groups.append(one)
    if part.torn or len(groups) < 2:
        if kind == "weekday":
            return None
        by = part.column.replace("_", " ")
        reason = (
            f"{part.torn:,} of its clusters hold several of them, so their effects are not independent of each other"
            if part.torn
            else f"fewer than two have enough in both arms; {'five clusters' if part.clustered else '30 units'} each "
            "are needed"
        )
        return Gap(
            id="prove.segments",
            what=f"Whether the effect of {arm.plan.name} differs by {by}",
            reason=f"Of its segments by {by}, {reason}." if not part.torn else f"By {by}, {reason}.",
            initiative=arm.plan.initiative_id,
            subject=f"{arm.subject}/{part.column}",
        )
    return Interaction(arm, kind, part.column, tuple(groups), left_out, *same_everywhere(groups))


def _group(
    plan: Plan, value: str, pair: tuple[Mapping[str, Any], Mapping[str, Any]], part: Part, *, level: float
) -> Group | None:
    shown = sequential_reading.read(
        plan,
        partial(_compare, plan, pair, clustered=part.clustered, covariate=value in part.covariate),
        sum(int(row["n"]) for row in pair),
        clustered=part.clustered,
        level=level,
    )
    if shown is None or shown == "too early":
        return None
    if plan.kind == "binary" and not part.clustered:
        shares = [((row["total"] + 1) / (row["n"] + 2), row["n"] + 2) for row in pair]  # Agresti & Caffo 2000
        spread = [p * (1 - p) / n for p, n in shares]
        effect, se = shares[1][0] - shares[0][0], math.sqrt(sum(spread))
    else:
        ratio = "den" if part.clustered or plan.kind == "ratio" else None
        spread = [float(a.ratio_var("num", ratio)) / a.count() for a in map(means.aggregates, pair)]
        effect, se = shown.effect, shown.se
    if not se > 0:
        return None
    n = [int(row["n"]) for row in pair]
    freedom = sum(spread) ** 2 / sum(v**2 / (k - 1) for v, k in zip(spread, n, strict=True))
    return Group(value, int(pair[0]["units"]), int(pair[1]["units"]), shown, effect, se, freedom)


def _compare(
    plan: Plan,
    pair: tuple[Mapping[str, Any], Mapping[str, Any]],
    level: float,
    *,
    clustered: bool,
    covariate: bool,
) -> Comparison | None:
    """One group's arms: score interval for shares, Welch's t otherwise, over clusters where these were drawn."""
    control, treated = pair
    if plan.kind == "binary" and not clustered:
        counts = (round(control["total"]), int(control["n"]), round(treated["total"]), int(treated["n"]))
        return compare_proportions(*counts, level=level)
    arms = means.aggregates(control), means.aggregates(treated)
    ratio = clustered or plan.kind == "ratio"
    if ratio and min(a.mean("den") for a in arms) <= 0:
        return None
    return means.compare_means(*arms, ratio=ratio, covariate=covariate, level=level)

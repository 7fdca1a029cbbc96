"""Whether an effect fades or grows with the time since the draw (novelty, or habit).

From `panel`, which follows units period by period. For each unit the slope of its values over its whole periods since
the draw is taken, so that a unit is only ever compared with itself; the slopes of the arms, pooled over units (over
clusters where these were drawn), are compared like any ratio. Units drawn later have fewer periods; comparing slopes
within units, their coming and going moves nothing, and the calendar moves both arms alike. Only periods that lie wholly
before `as_of` count. The effect in each period since the draw is shown beside it and tests nothing. Holm's correction
holds over all experiments of the report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

import pandas as pd

from cxkit.metrics import multiplicity
from cxkit.prove import sequential_reading
from cxkit.prove.clusters import FEW
from cxkit.prove.comparison import Comparison
from cxkit.prove.fading_panel import MOST_PERIODS, followed, step_words
from cxkit.prove.plan import Plan
from cxkit.prove.trials import FEWEST_UNITS, Arm
from cxkit.prove.units import APART, cluster_rows, moments, records
from cxkit.records import Finding, Gap, Missing
from cxkit.tables.engine import Tables

COLUMNS = ("experiment_id", "unit_id", "metric", "period", "value", "measured")
FEWEST_PERIODS = 3
"""Below this many periods since the draw there is no slope."""

Verdict = Literal["fades", "grows", "no trend shown"]


TONES: Mapping[Verdict, Literal["good", "bad", "neutral"]] = {
    "fades": "bad",
    "grows": "good",
    "no trend shown": "neutral",
}
"""Whether it is good news, for an effect that was hoped for and shown."""


class Period(NamedTuple):
    """The effect in one period since the draw, 1 being the first whole one."""

    since: int
    n_control: int
    n_treated: int
    shown: Comparison


class Trend(NamedTuple):
    """How the effect of one arm moves with the time since its draw."""

    arm: Arm
    step: str
    """What a period is, in words: day, week, month, quarter or period."""
    periods: tuple[Period, ...]
    slope: Comparison
    """Change of the effect per period."""
    n: int
    p_adjusted: float | None = None
    verdict: Verdict = "no trend shown"


def trends(tables: Tables, arms: Sequence[Arm], *, seed: int, level: float) -> tuple[list[Trend], list[Gap]]:
    """The trend of each randomised arm whose split was in order, or the gap that names `panel`."""
    wanted = [arm for arm in arms if arm.comparison is not None and arm.plan.randomised]
    if not wanted:
        return [], []
    lacking = tables.lacking({"panel": COLUMNS, "assignments": ("experiment_id", "unit_id", "arm", "assigned")})
    if lacking:
        return [], [_gap(arm.plan, "It is not recorded period by period what its units did", lacking) for arm in wanted]
    plans = list({arm.plan.experiment_id: arm.plan for arm in wanted}.values())
    with followed(tables, plans) as (by_period, by_unit, steps):
        rows = moments(tables, by_period), moments(tables, by_unit)
        clustered = {
            str(r["experiment_id"])
            for r in records(
                tables.frame(f"SELECT experiment_id FROM {by_unit} WHERE cluster_id IS NOT NULL GROUP BY ALL")
            )
        }
        few = {k for k, n in zip(rows[1]["experiment_id"], rows[1]["n"], strict=True) if n < FEW} & clustered
        single = cluster_rows(tables, by_unit, few) if few else pd.DataFrame(columns=["experiment_id", "arm"])
    stats = [{(str(r["experiment_id"]), str(r["arm"])): r for r in records(frame)} for frame in rows]
    found: list[Trend] = []
    gaps: list[Gap] = []
    for arm in wanted:
        name = arm.plan.experiment_id
        ours = single[single["experiment_id"] == name]
        one = _trend(arm, (stats[0], stats[1], ours), steps, name in clustered, seed=seed, level=level)
        if isinstance(one, Gap):
            gaps.append(one)
        else:
            found.append(one)
    gaps = list({gap.model_dump_json(): gap for gap in gaps}.values())
    return _corrected(found, level), gaps


def finding(one: Trend, currency: str, *, level: float) -> Finding:
    """The trend in words."""
    arm, plan, slope = one.arm, one.arm.plan, one.slope
    who = plan.name if arm.alone else f"{plan.name}, arm {arm.arm},"
    first, last = one.periods[0], one.periods[-1]
    amounts = [plan.amount(p.shown.effect, currency, signed=True) for p in (first, last)]
    span = f"{amounts[0]} in {one.step} {first.since} after the draw, {amounts[1]} in {one.step} {last.since}"
    what = f"he effect of {who} on {plan.metric_name}"
    if one.verdict == "no trend shown":
        title = f"T{what} has not been shown to fade or grow: {span}"
    else:
        title = f"T{what} {one.verdict}: {span}"
    ends = [plan.amount(v, currency, signed=True) for v in (slope.low, slope.high)]
    change = plan.amount(slope.effect, currency, signed=True)
    detail = [
        f"It changes by {change} per {one.step} ({ends[0]} to {ends[1]}), each unit compared with itself over the "
        f"{one.step}s since its draw."
    ]
    if one.verdict == "fades":
        detail.append("An effect that fades is worth less in a year than its first reading says.")
    if slope.planned is not None:
        detail.append("The interval holds at any time.")
    return Finding(
        id="prove.fading",
        stage="prove",
        title=title,
        detail=" ".join(detail),
        value=slope.effect,
        unit=plan.unit,
        currency=currency if plan.unit == "money" else "",
        low=slope.low,
        high=slope.high,
        level=level,
        about=f"the change of the effect per {one.step} since the draw",
        n=one.n,
        period=arm.period,
        grade=arm.grading.grade,
        sources=("experiments", "assignments", "panel"),
        initiative=plan.initiative_id,
        subject=arm.subject,
        tone="neutral" if one.verdict == "no trend shown" or not _wanted(one) else TONES[one.verdict],
    )


def period_rows(found: Sequence[Trend], *, level: float) -> list[dict[str, Any]]:
    """Rows of table `periods`: one per arm and period since the draw."""
    return [
        _who(one)
        | {"since": p.since, "n_control": p.n_control, "n_treated": p.n_treated, "baseline": p.shown.baseline}
        | {"effect": p.shown.effect, "low": p.shown.low, "high": p.shown.high, "level": level}
        for one in found
        for p in one.periods
    ]


def trend_rows(found: Sequence[Trend], *, level: float) -> list[dict[str, Any]]:
    """Rows of table `fading`: one per arm."""
    return [
        _who(one)
        | {"periods": len(one.periods), "first_effect": one.periods[0].shown.effect}
        | {"last_effect": one.periods[-1].shown.effect, "slope": one.slope.effect, "low": one.slope.low}
        | {"high": one.slope.high, "se": one.slope.se, "p": one.slope.p, "p_adjusted": one.p_adjusted}
        | {"verdict": one.verdict, "method": one.slope.method, "n": one.n, "level": level}
        for one in found
    ]


def _who(one: Trend) -> dict[str, Any]:
    fields = one.arm.plan.model_dump(include={"experiment_id", "name", "metric", "metric_name", "unit", "direction"})
    return fields | {"arm": one.arm.arm, "step": one.step}


def _wanted(one: Trend) -> bool:
    """Whether the effect that fades or grows is one that was hoped for and shown."""
    arm = one.arm
    return arm.comparison is not None and min(arm.low * arm.plan.better, arm.high * arm.plan.better) > 0


def _trend(
    arm: Arm,
    given: tuple[dict[tuple[str, str], Any], dict[tuple[str, str], Any], pd.DataFrame],
    steps: dict[str, int],
    clustered: bool,
    *,
    seed: int,
    level: float,
) -> Trend | Gap:
    by_period, by_unit, rows = given
    name, arms = arm.plan.experiment_id, (arm.plan.control_arm, arm.arm)
    fewest = sequential_reading.fewest(arm.plan, clustered=clustered, units=FEWEST_UNITS)
    plan = arm.plan.model_copy(update={"kind": "mean", "worthwhile": None})
    periods = []
    for since in range(1, MOST_PERIODS + 1):
        stats = {a: by_period[key] for a in arms if (key := (f"{name}{APART}{since}", a)) in by_period}
        if len(stats) < 2 or min(int(r["n"]) for r in stats.values()) < fewest:
            continue
        shown = _read(plan, arm.arm, stats, pd.DataFrame(columns=["arm"]), clustered, seed=seed, level=level)
        if shown is not None:
            units = [int(stats[a]["units"]) for a in arms]
            periods.append(Period(since, units[0], units[1], shown))
    slopes = {a: by_unit[name, a] for a in arms if (name, a) in by_unit}
    enough = len(slopes) == 2 and min(int(r["n"]) for r in slopes.values()) >= fewest
    if len(periods) < FEWEST_PERIODS or not enough:
        what = "five clusters" if clustered else f"{fewest} units"
        reason = f"Fewer than {FEWEST_PERIODS} whole periods since the draw have {what} in each arm"
        return _gap(arm.plan, reason, (Missing(name="panel", why="too few periods after the draw"),))
    ratio = plan.model_copy(update={"kind": "ratio"})
    slope = _read(ratio, arm.arm, slopes, rows, clustered, seed=seed, level=level)
    if slope is None:
        return _gap(arm.plan, "Its values do not vary over time", (Missing(name="panel", why="no spread"),))
    n = sum(int(r["units"]) for r in slopes.values())
    return Trend(arm, step_words(steps.get(name, 0)), tuple(periods), slope, n)


def _read(
    plan: Plan,
    arm: str,
    stats: dict[str, Any],
    rows: pd.DataFrame,
    clustered: bool,
    *,
    seed: int,
    level: float,
) -> Comparison | None:
    """Compare at the level, or at any time; few clusters without rows by Welch's t over clusters."""
    few = clustered and min(int(r["n"]) for r in stats.values()) < FEW
    how = {"clustered": clustered and (not few or len(rows) > 0), "paired": False, "covariate": False, "seed": seed}
    of = plan.model_copy(update={"kind": "ratio"}) if clustered else plan
    compare_at = partial(_at, (of, arm, stats, rows), how)
    n = sum(int(r["n"]) for r in stats.values())
    found = sequential_reading.read(plan, compare_at, n, clustered=clustered, level=level)
    return None if found == "too early" else found


def _at(given: tuple[Plan, str, dict[str, Any], pd.DataFrame], how: dict[str, Any], level: float) -> Comparison | None:
    return sequential_reading.compare(*given, level=level, **how)


def _corrected(found: Sequence[Trend], level: float) -> list[Trend]:
    """Holm over all trends, and the verdict beside the sign of the effect in the first period."""
    made = []
    for one, p in zip(found, multiplicity.adjusted([t.slope.p for t in found], "holm"), strict=True):
        verdict: Verdict = "no trend shown"
        if p <= 1 - level + 1e-12 and not one.slope.low <= 0 <= one.slope.high:
            verdict = "grows" if one.slope.effect * _sign(one) > 0 else "fades"
        made.append(one._replace(p_adjusted=p, verdict=verdict))
    return made


def _sign(one: Trend) -> float:
    """The sign of the effect over all periods, weighed by units."""
    return sum(p.shown.effect * (p.n_control + p.n_treated) for p in one.periods)


def _gap(plan: Plan, reason: str, needs: tuple[Missing, ...]) -> Gap:
    return Gap(
        id="prove.fading",
        what=f"Whether the effect of {plan.name} fades with time",
        reason=f"{reason}.",
        needs=needs,
        initiative=plan.initiative_id,
        subject=plan.experiment_id,
    )

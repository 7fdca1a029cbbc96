"""One arm compared with its control by the method its design asks for, read once or at any time."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any, Literal

import pandas as pd

from cxkit.prove import clusters, cuped, means, sequential
from cxkit.prove.comparison import Comparison
from cxkit.prove.plan import Plan
from cxkit.prove.proportions import compare_proportions, relative_lift

LOOK_DRAWS = 20_000
"""Re-draws of few clusters where an interval must hold at any time: its tails lie further out."""

Early = Literal["too early"]


def read(
    plan: Plan, compare_at: Callable[[float], Comparison | None], n: int, *, clustered: bool, level: float
) -> Comparison | Early | None:
    """The comparison at `level`: as it stands when it is read once, valid at any time where the plan is looked at.

    `compare_at` gives the comparison at a level; `n` counts units, or clusters, of both arms. The interval at any time
    is the method's own one, read at the level `sequential.look_level` asks for, so that score, delta-method, CUPED and
    randomisation intervals keep their shape. ``too early`` where so few clusters were drawn that no re-draw is as rare.
    """
    once = compare_at(level)
    if once is None or not plan.anytime:
        return once
    planned = sequential.planned_size(n, once.se, plan.worthwhile, clusters=clustered, level=level)
    wide = compare_at(sequential.look_level(n, planned=planned, level=level))
    if wide is None:
        return "too early"
    return wide.model_copy(
        update={
            "p": sequential.look_p(once.p, n, planned=planned, level=level),
            "method": f"{once.method}, {sequential.METHOD}",
            "planned": planned,
        }
    )


def fewest(plan: Plan, *, clustered: bool, units: int) -> int:
    """Fewest units, or clusters, in each arm from which there is an interval."""
    if not clustered:
        return max(units, sequential.FIRST_UNITS if plan.anytime else 0)
    return max(clusters.FEWEST, sequential.FIRST_CLUSTERS if plan.anytime else 0)


def compare(
    plan: Plan,
    arm: str,
    stats: dict[str, Any],
    rows: pd.DataFrame,
    *,
    clustered: bool,
    paired: bool,
    covariate: bool,
    seed: int,
    level: float,
) -> Comparison | None:
    """Compare `arm` with the control, from both arms' moments and, where clusters are few, their `rows`.

    None where nothing varies.
    """
    ratio = plan.kind == "ratio"
    if paired:
        return means.compare_paired(means.aggregates(stats[arm]), ratio=ratio, level=level)
    control, treated = stats[plan.control_arm], stats[arm]
    arms = means.aggregates(control), means.aggregates(treated)
    if ratio and min(a.mean("den") for a in arms) <= 0:
        return None
    if clustered:
        if min(control["n"], treated["n"]) >= clusters.FEW:
            found = means.compare_means(*arms, ratio=True, covariate=covariate, level=level)
            return found and found.model_copy(update={"method": f"clusters, {found.method}"})
        few = clusters.compare_clusters(
            rows[rows["arm"] == plan.control_arm],
            rows[rows["arm"] == arm],
            seed=[seed, zlib.crc32(f"{plan.experiment_id}/{arm}".encode())],
            covariate=covariate,
            level=level,
            draws=LOOK_DRAWS if plan.anytime else clusters.DRAWS,
        )
        return few and (few if covariate else _with_relative(few, arms, level))
    if plan.kind != "binary":
        return means.compare_means(*arms, ratio=ratio, covariate=covariate, level=level)
    plain = compare_proportions(
        round(control["total"]), int(control["n"]), round(treated["total"]), int(treated["n"]), level=level
    )
    if not covariate:
        return plain
    adjusted = means.compare_means(*arms, covariate=True, level=level)
    if adjusted is None or "CUPED" not in adjusted.method:
        return plain.model_copy(update={"cuped_gain": adjusted.cuped_gain if adjusted else None})
    return adjusted


def usable_covariate(pair: list[dict[str, Any]]) -> bool:
    """Whether enough analysed units have a pre-period value, from rows of `units.unit_counts`."""
    known, analysed = sum(r["known_pre"] for r in pair), sum(r["analysed"] for r in pair)
    return bool(analysed and known / analysed >= cuped.KNOWN_SHARE)


def _with_relative(found: Comparison, arms: tuple[Any, Any], level: float) -> Comparison:
    """Add the relative lift by the delta method over clusters."""
    control, treated = ((a.mean("num") / a.mean("den"), a.ratio_var("num", "den") / a.count(), a.count()) for a in arms)
    lift = relative_lift(control, treated, level=level)
    return found.model_copy(
        update=lift and {"relative": lift.value, "relative_low": lift.low, "relative_high": lift.high}
    )

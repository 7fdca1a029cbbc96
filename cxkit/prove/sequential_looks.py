"""What an experiment would have said on earlier days: the effect with both bands, look by look.

For experiments that are looked at while they run. At each look only units count whose whole measurement window lay
before it, drawn and measured by then; the ordinary band is what peeking would have read, the other holds at every look.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd

from cxkit.prove import sequential_reading
from cxkit.prove.clusters import FEW
from cxkit.prove.comparison import Comparison
from cxkit.prove.plan import Plan
from cxkit.prove.sequential_reading import usable_covariate
from cxkit.prove.trials import FEWEST_UNITS, Arm
from cxkit.prove.units import APART, cluster_rows, measured, moments, records, unit_counts
from cxkit.tables.cut import text_literal
from cxkit.tables.engine import Tables

LOOKS = "prove_looks"
MOST_LOOKS = 12
"""Looks that are drawn, evenly spaced from the first unit that was ready to the last."""


def looks(tables: Tables, arms: Sequence[Arm], *, seed: int, level: float) -> list[dict[str, Any]]:
    """Rows of table `looks`: one per arm that is looked at, and day."""
    wanted = [arm for arm in arms if arm.comparison is not None and arm.plan.anytime and "outcomes" in arm.sources]
    wanted = [arm for arm in wanted if arm.plan.randomised]
    if not wanted:
        return []
    ids = ", ".join(text_literal(name) for name in dict.fromkeys(arm.plan.experiment_id for arm in wanted))
    query = f"""
        WITH units AS (
            SELECT *, greatest(matured_date, measured_date) AS ready
            FROM {{units}} WHERE fate = 'analysed' AND experiment_id IN ({ids.replace("{", "{{").replace("}", "}}")})
        ),
        span AS (SELECT experiment_id, min(ready) AS first, max(ready) AS last FROM units GROUP BY 1),
        days AS (
            SELECT DISTINCT experiment_id, last - CAST(floor((last - first) * i / {MOST_LOOKS}.0) AS INTEGER) AS look
            FROM span, range({MOST_LOOKS}) t(i)
        )
        SELECT u.* REPLACE (u.experiment_id || '{APART}' || strftime(look, '%Y-%m-%d') AS experiment_id)
        FROM units u JOIN days d ON d.experiment_id = u.experiment_id AND u.ready <= d.look"""
    with measured(tables) as units, tables.held(LOOKS, query.format(units=units)):
        stats, counts = moments(tables, LOOKS), unit_counts(tables, LOOKS)
        clustered = counts.loc[counts["clustered"] > 0, "experiment_id"]
        few = set(stats.loc[(stats["n"] < FEW) & stats["experiment_id"].isin(clustered), "experiment_id"])
        single = cluster_rows(tables, LOOKS, few) if few else pd.DataFrame(columns=["experiment_id", "arm"])
    by_look = {k: dict(list(f.groupby("experiment_id"))) for k, f in (("s", stats), ("c", counts), ("r", single))}
    made = []
    for key in sorted(map(str, by_look["s"])):
        name, day = key.split(APART, 1)
        of = {str(r["arm"]): r for r in records(by_look["s"][key])}
        counted = {str(r["arm"]): r for r in records(by_look["c"][key])}
        for arm in wanted:
            pair = [counted.get(a) for a in (arm.plan.control_arm, arm.arm)]
            present = [row for row in pair if row is not None]
            if arm.plan.experiment_id != name or len(present) < 2:
                continue
            clusters = sum(int(row["clustered"]) for row in present) > 0
            sizes = [int(of[a]["n"]) for a in (arm.plan.control_arm, arm.arm)]
            if min(sizes) < sequential_reading.fewest(arm.plan, clustered=clusters, units=FEWEST_UNITS):
                continue
            compare_at = partial(
                _at,
                (arm.plan, arm.arm, of, by_look["r"].get(key, single)),
                {"clustered": clusters, "paired": False, "covariate": usable_covariate(present), "seed": seed},
            )
            once = compare_at(level)
            always = sequential_reading.read(arm.plan, compare_at, sum(sizes), clustered=clusters, level=level)
            if once is None or always is None or always == "too early":
                continue
            made.append(_row(arm, day, once, always, level) | {"n": sum(sizes)})
    return made


def _at(given: tuple[Plan, str, dict[str, Any], pd.DataFrame], how: dict[str, Any], level: float) -> Comparison | None:
    return sequential_reading.compare(*given, level=level, **how)


def _row(arm: Arm, day: str, once: Comparison, always: Comparison, level: float) -> dict[str, Any]:
    fields = arm.plan.model_dump(include={"experiment_id", "name", "metric", "metric_name", "unit", "direction"})
    return fields | {
        "arm": arm.arm,
        "look": pd.Timestamp(day),
        "counted": "clusters" if arm.n_clusters else "units",
        "effect": once.effect,
        "low": always.low,
        "high": always.high,
        "once_low": once.low,
        "once_high": once.high,
        "p": always.p,
        "level": level,
    }

"""From assignments and outcomes to one row per randomised unit, in the engine.

Intention to treat: a unit counts in the arm it was given. A unit without an outcome is *immature* while the
measurement still runs for it, *missing* after that; neither is ever read as a zero. While an experiment runs,
only units whose whole measurement window lies before `as_of` count, also when their outcome happens to be known
already: the early ones are not like the rest. A pre-period value counts only when it was measured before the draw.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd

from cxkit.tables.cut import end_of_day, text_literal
from cxkit.tables.engine import Tables

WINDOW_SHARE = 0.99
"""The measurement window of a running experiment is the lag within which this share of its outcomes came in."""

MEASURES = ("num", "den", "xnum", "xden")
"""Outcome and denominator after the draw, outcome and denominator before it; 1 where the metric has no denominator."""

PAIRS = tuple((a, b) for i, a in enumerate(MEASURES) for b in MEASURES[i:])

BITS = 36
"""Values are added up as whole multiples of their experiment's largest value ÷ 2^36: the sum of whole numbers does not
depend on their order, that of doubles does."""

UNITS, FURTHER = "prove_units", "prove_further_units"

APART = chr(31)
"""Between an experiment's id and what part of it is meant; no id holds it."""


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a small frame as dictionaries by column name."""
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


@contextmanager
def measured(tables: Tables) -> Iterator[str]:
    """The assigned units of registered experiments, one row each, in the engine for a while; the relation's name."""
    primary = "SELECT experiment_id AS key, experiment_id, metric AS planned, kind FROM experiments"
    with tables.held(UNITS, _units(tables, primary)):
        yield UNITS


@contextmanager
def measured_further(tables: Tables) -> Iterator[str]:
    """As `measured`, on the further metrics: what is called experiment_id there is `further_key`."""
    further = f"""
        SELECT m.experiment_id || '{APART}' || m.metric AS key, m.experiment_id, m.metric AS planned, m.kind
        FROM experiment_metrics m WHERE m.metric IS NOT NULL AND m.kind IS NOT NULL"""
    with tables.held(FURTHER, _units(tables, further)):
        yield FURTHER


def further_key(*parts: str) -> str:
    """What one metric, segment or period of an experiment is called where experiment_id is expected."""
    return APART.join(parts)


def unit_counts(tables: Tables, relation: str) -> pd.DataFrame:
    """One row per experiment and arm: units by fate, randomised units, units with a usable pre-period value, dates.

    Columns: experiment_id, arm, assigned, immature, missing, early (measured before the draw), odd (a yes–no outcome
    that is neither), analysed, repeated (rows of the experiment beyond one per unit), clustered (units with a cluster),
    drawn (clusters, or units where none), mixed (clusters with two arms), known_pre, late_pre, first, last.
    """
    return tables.frame(f"""
        WITH mixed AS (
            SELECT experiment_id, count(*) FILTER (arms > 1) AS mixed FROM (
                SELECT experiment_id, cluster_id, count(DISTINCT arm) AS arms FROM {relation}
                WHERE cluster_id IS NOT NULL GROUP BY ALL
            ) GROUP BY ALL
        ),
        listed AS (
            SELECT experiment_id, count(*) - count(DISTINCT unit_id) AS repeated FROM {relation} GROUP BY experiment_id
        )
        SELECT experiment_id, arm, count(*) AS assigned,
            count(*) FILTER (fate = 'immature') AS immature,
            count(*) FILTER (fate = 'missing') AS missing,
            count(*) FILTER (fate = 'early') AS early,
            count(*) FILTER (fate = 'odd') AS odd,
            count(*) FILTER (fate = 'analysed') AS analysed,
            any_value(repeated) AS repeated,
            count(cluster_id) AS clustered,
            count(*) - count(cluster_id) + count(DISTINCT cluster_id) AS drawn,
            any_value(coalesce(mixed, 0)) AS mixed,
            count(*) FILTER (fate = 'analysed' AND xnum IS NOT NULL) AS known_pre,
            count(*) FILTER (fate = 'analysed' AND late_pre) AS late_pre,
            min(assigned_date) AS first, max(measured_date) FILTER (fate = 'analysed') AS last
        FROM {relation} JOIN listed USING (experiment_id) LEFT JOIN mixed USING (experiment_id)
        GROUP BY experiment_id, arm ORDER BY experiment_id, arm
    """)


def moments(tables: Tables, relation: str) -> pd.DataFrame:
    """One row per experiment and arm with n, means, variances and covariances of `MEASURES` over randomised units.

    Clusters are summed to one row each before anything is averaged. Where a pre-period value is unknown the mean of the
    known ones stands in, which leaves the effect unbiased and only lowers the gain.
    """
    sums = [f"sum({m})::VARCHAR AS sum_{m}, any_value(scale_{m}) AS scale_{m}" for m in MEASURES]
    products = [f"sum({a}::HUGEINT * {b})::VARCHAR AS product_{a}_{b}" for a, b in PAIRS]
    frame = tables.frame(f"""
        {_randomised(relation)}
        SELECT experiment_id, arm, count(*) AS n, sum(members)::BIGINT AS units, {", ".join(sums + products)}
        FROM randomised JOIN scales USING (experiment_id) GROUP BY experiment_id, arm ORDER BY experiment_id, arm
    """)
    rows = [_moments(row) for row in records(frame)]
    return pd.DataFrame(rows, columns=None if rows else ["experiment_id", "arm", "n", "units", "total"])


def cluster_rows(tables: Tables, relation: str, experiments: Collection[str]) -> pd.DataFrame:
    """One row per cluster of these experiments, in a fixed order: experiment_id, arm, num, den, xnum, xden."""
    wanted = ", ".join(text_literal(name) for name in sorted(experiments))
    values = ", ".join(f"{m} / scale_{m} AS {m}" for m in MEASURES)
    return tables.frame(f"""
        {_randomised(relation)}
        SELECT experiment_id, arm, {values} FROM randomised JOIN scales USING (experiment_id)
        WHERE experiment_id IN ({wanted}) ORDER BY experiment_id, arm, key
    """)


def _moments(row: dict[str, Any]) -> dict[str, Any]:
    """Means, variances and covariances from exact sums of whole numbers."""
    n = int(row["n"])
    sums = {m: int(row[f"sum_{m}"]) for m in MEASURES}
    scales = {m: float(row[f"scale_{m}"]) for m in MEASURES}
    found = {k: row[k] for k in ("experiment_id", "arm", "n", "units")} | {"total": sums["num"] / scales["num"]}
    for m in MEASURES:
        found[f"mean_{m}"] = sums[m] / n / scales[m]
    for a, b in PAIRS:
        name = f"var_{a}" if a == b else f"cov_{a}_{b}"
        spread = n * int(row[f"product_{a}_{b}"]) - sums[a] * sums[b]
        found[name] = spread / (n * (n - 1)) / scales[a] / scales[b] if n > 1 else float("nan")
    return found


def _randomised(relation: str) -> str:
    """CTEs from units to randomised units in whole numbers, unknown pre-period values filled by the known mean."""
    scales = ", ".join(f"pow(2.0, {BITS} - ceil(log2(greatest(max(abs({m})), 1e-200)))) AS {m}" for m in MEASURES)
    kept = ", ".join(f"coalesce({m}, 1.0) AS scale_{m}" for m in MEASURES)
    whole = ", ".join(f"round({m} * scale_{m})::BIGINT AS {m}" for m in MEASURES)
    summed = ", ".join(f"sum({m})::BIGINT AS {m}" for m in MEASURES)
    return f"""
        WITH analysed AS (SELECT * FROM {relation} WHERE fate = 'analysed'),
        scales AS (SELECT experiment_id, {kept} FROM (
            SELECT experiment_id, {scales} FROM analysed GROUP BY experiment_id
        )),
        fixed AS (
            SELECT experiment_id, arm, cluster_id, unit_id, {whole} FROM analysed JOIN scales USING (experiment_id)
        ),
        known AS (
            SELECT experiment_id, count(cluster_id) > 0 AS clustered,
                round(sum(xnum) / count(xnum))::BIGINT AS fill_num, round(sum(xden) / count(xnum))::BIGINT AS fill_den
            FROM fixed GROUP BY experiment_id
        ),
        filled AS (
            SELECT experiment_id, arm, clustered, cluster_id, unit_id, num, den,
                coalesce(xnum, fill_num, 0) AS xnum, coalesce(xden, fill_den, 1) AS xden
            FROM fixed JOIN known USING (experiment_id)
        ),
        randomised AS (
            SELECT experiment_id, arm, unit_id AS key, 1 AS members, num, den, xnum, xden
            FROM filled WHERE NOT clustered
            UNION ALL
            SELECT experiment_id, arm, coalesce('c' || cluster_id, 'u' || unit_id) AS key, count(*) AS members, {summed}
            FROM filled WHERE clustered GROUP BY ALL
        )"""


def _units(tables: Tables, wanted: str) -> str:
    """One row per assigned unit with its fate and its measures.

    `wanted` selects key, experiment_id, planned (the metric) and kind; the key comes out as experiment_id.
    """
    account = "a.account_id" if "account_id" in tables.supplied("assignments") else "NULL::VARCHAR"
    ended = "ended IS NOT NULL" if "ended" in tables.supplied("experiments") else "false"
    until = end_of_day(tables.as_of, tables.timezone)
    return f"""
        WITH plan AS (
            SELECT w.key, e.experiment_id, w.planned, w.kind, {ended} AS finished,
                design = 'before_after' AND NOT EXISTS (
                    SELECT 1 FROM assignments a WHERE a.experiment_id = e.experiment_id AND a.arm = e.control_arm
                ) AS paired
            FROM experiments e JOIN ({wanted}) w USING (experiment_id)
        ),
        measured_at AS (
            SELECT key, o.unit_id, o.phase, o.measured, o.measured_date, o.value,
                CASE WHEN kind = 'ratio' THEN o.denominator ELSE 1.0 END AS denominator
            FROM outcomes o JOIN plan USING (experiment_id)
            WHERE o.metric = planned AND isfinite(o.value) AND (kind <> 'ratio' OR isfinite(o.denominator))
        ),
        joined AS MATERIALIZED (
            SELECT plan.key AS experiment_id, a.unit_id, a.arm, a.assigned, a.assigned_date, a.cluster_id,
                {account} AS account_id, plan.kind, finished, paired,
                post.measured, post.measured_date, post.value AS num, post.denominator AS den,
                CASE WHEN pre.measured < a.assigned THEN pre.value END AS xnum,
                CASE WHEN pre.measured < a.assigned THEN pre.denominator END AS xden,
                coalesce(pre.measured >= a.assigned, false) AS late_pre
            FROM assignments a JOIN plan ON plan.experiment_id = a.experiment_id
            LEFT JOIN measured_at post ON post.phase = 'post'
                AND post.key = plan.key AND post.unit_id = a.unit_id
            LEFT JOIN measured_at pre ON pre.phase = 'pre'
                AND pre.key = plan.key AND pre.unit_id = a.unit_id
            WHERE a.arm IS NOT NULL AND a.assigned IS NOT NULL
        ),
        windows AS (
            SELECT experiment_id, quantile_disc(measured - assigned, {WINDOW_SHARE}) AS span
            FROM joined WHERE measured >= assigned GROUP BY experiment_id
        )
        SELECT joined.* EXCLUDE (measured, assigned, kind, finished, paired),
            greatest(CAST(assigned + span AS DATE), measured_date) AS matured_date, CASE
                WHEN NOT finished AND (span IS NULL OR assigned + span >= TIMESTAMP '{until}') THEN 'immature'
                WHEN num IS NULL OR (paired AND xnum IS NULL) THEN 'missing'
                WHEN measured < assigned THEN 'early'
                WHEN kind = 'binary' AND num NOT IN (0, 1) THEN 'odd'
                ELSE 'analysed' END AS fate
        FROM joined LEFT JOIN windows USING (experiment_id)"""

"""From assignments and outcomes to one row per randomised unit, in the engine.

Intention to treat: a unit counts in the arm it was given. A unit without an outcome is *immature* while the
measurement still runs for it, *missing* after that; neither is ever read as a zero. While an experiment runs,
only units whose whole measurement window lies before `as_of` count, also when their outcome happens to be known
already: the early ones are not like the rest. A pre-period value counts only when it was measured before the draw.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from cxkit.tables.cut import end_of_day, text_literal
from cxkit.tables.engine import Tables

WINDOW_SHARE = 0.99
"""The measurement window of a running experiment is the lag within which this share of its outcomes came in."""

MEASURES = ("num", "den", "xnum", "xden")
"""Outcome and denominator after the draw, outcome and denominator before it; 1 where the metric has no denominator."""


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a small frame as dictionaries by column name."""
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


def unit_counts(tables: Tables) -> pd.DataFrame:
    """One row per experiment and arm: units by fate, randomised units, share with a usable pre-period value, dates.

    Columns: experiment_id, arm, assigned, immature, missing, early (measured before the draw), odd (a yes–no outcome
    that is neither), analysed, repeated (units of the experiment listed twice), clustered (units with a cluster),
    drawn (clusters, or units where none), mixed (clusters with two arms), known_pre, late_pre, first, last.
    """
    return tables.frame(f"""
        {_units(tables)},
        mixed AS (
            SELECT experiment_id, count(*) FILTER (arms > 1) AS mixed FROM (
                SELECT experiment_id, cluster_id, count(DISTINCT arm) AS arms FROM units
                WHERE cluster_id IS NOT NULL GROUP BY ALL
            ) GROUP BY ALL
        ),
        listed AS (
            SELECT experiment_id, count(*) FILTER (rows > 1) AS repeated FROM (
                SELECT experiment_id, unit_id, count(*) AS rows FROM units GROUP BY ALL
            ) GROUP BY ALL
        )
        SELECT experiment_id, arm, count(*) AS assigned,
            count(*) FILTER (fate = 'immature') AS immature,
            count(*) FILTER (fate = 'missing') AS missing,
            count(*) FILTER (fate = 'early') AS early,
            count(*) FILTER (fate = 'odd') AS odd,
            count(*) FILTER (fate = 'analysed') AS analysed,
            any_value(repeated) AS repeated,
            count(cluster_id) AS clustered,
            count(DISTINCT key) AS drawn,
            any_value(coalesce(mixed, 0)) AS mixed,
            count(*) FILTER (fate = 'analysed' AND xnum IS NOT NULL) AS known_pre,
            count(*) FILTER (fate = 'analysed' AND late_pre) AS late_pre,
            min(assigned_date) AS first, max(measured_date) FILTER (fate = 'analysed') AS last
        FROM units JOIN listed USING (experiment_id) LEFT JOIN mixed USING (experiment_id)
        GROUP BY experiment_id, arm ORDER BY experiment_id, arm
    """)


def moments(tables: Tables) -> pd.DataFrame:
    """One row per experiment and arm with n, means, variances and covariances of `MEASURES` over randomised units.

    Clusters are summed to one row each before anything is averaged. Where a pre-period value is unknown the mean of the
    known ones stands in, which leaves the effect unbiased and only lowers the gain.
    """
    pairs = [(a, b) for i, a in enumerate(MEASURES) for b in MEASURES[i + 1 :]]
    columns = [f"favg({m}) AS mean_{m}, var_samp({m}) AS var_{m}" for m in MEASURES]
    columns += [f"covar_samp({a}, {b}) AS cov_{a}_{b}" for a, b in pairs]
    return tables.frame(f"""
        {_units(tables)}, {_rows()}
        SELECT experiment_id, arm, count(*) AS n, sum(members)::BIGINT AS units,
            sum(num) AS total, {", ".join(columns)}
        FROM randomised GROUP BY experiment_id, arm ORDER BY experiment_id, arm
    """)


def cluster_rows(tables: Tables, experiments: Collection[str]) -> pd.DataFrame:
    """One row per cluster of these experiments, in a fixed order: experiment_id, arm, num, den, xnum, xden."""
    wanted = ", ".join(text_literal(name) for name in sorted(experiments))
    return tables.frame(f"""
        {_units(tables)}, {_rows()}
        SELECT experiment_id, arm, num, den, xnum, xden FROM randomised
        WHERE experiment_id IN ({wanted}) ORDER BY experiment_id, arm, key
    """)


def _rows() -> str:
    """CTEs from units to randomised units, with unknown pre-period values filled by the known mean."""
    return """
        analysed AS (SELECT * FROM units WHERE fate = 'analysed'),
        known AS (
            SELECT experiment_id, favg(xnum) AS fill_num, favg(xden) AS fill_den
            FROM analysed WHERE xnum IS NOT NULL GROUP BY experiment_id
        ),
        randomised AS (
            SELECT experiment_id, arm, key, count(*) AS members, fsum(num) AS num, fsum(den) AS den,
                fsum(coalesce(xnum, fill_num, 0)) AS xnum, fsum(coalesce(xden, fill_den, 1)) AS xden
            FROM analysed LEFT JOIN known USING (experiment_id) GROUP BY experiment_id, arm, key
        )"""


def _units(tables: Tables) -> str:
    """CTE `units`: one row per assigned unit of a registered experiment with its fate and its measures."""
    ended = "ended IS NOT NULL" if "ended" in tables.supplied("experiments") else "false"
    until = end_of_day(tables.as_of, tables.timezone)
    return f"""
        WITH plan AS (
            SELECT experiment_id, metric AS planned, kind, {ended} AS finished,
                design = 'before_after' AND NOT EXISTS (
                    SELECT 1 FROM assignments a WHERE a.experiment_id = e.experiment_id AND a.arm = e.control_arm
                ) AS paired
            FROM experiments e
        ),
        measured_at AS (
            SELECT o.experiment_id, o.unit_id, o.phase, o.measured, o.measured_date, o.value,
                CASE WHEN kind = 'ratio' THEN o.denominator ELSE 1.0 END AS denominator
            FROM outcomes o JOIN plan USING (experiment_id)
            WHERE o.metric = planned AND isfinite(o.value) AND (kind <> 'ratio' OR isfinite(o.denominator))
        ),
        joined AS (
            SELECT a.experiment_id, a.unit_id, a.arm, a.assigned, a.assigned_date, a.cluster_id, kind, finished, paired,
                coalesce('c' || a.cluster_id, 'u' || a.unit_id) AS key,
                post.measured, post.measured_date, post.value AS num, post.denominator AS den,
                CASE WHEN pre.measured < a.assigned THEN pre.value END AS xnum,
                CASE WHEN pre.measured < a.assigned THEN pre.denominator END AS xden,
                coalesce(pre.measured >= a.assigned, false) AS late_pre
            FROM assignments a JOIN plan USING (experiment_id)
            LEFT JOIN measured_at post ON post.phase = 'post'
                AND post.experiment_id = a.experiment_id AND post.unit_id = a.unit_id
            LEFT JOIN measured_at pre ON pre.phase = 'pre'
                AND pre.experiment_id = a.experiment_id AND pre.unit_id = a.unit_id
            WHERE a.arm IS NOT NULL AND a.assigned IS NOT NULL
        ),
        windows AS (
            SELECT experiment_id, quantile_disc(measured - assigned, {WINDOW_SHARE}) AS span
            FROM joined WHERE measured >= assigned GROUP BY experiment_id
        ),
        units AS (
            SELECT joined.*, CASE
                WHEN NOT finished AND (span IS NULL OR assigned + span >= TIMESTAMP '{until}') THEN 'immature'
                WHEN num IS NULL OR (paired AND xnum IS NULL) THEN 'missing'
                WHEN measured < assigned THEN 'early'
                WHEN kind = 'binary' AND num NOT IN (0, 1) THEN 'odd'
                ELSE 'analysed' END AS fate
            FROM joined LEFT JOIN windows USING (experiment_id)
        )"""

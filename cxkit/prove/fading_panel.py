"""What units did in each period since their draw, from `panel`, in the engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cxkit.prove.plan import Plan
from cxkit.prove.units import APART, records
from cxkit.tables.cut import text_literal
from cxkit.tables.engine import Tables

SINCE, PERIODS, SLOPES = "prove_since", "prove_periods", "prove_slopes"
MOST_PERIODS = 24
"""Periods since the draw that are looked at."""


@contextmanager
def followed(tables: Tables, plans: Sequence[Plan]) -> Iterator[tuple[str, str, dict[str, int]]]:
    """Two relations as `units.moments` reads them, and each experiment's days from period to period.

    By period: one row per unit and period since its draw, called ``experiment`` + ``period`` where experiment_id is
    expected. By unit: Σ (since − mean)·value as num and Σ (since − mean)² as den, so that num ÷ den is its slope.
    """
    with (
        tables.held(SINCE, _since(tables, plans)) as since,
        tables.held(
            PERIODS,
            f"""
            SELECT experiment_id || '{APART}' || since AS experiment_id, arm, cluster_id, unit_id, value AS num,
                1.0 AS den, NULL::DOUBLE AS xnum, NULL::DOUBLE AS xden, 'analysed' AS fate
            FROM {since}""",
        ) as periods,
        tables.held(
            SLOPES,
            f"""
            SELECT experiment_id, arm, cluster_id, unit_id, sum((since - middle) * value) AS num,
                sum((since - middle) * (since - middle)) AS den, NULL::DOUBLE AS xnum, NULL::DOUBLE AS xden,
                'analysed' AS fate
            FROM (SELECT *, avg(since) OVER (PARTITION BY experiment_id, unit_id) AS middle FROM {since})
            GROUP BY experiment_id, arm, cluster_id, unit_id HAVING count(*) > 1""",
        ) as slopes,
    ):
        rows = records(
            tables.frame(f"SELECT experiment_id, any_value(step) AS step FROM {since} GROUP BY 1 ORDER BY 1")
        )
        yield periods, slopes, {str(r["experiment_id"]): int(r["step"]) for r in rows}


def step_words(days: int) -> str:
    """What a step of so many days is called.

    >>> [step_words(d) for d in (1, 7, 30, 91, 365)]
    ['day', 'week', 'month', 'quarter', 'period']
    """
    if days in {1, 7}:
        return "day" if days == 1 else "week"
    return "month" if days in range(28, 32) else "quarter" if days in range(89, 93) else "period"


def _since(tables: Tables, plans: Sequence[Plan]) -> str:
    """One row per unit and whole period from its draw on, the first of them 1."""
    ids = ", ".join(text_literal(plan.experiment_id) for plan in plans)
    cluster = "a.cluster_id" if "cluster_id" in tables.supplied("assignments") else "NULL::VARCHAR"
    return f"""
        WITH seen AS (
            SELECT p.experiment_id, p.unit_id, CAST(p.period AS DATE) AS period, avg(p.value) AS value
            FROM panel p JOIN experiments e ON e.experiment_id = p.experiment_id AND e.metric = p.metric
            WHERE p.experiment_id IN ({ids}) AND isfinite(p.value) GROUP BY ALL
        ),
        numbered AS (
            SELECT experiment_id, period, row_number() OVER (PARTITION BY experiment_id ORDER BY period) AS number,
                date_diff('day', period, lead(period) OVER (PARTITION BY experiment_id ORDER BY period)) AS gap
            FROM (SELECT DISTINCT experiment_id, period FROM seen)
        ),
        steps AS (SELECT experiment_id, quantile_disc(gap, 0.5) AS step FROM numbered GROUP BY experiment_id),
        whole AS (
            SELECT experiment_id, period, number, step FROM numbered JOIN steps USING (experiment_id)
            WHERE period + CAST(step AS INTEGER) <= DATE '{tables.as_of}' + 1
        ),
        begun AS (
            SELECT a.experiment_id, a.unit_id, a.arm, {cluster} AS cluster_id, min(w.number) AS opening
            FROM assignments a JOIN whole w ON w.experiment_id = a.experiment_id AND w.period >= a.assigned_date
            WHERE a.arm IS NOT NULL GROUP BY ALL
        )
        SELECT b.experiment_id, b.arm, b.cluster_id, b.unit_id, w.number - b.opening + 1 AS since, s.value, w.step
        FROM begun b JOIN seen s USING (experiment_id, unit_id)
        JOIN whole w ON w.experiment_id = b.experiment_id AND w.period = s.period
        WHERE w.number >= b.opening AND w.number - b.opening < {MOST_PERIODS}"""

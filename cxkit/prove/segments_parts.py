"""The units of experiments by declared segment and by weekday of the draw, as moments from the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cxkit import formats
from cxkit.prove.plan import Plan
from cxkit.prove.sequential_reading import usable_covariate
from cxkit.prove.units import APART, measured, moments, records, unit_counts
from cxkit.records import Gap, Missing
from cxkit.tables.cut import quoted, text_literal
from cxkit.tables.engine import Tables

PARTS = "prove_parts"
WEEKDAY = "weekday"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST = 12
"""A column with more values than this is not a segment."""


class Part(NamedTuple):
    """One experiment by one column."""

    experiment_id: str
    column: str
    stats: dict[str, dict[str, dict[str, Any]]]
    """Value → arm → moments, as `units.moments` returns them."""
    covariate: frozenset[str]
    """Values whose units have enough pre-period values."""
    clustered: bool
    torn: int
    """Clusters that hold several values."""


def parts(tables: Tables, plans: Sequence[Plan]) -> tuple[list[Part], list[Gap]]:
    """Each experiment by each of its declared columns and by the weekday of its draw."""
    plans = list({plan.experiment_id: plan for plan in plans}.values())
    queries, gaps = [], []
    for plan in plans:
        for column in plan.segments:
            if gap := _unusable(tables, plan, column):
                gaps.append(gap)
            else:
                queries.append(_by_column(plan, column))
    ids = ", ".join(text_literal(plan.experiment_id) for plan in plans)
    queries.append(_by_weekday(ids))
    with measured(tables) as units, tables.held(PARTS, " UNION ALL ".join(q.format(units=units) for q in queries)):
        stats, counts = records(moments(tables, PARTS)), records(unit_counts(tables, PARTS))
        torn = records(
            tables.frame(f"""
            SELECT origin, part, count(*) FILTER (several > 1) AS torn, count(*) AS clusters FROM (
                SELECT origin, part, cluster_id, count(DISTINCT part_value) AS several FROM {PARTS}
                WHERE cluster_id IS NOT NULL GROUP BY ALL
            ) GROUP BY ALL ORDER BY ALL""")
        )
    clustered = {(r["origin"], r["part"]): int(r["torn"]) for r in torn}
    found: dict[tuple[str, str], dict[str, dict[str, dict[str, Any]]]] = {}
    for row in stats:
        experiment, column, value = str(row["experiment_id"]).split(APART, 2)
        found.setdefault((experiment, column), {}).setdefault(value, {})[str(row["arm"])] = row
    known: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in counts:
        experiment, column, value = str(row["experiment_id"]).split(APART, 2)
        known.setdefault((experiment, column, value), []).append(row)
    made = [
        Part(
            key[0],
            key[1],
            by_value,
            frozenset(v for v in by_value if usable_covariate(known.get((*key, v), []))),
            key in clustered,
            clustered.get(key, 0),
        )
        for key, by_value in sorted(found.items())
    ]
    return made, gaps


def _by_column(plan: Plan, column: str) -> str:
    name, label = quoted(column).replace("{", "{{").replace("}", "}}"), text_literal(column)
    experiment = text_literal(plan.experiment_id).replace("{", "{{").replace("}", "}}")
    return f"""
        SELECT u.* REPLACE (u.experiment_id || '{APART}' || {label} || '{APART}' || k.part_value AS experiment_id),
            u.experiment_id AS origin, {label} AS part, k.part_value
        FROM {{units}} u JOIN (
            SELECT account_id, min(CAST({name} AS VARCHAR)) AS part_value FROM accounts
            WHERE {name} IS NOT NULL GROUP BY account_id
        ) k ON k.account_id = u.account_id
        WHERE u.fate = 'analysed' AND u.experiment_id = {experiment}"""


def _by_weekday(ids: str) -> str:
    named = " ".join(f"WHEN {i} THEN '{day}'" for i, day in enumerate(DAYS, start=1))
    safe = ids.replace("{", "{{").replace("}", "}}")
    return f"""
        SELECT u.* EXCLUDE (part_value)
                REPLACE (experiment_id || '{APART}{WEEKDAY}{APART}' || part_value AS experiment_id),
            experiment_id AS origin, '{WEEKDAY}' AS part, part_value
        FROM (
            SELECT *, CASE isodow(CASE WHEN cluster_id IS NULL THEN assigned_date
                ELSE min(assigned_date) OVER (PARTITION BY experiment_id, cluster_id) END) {named} END AS part_value
            FROM {{units}} WHERE fate = 'analysed' AND experiment_id IN ({safe})
        ) u"""


def _unusable(tables: Tables, plan: Plan, column: str) -> Gap | None:
    """Why a declared column cannot be looked at."""
    needs: tuple[Missing, ...] = ()
    reason = ""
    if column not in tables.supplied("accounts") or column == "account_id":
        named = sorted(tables.supplied("accounts") - {"account_id"})
        reason = f"'{column}' is no column of accounts" + (f"; there are {formats.listing(named)}" if named else "")
        needs = (Missing(name="accounts", columns=(column,)),)
    elif "account_id" not in tables.supplied("assignments"):
        reason = "It is not recorded which account a unit belongs to"
        needs = (Missing(name="assignments", columns=("account_id",)),)
    else:
        counted = tables.frame(f"SELECT count(DISTINCT {quoted(column)}) AS n FROM accounts")
        if (n := int(counted["n"].iloc[0])) > MOST:
            reason = f"It has {n:,} values; a segment has at most {MOST}"
    if not reason:
        return None
    return Gap(
        id="prove.segments",
        what=f"Whether the effect of {plan.name} differs by {column.replace('_', ' ')}",
        reason=reason + ".",
        needs=needs,
        initiative=plan.initiative_id,
        subject=f"{plan.experiment_id}/{column}",
    )

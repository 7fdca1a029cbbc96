"""Where limits are broken: by owner role, team, reason, priority, weekday and hour, and by whom on the same work.

A breach is a ticket settled after its limit or still open past it; an open ticket inside its limit is not judged yet.
Everything starts from a relation of `cxkit.metrics.service.judged`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from cxkit.metrics import clock, likeness
from cxkit.metrics.clustering import share_intervals
from cxkit.metrics.service import GROUPS
from cxkit.records import Missing
from cxkit.tables.cut import end_of_day
from cxkit.tables.engine import Tables

BROKEN = "verdict IN ('late', 'open_late')"
JUDGED = "verdict IN ('met', 'late', 'open_late')"
DIMENSIONS: Mapping[str, str] = MappingProxyType(
    {
        "all": "''",
        "owner_role": "owner_role",
        "moment": "moment_id",
        "team": "team",
        "reason": "reason",
        "priority": "priority",
        "channel": "channel",
        "weekday": "CAST((date_diff('day', DATE '2001-01-01', opened_date) % 7 + 7) % 7 + 1 AS VARCHAR)",
        "hour": "CAST(opened_hour AS VARCHAR)",
    }
)
OWNERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"owner_role": (), "moment": (), "team": ("moment_id",)},
)
"""Who may be slow, and by what their work is told apart beside reason, priority and limit."""


def dimensions(tables: Tables) -> dict[str, str]:
    """The dimensions a client's tables can tell apart: name → SQL over judged tickets."""
    known = tables.supplied("tickets")
    moments = not isinstance(tables.require("moments", "moment_id"), Missing) and "moment_id" in known
    has = {name: sql in known for name, sql in DIMENSIONS.items()} | dict.fromkeys(("all", "weekday", "hour"), True)
    has["moment"] = "moment_id" in known
    has["owner_role"] = moments and "owner_role" in tables.supplied("moments")
    return {name: sql for name, sql in DIMENSIONS.items() if has[name]}


def breaches(tables: Tables, relation: str, by: Mapping[str, str]) -> pd.DataFrame:
    """Breaches by dimension and group.

    Columns: dimension, group, judged, late, open_late, breaches, clusters, rate, low, high (customers as clusters),
    rest (rate of all others of the dimension), excess (rate − rest), share (of all breaches), of_judged (share of all
    judged tickets), hours_late (median of open hours past the limit, until now where a ticket is open). The largest
    40 groups of a dimension; hours and weekdays in their order (1 is Monday).
    """
    frames = []
    for name, sql in by.items():
        order = 'CAST("group" AS INTEGER)' if name in {"hour", "weekday"} else "judged DESC"
        frames.append(
            tables.frame(f"""
            WITH k AS (
              SELECT {sql} AS "group", hash(cluster) AS cluster, verdict, {BROKEN} AS broken,
                CASE WHEN {BROKEN} THEN active_hours - limit_hours END AS past
              FROM {relation} WHERE in_window AND {JUDGED} AND {sql} IS NOT NULL
            ),
            c AS (SELECT "group", cluster, count(*) AS n, sum(broken::INT) AS x, sum((verdict = 'late')::INT) AS late
              FROM k GROUP BY 1, 2),
            g AS (SELECT "group", sum(n)::BIGINT AS judged, sum(late)::BIGINT AS late,
                sum(x - late)::BIGINT AS open_late, sum(x)::BIGINT AS breaches, count(*) AS clusters,
                sum(x * x)::DOUBLE AS sxx, sum(x * n)::DOUBLE AS sxn, sum(n * n)::DOUBLE AS snn FROM c GROUP BY 1),
            h AS (SELECT "group" AS which, median(past) AS hours_late FROM k GROUP BY 1)
            SELECT '{name}' AS dimension, g.*, h.hours_late, CAST(sum(judged) OVER () AS BIGINT) AS every,
              CAST(sum(breaches) OVER () AS BIGINT) AS broken
            FROM g JOIN h ON h.which = g."group" ORDER BY {order}, "group" LIMIT {GROUPS}
            """)
        )
    rows = pd.concat(frames, ignore_index=True)
    rows["rate"] = rows["breaches"] / rows["judged"]
    rows = share_intervals(rows, "breaches", "judged")
    others = rows["every"] - rows["judged"]
    rows["rest"] = (rows["broken"] - rows["breaches"]) / others.where(others > 0)
    rows["excess"] = rows["rate"] - rows["rest"]
    rows["share"] = rows["breaches"] / rows["broken"].where(rows["broken"] > 0)
    rows["of_judged"] = rows["judged"] / rows["every"]
    shown = ["dimension", "group", "judged", "late", "open_late", "breaches", "clusters", "rate", "low", "high"]
    return rows[[*shown, "rest", "excess", "share", "of_judged", "hours_late"]]


def _stratum(tables: Tables, more: tuple[str, ...] = ()) -> str:
    """SQL of what makes two tickets the same work: reason, priority and limit, as far as they are recorded."""
    known = tables.supplied("tickets")
    parts = [f"coalesce({c}, '')" for c in ("reason", "priority", *more) if c in known]
    return " || chr(31) || ".join([*parts, "CAST(CAST(round(limit_hours * 60) AS BIGINT) AS VARCHAR)"])


def owners(tables: Tables, relation: str) -> pd.DataFrame:
    """Breaches of each owner role, moment and team beside those of the others on the same work.

    The same work is the same reason, priority and limit; for a team also the same moment. Columns: dimension, and
    those of `cxkit.metrics.likeness.compared`.
    """
    by = dimensions(tables)
    frames = []
    for name, more in OWNERS.items():
        if name in by:
            frame = likeness.compared(
                tables,
                f'SELECT {by[name]} AS "group", {_stratum(tables, more)} AS stratum, ({BROKEN})::INT AS hit, cluster, '
                f"CAST(date_trunc('week', opened_date) AS DATE) AS week FROM {relation} WHERE in_window AND {JUDGED}",
            )
            frame.insert(0, "dimension", name)
            frames.append(frame)
    frames = [f for f in frames if len(f)]
    if not frames:
        return pd.DataFrame(columns=["dimension", *likeness.COLUMNS])
    return pd.concat(frames, ignore_index=True)


def returning(tables: Tables, relation: str, days: int) -> pd.DataFrame:
    """Do customers ask again more often where the limit was broken? Breaches beside tickets in time, on the same work.

    Asking again is a further ticket of the same customer about the same reason (where reasons are recorded) within
    `days` after *opening*, so that both kinds are watched equally long: a late ticket is open for longer, and a clock
    that starts at settling would forget who asked while waiting. Needs tickets with ``account_id``. One row (``late``)
    with the columns of `likeness.compared`, or none.
    """
    now = clock.instant(end_of_day(tables.as_of, tables.timezone))
    issue = "coalesce(t.reason, '')" if "reason" in tables.supplied("tickets") else "''"
    rows = likeness.compared(
        tables,
        f"""
        WITH k AS (
          SELECT t.ticket_id, t.account_id, {issue} AS issue, epoch_us(t.opened) AS o
          FROM tickets t WHERE t.account_id IS NOT NULL
        ),
        b AS (SELECT ticket_id, o, min(o) OVER (PARTITION BY account_id, issue ORDER BY o
          RANGE BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) - o AS gap FROM k)
        SELECT CASE WHEN j.verdict = 'met' THEN 'met' ELSE 'late' END AS "group",
          {_stratum(tables, ("moment_id",))} AS stratum,
          coalesce(b.gap <= {days} * {clock.DAY}, false)::INT AS hit, j.cluster,
          CAST(date_trunc('week', j.opened_date) AS DATE) AS week
        FROM {relation} j JOIN b ON b.ticket_id = j.ticket_id
        WHERE j.in_window AND {JUDGED} AND b.o + {days} * {clock.DAY} <= {now}
        """,
    )
    return rows[rows["group"] == "late"].reset_index(drop=True)

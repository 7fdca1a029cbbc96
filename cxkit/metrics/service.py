"""Service levels of tickets: SLA attainment with open tickets counted, waiting tickets, and handling time.

Conventions. The clock runs from opening to settling (resolved, else closed) in open hours of the moment's
calendar, without pauses. A ticket still open past its limit is a breach. A ticket still open inside its limit is not
judged yet: it leaves the denominator and is counted beside it. The naive figure looks at settled tickets alone. Rows
of one customer are clustered; the work on tickets stays in the engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import pandas as pd

from cxkit import errors
from cxkit.metrics import clock
from cxkit.metrics.clustering import mean_intervals, share_intervals
from cxkit.metrics.windows import Window, recent, seen
from cxkit.records import Missing, Record
from cxkit.tables.cut import end_of_day, text_literal
from cxkit.tables.engine import Tables

JUDGED = "cxkit_judged"
ALWAYS = "always"
"""The calendar that never closes."""
GROUPS = 40
"""Most groups of one dimension that are shown; the largest first."""
DIMENSIONS: Mapping[str, str] = {"all": "''", "moment": "moment_id", "channel": "channel", "team": "team"}
VERDICTS = ("met", "late", "open_late", "open_within", "no_sla")


def ticket_window(tables: Tables, months: int = 12) -> Window | None:
    """The last complete months that tickets reach, not before the first ticket's month; None without tickets."""
    span, window = seen(tables, "tickets", "opened_date"), recent(tables, "tickets", "opened_date", months)
    if span is None or window is None:
        return None
    return Window(first=max(span.first, window.first), last=window.last)


def dimensions(tables: Tables, *, without: Sequence[str] = ()) -> dict[str, str]:
    """The ways of grouping tickets for which the client supplied a column: name → SQL."""
    supplied = tables.supplied("tickets")
    return {n: sql for n, sql in DIMENSIONS.items() if n not in without and (n == "all" or sql in supplied)}


def cluster_key(tables: Tables, alias: str = "t") -> str:
    """SQL of the cluster of a ticket: its customer, or itself while the customer is not known."""
    own = f"'t:' || {alias}.ticket_id"
    return f"coalesce('a:' || {alias}.account_id, {own})" if "account_id" in tables.supplied("tickets") else own


def settled(tables: Tables, alias: str = "t") -> str | None:
    """SQL of the instant a ticket was settled (resolved, else closed); None when neither was supplied."""
    columns = [f"{alias}.{c}" for c in ("resolved", "closed") if c in tables.supplied("tickets")]
    return f"coalesce({', '.join(columns)})" if columns else None


def has_pauses(tables: Tables) -> bool:
    """Whether single pauses are known, from a status log."""
    return tables.knows("ticket_pauses")


def _moments(tables: Tables, names: Sequence[str]) -> str:
    columns = "NULL::DOUBLE AS sla_hours, NULL::VARCHAR AS calendar, NULL::VARCHAR AS owner_role"
    if isinstance(tables.require("moments", "moment_id"), Missing) or "moment_id" not in tables.supplied("tickets"):
        return f"SELECT NULL::VARCHAR AS moment_id, {columns} WHERE false"
    known = ", ".join(text_literal(n) for n in names) or "NULL"
    return (
        "SELECT moment_id, min(sla_hours) AS sla_hours, min(owner_role) AS owner_role, "
        f"min(CASE WHEN calendar IN ({known}) THEN calendar END) AS calendar FROM moments GROUP BY moment_id"
    )


class Limits(Record):
    """By what tickets are judged: the moments' own limits and calendars, or what is put in their place."""

    sla_hours: float | None = None
    """Limit, in open hours, of tickets whose moment has none."""
    sla_scale: float = 1.0
    """What-if: every limit times this."""
    calendar: str | None = None
    """A calendar for every ticket instead of its moment's; ``always`` runs round the clock."""


def check_calendar(tables: Tables, calendar: str | None) -> None:
    """Raise `ParameterError`, with the calendars there are, for one that the client does not have."""
    if calendar is not None and calendar not in (known := (*clock.calendars(tables), ALWAYS)):
        raise errors.ParameterError(errors.unknown_name("calendar", calendar, known, where="The table calendars"))


def _judging(tables: Tables, running: clock.Clock, window: Window, now: int, limits: Limits) -> str:
    end = f"coalesce(epoch_us({settled(tables)}), {now})"
    only = text_literal(running.names[0]) if len(running.names) == 1 else "NULL::VARCHAR"
    default = "NULL::DOUBLE" if limits.sla_hours is None else f"{float(limits.sla_hours)}::DOUBLE"
    calendar = f"CASE WHEN m.sla_hours IS NULL THEN coalesce(m.calendar, {only}) ELSE m.calendar END"
    if limits.calendar is not None:
        calendar = "NULL::VARCHAR" if limits.calendar == ALWAYS else text_literal(limits.calendar)

    def reading(alias: str, instant: str) -> str:
        return running.reading(alias, instant, "b.calendar")

    def join(alias: str, instant: str) -> str:
        return running.join(alias, instant, "b.calendar")

    paused = "SELECT NULL::VARCHAR AS ticket_id, 0::BIGINT AS paused WHERE false"
    if has_pauses(tables):
        since = "greatest(epoch_us(p.paused_from), b.o)"
        until = f"least(coalesce(epoch_us(p.paused_until), {now}), b.e)"
        paused = (
            f"SELECT b.ticket_id, sum({reading('pu', until)} - ({reading('pf', since)})) AS paused "
            f"FROM ticket_pauses p JOIN base b ON b.ticket_id = p.ticket_id {join('pf', since)} {join('pu', until)} "
            f"WHERE {until} > {since} GROUP BY b.ticket_id"
        )
    return f"""
    WITH m AS ({_moments(tables, running.names)}),
    base AS (
      SELECT t.ticket_id, {cluster_key(tables)} AS cluster, t.moment_id, m.owner_role, t.channel, t.team, t.reason,
        t.priority, t.opened_date, t.opened_hour, {window.holds("opened_date")} AS in_window,
        {settled(tables)} IS NOT NULL AS settled,
        epoch_us(t.opened) AS o, greatest(epoch_us(t.opened), {end}) AS e,
        coalesce(t.paused_minutes, 0) * 60000000 AS paused_wall,
        coalesce(m.sla_hours, {default}) * {float(limits.sla_scale)}::DOUBLE * {clock.HOUR} AS lim,
        {calendar} AS calendar
      FROM tickets t LEFT JOIN m ON m.moment_id = t.moment_id
      WHERE {window.holds("opened_date")} OR {settled(tables)} IS NULL
    ),
    pauses AS ({paused}),
    timed AS (
      SELECT b.*, {reading("ce", "b.e")} - ({reading("co", "b.o")}) AS elapsed,
        {reading("cn", str(now))} - ({reading("co", "b.o")}) AS until_now
      FROM base b {join("co", "b.o")} {join("ce", "b.e")} {join("cn", str(now))}
    ),
    active AS (
      SELECT b.*, greatest(0, b.elapsed - coalesce(p.paused, b.paused_wall)) AS active,
        greatest(0, b.until_now - coalesce(p.paused, b.paused_wall)) AS active_now
      FROM timed b LEFT JOIN pauses p ON p.ticket_id = b.ticket_id
    )
    SELECT ticket_id, cluster, moment_id, owner_role, channel, team, reason, priority, opened_date, opened_hour,
      in_window, settled, (e - o) / {clock.HOUR} AS wall_hours, elapsed / {clock.HOUR} AS open_hours,
      active / {clock.HOUR} AS active_hours, lim / {clock.HOUR} AS limit_hours,
      coalesce(active_now > lim, false) AS due,
      CASE WHEN lim IS NULL THEN 'no_sla' WHEN settled THEN CASE WHEN active <= lim THEN 'met' ELSE 'late' END
        WHEN active > lim THEN 'open_late' ELSE 'open_within' END AS verdict
    FROM active
    """


@contextmanager
def judged(
    tables: Tables,
    window: Window,
    *,
    sla_hours: float | None = None,
    sla_scale: float = 1.0,
    calendar: str | None = None,
) -> Iterator[str]:
    """Judge tickets against their SLA in the engine; the name of the judged relation, for a while.

    It holds the tickets opened in the window and every open one: ``verdict`` (one of `VERDICTS`), ``active_hours``
    (open hours without pauses so far), ``open_hours`` (with pauses), ``wall_hours``, ``limit_hours``, ``due`` (the
    limit has passed by `as_of`). `sla_hours` is the limit of tickets whose moment has none; they run on the client's
    calendar if there is only one. `sla_scale` multiplies every limit; `calendar` puts one calendar (or ``always``) in
    the place of all of them and raises `ParameterError` when the client has none of that name.
    """
    check_calendar(tables, calendar)
    limits = Limits(sla_hours=sla_hours, sla_scale=sla_scale, calendar=calendar)
    edge = end_of_day(tables.as_of, tables.timezone)
    held = f"{window.holds('opened_date')} OR {settled(tables)} IS NULL"
    first = tables.frame(f"SELECT epoch_us(min(t.opened)) AS o FROM tickets t WHERE {held}")["o"].iloc[0]
    since = edge if pd.isna(first) else datetime(1970, 1, 1) + timedelta(microseconds=int(first))
    with clock.running(tables, min(since, edge), edge) as running:
        sql = _judging(tables, running, window, clock.instant(edge), limits)
        with tables.held(JUDGED, sql):
            yield JUDGED


def attainment(tables: Tables, relation: str, by: Mapping[str, str]) -> pd.DataFrame:
    """SLA attainment by dimension and group, from a relation of `judged`.

    Columns: dimension, group, tickets, one count per verdict, judged, clusters, attainment, low, high, naive
    (settled tickets alone), difference (attainment − naive), due, matured (attainment among tickets whose limit has
    passed: the figure that early closers cannot flatter). The largest 40 groups of each dimension.
    """
    verdicts = ", ".join(f"sum((verdict = '{v}')::INT) AS {v}" for v in VERDICTS)
    counts = ", ".join(f"sum({c})::BIGINT AS {c}" for c in ("tickets", *VERDICTS))
    frames = []
    for name, sql in by.items():
        frames.append(
            tables.frame(f"""
            WITH c AS (
              SELECT {sql} AS "group", hash(cluster) AS cluster, count(*) AS tickets, {verdicts},
                sum((due AND verdict <> 'no_sla')::INT) AS due, sum((due AND verdict = 'met')::INT) AS due_met
              FROM {relation} WHERE in_window AND {sql} IS NOT NULL GROUP BY 1, 2
            ), j AS (SELECT *, met + late + open_late AS judged FROM c)
            SELECT '{name}' AS dimension, "group", {counts},
              sum(judged)::BIGINT AS judged, sum((judged > 0)::INT)::BIGINT AS clusters, sum(met * met)::DOUBLE AS sxx,
              sum(met * judged)::DOUBLE AS sxn, sum(judged * judged)::DOUBLE AS snn,
              sum(due)::BIGINT AS due, sum(due_met)::BIGINT AS due_met
            FROM j GROUP BY 1, 2 ORDER BY {'"group"' if name == "month" else "tickets DESC"}, "group" LIMIT {GROUPS}
            """)
        )
    rows = pd.concat(frames, ignore_index=True)
    some = rows["judged"].where(rows["judged"] > 0)
    rows["attainment"] = rows["met"] / some
    rows = share_intervals(rows, "met", "judged")
    closed = rows["met"] + rows["late"]
    rows["naive"] = rows["met"] / closed.where(closed > 0)
    rows["difference"] = rows["attainment"] - rows["naive"]
    rows["matured"] = rows["due_met"] / rows["due"].where(rows["due"] > 0)
    return rows.drop(columns=["sxx", "sxn", "snn", "due_met"])


def waiting(tables: Tables, relation: str) -> pd.DataFrame:
    """Open tickets of any age, by verdict and age (under 1, 7, 30, 90 days, older): age, verdict, tickets."""
    return tables.frame(f"""
        SELECT CASE WHEN wall_hours < 24 THEN '1 under a day' WHEN wall_hours < 168 THEN '2 under a week'
          WHEN wall_hours < 720 THEN '3 under 30 days' WHEN wall_hours < 2160 THEN '4 under 90 days'
          ELSE '5 90 days and more' END AS age, verdict, count(*) AS tickets
        FROM {relation} WHERE NOT settled GROUP BY 1, 2 ORDER BY 1, 2
    """)


def times(tables: Tables, relation: str, *, hours: str = "wall_hours") -> pd.DataFrame:
    """Hours from opening to settling, rounded up: time, events, censored (open at `as_of`).

    On the wall clock, or in open hours without pauses with `hours` ``active_hours``.
    """
    return tables.frame(f"""
        SELECT ceil({hours})::BIGINT AS time, sum(settled::INT)::BIGINT AS events,
          sum((NOT settled)::INT)::BIGINT AS censored
        FROM {relation} WHERE in_window GROUP BY 1 ORDER BY 1
    """)


def handling(tables: Tables, window: Window, by: Mapping[str, str]) -> pd.DataFrame:
    """Handling time of tickets settled in the window, in minutes, by dimension and group.

    Columns: dimension, group, n, clusters, mean, low, high, median, p90. The interval of the mean treats customers as
    clusters; the distribution is skewed, so the median stands beside it.
    """
    day = _settled_on(tables)
    frames = []
    for name, sql in by.items():
        frames.append(
            tables.frame(f"""
            WITH r AS (
              SELECT {sql} AS "group", hash({cluster_key(tables)}) AS cluster, t.handle_minutes AS x,
                {day} AS settled_on
              FROM tickets t WHERE t.handle_minutes IS NOT NULL AND {sql} IS NOT NULL
            ), k AS (SELECT * FROM r WHERE {window.holds("settled_on")}),
            c AS (SELECT "group", cluster, count(*) AS n, sum(x) AS s FROM k GROUP BY 1, 2),
            q AS (SELECT "group", median(x) AS median, quantile_cont(x, 0.9) AS p90 FROM k GROUP BY 1)
            SELECT '{name}' AS dimension, c."group", sum(n)::BIGINT AS n, count(*) AS clusters, sum(s) AS total,
              sum(s * s) AS sxx, sum(s * n) AS sxn, sum(n * n)::DOUBLE AS snn,
              any_value(median) AS median, any_value(p90) AS p90
            FROM c JOIN q ON q."group" = c."group" GROUP BY 2 ORDER BY n DESC, 2 LIMIT {GROUPS}
            """)
        )
    rows = pd.concat(frames, ignore_index=True)
    rows["mean"] = rows["total"] / rows["n"]
    rows = mean_intervals(rows, "total", "n")
    return rows[["dimension", "group", "n", "clusters", "mean", "low", "high", "median", "p90"]]


def without_minutes(tables: Tables, window: Window) -> int:
    """Tickets settled in the window whose minutes of work are not known."""
    found = tables.frame(
        f"WITH k AS (SELECT {_settled_on(tables)} AS settled_on FROM tickets t WHERE t.handle_minutes IS NULL) "
        f"SELECT count(*) AS n FROM k WHERE {window.holds('settled_on')}"
    )
    return int(found["n"].iloc[0])


def _settled_on(tables: Tables) -> str:
    return f"CAST((({settled(tables)}) AT TIME ZONE 'UTC') AT TIME ZONE {text_literal(tables.timezone)} AS DATE)"

"""What was promised, what the sheet says was delivered, and what the client's own tables show was delivered.

A promise in hours or days at a moment can be timed: at a moment with a start and a value event by those events (days
on the wall clock), else by its tickets, from opening to settling: days on the wall clock, hours in open hours of the
moment's calendar without pauses. The figure is the median with open cases counted as waiting (Kaplan–Meier), beside
it the share served within the promised time. A sheet may hold a mean, so it is contradicted only when it lies outside
the intervals of both median and mean, and more than a tenth from either.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from cxkit.metrics import service
from cxkit.metrics.clustering import mean_intervals
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.survival import kaplan_meier, quantile, reached
from cxkit.metrics.windows import Window, recent
from cxkit.tables.cut import end_of_day, text_literal
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Row, rows

HOURS_IN: Mapping[str, float] = {
    **dict.fromkeys(("hour", "hours", "office hours", "working hours", "business hours", "open hours"), 1.0),
    **dict.fromkeys(("day", "days", "calendar days"), 24.0),
}
"""Units that can be timed → hours in one."""
TOLERANCE = 0.1
"""Share of the measured value by which a stated one may differ: people round."""
UNTIMED = "its unit is no time that tickets or events show"


@dataclass(frozen=True)
class Timed:
    """A promise timed from the client's tables, or why it cannot be."""

    why_none: str = ""
    what: str = ""
    n: int = 0
    median: tuple[float, float, float] | None = None
    """Median and interval, in the promise's unit."""
    mean: tuple[float, float, float] | None = None
    within: tuple[float, float | None, float | None] | None = None
    """Share served within the promised time, with interval."""
    sources: tuple[str, ...] = ()

    def contradicts(self, delivered: float | None) -> bool:
        """Whether a stated value lies outside the intervals of both median and mean, and a tenth from either."""
        ends = [e for e in (self.median, self.mean) if e is not None]
        if delivered is None or not ends:
            return False
        near = any(abs(delivered - e[0]) <= TOLERANCE * e[0] for e in ends)
        return not near and not min(e[1] for e in ends) <= delivered <= max(e[2] for e in ends)


@dataclass(frozen=True)
class Touched:
    """Contacts and customers of each moment in the last twelve months."""

    window: Window | None
    contacts: Mapping[str, int] = field(default_factory=dict)
    customers: Mapping[str, int] = field(default_factory=dict)


def touched(tables: Tables) -> Touched:
    """How many contacts and known customers each moment had in the last twelve complete months."""
    window = service.ticket_window(tables) if "moment_id" in tables.supplied("tickets") else None
    if window is None:
        return Touched(None)
    account = "account_id" if "account_id" in tables.supplied("tickets") else "NULL"
    frame = tables.frame(
        f"SELECT moment_id, count(*) AS contacts, count(DISTINCT {account}) AS customers FROM tickets "
        f"WHERE moment_id IS NOT NULL AND {window.holds('opened_date')} GROUP BY 1 ORDER BY 1"
    )
    names = [str(m) for m in frame["moment_id"]]
    return Touched(
        window,
        dict(zip(names, map(int, frame["contacts"]), strict=True)),
        dict(zip(names, map(int, frame["customers"]), strict=True)),
    )


def kept(row: Row) -> bool | None:
    """Whether the sheet says that a promise is kept; None where it does not say.

    >>> kept({"promised": 1.0, "delivered": 4.0, "better": "lower"}), kept({"promised": 1.0, "delivered": None})
    (False, None)
    """
    if row["promised"] is None or row["delivered"] is None or row["better"] is None:
        return None
    delivered, promised = row["delivered"], row["promised"]
    return bool(delivered <= promised if row["better"] == "lower" else delivered >= promised)


def timed(tables: Tables, promised: list[Row], window: Window | None) -> dict[str, Timed]:
    """Every promise timed where it can be: promise id → `Timed`."""
    moments = {row["moment_id"]: row for row in rows(tables, "moments")}
    found: dict[str, Timed] = {}
    by_tickets: list[Row] = []
    for row in promised:
        moment = moments.get(row["moment_id"], {})
        if (row["unit"] or "").lower() not in HOURS_IN or row["better"] == "higher":
            found[row["promise_id"]] = Timed(UNTIMED)
        elif row["moment_id"] is None:
            found[row["promise_id"]] = Timed("it names no moment")
        elif moment.get("start_event") and moment.get("value_event"):
            found[row["promise_id"]] = _by_events(tables, row, moment["start_event"], moment["value_event"])
        elif window is None or service.settled(tables) is None:
            found[row["promise_id"]] = Timed("no table says when contacts at its moment were settled")
        else:
            by_tickets.append(row)
    if by_tickets and window is not None:
        with service.judged(tables, window) as relation:
            found |= {row["promise_id"]: _by_tickets(tables, relation, row) for row in by_tickets}
    return found


def _by_tickets(tables: Tables, relation: str, row: Row) -> Timed:
    hours = HOURS_IN[row["unit"].lower()]
    column = "wall_hours" if hours > 1 else "active_hours"
    part = f"(SELECT * FROM {relation} WHERE moment_id = {text_literal(row['moment_id'])})"
    risk = service.times(tables, part, hours=column)
    sums = tables.frame(f"""
        WITH c AS (
          SELECT hash(cluster) AS who, count(*) AS n, sum(CAST(round({column} * 1000) AS BIGINT)) AS s
          FROM {part} WHERE in_window AND settled GROUP BY 1
        )
        SELECT coalesce(sum(n), 0)::BIGINT AS n, coalesce(sum(s), 0)::DOUBLE AS s, count(*) AS clusters,
          coalesce(sum(s::HUGEINT * s), 0)::DOUBLE AS sxx, coalesce(sum(s::HUGEINT * n), 0)::DOUBLE AS sxn,
          coalesce(sum(n * n), 0)::DOUBLE AS snn
        FROM c
    """)
    whole = mean_intervals(sums, "s", "n").iloc[0]
    mean = None
    if not math.isnan(whole["low"]):
        mean = tuple(v / 1000 / hours for v in (whole["s"] / whole["n"], whole["low"], whole["high"]))
    what = "median days from opening to settling" if hours > 1 else "median open hours from opening to settling"
    return _made(risk, row, hours, what=what, sources=("tickets",), mean=mean)


def _by_events(tables: Tables, row: Row, start: str, value: str) -> Timed:
    begun = f"event = {text_literal(start)}"
    window = recent(tables, "events", "at_date", 12, begun) if "account_id" in tables.supplied("events") else None
    if window is None:
        return Timed("no table holds the events of its moment")
    now = f"TIMESTAMP '{end_of_day(tables.as_of, tables.timezone):%Y-%m-%d %H:%M:%S}'"
    risk = tables.frame(f"""
        WITH s AS (
          SELECT account_id, min("at") AS begun FROM events WHERE {begun} AND account_id IS NOT NULL GROUP BY 1
        ), v AS (
          SELECT s.account_id, any_value(s.begun) AS begun, min(e."at") AS got FROM s LEFT JOIN events e
          ON e.account_id = s.account_id AND e.event = {text_literal(value)} AND e."at" >= s.begun
          WHERE CAST(s.begun AS DATE) BETWEEN DATE '{window.first}' AND DATE '{window.final_day}' GROUP BY 1
        )
        SELECT ceil(greatest(date_diff('minute', begun, coalesce(got, {now})), 0) / 60.0)::BIGINT AS time,
          sum((got IS NOT NULL)::INT)::BIGINT AS events, sum((got IS NULL)::INT)::BIGINT AS censored
        FROM v GROUP BY 1 ORDER BY 1
    """)
    hours = HOURS_IN[row["unit"].lower()]
    name = "days" if hours > 1 else "hours"
    what = f"median {name} from {start.replace('_', ' ')} to {value.replace('_', ' ')}"
    return _made(risk, row, hours, what=what, sources=("events", "moments"), mean=None)


def _made(risk: pd.DataFrame, row: Row, hours: float, **more: Any) -> Timed:
    n = int(risk[["events", "censored"]].to_numpy().sum())
    if n < MINIMUM_N:
        return Timed(f"{n} cases at its moment, fewer than {MINIMUM_N}", n=n)
    curve = kaplan_meier(risk.assign(time=risk["time"] / hours))
    middle, low, high = quantile(curve)
    if math.isinf(middle) or math.isinf(high):
        return Timed("fewer than half of the cases at its moment are settled", n=n)
    within = None if row["promised"] is None else reached(curve, float(row["promised"]))
    return Timed(n=n, median=(middle, low, high), within=within, **more)

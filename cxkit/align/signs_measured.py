"""Each sign of misalignment measured: its level now, the same months a year earlier, and the change.

Every sign uses the stage-wide arithmetic of `cxkit.metrics`; nothing is defined here but which figure stands for what.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cxkit.formats import Unit
from cxkit.metrics import complaints, recontact, retention, service, staff
from cxkit.metrics.clustering import mean_intervals, share_intervals
from cxkit.metrics.estimates import Estimate, difference, proportion
from cxkit.metrics.exposure import exposure
from cxkit.metrics.windows import Window, add_months, recent, seen
from cxkit.records import Missing
from cxkit.tables.engine import Tables

YEAR = 12
REPEAT_DAYS, REOPEN_DAYS = 7, 30
"""Days within which a contact about the same reason, or a reopened ticket, counts."""
CS = ("customer", "career", "community", "core")


@dataclass(frozen=True)
class About:
    """What a sign is: its C, its name, its unit and whether more of it is worse."""

    c: str
    label: str
    unit: Unit
    worse: str = "up"
    scale: str = ""
    """What a value refers to, after it in a sentence."""


SIGNS: Mapping[str, About] = {
    "repeats": About("customer", "Contacts repeated within 7 days", "ratio"),
    "churn": About("customer", "Customers lost", "ratio"),
    "complaints": About("customer", "Complaints", "per_1000", scale="customers and month"),
    "late": About("customer", "Contacts settled late", "ratio"),
    "turnover": About("career", "Employees leaving in a year", "ratio"),
    "engagement": About("career", "Engagement, 0 to 100", "none", "down"),
    "burnout": About("career", "Employees who report burnout", "ratio"),
    "absence": About("career", "Days absent a month, per employee", "days"),
    "handovers": About("community", "Handovers per contact", "none"),
    "crossing": About("community", "Contacts that change teams", "ratio"),
    "reopened": About("community", "Contacts reopened within 30 days", "ratio"),
    "orphans": About("core", "Live initiatives without a goal", "ratio"),
    "promises": About("core", "Promises broken", "ratio"),
    "mission": About("core", "Age of the mission statement", "months"),
    "drift": About("core", "What people say of the core, 1 to 5", "score", "down"),
}
"""Sign → what it is, in the order in which signs are shown."""


@dataclass(frozen=True)
class Sign:
    """One sign, measured."""

    name: str
    now: Estimate
    before: Estimate | None
    change: Estimate | None
    """With a 95 % interval."""
    period: str
    sources: tuple[str, ...]
    about: str
    freedom: float = math.inf
    """Degrees of freedom behind the interval of the change, to bring it to another level."""
    exact: bool = False

    @property
    def what(self) -> About:
        """Its entry in `SIGNS`."""
        return SIGNS[self.name]


RESAMPLED = "the underlying rate, customers resampled"
SEVERAL = "the underlying rate, the tickets of one customer taken together"
MONTHS = "the underlying level, from the months' own variation"
Found = Sign | Missing | str
"""A sign, what it lacks, or why it cannot be told."""


def measured(tables: Tables, months: int) -> dict[str, Found]:
    """The signs of Customer, Career and Community: each measured, or what it lacks."""
    made: dict[str, Found] = {"churn": _churn(tables, months), "complaints": _complaints(tables, months)}
    window = service.ticket_window(tables, months) if "tickets" in tables.present else None
    for name, (columns, work) in _TICKETS.items():
        lacks = tables.require("tickets", "ticket_id", "opened", *columns)
        if isinstance(lacks, Missing):
            made[name] = lacks
        elif window is None or service.settled(tables) is None:
            made[name] = Missing(name="tickets", columns=("resolved",), why="no settled ticket in a complete month")
        else:
            made[name] = _twice(tables, name, window, work)
    for name in staff.MEASURES:
        made[name] = _staff(tables, name, months)
    return {name: made[name] for name in SIGNS if name in made}


def _sign(name: str, pair: tuple[Estimate, Estimate | None], window: Window, **more: Any) -> Found:
    now, before = pair
    if now.value is None:
        return now.why_none or "nothing was recorded"
    if "change" not in more:
        more["change"] = difference(now, before) if before is not None and before.value is not None else None
    return Sign(name, now, before, period=window.label, **more)


# Tickets ---------------------------------------------------------------------------------------------------


def _twice(tables: Tables, name: str, window: Window, work: Callable[[Tables, Window], Estimate | None]) -> Found:
    span = seen(tables, "tickets", "opened_date")
    now = work(tables, window)
    if now is None:
        return Missing(name="moments", columns=("sla_hours",), why="no contact has a time limit")
    earlier = window.back(YEAR)
    before = work(tables, earlier) if span is not None and earlier.first >= span.first else None
    sources = ("tickets", "moments") if name == "late" else ("tickets",)
    return _sign(name, (now, before), window, sources=sources, about=SEVERAL)


def _repeats(tables: Tables, window: Window) -> Estimate:
    row = recontact.recontacts(tables, window, [REPEAT_DAYS]).iloc[0]
    return _estimate(row["recontact"], 1 - row["fcr_high"], 1 - row["fcr_low"], row["n"])


def _late(tables: Tables, window: Window) -> Estimate | None:
    with service.judged(tables, window) as relation:
        rows = service.attainment(tables, relation, {"all": "''"})
    if rows.empty or not rows["judged"].iloc[0]:
        return None
    row = rows.iloc[0]
    return _estimate(1 - row["attainment"], 1 - row["high"], 1 - row["low"], row["judged"])


def _handed(tables: Tables, window: Window, value: str) -> pd.DataFrame:
    return tables.frame(f"""
        WITH c AS (
          SELECT hash({service.cluster_key(tables)}) AS cluster, count(*) AS n, sum({value})::BIGINT AS s
          FROM tickets t WHERE t.handovers IS NOT NULL AND {window.holds("opened_date")} GROUP BY 1
        )
        SELECT coalesce(sum(n), 0)::BIGINT AS n, coalesce(sum(s), 0)::BIGINT AS s, count(*) AS clusters,
          coalesce(sum(s * s), 0)::DOUBLE AS sxx, coalesce(sum(s * n), 0)::DOUBLE AS sxn,
          coalesce(sum(n * n), 0)::DOUBLE AS snn
        FROM c
    """)


def _handovers(tables: Tables, window: Window) -> Estimate:
    row = mean_intervals(_handed(tables, window, "t.handovers"), "s", "n").iloc[0]
    return _estimate(row["s"] / row["n"] if row["n"] else math.nan, row["low"], row["high"], row["n"])


def _crossing(tables: Tables, window: Window) -> Estimate:
    row = share_intervals(_handed(tables, window, "(t.handovers > 0)::INT"), "s", "n").iloc[0]
    return _estimate(row["s"] / row["n"] if row["n"] else math.nan, row["low"], row["high"], row["n"])


def _reopened(tables: Tables, window: Window) -> Estimate:
    return proportion(*recontact.reopening(tables, window, REOPEN_DAYS))


_TICKETS: Mapping[str, tuple[tuple[str, ...], Callable[[Tables, Window], Estimate | None]]] = {
    "repeats": (("account_id",), _repeats),
    "late": ((), _late),
    "handovers": (("handovers",), _handovers),
    "crossing": (("handovers",), _crossing),
    "reopened": (("reopened",), _reopened),
}


def _estimate(value: float, low: float, high: float, n: float) -> Estimate:
    if math.isnan(value):
        return Estimate(why_none="nothing was recorded")
    if math.isnan(low) or math.isnan(high):
        return Estimate(value=value, n=int(n), why_none=f"{int(n)} cases are too few")
    return Estimate(value=value, low=low, high=high, n=int(n))


# Customers and people --------------------------------------------------------------------------------------


def _churn(tables: Tables, months: int) -> Found:
    if isinstance(lacks := tables.require("revenue", "account_id", "month", "mrr"), Missing):
        return lacks
    span, window = seen(tables, "revenue", "month"), recent(tables, "revenue", "month", months)
    if span is None or window is None or window.opening < span.first:
        return "recurring revenue does not reach back to the start of the window"
    made = []
    for one in (window, window.back(YEAR)):
        rows = retention.bridge(tables, one) if one.opening >= span.first else None
        made.append(None if rows is None or isinstance(rows, Missing) else retention.summarise(rows).logo_churn)
    if made[0] is None:
        return Missing(name="fx", columns=("rate",), why="an exchange rate is missing")
    return _sign("churn", (made[0], made[1]), window, sources=("revenue",), about=RESAMPLED)


def _complaints(tables: Tables, months: int) -> Found:
    source, customers = complaints.complaint_source(tables), exposure(tables)
    if isinstance(source, Missing):
        return source
    if isinstance(customers, Missing):
        return customers
    longest = complaints.complaint_window(tables, customers, months + YEAR)
    if longest is None or isinstance(longest, Missing):
        return "no complete month has both complaints and customers"
    window = Window(first=max(longest.first, add_months(longest.last, 1 - months)), last=longest.last)
    now = complaints.complaint_rate(tables, customers, window)
    earlier = window.back(YEAR)
    before = complaints.complaint_rate(tables, customers, earlier) if earlier.first >= longest.first else None
    if isinstance(now, Missing):
        return now
    known = None if isinstance(before, Missing) else before
    return _sign("complaints", (now, known), window, sources=(source[0], customers.table), about=RESAMPLED)


def _staff(tables: Tables, measure: str, months: int) -> Found:
    lacks = tables.require("workforce", "month", "team", "headcount", staff.COLUMNS[measure])
    if isinstance(lacks, Missing):
        return lacks
    window = recent(tables, "workforce", "month", months, f"{staff.COLUMNS[measure]} IS NOT NULL")
    if window is None:
        return "no complete month holds it"
    rows = staff.staff_months(tables, window, measure)
    past = staff.staff_months(tables, window.back(YEAR), measure)
    now = staff.staff_estimate(measure, rows)
    before = staff.staff_estimate(measure, past) if len(past) == months else None
    if measure == "turnover":
        return _sign(measure, (now, before), window, sources=("workforce",), about="the underlying rate")
    more = {"change": staff.staff_change(rows, past) if before is not None else None, "freedom": max(months - 1.0, 2.0)}
    return _sign(measure, (now, before), window, sources=("workforce",), about=MONTHS, **more)

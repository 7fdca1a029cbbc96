"""A metric by segment and month: as people wrote it down, or as the client's own tables give it.

What people wrote (``metric_values``) comes first where it names segments: several rows per month, one each. What the
product can count itself follows: complaint_rate (per 1,000 customers), contact_rate (contacts per customer), nps (in
points), csat (share of 4 and 5), ces (mean from 1 to 7) and grr (share of last month's recurring revenue that is still
paid) by ``accounts.segment``. Segments are those known at extraction, for all months.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.exposure import exposure
from cxkit.metrics.satisfaction import VALUES
from cxkit.metrics.windows import Window, seen
from cxkit.records import Missing
from cxkit.tables.cut import text_literal
from cxkit.tables.engine import Tables

ALL = "all"
"""The segment that is no segment: everything together."""
COLUMNS = ("segment", "month", "value", "n", "source")
NPS_POINTS = 100.0
LARGEST = 1e15
"""No metric is larger; neither is infinity nor what is not a number."""
KNOWN = "SELECT account_id, min(segment) AS segment FROM accounts WHERE segment IS NOT NULL GROUP BY account_id"


def panel(tables: Tables, metric: str) -> pd.DataFrame | Missing:
    """One metric by segment and month: segment, month, value, n (observations; null where not stated), source.

    Segments where there are any, else one segment ``all``. `Missing` names what would let it.

    >>> from datetime import date
    >>> rows = [("m", "2026-01-01", place, 3.0) for place in ("north", "south", "all")]
    >>> given = {"metric_values": pd.DataFrame(rows, columns=["metric_id", "month", "segment", "value"])}
    >>> panel(Tables.from_frames(given, as_of=date(2026, 1, 31)), "m")["segment"].tolist()
    ['north', 'south']
    """
    wrote = authored(tables, metric)
    if wrote is not None and set(wrote["segment"]) != {ALL}:
        return wrote
    if metric in COUNTED:
        counted = COUNTED[metric](tables)
        if not isinstance(counted, Missing) and len(counted):
            return counted
        if wrote is None and isinstance(counted, Missing):
            return counted
    if wrote is not None:
        return wrote
    return Missing(name="metric_values", columns=("metric_id", "month", "segment", "value"))


def authored(tables: Tables, metric: str) -> pd.DataFrame | None:
    """What people wrote down about a metric; rows of segment ``all`` only where no segment is named."""
    if not isinstance(tables.require("metric_values", "metric_id", "month", "value"), Missing):
        found = tables.frame(f"""
            SELECT coalesce(nullif(trim(segment), ''), '{ALL}') AS segment, month, avg(value) AS value,
              sum(n)::DOUBLE AS n
            FROM metric_values WHERE trim(metric_id) = {text_literal(metric)} AND abs(value::DOUBLE) < {LARGEST}
            GROUP BY 1, 2 ORDER BY 1, 2
        """)
        some = found[found["segment"].str.lower() != ALL]
        chosen = some if len(some) else found.assign(segment=ALL)
        if len(chosen):
            return _typed(chosen, "metric_values")
    return None


def _active(tables: Tables, table: str, day: str) -> tuple[str, Window] | Missing:
    """Active customers with their segment, as SQL, over the complete months that `table` reaches too."""
    if isinstance(lacks := tables.require("accounts", "account_id", "segment"), Missing):
        return lacks
    who, span = exposure(tables), seen(tables, table, day)
    if isinstance(who, Missing):
        return who
    if span is None:
        return Missing(name=table, why="no complete month")
    first, last = max(span.first, who.span.first), min(span.last, who.span.last)
    if first > last:
        return Missing(name=table, why="its months and those of the customers do not meet")
    window = Window(first=first, last=last)
    return f"SELECT a.account_id, a.month, k.segment FROM {who.active(window)} a JOIN ({KNOWN}) k USING (account_id)", (
        window
    )


def _contacts(tables: Tables, where: str, per: float) -> pd.DataFrame | Missing:
    """Tickets of a kind per active customer, by segment and month; a month without any is a nought."""
    found = _active(tables, "tickets", "opened_date")
    if isinstance(found, Missing):
        return found
    active, window = found
    return _typed(
        tables.frame(f"""
        WITH active AS ({active}),
        customers AS (SELECT segment, month, count(*) AS n FROM active GROUP BY 1, 2),
        said AS (
          SELECT k.segment, CAST(date_trunc('month', t.opened_date) AS DATE) AS month, count(*) AS x
          FROM tickets t JOIN ({KNOWN}) k USING (account_id)
          WHERE {where} AND {window.holds("opened_date")} GROUP BY 1, 2
        )
        SELECT c.segment, c.month, coalesce(s.x, 0) * {per} / c.n AS value, c.n::DOUBLE AS n
        FROM customers c LEFT JOIN said s USING (segment, month) ORDER BY 1, 2
        """),
        "tickets",
    )


def _complaints(tables: Tables) -> pd.DataFrame | Missing:
    lacks = tables.require("tickets", "ticket_id", "opened", "account_id", "complaint")
    return lacks if isinstance(lacks, Missing) else _contacts(tables, "coalesce(complaint, false)", 1000.0)


def _contact_rate(tables: Tables) -> pd.DataFrame | Missing:
    lacks = tables.require("tickets", "ticket_id", "opened", "account_id")
    return lacks if isinstance(lacks, Missing) else _contacts(tables, "true", 1.0)


def _score(metric: str) -> Callable[[Tables], pd.DataFrame | Missing]:
    def counted(tables: Tables) -> pd.DataFrame | Missing:
        needs = {"surveys": ("metric", "score", "answered", "account_id"), "accounts": ("account_id", "segment")}
        if lacks := tables.lacking(needs):
            return lacks[0]
        span = seen(tables, "surveys", "answered_date", f"metric = '{metric}'")
        if span is None:
            return Missing(name="surveys", why=f"no {metric} answers")
        times = NPS_POINTS if metric == "nps" else 1.0
        return _typed(
            tables.frame(f"""
            SELECT k.segment, CAST(date_trunc('month', answered_date) AS DATE) AS month,
              sum(CAST({VALUES[metric]} AS DECIMAL(18, 4)))::DOUBLE * {times} / count(*) AS value, count(*)::DOUBLE AS n
            FROM surveys s JOIN ({KNOWN}) k USING (account_id)
            WHERE metric = '{metric}' AND isfinite(score::DOUBLE) AND {span.holds("answered_date")}
            GROUP BY 1, 2 ORDER BY 1, 2
            """),
            "surveys",
        )

    return counted


def _retained(tables: Tables) -> pd.DataFrame | Missing:
    """Share of the recurring revenue of the month before that is still paid, customer by customer."""
    needs = {"revenue": ("account_id", "month", "mrr"), "accounts": ("account_id", "segment")}
    if lacks := tables.lacking(needs):
        return lacks[0]
    span = seen(tables, "revenue", "month")
    if span is None or len(span) < 2:
        return Missing(name="revenue", columns=needs["revenue"], why="fewer than two complete months")
    relation = in_one_currency(tables, "revenue", ("mrr",), at=span.first)
    if isinstance(relation, Missing):
        return relation
    return _typed(
        tables.frame(f"""
        WITH book AS (
          SELECT account_id, month, sum(mrr) AS mrr FROM {relation} WHERE account_id IS NOT NULL GROUP BY 1, 2
        ), pairs AS (
          SELECT a.account_id, CAST(a.month + INTERVAL 1 MONTH AS DATE) AS month, a.mrr AS opening,
            coalesce(least(a.mrr, b.mrr), 0) AS kept
          FROM book a LEFT JOIN book b ON b.account_id = a.account_id AND b.month = a.month + INTERVAL 1 MONTH
          WHERE a.mrr > 0 AND a.month < DATE '{span.last}'
        )
        SELECT k.segment, month, sum(greatest(kept, 0))::DOUBLE / sum(opening)::DOUBLE AS value, count(*)::DOUBLE AS n
        FROM pairs JOIN ({KNOWN}) k USING (account_id) GROUP BY 1, 2 ORDER BY 1, 2
        """),
        "revenue",
    )


COUNTED: Mapping[str, Callable[[Tables], pd.DataFrame | Missing]] = {
    "complaint_rate": _complaints,
    "contact_rate": _contact_rate,
    "nps": _score("nps"),
    "csat": _score("csat"),
    "ces": _score("ces"),
    "grr": _retained,
}
"""Metric id → how it is counted by segment and month."""


def _typed(found: pd.DataFrame, source: str) -> pd.DataFrame:
    months = pd.to_datetime(found["month"]).dt.date
    return found.assign(month=months, source=source)[list(COLUMNS)].reset_index(drop=True)

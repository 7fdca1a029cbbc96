"""Scores known before a day, and what the same customers did after it: counts per score value, from the engine.

A *landmark* is the end of a month. What a customer said or went through in the months up to it is the score; whether
it left, and how often it made contact, in the months after it is the outcome (landmarking: Anderson, Cain & Gelber
1983, J. Clin. Oncol. 1:710). Only customers active in the landmark's month count, each once.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date

import pandas as pd

from cxkit.metrics.exposure import Exposure
from cxkit.metrics.service import judged, settled
from cxkit.metrics.windows import Window, add_months
from cxkit.records import Missing
from cxkit.tables.engine import Tables

SPAN = 6
"""Months of a score window and of an outcome window."""
AGAIN_DAYS = 7
"""Days after a contact was settled within which another about the same counts as a repeat."""
NEEDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "nps": {"surveys": ("metric", "score", "answered", "account_id")},
    "csat": {"surveys": ("metric", "score", "answered", "account_id")},
    "ces": {"surveys": ("metric", "score", "answered", "account_id")},
    "contacts": {"tickets": ("ticket_id", "opened", "account_id")},
    "recontact": {"tickets": ("ticket_id", "opened", "account_id", "resolved")},
    "sla": {"tickets": ("ticket_id", "opened", "account_id", "resolved", "moment_id"), "moments": ("sla_hours",)},
}
"""Score → the tables and columns that hold it."""
DAYS: Mapping[str, tuple[str, str]] = {"surveys": ("surveys", "answered_date"), "tickets": ("tickets", "opened_date")}


def before(landmark: date) -> Window:
    """The score window of a landmark, its month the last."""
    return Window(first=add_months(landmark, 1 - SPAN), last=landmark)


def after(landmark: date) -> Window:
    """The outcome window of a landmark.

    >>> before(date(2025, 6, 1)).label, after(date(2025, 6, 1)).label
    ('2025-01 to 2025-06', '2025-07 to 2025-12')
    """
    return Window(first=add_months(landmark, 1), last=add_months(landmark, SPAN))


def missing(tables: Tables, score: str) -> tuple[Missing, ...]:
    """What the client would have to supply for a score; empty when it is there."""
    return tables.lacking(NEEDS[score])


def counts(tables: Tables, found: Exposure, score: str, landmark: date, *, contacts: bool) -> pd.DataFrame:
    """Customers by the value of their score: value, n, gone, contacts, contacts_squared; ordered by value.

    `gone` counts those not active any more in the last month of the outcome window (null where the client does not
    record who left); contacts are those in the outcome window (null without `contacts`). A survey score is the mean of
    a customer's answers; contacts is their number; recontact and sla are 1 for a customer to whom it happened, among
    those who made contact.
    """
    known, later = before(landmark), after(landmark)
    at = Window(first=landmark, last=landmark)
    end = Window(first=later.last, last=later.last)
    leaves = found.table in {"revenue", "accounts"} and found.span.last >= later.last
    gone = "(e.account_id IS NULL)::INT" if leaves else "NULL::INT"
    left = f"LEFT JOIN (SELECT DISTINCT account_id FROM {found.active(end)}) e USING (account_id)" if leaves else ""
    asked = "coalesce(c.x, 0)" if contacts else "NULL::BIGINT"
    again = (
        f"LEFT JOIN (SELECT account_id, count(*) AS x FROM tickets WHERE {later.holds('opened_date')} "
        "AND account_id IS NOT NULL GROUP BY 1) c USING (account_id)"
        if contacts
        else ""
    )
    with ExitStack() as stack:
        scored = _scored(tables, found, score, known, stack)
        return tables.frame(f"""
            WITH at_risk AS (SELECT DISTINCT account_id FROM {found.active(at)}),
            scored AS ({scored}),
            one AS (
              SELECT s.value, {gone} AS gone, {asked} AS asked
              FROM at_risk a JOIN scored s USING (account_id) {left} {again}
            )
            SELECT value::DOUBLE AS value, count(*) AS n, sum(gone)::BIGINT AS gone, sum(asked)::BIGINT AS contacts,
              sum(asked * asked)::BIGINT AS contacts_squared
            FROM one WHERE value IS NOT NULL GROUP BY 1 ORDER BY 1
        """)


def _scored(tables: Tables, found: Exposure, score: str, known: Window, stack: ExitStack) -> str:
    """SQL of account_id, value: what is known about each customer at the end of the window."""
    if score in {"nps", "csat", "ces"}:
        return (
            "SELECT account_id, round(sum(CAST(score AS DECIMAL(18, 4)))::DOUBLE / count(*), 6) AS value FROM surveys "
            f"WHERE metric = '{score}' AND isfinite(score::DOUBLE) AND account_id IS NOT NULL "
            f"AND {known.holds('answered_date')} GROUP BY 1"
        )
    if score == "contacts":
        at = Window(first=known.last, last=known.last)
        return (
            "SELECT a.account_id, count(t.ticket_id) AS value "
            f"FROM (SELECT DISTINCT account_id FROM {found.active(at)}) a "
            f"LEFT JOIN (SELECT account_id, ticket_id FROM tickets WHERE {known.holds('opened_date')}) t "
            "USING (account_id) GROUP BY 1"
        )
    if score == "recontact":
        reason = "coalesce(t.reason, '')" if "reason" in tables.supplied("tickets") else "''"
        return f"""
            WITH followed AS (
              SELECT account_id, opened_date, {settled(tables)} AS done,
                lead(opened) OVER (PARTITION BY account_id, {reason} ORDER BY opened) AS next
              FROM tickets t WHERE account_id IS NOT NULL AND opened_date <= DATE '{known.final_day}'
            ), judged AS (
              SELECT account_id, coalesce(next <= done + INTERVAL {AGAIN_DAYS} DAY, false)::INT AS value FROM followed
              WHERE {known.holds("opened_date")}
                AND done < TIMESTAMP '{add_months(known.last, 1)}' - INTERVAL {AGAIN_DAYS} DAY
            ) SELECT account_id, max(value) AS value FROM judged GROUP BY 1"""
    earlier = Window(first=known.first, last=add_months(known.last, -1))  # by the landmark their limits have passed
    relation = stack.enter_context(judged(tables, earlier))
    return (
        "SELECT t.account_id, max((j.verdict IN ('late', 'open_late'))::INT) AS value "
        f"FROM {relation} j JOIN tickets t USING (ticket_id) WHERE j.in_window AND t.account_id IS NOT NULL "
        "AND j.verdict IN ('late', 'open_late', 'met') GROUP BY 1"
    )

"""What contracts are worth in a month, by every way of treating a month that somebody paid for only in part.

A spell is in force from its first to its last day. Of overlapping spells of one contract the later one counts, as in
the recurring revenue that is derived from spells.
"""

from __future__ import annotations

from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.windows import Window, last_day
from cxkit.records import Missing
from cxkit.tables.engine import Tables

WAYS = ("month_end", "half", "prorated", "whole")
"""In force on the last day; mean of first and last day; mean over the days; last day, if in force on the first too."""
NEEDS = "it needs subscriptions (started, ended, mrr)"


def valued(tables: Tables, window: Window) -> str | Missing:
    """A relation, as SQL text, of what each contract is worth in the opening and the last month of a window.

    Columns: account_id, subscription_id, then ``<way>_s`` (opening) and ``<way>_e`` (last month) for each of `WAYS`,
    in the client's currency at the opening rate. Decimals throughout, so that the order of rows changes nothing.
    """
    lacks = tables.require("subscriptions", "subscription_id", "account_id", "started", "ended", "mrr")
    if isinstance(lacks, Missing):
        return lacks
    relation = in_one_currency(tables, "subscriptions", ("mrr",), at=window.opening)
    if isinstance(relation, Missing):
        return relation
    columns = []
    for end, month in (("s", window.opening), ("e", window.last)):
        first, last = f"DATE '{month}'", f"DATE '{last_day(month)}'"
        there = {"first": f"started <= {first} AND final >= {first}", "last": f"started <= {last} AND final >= {last}"}
        days = f"greatest(least(final, {last}) - greatest(started, {first}) + 1, 0)"
        at_last = f"CASE WHEN {there['last']} THEN mrr ELSE 0 END"
        columns += [
            f"sum({at_last}) AS month_end_{end}",
            f"CAST(sum(CASE WHEN {there['first']} THEN mrr ELSE 0 END + {at_last}) / 2 AS DECIMAL(18,4)) AS half_{end}",
            f"CAST(sum(mrr * {days}) / {last_day(month).day} AS DECIMAL(18,4)) AS prorated_{end}",
            f"sum(CASE WHEN {there['first']} THEN mrr ELSE 0 END) AS first_{end}",
        ]
    clipped = (
        "SELECT account_id, subscription_id, started, mrr, least(coalesce(ended, DATE '9999-12-31'), "
        "CASE WHEN subscription_id IS NULL THEN DATE '9999-12-31' ELSE coalesce(CAST(min(started) OVER ("
        "PARTITION BY subscription_id ORDER BY started RANGE BETWEEN INTERVAL 1 DAY FOLLOWING AND UNBOUNDED FOLLOWING"
        f") AS DATE) - 1, DATE '9999-12-31') END) AS final FROM {relation} "
        "WHERE started IS NOT NULL AND mrr IS NOT NULL AND account_id IS NOT NULL"
    )
    return (
        f"(SELECT account_id, subscription_id, {', '.join(columns)} FROM ({clipped}) "
        f"WHERE final >= DATE '{window.opening}' AND started <= DATE '{window.final_day}' GROUP BY 1, 2)"
    )


def per_account(contracts: str) -> str:
    """The relation of `valued` summed over the contracts of each account, with the way ``whole``."""
    sums = ", ".join(f"sum({c}) AS {c}" for way in ("month_end", "half", "prorated", "first") for c in _ends(way))
    whole = ", ".join(f"CASE WHEN first_{x} > 0 THEN month_end_{x} ELSE 0 END AS whole_{x}" for x in "se")
    return f"(SELECT *, {whole} FROM (SELECT account_id, {sums} FROM {contracts} GROUP BY 1))"


def _ends(way: str) -> tuple[str, str]:
    return f"{way}_s", f"{way}_e"

"""The bridge of recurring revenue by segment and product: each customer once, so that the parts add up to the whole.

A customer belongs to the product that brings most in the opening month (who joined or came back: in the last month;
who joined and left: in any month of the window), not to the one of today, and keeps it for the whole window: what it
moves to another product is neither contraction nor expansion. Segments and regions are those known at extraction.
"""

from __future__ import annotations

from collections.abc import Mapping

import narwhals as nw
import pandas as pd

from cxkit.metrics import retention
from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.estimates import Estimate
from cxkit.metrics.retention import Retention
from cxkit.metrics.windows import Window
from cxkit.records import Missing, Record
from cxkit.tables.cut import quoted
from cxkit.tables.engine import Tables

WHOLE = "all"
SEGMENTED = ("segment", "region")
STATED = "not stated"
FLOWS = ("start", "expansion", "contraction", "churn", "end", "returned", "joined", "closing")

Labels = Mapping[str, str]
"""Dimension → relation, as SQL text, of account_id and label, one row per account."""


class Part(Record):
    """Retention of one part of the book."""

    dimension: str
    segment: str
    found: Retention


def labels(tables: Tables, window: Window) -> dict[str, str]:
    """The dimensions the client's tables can tell customers apart by.

    Reads accounts (segment, region, product) and revenue (product).
    """
    listed = tables.supplied("accounts") if "account_id" in tables.supplied("accounts") else frozenset()
    made = {
        d: f"(SELECT account_id, min({quoted(d)}) AS label FROM accounts GROUP BY 1)" for d in SEGMENTED if d in listed
    }
    if "product" in tables.supplied("revenue"):
        relation = in_one_currency(tables, "revenue", ("mrr",), at=window.opening)
        place = f"CASE month WHEN DATE '{window.opening}' THEN 2 WHEN DATE '{window.last}' THEN 1 ELSE 0 END"
        weight = f"max({place} * 1000000000000 + mrr) AS weight"
        made["product"] = (
            f"(SELECT account_id, product AS label FROM (SELECT account_id, product, {weight} FROM {relation} "
            "WHERE mrr > 0 AND account_id IS NOT NULL "
            f"AND month >= DATE '{window.opening}' AND month <= DATE '{window.last}' GROUP BY account_id, product) "
            "QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY weight DESC, product) = 1)"
        )
    elif "product" in listed:
        made["product"] = "(SELECT account_id, min(product) AS label FROM accounts GROUP BY 1)"
    return made


def parts(tables: Tables, window: Window, by: Labels) -> list[Part] | Missing:
    """The whole book first, then every part of every dimension."""
    rows = retention.bridge(tables, window)
    if isinstance(rows, Missing):
        return rows
    made = [Part(dimension=WHOLE, segment="all", found=retention.summarise(rows))]
    for dimension, relation in by.items():
        labelled = nw.from_native(
            tables.sql(f"SELECT account_id, coalesce(label, '{STATED}') AS label FROM {relation}")
        )
        rows = retention.bridge(tables, window, by=["label"], labels=labelled)
        if isinstance(rows, Missing):
            return rows
        rows["label"] = rows["label"].fillna(STATED)
        for segment, part in rows.groupby("label", sort=True):
            made.append(Part(dimension=dimension, segment=str(segment), found=retention.summarise(part)))
    return made


def bridges(found: list[Part]) -> pd.DataFrame:
    """One row per part: dimension, segment, accounts, the flows of monthly money, GRR and NRR with intervals, churn.

    start + expansion − contraction − churn = end; end + returned + joined = closing; within a dimension every column
    of money and customers adds up to the whole.
    """
    return pd.DataFrame([_row(p) for p in found])


def _row(part: Part) -> dict[str, object]:
    f = part.found

    def ends(name: str, made: Estimate) -> dict[str, float | None]:
        return {name: made.value, f"{name}_low": made.low, f"{name}_high": made.high}

    return {
        "dimension": part.dimension,
        "segment": part.segment,
        "accounts": f.accounts,
        "lost_accounts": round((f.logo_churn.value or 0.0) * f.accounts),
        "joined_accounts": f.joined,
        "joined_lost_accounts": f.joined_lost,
        "returned_accounts": f.returned,
        "start": f.start,
        "expansion": f.expansion,
        "contraction": f.contraction,
        "churn": f.churn,
        "end": f.end,
        "returned": f.returned_end,
        "joined": f.joined_end,
        "closing": f.end + f.returned_end + f.joined_end,
        **ends("grr", f.grr),
        **ends("nrr", f.nrr),
        **ends("logo_churn", f.logo_churn),
    }

"""Recurring revenue in depth: the bridge by segment and product, price apart from volume, conventions, cohorts."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd

from cxkit.metrics import cohorts, conventions
from cxkit.metrics.cohorts import Lives
from cxkit.metrics.definitions import definition
from cxkit.metrics.windows import Window
from cxkit.quantify import retention_bridge, retention_prices, retention_stages
from cxkit.quantify import retention_sentences as sentences
from cxkit.quantify.book import retention_book
from cxkit.quantify.retention_prices import COVERED
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.engine import Tables

ALARM = 0.0008
"""Chance that a cohort, a stage or a product is named on a book where all are alike, for each of the three; it is
meant to lie inside the share of the scorecard (`metrics.alarms`)."""


class RevenueRetention(Result):
    """GRR and NRR taken apart, and how far they depend on the way they are measured.

    Tables: `bridges` (dimension, segment, accounts, lost_accounts, joined_accounts, joined_lost_accounts,
    returned_accounts, start, expansion, contraction, churn, end, returned, joined, closing, and grr, nrr, logo_churn
    with ``_low`` and ``_high``), `prices` (dimension, segment, accounts, stayed, start, end, price, volume, unsplit,
    expansion and contraction split into ``_price``, ``_volume``, ``_unsplit``, joint, grr, grr_constant, nrr,
    nrr_constant, covered), `conventions` (metric, name, convention, label, value, movement_points, n, note), `cohorts`
    (cohort, starts, size, age, logo, logo_low, logo_high, revenue, payers), `stages` (by, stage, customers, exposure,
    leavers, rate, low, high, lost_mrr, lost_per_year, spoken). Money is monthly in the client's currency at the opening
    month's rate; exposure is in customer-months and rate in leavers per customer-month; `movement_points` is in points.
    """

    stage: ClassVar[str] = "quantify"
    name: ClassVar[str] = "retention"

    window_months: int = 12
    currency: str = ""
    period: str = ""
    lives: str = ""
    """How joining and leaving are told for cohorts and stages."""


def revenue_retention(tables: Tables, *, window_months: int = 12) -> RevenueRetention:
    """Retention of the last `window_months` complete months in depth; what cannot be assessed is a gap.

    Needs revenue (account_id, month, mrr). Reads revenue (product, currency, units, one_off), fx, subscriptions
    (subscription_id, started, ended, mrr), accounts (started, ended, segment, region, product), moments (position,
    start_event, value_event) and events (at, event, account_id). A month that is not over is neither used nor scaled
    up.
    """
    book = retention_book(tables, window_months)
    if isinstance(book, Gap):
        gap = book.model_copy(update={"id": "quantify.retention.conventions", "what": "Retention in depth"})
        return RevenueRetention(as_of=tables.as_of, window_months=window_months, currency=tables.currency, gaps=(gap,))
    window, now = book.window, book.now
    by = retention_bridge.labels(tables, window)
    parts = retention_bridge.parts(tables, window, by)
    assert not isinstance(parts, Missing), "the book has been made from the same revenue"
    bridges = retention_bridge.bridges(parts)
    made: dict[str, pd.DataFrame] = {"bridges": bridges}
    said: list[Finding | Gap | None] = []

    prices = _prices(tables, window, by)
    constant: conventions.Found
    said_of_price: Finding | Gap
    if isinstance(prices, Gap):
        constant = "it needs revenue (units)" if prices.needs else prices.reason
        said_of_price = prices
    else:
        split = retention_prices.prices_of(prices.iloc[0])
        made["prices"] = _price_table(prices, bridges)
        constant = {"grr": split.grr.value, "nrr": split.nrr.value}, now.accounts
        said_of_price = sentences.price_finding(split, prices, now, window, tables.currency)
    rivals = conventions.alternatives(tables, window, now, constant=constant)
    assert not isinstance(rivals, Missing)
    made["conventions"] = _conventions(rivals)
    said.append(sentences.range_finding(rivals, now, window))
    said.append(said_of_price)

    life = cohorts.lives(tables)
    if not isinstance(life, Missing):
        surface = cohorts.surface(tables, life)
        if not surface.empty:
            made["cohorts"] = surface
        turn = cohorts.turn(tables, life, alarm=ALARM)
        said.append(sentences.cohort_finding(surface, turn, life, tables.currency))
        stages, spoken = _stages(tables, life, window)
        made["stages"] = retention_stages.table(stages, spoken, len(window))
        leak = retention_stages.leakiest(spoken, alarm=ALARM)
        said.append(sentences.stage_finding(leak, spoken, stages, window=window, life=life, currency=tables.currency))
    said.append(sentences.product_finding(bridges, window, tables.currency, alarm=ALARM))
    return RevenueRetention(
        as_of=tables.as_of,
        window_months=window_months,
        currency=tables.currency,
        period=window.label,
        lives="" if isinstance(life, Missing) else life.meaning,
        findings=tuple(f for f in said if isinstance(f, Finding)),
        gaps=tuple(g for g in said if isinstance(g, Gap)),
        tables=made,
    )


def _prices(tables: Tables, window: Window, by: retention_bridge.Labels) -> pd.DataFrame | Gap:
    """The price split of every part of the book, where units cover enough of it."""
    rows = retention_prices.price_rows(tables, window, by)
    what = "Price apart from volume"
    if isinstance(rows, Missing):
        reason = f"{what} needs {rows}: {rows.why}."
        return Gap(id="quantify.retention.price", what=what, reason=reason, needs=(rows,))
    prices = retention_prices.prices_of(rows.iloc[0])
    if prices.covered < COVERED:
        return Gap(id="quantify.retention.price", what=what, reason=sentences.uncovered(prices))
    return rows


def _price_table(rows: pd.DataFrame, bridges: pd.DataFrame) -> pd.DataFrame:
    """The price split beside the headline, one row per part of the book."""
    head = bridges.set_index(["dimension", "segment"])[["grr", "nrr"]]
    made = rows[["dimension", "segment", "accounts", "stayed", "start", "end"]].copy()
    for part in retention_prices.PARTS:
        made[part] = rows[f"expansion_{part}"] + rows[f"contraction_{part}"]
    flows = [f"{flow}_{part}" for flow in ("expansion", "contraction") for part in retention_prices.PARTS]
    made[[*flows, "joint"]] = rows[[*flows, "joint"]]
    found = [retention_prices.prices_of(row) for _, row in rows.iterrows()]
    made = made.join(head, on=["dimension", "segment"])
    made["grr_constant"] = [f.grr.value for f in found]
    made["nrr_constant"] = [f.nrr.value for f in found]
    made["covered"] = [f.covered for f in found]
    return made


def _conventions(rivals: list[conventions.Alternative]) -> pd.DataFrame:
    """One row per metric and convention; what cannot be computed has no value and says why."""
    return pd.DataFrame(
        {
            "metric": r.metric,
            "name": definition(r.metric).name,
            "convention": r.convention,
            "label": r.label,
            "value": r.value,
            "movement_points": None if r.movement is None else 100 * r.movement,
            "n": r.n,
            "note": r.note,
        }
        for r in rivals
    )


def _stages(
    tables: Tables, life: Lives, window: Window
) -> tuple[list[retention_stages.Stage], list[retention_stages.Stage]]:
    """Every stage that can be told, and those the report speaks of."""
    tenure = retention_stages.by_tenure(tables, life, window)
    moments = retention_stages.by_moment(tables, life, window)
    found = [] if isinstance(moments, Missing) else moments
    return [*found, *tenure], retention_stages.chosen(moments, tenure)

"""Revenue in depth in words: the range over conventions, the part of price, the weakest cohort, stage and product."""

from __future__ import annotations

from statistics import NormalDist

import pandas as pd

from cxkit.formats import interval, money, quantity
from cxkit.metrics import estimates
from cxkit.metrics.cohorts import Lives, Turn
from cxkit.metrics.conventions import Alternative
from cxkit.metrics.definitions import definition
from cxkit.metrics.retention import Retention
from cxkit.metrics.windows import Window
from cxkit.quantify.measure import RESAMPLED
from cxkit.quantify.retention_prices import COVERED, Prices
from cxkit.quantify.retention_stages import FEWEST, Leak, Stage
from cxkit.records import Finding, Gap
from cxkit.tables.sheets import short

EARLY = 3
"""Months after joining at which cohorts are compared."""
NOT_RETENTION = {"joined"}
"""Conventions that are growth rather than retention and stay out of a range."""
ASSOCIATED = "This is an association, not a cause."


def range_finding(rivals: list[Alternative], now: Retention, window: Window) -> Finding:
    """How far gross retention depends on the convention."""
    known = [r for r in rivals if r.value is not None and r.convention not in NOT_RETENTION]
    ends = {}
    for metric in ("grr", "nrr"):
        rows = sorted((r for r in known if r.metric == metric), key=lambda r: r.value or 0.0)
        ends[metric] = rows[0], rows[-1]
    low, high = ends["grr"]
    ours = quantity(now.grr.value, "ratio")
    bottom, top = quantity(low.value, "ratio"), quantity(high.value, "ratio")
    count = len({r.convention for r in known if r.metric == "grr"})
    if bottom == top:
        title = f"Gross retention is {ours} under each of {count} conventions"
        named = ""
    else:
        title = f"Gross retention lies between {bottom} and {top} depending on convention; ours is {ours}"
        named = f"Lowest: {low.label}; highest: {high.label}. "
    net = " to ".join(quantity(r.value, "ratio") for r in ends["nrr"])
    silent = len({r.convention for r in rivals if r.value is None})
    left = f" {silent} further conventions cannot be computed; the table says why." if silent else ""
    return Finding(
        id="quantify.retention.conventions",
        stage="quantify",
        title=title,
        detail=f"{named}Net retention goes from {net}. Compare with another firm's figure only under the same "
        f"convention.{left}",
        value=(high.value or 0.0) - (low.value or 0.0),
        unit="points",
        about="exact for the book supplied: this is the range of conventions, not of chance",
        n=now.accounts,
        period=window.label,
        sources=("revenue",),
        definition=definition("grr").tag,
    )


def uncovered(prices: Prices) -> str:
    """Why price cannot be told although there are units."""
    return (
        f"Units at both ends are there for {quantity(prices.covered, 'ratio')} of the opening revenue of customers who "
        f"stayed; at least {quantity(COVERED, 'ratio')} are needed."
    )


def price_finding(prices: Prices, rows: pd.DataFrame, now: Retention, window: Window, currency: str) -> Finding:
    """What price changes add to net retention."""
    made, whole = prices.price, rows.iloc[0]
    share = abs(made.value or 0.0)
    at, headline = quantity(prices.nrr.value, "ratio"), quantity(now.nrr.value, "ratio")
    points = quantity(share, "points")
    if not made.has_interval:
        title = f"Price changes make {points} of net retention; there is too little behind it to judge"
    elif share < 0.0005:
        title = f"Price changes hardly move net retention: {headline}, and {at} at constant prices"
    elif (made.value or 0.0) > 0:
        title = f"Price rises carry {points} of net retention: at constant prices it is {at} instead of {headline}"
    else:
        title = f"Lower prices take {points} off net retention: at constant prices it is {at} instead of {headline}"
    yearly = {k: money(12 * float(whole[k]), currency) for k in ("expansion_price", "expansion_volume")}
    reverse = quantity((made.value or 0.0) - prices.joint, "points")
    part = "" if prices.covered > 0.9995 else f" Units are there for {quantity(prices.covered, 'ratio')} of it."
    return Finding(
        id="quantify.retention.price",
        stage="quantify",
        title=title,
        detail=(
            f"Customers who grew pay {yearly['expansion_price']} a year more through price and "
            f"{yearly['expansion_volume']} through volume. Gross retention at constant prices is "
            f"{quantity(prices.grr.value, 'ratio')}. Volume is counted at opening prices; were price counted on "
            f"opening units instead, its part would be {reverse}.{part}"
        ),
        value=made.value,
        unit="points",
        low=made.low,
        high=made.high,
        about=RESAMPLED if made.has_interval else made.why_none,
        n=made.n,
        period=window.label,
        sources=("revenue",),
        definition=definition("nrr").tag,
    )


def cohort_finding(surface: pd.DataFrame, turn: Turn | None, life: Lives, currency: str) -> Finding | Gap:
    """The month since which early losses differ, or the cohort that lost most, which chance could explain."""
    if turn is not None and turn.after.value is not None and turn.before.value is not None:
        return _turned(turn, life, currency)
    rows = surface[surface["age"] == EARLY].dropna(subset=["logo"]) if not surface.empty else surface
    if len(rows) < 2:
        return Gap(
            id="quantify.retention.cohort",
            what="Retention by joining cohort",
            reason=f"Fewer than two joining cohorts of at least {estimates.MINIMUM_N} customers have lived "
            f"{EARLY} months.",
        )
    worst = rows.sort_values(["logo", "cohort"]).iloc[0]
    rest = rows[rows["cohort"] != worst["cohort"]]
    lost = estimates.proportion((1 - worst["logo"]) * worst["size"], int(worst["size"]))
    others = estimates.proportion(float(((1 - rest["logo"]) * rest["size"]).sum()), int(rest["size"].sum()))
    change = _widened(lost, others, len(rows))
    return Finding(
        id="quantify.retention.cohort",
        stage="quantify",
        title=f"No joining cohort clearly differs: {worst['cohort']} lost most within three months, "
        f"{quantity(lost.value, 'ratio')} against {quantity(others.value, 'ratio')}, which chance could explain",
        detail=f"{len(rows)} cohorts were compared. Joining and leaving are told {life.meaning}.",
        value=change.value,
        unit="points",
        low=change.low,
        high=change.high,
        about=f"the underlying difference, widened for looking at {len(rows)} cohorts",
        n=int(worst["size"]),
        period=f"joined {rows['cohort'].iloc[0]} to {rows['cohort'].iloc[-1]}",
        sources=("revenue", "accounts") if life.by_day else ("revenue",),
        subject=str(worst["cohort"]),
        tone="unknown",
    )


def _turned(turn: Turn, life: Lives, currency: str) -> Finding:
    after, before, change = turn.after, turn.before, turn.change
    more = (change.value or 0.0) > 0
    excess = turn.lost_mrr * (change.value or 0.0) / (after.value or 1.0) * 12 / turn.months if more else 0.0
    yearly = 12 * excess
    worth = f" The difference is worth {money(yearly, currency)} of yearly recurring revenue." if yearly > 0 else ""
    return Finding(
        id="quantify.retention.cohort",
        stage="quantify",
        title=f"Customers who joined since {turn.since:%Y-%m} are lost {'faster' if more else 'more slowly'}: "
        f"{quantity(after.value, 'ratio')} within {turn.age} months, against {quantity(before.value, 'ratio')} before",
        detail=f"{before.n:,} joined from {turn.first:%Y-%m} on before, {after.n:,} since.{worth} The month is the one "
        f"that parts them most; joining and leaving are told {life.meaning}.",
        value=change.value,
        unit="points",
        low=change.low,
        high=change.high,
        about="the underlying difference at the split that was found",
        n=after.n,
        period=f"joined {turn.first:%Y-%m} to {life.until:%Y-%m}",
        sources=("revenue", "accounts") if life.by_day else ("revenue",),
        subject=f"{turn.since:%Y-%m}",
        tone="bad" if more else "good",
        weight=yearly,
    )


def _widened(one: estimates.Estimate, rest: estimates.Estimate, looks: int) -> estimates.Estimate:
    """The difference with both intervals at the level that holds over several looks (Bonferroni)."""
    z = NormalDist().inv_cdf(1 - (1 - estimates.LEVEL) / (2 * looks))

    def wide(made: estimates.Estimate) -> estimates.Estimate:
        if not made.has_interval:
            return made
        low, high = estimates.wilson(made.value or 0.0, made.n, quantile=z)
        return made.model_copy(update={"low": low, "high": high})

    return estimates.difference(wide(one), wide(rest))


def stage_finding(
    leak: Leak | None, spoken: list[Stage], stages: list[Stage], *, window: Window, life: Lives, currency: str
) -> Finding | Gap:
    """The stage of the journey that customers leave fastest from, and the one that loses most money."""
    total = sum(s.leavers for s in spoken)
    if leak is None:
        return Gap(
            id="quantify.retention.stage",
            what="Churn by stage of the journey",
            reason=f"{total:,} customers left in the window; at least two stages with {estimates.MINIMUM_N} customers "
            f"and {FEWEST} leavers each are needed.",
        )
    worst = leak.stage
    rate, rest = quantity(worst.rate, "ratio"), quantity(leak.others, "ratio")
    dear = max(spoken, key=lambda s: (s.lost_mrr, s.stage))
    yearly = 12 * 12 / len(window)
    place = short(worst.stage, 60)
    title = (
        f"Customers leave fastest at the stage “{place}”: {rate} of them a month, against {rest} elsewhere"
        if leak.clear
        else f"No stage clearly loses customers faster: “{place}” leads with {rate} a month against {rest} elsewhere, "
        "which chance could explain"
    )
    most = f"Most money is lost at “{short(dear.stage, 60)}”: {money(yearly * dear.lost_mrr, currency)} a year."
    first = next((s for s in stages if s.by == "tenure" and s.order == 1 and s.judged and s is not worst), None)
    tenure = f" By tenure, {quantity(first.rate, 'ratio')} a month leave in their first 90 days." if first else ""
    how = "moments and events" if worst.by == "moment" else "days since joining, as events are missing or few"
    low, high = worst.interval()
    excess = ((worst.rate or 0.0) - leak.others) * worst.exposure / max(worst.leavers, 1) * worst.lost_mrr
    return Finding(
        id="quantify.retention.stage",
        stage="quantify",
        title=title,
        detail=f"{worst.leavers:,} left in {worst.exposure:,.0f} customer-months, "
        f"{money(yearly * worst.lost_mrr, currency)} of yearly recurring revenue. {most}{tenure} Stages are told by "
        f"{how}. {ASSOCIATED}",
        value=worst.rate,
        unit="ratio",
        low=low,
        high=high,
        about="the underlying rate per customer-month, exact Poisson",
        n=worst.leavers,
        period=window.label,
        sources=("revenue", "events", "moments")
        if worst.by == "moment"
        else ("revenue", "accounts")[: 1 + life.by_day],
        subject=worst.stage,
        tone="bad" if leak.clear else "unknown",
        weight=yearly * excess if leak.clear else 0.0,
    )


def product_finding(bridges: pd.DataFrame, window: Window, currency: str, *, alarm: float) -> Finding | None:
    """The product whose customers keep clearly less than the whole book, most money first; None when none does.

    Silent where products are the same customers as the segments, of which the scorecard speaks already.
    """
    rows = bridges[bridges["dimension"] == "product"]
    segments = bridges[bridges["dimension"] == "segment"]
    same = sorted(zip(rows["accounts"], rows["start"], strict=True)) == sorted(
        zip(segments["accounts"], segments["start"], strict=True)
    )
    whole = bridges.iloc[0]["grr"]
    named = rows.dropna(subset=["grr", "grr_high"])
    if same or len(named) < 2:
        return None
    wider = NormalDist().inv_cdf(1 - alarm / len(named)) / NormalDist().inv_cdf(0.975)
    named = named[whole - named["grr"] > wider * (named["grr_high"] - named["grr"])]
    if named.empty:
        return None
    worst = named.assign(gap=(whole - named["grr"]) * named["start"]).sort_values(["gap", "segment"]).iloc[-1]
    yearly = 12 * float(worst["gap"])
    return Finding(
        id="quantify.retention.product",
        stage="quantify",
        title=f"Customers of {short(worst['segment'], 40)} keep only {quantity(worst['grr'], 'ratio')} of their "
        f"recurring revenue, against {quantity(whole, 'ratio')} in the whole book",
        detail=f"Bringing them to it would keep {money(yearly, currency)} of yearly recurring revenue. Interval "
        f"{interval(worst['grr_low'], worst['grr_high'], 'ratio')}. A customer counts with its main product at the "
        f"opening. {ASSOCIATED}",
        value=worst["grr"],
        unit="ratio",
        low=worst["grr_low"],
        high=worst["grr_high"],
        about=RESAMPLED,
        n=int(worst["accounts"]),
        period=window.label,
        sources=("revenue",),
        subject=str(worst["segment"]),
        definition=definition("grr").tag,
        tone="bad",
        weight=yearly,
    )

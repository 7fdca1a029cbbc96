"""Business cases in words: what each initiative is claimed to be worth, never more than claimed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from cxkit.formats import listing, money, number, quantity
from cxkit.metrics.definitions import definition
from cxkit.records import Finding

SOURCES = ("benefits", "investments")
LEVEL = 0.8
"""P10 to P90 holds 80 % of the draws."""


def _there(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def case_findings(frame: pd.DataFrame, *, currency: str, horizon: int, rate: float) -> Iterator[Finding]:
    """NPV, ROMI, payback and go-forward value of each initiative, in order of initiative."""
    for row in [] if frame.empty else frame.to_dict("records"):
        if _there(row["npv"]):
            yield _npv(row, currency, horizon, rate)
        if row["case"] == "assessed" and row["pv_benefit"]:
            if _there(row["romi"]):
                yield _romi(row, currency, horizon)
            yield _payback(row, horizon)
        open_ = _there(row["go_forward_npv"]) and row["status"] not in {"stopped", "done"}
        if open_ and (abs(row["go_forward_npv"]) >= 1 or row["cancellable_cost"]):
            yield _go_forward(row, currency, horizon)


def _finding(row: Mapping[Any, Any], id: str, **fields: Any) -> Finding:
    return Finding(
        id=f"quantify.case.{id}",
        stage="quantify",
        initiative=str(row["initiative"]),
        grade="E",
        sources=SOURCES,
        **fields,
    )


def _npv(row: Mapping[Any, Any], currency: str, horizon: int, rate: float) -> Finding:
    value, ranged = float(row["npv"]), _there(row["npv_p10"])
    tone: Literal["good", "bad", "neutral", "unknown"] = "neutral"
    if row["case"] == "no benefit stated":
        title = f"{row['name']} costs {money(row['pv_cost'], currency)} in present value and states no benefit"
        detail, tone = "Until it states one, every unit of it is a cost.", "bad"
    elif not row["pv_benefit"]:
        title = f"{row['name']} claims no cash, and costs {money(row['pv_cost'], currency)} in present value"
        detail = f"Discounted at {quantity(rate, 'ratio')} a year over {horizon} months."
    else:
        verb = "worth" if value >= 0 else "a loss of"
        title = f"{row['name']} is claimed to be {verb} {money(abs(value), currency)} net over {horizon} months"
        parts = {
            "revenue": row["revenue_pv"],
            "cost": row["cost_pv"],
            "risk": row["risk_pv"],
        }
        blocks = listing([f"{k} {money(v, currency)}" for k, v in parts.items() if v])
        detail = f"Cashable benefits {money(row['pv_benefit'], currency)} ({blocks or 'none'}) less cost "
        detail += f"{money(row['pv_cost'], currency)}, discounted at {quantity(rate, 'ratio')} a year."
        if ranged:
            tone = "good" if row["npv_p10"] > 0 else "bad" if row["npv_p90"] < 0 else "unknown"
            detail += f" It is positive in {_share(row['p_positive'])} draws."
        if row["lost_to_sharing"] > 0.5:
            detail += f" Sharing claims with others takes off {money(row['lost_to_sharing'], currency)}."
    for kind, says in (("capacity_pv", "freed capacity"), ("avoided_growth_pv", "avoided growth")):
        if row[kind]:
            detail += f" Beside it {money(row[kind], currency)} of {says}, which is not cash."
    about = (
        f"P10 to P90 of the stated ranges ({row['varies']}); all else is held fixed" if ranged else "no range stated"
    )
    ends = sorted((row["npv_p10"], row["npv_p90"])) if ranged else (None, None)
    return _finding(
        row,
        "npv",
        title=title,
        detail=detail,
        value=value,
        unit="money",
        currency=currency,
        low=ends[0],
        high=ends[1],
        level=LEVEL,
        about=about,
        period=f"{horizon} months",
        definition=definition("npv").tag,
        tone=tone,
        weight=abs(value) * 12 / horizon,
    )


def _share(probability: float) -> str:
    if probability in (0.0, 1.0):
        return "all" if probability else "none of the"
    return f"{quantity(min(max(probability, 0.01), 0.99), 'probability')} of"


def _unit(currency: str) -> str:
    return money(1, currency).removesuffix(".00")


def _romi(row: Mapping[Any, Any], currency: str, horizon: int) -> Finding:
    value = float(row["romi"])
    back = money(float(row["pv_benefit"]) / float(row["pv_cost"]), currency)
    rank = f"; rank {row['rank']:.0f} of the cases assessed" if _there(row["rank"]) else ""
    return _finding(
        row,
        "romi",
        title=f"{row['name']} is claimed to return {back} for every {_unit(currency)} it costs",
        detail=f"ROMI {quantity(value, 'ratio')}{rank}.",
        value=value,
        unit="ratio",
        about="no interval; see the net present value",
        period=f"{horizon} months",
        definition=definition("romi").tag,
        tone="good" if value > 0 else "bad",
    )


def _payback(row: Mapping[Any, Any], horizon: int) -> Finding:
    months = float(row["payback_months"]) if _there(row["payback_months"]) else math.inf
    if math.isinf(months):
        title, detail = f"{row['name']} does not pay back within {horizon} months, even as claimed", ""
    else:
        title = f"{row['name']} is claimed to pay back {quantity(months, 'months')} after its first flow"
        later = row["discounted_payback_months"]
        detail = f"Discounted: {quantity(later, 'months')}." if _there(later) else "Discounted, it does not pay back."
    return _finding(
        row,
        "payback",
        title=title,
        detail=detail,
        value=months,
        unit="months",
        about="no interval; simple payback of expected flows",
        period=f"{horizon} months",
        definition=definition("payback").tag,
        tone="bad" if math.isinf(months) else "neutral",
    )


def _go_forward(row: Mapping[Any, Any], currency: str, horizon: int) -> Finding:
    value = float(row["go_forward_npv"])
    free = money(row["cancellable_cost"], currency)
    if value >= 0:
        title = f"Going on with {row['name']} is claimed to be worth {money(value, currency)} more than stopping today"
    else:
        title = f"Stopping {row['name']} today is worth {money(-value, currency)} more than going on, as claimed"
    detail = f"Sunk and committed cost is left out; {free} can still be cancelled"
    detail += f", stopping costs {money(row['exit_cost'], currency)}." if row["exit_cost"] else "."
    return _finding(
        row,
        "go_forward",
        title=title,
        detail=detail,
        value=value,
        unit="money",
        currency=currency,
        about="no interval; expected future flows",
        period=f"{horizon} months",
        definition=definition("go_forward_npv").tag,
        tone="bad" if value < 0 else "neutral",
        weight=max(-value, 0.0) * 12 / horizon,
    )


def portfolio_findings(
    frame: pd.DataFrame,
    pools: pd.DataFrame,
    drawn: Mapping[str, np.ndarray],
    *,
    currency: str,
    horizon: int,
) -> Iterator[Finding]:
    """What all cases are claimed to be worth together, their order by ROMI, and what sharing takes off."""
    if frame.empty:
        return
    live = frame[(frame["case"] == "assessed") & (frame["status"] != "stopped")]
    if len(live):
        yield _total(live, frame, drawn, currency, horizon)
    ranked = live.dropna(subset=["rank"]).sort_values("rank")
    if len(ranked) > 1:
        yield _ranking(ranked, currency, horizon)
    for pool, part in pools.groupby("pool", sort=True):
        yield _shared(str(pool), part, frame, currency, horizon)


def _total(
    live: pd.DataFrame, frame: pd.DataFrame, drawn: Mapping[str, np.ndarray], currency: str, horizon: int
) -> Finding:
    total = math.fsum(live["npv"])
    varying = [(i, drawn[i]) for i in live["initiative"] if len(drawn[i])]
    fixed = math.fsum(v for i, v in zip(live["initiative"], live["npv"], strict=True) if not len(drawn[i]))
    ends: list[float] | list[None] = [None, None]
    if varying:
        together = fixed + np.sum([d for _, d in varying], axis=0)
        ends = np.quantile(together, [0.1, 0.9]).tolist()
    left = len(frame) - len(live)
    more = f" Not counted: {left} that lack a cost, a benefit or a margin, or were stopped." if left else ""
    claim = f"claim {money(total, currency)}" if total >= 0 else f"claim a loss of {money(-total, currency)}"
    which = f"The {len(live)} cases that can be valued" if len(live) > 1 else "The one case that can be valued"
    which, claim = (which, claim) if len(live) > 1 else (which, claim.replace("claim", "claims", 1))
    return Finding(
        id="quantify.cases.total",
        stage="quantify",
        title=f"{which} {claim} net over {horizon} months",
        detail=f"Claims, not proof; only cash is counted, and shared claims once.{more}",
        value=total,
        unit="money",
        currency=currency,
        low=ends[0],
        high=ends[1],
        level=LEVEL,
        about="P10 to P90 of the stated ranges of effect, drawn independently" if varying else "no range stated",
        n=len(live),
        period=f"{horizon} months",
        grade="E",
        sources=SOURCES,
        definition=definition("npv").tag,
        weight=abs(total) * 12 / horizon,
    )


def _ranking(ranked: pd.DataFrame, currency: str, horizon: int) -> Finding:
    first = ranked.iloc[0]
    back = money(float(first["pv_benefit"]) / float(first["pv_cost"]), currency)
    order = listing(
        [f"{n} {number(r * 100, 0)} %" for n, r in zip(ranked["name"], ranked["romi"], strict=True)], most=6
    )
    return Finding(
        id="quantify.cases.ranking",
        stage="quantify",
        title=f"As claimed, {first['name']} returns most: {back} for every {_unit(currency)} it costs",
        detail=f"In order of ROMI: {order}.",
        value=float(first["romi"]),
        unit="ratio",
        about="no interval; see each case",
        n=len(ranked),
        period=f"{horizon} months",
        grade="E",
        sources=SOURCES,
        definition=definition("romi").tag,
    )


def _shared(pool: str, part: pd.DataFrame, frame: pd.DataFrame, currency: str, horizon: int) -> Finding:
    names = frame.set_index("initiative")["name"]
    who = listing([str(names[i]) for i in part["initiative"]])
    lost = math.fsum(part["lost_pv"])
    each = listing(
        [f"{names[i]} {money(v, currency)}" for i, v in zip(part["initiative"], part["lost_pv"], strict=True)]
    )
    return Finding(
        id="quantify.cases.shared",
        stage="quantify",
        title=f"{who} claim the same gain ({pool}); counted once, {money(lost, currency)} of it disappears",
        detail=f"Together they keep the largest single claim, each the same share of its own. Lost: {each}.",
        value=lost,
        unit="money",
        currency=currency,
        about="no interval; arithmetic on stated claims",
        n=len(part),
        period=f"{horizon} months",
        grade="E",
        sources=("benefits",),
        subject=pool,
        definition=definition("npv").tag,
        tone="bad",
        weight=lost * 12 / horizon,
    )

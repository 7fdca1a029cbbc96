"""Business cases in words: what each initiative is claimed to be worth, never more than claimed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import pandas as pd

from cxkit.formats import listing, money, quantity
from cxkit.metrics.definitions import definition
from cxkit.quantify.case_summary import there
from cxkit.quantify.case_terms import Terms
from cxkit.records import Finding
from cxkit.tables.sheets import short

SOURCES = ("benefits", "investments")
LEVEL = 0.8
"""P10 to P90 holds 80 % of the draws."""


def case_findings(
    frame: pd.DataFrame, *, currency: str, terms: Terms, stays: str = "", doubt: str = ""
) -> Iterator[Finding]:
    """NPV, the case in one sentence, ROMI, payback and go-forward value of each initiative, in order of initiative.

    `stays` names the table that tells how long customers stay, which cases with such rows cite too; `doubt` says which
    haircut was taken off.
    """
    for row in [] if frame.empty else frame.to_dict("records"):
        row |= {"name": short(row["name"]), "doubt": f" {doubt}" if doubt else ""}
        row["sources"] = (*SOURCES, stays) if stays and there(row["observed_months"]) else SOURCES
        if there(row["npv"]):
            yield _npv(row, currency, terms)
        if row["case"] == "assessed" and row["pv_benefit"]:
            yield _sentence(row, currency, terms)
            if there(row["romi"]):
                yield _romi(row, currency, terms)
            yield _payback(row, terms)
        open_ = there(row["go_forward_npv"]) and row["status"] not in {"stopped", "done"}
        if open_ and (abs(row["go_forward_npv"]) >= 1 or row["cancellable_cost"]):
            yield _go_forward(row, currency, terms)


def _finding(row: Mapping[Any, Any], id: str, terms: Terms, **fields: Any) -> Finding:
    return Finding(
        id=f"quantify.case.{id}",
        stage="quantify",
        initiative=str(row["initiative"]),
        grade="E",
        sources=row["sources"],
        period=f"{terms.horizon.months} months",
        **fields,
    )


def _npv(row: Mapping[Any, Any], currency: str, terms: Terms) -> Finding:
    value, ranged, horizon = float(row["npv"]), there(row["npv_p10"]), terms.horizon.months
    tone: Literal["good", "bad", "neutral", "unknown"] = "neutral"
    if row["case"] == "no benefit stated":
        title = f"{row['name']} costs {money(row['pv_cost'], currency)} in present value and states no benefit"
        detail, tone = "Until it states one, every unit of it is a cost.", "bad"
    elif not row["pv_benefit"]:
        title = f"{row['name']} claims no cash, and costs {money(row['pv_cost'], currency)} in present value"
        detail = f"Over {horizon} months, {terms.words}."
    else:
        verb = "worth" if value >= 0 else "a loss of"
        title = f"{row['name']} is claimed to be {verb} {money(abs(value), currency)} net over {horizon} months"
        detail = _made_of(row, currency, terms) + row["doubt"]
        if ranged:
            tone = "good" if row["npv_p10"] > 0 else "bad" if row["npv_p90"] < 0 else "unknown"
            detail += f" It is positive in {share_of(row['p_positive'])} draws{_mean(row, currency)}."
        detail += _beside(row, currency)
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
        terms,
        title=title,
        detail=detail,
        value=value,
        unit="money",
        currency=currency,
        low=ends[0],
        high=ends[1],
        level=LEVEL,
        about=about,
        definition=definition("npv").tag,
        tone=tone,
        weight=abs(value) * 12 / horizon,
    )


def _made_of(row: Mapping[Any, Any], currency: str, terms: Terms) -> str:
    parts = {"revenue": row["revenue_pv"], "cost": row["cost_pv"], "risk": row["risk_pv"]}
    blocks = listing([f"{k} {money(v, currency)}" for k, v in parts.items() if v])
    taxed = f", less tax {money(row['tax_pv'], currency)}" if terms.tax else ""
    cost = f"less cost {money(row['pv_cost'], currency)}{taxed}, {terms.words}."
    return f"Cashable benefits {money(row['pv_benefit'], currency)} ({blocks or 'none'}) {cost}"


def _mean(row: Mapping[Any, Any], currency: str) -> str:
    """What the draws come to on average, where a lopsided range takes it away from the headline."""
    off = abs(row["npv_mean"] - row["npv"])
    if off <= 0.05 * max(row["pv_benefit"], row["pv_cost"]):
        return ""
    return f", whose mean is {money(row['npv_mean'], currency)} because the stated ranges are lopsided"


def _beside(row: Mapping[Any, Any], currency: str) -> str:
    says = ""
    if row["lost_to_sharing"] > 0.5:
        says += f" Sharing claims with others takes off {money(row['lost_to_sharing'], currency)}."
    if row["beyond_observed_pv"] > 0.5:
        share = quantity(row["beyond_observed_pv"] / row["pv_benefit"], "ratio")
        beyond = money(row["beyond_observed_pv"], currency)
        says += f" {beyond} of it ({share}) comes from customers staying longer than any was observed to."
    elif there(row["observed_months"]):
        seen = quantity(row["observed_months"], "months").replace(".0 ", " ")
        says += f" Nothing in it rests on a customer staying longer than the {seen} that were observed."
    return says


def share_of(probability: float) -> str:
    """A share of draws in words, never rounded to all or none.

    >>> share_of(0.0), share_of(1.0)
    ('none of the', 'all')
    """
    if probability in (0.0, 1.0):
        return "all" if probability else "none of the"
    return f"{quantity(min(max(probability, 0.01), 0.99), 'probability')} of"


def unit(currency: str) -> str:
    """One unit of money, as short as it can be written."""
    return money(1, currency).removesuffix(".00")


def _sentence(row: Mapping[Any, Any], currency: str, terms: Terms) -> Finding:
    ranged = there(row["npv_p10"])
    ends = sorted((row["npv_p10"], row["npv_p90"])) if ranged else (None, None)
    return _finding(
        row,
        "sentence",
        terms,
        title=str(row["sentence"]).removesuffix("."),
        detail=f"As claimed; {terms.words}.{row['doubt']}",
        value=float(row["npv"]),
        unit="money",
        currency=currency,
        low=ends[0],
        high=ends[1],
        level=LEVEL,
        about="P10 to P90 of the stated ranges" if ranged else "no range stated",
        definition=definition("npv").tag,
    )


def _romi(row: Mapping[Any, Any], currency: str, terms: Terms) -> Finding:
    value = float(row["romi"])
    back = money(float(row["pv_benefit"]) / float(row["pv_cost"]), currency)
    rank = f"; rank {row['rank']:.0f} of the cases assessed" if there(row["rank"]) else ""
    return _finding(
        row,
        "romi",
        terms,
        title=f"{row['name']} is claimed to return {back} for every {unit(currency)} it costs",
        detail=f"ROMI {quantity(value, 'ratio')}{rank}.",
        value=value,
        unit="ratio",
        about="no interval; see the net present value",
        definition=definition("romi").tag,
        tone="good" if value > 0 else "bad",
    )


def _payback(row: Mapping[Any, Any], terms: Terms) -> Finding:
    months = float(row["payback_months"]) if there(row["payback_months"]) else math.inf
    if math.isinf(months):
        title = f"{row['name']} does not pay back within {terms.horizon.months} months, even as claimed"
        detail = ""
    else:
        title = f"{row['name']} is claimed to pay back {quantity(months, 'months')} after its first flow"
        later = row["discounted_payback_months"]
        detail = f"Discounted: {quantity(later, 'months')}." if there(later) else "Discounted, it does not pay back."
    return _finding(
        row,
        "payback",
        terms,
        title=title,
        detail=detail,
        value=months,
        unit="months",
        about="no interval; simple payback of expected flows",
        definition=definition("payback").tag,
        tone="bad" if math.isinf(months) else "neutral",
    )


def _go_forward(row: Mapping[Any, Any], currency: str, terms: Terms) -> Finding:
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
        terms,
        title=title,
        detail=detail,
        value=value,
        unit="money",
        currency=currency,
        about="no interval; expected future flows",
        definition=definition("go_forward_npv").tag,
        tone="bad" if value < 0 else "neutral",
        weight=max(-value, 0.0) * 12 / terms.horizon.months,
    )

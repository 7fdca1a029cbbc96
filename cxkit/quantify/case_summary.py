"""The whole case of one initiative in one sentence, as it would be said to a council."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from cxkit.formats import interval, money, quantity
from cxkit.quantify.case_terms import Terms
from cxkit.quantify.case_values import Priced
from cxkit.quantify.case_words import label
from cxkit.tables.sheets import short

MOVES = {
    "grr": "keeping customers",
    "nrr": "growing what customers already pay",
    "conversion": "winning more of those who come",
    "orders": "more orders",
    "deflection": "contacts that need not happen",
    "aht": "shorter handling",
    "recontact": "fewer repeat contacts",
    "complaints": "fewer complaints",
    "compliance": "meeting the rules",
}
"""Driver → what moving it means."""


def there(value: Any) -> bool:
    """Whether a cell of a table holds a value."""
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def sentence(
    row: Mapping[str, Any],
    priced: Sequence[Priced],
    tornado: pd.DataFrame,
    about: Mapping[str, str],
    basis: Mapping[str, str],
    *,
    terms: Terms,
    currency: str,
) -> str:
    """The whole case in one sentence: money now, money a year, payback, worth, and what it rests on.

    `about` gives what each row of benefits and investments is about, `basis` the source of each row of benefits.
    """
    name = short(row["name"])
    ahead = row["cancellable_cost"] + row["committed_cost"]
    spent = row["sunk_cost"]
    price = f"For {money(ahead, currency)} still to pay" if ahead >= 1 else "With nothing left to pay"
    price += f" and {money(spent, currency)} spent" if spent >= 1 else ""
    if row["case"] in {"no margin", "no survival", "no cost stated"}:
        lacks = {"no margin": "contribution margin", "no survival": "record of how long customers stay"}
        return f"{name} cannot be valued: it has no {lacks.get(row['case'], 'stated cost')}."
    if row["case"] == "no benefit stated":
        return f"{price}, {name} states no benefit."
    cash = [p for p in priced if p.benefit.initiative == row["initiative"] and p.cash and p.benefit.yearly]
    if not cash:
        freed = row["capacity_pv"] + row["avoided_growth_pv"]
        return f"{price}, {name} frees or avoids {money(freed, currency)} that nobody can spend, and brings no cash."
    first = max(cash, key=lambda p: (p.pv, p.benefit.benefit)).benefit
    moving = f" by {MOVES[first.driver]}" if first.driver in MOVES else ""
    when, stay = first.start + first.ramp, ""
    yearly = money(row["yearly_benefit"], currency)
    if first.valuation == "survival":
        brings = f"builds up to {yearly} a year by {terms.horizon.month(terms.horizon.months):%Y-%m}"
        stay = " (each counted for as long as customers stay)"
    else:
        since = "already" if when <= 0 else f"from {terms.horizon.month(when):%Y-%m}"
        brings = f"brings {yearly} a year {since}"
    back = "does not pay back within the horizon"
    if there(row["payback_months"]):
        back = f"pays back {quantity(row['payback_months'], 'months')} after its first flow"
    net = money(abs(row["npv"]), currency)
    worth = f"is worth {net} net" if row["npv"] >= 0 else f"loses {net}"
    if there(row["npv_p10"]):
        worth += f" (P10 to P90 {interval(row['npv_p10'], row['npv_p90'], 'money', currency=currency)})"
    rests = _rests(row, first, tornado, about, basis)
    return f"{price}, {name} {brings}{moving}{stay}, {back}, and {worth}; it rests {rests}."


def _rests(
    row: Mapping[str, Any], first: Any, tornado: pd.DataFrame, about: Mapping[str, str], basis: Mapping[str, str]
) -> str:
    """What the case rests on most, and whose word that is."""
    top = tornado[tornado["initiative"] == row["initiative"]].head(1)
    if top.empty:
        source = f" (source: {short(first.source)})" if first.source else ""
        return f"on the {label(f'{first.benefit}.effect', about)}{source}, stated without a range"
    what = str(top["input"].iloc[0]).rpartition(".")[0]
    source = basis.get(what, "")
    return f"most on the {top['label'].iloc[0]}" + (f" (source: {short(source)})" if source else "")

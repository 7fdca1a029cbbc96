"""The tables behind a business case: flows by month, the NPV step by step, and every row as it was priced."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cxkit.quantify.case_costs import Cost
from cxkit.quantify.case_terms import Terms
from cxkit.quantify.case_values import Priced, payments
from cxkit.quantify.claims import STEPS

COUNTS = {"cashable": "cash", "capacity": "freed capacity", "avoided_growth": "avoided growth"}
"""Kind of a benefit → what it counts as, in words."""


LEARNED = "learned haircut"
"""What the step of confidence is called once a learned haircut has taken its place."""


def flows(initiative: str, benefits: Sequence[Priced], costs: Sequence[Cost], terms: Terms) -> list[dict[str, object]]:
    """Expected flows by month, block and kind, before tax; costs are negative, `worth` is today's value after tax."""
    cells: dict[tuple[int, str, str], float] = {}
    worths: dict[tuple[int, str, str], float] = {}

    def add(index: int, block: str, kind: str, amount: float, worth: float) -> None:
        cell = (index, block, kind)
        cells[cell] = cells.get(cell, 0.0) + amount
        worths[cell] = worths.get(cell, 0.0) + (1 - terms.tax) * amount * worth

    for one in benefits:
        b = one.benefit
        for index, share, worth in zip(one.index, one.share, terms.worth(one.index), strict=True):
            add(int(index), b.block, b.kind, b.yearly * float(share), float(worth))
    paid = payments(costs, terms)
    for index, amount, status, worth in zip(paid.index, paid.amount, paid.status, terms.worth(paid.index), strict=True):
        add(int(index), "investment", str(status), -float(amount), float(worth))
    return [
        {
            "initiative": initiative,
            "index": index,
            "month": f"{terms.horizon.month(index):%Y-%m}",
            "block": block,
            "kind": kind,
            "amount": amount,
            "worth": worths[index, block, kind],
        }
        for (index, block, kind), amount in sorted(cells.items())
    ]


def steps(
    initiative: str, name: str, benefits: Sequence[Priced], pv_cost: float, terms: Terms
) -> list[dict[str, object]]:
    """The net present value after each step, from the bare claim to what is left after cost and tax.

    Where a learned haircut stands in place of stated confidence, its step bears its name.
    """
    cash = [p for p in benefits if p.cash]
    values = [
        math.fsum(math.prod(p.benefit.factors[:order]) * p.benefit.effect * p.weight for p in cash)
        for order in range(1, len(STEPS) + 1)
    ]
    values.append(values[-1] - pv_cost)
    values.append((1 - terms.tax) * values[-1])
    rows: list[dict[str, object]] = []
    learned = any(p.benefit.learned is not None for p in benefits)
    named = tuple(LEARNED if learned and step == "confidence" else step for step in STEPS)
    for order, (step, value) in enumerate(zip((*named, "cost", "tax"), values, strict=True), 1):
        change = value - values[order - 2] if order > 1 else value
        rows.append(
            {"initiative": initiative, "name": name, "order": order, "step": step, "npv": value, "change": change}
        )
    return rows


def row(one: Priced, name: str, terms: Terms) -> dict[str, object]:
    """One benefit row as it was priced, with its reference, its initiative's name, formula and source."""
    b = one.benefit
    return {
        "benefit": b.benefit,
        "initiative": b.initiative,
        "name": name,
        "block": b.block,
        "driver": b.driver,
        "kind": b.kind,
        "counts_as": COUNTS.get(b.kind, b.kind),
        "base": b.base,
        "base_unit": b.base_unit,
        "base_growth": b.base_growth,
        "effect_low": b.effect_low,
        "effect": b.effect,
        "effect_high": b.effect_high,
        "unit_value": b.unit_value,
        "margin": b.margin,
        "adoption": b.adoption,
        "deadweight": b.deadweight,
        "cannibalised": b.cannibalised,
        "risk": b.risk,
        "stated_confidence": b.stated_confidence,
        "confidence": b.confidence,
        "distribution": b.distribution if b.varies else "",
        "moves_with": b.moves_with,
        "valuation": b.valuation,
        "life_months": b.life if b.valuation == "survival" else None,
        "observed_months": b.observed if b.valuation == "survival" else None,
        "start": f"{terms.horizon.month(b.start):%Y-%m}",
        "ramp_months": b.ramp,
        "months": b.months,
        "pool": b.pool,
        "share": b.share,
        "yearly": b.yearly if b.known else None,
        "pv": one.pv if b.known else None,
        "beyond_observed_pv": b.yearly * one.beyond if b.known else None,
        "lost_to_sharing": one.pv * (1 / b.share - 1) if b.known else None,
        "assumed": "; ".join(b.assumed),
        "formula": b.formula,
        "source": b.source,
        "pnl_line": b.pnl_line,
    }

"""The tables behind a business case: flows by month, the NPV step by step, priced rows and shared pools."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from cxkit.quantify.claims import CASHABLE, STEPS, Benefit, Cost, Horizon, weight


def flows(
    initiative: str, benefits: Sequence[Benefit], costs: Sequence[Cost], horizon: Horizon
) -> list[dict[str, object]]:
    """Expected flows by month, block and kind; costs are negative."""
    cells: dict[tuple[int, str, str], float] = {}
    for benefit in benefits:
        for index, share in zip(*benefit.ramped(horizon), strict=True):
            cell = (int(index), benefit.block, benefit.kind)
            cells[cell] = cells.get(cell, 0.0) + benefit.yearly / 12 * float(share)
    for cost in costs:
        for index in cost.index:
            cell = (int(index), "investment", cost.status)
            cells[cell] = cells.get(cell, 0.0) - cost.amount
    return [
        {
            "initiative": initiative,
            "index": index,
            "month": f"{horizon.month(index):%Y-%m}",
            "block": block,
            "kind": kind,
            "amount": amount,
        }
        for (index, block, kind), amount in sorted(cells.items())
    ]


def steps(
    initiative: str, benefits: Sequence[Benefit], pv_cost: float, horizon: Horizon, rate: float
) -> list[dict[str, object]]:
    """The NPV after each factor is applied, from the bare claim to the shared one."""
    cash = [(b, weight(b, horizon, rate)) for b in benefits if b.kind == CASHABLE]
    rows = []
    for order, step in enumerate(STEPS, 1):
        value = math.fsum(math.prod(b.factors[:order]) * b.effect * worth for b, worth in cash) - pv_cost
        rows.append({"initiative": initiative, "order": order, "step": step, "npv": value})
    return rows


def row(benefit: Benefit, horizon: Horizon, rate: float) -> dict[str, object]:
    """One benefit row as it was priced, with its reference, formula and source."""
    worth = weight(benefit, horizon, rate)
    known = benefit.margin is not None
    return {
        "benefit": benefit.benefit,
        "initiative": benefit.initiative,
        "block": benefit.block,
        "driver": benefit.driver,
        "kind": benefit.kind,
        "base": benefit.base,
        "base_unit": benefit.base_unit,
        "effect_low": benefit.effect_low,
        "effect": benefit.effect,
        "effect_high": benefit.effect_high,
        "unit_value": benefit.unit_value,
        "margin": benefit.margin,
        "adoption": benefit.adoption,
        "deadweight": benefit.deadweight,
        "confidence": benefit.confidence,
        "start": f"{horizon.month(benefit.start):%Y-%m}",
        "ramp_months": benefit.ramp,
        "months": benefit.months,
        "pool": benefit.pool,
        "share": benefit.share,
        "yearly": benefit.yearly if known else None,
        "pv": benefit.yearly * worth if known else None,
        "lost_to_sharing": benefit.yearly * worth * (1 / benefit.share - 1) if known else None,
        "assumed": "; ".join(benefit.assumed),
        "formula": benefit.formula,
        "source": benefit.source,
        "pnl_line": benefit.pnl_line,
    }


def pools(benefits: Sequence[Benefit], horizon: Horizon, rate: float) -> pd.DataFrame:
    """What each initiative claimed from a shared pool, kept and lost; present values, any kind of benefit."""
    rows: dict[tuple[str, str], list[float]] = {}
    for b in benefits:
        if b.share < 1:
            kept = b.yearly * weight(b, horizon, rate)
            cell = rows.setdefault((b.pool, b.initiative), [0.0, 0.0])
            cell[0] += kept / b.share
            cell[1] += kept
    return pd.DataFrame(
        [(pool, who, claimed, kept, claimed - kept) for (pool, who), (claimed, kept) in sorted(rows.items())],
        columns=["pool", "initiative", "claimed_pv", "kept_pv", "lost_pv"],
    )

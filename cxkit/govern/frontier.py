"""What more safety costs: the best plan at several risk limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from cxkit.govern.programme import Limits, Programme, Solved
from cxkit.govern.reading import Row
from cxkit.tables.sheets import Kind

POINTS = 7
"""Risk limits that are tried, from no limit to the least loss any plan can have."""
FRONTIER: Mapping[str, Kind] = {
    "limit": "number",
    "npv": "number",
    "cvar": "number",
    "cvar_fresh": "number",
    "spread": "number",
    "p10": "number",
    "p90": "number",
    "given": "number",
    "initiatives": "integer",
    "ids": "text",
    "chosen": "boolean",
}
"""`limit` is empty for the plan without one; `cvar` is the average loss in the worst share of scenarios, below nothing
where even these gain, and `cvar_fresh` the same on fresh draws; `spread` is the standard deviation of the NPV;
`chosen` marks the plan that is asked for."""


def frontier(programme: Programme, fresh: Programme, limits: Limits, plan: Solved, *, effort: int) -> list[Row]:
    """One row per plan that is best at some risk limit, the riskiest first; the plan asked for is among them.

    The first round comes first here too, so that every point is a plan the rules allow.
    """
    free = programme.solve(replace(limits, risk=None), effort=effort)
    safest = programme.solve(replace(limits, risk=None), safest=True, effort=effort)
    if free is None or safest is None:
        return []
    most, least = free.loss(limits.share), safest.loss(limits.share)
    found: list[tuple[float | None, Solved]] = [(None, free)]
    for limit in np.linspace(most, least, POINTS)[1:] if most - least > 1e-6 * programme.unit else ():
        one = programme.solve(replace(limits, risk=float(limit) + 1e-7 * programme.unit), effort=effort)
        if one is not None:
            found.append((float(limit), one))
    found.append((limits.risk, plan))
    rows: dict[tuple[tuple[str, float], ...], Row] = {}
    for limit, one in found:
        row = _row(one, fresh, limits, limit)
        row["chosen"] = key(one) == key(plan)
        rows.setdefault(key(one), row)
    made = [row for row in rows.values() if row["chosen"] or not any(_beats(other, row) for other in rows.values())]
    return sorted(made, key=lambda r: (-r["cvar"], -r["npv"], r["ids"]))


def _beats(other: Row, row: Row) -> bool:
    """Whether another plan is worth as much at no more risk; what is proven comes first, so that this can happen."""
    no_worse = other["cvar"] <= row["cvar"] and other["npv"] >= row["npv"]
    return bool(no_worse and (other["cvar"] < row["cvar"] or other["npv"] > row["npv"]))


def key(plan: Solved) -> tuple[tuple[str, float], ...]:
    """What a plan is: its initiatives and their levels."""
    return tuple(sorted((i, level.share) for i, level in plan.levels.items()))


def _row(plan: Solved, fresh: Programme, limits: Limits, limit: float | None) -> Row:
    again = Solved(plan.levels, fresh.of(plan.levels))
    low, high = np.quantile(plan.values, [0.1, 0.9]).tolist()
    return {
        "limit": limit,
        "npv": plan.mean(),
        "cvar": plan.loss(limits.share),
        "cvar_fresh": again.loss(limits.share),
        "spread": float(plan.values.std()),
        "p10": low,
        "p90": high,
        "given": sum(level.cents for level in plan.levels.values()) / 100,
        "initiatives": len(plan.levels),
        "ids": ", ".join(
            i if level.share == 1 else f"{i} ({level.share:.0%})" for i, level in sorted(plan.levels.items())
        ),
    }

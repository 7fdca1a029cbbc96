"""How firm the plan is: the same programme with the cases drawn anew, and with a little more or less money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from cxkit.formats import listing, quantity
from cxkit.govern.programme import Limits, Programme, Solved
from cxkit.govern.reading import Row
from cxkit.tables.sheets import Kind, short

REDRAWS = 50
"""Redraws of the cases; a share then lies within about fourteen points."""
RESAMPLES = 10
"""Resamples of the scenarios, which only show whether there are enough of them."""
CHANGES = (-0.05, 0.0, 0.05)
STABILITY: Mapping[str, Kind] = {
    "initiative_id": "text",
    "initiative": "text",
    "in_plan": "boolean",
    "share": "number",
    "redrawn": "number",
    "resampled": "number",
    "level": "number",
    "redraws": "integer",
}
"""`share` is its level in the plan; `redrawn` the share of redraws of the cases in which it has money (each redraw is
one joint draw taken as what the initiatives are worth), `level` its mean level in those in which it has; `resampled`
the share of resamples of the scenarios in which it has money: how far the plan hangs on the number of draws."""
SENSITIVITY: Mapping[str, Kind] = {
    "change": "number",
    "budget": "number",
    "feasible": "boolean",
    "npv": "number",
    "npv_change": "number",
    "given": "number",
    "unallocated": "number",
    "cvar": "number",
    "changes": "text",
}
"""`changes` says in words which initiatives get more or less than in the plan."""


def stability(
    programme: Programme,
    limits: Limits,
    plan: Solved,
    names: Mapping[str, str],
    *,
    redraws: int,
    seed: int,
    effort: int,
) -> list[Row]:
    """One row per candidate; limits are judged on all scenarios as before, only the expected values are drawn anew."""
    if not redraws or not programme.candidates or programme.linear.std(axis=0).max(initial=0.0) <= 0:
        return []
    rng = np.random.default_rng([seed, 7])
    n = programme.draws
    picked = rng.choice(n, size=min(redraws, n), replace=False)
    redrawn = [_one(n, int(k)) for k in picked]
    resampled = [rng.multinomial(n, np.full(n, 1 / n)) / n for _ in range(RESAMPLES)]
    levels: dict[str, list[float]] = {c.id: [] for c in programme.candidates}
    again = dict.fromkeys(levels, 0)
    for weights in redrawn:
        found = programme.solve(limits, mean=weights, effort=effort)
        for i, level in (found.levels if found else {}).items():
            levels[i].append(level.share)
    for weights in resampled:
        found = programme.solve(limits, mean=weights, effort=effort)
        for i in found.levels if found else {}:
            again[i] += 1
    return [
        {
            "initiative_id": i,
            "initiative": names.get(i, i),
            "in_plan": i in plan.levels,
            "share": plan.levels[i].share if i in plan.levels else 0.0,
            "redrawn": len(had) / len(redrawn),
            "resampled": again[i] / len(resampled),
            "level": float(np.mean(had)) if had else None,
            "redraws": len(redrawn),
        }
        for i, had in levels.items()
    ]


def _one(n: int, at: int) -> np.ndarray:
    made = np.zeros(n)
    made[at] = 1.0
    return made


def sensitivity(
    programme: Programme, limits: Limits, plan: Solved, names: Mapping[str, str], *, effort: int
) -> list[Row]:
    """The programme with the budget 5 % lower and higher, beside the plan."""
    found = []
    for change in CHANGES:
        cents = int(np.floor((limits.cents or 0) * (1 + change) + 1e-6))
        one = plan if not change else programme.solve(replace(limits, cents=cents), effort=effort)
        row: Row = {"change": change, "budget": cents / 100, "feasible": one is not None}
        if one is not None:
            spent = sum(level.cents for level in one.levels.values())
            row |= {"npv": one.mean(), "npv_change": one.mean() - plan.mean(), "given": spent / 100}
            row |= {"unallocated": (cents - spent) / 100, "cvar": one.loss(limits.share)}
        row["changes"] = differences(plan, one, names) if change else ""
        found.append(row)
    return found


def differences(plan: Solved, other: Solved | None, names: Mapping[str, str]) -> str:
    """What another plan does otherwise, in words."""
    if other is None:
        return "no plan holds all limits"
    said = []
    for i in sorted({*plan.levels, *other.levels}):
        one, two = (p.levels[i].share if i in p.levels else 0.0 for p in (plan, other))
        name = short(names.get(i, i), 40)
        if one == two:
            continue
        if not one:
            said.append(f"{name} comes in" + (f" at {quantity(two, 'probability')}" if two < 1 else ""))
        else:
            said.append(
                f"{name} goes out"
                if not two
                else f"{name} gets {quantity(two, 'probability')} instead of {quantity(one, 'probability')}"
            )
    return listing(said) if said else "nothing changes"

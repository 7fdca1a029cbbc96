"""The best selection under a budget: a 0/1 (or several-level) knapsack, solved exactly.

Method: mixed-integer programme with one binary per option, at most one option per candidate (exactly one where it
must be kept), costs within the budget; HiGHS through `scipy.optimize.milp` without a gap. Costs are counted in whole
cents, so that "within the budget" is exact.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from cxkit.records import Record


class Option(Record):
    """One level at which a candidate can be funded."""

    share: float
    """Share of what it asks for: 1 is all of it."""
    cost: float
    """Money it takes from the budget; not negative."""
    value: float
    """Go-forward value it brings."""


class Infeasible(Record):
    """The budget does not cover what must be kept."""

    needed: float
    """Least cost of everything that must be kept."""
    budget: float


def choose(
    options: Mapping[str, Sequence[Option]], *, budget: float, keep: Collection[str] = ()
) -> dict[str, Option] | Infeasible:
    """The options with the largest total value within the budget, by candidate; `keep` names those that must be in.

    Options without value are only taken where they must be. Of equally good selections the solver's first is taken;
    candidates are always offered in the order of their names. The published instance P07 of Burkardt's KNAPSACK_01
    (capacity 750) has the optimum 1458:

    >>> weights = [70, 73, 77, 80, 82, 87, 90, 94, 98, 106, 110, 113, 115, 118, 120]
    >>> profits = [135, 139, 149, 150, 156, 163, 173, 184, 192, 201, 210, 214, 221, 229, 240]
    >>> pairs = enumerate(zip(weights, profits, strict=True))
    >>> chosen = choose({f"{i:02}": [Option(share=1, cost=w, value=v)] for i, (w, v) in pairs}, budget=750)
    >>> sum(option.value for option in chosen.values())
    1458.0
    """
    names = sorted(name for name in options if options[name])
    least = {name: min(_cents(option.cost) for option in options[name]) for name in names if name in set(keep)}
    room = int(np.floor(budget * 100 + 1e-6))
    if sum(least.values()) > room:
        return Infeasible(needed=sum(least.values()) / 100, budget=budget)
    offered = [
        (name, option)
        for name in names
        for option in options[name]
        if name in least or (option.value > 0 and _cents(option.cost) <= room)
    ]
    if not offered:
        return {}
    covers: list[dict[str, Option]] = []
    while True:
        chosen = _solve(offered, room, frozenset(least), covers)
        if sum(_cents(option.cost) for option in chosen.values()) <= room:
            return chosen
        covers.append(chosen)  # the solver works to a tolerance; this selection is a cent too dear, and ruled out


def _cents(amount: float) -> int:
    return int(np.ceil(amount * 100 - 1e-6))


def _solve(
    offered: Sequence[tuple[str, Option]], limit: int, must: frozenset[str], covers: Sequence[dict[str, Option]]
) -> dict[str, Option]:
    """One solve; rows are the budget, one per candidate, and one per selection already found too dear."""
    names = sorted({name for name, _ in offered})
    costs = np.array([_cents(option.cost) for _, option in offered], dtype=float)
    values = np.array([option.value for _, option in offered], dtype=float)
    member = csr_array(np.array([[float(name == owner) for owner, _ in offered] for name in names]))
    scale = max(1.0, costs.max(), float(limit))
    ruled_out = [
        LinearConstraint(
            np.array([[float(cover.get(name) == option) for name, option in offered]]), -np.inf, len(cover) - 1
        )
        for cover in covers
    ]
    solved = milp(
        -values / max(1.0, np.abs(values).max()),
        constraints=[
            LinearConstraint(costs[None, :] / scale, -np.inf, limit / scale),
            LinearConstraint(member, [float(name in must) for name in names], np.ones(len(names))),
            *ruled_out,
        ],
        integrality=np.ones(len(offered), dtype=np.int64),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0.0},
    )
    if solved.x is None:
        raise ArithmeticError(f"HiGHS found no selection although one exists: {solved.message}")
    taken = np.round(solved.x)
    return {name: option for (name, option), x in zip(offered, taken, strict=True) if x == 1}

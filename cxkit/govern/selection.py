"""The best selection under a budget: a 0/1 (or several-level) knapsack, solved exactly.

The programme of the plan with nothing in it but money and one scenario. Costs are counted in whole cents, so that
"within the budget" is exact.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from cxkit.govern.programme import Candidate, Level, Limits, Programme
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

    Options without value are only taken where they must be. Of equally good selections the cheapest is taken, then
    the one with the earlier names. The published instance P07 of Burkardt's KNAPSACK_01
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
    offered = {
        name: [o for o in options[name] if name in least or (o.value > 0 and _cents(o.cost) <= room)] for name in names
    }
    candidates = [
        Candidate(
            name,
            tuple(Level(float(n), _cents(o.cost), o.value) for n, o in enumerate(given)),
            np.zeros(1),
            must=name in least,
        )
        for name, given in offered.items()
        if given
    ]
    solved = Programme(candidates).solve(Limits(cents=room))
    if solved is None:
        raise ArithmeticError("HiGHS found no selection although one exists.")
    return {name: offered[name][int(level.share)] for name, level in solved.levels.items()}


def _cents(amount: float) -> int:
    return int(np.ceil(amount * 100 - 1e-6))

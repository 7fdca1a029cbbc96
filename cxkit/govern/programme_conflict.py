"""Which limits cannot hold together: a smallest set of them, each of which is needed for the conflict.

Deletion filter (Chinneck 2008, *Feasibility and Infeasibility in Optimization*, chapter 6): limits are left out one by
one; a limit without which nothing fits either is not needed for the conflict and stays out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cxkit.govern.programme import Limits, Programme


@dataclass(frozen=True)
class Clash:
    """One limit of a conflict."""

    kind: str
    """budget, people, risk, must keep, depends or excludes."""
    ids: tuple[str, ...] = ()


def conflict(programme: Programme, limits: Limits) -> tuple[Clash, ...]:
    """A smallest conflicting set of the limits, in the order must keep, depends, excludes, risk, people, budget.

    "Smallest" as no part of it conflicts; there may be others. Empty where a plan exists.
    """
    must = [c.id for c in programme.candidates if c.must]
    every = [Clash("depends", pair) for pair in limits.depends]
    every += [Clash("excludes", pair) for pair in limits.excludes]
    every += [Clash("risk")] if limits.risk is not None else []
    every += [Clash("people")] if limits.people is not None else []
    every += [Clash("must keep", (i,)) for i in must]
    every += [Clash("budget")] if limits.cents is not None else []
    if _fits(programme, limits, every):
        return ()
    left = list(every)
    for one in every:
        without = [other for other in left if other != one]
        if not _fits(programme, limits, without):
            left = without
    order = ("must keep", "depends", "excludes", "risk", "people", "budget")
    return tuple(sorted(left, key=lambda c: (order.index(c.kind), c.ids)))


def _fits(programme: Programme, limits: Limits, kept: list[Clash]) -> bool:
    """Whether anything fits within the limits kept."""
    kinds: Callable[[str], list[tuple[str, ...]]] = lambda kind: [c.ids for c in kept if c.kind == kind]  # noqa: E731
    must = {i for (i,) in kinds("must keep")}
    tried = replace(
        limits,
        cents=limits.cents if kinds("budget") else None,
        people=limits.people if kinds("people") else None,
        risk=limits.risk if kinds("risk") else None,
        depends=tuple((a, b) for a, b in kinds("depends")),
        excludes=tuple((a, b) for a, b in kinds("excludes")),
    )
    made = Programme([replace(c, must=c.id in must) for c in programme.candidates], programme.pools)
    return made.solve(tried, rounds=False, safest=tried.risk is not None) is not None

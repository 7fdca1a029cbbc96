"""The terms of the programme: levels, candidates, shared pools, limits, and the plan it finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

Values = np.ndarray
PEOPLE = 1000
"""People are counted in thousandths of a full-time place."""
EXACT = 1e-7
"""How far a bound on the value may lie off, as a share of the largest value in the programme."""
ROUGH = 1e-3
"""The same while levels may still be taken in part, where only the rows that matter most are wanted."""
EFFORT, NODES = 400, 20_000
"""Solves of one programme, and nodes of one solve, after which the best plan found is given with how far from the
optimum it may be. Counted and not timed: the same inputs end at the same plan on every machine."""


@dataclass(frozen=True)
class Level:
    """One level at which a candidate can be funded."""

    share: float
    cents: int
    fixed: float = 0.0
    """Value that neither grows with the money nor varies."""
    people: int = 0
    """Thousandths of a full-time place."""


@dataclass(frozen=True)
class Candidate:
    """An initiative that money can be given to."""

    id: str
    levels: tuple[Level, ...]
    linear: Values
    """Value of all its money outside shared pools, by scenario; it grows with the share."""
    pools: Mapping[str, Values] = field(default_factory=dict)
    """What it alone would draw from each shared pool, by scenario."""
    first: bool = False
    """Whether it comes before the others: it is proven."""
    must: bool = False


@dataclass(frozen=True)
class Pool:
    """A gain that several claim: its size, and what is drawn from it whatever is decided, by scenario."""

    size: Values
    held: Values


@dataclass(frozen=True)
class Limits:
    """What must hold; None where nobody stated a limit. Pairs are ids."""

    cents: int | None = None
    people: int | None = None
    risk: float | None = None
    share: float = 0.05
    must: bool = True
    depends: tuple[tuple[str, str], ...] = ()
    """The first only if the second."""
    excludes: tuple[tuple[str, str], ...] = ()
    """Never both; one that is no candidate is there whatever is decided."""


@dataclass(frozen=True)
class Solved:
    """A plan: the level of each candidate in it, and what it comes to."""

    levels: Mapping[str, Level]
    values: Values
    """Value by scenario."""
    optimal: bool = True
    gap: float = 0.0
    """How much more a better plan could be worth at most; nothing where the optimum is proven."""

    def mean(self, weights: Values | None = None) -> float:
        """Expected value."""
        return float(self.values.mean() if weights is None else weights @ self.values)

    def loss(self, share: float) -> float:
        """Average loss in the worst share of scenarios; below nothing where even these gain."""
        return -tail(self.values, share)[0]


def tail(values: Values, share: float, weights: Values | None = None) -> tuple[float, Values]:
    """Mean of the worst share of the values, and the weights that make it (Rockafellar and Uryasev 2002).

    A scenario on the edge counts with the part of it that belongs to the share.

    >>> tail(np.array([-10.0, 0.0, 5.0, 9.0]), 0.375)[0].round(6)
    np.float64(-6.666667)
    """
    given = np.full(len(values), 1 / len(values)) if weights is None else weights
    order = np.argsort(values, kind="stable")
    before = np.concatenate([[0.0], np.cumsum(given[order])[:-1]])
    taken = np.clip(share - before, 0.0, given[order]) / share
    made = np.zeros(len(values))
    made[order] = taken / taken.sum()
    return made @ values, made

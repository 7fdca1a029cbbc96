"""The decision that information is valued by: the plan's own, the largest go-forward value within the budget.

Up to `MOST` parts to decide on, every selection that the budget, dependencies and exclusions allow is looked at, so the
choice is exact: an initiative is funded whole, at the least level at which it works, or not. Where the budget covers
everything and nothing depends on anything, each is decided on alone, which is exact for any number. Else initiatives
are taken as divisible and given money in the order of value per money asked for: the linear relaxation of the plan,
which ranks everything by the budget's shadow price and differs from it by at most the one initiative that is cut.
What must be kept is kept. The plan's rounds (proof before claims), people and the risk limit are left aside.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from cxkit.records import Record

MOST = 12
"""Parts to decide on up to which every selection is looked at."""


class Candidate(Record):
    """One initiative as a thing to spend on."""

    id: str
    cost: float
    """Money it still asks for."""
    least: float | None = None
    """Least share at which it works; None: whole or nothing."""
    keep: bool = False
    """Whether it must be kept, at its least share."""
    depends_on: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()


class Choice:
    """The best use of the budget, for any value of the candidates.

    >>> pair = [Candidate(id="A", cost=6.0), Candidate(id="B", cost=5.0)]
    >>> Choice(pair, budget=6.0).best(np.array([[9.0, 8.0], [7.0, 8.0], [-1.0, -2.0]])).tolist()
    [9.0, 8.0, 0.0]
    """

    def __init__(self, candidates: Sequence[Candidate], *, budget: float, exact: bool | None = None) -> None:
        self.candidates = tuple(candidates)
        self.fixed = np.array([(c.least or 1.0) if c.keep else 0.0 for c in candidates])
        self.needed = math.fsum(c.cost * share for c, share in zip(candidates, self.fixed, strict=True))
        self.room = budget - self.needed
        parts: list[tuple[int, float]] = []
        for n, c in enumerate(candidates):
            least = c.least if c.least is not None and 0 < c.least < 1 and c.cost > 0 else 1.0
            if not c.keep:
                parts.append((n, least))
            if least < 1:
                parts.append((n, 1 - least))
        self._of = np.array([n for n, _ in parts], dtype=int)
        self._share = np.array([share for _, share in parts])
        self._cost = np.array([share * candidates[n].cost for n, share in parts])
        alone = float(self._cost.sum()) <= self.room and not any(c.depends_on or c.excludes for c in candidates)
        self._look = len(parts) <= MOST if exact is None else exact
        self.exact = self._look or alone
        self._plans = self._allowed() if self._look and self.feasible else np.zeros((1, len(parts)))

    @property
    def feasible(self) -> bool:
        """Whether the budget covers what must be kept."""
        return self.room > -0.005

    def _allowed(self) -> np.ndarray:
        """Every selection of parts that is allowed, one a row."""
        count = len(self._of)
        plans = ((np.arange(2**count)[:, None] >> np.arange(count)) & 1).astype(bool)
        allowed = np.rint(plans @ self._cost * 100) <= np.floor(self.room * 100 + 1e-6)
        first = {int(n): at for at, n in reversed(list(enumerate(self._of)))}
        index = {c.id: n for n, c in enumerate(self.candidates)}
        for at, n in enumerate(self._of):
            c = self.candidates[n]
            if at != first[int(n)] and not c.keep:  # the rest of an initiative comes on top of its least level
                allowed &= ~plans[:, at] | plans[:, first[int(n)]]
                continue
            for other in c.depends_on:
                m = index.get(other)
                if m is not None and not self.candidates[m].keep:
                    allowed &= ~plans[:, at] | plans[:, first[m]]
            for other in c.excludes:
                m = index.get(other)
                if m is not None:
                    taken = plans[:, first[m]] if not self.candidates[m].keep else True
                    allowed &= ~(plans[:, at] & taken)
        found = plans[allowed]
        return found.astype(float) if len(found) else np.zeros((1, count))

    def best(self, values: np.ndarray) -> np.ndarray:
        """Total value of the best selection, for each row of values (one column per candidate)."""
        base = values @ self.fixed
        worth = values[:, self._of] * self._share
        if not worth.shape[1]:
            return np.asarray(base)
        if self._look:
            top = np.full(len(values), -np.inf)
            for start in range(0, len(values), 2048):
                part = slice(start, start + 2048)
                top[part] = (worth[part] @ self._plans.T).max(axis=1)
            return np.asarray(base + top)
        return np.asarray(base + self._divided(worth)[0])

    def _divided(self, worth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Value and shadow price when parts are given money in the order of value per money."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(worth > 0, np.where(self._cost > 0, worth / self._cost, np.inf), -1.0)
        order = np.argsort(-ratio, axis=1, kind="stable")
        cost = np.where(np.take_along_axis(ratio, order, 1) > 0, self._cost[order], 0.0)
        spent = np.cumsum(cost, axis=1) - cost
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(cost > 0, np.clip((self.room - spent) / cost, 0, 1), 1.0)
        gained = np.take_along_axis(np.maximum(worth, 0), order, 1) * share
        cut = (share < 1 - 1e-12) & (np.take_along_axis(ratio, order, 1) > 0)
        first = np.argmax(cut, axis=1)
        at = np.take_along_axis(np.take_along_axis(ratio, order, 1), first[:, None], 1)[:, 0]
        return gained.sum(axis=1), np.where(cut.any(axis=1), at, 0.0)

    def shadow_price(self, values: np.ndarray) -> float:
        """What one more unit of budget would bring, initiatives taken as divisible; 0 where money is left over."""
        worth = values[None, self._of] * self._share
        return float(self._divided(worth)[1][0]) if worth.shape[1] else 0.0

    def shares(self, values: np.ndarray) -> Mapping[str, float]:
        """Share at which the best selection funds each candidate, looking at every selection; for a single row."""
        taken = self.fixed.copy()
        if self._look and len(self._of):
            worth = values[self._of] * self._share
            plan = self._plans[int(np.argmax(self._plans @ worth))]
            np.add.at(taken, self._of, plan * self._share)
        return {c.id: float(s) for c, s in zip(self.candidates, taken, strict=True)}

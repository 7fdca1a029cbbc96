"""The programme with the rows found so far: solve, see which limits the plan runs into, add their rows, solve again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from cxkit.govern.programme_terms import EXACT, NODES, ROUGH, Limits, Solved, Values, tail

if TYPE_CHECKING:
    from cxkit.govern.programme import Programme


class Master:
    """The programme with the rows found so far, for one set of limits and weights."""

    def __init__(self, given: Programme, limits: Limits, mean: Values | None, effort: int) -> None:
        self.given, self.limits = given, limits
        self.weights = np.full(given.draws, 1 / given.draws) if mean is None else mean
        self.m, self.p = len(given.level), len(given.pools)
        self.left = effort
        self.optimal, self.gap, self.risky, self._bound = True, 0.0, limits.risk is not None, 0.0
        self.rows: list[tuple[Values, float, float]] = []
        self.seen: set[bytes] = set()
        self._structure()
        for number, name in enumerate(given.pools):
            for capped in (False, True):
                self._pool_row(number, name, np.full(given.draws, capped))
        g = given
        self.own = (g.share * (self.weights @ g.linear)[g.owner] + g.fixed) / g.unit
        self.head = self._head()

    def _row(self) -> Values:
        return np.zeros(self.m + 2 * self.p + 1)

    def _of(self, *ids: str) -> Values:
        row, g = self._row(), self.given
        row[: self.m] = [float(g.candidates[n].id in ids) for n in g.owner]
        return row

    def _structure(self) -> None:
        g, limits = self.given, self.limits
        for one in g.candidates:
            self.rows.append((self._of(one.id), float(one.must and limits.must), 1.0))
        for what, room in ((g.cents, limits.cents), (g.people, limits.people)):
            if room is not None and self.m:
                row, scale = self._row(), float(max(1, what.max(initial=0), abs(room)))
                row[: self.m] = what / scale
                self.rows.append((row, -np.inf, room / scale))
        for user, other in limits.depends:
            count = self._of(user) - self._of(other)
            self.rows.append((count, -np.inf, 0.0))
        names = {c.id for c in g.candidates}
        for pair in limits.excludes:
            self.rows.append((self._of(*pair), -np.inf, float(sum(i in names for i in pair) - 1)))

    def _head(self) -> Values:
        """What each option counts in the first round: its worth if proven, else only what it would cost the plan."""
        g = self.given
        first = g.first[g.owner]
        alone = self.own.copy()
        for name, pool in g.pools.items():
            drawn = np.minimum(pool.held[:, None] + g.claims[name][:, g.owner] * g.share, pool.size[:, None])
            alone += self.weights @ (drawn - g.base[name][:, None]) / g.unit
        least = np.array(
            [min((alone[k] for k in np.flatnonzero(g.owner == n)), default=0.0) for n in range(len(g.candidates))]
        )
        must = np.array([c.must for c in g.candidates], dtype=bool)
        from_ = np.where(must, least, 0.0)[g.owner]
        return np.where(first, self.own, np.minimum(alone - from_, 0.0))

    def goal(self, *, first: bool = False, tail: bool = False) -> Values:
        """What is made as large as possible."""
        row = self._row()
        if tail:
            self.risky = True
            row[-1] = 1.0
            return row
        row[: self.m] = self.head if first else self.own
        at = self.m + (self.p if first else 0)
        row[at : at + self.p] = 1.0
        return row

    def worth(self, taken: Values, *, first: bool = False) -> float:
        """The true value of a selection, in units, in the first round or in all."""
        made = float((self.head if first else self.own) @ taken)
        return made + sum(self._pooled(taken, name, first=first)[0] for name in self.given.pools)

    def _pooled(self, taken: Values, name: str, *, first: bool) -> tuple[float, Values]:
        g, pool = self.given, self.given.pools[name]
        share = g.shares(taken) * (g.first if first else 1.0)
        drawn = pool.held + g.claims[name] @ share
        full = drawn > pool.size
        return float(self.weights @ (np.where(full, pool.size, drawn) - g.base[name])) / g.unit, full

    def _tangent(self, name: str, full: Values, weights: Values) -> tuple[Values, float]:
        """Coefficients per option, and constant, of an upper bound on what a pool brings."""
        g, pool = self.given, self.given.pools[name]
        open_ = np.where(full, 0.0, weights)
        slope = (open_ @ g.claims[name])[g.owner] * g.share / g.unit
        constant = (weights @ np.where(full, pool.size, pool.held) - weights @ g.base[name]) / g.unit
        return slope, float(constant)

    def _pool_row(self, number: int, name: str, full: Values) -> None:
        slope, constant = self._tangent(name, full, self.weights)
        for offset, keep in ((0, np.ones(self.m)), (self.p, self.given.first[self.given.owner].astype(float))):
            row = self._row()
            row[: self.m] = -slope * keep
            row[self.m + offset + number] = 1.0
            self.rows.append((row, -np.inf, constant))

    def _tail_row(self, values: Values, taken: Values) -> None:
        g = self.given
        weights = tail(values, self.limits.share)[1]
        slope = (g.share * (weights @ g.linear)[g.owner] + g.fixed) / g.unit
        constant = 0.0
        share = g.shares(taken)
        for name, pool in g.pools.items():
            full = pool.held + g.claims[name] @ share > pool.size
            more, fixed = self._tangent(name, full, weights)
            slope, constant = slope + more, constant + fixed
        row = self._row()
        row[: self.m], row[-1] = -slope, 1.0
        self.rows.append((row, -np.inf, constant))

    def best(self, goal: Values, *, floor: float | None = None, worth: float | None = None) -> Values | None:
        """Solve, add the rows the selection runs into, and solve again until it runs into none.

        Levels may be taken in part at first: most rows that matter are found there, and faster.
        """
        tailed, begun = goal[-1] != 0.0, self.left
        while (self.p or self.risky) and self.left > begun / 2:
            taken, free = self._milp(goal, floor, worth, whole=False)
            if taken is None or not self._added(taken, free, tailed=tailed, whole=False):
                break
        while True:
            taken, free = self._milp(goal, floor, worth)
            if taken is None:
                return None
            if not self._added(taken, free, tailed=tailed):
                return taken
            if self.left <= 0:
                self.optimal, bound = False, self._bound
                found = self._repaired(taken, floor)
                if found is not None:
                    self.gap = max(self.gap, (bound - float(goal[: self.m] @ found)) * self.given.unit)
                return found

    def _repaired(self, taken: Values, floor: float | None) -> Values | None:
        """A plan that holds, made by leaving out what helps least; None where none is found that way."""
        g, found = self.given, taken.copy()
        must = {n for n, c in enumerate(g.candidates) if c.must}
        while not self._holds(found):
            inside = sorted({int(g.owner[k]) for k in np.flatnonzero(found > 0)} - must)
            tried = []
            for n in inside:
                one = np.where(g.owner == n, 0.0, found)
                there = {g.candidates[g.owner[k]].id for k in np.flatnonzero(one > 0)}
                if all(b in there for a, b in self.limits.depends if a in there):
                    lost = self.worth(found) - self.worth(one)
                    gained = tail(g.values(one), self.limits.share)[0] - tail(g.values(found), self.limits.share)[0]
                    tried.append((lost / max(gained, 1e-9), n, one))
            if not tried:
                return None
            found = min(tried, key=lambda t: t[:2])[2]
        return found if floor is None or self.worth(found, first=True) >= floor - EXACT else None

    def _holds(self, taken: Values) -> bool:
        """Whether money, people and risk hold."""
        g, limits = self.given, self.limits
        chosen = taken > 0
        rooms = ((g.cents, limits.cents), (g.people, limits.people))
        fits = all(room is None or int(what[chosen].sum()) <= room for what, room in rooms)
        return fits and (
            limits.risk is None or bool(-tail(g.values(taken), limits.share)[0] <= limits.risk + EXACT * g.unit)
        )

    def _added(self, taken: Values, free: Values, *, tailed: bool, whole: bool = True) -> bool:
        """Whether rows were added that this selection breaks; `whole` where no level is taken in part."""
        g, limits, before = self.given, self.limits, len(self.rows)
        chosen = taken > 0
        for what, room in ((g.cents, limits.cents), (g.people, limits.people)):
            if whole and room is not None and int(what[chosen].sum()) > room:
                row = self._row()
                row[: self.m] = taken
                self.rows.append((row, -np.inf, taken.sum() - 1))
                return True
        new, exact = taken.tobytes() not in self.seen, EXACT if whole else ROUGH
        for number, name in enumerate(g.pools):
            for offset, first in ((0, False), (self.p, True)):
                true, full = self._pooled(taken, name, first=first)
                if free[offset + number] > true + exact and new:
                    self._pool_row(number, name, full)
        if self.risky:
            values = g.values(taken)
            true = tail(values, limits.share)[0] / g.unit
            short = limits.risk is not None and true < -limits.risk / g.unit - exact
            if short or (tailed and free[-1] > true + exact):
                if new:
                    self._tail_row(values, taken)
                elif short and whole:  # the solver works to a tolerance: this very selection is ruled out
                    row = self._row()
                    row[: self.m] = np.where(chosen, 1.0, -1.0)
                    self.rows.append((row, -np.inf, chosen.sum() - 1))
        self.seen.add(taken.tobytes())
        return len(self.rows) > before

    def _milp(
        self, goal: Values, floor: float | None, worth: float | None, *, whole: bool = True
    ) -> tuple[Values | None, Values]:
        """One solve; None where nothing is feasible."""
        if not self.m:
            must = any(low > 0 for _, low, _ in self.rows)
            short = self.limits.risk is not None and self.limits.risk < 0
            return (None if must or short else np.zeros(0)), np.zeros(2 * self.p + 1)
        rows = list(self.rows)
        for level, first in ((floor, True), (worth, False)):
            if level is not None:
                rows.append((self.goal(first=first), level - EXACT / 10, np.inf))
        most = 1e3 * (1 + len(self.given.candidates))
        low, high = self._row(), self._row()
        high[: self.m] = 1.0
        low[self.m :], high[self.m :] = -most, most
        if self.limits.risk is not None:
            low[-1] = -self.limits.risk / self.given.unit
        integral = self._row()
        integral[: self.m] = float(whole)
        self.left -= 1
        scale = float(np.abs(goal).max()) or 1.0
        found = milp(
            -goal / scale * 1e3,
            constraints=LinearConstraint(
                csr_array(np.array([row for row, _, _ in rows])),
                np.array([low for _, low, _ in rows]),
                np.array([high for _, _, high in rows]),
            ),
            integrality=integral.astype(np.int64),
            bounds=Bounds(low, high),
            options={"mip_rel_gap": 0.0, "node_limit": NODES},
        )
        if found.x is None:
            if found.status == 1:
                self.optimal = False
            return None, np.zeros(0)
        if not whole:
            return np.clip(found.x[: self.m], 0, 1), found.x[self.m :]
        self._bound = -float(found.mip_dual_bound if found.mip_dual_bound is not None else found.fun) * scale / 1e3
        if found.status == 1:
            self.optimal = False
            self.gap = max(self.gap, (self._bound - float(goal @ found.x)) * self.given.unit)
        return np.round(found.x[: self.m]), found.x[self.m :]

    def cheapest(self, taken: Values, floor: float | None) -> Values | None:
        """Of selections worth as much, the cheapest, then the one with the earliest ids; None without effort left."""
        if not self.m or not self.optimal:
            return None
        g, worth = self.given, self.worth(taken)
        row, n = self._row(), len(g.candidates)
        early = (n - g.owner) / n * g.share
        row[: self.m] = -g.cents / max(1, g.cents.max(initial=1)) + 1e-4 * early
        found = self.best(row, floor=floor, worth=worth)
        if found is None or self.worth(found) < worth - 1e-9:
            self.optimal = True
            return None
        if floor is not None and self.worth(found, first=True) < floor - 1e-9:
            return None
        return found

    def solved(self, taken: Values) -> Solved:
        """The plan in words of the portfolio."""
        g = self.given
        levels = {g.candidates[g.owner[k]].id: g.level[k] for k in np.flatnonzero(taken > 0)}
        return Solved(levels, g.values(taken), self.optimal, self.gap)

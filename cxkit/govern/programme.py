"""The plan as a mixed-integer programme: funding levels, limits that must hold, and joint scenarios of the value.

One binary per initiative and level. Everything that is a limit holds exactly: money is counted in cents and people in
thousandths of a place, and a selection that passes only within the solver's tolerance is ruled out and solved again.

*Shared pools.* In each scenario, those who claim one pool bring together no more than the pool. The expected value of
that is concave in the selection, and enters by its tangents.

*Risk.* The average of the worst share of scenarios (CVaR) is bounded. Rockafellar and Uryasev (2000) write it with one
variable per scenario; the same set of plans is cut out by one row per set of worst scenarios (Künzi-Bay and Mayer
2006), which are added as plans run into them. That keeps the programme as small as the portfolio. A test solves the
written-out form and finds the same plans.

*Rounds.* What is proven comes first: the programme first finds the most that proven initiatives can be worth, holds
it, and then gives out what is left. Of plans worth the same, the cheapest is taken, then the one with the earlier ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cxkit.govern.programme_master import Master
from cxkit.govern.programme_terms import EFFORT, PEOPLE, Candidate, Level, Limits, Pool, Solved, Values, tail

__all__ = ["EFFORT", "PEOPLE", "Candidate", "Level", "Limits", "Pool", "Programme", "Solved", "Values", "tail"]


class Programme:
    """The programme over its candidates; `solve` may be called again with other limits or weights."""

    def __init__(self, candidates: Sequence[Candidate], pools: Mapping[str, Pool] | None = None) -> None:
        """Lay out variables: one per level, in the order of ids, then expected pools twice, then the tail."""
        self.candidates = sorted(candidates, key=lambda c: c.id)
        self.pools = dict(sorted((pools or {}).items()))
        self.owner = np.array([n for n, c in enumerate(self.candidates) for _ in c.levels], dtype=int)
        self.level = [level for c in self.candidates for level in c.levels]
        self.share = np.array([one.share for one in self.level])
        self.fixed = np.array([one.fixed for one in self.level])
        self.cents = np.array([one.cents for one in self.level], dtype=np.int64)
        self.people = np.array([one.people for one in self.level], dtype=np.int64)
        self.first = np.array([c.first for c in self.candidates], dtype=bool)
        self.draws = len(self.candidates[0].linear) if self.candidates else 1
        self.linear = np.array([c.linear for c in self.candidates]).reshape(-1, self.draws).T
        none = np.zeros(self.draws)
        self.claims = {
            name: np.array([c.pools.get(name, none) for c in self.candidates]).reshape(-1, self.draws).T
            for name in self.pools
        }
        self.base = {name: np.minimum(pool.held, pool.size) for name, pool in self.pools.items()}
        biggest = [np.abs(self.linear).mean(0).max(initial=1.0), np.abs(self.fixed).max(initial=1.0)]
        self.unit = float(max([*biggest, *(np.abs(c).mean(0).max(initial=1.0) for c in self.claims.values())]))

    def values(self, taken: Values) -> Values:
        """Value by scenario of the options taken (1) or not (0)."""
        share = self.shares(taken)
        made = np.asarray(self.linear @ share + self.fixed @ taken)
        for name, pool in self.pools.items():
            made = made + np.minimum(pool.held + self.claims[name] @ share, pool.size) - self.base[name]
        return made

    def of(self, levels: Mapping[str, Level]) -> Values:
        """Value by scenario of a plan, which may have been made on other scenarios."""
        pairs = zip(self.owner, self.level, strict=True)
        taken = [
            float(levels.get(self.candidates[n].id) is not None and levels[self.candidates[n].id].share == one.share)
            for n, one in pairs
        ]
        return self.values(np.array(taken))

    def shares(self, taken: Values) -> Values:
        """Share of its money that each candidate gets, of the options taken."""
        return np.bincount(self.owner, weights=self.share * taken, minlength=len(self.candidates))

    def solve(
        self,
        limits: Limits,
        *,
        rounds: bool = True,
        mean: Values | None = None,
        safest: bool = False,
        effort: int = EFFORT,
    ) -> Solved | None:
        """The best plan within the limits, or None where there is none.

        `mean` weighs scenarios in the expected value (all the same without it; risk is always judged on all of them);
        without `rounds` proven and claimed are one; `safest` asks for the least loss in the worst share, not for value.
        """
        master = Master(self, limits, mean, effort)
        if safest:
            found = master.best(master.goal(tail=True))
            return None if found is None else master.solved(found)
        floor, before = None, None
        if rounds and self.first.any() and not self.first.all():
            before = master.best(master.goal(first=True))
            if before is None:
                return None
            floor = master.worth(before, first=True)
        found = master.best(master.goal(), floor=floor)
        if found is None and before is not None:
            master.optimal, found = False, before
        if found is None:
            return None
        better = master.cheapest(found, floor)
        return master.solved(found if better is None else better)

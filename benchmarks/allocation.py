"""Giving out a budget over 200 initiatives at five levels: ours beside the known optimum, and beside a ROMI ranking.

*Known optimum.* With a budget alone the problem is a multiple-choice knapsack; over whole amounts of money dynamic
programming solves it exactly and knows nothing of our programme. *Every constraint.* On portfolios of six small
enough to try every plan, the same with people, dependencies, exclusions, a shared pool, must-keep and a CVaR limit.
*ROMI ranking.* Whole initiatives in the order of value over cost, each taken where it still fits; the value of what it
misses shows in the second record, with a budget of a third of what is asked for.

Run ``python benchmarks/allocation.py``; CXKIT_BENCH_SCALE=0.1 takes a tenth of the initiatives.
"""

from __future__ import annotations

import sys
import time
from itertools import product
from typing import Any

import _record
import numpy as np

from cxkit.govern.programme import Candidate, Level, Limits, Pool, Programme

INITIATIVES, LEVELS, PORTFOLIOS, SMALL, DRAWS = 200, 5, 5, 60, 200
THIRD = 3
"""The budget is what is asked for, over this."""


def portfolio(seed: int, n: int) -> list[Candidate]:
    """Costs in whole thousands from a heavy-tailed spread, values 0.3 to 3 times the cost, five levels from a half."""
    rng = np.random.default_rng([seed, n])
    made = []
    for k in range(n):
        cost = 4 * round(5 * rng.lognormal(0.5, 0.8) + 1)
        worth = cost * rng.uniform(0.3, 3.0)
        start = rng.uniform(-0.25, 0.05) * worth
        levels = tuple(
            Level(s, round(cost * s * 100), float(start)) for s in np.linspace(0.5, 1.0, LEVELS) if cost * s % 1 == 0
        )
        made.append(Candidate(f"I{k:03}", levels, np.array([worth])))
    return made


def optimum(candidates: list[Candidate], units: int) -> float:
    """Value of the best plan by dynamic programming over whole units of money."""
    best = np.zeros(units + 1)
    for one in candidates:
        after = best.copy()
        for level in one.levels:
            cost = level.cents // 100
            if cost <= units:
                value = float(one.linear[0]) * level.share + level.fixed
                after[cost:] = np.maximum(after[cost:], best[: units + 1 - cost] + value)
        best = after
    return float(best[units])


def ranking(candidates: list[Candidate], units: int) -> float:
    """Value of whole initiatives in the order of value over cost, as long as each fits."""
    order = sorted(candidates, key=lambda c: -(float(c.linear[0]) + c.levels[-1].fixed) / c.levels[-1].cents)
    left, got = units * 100, 0.0
    for one in order:
        value, cost = float(one.linear[0]) + one.levels[-1].fixed, one.levels[-1].cents
        if value > 0 and cost <= left:
            left, got = left - cost, got + value
    return got


def large(n: int) -> list[tuple[float, float, float, float, float]]:
    """Ours, optimum, ranking, seconds of ours and of dynamic programming, per portfolio."""
    found = []
    for seed in range(PORTFOLIOS):
        candidates = portfolio(seed, n)
        units = sum(c.levels[-1].cents for c in candidates) // 100 // THIRD
        begun = time.perf_counter()
        solved = Programme(candidates).solve(Limits(cents=units * 100))
        mine = time.perf_counter() - begun
        begun = time.perf_counter()
        best = optimum(candidates, units)
        theirs = time.perf_counter() - begun
        assert solved is not None
        assert solved.optimal
        assert sum(level.cents for level in solved.levels.values()) <= units * 100
        found.append((solved.mean(), best, ranking(candidates, units), mine, theirs))
    return found


def small(seed: int) -> tuple[float, float] | None:
    """Ours and the best of all plans, with every constraint at once; None where no plan holds them."""
    rng = np.random.default_rng([seed, 17])
    made = []
    for k in range(6):
        cost = int(rng.integers(2, 40))
        levels = tuple(Level(s, round(cost * s * 100), 0.0, round(2000 * s)) for s in (0.5, 0.75, 1.0))
        linear = cost * rng.uniform(-0.2, 2.0) + rng.normal(0, 15, DRAWS)
        pools = {"P": rng.gamma(4, 5, DRAWS)} if k < 3 else {}
        made.append(Candidate(f"I{k}", levels, linear, pools, must=k == 5))
    pool = Pool(np.max([c.pools["P"] for c in made if c.pools], axis=0), np.zeros(DRAWS))
    limits = Limits(
        cents=7000, people=7000, risk=25.0, share=0.05, depends=(("I0", "I3"),), excludes=(("I1", "I4"),)
    )  # fmt: skip
    solved = Programme(made, {"P": pool}).solve(limits, rounds=False)
    best = None
    for pick in product(*[(None, *c.levels) for c in made]):
        plan = {c.id: level for c, level in zip(made, pick, strict=True) if level}
        cost, people = sum(v.cents for v in plan.values()), sum(v.people for v in plan.values())
        if "I5" not in plan or cost > 7000 or people > 7000 or ("I0" in plan and "I3" not in plan):
            continue
        if "I1" in plan and "I4" in plan:
            continue
        values, drawn = np.zeros(DRAWS), np.zeros(DRAWS)
        for c in made:
            if c.id in plan:
                values += c.linear * plan[c.id].share
                drawn += c.pools.get("P", 0.0) * plan[c.id].share
        values += np.minimum(drawn, pool.size)
        if -np.sort(values)[: DRAWS // 20].mean() <= 25.0:
            best = max(best if best is not None else -np.inf, float(values.mean()))
    if solved is None or best is None:
        assert (solved is None) == (best is None)
        return None
    return solved.mean(), best


def records(share: float = 1.0) -> list[dict[str, Any]]:
    """Both records, at this share of the initiatives."""
    n = max(10, round(INITIATIVES * share))
    runs = large(n)
    pairs = [pair for seed in range(max(5, round(SMALL * share))) if (pair := small(seed)) is not None]
    mine, best, plain, seconds, other = (np.array(column) for column in zip(*runs, strict=True))
    apart = max(abs(a - b) / max(1.0, abs(b)) for a, b in pairs)
    common = {
        "unit": "NPV",
        "size": f"{n} initiatives × {LEVELS} levels, budget a third of what is asked for",
        "repeats": len(runs),
        "seconds": float(np.median(seconds)),
        "machine": _record.machine(),
        "versions": _record.versions("numpy", "scipy"),
    }
    first = {
        "name": "allocation.vs_optimum_npv",
        "ours": float(np.median(mine)),
        "other": float(np.median(best)),
        "other_name": "dynamic programming",
        "ratio": float((mine / best).min()),
        "seconds_other": float(np.median(other)),
        "every_constraint_apart": apart,
        "every_constraint_portfolios": len(pairs),
        "holds": bool((abs(mine / best - 1) < 1e-9).all() and apart < 1e-6),
    }
    second = {
        "name": "allocation.vs_greedy_npv",
        "ours": float(np.median(mine)),
        "other": float(np.median(plain)),
        "other_name": "ROMI ranking",
        "ratio": float(np.median(mine / plain)),
        "holds": bool((mine >= plain - 1e-9).all()),
    }
    return [first | common, second | common]


def main() -> int:
    """Measure, print and write; exit code 1 where the optimum is missed."""
    found = records(_record.scale())
    for one in found:
        print(f"{one['name']}  {one['ratio']:.12f}  ({one['seconds']:.2f} s)  {one['size']}")
    apart, tried = found[0]["every_constraint_apart"], found[0]["every_constraint_portfolios"]
    print(f"every constraint at once, {tried} portfolios of six: {apart:.1e} apart at most")
    _record.write("allocation", found)
    return int(not all(one["holds"] for one in found))


if __name__ == "__main__":
    sys.exit(main())

"""Where the money goes: fund, test first, stop — by printed rules and an exact programme over joint scenarios.

The expected go-forward NPV is made as large as possible within money, people, risk and what depends on or excludes
what (`programme`). The rules come in rounds, as one lexicographic programme: the most that proven initiatives can be
worth beside what must be kept is found first and held, then the rest is given out. A claim therefore never takes
money, people or risk from proof, however large it is, and yet may be funded where proof depends on it. The budget is
all the money that is given out from now on: sunk and committed cost is not part of it, and what stopping frees stays
in it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import pandas as pd

from cxkit.govern import decided as council
from cxkit.govern import programme_given as reading
from cxkit.govern.allocation_sentences import Said, findings
from cxkit.govern.frontier import FRONTIER, frontier
from cxkit.govern.programme import EFFORT, Limits, Programme, Solved
from cxkit.govern.programme_conflict import Clash, conflict
from cxkit.govern.programme_verdicts import plan_rows, ranking
from cxkit.govern.reading import Row, records
from cxkit.govern.scenarios import LEAST, scenarios
from cxkit.govern.stability import REDRAWS, SENSITIVITY, STABILITY, sensitivity, stability
from cxkit.govern.verdicts import ORDER, RULES
from cxkit.records import Gap, Missing, Record, Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, table

_TEXTS = ("initiative_id", "initiative", "verdict", "rule", "reason", "owner_role", "grade", "outcome", "basis")
_WORDS = ("frees", "depends_on", "blocked_by", "decided")
_NUMBERS = ("share", "amount", "ask", "freed", "npv_go_forward", "go_forward_low", "go_forward_high", "test_worth")
_MORE = ("expected", "romi", "switching", "people", "frees_capacity", "stability")
PLAN: Mapping[str, Kind] = {
    **dict.fromkeys(_TEXTS, "text"),
    **dict.fromkeys(_NUMBERS, "number"),
    "must_keep": "boolean",
    **dict.fromkeys(_WORDS, "text"),
    **dict.fromkeys(_MORE, "number"),
    "romi_rank": "integer",
}
"""`amount` is given (fund, keep) or held until the test (test first), `switching` included; `freed` is cash, less the
cost of stopping; `frees_capacity` people, in full-time places; `frees` says which of the two, or neither; `expected` is
the go-forward NPV of the whole of it by itself, on average over the scenarios; `stability` the share of redraws of
the cases in which it has money; `people` those it uses in the plan."""
SUMMARY: Mapping[str, Kind] = {
    "verdict": "text",
    "initiatives": "integer",
    "amount": "number",
    "freed": "number",
    "npv_go_forward": "number",
}
TEXTS: Mapping[str, Kind] = {"position": "integer", "rule": "text", "verdict": "text", "says": "text"}
RANKING: Mapping[str, Kind] = {
    "rank": "integer",
    **dict.fromkeys(("initiative_id", "initiative"), "text"),
    **dict.fromkeys(("romi", "expected", "asks", "by_ranking", "amount"), "number"),
    **dict.fromkeys(("verdict", "why"), "text"),
}
CONFLICT: Mapping[str, Kind] = {"kind": "text", "initiative_id": "text", "initiative": "text"}
DRAWS = 2_000
"""Joint scenarios that the plan is made on; as many fresh ones verify it."""
TIGHTENED = 8
"""Times that a limit which fresh draws break is tightened."""


class Allocation(Result):
    """The plan the council is asked to decide on.

    Tables: `plan` (one row per live initiative, in order of verdict and money), `summary` (one row per verdict),
    `rules` (the rules, as printed), `frontier`, `sensitivity`, `stability`, `ranking` (by ROMI, beside the plan) and,
    where no plan holds all limits, `conflict`. Amounts of all rows and `unallocated` add up to `budget`, to the cent.
    Where the limits conflict, `feasible` is false and no amount is given to anything.
    """

    stage: ClassVar[str] = "govern"
    name: ClassVar[str] = "allocation"
    version: ClassVar[int] = 2

    currency: str = ""
    budget: float = 0.0
    budget_stated: bool = True
    """False when nobody stated a budget: then it is what live initiatives still ask for, together."""
    unallocated: float = 0.0
    freed: float = 0.0
    feasible: bool = True
    seed: int = 0
    npv: float = 0.0
    """Expected go-forward NPV of all that the plan gives or holds money for."""
    people_limit: float | None = None
    people_used: float = 0.0
    risk_limit: float | None = None
    risk_share: float = 0.05
    cvar: float | None = None
    """Average loss in the worst share of the scenarios it was made on; below nothing where even these gain."""
    cvar_fresh: float | None = None
    """The same on fresh draws."""
    risk_used: float | None = None
    """The limit the programme was solved with: tighter than stated where fresh draws broke the stated one."""
    draws: int = 0
    optimal: bool = True
    """Whether the plan is proven to be the best; else a better one may be worth up to `short_of` more."""
    short_of: float = 0.0


def allocation(
    portfolio: Result,
    *,
    tables: Tables | None = None,
    gains: pd.DataFrame | None = None,
    cases: Result | None = None,
    budget: float | None,
    people_limit: float | None = None,
    risk_limit: float | None = None,
    risk_share: float = 0.05,
    decisions: Iterable[Record] = (),
    must_keep: Collection[str] = (),
    seed: int = 0,
    redraws: int = REDRAWS,
    effort: int = EFFORT,
) -> Allocation:
    """Give out the budget.

    `portfolio` is the result of `portfolio`, read by table and column; `tables` hold people, dependencies, exclusions
    and switching costs (sheet ``initiatives``); `gains` are draws of what cases gain, as multiples of what they state
    (see `scenarios`); `cases` say who claims the same gain. `budget` is in the client's currency; without one the
    money that live initiatives still ask for is given out anew. `decisions` that were carried out say what runs now;
    `must_keep` adds ids to those that are required. Levels between an initiative's least and whole are offered where
    it states a least level; benefit and people are taken to grow with its money. `redraws` may be 0: then stability
    is not measured.
    """
    currency = getattr(portfolio, "currency", "")
    taken = council.latest(council.read(decisions, as_of=portfolio.as_of))
    g = reading.given(portfolio, tables, cases, _runs(taken), frozenset(must_keep))
    rows = [a.row for a in g.asked.values()]
    if not any(row["npv_go_forward"] is not None for row in rows):
        return Allocation(as_of=portfolio.as_of, currency=currency, seed=seed, gaps=(_nothing(portfolio),))
    asked = sum(reading.cents(a.need + a.switching) for a in g.asked.values())
    room = math.floor(float(budget) * 100 + 1e-6) / 100 if budget is not None else asked / 100
    held, fresh, worth, draws = _programmes(g, portfolio, gains, seed)
    limits = reading.limits(g, held.candidates, budget=room, people=people_limit, risk=risk_limit, share=risk_share)
    plan, used = _solved(held, fresh, limits, effort)
    clashes = conflict(held, limits) if plan is None else ()
    spent = sum(level.cents for level in plan.levels.values()) if plan else 0
    unallocated = (round(room * 100) - spent) / 100
    words = {i: council.worded(row, currency) for i, row in taken.items()}
    found = plan_rows(
        g, plan.levels if plan else None, worth,
        budget=room, unallocated=unallocated, currency=currency, decided=words,
    )  # fmt: skip
    names = {i: a.row["initiative"] or i for i, a in g.asked.items()}
    ranked = ranking(found, room)
    beside: dict[str, Any] = {"names": names, "redraws": redraws, "seed": seed, "effort": effort}
    more = {} if plan is None else _beside(held, fresh, replace(limits, risk=used), plan, **beside)
    firm = {row["initiative_id"]: row["redrawn"] for row in more.get("stability", ())}
    ranks = {row["initiative_id"]: row for row in ranked}
    for row in found:
        mine = ranks.get(row["initiative_id"], {})
        row |= {"romi": mine.get("romi"), "romi_rank": mine.get("rank"), "stability": firm.get(row["initiative_id"])}
    values = _values(held, plan)
    for row in found:
        row["value"] = values.get(row["initiative_id"], 0.0)
    freed = math.fsum(row["freed"] or 0.0 for row in found)
    said = Said(
        currency=currency, budget=room, unallocated=unallocated, stated=budget is not None, draws=draws,
        limits=limits, clashes=clashes, programme=held, people_limit=people_limit, fresh=_fresh(fresh, plan, limits),
        solved=plan, used=used,
    )  # fmt: skip
    return Allocation(
        as_of=portfolio.as_of,
        currency=currency,
        budget=room,
        budget_stated=budget is not None,
        unallocated=unallocated,
        freed=freed,
        feasible=plan is not None,
        seed=seed,
        npv=plan.mean() if plan else 0.0,
        people_limit=people_limit,
        people_used=math.fsum(row["people"] for row in found),
        risk_limit=risk_limit,
        risk_share=risk_share,
        cvar=plan.loss(risk_share) if plan else None,
        cvar_fresh=said.fresh,
        risk_used=used,
        draws=draws,
        optimal=plan is None or plan.optimal,
        short_of=plan.gap if plan else 0.0,
        findings=tuple(findings(found, ranked, more.get("sensitivity", ()), said)),
        gaps=_gaps(found, risk_limit, draws),
        tables={
            "plan": table(found, PLAN),
            "summary": table(_summary(found), SUMMARY),
            "rules": table(_printed(), TEXTS),
            "frontier": table(more.get("frontier", ()), FRONTIER),
            "sensitivity": table(more.get("sensitivity", ()), SENSITIVITY),
            "stability": table(more.get("stability", ()), STABILITY),
            "ranking": table(ranked, RANKING),
            "conflict": table(_named(clashes, names), CONFLICT),
        },
    )


def _runs(taken: Mapping[str, Mapping[str, Any]]) -> dict[str, bool]:
    """Whether the last decision on an initiative, where it was carried out, has it run."""
    says = {"fund": True, "keep": True, "stop": False}
    return {i: says[row["verdict"]] for i, row in taken.items() if row["state"] == "done" and row["verdict"] in says}


def _programmes(
    g: reading.Given, portfolio: Result, gains: pd.DataFrame | None, seed: int
) -> tuple[Programme, Programme, dict[str, float], int]:
    """The programme on the scenarios the plan is made on, the same on fresh ones, and what each is worth by itself."""
    draws = min(DRAWS, len(gains) // 2) if gains is not None and len(gains) else DRAWS
    every = [r for r in records(portfolio, "initiatives") if r["status"] != "stopped"]
    made = []
    for part in (0, 1):
        mine = gains.iloc[part * draws : (part + 1) * draws] if gains is not None and len(gains) else None
        drawn = scenarios(every, mine, draws=draws, seed=seed + 100_003 * part)
        candidates, pools, worth = reading.candidates(g, drawn, portfolio)
        made.append((candidates, pools, worth))
    worth, inside = made[0][2], {c.id for c in made[0][0]}
    # on fresh draws other initiatives may look worth their money: only those of the plan's own draws are compared
    again = reading.candidates(g, drawn, portfolio, only=inside)[0]
    return Programme(made[0][0], made[0][1]), Programme(again, made[1][1]), worth, draws


def _solved(held: Programme, fresh: Programme, limits: Limits, effort: int) -> tuple[Solved | None, float | None]:
    """The plan, and the risk limit it was solved with: tightened until fresh draws hold the stated one as well."""
    used = limits.risk
    plan = held.solve(limits, effort=effort)
    for _ in range(TIGHTENED):
        if plan is None or limits.risk is None or used is None:
            break
        over = (_fresh(fresh, plan, limits) or 0.0) - limits.risk
        if over <= 1e-7 * held.unit:
            break
        tighter = min(used, plan.loss(limits.share)) - over
        again = held.solve(replace(limits, risk=tighter), effort=effort)
        if again is None:
            break
        plan, used = again, tighter
    return plan, used


def _fresh(fresh: Programme, plan: Solved | None, limits: Limits) -> float | None:
    return None if plan is None else Solved(plan.levels, fresh.of(plan.levels)).loss(limits.share)


def _beside(
    held: Programme,
    fresh: Programme,
    limits: Limits,
    plan: Solved,
    *,
    names: Mapping[str, str],
    redraws: int,
    seed: int,
    effort: int,
) -> dict[str, list[Row]]:
    """What is shown beside the plan."""
    return {
        "frontier": frontier(held, fresh, limits, plan, effort=effort),
        "sensitivity": sensitivity(held, limits, plan, names, effort=effort),
        "stability": stability(held, limits, plan, names, redraws=redraws, seed=seed, effort=effort),
    }


def _values(held: Programme, plan: Solved | None) -> dict[str, float]:
    """What each initiative adds to the plan: the plan's value less that without it, shared gains put to the last.

    Where gains are shared these do not add up to the plan's value, which is therefore stated by itself.
    """
    if plan is None:
        return {}
    found = {}
    for id_ in plan.levels:
        rest = {i: level for i, level in plan.levels.items() if i != id_}
        found[id_] = float((plan.values - held.of(rest)).mean())
    return found


def _printed() -> list[Row]:
    return [
        {"position": n, "rule": rule, "verdict": verdict, "says": says}
        for n, (rule, (verdict, says)) in enumerate(RULES.items(), 1)
    ]


def _named(clashes: Sequence[Clash], names: Mapping[str, str]) -> list[Row]:
    return [
        {"kind": c.kind, "initiative_id": ", ".join(c.ids), "initiative": ", ".join(names.get(i, i) for i in c.ids)}
        for c in clashes
    ]


def _nothing(portfolio: Result) -> Gap:
    needs = portfolio.gaps[0].needs if portfolio.gaps else ()
    needs = needs or (Missing(name="benefits"), Missing(name="investments"))
    reason = "No live initiative has a case whose go-forward value is known, so nothing can be put in order by money."
    return Gap(id="govern.allocation.plan", what="Allocation of the budget", reason=reason, needs=needs)


def _summary(plan: Sequence[Row]) -> list[Row]:
    found: list[dict[str, Any]] = []
    for verdict in ORDER:
        rows = [row for row in plan if row["verdict"] == verdict]
        sums = {name: math.fsum(row[name] or 0.0 for row in rows) for name in ("amount", "freed")}
        value = math.fsum(row["value"] for row in rows)
        found.append({"verdict": verdict, "initiatives": len(rows), **sums, "npv_go_forward": value})
    return found


def _gaps(plan: Sequence[Row], risk_limit: float | None, draws: int) -> tuple[Gap, ...]:
    """What a test is worth is said elsewhere; a risk limit is not judged on too few scenarios."""
    found = []
    if any(row["verdict"] == "test first" for row in plan):
        reason = (
            "It takes the spread of each benefit before the test, and the test's size, cost and delay; no sheet holds "
            "the last three."
        )
        found.append(Gap(id="govern.allocation.test_value", what="What a test would be worth", reason=reason))
    if risk_limit is not None and draws < LEAST:
        reason = f"A risk limit is judged on at least {LEAST:,} joint scenarios, and there are {draws:,}."
        found.append(Gap(id="govern.allocation.risk", what="Whether the risk limit holds", reason=reason))
    return tuple(found)

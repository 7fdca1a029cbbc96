"""Where the money goes: fund, test first, stop — by printed rules and an exact selection, from go-forward values alone.

Three rounds over one budget: what must be kept together with what is proven; then what is claimed. A claim therefore
never takes money from proof, however large it is. In each round the selection with the largest go-forward NPV that
fits is taken (`selection.choose`). The budget is all the money that is given out from now on: sunk and committed cost
is not part of it, and what stopping frees stays in it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from cxkit.govern.allocation_sentences import findings
from cxkit.govern.reading import Row, records
from cxkit.govern.selection import Infeasible, Option, choose
from cxkit.govern.verdicts import LARGE, ORDER, RULES, losing, reason
from cxkit.records import Gap, Missing, Result
from cxkit.tables.sheets import Kind, table

_TEXTS = ("initiative_id", "initiative", "verdict", "rule", "reason", "owner_role", "grade", "outcome", "basis")
_NUMBERS = ("share", "amount", "ask", "freed", "npv_go_forward", "go_forward_low", "go_forward_high", "test_worth")
PLAN: Mapping[str, Kind] = {
    **dict.fromkeys(_TEXTS, "text"),
    **dict.fromkeys(_NUMBERS, "number"),
    "must_keep": "boolean",
}
"""`amount` is given (fund, keep) or held until the test (test first); `freed` is cash, less the cost of stopping."""
SUMMARY: Mapping[str, Kind] = {
    "verdict": "text",
    "initiatives": "integer",
    "amount": "number",
    "freed": "number",
    "npv_go_forward": "number",
}
TEXTS: Mapping[str, Kind] = {"position": "integer", "rule": "text", "verdict": "text", "says": "text"}
STEPS = 4
"""Levels offered between the least at which an initiative works and all it asks for."""


class Allocation(Result):
    """The plan the council is asked to decide on.

    Tables: `plan` (one row per live initiative, in order of verdict and money), `summary` (one row per verdict) and
    `rules` (the rules, as printed). Amounts of all rows and `unallocated` add up to `budget`. Where what must be kept
    needs more than the budget, `feasible` is false and no amount is given to anything.
    """

    stage: ClassVar[str] = "govern"
    name: ClassVar[str] = "allocation"

    currency: str = ""
    budget: float = 0.0
    budget_stated: bool = True
    """False when nobody stated a budget: then it is what live initiatives still ask for, together."""
    unallocated: float = 0.0
    freed: float = 0.0
    feasible: bool = True
    seed: int = 0


def allocation(portfolio: Result, *, budget: float | None, seed: int = 0) -> Allocation:
    """Give out the budget.

    `portfolio` is the result of `portfolio`, read by table and column. `budget` is in the client's currency; without
    one the money that live initiatives still ask for is given out anew. Levels between an initiative's least and
    whole are offered where it states a least level, and its benefit is taken to grow with its money. Nothing is drawn:
    `seed` is taken and recorded because every allocation takes one.
    """
    rows = [row for row in records(portfolio, "initiatives") if row["live"]]
    known = [row for row in rows if row["npv_go_forward"] is not None]
    currency = getattr(portfolio, "currency", "")
    if not known:
        return Allocation(as_of=portfolio.as_of, currency=currency, seed=seed, gaps=(_nothing(portfolio),))
    stated = budget is not None
    room = float(budget) if budget is not None else math.fsum(_need(row) for row in rows)
    placed = _place(rows, room)
    infeasible = placed if isinstance(placed, Infeasible) else None
    plan = _plan(rows, None if isinstance(placed, Infeasible) else placed, currency)
    freed = math.fsum(row["freed"] or 0.0 for row in plan)
    unallocated = room - math.fsum(row["amount"] or 0.0 for row in plan)
    summary = _summary(plan)
    return Allocation(
        as_of=portfolio.as_of,
        currency=currency,
        budget=room,
        budget_stated=stated,
        unallocated=unallocated,
        freed=freed,
        feasible=infeasible is None,
        seed=seed,
        findings=tuple(findings(plan, infeasible, room, unallocated, currency, stated=stated)),
        gaps=_gaps(plan),
        tables={
            "plan": table(plan, PLAN),
            "summary": table(summary, SUMMARY),
            "rules": table(
                [
                    {"position": n, "rule": rule, "verdict": verdict, "says": says}
                    for n, (rule, (verdict, says)) in enumerate(RULES.items(), 1)
                ],
                TEXTS,
            ),
        },
    )


def _nothing(portfolio: Result) -> Gap:
    needs = portfolio.gaps[0].needs if portfolio.gaps else ()
    needs = needs or (Missing(name="benefits"), Missing(name="investments"))
    reason = "No live initiative has a case whose go-forward value is known, so nothing can be put in order by money."
    return Gap(id="govern.allocation.plan", what="Allocation of the budget", reason=reason, needs=needs)


def _need(row: Row) -> float:
    """Money an initiative still asks for; the unspent budget of a must-keep whose costs nobody listed."""
    if row["ask"] is None and row["must_keep"]:
        return float(row["remaining"] or 0.0)
    return float(row["ask"] or 0.0)


def _options(row: Row) -> list[Option]:
    """Levels at which an initiative can be funded, least first; the cost of stopping is avoided at any of them."""
    need, value, exit_cost = _need(row), row["npv_go_forward"] or 0.0, row["exit_cost"] or 0.0
    least = row["plan_minimum"]
    if least is None or not 0 < least < 1 or not need:
        return [Option(share=1.0, cost=need, value=value)]
    shares = [least + (1 - least) * step / STEPS for step in range(STEPS + 1)]
    return [Option(share=s, cost=s * need, value=s * (value - exit_cost) + exit_cost) for s in shares]


def _growth(options: Sequence[Option]) -> list[Option]:
    """What the levels above the least cost and bring on top of it."""
    least = options[0]
    return [Option(share=o.share, cost=o.cost - least.cost, value=o.value - least.value) for o in options[1:]]


def _place(rows: Sequence[Row], budget: float) -> dict[str, tuple[Option, str]] | Infeasible:
    """Each initiative that gets money: at which level, and by which rule."""
    by_id = {row["initiative_id"]: row for row in rows}
    options = {id_: _options(row) for id_, row in by_id.items()}
    kept = [id_ for id_, row in by_id.items() if row["must_keep"]]
    worth = [i for i, r in by_id.items() if (r["npv_go_forward"] or 0.0) > 0 and _need(r) > 0 and i not in kept]
    proven = [id_ for id_ in worth if by_id[id_]["basis"] == "proven"]
    claimed = [id_ for id_ in worth if by_id[id_]["basis"] != "proven"]
    first = choose(
        {id_: options[id_][:1] for id_ in kept} | {id_: options[id_] for id_ in proven}, budget=budget, keep=kept
    )
    if isinstance(first, Infeasible):
        return first
    placed = {id_: (option, "must_keep" if id_ in kept else "proven") for id_, option in first.items()}
    left = max(0.0, budget - math.fsum(option.cost for option in first.values()))
    offered = {id_: options[id_] for id_ in claimed} | {id_: _growth(options[id_]) for id_ in kept}
    second = choose(offered, budget=left)
    for id_, option in second.items() if isinstance(second, dict) else ():
        if id_ in kept:
            placed[id_] = (next(o for o in options[id_] if o.share == option.share), "must_keep")
        else:
            large = _need(by_id[id_]) > LARGE * budget
            placed[id_] = (option, "large_claim" if large else "small_claim")
    return placed


def _plan(rows: Sequence[Row], placed: Mapping[str, tuple[Option, str]] | None, currency: str) -> list[Row]:
    """One row per initiative with its verdict and the reason in words; `placed` is None where nothing can be given."""
    copied = (*_TEXTS, *_NUMBERS, "must_keep")
    found = []
    for row in rows:
        option, rule = (placed or {}).get(row["initiative_id"], (None, ""))
        if option is None:
            rule = "must_keep" if row["must_keep"] else _unplaced(row)
        if rule == "outbid" and placed is None:
            rule = "no_room"
        verdict = RULES[rule][0]
        freed = row["ask"] - (row["exit_cost"] or 0.0) if verdict == "stop" and row["ask"] else None
        found.append(
            {
                **{name: row[name] for name in copied if name in row},
                **{"verdict": verdict, "rule": rule, "reason": reason(row, rule, currency), "freed": freed},
                "share": option.share if option else 0.0,
                "amount": option.cost if option else 0.0,
                "value": option.value if option else 0.0,
                "test_worth": None,
            }
        )
    found.sort(key=lambda r: (ORDER.index(r["verdict"]), -(r["amount"] or r["freed"] or 0.0), r["initiative_id"]))
    return found


def _unplaced(row: Row) -> str:
    """The rule for an initiative that the selection gave nothing."""
    if (row["npv_go_forward"] or 0.0) > 0:
        return "outbid" if _need(row) > 0 else "nothing_to_save"
    return losing(row)


def _summary(plan: Sequence[Row]) -> list[Row]:
    found: list[dict[str, Any]] = []
    for verdict in ORDER:
        rows = [row for row in plan if row["verdict"] == verdict]
        sums = {name: math.fsum(row[name] or 0.0 for row in rows) for name in ("amount", "freed")}
        value = math.fsum(row["value"] for row in rows)
        found.append({"verdict": verdict, "initiatives": len(rows), **sums, "npv_go_forward": value})
    return found


def _gaps(plan: Sequence[Row]) -> tuple[Gap, ...]:
    """What a test is worth cannot be said yet."""
    if not any(row["verdict"] == "test first" for row in plan):
        return ()
    reason = (
        "It takes the spread of each benefit before the test, and the test's size, cost and delay; no sheet holds "
        "the last three."
    )
    return (Gap(id="govern.allocation.test_value", what="What a test would be worth", reason=reason),)

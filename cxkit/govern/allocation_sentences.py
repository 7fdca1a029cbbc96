"""The plan in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cxkit.formats import listing, money, number, quantity
from cxkit.govern.allocation_beside import beside
from cxkit.govern.programme import PEOPLE, Limits, Programme, Solved
from cxkit.govern.programme_conflict import Clash
from cxkit.govern.reading import Row
from cxkit.govern.verdicts import RULES
from cxkit.records import Finding
from cxkit.tables.sheets import short

SOURCES = ("initiatives", "benefits", "investments", "experiments")


@dataclass(frozen=True)
class Said:
    """What the sentences are about, beside the rows."""

    currency: str
    budget: float
    unallocated: float
    stated: bool
    draws: int
    limits: Limits
    clashes: Sequence[Clash]
    programme: Programme
    people_limit: float | None
    fresh: float | None
    solved: Solved | None
    used: float | None


def findings(plan: Sequence[Row], ranked: Sequence[Row], around: Sequence[Row], given_: Said) -> list[Finding]:
    """The plan as a whole, its risk and firmness, what stopping frees, and what is asked for each initiative."""
    currency, budget = given_.currency, given_.budget

    def say(id: str, title: str, **more: Any) -> Finding:
        base: dict[str, Any] = {"stage": "govern", "unit": "money", "currency": currency, "sources": SOURCES}
        base |= {"about": "expected go-forward values; the plan carries no interval of its own", "grade": "E"}
        return Finding.model_validate(base | {"id": f"govern.allocation.{id}", "title": title} | more)

    given = {v: [row for row in plan if row["verdict"] == v] for v in ("fund", "test first", "stop", "keep", "hold")}
    freed = math.fsum(row["freed"] or 0.0 for row in given["stop"])
    found = []
    if given_.solved is None:
        found.append(_conflict(say, plan, given_))
    else:
        found.append(_whole(say, given, budget, given_.unallocated, currency, stated=given_.stated))
        found += beside(say, plan, ranked, around, given_)
    if given["stop"]:
        names = listing([short(row["initiative"], 40) for row in given["stop"]])
        unknown = sum(row["freed"] is None for row in given["stop"])
        note = f" For {unknown} of them what can be cancelled is not stated." if unknown else ""
        found.append(
            say(
                "freed",
                f"Stopping {len(given['stop'])} {'initiative' if len(given['stop']) == 1 else 'initiatives'} frees "
                f"{money(freed, currency)} of cash",
                detail=f"Named: {names}. Cancellable cost less the cost of stopping. {_people(given['stop'])}{note}",
                value=freed,
                n=len(given["stop"]),
                tone="good" if freed else "neutral",
                weight=freed,
            )
        )
    found += [
        say(
            "initiative",
            _title(row, currency),
            detail=f"{row['reason'][:1].upper()}{row['reason'][1:]}. {RULES[row['rule']][1]}",
            value=row["freed"] if row["verdict"] == "stop" else row["amount"],
            initiative=row["initiative_id"],
            grade=row["grade"] or "E",
            tone="neutral",
            weight=_weight(row),
        )
        for row in plan
    ]
    return found


def _people(stopped: Sequence[Row]) -> str:
    """Capacity that stopping frees, apart from cash."""
    people = math.fsum(row["frees_capacity"] or 0.0 for row in stopped)
    neither = sum(row["frees"] == "neither" for row in stopped)
    said = f"Apart from cash it frees {number(people)} full-time places" if people else "It frees nobody's time"
    tail = f"; {neither} {'frees' if neither == 1 else 'free'} neither cash nor people" if neither else ""
    return f"{said}, as far as the list says{tail}."


def _conflict(say: Any, plan: Sequence[Row], given: Said) -> Finding:
    """The limits that cannot hold together, by name."""
    kinds, currency = {c.kind for c in given.clashes}, given.currency
    names = {row["initiative_id"]: short(row["initiative"], 40) for row in plan}
    if kinds == {"must keep", "budget"}:
        kept = [c for c in given.programme.candidates if c.must]
        needed = sum(min(level.cents for level in c.levels) for c in kept) / 100
        over = needed - given.budget
        return say(
            "infeasible",
            f"What must be kept needs {money(needed, currency)}, {money(over, currency)} more than "
            f"the budget of {money(given.budget, currency)}",
            detail="No money is given out until the budget covers it or one of these is no longer required: "
            f"{listing([names[c.id] for c in kept])}.",
            value=over,
            tone="bad",
            weight=over,
        )
    words = {
        "budget": f"the budget of {money(given.budget, currency)}",
        "people": f"the limit of {number(given.people_limit or 0.0)} full-time places",
        "risk": f"the risk limit of {money(given.limits.risk or 0.0, currency)}",
    }
    if kinds == {"people"}:
        left = given.limits.people or 0
        return say(
            "infeasible",
            f"What goes on without new money needs {number(-left / PEOPLE)} full-time places more than the limit of "
            f"{number(given.people_limit or 0.0)}",
            detail="No money is given out until the limit covers it or some of it ends.",
            value=-left / PEOPLE,
            unit="count",
            currency="",
            tone="bad",
        )
    said = []
    for clash in given.clashes:
        who = [names.get(i, i) for i in clash.ids]
        match clash.kind:
            case "must keep":
                said.append(f"keeping {who[0]}")
            case "depends":
                said.append(f"{who[0]} only with {who[1]}")
            case "excludes":
                said.append(f"never {who[0]} beside {who[1]}")
            case kind:
                said.append(words[kind])
    return say(
        "infeasible",
        f"No plan holds all limits: {listing(said, most=6)} cannot hold together",
        detail="No money is given out until one of them gives way. Each is needed for the conflict: without any one "
        "of them the others fit.",
        value=len(said),
        unit="count",
        currency="",
        tone="bad",
    )


def _weight(row: Row) -> float:
    """Money that moves: what stopping frees, or what going on is worth."""
    if row["verdict"] == "stop":
        return float(row["freed"] or 0.0)
    return max(0.0, float(row["value"])) if row["verdict"] == "fund" else 0.0


def _whole(
    say: Any, given: dict[str, list[Row]], budget: float, unallocated: float, currency: str, *, stated: bool
) -> Finding:
    worth = math.fsum(row["value"] for row in (*given["fund"], *given["keep"]))
    proven = math.fsum(row["value"] for row in given["fund"] if row["basis"] == "proven")
    amount = {v: math.fsum(row["amount"] or 0.0 for row in rows) for v, rows in given.items()}
    parts = [
        f"funds {len(given['fund'])} with {money(amount['fund'], currency)}" if given["fund"] else "",
        f"holds {money(amount['test first'], currency)} for {len(given['test first'])} to test first"
        if given["test first"]
        else "",
        f"stops {len(given['stop'])}" if given["stop"] else "",
    ]
    said = listing([part for part in parts if part]) or "changes nothing"
    whose = "The budget" if stated else "No budget was stated; what live initiatives still ask for"
    kept = f" with {money(amount['keep'], currency)}" if amount["keep"] else ", which takes no new money"
    others = [
        f"{len(given['keep'])} {'is' if len(given['keep']) == 1 else 'are'} kept{kept}" if given["keep"] else "",
        f"{len(given['hold'])} {'waits' if len(given['hold']) == 1 else 'wait'} without new money"
        if given["hold"]
        else "",
        f"{money(unallocated, currency)} is not given out" if unallocated > 0.005 else "",
    ]
    rest = "; ".join(part for part in others if part)
    share = "all" if proven == worth else "none" if not proven else money(proven, currency)
    tail = (
        f"what it funds is worth {money(worth, currency)} from here on, {share} of it proven"
        if given["fund"] or amount["keep"]
        else "nothing is worth new money without a test"
        if given["test first"]
        else "nothing is shown or claimed to be worth new money"
    )
    return say(
        "plan",
        f"The plan {said}; {tail}",
        detail=f"{whose}: {money(budget, currency)}. "
        + (f"{rest[:1].upper()}{rest[1:]}. " if rest else "")
        + "Worth is the average over joint scenarios"
        + (", without what is held for a test" if given["test first"] else "")
        + _apart(given["fund"], worth, currency),
        value=worth,
        n=sum(len(rows) for rows in given.values()),
        tone="neutral",
        weight=max(0.0, worth),
    )


def _apart(funded: Sequence[Row], worth: float, currency: str) -> str:
    """What the cases of the funded add up to one by one, where that is another figure than the average."""
    alone = math.fsum(row["npv_go_forward"] or 0.0 for row in funded)
    same = not funded or money(alone, currency) == money(worth, currency)
    return "." if same else f"; case by case, as each is stated, what is funded adds up to {money(alone, currency)}."


def _title(row: Row, currency: str) -> str:
    name, worth = short(row["initiative"], 50), row["npv_go_forward"]
    amount, freed = row["amount"], row["freed"]
    value = f"; going on is worth {money(worth, currency)}" if worth is not None else ""
    match row["verdict"]:
        case "fund":
            part = f" ({quantity(row['share'], 'probability')} of what it asks for)" if row["share"] < 1 else ""
            return f"Fund {name} with {money(amount, currency)}{part}{value}"
        case "test first":
            return f"Test {name} first: {money(amount, currency)} waits for the result{value}, as claimed"
        case "stop":
            return f"Stop {name}: it frees {money(freed, currency)}" if freed else f"Stop {name} unless a case is made"
        case "keep":
            kept = f" with {money(amount, currency)}" if amount else ""
            return f"Keep {name}{kept}"
        case _:
            return f"Give {name} no new money for now{value}"

"""The plan in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from cxkit.formats import listing, money
from cxkit.govern.reading import Row
from cxkit.govern.selection import Infeasible
from cxkit.govern.verdicts import RULES
from cxkit.records import Finding
from cxkit.tables.sheets import short

SOURCES = ("initiatives", "benefits", "investments", "experiments")


def findings(
    plan: Sequence[Row],
    infeasible: Infeasible | None,
    budget: float,
    unallocated: float,
    currency: str,
    *,
    stated: bool,
) -> list[Finding]:
    """The plan as a whole, what stopping frees, and each initiative that something is asked for."""

    def say(id: str, title: str, **more: Any) -> Finding:
        base: dict[str, Any] = {"stage": "govern", "unit": "money", "currency": currency, "sources": SOURCES}
        base |= {"about": "expected go-forward values; the plan carries no interval of its own", "grade": "E"}
        return Finding.model_validate(base | {"id": f"govern.allocation.{id}", "title": title} | more)

    given = {v: [row for row in plan if row["verdict"] == v] for v in ("fund", "test first", "stop", "keep", "hold")}
    freed = math.fsum(row["freed"] or 0.0 for row in given["stop"])
    found = []
    if infeasible is not None:
        short_of = infeasible.needed - infeasible.budget
        found.append(
            say(
                "infeasible",
                f"What must be kept needs {money(infeasible.needed, currency)}, {money(short_of, currency)} more than "
                f"the budget of {money(budget, currency)}",
                detail="No money is given out until the budget covers it or one of these is no longer required: "
                f"{listing([short(row['initiative'], 40) for row in plan if row['must_keep']])}.",
                value=short_of,
                tone="bad",
                weight=short_of,
            )
        )
    else:
        found.append(_whole(say, given, budget, unallocated, currency, stated=stated))
    if given["stop"]:
        names = listing([short(row["initiative"], 40) for row in given["stop"]])
        unknown = sum(row["freed"] is None for row in given["stop"])
        note = f" For {unknown} of them what can be cancelled is not stated." if unknown else ""
        found.append(
            say(
                "freed",
                f"Stopping {len(given['stop'])} {'initiative' if len(given['stop']) == 1 else 'initiatives'} frees "
                f"{money(freed, currency)} of cash",
                detail=f"{names}. Cancellable cost less the cost of stopping; people are freed only where somebody "
                f"asks for them.{note}",
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
        detail=f"{whose}: {money(budget, currency)}. " + (f"{rest[:1].upper()}{rest[1:]}." if rest else ""),
        value=worth,
        n=sum(len(rows) for rows in given.values()),
        tone="neutral",
        weight=max(0.0, worth),
    )


def _title(row: Row, currency: str) -> str:
    name, worth = short(row["initiative"], 50), row["npv_go_forward"]
    amount, freed = row["amount"], row["freed"]
    value = f"; going on is worth {money(worth, currency)}" if worth is not None else ""
    match row["verdict"]:
        case "fund":
            part = f" ({row['share']:.0%} of what it asks for)" if row["share"] < 1 else ""
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

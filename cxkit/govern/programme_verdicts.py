"""From the levels of a plan to the rule and verdict of each initiative, and what stopping frees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cxkit.formats import listing, money
from cxkit.govern.programme import PEOPLE, Level
from cxkit.govern.programme_given import Asked, Given
from cxkit.govern.reading import Row
from cxkit.govern.verdicts import LARGE, ORDER, RULES, losing, reason
from cxkit.tables.sheets import short


def rules(g: Given, placed: Mapping[str, Level], worth: Mapping[str, float], budget: float) -> dict[str, str]:
    """The rule by which each initiative in the plan has its money.

    A large claim waits for a test; what depends on it waits with it, unless that is proven or required: then the claim
    is funded for its sake.
    """
    found = {}
    for id_ in sorted(placed):
        a = g.asked[id_]
        if a.row["must_keep"]:
            found[id_] = "must_keep"
        elif worth.get(id_, 0.0) <= 0:
            found[id_] = "needed"
        elif a.row["basis"] == "proven":
            found[id_] = "proven"
        else:
            found[id_] = "large_claim" if a.need > LARGE * budget else "small_claim"
    firm = {i for i, rule in found.items() if rule in ("must_keep", "proven")}
    for _ in found:
        firm |= {d for i in firm for d in g.asked[i].depends if d in found}
    wait: set[str] = {i for i, rule in found.items() if rule == "large_claim" and i not in firm}
    for _ in found:
        users = {d: [i for i in found if d in g.asked[i].depends] for d in found}
        wait |= {i for i in found if i not in firm and set(g.asked[i].depends) & wait}
        wait |= {i for i in found if found[i] == "needed" and i not in firm and users[i] and set(users[i]) <= wait}
    for id_, rule in found.items():
        if id_ in firm and rule == "large_claim":
            found[id_] = "needed"
        elif id_ in wait and rule != "large_claim":
            found[id_] = "waits"
    return found


def plan_rows(
    g: Given,
    placed: Mapping[str, Level] | None,
    worth: Mapping[str, float],
    *,
    budget: float,
    unallocated: float,
    currency: str,
    decided: Mapping[str, str],
) -> list[Row]:
    """One row per initiative with its verdict and the reason in words; `placed` is None where nothing can be given."""
    taken = placed or {}
    by_rule = rules(g, taken, worth, budget)
    names = {i: short(a.row["initiative"], 40) for i, a in g.asked.items()}
    running = set(taken) | {i for i, a in g.asked.items() if a.stays} | g.done
    found = []
    for id_, a in g.asked.items():
        row, level = a.row, taken.get(id_)
        blocked = _blocked(g, id_, running, names)
        rule = by_rule.get(id_) or _unplaced(a, worth.get(id_), blocked, unallocated, given=placed is not None)
        verdict = RULES[rule][0]
        freed = row["ask"] - (row["exit_cost"] or 0.0) if verdict == "stop" and row["ask"] else None
        people = a.people if verdict == "stop" and a.runs else None
        words = {"blocked_by": blocked, "tied": _tied(g, id_, by_rule, names)}
        found.append(
            {
                **row,
                **{
                    "verdict": verdict,
                    "rule": rule,
                    "reason": _apart(reason(row | words, rule, currency), row, worth.get(id_), currency),
                    "freed": freed,
                },
                "share": level.share if level else 0.0,
                "amount": level.cents / 100 if level else 0.0,
                "expected": worth.get(id_),
                "switching": a.switching if level else 0.0,
                "people": level.people / PEOPLE if level else (a.people if a.stays else 0.0),
                "frees_capacity": people,
                "frees": _frees(freed, people) if verdict == "stop" else None,
                "depends_on": listing([names.get(d, d) for d in a.depends]) or None,
                "blocked_by": (blocked or None) if not level else None,
                "decided": decided.get(id_),
                "test_worth": None,
            }
        )
    found.sort(key=lambda r: (ORDER.index(r["verdict"]), -(r["amount"] or r["freed"] or 0.0), r["initiative_id"]))
    return found


def _apart(said: str, row: Row, expected: float | None, currency: str) -> str:
    """The reason, with the value by itself on average over the draws where that is another one than stated."""
    stated = row["npv_go_forward"]
    if expected is None or stated is None or abs(expected - stated) <= 0.02 * max(abs(expected), abs(stated)):
        return said
    return f"{said}; by itself, on average over the draws, {money(expected, currency)}"


def _frees(cash: float | None, people: float | None) -> str:
    """What stopping frees, in a word; cash and people are never added."""
    return {(True, True): "cash and capacity", (True, False): "cash", (False, True): "capacity"}.get(
        (bool(cash and cash > 0), bool(people)), "neither"
    )


def _blocked(g: Given, id_: str, running: set[str], names: Mapping[str, str]) -> str:
    """What it depends on that does not run, and what runs that it excludes or that excludes it."""
    a = g.asked[id_]
    lost = [
        f"{names[d]}, which does not run" if d in names else f"{d}, which is not on the list"
        for d in a.depends
        if d not in running
    ]
    beside = {o for o in a.excludes if o in running} | {
        i for i, o in g.asked.items() if id_ in o.excludes and i in running
    }
    lost += [f"{names.get(o, o)}, which runs" for o in sorted(beside - {id_})]
    return listing(lost)


def _tied(g: Given, id_: str, by_rule: Mapping[str, str], names: Mapping[str, str]) -> str:
    """Who needs it, or what it waits for."""
    if by_rule.get(id_) == "needed":
        return f"needed by {listing([names[i] for i in by_rule if id_ in g.asked[i].depends])}"
    if by_rule.get(id_) == "waits":
        on = [names[d] for d in g.asked[id_].depends if by_rule.get(d) in ("large_claim", "waits")]
        on = on or [names[i] for i in by_rule if id_ in g.asked[i].depends]
        return f"waits with {listing(on)}"
    return ""


def _unplaced(a: Asked, worth: float | None, blocked: str, unallocated: float, *, given: bool) -> str:
    """The rule for an initiative that the programme gave nothing."""
    if a.row["must_keep"]:
        return "must_keep"
    value = worth if worth is not None else a.row["npv_go_forward"]
    if value is None or value <= 0:
        return losing(a.row | {"npv_go_forward": value})
    if a.need <= 0:
        return "nothing_to_save"
    if not given:
        return "no_room"
    least = a.row["plan_minimum"] or 1.0
    room = unallocated + 0.005 >= (least if 0 < least < 1 else 1.0) * a.need + a.switching
    return "blocked" if blocked else "limited" if room else "outbid"


def ranking(plan: Sequence[Row], budget: float) -> list[Row]:
    """Initiatives by ROMI, what a plain ranking would fund, and why the plan does otherwise.

    ROMI is the expected go-forward value over the money still asked for. The plain ranking funds the whole of the
    highest ROMI first, as long as money lasts, and knows no other limit.
    """
    order = [r for r in plan if r["expected"] is not None and _asks(r) > 0]
    order.sort(key=lambda r: (-r["expected"] / _asks(r), r["initiative_id"]))
    left, found = budget, []
    for rank, row in enumerate(order, 1):
        asks = _asks(row)
        takes = row["expected"] > 0 and asks <= left + 0.005
        left -= asks if takes else 0.0
        found.append(
            {
                "rank": rank,
                **{name: row[name] for name in ("initiative_id", "initiative", "expected", "amount", "verdict")},
                "asks": asks,
                "romi": row["expected"] / asks,
                "by_ranking": asks if takes else 0.0,
                "why": _why(row, takes),
            }
        )
    return found


def _asks(row: Row) -> float:
    """Money for all of it, whatever the plan gives."""
    if row["ask"] is None:
        return float(row["remaining"] or 0.0) if row["must_keep"] else 0.0
    return float(row["ask"])


def _why(row: Row, takes: bool) -> str:
    """Why the plan does otherwise than the ranking; empty where it does the same."""
    has = row["amount"] > 0
    if has and takes:
        return "" if row["share"] == 1 else f"the plan gives it {row['share']:.0%}: the rest brings more elsewhere"
    if has:
        return {
            "must_keep": "required, whatever it is worth",
            "needed": "others depend on it",
            "proven": "proven comes before claimed",
        }.get(row["rule"], "it fits into what is left, and the plan is worth more with it")
    if not takes:
        return ""
    return {
        "blocked": f"cannot run: {row['blocked_by']}",
        "limited": "no room within people, risk or a shared gain",
        "no_room": "what must be kept comes first",
    }.get(row["rule"], "the same money brings more in other places, or proof comes first")

"""Fund, test first, stop, keep or hold: the rules by which an initiative's place in the plan is worded and decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from cxkit.formats import interval, money
from cxkit.govern.reading import Row

Verdict = Literal["fund", "test first", "stop", "keep", "hold"]
ORDER: tuple[Verdict, ...] = ("fund", "test first", "stop", "keep", "hold")
LARGE = 0.05
"""An unproven initiative that asks for more than this share of the budget is tested first."""
RULES: Mapping[str, tuple[Verdict, str]] = {
    "must_keep": (
        "keep",
        "Required by law or contract: kept at the least level at which it works, and above it as far as that pays.",
    ),
    "proven": ("fund", "A test of grade A or B has shown an effect, and going on is worth more than it costs: funded."),
    "small_claim": (
        "fund",
        "Unproven, worth more than it costs as claimed, and small (at most 5 % of the budget): its own test.",
    ),
    "large_claim": (
        "test first",
        "Unproven, worth more than it costs as claimed, and large (over 5 % of the budget): money waits for a test.",
    ),
    "needed": (
        "fund",
        "Something proven or required depends on it: funded for that, whatever it is worth by itself.",
    ),
    "waits": ("test first", "Unproven, and it depends on something that is tested first: its money waits as well."),
    "blocked": (
        "hold",
        "Worth more than it costs by itself, but what it depends on does not run, or something runs that it cannot "
        "run beside: no new money in this round.",
    ),
    "limited": (
        "hold",
        "Worth more than it costs by itself, but not beside the plan: people, the risk limit or a gain that others "
        "already claim leaves no room, though money would be there.",
    ),
    "outbid": ("hold", "Worth more than it costs, but the budget brings more elsewhere: no new money in this round."),
    "no_room": ("hold", "The budget does not cover what must be kept: nothing else gets money until it does."),
    "loses": ("stop", "Going on costs more than it brings, and stopping saves more cash than it costs: stopped."),
    "no_reason": ("stop", "No line to a goal and no benefit stated: stopped, unless somebody makes a case for it."),
    "break_even": (
        "hold",
        "Proven to work, but not to be worth what it still costs: no new money until it costs less or more is known.",
    ),
    "no_cash": (
        "hold",
        "What it frees is capacity or avoided growth, worth more than its cost, but no cash: no new money until "
        "somebody says what the capacity is for.",
    ),
    "nothing_to_save": ("keep", "Nothing can be saved any more: whatever is still to be paid is paid either way."),
    "costly_exit": ("keep", "Going on loses, but stopping costs as much as it saves: carried to its end."),
    "no_case": ("hold", "Its value cannot be worked out: no new money until it can."),
}
"""Rule → verdict and text, as the report prints them, in the order in which they are asked."""


def losing(row: Row) -> str:
    """The rule for an initiative that is not worth going on with, or whose worth is not known.

    >>> row = {"npv_go_forward": -4.0, "ask": 10.0, "exit_cost": 1.0, "orphan": False, "case": "assessed",
    ...        "not_cash": 0.0}
    >>> losing(row | {"basis": "claimed"}), losing(row | {"basis": "proven", "go_forward_high": 3.0})
    ('loses', 'break_even')
    """
    value, ask, exit_cost = row["npv_go_forward"], row["ask"], row["exit_cost"] or 0.0
    if value is None:
        return "no_reason" if row["orphan"] and row["case"] in (None, "no benefit stated") else "no_case"
    if not ask:
        return "nothing_to_save"
    if ask <= exit_cost:
        return "costly_exit"
    if row["basis"] == "proven" and (row["go_forward_high"] or value) > 0:
        return "break_even"
    if value + (row["not_cash"] or 0.0) > 0:
        return "no_cash"
    return "no_reason" if row["orphan"] and row["case"] == "no benefit stated" else "loses"


def reason(row: Row, rule: str, currency: str) -> str:
    """Why, in words: what is missing, what it rests on, what going on is worth, what can be saved."""
    lacks = [word for word, absent in (("no goal", row["orphan"]), ("no owner", row["has_owner"] is False)) if absent]
    doubted = rule in ("loses", "no_reason", "no_case", "costly_exit")
    parts = (
        ", ".join(lacks) if doubted else "",
        "required by law or contract" if row["must_keep"] else "",
        _evidence(row),
        _worth(row, currency),
        f"{money(row['not_cash'], currency)} of capacity or avoided growth besides" if row["not_cash"] else "",
        _saving(row, rule, currency),
    )
    return "; ".join(filter(None, parts))


def _evidence(row: Row) -> str:
    """What its value rests on."""
    if row["basis"] != "claimed":
        return f"proof {row['grade']}" + (": no effect worth having" if row["basis"] == "disproven" else "")
    if row["case"] != "assessed":
        return row["case"] or "no business case"
    tested = {"weak": f"evidence of grade {row['grade']} only", "open": "a test that could not tell"}
    return tested.get(row["outcome"], "claimed, not tested")


def _worth(row: Row, currency: str) -> str:
    """What going on is worth, with the interval where the effect was tested."""
    value = row["npv_go_forward"]
    if value is None:
        return ""
    low, high = row["go_forward_low"], row["go_forward_high"]
    span = f" ({interval(low, high, 'money', currency=currency)})" if low is not None and low != high else ""
    return f"go-forward NPV {money(value, currency)}{span}"


def _saving(row: Row, rule: str, currency: str) -> str:
    """What can be saved, or why it gets nothing."""
    match rule:
        case "loses" | "no_reason" if row["ask"]:
            cost = f", at a cost of {money(row['exit_cost'], currency)}" if row["exit_cost"] else ""
            return f"{money(row['ask'], currency)} can be cancelled{cost}"
        case "loses" | "no_reason" if row["remaining"]:
            return (
                f"{money(row['remaining'], currency)} of its budget is not spent; what can be cancelled is not stated"
            )
        case "nothing_to_save":
            return "nothing can be cancelled"
        case "costly_exit":
            return f"stopping costs {money(row['exit_cost'], currency)}"
        case "no_room":
            return "the budget does not cover what must be kept"
        case "blocked":
            return f"cannot run: {row['blocked_by']}" if row.get("blocked_by") else "cannot run beside the plan"
        case "limited":
            return "there is money, but no room within the other limits"
        case "needed" | "waits" if row.get("tied"):
            return str(row["tied"])
        case "outbid":
            return "the budget brings more elsewhere"
        case _:
            return ""

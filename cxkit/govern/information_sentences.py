"""The value of information in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cxkit.formats import interval, listing, money, number, quantity
from cxkit.govern.reading import Row
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.sheets import short

SOURCES = ("initiatives", "benefits", "investments", "experiments")
ABOUT = "a value under the stated ranges and tested intervals, not a forecast; the band is in the text"
NEXT = ("test next", "test, if the claim is as unsure as stated")


def findings(
    queue: Sequence[Row],
    whole: Mapping[float, float],
    unknown: int,
    currency: str,
    *,
    council_months: int,
    price: float,
) -> list[Finding]:
    """What knowing everything is worth, what to test next, and each test that was valued."""
    if not queue:
        return []

    def say(id: str, title: str, **more: Any) -> Finding:
        base: dict[str, Any] = {"stage": "govern", "unit": "money", "currency": currency, "sources": SOURCES}
        base |= {"about": ABOUT, "grade": "D"}
        return Finding.model_validate(base | {"id": f"govern.information.{id}", "title": title} | more)

    band = interval(min(whole.values()), max(whole.values()), "money", currency=currency)
    note = (
        f" {unknown} more {'cannot be valued so and is' if unknown == 1 else 'cannot be valued so and are'} told below."
        if unknown
        else ""
    )
    found = [
        say(
            "perfect",
            f"Knowing for sure what every initiative brings would make the decision worth "
            f"{money(whole[1.0], currency)} more",
            detail=f"{band} if the true spread is half or twice what is stated. No set of tests can be worth "
            f"more.{note}",
            value=whole[1.0],
            n=len(queue),
        ),
        say("queue", **_queue(queue, currency, council_months, price)),
    ]
    tested = [row for row in queue if row.get("net") is not None]
    found += [say("test", **_test(row, currency, council_months)) for row in tested]
    return found


def _queue(queue: Sequence[Row], currency: str, council_months: int, price: float) -> dict[str, Any]:
    worth = [row for row in queue if row["verdict"] in NEXT]
    valued = sum(row.get("net") is not None for row in queue)
    if not worth:
        why = "no test is worth its cost and the wait" if valued else "of no test can be said what it is worth"
        detail = f"{valued} of {len(queue)} open initiatives have a test whose size and exactness can be worked out."
        return {"title": f"Before the next council {why}", "detail": detail, "value": 0.0, "n": len(queue)}
    names = listing([short(row["initiative"], 40) for row in worth], most=3)
    soon = [row for row in worth if row["ready"]]
    if len(soon) == len(worth):
        when = f"{'It is' if len(worth) == 1 else 'All are'} ready before the next council in {council_months} months."
    else:
        late = [short(row["initiative"], 40) for row in worth if row["ready"] is False]
        open_ = [short(row["initiative"], 40) for row in worth if row["ready"] is None]
        parts = [
            f"ready before the next council: {listing([short(r['initiative'], 40) for r in soon])}" if soon else "",
            f"later: {listing(late)}" if late else "",
            f"how soon is not known: {listing(open_)}" if open_ else "",
        ]
        when = "; ".join(part for part in parts if part)
        when = f"{when[:1].upper()}{when[1:]}."
    paid = (
        f" Money is short: what a test costs also displaces {money(price, currency)} of value for each unit of money."
    )
    first = worth[0]
    one = len(worth) == 1
    return {
        "title": f"Test {names} next: "
        + ("a test of it" if one else f"a test of {short(first['initiative'], 40)}, the first of {len(worth)},")
        + f" is worth {money(first['net'], currency)} after its cost and the wait",
        "detail": f"{when} Values of several tests must not be added up.{paid if price > 0.005 else ''}",
        "value": first["net"],
        "n": len(queue),
        "weight": first["net"],
    }


def _test(row: Row, currency: str, council_months: int) -> dict[str, Any]:
    name = short(row["initiative"], 50)
    units, band = number(row["units"], 0), interval(row["net_low"], row["net_high"], "money", currency=currency)
    cost = row["test_cost"]
    elsewhere = row["evsi"] - row["waiting"] - cost - row["net"] if cost is not None else 0.0
    costs = [
        f"{money(cost, currency)} it costs" if cost is not None else "",
        f"{money(row['waiting'], currency)} lost by waiting",
        f"{money(elsewhere, currency)} that the same money would bring elsewhere" if elsewhere > 0.5 else "",
    ]
    lessens = listing([part for part in costs if part])
    before = (
        ""
        if cost is not None
        else f", before its cost (not stated; it may be {money(row['bearable_cost'], currency)} a unit)"
    )
    if row["verdict"] in NEXT:
        title = f"A test of {name} with {units} units is worth {money(row['net'], currency)}{before}"
    else:
        title = (
            f"No test of {name} is worth having: the best, of {units} units, would lose {money(-row['net'], currency)}"
        )
        if row["evsi"] <= 1e-6 * max(1.0, abs(row["npv"])):
            why = (
                "none could tell enough to pay for its cost and the wait"
                if row["evppi_high"]
                else "not even knowing for sure would change the decision"
            )
            title = f"No test of {name} is worth having: {why}"
    doubt = (
        " Whether it pays hangs on how unsure the benefit really is." if row["net_low"] <= 0 < row["net_high"] else ""
    )
    return {
        "title": title,
        "detail": f"{money(row['evsi'], currency)} if it were free and at once, less {lessens}; {band} if the true "
        f"spread is half or twice what is stated.{doubt} {_when(row, council_months)} It rests on {row['rests_on']}.",
        "value": row["net"],
        "n": row["units"],
        "initiative": row["initiative_id"],
        "subject": row["experiment_id"],
        "weight": max(0.0, row["net"]),
    }


def _when(row: Row, council_months: int) -> str:
    if row["months"] is None:
        return "How soon so many units can be had is not known; one council is waited for."
    had = f"So many units and their outcomes take {quantity(row['months'], 'months')}"
    if row["councils"] == 1:
        return f"{had}, so its result is there before the next council in {council_months} months."
    return f"{had}, so its result is there after {row['councils']} councils."


def reason(row: Row, currency: str) -> str:
    """Why the queue says what it says, in one line."""
    if not row["evppi_high"]:
        return "not even knowing for sure would change the decision"
    if row.get("net") is None:
        return f"knowing for sure is worth {money(row['evppi'], currency)}; how exact a test would be is not known"
    parts = [f"worth {money(row['evsi'], currency)} at once", f"waiting costs {money(row['waiting'], currency)}"]
    parts.append(
        f"the test {money(row['test_cost'], currency)}"
        if row["test_cost"] is not None
        else f"cost of the test not stated, bearable up to {money(row['bearable_cost'], currency)} a unit"
    )
    return "; ".join(parts)


def gaps(unknown: Sequence[tuple[Row, str, tuple[Missing, ...]]]) -> list[Gap]:
    """What could not be valued, by initiative."""
    made = []
    for row, why, needs in unknown:
        name = short(row["initiative"], 40)
        said = (
            f"The case of {name} states no range, so its spread would be a guess, and a value of testing it too."
            if why == "guess"
            else f"How exact a test of {name} would be cannot be said: it takes a registered hypothesis with its "
            "yearly base and margin, and the spread of its outcome."
        )
        made.append(
            Gap(
                id="govern.information.test",
                what=f"What a test of {name} would be worth",
                reason=said,
                needs=needs,
                initiative=row["initiative_id"],
            )
        )
    return made


def nothing(portfolio: Result) -> Gap:
    """No decision whose information could be valued."""
    needs = portfolio.gaps[0].needs if portfolio.gaps else ()
    needs = needs or (Missing(name="benefits"), Missing(name="investments"))
    said = "No live initiative has a case whose go-forward value is known, so there is no decision to inform."
    return Gap(id="govern.information.perfect", what="What knowing more would be worth", reason=said, needs=needs)


def no_budget(needed: float, budget: float, currency: str) -> Gap:
    """What must be kept needs more than there is."""
    said = (
        f"What must be kept needs {money(needed, currency)}, more than the budget of {money(budget, currency)}: there "
    )
    said += "is nothing left to decide on."
    return Gap(id="govern.information.perfect", what="What knowing more would be worth", reason=said)

"""The portfolio in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from cxkit.formats import interval, listing, money, quantity
from cxkit.govern.reading import Row
from cxkit.govern.timing import payback
from cxkit.records import Finding, Grade, Record
from cxkit.tables.sheets import short

SOURCES = ("initiatives", "benefits", "investments", "experiments")


class Whole(Record):
    """The NPV of all initiatives together, over joint scenarios."""

    low: float
    high: float
    """Ends of the middle 95 % of the scenarios."""
    mean: float
    flat: int
    """Initiatives that carry no spread: claims that state no range."""
    draws: int


def findings(
    members: Sequence[Row],
    assessed: Sequence[Row],
    months: Sequence[Row],
    pools: Sequence[Row],
    currency: str,
    *,
    whole: Whole | None = None,
) -> list[Finding]:
    """NPV, the proven part of it, payback, shared claims and what loses by going on; none without a valued case."""
    if not assessed:
        return []

    def say(id: str, title: str, **more: Any) -> Finding:
        base: dict[str, Any] = {"stage": "govern", "unit": "money", "currency": currency, "sources": SOURCES}
        base |= {"n": len(assessed), "about": "expected values of the cases; no interval is given to a sum of claims"}
        return Finding.model_validate(base | {"id": f"govern.portfolio.{id}", "title": title} | more)

    npv = math.fsum(row["npv"] for row in assessed)
    forward = math.fsum(row["npv_go_forward"] for row in assessed if row["live"])
    proven = [row for row in assessed if row["basis"] == "proven"]
    by_proof = math.fsum(row["npv"] for row in proven)
    grades: list[Grade] = [row["grade"] if row["basis"] != "claimed" else "E" for row in assessed]
    left = sum(row["npv"] is None for row in members)
    note = f" {left} more cannot be valued and {'counts' if left == 1 else 'count'} as nothing." if left else ""
    over = [row for row in assessed if not row["live"]]
    done = f", {len(over)} of them finished," if over else ""
    one = len(assessed) == 1
    every = (
        "one initiative that can be valued is" if one else f"{len(assessed)} initiatives that can be valued{done} are"
    )
    found = [
        say(
            "npv",
            f"The {every} worth {money(npv, currency)} net over the whole life, "
            f"{money(by_proof, currency)} of it proven",
            detail=f"Going on from today is worth {money(forward, currency)}. Where a test has shown an effect, its "
            f"amount stands in place of the claim; all else is claimed.{note}{_luck(assessed)}"
            + _scatter(whole, npv, len(assessed), currency),
            value=npv,
            grade=max(grades),
            tone="neutral" if npv > 0 else "bad",
            weight=0.0,
            **_spread(whole),
        ),
        say(
            "proven",
            f"{money(by_proof, currency)} of portfolio NPV rests on a shown effect of grade A or B, "
            f"in {len(proven)} of {len(assessed)} initiatives",
            detail=f"Proven: {listing([short(row['initiative'], 40) for row in proven])}." if proven else "",
            value=by_proof,
            grade=max((row["grade"] for row in proven), default="E"),
            tone="good" if proven and by_proof > 0 else "bad",
        ),
    ]
    back = payback({row["index"]: row["benefit"] - row["cost"] for row in months})
    paid = quantity(back, "months")
    found.append(
        say(
            "payback",
            f"The portfolio has paid back {paid} after its first flow"
            if math.isfinite(back)
            else "The portfolio does not pay back within the horizon",
            detail="Simple payback of expected flows, sunk cost included.",
            value=back,
            unit="months",
            currency="",
            grade=max(grades),
            tone="neutral" if math.isfinite(back) else "bad",
        )
    )
    lost = math.fsum(row["lost_pv"] for row in pools)
    if pools and lost > 0:
        found.append(
            say(
                "shared",
                f"{money(lost, currency)} of claimed value is claimed by several initiatives at once and counted once",
                detail=f"Shared: {listing([short(row['pool'], 40) for row in pools])}."
                + (
                    " One of the claims is proven; the others may have nothing left to claim."
                    if any(row["proven"] for row in pools)
                    else ""
                ),
                value=lost,
                n=len(pools),
                grade="E",
                tone="bad",
            )
        )
    going = [row for row in assessed if row["live"]]
    losing = [row for row in going if _loses(row)]
    if losing:
        saved = math.fsum((row["ask"] or 0.0) - (row["exit_cost"] or 0.0) for row in losing)
        verb = "loses" if len(losing) == 1 else "lose"
        found.append(
            say(
                "negative",
                f"{len(losing)} of {len(going)} live initiatives {verb} by going on; "
                f"stopping saves {money(saved, currency)}",
                detail=f"Named: {listing([short(row['initiative'], 40) for row in losing])}. Only cost that can "
                "still be cancelled is counted, less the cost of stopping.",
                value=saved,
                n=len(going),
                grade=max(row["grade"] or "E" for row in losing),
                tone="bad",
                weight=saved,
            )
        )
    return found


def _loses(row: Row) -> bool:
    """Whether going on loses whatever is counted: capacity too, and the high end where the effect was tested."""
    best = max(row["npv_go_forward"], row["go_forward_high"] if row["basis"] == "proven" else row["npv_go_forward"])
    saves = (row["ask"] or 0.0) > (row["exit_cost"] or 0.0)
    return saves and row["npv_go_forward"] < 0 and best + (row["not_cash"] or 0.0) <= 0


def _spread(whole: Whole | None) -> dict[str, Any]:
    """Interval of the whole and what it is about; nothing where it has none."""
    if whole is None:
        return {}
    about = f"NPV over {whole.draws:,} joint scenarios: stated ranges of claims, intervals of tests"
    return {"low": whole.low, "high": whole.high, "about": about}


def _scatter(whole: Whole | None, npv: float, n: int, currency: str) -> str:
    """What the interval holds and what it leaves out."""
    if whole is None:
        return ""
    said = f" In 95 % of joint scenarios it lies at {interval(whole.low, whole.high, 'money', currency=currency)}."
    if abs(whole.mean - npv) > 0.05 * max(abs(npv), (whole.high - whole.low) / 4):
        said += f" Their mean is {money(whole.mean, currency)}, because stated ranges are lopsided."
    if whole.flat:
        verb = "states no range and counts" if whole.flat == 1 else "state no range and count"
        said += f" {whole.flat} of {n} {verb} without any spread, so the true one is wider."
    return said


def _luck(assessed: Sequence[Row]) -> str:
    """That tested effects were shrunk, and by how much their initiatives' NPV moved."""
    pulled = [row for row in assessed if row.get("group")]
    if not pulled:
        return ""
    return f" {len(pulled)} tested {'effect is' if len(pulled) == 1 else 'effects are'} counted with luck taken out."

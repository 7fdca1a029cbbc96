"""The portfolio: what going on with everything together is worth, on which evidence, and when it has paid back.

Where an initiative is proven, its claimed benefit gives way to the one that the test found: the yearly amount of the
P&L bridge, in the time profile and the kinds of the case. Where it is disproven, to what the test found, or to
nothing. What is already paid is sunk, what is committed is paid either way: neither speaks for or against going on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

import pandas as pd

from cxkit.govern.portfolio_sentences import Whole, findings
from cxkit.govern.reading import Row, records
from cxkit.govern.scenarios import joint
from cxkit.govern.timing import payback, present
from cxkit.records import Gap, Missing, Result
from cxkit.tables.sheets import Kind, short, table

_TEXTS = ("initiative_id", "initiative", "status", "owner_role", "grade", "outcome", "basis", "case", "pools", "group")
_FLAGS = ("live", "must_keep", "orphan", "has_owner")
_NUMBERS = (
    *("plan_minimum", "budget", "remaining", "npv", "npv_low", "npv_high", "claimed_npv"),
    *("npv_go_forward", "go_forward_low", "go_forward_high", "claimed_go_forward", "not_cash"),
    *("ahead", "saved", "factor", "factor_low", "factor_high", "factor_shared", "raw_factor", "yearly"),
    *("ask", "committed", "sunk", "exit_cost", "revenue", "cost", "risk", "payback_months", "lost_to_sharing"),
)
INITIATIVES: Mapping[str, Kind] = {
    **dict.fromkeys(_TEXTS, "text"),
    **dict.fromkeys(_FLAGS, "boolean"),
    **dict.fromkeys(_NUMBERS, "number"),
}
"""`ask` is the money that can still be cancelled within the horizon, undiscounted; `npv_go_forward` the value of going
on against stopping today, in cash: `factor` × `ahead` (its claimed benefit in cash still to come) less `saved` (what
stopping saves, net of its cost); `not_cash` what it frees besides, as capacity or avoided growth; `basis` is proven,
disproven or claimed; `revenue`, `cost` and `risk` are present values. Where effects were shrunk, `factor` is the shrunk
one, `raw_factor` what the test alone showed, `group` the effects it was shrunk with and `factor_shared` the part of its
standard deviation that moves with them; `yearly` is everything claimed a year at full effect."""
GRADES: Mapping[str, Kind] = {
    "grade": "text",
    "initiatives": "integer",
    "budget": "number",
    "npv": "number",
    "npv_go_forward": "number",
}
FLOWS: Mapping[str, Kind] = {"index": "integer", "benefit": "number", "cost": "number", "cumulative": "number"}
POOLS: Mapping[str, Kind] = {
    "pool": "text",
    "initiatives": "text",
    "claimed_pv": "number",
    "kept_pv": "number",
    "lost_pv": "number",
    "proven": "text",
}


class Portfolio(Result):
    """All initiatives as one investment.

    NPV and payback are those of everything that was not stopped, finished initiatives included; go-forward figures
    matter for live ones. Tables: `initiatives` (one row per initiative), `grades` (one row per grade of evidence, and
    one for none), `flows` (month by month, undiscounted, initiatives whose case can be valued; index 0 is the month of
    `as_of`), `pools` (claims on the same gain). Money in the client's currency.
    """

    stage: ClassVar[str] = "govern"
    name: ClassVar[str] = "portfolio"

    currency: str = ""
    discount_rate: float = 0.0
    shrunk: bool = False
    """Whether tested effects were corrected for the luck of being the best ones."""
    seed: int = 0


def portfolio(
    ledger: Result,
    cases: Result | None,
    *,
    discount_rate: float,
    shrinkage: Result | None = None,
    gains: pd.DataFrame | None = None,
    seed: int = 0,
) -> Portfolio:
    """Aggregate the business cases of the ledger's initiatives.

    `ledger` and `cases` are read by table and column, as `reading` says; `discount_rate` is yearly, effective, and
    flows are discounted from the month's end, unless they carry their own worth, on the terms of the case (timing,
    prices, tax). An initiative without a valued case stays in the table with empty values. Without any valued case
    there is a gap.

    `shrinkage` is the result of that name: where a test's effect stands in place of a claim, its shrunk factor and
    interval take the place of the raw ones, here and in all that follows. With `gains` (multiples of the stated gain,
    one column per initiative, see `quantify.gain_draws`) the NPV gets an interval from joint scenarios; `seed` is
    theirs.
    """
    currency = getattr(cases, "currency", "") or next((f.currency for f in ledger.findings if f.currency), "")
    valued = {row["initiative"]: row for row in records(cases, "cases")}
    given = _Given(cases)
    given.shrunk = {row["initiative_id"]: row for row in records(shrinkage, "effects")}
    found = [
        _initiative(row, valued.get(row["initiative_id"]), given, discount_rate)
        for row in records(ledger, "initiatives")
    ]
    members = [row for row in found if row["status"] != "stopped"]
    assessed = [row for row in members if row["npv"] is not None]
    months = _months(assessed, given.flows)
    shared = _pools(records(cases, "pools"), found)
    gaps = () if assessed else (_nothing(ledger, cases),)
    whole = _whole(assessed, gains, seed)
    return Portfolio(
        as_of=ledger.as_of,
        currency=currency,
        discount_rate=discount_rate,
        shrunk=bool(given.shrunk),
        seed=seed,
        findings=tuple(findings(members, assessed, months, shared, currency, whole=whole)),
        gaps=gaps,
        tables={
            "initiatives": table(found, INITIATIVES),
            "grades": table(_grades(members) if members else [], GRADES),
            "flows": table(months, FLOWS),
            "pools": table(shared, POOLS),
        },
    )


class _Given:
    """The cases' flows, shared pools and yearly amounts, by initiative."""

    def __init__(self, cases: Result | None) -> None:
        self.flows: dict[str, list[Row]] = {}
        for flow in records(cases, "flows"):
            self.flows.setdefault(flow["initiative"], []).append(flow)
        self._rows = records(cases, "rows")
        self._pools = records(cases, "pools")
        self.shrunk: dict[str, Row] = {}
        self.after_tax = 1.0 - float(getattr(cases, "tax_rate", 0.0))

    def pools(self, initiative: str) -> list[str]:
        """Names of the pools it claims from."""
        return sorted({row["pool"] for row in self._pools if row["initiative"] == initiative})

    def yearly(self, initiative: str) -> float:
        """Everything it claims a year at full effect, cash or not."""
        return math.fsum(row["yearly"] or 0.0 for row in self._rows if row["initiative"] == initiative)


def _nothing(ledger: Result, cases: Result | None) -> Gap:
    reason = "No live initiative has a business case that can be valued."
    own = cases.gaps if cases is not None else ()
    needs = tuple(dict.fromkeys(need for gap in (*ledger.gaps, *own) for need in gap.needs))
    needs = needs or (Missing(name="benefits"), Missing(name="investments"))
    return Gap(id="govern.portfolio.npv", what="Portfolio NPV and payback", reason=reason, needs=needs[:4])


def _basis(row: Row, yearly: float) -> tuple[str, float, float, float]:
    """Basis, and the factors on the claimed benefit (of `yearly` at full effect): expected, low, high."""
    if row["outcome"] not in ("proven", "disproven"):
        return "claimed", 1.0, 1.0, 1.0
    if row["realised_value"] is None or yearly <= 0:
        return (row["outcome"], 0.0, 0.0, 0.0) if row["outcome"] == "disproven" else ("claimed", 1.0, 1.0, 1.0)
    ends = (row["realised_low"], row["realised_high"])
    low, high = (v if v is not None else row["realised_value"] for v in ends)
    return row["outcome"], row["realised_value"] / yearly, low / yearly, high / yearly


def _whole(assessed: Sequence[Row], gains: pd.DataFrame | None, seed: int) -> Whole | None:
    """The spread of the whole portfolio's NPV over joint scenarios; None without draws, or where nothing varies."""
    if gains is None or not len(gains) or not assessed:
        return None
    given = [row | {"ahead": row["_benefit"], "saved": row["_cost"]} for row in assessed]
    drawn = joint(given, gains, draws=len(gains), seed=seed)
    flat = [r for r in assessed if drawn[str(r["initiative_id"])].std() <= 1e-9 * max(1.0, abs(r["_benefit"]))]
    if len(flat) == len(assessed):
        return None
    total = drawn.sum(axis=1)
    low, high = total.quantile([0.025, 0.975])
    return Whole(low=float(low), high=float(high), mean=float(total.mean()), flat=len(flat), draws=len(total))


def _initiative(row: Row, case: Row | None, given: _Given, rate: float) -> Row:
    id_ = row["initiative_id"]
    copied = ("initiative_id", "initiative", "status", "owner_role", "grade", "outcome", "live", "must_keep", "orphan")
    found: Row = dict.fromkeys(INITIATIVES) | {
        name: row[name] for name in (*copied, "has_owner", "plan_minimum", "budget", "remaining")
    }
    found |= {"basis": "claimed", "pools": "; ".join(given.pools(id_)) or None, "case": case["case"] if case else None}
    if case is None:
        return found
    basis, *factors = _basis(row, given.yearly(id_))
    raw, pulled = factors[0], given.shrunk.get(id_) if basis != "claimed" else None
    if pulled is not None:
        factors = [pulled["shrunk"], pulled["low"], pulled["high"]]
    flows = given.flows.get(id_, ())
    gains = [f for f in flows if f["block"] != "investment"]
    cash = [f for f in gains if f["kind"] == "cashable"]
    paid = [f for f in flows if f["block"] == "investment"]
    open_ = [f for f in paid if f["index"] > 0 and f["kind"] == "cancellable"]
    benefit, cost = present(cash, rate), -present(paid, rate)
    ahead = present([f for f in cash if f["index"] > 0], rate)
    other = present([f for f in gains if f["kind"] != "cashable" and f["index"] > 0], rate)
    saved = -present(open_, rate) - given.after_tax * (case["exit_cost"] or 0.0)
    valued = case["npv"] is not None
    npvs = [factor * benefit - cost if valued else None for factor in factors]
    forward = [factor * ahead - saved if valued else None for factor in factors]
    proven = basis != "claimed"
    back = payback(_net(cash, paid, factors[0])) if case["case"] == "assessed" else math.inf
    blocks = {
        block: factors[0] * (case[f"{block}_pv"] or 0.0) if valued else None for block in ("revenue", "cost", "risk")
    }
    return found | {
        "basis": basis,
        "npv": npvs[0],
        "npv_low": npvs[1] if proven else None,
        "npv_high": npvs[2] if proven else None,
        "claimed_npv": benefit - cost if valued else None,
        "npv_go_forward": forward[0],
        "go_forward_low": forward[1] if proven else None,
        "go_forward_high": forward[2] if proven else None,
        "claimed_go_forward": ahead - saved if valued else None,
        "not_cash": factors[0] * other if valued else None,
        "ask": math.fsum(-f["amount"] for f in open_),
        "committed": case["committed_cost"],
        "sunk": case["sunk_cost"],
        "exit_cost": case["exit_cost"],
        **blocks,
        "payback_months": back if math.isfinite(back) else None,
        "lost_to_sharing": case["lost_to_sharing"],
        "ahead": ahead if valued else None,
        "saved": saved if valued else None,
        "factor": factors[0],
        "factor_low": factors[1],
        "factor_high": factors[2],
        "factor_shared": pulled["shared"] if pulled is not None else None,
        "raw_factor": raw,
        "yearly": given.yearly(id_),
        "group": pulled["group"] if pulled is not None else None,
        "_benefit": benefit,
        "_cost": cost,
    }


def _net(cash: Sequence[Row], paid: Sequence[Row], factor: float) -> dict[int, float]:
    net: dict[int, float] = {}
    for flow in (*cash, *paid):
        amount = flow["amount"] * (factor if flow["block"] != "investment" else 1.0)
        net[flow["index"]] = net.get(flow["index"], 0.0) + amount
    return net


def _months(assessed: Sequence[Row], flows: Mapping[str, Sequence[Row]]) -> list[Row]:
    """Benefit, cost and their running sum, month by month."""
    benefit: dict[int, float] = {}
    cost: dict[int, float] = {}
    for row in assessed:
        for flow in flows.get(row["initiative_id"], ()):
            if flow["block"] == "investment":
                cost[flow["index"]] = cost.get(flow["index"], 0.0) - flow["amount"]
            elif flow["kind"] == "cashable":
                benefit[flow["index"]] = benefit.get(flow["index"], 0.0) + flow["amount"] * row["factor"]
    if not benefit and not cost:
        return []
    found, running = [], 0.0
    for index in range(min({*benefit, *cost}), max({*benefit, *cost}) + 1):
        plus, minus = benefit.get(index, 0.0), cost.get(index, 0.0)
        running += plus - minus
        found.append({"index": index, "benefit": plus, "cost": minus, "cumulative": running})
    return found


def _grades(members: Sequence[Row]) -> list[Row]:
    found = []
    for grade in ("A", "B", "C", "D", "E", None):
        rows = [row for row in members if row["grade"] == grade]
        sums = {c: sum(row.get(c) or 0.0 for row in rows) for c in ("budget", "npv", "npv_go_forward")}
        found.append({"grade": grade or "none", "initiatives": len(rows), **sums})
    return found


def _pools(pools: Sequence[Row], found: Sequence[Row]) -> list[Row]:
    names: dict[str, str] = {row["initiative_id"]: short(row["initiative"], 40) for row in found}
    proven = {row["initiative_id"] for row in found if row["basis"] == "proven"}
    made = []
    for pool in sorted({str(row["pool"]) for row in pools}):
        mine = [row for row in pools if row["pool"] == pool]
        sums = {c: math.fsum(row[c] for row in mine) for c in ("claimed_pv", "kept_pv", "lost_pv")}
        who = "; ".join(names.get(row["initiative"], str(row["initiative"])) for row in mine)
        shown = "; ".join(names[row["initiative"]] for row in mine if row["initiative"] in proven)
        made.append({"pool": pool, "initiatives": who, **sums, "proven": shown or None})
    return made

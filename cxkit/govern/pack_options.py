"""Decisions needed: what the plan asks for, what else could be decided, and what deciding nothing costs a month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cxkit.formats import money, quantity
from cxkit.govern.reading import Row, records
from cxkit.records import Finding, Result
from cxkit.tables.sheets import Kind, short

ASKING = ("fund", "test first", "stop")
NEEDED: Mapping[str, Kind] = {
    "initiative_id": "text",
    "initiative": "text",
    "verdict": "text",
    "amount": "number",
    "freed": "number",
    "reason": "text",
    "if_nothing": "text",
    "per_month": "number",
    "owner_role": "text",
    "state": "text",
    "grade": "text",
    "chain": "text",
    "gaps": "text",
    "finding_keys": "text",
    "business_unit": "text",
    "test_worth": "number",
}
"""`state` is open, or decided when the last decision on the initiative says the same. `per_month` is money that a
month without a decision costs, where it is known. `chain` says how each step of the ledger stands, `gaps` names the
steps for which there is nothing, `finding_keys` (separated by spaces) the findings behind it; `test_worth` what a test
before deciding would be worth, net of its cost and delay, where ``govern.information`` says so."""
OPTIONS: Mapping[str, Kind] = {
    "initiative_id": "text",
    "initiative": "text",
    "position": "integer",
    "option": "text",
    "verdict": "text",
    "amount": "number",
    "freed": "number",
    "npv": "number",
    "per_month": "number",
    "says": "text",
}
"""Three per decision: as the plan asks, the next best, nothing. `npv` is what going on is worth under it, as known."""
NEXT_MONTHS = 3
"""Months over which a cost that could be saved is averaged."""


def needed(
    allocation: Result | None, latest: Mapping[str, Mapping[str, Any]], results: Mapping[str, Result], currency: str
) -> tuple[list[Row], list[Row]]:
    """Decisions the plan asks for, with the ledger row behind each, and the options of each."""
    if allocation is None or not allocation.has("plan"):
        return [], []
    chains: dict[str, list[Row]] = {}
    for row in records(results.get("govern.ledger"), "chain"):
        chains.setdefault(str(row["initiative_id"]), []).append(row)
    ledger = {r["initiative_id"]: r for r in records(results.get("govern.ledger"), "initiatives")}
    folio = {r["initiative_id"]: r for r in records(results.get("govern.portfolio"), "initiatives")}
    cases = results.get("quantify.cases")
    valued = {r["initiative"]: r for r in records(cases, "cases")}
    spent = _spending(records(cases, "flows"))
    tests = {r["initiative_id"]: r.get("net") for r in records(results.get("govern.information"), "queue")}
    found: list[Row] = []
    options: list[Row] = []
    for row in allocation.tables["plan"].to_pylist():
        if row["verdict"] not in ASKING:
            continue
        id_ = row["initiative_id"]
        last = latest.get(id_)
        same = last is not None and str(last["verdict"]).casefold() == row["verdict"]
        month = _a_month(row, folio.get(id_, {}), valued.get(id_, {}), spent.get(id_))
        nothing = _otherwise(row, month, currency)
        found.append(
            {
                **{name: row.get(name) for name in ("initiative_id", "initiative", "verdict", "amount", "freed")},
                **{"reason": row.get("reason"), "grade": row.get("grade"), "if_nothing": nothing, "per_month": month},
                **_chain(chains.get(id_, ())),
                "test_worth": tests.get(id_),
                "business_unit": ledger.get(id_, {}).get("business_unit"),
                "owner_role": "CX Council/Finance",
                "state": "decided" if same else "open",
            }
        )
        options += _options(row, folio.get(id_, {}), month, nothing, currency)
    return found, options


def _chain(steps: Iterable[Row]) -> Row:
    """How each step stands, which are gaps, and the findings they rest on."""
    order = sorted(steps, key=lambda r: r["position"])
    keys = dict.fromkeys(str(r["finding_key"]) for r in order if r.get("finding_key"))
    return {
        "chain": " · ".join(f"{r['label']}: {r['status']}" for r in order) or None,
        "gaps": ", ".join(str(r["label"]).lower() for r in order if r["status"] == "gap" and r["step"] != "decision")
        or None,
        "finding_keys": " ".join(keys) or None,
    }


def _spending(flows: Iterable[Row]) -> dict[str, float]:
    """Money a month that can still be saved, over the next months, by initiative."""
    found: dict[str, float] = {}
    for flow in flows:
        if flow["block"] == "investment" and flow["kind"] == "cancellable" and 1 <= flow["index"] <= NEXT_MONTHS:
            id_ = str(flow["initiative"])
            found[id_] = found.get(id_, 0.0) - float(flow["amount"]) / NEXT_MONTHS
    return found


def _a_month(row: Row, folio: Row, case: Row, spent: float | None) -> float | None:
    """What a month without a decision costs: cost that goes on, or proven benefit that does not come."""
    if row["verdict"] == "stop":
        return spent if spent and row.get("freed") else None
    if row["verdict"] == "fund" and row.get("basis") == "proven" and case.get("yearly_benefit"):
        yearly = float(case["yearly_benefit"]) * float(folio.get("factor") or 1.0)
        return yearly / 12 if yearly > 0 else None
    return None


def _otherwise(row: Row, month: float | None, currency: str) -> str:
    """What happens if nothing is decided."""
    each = f", {money(month, currency)} a month" if month else ""
    match row["verdict"]:
        case "stop":
            freed = row.get("freed")
            return f"{money(freed, currency)} that could be saved is spent{each}" if freed else "it goes on as it is"
        case "fund":
            npv = row.get("npv_go_forward")
            kind = "proven" if row.get("basis") == "proven" else "claimed"
            return f"{money(npv, currency)} of {kind} value waits{each}" if npv else "a proven initiative waits"
        case _:
            asked = row.get("ask") or row.get("amount")
            return f"{money(asked or 0.0, currency)} is given to a claim nobody has tested, or to nothing"


def _options(row: Row, folio: Row, month: float | None, nothing: str, currency: str) -> list[Row]:
    npv = row.get("npv_go_forward")
    asked = {"verdict": row["verdict"], "amount": row.get("amount"), "freed": row.get("freed")}
    if row["verdict"] != "test first":
        asked["npv"] = npv if row["verdict"] == "fund" else 0.0
    made = [
        {"option": "as the plan asks", **asked, "says": _asked(row, currency)},
        {"option": "next best", **_second(row, folio, currency)},
        {"option": "nothing", "verdict": None, "amount": None, "per_month": month, "says": nothing},
    ]
    same = {name: row.get(name) for name in ("initiative_id", "initiative")}
    return [{**same, "position": n, **one} for n, one in enumerate(made, 1)]


def _asked(row: Row, currency: str) -> str:
    amount = money(row["amount"], currency) if row.get("amount") else ""
    match row["verdict"]:
        case "fund":
            return f"give {amount or 'what it asks for'} now"
        case "test first":
            return f"hold {amount or 'the money'} until a test has shown an effect"
        case _:
            freed = row.get("freed")
            return f"stop, and have {money(freed, currency)} for something else" if freed else "stop"


def _second(row: Row, folio: Row, currency: str) -> Row:
    """The next best: the same at less risk, or what a council does that is not yet sure."""
    npv, least = row.get("npv_go_forward"), folio.get("plan_minimum")
    asked = row.get("ask") or row.get("amount") or 0.0
    lesser = least is not None and 0 < least < 1 and asked
    match row["verdict"]:
        case "fund" if lesser:
            share = float(least or 0.0)
            said = f"give the least at which it works, {money(share * asked, currency)}"
            worth = None if npv is None else share * npv
            return {"verdict": "fund", "amount": share * asked, "npv": worth, "says": f"{said}, and look again"}
        case "fund":
            return {"verdict": "test first", "amount": asked, "says": "hold the money for one more test"}
        case "test first":
            share = float(least) if lesser and least is not None else 1.0
            said = f"give {money(share * asked, currency)} on the claim alone"
            part = f" ({quantity(share, 'probability')} of what it asks for)" if share < 1 else ""
            worth = None if npv is None else share * npv
            return {"verdict": "fund", "amount": share * asked, "npv": worth, "says": f"{said}{part}, untested"}
        case _:
            said = "no new money until somebody shows a case; what is committed runs on"
            return {"verdict": "hold", "amount": 0.0, "says": said}


def findings(needed: Sequence[Row], options: Sequence[Row], sources: tuple[str, ...], currency: str) -> list[Finding]:
    """One finding per open decision, with its options; and what a month without decisions costs."""
    open_ = [row for row in needed if row["state"] == "open"]
    found = []
    monthly = [row for row in open_ if row["per_month"]]
    if monthly:
        total = sum(row["per_month"] for row in monthly)
        found.append(
            Finding(
                id="govern.council.waiting",
                stage="govern",
                title=f"A month without a decision costs {money(total, currency)}, as far as it is known",
                detail=f"Known for {len(monthly)} of {len(open_)} open decisions: cost that could be saved goes on, "
                "and proven benefit does not come.",
                value=total,
                unit="money",
                currency=currency,
                about="cases as stated; proven ones by what was proven",
                n=len(monthly),
                grade="E",
                sources=sources,
                tone="bad",
            )
        )
    for row in needed:
        mine = [o for o in options if o["initiative_id"] == row["initiative_id"]]
        amount = row["freed"] if row["verdict"] == "stop" else row["amount"]
        verb = {"stop": "which frees", "fund": "with", "test first": "which holds"}[row["verdict"]]
        size = f", {verb} {money(amount, currency)}" if amount else ""
        said = "; ".join(f"{o['option']}: {o['says']}" for o in mine)
        lacks = f" The ledger has nothing for: {row['gaps']}." if row["gaps"] else ""
        found.append(
            Finding(
                id="govern.council.decision",
                stage="govern",
                title=f"{row['verdict'].capitalize()} {short(row['initiative'], 60)}{size}",
                detail=f"{said[:1].upper()}{said[1:]}. It rests on: {row['reason']}.{lacks}",
                value=amount,
                unit="money",
                currency=currency,
                about="as planned",
                grade=row["grade"] if row["grade"] in ("A", "B", "C", "D", "E") else "E",
                initiative=row["initiative_id"],
                sources=sources,
                tone="neutral" if row["state"] == "decided" else "bad",
            )
        )
    return found

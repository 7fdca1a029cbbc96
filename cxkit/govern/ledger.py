"""The evidence ledger: every initiative is one row that travels from goal to funding decision.

goal → hypothesis → business case → signal → owner → proof → realised P&L → decision. A cell is present, weak
(something stands there that does not carry yet: claimed, unquantified, graded below B, overdue) or a gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from cxkit.formats import listing, money, quantity
from cxkit.govern import cells, decided
from cxkit.govern.reading import Row, best_proof, by_initiative, outcome, records
from cxkit.records import Finding, Gap, Grade, Record, Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, rows, short, table

CHAIN: Mapping[str, Kind] = {
    "initiative_id": "text",
    "initiative": "text",
    "position": "integer",
    "step": "text",
    "label": "text",
    "text": "text",
    "status": "text",
    "finding_key": "text",
    "grade": "text",
}
INITIATIVES: Mapping[str, Kind] = {
    "initiative_id": "text",
    "initiative": "text",
    "status": "text",
    "live": "boolean",
    "business_unit": "text",
    "owner_role": "text",
    "goal_types": "text",
    "orphan": "boolean",
    "has_owner": "boolean",
    "funded": "boolean",
    "must_keep": "boolean",
    "plan_minimum": "number",
    "budget": "number",
    "spent": "number",
    "remaining": "number",
    "budget_yearly": "number",
    "npv": "number",
    "revenue": "number",
    "cost": "number",
    "risk": "number",
    "grade": "text",
    "outcome": "text",
    "realised_value": "number",
    "realised_low": "number",
    "realised_high": "number",
    "realised_as": "text",
    "decided": "text",
    "n_present": "integer",
    "n_weak": "integer",
    "n_gaps": "integer",
    "unbroken": "boolean",
    **{name: "text" for step in cells.STEPS for name in (step, f"{step}_status")},
}
"""`grade` is that of the proof, E for a claim without proof, null for neither; `outcome` as in `reading.outcome`;
`revenue`, `cost`, `risk` are present values of the claimed benefit; `realised_as` is claimed, validated or booked."""
SOURCES = ("initiatives", "goals", "links", "benefits", "moments", "experiments")


class Ledger(Result):
    """One row per initiative, whatever its status.

    Tables: `chain` (initiative × step: `text`, `status`, `finding_key`, `grade`, in order of the chain), `initiatives`
    (wide). Findings count live initiatives.
    """

    stage: ClassVar[str] = "govern"
    name: ClassVar[str] = "ledger"


def ledger(
    tables: Tables,
    *,
    traceability: Result | None = None,
    cases: Result | None = None,
    signals: Result | None = None,
    register: Result | None = None,
    effects: Result | Sequence[Result] | None = None,
    pnl: Result | None = None,
    designs: Result | None = None,
    realised: Result | None = None,
    scored: Result | None = None,
    decisions: Iterable[Record] = (),
) -> Ledger:
    """Put every initiative's chain together from the results of the stages before.

    Results are read by table and column as `reading` says; one that is None leaves its cells as gaps. `effects` may be
    several (experiments and quasi-experiments). `designs`, `realised` and `scored` (``prove.forecasts``) say under
    which hash a hypothesis was registered, what finance has signed and how a decision's forecast came out. `decisions`
    as in `decided.read`. Without a list of initiatives there is no ledger, only a gap.
    """
    if needs := tables.lacking({"initiatives": ("initiative_id", "initiative")}):
        reason = "Initiatives are not written down, so no chain from goal to decision can be followed."
        return Ledger(
            as_of=tables.as_of,
            gaps=(Gap(id="govern.ledger.unbroken", what="The evidence ledger", reason=reason, needs=needs),),
        )
    proofs = (effects,) if isinstance(effects, Result) else tuple(effects or ())
    seen = {row["initiative_id"]: row for row in records(traceability, "initiatives")}
    given = {
        "cases": {row["initiative"]: row for row in records(cases, "cases")},
        "proofs": proofs,
        "effects": by_initiative([row for result in proofs for row in records(result, "effects")]),
        "designs": by_initiative(records(designs, "designs")),
        "sides": by_initiative(records(realised, "sides")),
        "scores": by_initiative(records(scored, "scored")),
        "lines": by_initiative(records(pnl, "bridge")),
        "moments": {row["moment_id"]: row for row in records(register, "moments")},
        "matrix": records(signals, "matrix"),
        "decided": decided.latest(decided.read(decisions, as_of=tables.as_of)),
    }
    results = {"cases": cases, "pnl": pnl}
    chain: list[Row] = []
    wide: list[Row] = []
    for written in rows(tables, "initiatives"):
        if written["initiative_id"] is None:
            continue
        line = seen.get(written["initiative_id"], {})
        row = _chain(written, line, given, results, tables.currency)
        chain += [
            {
                **{"initiative_id": written["initiative_id"], "initiative": written["initiative"]},
                **{"position": position, "step": step, "label": cells.LABELS[step]},
                **row[step].model_dump(),
            }
            for position, step in enumerate(cells.STEPS, 1)
        ]
        wide.append(_wide(written, line, row, given))
    live = [row for row in wide if row["live"]]
    return Ledger(
        as_of=tables.as_of,
        findings=tuple(_findings(live, tables.currency)),
        gaps=_gaps(live),
        tables={"chain": table(chain, CHAIN), "initiatives": table(wide, INITIATIVES)},
    )


def _chain(
    written: Row,
    line: Row,
    given: Mapping[str, Any],
    results: Mapping[str, Result | None],
    currency: str,
) -> dict[str, cells.Cell]:
    id_ = written["initiative_id"]
    return {
        "goal": cells.goal(line),
        "hypothesis": cells.hypothesis(written, line, given["designs"].get(id_, ())),
        "case": cells.case(given["cases"].get(id_), results["cases"], id_, currency),
        "signal": cells.signal(written, given["moments"], given["matrix"]),
        "owner": cells.owner(written, line, given["moments"]),
        "experiment": cells.experiment(given["effects"].get(id_, ()), given["proofs"], id_),
        "realised": cells.realised(
            given["lines"].get(id_, ()), results["pnl"], id_, currency, given["sides"].get(id_, ())
        ),
        "decision": cells.decision(given["decided"].get(id_), currency, given["scores"].get(id_, ())),
    }


def _wide(written: Row, line: Row, row: Mapping[str, cells.Cell], given: Mapping[str, Any]) -> Row:
    id_ = written["initiative_id"]
    case: Row = given["cases"].get(id_, {})
    proof = best_proof(given["effects"].get(id_, []))
    said = outcome(proof)
    on_line = [r for r in given["lines"].get(id_, []) if proof and r["experiment_id"] == proof["experiment_id"]]
    money_row: Row = min(on_line, key=lambda r: str(r.get("arm")), default={})
    statuses = [row[step].status for step in cells.STEPS]
    budget, spent = written["budget"], written["spent"]
    copied = ("initiative_id", "initiative", "status", "business_unit", "owner_role", "funded", "plan_minimum")
    return {
        **{name: written[name] for name in copied},
        **{name: line.get(name) for name in ("goal_types", "orphan", "has_owner", "budget_yearly")},
        "live": written["status"] not in ("done", "stopped"),
        "must_keep": bool(written["must_keep"]),
        "budget": budget,
        "spent": spent,
        "remaining": max(0.0, budget - (spent or 0.0)) if budget is not None else None,
        "npv": case.get("npv"),
        **{block: case.get(f"{block}_pv") for block in ("revenue", "cost", "risk")},
        "grade": cells.grade(row["experiment"], row["case"]),
        "outcome": said,
        "realised_value": money_row.get("value"),
        "realised_low": money_row.get("low"),
        "realised_high": money_row.get("high"),
        "realised_as": money_row.get("status"),
        "decided": (given["decided"].get(id_) or {}).get("verdict"),
        "n_present": statuses.count("present"),
        "n_weak": statuses.count("weak"),
        "n_gaps": statuses.count("gap"),
        "unbroken": "gap" not in statuses,
        **{step: row[step].text for step in cells.STEPS},
        **{f"{step}_status": row[step].status for step in cells.STEPS},
    }


def _say(id: str, title: str, **more: Any) -> Finding:
    base: dict[str, Any] = {"stage": "govern", "unit": "count", "sources": SOURCES}
    base["about"] = "a full count, so without an interval"
    return Finding.model_validate(base | {"id": f"govern.ledger.{id}", "title": title} | more)


def _findings(live: Sequence[Row], currency: str) -> list[Finding]:
    if not live:
        return []
    n = len(live)
    whole = [row for row in live if row["unbroken"]]
    found = [
        _say(
            "unbroken",
            f"{len(whole)} of {n} live initiatives {'has' if len(whole) == 1 else 'have'} an unbroken chain "
            "from goal to funding decision",
            detail="A chain is broken by a gap; a cell that is only claimed or below grade B is weak, not a gap.",
            value=len(whole),
            n=n,
            tone="good" if len(whole) == n else "bad" if len(whole) * 2 < n else "neutral",
        )
    ]
    found += _proof(live, currency)
    for step in cells.STEPS:
        without = [row for row in live if row[f"{step}_status"] == "gap"]
        if not without:
            continue
        held = sum(row["budget"] or 0.0 for row in without)
        amount = f"; {'it holds' if len(without) == 1 else 'they hold'} {money(held, currency)}" if held else ""
        verb = "has" if len(without) == 1 else "have"
        found.append(
            _say(
                "step",
                f"{len(without)} of {n} live initiatives {verb} {cells.ABSENT[step]}{amount}",
                detail=f"Named: {listing([short(row['initiative'], 40) for row in without])}.",
                value=len(without),
                n=n,
                subject=step,
                tone="bad",
            )
        )
    shown = [row for row in live if any(row[block] for block in ("revenue", "cost", "risk"))]
    verb = "shows" if len(shown) == 1 else "show"
    found.append(
        _say(
            "contribution",
            f"{len(shown)} of {n} live initiatives {verb} what they contribute to revenue, cost or risk",
            detail="As their business cases claim it.",
            value=len(shown),
            n=n,
            grade="E",
            tone="good" if len(shown) == n else "bad",
        )
    )
    return found


def _proof(live: Sequence[Row], currency: str) -> list[Finding]:
    """How much of the budget rests on proof; by number where no budget is known."""
    total = sum(row["budget"] or 0.0 for row in live)
    rests = [row for row in live if cells.proven(row["grade"]) and row["outcome"] == "proven"]
    if not total:
        return []
    part = sum(row["budget"] or 0.0 for row in rests)
    grades: tuple[Grade, ...] = ("A", "B", "C", "D", "E")
    by = [(g, sum(row["budget"] or 0.0 for row in live if row["grade"] == g)) for g in grades]
    mix = listing([f"{money(amount, currency)} on {g}" for g, amount in by if amount] or ["nothing"], most=6)
    bare = sum(row["budget"] or 0.0 for row in live if row["grade"] is None)
    rest = f"; {money(bare, currency)} rests on neither proof nor case" if bare else ""
    return [
        _say(
            "proof_budget",
            f"{money(part, currency)} of {money(total, currency)} of live budget ({quantity(part / total, 'ratio')}) "
            "rests on a shown effect of grade A or B",
            detail=f"By grade: {mix}{rest}. A test of grade A that found nothing is proof too, but not for the money.",
            value=part / total,
            unit="ratio",
            n=len(live),
            tone="good" if part >= 0.5 * total else "bad",
            weight=sum(row["budget_yearly"] or 0.0 for row in live if row not in rests),
        )
    ]


def _gaps(live: Sequence[Row]) -> tuple[Gap, ...]:
    if live:
        return ()
    reason = "No live initiative is on the list."
    return (Gap(id="govern.ledger.unbroken", what="The evidence ledger", reason=reason),)

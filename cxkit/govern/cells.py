"""The eight cells of a ledger row: what stands there, whether it holds, and the finding behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from cxkit.formats import interval, money
from cxkit.govern import decided
from cxkit.govern.reading import PROOF, Row, best_proof, finding_about, outcome
from cxkit.records import Record, Result
from cxkit.tables.sheets import short

Status = Literal["present", "weak", "gap"]
STEPS: tuple[str, ...] = (
    "goal",
    "hypothesis",
    "case",
    "signal",
    "owner",
    "experiment",
    "realised",
    "decision",
)
"""The chain, in order."""
LABELS: Mapping[str, str] = {
    "goal": "Goal",
    "hypothesis": "Hypothesis",
    "case": "Business case",
    "signal": "Signal",
    "owner": "Owner",
    "experiment": "Proof",
    "realised": "Realised",
    "decision": "Decision",
}
ABSENT: Mapping[str, str] = {
    "goal": "no line to a goal",
    "hypothesis": "no hypothesis",
    "case": "no business case",
    "signal": "no signal",
    "owner": "no owner",
    "experiment": "no test",
    "realised": "nothing on the P&L",
    "decision": "no decision",
}
"""How a count of gaps is worded: 7 of 9 initiatives have no test."""


class Cell(Record):
    """One step of one initiative."""

    text: str
    status: Status
    finding_key: str = ""
    grade: str = ""


def gap(step: str, why: str = "") -> Cell:
    """An empty cell, with why it is empty where that is known."""
    return Cell(text=why or ABSENT[step], status="gap")


def goal(seen: Row) -> Cell:
    """The goal it leads to; weak while the line is only claimed somewhere."""
    if not seen.get("goals"):
        return gap("goal", "not assessed" if seen.get("orphan") is None else "none linked")
    types = f"{seen['goal_types']}: " if seen.get("goal_types") else ""
    claimed = seen.get("path_status") in (None, "claimed")
    text = f"{types}{short(seen['goals'], 80)}" + (" (claimed)" if claimed else f" ({seen['path_status']})")
    return Cell(text=text, status="weak" if claimed else "present", finding_key="align.traceability.coverage")


def hypothesis(written: Row, seen: Row) -> Cell:
    """What it expects; weak without a metric and an amount."""
    if not written["hypothesis"]:
        return gap("hypothesis", "none written")
    lacks = [
        word
        for word, there in (("a metric", seen.get("metric_id")), ("an amount", written["expected_change"]))
        if not there
    ]
    text = short(written["hypothesis"], 140)
    if lacks:
        return Cell(text=f"{text} (lacks {' and '.join(lacks)})", status="weak")
    return Cell(text=text, status="present")


def case(found: Row | None, cases: Result | None, initiative: str, currency: str) -> Cell:
    """The claimed value; weak when it is negative. A cost without a benefit is no case."""
    if cases is None or found is None or found.get("npv") is None:
        return gap("case", f"cannot be valued: {found['case']}" if found and found.get("case") else "none written")
    if found.get("case") == "no benefit stated":
        return gap("case", f"costs {money(-found['npv'], currency)}, no benefit stated")
    finding = finding_about(cases, "quantify.case.npv", initiative)
    text = f"NPV {money(found['npv'], currency)}"
    if found.get("npv_p10") is not None:
        text += f" (P10 to P90 {interval(found['npv_p10'], found['npv_p90'], 'money', currency=currency)})"
    return Cell(
        text=f"{text}, claimed",
        status="present" if found["npv"] > 0 else "weak",
        finding_key=finding.key if finding else "",
        grade=finding.grade if finding else "E",
    )


def signal(written: Row, moments: Mapping[str, Row], matrix: Sequence[Row]) -> Cell:
    """Which signals arrive at its moment; weak when only some are declared or arrive unplaced."""
    if written["moment_id"] is None:
        return gap("signal", "no moment named")
    name = short((moments.get(written["moment_id"]) or {}).get("moment") or written["moment_id"], 40)
    mine = [row for row in matrix if row["moment_id"] == written["moment_id"]]
    if not mine:
        return gap("signal", f"{name}: not in the signal map")
    key = "instrument.signals.coverage"
    there = [row["signal"] for row in mine if row["status"] == "present"]
    if there:
        return Cell(text=f"{name}: {', '.join(there)}", status="present", finding_key=key)
    unplaced = [row["signal"] for row in mine if row["status"] == "unplaced"]
    if unplaced:
        return Cell(text=f"{name}: {', '.join(unplaced)} without a moment", status="weak", finding_key=key)
    declared = [row["signal"] for row in mine if row["status"] == "declared only"]
    return gap("signal", f"{name}: {', '.join(declared)} declared, no data" if declared else f"{name}: none")


def owner(written: Row, seen: Row, moments: Mapping[str, Row]) -> Cell:
    """The role that answers, never a person; weak without a role, or where nobody owns its moment."""
    if not seen.get("has_owner"):
        return gap("owner", "not asked" if seen.get("has_owner") is None else "none")
    role = written["owner_role"] or "one person, role not named"
    moment = moments.get(written["moment_id"] or "")
    limit = (
        f", limit {moment['sla_hours']:g} {'hour' if moment['sla_hours'] == 1 else 'hours'}"
        if moment and moment.get("sla_hours")
        else ""
    )
    if moment is not None and moment.get("owned_by") in ("nobody", "several"):
        return Cell(
            text=f"{role}; its moment has no single owner", status="weak", finding_key="orchestrate.register.owner"
        )
    return Cell(text=f"{role}{limit}", status="present" if written["owner_role"] else "weak")


def experiment(tests: Sequence[Row], effects: Result | None, initiative: str) -> Cell:
    """The proof that counts; present when it is grade A or B and settles the question, either way."""
    proof = best_proof(list(tests))
    if proof is None:
        return gap("experiment", "not tested")
    finding = finding_about(effects, "prove.effect", initiative, proof["experiment_id"], proof.get("arm"))
    said = outcome(proof)
    number = f"{finding.value_text} ({finding.interval_text}), " if finding and finding.interval_text else ""
    more = f", {len(tests)} comparisons" if len(tests) > 1 else ""
    design = {"cluster_randomised": "randomised by cluster", "before_after": "before–after"}
    how = design.get(str(proof.get("design")), str(proof.get("design") or ""))
    blocked = proof["verdict"] == "blocked"
    return Cell(
        text="blocked: the split does not match its plan" if blocked else f"{number}{proof['verdict']}; {how}{more}",
        status="present" if said in ("proven", "disproven") else "weak",
        finding_key=finding.key if finding else "",
        grade="" if blocked else proof["grade"],
    )


def realised(lines: Sequence[Row], pnl: Result | None, initiative: str, currency: str) -> Cell:
    """Money on a P&L line; present once finance has validated or booked it."""
    known = [row for row in lines if row.get("value") is not None]
    if not known:
        return gap("realised", "nothing on the P&L")
    row = sorted(known, key=lambda r: (r["grade"], str(r["experiment_id"]), str(r.get("arm"))))[0]
    finding = finding_about(pnl, "prove.pnl", initiative, row["experiment_id"], row.get("arm"))
    span = f" ({interval(row['low'], row['high'], 'money', currency=currency)})" if row.get("low") is not None else ""
    line = f" on {short(row['pnl_line'], 40)}" if row.get("pnl_line") else ""
    return Cell(
        text=f"{money(row['value'], currency)} a year{span}{line}, {row['status']}",
        status="present" if row["status"] in ("validated", "booked") else "weak",
        finding_key=finding.key if finding else "",
        grade=row["grade"],
    )


def decision(last: Mapping[str, Any] | None, currency: str) -> Cell:
    """The last decision of the council; weak when it is overdue."""
    if last is None:
        return gap("decision", "none recorded")
    return Cell(text=decided.worded(last, currency), status="weak" if last["state"] == "overdue" else "present")


def grade(experiment: Cell, case: Cell) -> str | None:
    """The grade an initiative stands on: of its proof, else E for a claim, else none."""
    if experiment.grade:
        return experiment.grade
    return "E" if case.status != "gap" else None


def proven(grade: str | None) -> bool:
    """Whether a grade counts as proof."""
    return grade in PROOF

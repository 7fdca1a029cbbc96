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


def hypothesis(written: Row, seen: Row, designs: Sequence[Row] = ()) -> Cell:
    """What it expects, and under which hash it was registered; weak without a metric and an amount, or when changed.

    `designs` are the rows of ``prove.designs`` about its experiments.
    """
    if not written["hypothesis"]:
        return gap("hypothesis", "none written")
    lacks = [
        word
        for word, there in (("a metric", seen.get("metric_id")), ("an amount", written["expected_change"]))
        if not there
    ]
    text = short(written["hypothesis"], 140)
    filed = sorted((row for row in designs if row.get("hash")), key=lambda row: str(row["experiment_id"]))
    changed = [row["experiment_id"] for row in filed if row.get("departed")]
    named = [f"{row['experiment_id']} {_day(row['registered'])} as {row['hash'][:8]}" for row in filed]
    more = f"; registered: {', '.join(named)}" if named else ""
    more += f"; changed after its first draw: {', '.join(changed)}" if changed else ""
    if lacks:
        more = f" (lacks {' and '.join(lacks)})" + more
    return Cell(text=text + more, status="weak" if lacks or changed else "present")


def _day(value: Any) -> str:
    return str(value)[:10] if value is not None else "on no day"


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
        return gap("owner", "not asked" if seen.get("has_owner") is None else "nobody")
    role, named = written["owner_role"] or "one person, role not named", bool(written["owner_role"])
    moment = moments.get(written["moment_id"] or "")
    limit = (
        f"{',' if named else ';'} limit {moment['sla_hours']:g} {'hour' if moment['sla_hours'] == 1 else 'hours'}"
        if moment and moment.get("sla_hours")
        else ""
    )
    if moment is not None and moment.get("owned_by") in ("nobody", "several"):
        alone = "its moment has no single owner" if named else "no single owner of its moment"
        return Cell(text=f"{role}; {alone}", status="weak", finding_key="orchestrate.register.owner")
    return Cell(text=f"{role}{limit}", status="present" if named else "weak")


def experiment(tests: Sequence[Row], effects: Sequence[Result], initiative: str) -> Cell:
    """The proof that counts; present when it is grade A or B and settles the question, either way."""
    proof = best_proof(list(tests))
    if proof is None:
        return gap("experiment", "not tested")
    about = (finding_about(e, "prove.effect", initiative, proof["experiment_id"], proof.get("arm")) for e in effects)
    finding = next((f for f in about if f is not None), None)
    said = outcome(proof)
    number = f"{finding.value_text} ({finding.interval_text}), " if finding and finding.interval_text else ""
    more = f", {len(tests)} comparisons" if len(tests) > 1 else ""
    design = {
        "cluster_randomised": "randomised by cluster",
        "did": "held against groups not reached",
        "synthetic_control": "held against a weighted mix of others",
        "matched": "held against others like them",
        "before_after": "before–after",
    }
    how = design.get(str(proof.get("design")), str(proof.get("design") or ""))
    blocked = proof["verdict"] == "blocked"
    return Cell(
        text="blocked: the split does not match its plan" if blocked else f"{number}{proof['verdict']}; {how}{more}",
        status="present" if said in ("proven", "disproven") else "weak",
        finding_key=finding.key if finding else "",
        grade="" if blocked else proof["grade"],
    )


def realised(
    lines: Sequence[Row], pnl: Result | None, initiative: str, currency: str, sides: Sequence[Row] = ()
) -> Cell:
    """Money on a P&L line; present once finance has validated or booked it.

    `sides` are the rows of ``prove.realised`` about it: the statuses stand side by side and are never added up.
    """
    if sides:
        return _signed(sides, currency)
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


def _signed(sides: Sequence[Row], currency: str) -> Cell:
    """What finance has seen, line by line."""
    said = []
    for row in sorted(sides, key=lambda r: str(r["pnl_line"])):
        parts = [
            f"{money(row[status], currency)} {status} ({row[f'{status}_months']})"
            for status in ("booked", "validated", "claimed")
            if row.get(status) is not None
        ]
        said.append(f"{', '.join(parts)} on {short(row['pnl_line'], 40)}")
    statuses = {row["status"] for row in sides}
    best = next(status for status in ("booked", "validated", "claimed") if status in statuses)
    return Cell(
        text="; ".join(said),
        status="weak" if best == "claimed" else "present",
        finding_key=f"prove.realised.{best}",
    )


def decision(last: Mapping[str, Any] | None, currency: str, scores: Sequence[Row] = ()) -> Cell:
    """The last decision of the council, and how its forecast came out; weak when it is overdue.

    `scores` are the rows of ``prove.forecasts`` about the initiative, one per horizon that has come due.
    """
    if last is None:
        return gap("decision", "none recorded")
    due = [row for row in scores if row.get("state") == "scored" and row.get("ratio") is not None]
    text = decided.worded(last, currency)
    if due:
        row = max(due, key=lambda r: r["months"])
        came = f"{row['ratio'] * 100:.0f} % of what was forecast came within {row['months']:g} months"
        held = (
            {True: ", inside its interval", False: ", outside its interval"}.get(bool(row["hit"]), "")
            if row.get("hit") is not None
            else ""
        )
        text += f"; scored: {came}{held}"
    return Cell(text=text, status="weak" if last["state"] == "overdue" else "present")


def grade(experiment: Cell, case: Cell) -> str | None:
    """The grade an initiative stands on: of its proof, else E for a claim, else none."""
    if experiment.grade:
        return experiment.grade
    return "E" if case.status != "gap" else None


def proven(grade: str | None) -> bool:
    """Whether a grade counts as proof."""
    return grade in PROOF

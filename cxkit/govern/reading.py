"""What Govern reads of earlier stages' results, per initiative: by table and column, never by class.

Contract. ``align.traceability`` table `initiatives`; ``quantify.cases`` tables `cases` (initiative, case, npv, npv_p10,
npv_p90, go_forward_npv, cancellable_cost, committed_cost, sunk_cost, exit_cost, revenue_pv, cost_pv, risk_pv,
yearly_benefit, lost_to_sharing), `flows` (initiative, index, block, kind, amount, worth) and `pools` (pool, initiative,
claimed_pv, kept_pv, lost_pv); ``instrument.signals`` table `matrix` (moment_id, signal, status, system);
``orchestrate.register`` table `moments` (moment_id, moment, owned_by, sla_hours); ``prove.experiments`` table
`effects` (experiment_id, initiative_id, design, verdict, tone, grade, registered) with findings ``prove.effect``;
``prove.pnl_bridge`` table `bridge` (initiative_id, experiment_id, pnl_line, value, low, high, status, grade) with
findings ``prove.pnl``. A result that is None, or lacks the table, reads as empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cxkit.records import Finding, Result

Row = dict[str, Any]
PROOF = ("A", "B")
"""Grades that count as proof."""
SETTLED = {"raised", "cut", "no effect worth having"}
"""Verdicts that settle a question, one way or the other."""


def records(result: Result | None, name: str) -> list[Row]:
    """Rows of a result's table; empty where there is none."""
    if result is None or not result.has(name):
        return []
    rows: list[Row] = result.tables[name].to_pylist()
    return rows


def by_initiative(rows: list[Row]) -> dict[str, list[Row]]:
    """Rows grouped by initiative; rows without one are left out."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row.get("initiative_id"):
            found.setdefault(row["initiative_id"], []).append(row)
    return found


def best_proof(rows: list[Row]) -> Row | None:
    """The test that counts for an initiative: best grade, then the latest registered, whatever it found.

    The choice never looks at the outcome. A blocked test counts only where there is no other.

    >>> best_proof([{"grade": "E", "verdict": "higher"}, {"grade": "A", "verdict": "cannot tell"}])["grade"]
    'A'
    """
    ordered = sorted(rows, key=lambda r: (str(r.get("experiment_id")), str(r.get("arm"))))
    ordered.sort(key=lambda r: str(r.get("registered") or ""), reverse=True)
    ordered.sort(key=lambda r: (r["verdict"] == "blocked", r["grade"]))
    return ordered[0] if ordered else None


def outcome(proof: Mapping[str, Any] | None) -> str:
    """What proof says about an initiative: proven, disproven, open, weak or none.

    proven and disproven rest on grade A or B and a verdict that settles it (disproven: no effect worth having, or
    harm); open is a test of that grade that could not tell; weak is any lower grade.

    >>> outcome({"grade": "A", "verdict": "cut", "tone": "good"}), outcome({"grade": "E", "verdict": "higher"})
    ('proven', 'weak')
    """
    if proof is None:
        return "none"
    if proof["verdict"] == "blocked":
        return "open"
    if proof["grade"] not in PROOF:
        return "weak"
    if proof["verdict"] not in SETTLED:
        return "open"
    return "proven" if proof.get("tone") == "good" else "disproven"


def finding_about(
    result: Result | None, id: str, initiative: str, experiment: str | None = None, arm: str | None = None
) -> Finding | None:
    """The finding of a result that is about this initiative, and about this experiment where one is given.

    A finding's subject is the experiment, or experiment/arm where it has several arms: the finding of the `arm` given
    is taken, else the first one of the experiment.
    """
    about = [f for f in (result.findings if result is not None else ()) if f.id == id and f.initiative == initiative]
    if experiment is not None:
        about = [f for f in about if f.subject == experiment or (f.subject or "").startswith(f"{experiment}/")]
    exact = [f for f in about if experiment is not None and f.subject == f"{experiment}/{arm}"]
    return next(iter(exact or about), None)

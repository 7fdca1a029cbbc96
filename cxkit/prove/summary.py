"""Findings over several arms: the tally of hypotheses, and where outcomes are missing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from cxkit import formats
from cxkit.prove.plan import Plan
from cxkit.prove.trials import Arm
from cxkit.prove.units import records
from cxkit.prove.verdict import Verdict
from cxkit.records import Finding


def tally_findings(plans: tuple[Plan, ...], arms: list[Arm], verdicts: Mapping[str, Verdict]) -> list[Finding]:
    """One sentence over all registered hypotheses."""
    if not arms:
        return []
    helped: set[str] = set()
    harmed: set[str] = set()
    for arm in arms:
        if verdicts[arm.subject] in {"raised", "cut"} and arm.comparison is not None:
            good = arm.comparison.effect * arm.plan.better > 0
            (helped if good else harmed).add(arm.plan.experiment_id)
    blocked = {arm.plan.experiment_id for arm in arms if verdicts[arm.subject] == "blocked"}
    cannot = {arm.plan.experiment_id for arm in arms if verdicts[arm.subject] == "cannot tell"} - helped - harmed
    of = f"{len(plans)} registered hypotheses" if len(plans) != 1 else "one registered hypothesis"
    parts = [f"{len(helped)} of {of} {'has' if len(helped) == 1 else 'have'} shown the effect hoped for"]
    parts += [
        f"{len(ids)} {text}"
        for ids, text in ((harmed, "did harm"), (cannot, "cannot be told yet"), (blocked, "blocked"))
        if ids
    ]
    return [
        Finding(
            id="prove.tally",
            stage="prove",
            title=parts[0] + (f" ({', '.join(parts[1:])})" if parts[1:] else ""),
            detail="Counted are randomised comparisons whose interval leaves out zero once all tests are allowed for.",
            value=len(helped),
            unit="count",
            n=len(plans),
            about="a count, exact",
            sources=tuple(sorted({s for arm in arms for s in arm.sources})),
            tone="good" if helped else "neutral",
        )
    ]


def attrition_findings(arms: list[Arm], counts: pd.DataFrame) -> list[Finding]:
    """A finding per experiment where outcomes are missing unevenly, or many of them."""
    found: dict[str, Finding] = {}
    for arm in arms:
        mine = counts[counts["experiment_id"] == arm.plan.experiment_id]
        if not any("missing" in reason for reason in arm.grading.reasons) or not len(mine):
            continue
        shares = [
            f"{(r['missing'] + r['early']) / max(r['assigned'] - r['immature'], 1):.1%} in {r['arm']}"
            for r in records(mine)
        ]
        found[arm.plan.experiment_id] = Finding(
            id="prove.attrition",
            stage="prove",
            title=f"Outcomes of {arm.plan.name} are missing: {formats.listing(shares)}",
            detail="Units without an outcome may differ from the rest, so the effect is graded lower and its interval "
            "widened.",
            n=int(mine["assigned"].sum()),
            period=arm.period,
            sources=arm.sources,
            initiative=arm.plan.initiative_id,
            subject=arm.plan.experiment_id,
            tone="bad",
        )
    return list(found.values())

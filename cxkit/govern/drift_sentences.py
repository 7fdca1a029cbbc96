"""The early warning in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cxkit.formats import listing, money
from cxkit.govern.reading import Row
from cxkit.records import Finding

MOST = 12
"""So many alarms get a finding of their own; the others stand in the table."""
MEASURED = (
    "Measured on simulated clients in which nothing drifted: one alarm in 25 client-years of monthly runs; at most "
    "0.024 alarms a client-year are meant to come from noise."
)
SOURCES = ("initiatives", "benefits", "investments", "experiments")


def findings(alarms: Sequence[Row], watched: Sequence[Row], *, funded: int, currency: str) -> list[Finding]:
    """How many cases are called into question, and one finding per alarm."""
    hit = {row["initiative_id"] for row in alarms}
    lost = sorted({row["initiative"] for row in alarms if row["case"] == "no longer pays"})
    new = sum(bool(row["new"]) for row in alarms)
    judged = sum(row["state"] in ("inside", "outside") for row in watched)
    rest = len(watched) - judged
    one = funded == 1
    every = "the one funded initiative" if one else f"{funded} funded initiatives"
    title = (
        f"{len(hit)} of {every} {'has' if len(hit) == 1 else 'have'} drifted from what "
        f"{'it was' if len(hit) == 1 else 'they were'} approved on"
        if alarms
        else f"Nothing that can be watched has drifted under {every}"
    )
    if lost:
        title += f"; {listing(lost, most=3)} no longer {'pays' if len(lost) == 1 else 'pay'} by what was found"
    parts = [f"{len(alarms)} alarms, {new} of them new." if len(alarms) > 1 else ""]
    parts.append(f"{judged} metrics and assumptions can be judged, {rest} cannot.")
    parts.append(MEASURED)
    whole: dict[str, Any] = {"stage": "govern", "unit": "count", "sources": SOURCES}
    return [
        Finding(
            **whole,
            id="govern.drift.alarms",
            title=title,
            detail=" ".join(filter(None, parts)),
            value=len(hit),
            n=funded,
            about="a count of initiatives; figures with noise share the chance of a false alarm that is measured",
            tone="bad" if alarms else "good",
            weight=sum(_lost(row) for row in alarms),
        ),
        *(_one(row, currency) for row in alarms[:MOST]),
    ]


def _lost(row: Row) -> float:
    """Go-forward NPV that the alarm takes away."""
    if row["npv_before"] is None or row["npv_after"] is None:
        return 0.0
    return max(0.0, float(row["npv_before"]) - float(row["npv_after"]))


def _one(row: Row, currency: str) -> Finding:
    worth = ""
    if row["npv_after"] is not None:
        ends = [money(row[name], currency) for name in ("npv_before", "npv_after")]
        same = row["npv_after"] == row["npv_before"]
        worth = (
            f"Going on is worth {ends[1]} with it in the case already."
            if same
            else f"Going on is worth {ends[1]} with what was found, {ends[0]} as the case has it."
        )
    since = f"Since {row['since']}." if row["since"] else ""
    act = f"{row['proposal']} ({row['owner_role']})"
    tail = "; its case no longer pays" if row["case"] == "no longer pays" else ""
    return Finding(
        id="govern.drift.alarm",
        stage="govern",
        title=row["what"] + tail,
        detail=" ".join(filter(None, [since, worth, f"Proposed: {act}.", f"Rule: {row['rule']}"])),
        value=row["npv_after"],
        unit="money" if row["npv_after"] is not None else "none",
        currency=currency if row["npv_after"] is not None else "",
        about="go-forward NPV with what was found, everything else as the case has it; no interval is computed",
        initiative=row["initiative_id"],
        subject=f"{row['kind']} {row['subject'] or ''}".strip(),
        sources=tuple(row["sources"].split("; ")),
        tone="bad",
        weight=_lost(row),
    )

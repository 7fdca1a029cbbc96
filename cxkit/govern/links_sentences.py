"""The status of links in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

from cxkit.formats import listing, quantity
from cxkit.govern.reading import Row
from cxkit.records import Finding, Grade

SOURCES = ("links", "experiments")


def findings(
    links: Sequence[Row], need: Sequence[Row], proved: Sequence[Row], flywheel: Sequence[Row]
) -> list[Finding]:
    """How many links were put to the proof, those a test speaks against, those declared better known than shown."""
    found: list[Finding] = []
    if need:
        found.append(_tested(links, need, proved))
    found += [_against(row) for row in need if row["verdict"] == "contradicts"]
    over = [row for row in need if row["agrees"] == "overstated"]
    if over:
        names = [
            f"{row['from_label']} → {row['to_label']} (declared {row['declared']} – {row['tested']})" for row in over
        ]
        one = len(over) == 1
        found.append(
            Finding(
                id="govern.links.overstated",
                stage="govern",
                title=f"{len(over)} of {len(need)} links {'is' if one else 'are'} declared better known than any test "
                "shows",
                detail=f"Too well declared: {listing(names)}. Until a test of the link itself is there, what travels "
                "over it is a claim.",
                value=len(over),
                unit="count",
                n=len(need),
                about="a full count, so without an interval",
                sources=SOURCES,
                tone="bad",
            )
        )
    if flywheel:
        found.append(_turning(flywheel))
    return found


def _tested(links: Sequence[Row], need: Sequence[Row], proved: Sequence[Row]) -> Finding:
    supports, against = (sum(r["verdict"] == v for r in proved) for v in ("supports", "contradicts"))
    share = len(proved) / len(need)
    rest = len(links) - len(need)
    detail = [
        f"{supports} of them {'is' if supports == 1 else 'are'} borne out, {against} contradicted, "
        f"{len(proved) - supports - against} could not be told.",
        f"{rest} more {'holds' if rest == 1 else 'hold'} by definition." if rest else "",
        "What is only declared counts as claimed.",
    ]
    return Finding(
        id="govern.links.tested",
        stage="govern",
        title=f"{len(proved)} of {len(need)} links ({quantity(share, 'ratio')}) between initiatives, metrics and goals "
        "have been put to the proof",
        detail=" ".join(filter(None, detail)),
        value=share,
        unit="ratio",
        n=len(need),
        about="a full count, so without an interval",
        sources=SOURCES,
        tone="good" if share >= 0.5 and not against else "bad" if against or share < 0.25 else "neutral",
    )


def _against(row: Row) -> Finding:
    says = "helps" if row["effect"] == "helps" else "hurts"
    measured = f" on {row['measured']}" if row["measured"] else ""
    return Finding(
        id="govern.links.contradicted",
        stage="govern",
        title=f"Test {row['tested_by']}{measured} speaks against the link from {row['from_label']} to "
        f"{row['to_label']}, declared {row['declared']}",
        detail=f"The link says that the first {says} the second; the test, grade {row['grade']}, does not bear it out. "
        "Take the link out of the plan, or say what else should make it hold.",
        grade=cast(Grade, row["grade"]),
        initiative=row["from_id"] if row["from_kind"] == "initiative" else None,
        subject=f"{row['from_id']} to {row['to_id']}",
        sources=SOURCES,
        tone="bad",
    )


def _turning(steps: Sequence[Row]) -> Finding:
    """Where the flywheel of feedback, improvement and test stops."""
    whole, last = steps[0]["initiatives"], steps[-1]["initiatives"]
    drops = [(a["initiatives"] - b["initiatives"], b["step"]) for a, b in pairwise(steps)]
    most, where = max(drops, key=lambda d: d[0])
    return Finding(
        id="govern.links.flywheel",
        stage="govern",
        title=f"{last} of {whole} initiatives {'goes' if last == 1 else 'go'} the whole way from a customer's moment "
        "to a decision on a test",
        detail=f"Most are lost where they should {where.replace('were decided', 'be decided')}: {most}."
        if most
        else "",
        value=last,
        unit="count",
        n=whole,
        about="a full count, so without an interval",
        sources=("initiatives", "metrics", "experiments"),
        tone="neutral" if last else "bad",
    )

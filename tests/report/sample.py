"""An invented client with plausible findings: enough to build a whole report without running a stage."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

import pandas as pd

from cxkit.records import Finding, Gap, Missing, Result
from cxkit.report.blocks import Block, NoteBody
from cxkit.report.inputs import STAGES, Definition, Provenance, ReportInput, Stamp
from cxkit.report.show import finding_block, gap_block, note_block

AS_OF = date(2026, 10, 31)
YEAR = "2025-11 to 2026-10"


def finding(id: str, title: str, value: float | None = None, unit: str = "none", **more: Any) -> Finding:
    """A finding with the stage taken from its id."""
    given = {"id": id, "stage": id.split(".")[0], "title": title, "value": value, "unit": unit, "period": YEAR, **more}
    if unit == "money":
        given.setdefault("currency", "USD")
    return Finding.model_validate(given)


def result(name: str, findings: tuple[Finding, ...] = (), **more: Any) -> Result:
    """A result called ``stage.name``; frames go into `tables`."""
    stage_name, own = name.split(".")

    class Made(Result):
        stage: ClassVar[str] = stage_name
        name: ClassVar[str] = own

    return Made(as_of=AS_OF, findings=findings, **more)


FINDINGS = (
    finding(
        "align.traceability.coverage",
        "7 of 12 live initiatives (58.3\u202f%) lead to a goal",
        7 / 12,
        "ratio",
        n=12,
        tone="bad",
        weight=2.4e6,
        sources=("goals", "initiatives", "links"),
        detail="The other five spend $2.40\u202fM a year on metrics that no goal asks for.",
    ),
    finding(
        "align.failures.no_owner",
        "3 initiatives have no owner",
        3,
        "count",
        n=12,
        tone="bad",
        sources=("initiatives",),
    ),
    finding(
        "quantify.scorecard.grr",
        "88.1\u202f% of revenue was kept over twelve months (GRR), 1.9 points less than a year before",
        0.881,
        "ratio",
        low=0.876,
        high=0.886,
        about="the underlying rate, customers resampled",
        n=41873,
        tone="bad",
        weight=8.2e6,
        sources=("revenue",),
        definition="grr@1",
    ),
    finding(
        "quantify.scorecard.nps",
        "NPS is +31, inside its usual range",
        31,
        "nps",
        low=27,
        high=35,
        n=2140,
        sources=("surveys",),
        definition="nps@1",
    ),
    finding(
        "prove.effect",
        "The welcome call cut 90-day churn by 2.3 points",
        -0.023,
        "points",
        low=-0.035,
        high=-0.011,
        n=41200,
        grade="A",
        tone="good",
        weight=3.1e6,
        initiative="I-01",
        subject="X-01:call",
        sources=("experiments", "assignments", "outcomes"),
        detail="Randomised by household; the split matches its plan (p 0.62). Adjusted for four tests.",
    ),
    finding(
        "prove.effect",
        "Callback within a day has not shown an effect on 90-day churn",
        -0.003,
        "points",
        low=-0.011,
        high=0.005,
        n=9800,
        grade="A",
        tone="neutral",
        initiative="I-03",
        subject="X-02:callback",
        sources=("experiments", "assignments", "outcomes"),
    ),
    finding(
        "instrument.attribution.tickets",
        "86.1\u202f% of contacts can be attributed to a customer",
        0.861,
        "ratio",
        n=182_000,
        tone="unknown",
        sources=("tickets", "accounts"),
    ),
    finding(
        "orchestrate.service.sla",
        "62.4\u202f% of contacts were settled within their limit, open ones counted",
        0.624,
        "ratio",
        low=0.618,
        high=0.631,
        n=174_112,
        tone="bad",
        weight=1.1e6,
        sources=("tickets", "moments"),
    ),
    finding(
        "govern.portfolio.npv",
        "The portfolio is worth $6.20\u202fM (NPV)",
        6.2e6,
        "money",
        low=2.1e6,
        high=9.9e6,
        level=0.8,
        grade="D",
        tone="good",
        sources=("initiatives", "benefits", "investments"),
    ),
)

GAPS = (
    Gap(
        id="quantify.scorecard.ces",
        what="Customer effort (CES)",
        reason="No survey answers of this kind were supplied.",
        needs=(Missing(name="surveys", columns=("kind", "score")),),
    ),
)

DEFINITIONS = (
    Definition(
        id="grr@1",
        name="Gross revenue retention",
        words="Revenue kept from accounts that paid a year ago, without upgrades.",
        minimum_n="30 customers in the cohort",
    ),
    Definition(
        id="nps@1", name="Net promoter score", words="Promoters (9–10) minus detractors (0–6), in points.", minimum_n="30 customers in the cohort"
    ),
)


def sample(**changes: Any) -> ReportInput:
    """The whole sample; `changes` replace fields of the input."""
    results = tuple(
        result(f"{s}.all", tuple(f for f in FINDINGS if f.stage == s), gaps=GAPS if s == "quantify" else ())
        for s in STAGES
    )
    blocks: dict[str, tuple[Block, ...]] = {
        r.stage: tuple(finding_block(f) for f in r.findings) + tuple(gap_block(g, "quantify") for g in r.gaps)
        for r in results
    }
    note = NoteBody(
        text="The regional teams doubt the call scales.\n\nWe agreed to staff the north first.",
        author_role="Journey Owners",
        written="3 November 2026",
    )
    blocks["prove"] += (note_block(note, "prove"),)
    given: dict[str, Any] = {
        "client": "Harbor Telecom",
        "as_of": AS_OF,
        "currency": "USD",
        "timezone": "America/New_York",
        "blocks": blocks,
        "results": results,
        "definitions": DEFINITIONS,
        "provenance": Provenance(
            hashes={"revenue": "9f3c1a77d2e0b1c4", "tickets": "77aa01b2c3d4e5f6"},
            parameters={"quantify": {"discount_rate": 0.1, "api_token": "very-secret"}},
            versions={"cxkit": "0.1.0", "duckdb": "2.0.1"},
            snapshot="9f3c1a77",
        ),
        "stamp": Stamp(built="2026-11-03 09:12 UTC", version="0.1.0"),
        "next_council": date(2026, 11, 5),
    }
    return ReportInput.model_validate({**given, **changes})

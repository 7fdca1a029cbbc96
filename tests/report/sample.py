"""An invented client with plausible findings: enough to build a whole report without running a stage."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

import pandas as pd

from cxkit.charts import prove as figures
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.report import show
from cxkit.report.blocks import Block, NoteBody
from cxkit.report.inputs import STAGES, Definition, Provenance, ReportInput, Stamp

AS_OF = date(2026, 10, 31)
YEAR = "2025-11 to 2026-10"
THIN = "\u202f"


def finding(id: str, title: str, value: float | None = None, unit: str = "none", **more: Any) -> Finding:
    """A finding with the stage taken from its id."""
    given = {
        "id": id,
        "stage": id.split(".", maxsplit=1)[0],
        "title": title,
        "value": value,
        "unit": unit,
        "period": YEAR,
        **more,
    }
    if unit == "money":
        given.setdefault("currency", "USD")
    return Finding.model_validate(given)


def result(name: str, findings: tuple[Finding, ...] = (), **more: Any) -> Result:
    """A result called ``stage.name``; frames go into `tables`."""
    stage_name, own = name.split(".")

    class Made(Result):
        stage: ClassVar[str] = stage_name
        name: ClassVar[str] = own

        currency: str = "USD"

    return Made(as_of=AS_OF, findings=findings, **more)


COVERAGE = finding(
    "align.traceability.coverage",
    "7 of 12 live initiatives lead to a goal",
    7 / 12,
    "ratio",
    n=12,
    tone="bad",
    weight=2.4e6,
    sources=("goals", "initiatives", "links"),
    detail=f"The other five spend $2.40{THIN}M a year on metrics that no goal asks for.",
)
GRR = finding(
    "quantify.scorecard.grr",
    f"Customers kept 88.1{THIN}% of their recurring revenue over a year",
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
)
NPS = finding(
    "quantify.scorecard.nps",
    "The net promoter score is +31",
    31,
    "nps",
    low=27,
    high=35,
    n=2140,
    sources=("surveys",),
    definition="nps@1",
)
CALL = finding(
    "prove.effect",
    "Welcome call cut 90-day churn by 2.3 points",
    -0.023,
    "points",
    low=-0.035,
    high=-0.011,
    n=41200,
    grade="A",
    tone="good",
    weight=3.1e6,
    initiative="I-01",
    subject="X-01",
    sources=("experiments", "assignments", "outcomes"),
    detail="Randomised by household; the split matches its plan.",
)
CALLBACK = finding(
    "prove.effect",
    "Callback within a day has not shown an effect on 90-day churn",
    -0.003,
    "points",
    low=-0.011,
    high=0.005,
    n=9800,
    grade="A",
    initiative="I-03",
    subject="X-02",
    sources=("experiments", "assignments", "outcomes"),
)
SLA = finding(
    "orchestrate.service.sla",
    f"62.4{THIN}% of tickets were settled within their limit",
    0.624,
    "ratio",
    low=0.618,
    high=0.631,
    n=174_112,
    tone="bad",
    weight=1.1e6,
    sources=("tickets", "moments"),
)
LINKED = finding(
    "instrument.attribution.contacts",
    f"86.1{THIN}% of contacts can be traced to a customer",
    0.861,
    "ratio",
    n=182_000,
    tone="unknown",
    sources=("tickets", "accounts"),
)
PLAN = finding(
    "govern.allocation.plan",
    f"The plan funds 1 with $900{THIN}k and stops 2",
    4.1e6,
    "money",
    grade="E",
    weight=4.1e6,
    n=3,
    sources=("initiatives", "benefits"),
)
HEALTH = finding(
    "data.health.verdict",
    "2 warnings stand: October billing ends on the 27th",
    2,
    "count",
    tone="bad",
    sources=("revenue",),
)

GAP = Gap(
    id="quantify.scorecard.ces",
    what="Customer effort score",
    reason="No answers of this kind were supplied.",
    needs=(Missing(name="surveys", columns=("kind", "score")),),
)

DEFINITIONS = (
    Definition(
        id="grr@1",
        name="Gross revenue retention",
        words="the smaller of opening and closing revenue of each customer, over opening revenue",
        minimum_n="30 customers",
    ),
    Definition(
        id="nps@1", name="Net promoter score", words="promoters less detractors, of 100", minimum_n="30 answers"
    ),
)

MEASURES = pd.DataFrame(
    [
        (
            "grr",
            "Gross revenue retention",
            0.881,
            "ratio",
            0.876,
            0.886,
            41873,
            YEAR,
            0.91,
            "off target",
            0.902,
            0.885,
            0.915,
            "inside",
        ),
        ("nps", "Net promoter score", 31.0, "nps", 27.0, 35.0, 2140, YEAR, None, "", 30.0, 26.0, 34.0, "inside"),
    ],
    columns=[
        "metric",
        "label",
        "value",
        "unit",
        "low",
        "high",
        "n",
        "period",
        "target",
        "status",
        "latest",
        "usual_low",
        "usual_high",
        "usual",
    ],
)
SERIES = pd.DataFrame(
    [("grr", f"2026-{m:02}", 0.91 - 0.003 * m) for m in range(1, 11)]
    + [("nps", f"2026-{m:02}", 30.0 + m % 3) for m in range(1, 11)],
    columns=["metric", "month", "value"],
)
EFFECTS = pd.DataFrame(
    [
        ("X-01", "Welcome call", "call", "churn_90d", -0.023, -0.035, -0.011, "cut", "A"),
        (
            "X-02",
            "Callback within a day",
            "callback",
            "churn_90d",
            -0.003,
            -0.011,
            0.005,
            "has not shown an effect",
            "A",
        ),
    ],
    columns=["experiment_id", "name", "arm", "metric_name", "effect", "low", "high", "verdict", "grade"],
)
CHAIN = pd.DataFrame(
    [
        (id, name, position, step, label, said, status, key, grade)
        for id, name, steps in (
            (
                "I-01",
                "Welcome call",
                (
                    ("goal", "Goal", "Margin: keep new homes", "present", "", ""),
                    ("experiment", "Proof", "−2.3 points (−3.5 to −1.1)", "present", CALL.key, "A"),
                    ("decision", "Decision", "none recorded", "gap", "", ""),
                ),
            ),
            ("I-02", "Loyalty app", (("goal", "Goal", "none linked", "gap", "", ""),)),
        )
        for position, (step, label, said, status, key, grade) in enumerate(steps, 1)
    ],
    columns=["initiative_id", "initiative", "position", "step", "label", "text", "status", "finding_key", "grade"],
)
WIDE = pd.DataFrame(
    [("I-01", "running", True, "Onboarding", 1.2e6, "A"), ("I-02", "running", True, None, 0.8e6, None)],
    columns=["initiative_id", "status", "live", "business_unit", "budget", "grade"],
)
PLANNED = pd.DataFrame(
    [
        ("I-01", "Welcome call", "fund", 9e5, None, 4.1e6, "A", "proven", "proof A; go-forward NPV $4.10\u202fM"),
        ("I-02", "Loyalty app", "stop", None, 8e5, -4e5, None, "claimed", "no goal, no owner"),
        ("I-04", "Redesign", "stop", None, 6e5, -1e5, None, "claimed", "no goal"),
    ],
    columns=["initiative_id", "initiative", "verdict", "amount", "freed", "npv_go_forward", "grade", "basis", "reason"],
)
NEEDED = pd.DataFrame(
    [("I-02", "stop", None, 8e5, "$800\u202fk that could be saved is spent", "CX Council/Finance", "open")],
    columns=["initiative_id", "verdict", "amount", "freed", "if_nothing", "owner_role", "state"],
)

DEFINED = pd.DataFrame(
    [
        ("grr", "Gross revenue retention", "grr@1", "what stayed, over what was there", "products are summed", True),
        ("nps", "Net promoter score", "nps@1", "promoters less detractors", "every answer counts", False),
        ("fcr", "First-contact resolution", "fcr@1", "settled at once, over all settled", "seven days", False),
    ],
    columns=["metric", "name", "tag", "formula", "convention", "used"],
).assign(minimum_n="30 customers")


def results() -> tuple[Result, ...]:
    """Results of a client with data for everything."""
    return (
        result("data.health", (HEALTH,)),
        result("align.traceability", (COVERAGE,)),
        result("quantify.scorecard", (GRR, NPS), gaps=(GAP,), tables={"measures": MEASURES, "series": SERIES}),
        result("quantify.definitions", tables={"definitions": DEFINED}),
        result("instrument.attribution", (LINKED,)),
        result("orchestrate.service", (SLA,)),
        result("prove.experiments", (CALL, CALLBACK), tables={"effects": EFFECTS}),
        result("govern.ledger", (), tables={"chain": CHAIN, "initiatives": WIDE}),
        result("govern.allocation", (PLAN,), tables={"plan": PLANNED}),
        result("govern.council", (), tables={"needed": NEEDED}),
    )


def blocks(given: tuple[Result, ...]) -> dict[str, tuple[Block, ...]]:
    """What notebooks would show of these results."""
    made: dict[str, tuple[Block, ...]] = dict.fromkeys(STAGES, ())
    for one in given:
        if one.stage in made:
            made[one.stage] += (show.findings(one, silent=True) or ()) + (show.gaps(one, silent=True) or ())
        if one.name == "experiments":
            made["prove"] += show.figure(figures.effects, one, silent=True) or ()
            made["prove"] += (
                show.table(
                    one,
                    "effects",
                    {"name": ("Initiative", "text"), "effect": ("Effect", "points")},
                    title="Every arm",
                    silent=True,
                )
                or ()
            )
    note = NoteBody(
        text="The regional teams doubt the call scales.\n\nWe agreed to staff the north first.",
        author_role="Journey Owners",
        written="3 November 2026",
    )
    made["prove"] += show.note(note, "prove", silent=True) or ()
    return made


def sample(**changes: Any) -> ReportInput:
    """The whole sample; `changes` replace fields of the input."""
    given: dict[str, Any] = {
        "client": "Harbor Telecom",
        "as_of": AS_OF,
        "currency": "USD",
        "timezone": "America/New_York",
        "results": results(),
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
    given |= changes
    given.setdefault("blocks", blocks(given["results"]))
    return ReportInput.model_validate(given)

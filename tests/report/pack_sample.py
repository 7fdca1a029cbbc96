"""An invented client with a council: enough to build a whole pack from real stage functions, in a second."""

# ruff: noqa: E501  rows read best as rows
from __future__ import annotations

import hashlib
from datetime import date
from typing import ClassVar

import pandas as pd

from cxkit.govern import allocation, council, ledger, portfolio
from cxkit.records import Finding, Record, Result
from cxkit.report.challenged import Challenged
from cxkit.report.inputs import Privacy, Provenance, ReportInput
from cxkit.tables.engine import Tables

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>"
AS_OF = date(2026, 6, 30)
HASHES = {
    name: hashlib.sha256(name.encode()).hexdigest()[:16]
    for name in (
        *("initiatives", "council", "wins", "decision_rights", "revenue", "accounts", "metrics", "benefits"),
        *("investments", "experiments", "realised", "moments"),
    )
}  # fmt: skip


class Decision(Record):
    decision_id: str
    initiative_id: str = ""
    verdict: str = "stop"
    amount: float | None = None
    owner_role: str = ""
    decided: str = "2026-05-01"
    due: str = ""
    done: str = ""
    evidence: str = ""
    note: str = ""


class Cases(Result):
    stage: ClassVar[str] = "quantify"
    name: ClassVar[str] = "cases"
    currency: str = "USD"


class Scorecard(Result):
    stage: ClassVar[str] = "quantify"
    name: ClassVar[str] = "scorecard"


def client() -> Tables:
    months = pd.date_range("2024-05-01", "2026-06-01", freq="MS")
    revenue, accounts = [], []
    for k in range(90):
        accounts.append(
            {"account_id": f"a{k}", "started": "2020-01-01", "segment": "home" if k % 2 else "small",
             "business_unit": "Consumer" if k % 3 else EVIL}
        )  # fmt: skip
        gone = months[18] if k % 9 == 0 else months[6] if k % 16 == 2 else None
        revenue += [
            {"account_id": f"a{k}", "month": m, "mrr": 0 if gone is not None and m >= gone else 10 + k % 5}
            for m in months
        ]
    initiatives = [
        {"initiative_id": "I1", "initiative": "Welcome call", "status": "running", "budget": 100, "spent": 40,
         "business_unit": "Consumer", "owner_role": "Journey Owners", "plan_minimum": 0.5},
        {"initiative_id": "I3", "initiative": f"App by Ada Lovelace {EVIL}", "status": "running", "budget": 300,
         "spent": 250, "business_unit": "Retail"},
    ]  # fmt: skip
    return Tables.from_frames(
        {
            "revenue": pd.DataFrame(revenue),
            "accounts": pd.DataFrame(accounts),
            "initiatives": pd.DataFrame(initiatives),
            "council": pd.DataFrame(
                [
                    {
                        "seat_id": "S1",
                        "business_unit": "Consumer",
                        "seat": "chair",
                        "owner_role": "CXO/PMO",
                        "decides": "all",
                    }
                ]
            ),
            "decision_rights": pd.DataFrame(
                [{"right_id": "R", "decision": "Stop", "verdict": "stop", "accountable": "CXO/PMO"}]
            ),
            "wins": pd.DataFrame(
                [{"win_id": "W", "team": "Desk", "happened": "2026-06-02", "action": EVIL, "value": 1200}]
            ),
        },
        as_of=AS_OF,
        currency="USD",
    )


def cases() -> Cases:
    flows = [
        ("I1", 12, "revenue", "cashable", 900.0),
        ("I1", 1, "investment", "cancellable", -60.0),
        ("I3", 12, "revenue", "cashable", 1.0),
        ("I3", 1, "investment", "cancellable", -50.0),
    ]
    zero = dict.fromkeys(("committed_cost", "sunk_cost", "exit_cost", "cost_pv", "risk_pv", "lost_to_sharing"), 0.0)
    table = [
        {"initiative": i, "case": "assessed", "npv": b - c, "npv_p10": None, "npv_p90": None, "go_forward_npv": b - c,
         "cancellable_cost": c, "revenue_pv": b, "yearly_benefit": b, **zero}
        for i, b, c in (("I1", 900.0, 60.0), ("I3", 1.0, 50.0))
    ]  # fmt: skip
    return Cases(
        as_of=AS_OF,
        tables={
            "cases": pd.DataFrame(table),
            "flows": pd.DataFrame(flows, columns=["initiative", "index", "block", "kind", "amount"]),
            "rows": pd.DataFrame([("I1", 900.0, "cashable")], columns=["initiative", "yearly", "kind"]),
        },
    )


def scored() -> Scorecard:
    months = [f"{2024 + k // 12}-{k % 12 + 1:02}" for k in range(4, 30)]
    values = [0.9 + 0.01 * (k % 3) for k in range(25)] + [0.5]
    grr = Finding(
        id="quantify.scorecard.grr", stage="quantify", title="Customers kept 90.0\u202f% of it", value=0.9,
        unit="ratio", low=0.88, high=0.92, n=90, sources=("revenue",),
    )  # fmt: skip
    one = {"metric": "grr", "label": "Gross revenue retention", "unit": "ratio", "value": 0.9, "direction": "up"}
    return Scorecard(
        as_of=AS_OF,
        findings=(grr,),
        tables={
            "measures": pd.DataFrame([one]),
            "series": pd.DataFrame({"metric": "grr", "month": months, "value": values}),
        },
    )


CHALLENGES = (
    Challenged(
        challenge_id="C1",
        finding="quantify.scorecard.grr",
        says=f"The base is wrong, says Ada Lovelace, ada@example.org {EVIL}",
        author_role="RevOps/Data",
        logged="2026-07-02",
    ),
    Challenged(
        challenge_id="C2", finding="govern.portfolio.npv", says="Old", logged="2026-05-01", answer="Checked", answered="2026-06-01"
    ),
)  # fmt: skip


def given() -> ReportInput:
    """Everything the pack is made from."""
    tables, case, score = client(), cases(), scored()
    book = ledger(tables, cases=case)
    folio = portfolio(book, case, discount_rate=0.0)
    plan = allocation(folio, budget=200)
    previous = [
        {"id": "quantify.scorecard.grr", "value": 0.95, "low": 0.94, "high": 0.96, "unit": "ratio", "grade": "M"}
    ]
    made = council(
        tables,
        results=[score, case, book, folio, plan],
        allocation=plan,
        decisions=[Decision(decision_id="D1", initiative_id="I1", verdict="hold", due="2026-06-10")],
        previous=previous,
        challenges=[{"challenge_id": "C1", "finding": "quantify.scorecard.grr", "says": EVIL, "logged": "2026-06-02"}],
    )
    return ReportInput(
        client="Harbor & Sons",
        as_of=AS_OF,
        currency="USD",
        results=(score, case, book, folio, plan, made),
        provenance=Provenance(hashes=HASHES, snapshot="abc123"),
        privacy=Privacy(people=("Ada Lovelace",)),
        challenges=CHALLENGES,
    )

"""Five initiatives that a reader can check by hand, and results of other stages in the shape Govern reads."""

from datetime import date
from types import SimpleNamespace
from typing import ClassVar

import pandas as pd
import pytest

from cxkit.align import traceability
from cxkit.records import Finding, Result
from cxkit.tables.engine import Tables

AS_OF = date(2026, 6, 30)
# ruff: noqa: E501  rows read best as rows
COLUMNS = [
    "initiative_id",
    "initiative",
    "hypothesis",
    "metric_id",
    "expected_change",
    "moment_id",
    "owner",
    "owner_role",
    "status",
    "budget",
    "spent",
    "must_keep",
    "plan_minimum",
    "business_unit",
]
INITIATIVES = pd.DataFrame(
    [
        ["I1", "Welcome call", "if … then", "churn", -0.02, "M1", "Ada", "Journey Owners", "running", 100, 40, None, None, "Consumer"],
        ["I2", "Outage notices", "if … then", "churn", None, "M2", "Ben", "Enablement/Ops", "running", 200, 0, None, 0.5, "Consumer"],
        ["I3", "Loyalty app", None, None, None, None, None, None, "running", 300, 250, None, None, "Retail"],
        ["I4", "Regulator", "required", "churn", 1, "M1", None, "CXO/PMO", "approved", 50, 0, True, None, "Legal"],
        ["I5", "Old portal", None, None, None, None, None, None, "stopped", 400, 400, None, None, None],
    ],
    columns=COLUMNS,
)  # fmt: skip
SHEETS = {
    "goals": pd.DataFrame([{"goal_id": "G1", "goal": "Keep them", "type": "margin"}]),
    "key_results": pd.DataFrame([{"kr_id": "K1", "goal_id": "G1", "key_result": "Churn", "metric_id": "churn"}]),
    "metrics": pd.DataFrame([{"metric_id": "churn", "metric": "Churn", "kind": "cx_outcome"}]),
    "links": pd.DataFrame([{"from_id": "I1", "to_id": "churn", "status": "randomised", "share": 0.5}]),
    "initiatives": INITIATIVES,
    "council": pd.DataFrame(
        [
            {"seat_id": "S1", "business_unit": "consumer ", "seat": "chair", "holder": "Eva", "decides": "all"},
            {"seat_id": "S2", "business_unit": "Legal", "seat": "member", "holder": None, "decides": None},
        ]
    ),
}


def tables(**sheets):
    given = {k: v for k, v in (SHEETS | sheets).items() if v is not None}
    return Tables.from_frames(given, as_of=AS_OF, currency="USD")


def trace(given=None):
    return traceability(given or tables())


class Cases(Result):
    stage: ClassVar[str] = "quantify"
    name: ClassVar[str] = "cases"
    currency: str = "USD"


class Signals(Result):
    stage: ClassVar[str] = "instrument"
    name: ClassVar[str] = "signals"


class Register(Result):
    stage: ClassVar[str] = "orchestrate"
    name: ClassVar[str] = "register"


class Experiments(Result):
    stage: ClassVar[str] = "prove"
    name: ClassVar[str] = "experiments"


class PnlBridge(Result):
    stage: ClassVar[str] = "prove"
    name: ClassVar[str] = "pnl_bridge"


def case(initiative, *, benefit=0.0, cancellable=0.0, sunk=0.0, committed=0.0, exit_cost=0.0, kind="cashable"):
    """A case whose benefit falls in month 12, cancellable and committed cost in month 1, sunk cost in month 0."""
    flows = [
        {"initiative": initiative, "index": index, "block": block, "kind": what, "amount": float(amount)}
        for index, block, what, amount in (
            (12, "revenue", kind, benefit),
            (1, "investment", "cancellable", -cancellable),
            (1, "investment", "committed", -committed),
            (0, "investment", "sunk", -sunk),
        )
        if amount
    ]
    cash = benefit if kind == "cashable" else 0.0
    paid = cancellable + committed + sunk
    return {
        "flows": flows,
        "row": {
            "initiative": initiative,
            "case": "assessed" if benefit else "no benefit stated",
            "npv": cash - paid,
            "npv_p10": None,
            "npv_p90": None,
            "go_forward_npv": cash - cancellable + exit_cost,
            "cancellable_cost": float(cancellable),
            "committed_cost": float(committed),
            "sunk_cost": float(sunk),
            "exit_cost": float(exit_cost),
            "revenue_pv": float(cash),
            "cost_pv": 0.0,
            "risk_pv": 0.0,
            "yearly_benefit": float(cash),
            "lost_to_sharing": 0.0,
        },
        "yearly": {"initiative": initiative, "yearly": float(benefit), "kind": kind},
    }


def cases(*given, pools=()):
    made = {
        "cases": pd.DataFrame([c["row"] for c in given]),
        "flows": pd.DataFrame([f for c in given for f in c["flows"]]),
        "rows": pd.DataFrame([c["yearly"] for c in given if c["yearly"]["yearly"]]),
        "pools": pd.DataFrame(pools, columns=["pool", "initiative", "claimed_pv", "kept_pv", "lost_pv"]),
    }
    return Cases(as_of=AS_OF, tables={k: v for k, v in made.items() if len(v)})


def effects(*rows):
    """Rows are (initiative, grade, verdict, tone)."""
    table = [
        {
            "experiment_id": f"E{n}",
            "initiative_id": initiative,
            "arm": "new",
            "design": "randomised",
            "grade": grade,
            "verdict": verdict,
            "tone": tone,
            "registered": "2026-01-01",
        }
        for n, (initiative, grade, verdict, tone) in enumerate(rows, 1)
    ]
    found = [
        Finding(id="prove.effect", stage="prove", title="x", value=-0.02, unit="points", low=-0.03, high=-0.01,
                grade=row["grade"], initiative=row["initiative_id"], subject=row["experiment_id"])
        for row in table
    ]  # fmt: skip
    return Experiments(as_of=AS_OF, findings=tuple(found), tables={"effects": pd.DataFrame(table)})


def pnl(*rows):
    """Rows are (experiment, initiative, value, low, high, status)."""
    columns = ["experiment_id", "initiative_id", "value", "low", "high", "status"]
    table = pd.DataFrame(rows, columns=columns).assign(grade="A", pnl_line="Subscriptions", arm="new")
    return PnlBridge(as_of=AS_OF, tables={"bridge": table})


@pytest.fixture(scope="session")
def world():
    """Everything above, by name."""
    names = (
        "AS_OF",
        "SHEETS",
        "INITIATIVES",
        "tables",
        "trace",
        "case",
        "cases",
        "effects",
        "pnl",
        "Signals",
        "Register",
    )
    return SimpleNamespace(**{name: globals()[name] for name in names})

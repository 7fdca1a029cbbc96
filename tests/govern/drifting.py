"""A client with one funded initiative, its forecast and its case, in which nothing drifts unless a test says so."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from cxkit.records import Result
from cxkit.tables.engine import Tables

AS_OF, APPROVED = date(2026, 10, 31), "2025-11-10"
MONTHS = pd.date_range("2024-09-01", "2026-10-01", freq="MS")
A_MONTH = 500
INITIATIVE: dict[str, Any] = {
    "initiative_id": "I1", "initiative": "Call back", "metric_id": "csat", "owner": "Eva",
    "owner_role": "Journey Owners", "status": "running", "registered": "2025-10-01", "started": "2025-11-15",
    "planned_end": "2027-06-30",
    "budget": 40_000.0, "spent": 12_000.0, "funded": True,
}  # fmt: skip
FORECAST: dict[str, Any] = {
    "forecast_id": "F1", "initiative_id": "I1", "approved": APPROVED, "level": 0.8,
    "points": [{"months": 6, "value": 10_000.0, "low": 6_000.0, "high": 14_000.0}],
    "assumptions": [
        {"benefit_id": "B1", "name": "base", "value": 6000.0, "low": 5400.0, "high": 6600.0, "driver": "deflection",
         "base_unit": "contacts a year"},
        {"benefit_id": "B1", "name": "effect", "value": 0.2, "low": 0.1, "high": 0.3},
    ],
}  # fmt: skip


class Ledger(Result):
    stage: ClassVar[str] = "govern"
    name: ClassVar[str] = "ledger"


class Cases(Result):
    stage: ClassVar[str] = "quantify"
    name: ClassVar[str] = "cases"
    discount_rate: float = 0.08
    tax_rate: float = 0.0


class Scorecard(Result):
    stage: ClassVar[str] = "quantify"
    name: ClassVar[str] = "scorecard"


class Effects(Result):
    stage: ClassVar[str] = "prove"
    name: ClassVar[str] = "experiments"


class Links(Result):
    stage: ClassVar[str] = "govern"
    name: ClassVar[str] = "links"


def ledger(as_of: date = AS_OF, **changed: Any) -> Ledger:
    row = {"initiative_id": "I1", "initiative": "Call back", "live": True, "funded": True, "decided": "fund"}
    row |= {"has_owner": True, "budget": 40_000.0, "spent": 12_000.0, "outcome": "none", "realised_as": None}
    return Ledger(as_of=as_of, tables={"initiatives": pd.DataFrame([row | changed])})


def cases(base: float = 6000.0) -> Cases:
    """Base × 20 % × 5 a contact a year, cash in month 12; 4,000 can still be saved, undiscounted."""
    yearly = base * 0.2 * 5
    common = {"initiative": "I1", "kind": "cashable", "block": "cost"}
    flows = [common | {"index": 12, "amount": yearly, "worth": yearly}]
    flows += [
        {"initiative": "I1", "kind": "cancellable", "block": "investment", "index": 1, "amount": -4e3, "worth": -4e3}
    ]
    made = {
        "cases": pd.DataFrame([{"initiative": "I1", "go_forward_npv": yearly - 4000}]),
        "flows": pd.DataFrame(flows),
        "rows": pd.DataFrame([common | {"benefit": "B1", "base": base, "effect": 0.2, "pv": yearly}]),
    }
    return Cases(as_of=AS_OF, tables=made)


def scorecard(rng: np.random.Generator, *, fall: float = 0.0, months: pd.DatetimeIndex = MONTHS) -> Scorecard:
    """CSAT by month with a yearly wave; `fall` is taken off after approval."""
    k = np.arange(len(months))
    value = 0.75 + 0.02 * np.sin(2 * np.pi * k / 12) + rng.normal(0, 0.015, len(k)) - fall * (months > APPROVED)
    series = pd.DataFrame({"metric": "csat", "month": months.strftime("%Y-%m"), "value": value})
    measures = pd.DataFrame([{"metric": "csat", "direction": "up"}])
    return Scorecard(as_of=AS_OF, tables={"series": series, "measures": measures})


def tickets(rng: np.random.Generator, *, now: float = 1.0, months: pd.DatetimeIndex = MONTHS) -> pd.DataFrame:
    """About 500 contacts a month, good and bad months; `now` is their multiple in the last twelve months."""
    days = []
    for i, month in enumerate(months):
        level = A_MONTH * rng.gamma(100, 0.01) * (now if len(months) - i <= 12 else 1.0)
        days.append(month + pd.to_timedelta(rng.integers(0, 27, rng.poisson(level)), "D"))
    opened = np.concatenate(days)
    return pd.DataFrame({"ticket_id": np.arange(len(opened)).astype(str), "opened": opened})


def tables(frames: dict[str, pd.DataFrame], *, as_of: date = AS_OF, **changed: Any) -> Tables:
    given = {"initiatives": pd.DataFrame([INITIATIVE | changed])} | frames
    made = Tables.from_frames(given, as_of=as_of, currency="USD")
    made.con.execute("SET threads = 1")
    return made

"""Business cases small enough for a calculator: one base, one effect, one cost."""

from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest

from cxkit.quantify import business_cases
from cxkit.tables.engine import Tables

AS_OF = date(2026, 10, 31)
TERMS = {"discount_rate": 0.0, "horizon_months": 24, "default_margin": None}
BENEFIT = {
    "benefit_id": "B1",
    "initiative_id": "I1",
    "block": "cost",
    "driver": "deflection",
    "kind": "cashable",
    "base": 1200.0,
    "base_unit": None,
    "effect": 0.1,
    "effect_low": None,
    "effect_high": None,
    "unit_value": 10.0,
    "margin": None,
    "adoption": 1.0,
    "adoption_low": None,
    "adoption_high": None,
    "deadweight": 0.0,
    "cannibalised": None,
    "base_growth": None,
    "confidence": 1.0,
    "risk": None,
    "distribution": None,
    "moves_with": None,
    "correlation": None,
    "valuation": None,
    "decay": None,
    "start": "2026-11-01",
    "ramp_months": 0,
    "months": 12,
    "source": None,
    "shared_claim": None,
}
COST = {
    "investment_id": "V1",
    "initiative_id": "I1",
    "month": "2026-11-01",
    "amount": 600.0,
    "amount_low": None,
    "amount_high": None,
    "kind": "one_off",
    "months": None,
    "status": "cancellable",
    "exit_cost": None,
    "note": None,
}
INITIATIVE = {"initiative_id": "I1", "initiative": "Callback", "status": "running"}


def tables(benefits=(), costs=(), initiatives=(INITIATIVE,), **more):
    """Sheets of rows that differ from the calculator's row only where said; `more` are whole tables."""
    frames = {"initiatives": pd.DataFrame(initiatives), **more}
    for name, base, rows in (("benefits", BENEFIT, benefits), ("investments", COST, costs)):
        if rows:
            frames[name] = pd.DataFrame([base | row for row in rows])
    return Tables.from_frames(frames, as_of=AS_OF, currency="USD")


def cases(benefits=(), costs=(), initiatives=(INITIATIVE,), more=None, **terms):
    """The business cases of such rows."""
    return business_cases(tables(benefits, costs, initiatives, **(more or {})), **(TERMS | terms))


def row(benefits=(), costs=(), **kw):
    """The first case."""
    return cases(benefits, costs, **kw).frame("cases").iloc[0]


@pytest.fixture(scope="session")
def plan():
    """Makers of business cases from rows of `benefits` and `investments`."""
    return SimpleNamespace(tables=tables, cases=cases, row=row)

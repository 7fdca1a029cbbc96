"""Warning of a funded initiative that has not drifted, and finding one whose base shrank to half.

One trial is one run: an initiative with five assumptions on contacts, customers, complaints, revenue and the cost of a
contact, and a target metric, on a client whose months are good and bad by themselves and share their noise. Twelve
times the rate is the number of alarms in a client-year; runs of one client see mostly the same months, so that it is
the most there can be.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from cxkit.govern.drift import drift
from cxkit.records import Result
from cxkit.tables.engine import Tables

NAME = "drift"
SIZE = (
    "26 months, 500 contacts a month, months that resemble their neighbours; planted: contacts fall to half after "
    "approval"
)
AS_OF, APPROVED = date(2026, 10, 31), "2025-11-10"
MONTHS = pd.date_range("2024-09-01", "2026-10-01", freq="MS")
CONTACTS, CUSTOMERS, PRICE, COST, COMPLAINING = 500, 300, 40.0, 9.0, 0.15
SPREAD, NEAR = 0.08, 0.3
"""How far a month's level lies off, as a share of it, and what it has in common with the month before."""
ASSUMED: tuple[tuple[str, str, float, str], ...] = (
    ("B1", "base", CONTACTS * 12.0, "contacts a year"),
    ("B2", "base", CONTACTS * 12.0 * COMPLAINING, "complaints a year"),
    ("B3", "base", float(CUSTOMERS), "customers"),
    ("B4", "base", CUSTOMERS * PRICE * 12, "EUR of revenue a year"),
    ("B1", "unit_value", COST, "contacts a year"),
)


class Given(Result):
    stage: ClassVar[str] = "govern"
    name: ClassVar[str] = "given"


def levels(rng: np.random.Generator) -> np.ndarray:
    """The level of each month about 1."""
    noise = rng.normal(0, SPREAD, len(MONTHS))
    for i in range(1, len(noise)):
        noise[i] += NEAR * noise[i - 1]
    return np.maximum(1 + noise, 0.3)


def frames(rng: np.random.Generator, planted: bool) -> dict[str, pd.DataFrame]:
    """Tickets, revenue and costs of 26 months, and the sheet of initiatives."""
    share = np.where(planted & (MONTHS > APPROVED), 0.5, 1.0)
    counts = rng.poisson(CONTACTS * levels(rng) * share)
    opened = np.concatenate(
        [m + pd.to_timedelta(rng.integers(0, 27, n), "D") for m, n in zip(MONTHS, counts, strict=True)]
    )
    n = len(opened)
    there = rng.binomial(CUSTOMERS, 0.98, len(MONTHS))
    revenue = pd.concat(
        pd.DataFrame({"account_id": [f"a{i}" for i in range(k)], "month": m, "mrr": PRICE})
        for m, k in zip(MONTHS, there, strict=True)
    )
    cost = (counts * COST * rng.normal(1, 0.03, len(MONTHS))).round(2)
    costs = pd.DataFrame({"month": MONTHS, "category": "desk", "amount": cost, "driver": "contacts"})
    initiative = {
        "initiative_id": "I1",
        "initiative": "Call back",
        "metric_id": "csat",
        "status": "running",
        "funded": True,
    }
    return {
        "tickets": pd.DataFrame(
            {"ticket_id": np.arange(n).astype(str), "opened": opened, "complaint": rng.random(n) < COMPLAINING}
        ),
        "revenue": revenue,
        "costs": costs,
        "initiatives": pd.DataFrame([initiative | {"started": "2025-11-15", "owner": "Eva"}]),
    }


def trial(seed: int, planted: bool) -> bool:
    """Whether any alarm is raised."""
    rng = np.random.default_rng([seed, planted])
    given = frames(rng, planted)
    return raised(given, scores(rng), AS_OF)


def year(seed: int) -> int:
    """Monthly runs, of the twelve after approval, in which anything is raised though nothing drifted."""
    rng = np.random.default_rng([seed, 0])
    given, score = frames(rng, planted=False), scores(rng)
    ends = [(m + pd.offsets.MonthEnd()).date() for m in MONTHS[-12:]]
    return sum(raised(given, score, day) for day in ends)


def scores(rng: np.random.Generator) -> np.ndarray:
    """CSAT by month: a yearly wave, and months that resemble their neighbours."""
    wave = 0.02 * np.sin(2 * np.pi * np.arange(len(MONTHS)) / 12)
    return np.asarray(0.75 + wave + 0.02 * (levels(rng) - 1) / SPREAD)


def raised(given: dict[str, pd.DataFrame], score: np.ndarray, as_of: date) -> bool:
    """Whether the run of a day raises any alarm."""
    tables = Tables.from_frames(given, as_of=as_of)
    tables.con.execute("SET threads = 1")
    known = pd.Timestamp(as_of) >= MONTHS
    series = pd.DataFrame({"metric": "csat", "month": MONTHS[known].strftime("%Y-%m"), "value": score[known]})
    measures = pd.DataFrame([{"metric": "csat", "direction": "up"}])
    row: dict[str, Any] = {"initiative_id": "I1", "initiative": "Call back", "live": True, "funded": True}
    row |= {"decided": "fund", "has_owner": True, "budget": 1e4, "spent": 1e3, "outcome": "none", "realised_as": None}
    assumed = [
        {"benefit_id": b, "name": name, "value": v, "low": 0.85 * v, "high": 1.15 * v, "driver": "deflection",
         "base_unit": unit}
        for b, name, v, unit in ASSUMED
    ]  # fmt: skip
    forecast = {"forecast_id": "F", "initiative_id": "I1", "approved": APPROVED, "level": 0.8, "assumptions": assumed}
    found = drift(
        tables,
        ledger=Given(as_of=as_of, tables={"initiatives": pd.DataFrame([row])}),
        ledger_before=Given(as_of=as_of - timedelta(days=31), tables={"initiatives": pd.DataFrame([row])}),
        forecasts=[forecast],
        scorecard=Given(as_of=as_of, tables={"series": series, "measures": measures}),
    )
    return found.has("alarms")

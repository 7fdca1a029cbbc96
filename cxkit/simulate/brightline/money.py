"""Brightline's costs and books, and its staff."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxkit.simulate import book, costs
from cxkit.simulate.brightline import desks, story
from cxkit.simulate.brightline.homes import Homes
from cxkit.simulate.plan import staff, training
from cxkit.simulate.world import Array, month_end, months_between

STRAIN = (1.3, 1.7, 2.2, 2.5, 2.6)
"""How much faster technicians leave, from June to October 2026."""


def money(rng: np.random.Generator, homes: Homes, spells: pd.DataFrame, asked: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The tables ``costs``, ``pnl`` (October booked late) and ``market``."""
    months = story.MONTHS[:-1]
    place = (asked["opened"].to_numpy().astype("datetime64[M]") - months[0]).astype("int64")
    inside = place < len(months)

    def per_month(values: Array) -> Array:
        return np.bincount(place[inside], weights=values[inside].astype("float64"), minlength=len(months))

    closes = month_end(months)
    joined = np.array(
        [
            ((homes.started >= m.astype("M8[D]")) & (homes.started <= c)).sum()
            for m, c in zip(months, closes, strict=True)
        ]
    )
    driven = {
        "contact centre": per_month(asked["handle_minutes"].fillna(12).to_numpy()),
        "field visits": per_month((asked["reason"] == "repair").to_numpy()),
        "service credits": per_month(asked["complaint"].to_numpy()),
        "billing operations": np.array(
            [book.active(homes.started, homes.ended, c).sum() for c in closes], dtype="float64"
        ),
        "acquisition campaigns": joined,
    }
    cost = costs.costs(rng, story.COSTS, months, driven)
    cost["business_unit"], cost["currency"] = "Consumer", story.CURRENCY
    october = pd.Timestamp("2026-10-01")
    visits = ((cost["month"] == october) & (cost["category"] == "field visits")).to_numpy()
    cost = costs.restate(cost, visits, "amount", factor=1.06, day="2026-11-05")
    revenue = book.earned(spells, months)
    by_month = cost.groupby(["serves", "month"])["amount"].sum()
    lines = {
        ("Recurring revenue", "recurring_revenue"): revenue * (1 + rng.normal(0, 0.002, len(months))),
        ("Equipment sales", "other_revenue"): joined * 41.0 * np.exp(rng.normal(0, 0.05, len(months))),
        ("Service operations", "service_cost"): by_month[True].to_numpy(),
        ("Network and content", "cost_of_goods"): revenue * 0.38 * np.exp(rng.normal(0, 0.01, len(months))),
        ("Acquisition", "acquisition_cost"): by_month[False].to_numpy(),
        ("Overhead", "other_cost"): np.full(len(months), 41_000.0) * np.exp(rng.normal(0, 0.02, len(months))),
    }
    pnl = costs.pnl(months, lines)
    pnl["currency"] = story.CURRENCY
    late = ((pnl["month"] == october) & (pnl["line"] == "Recurring revenue")).to_numpy()
    pnl.loc[late, "amount"] = (pnl.loc[late, "amount"] * story.LATE_BOOKING).round(2)
    pnl = costs.restate(pnl, late, "amount", factor=1 / story.LATE_BOOKING, day="2026-11-05")
    market = pd.DataFrame({"month": months.astype("M8[D]"), "segment": "all", "currency": story.CURRENCY})
    market["source"] = "trade body estimate"
    market["market_revenue"] = np.round(2_400_000 * 1.004 ** np.arange(len(months)), 0)
    return {"costs": cost, "pnl": pnl, "market": market}


def staffing(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """The tables ``workforce`` and ``training``."""
    teams = {
        "Onboarding": 14,
        "Billing": 16,
        "Field service": 38,
        "Service desk": 30,
        "Sales": 24,
        "Digital": 18,
        "Partner desk": 12,
    }
    lately = months_between("2026-06", "2026-10")
    strain = {"Field service": {str(m): f for m, f in zip(lately, STRAIN, strict=True)}}
    programmes = {
        ("Service desk", "Repair playbook", "playbook"): (0.15, 0.46),
        ("Field service", "Repair playbook", "playbook"): (0.05, 0.21),
        ("Onboarding", "Welcome call script", "playbook"): (0.3, 0.93),
        ("Billing", "Agent assist", "agent_assist"): (0.1, 0.58),
        ("Service desk", "Agent assist", "agent_assist"): (0.12, 0.64),
    }
    return {
        "workforce": staff(rng, teams, story.MONTHS[:-1], strain),
        "training": pd.concat(
            [
                training(rng, programmes, teams, months_between("2025-11", "2026-10")),
                desks.taught(rng.spawn(1)[0], teams),
            ],
            ignore_index=True,
        ),
    }

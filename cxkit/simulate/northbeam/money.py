"""Northbeam's costs, books and staff."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxkit.simulate import book, costs
from cxkit.simulate.northbeam import story
from cxkit.simulate.northbeam.accounts import Accounts
from cxkit.simulate.plan import staff, training
from cxkit.simulate.world import lognormal, month_end, months_between


def money(
    rng: np.random.Generator, accounts: Accounts, revenue: pd.DataFrame, asked: pd.DataFrame, fx: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """The tables ``costs``, ``pnl``, ``workforce`` and ``training``; revenue ties to the books, cost does not."""
    rate = revenue["month"].map(fx.set_index("month")["rate"]).where(revenue["currency"] == "GBP", 1.0)
    by_month = (revenue["mrr"] * rate).groupby(revenue["month"]).sum().to_numpy()
    one_off = (revenue["one_off"] * rate).groupby(revenue["month"]).sum().to_numpy()
    place = (asked["opened"].to_numpy().astype("M8[M]") - story.MONTHS[0]).astype("int64")
    inside = place < len(story.MONTHS)
    minutes = np.bincount(place[inside], asked["handle_minutes"].fillna(30).to_numpy()[inside], len(story.MONTHS))
    angry = np.bincount(place[inside], asked["complaint"].to_numpy()[inside].astype("float64"), len(story.MONTHS))
    alive = np.array(
        [book.active(accounts.started, accounts.ended, c).sum() for c in month_end(story.MONTHS)], dtype="float64"
    )
    driven = {
        "support": minutes,
        "customer success": alive,
        "service credits": angry,
        "field marketing": np.ones(len(story.MONTHS)),
    }
    cost = costs.costs(rng, story.COSTS, story.MONTHS, driven, 0.02)
    cost["currency"] = story.CURRENCY
    served = cost[cost["serves"]].groupby("month")["amount"].sum().to_numpy()
    outside = np.where(story.MONTHS >= story.CONTRACTORS_FROM, 1 / (1 - story.CONTRACTORS), 1.0)
    won = cost[~cost["serves"]].groupby("month")["amount"].sum().to_numpy()
    rest = by_month.mean() * 0.38 * lognormal(rng, 1.0, 0.02, len(story.MONTHS))
    pnl = costs.pnl(
        story.MONTHS,
        {
            ("Subscriptions", "recurring_revenue"): by_month * (1 + rng.normal(0, 0.003, len(story.MONTHS))),
            ("Set-up fees", "other_revenue"): one_off,
            ("Support and success", "service_cost"): served * outside,
            ("Hosting", "cost_of_goods"): by_month * 0.21 * lognormal(rng, 1.0, 0.01, len(story.MONTHS)),
            ("Sales and marketing", "acquisition_cost"): won,
            ("Development and administration", "other_cost"): rest,
        },
    )
    pnl["currency"] = story.CURRENCY
    october = (pnl["month"] == pd.Timestamp("2026-10-01")) & (pnl["line"] == "Subscriptions")
    pnl = costs.restate(pnl, october.to_numpy(), "amount", factor=0.998, day="2026-11-05")
    teams = {"Onboarding": 9, "Technical support": 12, "Customer support": 11, "Sales": 16, "Product": 22}
    programmes = {
        ("Onboarding", "Guided set-up", "playbook"): (0.2, 0.89),
        ("Technical support", "Connector playbook", "playbook"): (0.1, 0.33),
        ("Customer support", "Knowledge base", "agent_assist"): (0.3, 0.73),
    }
    return {
        "costs": cost,
        "pnl": pnl,
        "workforce": staff(rng, teams, story.MONTHS, {}),
        "training": training(rng, programmes, teams, months_between("2026-01", "2026-10")),
    }

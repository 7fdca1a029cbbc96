"""Calling a team slow that only has the harder work, and finding one that is late eight points more often.

Beside it segments that reach first value equally fast: both looks spend the share of owners together.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from cxkit.metrics import service
from cxkit.orchestrate import first_value
from cxkit.orchestrate.breaches import owners_part
from cxkit.tables.engine import Tables

NAME = "owner"
SIZE = (
    "6,000 tickets a year of 2,000 customers, four teams with unlike mixes of five reasons, loud customers and bad "
    "weeks; three segments of 300 new customers; planted: one team late 8 points more often"
)
AS_OF = date(2026, 10, 31)
TICKETS, CUSTOMERS, NEW = 6000, 2000, 900
REASONS = ("bill", "move", "repair", "app", "plan")
LATE = np.array([0.08, 0.12, 0.45, 0.15, 0.20])
"""Share late by reason, the same for every team."""
TEAMS = ("north", "south", "east", "west")
MIX = np.array([[0.1, 0.1, 0.6, 0.1, 0.1], [0.3, 0.3, 0.1, 0.2, 0.1], [0.2] * 5, [0.1, 0.2, 0.2, 0.2, 0.3]])
"""What each team works on; north has most repairs."""
SLOW, MORE = "east", 0.08


def tickets(rng: np.random.Generator, more: float) -> pd.DataFrame:
    """Tickets of a year with a limit of 24 hours; customers lean their own way, and weeks are good or bad for all."""
    team = rng.integers(0, 4, TICKETS)
    reason = (rng.random(TICKETS)[:, None] > MIX.cumsum(axis=1)[team]).sum(axis=1).clip(0, 4)
    who = np.minimum(rng.geometric(1 / 400, TICKETS), CUSTOMERS)  # a few customers ask very often
    day = rng.integers(0, 360, TICKETS)
    lean, week = rng.normal(0, 0.03, CUSTOMERS + 1), rng.normal(0, 0.05, 60)
    chance = LATE[reason] + lean[who] + week[day // 7] + more * (team == TEAMS.index(SLOW))
    hours = np.where(rng.random(TICKETS) < chance, 24 + rng.exponential(12, TICKETS), 23 * rng.random(TICKETS))
    opened = pd.Timestamp("2025-11-01 08:00") + pd.to_timedelta(day * 24 + rng.integers(0, 10, TICKETS), "h")
    return pd.DataFrame(
        {
            "ticket_id": [f"t{i}" for i in range(TICKETS)],
            "account_id": [f"c{i}" for i in who],
            "moment_id": "m",
            "team": np.array(TEAMS)[team],
            "reason": np.array(REASONS)[reason],
            "opened": opened,
            "resolved": (opened + pd.to_timedelta(np.round(hours * 3600), "s")),
        }
    )


def starters(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """New customers of three segments and their first use: one in eight never gets there, one in ten leaves."""
    start = np.array([date(2026, 1, 1) + timedelta(days=int(d)) for d in rng.integers(0, 280, NEW)])
    took = np.where(rng.random(NEW) < 0.12, 9999, np.ceil(rng.weibull(1.3, NEW) * 12)).astype(int)
    leaves = np.where(rng.random(NEW) < 0.1, rng.integers(1, 90, NEW), 9999)
    ids = [f"n{i}" for i in range(NEW)]
    gone = [s + timedelta(days=int(d)) if d < 9999 else None for s, d in zip(start, leaves, strict=True)]
    gone = [g if g is not None and g <= AS_OF else None for g in gone]
    accounts = pd.DataFrame({"account_id": ids, "started": start, "ended": gone})
    accounts["segment"] = np.array(["small", "mid", "large"])[rng.integers(0, 3, NEW)]
    used = [
        (i, f"{s + timedelta(days=int(t))} 12:00", "use")
        for i, s, t in zip(ids, start, took, strict=True)
        if t < 9999 and s + timedelta(days=int(t)) <= AS_OF
    ]
    events = pd.DataFrame([*used, ("n0", "2026-01-01 00:00", "login")], columns=["account_id", "at", "event"])
    return accounts, events


def trial(seed: int, planted: bool) -> bool:
    """Whether anything is called slower where nothing is, or whether the slow team is found."""
    rng = np.random.default_rng(seed)
    accounts, events = starters(rng)
    moments = pd.DataFrame({"moment_id": ["m"], "moment": ["Help"], "sla_hours": [24.0], "value_event": ["use"]})
    asked = tickets(rng, MORE if planted else 0.0)
    given = {"tickets": asked, "moments": moments, "accounts": accounts, "events": events}
    tables = Tables.from_frames(given, as_of=AS_OF)
    tables.con.execute("SET threads = 1")
    window = service.ticket_window(tables)
    if window is None:
        raise RuntimeError("the trial has no complete month")
    with service.judged(tables, window) as relation:
        rows = owners_part(tables, relation, window, {}).tables["like_for_like"]
    slow = rows.loc[rows["verdict"] == "slower", "group"].tolist()
    if planted:
        return SLOW in slow
    return bool(slow) or bool((first_value(tables).frame("tests")["verdict"] == "differ").any())

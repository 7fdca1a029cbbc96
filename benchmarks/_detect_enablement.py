"""Taking a staggered rollout that did nothing for one that moved handling time, and finding one that saved 15 %."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from cxkit.orchestrate import enablement
from cxkit.tables.engine import Tables

NAME = "enablement"
SIZE = "6 teams, 24 months, about 60 tickets a team and month; five teams reached in steps of three months"
TEAMS, MONTHS, EACH = 6, 24, 60
FIRST, STEP = 7, 3
SAVED = 0.15
SHOCK, MEMORY, DRIFT = 0.03, 0.5, 0.03
"""A team's own months differ by three per cent and remember half of it; teams drift apart by three per cent a year."""


def client(seed: int, saved: float) -> dict[str, pd.DataFrame]:
    """Tickets and training of teams whose months hang together."""
    rng = np.random.default_rng(seed)
    starts = rng.permutation([*(FIRST + STEP * np.arange(TEAMS - 1)), MONTHS + 1])
    months = pd.date_range("2024-11-01", periods=MONTHS, freq="MS")
    common = 0.05 * rng.normal(size=MONTHS)
    tickets, training = [], []
    for team, start in enumerate(starts):
        shock = np.zeros(MONTHS)
        for at in range(MONTHS):
            shock[at] = (MEMORY * shock[at - 1] if at else 0.0) + SHOCK * rng.normal() * np.sqrt(1 - MEMORY**2)
        drift = DRIFT * rng.normal() * np.arange(MONTHS) / 12
        level = np.log(8 + 3 * team) + common + shock + drift + np.log(1 - saved) * (np.arange(MONTHS) >= start)
        for at, month in enumerate(months):
            n = rng.poisson(EACH)
            opened = month + pd.to_timedelta(rng.integers(0, 27 * 24, n), unit="h")
            rows = {
                "opened": opened,
                "handle_minutes": np.exp(level[at] + rng.normal(0, 0.5, n)),
                "team": f"team {team}",
            }
            tickets.append(pd.DataFrame(rows | {"account_id": rng.integers(0, 3000, n)}))
            training.append((month, f"team {team}", "Helper", "agent_assist", 20, 16 if at >= start else 2))
    every = pd.concat(tickets, ignore_index=True)
    every["account_id"] = "a" + every["account_id"].astype(str)
    every["resolved"] = every["opened"] + pd.Timedelta(hours=3)
    every["ticket_id"] = [f"t{i}" for i in range(len(every))]
    columns = ["month", "team", "programme", "kind", "eligible", "completed"]
    return {"tickets": every, "training": pd.DataFrame(training, columns=columns)}


def trial(seed: int, planted: bool) -> bool:
    """Whether a difference is claimed: there is none (False), or handling time fell by 15 % (True)."""
    tables = Tables.from_frames(client(seed, SAVED if planted else 0.0), as_of=date(2026, 10, 31))
    tables.con.execute("SET threads = 1")
    return bool((enablement(tables, seed=seed).frame("effects")["verdict"] == "moved").any())

"""Calling a group lost or sent back more often when it is not, and finding a region that loses 15 points more.

Both detectors that share ``segments`` look: the funnel by segment, region and channel at two steps, and the rework of
tickets by five groupings. Tickets of one customer are alike: half of the customers have rework in seven of ten tickets.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from cxkit.orchestrate import funnel, ways
from cxkit.tables.engine import Tables

NAME = "segments"
SIZE = (
    "1,000 customers in three segments and four regions entering a journey of three steps; 1,500 tickets of 400 of them"
)
CUSTOMERS, TICKETS, CALLERS = 1000, 1500, 400
LOSS = 0.15
"""Share lost at the second step more than elsewhere, in one region of four."""
STEPS = {"Join": ["order", "visit", "use"]}


def frames(seed: int, loss: float) -> dict[str, pd.DataFrame]:
    """Customers, their events and their tickets' log."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"a{i}" for i in range(CUSTOMERS)])
    region = rng.choice(["north", "south", "east", "west"], CUSTOMERS)
    accounts = pd.DataFrame({"account_id": ids, "started": "2020-01-01", "region": region})
    accounts["segment"] = rng.choice(["small", "middle", "large"], CUSTOMERS)
    channel = rng.choice(["app", "web", "shop"], CUSTOMERS)
    start = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 240 * 24, CUSTOMERS), "h")
    come = rng.random(CUSTOMERS) < 0.85 - loss * (region == "east")
    parts, kept = [], np.ones(CUSTOMERS, dtype=bool)
    for k, event in enumerate(STEPS["Join"]):
        kept = kept & (come if k == 1 else (rng.random(CUSTOMERS) < 0.8) | (k == 0))
        at = start + pd.to_timedelta(k * 24, "h")
        parts.append(pd.DataFrame({"account_id": ids, "at": at, "event": event, "channel": channel})[kept])
    who = rng.integers(0, CALLERS, TICKETS)
    back = rng.random(TICKETS) < np.where(who % 2 == 0, 0.7, 0.05)
    opened = pd.Timestamp("2026-02-01") + pd.to_timedelta(rng.integers(0, 200 * 24, TICKETS), "h")
    ticket = pd.DataFrame({"ticket_id": [f"t{i}" for i in range(TICKETS)], "account_id": ids[who]})
    for column, groups in {"product": 6, "channel": 3, "reason": 5}.items():
        ticket[column] = rng.integers(0, groups, TICKETS).astype(str)
    log = []
    for hour, activity, state, some in (
        (0, "Open", "open", slice(None)),
        (1, "Work", "work", slice(None)),
        (2, "Work", "work", back),
        (5, "Done", "resolved", slice(None)),
    ):
        rows = ticket.assign(at=opened + pd.to_timedelta(hour, "h"), activity=activity, state=state)
        log.append(rows if isinstance(some, slice) else rows[some])
    return {
        "accounts": accounts,
        "events": pd.concat(parts, ignore_index=True),
        "ticket_log": pd.concat(log, ignore_index=True),
    }


def trial(seed: int, planted: bool) -> bool:
    """Whether any group is called different: none is (False), or one region loses 15 points more (True)."""
    tables = Tables.from_frames(frames(seed, LOSS if planted else 0.0), as_of=date(2026, 10, 31))
    tables.con.execute("SET threads = 1")
    lost = funnel(tables, steps=STEPS).frame("segments")["differs"]
    back = ways(tables).frame("segments")["differs"]
    return bool(lost.any() or (not planted and back.any()))

"""The status log behind tickets: taken in charge, passed on, waiting for the customer, resolved, closed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cxkit.simulate.clock import OpenHours
from cxkit.simulate.world import Array

STATES: Mapping[str, str] = {
    "Opened": "open",
    "Taken in charge": "work",
    "Passed on": "work",
    "Asked the customer": "pause",
    "Customer answered": "work",
    "Resolved": "resolved",
    "Came back": "reopened",
    "Closed": "closed",
}
"""Activity as the desk words it → what it means for the clock."""


def log(
    rng: np.random.Generator,
    tickets: pd.DataFrame,
    hours: OpenHours,
    *,
    first: str,
    passed: float,
    bounced: Mapping[str, str],
    extracted: np.datetime64,
) -> pd.DataFrame:
    """Rows of ``ticket_log`` that agree with ``tickets``: ids, times, and open minutes of waiting.

    Some tickets (`passed`) are opened with the team `first` and passed on once. `bounced` maps a team to the one it
    plays ping-pong with over the tickets that have three handovers or more: two returns each.
    """
    size = len(tickets)
    opened = tickets["opened"].to_numpy().astype("datetime64[us]")
    resolved = tickets["resolved"].to_numpy().astype("datetime64[us]")
    taken = tickets["first_response"].to_numpy().astype("datetime64[us]")
    team = tickets["team"].to_numpy(dtype=object)
    paused = np.nan_to_num(tickets["paused_minutes"].to_numpy(dtype="float64"))
    other = np.array([bounced.get(t) for t in team], dtype=object)
    loop = (tickets["handovers"].fillna(0).to_numpy(dtype="float64") >= 3) & (other != None)  # noqa: E711
    moved = ~loop & (team != first) & (rng.random(size) < passed)
    at_first = np.where(moved, first, team)
    there = ~np.isnat(taken)
    done = there & ~np.isnat(resolved)
    whole = np.where(done, hours.between(np.where(there, taken, opened), np.where(done, resolved, opened)), 0.0)
    work = np.maximum(whole - paused, 0.0)
    base = np.where(there, taken, opened)

    def inside(share: float, *, after_pause: bool = False) -> Array:
        """A moment at a share of the work, before or after the waiting."""
        return hours.after(base, work * share + (paused if after_pause else 0.0))

    asks = done & (paused > 0)
    rows = [
        _rows(tickets, opened, "Opened", at_first, np.ones(size, dtype=bool)),
        _rows(tickets, taken, "Taken in charge", at_first, there),
        _rows(tickets, inside(0.15), "Passed on", team, done & moved),
        _rows(tickets, inside(0.15), "Passed on", other, done & loop),
        _rows(tickets, inside(0.3), "Passed on", team, done & loop),
        _rows(tickets, inside(0.4), "Asked the customer", team, asks),
        _rows(tickets, inside(0.4, after_pause=True), "Customer answered", team, asks),
        _rows(tickets, inside(0.6, after_pause=True), "Passed on", other, done & loop),
        _rows(tickets, inside(0.8, after_pause=True), "Passed on", team, done & loop),
        _rows(tickets, resolved, "Resolved", team, done),
        _rows(tickets, tickets["reopened"].to_numpy().astype("datetime64[us]"), "Came back", team, done),
        _rows(tickets, tickets["closed"].to_numpy().astype("datetime64[us]"), "Closed", team, done),
    ]
    frame = pd.concat(rows, ignore_index=True)
    frame = frame[frame["at"] <= extracted.astype("datetime64[us]") + np.timedelta64(17, "h")]
    order = frame["activity"].map({name: place for place, name in enumerate(STATES)})
    frame = frame.assign(order=order).sort_values(["at", "ticket_id", "order"], kind="stable")
    return frame.drop(columns="order").reset_index(drop=True)


def _rows(tickets: pd.DataFrame, at: Array, activity: str, team: Array, where: Array) -> pd.DataFrame:
    kept = where & ~np.isnat(at)
    return pd.DataFrame(
        {
            "ticket_id": tickets["ticket_id"].to_numpy(dtype=object)[kept],
            "at": at[kept],
            "activity": activity,
            "state": STATES[activity],
            "team": np.asarray(team, dtype=object)[kept],
        }
    )

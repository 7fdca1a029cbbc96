"""Power against size, and what daily looks would do to the test that runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cxkit.prove.designs_size import Setting, chance, tuned
from cxkit.prove.peeking import Peeking, peeking
from cxkit.prove.plan import Plan

STEPS = 25
MOST_DAYS = 120
"""Days of a running test that are simulated at most."""


def curve(plan: Plan, row: dict[str, Any], setting: Setting | None) -> list[dict[str, Any]]:
    """Power against size, from a tenth of what is needed to beyond what is needed and there."""
    if setting is None or row.get("needed_total") is None:
        return []
    planned = tuned(setting)
    share = row["needed_control"] / row["needed_total"]
    most = 1.6 * max(row["needed_total"], min(row["has_total"] or 0, 3 * row["needed_total"]))
    sizes = np.linspace(row["needed_total"] / 10, most, STEPS)
    return [
        {
            "experiment_id": plan.experiment_id,
            "name": plan.name,
            "n": float(n),
            "power": chance(setting, float(n) * share, planned=planned),
        }
        for n in sizes
    ]


def peeked(rows: Sequence[Mapping[str, Any]], *, level: float, seed: int) -> tuple[Mapping[str, Any], Peeking] | None:
    """A/A tests as long and as large as the running experiment with most units; None without one that draws on."""
    running = [r for r in rows if r["state"] == "running" and r.get("traffic") and r.get("weeks") and r["has_total"]]
    if not running:
        return None
    one = max(running, key=lambda r: (r["has_total"], r["experiment_id"]))
    days = min(max(round(one["weeks"] * 7), 7), MOST_DAYS)
    daily = min(max(round(one["traffic"] / 7), 20), 10_000)
    if one["kind"] == "binary":
        return one, peeking(days=days, units_a_day=daily, base=one["base"], level=level, seed=seed)
    return one, peeking(days=days, units_a_day=daily, kind="mean", level=level, seed=seed)

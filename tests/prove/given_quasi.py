"""Clients with a rollout nobody drew, and what was planted in it."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from cxkit.tables.engine import Tables

NEVER = 10**9
AS_OF = date(2026, 10, 31)


def noise(rng: np.random.Generator, groups: int, periods: int, rho: float) -> np.ndarray:
    """Autocorrelated noise of unit variance shocks, stationary from the first period."""
    shocks = rng.normal(size=(groups, periods))
    made = np.zeros((groups, periods))
    made[:, 0] = shocks[:, 0] / np.sqrt(1 - rho**2)
    for t in range(1, periods):
        made[:, t] = rho * made[:, t - 1] + shocks[:, t]
    return made


def rollout(
    seed: int,
    starts: list[int],
    *,
    effect: float = 0.0,
    drift: float = 0.0,
    periods: int = 24,
    rho: float = 0.6,
    scale: float = 1.0,
) -> np.ndarray:
    """Groups × periods: own levels, a common course, noise, an effect from each start, a drift of those reached."""
    rng = np.random.default_rng(seed)
    n, t = len(starts), np.arange(periods)
    begun = np.array(starts)[:, None]
    level = 50 + 2 * rng.normal(size=(n, 1)) + rng.normal(size=periods)
    return level + scale * noise(rng, n, periods, rho) + effect * (t >= begun) + drift * t * (begun < NEVER)


def mixture(
    seed: int, *, effect: float = 0.0, donors: int = 12, periods: int = 36, start: int = 24, rho: float = 0.5
) -> np.ndarray:
    """A group (first row) that is a mixture of donors driven by two common courses, with an effect from `start` on."""
    rng = np.random.default_rng(seed)
    courses = np.cumsum(rng.normal(size=(2, periods)) * 0.5, axis=1)
    loads = rng.uniform(0, 2, size=(donors, 2))
    share = rng.dirichlet(np.ones(donors))
    others = 10 + loads @ courses + 0.5 * noise(rng, donors, periods, rho)
    group = 10 + share @ loads @ courses + 0.5 * noise(rng, 1, periods, rho)[0]
    group[start:] += effect
    return np.vstack([group, others])


def months(count: int, last: str = "2026-09-01") -> pd.DatetimeIndex:
    return pd.date_range(end=last, periods=count, freq="MS")


def experiment(outcome: np.ndarray, starts: list[int], **plan: Any) -> dict[str, pd.DataFrame]:
    """Canonical frames of a panel: months up to September 2026, groups g00, g01, …; start NEVER is the control arm."""
    days = months(outcome.shape[1])
    full = {
        "experiment_id": "q1",
        "initiative_id": "i1",
        "hypothesis": "coached teams are rated better",
        "metric": "rating",
        "kind": "mean",
        "design": "did",
        "direction": "up",
        "control_arm": "not yet",
        "registered": "2023-01-01",
        "minimum_effect": 0.5,
    } | plan
    name = full["experiment_id"]
    units = [f"g{i:04d}" for i in range(len(starts))]
    begun = [days[min(s, len(days) - 1)] if s < NEVER else days[0] for s in starts]
    assignments = pd.DataFrame(
        {
            "experiment_id": name,
            "unit_id": units,
            "arm": ["coached" if s < NEVER else "not yet" for s in starts],
            "assigned": begun,
        }
    )
    i, t = np.nonzero(np.isfinite(outcome))
    panel = pd.DataFrame(
        {
            "experiment_id": name,
            "unit_id": np.array(units)[i],
            "metric": full["metric"],
            "period": days[t],
            "value": outcome[i, t],
            "n": 100,
            "measured": days[t] + pd.Timedelta(days=27),
        }
    )
    return {"experiments": pd.DataFrame([full]), "assignments": assignments, "panel": panel}


def customers(
    seed: int,
    *,
    n: int = 3000,
    effect: float = 0.0,
    hidden: float = 0.0,
    kind: str = "mean",
    **plan: Any,
) -> dict[str, pd.DataFrame]:
    """Customers who chose a treatment by segment, size and their own past; `hidden` is what nobody recorded."""
    rng = np.random.default_rng(seed)
    segment = rng.integers(0, 3, n)
    seats = np.exp(rng.normal(3, 0.8, n))
    unseen = rng.normal(size=n)
    past = 20 + 4 * segment + 2 * np.log(seats) + 3 * rng.normal(size=n)
    took = rng.random(n) < 1 / (1 + np.exp(-(-1.2 + 0.5 * segment + 0.06 * (past - 30) + hidden * unseen)))
    after = (
        5 + 0.7 * past + 1.5 * segment + 0.5 * np.log(seats) + hidden * unseen + 2 * rng.normal(size=n) + effect * took
    )
    if kind == "binary":
        past = (past > np.median(past)).astype(float)
        chance = np.clip(0.2 + 0.1 * segment + 0.2 * past + effect * took, 0, 1)
        after = (rng.random(n) < chance).astype(float)
    ids = [f"{plan.get('experiment_id', 'm1')}-{i:05d}" for i in range(n)]
    full = {
        "experiment_id": "m1", "initiative_id": "i2", "hypothesis": "those who take the course use it more",
        "metric": "usage", "kind": kind, "design": "matched", "direction": "up", "control_arm": "none",
        "registered": "2026-01-01", "match_on": "segment, term_months", "minimum_effect": 0.02,
    } | plan  # fmt: skip
    shared = {"experiment_id": full["experiment_id"], "unit_id": ids, "metric": "usage"}
    return {
        "experiments": pd.DataFrame([full]),
        "assignments": pd.DataFrame(
            {"experiment_id": full["experiment_id"], "unit_id": ids, "arm": np.where(took, "course", "none"),
             "assigned": "2026-03-01 08:00:00"}
        ),
        "outcomes": pd.concat(
            [
                pd.DataFrame(shared | {"phase": "pre", "value": past, "measured": "2026-02-20 08:00:00"}),
                pd.DataFrame(shared | {"phase": "post", "value": after, "measured": "2026-06-01 08:00:00"}),
            ]
        ),
        "accounts": pd.DataFrame(
            {"account_id": ids, "started": "2024-01-01", "segment": np.array(["small", "middle", "large"])[segment],
             "term_months": np.ceil(seats).astype(int)}
        ),
    }  # fmt: skip


def client(*parts: dict[str, pd.DataFrame], as_of: date = AS_OF) -> Tables:
    """Several experiments of one client."""
    names = {name for part in parts for name in part}
    return Tables.from_frames({n: pd.concat([p[n] for p in parts if n in p]) for n in sorted(names)}, as_of=as_of)

"""Many experiments with a known effect in one client, so that thousands of intervals come from a few calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from cxkit.tables.engine import Tables

AS_OF = date(2026, 6, 30)
Units = pd.DataFrame
"""Columns arm (0 control, 1 treated), y and, where wanted, den, x, xden, cluster."""


@dataclass(frozen=True)
class Design:
    """How one kind of experiment is drawn, and what it truly does."""

    draw: Callable[[np.random.Generator, float], Units]
    """Units of one experiment; the second argument switches the effect on (1) or off (0)."""
    effect: float
    """True difference of the arms when it is on."""
    level: float
    """True level of the control arm."""
    kind: str
    size: str
    design: str = "randomised"
    share: float = 0.5
    """Planned share of the control arm."""


def _coin(rng: np.random.Generator, n: int, control: float = 0.5) -> np.ndarray:
    return (rng.random(n) >= control).astype(int)


def _yes_no(n: int, base: float, effect: float, control: float = 0.5) -> Callable[[np.random.Generator, float], Units]:
    def draw(rng: np.random.Generator, on: float) -> Units:
        arm = _coin(rng, n, control)
        return pd.DataFrame({"arm": arm, "y": (rng.random(n) < base + on * effect * arm).astype(float)})

    return draw


def _spend(rng: np.random.Generator, on: float) -> Units:
    arm = _coin(rng, 400)
    return pd.DataFrame({"arm": arm, "y": rng.lognormal(3.0, 0.9, 400) * (1 + 0.15 * on * arm)})


def _spend_before(rng: np.random.Generator, on: float) -> Units:
    """Spending before and after share the customer; one in ten has no past."""
    arm, own = _coin(rng, 400), rng.normal(3.0, 0.6, 400)
    x, y = (np.exp(own + rng.normal(0, 0.4, 400)) for _ in range(2))
    x[rng.random(400) < 0.1] = np.nan
    return pd.DataFrame({"arm": arm, "x": x, "y": y * (1 + 0.15 * on * arm)})


def _orders(rng: np.random.Generator, on: float) -> Units:
    """Orders per session: customers differ in both, and the busy order less often."""
    arm, own = _coin(rng, 600), rng.gamma(2.0, 0.5, 600)
    sessions = 1 + rng.poisson(3 * own)
    orders = rng.binomial(sessions, np.clip(0.30 * (1 + 0.2 * on * arm) / (1 + own), 0, 1))
    return pd.DataFrame({"arm": arm, "y": orders.astype(float), "den": sessions.astype(float)})


def _order_rate() -> float:
    """E[orders] ÷ E[sessions] without treatment, by quadrature over the gamma."""
    own = np.linspace(1e-6, 20, 400_001)
    weight = own * np.exp(-own / 0.5)
    sessions = 1 + 3 * own
    return float((weight * sessions * 0.30 / (1 + own)).sum() / (weight * sessions).sum())


def _teams(count: int, members: int, *, past: bool) -> Callable[[np.random.Generator, float], Units]:
    def draw(rng: np.random.Generator, on: float) -> Units:
        order = rng.permutation(np.arange(count) % 2)
        size = 5 + rng.poisson(members - 5, count)
        cluster = np.repeat(np.arange(count), size)
        level, n = rng.normal(0, 3.0, count)[cluster], len(cluster)
        arm = order[cluster]
        frame = pd.DataFrame({"arm": arm, "cluster": cluster, "y": 40 + level + rng.normal(0, 8, n) + 3.0 * on * arm})
        return frame.assign(x=40 + level + rng.normal(0, 8, n)) if past else frame

    return draw


RATE = _order_rate()
SPEND, SPEND_BEFORE = float(np.exp(3 + 0.9**2 / 2)), float(np.exp(3 + (0.6**2 + 0.4**2) / 2))
CLUSTERS = "cluster_randomised"
DESIGNS: Mapping[str, Design] = {
    "effect_binary": Design(_yes_no(800, 0.15, -0.05), -0.05, 0.15, "binary", "800 units, 15 % to 10 %"),
    "effect_binary_rare": Design(_yes_no(300, 0.03, 0.03), 0.03, 0.03, "binary", "300 units, 3 % to 6 %"),
    "effect_mean": Design(_spend, 0.15 * SPEND, SPEND, "mean", "400 units, lognormal, sigma 0.9"),
    "effect_cuped": Design(
        _spend_before, 0.15 * SPEND_BEFORE, SPEND_BEFORE, "mean", "400 units, one in ten without past"
    ),
    "effect_ratio": Design(_orders, 0.2 * RATE, RATE, "ratio", "600 units, orders per session"),
    "effect_cluster_few": Design(_teams(24, 15, past=False), 3.0, 40.0, "mean", "24 clusters of about 15", CLUSTERS),
    "effect_cluster_few_cuped": Design(
        _teams(24, 15, past=True), 3.0, 40.0, "mean", "24 clusters of about 15", CLUSTERS
    ),
    "effect_cluster_many": Design(_teams(120, 10, past=False), 3.0, 40.0, "mean", "120 clusters of about 10", CLUSTERS),
    "holdout": Design(
        _yes_no(2000, 0.16, -0.05, 0.1), -0.05, 0.16, "binary", "2,000 units, one in ten left out", "holdout", 0.1
    ),
}


def client(name_seeds: list[tuple[str, str, int]], on: float) -> Tables:
    """A client with one experiment per (experiment id, name of a design, seed), all by their public shape."""
    plans, assignments, outcomes = [], [], []
    for experiment, name, seed in name_seeds:
        design = DESIGNS[name]
        units = design.draw(np.random.default_rng([seed, *name.encode()]), on)
        ids = np.arange(len(units)).astype(str)
        plans.append(
            {
                "experiment_id": experiment, "hypothesis": "planted", "metric": "y", "kind": design.kind,
                "design": design.design, "direction": "up", "control_arm": "0", "planned_share": design.share,
                "registered": "2026-01-01", "started": "2026-01-05", "ended": "2026-05-31",
            }
        )  # fmt: skip
        given = {"experiment_id": experiment, "unit_id": ids, "arm": units["arm"].astype(str)}
        cluster = units["cluster"].astype(str) if "cluster" in units else None
        assignments.append(pd.DataFrame({**given, "assigned": "2026-01-10", "cluster_id": cluster}))
        for phase, value, den, day in (("post", "y", "den", "2026-05-01"), ("pre", "x", "xden", "2026-01-09")):
            if value in units:
                row = {"experiment_id": experiment, "unit_id": ids, "metric": "y", "phase": phase, "measured": day}
                outcomes.append(
                    pd.DataFrame({**row, "value": units[value], "denominator": units.get(den)}).dropna(subset="value")
                )
    frames = {"assignments": assignments, "outcomes": outcomes}
    whole = {
        table: pd.concat([f.astype({c: object for c in f if f[c].isna().all()}) for f in parts])
        for table, parts in frames.items()
    }
    tables = Tables.from_frames({"experiments": pd.DataFrame(plans), **whole}, as_of=AS_OF)
    tables.con.execute("SET threads = 1")
    return tables

"""Experiments as they are run: draws, outcomes before and after, and totals per arm."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from cxkit.simulate.world import Array

EVE = np.timedelta64(6, "h")
"""How long before a draw at midnight the values of the time before are complete: at 18:00 on the day before."""


def drawn(rng: np.random.Generator, size: int, share: float) -> Array:
    """Whether each unit is treated, `share` of them on average, each by its own coin."""
    return np.asarray(rng.random(size) < share)


def assignments(experiment: str, unit: Array, treated: Array, assigned: Array, arms: tuple[str, str]) -> pd.DataFrame:
    """Rows of ``assignments``; `arms` are control and treatment."""
    return pd.DataFrame(
        {
            "experiment_id": experiment,
            "unit_id": unit,
            "arm": np.where(treated, arms[1], arms[0]).astype(object),
            "assigned": assigned.astype("datetime64[us]"),
        }
    )


def outcomes(experiment: str, unit: Array, metric: str, *, phase: str, value: Array, measured: Array) -> pd.DataFrame:
    """Rows of ``outcomes`` for one metric and phase; those before the draw are measured strictly before it."""
    return pd.DataFrame(
        {
            "experiment_id": experiment,
            "unit_id": unit,
            "metric": metric,
            "phase": phase,
            "value": value.astype("float64"),
            "measured": measured.astype("datetime64[us]"),
        }
    )


def totals(experiment: str, arm: str, metric: str, *, n: int, successes: int, measured: str) -> dict[str, object]:
    """One row of ``arm_totals``."""
    return {
        "experiment_id": experiment,
        "arm": arm,
        "metric": metric,
        "n": n,
        "successes": successes,
        "measured": pd.Timestamp(measured).date(),
    }


def clustered(
    rng: np.random.Generator, cluster: Array, treated: Array, *, base: float, effect: float, shared: float, own: float
) -> tuple[Array, Array]:
    """Yes-no outcomes before and after of units in clusters; `treated` is per cluster.

    A probit: a share `shared` of the latent variance belongs to the cluster and `own` to the unit, in both phases.
    Before, every unit says yes with chance `base`; afterwards the treated do with chance `base` + `effect`.
    """
    size = len(cluster)
    steady = rng.normal(0, np.sqrt(shared), len(treated))[cluster] + rng.normal(0, np.sqrt(own), size)
    loose = np.sqrt(1 - shared - own)
    bound = norm.ppf(np.where(treated, base + effect, base))[cluster]
    before = steady + rng.normal(0, loose, size) < norm.ppf(base)
    return np.asarray(before), np.asarray(steady + rng.normal(0, loose, size) < bound)

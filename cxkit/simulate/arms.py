"""Experiments of a plain client: yes-no, a mean with its past, a holdout, and clusters."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxkit.simulate.population import Spec
from cxkit.simulate.proof import EVE
from cxkit.simulate.world import Array


def proof(rng: np.random.Generator, spec: Spec, ids: Array) -> dict[str, pd.DataFrame]:
    """The tables ``assignments`` and ``outcomes`` of four experiments over all accounts: one per design."""
    size = len(ids)
    drawn = spec.grid[spec.opening].astype("M8[s]")
    ended = spec.grid[spec.opening + 6].astype("M8[s]")
    steady = rng.gamma(2.0, spec.effect_mean[0] / 2, size)
    members = np.array([f"{i}-{k}" for i in ids for k in range(1, spec.cluster_size + 1)], dtype=object)
    household = np.repeat(np.arange(size), spec.cluster_size)
    treated = {e: rng.random(size) < 0.5 for e in ("binary", "mean", "cluster")}
    treated["holdout"] = rng.random(size) >= spec.holdout

    def coin(level: tuple[float, float], on: Array) -> Array:
        return (rng.random(len(on)) < level[0] + level[1] * on).astype("float64")

    lean = rng.beta(4 * spec.effect_cluster[0], 4 * (1 - spec.effect_cluster[0]), size)
    raised = np.where(treated["cluster"], lean + spec.effect_cluster[1] * _room(lean, spec.effect_cluster[0]), lean)
    values = {
        "binary": [("post", ids, coin(spec.effect_binary, treated["binary"]))],
        "mean": [
            ("pre", ids, rng.poisson(steady).astype("float64")),
            (
                "post",
                ids,
                rng.poisson(steady * (1 + spec.effect_mean[1] / spec.effect_mean[0] * treated["mean"])).astype(
                    "float64"
                ),
            ),
        ],
        "holdout": [("post", ids, coin(spec.effect_holdout, treated["holdout"]))],
        "cluster": [("post", members, (rng.random(len(members)) < raised[household]).astype("float64"))],
    }
    arms = np.array(["control", "treated"], dtype=object)
    assignments, outcomes = [], []
    for name, on in treated.items():
        who = household if name == "cluster" else np.arange(size)
        unit = members if name == "cluster" else ids
        assignments.append(
            pd.DataFrame(
                {
                    "experiment_id": name,
                    "unit_id": unit,
                    "arm": arms[on[who].astype("int64")],
                    "assigned": drawn,
                    "account_id": ids[who],
                    "cluster_id": ids[who] if name == "cluster" else np.full(size, None, dtype=object),
                }
            )
        )
        for phase, units, value in values[name]:
            when = drawn - EVE if phase == "pre" else ended
            outcomes.append(
                pd.DataFrame(
                    {
                        "experiment_id": name,
                        "unit_id": units,
                        "metric": "y",
                        "phase": phase,
                        "value": value,
                        "measured": when,
                    }
                )
            )
    return {
        "assignments": pd.concat(assignments, ignore_index=True),
        "outcomes": pd.concat(outcomes, ignore_index=True),
    }


def _room(lean: Array, level: float) -> Array:
    """How much of an effect each cluster takes: in proportion to its room above, one on average."""
    return (1 - lean) / (1 - level)

"""The three sample clients, the seeds they are drawn from, and how their folders are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from cxkit.simulate import brightline, marlow, northbeam
from cxkit.simulate.client import write_client
from cxkit.simulate.world import Truth, World

SAMPLES: Mapping[str, tuple[Callable[[int], World], int]] = {
    "brightline": (brightline.draw, 20261231),
    "northbeam": (northbeam.draw, 20261032),
    "marlow": (marlow.draw, 20261033),
}
"""Name → how it is drawn, and from which seed."""
REPLICATES = 40


def sample(name: str) -> World:
    """Draw one sample client as it is committed under ``data/``; `KeyError` for another name."""
    draw, seed = SAMPLES[name]
    return draw(seed)


def replicated(name: str, replicates: int = REPLICATES) -> World:
    """The sample client, each counted figure beside its mean over `replicates` clients drawn from other seeds."""
    draw, seed = SAMPLES[name]
    world = draw(seed)
    others = [{t.id: t.realised for t in draw(seed * 1000 + i).truth} for i in range(1, replicates + 1)]

    def known(truth: Truth) -> Truth:
        if truth.how != "counted":
            return truth
        seen = np.array([o[truth.id] for o in others], dtype="float64")
        error = float(seen.std(ddof=1) / np.sqrt(len(seen)))
        return truth.model_copy(update={"value": float(seen.mean()), "standard_error": error, "how": "replicated"})

    return replace(world, truth=tuple(known(t) for t in world.truth))


def write_samples(data: Path, names: tuple[str, ...] = tuple(SAMPLES), replicates: int = REPLICATES) -> dict[str, int]:
    """Write sample clients into a data folder; bytes per client. Replicating takes a minute or two a client."""
    return {name: sum(write_client(data / name, replicated(name, replicates)).values()) for name in names}

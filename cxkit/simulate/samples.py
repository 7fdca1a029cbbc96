"""The three sample clients and the seeds they are drawn from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from cxkit.simulate import brightline, marlow, northbeam
from cxkit.simulate.client import write_client
from cxkit.simulate.world import World

SAMPLES: Mapping[str, tuple[Callable[[int], World], int]] = {
    "brightline": (brightline.draw, 20261031),
    "northbeam": (northbeam.draw, 20261032),
    "marlow": (marlow.draw, 20261033),
}
"""Name → how it is drawn, and from which seed."""


def sample(name: str) -> World:
    """Draw one sample client as it is committed under ``data/``."""
    draw, seed = SAMPLES[name]
    return draw(seed)


def write_samples(data: Path) -> dict[str, int]:
    """Write all sample clients into a data folder; bytes per client."""
    return {name: sum(write_client(data / name, sample(name)).values()) for name in SAMPLES}

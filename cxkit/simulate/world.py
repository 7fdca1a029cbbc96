"""What a simulation hands out: frames by canonical name, and the truth that was planted in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from cxkit.formats import Unit
from cxkit.records import Record

Array = np.ndarray[Any, Any]
DAY = np.timedelta64(1, "D")


class Truth(Record):
    """One planted quantity, and which finding should recover it."""

    id: str
    """Id of the finding, such as ``quantify.scorecard.grr``."""
    subject: str | None = None
    """Experiment, moment or metric, where one id has several findings."""
    value: float | None = None
    """The underlying rate of the population the client was drawn from; None where none was worked out."""
    realised: float | None = None
    """The same figure counted in this very client, cut at `as_of`; None where it is not a count."""
    unit: Unit = "none"
    about: str
    """What it is a truth about, in words, with the convention used."""
    how: str = "planted"
    """Where `value` comes from: ``planted`` (a parameter, or worked out from parameters), ``replicated`` (mean over
    clients drawn from other seeds); ``counted`` while only `realised` is known."""
    standard_error: float | None = None
    """Of `value`, where it is replicated."""
    tolerance: float | None = None
    """How far a realised figure by a neighbouring convention may lie from `realised`, absolute."""


@dataclass(frozen=True)
class World:
    """One simulated client: frames as they were at extraction (rows lie beyond `as_of`), and the truth."""

    client: str
    name: str
    frames: dict[str, pd.DataFrame]
    truth: tuple[Truth, ...]
    as_of: date
    extracted: date
    timezone: str
    currency: str
    seed: int
    hidden: dict[str, pd.DataFrame] = field(default_factory=dict)
    """What only the simulator knows row by row, such as who is who; written as ``truth-<name>.csv``."""
    texts: dict[str, str] = field(default_factory=dict)
    """Further files that people write, by name, such as ``taxonomy.yml``."""
    settings: dict[str, Any] = field(default_factory=dict)
    """What ``client.yml`` says beyond name, currency and zone."""

    def true(self, id: str, subject: str | None = None) -> Truth:
        """The truth with this id and subject; `KeyError` when nothing of the kind was planted."""
        for truth in self.truth:
            if truth.id == id and subject in (None, truth.subject):
                return truth
        raise KeyError(f"{self.client} has no truth '{id}'{f' about {subject}' if subject else ''}")


def months_between(first: str, last: str) -> Array:
    """Months from `first` to `last`, both included.

    >>> [str(m) for m in months_between("2025-11", "2026-01")]
    ['2025-11', '2025-12', '2026-01']
    """
    return np.arange(np.datetime64(first, "M"), np.datetime64(last, "M") + 1)


def month_end(months: Array) -> Array:
    """Last day of each month."""
    return np.asarray((months + 1).astype("datetime64[D]") - DAY)


def keys(prefix: str, numbers: Array, width: int = 5) -> Array:
    """Ids such as ``H00042``.

    >>> list(keys("H", np.array([42])))
    ['H00042']
    """
    return np.array([f"{prefix}{n:0{width}d}" for n in np.asarray(numbers).tolist()], dtype=object)


def weighted(rng: np.random.Generator, weights: Array, size: int) -> Array:
    """Draw `size` positions with chances in proportion to `weights`."""
    bounds = np.cumsum(weights)
    return np.minimum(np.searchsorted(bounds, rng.random(size) * bounds[-1], side="right"), len(bounds) - 1)


def blank(where: Array, values: Array) -> Array:
    """The same values as objects, None where `where` is true.

    >>> blank(np.array([True, False]), np.array(["a", "b"])).tolist()
    [None, 'b']
    """
    held = np.array(values, dtype=object)
    held[np.asarray(where)] = None
    return held


def lognormal(rng: np.random.Generator, mean: Array | float, sigma: float, size: int) -> Array:
    """Draw lognormal values with this mean and this sigma of the logarithm."""
    return np.asarray(mean * np.exp(rng.normal(0.0, sigma, size) - sigma * sigma / 2))

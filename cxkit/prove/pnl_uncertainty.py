"""The interval of effect × base × margin, all three uncertain.

The effect is normal on either side of its value, so that its own interval comes out again where nothing else varies.
Base and margin lie between their lowest and highest as PERT, which is how every other stated range of a case is read
here; the interval they would give as P10 to P90 of a normal stands beside it, because people who state a lowest and a
highest often mean no more than that. The three are taken as independent. The distribution of the product is summed
over a grid of base × margin, given which it is that of the effect: no draws, the same figure every time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

Read = Literal["pert", "p80"]
READS: tuple[Read, ...] = ("pert", "p80")
NODES = 64
"""Points for each of base and margin, in the middle of equal shares of its distribution."""
_P90 = float(special.ndtri(0.9))


@dataclass(frozen=True)
class Range:
    """A stated figure with its lowest and highest, either of which may be missing."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """Lowest and highest; the value where one is not stated, or on the wrong side of it."""
        low = self.value if self.low is None else min(self.low, self.value)
        return low, self.value if self.high is None else max(self.high, self.value)

    @property
    def varies(self) -> bool:
        """Whether a range is stated."""
        low, high = self.ends
        return low < high

    def points(self, read: Read) -> np.ndarray:
        """Values in the middle of `NODES` equal shares; one where nothing varies."""
        if not self.varies:
            return np.array([self.value])
        low, high = self.ends
        share = (np.arange(NODES) + 0.5) / NODES
        if read == "pert":
            rise = 4 * (self.value - low) / (high - low)
            return np.asarray(low + (high - low) * special.betaincinv(1 + rise, 5 - rise, share))
        z = special.ndtri(share)
        return np.maximum(self.value + z * np.where(z < 0, self.value - low, high - self.value) / _P90, 0.0)


@dataclass(frozen=True)
class Money:
    """Ends of an interval of money, and which part of its variance each of the three brings."""

    low: float
    high: float
    share_effect: float
    share_base: float
    share_margin: float


def product(
    effect: float, low: float, high: float, base: Range, margin: Range, *, level: float, read: Read = "pert"
) -> Money:
    """The interval of effect × base × margin at `level`; `effect` with its ends at that level, in the benefit's sign.

    A source's share is its variance with the other two held at their means, of the sum of all three such; what they
    bring only together is left out of it.

    >>> known = product(0.04, 0.02, 0.06, Range(1000), Range(10), level=0.95)
    >>> round(known.low), round(known.high), known.share_effect
    (200, 600, 1.0)
    >>> wide = product(0.04, 0.02, 0.06, Range(1000, 500, 1500), Range(10, 5, 15), level=0.95)
    >>> wide.low < known.low, wide.high > known.high, round(wide.share_base, 2)
    (True, True, 0.26)
    """
    z = float(special.ndtri((1 + level) / 2))
    below, above = (effect - low) / z, (high - effect) / z
    bases, margins = base.points(read), margin.points(read)
    factor = np.sort(np.outer(bases, margins).ravel())

    def share(value: float) -> float:
        with np.errstate(divide="ignore", invalid="ignore"):
            moved = np.where(factor > 0, value / factor, np.inf if value >= 0 else -np.inf) - effect
            spread = np.where(moved < 0, below, above)
            z_ = np.where(spread > 0, moved / spread, np.where(moved >= 0, np.inf, -np.inf))
        return float(special.ndtr(z_).mean())

    top = float(factor[-1]) if len(factor) else 0.0
    reach = (abs(effect) + 8 * max(below, above)) * top
    parts = _parts(effect, (below + above) / 2, bases, margins)
    if base.varies or margin.varies:
        found = [_at(share, wanted, -reach, reach) for wanted in ((1 - level) / 2, (1 + level) / 2)]
    else:
        found = [low * top, high * top]
    return Money(min(found), max(found), *parts)


def _parts(effect: float, error: float, bases: np.ndarray, margins: np.ndarray) -> tuple[float, float, float]:
    means, spreads = (effect, bases.mean(), margins.mean()), (error, bases.std(), margins.std())
    alone = [float(spreads[k] ** 2 * np.prod([m**2 for j, m in enumerate(means) if j != k])) for k in range(len(means))]
    whole = sum(alone)
    return (alone[0] / whole, alone[1] / whole, alone[2] / whole) if whole > 0 else (1.0, 0.0, 0.0)


def _at(share: Callable[[float], float], wanted: float, low: float, high: float) -> float:
    for _ in range(70):
        middle = (low + high) / 2
        low, high = (middle, high) if share(middle) < wanted else (low, middle)
    return (low + high) / 2

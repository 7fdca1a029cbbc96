"""Draws of uncertain inputs: five distributions, rank correlation within groups, every input seeded by its own name.

Each input is drawn as a standard normal and put through its distribution's inverse, so that a moved assumption moves
the same draws (common random numbers) and inputs may rise and fall together through a Gaussian copula with one common
factor per group. The inverse is exact for triangular, normal, lognormal and discrete inputs. That of PERT is read from
a table of 2,049 exact points, straight lines between them: wrong by less than 0.00002 of the range from low to high.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args
from zlib import crc32

import numpy as np
from scipy import special

from cxkit.errors import ParameterError, all_problems

Kind = Literal["pert", "triangular", "normal", "lognormal", "discrete", "fixed"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SWANSON = (0.3, 0.4, 0.3)
"""Swanson's rule for low, middle and high of a skewed quantity (Hurst, Brown and Swanson 2000)."""
DRAWS = 20_000
"""Draws of a case: the standard error of a probability is then at most 0.35 points."""

_P90 = float(special.ndtri(0.9))
_REACH, _NODES = 6.5, 2049
"""The table of PERT covers 6.5 standard deviations each way, in so many points."""


@dataclass(frozen=True)
class Uncertain:
    """One input that varies; raises `ParameterError` when its three figures are no such distribution.

    >>> effect = Uncertain("B1.effect", "pert", 0.02, 0.04, 0.075)
    >>> round(effect.mean, 4), [round(float(v), 4) for v in effect.at([0.1, 0.9])]
    (0.0425, [0.0293, 0.0566])
    """

    name: str
    """Unique among the inputs drawn together, such as ``B1.effect``."""
    kind: Kind
    low: float
    """Minimum (pert, triangular), P10 (normal, lognormal) or the low of three values (discrete)."""
    mode: float
    """Most likely value; a normal and a lognormal are settled by low and high alone."""
    high: float
    """Maximum, P90, or the high of three values."""
    moves_with: str = ""
    """Name shared by inputs that rise and fall together."""
    correlation: float = 0.0
    """Rank correlation within that name; a pair that states two different ones has their geometric mean."""
    weights: tuple[float, float, float] = SWANSON
    """Probabilities of low, mode and high; discrete alone."""

    def __post_init__(self) -> None:
        if problems := _problems(self):
            raise ParameterError(all_problems(problems, what=f"The uncertain input '{self.name}'"))

    @property
    def varies(self) -> bool:
        """Whether it can take more than one value."""
        return self.kind != "fixed" and self.low < self.high

    @property
    def grouped(self) -> bool:
        """Whether it moves with others."""
        return bool(self.moves_with) and self.correlation > 0 and self.varies

    @property
    def mean(self) -> float:
        """Expected value of the distribution."""
        if not self.varies:
            return self.mode
        match self.kind:
            case "pert":
                return (self.low + 4 * self.mode + self.high) / 6
            case "triangular":
                return (self.low + self.mode + self.high) / 3
            case "normal":
                return (self.low + self.high) / 2
            case "lognormal":
                return math.sqrt(self.low * self.high) * math.exp(_log_spread(self) ** 2 / 2)
            case _:
                return math.fsum(w * v for w, v in zip(self.weights, (self.low, self.mode, self.high), strict=True))

    def at(self, shares: Sequence[float] | np.ndarray) -> np.ndarray:
        """Quantiles: the values below which these shares (each above 0 and below 1) of the distribution lie."""
        return self.of_normal(special.ndtri(np.asarray(shares, dtype=float)))

    def of_normal(self, z: np.ndarray) -> np.ndarray:
        """Values of this input from standard normal ones, of any shape; low ones give low ones."""
        if not self.varies:
            return np.full(np.shape(z), self.mode)
        match self.kind:
            case "pert":
                return self.low + (self.high - self.low) * _beta(*_shape(self), z)
            case "triangular":
                return _triangular(self, special.ndtr(z))
            case "normal":
                return np.asarray(self.mean + (self.high - self.low) / (2 * _P90) * z)
            case "lognormal":
                return np.asarray(math.sqrt(self.low * self.high) * np.exp(_log_spread(self) * z))
            case _:
                below = special.ndtri(np.cumsum(self.weights)[:2])
                return np.array([self.low, self.mode, self.high])[np.searchsorted(below, z, side="left")]


def draw(inputs: Sequence[Uncertain], draws: int, seed: int) -> dict[str, np.ndarray]:
    """`draws` values of every input by name, in the order given; the same seed gives the same values.

    An input's draws depend on the seed, its own name and, where it moves with others, its group's name: another input
    changes nothing. Raises `ParameterError` for fewer than one draw and for two inputs of one name.

    >>> drawn = draw([Uncertain("a", "pert", 0, 3, 6), Uncertain("b", "fixed", 2, 2, 2)], 20_000, seed=1)
    >>> round(float(drawn["a"].mean()), 1), float(drawn["b"][0])
    (3.0, 2.0)
    """
    check(inputs)
    if draws < 1:
        raise ParameterError(f"draws is {draws}; at least one draw is needed, and {DRAWS:,} for a figure people read.")
    factors = {group: _normals(f"group {group}", draws, seed) for group in {i.moves_with for i in inputs if i.grouped}}
    out = {}
    for one in inputs:
        if not one.varies:
            out[one.name] = np.full(draws, one.mode)
            continue
        own = _normals(one.name, draws, seed)
        out[one.name] = one.of_normal(joined(one, factors[one.moves_with], own) if one.grouped else own)
    return out


def joined(one: Uncertain, factor: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Standard normals of an input from its group's common ones and its own, so correlated in rank as stated.

    A rank correlation of ρ needs a Pearson correlation of 2 sin(πρ/6) between the normals (Pearson 1907).
    """
    shared = 2 * math.sin(math.pi * one.correlation / 6)
    return np.asarray(math.sqrt(shared) * factor + math.sqrt(max(1 - shared, 0.0)) * own)


def check(inputs: Sequence[Uncertain]) -> None:
    """Raise `ParameterError` when two inputs share a name."""
    names = [one.name for one in inputs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ParameterError(f"Two uncertain inputs are called '{twice[0]}'; each needs a name of its own.")


def _problems(one: Uncertain) -> list[str]:
    found = []
    figures = (one.low, one.mode, one.high)
    if one.kind not in KINDS:
        found.append(f"its kind is '{one.kind}'; it must be one of {', '.join(KINDS)}.")
    if not all(math.isfinite(v) for v in figures):
        found.append(f"low, mode and high are {', '.join(f'{v:g}' for v in figures)}; all three must be numbers.")
    elif not one.low <= one.mode <= one.high:
        found.append(f"low, mode and high are {', '.join(f'{v:g}' for v in figures)}; put them in this order.")
    elif one.kind == "lognormal" and one.low <= 0:
        found.append(f"a lognormal input lies above zero and its low is {one.low:g}; use pert, or a low above zero.")
    if not 0 <= one.correlation <= 1:
        found.append(f"its correlation is {one.correlation:g}; a rank correlation lies from 0 to 1 here.")
    if len(one.weights) != 3 or min(one.weights) < 0 or abs(math.fsum(one.weights) - 1) > 1e-9:
        found.append(f"its weights are {', '.join(f'{w:g}' for w in one.weights)}; give three that add to one.")
    return found


def _normals(name: str, draws: int, seed: int) -> np.ndarray:
    return np.random.default_rng([seed, crc32(name.encode())]).standard_normal(draws)


def _log_spread(one: Uncertain) -> float:
    return math.log(one.high / one.low) / (2 * _P90)


def _shape(one: Uncertain) -> tuple[float, float]:
    """The two shapes of the beta that PERT is: mean (low + 4·mode + high) ÷ 6."""
    rise = (one.mode - one.low) / (one.high - one.low)
    return 1 + 4 * rise, 5 - 4 * rise


def _beta(a: float, b: float, z: np.ndarray) -> np.ndarray:
    starts, slopes = _beta_table(round(a, 12), round(b, 12))
    place = np.clip((np.asarray(z) + _REACH) * ((_NODES - 1) / (2 * _REACH)), 0, _NODES - 1.000001)
    node = place.astype(np.int32)
    return np.asarray(starts[node] + (place - node) * slopes[node])


@lru_cache(maxsize=512)
def _beta_table(a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    """The inverse of a beta at even steps of a standard normal, and the rise to the next."""
    values = special.betaincinv(a, b, special.ndtr(np.linspace(-_REACH, _REACH, _NODES)))
    rises = np.diff(values)
    for held in (values, rises):
        held.setflags(write=False)
    return values[:-1], rises


def _triangular(one: Uncertain, share: np.ndarray) -> np.ndarray:
    whole = one.high - one.low
    turn = (one.mode - one.low) / whole
    rising = one.low + np.sqrt(share * whole * (one.mode - one.low))
    falling = one.high - np.sqrt((1 - share) * whole * (one.high - one.mode))
    return np.where(share <= turn, rising, falling)

"""How two metrics move together inside segments, months compared with their own usual level, and how sure that is.

A panel is an array of shape (segments, months) without holes. Each segment is taken free of its own month-of-year level
and its own straight trend, so that neither a common season nor two lines that both rise can look like a relation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MOST_LAG = 3
"""Months by which the second metric may follow the first."""
MINIMUM_MONTHS = 36
"""Months below which three of each calendar month are not there and nothing is said."""
DRAWS = 9999
LEVEL = 0.95
BLOCK = 6
"""Months that stay together when months are drawn again."""
POOLED_DRAWS = 999
SPREADLESS = 1e-9
"""Share of a series' size below which what is left without its season counts as nothing but rounding."""


@dataclass(frozen=True)
class Association:
    """Correlation inside segments at the lag where it is strongest, with its interval and its two tail chances."""

    lag: int
    value: float
    low: float
    high: float
    """95 %, holding over all lags searched at once."""
    p_below: float
    """Chance of so negative a value at any lag, if the two had nothing to do with each other."""
    p_above: float
    segments: int
    months: int

    @property
    def p_either(self) -> float:
        """Chance of so strong a value in either direction."""
        return min(1.0, 2 * min(self.p_below, self.p_above))


def without_season(months: Sequence[date]) -> Array:
    """The matrix that takes a calendar month's own level and a straight trend out of a series, shape (months, months).

    >>> months = [date(2023 + k // 12, 1 + k % 12, 1) for k in range(48)]
    >>> season = np.array([m.month for m in months], dtype=float)
    >>> bool(np.abs(without_season(months) @ (season + 0.1 * np.arange(48))).max() < 1e-9)
    True
    """
    n = len(months)
    design = np.zeros((n, 13))
    design[np.arange(n), [m.month - 1 for m in months]] = 1.0
    design[:, 12] = np.arange(n) - (n - 1) / 2
    return np.eye(n) - design @ np.linalg.pinv(design)


def varies(values: Array, months: Sequence[date]) -> NDArray[np.bool_]:
    """Which segments still vary once season and trend are out; a flat one says nothing about any other."""
    left = np.linalg.norm(values @ without_season(months), axis=1)
    return np.asarray(left > SPREADLESS * np.maximum(np.linalg.norm(values, axis=1), 1e-300))


def within(
    first: Array,
    second: Array,
    months: Sequence[date],
    rng: np.random.Generator,
    *,
    lags: int = MOST_LAG,
    draws: int = DRAWS,
) -> Association:
    """The correlation of two panels inside segments; the second follows the first by 0 to `lags` months.

    The value is the mean over segments of the correlation at the lag where it is strongest. What chance gives is seen
    by drawing the first panel again with random phases, the same for all its segments: each series keeps its
    autocorrelation and the segments what they have in common, and any relation to the second panel is gone (Ebisuzaki
    1997, J. Climate 10:2147; several series: Prichard & Theiler 1994, Phys. Rev. Lett. 73:951). The search over lags
    is done again in every draw, so a chance that counts is one of the whole search (max statistic: Westfall & Young
    1993). The interval is Fisher's, its width from the same draws, wide enough for all lags at once.
    """
    out = without_season(months)
    x, y = _scaled(first @ out), _scaled(second @ out)
    seen = _at_lags(x, y, lags)[0]
    again = _at_lags(_scaled(_phases(x, rng, draws) @ out), y, lags)
    lag = int(np.argmax(np.abs(seen)))
    value = float(np.clip(seen[lag], -0.999, 0.999))
    z = np.arctanh(np.clip(again, -0.999, 0.999))
    spread = z.std(axis=0)
    reach = float(np.quantile(np.max(np.abs(z) / spread, axis=1), LEVEL)) * float(spread[lag])
    centre = math.atanh(value)
    return Association(
        lag=lag,
        value=value,
        low=math.tanh(centre - reach),
        high=math.tanh(centre + reach),
        p_below=(1 + int((again.min(axis=1) <= seen.min()).sum())) / (draws + 1),
        p_above=(1 + int((again.max(axis=1) >= seen.max()).sum())) / (draws + 1),
        segments=len(x),
        months=len(months),
    )


def together(first: Array, second: Array, months: Sequence[date]) -> float:
    """The correlation inside segments in the same month, without an interval."""
    out = without_season(months)
    return float(_at_lags(_scaled(first @ out), _scaled(second @ out), 0)[0, 0])


def slope(first: Array, second: Array, months: Sequence[date], lag: int) -> tuple[float, float]:
    """The second's change per unit of the first inside segments, and a usual swing of the first (one deviation)."""
    out = without_season(months)
    x, y = (first @ out)[:, : len(months) - lag], (second @ out)[:, lag:]
    return float((x * y).sum() / (x * x).sum()), float(np.sqrt((x * x).mean()))


@dataclass(frozen=True)
class Pooled:
    """Correlation over all cells of the panels at once, as somebody sees who does not ask for the segment."""

    value: float
    low: float
    high: float
    p: float
    """Chance of so strong a value if there were none; segments held as they are, months drawn again."""


def pooled(first: Array, second: Array, months: Sequence[date], lag: int, rng: np.random.Generator) -> Pooled:
    """The correlation over all cells, the season that all segments share taken out.

    Months are drawn again in blocks (moving blocks: Künsch 1989, Annals of Statistics 17:1217), both metrics and all
    segments together; the segments are the client's own and are not drawn.
    """
    x, y = _common_season(first, months)[:, : len(months) - lag], _common_season(second, months)[:, lag:]
    n = x.shape[1]
    value = float(np.clip(_cells(x[None], y[None])[0], -0.999, 0.999))
    starts = rng.integers(0, n - BLOCK + 1, (POOLED_DRAWS, -(-n // BLOCK)))
    index = (starts[:, :, None] + np.arange(BLOCK)).reshape(POOLED_DRAWS, -1)[:, :n]
    drawn = _cells(x[:, index].swapaxes(0, 1), y[:, index].swapaxes(0, 1))
    spread = max(float(np.arctanh(np.clip(drawn, -0.999, 0.999)).std()), 1e-9)
    centre, normal = math.atanh(value), NormalDist()
    reach = normal.inv_cdf((1 + LEVEL) / 2) * spread
    p = 2 * (1 - normal.cdf(abs(centre) / spread))
    return Pooled(value=value, low=math.tanh(centre - reach), high=math.tanh(centre + reach), p=p)


def adjusted_values(values: Array, months: Sequence[date]) -> Array:
    """A panel without season and trend, each segment at its own mean level: what a scatter shows."""
    return np.asarray(values @ without_season(months) + values.mean(axis=1, keepdims=True))


def _scaled(panel: Array) -> Array:
    """Each series with length one."""
    return np.asarray(panel / np.maximum(np.linalg.norm(panel, axis=-1, keepdims=True), 1e-300))


def _at_lags(x: Array, y: Array, lags: int) -> Array:
    """Mean correlation over segments at each lag, shape (draws, lags + 1)."""
    x = x.reshape(-1, *x.shape[-2:])
    n, segments = x.shape[2], x.shape[1]
    found = [np.tensordot(x[:, :, : n - k], y[:, k:], axes=([1, 2], [0, 1])) * n / (n - k) for k in range(lags + 1)]
    return np.stack(found, axis=1) / segments


def _phases(x: Array, rng: np.random.Generator, draws: int) -> Array:
    """Draws of a panel with its own spectrum and random phases, the same for all its segments."""
    n = x.shape[1]
    spectrum = np.fft.rfft(x, axis=1)
    turn = np.exp(2j * np.pi * rng.random((draws, 1, spectrum.shape[1])))
    turn[:, :, 0] = 1.0
    if n % 2 == 0:
        turn[:, :, -1] = np.where(rng.random((draws, 1)) < 0.5, -1.0, 1.0)
    return np.fft.irfft(spectrum[None] * turn, n=n, axis=2)


def _common_season(values: Array, months: Sequence[date]) -> Array:
    """A panel without the calendar month's level that its segments share."""
    calendar = np.array([m.month for m in months])
    mean = values.mean(axis=0)
    season = np.array([mean[calendar == m].mean() for m in calendar]) - mean.mean()
    return np.asarray(values - season)


def _cells(x: Array, y: Array) -> Array:
    """Correlation over all cells, one per draw; shape (draws, segments, months) in."""
    x = x - x.mean(axis=(1, 2), keepdims=True)
    y = y - y.mean(axis=(1, 2), keepdims=True)
    size = np.sqrt((x * x).sum(axis=(1, 2)) * (y * y).sum(axis=(1, 2)))
    return np.asarray((x * y).sum(axis=(1, 2)) / np.maximum(size, 1e-300))

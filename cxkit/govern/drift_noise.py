"""Whether a monthly figure has moved since a day by more than its own past explains, at any small chance.

The past is a level, from eighteen months on with a yearly wave, and an AR(1) process about it: the limits are those of
a prediction of several months together, widened for what neighbouring months have in common as in `metrics.control`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

FEWEST = 12
WAVE = 18
"""Months of the past below which nothing is judged, and from which a yearly wave is taken out."""
LARGEST = 0.8


class Limit(NamedTuple):
    """The mean of the recent months beside what the past leads to, with its limits."""

    found: float
    expected: float
    low: float
    high: float


def limits(
    past: Sequence[float], recent: Sequence[float], chance: float, *, first: int = 0, skipped: int = 0
) -> Limit | None:
    """Limits that the mean of `recent` passes at either end with probability `chance`, if nothing has changed.

    Both are consecutive months, `recent` begins `skipped` months after `past` ends; `first` is the calendar month
    (0 to 11) of the first one. None with fewer than twelve months of the past.

    >>> past = [10, 11, 9, 10, 12, 10, 9, 11, 10, 10, 11, 9]
    >>> found = limits(past, [13.0, 14.0, 13.5], 0.005)
    >>> found.found > found.high, round(found.expected, 2)
    (True, 10.17)
    """
    n, m = len(past), len(recent)
    values = np.array([*past, *recent], dtype=float)
    if n < FEWEST or m < 1 or not np.isfinite(values).all():
        return None
    at_month = np.array([*range(n), *range(n + skipped, n + skipped + m)])
    angle = 2 * np.pi * (at_month + first) / 12
    columns = [np.ones(n + m)] + ([np.cos(angle), np.sin(angle)] if n >= WAVE else [])
    x = np.column_stack(columns)
    used = x.shape[1]
    beta = np.linalg.lstsq(x[:n], values[:n], rcond=None)[0]
    rest = values[:n] - x[:n] @ beta
    squares = float((rest**2).sum())
    if squares <= 1e-18 * max(1.0, float((values**2).sum())):
        return None
    near = float((rest[1:] * rest[:-1]).sum()) / squares
    near = min((n * near + used) / (n - 3), LARGEST)
    near = near if near > 1 / math.sqrt(n) else 0.0
    deviation = max(math.sqrt(squares / (n - used)), float(np.abs(np.diff(rest)).mean()) / 1.128)
    lag = np.abs(np.subtract.outer(np.arange(m), np.arange(m)))
    own = float((near**lag).sum()) / m**2 if near else 1 / m
    at = x[n:].mean(axis=0)
    known = float(at @ np.linalg.inv(x[:n].T @ x[:n]) @ at) * (1 + near) / (1 - near)
    half = float(stats.t.isf(chance, n - used)) * deviation * math.sqrt(own + known)
    expected = float((x[n:] @ beta).mean())
    return Limit(float(values[n:].mean()), expected, expected - half, expected + half)

"""What daily peeking does: A/A tests, in which there is nothing to find, read once, now and then, or every day.

Both arms are drawn from the same world. A test is called a false alarm when, at any of its looks, the ordinary p is
below ``1 - level``, or when the interval that may be read at any time leaves out zero (`sequential`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import ndtri

from cxkit.prove.sequential import always_valid
from cxkit.records import Record

TESTS = 2_000


class Peeking(Record):
    """Share of A/A tests that raised a false alarm, by the number of looks."""

    looks: tuple[int, ...]
    naive: tuple[float, ...]
    """With the ordinary p at every look."""
    always: tuple[float, ...]
    """With the interval that may be read at any time."""
    tests: int
    days: int
    units_a_day: int
    level: float = 0.95

    def frame(self) -> pd.DataFrame:
        """One row per number of looks: looks, naive, always, tests."""
        return pd.DataFrame({"looks": self.looks, "naive": self.naive, "always": self.always, "tests": self.tests})


def peeking(
    *,
    days: int = 28,
    units_a_day: int = 200,
    looks: Sequence[int] = (),
    base: float = 0.2,
    kind: Literal["binary", "mean"] = "binary",
    correlation: float = 0.0,
    tests: int = TESTS,
    level: float = 0.95,
    seed: int = 1,
) -> Peeking:
    """Draw `tests` A/A tests of so many days and units a day, and read each at 1, 2 … days even looks.

    `looks` are the numbers of looks to try (default: about ten from one to every day); the last look is always the last
    day. A yes–no outcome has the rate `base`, a mean a standard normal one; with `correlation` the mean is adjusted
    by a value known before the draw (CUPED), its coefficient estimated anew at each look.

    >>> found = peeking(days=14, units_a_day=200, tests=500, seed=3)
    >>> found.looks[0], found.looks[-1], found.naive[-1] > 0.12, found.always[-1] <= 0.05
    (1, 14, True, True)
    """
    if days < 1 or units_a_day < 4:
        raise ValueError(f"at least one day and four units a day are needed, not {days} and {units_a_day}")
    rng = np.random.default_rng(seed)
    half = units_a_day // 2
    n = half * np.arange(1, days + 1, dtype=float)
    shape = (tests, days)
    effect, se = _yes_no(rng, shape, half, base) if kind == "binary" else _means(rng, shape, half, correlation)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(se > 0, np.abs(effect) / se, 0.0)
    alarm = z > -float(ndtri((1 - level) / 2))
    _, reach = zip(*(always_valid(0.0, 1.0, 2 * size, planned=2 * n[-1], level=level) for size in n), strict=True)
    sure = z > np.array(reach)
    chosen = tuple(sorted({*looks} or _spaced(days)))
    if any(not 1 <= k <= days for k in chosen):
        raise ValueError(f"a test of {days} days is looked at once to {days} times")
    at = [np.ceil(np.arange(1, k + 1) * days / k).astype(int) - 1 for k in chosen]
    return Peeking(
        looks=chosen,
        naive=tuple(float(alarm[:, days_].any(axis=1).mean()) for days_ in at),
        always=tuple(float(sure[:, days_].any(axis=1).mean()) for days_ in at),
        tests=tests,
        days=days,
        units_a_day=2 * half,
        level=level,
    )


def _yes_no(rng: np.random.Generator, shape: tuple[int, int], half: int, base: float) -> tuple[np.ndarray, np.ndarray]:
    """Difference of the two rates and its standard error after each day."""
    n = half * np.arange(1, shape[1] + 1, dtype=float)
    p0, p1 = (np.cumsum(rng.binomial(half, base, shape), axis=1) / n for _ in range(2))
    return p1 - p0, np.sqrt((p0 * (1 - p0) + p1 * (1 - p1)) / n)


def _means(
    rng: np.random.Generator, shape: tuple[int, int], half: int, correlation: float
) -> tuple[np.ndarray, np.ndarray]:
    """Difference of the two means, what a value known before the draw explains taken out, and its standard error.

    A day's sums of values, their squares and products are drawn from their joint (Wishart) law, not unit by unit.
    """
    n = half * np.arange(1, shape[1] + 1, dtype=float)
    left = math.sqrt(1 - correlation**2)
    sums = []
    for _arm in range(2):
        x = rng.normal(0, math.sqrt(half), shape)
        e = rng.normal(0, math.sqrt(half), shape)
        # squares around the day's own mean: Bartlett's decomposition of a 2 × 2 Wishart with half − 1 degrees
        a2, b2 = rng.chisquare(half - 1, shape), rng.chisquare(max(half - 2, 1), shape)
        c = rng.normal(0, 1, shape)
        xx, xe, ee = a2, np.sqrt(a2) * c, c**2 + b2
        xx, xe, ee = xx + x**2 / half, xe + x * e / half, ee + e**2 / half
        y, xy = correlation * x + left * e, correlation * xx + left * xe
        yy = correlation**2 * xx + 2 * correlation * left * xe + left**2 * ee
        sums.append([np.cumsum(part, axis=1) for part in (x, y, xx, xy, yy)])
    spread = [(xx - x * x / n, xy - x * y / n, yy - y * y / n) for x, y, xx, xy, yy in sums]
    xx, xy, yy = (spread[0][i] + spread[1][i] for i in range(3))
    theta = xy / xx if correlation else np.zeros_like(xx)
    effect = (sums[1][1] - sums[0][1]) / n - theta * (sums[1][0] - sums[0][0]) / n
    variance = (yy - 2 * theta * xy + theta**2 * xx) / (2 * n - 2)
    return effect, np.sqrt(2 * variance / n)


def _spaced(days: int) -> set[int]:
    """About ten numbers of looks from one to every day, closer together where they matter."""
    return {1, days, *(max(1, round(days ** (k / 9))) for k in range(10))}

"""Process-behaviour limits: whether the latest month is news, or the noise the process has always had.

An individuals chart (Shewhart; Wheeler 1993, *Understanding Variation*) with limits from the months before the latest
one, as `metrics.trend` draws them: average moving range or standard deviation, whichever is larger, and Student's
quantile in place of 3, because the limits are estimated. A second rule looks for what stays: eight months in a row on
one side of the centre of the months before them (Wheeler's rule three). By itself that rule calls too often when
months resemble their neighbours, so the eight must also lie further off, together, than their noise allows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy import stats

from cxkit.metrics.trend import LEVEL, MINIMUM_MONTHS, usual_range
from cxkit.records import Number, Record

RUN = 8
"""Months in a row on one side that are a shift."""


class Behaviour(Record):
    """The latest month beside the limits of those before it."""

    latest: Number
    centre: Number
    low: Number
    high: Number
    months: int
    """Months before the latest one, from which the limits are."""
    signal: Literal["outside", "shift", "inside"]
    side: Literal["above", "below", ""]
    """On which side of the centre the signal lies."""
    seasonal: bool
    """Whether the limits are those of this month of the year."""


def behaviour(values: Sequence[float], *, bottom: float = -math.inf, top: float = math.inf) -> Behaviour | None:
    """Judge the last of consecutive monthly values, oldest first; None with fewer than twelve months before it.

    A month outside its limits is `outside`. A `shift` takes eight months in a row on one side of the centre of the
    at least twelve months before them; it is not looked for where the months of the year differ.

    >>> past = [10, 11, 9, 10, 12, 10, 9, 11, 10, 10, 11, 9]
    >>> behaviour([*past, 11]).signal, behaviour([*past, 17]).signal
    ('inside', 'outside')
    >>> behaviour([*past, *[12, 13, 12, 12, 13, 12, 13, 12]]).signal
    'shift'
    """
    found = usual_range(values)
    if found is None:
        return None
    centre = (found.low + found.high) / 2
    signal: Literal["outside", "shift", "inside"] = "outside" if found.outside else "inside"
    middle = centre
    if signal == "inside" and not found.seasonal and len(values) >= MINIMUM_MONTHS + RUN:
        before, last = np.asarray(values[:-RUN], dtype=float), np.asarray(values[-RUN:], dtype=float)
        level = float(before.mean())
        one_side = bool((last > level).all()) or bool((last < level).all())
        if one_side and abs(float(last.mean()) - level) > _noise(before):
            signal, middle = "shift", level
    side: Literal["above", "below", ""] = ""
    if signal != "inside":
        side = "above" if found.latest > middle else "below"
    return Behaviour(
        latest=found.latest,
        centre=centre,
        low=max(found.low, bottom),
        high=min(found.high, top),
        months=found.months,
        signal=signal,
        side=side,
        seasonal=found.seasonal,
    )


def _noise(before: np.ndarray) -> float:
    """How far eight months together may lie off by noise alone; months that resemble their neighbours widen it."""
    n = len(before)
    rest = before - before.mean()
    squares = float((rest**2).sum())
    near = float((rest[1:] * rest[:-1]).sum()) / squares if squares > 0 else 0.0
    near = min(max((n * near + 1) / (n - 3), 0.0), 0.8)
    half = float(stats.t.ppf((1 + LEVEL) / 2, n - 1)) * math.sqrt(squares / (n - 1) * (1 / RUN + 1 / n))
    return half * math.sqrt((1 + near) / (1 - near))

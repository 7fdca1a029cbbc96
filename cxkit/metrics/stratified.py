"""Like with like: the difference of two shares inside strata, put together over them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy import stats

from cxkit.records import Record


class StratifiedDifference(Record):
    """A difference of shares, treated less untreated, inside strata of alike cases."""

    difference: float
    low: float
    high: float
    p: float
    """Two-sided, of no difference in any stratum."""
    treated: int
    """Treated cases in strata that hold both kinds."""
    untreated: int
    strata: int
    dropped: int
    """Cases in strata of one kind alone: nothing can be compared with them."""
    crude: float
    """The difference without strata, all cases in it."""


def stratified_difference(strata: pd.DataFrame, *, level: float = 0.95) -> StratifiedDifference | None:
    """Mantel–Haenszel risk difference with Sato's variance; None where no stratum holds both kinds.

    `strata` has a row per stratum: ``treated``, ``treated_hits``, ``untreated``, ``untreated_hits`` (counts). A stratum
    weighs treated × untreated ÷ all, so that few large and many small strata are both right (Greenland & Robins
    1985; variance: Sato 1989, Biometrics 45:1323). Cases are taken as independent.

    >>> frame = pd.DataFrame({"treated": [50, 50], "treated_hits": [5, 20], "untreated": [50, 50],
    ...                       "untreated_hits": [10, 25]})
    >>> round(stratified_difference(frame).difference, 3)
    -0.1
    """
    n1, x1, n0, x0 = (
        strata[c].to_numpy(dtype=float) for c in ("treated", "treated_hits", "untreated", "untreated_hits")
    )
    both = (n1 > 0) & (n0 > 0)
    if not both.any():
        return None
    dropped = int((n1 + n0)[~both].sum())
    crude = float(x1.sum() / n1.sum() - x0.sum() / n0.sum())
    n1, x1, n0, x0 = n1[both], x1[both], n0[both], x0[both]
    n = n1 + n0
    weight = float((n1 * n0 / n).sum())
    difference = float(((x1 * n0 - x0 * n1) / n).sum()) / weight
    p_ = ((n1**2 * x0 - n0**2 * x1 + n1 * n0 * (n0 - n1) / 2) / n**2).sum()
    q_ = ((x1 * (n0 - x0) + x0 * (n1 - x1)) / (2 * n)).sum()
    error = math.sqrt(max(0.0, float(difference * p_ + q_))) / weight
    half = float(stats.norm.ppf(0.5 + level / 2)) * error
    return StratifiedDifference(
        difference=difference,
        low=max(-1.0, difference - half),
        high=min(1.0, difference + half),
        p=float(2 * stats.norm.sf(abs(_score(n1, x1, n0, x0)))),
        treated=int(n1.sum()),
        untreated=int(n0.sum()),
        strata=int(both.sum()),
        dropped=dropped,
        crude=crude,
    )


def _score(n1: np.ndarray, x1: np.ndarray, n0: np.ndarray, x0: np.ndarray) -> float:
    """Mantel–Haenszel statistic without continuity correction; nought where nothing varies."""
    n, hits = n1 + n0, x1 + x0
    some = n > 1
    variance = (n1 * n0 * hits * (n - hits))[some] / (n**2 * (n - 1))[some]
    total = float(variance.sum())
    return 0.0 if total <= 0 else float((x1 - n1 * hits / n).sum()) / math.sqrt(total)

"""Whether the items of a scale say the same thing: Cronbach's alpha with Feldt's interval."""

from __future__ import annotations

import numpy as np
from scipy import stats

from cxkit.metrics.estimates import LEVEL, Estimate

MINIMUM_RESPONDENTS = 10
"""Respondents with an answer to every item, below which alpha has no interval."""


def cronbach(answers: np.ndarray, *, minimum: int = MINIMUM_RESPONDENTS) -> Estimate:
    """Cronbach's alpha (1951) of respondents × items, with Feldt's interval.

    Respondents with a missing answer are left out. Items must point the same way: turn reversed ones round first.
    No figure for fewer than two items or respondents, or when everybody has the same sum.

    >>> cronbach(np.array([[1, 2, 2], [3, 3, 4], [4, 5, 5], [2, 2, 3]])).value
    0.978260869565
    """
    complete = answers[~np.isnan(answers).any(axis=1)].astype(float)
    n, k = complete.shape
    if k < 2 or n < 2:
        return Estimate(n=n, why_none="fewer than two items" if k < 2 else f"{n} complete answers")
    whole = float(complete.sum(axis=1).var(ddof=1))
    if whole == 0:
        return Estimate(n=n, why_none="everybody has the same sum")
    alpha = k / (k - 1) * (1 - float(complete.var(axis=0, ddof=1).sum()) / whole)
    if n < minimum:
        return Estimate(value=alpha, n=n, effective_n=n, why_none=f"{n} complete answers, fewer than {minimum}")
    low, high = feldt(alpha, items=k, respondents=n)
    return Estimate(value=alpha, low=low, high=high, n=n, effective_n=n)


def feldt(alpha: float, *, items: int, respondents: int, level: float = LEVEL) -> tuple[float, float]:
    """Interval of alpha from the F distribution (Feldt 1965; Feldt, Woodruff & Salih 1987, formulas 6 and 7).

    Exact for normal scores of parallel items; (1 − population alpha) ÷ (1 − alpha) has the F distribution with
    n − 1 and (n − 1)(k − 1) degrees of freedom.

    >>> [round(v, 4) for v in feldt(0.913, items=20, respondents=873)]
    [0.9044, 0.9212]
    """
    one, two = respondents - 1, (respondents - 1) * (items - 1)
    tail = (1 - level) / 2
    return 1 - (1 - alpha) * float(stats.f.isf(tail, one, two)), 1 - (1 - alpha) * float(stats.f.ppf(tail, one, two))

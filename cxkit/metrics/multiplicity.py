"""Several tests, one report: adjusted p-values.

Comparisons that answer one question form one family: registered primary metrics with their controls, or levels of an
organisation on the scales of one audit. Benjamini and Hochberg's step-up holds the false discovery rate, and with it,
when nothing differs at all, the chance that the family raises any false alarm.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

Method = Literal["bh", "holm", "bonferroni"]


def adjusted(p_values: Sequence[float], method: Method = "bh") -> list[float]:
    """Adjusted p-values in the given order: reject where the adjusted value is at most the level.

    `bh`: Benjamini & Hochberg 1995. `holm`: Holm 1979. `bonferroni`: times the number of tests.

    >>> [round(p, 3) for p in adjusted([0.01, 0.04, 0.03], "bh")]
    [0.03, 0.04, 0.04]
    >>> [round(p, 3) for p in adjusted([0.01, 0.04, 0.03], "holm")]
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=float)
    m = len(p)
    if m == 0:
        return []
    if method == "bonferroni":
        return [float(v) for v in np.minimum(p * m, 1)]
    order = np.argsort(p, kind="stable")
    steps = np.arange(1, m + 1)
    if method == "bh":
        scaled = p[order] * m / steps
        monotone = np.minimum.accumulate(scaled[::-1])[::-1]
    else:
        monotone = np.maximum.accumulate(p[order] * (m - steps + 1))
    out = np.empty(m)
    out[order] = np.minimum(monotone, 1)
    return [float(v) for v in out]

"""Null and planted panels for the detector of pairs whose sum over segments says the opposite of each segment."""

from __future__ import annotations

import numpy as np
from _detect_conflict import SEGMENTS, client, related

from cxkit.align.conflict import metric_conflict
from cxkit.align.traceability import traceability

NAME = "reversal"
SIZE = "1 named pair, 4 segments × 48 months, −0.5 inside; null: −0.5 over them too; planted: levels that rise together"
WITHIN = -0.5
STEP = 2.0
"""How far the levels of neighbouring segments lie apart, in spreads of a month."""


def trial(seed: int, planted: bool) -> bool:
    """Whether the named pair is said to be reversed."""
    rng = np.random.default_rng([seed, 12])
    first, second = related(rng, WITHIN, 0)
    levels = STEP * np.arange(len(SEGMENTS))[:, None]
    first, second = first + levels, second + (levels if planted else -levels)
    tables = client({"first": first, "second": second}, [("first", "second")])
    return bool(metric_conflict(tables, traceability(tables), seed=seed).frame("measured")["reversal"].iloc[0])

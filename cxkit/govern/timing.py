"""Money over months, as the portfolio adds it up; the conventions are those of the business cases."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any


def discount(index: int, rate: float) -> float:
    """What money of a month is worth today; the report's month and the past stand at face value.

    >>> discount(12, 0.25), discount(-3, 0.25)
    (0.8, 1.0)
    """
    return float((1 + rate) ** (-max(index, 0) / 12))


def present(flows: Iterable[Mapping[str, Any]], rate: float) -> float:
    """Present value of flows that carry `index` and `amount`; where they carry `worth`, it stands as the case put it.

    A case's own worth holds its terms (timing, prices, tax), which `rate` alone does not.
    """
    return math.fsum(
        flow["amount"] * discount(flow["index"], rate) if flow.get("worth") is None else flow["worth"] for flow in flows
    )


def payback(flows: Mapping[int, float]) -> float:
    """Months from the first flow until the sum turns positive for good, interpolated; infinite when it never does.

    >>> payback({0: -100.0, 1: 40.0, 2: 40.0, 3: 40.0})
    2.5
    """
    if not flows:
        return math.inf
    first, last = min(flows), max(flows)
    running, owed, at = 0.0, 0.0, 0
    ever = False
    for index in range(first, last + 1):
        running += flows.get(index, 0.0)
        if running < -1e-9:
            ever, owed, at = True, running, index
    if not ever:
        return 0.0
    if at == last:
        return math.inf
    return at - first + -owed / flows[at + 1]

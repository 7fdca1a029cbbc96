"""Money over time: present value, NPV, IRR, payback, ROI and the factor for stated confidence.

Conventions. Flows are monthly; index 0 is the report's month and everything at or before it stands at face value. The
flow of month t is taken at the month's end and divided by (1 + r) to the power t ÷ 12, r the effective yearly rate.
Under `timing` "middle" each future flow moves half a month earlier and under "start" a whole month, which raises the
present value of future flows by the factors (1 + r)^(1/24) and (1 + r)^(1/12). Before tax, nominal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pyxirr

Timing = Literal["end", "middle", "start"]
SHIFT: Mapping[str, float] = {"end": 0.0, "middle": 0.5, "start": 1.0}


def discount_factors(months: Sequence[int] | np.ndarray, rate: float, *, timing: Timing = "end") -> np.ndarray:
    """What money of each month is worth today; `rate` is yearly, 0.08 for 8 %.

    >>> discount_factors([-3, 0, 12, 24], 0.25).tolist()
    [1.0, 1.0, 0.8, 0.64]
    """
    if rate <= -1:
        raise ValueError(f"a yearly discount rate of {rate:g} leaves nothing to discount; it lies above -1")
    ahead = np.asarray(months, dtype=float)
    return np.asarray((1.0 + rate) ** (-np.where(ahead > 0, ahead - SHIFT[timing], 0.0) / 12.0))


def present_value(
    months: Sequence[int] | np.ndarray, flows: Sequence[float] | np.ndarray, rate: float, *, timing: Timing = "end"
) -> float:
    """Sum of the discounted flows; with costs negative, the net present value.

    >>> round(present_value([0, 12, 24], [-100, 60, 60], 0.10), 4)
    4.1322
    >>> round(present_value([12], [110], 0.10, timing="start") / 100, 5) == round(1.1 ** (1 / 12), 5)
    True
    """
    return math.fsum(np.asarray(flows, dtype=float) * discount_factors(months, rate, timing=timing))


def internal_rate(months: Sequence[int] | np.ndarray, flows: Sequence[float] | np.ndarray) -> float | None:
    """Yearly rate at which the flows are worth nothing; None unless they turn once, from cost to benefit.

    >>> round(internal_rate([0, 12], [-100, 110]), 6)
    0.1
    >>> internal_rate([0, 1, 2], [-100, 250, -120]) is None
    True
    """
    index, given = np.asarray(months, dtype=int), np.asarray(flows, dtype=float)
    if len(index) == 0:
        return None
    dense = np.zeros(int(index.max() - index.min()) + 1)
    np.add.at(dense, index - index.min(), given)
    signs = np.sign(dense[dense != 0])
    if len(signs) == 0 or signs[0] > 0 or int((np.diff(signs) != 0).sum()) != 1:
        return None
    monthly = pyxirr.irr(dense.tolist())
    return None if monthly is None or not math.isfinite(monthly) else (1 + monthly) ** 12 - 1


def payback_months(
    months: Sequence[int] | np.ndarray, flows: Sequence[float] | np.ndarray, *, rate: float | None = None
) -> float:
    """Months from the first flow until the sum of flows turns positive for good, interpolated within the month.

    Simple by default; with `rate` the flows are discounted first (discounted payback, never earlier for an investment).
    Infinite when they never pay back; 0 when nothing was ever owed.

    >>> payback_months([0, 1, 2, 3], [-100, 40, 40, 40])
    2.5
    >>> payback_months([0, 1], [-100, 40])
    inf
    """
    index, given = np.asarray(months, dtype=int), np.asarray(flows, dtype=float)
    if len(index) == 0:
        return math.inf
    first = int(index.min())
    dense = np.zeros(int(index.max()) - first + 1)
    np.add.at(dense, index - first, given)
    if rate is not None:
        dense = dense * discount_factors(np.arange(len(dense)) + first, rate)
    total = np.cumsum(dense)
    owed = np.flatnonzero(total < -1e-9)
    if len(owed) == 0:
        return 0.0
    last = int(owed[-1])
    if last == len(dense) - 1:
        return math.inf
    return last + float(-total[last] / dense[last + 1])


def roi(pv_benefit: float, pv_cost: float) -> float | None:
    """(PV benefit − PV cost) ÷ PV cost; None without a cost. ROI and ROMI are the same figure.

    >>> roi(420.0, 100.0)
    3.2
    """
    return (pv_benefit - pv_cost) / pv_cost if pv_cost > 0 else None


def risk_adjustment(shares: Mapping[str, float], risks: Mapping[str, float]) -> float:
    """Share to take off a benefit, from how confident those were who stated it (Forrester TEI's rule).

    `shares` gives the share of answers at each level of confidence, `risks` what each level takes off. Shares
    are scaled to one.

    Reference R04, 66 % moderately and 34 % very confident:

    >>> round(risk_adjustment({"moderately": 0.66, "very": 0.34}, {"moderately": 0.30, "very": 0.0}), 3)
    0.198
    """
    whole = math.fsum(shares.values())
    if whole <= 0:
        raise ValueError("no shares were given")
    if unknown := sorted(set(shares) - set(risks)):
        raise ValueError(f"no risk is given for {', '.join(unknown)}; known: {', '.join(sorted(risks))}")
    return math.fsum(share * risks[level] for level, share in shares.items()) / whole

"""Do two people (or a person and a rule) put the same text under the same code? Kappa, alpha, per cent agreement.

Cohen's kappa (1960) is for two coders who coded the same units; its interval is the large-sample one of Fleiss, Cohen
and Everitt (1969). Krippendorff's alpha (Krippendorff 2011) is for any number of coders, missing values and any level
of measurement; its interval is the delete-one jackknife over units, Student's t. Customary reading (Krippendorff 2004):
from .8 on reliable, from .667 on good enough for tentative conclusions only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from cxkit.metrics.estimates import LEVEL, MINIMUM_N, Estimate, t_quantile

Level = Literal["nominal", "ordinal", "interval", "ratio"]
Counts = npt.NDArray[np.float64]

RELIABLE, TENTATIVE = 0.8, 0.667


def verdict(value: float | None) -> str:
    """What an agreement is customarily good for (Krippendorff 2004, p. 241).

    >>> verdict(0.85), verdict(0.7), verdict(0.4)
    ('reliable', 'tentative', 'not reliable')
    """
    if value is None:
        return ""
    return "reliable" if value >= RELIABLE else "tentative" if value >= TENTATIVE else "not reliable"


def crossed(left: Sequence[Hashable], right: Sequence[Hashable]) -> Counts:
    """Two coders' codes of the same units as a square table of counts, codes in sorted order.

    >>> crossed(["a", "a", "b"], ["a", "b", "b"]).tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    codes = {code: i for i, code in enumerate(sorted({*left, *right}, key=str))}
    table = np.zeros((len(codes), len(codes)))
    for one, other in zip(left, right, strict=True):
        table[codes[one], codes[other]] += 1
    return table


def cohen_kappa(table: Sequence[Sequence[float]] | Counts, *, minimum: int = MINIMUM_N) -> Estimate:
    """Agreement of two coders beyond chance, from their square table of counts.

    Below `minimum` units there is no interval; without any variety (both used one code only) there is no kappa.

    >>> round(cohen_kappa([[20, 5], [10, 15]]).value, 2)
    0.4
    """
    p = np.asarray(table, dtype=float)
    n = int(p.sum())
    if n == 0:
        return Estimate(why_none="no units coded twice")
    p = p / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, chance = float(np.trace(p)), float(rows @ columns)
    if chance >= 1 - 1e-12:
        return Estimate(n=n, effective_n=n, why_none="only one code was used")
    kappa = (observed - chance) / (1 - chance)
    if n < minimum:
        return Estimate(value=kappa, n=n, effective_n=n, why_none=f"{n} units, fewer than {minimum}")
    both = columns[:, None] + rows[None, :]  # p.i + pj. for the cell (i, j)
    diagonal = np.diag(p) * ((1 - chance) - (rows + columns) * (1 - observed)) ** 2
    off = p * both**2
    np.fill_diagonal(off, 0.0)
    spread = diagonal.sum() + (1 - observed) ** 2 * off.sum() - (observed * chance - 2 * chance + observed) ** 2
    half = t_quantile(1e6) * math.sqrt(max(float(spread), 0.0) / n) / (1 - chance) ** 2
    return Estimate(value=kappa, low=max(kappa - half, -1.0), high=min(kappa + half, 1.0), n=n, effective_n=n)


def coincidences(units: Sequence[Sequence[Hashable | None]]) -> tuple[Counts, list[Hashable]]:
    """Per unit, how often each value was given: units × values, and the values in order; one value a unit is left out.

    `units` holds, per unit, what each coder said; None (or NaN) is a gap.
    """
    given = [[v for v in unit if v is not None and v == v] for unit in units]  # noqa: PLR0124  NaN is not itself
    given = [unit for unit in given if len(unit) > 1]
    values = sorted({v for unit in given for v in unit}, key=lambda v: (isinstance(v, str), v))
    at = {v: i for i, v in enumerate(values)}
    counts = np.zeros((len(given), len(values)))
    for row, unit in enumerate(given):
        for value in unit:
            counts[row, at[value]] += 1
    return counts, values


def krippendorff_alpha(
    units: Sequence[Sequence[Hashable | None]], level: Level = "nominal", *, minimum: int = MINIMUM_N
) -> Estimate:
    """Agreement of any number of coders over units with gaps; `units` holds one sequence of codes per unit.

    >>> round(krippendorff_alpha([[1, 1], [1, 1], [2, 2], [2, 1]]).value, 3)
    0.533
    """
    counts, values = coincidences(units)
    n = len(counts)
    if n == 0:
        return Estimate(why_none="no units coded twice")
    if len(values) < 2:
        return Estimate(n=n, effective_n=n, why_none="only one code was used")
    per = counts.sum(axis=1)
    weighted = counts / (per - 1)[:, None]
    whole = weighted.T @ counts - np.diag(weighted.sum(axis=0))
    alpha = _alpha(whole, values, level)
    if n < minimum:
        return Estimate(value=alpha, n=n, effective_n=n, why_none=f"{n} units, fewer than {minimum}")
    left_out = []
    for row in range(n):
        unit = counts[row]
        own = (np.outer(unit, unit) - np.diag(unit)) / (per[row] - 1)
        left_out.append(_alpha(whole - own, values, level))
    spread = np.asarray(left_out)
    error = math.sqrt((n - 1) / n * float(((spread - spread.mean()) ** 2).sum()))
    half = t_quantile(n - 1, LEVEL) * error
    return Estimate(value=alpha, low=max(alpha - half, -1.0), high=min(alpha + half, 1.0), n=n, effective_n=n)


def _alpha(coincidence: Counts, values: Sequence[Hashable], level: Level) -> float:
    totals = coincidence.sum(axis=1)
    n = float(totals.sum())
    distance = DISTANCES[level](totals, values)
    seen = float((coincidence * distance).sum())
    chance = float((np.outer(totals, totals) * distance).sum()) / (n - 1)
    return 1.0 - seen / chance if chance > 0 else 1.0


def _numbers(values: Sequence[Hashable]) -> Counts:
    return np.asarray([float(v) for v in values], dtype=float)  # type: ignore[arg-type]


def _nominal(totals: Counts, values: Sequence[Hashable]) -> Counts:
    return np.asarray(1.0 - np.eye(len(values)))


def _ordinal(totals: Counts, values: Sequence[Hashable]) -> Counts:
    upto = np.cumsum(totals)
    middle = upto - totals / 2
    return np.asarray((middle[:, None] - middle[None, :]) ** 2)


def _interval(totals: Counts, values: Sequence[Hashable]) -> Counts:
    v = _numbers(values)
    return np.asarray((v[:, None] - v[None, :]) ** 2)


def _ratio(totals: Counts, values: Sequence[Hashable]) -> Counts:
    v = _numbers(values)
    total = v[:, None] + v[None, :]
    return np.asarray(np.where(total == 0, 0.0, (v[:, None] - v[None, :]) / np.where(total == 0, 1.0, total)) ** 2)


DISTANCES: Mapping[Level, Callable[[Counts, Sequence[Hashable]], Counts]] = {
    "nominal": _nominal,
    "ordinal": _ordinal,
    "interval": _interval,
    "ratio": _ratio,
}


def share_agreed(left: Sequence[Hashable], right: Sequence[Hashable]) -> float | None:
    """Share of units to which both gave the same code; None without units.

    >>> share_agreed(["a", "b"], ["a", "a"])
    0.5
    """
    same = [one == other for one, other in zip(left, right, strict=True)]
    return sum(same) / len(same) if same else None

"""Slopes of leaving and of contacts on what customers say and live through, from cells of customer-months.

Additive (linear probability) model: chance of leaving in a month = level of the stratum (segment × tenure band) +
level of the quarter + slope × score where it is known + a level of its own where it is not. Its slopes are
differences of risk within strata, averaged over them. Intervals leave out one of a hundred random groups of customers
at a time (delete-a-group jackknife), so that all months of a customer stay together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

Array = np.ndarray
OUTCOMES = ("lost", "contacts")
RIDGE = 1e-9


@dataclass(frozen=True)
class Slopes:
    """Slopes of both outcomes on each driver, and what they become when a group of customers is left out."""

    drivers: tuple[str, ...]
    values: Array
    """drivers × outcomes, a month, per unit of the driver."""
    without: Array
    """blocks × drivers × outcomes."""

    def of(self, driver: str) -> tuple[Array, Array]:
        """Values (outcomes) and values without each block (blocks × outcomes) of one driver."""
        at = self.drivers.index(driver)
        return self.values[at], self.without[:, at]


def slopes(cells: pd.DataFrame, drivers: tuple[str, ...]) -> Slopes:
    """Slopes on these drivers, all in one model.

    Of 200 customer-months whose issue came back 10 left, of 200 whose did not 4:

    >>> cells = pd.DataFrame({"block": [0, 1, 0, 1], "stratum": "s", "season": "q", "fcr": [0.0, 0.0, 1.0, 1.0]})
    >>> cells = cells.assign(n=100, lost=[6, 4, 3, 1], contacts=0)
    >>> round(float(slopes(cells, ("fcr",)).values[0, 0]), 6)
    -0.03
    """
    return moments(cells, drivers).slopes(drivers)


@dataclass(frozen=True)
class Moments:
    """Sums of squares and products by block: enough for every model on some of the drivers."""

    drivers: tuple[str, ...]
    at: tuple[int, ...]
    """Column of each driver; the one after it marks who is not known."""
    inner: Array
    outer: Array

    def slopes(self, drivers: tuple[str, ...]) -> Slopes:
        """Slopes on these drivers, all in one model."""
        mine = [self.at[self.drivers.index(d)] for d in drivers]
        fixed = list(range(min(self.at, default=self.inner.shape[-1])))
        kept = np.array([*fixed, *(c + k for c in mine for k in (0, 1))])
        columns = [len(fixed) + 2 * k for k in range(len(drivers))]
        inner, outer = self.inner[:, kept][:, :, kept], self.outer[:, kept]
        total, sums = inner.sum(axis=0), outer.sum(axis=0)
        whole = _solve(total, sums)[columns]
        left = _solve(total - inner, sums - outer)[:, columns]
        return Slopes(drivers=drivers, values=whole, without=left)


def moments(cells: pd.DataFrame, drivers: tuple[str, ...]) -> Moments:
    """Moments of cells for models on any of these drivers."""
    design, columns = _design(cells, drivers)
    n = cells["n"].to_numpy(dtype=float)
    outcome = cells[list(OUTCOMES)].to_numpy(dtype=float)
    block = cells["block"].to_numpy()
    order = np.argsort(block, kind="stable")
    starts = np.searchsorted(block[order], np.unique(block))
    squares, products = [], []
    for rows in np.split(order, starts[1:]):
        part = design[rows]
        squares.append((part * n[rows, None]).T @ part)
        products.append(part.T @ outcome[rows])
    return Moments(drivers=drivers, at=tuple(columns), inner=np.array(squares), outer=np.array(products))


def _design(cells: pd.DataFrame, drivers: tuple[str, ...]) -> tuple[Array, list[int]]:
    fixed = [pd.get_dummies(cells["stratum"], dtype=float), pd.get_dummies(cells["season"], dtype=float).iloc[:, 1:]]
    parts = [f.to_numpy() for f in fixed]
    width = sum(p.shape[1] for p in parts)
    at = []
    for driver in drivers:
        value = cells[driver].to_numpy(dtype=float)
        unknown = np.isnan(value)
        parts.append(np.column_stack([np.where(unknown, 0.0, value), unknown.astype(float)]))
        at.append(width)
        width += 2
    return np.hstack(parts), at


def _solve(inner: Array, outer: Array) -> Array:
    """Least squares for one or many sets of sums; a touch of ridge shares what the data do not tell apart.

    That is the case of two scores always answered together, whose levels for no answer are the same customers.
    """
    scale = np.sqrt(np.maximum(np.diagonal(inner, axis1=-2, axis2=-1), 1e-12))
    unit = inner / (scale[..., :, None] * scale[..., None, :]) + RIDGE * np.eye(inner.shape[-1])
    return np.asarray(np.linalg.solve(unit, outer / scale[..., None]) / scale[..., None])


def jackknife(value: float, without: Array, level: float = 0.95) -> tuple[float, float]:
    """Interval of a figure from what it becomes without each group of customers.

    >>> low, high = jackknife(0.5, np.array([0.4, 0.6]))
    >>> round((low + high) / 2, 6)
    0.5
    """
    groups = len(without)
    spread = float(np.sqrt((groups - 1) / groups * ((without - without.mean()) ** 2).sum()))
    half = float(stats.t.ppf((1 + level) / 2, groups - 1)) * spread
    return value - half, value + half


def levels(cells: pd.DataFrame, driver: str, bands: dict[str, tuple[float, float]]) -> pd.DataFrame:
    """Leaving a month by level of one driver, as it is and with strata and quarters made equal.

    Columns: level, customer_months, lost, hazard, adjusted. `bands` names the levels by lowest and highest value;
    customers of whom nothing is known are a level of their own, last.
    """
    value = cells[driver].to_numpy(dtype=float)
    masks = {name: (value >= low) & (value <= high) for name, (low, high) in bands.items()}
    masks["not known"] = np.isnan(value)
    masks = {name: mask for name, mask in masks.items() if mask.any()}
    fixed = _design(cells, ())[0]
    marks = np.column_stack([m.astype(float) for m in masks.values()])
    n, lost = cells["n"].to_numpy(dtype=float), cells["lost"].to_numpy(dtype=float)
    design = np.hstack([fixed, marks[:, 1:]])
    beta = _solve((design * n[:, None]).T @ design, (design.T @ lost)[:, None])[:, 0]
    shift = np.concatenate([[0.0], beta[fixed.shape[1] :]])
    mean = float(n @ (fixed @ beta[: fixed.shape[1]])) / n.sum()
    sums = [(float(n[m].sum()), float(lost[m].sum())) for m in masks.values()]
    return pd.DataFrame(
        {
            "level": list(masks),
            "customer_months": [round(c) for c, _ in sums],
            "lost": [round(x) for _, x in sums],
            "hazard": [x / c for c, x in sums],
            "adjusted": [max(mean + s, 0.0) for s in shift],
        }
    )

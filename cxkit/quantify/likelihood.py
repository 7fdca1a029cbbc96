"""Maximum likelihood with its checks: several starts, convergence, curvature; a fit that cannot be trusted is none.

Parameters are searched on an unbounded scale (logarithms of positive ones). The covariance is the sandwich of
Huber (1967), so that it is what resampling customers would give even where the model is only roughly right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize

Array = np.ndarray
STEP = 1e-4
ROUGH = 12
"""Steps from every start; the two best then go on to the end."""
FLAT = 1e-4
"""Largest slope per customer at what is called a maximum."""


@dataclass(frozen=True)
class Maximum:
    """Where the log-likelihood is greatest."""

    at: Array
    """Parameters on the search scale."""
    loglik: float
    covariance: Array
    """Of `at`, customers resampled."""


def maximise(
    rows: Callable[[Array], tuple[Array, Array]],
    weight: Array,
    starts: Sequence[Sequence[float]],
    *,
    bound: float = 12.0,
) -> Maximum | str:
    """The maximum of Σ weight × rows(θ), or the reason why none is trusted.

    `rows` gives the log-likelihood of each distinct row with its derivatives (rows × parameters), and `weight` how
    many customers it stands for. It is none when no start converges, when the best one rests on the edge of the search,
    or when the surface is flat there. The search is BFGS: L-BFGS-B hands matrices of four by four to a threaded
    library, which costs more than the search.

    >>> def rows(t):
    ...     off = np.array([1.0, 3.0]) - t[0]
    ...     return -0.5 * off**2, off[:, None]
    >>> found = maximise(rows, np.ones(2), [[0.0], [9.0]])
    >>> round(float(found.at[0]), 6), round(float(found.covariance[0, 0]), 4)
    (2.0, 0.5)
    """
    whole = float(weight.sum())

    def lost(theta: Array) -> tuple[float, Array]:
        held = np.clip(theta, -3 * bound, 3 * bound)  # level beyond, so that a search that runs away comes to rest
        value, slope = rows(held)
        slope = slope * (held == theta)
        total, down = float(weight @ value) / whole, weight @ slope / -whole
        return (-total, down) if np.isfinite(total) and np.isfinite(down).all() else (1e6, np.zeros(len(theta)))

    def searched(start: Array, **options: Any) -> Any:
        return optimize.minimize(lost, start, method="BFGS", jac=True, options=options)  # type: ignore[call-overload]

    near = [np.asarray(start, dtype=float) for start in starts]
    if len(near) > 1:
        rough = [searched(start, maxiter=ROUGH) for start in near]
        near = [f.x for f in sorted(rough, key=lambda f: float(f.fun))[:2]]
    fine = [searched(start, gtol=1e-7) for start in near]
    best = min(fine, key=lambda f: float(f.fun))
    if np.abs(best.x).max() > bound:
        return "one of its parameters runs to the edge: the data do not determine it"
    if not np.isfinite(best.fun) or best.fun >= 1e6 or np.abs(lost(best.x)[1]).max() > FLAT:
        return "the search for its parameters did not converge"
    curve = gradient(lambda t: weight @ rows(t)[1], best.x)
    bread, score = -(curve + curve.T) / 2, rows(best.x)[1]
    if not np.isfinite(bread).all() or np.linalg.eigvalsh(bread).min() <= 1e-8 * max(
        np.linalg.eigvalsh(bread).max(), 1
    ):
        return "its likelihood is flat: the data do not determine all of its parameters"
    inverse = np.linalg.inv(bread)
    meat = score.T @ (score * weight[:, None])
    return Maximum(at=best.x, loglik=-float(best.fun) * whole, covariance=inverse @ meat @ inverse)


def gradient(function: Callable[[Array], Array | float], at: Array) -> Array:
    """Derivatives of several outputs with respect to several parameters: outputs × parameters."""
    moves = np.eye(len(at)) * STEP
    return np.column_stack(
        [(np.atleast_1d(function(at + m)) - np.atleast_1d(function(at - m))) / (2 * STEP) for m in moves]
    )

"""Maximum likelihood with its checks: several starts, convergence, curvature; a fit that cannot be trusted is none.

Parameters are searched on an unbounded scale (logarithms of positive ones). The covariance is the sandwich of
Huber (1967), so that it is what resampling customers would give even where the model is only roughly right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
    rows: Callable[[Array], Array], weight: Array, starts: Sequence[Sequence[float]], *, bound: float = 12.0
) -> Maximum | str:
    """The maximum of Σ weight × rows(θ), or the reason why none is trusted.

    `rows` gives the log-likelihood of each distinct row and `weight` how many customers it stands for. It is none
    when no start converges, when the best one rests on the edge of the search, or when the surface is flat there. The
    search is BFGS: L-BFGS-B hands matrices of four by four to a threaded library, which costs more than the search.

    >>> found = maximise(lambda t: -0.5 * (np.array([1.0, 3.0]) - t[0]) ** 2, np.ones(2), [[0.0], [9.0]])
    >>> round(float(found.at[0]), 6), round(float(found.covariance[0, 0]), 4)
    (2.0, 0.5)
    """
    whole = float(weight.sum())

    def lost(theta: Array) -> float:
        value = float(weight @ rows(theta)) / whole
        return -value if np.isfinite(value) else 1e6

    near = [np.asarray(start, dtype=float) for start in starts]
    if len(near) > 1:
        rough = [optimize.minimize(lost, start, method="BFGS", options={"maxiter": ROUGH}) for start in near]
        near = [f.x for f in sorted(rough, key=lambda f: float(f.fun))[:2]]
    fine = [optimize.minimize(lost, start, method="BFGS", options={"gtol": 1e-7}) for start in near]
    best = min(fine, key=lambda f: float(f.fun))
    if np.abs(best.x).max() > bound:
        return "one of its parameters runs to the edge: the data do not determine it"
    if not np.isfinite(best.fun) or best.fun >= 1e6 or np.abs(gradient(lost, best.x)).max() > FLAT:
        return "the search for its parameters did not converge"
    bread = -hessian(lambda t: float(weight @ rows(t)), best.x)
    score = scores(rows, best.x)
    if not np.isfinite(bread).all() or np.linalg.eigvalsh(bread).min() <= 1e-8 * max(
        np.linalg.eigvalsh(bread).max(), 1
    ):
        return "its likelihood is flat: the data do not determine all of its parameters"
    inverse = np.linalg.inv(bread)
    meat = score.T @ (score * weight[:, None])
    return Maximum(at=best.x, loglik=-float(best.fun) * whole, covariance=inverse @ meat @ inverse)


def scores(rows: Callable[[Array], Array], at: Array) -> Array:
    """Derivative of each row's log-likelihood: rows × parameters, by central differences."""
    steps = np.eye(len(at)) * STEP
    return np.column_stack([(rows(at + s) - rows(at - s)) / (2 * STEP) for s in steps])


def hessian(function: Callable[[Array], float], at: Array) -> Array:
    """Second derivatives of a function of several numbers, by central differences."""
    size, step = len(at), 10 * STEP
    moves = np.eye(size) * step
    middle = function(at)
    out = np.empty((size, size))
    for i in range(size):
        out[i, i] = (function(at + moves[i]) - 2 * middle + function(at - moves[i])) / step**2
        for j in range(i):
            corners = [function(at + a * moves[i] + b * moves[j]) for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            out[i, j] = out[j, i] = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * step**2)
    return out


def gradient(function: Callable[[Array], Array | float], at: Array) -> Array:
    """Derivatives of several outputs with respect to several parameters: outputs × parameters."""
    moves = np.eye(len(at)) * STEP
    return np.column_stack(
        [(np.atleast_1d(function(at + m)) - np.atleast_1d(function(at - m))) / (2 * STEP) for m in moves]
    )

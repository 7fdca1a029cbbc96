"""Purchases without a contract: how often (BG/NBD) and how much (Gamma–Gamma), by maximum likelihood.

BG/NBD (Fader, Hardie and Lee 2005): while a customer is one, purchases come at the customer's own steady rate, gamma
distributed over customers (r, alpha); after each purchase the customer leaves unseen with a chance of their own, beta
distributed (a, b). Gamma–Gamma (Fader and Hardie 2013): the value of a purchase varies about the customer's own mean,
which does not depend on how often the customer buys; that is checked, never assumed.

Both are for purchases alone. Under a contract the day of leaving is known, and these models are wrong.

Time is in weeks. A customer's x is the number of *repeat* purchase days, t_x the time from the first to the last of
them, T the time from the first purchase to the end of what was observed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy.special import betaln, gammaln, hyp2f1, psi

from cxkit.quantify.likelihood import Array, Maximum, maximise
from cxkit.records import Number, Record

WEEK = 7.0
LONG = 3000
"""Distinct histories above which the search begins where histories of two weeks' precision lead it."""
STARTS = ((-1.0, 1.5, -0.2, 0.9), (0.0, 0.0, 0.0, 0.0), (-0.5, 3.0, -1.5, 1.0), (0.5, 2.0, -1.0, -1.0))
SPEND_STARTS = ((1.8, 1.3, 2.7), (0.0, 0.5, 1.0), (1.0, 1.0, 4.0), (2.5, 2.0, 3.0))
CORRELATION = 0.10
"""A correlation of frequency and spend beyond this, with its whole interval, breaks Gamma–Gamma's assumption."""


class Purchasing(Record):
    """A fitted BG/NBD; time in weeks."""

    r: Number
    alpha: Number
    a: Number
    b: Number
    loglik: Number
    customers: int
    covariance: tuple[tuple[float, ...], ...]
    """Of the logarithms of r, alpha, a, b; customers resampled."""

    @property
    def logs(self) -> Array:
        """Logarithms of its parameters."""
        return np.log([self.r, self.alpha, self.a, self.b])


class Spending(Record):
    """A fitted Gamma–Gamma."""

    p: Number
    q: Number
    gamma: Number
    loglik: Number
    customers: int
    covariance: tuple[tuple[float, ...], ...]
    """Of the logarithms of p, q − 1 and gamma; customers resampled."""

    @property
    def logs(self) -> Array:
        """Logarithms of p, q − 1 and gamma."""
        return np.log([self.p, self.q - 1, self.gamma])

    @property
    def mean(self) -> float:
        """Mean value of a purchase over customers, p·gamma ÷ (q − 1)."""
        return mean_spend(self.logs)


def fit_purchasing(rows: pd.DataFrame) -> Purchasing | str:
    """Fit BG/NBD to rows of x, t_x, T (weeks) and n (customers with that history); a reason when it cannot be.

    >>> fit_purchasing(pd.DataFrame({"x": [0], "t_x": [0.0], "T": [9.0], "n": [500]}))
    'nobody bought twice'
    """
    if not (rows["x"] > 0).any():
        return "nobody bought twice"
    starts: Sequence[Sequence[float]] = STARTS
    if len(rows) > LONG:
        rough = rows.assign(t_x=(rows["t_x"] / 2).round() * 2, T=(rows["T"] / 2).round() * 2)
        near = _search(rough.groupby(["x", "t_x", "T"])[["n"]].sum().reset_index(), STARTS)
        starts = STARTS if isinstance(near, str) else [near.at.tolist()]
    found = _search(rows, starts)
    if isinstance(found, str):
        return found
    r, alpha, a, b = np.exp(found.at)
    return Purchasing(
        r=r,
        alpha=alpha,
        a=a,
        b=b,
        loglik=found.loglik,
        customers=int(rows["n"].sum()),
        covariance=_nested(found.covariance),
    )


def _search(rows: pd.DataFrame, starts: Sequence[Sequence[float]]) -> Maximum | str:
    x, t_x, T, n = (rows[c].to_numpy(dtype=float) for c in ("x", "t_x", "T", "n"))
    levels, place = np.unique(x, return_inverse=True)
    return maximise(lambda logs: _histories(logs, levels, place, np.minimum(t_x, T), T), n, starts)


def history_loglik(logs: Array, x: Array, t_x: Array, T: Array) -> Array:
    """Log-likelihood of single histories under BG/NBD (their equation 6, on logarithms)."""
    levels, place = np.unique(x, return_inverse=True)
    return _histories(logs, levels, place, t_x, T)[0]


def _histories(logs: Array, levels: Array, place: Array, t_x: Array, T: Array) -> tuple[Array, Array]:
    """The same with its derivatives by the logarithms; `levels` are the distinct x and `place` where each row's lies.

    What depends on x alone is computed once per level: the gamma and digamma functions are what takes time.
    """
    r, alpha, a, b = np.exp(logs)
    x, again = levels[place], np.maximum(levels, 1.0)
    common = gammaln(r + levels) - gammaln(r) + r * np.log(alpha) - betaln(a, b)
    whole, part = np.log(alpha + T), np.log(alpha + t_x)
    stayed = (common + betaln(a, b + levels))[place] - (r + x) * whole
    left = (common + betaln(a + 1, b + again - 1))[place] - (r + x) * part
    value = np.where(x > 0, np.logaddexp(stayed, left), stayed)
    gone = np.where(x > 0, np.exp(np.minimum(left - value, 0.0)), 0.0)  # share of the likelihood of having left
    both = psi(a + b) - psi(a + b + levels)
    by_r = (psi(r + levels) - psi(r) + np.log(alpha))[place] - (1 - gone) * whole - gone * part
    by_alpha = r / alpha - (r + x) * ((1 - gone) / (alpha + T) + gone / (alpha + t_x))
    by_a = gone / a + both[place]
    by_b = (psi(b + levels) - psi(b) + both)[place] - gone / (b + again - 1)[place]
    return value, np.column_stack([r * by_r, alpha * by_alpha, a * by_a, b * by_b])


def alive(logs: Array, x: Array, t_x: Array, T: Array) -> Array:
    """Chance that a customer with this history is still one.

    >>> model = np.log([0.243, 4.414, 0.793, 2.426])
    >>> [round(float(v), 3) for v in alive(model, np.array([2.0, 0.0]), np.array([30.43, 0]), np.array([38.86, 38.86]))]
    [0.727, 1.0]
    """
    r, alpha, a, b = np.exp(logs)
    odds = np.log(a) - np.log(b + np.maximum(x, 1) - 1) + (r + x) * (np.log(alpha + T) - np.log(alpha + t_x))
    return np.where(x > 0, 1 / (1 + np.exp(np.minimum(odds, 700))), 1.0)


def expected(logs: Array, weeks: Array | float) -> Array:
    """Repeat purchases expected of a new customer within so many weeks of the first."""
    r, alpha, a, b = np.exp(logs)
    a = _off_one(a)
    t = np.asarray(weeks, dtype=float)
    inner = hyp2f1(r, b, a + b - 1, t / (alpha + t))
    return (a + b - 1) / (a - 1) * (1 - (alpha / (alpha + t)) ** r * inner)


def expected_after(logs: Array, weeks: float, x: Array, t_x: Array, T: Array) -> Array:
    """Purchases expected in the next so many weeks of a customer with this history (their equation 10).

    >>> model = np.log([0.243, 4.414, 0.793, 2.426])
    >>> round(float(expected_after(model, 39.0, np.array([2.0]), np.array([30.43]), np.array([38.86]))[0]), 3)
    1.226
    """
    r, alpha, a, b = np.exp(logs)
    a = _off_one(a)
    inner = hyp2f1(r + x, b + x, a + b + x - 1, weeks / (alpha + T + weeks))
    still = alive(logs, x, t_x, T)
    return (a + b + x - 1) / (a - 1) * (1 - ((alpha + T) / (alpha + T + weeks)) ** (r + x) * inner) * still


def _off_one(a: float) -> float:
    """The closed forms have a removable gap at a = 1."""
    return a if abs(a - 1) > 1e-5 else 1 + 1e-5


def fit_spending(rows: pd.DataFrame) -> Spending | str:
    """Fit Gamma–Gamma to rows of x (repeat purchases), spend (their mean value, above zero) and n; or a reason.

    The first purchase is no repeat purchase and is in neither. q is kept above one, without which there is no mean.
    """
    kept = rows[(rows["x"] > 0) & (rows["spend"] > 0)]
    if len(kept) < 2:
        return "nobody bought twice"
    x, spend, n = (kept[c].to_numpy(dtype=float) for c in ("x", "spend", "n"))
    scale = float((n @ (x * spend)) / (n @ x))

    starts = [(p, q, g - math.log(10)) for p, q, g in SPEND_STARTS]
    if len(kept) > LONG and not isinstance(near := fit_spending(kept.iloc[:: len(kept) // 1000]), str):
        starts = [(math.log(near.p), math.log(near.q - 1), math.log(near.gamma / scale))]
    found = maximise(_spends(x, spend / scale), n, starts)
    if isinstance(found, str):
        return found
    p, q, gamma = math.exp(found.at[0]), 1 + math.exp(found.at[1]), math.exp(found.at[2]) * scale
    loglik = found.loglik - float(n.sum()) * math.log(scale)
    return Spending(
        p=p, q=q, gamma=gamma, loglik=loglik, customers=round(n.sum()), covariance=_nested(found.covariance)
    )


def _spends(x: Array, z: Array) -> Callable[[Array], tuple[Array, Array]]:
    """Log-likelihood of mean values `z` of x purchases under Gamma–Gamma, with its derivatives by the logarithms."""
    levels, place = np.unique(x, return_inverse=True)
    log_z, log_x = np.log(z), np.log(x)

    def each(logs: Array) -> tuple[Array, Array]:
        p, q, gamma = math.exp(logs[0]), 1 + math.exp(logs[1]), math.exp(logs[2])
        whole = gamma + x * z
        within = np.log(whole)
        flat = (gammaln(p * levels + q) - gammaln(p * levels))[place] - gammaln(q)
        value = flat + q * logs[2] + (p * x - 1) * log_z + p * x * log_x - (p * x + q) * within
        rise = psi(p * levels + q)[place]
        by_p = x * (rise - psi(p * levels)[place] + log_z + log_x - within)
        by_q = rise - psi(q) + logs[2] - within
        by_gamma = q / gamma - (p * x + q) / whole
        return value, np.column_stack([p * by_p, (q - 1) * by_q, gamma * by_gamma])

    return each


def mean_spend(logs: Array) -> float:
    """Mean value of a purchase over customers, from the logarithms of p, q − 1 and gamma."""
    return math.exp(logs[0] + logs[2] - logs[1])


def spend_after(logs: Array, x: Array, spend: Array) -> Array:
    """Mean value expected of a customer's purchases, given x repeat purchases of mean `spend`.

    Drawn towards everybody's mean, the more so the fewer purchases it rests on.

    >>> round(float(spend_after(np.log([6.25, 2.74, 15.44]), np.array([2.0]), np.array([22.35]))[0]), 2)
    24.66
    """
    p, q, gamma = math.exp(logs[0]), 1 + math.exp(logs[1]), math.exp(logs[2])
    return p * (gamma + x * spend) / (p * x + q - 1)


def _nested(matrix: Array) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(map(float, row)) for row in matrix)

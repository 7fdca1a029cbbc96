"""Renewals under a contract: the observed hazard by tenure month, and the shifted beta-geometric model beyond it.

Risk sets are the only input: at each renewal t how many customers could have stayed (`at_risk`) and how many `lost`.
They are sufficient for both the observed survival and the model, whatever mixture of cohorts, late entries and
customers still there they come from.

The model (sBG, Fader and Hardie 2007): each customer renews with a chance of their own, which does not change, beta
distributed over customers. The careless leave first, so the hazard of those left falls: h(t) = α ÷ (α + β + t − 1).
With p = α ÷ (α + β) and φ = 1 ÷ (α + β) it is h(t) = p ÷ (1 + φ (t − 1)); φ = 0 is a constant hazard, which is where
the fit goes when tenure says nothing.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy import optimize
from scipy.special import hyp2f1

from cxkit.quantify.likelihood import Array
from cxkit.records import Number, Record

LEAST_AT_RISK = 50
"""Customers at risk below which an observed hazard is no longer read, and the model takes over."""
LEAST_LOST = 10
"""Losses below which nothing is fitted."""
LEAST_PHI, STEEPEST = 1e-6, 50.0
"""How slowly a hazard may fall and count as falling, and how fast."""
FLAT = 1e-5
"""Largest slope of the log-likelihood per loss at what is called its maximum."""


class Renewal(Record):
    """A fitted sBG."""

    p: Number
    """Mean chance of leaving at the first renewal."""
    phi: Number
    """How fast the hazard falls; 0 when it does not."""
    loglik: Number
    at_risk: int
    lost: int

    @property
    def alpha(self) -> float:
        """First parameter of the beta distribution; infinite for a constant hazard."""
        return self.p / self.phi if self.phi > 0 else math.inf

    @property
    def beta(self) -> float:
        """Second parameter of the beta distribution; infinite for a constant hazard."""
        return (1 - self.p) / self.phi if self.phi > 0 else math.inf

    def hazard(self, t: Array | int) -> Array:
        """Chance of leaving at renewal t (1, 2, …) of a customer who got that far."""
        return self.p / (1 + self.phi * (np.asarray(t, dtype=float) - 1))

    def survival(self, t: int) -> float:
        """Share of new customers still there after t renewals."""
        return float(np.prod(1 - self.hazard(np.arange(1, t + 1))))


def risk_sets(survivors: list[int]) -> pd.DataFrame:
    """Risk sets of one cohort from how many were left at the start and after each renewal.

    >>> risk_sets([1000, 869, 743])["lost"].tolist()
    [131, 126]
    """
    left = np.asarray(survivors)
    return pd.DataFrame({"t": np.arange(1, len(left)), "at_risk": left[:-1], "lost": left[:-1] - left[1:]})


def fit_renewal(risk: pd.DataFrame) -> Renewal | str:
    """Fit sBG to risk sets (t, at_risk, lost) by maximum likelihood; or the reason why not.

    Reference R08, the high-end customers of Fader and Hardie (2007), table 1:

    >>> model = fit_renewal(risk_sets([1000, 869, 743, 653, 593, 551, 517, 491]))
    >>> round(model.alpha, 3), round(model.beta, 3), round(model.loglik, 2), round(model.survival(12), 3)
    (0.668, 3.806, -1611.16, 0.378)
    """
    rows = risk[risk["at_risk"] > 0]
    t, n, lost = (rows[c].to_numpy(dtype=float) for c in ("t", "at_risk", "lost"))
    whole = float(lost.sum())
    if whole < LEAST_LOST:
        return f"{whole:.0f} losses, fewer than {LEAST_LOST}"
    if (n - lost).sum() <= 0:
        return "nobody renewed"

    crude = min(max(whole / float(n.sum()), 1e-6), 0.999)
    flat = _loglik(np.full(len(t), crude), n, lost)

    def negative(theta: Array) -> tuple[float, Array]:
        p, phi = 1 / (1 + np.exp(-theta[0])), np.exp(theta[1])
        growth = 1 + phi * (t - 1)
        h = np.clip(p / growth, 1e-12, 1 - 1e-12)
        each = (lost / h - (n - lost) / (1 - h)) / whole
        slope = np.array([each @ (h * (1 - p)), each @ (-h * phi * (t - 1) / growth)])
        return -_loglik(h, n, lost) / whole, -slope

    top = math.log(crude / (1 - crude))
    starts = [(top + shift, math.log(phi)) for shift, phi in ((0.1, 0.01), (0.3, 0.05), (0.8, 0.3), (1.5, 1.5))]
    found = [optimize.minimize(negative, s, jac=True, method="BFGS", options={"gtol": 1e-8}) for s in starts]
    best = min(found, key=lambda f: float(f.fun))
    loglik = -float(best.fun) * whole
    p, phi = 1 / (1 + math.exp(-best.x[0])), math.exp(min(best.x[1], 50.0))
    if loglik <= flat + 1e-6 or phi < LEAST_PHI:
        p, phi, loglik = crude, 0.0, flat
    elif not math.isfinite(loglik) or np.abs(negative(best.x)[1]).max() > FLAT:
        return "the search for its parameters did not converge"
    elif phi > STEEPEST:
        return "one of its parameters runs to the edge: the data do not determine it"
    return Renewal(
        p=p,
        phi=phi,
        loglik=loglik,
        at_risk=round(n.sum()),
        lost=round(whole),
    )


def _loglik(h: Array, n: Array, lost: Array) -> float:
    return float(lost @ np.log(h) + (n - lost) @ np.log1p(-h))


class Path(Record):
    """Hazards by renewal: as observed where enough customers were seen, by the model where not and beyond."""

    model: Renewal
    hazards: tuple[float, ...]
    """Chance of leaving at renewal 1, 2, …"""
    at_risk: tuple[float, ...]
    """Customers behind each of them."""

    @property
    def seen(self) -> Array:
        """Whether each hazard is the observed one."""
        return np.asarray(self.at_risk) >= LEAST_AT_RISK

    @property
    def observed(self) -> int:
        """Renewals from the first on whose hazards are all observed."""
        short = np.flatnonzero(~self.seen)
        return int(short[0]) if len(short) else len(self.hazards)

    @property
    def survival(self) -> Array:
        """Share still there after 0, 1, 2, … renewals."""
        return np.concatenate([[1.0], np.cumprod(1 - np.asarray(self.hazards))])


def path(risk: pd.DataFrame, months: int) -> Path | str:
    """Hazards of renewals 1 to `months` from risk sets; or the reason why there are none.

    >>> steady = pd.DataFrame({"t": [1, 2, 3], "at_risk": [1000, 900, 10], "lost": [100, 90, 1]})
    >>> found = path(steady, 4)
    >>> found.observed, [round(h, 2) for h in found.hazards]
    (2, [0.1, 0.1, 0.1, 0.1])
    """
    model = fit_renewal(risk)
    if isinstance(model, str):
        return model
    months = max(months, int(risk["t"].max()))
    known = risk.set_index("t")[["at_risk", "lost"]].reindex(range(1, months + 1), fill_value=0)
    at_risk, lost = known["at_risk"].to_numpy(dtype=float), known["lost"].to_numpy(dtype=float)
    modelled = model.hazard(np.arange(1, months + 1))
    hazards = np.where(at_risk >= LEAST_AT_RISK, lost / np.maximum(at_risk, 1), modelled)
    return Path(model=model, hazards=tuple(hazards), at_risk=tuple(at_risk))


def paid_months(path: Path, tenure: int, months: int) -> Array:
    """Chance that a customer who has renewed `tenure` times pays in each of the next `months` months.

    A new customer has tenure −1: the first month is certain, the first renewal comes after it.
    """
    left = path.survival
    ahead = np.arange(tenure + 1, tenure + 1 + months)
    return np.asarray(left[ahead] / left[max(tenure, 0)])


def value_of(path: Path, tenures: dict[int, float], worth: Array) -> tuple[float, float]:
    """Expected value over the months ahead of customers by tenure, and its variance, customers resampled.

    `tenures` maps renewals so far (−1 for a new customer) to how many customers have that many; `worth` is what a
    paid month 1, 2, … ahead is worth today. The variance is by the delta method, from the number lost at each
    renewal; an observed hazard moves what it was observed for, and through the model everything beyond.
    """
    size, months = len(path.hazards), len(worth)
    total, slope = 0.0, np.zeros(size)
    for tenure, count in tenures.items():
        flow = count * paid_months(path, tenure, months) * worth
        total += float(flow.sum())
        rest = np.cumsum(flow[::-1])[::-1]
        first = max(tenure, 0)
        reach = rest[1:] if tenure < 0 else rest
        slope[first : first + len(reach)] -= reach
    hazards = np.asarray(path.hazards)
    slope /= 1 - np.minimum(hazards, 1 - 1e-9)
    return total, float(_spread(path, slope))


def _spread(path: Path, slope: Array) -> float:
    """Variance of what moves by `slope` with each hazard: an observed one for itself, all of them through the model."""
    model, n, seen = path.model, np.asarray(path.at_risk), path.seen
    t = np.arange(1, len(n) + 1)
    h = np.clip(model.hazard(t), 1e-9, 1 - 1e-9)
    by_p, by_phi = h * (1 - model.p), -h * (t - 1) / (1 + model.phi * (t - 1))
    jacobian = np.column_stack([by_p, by_phi] if model.phi > 0 else [by_p])
    weight = n / (h * (1 - h))
    information = (jacobian * weight[:, None]).T @ jacobian
    modelled = np.where(seen, 0.0, slope) @ jacobian
    own = np.where(seen, slope, 0.0) + (jacobian * weight[:, None]) @ np.linalg.pinv(information) @ modelled
    return float((own**2 * h * (1 - h) / np.maximum(n, 1)).sum())


def residual_lifetime(model: Renewal, renewals: int, discount: float) -> float:
    """Discounted expected further payments of a customer who has renewed so many times, the next one just due.

    `discount` is the rate per period. Closed form of Fader and Hardie (2010), equation 6; without end.

    >>> found = fit_renewal(risk_sets([1000, 869, 743, 653, 593, 551, 517, 491]))
    >>> by_sum = sum(found.survival(t + 3) / found.survival(2) / 1.1**t for t in range(400))
    >>> round(residual_lifetime(found, 2, 0.1) / by_sum, 6)
    1.0
    """
    if discount <= 0:
        raise ValueError(f"a discount of {discount:g} a period makes an endless sum; it lies above 0")
    if model.phi == 0:
        return (1 - model.p) / (1 - (1 - model.p) / (1 + discount))
    a, b, n = model.alpha, model.beta, renewals + 1
    return float((b + n - 1) / (a + b + n - 1) * hyp2f1(1, b + n, a + b + n, 1 / (1 + discount)))

"""Control charts that fit the data: whether a period left the noise its own process has always had.

Rates are counts over exposure (a u chart), scores are means over answers. Both are seen against a model of their own
past: a level and a yearly wave (one pair of harmonics, two from thirty months on), fitted to counts by Poisson
likelihood with log exposure as offset, to means by weighted least squares. Standardised residuals z then give

- the *spread*: how much more than sampling noise periods vary, by Laney's moving range (2002, u′ and p′ charts) or by
  the standard deviation, whichever is larger, and never below one;
- the *correlation* of neighbouring periods, as in an AR(1) process. It widens limits for several periods together and
  for the level (Vasilopoulos and Stamboulis 1978; Montgomery, *Statistical Quality Control*, 10.4). Charts of
  AR residuals alone are not used: a shift that stays is in their forecast one period later and no longer seen.

Which months make a baseline, and which baseline judges which period, is settled in `metrics.freezing`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from cxkit.formats import significant

TWO_WAVES = 30
"""Months from which on a second harmonic is fitted."""
MOVING = 1.128
"""Mean range of two independent normal values, in standard deviations (d2 of Shewhart's tables)."""
LARGEST_CORRELATION = 0.8
FEWEST = 10
"""Usable periods of a baseline below which nothing is judged."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """Consecutive periods of one figure, oldest first.

    A count has `total` events over `size` exposure (customers × days); a mean has `total` the sum of answers, `size`
    their number and `squares` the sum of their squares. `usable` is False where a period cannot be judged.
    """

    kind: Literal["count", "mean"]
    starts: tuple[date, ...]
    days: int | None
    """Days of a period; None for calendar months."""
    total: Floats
    size: Floats
    usable: NDArray[np.bool_]
    squares: Floats | None = None

    def middle(self) -> Floats:
        """Where in the year the middle of each period lies, 0 to 1."""
        half = (self.days or 30) / 2
        return np.array([((d - date(d.year, 1, 1)).days + half) / 365.25 for d in self.starts])


@dataclass(frozen=True)
class Baseline:
    """A frozen model of a series' past."""

    first: date
    last: date
    """First days of its first and last period."""
    points: int
    left_out: int
    """Periods inside it that were flagged or not usable."""
    waves: int
    coefficients: Floats
    covariance: Floats
    """Of the coefficients, before `spread`² and correlation."""
    within: float
    """Variance of one answer; 1 for counts."""
    spread: float
    correlation: float
    freedom: int
    version: str
    """Its last period and a hash of the figures it rests on: the same as long as nobody restates them."""


def moving_spread(z: Sequence[float] | Floats) -> float:
    """Laney's σ of standardised values: their mean moving range ÷ 1.128.

    Four sites of 100 with 8, 12, 9 and 15 events: u is 0.11, z is −0.905, 0.302, −0.603 and 1.206, the moving ranges
    1.206, 0.905 and 1.809, their mean 1.307.

    >>> z = [(u - 0.11) / (0.11 / 100) ** 0.5 for u in (0.08, 0.12, 0.09, 0.15)]
    >>> round(moving_spread(z), 3)
    1.158
    """
    return float(np.abs(np.diff(np.asarray(z, dtype=float))).mean()) / MOVING


def design(middle: Floats, waves: int) -> Floats:
    """Level and `waves` pairs of yearly harmonics, a row per period."""
    columns = [np.ones_like(middle)]
    for k in range(1, waves + 1):
        columns += [np.cos(2 * np.pi * k * middle), np.sin(2 * np.pi * k * middle)]
    return np.column_stack(columns)


def fit(series: Series, chosen: NDArray[np.intp], *, months: int, season: bool = True) -> Baseline | None:
    """The baseline over the chosen periods; None with fewer than ten of them or without any event.

    With `season` False only the level is fitted: the plain u′ (or p′) chart.
    """
    waves = (0 if not season else 2 if months >= TWO_WAVES else 1) if len(chosen) else 0
    x = design(series.middle()[chosen], waves)
    total, size = series.total[chosen], series.size[chosen]
    n, used = x.shape
    if n < max(FEWEST, used + 5) or (total.sum() <= 0 and series.kind == "count"):
        return None
    within = 1.0
    beta: Floats
    information: Floats
    if series.kind == "count":
        made = _poisson(x, total, size)
        if made is None:
            return None
        beta, information = made
        mu = size * np.exp(x @ beta)
        z = (total - mu) / np.sqrt(mu)
    else:
        assert series.squares is not None
        mean = total / size
        within = float((series.squares[chosen] - total * mean).sum() / max(size.sum() - n, 1.0))
        if within <= 0:
            return None
        information = np.asarray((x.T * (size / within)) @ x, dtype=np.float64)
        beta = np.asarray(np.linalg.solve(information, (x.T * (size / within)) @ mean), dtype=np.float64)
        z = (mean - x @ beta) / np.sqrt(within / size)
    freedom = n - used
    beside = np.flatnonzero(np.diff(chosen) == 1)
    moving = float(np.abs(z[beside + 1] - z[beside]).mean()) / MOVING if len(beside) else 0.0
    spread = max(1.0, float(np.sqrt((z**2).sum() / freedom)), moving * float(np.sqrt((n - 1) / freedom)))
    return Baseline(
        first=series.starts[chosen[0]],
        last=series.starts[chosen[-1]],
        points=n,
        left_out=int(chosen[-1] - chosen[0] + 1 - n),
        waves=waves,
        coefficients=beta,
        covariance=np.asarray(np.linalg.inv(information), dtype=np.float64),
        within=within,
        spread=spread,
        correlation=_correlation(z, beside, used),
        freedom=freedom,
        version=_version(series, chosen),
    )


def _poisson(x: Floats, total: Floats, size: Floats) -> tuple[Floats, Floats] | None:
    """Maximum likelihood of log(mean) = log(size) + x·β by iterated weighted least squares: β and information."""
    beta = np.zeros(x.shape[1])
    beta[0] = np.log(total.sum() / size.sum())
    for _ in range(60):
        mu = size * np.exp(np.clip(x @ beta, -50, 50))
        information = (x.T * mu) @ x
        try:
            step = np.linalg.solve(information, x.T @ (total - mu))
        except np.linalg.LinAlgError:
            return None
        beta = beta + step
        if float(np.abs(step).max()) < 1e-11:
            break
    mu = size * np.exp(x @ beta)
    return (beta, (x.T * mu) @ x) if bool(np.isfinite(mu).all()) else None


def _correlation(z: Floats, beside: NDArray[np.intp], used: int) -> float:
    """Lag-one correlation of neighbours, corrected for short series as in `metrics.cost`; nothing below 1 ÷ √n."""
    n, squares = len(z), float((z**2).sum())
    if squares <= 1e-9 * n or len(beside) < FEWEST:  # what is left by rounding is no noise
        return 0.0
    raw = float((z[beside + 1] * z[beside]).sum()) / squares
    found = min((n * raw + used) / (n - 3), LARGEST_CORRELATION)
    return found if found > 1 / np.sqrt(n) else 0.0


def _version(series: Series, chosen: NDArray[np.intp]) -> str:
    held = [[series.starts[i].isoformat(), significant(float(series.total[i] / series.size[i]), 9)] for i in chosen]
    return f"{series.starts[chosen[-1]]:%Y-%m}-{hashlib.sha256(repr(held).encode()).hexdigest()[:6]}"


@dataclass(frozen=True)
class Limits:
    """What a period, or several together, may lie between; on the scale of total ÷ size."""

    centre: float
    low: float
    high: float


def limits(series: Series, model: Baseline, periods: Sequence[int], chance: float) -> Limits:
    """Prediction limits for the periods together, each end passed with probability `chance` by noise alone.

    The variance is that of the periods (sampling noise × spread², neighbours correlated) plus that of the level and
    season they are held against; the quantile is Student's. Counts are skewed: both ends are moved up by
    (q² − 1)/6 × third central moment ÷ variance (Cornish and Fisher 1938) of a negative binomial.
    """
    at = np.asarray(periods, dtype=np.intp)
    x, size = design(series.middle()[at], model.waves), series.size[at]
    common = model.correlation ** np.abs(np.subtract.outer(at, at)).astype(float)
    grown = (1 + model.correlation) / (1 - model.correlation)
    whole = float(size.sum())
    if series.kind == "count":
        mu = size * np.exp(x @ model.coefficients)
        deviation, gradient, shift = np.sqrt(mu), mu @ x, 2 * model.spread**2 - 1
    else:
        mu = size * (x @ model.coefficients)
        deviation, gradient, shift = np.sqrt(size * model.within), size @ x, 0.0
    noise = float(deviation @ common @ deviation)
    known = float(gradient @ model.covariance @ gradient) * grown
    q = float(stats.t.isf(chance, model.freedom))
    half, lifted = q * model.spread * np.sqrt(noise + known), (q * q - 1) / 6 * shift
    centre = float(mu.sum())
    low, high = centre - half + lifted, centre + half + lifted
    if series.kind == "count":
        low = min(max(low, 0.0), centre)
    return Limits(centre / whole, low / whole, high / whole)

"""Intervals for shares, means and ratios, made from sums that an engine can return.

Every interval is for the *underlying* rate: the customers of the book are seen as drawn from the customers there could
have been. The realised figure of a complete book is exact and needs none.
"""

from __future__ import annotations

import math

from scipy import stats

from cxkit.records import Number, Record

LEVEL = 0.95
MINIMUM_N = 30
"""Observations (accounts, responses) below which there is no interval, no trend and no action title."""
MINIMUM_EFFECTIVE = 5.0
"""Kish's effective number below which a few large accounts carry the figure and no interval is given."""
PRIOR_ACCOUNTS = 50.0
"""Weight, in effective accounts, of the size-blind variance in `ratio`."""


class Estimate(Record):
    """A figure, the interval for its underlying rate where one can be given, and n."""

    value: Number | None = None
    low: Number | None = None
    high: Number | None = None
    n: int = 0
    effective_n: Number = 0.0
    """Equally weighted, independent observations that would carry as much."""
    why_none: str = ""
    """Why there is no interval."""

    @property
    def has_interval(self) -> bool:
        """Whether both ends are there."""
        return self.low is not None and self.high is not None

    def scaled(self, factor: float) -> Estimate:
        """The same figure in another unit."""
        times = lambda v: None if v is None else v * factor  # noqa: E731
        return self.model_copy(update={k: times(getattr(self, k)) for k in ("value", "low", "high")})


def t_quantile(freedom: float, level: float = LEVEL) -> float:
    """Two-sided quantile of Student's t; at least two degrees of freedom are granted."""
    return float(stats.t.ppf((1 + level) / 2, max(freedom, 2.0)))


def wilson(share: float, n: float, *, quantile: float | None = None) -> tuple[float, float]:
    """Score interval of a share (Wilson 1927); `n` may be an effective number of observations.

    >>> [round(v, 4) for v in wilson(0.1, 50)]
    [0.0435, 0.2136]
    """
    t = quantile if quantile is not None else float(stats.norm.ppf((1 + LEVEL) / 2))
    centre = (share + t * t / (2 * n)) / (1 + t * t / n)
    half = t / (1 + t * t / n) * math.sqrt(max(share * (1 - share), 0.0) / n + t * t / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def proportion(hits: float, n: int, *, minimum: int = MINIMUM_N) -> Estimate:
    """A share of independent cases, with its score interval from `minimum` cases on.

    >>> round(proportion(5, 50).low, 4), proportion(1, 5).why_none
    (0.0435, '5 cases, fewer than 30')
    """
    if n <= 0:
        return Estimate(why_none="no cases")
    if n < minimum:
        return Estimate(value=hits / n, n=n, effective_n=n, why_none=f"{n} cases, fewer than {minimum}")
    low, high = wilson(hits / n, n)
    return Estimate(value=hits / n, low=low, high=high, n=n, effective_n=n)


class Sums(Record):
    """What the engine returns about pairs (x, y) of one account each: enough for the ratio Σy / Σx and its interval."""

    n: int
    x: float
    y: float
    xx: float
    xy: float
    yy: float
    r: float
    """Sum of the accounts' own ratios y/x, bounded."""
    rr: float
    """Sum of their squares."""


def ratio(sums: Sums, *, bounded: bool, minimum: int = MINIMUM_N) -> Estimate:
    """The ratio Σy / Σx over accounts with the interval for its underlying value, customers resampled.

    `bounded` says that each account's ratio lies between 0 and 1, as in gross retention; the interval then has Wilson's
    form and stays inside. The variance is the linearised one, Σ(y − R·x)² / (Σx)², drawn towards the one that would
    hold if what an account does had nothing to do with its size: variance of y/x ÷ Kish's effective number. The
    weight of the latter is `PRIOR_ACCOUNTS` ÷ (effective number + `PRIOR_ACCOUNTS`). In a book that few large accounts
    carry, the linearised variance alone is far too small until one of them leaves; in a large book it rules. The
    quantile is Student's, with the effective number less one degrees of freedom.

    Measured on lognormal books (1,500 seeds each; losses independent of size or falling with it), nominal 95 %: 40
    accounts, sigma 1: GRR 95.4 %, NRR 96.3 %; 60 accounts, sigma 1.5 (16 effective): 94.7, 95.9; 200 accounts, sigma
    1.5: 94.6, 95.9; 2,000 accounts, sigma 0.5: 95.7, 95.5; with losses falling steeply with size up to 97.5. On the
    same books the linearised variance alone held 79 to 94 %, a studentised bootstrap 86 to 96 % with wider intervals.

    >>> ratio(Sums(n=3, x=300, y=270, xx=3e4, xy=2.7e4, yy=2.5e4, r=2.7, rr=2.5), bounded=True).value
    0.9
    """
    if sums.n == 0 or sums.x <= 0:
        return Estimate(why_none="no accounts")
    value = sums.y / sums.x
    kish = sums.x**2 / sums.xx
    known = Estimate(value=value, n=sums.n, effective_n=kish)
    if sums.n < minimum:
        return known.model_copy(update={"why_none": f"{sums.n} accounts, fewer than {minimum}"})
    if kish < MINIMUM_EFFECTIVE:
        return known.model_copy(update={"why_none": f"a few large accounts carry it: {sums.n} count as {kish:.1f}"})
    residual = max(sums.yy - 2 * value * sums.xy + value**2 * sums.xx, 0.0)
    linear = sums.n / (sums.n - 1) * residual / sums.x**2
    blind = max(sums.rr - sums.r**2 / sums.n, 0.0) / (sums.n - 1) / kish
    variance = (kish * linear + PRIOR_ACCOUNTS * blind) / (kish + PRIOR_ACCOUNTS)
    quantile = t_quantile(kish - 1)
    if bounded:
        spread = value * (1 - value)
        effective = spread / variance if variance > 0 and spread > 0 else kish
        low, high = wilson(min(value, 1.0), effective, quantile=quantile)
        low, high = min(low, value), max(high, value)
    else:
        half = quantile * math.sqrt(variance)
        low, high = max(value - half, 0.0), value + half
    return known.model_copy(update={"low": low, "high": high})


class Clusters(Record):
    """Answers summed per cluster (account), then over clusters: N answers, their total, and the sums of products."""

    clusters: int
    n: float
    total: float
    nn: float
    """Σ n_g²."""
    nt: float
    """Σ n_g · total_g."""
    tt: float
    """Σ total_g²."""
    squares: float
    """Sum of squared answers."""


MINIMUM_CLUSTERS = 10


def clustered_mean(sums: Clusters, *, bottom: float, top: float, minimum: int = MINIMUM_N) -> Estimate:
    """Mean of answers that come in clusters (several answers of one account), with a robust interval.

    Linearised variance of a ratio of cluster totals with G/(G−1), never taken smaller than that of independent answers;
    Student's t with G − 1 degrees of freedom. Answers lie between `bottom` and `top`; a share has 0 and 1 and gets
    Wilson's form on the effective number of answers. Any other bounded score gets an adjusted Wald interval: three
    answers spread evenly over bottom, middle and top are added to the effective number, so that a small sample of
    equal answers is not given an interval without width (Rocks 2016).

    Measured over 1,000 seeds each with 30 to 200 customers of one to three answers, up to 60 % of customers answering
    always the same, nominal 95 %: NPS 95.0 to 97.4 %, top-two-box share 92.8 to 96.1 %.
    """
    if sums.n <= 0:
        return Estimate(why_none="no responses")
    n, mean = round(sums.n), sums.total / sums.n
    independent = max(sums.squares / sums.n - mean**2, 0.0) / max(sums.n - 1, 1)
    if n < minimum or sums.clusters < MINIMUM_CLUSTERS:
        short = f"{n} responses, fewer than {minimum}" if n < minimum else f"{sums.clusters} customers answered"
        return Estimate(value=mean, n=n, effective_n=n, why_none=short)
    g = sums.clusters
    robust = g / (g - 1) * max(sums.tt - 2 * mean * sums.nt + mean**2 * sums.nn, 0.0) / sums.n**2
    design = max(robust / independent, 1.0) if independent > 0 else 1.0
    effective = sums.n / design
    quantile = t_quantile(g - 1)
    if (bottom, top) == (0.0, 1.0):
        low, high = wilson(mean, effective, quantile=quantile)
    else:
        added, middle = 3.0, (bottom + top) / 2
        grown = effective + added
        centre = (effective * mean + added * middle) / grown
        spread = sums.squares / sums.n
        second = (effective * spread + added * (bottom**2 + middle**2 + top**2) / 3) / grown
        half = quantile * math.sqrt(max(second - centre**2, 0.0) / grown)
        low, high = max(centre - half, bottom), min(centre + half, top)
        low, high = min(low, mean), max(high, mean)
    return Estimate(value=mean, low=low, high=high, n=n, effective_n=effective)


def difference(now: Estimate, before: Estimate) -> Estimate:
    """Now less before, the interval from both intervals (MOVER, Zou and Donner 2008), taken as independent.

    The same customers stand in both windows, which makes the interval a little too wide rather than too narrow.

    >>> change = difference(proportion(50, 500), proportion(60, 400))
    >>> change.value, round(change.low, 3), round(change.high, 3)
    (-0.05, -0.095, -0.007)
    """
    if now.value is None or before.value is None:
        return Estimate(why_none=now.why_none or before.why_none)
    gap = now.value - before.value
    n = min(now.n, before.n)
    if now.low is None or now.high is None or before.low is None or before.high is None:
        return Estimate(value=gap, n=n, why_none=now.why_none or before.why_none)
    low = gap - math.hypot(now.value - now.low, before.high - before.value)
    high = gap + math.hypot(now.high - now.value, before.value - before.low)
    return Estimate(value=gap, low=low, high=high, n=n)

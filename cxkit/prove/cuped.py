"""CUPED (Deng, Xu, Kohavi & Walker 2013): what was known before the draw takes noise out of the effect.

The effect is that of the draw either way; only its interval narrows. The pre-period value must have been measured
strictly before the unit was assigned, or it could carry part of the effect; `units` drops every later one.
"""

from __future__ import annotations

from tea_tasting.aggr import Aggregates

KNOWN_SHARE = 0.5
"""The adjustment is used when at least this share of analysed units has a pre-period value."""

WORTH_SAYING = 0.01
"""A smaller variance gain than this is no gain: the plain effect is reported."""


TOO_GOOD = 0.9999
"""A pre-period value that explains this much is the outcome itself; it is not used."""


def variance_gain(arms: Aggregates, *, ratio: bool) -> float:
    """Share of the outcome's variance that the pre-period value explains: the squared correlation within `arms`.

    `arms` holds num, den, xnum, xden; with `ratio` both are linearised by the delta method.

    >>> moments = {"num": 0.0, "xnum": 0.0}
    >>> variance_gain(Aggregates(10, moments, {"num": 4.0, "xnum": 1.0}, {("num", "xnum"): 1.0}), ratio=False)
    0.25
    """
    den, xden = ("den", "xden") if ratio else (None, None)
    outcome, before = arms.ratio_var("num", den), arms.ratio_var("xnum", xden)
    if outcome <= 0 or before <= 0:
        return 0.0
    return float(arms.ratio_cov("num", den, "xnum", xden) ** 2 / (outcome * before))


def within(control: Aggregates, treated: Aggregates) -> Aggregates:
    """Moments of both arms pooled within arms, so that the effect itself is not read as noise."""
    n0, n1 = control.count(), treated.count()
    weight0, weight1 = (n0 - 1) / (n0 + n1 - 2), (n1 - 1) / (n0 + n1 - 2)
    return Aggregates(
        n0 + n1,
        {k: (n0 * control.mean_[k] + n1 * treated.mean_[k]) / (n0 + n1) for k in control.mean_},
        {k: weight0 * control.var_[k] + weight1 * treated.var_[k] for k in control.var_},
        {k: weight0 * control.cov_[k] + weight1 * treated.cov_[k] for k in control.cov_},
    )

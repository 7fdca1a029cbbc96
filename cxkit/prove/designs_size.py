"""How many units a comparison takes, what so many units can see, and how much clusters, CUPED and looking cost."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from cxkit.prove.design import design_effect, power_t
from cxkit.prove.sequential import boundary
from cxkit.prove.split import planned_shares
from cxkit.records import Number, Record

MOST_UNITS = 1e10
"""Beyond this many units in the control arm a size is not stated."""

CONVENTIONS = {
    "binary": "two-sided, pooled variance where nothing changes (Fleiss 1981; R's power.prop.test)",
    "mean": "two-sided Student's t (R's power.t.test)",
    "clusters": "times the design effect of clusters (Eldridge, Ashby & Kerry 2006), Student's t over clusters",
    "cuped": "times the variance that CUPED leaves",
    "always": "read at any time (asymptotic confidence sequence), so that what is stated is the most it takes",
    "ratio": "the ratio linearised (delta method)",
}


class Setting(Record):
    """What a planned comparison of one arm with its control rests on."""

    kind: Literal["binary", "mean", "ratio"]
    base: Number = 0.0
    """Level without the change; a fraction for a yes–no outcome."""
    spread: Number | None = None
    """Standard deviation of one unit's value (linearised for a ratio); for a yes–no outcome it follows from `base`."""
    effect: Number
    """Change to be seen, with its sign."""
    control_share: Number = 0.5
    arms: int = 2
    remaining: Number = 1.0
    """Share of the variance that CUPED leaves: 1 − correlation²."""
    clusters: bool = False
    cluster_size: Number = 1.0
    size_variation: Number = 0.0
    icc: Number = 0.0
    always: bool = False
    """Whether it is read at any time."""
    power: Number = 0.8
    level: Number = 0.95

    @property
    def ratio(self) -> float:
        """Units of one treated arm for each of the control arm."""
        shares = planned_shares(self.control_share, self.arms)
        return shares[1] / shares[0] if shares else 1.0

    @property
    def design_effect(self) -> float:
        """How many times more units clusters take."""
        if not self.clusters:
            return 1.0
        return design_effect(self.cluster_size, self.icc, variation=self.size_variation)

    @property
    def possible(self) -> bool:
        """Whether the change leads to a level that can be."""
        if self.effect == 0:
            return False
        if self.kind != "binary":
            return self.spread is not None and self.spread > 0
        return 0 < self.base < 1 and 0 < self.base + self.effect < 1

    @property
    def convention(self) -> str:
        """The convention in words."""
        parts = [CONVENTIONS["binary" if self.kind == "binary" else "mean"]]
        parts += [CONVENTIONS["ratio"]] if self.kind == "ratio" else []
        parts += [CONVENTIONS["clusters"]] if self.clusters else []
        parts += [CONVENTIONS["cuped"]] if self.remaining < 1 else []
        parts += [CONVENTIONS["always"]] if self.always else []
        return "; ".join(parts)


class Size(Record):
    """Units it takes, rounded up."""

    control: int
    treated: int
    """In each arm beside the control."""
    total: int
    clusters_control: int | None = None
    clusters_treated: int | None = None
    looking: Number = 1.0
    """How many times more it takes because it is read at any time."""


def chance(setting: Setting, control: float, *, planned: float | None = None) -> float:
    """Chance to see the change with so many units in the control arm (and `ratio` times as many in the treated one).

    `planned` is the size, in the control arm, at which an interval that may be read at any time is tightest.

    >>> round(chance(Setting(kind="binary", base=0.10, effect=0.02), 3840.85), 4)
    0.8
    """
    before, after, ratio = setting.base, setting.base + setting.effect, setting.ratio
    if setting.kind == "binary":
        middle = (before + ratio * after) / (1 + ratio)
        null = middle * (1 - middle) * (1 + 1 / ratio)
        real = before * (1 - before) + after * (1 - after) / ratio
    else:
        null = real = (setting.spread or 0.0) ** 2 * (1 + 1 / ratio)
    kept = setting.remaining * setting.design_effect / control
    se0, se1 = math.sqrt(null * kept), math.sqrt(real * kept)
    share = control / planned if planned else 1.0
    reach = boundary(share, level=setting.level) if setting.always else -float(ndtri((1 - setting.level) / 2))
    if setting.kind == "binary" and not setting.clusters:
        return float(ndtr((abs(setting.effect) - reach * se0) / se1))
    drawn = control * (1 + ratio) / (setting.cluster_size if setting.clusters else 1.0)
    return power_t(setting.effect, se1, max(drawn - 2, 1.0), reach=reach * se0 / se1)


def needed(setting: Setting) -> Size | None:
    """Units it takes for the power asked for; None where the change cannot be, or would take more than there are.

    >>> size = needed(Setting(kind="binary", base=0.10, effect=0.02))
    >>> size.control, size.total
    (3841, 7682)
    """
    if not setting.possible:
        return None
    once = setting.model_copy(update={"always": False})
    fixed = _solve(lambda n: chance(once, n) - setting.power, once)
    if fixed is None:
        return None
    control = fixed
    if setting.always:
        found = _solve(lambda n: chance(setting, n, planned=fixed) - setting.power, setting)
        if found is None:
            return None
        control = found
    per = setting.cluster_size
    arms = setting.arms - 1
    first, other = math.ceil(control - 1e-9), math.ceil(control * setting.ratio - 1e-9)
    clusters: tuple[int | None, int | None] = (None, None)
    if setting.clusters:
        drawn = math.ceil(control / per - 1e-9), math.ceil(control * setting.ratio / per - 1e-9)
        first, other, clusters = math.ceil(drawn[0] * per), math.ceil(drawn[1] * per), drawn
    return Size(
        control=first,
        treated=other,
        total=first + arms * other,
        clusters_control=clusters[0],
        clusters_treated=clusters[1],
        looking=control / fixed,
    )


def tuned(setting: Setting) -> float | None:
    """Units of the control arm at which an interval read at any time is tightest: what one look would take."""
    once = setting.model_copy(update={"always": False})
    return _solve(lambda n: chance(once, n) - setting.power, once) if setting.possible else None


def smallest(setting: Setting, control: float) -> float | None:
    """The smallest change, in the direction of `effect`, that so many units see with the power asked for.

    None where not even the largest possible one would be seen.

    >>> round(smallest(Setting(kind="binary", base=0.10, effect=0.02), 3840.85), 4)
    0.02
    """
    sign = math.copysign(1.0, setting.effect or 1.0)
    if setting.kind == "binary":
        if not 0 < setting.base < 1:
            return None
        most = (1 - setting.base if sign > 0 else setting.base) * (1 - 1e-9)
    elif not setting.spread:
        return None
    else:
        most = math.inf

    def over(size: float) -> float:
        tried = setting.model_copy(update={"effect": sign * size})
        return chance(tried, control, planned=control) - setting.power

    low, high = 0.0, min(setting.spread if setting.spread and setting.kind != "binary" else 0.01, most)
    while over(high) < 0:
        if high >= most:
            return None
        low, high = high, min(2 * high, most)
    low = low or high * 1e-9
    return float(brentq(over, low, high, xtol=high * 1e-12, rtol=1e-12))


def _solve(over: Callable[[float], float], setting: Setting) -> float | None:
    """The units of the control arm from which `over` is above zero."""
    low = (2.0 if not setting.clusters else 2 * setting.cluster_size) / min(1.0, setting.ratio)
    if over(low) >= 0:
        return low
    high = 2 * low
    while over(high) < 0:
        high *= 2
        if high > MOST_UNITS:
            return None
    return float(brentq(over, high / 2, high, xtol=1e-6, rtol=1e-12))

"""Why a total changed: more of everything (volume), another composition (mix), or the same kind doing otherwise (rate).

A total is size × rate, added up over segments. With averages of both windows as weights (Kitagawa 1955; Bennet 1920
for three factors) the change of ``N · Σ pₛ·rₛ`` is

    volume  ΔN · R̄          R̄ the average of both overall rates
    mix     N̄ · Σ Δpₛ·r̄ₛ     p the share of a segment in the size
    rate    N̄ · Σ p̄ₛ·Δrₛ

and nothing is left over. A mean (a score, a share) is the same with N = 1: its change is mix and rate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from cxkit.metrics.estimates import t_quantile
from cxkit.records import Number, Record

COLUMNS = ("segment", "size_before", "total_before", "size_now", "total_now")


class Share(Record):
    """What one segment adds to each part; over all segments they add up to the parts."""

    segment: str
    size_before: Number
    size_now: Number
    rate_before: Number | None
    rate_now: Number | None
    weight: Number
    """Its share of the size, average of both windows."""
    volume: Number
    mix: Number
    """Against the average rate: what its growth pulls away from the others."""
    rate: Number


class Decomposition(Record):
    """A change in three parts that add up to it."""

    before: Number
    now: Number
    change: Number
    volume: Number
    mix: Number
    rate: Number
    scale: Number
    """What a change of the rate is multiplied with: the average size; 1 for a mean."""
    rate_low: Number | None = None
    rate_high: Number | None = None
    segments: tuple[Share, ...] = ()

    def with_error(self, error: float, freedom: float) -> Decomposition:
        """The same with a 95 % interval of the rate part, from the standard error of the rate at fixed weights.

        Volume and mix are counted, not estimated: they carry none.
        """
        half = t_quantile(freedom) * error * self.scale
        return self.model_copy(update={"rate_low": self.rate - half, "rate_high": self.rate + half})


def decompose(frame: pd.DataFrame, *, mean: bool = False) -> Decomposition | None:
    """Decompose the change of a total over segments; `mean` decomposes the change of total ÷ size.

    `frame` has a row per segment with `COLUMNS`. A segment without size in one window has no rate of its own there:
    it is taken as unchanged, so that its part is wholly volume and mix. None where a window has no size at all.

    >>> frame = pd.DataFrame([("a", 100, 10, 100, 10), ("b", 100, 30, 300, 90)], columns=COLUMNS)
    >>> found = decompose(frame)
    >>> found.change, found.volume, found.mix, found.rate
    (60.0, 45.0, 15.0, 0.0)
    """
    size = np.array([frame["size_before"], frame["size_now"]], dtype=float)
    total = np.array([frame["total_before"], frame["total_now"]], dtype=float)
    whole = size.sum(axis=1)
    if not frame.size or whole.min() <= 0:
        return None
    sums = total.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = total / size
    rate = np.where(np.isnan(own), own[::-1], own)
    rate = np.where(np.isnan(rate), 0.0, rate)
    share = size / whole[:, None]
    overall = sums / whole
    scale = 1.0 if mean else float(whole.mean())
    growth = 0.0 if mean else float(whole[1] - whole[0])
    middle, level = rate.mean(axis=0), float(overall.mean())
    weight, moved = share.mean(axis=0), share[1] - share[0]
    volume = growth * share.mean(axis=0) * level
    mix = scale * moved * (middle - level)
    rates = scale * weight * (rate[1] - rate[0])
    before, now = (float(v) for v in (overall if mean else sums))
    return Decomposition(
        before=before,
        now=now,
        change=now - before,
        volume=growth * level,
        mix=math.fsum(mix),
        rate=math.fsum(rates),
        scale=scale,
        segments=tuple(
            Share(
                segment=str(name),
                size_before=size[0, i],
                size_now=size[1, i],
                rate_before=None if math.isnan(own[0, i]) else own[0, i],
                rate_now=None if math.isnan(own[1, i]) else own[1, i],
                weight=weight[i],
                volume=volume[i],
                mix=mix[i],
                rate=rates[i],
            )
            for i, name in enumerate(frame["segment"])
        ),
    )


def error_by_months(months: pd.DataFrame, weights: Mapping[str, float]) -> tuple[float, float] | None:
    """Standard error of a change of rate at fixed weights, from pairs of months, and its degrees of freedom.

    `months` has segment, position (0 … w − 1 within its window), now (bool) and rate. Each position is a pair, the
    same month of the year where windows are twelve months, so that seasons cancel; neighbouring pairs that move
    together widen it. Months are the observations: what all customers share in a month is in it. None with fewer
    than six whole pairs.
    """
    wide = months[months["segment"].isin(list(weights))]
    wide = wide.assign(part=wide["rate"] * wide["segment"].map(weights))
    sums = wide.groupby(["position", "now"])["part"].agg(["sum", "count"]).reset_index()
    sums = sums[sums["count"] == len(weights)]
    pairs = sums.pivot_table(index="position", columns="now", values="sum").dropna()
    if len(pairs) < 6 or pairs.shape[1] < 2:
        return None
    gap = (pairs[True] - pairs[False]).to_numpy(dtype=float)
    n = len(gap)
    rest = gap - gap.mean()
    spread = float((rest**2).sum())
    near = float((rest[1:] * rest[:-1]).sum()) / spread if spread > 0 else 0.0
    near = min(max((n * near + 1) / (n - 3), 0.0), 0.6)
    grown = (1 + near) / (1 - near)
    return math.sqrt(spread / (n - 1) / n * grown), n - 1

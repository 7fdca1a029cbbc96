"""Monthly values of metrics by segment, with a relation planted inside the segments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxkit.simulate.plan import sheet
from cxkit.simulate.world import Array


@dataclass(frozen=True)
class Series:
    """One metric by segment: its level in each, the spread of its months, and how strongly the season moves it."""

    metric: str
    levels: tuple[float, ...]
    spread: float
    season: float = 0.5
    """Height of the yearly wave, in spreads."""
    digits: int = 3


def pair(
    rng: np.random.Generator,
    first: Series,
    second: Series,
    *,
    segments: tuple[str, ...],
    months: Array,
    correlation: float,
    lag: int = 0,
    memory: float = 0.3,
) -> pd.DataFrame:
    """Rows of ``metric_values`` for two metrics whose months move together inside every segment.

    `correlation` is between the first metric and the second `lag` months later, seasons taken out; `memory` is the
    autocorrelation of each. Levels of the segments decide what the pooled picture shows.
    """
    count, size = len(segments), len(months) + lag
    wave = np.sin(2 * np.pi * (np.arange(size) % 12) / 12)

    def noise() -> Array:
        shocks = rng.normal(0, np.sqrt(1 - memory**2), (count, size))
        shocks[:, 0] = rng.normal(0, 1, count)
        for place in range(1, size):
            shocks[:, place] += memory * shocks[:, place - 1]
        return shocks

    driver = noise()
    follower = correlation * driver + np.sqrt(1 - correlation**2) * noise()
    rows = []
    for series, own in ((first, driver[:, lag:]), (second, follower[:, : len(months)])):
        for place, segment in enumerate(segments):
            values = series.levels[place] + series.spread * (own[place] + series.season * wave[: len(months)])
            seen = np.round(values, series.digits)
            rows += [(series.metric, str(m), segment, float(v), 200) for m, v in zip(months, seen, strict=True)]
    return sheet("metric_values", "metric_id month segment value n", rows)


def together(panel: pd.DataFrame, metrics: tuple[str, ...], last: int) -> pd.DataFrame:
    """The mean over segments of some metrics in their last months, as rows of segment ``all``."""
    chosen = panel[panel["metric_id"].isin(metrics)]
    mean = chosen.groupby(["metric_id", "month"], as_index=False).agg(value=("value", "mean"), n=("n", "sum"))
    mean = mean[mean["month"] > mean["month"].max() - pd.DateOffset(months=last)]
    mean.insert(2, "segment", "all")
    return mean.assign(value=mean["value"].round(4)).reset_index(drop=True)

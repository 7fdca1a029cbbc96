"""Costs and a profit and loss account that ties to the book."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxkit.simulate.world import Array, lognormal


@dataclass(frozen=True)
class Cost:
    """One category: what one unit of its driver costs."""

    category: str
    driver: str
    unit_cost: float
    serves: bool = True
    growth: float = 0.0
    """Rise per month."""


def costs(
    rng: np.random.Generator, lines: tuple[Cost, ...], months: Array, driven: dict[str, Array], noise: float = 0.03
) -> pd.DataFrame:
    """Rows of ``costs``: the driver's volume by month × what a unit costs × noise with mean one."""
    parts = []
    for line in lines:
        growth = (1 + line.growth) ** np.arange(len(months))
        amount = driven[line.category] * line.unit_cost * growth * lognormal(rng, 1.0, noise, len(months))
        parts.append(
            pd.DataFrame(
                {
                    "month": months.astype("datetime64[D]"),
                    "category": line.category,
                    "amount": np.round(amount, 2),
                    "serves": line.serves,
                    "driver": line.driver,
                }
            )
        )
    frame = pd.concat(parts, ignore_index=True)
    return frame.sort_values(["month", "category"], kind="stable").reset_index(drop=True)


def pnl(months: Array, lines: dict[tuple[str, str], Array]) -> pd.DataFrame:
    """Rows of ``pnl`` from (line, kind) → amounts by month."""
    parts = [
        pd.DataFrame(
            {"month": months.astype("datetime64[D]"), "line": line, "kind": kind, "amount": np.round(amounts, 2)}
        )
        for (line, kind), amounts in lines.items()
    ]
    return pd.concat(parts, ignore_index=True).sort_values(["month", "line"], kind="stable").reset_index(drop=True)


def restate(frame: pd.DataFrame, rows: Array, column: str, *, factor: float, day: str) -> pd.DataFrame:
    """Correct some values later: `restated` is the day, `restated_<column>` the corrected value."""
    frame = frame.copy()
    frame["restated"] = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us]")
    frame[f"restated_{column}"] = np.nan
    frame.loc[rows, "restated"] = pd.Timestamp(day)
    frame.loc[rows, f"restated_{column}"] = np.round(frame.loc[rows, column].to_numpy() * factor, 2)
    return frame

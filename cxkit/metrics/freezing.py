"""Which past a period is judged by: baselines that are frozen, versioned and never moved by what they judge.

The first baseline is the first 18 months of a series. Every twelve months it grows by a year; the longer one is taken
up three months after its last month, and without the periods that were flagged, so that what is going wrong now never
becomes its own norm. Each period is judged by the baseline in force when it ended: history added later changes no
verdict. A restart (a declared change) begins a new baseline, which is taken up once it has 18 months of its own. Flags
do not lapse by themselves: who wants a new level to count as normal declares the change.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from cxkit.metrics.control import Baseline, Series, design, fit, limits
from cxkit.metrics.windows import add_months

FIRST_BASELINE = 18
"""Months of the first baseline: a year, and half of it a second time, lest a season be taken for a spike."""
TAKEN_UP = 3
"""Months after its end at which a longer baseline comes into force."""
YEAR = 12
COLUMNS = [
    *("start", "value", "centre", "low", "high", "together", "together_centre", "together_low", "together_high"),
    *("above", "below", "baseline"),
]


def chart(
    series: Series,
    *,
    point_chance: float,
    together_chance: float,
    together: int,
    restarts: Sequence[date] = (),
) -> tuple[pd.DataFrame, tuple[Baseline, ...]]:
    """Judge every period by the baseline in force when it ended: a row per period, and the baselines.

    `together` is how many periods the second rule adds up. Columns: start, value, centre, low, high (limits of the
    single period), together, together_centre, together_low, together_high (of the last `together` usable periods, all
    of which the same baseline judges), above, below (a limit of either rule is passed), baseline (position in the
    returned tuple). Periods before the first judged one have a fitted centre and no limits.
    """
    eras = [series.starts[0], *sorted(d for d in restarts if series.starts[0] < d <= series.starts[-1])]
    flagged: dict[int, set[int]] = {era: set() for era in range(len(eras))}
    models: dict[tuple[int, int], Baseline | None] = {}
    order: list[tuple[int, int]] = []
    rows: list[dict[str, Any]] = []
    judged: list[tuple[int, int] | None] = []
    for t, start in enumerate(series.starts):
        value = float(series.total[t] / series.size[t]) if series.size[t] > 0 else np.nan
        row: dict[str, Any] = {"start": start, "value": value, "above": False, "below": False, "baseline": -1}
        key = _in_force(eras, start)
        if key is not None and key not in models:
            models[key] = _model(series, eras[key[0]], key[1], flagged[key[0]])
            if models[key] is not None:
                order.append(key)
        model = models[key] if key is not None else None
        judged.append(key if model is not None and series.usable[t] else None)
        if key is not None and model is not None and series.usable[t]:
            single = limits(series, model, [t], point_chance)
            row |= {"centre": single.centre, "low": single.low, "high": single.high, "baseline": order.index(key)}
            row["above"], row["below"] = value > single.high, value < single.low
            span = [i for i in range(max(0, t - together + 1), t + 1) if judged[i] == key]
            if len(span) == together:
                whole = limits(series, model, span, together_chance)
                mean = float(series.total[span].sum() / series.size[span].sum())
                row |= {"together": mean, "together_centre": whole.centre}
                row |= {"together_low": whole.low, "together_high": whole.high}
                row["above"] |= mean > whole.high
                row["below"] |= mean < whole.low
            if row["above"] or row["below"]:
                flagged[key[0]].add(t)
        rows.append(row)
    frame = pd.DataFrame(rows).reindex(columns=COLUMNS)
    kept = tuple(m for key in order if (m := models[key]) is not None)
    if kept:
        x = design(series.middle(), kept[0].waves) @ kept[0].coefficients
        fitted = np.exp(x) if series.kind == "count" else x
        frame["centre"] = frame["centre"].where(frame["centre"].notna(), fitted)
    return frame, kept


def _in_force(eras: Sequence[date], start: date) -> tuple[int, int] | None:
    """Which era and which of its baselines judges a period: the newest era that has a first baseline by then."""
    for era in range(len(eras) - 1, -1, -1):
        if start >= add_months(eras[era], FIRST_BASELINE):
            grown = 0
            while start >= add_months(eras[era], FIRST_BASELINE + YEAR * (grown + 1) + TAKEN_UP):
                grown += 1
            return era, grown
    return None


def _model(series: Series, era: date, grown: int, flagged: set[int]) -> Baseline | None:
    months = FIRST_BASELINE + YEAR * grown
    end = add_months(era, months)
    chosen = [i for i, d in enumerate(series.starts) if era <= d < end and series.usable[i] and i not in flagged]
    return fit(series, np.array(chosen, dtype=np.intp), months=months)

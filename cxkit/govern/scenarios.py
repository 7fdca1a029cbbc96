"""Joint scenarios of what going on with each initiative is worth: one row per scenario, one column per initiative.

Go-forward NPV of a scenario = factor × gain × `ahead` − `saved`, with `ahead` and `saved` as the portfolio has them.
The
*gain* of a claim is a draw of its business case (effects and adoption; cases that share an input share its draw), that
of a tested initiative is 1; the *factor* of a tested one is drawn from its interval, that of a claim is 1. So each
uncertainty enters once. Draws are seeded by the initiative's own id: another initiative changes nothing. Effects that
were shrunk together move together by the part of their spread that comes from their common mean (`factor_shared`,
seeded by the `group`).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import numpy as np
import pandas as pd

from cxkit.govern.reading import Row

LEAST = 1_000
"""Scenarios that a risk limit is judged on, at least."""
Z95 = 1.959963984540054


def scenarios(rows: Iterable[Row], gains: pd.DataFrame | None, *, draws: int, seed: int) -> pd.DataFrame:
    """Scenarios × initiatives, in the client's currency; initiatives without a valued case are left out.

    `rows` are those of the portfolio's table `initiatives` (initiative_id, basis, ahead, saved, factor, factor_low,
    factor_high: a 95 % interval of the factor). `gains` holds multiples of the stated gain, one column per initiative,
    at least `draws` rows (see `quantify.gain_draws`); an initiative without a column gains as stated.

    >>> row = {"initiative_id": "I1", "basis": "claimed", "ahead": 100.0, "saved": 30.0, "factor": 1.0,
    ...        "factor_low": 1.0, "factor_high": 1.0}
    >>> scenarios([row], pd.DataFrame({"I1": [1.0, 0.5]}), draws=2, seed=1)["I1"].tolist()
    [70.0, 20.0]
    """
    return joint(rows, gains, draws=draws, seed=seed)


def joint(rows: Iterable[Row], gains: pd.DataFrame | None, *, draws: int, seed: int) -> pd.DataFrame:
    """What `scenarios` gives, for any `ahead` and `saved`: the portfolio hands in whole lives instead of what is left.

    >>> row = {"initiative_id": "I1", "basis": "proven", "ahead": 100.0, "saved": 0.0, "factor": 1.0,
    ...        "factor_low": 0.6, "factor_high": 1.4, "group": "revenue, grade A", "factor_shared": 0.1}
    >>> both = joint([row, row | {"initiative_id": "I2"}], None, draws=20_000, seed=1)
    >>> bool(0.22 < both.corr().iloc[0, 1] < 0.26)  # 0.1 squared of 0.204 squared
    True
    """
    made = {}
    for row in rows:
        if row["ahead"] is None or row["saved"] is None:
            continue
        id_ = str(row["initiative_id"])
        gain, factor = np.ones(draws), np.full(draws, float(row["factor"]))
        if row["basis"] == "claimed":
            if gains is not None and id_ in gains:
                gain = gains[id_].to_numpy(float)[:draws]
        else:
            spread = (row["factor_high"] - row["factor_low"]) / (2 * Z95)
            shared = min(float(row.get("factor_shared") or 0.0), spread) if row.get("group") else 0.0
            own = float(np.sqrt(spread**2 - shared**2))
            factor = factor + own * _normal(seed, id_, draws)
            if shared:
                factor = factor + shared * _normal(seed, f"group {row['group']}", draws)
        made[id_] = factor * gain * row["ahead"] - row["saved"]
    return pd.DataFrame(made, index=pd.RangeIndex(draws, name="scenario"))


def _normal(seed: int, name: str, draws: int) -> np.ndarray:
    """Standard normal draws that depend on the seed and a name alone."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())]).standard_normal(draws)

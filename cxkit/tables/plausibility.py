"""The screen before any metric: what breaks no rule of a contract and still cannot be.

Everything is counted in the engine, on tables already cut at `as_of`, and every finding is a warning with something to
do about it (an amount without an exchange rate is an error). Thresholds are set so that a plain business raises none.
"""

from __future__ import annotations

from cxkit.tables import designs, sameness, survivors, timing, volumes
from cxkit.tables.engine import Tables
from cxkit.tables.problems import Problem, ordered


def screen(tables: Tables) -> list[Problem]:
    """Look for orders of time that cannot be, holes and jumps, multiplicities, sameness and missing leavers.

    >>> import pandas as pd
    >>> from datetime import date
    >>> start = pd.date_range("2024-01-01", periods=60)
    >>> frame = pd.DataFrame({"account_id": [f"a{i}" for i in range(60)], "started": start, "ended": pd.NaT})
    >>> tables = Tables.from_frames({"accounts": frame}, as_of=date(2026, 6, 30))
    >>> [p.found for p in screen(tables)]
    ['no end in any of 60 rows over 29 months']
    """
    found = [
        *designs.screen(tables),
        *timing.screen(tables),
        *volumes.screen(tables),
        *sameness.screen(tables),
        *survivors.screen(tables),
    ]
    return list(ordered(found))

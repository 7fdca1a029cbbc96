"""Null and planted panels for the detector of metrics that move against each other."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from cxkit.align.conflict import metric_conflict
from cxkit.align.traceability import traceability
from cxkit.tables.engine import Tables

NAME = "conflict"
SIZE = (
    "2 named pairs, 4 segments × 48 months, seasonal, autocorrelation 0.5; planted: −0.5 at one month's lag in one pair"
)
SEGMENTS, MONTHS = ("east", "north", "south", "west"), 48
AS_OF = date(2026, 6, 30)
START = date(2022, 7, 1)
MEMORY, SHARED = 0.5, 0.3
"""Autocorrelation of each series, and the share of a month's shock that all segments feel."""
SEASON = 0.8
PLANTED, LAG = -0.5, 1


def month(place: int) -> date:
    years, rest = divmod(START.month - 1 + place, 12)
    return date(START.year + years, rest + 1, 1)


def noise(rng: np.random.Generator, length: int) -> np.ndarray:
    """Autocorrelated series of variance one, one per segment, that share part of their shocks."""
    warm = 30
    shocks = np.sqrt(1 - SHARED) * rng.normal(size=(len(SEGMENTS), length + warm))
    shocks += np.sqrt(SHARED) * rng.normal(size=length + warm)
    for t in range(1, length + warm):
        shocks[:, t] = MEMORY * shocks[:, t - 1] + np.sqrt(1 - MEMORY**2) * shocks[:, t]
    return shocks[:, warm:]


def related(rng: np.random.Generator, strength: float, lag: int) -> tuple[np.ndarray, np.ndarray]:
    """Two panels; the second follows the first `lag` months later with this correlation inside segments."""
    driver = noise(rng, MONTHS + lag)
    follower = strength * driver + np.sqrt(1 - strength**2) * noise(rng, MONTHS + lag)
    season = SEASON * np.sin(2 * np.pi * np.arange(MONTHS + lag) / 12)
    return driver[:, lag:] + season[:MONTHS], follower[:, :MONTHS] + season[:MONTHS]


def rows(metric: str, panel: np.ndarray) -> list[tuple[str, date, str, float]]:
    return [
        (metric, month(t), segment, round(float(panel[s, t]), 6))
        for s, segment in enumerate(SEGMENTS)
        for t in range(panel.shape[1])
    ]


def client(panels: dict[str, np.ndarray], links: list[tuple[str, str]]) -> Tables:
    """A client whose metrics all mean better when they rise, with links that hurt."""
    values = pd.DataFrame(
        [row for name, panel in panels.items() for row in rows(name, panel)],
        columns=["metric_id", "month", "segment", "value"],
    )
    metrics = pd.DataFrame(
        [(name, name, "up", "Team " + name) for name in panels],
        columns=["metric_id", "metric", "direction", "owner_team"],
    )
    hurts = pd.DataFrame(links, columns=["from_id", "to_id"]).assign(effect="hurts")
    tables = Tables.from_frames({"metrics": metrics, "metric_values": values, "links": hurts}, as_of=AS_OF)
    tables.con.execute("SET threads = 1")
    return tables


def trial(seed: int, planted: bool) -> bool:
    """Whether any named pair is said to move against each other; with `planted`, whether the planted one is."""
    rng = np.random.default_rng([seed, 11])
    calls, repairs = related(rng, PLANTED if planted else 0.0, LAG)
    visits, praise = related(rng, 0.0, 0)
    panels = {"calls": calls, "repairs": repairs, "visits": visits, "praise": praise}
    tables = client(panels, [("calls", "repairs"), ("visits", "praise")])
    found = metric_conflict(tables, traceability(tables), seed=seed).frame("measured").set_index("pair")["verdict"]
    return bool(found["calls>repairs"] == "against" if planted else (found == "against").any())

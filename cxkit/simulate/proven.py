"""What a programme looks back on: forecasts at approval, what finance saw of them, and figures month by month."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from cxkit.prove.registration import registered
from cxkit.simulate.world import Array
from cxkit.tables.engine import Tables

HORIZONS = (6, 12, 24)
"""Months after approval at which a forecast is held against what came."""
SPREAD = 0.28
"""Half-width of an 80 % forecast interval as a share of its value."""


def lines(records: Iterable[Mapping[str, Any]]) -> str:
    """Records as the lines of a history file.

    >>> lines([{"b": 1, "a": "x"}])
    '{"a": "x", "b": 1}\\n'
    """
    return "".join(json.dumps(dict(r), sort_keys=True, ensure_ascii=False) + "\n" for r in records)


def forecast(
    number: int,
    initiative: str,
    *,
    approved: str,
    monthly: float,
    ramp: int,
    block: str,
    driver: str,
    currency: str,
    confidence: float,
    assumptions: Sequence[Mapping[str, Any]] = (),
    decision: str = "",
) -> dict[str, Any]:
    """One line of ``history/forecasts.jsonl``: cash that grows to `monthly` within `ramp` months and then stays."""
    points = []
    for months in HORIZONS:
        value = monthly * sum(min(1.0, m / ramp) for m in range(1, months + 1))
        ends = {"low": round(value * (1 - SPREAD), 2), "high": round(value * (1 + SPREAD), 2)}
        points.append({"months": months, "value": round(value, 2), **ends})
    return {
        "forecast_id": f"F{number}",
        "initiative_id": initiative,
        "approved": approved,
        "decision_id": decision,
        "evidence": "",
        "block": block,
        "driver": driver,
        "currency": currency,
        "level": 0.8,
        "points": points,
        "stated_confidence": confidence,
        "assumptions": [dict(a) for a in assumptions],
    }


def groups(
    rng: np.random.Generator,
    months: Array,
    starts: Mapping[str, str | None],
    *,
    level: float,
    effect: float,
    season: float,
    noise: float,
    drift: Mapping[str, float] | None = None,
    apart: float = 0.6,
) -> pd.DataFrame:
    """Groups followed over months: group, month, value. `starts` are first treated months, None for never.

    A group has its own level, all share a season and a common walk, noise has some memory; `drift` is a group's own
    slope a month. The effect is there in full from the first month on.
    """
    common = np.cumsum(rng.normal(0, noise / 3, len(months))) + season * np.sin(2 * np.pi * months.astype("int64") / 12)
    rows = []
    for group, start in starts.items():
        own, memory = level + rng.normal(0, apart), 0.0
        for place, month in enumerate(months):
            memory = 0.35 * memory + rng.normal(0, noise)
            treated = start is not None and month >= np.datetime64(start, "M")
            slope = (drift or {}).get(group, 0.0) * place
            rows.append((group, month, round(own + common[place] + slope + memory + effect * treated, 4)))
    return pd.DataFrame(rows, columns=["unit_id", "month", "value"])


def panel(experiment: str, metric: str, found: pd.DataFrame, n: int) -> pd.DataFrame:
    """Rows of ``panel``: a month's value is complete at its end."""
    month = found["month"].to_numpy("datetime64[M]")
    return pd.DataFrame(
        {
            "experiment_id": experiment,
            "unit_id": found["unit_id"],
            "metric": metric,
            "period": month.astype("datetime64[s]"),
            "value": found["value"],
            "n": np.full(len(found), n),
            "measured": (month + 1).astype("datetime64[us]") - np.timedelta64(6, "h"),
        }
    )


def treated(experiment: str, starts: Mapping[str, str | None], arms: tuple[str, str]) -> pd.DataFrame:
    """Rows of ``assignments`` for groups, at noon; those never treated carry the earliest start."""
    first = min(s for s in starts.values() if s is not None)
    return pd.DataFrame(
        {
            "experiment_id": experiment,
            "unit_id": list(starts),
            "arm": [arms[0] if s is None else arms[1] for s in starts.values()],
            "assigned": np.array([np.datetime64(s or first, "D") for s in starts.values()], dtype="datetime64[us]")
            + np.timedelta64(12, "h"),
        }
    )


def registrations(sheets: Mapping[str, pd.DataFrame], as_of: date) -> str:
    """``history/registrations.jsonl`` of a client whose first run after each registration saw it at the month's end."""
    named = {n: sheets[n] for n in ("experiments", "experiment_metrics") if n in sheets}
    found = []
    for one in registered(Tables.from_frames(named, as_of=as_of)):
        seen = min(as_of, (pd.Timestamp(one["registered"]) + pd.offsets.MonthEnd(0)).date())
        found.append({**{k: one[k] for k in ("experiment_id", "hash", "fields")}, "seen": seen.isoformat()})
    return lines(sorted(found, key=lambda one: (one["seen"], one["experiment_id"])))

"""Sheets that people would have written, and monthly tables about staff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cxkit import shipped
from cxkit.simulate.world import Array, lognormal
from cxkit.tables.catalogue import CONTRACTS


def sheet(name: str, columns: str, rows: Iterable[Sequence[Any]]) -> pd.DataFrame:
    """Rows of one authored table, typed by its contract; `columns` are names separated by blanks.

    >>> sheet("goals", "goal_id goal type due", [("G1", "Grow", "growth", "2026-12-31")]).dtypes["due"].kind
    'M'
    """
    return typed(name, pd.DataFrame(list(rows), columns=columns.split()))


def typed(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The same frame with days as days, whole numbers as such and truth values as booleans."""
    frame = frame.copy()
    for column in frame.columns:
        match CONTRACTS[name].column(str(column)).type:
            case "date" | "month":
                frame[column] = pd.to_datetime(frame[column]).astype("datetime64[s]")
            case "timestamp":
                frame[column] = pd.to_datetime(frame[column]).astype("datetime64[us]")
            case "integer":
                frame[column] = frame[column].astype("Int64")
            case "number" | "money":
                frame[column] = pd.to_numeric(frame[column])
            case "boolean":
                frame[column] = frame[column].astype("boolean")
            case _:
                pass
    return frame


def with_columns(frame: pd.DataFrame, name: str, columns: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """The same authored table with further columns, given as column → id of the row → value; empty elsewhere."""
    key = CONTRACTS[name].key[0]
    added = {column: frame[key].map(dict(given)) for column, given in columns.items()}
    return typed(name, frame.assign(**added))


def answers(
    rng: np.random.Generator,
    waves: Mapping[str, float],
    *,
    dimensions: Mapping[str, float],
    cs: Mapping[str, float],
    levels: Mapping[str, tuple[int, float]],
    teams: Sequence[str],
) -> pd.DataFrame:
    """Answers to every item of ``playbook/audit.yml``, the same people in every wave.

    `dimensions` hold the mean of items by dimension ("" for those of none), `cs` what each C adds, `levels` (people,
    lean) and `waves` shift them all. Reversed items are answered the other way round.
    """
    items = shipped.yaml("playbook/audit.yml")["items"]
    people: list[tuple[str, str, str, float]] = []
    for level, (count, lean) in levels.items():
        for _ in range(count):
            team = teams[int(rng.integers(0, len(teams)))] if level != "executive" else "Board"
            people.append((f"p{len(people) + 1:03d}", team, level, lean + rng.normal(0, 0.35)))
    rows = []
    for wave, shift in waves.items():
        for respondent, team, level, own in people:
            for item in items:
                mean = dimensions[item.get("dimension") or ""] + cs[item.get("c") or ""]
                score = int(np.clip(np.round(mean + shift + own + rng.normal(0, 0.7)), 1, 5))
                rows.append((respondent, team, level, wave, item["id"], 6 - score if item.get("reversed") else score))
    return sheet("audit", "respondent team level wave item_id score", rows)


def staff(
    rng: np.random.Generator, teams: Mapping[str, int], months: Array, strain: Mapping[str, Mapping[str, float]]
) -> pd.DataFrame:
    """Rows of ``workforce``: front line of each team, strained in single months by a factor."""
    rows = []
    for team, size in teams.items():
        for month in months:
            factor = strain.get(team, {}).get(str(month), 1.0)
            leavers = int(rng.poisson(size * 0.016 * factor))
            engagement = float(np.clip(71 - 9 * (factor - 1) + rng.normal(0, 1.6), 0, 100))
            burnout = float(np.clip(0.14 * factor**0.8 + rng.normal(0, 0.015), 0, 1))
            absence = float(np.round(size * 0.75 * factor**0.5 * lognormal(rng, 1.0, 0.15, 1)[0], 1))
            rows.append(
                (
                    str(month),
                    team,
                    "frontline",
                    size,
                    leavers,
                    round(engagement, 1),
                    round(size * 0.7),
                    round(burnout, 3),
                    absence,
                )
            )
    columns = "month team level headcount leavers engagement engagement_n burnout absence_days"
    return typed("workforce", pd.DataFrame(rows, columns=columns.split()))


def training(
    rng: np.random.Generator,
    programmes: Mapping[tuple[str, str, str], tuple[float, float]],
    teams: Mapping[str, int],
    months: Array,
) -> pd.DataFrame:
    """Rows of ``training``: the share that uses a programme rises from the first to the last month."""
    rows = []
    for (team, programme, kind), (low, high) in programmes.items():
        for place, month in enumerate(months):
            share = low + (high - low) * place / max(len(months) - 1, 1)
            done = int(np.clip(round(teams[team] * share + rng.normal(0, 0.4)), 0, teams[team]))
            rows.append((str(month), team, programme, kind, teams[team], done))
    return typed(
        "training", pd.DataFrame(rows, columns=["month", "team", "programme", "kind", "eligible", "completed"])
    )


def values(
    rng: np.random.Generator, series: Mapping[str, tuple[float, float, float, int]], months: Array
) -> pd.DataFrame:
    """Rows of ``metric_values``: start, change per month, noise and observations by metric."""
    rows = []
    for metric, (start, slope, noise, n) in series.items():
        for place, month in enumerate(months):
            rows.append((metric, str(month), "all", round(start + slope * place + rng.normal(0, noise), 4), n))
    return sheet("metric_values", "metric_id month segment value n", rows)

"""The trigger rule on a client whose complaints and contacts have a season, vary more than chance and cling together.

Null: rates of complaints and contacts with a yearly wave of ±20 %, a month's own shock (coefficient of variation 8 %,
correlated 0.3 from month to month) and three surveys a month. Planted: half as many complaints again for the last
three months. The alarm is the public function's: a trigger is open.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from cxkit.align.trigger import trigger
from cxkit.metrics.windows import add_months, last_day
from cxkit.tables.engine import Tables

NAME = "trigger"
SIZE = "26 months, 4,000 customers, 60 complaints and 240 contacts a month, 100 answers to each of three scores"
MONTHS, CUSTOMERS, COMPLAINTS, OTHERS, ANSWERS = 26, 4000, 60.0, 180.0, 100
FIRST = date(2024, 9, 1)
SEASON, SHOCK, CORRELATION = 0.2, 0.08, 0.3
SPIKE, LATE = 1.5, 3
SCORES = {"nps": (0, 11), "csat": (1, 6), "ces": (1, 8)}


def shocks(rng: np.random.Generator) -> np.ndarray:
    """Correlated factors of the months, mean one."""
    z = rng.normal(size=MONTHS)
    for t in range(1, MONTHS):
        z[t] = CORRELATION * z[t - 1] + np.sqrt(1 - CORRELATION**2) * z[t]
    return np.exp(SHOCK * z - SHOCK**2 / 2)


def client(seed: int, planted: bool) -> Tables:
    """One simulated client."""
    rng = np.random.default_rng([seed, 71])
    months = [add_months(FIRST, k) for k in range(MONTHS)]
    season = np.exp(SEASON * np.cos(2 * np.pi * (np.array([m.month for m in months]) - 1) / 12))
    rates = {True: COMPLAINTS * season * shocks(rng), False: OTHERS * season * shocks(rng)}
    if planted:
        rates[True][-LATE:] *= SPIKE
    opened, complaint = [], []
    for unhappy, rate in rates.items():
        for month, mean in zip(months, rate, strict=True):
            days = last_day(month).day
            count = rng.poisson(mean * days / 30.4)
            opened += [month + timedelta(days=int(d)) for d in rng.integers(0, days, count)]
            complaint += [unhappy] * count
    tickets = pd.DataFrame({"opened": pd.to_datetime(opened) + pd.Timedelta(hours=12), "complaint": complaint})
    tickets["ticket_id"] = [f"T{i}" for i in range(len(tickets))]
    parts = []
    for metric, (low, high) in SCORES.items():
        weights = np.linspace(1, 3, high - low)
        drift = rng.normal(0, 0.05, MONTHS)
        for k, month in enumerate(months):
            tilted = weights ** (1 + drift[k])
            score = rng.choice(np.arange(low, high), ANSWERS, p=tilted / tilted.sum())
            parts.append(pd.DataFrame({"metric": metric, "score": score, "answered": month + timedelta(days=14)}))
    surveys = pd.concat(parts, ignore_index=True)
    surveys["response_id"] = [f"R{i}" for i in range(len(surveys))]
    surveys["answered"] = pd.to_datetime(surveys["answered"]) + pd.Timedelta(hours=12)
    accounts = pd.DataFrame({"account_id": [f"A{i}" for i in range(CUSTOMERS)], "started": "2020-01-01", "ended": None})
    frames = {"tickets": tickets, "surveys": surveys, "accounts": accounts}
    return Tables.from_frames(frames, as_of=last_day(months[-1]))


def trial(seed: int, planted: bool) -> bool:
    """Whether a trigger is open."""
    return trigger(client(seed, planted)).open

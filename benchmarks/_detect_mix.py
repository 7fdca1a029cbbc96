"""Calling a change of a score real when only who answered has changed, and finding a real fall of eight points."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from cxkit.quantify.voice import voice
from cxkit.tables.engine import Tables

NAME = "mix"
SIZE = "3,000 answers a year of 2,500 customers in three segments; the share of one of them goes from 20 to 50 %"
YEARS, ANSWERS, CUSTOMERS = (2025, 2026), 3000, 2500
SEGMENTS = ("mobile", "home", "bundle")
PROMOTERS, DETRACTORS = (0.35, 0.50, 0.60), (0.40, 0.25, 0.15)
SHARES = ((0.2, 0.45, 0.35), (0.5, 0.3, 0.2))
FALL = 8.0
"""Points lost like for like, half of them promoters gone and half detractors won."""


def answers(seed: int, fall: float) -> dict[str, pd.DataFrame]:
    """Two years of answers; customers lean their own way, so that one who answers twice answers alike."""
    rng = np.random.default_rng(seed)
    segment = np.repeat(np.arange(3), CUSTOMERS)
    lean = rng.random(3 * CUSTOMERS)
    parts = []
    for which, year in enumerate(YEARS):
        kind = rng.choice(3, ANSWERS, p=SHARES[which])
        who = kind * CUSTOMERS + rng.integers(0, CUSTOMERS, ANSWERS)
        lost = which * fall / 200
        u = np.where(rng.random(ANSWERS) < 0.5, lean[who], rng.random(ANSWERS))
        low = np.array(DETRACTORS)[kind] + lost
        score = np.where(u < low, 5, np.where(u > 1 - np.array(PROMOTERS)[kind] + lost, 10, 8))
        day = pd.Timestamp(f"{year - 1}-11-01") + pd.to_timedelta(rng.integers(0, 365, ANSWERS), "D")
        parts.append(pd.DataFrame({"account_id": who, "score": score, "answered": day}))
    said = pd.concat(parts, ignore_index=True)
    said["account_id"] = "a" + said["account_id"].astype(str)
    said["metric"], said["response_id"] = "nps", [f"r{i}" for i in range(len(said))]
    ids = [f"a{i}" for i in range(3 * CUSTOMERS)]
    named = np.array(SEGMENTS)[segment]
    return {
        "surveys": said,
        "accounts": pd.DataFrame({"account_id": ids, "started": "2020-01-01", "segment": named}),
    }


def trial(seed: int, planted: bool) -> bool:
    """Whether a change is called real: there is none (False), or one of eight points (True)."""
    tables = Tables.from_frames(answers(seed, FALL if planted else 0.0), as_of=date(2026, 10, 31))
    tables.con.execute("SET threads = 1")
    verdicts = voice(tables, window_months=12).frame("mix").query("primary")["verdict"]
    return bool(verdicts.isin(["real", "both"]).any())

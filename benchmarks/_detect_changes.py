"""Saying that feedback fell or rose after a change when it did not, and finding a fall by half."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from cxkit import shipped
from cxkit.instrument.changes import structural_change
from cxkit.instrument.code_frame import code_frame
from cxkit.tables.engine import Tables

NAME = "changes"
SIZE = "200 answers a month for 20 months, moods that come and go by the month; planted: the theme halves"
MONTHS, EACH, BASE, MOOD, HALVED = 20, 200, 0.15, 0.15, 0.5
"""MOOD: how far the theme's true share wanders from month to month, as a fraction of it."""


def trial(seed: int, planted: bool) -> bool:
    """Whether anything is said to have moved after the change: nothing has (False), or it has halved (True)."""
    rng = np.random.default_rng([seed, planted])
    months = pd.period_range("2025-03", periods=MONTHS, freq="M")
    rows = []
    for at, month in enumerate(months):
        share = BASE * float(np.exp(rng.normal(0, MOOD))) * (HALVED if planted and at > 11 else 1.0)
        who = rng.integers(0, 3000, EACH)
        u = rng.random(EACH)
        text = np.where(u < share, "we waited", np.where(u < 0.5, "they were rude", "too expensive"))
        rows.append(pd.DataFrame({"account_id": who, "answered": f"{month}-15", "verbatim": text}))
    frame = pd.concat(rows, ignore_index=True).assign(metric="nps", score=2.0)
    frame["account_id"] = "a" + frame["account_id"].astype(str)
    frame["response_id"] = [f"r{i}" for i in range(len(frame))]
    change = pd.DataFrame(
        {"change_id": ["C"], "theme": ["time.wait"], "change": ["More people"], "changed": [f"{months[11]}-10"]}
    )
    tables = Tables.from_frames({"surveys": frame, "changes": change}, as_of=date(2026, 10, 31))
    tables.con.execute("SET threads = 1")
    effects = structural_change(tables, frame=code_frame(shipped.yaml("playbook/taxonomy.yml"))).frame("effects")
    return bool(effects["verdict"].isin(["fall", "rise"]).any())

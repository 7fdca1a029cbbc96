"""Audit sheets for tests: people with a team, a level and answers."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from cxkit.align.audit_instrument import instrument
from cxkit.tables.engine import Tables

AS_OF = date(2026, 10, 31)
COLUMNS = ["respondent", "team", "level", "wave", "item_id", "score"]


def everybody(people, wave="2026-09-14", items=None):
    """Rows of the sheet: `people` maps respondent → (team, level, score or {item: score}); reversed items as asked."""
    rows = []
    for respondent, (team, level, given) in people.items():
        for item in instrument().items:
            if items is not None and item.id not in items:
                continue
            score = given.get(item.id) if isinstance(given, dict) else given
            if score is not None:
                rows.append((respondent, team, level, wave, item.id, 6 - score if item.reversed else score))
    return rows


def crowd(seed, levels, *, teams=("North", "South"), waves=(("2026-09-14", 0.0),), own=0.4, noise=0.8, centre=3.1):
    """Rows of many people: `levels` maps level → (people, lean)."""
    rng = np.random.default_rng(seed)
    people = [
        (f"p{k}{level[0]}", teams[int(rng.integers(len(teams)))], level, lean + rng.normal(0, own))
        for level, (n, lean) in levels.items()
        for k in range(n)
    ]
    rows = []
    for wave, shift in waves:
        for respondent, team, level, lean in people:
            for item in instrument().items:
                score = int(np.clip(np.round(centre + shift + lean + rng.normal(0, noise)), 1, 5))
                rows.append((respondent, team, level, wave, item.id, 6 - score if item.reversed else score))
    return rows


def tables(rows, **more):
    return Tables.from_frames({"audit": pd.DataFrame(rows, columns=COLUMNS), **more}, as_of=AS_OF)

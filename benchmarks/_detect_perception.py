"""Null and planted audits for the detector of levels that see the organisation differently."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from cxkit.align.audit import alignment_audit
from cxkit.align.audit_instrument import instrument
from cxkit.tables.engine import Tables

NAME = "perception"
SIZE = "6 executives, 14 managers and 30 of the frontline, two waves of 24 items; planted: executives 1.2 points above"
AS_OF = date(2026, 6, 30)
WAVES = ("2025-11-17", "2026-05-18")
PEOPLE = {"executive": 6, "manager": 14, "frontline": 30}
OWN, NOISE = 0.45, 0.85
"""How far people differ from each other as persons, and from item to item, in points of the scale."""
CENTRE, PLANTED = 3.1, 1.2


def client(rng: np.random.Generator, lean: dict[str, float]) -> Tables:
    """Everybody answers both waves; nothing moves between them."""
    items = [i for i in instrument().items if i.dimension]
    levels = np.repeat(list(PEOPLE), list(PEOPLE.values()))
    own = np.array([lean.get(level, 0.0) for level in levels]) + rng.normal(0, OWN, len(levels))
    parts = []
    for wave in WAVES:
        drawn = CENTRE + own[:, None] + rng.normal(0, NOISE, (len(levels), len(items)))
        scores = np.clip(np.round(drawn), 1, 5).astype(int)
        for k, item in enumerate(items):
            parts.append(
                pd.DataFrame(
                    {
                        "respondent": [f"p{n:03d}" for n in range(len(levels))],
                        "team": "one",
                        "level": levels,
                        "wave": wave,
                        "item_id": item.id,
                        "score": 6 - scores[:, k] if item.reversed else scores[:, k],
                    }
                )
            )
    return Tables.from_frames({"audit": pd.concat(parts, ignore_index=True)}, as_of=AS_OF)


def trial(seed: int, planted: bool) -> bool:
    """Whether the audit says that levels disagree, or that alignment has moved."""
    found = alignment_audit(client(np.random.default_rng(seed), {"executive": PLANTED} if planted else {}))
    apart = found.frame("gaps")["verdict"].eq("clear").any()
    moved = found.frame("changes")["verdict"].eq("clear").any()
    return bool(apart) or (bool(moved) and not planted)

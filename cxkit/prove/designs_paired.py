"""Before–after on the same units: what it could see follows from the standard error it came to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from scipy.stats import norm

from cxkit.prove.design import detectable, power_t
from cxkit.prove.plan import Plan

CONVENTION = "two-sided t of each unit's own change; no draw, so a chance to see a change and not its cause"


def from_error(plan: Plan, effects: Sequence[dict[str, Any]], *, power: float, level: float) -> dict[str, Any]:
    """Size, power and smallest change from the standard error of the comparison, as it came out."""
    found = next((e for e in effects if not pd.isna(e["se"]) and e["se"] > 0), None)
    if found is None:
        return {"reason": "without a draw and without outcomes nothing tells how far single units change"}
    if not plan.worthwhile:
        return {"reason": "no smallest change worth having is registered"}
    n, se = int(found["n_treated"]), float(found["se"])
    sees = detectable(se, alpha=1 - level, power=power)
    total = math.ceil(n * (sees / plan.worthwhile) ** 2)
    return {
        "convention": CONVENTION,
        "base": float(found["baseline"]),
        "base_from": "the same units before",
        "arms": 1,
        "needed_treated": total,
        "needed_total": total,
        "has_treated": n,
        "has_total": n,
        "power": power_t(plan.worthwhile, se, max(n - 1, 1), reach=float(norm.isf((1 - level) / 2))),
        "smallest": sees,
    }

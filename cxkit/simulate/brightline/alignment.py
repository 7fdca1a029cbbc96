# ruff: noqa: E501  rows of a sheet read best as rows
# fmt: off
"""What Brightline's people are paid for, promise each other and tell the audit; what its leaders did."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cxkit.simulate.panels import Series, pair, together
from cxkit.simulate.plan import answers, sheet
from cxkit.simulate.world import months_between

REGIONS = ("North", "Lakeside", "Prairie", "South")
VISITS = Series("visits_per_day", (5.9, 6.3, 6.6, 6.1), 0.35, digits=2)
REPAIRS = Series("repair_time", (2.9, 3.3, 3.6, 3.1), 0.45, digits=2)
CONFLICT, CONFLICT_LAG = 0.62, 1
"""Days until a repair is done rise with visits per day, one month later, inside every region."""
CALLS = Series("aht", (8.2, 9.6, 11.1, 12.7), 0.5, digits=2)
QUALITY = Series("call_score", (87.0, 82.0, 77.0, 72.0), 1.8, digits=1)
REVERSAL = 0.55
"""Inside every region longer calls go with better ones; across regions the slow regions have the worse calls."""

METRICS = [
    ("aht", "Minutes of handling per contact", "activity", "Service desk", "down", 0.2, "Cost of a contact", "Staffing", "Service desk", 9.0, "minutes"),
    ("call_score", "Quality of calls, as listened to", "journey_kpi", "Service desk", "up", 0.0, "Coaching", "Coaching", "Service desk", 85.0, "points of 100"),
]
UNIT_VALUES = {"repair_time": 26_000, "early_churn": 1_180_000, "complaint_rate": 11_500, "fcr": 690_000, "call_score": 1_900, "grr": 4_300_000}
HURTS = [
    ("new_contracts", "early_churn", "claimed", None, "hurts", "whoever sells most promises most"),
    ("visits_per_day", "repair_time", "claimed", None, "hurts", "a full day leaves repairs half done"),
    ("aht", "call_score", "claimed", None, "hurts", "a short call settles less"),
]
GAP = {"executive": 0.7, "manager": 0.1, "frontline": -0.45}
"""How far each level leans from the mean of an item, before answers are rounded to 1 to 5."""
DIMENSIONS = {"strategic": 3.3, "operational": 2.8, "cultural": 3.2, "": 3.1}
CS = {"customer": 0.2, "career": -0.15, "community": -0.2, "core": 0.15, "": 0.0}
MISSION = [
    ("2025-02-10", "We keep what we sell: every home is connected on the day we named and pays the price it was told", "G1,G3", "Would a home that joined last week say that we kept our word?", "2025-03-03", "CXO/PMO"),
]
LEADERSHIP = [
    ("A1", "2026-01-14", "communication", "Yearly kick-off with the four goals", "CXO/PMO", None, None),
    ("A2", "2026-03-18", "review", "Review of the welcome call with its figures", "CX Council/Finance", "Onboarding", "I1"),
    ("A3", "2026-04-22", "recognition", "Thanks in the town hall for the kit calls", "CXO/PMO", "Onboarding", "I1"),
    ("A4", "2026-05-06", "communication", "Letter on complaints and the threshold", "CXO/PMO", "Service desk; Field service", None),
    ("A5", "2026-08-26", "unblocking", "Two callers lent by Sales", "Journey Owners", "Onboarding; Sales", "I1"),
    ("A6", "2026-09-16", "review", "Council looked at outage notices", "CX Council/Finance", "Service desk", "I2"),
    ("A7", "2026-09-30", "decision", "Licences of agent assist kept until spring", "CX Council/Finance", "Service desk", "I7"),
    ("A9", "2026-06-10", "values", "Kept word is asked for in every performance talk", "Enablement/Ops", "Service desk; Field service", None),
    ("A8", "2026-10-07", "communication", "Why repairs come first this winter", "Enablement/Ops", "Field service", "I5"),
]
BENEFITS: dict[str, dict[str, Any]] = {
    "risk": {"B2": "factor"},
    "distribution": {"B4": "triangular", "B9": "discrete"},
    "adoption_low": {"B2": 0.75, "B7": 0.4},
    "adoption_high": {"B2": 0.97, "B7": 0.85},
    "base_growth": {"B2": 0.02},
    "cannibalised": {"B4": 0.15},
    "valuation": {"B1": "survival"},
    "moves_with": {"B5": "repairs", "B6": "repairs"},
    "correlation": {"B5": 0.7, "B6": 0.7},
}
INVESTMENTS = {"amount_low": {"V7": 22_000, "V9": 26_000}, "amount_high": {"V7": 38_000, "V9": 44_000}}


def sheets(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """The sheets ``audit``, ``mission`` and ``leadership``, and the panels of ``metric_values``."""
    months = months_between("2022-11", "2026-10")
    crowded = pair(rng, VISITS, REPAIRS, segments=REGIONS, months=months, correlation=CONFLICT, lag=CONFLICT_LAG)
    hurried = pair(rng, CALLS, QUALITY, segments=REGIONS, months=months, correlation=REVERSAL)
    mean = together(crowded, ("visits_per_day", "repair_time"), 12)
    teams = ("Service desk", "Field service", "Sales", "Marketing", "Digital")
    levels = {"executive": (6, GAP["executive"]), "manager": (14, GAP["manager"]), "frontline": (30, GAP["frontline"])}
    return {
        "audit": answers(rng, {"2026-03-16": 0.0, "2026-09-14": 0.15}, dimensions=DIMENSIONS, cs=CS, levels=levels, teams=teams),
        "mission": sheet("mission", "adopted statement goal_ids decision_test communicated owner_role", MISSION),
        "leadership": sheet("leadership", "act_id happened kind act owner_role audience initiative_id", LEADERSHIP),
        "metric_values": pd.concat([crowded, hurried, mean], ignore_index=True),
    }

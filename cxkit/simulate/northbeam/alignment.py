# fmt: off
"""What Northbeam's people are paid for and tell the audit; what its leaders did."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cxkit.simulate.plan import answers, sheet

UNIT_VALUES = {"weekly_active": 380_000, "fcr": 410_000, "ttfv": 9_000, "ces": 60_000}
HURTS = [
    ("handle_time", "fcr", "claimed", None, "hurts", "a short ticket comes back"),
    ("new_arr", "ttfv", "claimed", None, "hurts", "deals without a data engineer take longer to set up"),
]
DIMENSIONS = {"strategic": 3.5, "operational": 2.9, "cultural": 3.5, "": 3.3}
CS = {"customer": 0.1, "career": 0.1, "community": -0.4, "core": 0.1, "": 0.0}
MISSION = [
    ("2023-04-01", "To be the easiest product of its kind", None, None, None, "CXO/PMO"),
]
LEADERSHIP = [
    ("A1", "2026-01-21", "communication", "Letter on the year's goals", "CXO/PMO", None, None),
    ("A2", "2026-06-17", "review", "Guided set-up in the management meeting", "RevOps/Data", "Onboarding", "N01"),
    ("A3", "2026-09-09", "decision", "Engineers for connectors until March", "CX Council/Finance", "Product", "N03"),
]
BENEFITS: dict[str, dict[str, Any]] = {
    "risk": {"B6": "factor"},
    "distribution": {"B4": "triangular", "B8": "discrete"},
    "adoption_low": {"B2": 0.4},
    "adoption_high": {"B2": 0.75},
    "base_growth": {"B1": 0.03},
    "cannibalised": {"B4": 0.25},
    "moves_with": {"B1": "renewal", "B2": "renewal"},
    "correlation": {"B1": 0.5, "B2": 0.5},
}
INVESTMENTS = {"amount_low": {"V6": 105_000, "V8": 130_000}, "amount_high": {"V6": 165_000, "V8": 210_000}}


def sheets(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """The sheets ``audit``, ``mission`` and ``leadership``."""
    teams = ("Onboarding", "Technical support", "Customer support", "Sales", "Product")
    levels = {"executive": (5, 0.5), "manager": (12, 0.0), "frontline": (22, -0.3)}
    return {
        "audit": answers(rng, {"2026-09-21": 0.0}, dimensions=DIMENSIONS, cs=CS, levels=levels, teams=teams),
        "mission": sheet("mission", "adopted statement goal_ids decision_test communicated owner_role", MISSION),
        "leadership": sheet("leadership", "act_id happened kind act owner_role audience initiative_id", LEADERSHIP),
    }

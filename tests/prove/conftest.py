from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cxkit.tables.engine import Tables

PLAN = {
    "experiment_id": "x1",
    "initiative_id": "i1",
    "hypothesis": "if we call first, fewer leave",
    "metric": "churn",
    "kind": "binary",
    "design": "randomised",
    "direction": "down",
    "control_arm": "control",
    "planned_share": 0.5,
    "registered": "2026-01-01",
    "started": "2026-01-05",
    "ended": "2026-03-31",
}


def frames(units: pd.DataFrame, **plan: Any) -> dict[str, pd.DataFrame]:
    """Canonical frames of one experiment from columns unit, arm, y and, where wanted, x, den, xden, cluster."""
    full = PLAN | plan
    name, metric = full["experiment_id"], full["metric"]
    ids = units["unit"].astype(str)
    given = {"experiment_id": name, "unit_id": ids, "arm": units["arm"]}
    assigned = units.get("assigned", "2026-01-10 08:00:00")
    assignments = pd.DataFrame(given | {"assigned": assigned})
    if "cluster" in units:
        assignments["cluster_id"] = units["cluster"].astype(str)
    phases = []
    for phase, value, denominator, day in (("post", "y", "den", "2026-03-10"), ("pre", "x", "xden", "2026-01-09")):
        if value in units:
            measured = units.get(f"{phase}_measured", f"{day} 08:00:00")
            part = pd.DataFrame({"experiment_id": name, "unit_id": ids, "metric": metric, "phase": phase})
            part = part.assign(value=units[value].astype(float), measured=measured)
            if "den" in units:
                part["denominator"] = units[denominator].astype(float)
            phases.append(part[part["value"].notna()])
    return {"experiments": pd.DataFrame([full]), "assignments": assignments, "outcomes": pd.concat(phases)}


def joined(*many: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Several experiments of one client."""
    return {name: pd.concat([one[name] for one in many if name in one]) for name in {k: 0 for one in many for k in one}}


@pytest.fixture
def client() -> Callable[..., Tables]:
    """Build a client: `client(units, as_of=…, extra={table: frame}, **plan)`."""

    def build(
        units: pd.DataFrame,
        *,
        as_of: date = date(2026, 3, 31),
        extra: dict[str, pd.DataFrame] | None = None,
        **plan: Any,
    ) -> Tables:
        return Tables.from_frames(frames(units, **plan) | (extra or {}), as_of=as_of)

    return build


@pytest.fixture
def several() -> Callable[..., Tables]:
    """Build a client with several experiments: `several((units, plan), …)`."""

    def build(*parts: tuple[pd.DataFrame, dict[str, Any]], as_of: date = date(2026, 3, 31)) -> Tables:
        return Tables.from_frames(joined(*(frames(units, **plan) for units, plan in parts)), as_of=as_of)

    return build


@pytest.fixture
def yes_no() -> Callable[..., pd.DataFrame]:
    """Units of a yes–no outcome with exact counts: `yes_no((yes, n), (yes, n), …)`, control first, then t1, t2 …"""

    def build(*arms: tuple[int, int]) -> pd.DataFrame:
        names = ["control", *(f"t{i}" for i in range(1, len(arms)))]
        rows = [(a, int(k < yes)) for a, (yes, n) in zip(names, arms, strict=True) for k in range(n)]
        frame = pd.DataFrame(rows, columns=["arm", "y"])
        return frame.assign(unit=np.arange(len(frame)).astype(str))

    return build

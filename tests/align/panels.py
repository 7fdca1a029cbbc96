"""Workshop sheets with metrics that work against each other, small enough to check by hand."""

from datetime import date

import numpy as np
import pandas as pd

from cxkit.align.conflict import MetricConflict, metric_conflict
from cxkit.align.traceability import traceability
from cxkit.metrics.windows import add_months
from cxkit.tables.engine import Tables

AS_OF = date(2026, 6, 30)
METRICS = pd.DataFrame(
    [
        ["sold", "New contracts", "business", "Sales", "up", 0.8, None, "contracts"],
        ["early", "Homes lost early", "cx_outcome", "Onboarding", "down", 0.0, 1_000_000, "share"],
        ["visits", "Visits a day", "activity", "Field", "up", 0.5, None, "visits"],
        ["repair", "Days to repair", "journey_kpi", "Field; Desk", "down", 0.1, None, "days"],
        ["likes", "Likes", "activity", "Digital", "up", 0.4, None, None],
    ],
    columns=["metric_id", "metric", "kind", "owner_team", "direction", "incentive_weight", "unit_value", "unit"],
)
SHEETS = {
    "goals": pd.DataFrame([{"goal_id": "G1", "goal": "Keep homes", "type": "margin"}]),
    "key_results": pd.DataFrame(
        [["KR1", "G1", "Fewer lost early", "early", 0.16, 0.11]],
        columns=["kr_id", "goal_id", "key_result", "metric_id", "baseline", "target"],
    ),
    "metrics": METRICS,
    "links": pd.DataFrame(
        [["sold", "early", "hurts"], ["visits", "repair", "hurts"], ["repair", "early", None]],
        columns=["from_id", "to_id", "effect"],
    ),
    "initiatives": pd.DataFrame([["I1", "Planning", "repair", "running"], ["I2", "Old", "repair", "stopped"]],
        columns=["initiative_id", "initiative", "metric_id", "status"]),
    "benefits": pd.DataFrame(
        [
            ["B1", "I1", "cost", "recontact", "cashable", 2000, 0.1, 80, 1.0, 0.5],
            ["B2", "I1", "cost", "aht", "capacity", 9000, 1.0, 99, 1.0, 1.0],
            ["B3", "I2", "cost", "aht", "cashable", 9000, 1.0, 99, 1.0, 1.0],
        ],
        columns=[
            *("benefit_id", "initiative_id", "block", "driver", "kind"),
            *("base", "effect", "unit_value", "margin", "adoption"),
        ],
    ),
}  # fmt: skip


def tables(**sheets: pd.DataFrame | None) -> Tables:
    return Tables.from_frames({k: v for k, v in (SHEETS | sheets).items() if v is not None}, as_of=AS_OF)


def conflict(**sheets: pd.DataFrame | None) -> MetricConflict:
    given = tables(**sheets)
    return metric_conflict(given, traceability(given), seed=1)


def months(count: int) -> list[date]:
    return [add_months(date(2026, 6, 1), k - count + 1) for k in range(count)]


def values(panels: dict[str, np.ndarray], segments: tuple[str, ...] = ("a", "b", "c")) -> pd.DataFrame:
    """Rows of metric_values from panels of shape (segments, months) that end with June 2026."""
    return pd.DataFrame(
        [
            (metric, month, segment, float(panel[s, t]))
            for metric, panel in panels.items()
            for s, segment in enumerate(segments)
            for t, month in enumerate(months(panel.shape[1]))
        ],
        columns=["metric_id", "month", "segment", "value"],
    )


def moving(
    strength: float, *, levels: float = 0.0, lag: int = 0, count: int = 48, seed: int = 3
) -> dict[str, np.ndarray]:
    """visits and repair over three segments; repair rises with the visits of `lag` months before, and with levels."""
    rng = np.random.default_rng(seed)
    driver = rng.normal(size=(3, count + lag))
    follower = strength * driver + np.sqrt(1 - strength**2) * rng.normal(size=(3, count + lag))
    season = np.sin(2 * np.pi * np.arange(count) / 12)
    steps = np.arange(3)[:, None]
    return {
        "visits": 6 + 0.3 * (driver[:, lag:] + season) + steps,
        "repair": 3 + 0.4 * (follower[:, :count] + season) + levels * steps,
    }

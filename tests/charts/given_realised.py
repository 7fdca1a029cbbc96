"""Small results for the figures of realised money and of forecasts."""

from __future__ import annotations

from cxkit.records import Result
from tests.charts.made import result, rows

SIDES = rows(
    initiative_id=["I1", "I2", "I3"],
    name=["Callback $now$ & <b>", "Chat", "Loyalty club"],
    pnl_line=["Service", "Service", "Revenue"],
    status=["booked", "claimed", "validated"],
    claimed=[1200.0, 48_000.0, None],
    claimed_months=["2026-01 to 2026-06", "2026-01 to 2026-10", None],
    validated=[900.0, None, 17_500.0],
    validated_months=["2026-01 to 2026-06", None, "2026-08 to 2026-10"],
    validated_role=["Finance", None, "Finance"],
    booked=[31_000.0, None, None],
    booked_months=["2026-02 to 2026-07", None, None],
    booked_role=["Finance", None, None],
)
SCORED = rows(
    forecast_id=["F1", "F2", "F3"],
    name=["Callback $now$ & <b>", "Chat", "Loyalty club"],
    months=[24, 12, 12],
    forecast=[52_800.0, 10_000.0, 8_000.0],
    low=[38_000.0, 7_000.0, 6_000.0],
    high=[67_000.0, 13_000.0, 10_000.0],
    realised=[21_000.0, 10_500.0, None],
    ratio=[0.4, 1.05, None],
    status=["validated", "booked", None],
    hit=[False, True, None],
    counts=[True, True, False],
)
BIAS = rows(
    block=["all", "cost", "revenue"],
    n=[12, 6, 6],
    own=[0.87, 0.87, 0.86],
    factor=[0.87, 0.87, 0.86],
    factor_mean=[0.87, 0.87, 0.86],
    factor_low=[0.72, 0.69, 0.68],
    factor_high=[0.98, 1.05, 1.04],
)
GIVEN: dict[str, Result] = {
    "prove.realised": result("prove", {"sides": SIDES}),
    "prove.forecasts": result("prove", {"scored": SCORED}),
    "prove.haircut": result("prove", {"bias": BIAS}),
}

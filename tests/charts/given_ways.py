"""Small results for the figures of the ways cases travel."""

from __future__ import annotations

from cxkit.records import Result
from tests.charts.made import result, rows

LOGS = rows(log=["tickets", "Join"], finished=[900, 40], variants=[31, 2])
VARIANTS = rows(
    log=["tickets", "tickets", "tickets", "Join"],
    variant=["Opened → Resolved", "Opened → Passed on → Passed on → Resolved", "$x$ & <b> → Resolved", "order → use"],
    rank=[1, 2, 3, 1],
    cases=[600, 150, 50, 40],
    share=[0.667, 0.167, 0.056, 1.0],
    low=[0.63, 0.14, 0.04, 0.9],
    high=[0.70, 0.19, 0.07, 1.0],
    cumulative=[0.667, 0.833, 0.889, 1.0],
    median_hours=[26.0, 116.0, 0.5, 300.0],
    rework=[False, True, False, False],
    open=[3, 1, 0, 0],
)
REWORK = rows(
    log=["tickets"] * 3,
    kind=["rework", "self_loop", "reopened"],
    meaning=["any", "twice in a row", "again"],
    cases=[180, 150, 0],
    finished=[900] * 3,
    share=[0.2, 0.167, 0.0],
    low=[0.17, 0.14, 0.0],
    high=[0.23, 0.19, 0.01],
    extra_hours=[77.0, 80.0, None],
    extra_low=[70.0, 71.0, None],
    extra_high=[88.0, 95.0, None],
    money_a_year=[15000.0, 15000.0, None],
)
GIVEN: dict[str, Result] = {
    "orchestrate.ways": result("orchestrate", {"logs": LOGS, "variants": VARIANTS}),
    "orchestrate.rework": result("orchestrate", {"logs": LOGS, "rework": REWORK}),
}

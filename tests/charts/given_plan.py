"""Small results for the figures of the plan."""

from __future__ import annotations

from cxkit.records import Result
from tests.charts.made import result, rows

PLAN = rows(
    initiative_id=["I1", "I2", "I3", "I4", "I5"],
    initiative=["Welcome call", "Call $back$ & <b>", "Regulator", "Loyalty app", "Idle"],
    verdict=["fund", "test first", "keep", "stop", "hold"],
    amount=[43_200.0, 49_000.0, 8_000.0, 0.0, 0.0],
    freed=[None, None, None, 34_900.0, None],
    frees_capacity=[None, None, None, 2.0, None],
    npv_go_forward=[99_000.0, 48_000.0, -8_000.0, -24_000.0, 1_000.0],
    stability=[1.0, 0.62, 1.0, None, None],
    must_keep=[False, False, True, False, False],
    grade=["A", None, None, "E", None],
)
FRONTIER = rows(
    ids=["I1, I2, I3", "I1, I2 (50%), I3", "I1, I3"],
    npv=[147_000.0, 128_000.0, 99_000.0],
    cvar=[20_000.0, 4_000.0, -6_000.0],
    cvar_fresh=[21_500.0, 4_400.0, -5_600.0],
    spread=[55_000.0, 34_000.0, 21_000.0],
    given=[100_200.0, 75_700.0, 51_200.0],
    initiatives=[3, 3, 2],
    chosen=[False, True, False],
)
SENSITIVITY = rows(
    change=[-0.05, 0.0, 0.05],
    budget=[95_000.0, 100_000.0, 105_000.0],
    npv=[120_000.0, 128_000.0, 131_000.0],
    npv_change=[-8_000.0, 0.0, 3_000.0],
    unallocated=[10.0, 0.0, 40.0],
    changes=["Call $back$ goes out", "", "Welcome call gets 100% instead of 88%"],
)
GIVEN: dict[str, Result] = {
    "govern.plan": result("govern", {"plan": PLAN}),
    "govern.frontier": result("govern", {"frontier": FRONTIER}),
    "govern.sensitivity": result("govern", {"sensitivity": SENSITIVITY}),
}

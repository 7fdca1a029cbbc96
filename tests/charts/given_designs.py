"""Small results for the figures of designs."""

from __future__ import annotations

import pandas as pd

from cxkit.prove.peeking import peeking
from cxkit.records import Result
from tests.charts.made import result, rows

DESIGNS = rows(
    experiment_id=["x1", "x2", "x3", "x4"],
    name=["Welcome $call$ & <b>", "Outage notices", "Loyalty app", "Later"],
    state=["ended", "running", "ended", "planned"],
    worthwhile=[0.02, 0.1, 0.5, 0.02],
    needed_total=[6426, 7320, 900, 6426],
    has_total=[2000, 2400, 2100, None],
    power=[0.35, 0.21, 0.99, None],
    smallest=[0.034, 0.17, 0.3, None],
    verdict=["too small", "not yet", "enough", "not yet"],
    convention=["pooled", "Student's t", "Student's t", "pooled"],
    traffic=[None, 249.0, 70.0, 10.0],
    traffic_from=["", "units drawn over the last 8 weeks of the draw", "the same", "new accounts"],
    weeks=[None, 29.4, 12.9, 642.6],
    weeks_left=[None, 19.8, None, 642.6],
    ready=[pd.NaT, pd.Timestamp("2027-04-09"), pd.NaT, pd.Timestamp("2038-07-01")],
)
CURVES = rows(
    experiment_id=["x1"] * 4 + ["x2"] * 4 + ["x3"] * 4,
    name=["a"] * 4 + ["b"] * 4 + ["c"] * 4,
    n=[600.0, 2000.0, 6426.0, 9000.0, 700.0, 3000.0, 7320.0, 11_000.0, 90.0, 300.0, 900.0, 2100.0],
    power=[0.12, 0.35, 0.8, 0.92, 0.03, 0.3, 0.8, 0.95, 0.2, 0.45, 0.8, 0.99],
)
GIVEN: dict[str, Result] = {
    "prove.designs.power": result("prove", {"designs": DESIGNS, "curves": CURVES}),
    "prove.designs.weeks": result("prove", {"designs": DESIGNS}),
    "prove.designs.peeking": result("prove", {"peeking": peeking(days=14, tests=500).frame()}),
}

"""Small results for the figures of checks."""

from __future__ import annotations

import pandas as pd

from cxkit.records import Finding, Result
from tests.charts.made import result, rows

NAMED = {"experiment_id": "x1", "arm": "t1", "name": "Call $first$ & <b>", "metric_name": "spend", "unit": "none"}
GUARDRAILS = rows(
    experiment_id=["x1", "x1", "x2", "x3"],
    arm=["t1"] * 4,
    name=["Call $first$ & <b>", "Call $first$ & <b>", "New queue", "Blocked"],
    metric_name=["complaints", "refunds", "minutes", "refunds"],
    unit=["points", "points", "minutes", "points"],
    margin=[0.03, 0.02, 1.0, 0.02],
    effect=[0.001, 0.044, 0.4, None],
    low=[-0.02, 0.03, -9.0, None],
    high=[0.022, 0.058, 9.0, None],
    harm=[0.001, 0.044, 0.4, None],
    harm_low=[-0.02, 0.03, -9.0, None],
    harm_high=[0.022, 0.058, 9.0, None],
    verdict=["holds", "breached", "cannot tell", "blocked"],
    tone=["good", "bad", "unknown", "bad"],
    n_control=[1000, 1000, 40, 40],
    n_treated=[1000, 1000, 41, 40],
)
LOOKS = rows(
    look=pd.to_datetime(["2026-02-10", "2026-02-03", "2026-02-17", "2026-02-24"]),
    n=[400, 200, 700, 1000],
    counted=["units"] * 4,
    effect=[2.1, 1.0, 2.6, 2.9],
    low=[-0.4, -3.0, 0.7, 1.4],
    high=[4.6, 5.0, 4.5, 4.4],
    once_low=[0.5, -1.0, 1.4, 1.9],
    once_high=[3.7, 3.0, 3.8, 3.9],
    p=[0.3, 1.0, 0.02, 0.001],
).assign(**NAMED)
PERIODS = rows(
    since=[1, 2, 3, 4],
    effect=[2.8, 2.1, 1.2, 0.1],
    low=[2.1, 1.4, 0.4, -1.0],
    high=[3.5, 2.8, 2.0, 1.2],
    n_control=[500, 500, 500, 200],
    n_treated=[500, 500, 500, 210],
).assign(**NAMED, step="week")
FADING = rows(slope=[-0.8], low=[-1.1], high=[-0.5], p=[0.001], verdict=["fades"]).assign(**NAMED, step="week")
SEGMENTS = rows(
    kind=["segment", "segment", "weekday"],
    column=["size", "size", "weekday of the draw"],
    value=["large", "small & new", "Monday"],
    order=[1, 2, 1],
    effect=[6.3, 1.2, 2.0],
    low=[4.7, -0.4, -1.0],
    high=[7.9, 2.8, 5.0],
    n_control=[600, 700, 200],
    n_treated=[600, 690, 210],
).assign(**NAMED)
INTERACTIONS = rows(
    kind=["segment", "weekday"],
    column=["size", "weekday of the draw"],
    p_adjusted=[0.001, 0.4],
    verdict=["differs", "no difference shown"],
).assign(**NAMED)
SAID = tuple(
    Finding(id=id, stage="prove", title=title, subject=subject)
    for id, title, subject in (
        ("prove.segments", "It differs by size", "x1/size"),
        ("prove.segments", "It differs by place", "x1/place"),
        ("prove.fading", "It fades", "x1"),
    )
)
GIVEN: dict[str, Result] = {
    "prove.guardrails": result("prove", {"guardrails": GUARDRAILS}),
    "prove.looks": result("prove", {"looks": LOOKS}),
    "prove.periods": result("prove", {"periods": PERIODS, "fading": FADING}, SAID),
    "prove.segments": result("prove", {"segments": SEGMENTS, "interactions": INTERACTIONS}, SAID),
}

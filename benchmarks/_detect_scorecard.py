"""Calling the last month of any of nine metrics unusual when every month was drawn alike, and finding angry tickets."""

from __future__ import annotations

import pandas as pd

from cxkit.quantify.scorecard import scorecard
from cxkit.simulate.population import Spec
from cxkit.simulate.trial import draw
from cxkit.tables.engine import Tables

NAME = "scorecard"
SPEC = Spec()
SIZE = f"{SPEC.accounts} accounts, {SPEC.months} months, planted: every contact of the last month complains"


def trial(seed: int, planted: bool) -> bool:
    """Whether the latest month of any metric is called unusual (False), or that of complaints where it is (True)."""
    frames = draw(SPEC, seed)
    if planted:
        tickets = frames["tickets"]
        last = pd.to_datetime(tickets["opened"]) >= pd.Timestamp(SPEC.as_of.replace(day=1))
        frames["tickets"] = tickets.assign(complaint=tickets["complaint"].astype("boolean") | last)
    tables = Tables.from_frames(frames, as_of=SPEC.as_of)
    tables.con.execute("SET threads = 1")
    measures = scorecard(tables, targets={}).frame("measures")
    outside = measures.loc[measures["usual"] == "outside", "metric"]
    return bool((outside == "complaint_rate").any() if planted else len(outside))

"""Brightline's experiments: a welcome call, outage notices, a bill page, and a long-run holdout."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxkit.simulate import book, proof
from cxkit.simulate.brightline import story
from cxkit.simulate.brightline.homes import Homes
from cxkit.simulate.brightline.signals import noticed
from cxkit.simulate.world import DAY, Array

FAR = np.datetime64("2100-01-01")


def experiments(rng: np.random.Generator, homes: Homes, told: Array, asked: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The tables ``assignments``, ``outcomes`` and ``exposures``; outcomes agree with the book and the tickets."""
    ids = homes.ids
    gone = np.where(np.isnat(homes.ended), FAR, homes.ended)

    unit = np.flatnonzero((homes.started >= story.CALL_FROM) & (homes.started <= story.CALL_TO))
    begun: Array = homes.started[unit] + np.timedelta64(15, "h")
    due: Array = homes.started[unit] + 90 * DAY
    draws = [proof.assignments("X1", ids[unit], homes.called[unit], begun, ("standard", "welcome call"))]
    results = [proof.outcomes("X1", ids[unit], "churn_90d", phase="post", value=gone[unit] < due, measured=due)]

    unit = np.flatnonzero(noticed(homes))
    day, who = asked["opened"].to_numpy().astype("datetime64[D]"), asked["account"].to_numpy()
    until = np.datetime64("2026-08-01")
    eve = story.NOTICE_FROM - proof.EVE  # the day itself is not over yet, so its contacts are left out
    for phase, begin, end, known in (
        ("pre", story.HELD_FROM, story.NOTICE_FROM - DAY, eve),
        ("post", story.NOTICE_FROM, until, until),
    ):
        count = np.bincount(who[(day >= begin) & (day < end)], minlength=len(ids))[unit]
        when = np.full(len(unit), known)
        results.append(proof.outcomes("X2", ids[unit], "contacts_6m", phase=phase, value=count, measured=when))
    drawn = np.full(len(unit), story.NOTICE_FROM)
    draws.append(proof.assignments("X2", ids[unit], told[unit], drawn, ("no notice", "notice")))

    unit = rng.permutation(np.flatnonzero(book.active(homes.started, homes.ended, story.PAGE_DAY)))[:2400]
    unit.sort()
    page = proof.drawn(rng, len(unit), 0.5)
    drawn = np.full(len(unit), story.PAGE_DAY)
    draws.append(proof.assignments("X3", ids[unit], page, drawn, ("old page", "explainer")))
    rang = rng.random(len(unit)) < story.PAGE_RATE
    results.append(
        proof.outcomes("X3", ids[unit], "bill_call_30d", phase="post", value=rang, measured=drawn + 40 * DAY)
    )

    unit = np.flatnonzero((homes.started < story.HELD_FROM - 90 * DAY) & (gone >= story.HELD_FROM))
    held, drawn = homes.held[unit], np.full(len(unit), story.HELD_FROM)
    draws.append(proof.assignments("H1", ids[unit], ~held, drawn, ("holdout", "programme")))
    due = drawn + 365 * DAY
    results.append(proof.outcomes("H1", ids[unit], "churn_12m", phase="post", value=gone[unit] < due, measured=due))
    met = np.flatnonzero(rng.random(len(unit)) < np.where(held, 0.03, 0.62))
    exposed = story.HELD_FROM + rng.integers(3, 300, len(met)).astype("m8[D]")
    exposures = pd.DataFrame({"experiment_id": "H1", "unit_id": ids[unit][met], "exposed": exposed, "arm": "programme"})
    assignments = pd.concat(draws, ignore_index=True)
    assignments["account_id"] = assignments["unit_id"]
    return {"assignments": assignments, "outcomes": pd.concat(results, ignore_index=True), "exposures": exposures}

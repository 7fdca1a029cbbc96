"""Northbeam's experiments: a guided set-up drawn by account, a form tested by a tool, and a claim."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxkit.simulate import book, proof
from cxkit.simulate.northbeam import story
from cxkit.simulate.northbeam.accounts import Accounts
from cxkit.simulate.northbeam.signals import Known
from cxkit.simulate.plan import typed
from cxkit.simulate.world import DAY


def experiments(rng: np.random.Generator, accounts: Accounts, known: Known) -> dict[str, pd.DataFrame]:
    """The tables ``assignments``, ``outcomes`` (users in accounts) and ``arm_totals`` (one tool, one claim)."""
    ids, true, keyring = accounts.ids, known.true, known.keyring
    users = keyring[(keyring["system"] == "telemetry")].drop_duplicates("person")
    account = true["account"].to_numpy()[users["person"].to_numpy()]
    there = book.active(accounts.started, accounts.ended, story.GUIDE_DAY)[account]
    unit, account = users["person_id"].to_numpy()[there], account[there]
    treated = proof.drawn(rng, len(ids), 0.5)
    pre, used = proof.clustered(
        rng, account, treated, base=story.GUIDE_BASE, effect=story.GUIDE_EFFECT, shared=story.GUIDE_SHARED, own=0.3
    )
    draws = proof.assignments("E1", unit, treated[account], np.full(len(unit), story.GUIDE_DAY), ("standard", "guided"))
    draws["account_id"] = draws["cluster_id"] = ids[account]
    eve, end = story.GUIDE_DAY - proof.EVE, story.GUIDE_DAY + 60 * DAY
    results = [
        proof.outcomes("E1", unit, "weekly_active", phase="pre", value=pre, measured=np.full(len(unit), eve)),
        proof.outcomes("E1", unit, "weekly_active", phase="post", value=used, measured=np.full(len(unit), end)),
    ]
    rows = [
        proof.totals("E2", arm, "sign_up", n=n, successes=int(rng.binomial(n, p)), measured="2026-08-31")
        for arm, (n, p) in story.TOOL.items()
    ]
    rows += [
        proof.totals("E3", "before", "renewed", n=148, successes=int(rng.binomial(148, 0.885)), measured="2025-12-31"),
        proof.totals("E3", "after", "renewed", n=161, successes=int(rng.binomial(161, 0.93)), measured="2026-06-30"),
    ]
    return {
        "assignments": draws,
        "outcomes": pd.concat(results, ignore_index=True),
        "arm_totals": typed("arm_totals", pd.DataFrame(rows)),
    }

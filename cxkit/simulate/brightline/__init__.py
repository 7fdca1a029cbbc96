"""Brightline Telecom: a consumer telecom that loses new homes before its retention figure can see them.

The story: since self-install kits came in, one new home in six leaves within 90 days, which gross retention
does not show. Repairs are promised for the next day and delivered in four; complaints have risen since July.
A welcome call cuts the early loss; an app has no goal, no owner and no proof.
"""

from __future__ import annotations

import numpy as np

from cxkit.simulate import proven
from cxkit.simulate.brightline import desks, experiments, ledger, money, signals, story, truth, words, workshop
from cxkit.simulate.brightline import homes as homes_
from cxkit.simulate.world import World


def draw(seed: int) -> World:
    """Draw Brightline's tables and truth from one seed."""
    streams = iter(np.random.default_rng(seed).spawn(16))
    homes = homes_.homes(next(streams))
    frames = {"accounts": homes_.accounts(next(streams), homes)}
    spells = homes_.spells(next(streams), homes)
    frames["subscriptions"] = homes_.subscriptions(spells, frames["accounts"])
    told, feeling, pull, desk = signals.leanings(next(streams), homes)
    asked = signals.asked(next(streams), homes, told, pull, desk)
    frames["tickets"] = signals.tickets(next(streams), asked, homes)
    frames |= signals.voices(next(streams), homes, asked, frames["tickets"], feeling)
    frames["events"] = signals.events(next(streams), homes, asked)
    frames |= experiments.experiments(next(streams), homes, told, asked)
    frames |= money.money(next(streams), homes, spells, asked)
    frames |= money.staffing(next(streams))
    frames["contact_volume"] = desks.volume(next(streams), frames["tickets"])
    frames |= workshop.sheets(story.HOURS)
    frames |= ledger.tests(next(streams), homes, frames)
    realised, history = ledger.history(next(streams))
    frames |= ledger.sheets(frames, realised)
    return World(
        client="brightline",
        name="Brightline Telecom",
        frames=frames,
        truth=truth.truths(frames, homes),
        as_of=story.AS_OF,
        extracted=story.EXTRACTED,
        timezone=story.ZONE,
        currency=story.CURRENCY,
        seed=seed,
        settings=workshop.SETTINGS,
        texts={
            "taxonomy.yml": words.FRAME,
            **history,
            "history/registrations.jsonl": proven.registrations(frames, story.AS_OF),
        },
    )

"""Northbeam Software: a B2B firm whose few large accounts decide its retention.

The story: five of some 420 accounts carry a quarter of revenue; one of them shrank in spring. People are known
five times over in five systems. A guided set-up, drawn by account, raises weekly use; an academy is claimed to
have worked because things were better afterwards.
"""

from __future__ import annotations

import numpy as np

from cxkit.simulate import people, proven
from cxkit.simulate.northbeam import accounts as accounts_
from cxkit.simulate.northbeam import experiments, ledger, money, signals, story, truth, workshop
from cxkit.simulate.world import World


def draw(seed: int) -> World:
    """Draw Northbeam's tables and truth from one seed."""
    streams = iter(np.random.default_rng(seed).spawn(20))
    accounts = accounts_.accounts(next(streams))
    spells = accounts_.spells(next(streams), accounts)
    frames = {"accounts": accounts.frame, "revenue": accounts_.revenue(next(streams), accounts, spells)}
    frames["fx"] = accounts_.rates(next(streams))
    known = signals.known(next(streams), accounts)
    frames["people"] = known.frame
    frames["identity_labels"] = people.labels(next(streams), known.keyring, known.true, 240)
    feeling = next(streams).normal(0, 0.6, len(accounts.ids))
    asked = signals.asked(next(streams), accounts, feeling)
    frames["tickets"] = signals.tickets(next(streams), accounts, asked, known)
    frames |= signals.voices(
        next(streams), accounts, asked, frames["tickets"], feeling=feeling, speakers=known.speakers("voc")
    )
    frames["events"] = signals.events(next(streams), accounts)
    frames |= experiments.experiments(next(streams), accounts, known)
    frames |= money.money(next(streams), accounts, frames["revenue"], asked, frames["fx"])
    frames |= workshop.sheets(story.HOURS)
    frames["accounts"] = accounts_.terms(next(streams), accounts)
    frames["surveys"] = signals.warned(next(streams), accounts, frames["surveys"])
    frames["people"] = signals.shared(next(streams), accounts, known)
    frames["ticket_log"] = signals.travelled(next(streams), frames["tickets"])
    frames |= ledger.tests(next(streams), frames)
    frames |= ledger.sheets(frames)
    return World(
        client="northbeam",
        name="Northbeam Software",
        frames=frames,
        truth=truth.truths(frames),
        hidden={"identity": known.keyring},
        as_of=story.AS_OF,
        extracted=story.EXTRACTED,
        timezone=story.ZONE,
        currency=story.CURRENCY,
        seed=seed,
        settings=workshop.SETTINGS,
        texts={
            "taxonomy.yml": story.FRAME,
            "history/registrations.jsonl": proven.registrations(frames, story.AS_OF),
        },
    )

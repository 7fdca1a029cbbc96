"""What Brightline's households ask, say and do."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxkit.simulate import book, names, proof, service, usage, voice
from cxkit.simulate.brightline import desks, story, traces, words
from cxkit.simulate.brightline.homes import Homes
from cxkit.simulate.clock import EVENING_HOURS, at_some_time
from cxkit.simulate.world import DAY, Array, blank, keys


def noticed(homes: Homes) -> Array:
    """Households in the test of outage notices."""
    there = np.isnat(homes.ended) | (homes.ended >= story.NOTICE_FROM)
    return np.asarray((homes.started < story.HELD_FROM) & there)


def leanings(rng: np.random.Generator, homes: Homes) -> tuple[Array, Array, Array, service.Desk]:
    """Who is sent notices, how each household feels, how often it asks, and who answers."""
    size = len(homes.ids)
    feeling = rng.normal(0, 0.7, size)
    pull = np.exp(-0.45 * feeling) * rng.gamma(1.3, 1 / 1.3, size)
    told = noticed(homes) & proof.drawn(rng, size, 0.5)
    teams = ("Onboarding", "Billing", "Field service", "Service desk", "Partner desk")
    people = names.agents(rng, 40)
    desk = service.Desk(
        hours=story.HOURS,
        agents={team: people[i * 8 : i * 8 + 8] for i, team in enumerate(teams)},
        timezone=story.ZONE,
        extracted=story.LATEST,
        channels={"phone": 0.52, "chat": 0.2, "web": 0.17, "mail": 0.11},
    )
    return told, feeling, pull, desk


def asked(rng: np.random.Generator, homes: Homes, told: Array, pull: Array, desk: service.Desk) -> pd.DataFrame:
    """All contacts, with positions instead of ids; notices make those who get them ask less."""
    since = (story.NOTICE_FROM.astype("datetime64[M]") <= story.MONTHS)[:, None]
    force = np.where(since & told[None, :], 1 + story.NOTICE_EFFECT, 1.0) * pull[None, :]
    taken = service.tickets(
        rng, story.REASONS, desk, started=homes.started, ended=homes.ended, months=story.MONTHS, pull=force
    )
    return desks.worked(rng.spawn(1)[0], taken)


def tickets(rng: np.random.Generator, asked: pd.DataFrame, homes: Homes) -> pd.DataFrame:
    """The table ``tickets``: one in eight without a customer, mostly on the phone."""
    lost = rng.random(len(asked)) < np.where(asked["channel"] == "phone", 0.19, 0.045)
    frame = asked.assign(
        ticket_id=keys("T", np.arange(1, len(asked) + 1), 6), account_id=blank(lost, homes.ids[asked["account"]])
    )
    frame["handovers"] = frame["handovers"].astype("Int64")
    lead = ["ticket_id", "account_id", "moment_id"]
    return frame[lead + [c for c in asked.columns if c not in {"account", *lead}]]


def voices(
    rng: np.random.Generator, homes: Homes, asked: pd.DataFrame, tickets: pd.DataFrame, feeling: Array
) -> dict[str, pd.DataFrame]:
    """The tables ``surveys``, ``invitations`` and ``codings``."""
    mood = voice.Mood(nps=8.25, csat=4.2)
    relation = voice.relationship(
        rng,
        feeling + np.array(story.SAYS)[homes.segment],
        started=homes.started,
        ended=homes.ended,
        months=story.MONTHS,
        per_month=520,
        drift={},
        mood=mood,
        response=0.21,
        timezone=story.ZONE,
        extracted=story.LATEST,
        favoured=homes.segment == 0,
        favoured_from=story.ASKED_BY_TEXT[0],
        weight=story.ASKED_BY_TEXT[1],
    )
    after = voice.after_tickets(rng, asked, mood, feeling, invited=0.55, response=0.24, extracted=story.LATEST)
    frames = voice.tables(
        rng,
        relation,
        after,
        homes.ids,
        tickets["ticket_id"].to_numpy(),
        said=story.SAID,
        praise=story.PRAISE,
        planted=(*voice.HOSTILE, f"Reference {story.CANARY}, please check"),
        relation_moment="M4",
        unknown=0.06,
        loop={"contacted": 0.58, "settled": 0.62, "hours": 40.0},
        extracted=story.LATEST,
        down=story.TOOL_DOWN,
    )
    reword, code = rng.spawn(2)
    frames["surveys"], meaning = words.reworded(reword, frames["surveys"])
    frames["codings"] = words.coded(code, frames["surveys"], meaning)
    return frames


def never(homes: Homes) -> Array:
    """Chance of each home that its service is never used."""
    return np.asarray(np.array([story.NEVER_USE[s] for s in story.SEGMENTS])[homes.segment])


def events(rng: np.random.Generator, homes: Homes, asked: pd.DataFrame) -> pd.DataFrame:
    """The table ``events``: new homes on their way to first use, offers to others, guides read, and flaws."""
    new = np.flatnonzero(homes.started >= story.BEGIN)
    way = usage.first_value(
        rng,
        homes.started[new],
        homes.ended[new],
        steps=("order_placed", "install_booked", "service_live", "first_use"),
        median_days=story.FIRST_USE_DAYS,
        never=never(homes)[new],
        late=story.LATE_USE,
        hours=EVENING_HOURS,
        timezone=story.ZONE,
        extracted=story.LATEST,
    )
    way["account"] = new[way["account"]]
    way["moment_id"], way["channel"], way["system"] = "M2", "app", "SYS4"
    size = len(homes.ids)
    day = np.datetime64("2025-01-01") + rng.integers(0, 672, size).astype("m8[D]")
    there = book.active(homes.started, homes.ended, story.LATEST) & (homes.started < day - 60 * DAY)
    chosen = np.flatnonzero(there & (rng.random(size) < 0.4))
    seen = at_some_time(rng, day[chosen], EVENING_HOURS, story.ZONE)
    names_ = ("offer_viewed", "offer_accepted")
    renew = usage.offers(rng, chosen, seen, events=names_, taken=story.OFFER_TAKEN, extracted=story.LATEST)
    renew["moment_id"], renew["channel"], renew["system"] = "M7", "web", "SYS4"
    aside = rng.spawn(2)
    frame = pd.concat([way, renew, traces.guides(aside[0], homes, asked)], ignore_index=True)
    frame = frame.sort_values(["at", "account", "event"], kind="stable").reset_index(drop=True)
    return traces.flawed(aside[1], traces.ids(homes, frame))

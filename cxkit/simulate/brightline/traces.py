"""Further events of Brightline: guides read before a contact, and names that break the standard."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxkit.simulate import book
from cxkit.simulate.brightline import story
from cxkit.simulate.brightline.homes import Homes
from cxkit.simulate.clock import EVENING_HOURS, at_some_time
from cxkit.simulate.world import DAY, keys

GUIDES, BEFORE_TICKET = 2_400, 0.25
"""Guides read, and the share of them after which the same home asked about the same moment within a week."""
READ_AT = {"M2": ("installation",), "M6": ("bill question",), "M4": ("plan change", "app or router")}


def guides(rng: np.random.Generator, homes: Homes, asked: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``events``: a guide read on the web or in the app, some of them shortly before a contact."""
    day = np.datetime64("2025-06-01") + rng.integers(0, 520, GUIDES) * DAY
    before = rng.random(GUIDES) < BEFORE_TICKET
    moments = np.array(list(READ_AT), dtype=object)[rng.integers(0, len(READ_AT), GUIDES)]
    who = rng.integers(0, len(homes.ids), GUIDES)
    at = at_some_time(rng, day, EVENING_HOURS, story.ZONE)
    for moment, reasons in READ_AT.items():
        mine = np.flatnonzero(before & (moments == moment))
        pool = asked[asked["reason"].isin(reasons) & (asked["opened"] >= pd.Timestamp("2025-06-01"))]
        picked = pool.iloc[rng.permutation(len(pool))[: len(mine)]]
        lag = np.round(rng.uniform(0.2, 120.0, len(picked)) * 3600).astype("int64").astype("timedelta64[s]")
        who[mine[: len(picked)]] = picked["account"].to_numpy()
        at[mine[: len(picked)]] = picked["opened"].to_numpy().astype("datetime64[us]") - lag
    there = np.array(
        [book.active(homes.started[[w]], homes.ended[[w]], d)[0] for w, d in zip(who, at.astype("M8[D]"), strict=True)]
    )
    frame = pd.DataFrame({"account": who, "at": at, "event": "guide_read", "moment_id": moments, "system": "SYS4"})
    frame["channel"] = np.where(rng.random(GUIDES) < 0.6, "web", "app").astype(object)
    return frame[there & (at <= story.LATEST.astype("M8[us]") + DAY)]


def flawed(rng: np.random.Generator, events: pd.DataFrame) -> pd.DataFrame:
    """The same events with flaws: two spellings, a typo, a retired name, one nobody declared, holes in columns."""
    events = events.copy()
    name, at = events["event"].to_numpy(dtype=object), events["at"]
    late = (at >= pd.Timestamp("2026-03-01")).to_numpy()
    twice = (name == "offer_viewed") & late & (rng.random(len(events)) < 0.08)
    typo = (name == "install_booked") & (rng.random(len(events)) < 0.012)
    retired = (name == "install_booked") & ~typo & (rng.random(len(events)) < 0.012)
    events["event"] = np.select([twice, typo, retired], ["OfferViewed", "instal_booked", "installation_booked"], name)
    events.loc[twice, "system"] = "web shop"
    events.loc[(name == "service_live") & (rng.random(len(events)) < 0.2), "channel"] = None
    banner = events[(name == "offer_viewed") & late].head(60).assign(event="clicked_banner_17", moment_id=None)
    hidden = (events["event"] == "guide_read").to_numpy() & (rng.random(len(events)) < 0.1)
    events.loc[hidden, "account_id"] = None
    again = events[(name == "install_booked")].iloc[::9].assign(at=lambda f: f["at"] + pd.Timedelta(hours=7))
    again = again[again["at"] <= pd.Timestamp(story.LATEST + DAY)]
    together = pd.concat([events, banner, again], ignore_index=True)
    return together.sort_values(["at", "session_id", "event"], kind="stable").reset_index(drop=True)


def ids(homes: Homes, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with ids instead of positions."""
    frame = frame.assign(account_id=homes.ids[frame["account"]], session_id=keys("V", frame["account"].to_numpy(), 6))
    return frame[["at", "event", "account_id", "moment_id", "session_id", "channel", "system"]]

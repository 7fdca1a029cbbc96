"""Brightline's households: when they came and went, what they paid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxkit.simulate import book, names, proof, voice
from cxkit.simulate.brightline import story
from cxkit.simulate.world import DAY, Array, blank, keys, weighted


@dataclass(frozen=True)
class Homes:
    """All households, one position each."""

    ids: Array
    started: Array
    ended: Array
    why: Array
    segment: Array
    called: Array
    """Drawn for the welcome call."""
    held: Array
    """Left out of the programme."""


def homes(rng: np.random.Generator) -> Homes:
    """Draw every household's start, end, and what decides between them."""
    season = np.array([0.95, 0.9, 1.0, 1.0, 1.05, 1.1, 1.15, 1.2, 1.1, 0.95, 0.9, 0.7])
    months = story.MONTHS
    per_month = rng.poisson(story.JOINS * season[months.astype("int64") % 12])
    per_month[-1] = round(per_month[-1] * 0.2)
    month = np.repeat(months, per_month).astype("datetime64[D]")
    joined = month + rng.integers(0, np.where(month == months[-1].astype("datetime64[D]"), 6, 28)).astype("m8[D]")
    age = -950 * np.log(1 - rng.random(story.BASE) * (1 - np.exp(-3100 / 950)))
    started = np.sort(np.concatenate([story.BEGIN - DAY * (1 + np.floor(age).astype("int64")), joined]))
    size = len(started)
    segment = weighted(rng, np.array([s[0] for s in story.SEGMENTS.values()]), size)
    settled = np.array([s[2] for s in story.SEGMENTS.values()])[segment] / 30.4375
    called = (started >= story.CALL_FROM) & (started <= story.CALL_TO) & proof.drawn(rng, size, 0.5)
    chance = np.where(started < story.TURN, story.EARLY_LOSS["before"], story.EARLY_LOSS["since"])
    chance = np.where(called, story.EARLY_LOSS["called"], chance)
    early = -np.log(1 - chance) / 90
    held = (started < story.HELD_FROM - 90 * DAY) & proof.drawn(rng, size, story.HELD_SHARE)
    seen_from = np.maximum(started, story.BEGIN)
    first = np.clip((started + 90 * DAY - seen_from).astype("int64"), 0, None).astype("float64")
    second = np.clip((story.HELD_FROM - seen_from).astype("int64") - first, 0, None)
    later = settled * np.where(held, story.HELD_HAZARD, 1.0)
    life = book.residual_life(rng, [(first, early), (second, settled), (np.full(size, np.inf), later)])
    ended = book.ends(seen_from, life, story.LATEST)
    soon = (ended - started).astype("int64") < 90
    reasons = {"price": 0.34, "service": 0.31, "moved": 0.2, "competitor": 0.15}
    early_reasons = {"installation": 0.44, "first bill": 0.31, "changed mind": 0.25}
    why = np.where(soon, voice.pick(rng, early_reasons, size), voice.pick(rng, reasons, size))
    return Homes(
        ids=keys("H", np.arange(1, size + 1)),
        started=started,
        ended=ended,
        why=blank(np.isnat(ended), why),
        segment=segment,
        called=called,
        held=held,
    )


def accounts(rng: np.random.Generator, homes: Homes) -> pd.DataFrame:
    """The table ``accounts``."""
    size = len(homes.ids)
    first, last = names.people(rng, size)
    title = np.array([f"{a} {b}" for a, b in zip(first, last, strict=True)], dtype=object)
    title[17], title[18] = "<img src=x onerror=alert(1)> Fenwillow", "=CMD Ambermere $1$"
    segment = np.array(list(story.SEGMENTS), dtype=object)[homes.segment]
    product = {"mobile": "Mobile Free", "home": "Home Fibre", "bundle": "Home and Mobile"}
    return pd.DataFrame(
        {
            "account_id": homes.ids,
            "account_name": title,
            "started": homes.started,
            "ended": homes.ended,
            "end_reason": homes.why,
            "segment": segment,
            "product": [product[s] for s in segment],
            "region": voice.pick(rng, {"North": 0.34, "Lakeside": 0.28, "Prairie": 0.22, "South": 0.16}, size),
            "business_unit": "Consumer",
        }
    )


def spells(rng: np.random.Generator, homes: Homes) -> pd.DataFrame:
    """Spells at one price: price rises each April, upgrades, and downgrades that follow the last rise."""
    size = len(homes.ids)
    listed = np.array([s[1] for s in story.SEGMENTS.values()])[homes.segment]
    price = np.round(listed * np.exp(rng.normal(0, 0.18, size)), 2)
    months = story.MONTHS[:-1]
    days = months.astype("datetime64[D]")
    after = np.where((months >= np.datetime64("2026-04")) & (months <= np.datetime64("2026-07")), 1.8, 1.0)
    rises = []
    for day, factor in (("2025-04-01", 1.03), ("2026-04-01", 1.045)):
        old = np.flatnonzero(homes.started < np.datetime64(day) - 365 * DAY)
        when = np.full(len(old), np.datetime64(day))
        rises.append(book.Changes(old, when, np.full(len(old), factor), np.full(len(old), "price rise", dtype=object)))
    up = book.moves(rng, size, days, rate=np.full(len(days), 0.0165), factor=1.22, reason="upgrade")
    down = book.moves(rng, size, days, rate=0.0052 * after, factor=0.80, reason="downgrade")
    changes = book.Changes.together([*rises, up, down])
    return book.spells(homes.started, homes.ended, homes.why, price, changes)


def subscriptions(spells: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """The table ``subscriptions``."""
    place = spells["account"].to_numpy()
    frame = spells.assign(
        subscription_id=keys("S", place),
        account_id=accounts["account_id"].to_numpy()[place],
        currency=story.CURRENCY,
        product=accounts["product"].to_numpy()[place],
    )
    return frame[["subscription_id", "account_id", "started", "ended", "end_reason", "mrr", "currency", "product"]]

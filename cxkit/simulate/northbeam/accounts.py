"""Northbeam's accounts and their recurring revenue in two currencies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxkit.simulate import book, costs, names, voice
from cxkit.simulate.northbeam import story
from cxkit.simulate.world import DAY, Array, blank, keys, month_end, weighted


@dataclass(frozen=True)
class Accounts:
    """All accounts, one position each."""

    frame: pd.DataFrame
    """The table ``accounts``."""
    ids: Array
    started: Array
    ended: Array
    currency: Array
    weight: Array
    """Recurring revenue a month each begins with, in its own currency."""


def accounts(rng: np.random.Generator) -> Accounts:
    """Draw every account; those who leave do so at a month's end."""
    joins = rng.poisson(story.JOINS, len(story.MONTHS))
    month = np.repeat(story.MONTHS, joins).astype("M8[D]")
    past = story.BEGIN - DAY * (30 + np.floor(rng.gamma(1.5, 700, story.BASE)).astype("int64"))
    started = np.sort(
        np.concatenate([np.maximum(past, np.datetime64("2014-05-01")), month + rng.integers(0, 27, len(month)) * DAY])
    )
    size = len(started)
    seen = np.maximum(started, story.BEGIN)
    first = np.clip((started + 90 * DAY - seen).astype("int64"), 0, None).astype("float64")
    weight = np.exp(rng.normal(np.log(1100), 0.75, size))
    large = rng.choice(np.flatnonzero(started < np.datetime64("2023-01-01")), story.LARGE, replace=False)
    weight[large] = rng.uniform(26_000, 48_000, story.LARGE)
    rate = np.full(size, story.HAZARD / 30.4375)
    rate[large] = 1e-9
    early = np.full(size, story.EARLY_HAZARD / 30.4375)
    life = book.residual_life(rng, [(first, early), (np.full(size, np.inf), rate)])
    ended = book.ends(seen, life, story.LATEST)
    ended = np.where(np.isnat(ended), ended, np.minimum(month_end(ended.astype("M8[M]")), story.LATEST))
    ended = np.where(ended >= story.LATEST, np.datetime64("NaT", "D"), ended)
    pound = rng.random(size) < 0.24
    pound[large] = np.arange(story.LARGE) == 1
    currency = np.where(pound, "GBP", "EUR").astype(object)
    company = names.companies(rng, currency)
    plain = np.flatnonzero(weight < 5_000)
    company[plain[3]], company[plain[4]] = "Quartz <script>alert(3)</script> GmbH", "=SUM(A1) Onyx & Söhne \u202e$x$"
    why = voice.pick(rng, {"price": 0.3, "insolvency": 0.15, "merged": 0.2, "competitor": 0.35}, size)
    ids = keys("A", np.arange(1, size + 1), 4)
    size_class = np.where(weight > 20_000, "enterprise", np.where(weight > 1500, "mid-market", "small"))
    continent = {"Germany": 0.6, "Benelux": 0.25, "France": 0.15}
    frame = pd.DataFrame(
        {
            "account_id": ids,
            "account_name": company,
            "started": started,
            "ended": ended,
            "end_reason": blank(np.isnat(ended), why),
            "segment": size_class.astype(object),
            "product": voice.pick(rng, {"Plan": 0.55, "Plan and Flow": 0.45}, size),
            "region": np.where(pound, "United Kingdom", voice.pick(rng, continent, size)),
            "business_unit": np.where(pound, "UK", "Continent").astype(object),
        }
    )
    return Accounts(frame, ids=ids, started=started, ended=ended, currency=currency, weight=weight)


def terms(rng: np.random.Generator, accounts: Accounts) -> pd.DataFrame:
    """The table ``accounts`` with terms: most run a year, and four leavers in five go at the end of one."""
    frame, size = accounts.frame.copy(), len(accounts.ids)
    months = np.array([12, 24, 36])[weighted(rng, np.array([0.85, 0.10, 0.05]), size)]
    phase = accounts.started.astype("M8[M]").astype("int64")
    at_term = ~np.isnat(accounts.ended) & (rng.random(size) < story.AT_TERM)
    last = np.where(np.isnat(accounts.ended), np.datetime64(story.AS_OF, "D"), accounts.ended).astype("M8[M]")
    phase = np.where(at_term, last.astype("int64"), phase)
    ahead = np.ceil((last.astype("int64") - phase + np.where(np.isnat(accounts.ended), 1, 0)) / months).astype("int64")
    end = month_end((phase + np.maximum(ahead, np.where(at_term, 0, 1)) * months).astype("M8[M]"))
    unknown = rng.random(size) < 0.03
    place = list(frame.columns).index("end_reason") + 1
    frame.insert(place, "renewal", pd.Series(np.where(unknown, np.datetime64("NaT", "D"), end)))
    frame.insert(place + 1, "term_months", pd.Series(months, dtype="Int64").mask(pd.Series(unknown)))
    return frame


def spells(rng: np.random.Generator, accounts: Accounts) -> pd.DataFrame:
    """Spells at one price: indexation each January, seats more and fewer, and one large account that shrank."""
    size, days = len(accounts.ids), story.MONTHS.astype("M8[D]")
    big = np.flatnonzero(accounts.weight > 20_000)[:1]
    downgrade = np.array(["downgrade"], dtype=object)
    parts = []
    for day in np.array(["2025-01-01", "2026-01-01"], dtype="M8[D]"):
        old = np.flatnonzero(accounts.started < day - 300 * DAY)
        why = np.full(len(old), "indexation", dtype=object)
        parts.append(book.Changes(old, np.full(len(old), day), np.full(len(old), 1.035), why))
    parts.append(book.Changes(big, np.array([story.SHRUNK_FROM]), np.array([story.SHRUNK]), downgrade))
    parts.append(book.moves(rng, size, days, rate=np.full(len(days), 0.016), factor=1.18, reason="more seats"))
    parts.append(book.moves(rng, size, days, rate=np.full(len(days), 0.009), factor=0.82, reason="fewer seats"))
    why = accounts.frame["end_reason"].to_numpy()
    changes = book.Changes.together(parts)
    return book.spells(accounts.started, accounts.ended, why, np.round(accounts.weight, 2), changes)


def volumes(accounts: Accounts, spells: pd.DataFrame) -> Array:
    """What each spell pays for, in thousands of records: it moves with every change but indexation."""
    place = spells["account"].to_numpy()
    before = np.append("", spells["end_reason"].to_numpy()[:-1])
    first = np.append(True, place[1:] != place[:-1])
    factor = {"more seats": 1.18, "fewer seats": 0.82, "downgrade": story.SHRUNK}
    step = np.where(first, 0.0, np.log([factor.get(str(why), 1.0) for why in before]))
    total = np.cumsum(step)
    level = total - (total[np.searchsorted(place, place)])
    return np.asarray(np.round(accounts.weight[place] / 11.0 * np.exp(level), 3))


def revenue(rng: np.random.Generator, accounts: Accounts, spells: pd.DataFrame) -> pd.DataFrame:
    """The table ``revenue``: account by month, some values corrected in November, some corrected long ago."""
    rows = book.monthly(spells, story.MONTHS)
    account, month = rows["account"].to_numpy(), rows["month"].to_numpy().astype("M8[M]")
    seats = volumes(accounts, spells)
    joined = accounts.started[account].astype("M8[M]") == month
    frame = pd.DataFrame(
        {
            "account_id": accounts.ids[account],
            "month": rows["month"],
            "mrr": rows["mrr"],
            "one_off": np.where(joined, np.round(rows["mrr"] * 1.5, 2), 0.0),
            "currency": accounts.currency[account],
            "product": accounts.frame["product"].to_numpy()[account],
            "units": book.monthly(spells.assign(mrr=seats), story.MONTHS)["mrr"].to_numpy(),
        }
    )
    late = rng.choice(np.flatnonzero(month == np.datetime64("2026-10")), 9, replace=False)
    early = rng.choice(np.flatnonzero(month == np.datetime64("2026-03")), 4, replace=False)
    frame = costs.restate(frame, np.isin(np.arange(len(frame)), late), "mrr", factor=0.9, day="2026-11-04")
    frame.loc[early, "restated"] = pd.Timestamp("2026-04-20")
    frame.loc[early, "restated_mrr"] = np.round(frame.loc[early, "mrr"].to_numpy() * 0.97, 2)
    return frame.sort_values(["month", "account_id"], kind="stable").reset_index(drop=True)


def rates(rng: np.random.Generator) -> pd.DataFrame:
    """The table ``fx``: euros for a pound, month by month."""
    first, drift, spread = story.POUND
    walk = first + np.cumsum(rng.normal(-drift, spread, len(story.MONTHS)))
    days = story.MONTHS.astype("M8[D]")
    return pd.DataFrame({"month": days, "from_currency": "GBP", "to_currency": "EUR", "rate": np.round(walk, 4)})

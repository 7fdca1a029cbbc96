"""The book: who is a customer from when to when, and at what recurring price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxkit.simulate.world import DAY, Array, blank, month_end

NEVER = np.datetime64("NaT", "D")


def residual_life(rng: np.random.Generator, stretches: Sequence[tuple[Array, Array]]) -> Array:
    """Days until the end under a hazard that is constant in each stretch.

    `stretches` are (length in days, hazard per day) per account, in order; the last may be infinitely long.
    Infinite where the account outlives them all.
    """
    left = rng.exponential(1.0, len(stretches[0][0]))
    passed = np.zeros(len(left))
    life = np.full(len(left), np.inf)
    for length, hazard in stretches:
        rate = np.maximum(hazard, 1e-12)
        ends = np.isinf(life) & (left < rate * length)
        life[ends] = (passed + left / rate)[ends]
        left = np.where(np.isinf(life), left - rate * np.where(np.isinf(length), 0, length), left)
        passed = passed + np.where(np.isinf(length), 0, length)
    return life


def ends(observed_from: Array, life: Array, extracted: np.datetime64) -> Array:
    """Last day as a customer, or NaT while that lies beyond the day of extraction."""
    whole = np.where(np.isfinite(life), np.minimum(life, 1e6), 1e6).astype("int64")
    last = observed_from + whole.astype("timedelta64[D]")
    return np.where(last > extracted, NEVER, last)


def active(started: Array, ended: Array, day: np.datetime64) -> Array:
    """Whether each was a customer at the close of `day`."""
    return (started <= day) & (np.isnat(ended) | (ended >= day))


@dataclass(frozen=True)
class Changes:
    """Price changes: which account, from which day, by which factor, and why."""

    account: Array
    day: Array
    factor: Array
    reason: Array

    @staticmethod
    def together(parts: Sequence[Changes]) -> Changes:
        """Several lists as one."""
        return Changes(
            np.concatenate([p.account for p in parts]),
            np.concatenate([p.day for p in parts]),
            np.concatenate([p.factor for p in parts]),
            np.concatenate([p.reason for p in parts]),
        )


def moves(
    rng: np.random.Generator,
    accounts: int,
    days: Array,
    *,
    rate: Array,
    factor: float,
    reason: str,
) -> Changes:
    """Changes that fall on random days, `rate` of all accounts in each of the months of `days`.

    `days` holds the first day of each month; whether the account was there on that day is settled by `spells`.
    """
    counts = rng.poisson(rate * accounts)
    month = np.repeat(np.arange(len(days)), counts)
    total = len(month)
    day = days[month] + rng.integers(0, 28, total).astype("timedelta64[D]")
    return Changes(rng.integers(0, accounts, total), day, np.full(total, factor), np.full(total, reason, dtype=object))


def spells(started: Array, ended: Array, end_reason: Array, mrr: Array, changes: Changes) -> pd.DataFrame:
    """One row per account and price: `account` (position), `started`, `ended`, `end_reason`, `mrr`.

    Changes outside an account's life, and a second change on one day, do not happen.
    """
    inside = (changes.day > started[changes.account] + 6 * DAY) & ~(changes.day > ended[changes.account])
    account = np.concatenate([np.arange(len(started)), changes.account[inside]])
    day = np.concatenate([started, changes.day[inside]])
    step = np.concatenate([np.log(mrr), np.log(changes.factor[inside])])
    reason = np.concatenate([np.full(len(started), "", dtype=object), changes.reason[inside]])
    order = np.lexsort((np.arange(len(day)), day, account))
    account, day, step, reason = account[order], day[order], step[order], reason[order]
    fresh = np.ones(len(day), dtype=bool)
    fresh[1:] = (account[1:] != account[:-1]) | (day[1:] != day[:-1])
    account, day, step, reason = account[fresh], day[fresh], step[fresh], reason[fresh]
    first = np.searchsorted(account, np.arange(len(started)))
    total = np.cumsum(step)
    level = total - (total[first] - step[first])[account]
    last = np.append(account[1:] != account[:-1], True)
    until = np.where(last, ended[account], np.append(day[1:], NEVER) - DAY)
    why = np.where(last, end_reason[account], np.append(reason[1:], ""))
    why = blank(np.isnat(until), why)
    return pd.DataFrame(
        {"account": account, "started": day, "ended": until, "end_reason": why, "mrr": np.round(np.exp(level), 2)}
    )


def monthly(book: pd.DataFrame, months: Array) -> pd.DataFrame:
    """Recurring revenue in force at the close of each month: `account`, `month`, `mrr`."""
    started, ended = (book[c].to_numpy().astype("datetime64[D]") for c in ("started", "ended"))
    rows = []
    for month, close in zip(months, month_end(months), strict=True):
        live = np.flatnonzero(active(started, ended, close))
        rows.append(pd.DataFrame({"account": book["account"].to_numpy()[live], "mrr": book["mrr"].to_numpy()[live]}))
        rows[-1]["month"] = month.astype("datetime64[D]")
    return pd.concat(rows, ignore_index=True)[["account", "month", "mrr"]]


def earned(book: pd.DataFrame, months: Array) -> Array:
    """Revenue earned in each month, spells counted to the day."""
    started, ended = (book[c].to_numpy().astype("datetime64[D]") for c in ("started", "ended"))
    totals = []
    for month, close in zip(months, month_end(months), strict=True):
        begin = month.astype("datetime64[D]")
        until = np.where(np.isnat(ended), close, np.minimum(ended, close))
        days = (until - np.maximum(started, begin)).astype("int64") + 1
        share = np.clip(days, 0, None) / ((close - begin).astype("int64") + 1)
        totals.append(float((share * book["mrr"].to_numpy()).sum()))
    return np.array(totals)

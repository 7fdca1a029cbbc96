"""Tickets: when customers ask, about what, how often they must ask again, and how long it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cxkit.simulate.clock import SHOP_HOURS, OpenHours, at_some_time, weekday
from cxkit.simulate.world import DAY, Array, lognormal, month_end, weighted

MINUTE = np.timedelta64(60, "s")
BOUNCE_MINUTES = 8.0
"""Minutes of work that going to and fro adds."""


@dataclass(frozen=True)
class Second:
    """Another team that works on part of one reason's contacts, drawn at random."""

    team: str
    share: float
    longer: float = 1.0
    """Times the usual minutes of open hours until settled."""
    handle: float = 1.0
    """Times the usual minutes of work."""
    settles: float = 0.0
    """Added to the chance that one contact settles it."""


@dataclass(frozen=True)
class Reason:
    """Why customers ask, and what happens then."""

    name: str
    moment: str
    rate: float
    """Fresh contacts per active customer and month (per new customer, for `early`)."""
    settled: float
    """Chance that one contact settles it."""
    work: float
    """Mean minutes of open hours until it is settled, pauses apart."""
    handle: float
    """Mean minutes of work."""
    complaint: float = 0.05
    team: str = "Service desk"
    early: bool = False
    """Only in the first 60 days of a customer."""
    first: tuple[float, ...] = ()
    """Multipliers of `rate` by calendar month, January first."""
    by_month: Mapping[str, float] = field(default_factory=dict)
    """Multipliers of `rate` in single months, ``2026-08``."""
    worse: Mapping[str, float] = field(default_factory=dict)
    """Chance of a complaint in single months."""
    sigma: float = 0.9
    bounced: tuple[float, float] = (0.0, 1.0)
    """Share of tickets that go to and fro between two teams, and how many times longer they take."""
    second: Second | None = None


@dataclass(frozen=True)
class Desk:
    """How the service organisation works."""

    hours: OpenHours
    agents: Mapping[str, list[str]]
    timezone: str
    extracted: np.datetime64
    channels: Mapping[str, float]
    contact_hours: Array = field(default_factory=lambda: SHOP_HOURS)
    sunday: float = 0.4
    """Share of Sunday's contacts that come on Sunday rather than on Monday."""


def fresh(
    rng: np.random.Generator,
    reason: Reason,
    desk: Desk,
    *,
    started: Array,
    ended: Array,
    months: Array,
    pull: Array,
) -> tuple[Array, Array]:
    """Account and local day of each first contact about one reason; `pull` is months × accounts or accounts."""
    accounts, days = [], []
    until = np.where(np.isnat(ended), desk.extracted, np.minimum(ended, desk.extracted))
    if reason.early:
        until = np.minimum(until, started + 59 * DAY)
    for place, (month, close) in enumerate(zip(months, month_end(months), strict=True)):
        begin = np.maximum(started, month.astype("datetime64[D]"))
        stay = (np.minimum(until, close) - begin).astype("int64") + 1
        weights = np.clip(stay, 0, None) / 30.4 * (pull[place] if pull.ndim == 2 else pull)
        rate = reason.rate * reason.by_month.get(str(month), 1.0)
        if reason.first:
            rate *= reason.first[int(month.astype("int64") % 12)]
        count = rng.poisson(rate * weights.sum()) if weights.sum() > 0 else 0
        if count:
            who = weighted(rng, weights, count)
            accounts.append(who)
            day = begin[who] + np.floor(rng.random(count) * stay[who]).astype("int64").astype("timedelta64[D]")
            later = (weekday(day) == 7) & (rng.random(count) > desk.sunday)
            days.append(np.where(later & (day + DAY <= np.minimum(until, close)[who]), day + DAY, day))
    if not accounts:
        return np.empty(0, dtype="int64"), np.empty(0, dtype="datetime64[D]")
    return np.concatenate(accounts), np.concatenate(days)


def tickets(
    rng: np.random.Generator,
    reasons: tuple[Reason, ...],
    desk: Desk,
    *,
    started: Array,
    ended: Array,
    months: Array,
    pull: Array,
) -> pd.DataFrame:
    """All tickets of a client: `account` (position) beside the contract's columns, in order of opening.

    A contact that settles nothing is followed by another within six days; only a customer who stays asks again.
    """
    parts = []
    for reason in reasons:
        account, day = fresh(rng, reason, desk, started=started, ended=ended, months=months, pull=pull)
        opened = at_some_time(rng, day, desk.contact_hours, desk.timezone)
        for _ in range(3):
            parts.append(_handled(rng, reason, desk, account, opened))
            again = rng.random(len(account)) > _settles(reason, parts[-1]["team"].to_numpy())
            account = account[again]
            wait = rng.uniform(0.7, 6.0, len(account))
            whole = opened[again].astype("datetime64[D]") + np.ceil(wait).astype("int64").astype("timedelta64[D]")
            opened = at_some_time(rng, whole, desk.contact_hours, desk.timezone)
            there = (np.isnat(ended[account]) | (whole <= ended[account])) & (whole <= desk.extracted)
            account, opened = account[there], opened[there]
    frame = pd.concat(parts, ignore_index=True)
    frame = frame[frame["opened"].to_numpy().astype("datetime64[D]") <= desk.extracted]
    return frame.sort_values(["opened", "account", "reason"], kind="stable").reset_index(drop=True)


def _handled(rng: np.random.Generator, reason: Reason, desk: Desk, account: Array, opened: Array) -> pd.DataFrame:
    size = len(account)
    month = opened.astype("datetime64[M]").astype(str)
    work = lognormal(rng, reason.work, reason.sigma, size)
    share, longer = reason.bounced
    aside = rng.spawn(1)[0]
    bounced = aside.random(size) < share
    work = np.where(bounced, work * longer, work)
    other = reason.second or Second(reason.team, 0.0)
    elsewhere = aside.random(size) < other.share
    work = np.where(elsewhere, work * other.longer, work)
    paused = np.where(rng.random(size) < 0.2, np.round(lognormal(rng, 420.0, 0.8, size)), 0.0)
    first = desk.hours.after(opened, work * rng.uniform(0.02, 0.35, size))
    resolved = desk.hours.after(opened, work + paused)
    closed = resolved + (rng.integers(24, 96, size) * 60) * MINUTE
    back = rng.random(size) < 0.05
    reopened = resolved + (rng.integers(300, 6000, size)) * MINUTE
    now = desk.extracted.astype("datetime64[us]") + np.timedelta64(17, "h")
    names, others = (np.array(desk.agents[t], dtype=object) for t in (reason.team, other.team))
    picked = rng.integers(0, len(names), size)
    minutes = reason.handle * np.where(elsewhere, other.handle, 1.0) + np.where(bounced, BOUNCE_MINUTES, 0.0)
    chance = np.array([reason.worse.get(m, reason.complaint) for m in month], dtype="float64")
    done = resolved <= now
    nat = np.datetime64("NaT", "us")
    channels = np.array(list(desk.channels), dtype=object)
    return pd.DataFrame(
        {
            "account": account,
            "moment_id": reason.moment,
            "opened": opened,
            "first_response": np.where(first <= now, first, nat),
            "resolved": np.where(done, resolved, nat),
            "closed": np.where(closed <= now, closed, nat),
            "reopened": np.where(back & (reopened <= now), reopened, nat),
            "paused_minutes": np.where(done, paused, np.nan),
            "handle_minutes": np.where(done, np.round(lognormal(rng, minutes, 0.55, size), 1), np.nan),
            "channel": channels[weighted(rng, np.array(list(desk.channels.values())), size)],
            "reason": reason.name,
            "complaint": rng.random(size) < chance,
            "priority": np.array(["normal", "high"], dtype=object)[(rng.random(size) < 0.15).astype("int64")],
            "team": np.where(elsewhere, other.team, reason.team).astype(object),
            "agent": np.where(elsewhere, others[picked % len(others)], names[picked]),
            "handovers": np.where(done, _handovers(rng, bounced, share), np.nan),
        }
    )


def _settles(reason: Reason, team: Array) -> Array:
    """Chance that each contact settles it, by the team that took it."""
    more = reason.second.settles if reason.second else 0.0
    return np.where(team == (reason.second.team if reason.second else ""), reason.settled + more, reason.settled)


def _handovers(rng: np.random.Generator, bounced: Array, share: float) -> Array:
    """Changes of team: four where a ticket goes to and fro, at most two elsewhere where that is planted."""
    usual = rng.poisson(0.35, len(bounced))
    return np.where(bounced, 4, np.minimum(usual, 2)) if share else usual

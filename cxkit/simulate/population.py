"""A plain client of any size whose truth is known exactly: every account is an independent draw.

Months are whole (who leaves, leaves on a month's last day), so neighbouring conventions agree and the underlying
rates follow from the parameters by arithmetic (`cxkit.simulate.expected`). Made for coverage benchmarks with thousands
of seeds, and in chunks for a million accounts; the sample clients are the realistic ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from cxkit.simulate import voice
from cxkit.simulate.world import DAY, Array, blank, keys, lognormal, month_end, weighted

SECOND = np.timedelta64(1, "s")


@dataclass(frozen=True)
class Segment:
    """A kind of customer."""

    name: str
    share: float
    mrr: float
    """Mean recurring revenue a month of a new customer."""
    leave: float
    """Chance of leaving at a month's end, once settled in."""


@dataclass(frozen=True)
class Spec:
    """Parameters of a client; the defaults are those of the coverage benchmarks."""

    accounts: int = 300
    months: int = 25
    """Months of data up to `as_of`; the last twelve are the window, so at least 14."""
    as_of: date = date(2026, 10, 31)
    timezone: str = "UTC"
    currency: str = "EUR"
    segments: tuple[Segment, ...] = (Segment("small", 0.7, 40.0, 0.014), Segment("large", 0.3, 140.0, 0.008))
    spread: float = 0.6
    """Sigma of the logarithm of recurring revenue inside a segment."""
    old: float = 0.6
    """Share of accounts that were there before the data begin; the others join evenly over the months."""
    leave_early: float = 0.05
    """Chance of leaving at the end of each of the first three months."""
    up: tuple[float, float] = (0.015, 1.2)
    down: tuple[float, float] = (0.010, 0.8)
    """Chance a month that the price changes, and by which factor."""
    cost: float = 6.0
    cost_noise: float = 0.06
    """Cost to serve an account for a month, and sigma of the months' noise."""
    contact: float = 0.22
    contact_spread: float = 6.0
    """Chance that an account asks about something in two months; precision of its beta distribution over accounts."""
    again: float = 0.25
    """Chance that a contact settles nothing and is followed by another within 6.5 days, twice at most."""
    complaint: float = 0.15
    slow: float = 0.06
    """Share of tickets that take 5 to 20 days; the others are exponential, four days at most."""
    settle_hours: float = 14.0
    sla_hours: float = 24.0
    paused: float = 0.2
    """Share of tickets with a pause on the clock."""
    handle: tuple[float, float] = (12.0, 0.6)
    """Mean minutes of work, and sigma of their logarithm."""
    unknown: float = 0.0
    """Share of tickets without a customer."""
    answers: float = 0.12
    """Chance that an account answers a relationship survey in a month; `after_contact` for a ticket."""
    after_contact: float = 0.35
    nps: tuple[float, float, float] = (7.9, 0.9, 1.9)
    csat: tuple[float, float, float] = (3.9, 0.4, 1.0)
    ces: tuple[float, float, float] = (5.2, 0.5, 1.4)
    """Mean of the latent score, spread between accounts, spread within."""
    value_days: float = 5.5
    value_never: float = 0.08
    """Scale of the Weibull (shape 1.3) days to first value, and the share that never gets there."""
    value_hour: int = 6
    """First value comes whole days after joining, the Weibull rounded up, and so many hours."""
    convert: float = 0.31
    effect_binary: tuple[float, float] = (0.20, -0.04)
    effect_mean: tuple[float, float] = (3.0, -0.20)
    effect_holdout: tuple[float, float] = (0.16, -0.04)
    effect_cluster: tuple[float, float] = (0.44, 0.05)
    """Level of the control arm, and what treatment adds."""
    holdout: float = 0.10
    cluster_size: int = 4

    @property
    def grid(self) -> Array:
        """The months of data."""
        last = np.datetime64(self.as_of, "M")
        return np.arange(last - self.months + 1, last + 1)

    @property
    def opening(self) -> int:
        """Position of the month before the window."""
        return self.months - 13


def frames(rng: np.random.Generator, spec: Spec, count: int, offset: int = 0) -> dict[str, pd.DataFrame]:
    """Tables that hold rows of accounts, for `count` accounts numbered from `offset` + 1."""
    grid = spec.grid
    ids = keys("A", np.arange(offset + 1, offset + count + 1), 7)
    start, paid, segment = _lives(rng, spec, count)
    last = start + paid - 1
    month = np.arange(spec.months)
    there = (start[:, None] <= month) & (month <= last[:, None])
    day = np.where(start < 0, -rng.integers(30, 1500, count), rng.integers(0, 25, count)) * DAY
    started = grid[np.maximum(start, 0)].astype("M8[D]") + day
    close = month_end(grid)
    ended = np.where(last < spec.months, close[np.minimum(last, spec.months - 1)], np.datetime64("NaT", "D"))
    names = np.array([s.name for s in spec.segments], dtype=object)[segment]
    made = {
        "accounts": pd.DataFrame(
            {"account_id": ids, "started": started, "ended": ended, "segment": names, "business_unit": "all"}
        ),
        "revenue": _revenue(rng, spec, there, start=start, segment=segment, ids=ids),
    }
    asked, opened, resolved = _tickets(rng, spec, there)
    made["tickets"] = _ticket_frame(rng, spec, asked, opened=opened, settled=resolved, ids=ids, offset=offset)
    made["surveys"] = _surveys(
        rng, spec, there, tickets=made["tickets"], asked=asked, resolved=resolved, ids=ids, offset=offset
    )
    made["events"] = _events(rng, spec, start, started=started, ended=ended, there=there, ids=ids)
    return made


def _lives(rng: np.random.Generator, spec: Spec, count: int) -> tuple[Array, Array, Array]:
    """First month (−1 for those there before), months paid from month 0 on, and segment."""
    segment = weighted(rng, np.array([s.share for s in spec.segments]), count)
    old = rng.random(count) < spec.old
    start = np.where(old, -1, rng.integers(0, spec.months, count))
    later = rng.geometric(np.array([s.leave for s in spec.segments])[segment])
    early = rng.geometric(spec.leave_early, count)
    paid = np.where(old, 1 + later, np.where(early <= 3, early, 3 + later))
    return start, paid, segment


def _revenue(
    rng: np.random.Generator, spec: Spec, there: Array, *, start: Array, segment: Array, ids: Array
) -> pd.DataFrame:
    base = lognormal(rng, np.array([s.mrr for s in spec.segments])[segment], spec.spread, len(ids))
    draw = rng.random(there.shape)
    step = np.where(draw < spec.up[0], np.log(spec.up[1]), np.where(draw > 1 - spec.down[0], np.log(spec.down[1]), 0.0))
    step[np.arange(spec.months) <= np.maximum(start, 0)[:, None]] = 0.0
    account, month = np.nonzero(there)
    mrr = np.round(base[account] * np.exp(np.cumsum(step, axis=1)[account, month]), 2)
    return pd.DataFrame({"account_id": ids[account], "month": spec.grid.astype("M8[D]")[month], "mrr": mrr})


def _tickets(rng: np.random.Generator, spec: Spec, there: Array) -> tuple[Array, Array, Array]:
    """Account, opening and settling (elapsed time with pauses) of each ticket, in no order."""
    count = there.shape[0]
    a = spec.contact * spec.contact_spread
    rate = rng.beta(a, spec.contact_spread - a, count)
    turn = (np.arange(spec.months) + rng.integers(0, 2, count)[:, None]) % 2 == 0
    account, month = np.nonzero(there & turn & (rng.random(there.shape) < rate[:, None]))
    opened = spec.grid[month].astype("M8[s]") + np.floor(rng.random(len(account)) * 10 * 86400).astype("int64") * SECOND
    parts = [(account, opened)]
    for _ in range(2):
        follow = rng.random(len(account)) < spec.again
        account = account[follow]
        opened = opened[follow] + np.round(rng.uniform(0.5, 6.5, len(account)) * 86400).astype("int64") * SECOND
        parts.append((account, opened))
    account = np.concatenate([p[0] for p in parts])
    opened = np.concatenate([p[1] for p in parts])
    size = len(account)
    hours = np.minimum(rng.exponential(spec.settle_hours, size), 96.0)
    hours = np.where(rng.random(size) < spec.slow, rng.uniform(120, 480, size), hours)
    return account, opened, opened + np.round(hours * 3600).astype("int64") * SECOND


def _ticket_frame(
    rng: np.random.Generator, spec: Spec, account: Array, *, opened: Array, settled: Array, ids: Array, offset: int
) -> pd.DataFrame:
    size = len(account)
    paused = np.where(rng.random(size) < spec.paused, np.round(rng.exponential(300, size)), 0.0)
    resolved = settled + (paused * 60).astype("int64") * SECOND
    known = ids[account]
    if spec.unknown:
        known = blank(rng.random(size) < spec.unknown, known)
    number = np.arange(size) + 1 + offset * spec.months
    return pd.DataFrame(
        {
            "ticket_id": keys("T", number, 9),
            "account_id": known,
            "moment_id": "help",
            "opened": opened,
            "resolved": resolved,
            "paused_minutes": paused,
            "handle_minutes": np.round(lognormal(rng, spec.handle[0], spec.handle[1], size), 2),
            "reason": "question",
            "complaint": rng.random(size) < spec.complaint,
        }
    )


def _surveys(
    rng: np.random.Generator,
    spec: Spec,
    there: Array,
    *,
    tickets: pd.DataFrame,
    asked: Array,
    resolved: Array,
    ids: Array,
    offset: int,
) -> pd.DataFrame:
    own = rng.normal(0, 1, len(ids))

    def given(latent: tuple[float, float, float], who: Array, low: int, high: int) -> Array:
        mean, between, within = latent
        return voice.score(mean + between * own[who] + rng.normal(0, within, len(who)), low, high)

    account, month = np.nonzero(there & (rng.random(there.shape) < spec.answers))
    when = spec.grid[month].astype("M8[s]") + rng.integers(0, 27 * 86400, len(account)) * SECOND
    spoke = np.flatnonzero(rng.random(len(asked)) < spec.after_contact)
    after, then = asked[spoke], resolved[spoke] + 7200 * SECOND
    response = np.arange(len(account) + len(spoke)) + 1 + offset * spec.months * 2
    names = keys("R", response, 9)
    first, second = names[: len(account)], names[len(account) :]
    blank = np.full(len(account), None, dtype=object)
    ticket = tickets["ticket_id"].to_numpy(dtype=object)[spoke]
    return pd.DataFrame(
        {
            "response_id": np.concatenate([first, second, second]),
            "metric": np.repeat(np.array(["nps", "csat", "ces"], dtype=object), [len(account), len(after), len(after)]),
            "score": np.concatenate(
                [given(spec.nps, account, 0, 10), given(spec.csat, after, 1, 5), given(spec.ces, after, 1, 7)]
            ),
            "answered": np.concatenate([when, then, then]),
            "account_id": ids[np.concatenate([account, after, after])],
            "moment_id": np.concatenate(
                [np.full(len(account), "use", dtype=object), np.full(2 * len(after), "help", dtype=object)]
            ),
            "ticket_id": np.concatenate([blank, ticket, ticket]),
        }
    )


def _events(
    rng: np.random.Generator, spec: Spec, start: Array, *, started: Array, ended: Array, there: Array, ids: Array
) -> pd.DataFrame:
    new = np.flatnonzero(start >= 0)
    days = np.ceil(spec.value_days * rng.weibull(1.3, len(new))).astype("int64")
    began = started[new].astype("M8[s]") + 9 * 3600 * SECOND
    reached = (rng.random(len(new)) >= spec.value_never) & (days < 400)
    reached &= ~(started[new] + days * DAY > ended[new])
    month = rng.integers(0, spec.months, len(ids))
    seen = np.flatnonzero(there[np.arange(len(ids)), month])
    offer = spec.grid[month[seen]].astype("M8[s]") + rng.integers(0, 27 * 86400, len(seen)) * SECOND
    yes = rng.random(len(seen)) < spec.convert
    taken = offer[yes] + rng.integers(600, 3 * 86400, int(yes.sum())) * SECOND
    at = np.concatenate([began, began[reached] + days[reached] * DAY + spec.value_hour * 3600 * SECOND, offer, taken])
    count = [len(new), int(reached.sum()), len(seen), int(yes.sum())]
    return pd.DataFrame(
        {
            "at": at,
            "event": np.repeat(np.array(["joined", "first_use", "offer_viewed", "offer_taken"], dtype=object), count),
            "account_id": ids[np.concatenate([new, new[reached], seen, seen[yes]])],
            "moment_id": np.repeat(np.array(["join", "join", "renew", "renew"], dtype=object), count),
        }
    )

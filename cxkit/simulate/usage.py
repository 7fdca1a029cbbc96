"""What customers do: events on the way to first value, offers taken up, orders."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from cxkit.simulate.clock import at_some_time
from cxkit.simulate.world import DAY, Array, month_end, weighted


def first_value(
    rng: np.random.Generator,
    begun: Array,
    ended: Array,
    *,
    steps: tuple[str, ...],
    median_days: Array | float,
    never: Array | float,
    hours: Array,
    timezone: str,
    extracted: np.datetime64,
    late: tuple[float, float] = (0.0, 1.0),
) -> pd.DataFrame:
    """Events from the first step to the last for each account: `account`, `at`, `event`.

    Days to the last step are Weibull with shape 1.3 around `median_days` among those who get there; `never` do
    not; the share `late` takes so many times longer. A customer who left, or a day not yet come, ends the way early.
    """
    size = len(begun)
    scale = median_days / np.log(2) ** (1 / 1.3)
    days = np.where(rng.random(size) < never, np.inf, scale * rng.weibull(1.3, size))
    days = np.where(rng.spawn(1)[0].random(size) < late[0], days * late[1], days)
    opened = at_some_time(rng, begun, hours, timezone)
    parts = [pd.DataFrame({"account": np.arange(size), "at": opened, "event": steps[0]})]
    share = np.sort(rng.random((size, max(len(steps) - 2, 0))), axis=1) * 0.9
    for place, step in enumerate(steps[1:]):
        wait = days if place == len(steps) - 2 else days * share[:, place]
        came = np.isfinite(wait)
        lag = np.round(np.where(came, wait, 0) * 86400).astype("int64").astype("timedelta64[s]")
        at = opened + lag
        came &= (at <= extracted + DAY) & (np.isnat(ended) | (at.astype("datetime64[D]") <= ended))
        parts.append(pd.DataFrame({"account": np.flatnonzero(came), "at": at[came], "event": step}))
    return pd.concat(parts, ignore_index=True)


def median_with_never(median_days: float, never: float) -> float:
    """Median days when a share never gets there: where 1 − S(t) reaches one half.

    >>> median_with_never(5.0, 0.0)
    5.0
    """
    scale = median_days / np.log(2) ** (1 / 1.3)
    return float(np.round(scale * (-np.log(1 - 0.5 / (1 - never))) ** (1 / 1.3), 12))


def median_of(median_days: float, never: Array, late: tuple[float, float] = (0.0, 1.0)) -> float:
    """Median days of customers of whom each has a chance of never getting there, and some take longer.

    >>> median_of(5.0, np.zeros(3)), median_of(5.0, np.full(3, 0.1)) == median_with_never(5.0, 0.1)
    (5.0, True)
    """
    scale = median_days / np.log(2) ** (1 / 1.3)

    def waiting(days: float) -> float:
        soon, long = (np.exp(-((days / (scale * times)) ** 1.3)) for times in (1.0, late[1]))
        return float((never + (1 - never) * ((1 - late[0]) * soon + late[0] * long)).mean()) - 0.5

    return float(np.round(brentq(waiting, 1e-6, 1e4, xtol=1e-13), 12))


def offers(
    rng: np.random.Generator,
    account: Array,
    seen: Array,
    *,
    events: tuple[str, str],
    taken: float,
    extracted: np.datetime64,
) -> pd.DataFrame:
    """An offer seen, and for a share `taken` of them accepted within three days."""
    size = len(account)
    yes = rng.random(size) < taken
    at = seen + rng.integers(60, 3 * 86400, size).astype("timedelta64[s]")
    yes &= at <= extracted + DAY
    return pd.concat(
        [
            pd.DataFrame({"account": account, "at": seen, "event": events[0]}),
            pd.DataFrame({"account": account[yes], "at": at[yes], "event": events[1]}),
        ],
        ignore_index=True,
    )


def orders(
    rng: np.random.Generator,
    started: Array,
    gone: Array,
    months: Array,
    *,
    rate: Array,
    season: tuple[float, ...],
    hours: Array,
    timezone: str,
    extracted: np.datetime64,
) -> pd.DataFrame:
    """Orders of customers without a contract: `account`, `ordered`.

    `rate` is orders per customer and month while the customer is about (to `gone`); the first order is on the
    day the customer started.
    """
    accounts, days = [np.arange(len(started))], [started]
    until = np.where(np.isnat(gone), extracted, np.minimum(gone, extracted))
    for month, close in zip(months, month_end(months), strict=True):
        begin = np.maximum(started + DAY, month.astype("datetime64[D]"))
        stay = np.clip((np.minimum(until, close) - begin).astype("int64") + 1, 0, None)
        weights = stay / 30.4 * rate * season[int(month.astype("int64") % 12)]
        count = rng.poisson(weights.sum())
        if count:
            who = weighted(rng, weights, count)
            accounts.append(who)
            days.append(begin[who] + np.floor(rng.random(count) * stay[who]).astype("int64").astype("timedelta64[D]"))
    account, day = np.concatenate(accounts), np.concatenate(days)
    frame = pd.DataFrame({"account": account, "ordered": at_some_time(rng, day, hours, timezone)})
    frame = frame[(day <= extracted) & (day >= months[0].astype("datetime64[D]"))]
    return frame.sort_values(["ordered", "account"], kind="stable").reset_index(drop=True)

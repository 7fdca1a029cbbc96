"""Time as a client lives it: local hours, business calendars, and back to naive UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cxkit.simulate.world import Array

SHOP_HOURS = np.array([0, 0, 0, 0, 0, 0, 1, 3, 8, 10, 11, 10, 8, 8, 9, 9, 9, 8, 6, 4, 2, 1, 0.3, 0.1])
"""How contacts spread over the local hours of a day."""
EVENING_HOURS = np.array([1, 0.4, 0.2, 0.1, 0.1, 0.3, 1, 2, 3, 4, 5, 5, 6, 5, 5, 5, 6, 7, 9, 10, 10, 8, 5, 2])
"""How use at home spreads over the local hours of a day."""


def to_utc(local: Array, timezone: str) -> Array:
    """Naive local time to naive UTC; the hour that occurs twice counts as summer time."""
    index = pd.DatetimeIndex(local.astype("datetime64[us]"))
    zoned = index.tz_localize(timezone, ambiguous=np.ones(len(index), dtype=bool), nonexistent="shift_forward")
    return np.asarray(zoned.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[us]"))


def at_some_time(rng: np.random.Generator, days: Array, hours: Array, timezone: str) -> Array:
    """A moment on each local day, hours in proportion to `hours`, to the second, in naive UTC."""
    share = np.cumsum(hours) / np.sum(hours)
    hour = np.searchsorted(share, rng.random(len(days)), side="right")
    seconds = hour * 3600 + rng.integers(0, 3600, len(days))
    return to_utc(days.astype("datetime64[us]") + seconds.astype("timedelta64[s]"), timezone)


def weekday(days: Array) -> Array:
    """1 Monday to 7 Sunday.

    >>> weekday(np.array(["2026-11-01"], dtype="datetime64[D]")).tolist()
    [7]
    """
    return np.asarray((days.astype("datetime64[D]").astype("int64") + 3) % 7 + 1)


class OpenHours:
    """A business calendar that counts open minutes between moments and finds the moment after so many."""

    def __init__(
        self,
        hours: Mapping[int, tuple[int, int]],
        *,
        timezone: str,
        first: str,
        last: str,
        holidays: Sequence[str] = (),
    ) -> None:
        """`hours` maps weekdays (1 Monday) to whole local hours of opening and closing."""
        self.hours, self.holidays = dict(hours), tuple(holidays)
        self.edges = np.arange(np.datetime64(first, "h"), np.datetime64(last, "h") + 1)
        local = pd.DatetimeIndex(self.edges[:-1].astype("datetime64[us]")).tz_localize("UTC").tz_convert(timezone)
        days = local.tz_localize(None).to_numpy().astype("datetime64[D]")
        opens = np.array([self.hours.get(d, (0, 0))[0] for d in range(8)])[weekday(days)]
        closes = np.array([self.hours.get(d, (0, 0))[1] for d in range(8)])[weekday(days)]
        open_ = (local.hour >= opens) & (local.hour < closes)
        open_ &= ~np.isin(days, np.array(self.holidays, dtype="datetime64[D]"))
        self.minutes = np.concatenate([[0.0], np.cumsum(open_ * 60.0)])

    def _position(self, moments: Array) -> Array:
        passed = (moments.astype("datetime64[us]") - self.edges[0].astype("datetime64[us]")) / np.timedelta64(1, "m")
        return np.interp(passed, np.arange(len(self.edges)) * 60.0, self.minutes)

    def after(self, moments: Array, minutes: Array) -> Array:
        """The moment at which so many open minutes have passed since each moment."""
        goal = self._position(moments) + np.maximum(minutes, 1e-6)
        edge = np.clip(np.searchsorted(self.minutes, goal, side="left"), 1, len(self.edges) - 1)
        rest = ((goal - self.minutes[edge - 1]) * 60).round().astype("int64").astype("timedelta64[s]")
        return np.asarray(np.maximum(self.edges[edge - 1].astype("datetime64[us]") + rest, moments))

    def between(self, earlier: Array, later: Array) -> Array:
        """Open minutes between each pair of moments."""
        return np.asarray(self._position(later) - self._position(earlier))

    def rows(self, calendar: str) -> pd.DataFrame:
        """The calendar as rows of the ``calendars`` sheet."""
        days: list[dict[str, object]] = [
            {"calendar": calendar, "weekday": d, "opens": float(a), "closes": float(b), "holiday": None}
            for d, (a, b) in sorted(self.hours.items())
        ]
        closed: list[dict[str, object]] = [
            {"calendar": calendar, "weekday": None, "opens": None, "closes": None, "holiday": h}
            for h in sorted(self.holidays)
        ]
        frame = pd.DataFrame(days + closed)
        frame["holiday"] = pd.to_datetime(frame["holiday"]).dt.date
        frame["weekday"] = frame["weekday"].astype("Int64")
        return frame

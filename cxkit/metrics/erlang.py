"""Erlang B and C: how many agents answer how many calls how soon.

A queue with Poisson arrivals, exponential handling, equal agents and callers who wait until they are answered
(M/M/c; Erlang 1917). The load is in erlang: calls an hour × hours each. Erlang B runs by its recursion, B(0) = 1,
B(n) = A·B(n−1) ÷ (n + A·B(n−1)) (Jagerman 1974), which neither overflows nor cancels at any load; Erlang C follows from
it as B ÷ (1 − A/n·(1 − B)). Every function takes numbers or arrays and returns an array. Callers who hang up make
the true wait shorter; arrivals that come in waves make it longer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
MOST = 10_000_000
"""Agents at which the search for enough of them gives up."""


def _recursion(load: Array) -> Iterator[tuple[int, Array]]:
    """Erlang B of every load with 0, 1, 2, … agents."""
    blocked, agents = np.ones_like(load), 0
    while True:
        yield agents, blocked
        agents += 1
        busy = load * blocked
        blocked = busy / (agents + busy)


def blocking(load: npt.ArrayLike, agents: npt.ArrayLike) -> Array:
    """Erlang B: share of calls that find every agent busy when nobody queues.

    >>> float(blocking(10.0, 14).round(4))
    0.0568
    """
    a, n = np.broadcast_arrays(np.asarray(load, dtype=float), np.asarray(agents, dtype=int))
    _check(a, n)
    found = np.ones(a.shape)
    for count, blocked in _recursion(a):
        found = np.where(n == count, blocked, found)
        if count >= n.max(initial=0):
            return found
    raise AssertionError("the recursion has no end")  # pragma: no cover


def waiting(load: npt.ArrayLike, agents: npt.ArrayLike) -> Array:
    """Erlang C: share of calls that must wait; 1 where there are no more agents than load.

    >>> float(waiting(10.0, 14).round(4)), float(waiting(10.0, 10))
    (0.1741, 1.0)
    """
    a, n = np.broadcast_arrays(np.asarray(load, dtype=float), np.asarray(agents, dtype=int))
    return _queued(a, n, blocking(a, n))


def _queued(load: Array, agents: Any, blocked: Array) -> Array:
    busy = load / np.maximum(agents, 1)
    some = np.where(busy < 1, blocked / np.where(busy < 1, 1 - busy * (1 - blocked), 1.0), 1.0)
    return np.where(load > 0, np.where(np.asarray(agents) > load, some, 1.0), 0.0)


def service_level(load: npt.ArrayLike, agents: npt.ArrayLike, *, answer: float, handle: npt.ArrayLike) -> Array:
    """Share of calls answered within `answer`, in the unit of time of `handle` (mean handling time).

    >>> float(service_level(10.0, 14, answer=20, handle=180).round(4))
    0.8884
    """
    a, n, h = np.broadcast_arrays(
        np.asarray(load, dtype=float), np.asarray(agents, dtype=int), np.asarray(handle, dtype=float)
    )
    return _in_time(a, n, waiting(a, n), answer, h)


def _in_time(load: Array, agents: Any, queued: Array, answer: float, handle: Array) -> Array:
    spare = np.maximum(agents - load, 0.0)
    late = queued * np.exp(-spare * answer / np.where(handle > 0, handle, 1.0))
    return np.where((np.asarray(agents) > load) | (load == 0), 1 - late, 0.0)


def answer_time(load: npt.ArrayLike, agents: npt.ArrayLike, *, handle: npt.ArrayLike) -> Array:
    """Mean time until a call is answered, over all calls, in the unit of `handle`; infinite where agents never suffice.

    >>> float(answer_time(10.0, 14, handle=180).round(1))
    7.8
    """
    a, n, h = np.broadcast_arrays(
        np.asarray(load, dtype=float), np.asarray(agents, dtype=int), np.asarray(handle, dtype=float)
    )
    spare = n - a
    found = waiting(a, n) * h / np.where(spare > 0, spare, 1.0)
    return np.where(a == 0, 0.0, np.where(spare > 0, found, np.inf))


def occupancy(load: npt.ArrayLike, agents: npt.ArrayLike) -> Array:
    """Share of the agents' time spent on calls; at most 1.

    >>> float(occupancy(10.0, 14).round(3))
    0.714
    """
    a, n = np.asarray(load, dtype=float), np.asarray(agents, dtype=float)
    return np.minimum(1.0, a / np.where(n > 0, n, 1.0)) * (n > 0)


def agents_needed(
    load: npt.ArrayLike,
    *,
    handle: npt.ArrayLike,
    answer: float,
    level: float,
    occupancy_cap: float = 1.0,
    whole: bool = True,
) -> Array:
    """The fewest agents that answer at least `level` of the calls within `answer` and are busy at most `occupancy_cap`.

    None are needed where there is no load. With `whole` false the last agent counts by the part of his step in service
    level that is needed, so that small changes of the load show. All loads are searched in one run of the recursion.
    Raises `ValueError` for a negative load, a level outside 0 to 1 (1 is never reached) or a cap outside 0 to 1.

    >>> agents_needed([0.0, 10.0, 10.0], handle=180, answer=20, level=0.8).tolist()
    [0.0, 14.0, 14.0]
    >>> agents_needed([10.0, 10.5], handle=180, answer=20, level=0.8, whole=False).round(2).tolist()
    [13.05, 13.65]
    """
    if not 0 <= level < 1 or not 0 < occupancy_cap <= 1:
        raise ValueError(
            f"a service level of {level} or an occupancy of {occupancy_cap} cannot be planned for; give shares"
        )
    a, h = np.broadcast_arrays(np.asarray(load, dtype=float), np.asarray(handle, dtype=float))
    _check(a, np.zeros(1, dtype=int))
    needed, before = np.where(a > 0, np.nan, 0.0), np.zeros(a.shape)
    for count, blocked in _recursion(a):
        kept = _in_time(a, count, _queued(a, count, blocked), answer, h)
        step = np.maximum(kept - before, np.finfo(float).tiny)
        part = 1.0 if whole else np.clip((level - before) / step, 0.0, 1.0)
        enough = np.isnan(needed) & (count > a) & (kept >= level)
        needed = np.where(enough, count - 1 + part, needed)
        if not np.isnan(needed).any():
            busy = a / occupancy_cap
            return np.maximum(needed, np.ceil(busy * (1 - 1e-12)) if whole else busy)
        if count >= MOST:
            raise ValueError(f"more than {MOST:,} agents would be needed")
        before = kept
    raise AssertionError("the recursion has no end")  # pragma: no cover


def _check(load: Array, agents: Any) -> None:
    if not np.isfinite(load).all() or (load < 0).any() or (np.asarray(agents) < 0).any():
        raise ValueError("a load in erlang and a number of agents are finite and not below zero")

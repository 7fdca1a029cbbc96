"""Each customer of a journey in one row: when each step was reached, in order and in time.

The log is read twice, whatever the number of steps: once for who ever entered and what they ever did, once for what
those who count did in their days, which is far less and from which the steps are followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pandas as pd

from cxkit.metrics.clock import DAY, HOUR, instant
from cxkit.metrics.windows import Window
from cxkit.tables.cut import end_of_day, text_literal
from cxkit.tables.engine import Tables

PEOPLE = "cxkit_funnel_people"
EVER = "cxkit_funnel_ever"
INSIDE = "cxkit_funnel_inside"
ACCOUNT = {"segment": "segment", "region": "region", "business_unit": "business unit"}


def span(tables: Tables, window: Window, within_days: int) -> tuple[int, int]:
    """Instants between which a customer must enter: inside the window, with the whole of their time before `as_of`."""
    now = instant(end_of_day(tables.as_of, tables.timezone))
    start = instant(end_of_day(window.first - timedelta(days=1), tables.timezone))
    return start, min(now - within_days * DAY, instant(end_of_day(window.final_day, tables.timezone)))


def _steps(events: Sequence[str], key: str, carried: str = "") -> str:
    """SQL of the events of a journey: who, k (place of the event among the distinct ones), t."""
    names = list(dict.fromkeys(events))
    places = " ".join(f"WHEN {text_literal(e)} THEN {i}" for i, e in enumerate(names))
    listed = ", ".join(text_literal(e) for e in names)
    return (
        f'SELECT {key} AS who, CASE event {places} END AS k, epoch_us("at") AS t{carried} FROM events '
        f"WHERE {key} IS NOT NULL AND event IN ({listed})"
    )


def ever_sql(events: Sequence[str], key: str, *, channel: bool) -> str:
    """SQL of one row per customer who ever entered: who, t0 (first entry), h0, h1 … (1: ever had that event).

    With `channel`, the one through which the journey was entered; ``several`` where there were several.
    """
    names = list(dict.fromkeys(events))
    parts = [f"max((k = {i})::INT) AS h{i}" for i in range(len(names))]
    carried = ""
    if channel:
        by = "CASE WHEN k = 0 THEN channel END"
        parts.append(f"CASE WHEN min({by}) = max({by}) THEN min({by}) WHEN min({by}) < max({by}) THEN 'several' END")
        parts[-1] += " AS channel"
        carried = ", channel"
    return f"""
    SELECT * FROM (
      SELECT who, min(CASE WHEN k = 0 THEN t END) AS t0, {", ".join(parts)} FROM ({_steps(events, key, carried)}) e
      GROUP BY who
    ) g WHERE t0 IS NOT NULL
    """


def inside_sql(events: Sequence[str], key: str, bounds: tuple[int, int], within_days: int) -> str:
    """SQL of what those who entered between two instants did in their days, but for entering: who, k (event), t."""
    return f"""
    SELECT e.who, e.k, e.t FROM ({_steps(events, key)}) e JOIN {EVER} v ON v.who = e.who
    WHERE v.t0 >= {bounds[0]} AND v.t0 <= {bounds[1]} AND e.t >= v.t0 AND e.t <= v.t0 + {within_days * DAY}
      AND NOT (e.k = 0 AND e.t = v.t0)
    """


def people_sql(events: Sequence[str], bounds: tuple[int, int], *, channel: bool) -> str:
    """SQL of one row per customer who entered between two instants: who, t0, t1 … (missing: not reached).

    Each step comes at the same instant or later than the one before (later, when its event stood before).
    """
    names = list(dict.fromkeys(events))
    carried = ", channel" if channel else ""
    parts = [f"s0 AS (SELECT who, t0{carried} FROM {EVER} WHERE t0 >= {bounds[0]} AND t0 <= {bounds[1]})"]
    for k, event in enumerate(events[1:], 1):
        after = ">" if event in events[:k] else ">="
        parts.append(
            f"d{k} AS (SELECT s.who, min(m.t) AS t{k} FROM s{k - 1} s JOIN {INSIDE} m ON m.who = s.who "
            f"WHERE m.k = {names.index(event)} AND m.t {after} s.t{k - 1} GROUP BY s.who), "
            f"s{k} AS (SELECT s.*, d.t{k} FROM s{k - 1} s LEFT JOIN d{k} d ON d.who = s.who)"
        )
    return f"WITH {', '.join(parts)} SELECT * FROM s{len(events) - 1}"


def dimensions(tables: Tables, key: str) -> dict[str, str]:
    """What customers can be sorted by: column → words."""
    known = {c: w for c, w in ACCOUNT.items() if key == "account_id" and c in tables.supplied("accounts")}
    return known | ({"channel": "channel"} if "channel" in tables.supplied("events") else {})


@contextmanager
def entered(
    tables: Tables, events: Sequence[str], key: str, bounds: tuple[int, int], within_days: int
) -> Iterator[None]:
    """Hold all with an event of the journey (`EVER`) and those who entered (`PEOPLE`) in the engine for a while."""
    known = [c for c in dimensions(tables, key) if c != "channel"]
    channel = "channel" in tables.supplied("events")
    people = people_sql(events, bounds, channel=channel)
    if known:
        read = "".join(f", min({c}) AS {c}" for c in known)
        named = "".join(f", a.{c}" for c in known)
        people = (
            f"SELECT p.*{named} FROM ({people}) p "
            f"LEFT JOIN (SELECT account_id{read} FROM accounts GROUP BY 1) a ON a.account_id = p.who"
        )
    with tables.held(EVER, ever_sql(events, key, channel=channel)):  # noqa: SIM117  each is made from the one before
        with tables.held(INSIDE, inside_sql(events, key, bounds, within_days)), tables.held(PEOPLE, people):
            yield


def counted(tables: Tables, events: Sequence[str]) -> pd.DataFrame:
    """Per step: step (from 0), customers, ever (had the first event and this one, ever), repeated, skipped, at_once."""
    names = list(dict.fromkeys(events))
    told = ", ".join(f"sum(h{i})::BIGINT AS h{i}" for i in range(len(names)))
    ever = tables.frame(f"SELECT {told} FROM {EVER}").iloc[0]
    again = tables.frame(f"""
        SELECT k, count(*) AS n FROM (
          SELECT who, k FROM {INSIDE} GROUP BY who, k HAVING k = 0 OR min(t) < max(t)) r GROUP BY k ORDER BY k""")
    repeated = {int(k): int(n) for k, n in zip(again["k"], again["n"], strict=True)}
    reached = ", ".join(f"count(t{k}) AS c{k}" for k in range(len(events)))
    same = ", ".join(f"count(CASE WHEN t{k} = t{k - 1} THEN 1 END) AS a{k}" for k in range(1, len(events)))
    people = tables.frame(f"SELECT {reached}, {same} FROM {PEOPLE}").iloc[0]
    rows = []
    for k, event in enumerate(events):
        p = names.index(event)
        skipped = 0
        if k > 1:
            found = tables.frame(
                f"SELECT count(DISTINCT m.who) AS n FROM {INSIDE} m JOIN {PEOPLE} q ON q.who = m.who "
                f"WHERE m.k = {p} AND q.t{k - 1} IS NULL"
            )
            skipped = int(found["n"].iloc[0])
        done = 0 if pd.isna(ever[f"h{p}"]) else int(ever[f"h{p}"])
        rows.append(
            {"step": k, "customers": int(people[f"c{k}"]), "ever": done, "repeated": repeated.get(p, 0)}
            | {"skipped": skipped, "at_once": int(people[f"a{k}"]) if k else 0}
        )
    return pd.DataFrame(rows)


def risks(tables: Tables, step: int, within_days: int) -> pd.DataFrame:
    """Hours from one step to the next, rounded up: time, events, censored (their days were over before)."""
    end = f"coalesce(t{step}, t0 + {within_days * DAY})"
    return tables.frame(f"""
        SELECT ceil(({end} - t{step - 1}) / {HOUR})::BIGINT AS time, count(t{step}) AS events,
          count(*) - count(t{step}) AS censored
        FROM {PEOPLE} WHERE t{step - 1} IS NOT NULL GROUP BY 1 ORDER BY 1""")

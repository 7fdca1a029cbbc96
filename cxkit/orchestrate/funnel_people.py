"""Each customer of a journey in one row: when each step was reached, in order and in time.

The log is read once into one row per customer with the first and the last time of every event. Where the first time of
a step lies after the step before, that is the step; where the last one lies before it, there is none. Only for
customers whose event lies on both sides is the log read again.
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
ACCOUNT = {"segment": "segment", "region": "region", "business_unit": "business unit"}


def span(tables: Tables, window: Window, within_days: int) -> tuple[int, int]:
    """Instants between which a customer must enter: inside the window, with the whole of their time before `as_of`."""
    now = instant(end_of_day(tables.as_of, tables.timezone))
    start = instant(end_of_day(window.first - timedelta(days=1), tables.timezone))
    return start, min(now - within_days * DAY, instant(end_of_day(window.final_day, tables.timezone)))


def ever_sql(events: Sequence[str], key: str, *, channel: bool) -> str:
    """SQL of one row per customer with any of the events: who, and per distinct event its first and last time.

    With `channel`, the one through which the journey was entered; ``several`` where there were several.
    """
    names = list(dict.fromkeys(events))
    parts = [
        f"{least}(CASE WHEN event = {text_literal(e)} THEN t END) AS {short}{i}"
        for i, e in enumerate(names)
        for least, short in (("min", "f"), ("max", "l"))
    ]
    carried = ""
    if channel:
        by = f"CASE WHEN event = {text_literal(names[0])} THEN channel END"
        parts.append(f"CASE WHEN min({by}) = max({by}) THEN min({by}) WHEN min({by}) < max({by}) THEN 'several' END")
        parts[-1] += " AS channel"
        carried = ", channel"
    listed = ", ".join(text_literal(e) for e in names)
    return f"""
    SELECT who, {", ".join(parts)} FROM (
      SELECT {key} AS who, event, epoch_us("at") AS t{carried} FROM events
      WHERE {key} IS NOT NULL AND event IN ({listed})
    ) e GROUP BY who
    """


def people_sql(events: Sequence[str], key: str, bounds: tuple[int, int], within_days: int) -> str:
    """SQL of one row per customer who entered between two instants, from `EVER`, with t0, t1 … (missing: not reached).

    Each step comes at the same instant or later than the one before (later, when its event stood before), within the
    days from entering.
    """
    names = list(dict.fromkeys(events))
    limit = within_days * DAY
    parts = [f"s0 AS (SELECT *, f0 AS t0 FROM {EVER} WHERE f0 >= {bounds[0]} AND f0 <= {bounds[1]})"]
    for k, event in enumerate(events[1:], 1):
        p = names.index(event)
        least = f"t{k - 1} + 1" if event in events[:k] else f"t{k - 1}"
        parts.append(
            f"""d{k} AS (
          SELECT q.who, min(e.t) AS later FROM s{k - 1} q JOIN (SELECT {key} AS who, epoch_us("at") AS t FROM events
            WHERE event = {text_literal(event)} AND {key} IS NOT NULL) e
          ON e.who = q.who WHERE q.f{p} < q.{least} AND q.l{p} >= q.{least} AND e.t >= q.{least} GROUP BY q.who
        ),
        x{k} AS (
          SELECT s.*, CASE WHEN s.f{p} >= s.{least} THEN s.f{p} WHEN s.l{p} >= s.{least} THEN d.later END AS x{k}
          FROM s{k - 1} s LEFT JOIN d{k} d ON d.who = s.who
        ),
        s{k} AS (SELECT *, CASE WHEN x{k} <= t0 + {limit} THEN x{k} END AS t{k} FROM x{k})"""
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
    people = people_sql(events, key, bounds, within_days)
    if known:
        read = "".join(f", min({c}) AS {c}" for c in known)
        named = "".join(f", a.{c}" for c in known)
        people = (
            f"SELECT p.*{named} FROM ({people}) p "
            f"LEFT JOIN (SELECT account_id{read} FROM accounts GROUP BY 1) a ON a.account_id = p.who"
        )
    ever = ever_sql(events, key, channel="channel" in tables.supplied("events"))
    with tables.held(EVER, ever), tables.held(PEOPLE, people):
        yield


def counted(tables: Tables, events: Sequence[str], within_days: int) -> pd.DataFrame:
    """Per step: step (from 0), customers, ever (had the first event and this one, ever), repeated, skipped, at_once."""
    names = list(dict.fromkeys(events))
    found = []
    for k, event in enumerate(events):
        p, until = names.index(event), f"t0 + {within_days * DAY}"
        inside = f"((f{p} >= t0 AND f{p} <= {until}) OR (l{p} >= t0 AND l{p} <= {until}))"
        skipped = f"sum((t{k - 1} IS NULL AND coalesce({inside}, false))::INT)" if k else "0"
        at_once = f"sum(coalesce(t{k} = t{k - 1}, false)::INT)" if k else "0"
        found.append(
            f"SELECT {k} AS step, count(t{k}) AS customers, "
            f"(SELECT count(*) FROM {EVER} WHERE f0 IS NOT NULL AND f{p} IS NOT NULL) AS ever, "
            f"coalesce(sum(coalesce(l{p} > f{p}, false)::INT), 0)::BIGINT AS repeated, "
            f"coalesce({skipped}, 0)::BIGINT AS skipped, coalesce({at_once}, 0)::BIGINT AS at_once FROM {PEOPLE}"
        )
    return tables.frame(f"{' UNION ALL '.join(found)} ORDER BY step")


def risks(tables: Tables, step: int, within_days: int) -> pd.DataFrame:
    """Hours from one step to the next, rounded up: time, events, censored (their days were over before)."""
    end = f"coalesce(t{step}, t0 + {within_days * DAY})"
    return tables.frame(f"""
        SELECT ceil(({end} - t{step - 1}) / {HOUR})::BIGINT AS time, count(t{step}) AS events,
          count(*) - count(t{step}) AS censored
        FROM {PEOPLE} WHERE t{step - 1} IS NOT NULL GROUP BY 1 ORDER BY 1""")

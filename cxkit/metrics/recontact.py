"""First-contact resolution and recontact, over tickets whose whole window has passed.

A ticket is *recontacted* within k days when the same account opens a later ticket for the same reason (where reasons
are recorded) no later than k days after it was settled — also while it is still open — or when it is reopened within
those days. Judged are tickets settled inside the analysis window whose k days end by `as_of`; first-contact
resolution is the share of them without a recontact. A ticket without an account cannot be followed: it is left out, and
the figure is bounded by counting all of them once as solved and once as recontacted.

Who came back (`IDENTITIES`: the account, the person as the desk's system knows them, the person joined across systems,
or nobody: reopening alone) and on what (`GROUPINGS`: anything, the same reason, moment or product, or a family of
reasons) can be chosen otherwise. Over the same tickets first-contact resolution can only fall with a longer window, a
coarser grouping and a joined identity; each window judges the tickets that it can, so a longer one leaves
out the newest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType

import numpy as np
import pandas as pd

from cxkit.metrics import clock
from cxkit.metrics.clustering import share_intervals
from cxkit.metrics.service import GROUPS, settled
from cxkit.metrics.windows import Window
from cxkit.tables.cut import end_of_day, text_literal
from cxkit.tables.engine import Tables

ALL = {"all": "''"}
WINDOWS = (1, 3, 7, 14, 30)
"""Days; the customary windows, all made in one pass."""
GROUPINGS: Mapping[str, str] = MappingProxyType(
    {
        "any": "any contact",
        "family": "the same family of reasons",
        "reason": "the same reason",
        "moment": "the same moment",
        "product": "the same product",
    }
)
"""What a further contact must share with the first to count as coming back on it."""
IDENTITIES: Mapping[str, str] = MappingProxyType(
    {
        "account": "the customer's account",
        "person": "the person, as one system knows them",
        "entity": "the person, joined across systems",
        "reopened": "reopening alone",
    }
)
"""Who must come back; for `entity` the engine holds a relation of ``person_id`` and ``entity``, for a while."""


def _day_start(tables: Tables, window: Window) -> int:
    return clock.instant(end_of_day(window.first - timedelta(days=1), tables.timezone))


def groupings(tables: Tables, *, families: bool = False) -> list[str]:
    """The groupings for which tickets have what they need; families of reasons where they are given."""
    supplied = tables.supplied("tickets")
    needs = {"reason": "reason", "moment": "moment_id", "product": "product"}
    known = [g for g in GROUPINGS if g == "any" or needs.get(g) in supplied]
    return sorted([*known, *(["family"] if families and "reason" in supplied else [])], key=list(GROUPINGS).index)


def _issue(tables: Tables, grouping: str, families: Mapping[str, str] | None) -> str:
    supplied = tables.supplied("tickets")
    column = {"reason": "reason", "family": "reason", "moment": "moment_id", "product": "product"}.get(grouping)
    if grouping not in GROUPINGS:
        raise KeyError(f"'{grouping}' is not one of {', '.join(GROUPINGS)}")
    if column is None or column not in supplied:
        return "''"
    known = f"coalesce(t.{column}, '')"
    if grouping != "family" or not families:
        return known
    cases = " ".join(f"WHEN {text_literal(r)} THEN {text_literal(f)}" for r, f in sorted(families.items()))
    return f"CASE {known} {cases} ELSE {known} END"


def _who(tables: Tables, identity: str, entities: str) -> tuple[str, str]:
    """SQL of the key that is followed, and of the join it takes."""
    if identity == "account":
        return "t.account_id", ""
    if identity == "person":
        return "t.person_id", ""
    if identity == "entity":
        own = "CASE WHEN t.person_id IS NOT NULL THEN 'p:' || t.person_id END"
        return f"coalesce('e:' || k.entity, {own})", f"LEFT JOIN {entities} k ON k.person_id = t.person_id"
    if identity == "reopened":
        own = "'t:' || t.ticket_id"
        return f"coalesce('a:' || t.account_id, {own})" if "account_id" in tables.supplied("tickets") else own, ""
    raise KeyError(f"'{identity}' is not one of {', '.join(IDENTITIES)}")


def _followed(
    tables: Tables,
    window: Window,
    columns: Sequence[str],
    *,
    grouping: str = "reason",
    identity: str = "account",
    families: Mapping[str, str] | None = None,
    entities: str = "",
) -> str:
    """SQL: settled tickets with the microseconds from settling to the next contact on the same issue."""
    who, join = _who(tables, identity, entities)
    reopened = (
        f"CASE WHEN t.reopened >= {settled(tables)} THEN epoch_us(t.reopened) END"
        if "reopened" in tables.supplied("tickets")
        else "NULL::BIGINT"
    )
    kept = "".join(f", {c}" for c in columns)
    following = "min(o) OVER (PARTITION BY who, issue ORDER BY o RANGE BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)"
    return f"""
    WITH keyed AS (
      SELECT {who} AS who, {_issue(tables, grouping, families)} AS issue, epoch_us(t.opened) AS o,
        epoch_us({settled(tables)}) AS r, {reopened} AS back{"".join(f", t.{c}" for c in columns)}
      FROM tickets t {join} WHERE {who} IS NOT NULL
    ),
    followed AS (
      SELECT who, r, back, {"NULL::BIGINT" if identity == "reopened" else following} AS next{kept}
      FROM keyed
    )
    SELECT who, r, least(next - r, back - r) AS gap{kept} FROM followed WHERE r >= {_day_start(tables, window)}
    """


def recontacts(
    tables: Tables,
    window: Window,
    days: Sequence[int] = WINDOWS,
    *,
    by: Mapping[str, str] = MappingProxyType(ALL),
    grouping: str = "reason",
    identity: str = "account",
    families: Mapping[str, str] | None = None,
    entities: str = "",
) -> pd.DataFrame:
    """Recontact and first-contact resolution for several windows, in one pass over the tickets.

    Needs tickets with ``account_id`` and ``resolved`` or ``closed``; ``person_id`` to follow persons, and for joined
    ones `entities`, the name of a relation in the engine with one row per ``person_id`` and its ``entity``. `by` maps a
    dimension's name to a column of tickets (or ``''`` for all of them); `families` maps reasons to their family, for
    that grouping. A grouping whose column was not supplied is that of any contact. One row per dimension, group and
    window: dimension, group, window_days, n (tickets judged), clusters (accounts, or whoever is followed), recontacted,
    recontact, fcr, fcr_low, fcr_high, cohort_days (length of the time in which they were settled). Below 30 tickets or
    10 clusters no interval.
    """
    now, start = clock.instant(end_of_day(tables.as_of, tables.timezone)), _day_start(tables, window)
    last = clock.instant(end_of_day(window.final_day, tables.timezone))
    ends = {k: min(now - k * clock.DAY, last) for k in sorted(set(days))}
    columns = sorted({sql for name, sql in by.items() if name != "all"})
    chosen = {"grouping": grouping, "identity": identity, "families": families, "entities": entities}
    wide = tables.frame(_counted(_followed(tables, window, columns, **chosen), by, ends))  # type: ignore[arg-type]
    return _judged(wide, tuple(by), ends, start)


def _counted(followed: str, by: Mapping[str, str], ends: Mapping[int, int]) -> str:
    """SQL: sums over clusters for every dimension, group and window, the largest groups of each dimension first."""
    due = {k: f"r <= {end}" for k, end in ends.items()}
    first = ", ".join(
        f"sum(({d})::INT) AS n{k}, sum(({d} AND coalesce(gap <= {k * clock.DAY}, false))::INT) AS x{k}"
        for k, d in due.items()
    )
    second = ", ".join(
        f"sum(n{k})::BIGINT AS n{k}, sum(x{k})::BIGINT AS x{k}, sum((n{k} > 0)::INT)::BIGINT AS c{k}, "
        f"sum((n{k} - x{k}) * (n{k} - x{k}))::DOUBLE AS xx{k}, sum((n{k} - x{k}) * n{k})::DOUBLE AS xn{k}, "
        f"sum(n{k} * n{k})::DOUBLE AS nn{k}"
        for k in ends
    )
    rows = " UNION ALL ".join(
        f'SELECT {place} AS place, CAST({sql} AS VARCHAR) AS "group", who, r, gap FROM f WHERE {sql} IS NOT NULL'
        for place, sql in enumerate(by.values())
    )
    return f"""
    WITH f AS ({followed}), g AS ({rows}),
    a AS (SELECT place, "group", hash(who) AS who, {first} FROM g GROUP BY 1, 2, 3),
    s AS (SELECT place, "group", {second} FROM a GROUP BY 1, 2),
    t AS (SELECT *, row_number() OVER (PARTITION BY place ORDER BY n{min(ends)} DESC, "group") AS rank FROM s)
    SELECT * FROM t WHERE rank <= {GROUPS} ORDER BY place, rank
    """


def _judged(wide: pd.DataFrame, by: Sequence[str], ends: Mapping[int, int], start: int) -> pd.DataFrame:
    """One row per dimension, group and window, with shares and their intervals, from the sums of `_counted`."""
    each, lasts = len(wide), [max(0, end - start) / clock.DAY for end in ends.values()]
    rows = pd.concat([wide[["place", "group"]]] * len(ends), ignore_index=True)
    names = {"n": "n", "x": "recontacted", "c": "clusters", "xx": "sxx", "xn": "sxn", "nn": "snn"}
    for short, name in names.items():
        rows[name] = wide[[f"{short}{k}" for k in ends]].to_numpy().T.ravel()
    rows["window_days"], rows["cohort_days"] = np.repeat(list(ends), each), np.repeat(lasts, each)
    rows["solved"] = rows["n"] - rows["recontacted"]
    rows = share_intervals(rows, "solved", "n", prefix="fcr_")
    rows = rows.sort_values("place", kind="stable", ignore_index=True)
    rows["dimension"] = np.array(by, dtype=object)[rows["place"].to_numpy(dtype=int)]
    some = rows["n"].where(rows["n"] > 0).astype("float64")
    rows["recontact"], rows["fcr"] = rows["recontacted"] / some, rows["solved"] / some
    shown = ["dimension", "group", "window_days", "n", "clusters", "recontacted", "recontact", "fcr"]
    return rows[[*shown, "fcr_low", "fcr_high", "cohort_days"]]


def without_account(tables: Tables, window: Window, days: int) -> int:
    """Settled tickets whose k days have passed but that carry no account: they bound the figure."""
    now = clock.instant(end_of_day(tables.as_of, tables.timezone))
    end = min(now - days * clock.DAY, clock.instant(end_of_day(window.final_day, tables.timezone)))
    found = tables.frame(
        f"SELECT count(*) AS n FROM tickets t WHERE t.account_id IS NULL "
        f"AND epoch_us({settled(tables)}) BETWEEN {_day_start(tables, window)} AND {end}"
    )
    return int(found["n"].iloc[0])


def reopening(tables: Tables, window: Window, days: int) -> tuple[int, int]:
    """How many tickets settled in the window, their k days passed, were reopened in them, and of how many.

    Needs ``reopened``; no account is needed, so it is a lower bound of recontact where accounts are missing.
    """
    now = clock.instant(end_of_day(tables.as_of, tables.timezone))
    end = min(now - days * clock.DAY, clock.instant(end_of_day(window.final_day, tables.timezone)))
    found = tables.frame(
        f"""WITH k AS (
          SELECT epoch_us({settled(tables)}) AS r, epoch_us(t.reopened) AS back FROM tickets t
        ) SELECT coalesce(sum((back >= r AND back - r <= {days * clock.DAY})::INT), 0)::BIGINT AS x, count(*) AS n
        FROM k WHERE r BETWEEN {_day_start(tables, window)} AND {end}"""
    )
    return int(found["x"].iloc[0]), int(found["n"].iloc[0])


def by_account(tables: Tables, window: Window, days: int) -> str:
    """SQL of account and month: ``account_id``, ``month`` in which the k days were over, ``solved`` (1 when nothing
    settled was followed by another contact). Needs what `recontacts` needs.
    """
    now = clock.instant(end_of_day(tables.as_of, tables.timezone))
    known = f"make_timestamp(r + {days * clock.DAY})"
    local = f"CAST(({known} AT TIME ZONE 'UTC') AT TIME ZONE {text_literal(tables.timezone)} AS DATE)"
    return f"""
    SELECT who AS account_id, CAST(date_trunc('month', {local}) AS DATE) AS month,
      min((coalesce(gap > {days * clock.DAY}, true))::INT) AS solved
    FROM ({_followed(tables, window, [])}) f WHERE r + {days * clock.DAY} <= {now} GROUP BY 1, 2
    """


def by_month(tables: Tables, window: Window, days: int, column: str) -> str:
    """SQL of a column of tickets and month: ``group``, ``month`` of settling, ``n`` judged, ``recontacted``.

    Judged are tickets whose `days` are over by `as_of`. Needs what `recontacts` needs.
    """
    now = clock.instant(end_of_day(tables.as_of, tables.timezone))
    local = f"CAST((make_timestamp(r) AT TIME ZONE 'UTC') AT TIME ZONE {text_literal(tables.timezone)} AS DATE)"
    return f"""
    SELECT {column} AS "group", CAST(date_trunc('month', {local}) AS DATE) AS month, count(*) AS n,
      sum((coalesce(gap <= {days * clock.DAY}, false))::INT)::BIGINT AS recontacted
    FROM ({_followed(tables, window, [column])}) f
    WHERE r + {days * clock.DAY} <= {now} AND {column} IS NOT NULL GROUP BY 1, 2
    """

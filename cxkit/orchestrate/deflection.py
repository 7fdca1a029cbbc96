"""Self-serve: how often customers who helped themselves asked all the same, and how often they ask anyway.

A *session* is a customer's day with a self-serve event at a moment that has a self-serve path. Self-serve events are
those whose name holds the name of the path (“Install tracker”, ``install_tracker_opened``); where a moment has none,
the digital events there that neither open the moment nor show its value. A session is *followed* when the customer
opens a ticket (at that moment, where tickets carry moments) within k days. What was not followed is an upper bound of
what was deflected, for many would not have asked. Beside it stands the same customer on the same weekday four or more
weeks earlier, when that day lies after the first ticket of the export and after the customer's start: who helps
themselves has a question, so the comparison leans against the path, and neither figure is an effect.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from cxkit.formats import interval, quantity
from cxkit.metrics import clock
from cxkit.metrics.clustering import share_intervals
from cxkit.metrics.estimates import MINIMUM_N, Estimate, difference
from cxkit.metrics.windows import Window, seen
from cxkit.orchestrate.naming import optional, too_few
from cxkit.orchestrate.part import Part
from cxkit.records import Finding, Gap
from cxkit.tables.cut import end_of_day, text_literal
from cxkit.tables.engine import Tables

NEEDS = {"events": ("at", "event", "account_id", "moment_id"), "moments": ("moment_id", "self_serve")}
DIGITAL = ("app", "web", "portal", "site", "website", "online", "self-serve", "self-service", "bot")
SESSIONS = "cxkit_self_serve"
WHAT = "Contacts after self-serve"


def self_serve_part(tables: Tables, window: Window, names: dict[str, str], days: int) -> Part:
    """Sessions by moment, how many were followed by a contact, and contacts at moments with and without a path."""
    needs = tables.lacking({**NEEDS, "tickets": ("account_id", "opened")})
    if needs:
        reason = "It takes events with their customer and moment, and moments with their self-serve path."
        return Part(gaps=(Gap(id="orchestrate.repeats.self_serve", what=WHAT, reason=reason, needs=needs),))
    parts = [_months(tables, window)]
    chosen = _events(tables)
    rows = _sessions(tables, window, chosen, days) if chosen else pd.DataFrame()
    if rows.empty:
        reason = "No event of the window is self-serve at a moment that has a path."
        return Part.joined([Part(gaps=(Gap(id="orchestrate.repeats.self_serve", what=WHAT, reason=reason),)), *parts])
    labels = ["All moments" if m == "" else names.get(str(m), str(m)) for m in rows["moment_id"]]
    rows.insert(1, "label", labels)
    basis = {moment: "named" if named else "digital" for moment, (_, named) in chosen.items()}
    every = set(basis.values())
    rows["basis"] = [basis.get(str(m), every.copy().pop() if len(every) == 1 else "mixed") for m in rows["moment_id"]]
    finding = _finding(rows.iloc[0], window, days)
    return Part.joined([Part(findings=(finding,), tables={"self_serve": rows}), *parts])


def _slug(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def _events(tables: Tables) -> dict[str, tuple[Sequence[str], bool]]:
    """Moment id → its self-serve events and whether they carry the name of the path."""
    columns = tables.supplied("moments")
    journey = [c for c in ("start_event", "value_event") if c in columns]
    moments = tables.frame(
        f"SELECT moment_id, min(self_serve) AS path{''.join(f', min({c}) AS {c}' for c in journey)} FROM moments "
        "WHERE self_serve IS NOT NULL AND trim(self_serve) <> '' GROUP BY 1 ORDER BY 1"
    )
    found: dict[str, tuple[Sequence[str], bool]] = {}
    listed = ", ".join(text_literal(c) for c in DIGITAL)
    where = f"AND lower(channel) IN ({listed})" if "channel" in tables.supplied("events") else ""
    there = tables.frame(
        f"SELECT moment_id, event FROM events WHERE moment_id IS NOT NULL AND event IS NOT NULL {where} "
        "GROUP BY 1, 2 ORDER BY 1, 2"
    )
    by = {str(m): [str(e) for e in part["event"]] for m, part in there.groupby("moment_id", sort=True)}
    own = {str(row[c]) for row in moments.to_dict("records") for c in journey if isinstance(row[c], str)}
    for row in moments.to_dict("records"):
        moment, path = str(row["moment_id"]), _slug(str(row["path"]))
        named = [e for e in by.get(moment, []) if path and path in _slug(e)]
        other = [e for e in by.get(moment, []) if e not in own]
        if named or other:
            found[moment] = (named or other, bool(named))
    return found


def _sessions(tables: Tables, window: Window, chosen: dict[str, tuple[Sequence[str], bool]], days: int) -> pd.DataFrame:
    back = max(28, -(-(days + 1) // 7) * 7)
    now = clock.instant(end_of_day(tables.as_of, tables.timezone))
    span = clock.DAY * days
    which = " OR ".join(
        f"(e.moment_id = {text_literal(m)} AND e.event IN ({', '.join(text_literal(x) for x in events)}))"
        for m, (events, _) in sorted(chosen.items())
    )
    same = "AND t.moment_id = s.moment_id" if "moment_id" in tables.supplied("tickets") else ""
    started = "started" in tables.supplied("accounts")
    first = seen(tables, "tickets", "opened_date")
    edge = clock.instant(end_of_day(first.first, tables.timezone)) if first is not None else now
    since = "epoch_us(CAST(a.started AS TIMESTAMP))" if started else "NULL::BIGINT"
    join = "LEFT JOIN (SELECT account_id, min(started) AS started FROM accounts GROUP BY 1) a" if started else ""
    join += " ON a.account_id = s.who" if started else ""
    sql = f"""
    WITH s AS (
      SELECT e.account_id AS who, e.moment_id, e.at_date, min(epoch_us(e."at")) AS t FROM events e
      WHERE e.account_id IS NOT NULL AND {window.holds("at_date")} AND ({which}) GROUP BY 1, 2, 3
    ),
    k AS (
      SELECT s.who, s.moment_id, s.t,
        (s.t - {back * clock.DAY} >= greatest({edge}, coalesce({since}, {edge})))::INT AS r
      FROM s {join} WHERE s.t + {span} <= {now}
    ),
    c AS (
      SELECT s.who, s.moment_id, s.t,
        max((epoch_us(t.opened) > s.t AND epoch_us(t.opened) <= s.t + {span})::INT) AS after,
        max((epoch_us(t.opened) > s.t - {back * clock.DAY}
          AND epoch_us(t.opened) <= s.t - {back * clock.DAY} + {span})::INT) AS before
      FROM k s JOIN tickets t ON t.account_id = s.who {same} GROUP BY 1, 2, 3
    )
    SELECT k.who, k.moment_id, coalesce(c.after, 0) AS followed, k.r AS reference, coalesce(c.before, 0) * k.r AS asked
    FROM k LEFT JOIN c ON c.who = k.who AND c.moment_id = k.moment_id AND c.t = k.t
    """
    with tables.held(SESSIONS, sql) as relation:
        frames = [_shares(tables, relation, group) for group in ("''", "moment_id")]
    rows = pd.concat(frames, ignore_index=True)
    return rows if int(rows["sessions"].iloc[0]) else rows.iloc[:0]


def _shares(tables: Tables, relation: str, group: str) -> pd.DataFrame:
    sums = "".join(
        f", sum({x} * {x})::DOUBLE AS {p}sxx, sum({x} * {n})::DOUBLE AS {p}sxn, sum({n} * {n})::DOUBLE AS {p}snn, "
        f"sum(({n} > 0)::INT)::BIGINT AS {p}clusters"
        for p, x, n in (("a", "x", "n"), ("b", "y", "m"))
    )
    rows = tables.frame(f"""
        WITH w AS (
          SELECT {group} AS moment_id, who, count(*) AS n, sum(followed) AS x, sum(reference) AS m, sum(asked) AS y
          FROM {relation} GROUP BY 1, 2
        )
        SELECT moment_id, coalesce(sum(n), 0)::BIGINT AS sessions, coalesce(sum(x), 0)::BIGINT AS followed,
          coalesce(sum(m), 0)::BIGINT AS reference_days, coalesce(sum(y), 0)::BIGINT AS reference_followed{sums}
        FROM w GROUP BY 1 ORDER BY 2 DESC, 1
    """)
    if rows.empty:
        return pd.DataFrame({"moment_id": [""], "sessions": [0]})
    made = rows[["moment_id", "sessions"]].assign(customers=rows["aclusters"], followed=rows["followed"])
    made["not_followed"] = 1 - rows["followed"] / rows["sessions"]
    for prefix, hits, n in (("a", "followed", "sessions"), ("b", "reference_followed", "reference_days")):
        part = pd.DataFrame({"hits": rows[hits], "n": rows[n]})
        part = part.assign(**{c: rows[f"{prefix}{c}"] for c in ("clusters", "sxx", "sxn", "snn")})
        ends = share_intervals(part, "hits", "n")
        share = rows[hits] / rows[n].where(rows[n] > 0)
        if prefix == "b":
            made["reference_days"], made["reference_contact"] = rows[n], share
            made["reference_low"], made["reference_high"] = ends["low"], ends["high"]
        else:
            made["contact"], made["low"], made["high"] = share, ends["low"], ends["high"]
    return made


def _finding(row: pd.Series, window: Window, days: int) -> Finding:
    n = int(row["sessions"])
    low, high = optional(row["low"]), optional(row["high"])
    now = Estimate(value=float(row["contact"]), low=low, high=high, n=n)
    title = f"{quantity(float(row['not_followed']), 'ratio')} of self-serve sessions are not followed by a contact "
    title += f"within {days} day{'s' if days != 1 else ''}: at most that many can have been deflected"
    detail = ""
    if int(row["reference_days"]) >= MINIMUM_N:
        before = Estimate(
            value=float(row["reference_contact"]), low=optional(row["reference_low"]),
            high=optional(row["reference_high"]), n=int(row["reference_days"]),
        )  # fmt: skip
        gap = difference(now, before)
        detail = (
            f"The same customers asked within {days} days of {quantity(before.value, 'ratio')} of the same weekdays "
        )
        detail += f"weeks earlier, after a session of {quantity(now.value, 'ratio')}"
        band = interval(gap.low, gap.high, "points")
        detail += f" (difference {band}). " if band else ". "
    if row["basis"] != "named":
        detail += "No event carries the name of a path everywhere, so digital events at its moment stand for it. "
    detail += "Neither says what customers would have done without the path."
    return Finding(
        id="orchestrate.repeats.self_serve",
        stage="orchestrate",
        title=title if n >= MINIMUM_N else too_few(n, "self-serve sessions", MINIMUM_N),
        detail=detail,
        value=float(row["not_followed"]),
        unit="ratio",
        low=None if high is None else 1 - high,
        high=None if low is None else 1 - low,
        about="the underlying share, customers resampled" if low is not None else "too few sessions or customers",
        n=n,
        period=window.label,
        grade="D",
        sources=("events", "moments", "tickets"),
        tone="neutral" if low is not None else "unknown",
    )


def _months(tables: Tables, window: Window) -> Part:
    """Contacts by month at moments with and without a self-serve path, and how both changed over the window."""
    if "moment_id" not in tables.supplied("tickets") or len(window) < 2:
        return Part()
    rows = tables.frame(f"""
        WITH p AS (SELECT moment_id, max((self_serve IS NOT NULL AND trim(self_serve) <> '')::INT) AS path
          FROM moments GROUP BY 1)
        SELECT strftime(t.opened_date, '%Y-%m') AS month, sum(p.path)::BIGINT AS with_path,
          sum(1 - p.path)::BIGINT AS without_path
        FROM tickets t JOIN p ON p.moment_id = t.moment_id WHERE {window.holds("opened_date")} GROUP BY 1 ORDER BY 1
    """)
    half = len(window) // 2
    early = {f"{m:%Y-%m}" for m in window.months[:half]}
    late = {f"{m:%Y-%m}" for m in window.months[-half:]}
    sums = {
        name: [float(rows.loc[rows["month"].isin(part), name].sum()) for part in (early, late)]
        for name in ("with_path", "without_path")
    }
    if min(min(s) for s in sums.values()) < MINIMUM_N:
        return Part(tables={"self_serve_months": rows} if len(rows) else {})
    (a, b), (c, d) = sums["with_path"], sums["without_path"]
    change, other = b / a - 1, d / c - 1
    finding = Finding(
        id="orchestrate.repeats.self_serve_contacts",
        stage="orchestrate",
        title=f"Contacts at moments with a self-serve path changed by {quantity(change, 'ratio', signed=True)} from "
        f"the first to the second half of the window, elsewhere by {quantity(other, 'ratio', signed=True)}",
        detail=f"{a / half:,.0f} to {b / half:,.0f} a month with a path, {c / half:,.0f} to {d / half:,.0f} without. "
        "Moments differ in season and in customers; this is no effect of the path.",
        value=change - other,
        unit="points",
        about="counted, exact; difference of the two changes",
        n=int(a + b + c + d),
        period=window.label,
        grade="E",
        sources=("tickets", "moments"),
    )
    return Part(findings=(finding,), tables={"self_serve_months": rows})

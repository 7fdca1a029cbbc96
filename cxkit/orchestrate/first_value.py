"""Time to first value: how long new customers take, with those who have not got there and those who left counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from cxkit.metrics.clock import DAY, HOUR, instant
from cxkit.metrics.competing import (
    COUNTS,
    aalen_johansen,
    bounds,
    by_day,
    quantile,
    quantile_bounds,
    reached,
)
from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.survival import follow_up, kaplan_meier, naive_median
from cxkit.metrics.survival import quantile as stayed_quantile
from cxkit.metrics.survival import reached as stayed_reached
from cxkit.metrics.windows import recent
from cxkit.orchestrate.first_value_findings import MARKS, Started, gap, sentences
from cxkit.orchestrate.part import Part
from cxkit.orchestrate.segments import Segments, compared
from cxkit.records import Missing, Result
from cxkit.tables.cut import end_of_day, text_literal
from cxkit.tables.engine import Tables


class FirstValue(Result):
    """Time to first value per moment that names an event of value.

    Tables: ``curve`` (moment_id, moment, day, at_risk, reached, leavers, censored, share, low, high, left, left_low,
    left_high, waiting, if_nobody_left: Kaplan–Meier with leavers as censored, worst, best), ``summary`` (moment_id,
    moment, customers, reached, leavers, waiting, median, median_low, median_high, naive_median, error_days,
    if_nobody_left, share_30, share_90, naive_30, naive_90, left_90, recent: started in the last 365 days, left_out:
    customers whose start lies before the log, starts: what the clock starts with), ``bounds`` (moment_id, moment,
    measure, unit, estimate, low, high, worst, best, naive, if_nobody_left), ``segments`` (moment_id, moment, segment,
    customers, reached, leavers, median, share_30, low, high) and ``tests`` (moment_id, moment, segments, customers,
    statistic, p, adjusted, verdict). From an event the time is elapsed, to the hour; from the account's first day it
    is in whole local days.
    """

    stage: ClassVar[str] = "orchestrate"
    name: ClassVar[str] = "first_value"
    version: ClassVar[int] = 2

    each: float | None = None
    """Mean monthly revenue of a customer in the last complete month; None where revenue is not known."""


def first_value(tables: Tables) -> FirstValue:
    """Days from start to first value: cumulative incidence, leaving as the event that competes with it.

    The clock starts with the moment's ``start_event`` where it has one, else with the account's first day, and stops
    at the first ``value_event`` from then on (an event before the account's first day counts as day 0). Customers
    who are not there yet are censored at `as_of`. Who left first will never get there: the headline is the share of
    *all* new customers that gets there by a day (Aalen–Johansen); what it would be if nobody left (Kaplan–Meier,
    leavers as censored), the naive figure of those who got there, and the worst and best case of those not seen to
    the end stand beside it. Customers who started before the log of events begins could have got there unseen and are
    left out. Segments are compared by a log-rank test within their share of the report's false alarms.
    """
    lacks = tables.lacking({"events": ("at", "event", "account_id"), "moments": ("moment_id", "value_event")})
    ids = ("median", *(f"share_{mark}" for mark in MARKS))
    if lacks:
        reason = "It takes the events of each account, and for each moment the event that shows value."
        return FirstValue(as_of=tables.as_of, gaps=tuple(gap(i, reason, needs=lacks) for i in ids))
    moments = tables.frame(
        "SELECT moment_id, coalesce(moment, moment_id) AS moment, start_event, value_event FROM moments "
        "WHERE coalesce(value_event, '') <> '' ORDER BY journey, position, moment_id"
    )
    if moments.empty:
        reason = "No moment names the event that shows first value."
        return FirstValue(as_of=tables.as_of, gaps=tuple(gap(i, reason) for i in ids))
    each = _each(tables)
    parts, segments = [], []
    for row in moments.to_dict("records"):
        part, groups = _moment(tables, row, each)
        parts.append(part)
        segments += groups
    parts.append(compared(segments))
    findings = tuple(f for p in parts for f in p.findings)
    if parts and findings and tables.lacking({"accounts": ("ended",)}):
        needs = tables.lacking({"accounts": ("ended",)})
        parts.append(Part(gaps=(gap("churn", "It is not known which customers left.", needs=needs),)))
    names = [name for p in parts for name in p.tables]
    frames = {n: [p.tables[n] for p in parts if n in p.tables] for n in dict.fromkeys(names)}
    return FirstValue(
        as_of=tables.as_of,
        findings=findings,
        gaps=tuple(g for p in parts for g in p.gaps),
        tables={n: pd.concat(f, ignore_index=True) for n, f in frames.items()},
        each=each,
    )


def _moment(tables: Tables, row: Mapping[Any, Any], each: float | None) -> tuple[Part, list[Segments]]:
    """Everything about one moment, and its segments for the test that all moments share."""
    moment, name = str(row["moment_id"]), str(row["moment"])
    start = row["start_event"] if isinstance(row["start_event"], str) else ""
    if not start and (needs := tables.lacking({"accounts": ("account_id", "started")})):
        return Part(gaps=(gap("median", "It is not known when customers start.", subject=moment, needs=needs),)), []
    rows, started = _risk(tables, row, start)
    risk = rows.groupby("time", as_index=False)[list(COUNTS)].sum()
    n = int(risk[list(COUNTS)].to_numpy().sum())
    if not n:
        reason = "No customer started since the log of events begins."
        if start and not started.left_out:
            reason = f"The log never holds the event “{start}”, which starts the clock."
        return Part(gaps=(gap("median", reason, subject=moment),)), []
    curve = aalen_johansen(risk)
    summary = _summary(risk, curve) | {"recent": started.recent, "left_out": started.left_out}
    summary |= {"starts": start or "first day of the account"}
    ends = _ends(risk, curve, summary)
    named = {"moment_id": moment, "moment": name}
    made = {
        "curve": _shown(risk, curve).assign(**named),
        "summary": pd.DataFrame([summary]).assign(**named),
        "bounds": ends.assign(**named),
    }
    made = {k: v[[*named, *(c for c in v.columns if c not in named)]] for k, v in made.items()}
    said = sentences(started, summary, ends, curve, each=each, currency=tables.currency)
    missing = []
    if n >= MINIMUM_N:
        late = [mark for mark in MARKS if not seen_to(curve, mark)]
        reason = "Too few customers have been seen for that long."
        missing = [gap(f"share_{mark}", reason, subject=moment) for mark in late]
    return Part(findings=said, gaps=tuple(missing), tables=made), [Segments(started, rows[rows["segment"].notna()])]


def seen_to(curve: pd.DataFrame, day: float) -> bool:
    """Whether the curve can be read at a day: enough are still followed, or nobody is left to wait for."""
    return follow_up(curve) >= day or float(curve["waiting"].iloc[-1]) <= 0


def _risk(tables: Tables, row: Mapping[Any, Any], start: str) -> tuple[pd.DataFrame, Started]:
    """Risk sets by segment and time in days, and who they are."""
    supplied, value = tables.supplied("accounts"), str(row["value_event"])
    if start:
        begun = f"""
        s AS (SELECT account_id, epoch_us(min("at")) AS begun, min(at_date) AS started FROM events
          WHERE event = {text_literal(start)} AND account_id IS NOT NULL GROUP BY 1),
        v AS (SELECT s.account_id, min(epoch_us(e."at")) AS got FROM s JOIN events e ON e.account_id = s.account_id
          WHERE e.event = {text_literal(value)} AND epoch_us(e."at") >= s.begun GROUP BY 1)"""
        now, ended = str(instant(end_of_day(tables.as_of, tables.timezone))), f"epoch_us(a.ended::TIMESTAMP) + {DAY}"
    else:
        begun = f"""
        s AS (SELECT account_id, epoch_us(min(started)::TIMESTAMP) AS begun, min(started) AS started FROM accounts
          WHERE started IS NOT NULL GROUP BY 1),
        v AS (SELECT account_id, epoch_us(min(at_date)::TIMESTAMP) AS got FROM events
          WHERE event = {text_literal(value)} AND account_id IS NOT NULL GROUP BY 1)"""
        now, ended = f"epoch_us(DATE '{tables.as_of}'::TIMESTAMP)", "epoch_us(a.ended::TIMESTAMP)"
    who = "SELECT NULL::VARCHAR AS account_id, NULL::DATE AS ended, NULL::VARCHAR AS segment WHERE false"
    if "account_id" in supplied:
        segment = "min(segment)" if "segment" in supplied else "NULL::VARCHAR"
        who = f"SELECT account_id, min(ended) AS ended, {segment} AS segment FROM accounts GROUP BY 1"
    since = tables.as_of - timedelta(days=364)
    rows = tables.frame(f"""
        WITH f AS (SELECT min(at_date) AS day FROM events), {begun}, w AS ({who}),
        b AS (
          SELECT s.started, s.begun, v.got, a.segment, least(coalesce({ended}, {now}), {now}) AS last,
            a.ended IS NOT NULL AS gone, coalesce(s.started >= f.day, false) AS seen
          FROM s CROSS JOIN f LEFT JOIN v ON v.account_id = s.account_id LEFT JOIN w a ON a.account_id = s.account_id
        ),
        d AS (
          SELECT seen, segment, started, coalesce(got <= last, false) AS got, gone,
            ceil(greatest(0, CASE WHEN got <= last THEN got ELSE last END - begun) / {HOUR}) / 24 AS time FROM b
        )
        SELECT seen, segment, time, sum(got::INT)::BIGINT AS events,
          sum((NOT got AND gone)::INT)::BIGINT AS competing, sum((NOT got AND NOT gone)::INT)::BIGINT AS censored,
          sum((started >= DATE '{since}')::INT)::BIGINT AS recent,
          min(strftime(started, '%Y-%m')) AS first, max(strftime(started, '%Y-%m')) AS last
        FROM d GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """)
    inside = rows[rows["seen"].astype(bool)]
    left_out = int(rows.loc[~rows["seen"].astype(bool), list(COUNTS)].to_numpy().sum())
    period = "" if inside.empty else f"{inside['first'].min()} to {inside['last'].max()}"
    kept = inside[["segment", "time", *COUNTS]].reset_index(drop=True)
    started = Started(
        moment_id=str(row["moment_id"]),
        moment=str(row["moment"]),
        sources=tuple(t for t in ("events", "moments", "accounts") if t in tables.present),
        period=period,
        left_out=left_out,
        recent=int(inside["recent"].sum()),
    )
    return kept, started


def _each(tables: Tables) -> float | None:
    """Mean monthly revenue of a paying customer in the last complete month."""
    if isinstance(tables.require("revenue", "account_id", "month", "mrr"), Missing):
        return None
    window = recent(tables, "revenue", "month", 1)
    if window is None:
        return None
    revenue = in_one_currency(tables, "revenue", ("mrr",), at=window.last)
    if isinstance(revenue, Missing):
        return None
    found = tables.frame(
        f"SELECT sum(mrr) AS amount, count(DISTINCT account_id) AS n FROM {revenue} "
        f"WHERE {window.holds('month')} AND mrr > 0"
    ).iloc[0]
    return float(found["amount"]) / float(found["n"]) if found["n"] else None


def _stayed(risk: pd.DataFrame) -> pd.DataFrame:
    """Kaplan–Meier with leavers counted as censored: what it would be if nobody left."""
    return kaplan_meier(risk.assign(censored=risk["censored"] + risk["competing"])[["time", "events", "censored"]])


def _summary(risk: pd.DataFrame, curve: pd.DataFrame) -> dict[str, Any]:
    middle, low, high = quantile(curve)
    naive, got = naive_median(risk), float(risk["events"].sum())
    counts = risk[list(COUNTS)].sum()
    shares = {f"share_{m}": reached(curve, m)[0] if seen_to(curve, m) else None for m in MARKS}
    naives = {f"naive_{m}": risk.loc[risk["time"] <= m, "events"].sum() / got if got else None for m in MARKS}
    return {
        "customers": int(counts.sum()),
        "reached": int(counts["events"]),
        "leavers": int(counts["competing"]),
        "waiting": int(counts["censored"]),
        "median": middle,
        "median_low": low,
        "median_high": high,
        "naive_median": naive,
        "error_days": middle - naive,
        "if_nobody_left": stayed_quantile(_stayed(risk))[0],
        **shares,
        **naives,
        "left_90": reached(curve, MARKS[-1], of="left")[0] if seen_to(curve, MARKS[-1]) else None,
    }


def _ends(risk: pd.DataFrame, curve: pd.DataFrame, summary: Mapping[str, Any]) -> pd.DataFrame:
    """Each measure with its interval, worst and best case, the naive figure, and the one if nobody left."""
    stayed, made = _stayed(risk), []
    for mark in MARKS:
        if not seen_to(curve, mark):
            continue
        share, low, high = reached(curve, mark)
        worst, best = bounds(risk, mark)
        other = stayed_reached(stayed, mark)[0]
        made.append((f"share_{mark}", "ratio", share, low, high, worst, best, summary[f"naive_{mark}"], other))
    best, worst = quantile_bounds(risk)
    middle = [summary[k] for k in ("median", "median_low", "median_high")]
    made.append(("median", "days", *middle, worst, best, summary["naive_median"], summary["if_nobody_left"]))
    columns = ["measure", "unit", "estimate", "low", "high", "worst", "best", "naive", "if_nobody_left"]
    return pd.DataFrame(made, columns=columns)


def _shown(risk: pd.DataFrame, curve: pd.DataFrame) -> pd.DataFrame:
    """The curve by day, beside it Kaplan–Meier with leavers as censored, and the worst and best case."""
    days = by_day(curve).rename(columns={"events": "reached", "competing": "leavers"})
    stayed = _stayed(risk)
    at = np.searchsorted(stayed["time"].to_numpy(dtype=float), days["day"].to_numpy(dtype=float), side="right")
    days["if_nobody_left"] = 1 - np.append(1.0, stayed["survival"].to_numpy(dtype=float))[at]
    n = float(days[["reached", "leavers", "censored"]].to_numpy().sum())
    unseen = np.append(0.0, curve["censored"].cumsum().to_numpy(dtype=float))
    before = np.searchsorted(curve["time"].to_numpy(dtype=float), days["day"].to_numpy(dtype=float), side="left")
    days["worst"] = days["reached"].cumsum() / n
    days["best"] = days["worst"] + unseen[before] / n
    return days

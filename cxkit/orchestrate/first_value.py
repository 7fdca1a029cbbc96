"""Time to first value: how long new customers take, with those who have not got there counted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import pandas as pd

from cxkit.formats import quantity
from cxkit.metrics.clock import DAY, HOUR, instant
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.survival import by_day, follow_up, kaplan_meier, naive_median, quantile, reached
from cxkit.orchestrate.naming import too_few
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.cut import end_of_day, text_literal
from cxkit.tables.engine import Tables

MARKS = (30, 90)
"""Days by which the share with first value is told."""
WHAT = "Time to first value"


class FirstValue(Result):
    """Time to first value per moment that names an event of value.

    Tables: ``curve`` (moment_id, moment, day, at_risk, reached, censored, share, low, high) and ``summary`` (moment_id,
    moment, starts: what the clock starts with, customers, reached, left_out: customers whose start lies before the log,
    median, median_low, median_high, naive_median, share_30, share_90). From an event the time is elapsed, to the hour;
    from the account's first day it is in whole local days.
    """

    stage: ClassVar[str] = "orchestrate"
    name: ClassVar[str] = "first_value"


def first_value(tables: Tables) -> FirstValue:
    """Kaplan–Meier estimate of the days from start to first value.

    The clock starts with the moment's ``start_event`` where it has one, else with the account's first day, and stops
    at the first ``value_event`` from then on (an event before the account's first day counts as day 0). Customers
    who are not there yet are censored at `as_of`, those who left on their last day. Customers who started before the
    log of events begins could have got there unseen and are left out.
    """
    lacks = tables.lacking({"events": ("at", "event", "account_id"), "moments": ("moment_id", "value_event")})
    ids = ("median", *(f"share_{mark}" for mark in MARKS))
    if lacks:
        reason = "It takes the events of each account, and for each moment the event that shows value."
        return FirstValue(as_of=tables.as_of, gaps=tuple(_gap(i, reason, needs=lacks) for i in ids))
    moments = tables.frame(
        "SELECT moment_id, coalesce(moment, moment_id) AS moment, start_event, value_event FROM moments "
        "WHERE coalesce(value_event, '') <> '' ORDER BY journey, position, moment_id"
    )
    if moments.empty:
        reason = "No moment names the event that shows first value."
        return FirstValue(as_of=tables.as_of, gaps=tuple(_gap(i, reason) for i in ids))
    sources = tuple(t for t in ("events", "moments", "accounts") if t in tables.present)
    findings: list[Finding] = []
    gaps: list[Gap] = []
    curves, summaries = [], []
    for row in moments.to_dict("records"):
        moment, start = str(row["moment_id"]), row["start_event"] if isinstance(row["start_event"], str) else ""
        if not start and (needs := tables.lacking({"accounts": ("account_id", "started")})):
            gaps.append(_gap("median", "It is not known when customers start.", subject=moment, needs=needs))
            continue
        risk, left_out, period = _risk(tables, start, str(row["value_event"]))
        n = int(risk[["events", "censored"]].to_numpy().sum())
        if not n:
            reason = "No customer started since the log of events begins."
            gaps.append(_gap("median", reason, subject=moment))
            continue
        curve = kaplan_meier(risk)
        summary = _summary(risk, curve) | {"left_out": left_out, "starts": start or "first day of the account"}
        summaries.append({"moment_id": moment, "moment": row["moment"], **summary})
        curves.append(_shown(curve, moment, str(row["moment"])))
        findings += _findings(row, summary, curve, period, sources)
        if n >= MINIMUM_N:
            late = [mark for mark in MARKS if follow_up(curve) < mark and float(curve["survival"].iloc[-1]) > 0]
            reason = "Too few customers have been seen for that long."
            gaps += [_gap(f"share_{mark}", reason, subject=moment) for mark in late]
    held = {}
    if curves:
        held = {"curve": pd.concat(curves, ignore_index=True), "summary": pd.DataFrame(summaries)}
    return FirstValue(as_of=tables.as_of, findings=tuple(findings), gaps=tuple(gaps), tables=held)


def _gap(id: str, reason: str, *, subject: str | None = None, needs: tuple[Missing, ...] = ()) -> Gap:
    what = WHAT if id == "median" else f"Share with first value within {id.removeprefix('share_')} days"
    return Gap(id=f"orchestrate.first_value.{id}", what=what, reason=reason, needs=needs, subject=subject)


def _risk(tables: Tables, start: str, value: str) -> tuple[pd.DataFrame, int, str]:
    """Risk sets by time in days, the number left out, and the months in which customers started."""
    accounts = not isinstance(tables.require("accounts", "account_id"), Missing)
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
    left = (
        "LEFT JOIN (SELECT account_id, min(ended) AS ended FROM accounts GROUP BY 1) a ON a.account_id = s.account_id"
    )
    rows = tables.frame(f"""
        WITH f AS (SELECT min(at_date) AS day FROM events), {begun},
        b AS (
          SELECT s.started, s.begun, v.got, {f"least(coalesce({ended}, {now}), {now})" if accounts else now} AS last,
            coalesce(s.started >= f.day, false) AS seen
          FROM s CROSS JOIN f LEFT JOIN v USING (account_id) {left if accounts else ""}
        ),
        d AS (
          SELECT seen, started, coalesce(got <= last, false) AS got,
            ceil(greatest(0, CASE WHEN got <= last THEN got ELSE last END - begun) / {HOUR}) / 24 AS time FROM b
        )
        SELECT seen, time, sum(got::INT)::BIGINT AS events, sum((NOT got)::INT)::BIGINT AS censored,
          min(strftime(started, '%Y-%m')) AS first, max(strftime(started, '%Y-%m')) AS last
        FROM d GROUP BY 1, 2 ORDER BY 1, 2
    """)
    inside = rows[rows["seen"].astype(bool)]
    left_out = int(rows.loc[~rows["seen"].astype(bool), ["events", "censored"]].to_numpy().sum())
    period = "" if inside.empty else f"{inside['first'].min()} to {inside['last'].max()}"
    return inside[["time", "events", "censored"]].reset_index(drop=True), left_out, period


def _summary(risk: pd.DataFrame, curve: pd.DataFrame) -> dict[str, object]:
    middle, low, high = quantile(curve)
    shares = {f"share_{mark}": reached(curve, mark)[0] if follow_up(curve) >= mark else None for mark in MARKS}
    return {
        "customers": int(risk[["events", "censored"]].to_numpy().sum()),
        "reached": int(risk["events"].sum()),
        "median": middle,
        "median_low": low,
        "median_high": high,
        "naive_median": naive_median(risk),
        **shares,
    }


def _shown(curve: pd.DataFrame, moment: str, name: str) -> pd.DataFrame:
    curve = by_day(curve)
    return pd.DataFrame(
        {
            "moment_id": moment,
            "moment": name,
            "day": curve["day"],
            "at_risk": curve["at_risk"],
            "reached": curve["events"],
            "censored": curve["censored"],
            "share": 1 - curve["survival"],
            "low": 1 - curve["high"],
            "high": 1 - curve["low"],
        }
    )


def _findings(
    row: Mapping[Any, Any], summary: dict[str, object], curve: pd.DataFrame, period: str, sources: tuple[str, ...]
) -> list[Finding]:
    moment, name = str(row["moment_id"]), str(row["moment"])
    n, middle = int(str(summary["customers"])), float(str(summary["median"]))
    naive, got = float(str(summary["naive_median"])), int(str(summary["reached"]))
    common = {"stage": "orchestrate", "subject": moment, "n": n, "period": period, "definition": "ttfv@1"}
    common |= {"sources": sources, "about": "the underlying time, Kaplan–Meier"}
    enough = n >= MINIMUM_N
    detail = f"{got:,} of {n:,} customers have got there."
    if got:
        detail += f" Their own median is {quantity(naive, 'days')}, which forgets the others."
    if summary["left_out"]:
        detail += f" {summary['left_out']:,} customers who started before the log are left out."
    if not enough:
        title = f"{name}: {too_few(n, 'new customers', MINIMUM_N)}"
    elif math.isinf(middle):
        title = (
            f"{name}: fewer than half of new customers have reached first value, {quantity(got / n, 'ratio')} so far"
        )
    else:
        title = f"{name}: half of new customers reach first value within {quantity(middle, 'days')}"
    known = enough and not math.isinf(middle)
    made = [
        Finding.model_validate(
            {
                **common,
                "id": "orchestrate.first_value.median",
                "title": title,
                "detail": detail + " Customers who leave count as not there yet.",
                "value": None if math.isinf(middle) else middle,
                "unit": "days",
                "low": summary["median_low"] if known else None,
                "high": summary["median_high"] if known else None,
                "tone": "neutral" if known else "unknown",
            }
        )
    ]
    for mark in MARKS if enough else ():
        if follow_up(curve) < mark and float(curve["survival"].iloc[-1]) > 0:
            continue
        share, low, high = reached(curve, mark)
        made.append(
            Finding.model_validate(
                {
                    **common,
                    "id": f"orchestrate.first_value.share_{mark}",
                    "title": f"{name}: {quantity(share, 'ratio')} of new customers have first value within {mark} days",
                    "value": share,
                    "unit": "ratio",
                    "low": low,
                    "high": high,
                    "about": "the underlying share, Kaplan–Meier",
                    "tone": "neutral",
                }
            )
        )
    return made

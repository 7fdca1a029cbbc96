"""Tickets that wait: the open ones by age, and the time to resolution with them counted."""

from __future__ import annotations

import math

import pandas as pd

from cxkit.formats import interval, quantity
from cxkit.metrics import service
from cxkit.metrics.breaches import dimensions
from cxkit.metrics.competing import bounds, quantile_bounds
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.resolution import clustered_log_rank, times_by
from cxkit.metrics.survival import by_day, follow_up, kaplan_meier, naive_median, quantile, reached
from cxkit.metrics.windows import Window
from cxkit.orchestrate.naming import duration, labelled, too_few
from cxkit.orchestrate.part import Part
from cxkit.records import Finding, Gap
from cxkit.tables.engine import Tables

MARKS = (1, 7, 30)
"""Days by which the share of settled tickets is told."""
MOST = 12
"""Groups of one dimension that are shown; the largest first."""


def waiting_part(tables: Tables, relation: str) -> Part:
    """How many tickets of any age are open at `as_of`, and how many of them past their limit."""
    rows = service.waiting(tables, relation)
    total = int(rows["tickets"].sum())
    late = int(rows.loc[rows["verdict"] == "open_late", "tickets"].sum())
    old = int(rows.loc[rows["age"].str.startswith(("4", "5")), "tickets"].sum())
    limited = bool((rows["verdict"] != "no_sla").any())
    verb = "ticket is" if total == 1 else "tickets are"
    title = f"{total:,} {verb} still open" + (f", {late:,} of them past the limit" if limited else "")
    finding = Finding(
        id="orchestrate.service.open",
        stage="orchestrate",
        title=title,
        detail=f"{old:,} {'has' if old == 1 else 'have'} waited 30 days or longer."
        if old
        else "None has waited 30 days.",
        value=total,
        unit="count",
        about="counted, exact",
        n=total,
        period=f"{tables.as_of}",
        sources=("tickets",),
        tone="bad" if late else "neutral",
    )
    return Part(findings=(finding,), tables={"open": rows})


def resolution_part(tables: Tables, relation: str, window: Window, names: dict[str, str]) -> Part:
    """Time from opening to settling on the wall clock, by Kaplan–Meier, with the naive figure and the extremes."""
    risk = service.times(tables, relation)
    n, events = int(risk[["events", "censored"]].to_numpy().sum()), int(risk["events"].sum())
    if not events:
        reason = "No ticket of the window is settled." if n else "No ticket was opened in the window."
        return Part(gaps=(Gap(id="orchestrate.service.resolution", what="Time to resolution", reason=reason),))
    days = risk.assign(time=risk["time"] / 24, competing=0)
    curve = kaplan_meier(days)
    shown = by_day(curve)
    shown["naive"] = shown["events"].cumsum() / events
    middle, low, high = quantile(curve)
    naive = naive_median(days)
    ends = _ends(days, curve)
    enough = n >= MINIMUM_N
    open_share = 1 - events / n
    if not enough:
        title = too_few(n, "tickets", MINIMUM_N)
    elif math.isinf(middle):
        title = f"Fewer than half of the tickets are settled; {quantity(open_share, 'ratio')} are still open"
    else:
        title = f"Half of the tickets are settled within {duration(middle)}"
    detail = (
        f"Settled tickets alone have a median of {duration(naive)}; {n - events:,} open ones are counted as waiting."
    )
    finding = Finding(
        id="orchestrate.service.resolution",
        stage="orchestrate",
        title=title,
        detail=f"{detail} Wall clock, pauses included{_without_pauses(tables, relation)}.",
        value=None if math.isinf(middle) else middle,
        unit="days",
        low=low if enough and not math.isinf(middle) else None,
        high=high if enough and not math.isinf(middle) else None,
        about="the underlying median, Kaplan–Meier" if enough else f"fewer than {MINIMUM_N} tickets",
        n=n,
        period=window.label,
        sources=("tickets",),
        tone="neutral" if enough else "unknown",
    )
    made = Part((finding,), (), {"resolution": shown, "resolution_bounds": ends})
    if not enough:
        return made
    forgot = _forgotten(middle, naive, n - events, ends, window)
    return Part.joined([made, *([forgot] if forgot else []), _by(tables, relation, names)])


def _ends(days: pd.DataFrame, curve: pd.DataFrame) -> pd.DataFrame:
    """Share settled within a day, a week and a month and the median, each with its worst and best case."""
    done = float(days["events"].sum())
    made = []
    for mark in MARKS:
        if follow_up(curve) < mark and float(curve["survival"].iloc[-1]) > 0:
            continue
        share = (f"within_{mark}", "ratio", *reached(curve, mark), *bounds(days, mark))
        made.append((*share, float(days.loc[days["time"] <= mark, "events"].sum()) / done))
    best, worst = quantile_bounds(days)
    made.append(("median", "days", *quantile(curve), worst, best, naive_median(days)))
    return pd.DataFrame(made, columns=["measure", "unit", "estimate", "low", "high", "worst", "best", "naive"])


def _forgotten(middle: float, naive: float, waiting: int, ends: pd.DataFrame, window: Window) -> Part | None:
    """What the naive figure leaves out, in days; None where nothing waits."""
    if not waiting:
        return None
    last = ends[ends["measure"] != "median"].tail(1)
    detail = f"It drops the {waiting:,} tickets that are still open, which are the slow ones."
    for row in last.to_dict("records"):
        mark = str(row["measure"]).removeprefix("within_")
        detail += (
            f" Within {mark} days {quantity(row['estimate'], 'ratio')} are settled, among settled ones "
            f"{quantity(row['naive'], 'ratio')}; whatever becomes of the open ones, "
            f"{interval(row['worst'], row['best'], 'ratio')}."
        )
    error = middle - naive
    short = quantity(error * 24, "hours") if error < 2 else quantity(error, "days")
    if math.isinf(middle):
        title = f"Settled tickets alone took {duration(naive)} at the median, and fewer than half are settled"
    elif error > 0:
        title = f"The naive time to resolution of {duration(naive)} is {short} too short"
    else:
        title = f"The naive time to resolution of {duration(naive)} is right at the median"
    finding = Finding(
        id="orchestrate.service.resolution_naive",
        stage="orchestrate",
        title=title,
        detail=detail,
        value=None if math.isinf(middle) else error,
        unit="days",
        about="difference of two figures of the same tickets, no interval",
        n=waiting,
        period=window.label,
        sources=("tickets",),
    )
    return Part(findings=(finding,))


def _by(tables: Tables, relation: str, names: dict[str, str]) -> Part:
    """Median time by moment, owner role and team, and a log-rank test with customers as clusters; no verdict."""
    rows, tests = [], []
    known = dimensions(tables)
    for name in ("owner_role", "moment", "team"):
        if name not in known:
            continue
        every = times_by(tables, relation, known[name])
        sizes = {g: int(r[["events", "censored"]].to_numpy().sum()) for g, r in every.items()}
        chosen = sorted((g for g in sizes if sizes[g] >= MINIMUM_N), key=lambda g: (-sizes[g], g))[:MOST]
        for group in chosen:
            days = every[group].assign(time=every[group]["time"] / 24)
            middle, low, high = quantile(kaplan_meier(days))
            naive, settled = naive_median(days), int(days["events"].sum())
            counts = {"tickets": sizes[group], "settled": settled, "open": sizes[group] - settled}
            times = {"median": middle, "low": low, "high": high, "naive": naive, "error_days": middle - naive}
            rows.append({"dimension": name, "group": group, **counts, **times})
        if len(chosen) > 1:
            statistic, p = clustered_log_rank(tables, relation, known[name], {g: every[g] for g in chosen})
            n = sum(sizes[g] for g in chosen)
            tests.append({"dimension": name, "groups": len(chosen), "tickets": n, "statistic": statistic, "p": p})
    if not rows:
        return Part()
    held = {"resolution_by": labelled(pd.DataFrame(rows), names)}
    return Part(tables={**held, "resolution_tests": pd.DataFrame(tests)} if tests else held)


def _without_pauses(tables: Tables, relation: str) -> str:
    if not service.has_pauses(tables) and "paused_minutes" not in tables.supplied("tickets"):
        return ""
    risk = service.times(tables, relation, hours="active_hours")
    middle = quantile(kaplan_meier(risk.assign(time=risk["time"] / 24)))[0]
    return "" if math.isinf(middle) else f"; the clock of the limit, without them, says {duration(middle)}"

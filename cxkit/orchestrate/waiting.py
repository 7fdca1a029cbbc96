"""Tickets that wait: the open ones by age, and the time to resolution with them counted."""

from __future__ import annotations

import math

from cxkit.formats import quantity
from cxkit.metrics import service
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.survival import by_day, kaplan_meier, naive_median, quantile
from cxkit.metrics.windows import Window
from cxkit.orchestrate.naming import duration, too_few
from cxkit.orchestrate.part import Part
from cxkit.records import Finding, Gap
from cxkit.tables.engine import Tables


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


def resolution_part(tables: Tables, relation: str, window: Window) -> Part:
    """Time from opening to settling on the wall clock, by Kaplan–Meier, with the naive median beside it."""
    risk = service.times(tables, relation)
    n, events = int(risk[["events", "censored"]].to_numpy().sum()), int(risk["events"].sum())
    if not events:
        reason = "No ticket of the window is settled." if n else "No ticket was opened in the window."
        return Part(gaps=(Gap(id="orchestrate.service.resolution", what="Time to resolution", reason=reason),))
    curve = kaplan_meier(risk.assign(time=risk["time"] / 24))
    shown = by_day(curve)
    middle, low, high = quantile(curve)
    naive = naive_median(risk) / 24
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
    return Part(findings=(finding,), tables={"resolution": shown})


def _without_pauses(tables: Tables, relation: str) -> str:
    if not service.has_pauses(tables) and "paused_minutes" not in tables.supplied("tickets"):
        return ""
    risk = service.times(tables, relation, hours="active_hours")
    middle = quantile(kaplan_meier(risk.assign(time=risk["time"] / 24)))[0]
    return "" if math.isinf(middle) else f"; the clock of the limit, without them, says {duration(middle)}"

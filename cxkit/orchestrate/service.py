"""Service levels: do customers get an answer in time, once, and with how much work?"""

from __future__ import annotations

from typing import ClassVar

import pandas as pd

from cxkit.formats import interval, listing, quantity
from cxkit.metrics import service
from cxkit.metrics.estimates import MINIMUM_CLUSTERS, MINIMUM_N
from cxkit.metrics.service import ALWAYS, Limits
from cxkit.metrics.windows import Window
from cxkit.orchestrate.breaches import TARGET, breaches_part, owners_part, readings_part
from cxkit.orchestrate.handling import handling_part
from cxkit.orchestrate.naming import labelled, moment_names, optional, too_few
from cxkit.orchestrate.part import Memo, Part, remembered
from cxkit.orchestrate.repeats import repeats_part
from cxkit.orchestrate.waiting import resolution_part, waiting_part
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.engine import Tables

ABOUT = "the underlying share, customers resampled"


class ServiceLevels(Result):
    """SLA attainment and its breaches, first-contact resolution, recontact, handling and resolution time.

    Tables: ``sla`` (dimension, group, label, tickets, met, late, open_late, open_within, no_sla, judged, clusters,
    due, attainment, low, high, naive, difference, matured; dimensions all, moment, channel, team, month in order),
    ``breaches`` (dimension, group, label, judged, late, open_late, breaches, clusters, rate, low, high, rest, excess,
    share, of_judged, hours_late; by owner_role, moment, team, reason, priority, channel, weekday and hour),
    ``like_for_like`` (dimension, group, label, cases, compared, coverage, strata, rate, others, excess, low, high, p,
    clusters, weeks, adjusted, verdict: roles, moments and teams beside the others on the same work),
    ``asking_again`` (the same for tickets late and in time), ``conventions`` (reading, label, judged, met, clusters,
    attainment, low, high, difference, verdict), ``recontact`` (every customary window), ``recontact_by`` (the chosen
    window by moment, channel, team, reason), ``handling``, ``open`` (age, verdict, tickets), ``resolution``
    (Kaplan–Meier: day, at_risk, events, censored, survival, low, high, naive: share of settled tickets alone),
    ``resolution_bounds`` (measure, unit, estimate, low, high, worst, best, naive), ``resolution_by`` (dimension,
    group, label, tickets, settled, open, median, low, high, naive, error_days) and ``resolution_tests`` (dimension,
    groups, tickets, statistic, p).
    """

    stage: ClassVar[str] = "orchestrate"
    name: ClassVar[str] = "service"
    version: ClassVar[int] = 2

    fcr_window_days: int
    """Days after settling within which a further contact counts as a recontact."""
    period: str = ""
    limits: Limits = Limits()
    """What was put in the place of the moments' own limits and calendars."""
    target: float = TARGET
    """Share in time against which conventions are judged."""


def service_levels(
    tables: Tables,
    *,
    fcr_window_days: int = 7,
    window_months: int = 12,
    sla_hours: float | None = None,
    sla_scale: float = 1.0,
    calendar: str | None = None,
    target: float | None = None,
    detail: bool = True,
    memo: Memo | None = None,
) -> ServiceLevels:
    """Service levels over the last complete months that tickets reach.

    `fcr_window_days` is the recontact window of the headline; `sla_hours` a limit, in open hours, for tickets whose
    moment has none; `sla_scale` multiplies every limit; `calendar` is put in the place of every moment's (``always``
    runs round the clock) and raises `ParameterError` when the client has none of that name. `target` is the share in
    time against which conventions are judged; nine in ten when nobody names one. Without `detail` handling and
    resolution times and the tables of breaches are left out, for a panel that answers at once; `memo`, of these tables,
    keeps the parts that an assumption does not touch. Conventions are those of `cxkit.metrics.service` and
    `cxkit.metrics.recontact`. A missing table or column becomes a gap.
    """
    service.check_calendar(tables, calendar)
    limits = Limits(sla_hours=sla_hours, sla_scale=sla_scale, calendar=calendar)
    lacks = tables.lacking({"tickets": ("ticket_id", "opened")})
    window = None if lacks else service.ticket_window(tables, window_months)
    if window is None:
        gaps = _nothing(lacks)
        return ServiceLevels(as_of=tables.as_of, fcr_window_days=fcr_window_days, limits=limits, gaps=gaps)
    names = moment_names(tables)
    parts = [
        remembered(
            memo, ("repeats", window, fcr_window_days), lambda: repeats_part(tables, window, names, fcr_window_days)
        )
    ]
    if detail:
        parts.append(handling_part(tables, window, names))
    if service.settled(tables) is None:
        needs = (Missing(name="tickets", columns=("resolved",)),)
        reason = "The export does not say when a ticket was resolved."
        parts.insert(0, Part(gaps=_gaps(("sla", "open", "resolution"), reason, needs)))
    else:
        days = fcr_window_days if detail else None
        key = ("judged", window, sla_hours, sla_scale, calendar, target, days)
        parts.insert(0, remembered(memo, key, lambda: _judged(tables, window, names, limits, target=target, days=days)))
    whole = Part.joined(parts)
    return ServiceLevels(
        as_of=tables.as_of,
        fcr_window_days=fcr_window_days,
        period=window.label,
        limits=limits,
        target=TARGET if target is None else target,
        findings=whole.findings,
        gaps=whole.gaps,
        tables=dict(whole.tables),
    )


def _judged(
    tables: Tables, window: Window, names: dict[str, str], limits: Limits, *, target: float | None, days: int | None
) -> Part:
    """What is read off tickets judged by their limits; without `days`, of a recontact, the headlines alone."""
    moved = {"sla_hours": limits.sla_hours, "sla_scale": limits.sla_scale, "calendar": limits.calendar}
    with service.judged(tables, window, **moved) as relation:  # type: ignore[arg-type]
        attained = _attainment(tables, relation, window, names, limits)
        parts = [attained]
        if attained.findings:
            parts.append(readings_part(tables, relation, window, target=target))
            if days is not None:
                parts.append(breaches_part(tables, relation, window, names, days=days))
            elif int(attained.findings[0].n or 0) >= MINIMUM_N:
                parts.append(owners_part(tables, relation, window, names))
        parts.append(waiting_part(tables, relation))
        if days is not None:
            parts.append(resolution_part(tables, relation, window, names))
    return Part.joined(parts)


WHAT = {
    "sla": "SLA attainment",
    "open": "Tickets waiting",
    "resolution": "Time to resolution",
    "fcr": "First-contact resolution",
    "recontact": "Recontact",
    "aht": "Handling time",
}


def _gaps(names: tuple[str, ...], reason: str, needs: tuple[Missing, ...] = ()) -> tuple[Gap, ...]:
    return tuple(Gap(id=f"orchestrate.service.{n}", what=WHAT[n], reason=reason, needs=needs) for n in names)


def _nothing(lacks: tuple[Missing, ...]) -> tuple[Gap, ...]:
    if lacks:
        return _gaps(tuple(WHAT), f"Tickets are {lacks[0].why}.", lacks)
    return _gaps(tuple(WHAT), "No complete month of tickets lies before the date of the report.")


def _no_limit(tables: Tables) -> Gap:
    needs = tables.lacking({"moments": ("moment_id", "sla_hours"), "tickets": ("moment_id",)})
    reason = (
        "No limit is known for any ticket: it takes the moment of each ticket and the limit of each moment."
        if needs
        else "No ticket of the window belongs to a moment with a limit."
    )
    return Gap(id="orchestrate.service.sla", what=WHAT["sla"], reason=reason, needs=needs)


def _attainment(tables: Tables, relation: str, window: Window, names: dict[str, str], limits: Limits) -> Part:
    by = {**service.dimensions(tables), "month": "strftime(opened_date, '%Y-%m')"}
    rows = labelled(service.attainment(tables, relation, by), names)
    held = {"sla": rows}
    whole = rows[rows["dimension"] == "all"]
    if whole.empty or not int(whole["judged"].iloc[0]):
        return Part(gaps=(_no_limit(tables),), tables=held)
    notes = _notes(tables, limits)
    sources = tuple(t for t in ("tickets", "moments", "calendars") if t in tables.present)
    findings = [_sla_finding(whole.iloc[0], window, notes, sources)]
    moments = rows[(rows["dimension"] == "moment") & (rows["judged"] >= MINIMUM_N)].sort_values(["attainment", "group"])
    findings += [_moment_finding(row, window, sources) for _, row in moments.iterrows()]
    return Part(findings=tuple(findings), tables=held)


def _notes(tables: Tables, limits: Limits) -> str:
    notes = []
    hours = not isinstance(tables.require("calendars", "calendar"), Missing)
    if not service.has_pauses(tables):
        if "paused_minutes" in tables.supplied("tickets"):
            notes.append("Pauses of tickets that are still open are not known and count as waiting.")
            if hours and limits.calendar != ALWAYS:
                notes.append("Pauses are known in minutes alone and are taken to lie within opening hours.")
        else:
            notes.append("Pauses are not known, so waiting for the customer counts against the limit.")
    if limits.calendar is not None:
        always = limits.calendar == ALWAYS
        notes.append(
            "What if: the clock runs round the clock."
            if always
            else f"What if: everybody on the calendar {limits.calendar}."
        )
    elif not hours:
        notes.append("Without business calendars the clock runs round the clock.")
    elif strange := _unknown_calendars(tables):
        notes.append(f"No hours are given for the calendar {listing(strange)}; there the clock always runs.")
    if limits.sla_hours is not None:
        notes.append(f"Tickets whose moment has no limit are judged by {quantity(limits.sla_hours, 'hours')}.")
    if limits.sla_scale != 1:
        notes.append(f"What if: every limit times {limits.sla_scale:g}.")
    return " ".join(notes)


def _unknown_calendars(tables: Tables) -> list[str]:
    if isinstance(tables.require("moments", "calendar"), Missing):
        return []
    rows = tables.frame(
        "SELECT DISTINCT calendar FROM moments WHERE calendar IS NOT NULL "
        "AND calendar NOT IN (SELECT calendar FROM calendars WHERE calendar IS NOT NULL) ORDER BY 1"
    )
    return [str(c) for c in rows["calendar"]]


def _sla_finding(row: pd.Series, window: Window, notes: str, sources: tuple[str, ...]) -> Finding:
    share, naive, judged = float(row["attainment"]), optional(row["naive"]), int(row["judged"])
    low, high, no_sla = optional(row["low"]), optional(row["high"]), int(row["no_sla"])
    counts = (
        f"{int(row['met']):,} in time, {int(row['late']):,} late, {int(row['open_late']):,} open past the limit; "
        f"{int(row['open_within']):,} open inside it {'is' if int(row['open_within']) == 1 else 'are'} not judged yet"
        + (f" and {no_sla:,} {'has' if no_sla == 1 else 'have'} no limit." if no_sla else ".")
    )
    title = f"{quantity(share, 'ratio')} of tickets are settled within their limit"
    if naive is not None and int(row["open_late"]):
        title += f"; settled tickets alone would say {quantity(naive, 'ratio')}"
    if low is None:
        short = too_few(judged, "judged tickets", MINIMUM_N)
        title = (
            short if judged < MINIMUM_N else f"{int(row['clusters'])} customers are too few to judge SLA attainment by"
        )
    tone = "unknown" if low is None or high is None else "good" if low >= 0.9 else "bad" if high < 0.8 else "neutral"
    return Finding(
        id="orchestrate.service.sla",
        stage="orchestrate",
        title=title,
        detail=" ".join(filter(None, [counts, notes])),
        value=share,
        unit="ratio",
        low=low,
        high=high,
        about=ABOUT if low is not None else f"fewer than {MINIMUM_N} tickets or {MINIMUM_CLUSTERS} customers",
        n=judged,
        period=window.label,
        sources=sources,
        definition="sla_attainment@1",
        tone=tone,
    )


def _moment_finding(row: pd.Series, window: Window, sources: tuple[str, ...]) -> Finding:
    low, high = optional(row["low"]), optional(row["high"])
    band = interval(low, high, "ratio")
    return Finding(
        id="orchestrate.service.sla_moment",
        stage="orchestrate",
        subject=str(row["group"]),
        title=f"{row['label']}: {quantity(float(row['attainment']), 'ratio')} of tickets are settled within the limit",
        detail=f"{int(row['open_late']):,} {'is' if int(row['open_late']) == 1 else 'are'} open past it."
        + (f" The interval is {band}." if band else ""),
        value=float(row["attainment"]),
        unit="ratio",
        low=low,
        high=high,
        about=ABOUT,
        n=int(row["judged"]),
        period=window.label,
        sources=sources,
        definition="sla_attainment@1",
        tone="unknown" if low is None or high is None else "good" if low >= 0.9 else "bad" if high < 0.8 else "neutral",
    )

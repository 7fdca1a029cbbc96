"""Staffing: how many agents the contacts need by hour of the week, and what fewer recontacts would change.

Live channels are planned by Erlang C (`cxkit.metrics.erlang`), all others as work that can wait. The plan is a model:
Poisson arrivals within an hour, exponential handling, equal agents, nobody hangs up. How far arrivals are from Poisson
is measured and said.
"""

from __future__ import annotations

from typing import ClassVar

import pandas as pd
from scipy import stats

from cxkit.formats import interval, listing, money, number, quantity
from cxkit.metrics import service
from cxkit.metrics.recontact import recontacts
from cxkit.metrics.windows import Window
from cxkit.orchestrate.naming import optional
from cxkit.orchestrate.staffing_load import WEEKDAYS, Load, volume_window, weekly_load
from cxkit.orchestrate.staffing_plan import (
    CHANGE,
    HeadCost,
    Rules,
    Share,
    assumptions,
    deferred,
    head_cost,
    scenarios,
    week_plan,
)
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.engine import Tables

NEED, RECONTACT = "orchestrate.staffing.need", "orchestrate.staffing.recontact"
MODEL = "Erlang C: nobody hangs up, one contact at a time"


class Staffing(Result):
    """Agents needed by hour of the week, and what would change them.

    Tables: ``week`` (weekday 1 Monday to 7, hour local, days, mean, p50, p90: contacts in that hour; agents_*,
    level_*: share answered in time, occupancy_*, answer_*: mean seconds to answer, for p50 and p90; without_p50,
    without_p90: agents if no contact came back); ``scenarios`` (scenario as_is, quarter, none, shorter, longer; label,
    removed: share of contacts, handle: factor, peak_agents at p90, fte, fte_p50, fte_p90, saved: full-time agents of
    fte, saved_low, saved_high, money, money_low, money_high a year); ``volume`` (channel, live, contacts, days,
    contacts_a_week, aht in minutes, hours_a_week, fte of channels that can wait); ``assumptions`` (assumption, value,
    meaning).
    """

    stage: ClassVar[str] = "orchestrate"
    name: ClassVar[str] = "staffing"

    period: str = ""
    service_level: float = 0.8
    """Share of calls to be answered in time."""
    answer_seconds: float = 20.0
    """Within so many seconds."""
    aht_minutes: float | None = None
    """Mean handling time of live contacts."""
    currency: str = ""


def staffing(
    tables: Tables,
    *,
    window_months: int = 12,
    service_level: float = 0.8,
    answer_seconds: float = 20.0,
    shrinkage: float = 0.3,
    occupancy_cap: float = 0.85,
    week_hours: float = 40.0,
    fcr_window_days: int = 7,
) -> Staffing:
    """Staffing of counted contacts over the last complete months that `contact_volume` reaches.

    A typical hour is the median of that hour of the week over the days of the window (p50), a busy one its 90th
    percentile. `shrinkage` is the share of paid time not spent answering, `occupancy_cap` the most that agents may be
    busy, `week_hours` the paid hours of a full-time agent. Removing recontacts multiplies contacts by 1 − their share
    (`fcr_window_days`), an association that bounds the gain. A missing table or column becomes a gap. Raises
    `ValueError` for shares outside 0 to 1.
    """
    rules = _rules(service_level, answer_seconds, shrinkage, occupancy_cap, week_hours)
    empty = {"as_of": tables.as_of, "service_level": service_level, "answer_seconds": answer_seconds}
    lacks = tables.lacking({"contact_volume": ("day", "contacts")})
    window = None if lacks else volume_window(tables, window_months)
    load = weekly_load(tables, window) if window is not None else "No complete month of counted contacts is there."
    if lacks:
        load = f"Contacts by day or hour are {lacks[0].why}."
    if isinstance(load, str) or window is None:
        gap = Gap(id=NEED, what="Agents needed", reason=str(load), needs=lacks or _finer(tables))
        return Staffing.model_validate({**empty, "gaps": (gap,)})
    share, lacking = _share(tables, window, fcr_window_days)
    cost = head_cost(tables, window)
    week = week_plan(load, rules, share)
    volume = deferred(load, rules)
    cases = scenarios(load, rules, share, None)
    if cost is not None and cost.fits(float(cases["fte_p90"].iloc[0]) + float(volume["fte"].sum())):
        cases = scenarios(load, rules, share, cost.a_year)
    currency = tables.currency
    made = [_need(load, rules, week, cases), _arrivals(load)]
    if share is not None:
        made.append(_recontact(load, cases, share, cost=cost, currency=currency, days=fcr_window_days))
    made += [_handling(load, cases, share), _deferred(load, volume)]
    return Staffing.model_validate(
        {
            **empty,
            "period": window.label,
            "aht_minutes": load.aht,
            "currency": currency,
            "findings": tuple(f for f in made if f is not None),
            "gaps": lacking,
            "tables": {
                "week": week,
                "scenarios": cases,
                "volume": volume,
                "assumptions": assumptions(load, rules, share, cost),
            },
        }
    )


def _rules(level: float, answer: float, shrinkage: float, cap: float, hours: float) -> Rules:
    if not (0 < level < 1 and 0 <= shrinkage < 1 and 0 < cap <= 1 and answer >= 0 and hours > 0):
        raise ValueError("service level, shrinkage and occupancy are shares between 0 and 1; times are above zero")
    return Rules(level, answer, shrinkage, cap, hours)


def _finer(tables: Tables) -> tuple[Missing, ...]:
    return tables.lacking({"contact_volume": ("hour", "handle_minutes")})


def _share(tables: Tables, window: Window, days: int) -> tuple[Share | None, tuple[Gap, ...]]:
    needs = tables.lacking({"tickets": ("account_id", "opened")})
    if not needs and service.settled(tables) is None:
        needs = (Missing(name="tickets", columns=("resolved",)),)
    if not needs:
        row = recontacts(tables, window, [days]).iloc[0] if (service.ticket_window(tables)) else None
        if row is not None and row["n"] and pd.notna(row["fcr_low"]):
            low, high = optional(row["fcr_low"]), optional(row["fcr_high"])
            ends = (None if high is None else 1 - high, None if low is None else 1 - low)
            return Share(float(row["recontact"]), *ends, int(row["n"])), ()
    reason = "The share of recontacts takes tickets with their customer and their resolution."
    if not needs:
        reason = "Too few tickets of the window are settled to know the share of recontacts."
    return None, (Gap(id=RECONTACT, what="Agents that recontacts take", reason=reason, needs=needs),)


def _agents(value: float) -> str:
    return number(value, 1)


def _common(load: Load, n: int) -> dict[str, object]:
    return {
        "stage": "orchestrate", "unit": "score", "period": load.window.label, "grade": "D", "n": n,
        "sources": ("contact_volume",) if load.aht_from == "contact_volume" else ("contact_volume", load.aht_from),
    }  # fmt: skip


def _contacts(load: Load) -> int:
    return int(load.volume.loc[load.volume["live"], "contacts"].sum())


def _need(load: Load, rules: Rules, week: pd.DataFrame, cases: pd.DataFrame) -> Finding:
    now = cases.iloc[0]
    peak = week.sort_values(["agents_p90", "weekday", "hour"], ascending=[False, True, True]).iloc[0]
    when = f"{WEEKDAYS[int(peak['weekday']) - 1]} {int(peak['hour']):02d}:00"
    live = listing([c for c in load.volume.loc[load.volume["live"], "channel"] if c not in {"", "all"}]) or "calls"
    title = f"A typical week of {live} needs {_agents(now['fte_p50'])} full-time agents, a busy one "
    title += f"{_agents(now['fte_p90'])}; the peak is {when} with {int(peak['agents_p90'])} at once"
    how = {"hours": "", "known hours": " Days are spread over the hours that are counted.",
           "tickets": " Days are spread over the hours in which tickets were opened.",
           "calendar": " Days are spread evenly over opening hours."}[load.spread]  # fmt: skip
    detail = f"To answer {quantity(rules.level, 'ratio')} within {number(rules.answer_seconds, 0)} seconds at "
    detail += f"{quantity(load.aht, 'minutes')} each, agents busy at most {quantity(rules.occupancy_cap, 'ratio')} and "
    detail += f"away {quantity(rules.shrinkage, 'ratio')} of {number(rules.week_hours, 0)} paid hours." + how
    return Finding.model_validate(
        {**_common(load, _contacts(load)), "id": NEED, "title": title, "detail": detail,
         "value": float(now["fte_p50"]), "about": MODEL}
    )  # fmt: skip


def _arrivals(load: Load) -> Finding | None:
    if load.freedom < 30:
        return None
    at = load.dispersion
    low = at * load.freedom / float(stats.chi2.ppf(0.975, load.freedom))
    more = low > 1
    title = f"Contacts in the same hour of the week vary {at:.1f} times as much as chance alone would give"
    title = title if load.spread == "hours" else title.replace("hour", "day")
    detail = "Season, campaigns and outages are in it. "
    detail += (
        "Erlang C takes the hour's load as known, so plan by the busy week rather than by the typical one."
        if more and at > 1.2
        else "Erlang C’s arrivals fit."
    )
    return Finding.model_validate(
        {**_common(load, load.freedom), "id": "orchestrate.staffing.arrivals", "title": title, "detail": detail,
         "value": at, "unit": "multiple", "grade": "M", "sources": ("contact_volume",),
         "about": "variance ÷ mean within hours (or days) of the week, counted",
         "tone": "neutral"}
    )  # fmt: skip


def _recontact(
    load: Load,
    cases: pd.DataFrame,
    share: Share,
    *,
    cost: HeadCost | None,
    currency: str,
    days: int,
) -> Finding:
    by = {str(r["scenario"]): r for r in cases.to_dict("records")}
    quarter, none = by["quarter"], by["none"]
    priced = cost is not None and pd.notna(quarter["money"])
    title = f"A quarter fewer recontacts would take {_agents(quarter['saved'])} full-time agents off an average week"
    if priced:
        title += f", {money(float(quarter['money']), currency)} a year"
    band = interval(share.low, share.high, "ratio")
    detail = f"{quantity(share.value, 'ratio')} of settled tickets come back within {days} days ({band}). Without any "
    detail += f"recontact {_agents(none['saved'])} fewer would be needed ({_agents(none['saved_low'])} to "
    detail += f"{_agents(none['saved_high'])}): a bound, since not every one can be avoided."
    if cost is not None and priced:
        detail += f" An agent costs {money(cost.a_year, currency)} a year: costs of contacts and handling ÷ heads of "
        detail += f"{listing(list(cost.teams))}."
    elif cost is not None:
        detail += (
            f" Not priced: {listing(list(cost.teams))} have {number(cost.heads, 0)} heads, many times what contacts "
        )
        detail += "need, so a head’s cost is not that of answering."
    sources = ("contact_volume", "tickets", *(("costs", "workforce") if cost is not None else ()))
    return Finding.model_validate(
        {**_common(load, share.n), "id": RECONTACT, "title": title, "detail": detail,
         "value": float(quarter["saved"]), "low": optional(quarter["saved_low"]),
         "high": optional(quarter["saved_high"]), "sources": sources,
         "about": "the underlying share of recontacts, customers resampled; the model is taken as given",
         "weight": float(quarter["money"]) if priced else 0.0}
    )  # fmt: skip


def _handling(load: Load, cases: pd.DataFrame, share: Share | None) -> Finding:
    row = next(r for r in cases.to_dict("records") if r["scenario"] == "shorter")
    title = f"Handling {quantity(CHANGE, 'ratio')} shorter would take {_agents(row['saved'])} full-time agents off an "
    title += "average week"
    detail = f"{quantity(load.aht * CHANGE, 'minutes')} of {quantity(load.aht, 'minutes')} each."
    if share is not None:
        eaten = CHANGE * (1 - share.value)
        title += f", unless {quantity(eaten, 'points')} more contacts come back"
        detail += " That much more recontact brings back the same work: contacts per issue are 1 ÷ (1 − recontact)."
    sources = ("contact_volume", "tickets") if share is not None else ("contact_volume",)
    return Finding.model_validate(
        {**_common(load, _contacts(load)), "id": "orchestrate.staffing.handling", "title": title, "detail": detail,
         "value": float(row["saved"]), "about": MODEL, "sources": sources}
    )  # fmt: skip


def _deferred(load: Load, volume: pd.DataFrame) -> Finding | None:
    rows = volume[volume["fte"].notna()]
    if rows.empty:
        return None
    names = listing([str(c) or "no channel" for c in rows["channel"]])
    title = f"Work that can wait ({names}) needs {_agents(float(rows['fte'].sum()))} full-time agents"
    detail = (
        f"{rows['hours_a_week'].sum():,.1f} hours a week ÷ the hours in which an agent is there; it can fill quiet "
    )
    detail += "hours of the live channels."
    return Finding.model_validate(
        {**_common(load, int(rows["contacts"].sum())), "id": "orchestrate.staffing.deferred", "title": title,
         "detail": detail, "value": float(rows["fte"].sum()), "about": "workload ÷ productive hours"}
    )  # fmt: skip

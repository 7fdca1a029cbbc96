"""How many contacts come in each hour of the week, and how long each takes.

Live channels (phone, chat) queue while the customer waits; all others are work that can wait. Where contacts are
counted by the hour they are taken as they are, an hour of an open day without a row being zero. Where they are counted
by the day they are spread over the day by the hours that are known, else by the local hours in which tickets of live
channels were opened, else evenly over the opening hours of the calendar.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxkit.metrics import clock
from cxkit.metrics.windows import Window, recent, seen
from cxkit.tables.cut import text_literal
from cxkit.tables.engine import Tables

LIVE = ("phone", "telephone", "call", "calls", "voice", "hotline", "chat", "live chat")
"""Channels on which the customer waits; one conversation at a time, also in chat."""
LEAST_DAYS = 28
"""Days with contacts below which no week is planned."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Load:
    """What a week brings."""

    window: Window
    week: pd.DataFrame
    """Live contacts by weekday (1 Monday) and hour: days, mean, p50, p90 and the variance over days."""
    volume: pd.DataFrame
    """By channel: channel, live, contacts, days, contacts_a_week, aht (minutes), hours_a_week of work."""
    aht: float
    """Mean handling time of live contacts, minutes."""
    aht_from: str
    """The table it comes from."""
    spread: str
    """How days were spread over hours: ``hours``, ``known hours``, ``tickets`` or ``calendar``."""
    counts: pd.DataFrame
    """How often an hour of the window brought so many live contacts: x, hours."""
    weeks: float
    """Weeks from the first to the last counted day."""
    dispersion: float
    """Variance ÷ mean of contacts in the same hour (or day) of the week: 1 for Poisson arrivals."""
    freedom: int
    """Degrees of freedom behind it."""


def volume_window(tables: Tables, months: int) -> Window | None:
    """The last complete months that counted contacts reach."""
    span, window = seen(tables, "contact_volume", "day"), recent(tables, "contact_volume", "day", months)
    if span is None or window is None:
        return None
    return Window(first=max(span.first, window.first), last=window.last)


def weekly_load(tables: Tables, window: Window) -> Load | str:
    """The load of a week, or the reason why there is none."""
    volume, source = _volume(tables, window)
    live = volume[volume["live"]]
    if live.empty or not live["contacts"].sum():
        return "No contact came by phone or chat."
    if live["aht"].isna().all():
        return "Neither counted contacts nor tickets say how long a contact takes."
    measured = live[live["aht"].notna()]
    aht = float(np.average(measured["aht"], weights=measured["contacts"]))
    days = _days(tables, window)
    if len(days) < LEAST_DAYS:
        return f"Contacts are counted on {len(days)} days; a week takes {LEAST_DAYS}."
    hours = tables.frame(f"""
        SELECT CAST(day AS VARCHAR) AS day, hour, sum(contacts)::BIGINT AS contacts FROM contact_volume
        WHERE {window.holds("day")} AND {_live(tables)} AND hour IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
    """)
    whole, known = float(days["contacts"].sum()), float(hours["contacts"].sum())
    if known >= 0.99 * whole:
        spread, cells = "hours", _grid(days, hours)
    else:
        profile, spread = _profile(tables, window, hours)
        if profile.empty:
            return "Contacts are counted by the day, and neither tickets nor calendars say at which hours they come."
        cells = days.merge(profile, on="weekday").assign(x=lambda f: f["contacts"] * f["share"])
    keyed = days.assign(key=days["weekday"], x=days["contacts"])
    if spread == "hours":
        keyed = cells.assign(key=cells["weekday"] * 100 + cells["hour"])
    dispersion, freedom = _dispersion(keyed)
    by = cells.groupby(["weekday", "hour"], sort=True)["x"]
    week = by.agg(days="count", mean="mean", p50="median", p90=lambda x: float(np.quantile(x, 0.9))).reset_index()
    week = week[week["mean"] > 0].astype({"weekday": int, "hour": int}).reset_index(drop=True)
    counts = cells.assign(x=cells["x"].round(3)).groupby("x", sort=True).size().rename("hours").reset_index()
    first, last = pd.Timestamp(days["day"].min()), pd.Timestamp(days["day"].max())
    weeks = ((last - first).days + 1) / 7
    return Load(window, week, volume, aht, source, spread, counts, weeks, dispersion, freedom)


def _live(tables: Tables) -> str:
    if "channel" not in tables.supplied("contact_volume"):
        return "true"
    return f"lower(trim(channel)) IN ({', '.join(text_literal(c) for c in LIVE)})"


def _volume(tables: Tables, window: Window) -> tuple[pd.DataFrame, str]:
    channel = "coalesce(lower(trim(channel)), '')" if "channel" in tables.supplied("contact_volume") else "'all'"
    rows = tables.frame(f"""
        SELECT {channel} AS channel, max(({_live(tables)})::INT) AS live, sum(contacts)::BIGINT AS contacts,
          count(DISTINCT day) AS days,
          sum(CAST(round(handle_minutes * 1000) AS BIGINT))::DOUBLE / 1000 AS minutes,
          sum(CASE WHEN handle_minutes IS NOT NULL THEN contacts END)::DOUBLE AS timed
        FROM contact_volume WHERE {window.holds("day")} AND contacts IS NOT NULL GROUP BY 1 ORDER BY 3 DESC, 1
    """)
    rows["live"] = rows["live"].astype("float64") > 0
    rows["aht"] = rows["minutes"].astype("float64") / rows["timed"].astype("float64").where(rows["timed"] > 0)
    source = "contact_volume"
    if rows["aht"].isna().all() and "handle_minutes" in tables.supplied("tickets"):
        source = "tickets"
        own = "lower(trim(channel))" if "channel" in tables.supplied("tickets") else "''"
        known = tables.frame(f"""
            SELECT {own} AS channel, sum(CAST(round(handle_minutes * 1000) AS BIGINT))::DOUBLE / 1000 AS m,
              count(handle_minutes)::DOUBLE AS n
            FROM tickets WHERE {window.holds("opened_date")} AND handle_minutes IS NOT NULL GROUP BY 1 ORDER BY 1
        """)
        each = {str(r["channel"]): r["m"] / r["n"] for r in known.to_dict("records") if r["n"]}
        every = known["m"].sum() / known["n"].sum() if len(known) else float("nan")
        rows["aht"] = [each.get(str(c), every) for c in rows["channel"]]
    weeks = ((window.final_day - window.first).days + 1) / 7
    rows["contacts_a_week"] = rows["contacts"] / weeks
    rows["hours_a_week"] = rows["contacts_a_week"] * rows["aht"] / 60
    return rows[["channel", "live", "contacts", "days", "contacts_a_week", "aht", "hours_a_week"]], source


def _days(tables: Tables, window: Window) -> pd.DataFrame:
    days = tables.frame(f"""
        SELECT CAST(day AS VARCHAR) AS day, sum(contacts)::BIGINT AS contacts FROM contact_volume
        WHERE {window.holds("day")} AND {_live(tables)} GROUP BY 1 HAVING sum(contacts) > 0 ORDER BY 1
    """)
    return days.assign(weekday=pd.to_datetime(days["day"]).dt.day_of_week + 1)


def _grid(days: pd.DataFrame, hours: pd.DataFrame) -> pd.DataFrame:
    """Every open day with every hour in which its weekday ever had a contact, zeros included."""
    known = hours.merge(days[["day", "weekday"]], on="day")
    cells = known[["weekday", "hour"]].drop_duplicates()
    whole = days[["day", "weekday"]].merge(cells, on="weekday")
    made = whole.merge(hours, on=["day", "hour"], how="left")
    return made.assign(x=made["contacts"].fillna(0).astype("float64"))


def _profile(tables: Tables, window: Window, hours: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Share of a weekday's contacts by hour: weekday, hour, share; and where it comes from."""
    if len(hours):
        rows = hours.assign(weekday=pd.to_datetime(hours["day"]).dt.day_of_week + 1)
        return _shares(rows.groupby(["weekday", "hour"])["contacts"].sum().reset_index()), "known hours"
    open_hours = _open_hours(tables)
    if "opened" in tables.supplied("tickets"):
        own = tables.supplied("tickets")
        listed = ", ".join(text_literal(c) for c in LIVE)
        where = f"AND lower(trim(channel)) IN ({listed})" if "channel" in own else ""
        rows = tables.frame(f"""
            SELECT date_diff('day', DATE '2001-01-01', opened_date) % 7 + 1 AS weekday, opened_hour AS hour,
              count(*) AS contacts
            FROM tickets
            WHERE {window.holds("opened_date")} {where} GROUP BY 1, 2 ORDER BY 1, 2
        """)
        if len(open_hours):
            rows = rows.merge(open_hours, on=["weekday", "hour"])
        if rows["contacts"].sum() >= LEAST_DAYS * 10:
            return _shares(rows), "tickets"
    return _shares(open_hours.assign(contacts=1)) if len(open_hours) else open_hours, "calendar"


def _shares(rows: pd.DataFrame) -> pd.DataFrame:
    whole = rows.groupby("weekday")["contacts"].transform("sum")
    return rows.assign(share=rows["contacts"] / whole)[["weekday", "hour", "share"]]


def _open_hours(tables: Tables) -> pd.DataFrame:
    """Weekday and hour of the widest calendar; empty without calendars."""
    weeks = clock.calendars(tables)
    if not weeks:
        return pd.DataFrame(columns=["weekday", "hour"])
    sizes = {n: sum(c - o for spans in w.hours.values() for o, c in spans) for n, w in weeks.items()}
    week = weeks[max(sorted(sizes), key=lambda n: sizes[n])]
    cells = {(d, h) for d, spans in week.hours.items() for o, c in spans for h in range(int(o), int(np.ceil(c)))}
    return pd.DataFrame(sorted(cells), columns=["weekday", "hour"])


def _dispersion(rows: pd.DataFrame) -> tuple[float, int]:
    """Pearson's index of dispersion pooled over hours (or days) of the week, and its degrees of freedom."""
    by = rows.groupby("key")["x"].agg(["mean", "count", "var"])
    by = by[(by["mean"] > 0) & (by["count"] > 1)]
    freedom = int((by["count"] - 1).sum())
    if not freedom:
        return float("nan"), 0
    return float((by["var"] * (by["count"] - 1) / by["mean"]).sum() / freedom), freedom

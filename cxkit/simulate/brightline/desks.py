"""What happened at Brightline's desks after contacts were taken: a tool, a tail of open tickets, counted calls."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxkit.simulate.brightline import story
from cxkit.simulate.clock import SHOP_HOURS
from cxkit.simulate.plan import sheet, typed
from cxkit.simulate.world import DAY, lognormal, months_between

LOST = ("first_response", "resolved", "closed", "reopened")


def worked(rng: np.random.Generator, asked: pd.DataFrame) -> pd.DataFrame:
    """The same contacts with the answer finder at work, and with some of the last weeks' never settled."""
    asked = asked.copy()
    settled = asked["resolved"].to_numpy().astype("datetime64[M]")
    for team, month in story.ASSIST.items():
        helped = (asked["team"] == team).to_numpy() & (settled >= np.datetime64(month, "M")) & ~np.isnat(settled)
        asked.loc[helped, "handle_minutes"] = (asked.loc[helped, "handle_minutes"] * (1 + story.ASSIST_EFFECT)).round(1)
    lately = asked["opened"].to_numpy().astype("datetime64[D]") >= story.UNSETTLED_FROM
    chance = np.where(asked["team"] == "Partner desk", story.UNSETTLED_SLOW, story.UNSETTLED)
    left = lately & (rng.random(len(asked)) < chance)
    asked.loc[left, LOST[1:]] = pd.NaT
    asked.loc[left, ["paused_minutes", "handle_minutes", "handovers"]] = np.nan
    return asked


def volume(rng: np.random.Generator, tickets: pd.DataFrame) -> pd.DataFrame:
    """The table ``contact_volume``: calls and chats by day and local hour, with those that became no ticket."""
    local = tickets["opened"].dt.tz_localize("UTC").dt.tz_convert(story.ZONE).dt.tz_localize(None)
    counted = tickets["channel"].isin(["phone", "chat"]) & (local >= pd.Timestamp(story.VOLUME_FROM))
    own = pd.DataFrame({"day": local.dt.floor("D"), "hour": local.dt.hour, "channel": tickets["channel"]})[counted]
    own["minutes"] = tickets["handle_minutes"].fillna(12.0)
    taken = own.groupby(["day", "hour", "channel"])["minutes"].agg(["size", "sum"])
    days = np.arange(story.VOLUME_FROM, story.LATEST + DAY)
    mean = taken.groupby("channel")["size"].sum() / len(days)
    parts = []
    for channel, rate in mean.items():
        busy = rng.gamma(25.0, 1 / 25.0, len(days)) * np.where((days.astype("int64") + 3) % 7 == 0, 1.3, 1.0)
        spread = SHOP_HOURS / SHOP_HOURS.sum()
        lam = busy[:, None] * spread[None, :] * rate * (story.CALLS_PER_TICKET - 1)
        simple = rng.poisson(lam)
        day, hour = np.nonzero(simple)
        count = simple[day, hour]
        minutes = count * lognormal(rng, story.CALL_MINUTES, 0.25, len(count))
        parts.append(pd.DataFrame({"day": days[day], "hour": hour, "channel": channel, "size": count, "sum": minutes}))
    simple_calls = pd.concat(parts).set_index(["day", "hour", "channel"])[["size", "sum"]]
    frame = taken.add(simple_calls, fill_value=0).reset_index()
    frame = frame[(frame["hour"] >= 8) & (frame["hour"] < 20) | (frame["size"] > 0)]
    frame = frame.rename(columns={"size": "contacts", "sum": "handle_minutes"})
    frame["contacts"] = frame["contacts"].astype("int64")
    frame["handle_minutes"] = frame["handle_minutes"].round(1)
    return typed("contact_volume", frame.sort_values(["day", "hour", "channel"], ignore_index=True))


def taught(rng: np.random.Generator, headcount: dict[str, int]) -> pd.DataFrame:
    """Rows of ``training``: the answer finder, team after team, first weeks with customers, and questions in hiring."""
    rows: list[tuple[object, ...]] = []
    months = months_between("2024-09", "2026-10")
    for team, start in story.ASSIST.items():
        for month in months:
            since = int((month - np.datetime64(start, "M")).astype("int64"))
            share = rng.uniform(0.02, 0.13) if since < 0 else min(0.9, 0.68 + 0.02 * since + rng.normal(0, 0.02))
            rows.append(
                (str(month), team, "Answer finder", "agent_assist", headcount[team], round(share * headcount[team]))
            )
    for team, programme, kind, often in (
        ("Onboarding", "First week with customers", "onboarding", 0.9),
        ("Service desk", "First week with customers", "onboarding", 0.75),
        ("Service desk", "Customer question in interviews", "hiring", 0.5),
    ):
        for month in months[-12:]:
            eligible = int(rng.integers(2, 7))
            rows.append((str(month), team, programme, kind, eligible, int(rng.binomial(eligible, often))))
    return sheet("training", "month team programme kind eligible completed", rows)

"""Figures counted in pandas straight from frames: what a client's own tables say, by the named conventions.

Slow and plain on purpose, and independent of the engine: the sample clients' ``truth.json`` is written from it, so that
the report's figures are compared with a second opinion. Months are those of the client's zone; the window is
the twelve months to `as_of`, its opening the month before.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from cxkit.formats import Unit
from cxkit.simulate.book import monthly
from cxkit.simulate.clock import OpenHours
from cxkit.simulate.world import Array, Truth

Frames = dict[str, pd.DataFrame]
KNOWN = {
    "tickets": ("opened", ("first_response", "resolved", "closed", "reopened")),
    "surveys": ("answered", ("contacted", "loop_resolved")),
}


def edge(as_of: date, timezone: str) -> pd.Timestamp:
    """First instant, naive UTC, after `as_of`."""
    return (pd.Timestamp(as_of) + pd.Timedelta(days=1)).tz_localize(timezone).tz_convert("UTC").tz_localize(None)


def local(moments: pd.Series, timezone: str) -> pd.Series:
    """Naive UTC to naive local."""
    return moments.dt.tz_localize("UTC").dt.tz_convert(timezone).dt.tz_localize(None)


def known(frames: Frames, name: str, as_of: date, timezone: str) -> pd.DataFrame:
    """Tickets or surveys as they were on `as_of`."""
    appears, later = KNOWN[name]
    frame = frames[name]
    end = edge(as_of, timezone)
    frame = frame[frame[appears] < end].copy()
    for column in later:
        if column in frame:
            frame[column] = frame[column].where(frame[column] < end)
    for column in ("paused_minutes", "handle_minutes", "handovers"):
        if column in frame:
            frame[column] = frame[column].where(frame["resolved"].notna())
    return frame


def revenue(frames: Frames, as_of: date, opening: pd.Timestamp) -> pd.DataFrame:
    """Recurring revenue by account and month, as known on `as_of`, at the opening month's rates."""
    if "revenue" not in frames:
        book = frames["subscriptions"]
        book = book[book["started"] <= pd.Timestamp(as_of)]
        months = np.arange(np.datetime64(opening, "M") - 12, np.datetime64(as_of, "M") + 1)
        code, ids = pd.factorize(book["account_id"])
        rows = monthly(book.assign(account=code), months)
        return rows.assign(account_id=ids[rows["account"]])[["account_id", "month", "mrr"]]
    rows = frames["revenue"]
    rows = rows[rows["month"] <= pd.Timestamp(as_of)].copy()
    if "restated" in rows:
        corrected = rows["restated"].notna() & (rows["restated"] <= pd.Timestamp(as_of))
        rows["mrr"] = rows["mrr"].where(~corrected, rows["restated_mrr"])
    if "fx" in frames:
        rate = frames["fx"].set_index("month")["rate"].loc[opening]
        rows["mrr"] *= np.where(rows["currency"] == "GBP", rate, 1.0)
    return rows[["account_id", "month", "mrr"]]


def retention(rows: pd.DataFrame, opening: pd.Timestamp, last: pd.Timestamp) -> dict[str, float]:
    """GRR, NRR, logo churn and early loss of a window."""
    paid = rows[rows["mrr"] > 0]
    table = paid.pivot_table(index="account_id", columns="month", values="mrr", aggfunc="sum").fillna(0.0)
    start, end = table[opening], table[last]
    cohort = start > 0
    first = paid.groupby("account_id")["month"].min().loc[table.index]
    joined = first > opening
    return {
        "quantify.scorecard.grr": float(np.minimum(start, end)[cohort].sum() / start[cohort].sum()),
        "quantify.scorecard.nrr": float(end[cohort].sum() / start[cohort].sum()),
        "quantify.scorecard.logo_churn": float((end[cohort] == 0).mean()),
        "quantify.scorecard.early_loss": float((end[joined] == 0).mean()),
    }


def book_figures(frames: Frames, as_of: date, timezone: str) -> dict[str, float]:
    """Retention, cost to serve and complaint rate."""
    last = pd.Timestamp(as_of).replace(day=1)
    opening = last - pd.DateOffset(months=12)
    rows = revenue(frames, as_of, opening)
    found = retention(rows, opening, last)
    window = rows[(rows["month"] > opening) & (rows["month"] <= last) & (rows["mrr"] > 0)]
    customers = len(window.drop_duplicates(["account_id", "month"]))
    cost = frames["costs"]
    serving = cost[cost["serves"] & (cost["month"] > opening) & (cost["month"] <= last)]
    found["quantify.scorecard.cost_to_serve"] = float(serving["amount"].sum() / customers)
    tickets = known(frames, "tickets", as_of, timezone)
    opened = local(tickets["opened"], timezone)
    inside = opened >= opening + pd.DateOffset(months=1)
    found["quantify.scorecard.complaint_rate"] = float(1000 * tickets["complaint"][inside].sum() / customers)
    return found


def voice_figures(frames: Frames, as_of: date, timezone: str) -> dict[str, float]:
    """NPS in points, CSAT as the share of 4 and 5, CES as the mean."""
    surveys = known(frames, "surveys", as_of, timezone)
    first = pd.Timestamp(as_of).replace(day=1) - pd.DateOffset(months=11)
    surveys = surveys[local(surveys["answered"], timezone) >= first]
    score = {m: g["score"] for m, g in surveys.groupby("metric")}
    return {
        "quantify.scorecard.nps": float(100 * ((score["nps"] >= 9).mean() - (score["nps"] <= 6).mean())),
        "quantify.scorecard.csat": float((score["csat"] >= 4).mean()),
        "quantify.scorecard.ces": float(score["ces"].mean()),
    }


def _paused(frames: Frames, window: pd.DataFrame, until: pd.Series, hours: OpenHours, end: pd.Timestamp) -> Array:
    """Open minutes of waiting per ticket: pause by pause where a status log tells them, else as the ticket says."""
    stated = window["paused_minutes"].fillna(0)
    if "ticket_log" not in frames:
        return stated.to_numpy()
    log = frames["ticket_log"]
    log = log[log["at"] < end].sort_values(["ticket_id", "at"], kind="stable")
    log = log.assign(until=log.groupby("ticket_id")["at"].shift(-1).fillna(end))
    limits = pd.DataFrame({"ticket_id": window["ticket_id"], "opened": window["opened"], "over": until})
    waits = log[log["state"] == "pause"].merge(limits, on="ticket_id")
    since, over = (
        np.maximum(_us(waits["at"]), _us(waits["opened"])),
        np.minimum(_us(waits["until"]), _us(waits["over"])),
    )
    minutes = pd.Series(hours.between(since, np.maximum(since, over)), index=waits["ticket_id"].to_numpy())
    known_ = window["ticket_id"].map(minutes.groupby(level=0).sum())
    return known_.fillna(stated).to_numpy()


def service_figures(
    frames: Frames, as_of: date, timezone: str, hours: OpenHours | None, days: int = 7
) -> dict[str, float]:
    """SLA attainment with open tickets counted, FCR over whole windows, handling time."""
    tickets = known(frames, "tickets", as_of, timezone)
    end = edge(as_of, timezone)
    first = pd.Timestamp(as_of).replace(day=1) - pd.DateOffset(months=11)
    window = tickets[local(tickets["opened"], timezone) >= first]
    settled = tickets["resolved"].fillna(tickets["closed"]) if "closed" in tickets else tickets["resolved"]
    found = {}
    if "moments" in frames and hours is not None:
        limit = window["moment_id"].map(frames["moments"].set_index("moment_id")["sla_hours"])
        until = settled.loc[window.index].fillna(end)
        spent = hours.between(_us(window["opened"]), _us(until)) - _paused(frames, window, until, hours, end)
        late = np.maximum(spent, 0) / 60 > limit.to_numpy()
        done = settled.loc[window.index].notna().to_numpy()
        judged = limit.notna().to_numpy() & (done | late)
        found["orchestrate.service.sla"] = float((done & ~late)[judged].mean())
    handled = tickets["handle_minutes"][local(settled, timezone) >= first]
    found["orchestrate.service.aht"] = float(handled.mean())
    followed = tickets[tickets["account_id"].notna()].assign(settled=settled).sort_values("opened", kind="stable")
    following = followed.groupby(["account_id", "reason"])["opened"].shift(-1)
    gap = pd.Timedelta(days=days)
    back = following - followed["settled"] <= gap
    if "reopened" in followed:
        back |= followed["reopened"] - followed["settled"] <= gap
    judged = (local(followed["settled"], timezone) >= first) & (followed["settled"] + gap <= end)
    found["orchestrate.service.fcr"] = float(1 - back[judged].mean())
    return found


def _us(moments: pd.Series) -> Array:
    return moments.to_numpy().astype("datetime64[us]")


ABOUT: dict[str, tuple[Unit, str]] = {
    "quantify.scorecard.grr": ("ratio", "recurring revenue kept in twelve months, months' ends compared"),
    "quantify.scorecard.nrr": ("ratio", "the same with expansion"),
    "quantify.scorecard.logo_churn": ("ratio", "accounts of the opening month without revenue in the last"),
    "quantify.scorecard.early_loss": ("ratio", "of accounts that first paid inside the window, those gone at its end"),
    "quantify.scorecard.cost_to_serve": ("money", "serving cost per account-month of the window"),
    "quantify.scorecard.complaint_rate": ("per_1000", "complaints of the window per 1,000 account-months"),
    "quantify.scorecard.nps": ("nps", "over the answers of the window"),
    "quantify.scorecard.csat": ("ratio", "share of 4 and 5 among the answers of the window"),
    "quantify.scorecard.ces": ("score", "mean answer of the window, 7 is easy"),
    "orchestrate.service.sla": (
        "ratio",
        "tickets settled within their moment's limit of open hours, open ones past it counted",
    ),
    "orchestrate.service.aht": ("minutes", "mean minutes of work on tickets settled in the window"),
    "orchestrate.service.fcr": ("ratio", "settled tickets without a further contact for the same reason within 7 days"),
}


def figures(frames: Frames, as_of: date, timezone: str, hours: OpenHours | None) -> tuple[Truth, ...]:
    """All figures the frames allow, as truths that hold what was realised."""
    found: dict[str, float] = {}
    if "costs" in frames:
        found |= book_figures(frames, as_of, timezone)
    if "surveys" in frames:
        found |= voice_figures(frames, as_of, timezone)
    if "tickets" in frames:
        found |= service_figures(frames, as_of, timezone, hours)
    return tuple(
        Truth(id=id, realised=value, unit=ABOUT[id][0], about=ABOUT[id][1], how="counted")
        for id, value in found.items()
    )


def price_share(frames: Frames, as_of: date) -> Truth:
    """What price alone adds to net retention: price changes of those who stayed, on the units they close with."""
    last = pd.Timestamp(as_of).to_period("M").to_timestamp()
    opening = last - pd.DateOffset(months=12)
    rows = frames["revenue"]
    corrected = rows["restated"].notna() & (rows["restated"] <= pd.Timestamp(as_of))
    rate = frames["fx"].set_index("month")["rate"].loc[opening]
    money = rows["restated_mrr"].where(corrected, rows["mrr"]) * np.where(rows["currency"] == "GBP", rate, 1.0)
    ends = rows.assign(mrr=money)[rows["month"].isin([opening, last])].pivot_table(
        index="account_id", columns="month", values=["mrr", "units"], aggfunc="sum"
    )
    start, end = ends["mrr"][opening], ends["mrr"][last]
    price = end - ends["units"][last] * start / ends["units"][opening]
    return Truth(
        id="quantify.retention.price",
        realised=float(price.sum() / start.sum()),
        unit="points",
        about="part of net retention that is price, volume at opening prices",
        how="planted",
    )


def untied(frames: Frames, as_of: date, *, kind: str) -> float:
    """How far the serving costs lie from the books, month by month, as a share of the books."""

    def known(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame[frame["month"] <= pd.Timestamp(as_of)].copy()
        if "restated" in frame:
            corrected = frame["restated"].notna() & (frame["restated"] <= pd.Timestamp(as_of))
            frame["amount"] = frame["restated_amount"].where(corrected, frame["amount"])
        return frame

    cost, books = known(frames["costs"]), known(frames["pnl"])
    ours = cost[cost["serves"]].groupby("month")["amount"].sum()
    theirs = books[books["kind"] == kind].groupby("month")["amount"].sum()
    return float((ours - theirs).abs().sum() / theirs.sum())

"""Agents needed by hour of the week, and what fewer recontacts or another handling time would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxkit.formats import listing
from cxkit.metrics import erlang
from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.windows import Window
from cxkit.orchestrate.staffing_load import Load
from cxkit.records import Missing
from cxkit.tables.cut import text_literal
from cxkit.tables.engine import Tables

QUARTER = 0.25
MOST_HEADS = 3.0
"""Heads per full-time agent needed beyond which the teams do other work, and a head's cost is not an agent's."""
CHANGE = 0.1
"""Share by which handling time is moved in a scenario."""


@dataclass(frozen=True)
class Rules:
    """What the plan must hold, and how much of a paid week an agent answers."""

    level: float
    answer_seconds: float
    shrinkage: float
    occupancy_cap: float
    week_hours: float

    @property
    def productive_hours(self) -> float:
        """Hours a week in which a full-time agent is there to answer."""
        return self.week_hours * (1 - self.shrinkage)


@dataclass(frozen=True)
class Share:
    """The share of contacts that are recontacts, with its interval."""

    value: float
    low: float | None
    high: float | None
    n: int


def agents(
    load: Load, rules: Rules, contacts: npt.ArrayLike, *, handle: float = 1.0, whole: bool = True
) -> npt.NDArray[np.float64]:
    """Agents needed for so many contacts an hour; `handle` moves the handling time, `whole` as in `erlang`."""
    minutes = load.aht * handle
    return erlang.agents_needed(
        np.asarray(contacts, dtype=float) * minutes / 60,
        handle=minutes * 60,
        answer=rules.answer_seconds,
        level=rules.level,
        occupancy_cap=rules.occupancy_cap,
        whole=whole,
    )


def week_plan(load: Load, rules: Rules, share: Share | None) -> pd.DataFrame:
    """The result's table ``week``."""
    rows = load.week[["weekday", "hour", "days", "mean", "p50", "p90"]].copy()
    seconds = load.aht * 60
    for name in ("p50", "p90"):
        need = agents(load, rules, rows[name])
        offered = rows[name].to_numpy(dtype=float) * load.aht / 60
        rows[f"agents_{name}"] = need
        rows[f"level_{name}"] = erlang.service_level(
            offered, need.astype(int), answer=rules.answer_seconds, handle=seconds
        )
        rows[f"occupancy_{name}"] = erlang.occupancy(offered, need)
        rows[f"answer_{name}"] = erlang.answer_time(offered, need.astype(int), handle=seconds)
    for name in ("p50", "p90"):
        without = agents(load, rules, rows[name] * (1 - share.value)) if share else np.full(len(rows), np.nan)
        rows[f"without_{name}"] = without
    return rows


def scenarios(load: Load, rules: Rules, share: Share | None, cost: float | None) -> pd.DataFrame:
    """The result's table ``scenarios``: as it is, with fewer recontacts, with another handling time.

    ``fte`` is the mean of what each hour of the window needed, the last agent counted in part, so that whole agents do
    not hide small changes; ``saved`` is full-time agents of it against the present, its ends those of the share.
    """
    cases: list[tuple[str, str, Sequence[float | None], float]] = [("as_is", "As it is", (0.0, 0.0, 0.0), 1.0)]
    if share is not None:
        ends: Sequence[float | None] = (share.value, share.low, share.high)
        quarter: Sequence[float | None] = [None if e is None else e * QUARTER for e in ends]
        cases.append(("quarter", "A quarter fewer recontacts", quarter, 1.0))
        cases.append(("none", "No recontacts (bound)", ends, 1.0))
    cases.append(("shorter", f"Handling {CHANGE:.0%} shorter", (0.0, 0.0, 0.0), 1 - CHANGE))
    cases.append(("longer", f"Handling {CHANGE:.0%} longer", (0.0, 0.0, 0.0), 1 + CHANGE))
    rows = []
    base: dict[str, float] = {}
    for name, label, ends, handle in cases:
        need = [{k: _need(load, rules, k, removed, handle) for k in ("mean", "p50", "p90")} for removed in ends]
        base = base or need[0]
        saved = [base["mean"] - n["mean"] for n in need]
        rows.append(
            {
                "scenario": name, "label": label, "removed": ends[0], "handle": handle,
                "peak_agents": float(_agents(load, rules, "p90", ends[0], handle).max()),
                "fte": need[0]["mean"], "fte_p50": need[0]["p50"], "fte_p90": need[0]["p90"],
                "saved": saved[0], "saved_low": min(saved[1:]), "saved_high": max(saved[1:]),
            }
        )  # fmt: skip
    made = pd.DataFrame(rows).astype({"removed": "float64"})
    exact = made["scenario"].isin(["as_is", "shorter", "longer"])
    made.loc[exact, ["saved_low", "saved_high"]] = np.nan
    price = float("nan") if cost is None else cost
    return made.assign(
        money=made["saved"] * price, money_low=made["saved_low"] * price, money_high=made["saved_high"] * price
    )


def _agents(load: Load, rules: Rules, name: str, removed: float | None, handle: float) -> npt.NDArray[np.float64]:
    kept = float("nan") if removed is None else 1 - removed
    if np.isnan(kept):
        return np.full(len(load.week), np.nan)
    return agents(load, rules, load.week[name].to_numpy(dtype=float) * kept, handle=handle)


def _need(load: Load, rules: Rules, name: str, removed: float | None, handle: float) -> float:
    if name == "mean":
        kept = float("nan") if removed is None else 1 - removed
        if np.isnan(kept):
            return kept
        need = agents(load, rules, load.counts["x"].to_numpy(dtype=float) * kept, handle=handle, whole=False)
        hours = float((need * load.counts["hours"].to_numpy(dtype=float)).sum())
        return hours / load.weeks / rules.productive_hours
    return float(_agents(load, rules, name, removed, handle).sum() / rules.productive_hours)


def deferred(load: Load, rules: Rules) -> pd.DataFrame:
    """The result's table ``volume``: every channel, with full-time agents for work that can wait.

    Deferred work: its hours ÷ the hours in which an agent is there, at most `occupancy_cap` of them busy.
    """
    rows = load.volume.copy()
    hours = rows["hours_a_week"] / rules.productive_hours / rules.occupancy_cap
    rows["fte"] = hours.where(~rows["live"])
    return rows


@dataclass(frozen=True)
class HeadCost:
    """What one head of the teams on tickets costs."""

    a_year: float
    heads: float
    """Mean headcount of the teams."""
    teams: tuple[str, ...]
    months: int

    def fits(self, fte: float) -> bool:
        """Whether the heads are few enough, `MOST_HEADS` times those needed, to be those who answer."""
        return 0 < self.heads <= MOST_HEADS * fte


def head_cost(tables: Tables, window: Window) -> HeadCost | None:
    """Cost of a full-time agent a year: costs driven by contacts or handling ÷ headcount of the teams on tickets.

    None where costs have no driver, or no team of the tickets stands in `workforce`.
    """
    needs = {"costs": ("month", "amount", "driver"), "workforce": ("month", "team", "headcount"), "tickets": ("team",)}
    if tables.lacking(needs):
        return None
    costs = in_one_currency(tables, "costs", ("amount",), at=window.opening)
    if isinstance(costs, Missing):
        return None
    teams = tables.frame(
        f"SELECT DISTINCT w.team FROM workforce w WHERE {window.holds('month')} AND w.team IN "
        f"(SELECT team FROM tickets t WHERE {window.holds('opened_date')}) ORDER BY 1"
    )["team"]
    if teams.empty:
        return None
    listed = ", ".join(text_literal(str(t)) for t in teams)
    found = tables.frame(f"""
        WITH c AS (SELECT month, sum(amount) AS amount FROM {costs}
          WHERE driver IN ('contacts', 'handling') AND coalesce(serves, true) AND {window.holds("month")} GROUP BY 1),
        w AS (SELECT month, sum(CAST(headcount AS DECIMAL(18, 4))) AS heads FROM workforce
          WHERE team IN ({listed}) AND {window.holds("month")} GROUP BY 1)
        SELECT sum(c.amount) AS amount, sum(w.heads) AS heads, count(*) AS months FROM c JOIN w ON w.month = c.month
    """).iloc[0]
    if pd.isna(found["heads"]) or not found["heads"] > 0:
        return None
    months = int(found["months"])
    each = float(found["amount"]) / float(found["heads"]) * 12
    return HeadCost(each, float(found["heads"]) / months, tuple(str(t) for t in teams), months)


def assumptions(load: Load, rules: Rules, share: Share | None, cost: HeadCost | None) -> pd.DataFrame:
    """The result's table ``assumptions``: what the plan rests on, one row each."""
    spread: Mapping[str, str] = {
        "hours": "counted by the hour", "known hours": "the hours that are counted",
        "tickets": "the hours in which tickets were opened", "calendar": "evenly over opening hours",
    }  # fmt: skip
    rows: list[tuple[str, float, str]] = [
        ("Calls answered in time", rules.level, "share, as set"),
        ("Time to answer", rules.answer_seconds, "seconds, as set"),
        ("Most that agents are busy", rules.occupancy_cap, "share, as set"),
        ("Shrinkage", rules.shrinkage, "share of paid time not spent answering, as set"),
        ("Paid hours a week", rules.week_hours, "of a full-time agent, as set"),
        ("Handling time", load.aht, f"minutes, mean of phone and chat from {load.aht_from}"),
        (
            "Arrivals against chance",
            load.dispersion,
            "variance ÷ mean within the same hour or day of the week; 1 is Poisson",
        ),
        ("Days spread over hours", float("nan"), spread[load.spread]),
        ("Callers who hang up", 0.0, "Erlang C knows none; true waits are shorter"),
        ("Chats at a time", 1.0, "several at once are not modelled"),
    ]
    if share is not None:
        rows.append(("Recontacts", share.value, "share of settled tickets that come back"))
    if cost is not None:
        teams = listing(list(cost.teams), most=12)
        rows.append(("Heads", cost.heads, f"mean headcount of {teams}"))
        rows.append(("Cost of a head a year", cost.a_year, f"costs of contacts and handling ÷ heads of {teams}"))
    return pd.DataFrame(rows, columns=["assumption", "value", "meaning"])

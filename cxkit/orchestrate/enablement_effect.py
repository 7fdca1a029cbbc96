"""What adoption goes with: handling time and recontact of teams before and after a programme reached them.

Where teams were reached in different months, staggered difference-in-differences (`metrics.staggered`); else what was
before and after, which is no more than that. Neither proves that the programme did it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxkit.formats import interval, quantity
from cxkit.metrics import alarms
from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.multiplicity import adjusted
from cxkit.metrics.recontact import by_month
from cxkit.metrics.service import settled
from cxkit.metrics.staggered import NEVER, Effect, staggered
from cxkit.metrics.windows import Window, add_months, month_of, months_between, seen
from cxkit.orchestrate.enablement_adoption import NEEDS, WORK
from cxkit.orchestrate.part import Part
from cxkit.records import Finding, Gap, Missing
from cxkit.tables.engine import Tables

LONGEST = 36
"""Months of tickets that are looked at."""
FEWEST = 10
"""Tickets below which a team's month is not seen."""
MINIMUM_MONTHS = 12
"""Months in which a team must be seen."""
SIDE = 6
"""Months before and after that are compared where no rollout was staggered."""
FCR_DAYS = 7
LEAD_P = 0.05
ALLOWANCE = 0.1
"""Bias allowance of a quasi-experiment, in spreads of a team's month, added to both ends of the interval."""
OUTCOMES = {
    "aht": ("Adoption and handling time", "handling time"),
    "recontact": ("Adoption and recontact", "the share of tickets followed by a recontact"),
}


@dataclass(frozen=True)
class Panel:
    """One outcome by team and month."""

    teams: list[str]
    first: Window
    values: np.ndarray


def effect_part(tables: Tables, *, floor: float, seed: int) -> Part:
    """Adoption beside handling time and recontact, by programme."""
    lacks = tables.lacking({"training": NEEDS, "tickets": ("ticket_id", "opened", "team")})
    if lacks:
        reason = "It takes adoption by team and month, and the team of each ticket."
        return Part(gaps=tuple(_gap(o, reason, *lacks) for o in OUTCOMES))
    if settled(tables) is None:
        need = Missing(name="tickets", columns=("resolved",))
        return Part(gaps=tuple(_gap(o, "It takes the time at which tickets were settled.", need) for o in OUTCOMES))
    window = _span(tables)
    made, gaps = {}, []
    for outcome, column in (("aht", "handle_minutes"), ("recontact", "account_id")):
        if column not in tables.supplied("tickets"):
            gaps.append(_gap(outcome, "Tickets do not say it.", Missing(name="tickets", columns=(column,))))
        elif window is not None:
            made[outcome] = _panel(tables, window, outcome)
    if window is None:
        return Part(gaps=tuple(_gap(o, "No complete month of tickets lies before the report.") for o in OUTCOMES))
    starts = _starts(tables, window, floor)
    return Part.joined([Part(gaps=tuple(gaps)), _judged(tables, made, starts, window, floor, seed)])


def _gap(outcome: str, reason: str, *needs: Missing) -> Gap:
    return Gap(id=f"orchestrate.enablement.{outcome}", what=OUTCOMES[outcome][0], reason=reason, needs=needs)


def _span(tables: Tables) -> Window | None:
    span = seen(tables, "tickets", "opened_date")
    if span is None:
        return None
    return Window(first=max(span.first, add_months(span.last, 1 - LONGEST)), last=span.last)


def _panel(tables: Tables, window: Window, outcome: str) -> Panel:
    """Mean minutes (as a logarithm) or share with a recontact; teams with too few months are left out."""
    if outcome == "aht":
        day = settled(tables, "t")
        parts = [f"t.{c}_date" for c in ("resolved", "closed") if day and f"t.{c}" in day]
        rows = tables.frame(f"""
            WITH k AS (SELECT t.team, t.handle_minutes AS x, coalesce({", ".join(parts)}) AS settled_on FROM tickets t
              WHERE t.team IS NOT NULL AND t.handle_minutes > 0)
            SELECT team AS "group", CAST(date_trunc('month', settled_on) AS DATE) AS month, count(*) AS n,
              sum(CAST(round(x * 1000) AS HUGEINT))::DOUBLE / 1000 AS total
            FROM k WHERE {window.holds("settled_on")} GROUP BY 1, 2 ORDER BY 1, 2
        """)
        rows["value"] = np.log(rows["total"] / rows["n"])
    else:
        rows = tables.frame(
            f'SELECT "group", month, n, recontacted FROM ({by_month(tables, window, FCR_DAYS, "team")}) m '
            f'WHERE {window.holds("month")} ORDER BY 1, 2'
        )
        rows["value"] = rows["recontacted"] / rows["n"]
    rows = rows[rows["n"] >= FEWEST]
    at = [months_between(window.first, pd.Timestamp(m).date()) for m in rows["month"]]
    wide = rows.assign(at=at).pivot(index="group", columns="at", values="value").reindex(columns=range(len(window)))
    wide = wide[wide.notna().sum(axis=1) >= MINIMUM_MONTHS]
    return Panel([str(t) for t in wide.index], window, wide.to_numpy(dtype=float))


def _starts(tables: Tables, window: Window, floor: float) -> pd.DataFrame:
    """Programme × team with the month from which at least `floor` of its people use it.

    A team that was there when the records of training begin is marked: when it started is not known.
    """
    rows = tables.frame(f"""
        WITH m AS (SELECT programme, team, month, sum(completed)::DOUBLE / sum(eligible) AS share FROM training
          WHERE {WORK} AND month <= DATE '{window.final_day}' GROUP BY 1, 2, 3 HAVING sum(eligible) > 0),
        f AS (SELECT min(month) AS first FROM training)
        SELECT programme, team, min(month) AS month, min(month) = max(f.first) AS unknown FROM m CROSS JOIN f
        WHERE share >= {float(floor)} GROUP BY 1, 2 ORDER BY 1, 2
    """)
    rows["at"] = [months_between(window.first, month_of(pd.Timestamp(m).date())) for m in rows["month"]]
    return rows


def _judged(
    tables: Tables, panels: dict[str, Panel], starts: pd.DataFrame, window: Window, floor: float, seed: int
) -> Part:
    found: list[tuple[str, str, Panel, np.ndarray, Effect | str]] = []
    none = []
    for outcome, panel in panels.items():
        programmes = sorted({str(p) for p, t in zip(starts["programme"], starts["team"], strict=True) if t in panel.teams})
        if not programmes:
            reason = f"No team with enough tickets has reached {quantity(floor, 'probability')} of its people yet."
            none.append(_gap(outcome, reason))
        for programme in programmes:
            mine = starts[starts["programme"] == programme].set_index("team")
            usable = [i for i, t in enumerate(panel.teams) if not (t in mine.index and bool(mine.loc[t, "unknown"]))]
            at = [int(mine.loc[panel.teams[i], "at"]) if panel.teams[i] in mine.index else NEVER for i in usable]
            begun, values = np.array(at, dtype=np.int64), panel.values[usable]
            part = Panel([panel.teams[i] for i in usable], window, values)
            if len(begun) and (begun < NEVER).any():
                found.append((outcome, programme, part, begun, staggered(values, begun, seed=seed)))
            else:
                none.append(_gap(outcome, f"When teams began with “{programme}” is not known: they had it when records begin."))
    effects = [f for f in found if isinstance(f[4], Effect)]
    holm = dict(zip([f[:2] for f in effects], adjusted([f[4].p for f in effects if isinstance(f[4], Effect)], "holm"), strict=True))
    findings, rows, paths = [], [], []
    for outcome, programme, part, begun, effect in found:
        row = _row(outcome, programme, part, begun, effect, holm.get((outcome, programme)))
        rows.append(row)
        findings.append(_finding(row, window, floor))
        if isinstance(effect, Effect):
            paths.append(effect.path.assign(outcome=outcome, programme=programme))
        if row["verdict"] == "moved" and outcome == "aht":
            findings += _money(tables, row, part, begun)
    held = {"effects": pd.DataFrame(rows)} if rows else {}
    if paths:
        held["path"] = pd.concat(paths, ignore_index=True)
    if found:
        held["team_months"] = pd.concat([_long(o, p, part, b) for o, p, part, b, _ in found], ignore_index=True)
    return Part(tuple(findings), tuple(none), held)


def _row(
    outcome: str, programme: str, part: Panel, begun: np.ndarray, effect: Effect | str, holm: float | None
) -> dict[str, object]:
    common: dict[str, object] = {"outcome": outcome, "programme": programme, "groups": len(part.teams)}
    common["reached"] = int((begun < NEVER).sum())
    blank = dict.fromkeys(("low", "high", "p", "adjusted", "lead", "lead_p"), math.nan)
    if isinstance(effect, str):
        value = _before_after(part.values, begun)
        return {**common, "method": "before and after", "value": value, **blank, "cells": 0, "verdict": "claimed", "why": effect}
    if effect.lead_p < LEAD_P:
        verdict = "already changing"
    else:
        verdict = "moved" if holm is not None and holm <= alarms.share("enablement") else "not shown"
    extra = ALLOWANCE * effect.spread
    ends = {"low": effect.low - extra, "high": effect.high + extra}
    return {
        **{**common, "method": "staggered", "value": effect.value, **ends, "p": effect.p, "adjusted": holm},
        **{"lead": effect.lead, "lead_p": effect.lead_p, "cells": effect.cells, "verdict": verdict, "why": ""},
    }


def _before_after(values: np.ndarray, begun: np.ndarray) -> float:
    """Mean over reached teams of up to six months from the start less up to six months before it."""
    gaps = []
    for i, at in enumerate(begun):
        if at < NEVER:
            before, after = values[i, max(0, at - SIDE) : max(0, at)], values[i, max(0, at) : max(0, at) + SIDE]
            if np.isfinite(before).any() and np.isfinite(after).any():
                gaps.append(float(np.nanmean(after) - np.nanmean(before)))
    return float(np.mean(gaps)) if gaps else math.nan


def _shown(outcome: str, value: float) -> float:
    """A change as it is told: handling time relative, recontact in points.

    >>> round(_shown("aht", math.log(0.9)), 6), _shown("recontact", -0.02)
    (-0.1, -0.02)
    """
    return math.exp(value) - 1 if outcome == "aht" else value


def _finding(row: dict[str, object], window: Window, floor: float) -> Finding:
    outcome, programme = str(row["outcome"]), str(row["programme"])
    unit = "ratio" if outcome == "aht" else "points"
    raw = float(row["value"])  # type: ignore[arg-type]
    value = _shown(outcome, raw) if math.isfinite(raw) else None
    thing = OUTCOMES[outcome][1]
    by = quantity(abs(value), unit) if value is not None else ""  # type: ignore[arg-type]
    way = "lower" if value is not None and value < 0 else "higher"
    ends: list[float | None] = [None, None]
    teams = f"{row['reached']} of {row['groups']} teams"
    reach = quantity(floor, "probability")
    if row["method"] == "staggered":
        ends = [_shown(outcome, float(row[e])) for e in ("low", "high")]  # type: ignore[arg-type]
        span = interval(ends[0], ends[1], unit)  # type: ignore[arg-type]
        verdict = str(row["verdict"])
        lead = quantity(_shown(outcome, float(row["lead"])), unit, signed=True)  # type: ignore[arg-type]
        if verdict == "moved":
            title = f"Where “{programme}” reached {reach} of a team, {thing} was {by} {way} than in teams not yet reached"
        elif verdict == "already changing":
            title = f"Teams that took up “{programme}” were changing before they did: {thing} tells nothing about it"
        else:
            title = f"No change of {thing} can be told where “{programme}” reached {reach} of a team ({span})"
        detail = (
            f"{teams} were reached, in different months; each is held against teams not yet reached. In the three months "
            f"before, the difference was {lead}. An association: what else came with the rollout is in it."
        )
        about = "the mean change since the start, from rollouts placed at random, with a bias allowance of a tenth of a "
        about += "team's monthly spread"
        tone = "unknown" if verdict != "moved" else "good" if way == "lower" else "bad"
    else:
        title = f"{thing[0].upper()}{thing[1:]} was {by} {way} after “{programme}” reached {reach} of a team than before"
        if value is None:
            title = f"“{programme}” reached teams too early or too late to see {thing} before and after"
        detail = f"Before and after only, in {teams}: {row['why']}. Whatever else changed in these months is in it."
        about, tone = "no comparison with other teams, so no interval", "unknown"
    return Finding.model_validate(
        {
            "id": f"orchestrate.enablement.{outcome}",
            "stage": "orchestrate",
            "subject": programme,
            "title": title,
            "detail": detail,
            "value": value,
            "unit": unit,
            "low": ends[0],
            "high": ends[1],
            "about": about,
            "n": int(row["groups"]),  # type: ignore[call-overload]
            "period": window.label,
            "grade": "C" if row["method"] == "staggered" and row["verdict"] != "already changing" else "E",
            "sources": ("training", "tickets"),
            "definition": "aht@1" if outcome == "aht" else "",
            "tone": tone,
        }
    )


def _money(tables: Tables, row: dict[str, object], part: Panel, begun: np.ndarray) -> list[Finding]:
    """What the difference is worth in a year of the reached teams' tickets, at the cost of a minute."""
    if isinstance(tables.require("costs", "month", "amount", "driver"), Missing):
        return []
    window = Window(first=add_months(part.first.last, -11), last=part.first.last)
    costs = in_one_currency(tables, "costs", ("amount",), at=window.opening)
    if isinstance(costs, Missing):
        return []
    found = tables.frame(f"""
        WITH k AS (SELECT team, handle_minutes AS x, CAST(date_trunc('month', resolved_date) AS DATE) AS month
          FROM tickets WHERE handle_minutes > 0),
        m AS (SELECT month, sum(x) AS minutes FROM k GROUP BY 1),
        c AS (SELECT month, sum(amount) AS amount FROM {costs}
          WHERE driver = 'handling' AND coalesce(serves, true) AND {window.holds("month")} GROUP BY 1)
        SELECT sum(c.amount) AS amount, sum(m.minutes)::DOUBLE AS minutes FROM c JOIN m ON m.month = c.month
    """).iloc[0]
    if pd.isna(found["amount"]) or not found["minutes"]:
        return []
    each = float(found["amount"]) / float(found["minutes"])
    reached = {t: int(b) for t, b in zip(part.teams, begun, strict=True) if b < NEVER}
    work = tables.frame(f"""
        SELECT team, CAST(date_trunc('month', resolved_date) AS DATE) AS month, sum(handle_minutes)::DOUBLE AS minutes
        FROM tickets WHERE team IS NOT NULL AND {window.holds("resolved_date")} GROUP BY 1, 2 ORDER BY 1, 2
    """)
    after = [
        t in reached and months_between(part.first.first, pd.Timestamp(m).date()) >= reached[t]
        for t, m in zip(work["team"], work["month"], strict=True)
    ]
    minutes = float(work.loc[after, "minutes"].sum())
    ends = [(math.exp(-float(row[e])) - 1) * minutes * each for e in ("value", "high", "low")]  # type: ignore[arg-type]
    value, low, high = ends[0], min(ends[1:]), max(ends[1:])
    if minutes <= 0:
        return []
    verb = "saved" if value > 0 else "cost"
    return [
        Finding(
            id="orchestrate.enablement.value",
            stage="orchestrate",
            subject=str(row["programme"]),
            title=f"The difference in handling time {verb} work worth {quantity(abs(value), 'money', currency=tables.currency)} "
            "in the last year",
            detail=f"In the teams and months that “{row['programme']}” had reached, at "
            f"{quantity(each, 'money', currency=tables.currency)} a minute of handling. Freed time is capacity until "
            "somebody decides what becomes of it.",
            value=value,
            unit="money",
            currency=tables.currency,
            low=low,
            high=high,
            about="the interval of the difference; cost of a minute taken as known",
            n=int(row["groups"]),  # type: ignore[call-overload]
            period=window.label,
            grade="C",
            sources=("training", "tickets", "costs"),
            tone="good" if value > 0 else "bad",
            weight=abs(value),
        )
    ]


def _long(outcome: str, programme: str, part: Panel, begun: np.ndarray) -> pd.DataFrame:
    rows = []
    for i, team in enumerate(part.teams):
        for at, month in enumerate(part.first.months):
            value = part.values[i, at]
            if np.isfinite(value):
                shown = math.exp(value) if outcome == "aht" else float(value)
                rows.append((outcome, programme, team, month, shown, bool(at >= begun[i])))
    return pd.DataFrame(rows, columns=["outcome", "programme", "team", "month", "value", "reached"])

"""What adoption goes with: handling time and recontact of teams before and after a programme reached them.

Where teams were reached in different months, staggered difference-in-differences (`metrics.staggered`); else what was
before and after, which is no more than that. Neither proves that the programme did it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxkit.formats import interval, quantity
from cxkit.metrics import alarms
from cxkit.metrics.multiplicity import adjusted
from cxkit.metrics.recontact import by_month
from cxkit.metrics.service import settled
from cxkit.metrics.staggered import LEAST_BEFORE, NEVER, Effect, staggered
from cxkit.metrics.windows import Window, add_months, month_of, months_between, seen
from cxkit.orchestrate.enablement_adoption import NEEDS, WORK
from cxkit.orchestrate.enablement_money import money_findings
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
    return Part.joined([Part(gaps=tuple(gaps)), _judged(tables, made, starts, floor, seed)])


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
            f"WHERE {window.holds('month')} ORDER BY 1, 2"
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


@dataclass(frozen=True)
class Case:
    """One outcome and one programme: the teams whose start is known, and what their months say."""

    outcome: str
    programme: str
    panel: Panel
    begun: np.ndarray
    effect: Effect | str


def _cases(panel: Panel, outcome: str, starts: pd.DataFrame, seed: int) -> Iterator[Case]:
    """Per programme the teams that can be followed; one that had it when records begin is left out."""
    for programme in sorted(set(map(str, starts.loc[starts["team"].isin(panel.teams), "programme"]))):
        mine = starts[starts["programme"] == programme].set_index("team")
        known, at = [], []
        for i, team in enumerate(panel.teams):
            start = int(mine["at"].loc[team]) if team in mine.index else NEVER
            if start == NEVER or (start >= LEAST_BEFORE and not bool(mine.loc[team, "unknown"])):
                known.append(i)
                at.append(start)
        begun, values = np.array(at, dtype=np.int64), panel.values[known]
        teams = [panel.teams[i] for i in known]
        effect = staggered(values, begun, seed=seed) if (begun < NEVER).any() else ""
        yield Case(outcome, programme, Panel(teams, panel.first, values), begun, effect)


def _judged(tables: Tables, panels: dict[str, Panel], starts: pd.DataFrame, floor: float, seed: int) -> Part:
    found, none = [], []
    for outcome, panel in panels.items():
        cases = list(_cases(panel, outcome, starts, seed))
        found += [c for c in cases if (c.begun < NEVER).any()]
        if not any((c.begun < NEVER).any() for c in cases):
            reach = quantity(floor, "probability")
            reason = f"No team with enough tickets has reached {reach} of its people yet."
            if cases:
                reason = f"The teams that reached {reach} did so when the records begin: there is nothing before it."
            none.append(_gap(outcome, reason))
    tested = [i for i, c in enumerate(found) if isinstance(c.effect, Effect)]
    p_values = [c.effect.p for c in found if isinstance(c.effect, Effect)]
    holm = dict(zip(tested, adjusted(p_values, "holm"), strict=True))
    findings, rows, paths = [], [], []
    for i, case in enumerate(found):
        row = _row(case, holm.get(i))
        rows.append(row)
        findings.append(_finding(row, case.panel.first, floor))
        if isinstance(case.effect, Effect):
            paths.append(case.effect.path.assign(outcome=case.outcome, programme=case.programme))
        if row["verdict"] == "moved" and case.outcome == "aht":
            findings += money_findings(
                tables, row, dict(zip(case.panel.teams, case.begun.tolist(), strict=True)), case.panel.first
            )
    held = {"effects": pd.DataFrame(rows)} if rows else {}
    if paths:
        held["path"] = pd.concat(paths, ignore_index=True)
    if found:
        held["team_months"] = pd.concat([_long(case) for case in found], ignore_index=True)
    return Part(tuple(findings), tuple(none), held)


def _row(case: Case, holm: float | None) -> dict[str, object]:
    effect = case.effect
    common: dict[str, object] = {"outcome": case.outcome, "programme": case.programme}
    common |= {"groups": len(case.panel.teams), "reached": int((case.begun < NEVER).sum())}
    blank = dict.fromkeys(("low", "high", "p", "adjusted", "lead", "lead_p"), math.nan)
    if isinstance(effect, str):
        value = _before_after(case.panel.values, case.begun)
        return {
            **common,
            "method": "before and after",
            "value": value,
            **blank,
            "cells": 0,
            "verdict": "claimed",
            "why": effect,
        }
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
            title = (
                f"Where “{programme}” reached {reach} of a team, {thing} was {by} {way} than in teams not yet reached"
            )
        elif verdict == "already changing":
            title = f"Teams that took up “{programme}” were changing before they did: {thing} tells nothing about it"
        else:
            title = f"No change of {thing} can be told where “{programme}” reached {reach} of a team ({span})"
        detail = (
            f"{teams} were reached, in different months; each is held against teams not yet reached. In the three "
            f"months before, the difference was {lead}. An association: what else came with the rollout is in it."
        )
        about = (
            "the mean change since the start, from rollouts placed at random, with a bias allowance of a tenth of a "
        )
        about += "team's monthly spread"
        tone = "unknown" if verdict != "moved" else "good" if way == "lower" else "bad"
    else:
        title = (
            f"{thing[0].upper()}{thing[1:]} was {by} {way} after “{programme}” reached {reach} of a team than before"
        )
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


def _long(case: Case) -> pd.DataFrame:
    rows = []
    for i, team in enumerate(case.panel.teams):
        for at, month in enumerate(case.panel.first.months):
            value = float(case.panel.values[i, at])
            if math.isfinite(value):
                shown = math.exp(value) if case.outcome == "aht" else value
                rows.append((case.outcome, case.programme, team, month, shown, bool(at >= case.begun[i])))
    return pd.DataFrame(rows, columns=["outcome", "programme", "team", "month", "value", "reached"])

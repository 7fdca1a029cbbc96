"""What leaders did: sponsors who act, priorities told, aligned behaviour thanked, values put to work, wins recorded."""

from __future__ import annotations

from datetime import date, timedelta

from cxkit.align.leadership_part import MONTHS, RECENT_DAYS, Part, Verdict, live
from cxkit.align.sentences import plural, say
from cxkit.formats import listing
from cxkit.metrics.windows import add_months, months_between
from cxkit.records import Gap
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Row, rows, short

HABITS = {
    "communication": ("Are priorities told every quarter?", "priorities were", "told"),
    "recognition": ("Is aligned behaviour thanked every quarter?", "aligned behaviour was", "thanked"),
    "values": ("Are values put into operations every quarter?", "values were", "put into operations"),
}
"""Kind of act → question, what was done in words."""
QUARTER = 3


def acts(tables: Tables) -> Part:
    """Sponsors, habits and wins."""
    part = Part()
    given = [r for r in rows(tables, "leadership") if r["happened"] is not None and r["happened"] <= tables.as_of]
    _sponsors(tables, part, given)
    _habits(tables, part, given)
    _wins(tables, part)
    return part


def _sponsors(tables: Tables, part: Part, given: list[Row]) -> None:
    """Who is named, and for which initiatives a leader acted lately; for partners only."""
    part.tables["sponsors"] = []
    lacking = tables.lacking(
        {"initiatives": ("initiative_id", "initiative", "sponsor"), "leadership": ("happened", "initiative_id")}
    )
    if lacking:
        what, reason = "Whether sponsors act", "Sponsors, or what leaders did for an initiative, are not written down."
        part.gaps.append(Gap(id="align.leadership.sponsors", what=what, reason=reason, needs=lacking))
        return
    since = tables.as_of - timedelta(days=RECENT_DAYS)
    table = []
    for row in rows(tables, "initiatives"):
        if row["initiative_id"] is None or not live(row):
            continue
        days = [a["happened"] for a in given if a["initiative_id"] == row["initiative_id"]]
        last = max(days, default=None)
        recent = last is not None and last > since
        table.append(
            {
                **{"initiative_id": row["initiative_id"], "initiative": row["initiative"]},
                **{"sponsor_named": bool(row["sponsor"]), "last_act": last},
                **{"days": (tables.as_of - last).days if last else None, "active": bool(row["sponsor"]) and recent},
            }
        )
    part.tables["sponsors"] = table
    if not table:
        return
    active = [r for r in table if r["active"]]
    bare = [short(r["initiative"], 40) for r in table if not r["sponsor_named"]]
    idle = [short(r["initiative"], 40) for r in table if r["sponsor_named"] and not r["active"]]
    parts = [f"No sponsor: {listing(bare)}." if bare else "", f"No act in that time: {listing(idle)}." if idle else ""]
    part.findings.append(
        say(
            "leadership.sponsors",
            f"{len(active) or 'None'} of {plural(len(table), 'live initiative')} "
            f"{'has' if len(active) <= 1 else 'have'} a sponsor who acted in the last {RECENT_DAYS} days",
            detail=" ".join(p for p in parts if p),
            value=len(active) / len(table),
            unit="ratio",
            n=len(table),
            period=f"{since} to {tables.as_of}",
            sources=("initiatives", "leadership"),
            audience="partner",
            tone="good" if len(active) == len(table) else "bad" if 2 * len(active) < len(table) else "neutral",
        )
    )


def _habits(tables: Tables, part: Part, given: list[Row]) -> None:
    """How often each of three habits was kept up, against once a quarter."""
    part.tables["habits"] = []
    lacking = tables.lacking({"leadership": ("happened", "kind")})
    first = min((r["happened"] for r in given), default=None)
    start = add_months(tables.as_of.replace(day=1), 1 - MONTHS)
    span = min(MONTHS, months_between(max(first, start), tables.as_of) + 1) if first else 0
    if lacking or span < QUARTER:
        what = "Whether leaders tell priorities, thank for aligned behaviour and put values to work"
        reason = "Nobody keeps a list of what leaders do for the programme."
        if not lacking:
            reason = f"The list of what leaders do reaches back fewer than {QUARTER} months."
        part.gaps.append(Gap(id="align.leadership.habits", what=what, reason=reason, needs=lacking))
        for question, *_ in HABITS.values():
            part.check(question, "cannot tell", "no list of acts that is long enough")
        return
    wanted = span // QUARTER
    recent = [r for r in given if r["happened"] >= start]
    counts = {kind: sum(r["kind"] == kind for r in recent) for kind in HABITS}
    teams = _teams(tables)
    for kind, (question, *_) in HABITS.items():
        reached = _reached([r for r in recent if r["kind"] == kind], teams)
        last = max((r["happened"] for r in recent if r["kind"] == kind), default=None)
        verdict: Verdict = "holds" if counts[kind] >= wanted else "partly" if counts[kind] else "does not hold"
        part.check(question, verdict, f"{_said(kind, counts[kind])} in {span} months")
        row = {"kind": kind, "acts": counts[kind], "wanted": wanted, "months": span, "last": last}
        part.tables["habits"].append({**row, "teams_reached": reached, "teams": len(teams) or None})
    kept = sum(n >= wanted for n in counts.values())
    said = [_said(kind, counts[kind]) for kind in HABITS]
    told = _reached([r for r in recent if r["kind"] == "communication"], teams)
    reach = f" What was told reached {told} of {plural(len(teams), 'team')}." if teams and told is not None else ""
    part.findings.append(
        say(
            "leadership.habits",
            f"Leaders keep up {kept or 'none'} of three habits every quarter: in {span} months {listing(said)}",
            detail=f"Once a quarter would be {_times(wanted)}.{reach}",
            value=kept,
            unit="count",
            n=len(recent),
            period=f"{max(start, first) if first else start:%Y-%m} to {tables.as_of:%Y-%m}",
            sources=("leadership", "workforce") if teams else ("leadership",),
            tone="good" if kept == len(HABITS) else "bad" if not kept else "neutral",
        )
    )


def _said(kind: str, n: int) -> str:
    _, subject, verb = HABITS[kind]
    return f"{subject} {verb} {_times(n)}" if n else f"{subject} never {verb}"


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")


def _teams(tables: Tables) -> list[str]:
    """Teams of the last year, by name."""
    if tables.lacking({"workforce": ("month", "team")}):
        return []
    start = add_months(tables.as_of.replace(day=1), -MONTHS)
    found = tables.frame(
        f"SELECT DISTINCT trim(team) AS team FROM workforce WHERE month >= DATE '{start}' AND trim(team) <> '' "
        "ORDER BY team"
    )
    return [str(t) for t in found["team"]]


def _reached(given: list[Row], teams: list[str]) -> int | None:
    """How many teams the acts reached; an act without an audience reached all of them."""
    if not teams:
        return None
    if any(not r["audience"] for r in given):
        return len(teams)
    named = {t.strip().casefold() for r in given for t in (r["audience"] or "").split(";")}
    return sum(t.casefold() in named for t in teams)


def _wins(tables: Tables, part: Part) -> None:
    lacking = tables.lacking({"wins": ("team", "happened", "action")})
    if lacking:
        what, reason = "Team wins that are recorded", "Nobody records what teams did and what it brought."
        part.gaps.append(Gap(id="align.leadership.wins", what=what, reason=reason, needs=lacking))
        return
    start: date = add_months(tables.as_of.replace(day=1), 1 - MONTHS)
    recent = [r for r in rows(tables, "wins") if r["happened"] is not None and r["happened"] >= start]
    teams = {r["team"] for r in recent}
    all_teams = _teams(tables)
    of = f" of {len(set(all_teams) | teams)}" if all_teams else ""
    tied = sum(bool(r["metric_id"] or r["initiative_id"] or r["value"] is not None) for r in recent)
    share = f", {tied} of them with a result to show" if recent else ""
    part.findings.append(
        say(
            "leadership.wins",
            f"{len(recent) or 'No'} team {'win was' if len(recent) == 1 else 'wins were'} recorded in twelve months"
            + (f", from {len(teams)}{of} {'team' if len(teams) == 1 and not of else 'teams'}{share}" if recent else ""),
            value=len(recent),
            unit="count",
            n=len(recent),
            period=f"{start:%Y-%m} to {tables.as_of:%Y-%m}",
            sources=("wins", "workforce") if all_teams else ("wins",),
            tone="neutral" if recent else "bad",
        )
    )

"""The people side of change: thanks, authority, engagement, and how long a change takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from cxkit.formats import listing, quantity
from cxkit.metrics.durations import durations
from cxkit.metrics.estimates import MINIMUM_N, proportion
from cxkit.metrics.staff import staff_estimate, staff_months
from cxkit.metrics.windows import Window
from cxkit.orchestrate.naming import too_few
from cxkit.orchestrate.part import Part
from cxkit.records import Finding, Gap, Missing
from cxkit.tables.engine import Tables

AUTHORITY = "operational_career_1"
"""Item of the audit: the tools, the knowledge and the authority to solve a customer's problem."""
TRAINING = "operational_career_2"
AGREES = 4
FEWEST = 10
"""Answers below which nothing is said, so that nobody is recognised."""
WHATS = {
    "authority": "Authority to solve a customer's problem",
    "training_helps": "Whether training helps",
    "recognition": "Recognition of aligned behaviour",
    "engagement": "Engagement of the people who serve",
    "implementation": "Time to implement",
}


def _gap(id: str, reason: str, *needs: Missing) -> Gap:
    return Gap(id=f"orchestrate.enablement.{id}", what=WHATS[id], reason=reason, needs=needs)


def people_part(tables: Tables, window: Window) -> Part:
    """Authority and training as the audit has them, acts of recognition, engagement, and time to implement."""
    asked = [_item(tables, "authority", AUTHORITY), _item(tables, "training_helps", TRAINING)]
    return Part.joined([*asked, _recognition(tables, window), _engagement(tables, window), _implementation(tables)])


def _item(tables: Tables, id: str, item: str) -> Part:
    if lacks := tables.lacking({"audit": ("respondent", "wave", "item_id", "score")}):
        return Part(gaps=(_gap(id, "People have not been asked.", *lacks),))
    rows = tables.frame(f"""
        WITH l AS (SELECT max(wave) AS wave FROM audit WHERE item_id = '{item}')
        SELECT coalesce(a.level, '') AS level, count(*) AS n, sum((a.score >= {AGREES})::INT)::BIGINT AS agree,
          CAST(max(a.wave) AS VARCHAR) AS wave
        FROM audit a JOIN l ON l.wave = a.wave WHERE a.item_id = '{item}' GROUP BY 1 ORDER BY 1
    """)
    if rows.empty:
        return Part(gaps=(_gap(id, "The audit does not ask it."),))
    front = rows[rows["level"] == "frontline"]
    part = front if len(front) else rows
    who = "front line" if len(front) else "people asked"
    n, agree = int(part["n"].sum()), int(part["agree"].sum())
    if n < FEWEST:
        return Part(gaps=(_gap(id, f"{n} answers are too few to be shown ({FEWEST} are needed)."),))
    found = proportion(agree, n)
    words = {
        "authority": "say they have the tools, the knowledge and the authority to solve a customer's problem",
        "training_helps": "say that training makes them better at what customers need",
    }[id]
    share = quantity(found.value, "ratio")
    title = f"{share} of the {who} {words}"
    above = rows[rows["level"] == "executive"]
    detail = ""
    if len(front) and len(above) and int(above["n"].sum()) >= MINIMUM_N:
        top = float(above["agree"].sum() / above["n"].sum())
        detail = f"Of executives {quantity(top, 'ratio')} do."
    finding = Finding(
        id=f"orchestrate.enablement.{id}",
        stage="orchestrate",
        title=title if n >= MINIMUM_N else too_few(n, "answers", MINIMUM_N),
        detail=detail,
        value=found.value,
        unit="ratio",
        low=found.low,
        high=found.high,
        about="the underlying share, people resampled" if found.has_interval else f"fewer than {MINIMUM_N} answers",
        n=n,
        period=str(part["wave"].max())[:10],
        sources=("audit",),
        tone="unknown"
        if found.low is None or found.high is None
        else "good"
        if found.low > 0.5
        else "bad"
        if found.high < 0.5
        else "neutral",
    )
    return Part((finding,))


def _recognition(tables: Tables, window: Window) -> Part:
    lacks = tables.lacking({"leadership": ("happened", "kind", "audience"), "workforce": ("team",)})
    if lacks:
        return Part(
            gaps=(_gap("recognition", "It takes what leaders did, for whom, and the teams there are.", *lacks),)
        )
    acts = tables.frame(
        f"SELECT audience FROM leadership WHERE kind = 'recognition' AND {window.holds('happened')} ORDER BY act_id"
    )
    teams = [
        str(t)
        for t in tables.frame(f"SELECT DISTINCT team FROM workforce WHERE {window.holds('month')} ORDER BY 1")["team"]
    ]
    if not teams:
        return Part(gaps=(_gap("recognition", "No team has people in the window."),))
    reached: set[str] = set()
    for audience in acts["audience"]:
        named = (
            {w.strip().casefold() for w in audience.split(";")}
            if isinstance(audience, str) and audience.strip()
            else None
        )
        reached |= {t for t in teams if named is None or t.casefold() in named}
    without = [t for t in teams if t not in reached]
    n, have = len(teams), len(reached)
    title = f"{have} of {n} teams were thanked for aligned behaviour in the window"
    finding = Finding(
        id="orchestrate.enablement.recognition",
        stage="orchestrate",
        title=title if have else f"No team was thanked for aligned behaviour in the window (0 of {n})",
        detail=f"Not thanked: {listing(without)}." if without and have else "",
        value=have / n,
        unit="ratio",
        about="counted, exact",
        n=n,
        period=window.label,
        sources=("leadership", "workforce"),
        tone="good" if have == n else "bad" if have < n / 2 else "neutral",
    )
    return Part((finding,))


def _engagement(tables: Tables, window: Window) -> Part:
    if lacks := tables.lacking({"workforce": ("month", "headcount", "engagement")}):
        return Part(gaps=(_gap("engagement", "Engagement was not supplied.", *lacks),))
    found = staff_estimate("engagement", staff_months(tables, window, "engagement"))
    if found.value is None:
        return Part(gaps=(_gap("engagement", "No month of the window has engagement."),))
    finding = Finding(
        id="orchestrate.enablement.engagement",
        stage="orchestrate",
        title=f"Engagement of the people who serve stands at {found.value:.0f} of 100",
        value=found.value,
        unit="score",
        low=found.low,
        high=found.high,
        about="the underlying level, seen through the months" if found.has_interval else found.why_none,
        n=found.n,
        period=window.label,
        sources=("workforce",),
        tone="neutral",
    )
    return Part((finding,))


def _implementation(tables: Tables) -> Part:
    selects = []
    day = f"DATE '{tables.as_of}'"
    lacks = tables.lacking({"initiatives": ("initiative_id", "registered")})
    if not lacks:
        supplied = tables.supplied("initiatives")
        role = "coalesce(i.owner_role, 'no role')" if "owner_role" in supplied else "'no role'"
        ends = "i.ended" if "ended" in supplied else "NULL::DATE"
        status = "coalesce(i.status, '')" if "status" in supplied else "''"
        changes = "SELECT NULL::VARCHAR AS initiative_id, NULL::DATE AS live WHERE false"
        if not tables.lacking({"changes": ("initiative_id", "changed")}):
            changes = (
                "SELECT initiative_id, min(changed) AS live FROM changes WHERE initiative_id IS NOT NULL GROUP BY 1"
            )
        live = f"CASE WHEN {status} <> 'stopped' THEN coalesce(c.live, {ends}) ELSE c.live END"
        for kind, done in (("live", live), ("started", "i.started" if "started" in supplied else "NULL::DATE")):
            if kind == "started" and "started" not in supplied:
                continue
            known = f"CASE WHEN {done} <= {day} THEN {done} END"
            until = f"coalesce({known}, CASE WHEN {ends} < {day} THEN {ends} END, {day})"
            for group in ("'all'", role):
                selects.append(
                    f"SELECT '{kind}: ' || {group} AS \"group\", date_diff('day', i.registered, {until}) AS days, "
                    f"{known} IS NOT NULL AS done FROM initiatives i LEFT JOIN ({changes}) c "
                    "ON c.initiative_id = i.initiative_id WHERE i.registered IS NOT NULL"
                )
    if not tables.lacking({"backlog": ("item_id", "created", "done")}):
        selects.append(
            f"SELECT 'improvement: all' AS \"group\", date_diff('day', created, coalesce(done, {day})) AS days, "
            "done IS NOT NULL AS done FROM backlog"
        )
    if not selects:
        reason = "Nobody has written down when initiatives were put on the list and when they were live."
        return Part(
            gaps=(_gap("implementation", reason, *lacks, Missing(name="backlog", columns=("created", "done"))),)
        )
    rows = durations(tables, " UNION ALL ".join(selects))
    if rows.empty:
        return Part(gaps=(_gap("implementation", "No initiative has a date."),))
    parts = rows["group"].str.split(": ", n=1, expand=True)
    rows.insert(0, "kind", parts[0])
    rows.insert(1, "owner_role", parts[1])
    whole = rows[rows["owner_role"] == "all"].set_index("kind")
    findings = [
        _took(str(kind), row, tables) for kind, row in whole.to_dict("index").items() if kind in ("live", "improvement")
    ]
    return Part(tuple(findings), (), {"implementation": rows.drop(columns=["group"])})


def _took(kind: str, row: Mapping[Any, Any], tables: Tables) -> Finding:
    n, done, median = int(row["cases"]), int(row["done"]), float(row["median_days"])
    many = "initiatives" if kind == "live" else "improvements"
    end = "live" if kind == "live" else "done"
    half = f"half are {end} within {quantity(median, 'days')} of being put on the list"
    if math.isinf(median):
        half = f"fewer than half are {end} yet"
    naive = float(row["done_only"])
    detail = f"{done} of {n} are {end}; the others count as waiting until today or until they were stopped."
    if done and not math.isnan(naive):
        detail += f" Those {end} alone took {quantity(naive, 'days')} at the median, which flatters."
    there = n >= MINIMUM_N and not math.isnan(row["low"]) and math.isfinite(row["high"])
    return Finding(
        id="orchestrate.enablement.implementation",
        stage="orchestrate",
        subject=kind,
        title=f"Of {n} {many}, {half}",
        detail=detail,
        value=median if math.isfinite(median) else None,
        unit="days",
        low=float(row["low"]) if there else None,
        high=float(row["high"]) if there else None,
        about="the underlying median, unfinished ones counted"
        if there
        else f"fewer than {MINIMUM_N} cases: no interval",
        n=n,
        period=str(tables.as_of),
        sources=("initiatives", "changes") if kind == "live" else ("backlog",),
        tone="unknown" if n < MINIMUM_N else "neutral",
    )

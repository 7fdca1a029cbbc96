"""Adoption: who of those meant to use a playbook or a tool does, by programme, kind, team and month."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cxkit.formats import listing, quantity
from cxkit.metrics.estimates import MINIMUM_N, proportion
from cxkit.metrics.windows import Window, window_to
from cxkit.orchestrate.naming import optional, too_few
from cxkit.orchestrate.part import Part
from cxkit.records import Finding, Gap, Missing
from cxkit.tables.engine import Tables

NEEDS = ("month", "team", "programme", "eligible", "completed")
WORK = "coalesce(kind, '') NOT IN ('onboarding', 'hiring')"
"""Programmes that people use at work; the others are about who joins, and how."""
HISTORY = 24
"""Months of adoption that are kept, to be seen beside the window."""
WHATS = {
    "adoption": "Adoption",
    "programme": "Adoption by programme",
    "below_floor": "Teams below the floor of adoption",
    "per_head": "Training per head",
    "onboarding": "Onboarding with the customer in it",
    "hiring": "Hiring with the customer in it",
}
FEWEST = 5
"""People below whom a count is not told."""


def gap(id: str, reason: str, *needs: Missing) -> Gap:
    """A gap of this part."""
    return Gap(id=f"orchestrate.enablement.{id}", what=WHATS[id], reason=reason, needs=needs)


def adoption_part(tables: Tables, window: Window | None, floor: float) -> Part:
    """Adoption in the last month by programme and team, month by month, training per head, hiring and onboarding."""
    if lacks := tables.lacking({"training": NEEDS}):
        reason = "Nobody has counted who uses playbooks, tools and courses."
        return Part(gaps=tuple(gap(i, reason, *lacks) for i in WHATS))
    if window is None:
        reason = "No complete month of training lies before the date of the report."
        return Part(gaps=tuple(gap(i, reason) for i in WHATS))
    history = _months(tables, window_to(window.last, max(HISTORY, len(window))))
    months = history[[pd.Timestamp(m).date() >= window.first for m in history["month"]]]
    now = _now(months[months["work"]], window)
    parts = [_adopted(now, window, floor), _per_head(tables, window, now)]
    parts += [_joining(months, kind, window) for kind in ("onboarding", "hiring")]
    held = {"adoption_months": history.drop(columns=["work"])}
    return Part.joined([*parts, Part(tables=held)])


def _months(tables: Tables, window: Window) -> pd.DataFrame:
    rows = tables.frame(f"""
        SELECT programme, coalesce(min(kind), '') AS kind, team, month, sum(eligible)::BIGINT AS eligible,
          sum(completed)::BIGINT AS completed, {WORK.replace("kind", "min(kind)")} AS work
        FROM training WHERE {window.holds("month")} GROUP BY programme, team, month
        HAVING sum(eligible) > 0 ORDER BY programme, team, month
    """)
    rows["share"] = rows["completed"] / rows["eligible"]
    return rows


def _now(months: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Each team's last month of each programme; a programme whose rows ended earlier keeps its own last month."""
    last = months.groupby(["programme", "team"], sort=False).tail(1)
    rows = []
    for by, keys in (("all", []), ("kind", ["kind"]), ("programme", ["programme", "kind"]), ("team", ["team"])):
        groups = last.groupby(keys, sort=True) if keys else [((), last)]
        for key, part in groups:
            rows.append(_row(by, part, [str(k) for k in key] if keys else [], window))
    for one in last.to_dict("records"):
        rows.append(
            _row("programme and team", pd.DataFrame([one]), [one["programme"], one["kind"], one["team"]], window)
        )
    columns = ["by", "group", "kind", "team", "month", "eligible", "completed", "share", "low", "high", "stale"]
    return pd.DataFrame([r for r in rows if r["eligible"]], columns=columns)


def _row(by: str, part: pd.DataFrame, key: list[str], window: Window) -> dict[str, object]:
    eligible, completed = int(part["eligible"].sum()), int(part["completed"].sum())
    found = proportion(completed, eligible)
    month = pd.Timestamp(part["month"].max()).date() if len(part) else window.last
    return {
        "by": by,
        "group": key[0] if key else "All programmes",
        "kind": key[1] if by.startswith("programme") else key[0] if by == "kind" else "",
        "team": key[2] if by == "programme and team" else key[0] if by == "team" else "",
        "month": month,
        "eligible": eligible,
        "completed": completed,
        "share": found.value,
        "low": optional(found.low) if found.low is not None else None,
        "high": optional(found.high) if found.high is not None else None,
        "stale": month < window.last,
    }


def _adopted(now: pd.DataFrame, window: Window, floor: float) -> Part:
    if now.empty:
        return Part(gaps=tuple(gap(i, "No programme that people use at work is counted.") for i in WHATS if i in FIRST))
    findings = [_share(row, "adoption", None, window) for row in now[now["by"] == "all"].to_dict("records")]
    findings += [
        _share(row, "programme", str(row["group"]), window) for row in now[now["by"] == "programme"].to_dict("records")
    ]
    each = now[now["by"] == "programme and team"]
    below = each[each["share"] < floor].sort_values(["share", "group", "team"])
    said = [f"{r['team']} ({r['group']}, {_told(r)})" for r in below.to_dict("records")]
    n, many = len(each), len(below)
    title = f"{many} of {n} pairs of team and programme are below {quantity(floor, 'probability')} adoption"
    if not many:
        title = f"Every team uses its programmes to {quantity(floor, 'probability')} or more ({n} of {n})"
    findings.append(
        Finding(
            id="orchestrate.enablement.below_floor",
            stage="orchestrate",
            title=title.replace("1 of 1 pairs", "The only pair") if n == 1 else title,
            detail=f"Lowest: {listing(said)}." if said else "",
            value=many,
            unit="count",
            about="counted, exact",
            n=n,
            period=f"{window.last:%Y-%m}",
            sources=("training",),
            tone="bad" if many else "good",
        )
    )
    return Part(tuple(findings), (), {"adoption": now})


FIRST = ("adoption", "programme", "below_floor", "per_head")


def _told(row: Mapping[Any, Any]) -> str:
    """A share, or that it is of too few people to be told without telling who.

    >>> _told({"completed": 3, "share": 0.25})
    'under 5 people'
    """
    return "under 5 people" if int(row["completed"]) < FEWEST else quantity(float(row["share"]), "ratio")


def _share(row: Mapping[Any, Any], id: str, subject: str | None, window: Window) -> Finding:
    share, n = float(row["share"]), int(row["eligible"])
    low, high = optional(row["low"]), optional(row["high"])
    what = f"“{subject}”" if subject else "the playbooks, tools and courses meant for them"
    title = f"{quantity(share, 'ratio')} of the people meant to use {what} do"
    if subject is None:
        title = f"{quantity(share, 'ratio')} of people use {what}"
    detail = "One person counts once per programme." if subject is None else ""
    if row["stale"]:
        detail += f" As of {row['month']:%Y-%m}; nothing has been counted since."
    return Finding(
        id=f"orchestrate.enablement.{id}",
        stage="orchestrate",
        subject=subject,
        title=title if n >= MINIMUM_N else too_few(n, "eligible people", MINIMUM_N).replace("peoples", "people"),
        detail=detail.strip(),
        value=share,
        unit="ratio",
        low=low,
        high=high,
        about="the underlying share, people resampled" if low is not None else f"fewer than {MINIMUM_N} people",
        n=n,
        period=f"{window.last:%Y-%m}",
        sources=("training",),
        definition="adoption@1",
        tone="unknown" if low is None or high is None else "good" if low >= 0.8 else "bad" if high < 0.5 else "neutral",
    )


def _per_head(tables: Tables, window: Window, now: pd.DataFrame) -> Part:
    if lacks := tables.lacking({"workforce": ("month", "team", "headcount")}):
        return Part(gaps=(gap("per_head", "It takes the headcount of each team.", *lacks),))
    heads = tables.frame(f"""
        WITH m AS (SELECT team, month, sum(headcount) AS heads FROM workforce
          WHERE {window.holds("month")} GROUP BY 1, 2)
        SELECT team, arg_max(heads, month) AS heads FROM m GROUP BY 1 ORDER BY 1
    """)
    each = now[now["by"] == "team"][["team", "eligible", "completed"]] if len(now) else pd.DataFrame(columns=["team"])
    rows = heads.merge(each, on="team", how="left").fillna(0.0)
    rows = rows[rows["heads"] > 0]
    if rows.empty:
        return Part(gaps=(gap("per_head", "No team has people in the window."),))
    rows["per_head"] = rows["completed"] / rows["heads"]
    heads_all, done = float(rows["heads"].sum()), float(rows["completed"].sum())
    none = [str(t) for t in rows.loc[rows["completed"] == 0, "team"]]
    finding = Finding(
        id="orchestrate.enablement.per_head",
        stage="orchestrate",
        title=f"A head uses {quantity(done / heads_all, 'none')} programmes on average",
        detail=f"None is used in: {listing(none)}." if none else "",
        value=done / heads_all,
        unit="none",
        about="counted, exact",
        n=int(heads_all),
        period=f"{window.last:%Y-%m}",
        sources=("training", "workforce"),
        tone="bad" if len(none) > len(rows) / 2 else "neutral",
    )
    return Part((finding,), (), {"per_head": rows.rename(columns={"heads": "headcount"})})


def _joining(months: pd.DataFrame, kind: str, window: Window) -> Part:
    rows = months[months["kind"] == kind]
    if rows.empty:
        reason = f"No programme of the kind {kind} is counted; job descriptions and their words are in no export."
        return Part(gaps=(gap(kind, reason, Missing(name="training", columns=("kind",))),))
    n, done = int(rows["eligible"].sum()), int(rows["completed"].sum())
    found = proportion(done, n)
    what = (
        "newcomers went through onboarding"
        if kind == "onboarding"
        else "appointments were made with the customer asked about"
    )
    title = f"{quantity(found.value, 'ratio')} of {what} ({done:,} of {n:,})"
    who = "newcomers" if kind == "onboarding" else "appointments"
    finding = Finding(
        id=f"orchestrate.enablement.{kind}",
        stage="orchestrate",
        title=title if n >= MINIMUM_N else too_few(n, who, MINIMUM_N),
        detail=f"Programmes: {listing(sorted(set(map(str, rows['programme']))))}. What they teach is not in the data.",
        value=found.value,
        unit="ratio",
        low=found.low,
        high=found.high,
        about="the underlying share, people resampled" if found.has_interval else f"fewer than {MINIMUM_N} people",
        n=n,
        period=window.label,
        sources=("training",),
        tone="unknown" if found.low is None else "good" if found.low >= 0.8 else "neutral",
    )
    return Part((finding,))

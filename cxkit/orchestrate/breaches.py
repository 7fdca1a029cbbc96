"""What is said about broken limits: where they fall, who breaks them on the same work, what stands beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from cxkit.formats import listing, quantity
from cxkit.metrics import breaches, likeness
from cxkit.metrics.contact_cost import contact_cost
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.metrics.multiplicity import adjusted
from cxkit.metrics.readings import readings
from cxkit.metrics.windows import Window
from cxkit.orchestrate.naming import chance, labelled, optional
from cxkit.orchestrate.part import Part
from cxkit.orchestrate.segments import allowed
from cxkit.records import Finding, Gap, Missing
from cxkit.tables.engine import Tables

TARGET = 0.9
"""Share of tickets in time against which a verdict is given when the client names none."""
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
KINDS = {"owner_role": "Role", "moment": "Moment", "team": "Team"}
WHERE = {
    "breach_owner": ("owner_role", "team", "moment"),
    "breach_hour": ("hour",),
    "breach_reason": ("reason",),
}
"""Finding → the dimension it speaks of, the first there is."""
WHAT: Mapping[str, tuple[str, Mapping[str, tuple[str, ...]]]] = {
    "breach_owner": ("Breaches by owner", {"moments": ("moment_id", "owner_role"), "tickets": ("moment_id",)}),
    "breach_reason": ("Breaches by reason", {"tickets": ("reason",)}),
}
SAME_WORK = "the same work"


def breaches_part(tables: Tables, relation: str, window: Window, names: dict[str, str], *, days: int) -> Part:
    """Breaches by owner role, hour and reason; who breaks limits more often on the same work; and who asks again.

    `days` is the window in which asking again is watched.
    """
    rows = labelled(breaches.breaches(tables, relation, breaches.dimensions(tables)), names)
    whole = rows[rows["dimension"] == "all"]
    if whole.empty:
        return Part()
    rows["label"] = [
        _label(d, str(g), str(text)) for d, g, text in zip(rows["dimension"], rows["group"], rows["label"], strict=True)
    ]
    findings, gaps = [], []
    for id, choices in WHERE.items():
        found = next((f for f in (_most(rows, d, id, tables, window) for d in choices) if f is not None), None)
        if found is not None:
            findings.append(found)
        elif id in WHAT and (lacks := tables.lacking(WHAT[id][1])):
            gaps.append(_gap(id, WHAT[id][0], "Tickets cannot be told apart by it.", lacks))
    parts = [Part(tuple(findings), tuple(gaps), {"breaches": rows})]
    if int(whole["judged"].iloc[0]) >= MINIMUM_N:
        parts.append(owners_part(tables, relation, window, names))
        parts.append(returning_part(tables, relation, window, int(whole["breaches"].iloc[0]), days=days))
    return Part.joined(parts)


def _gap(id: str, what: str, reason: str, needs: tuple[Missing, ...] = ()) -> Gap:
    return Gap(id=f"orchestrate.service.{id}", what=what, reason=reason, needs=needs)


def _label(dimension: str, group: str, label: str) -> str:
    """What a group is called in a sentence.

    >>> _label("hour", "9", "9"), _label("weekday", "1", "1"), _label("team", "Desk", "Desk")
    ('09:00 to 10:00', 'Monday', 'Desk')
    """
    if dimension == "hour":
        return f"{int(group):02d}:00 to {(int(group) + 1) % 24:02d}:00"
    return DAYS[int(group) - 1] if dimension == "weekday" else label


BASE = {
    "hour": "breaches with a known hour",
    "reason": "breaches with a reason",
    "owner_role": "the breaches at moments with an owner role",
    "team": "breaches with a team",
    "moment": "breaches with a moment",
}
"""What a share of breaches is of, where some cannot be told by the dimension."""


def _sources(tables: Tables) -> tuple[str, ...]:
    return tuple(t for t in ("tickets", "moments", "calendars") if t in tables.present)


def _most(rows: pd.DataFrame, dimension: str, id: str, tables: Tables, window: Window) -> Finding | None:
    """Where most breaches fall beyond the share of tickets: counted, so without a verdict."""
    part = rows[(rows["dimension"] == dimension) & (rows["judged"] >= MINIMUM_N) & (rows["breaches"] > 0)]
    if len(part) < 2:
        return None
    over = part["share"] - part["of_judged"]
    row = part.loc[over.sort_values(ascending=False, kind="stable").index[0]]
    words: dict[str, Callable[[str], str]] = {
        "hour": lambda label: f"Tickets opened from {label}",
        "reason": lambda label: f"Tickets about “{label}”",
        "owner_role": lambda label: f"Moments of {label}",
        "team": lambda label: f"Tickets of {label}",
        "moment": lambda label: f"Tickets of “{label}”",
    }
    every = rows[rows["dimension"] == dimension]
    whole = rows[rows["dimension"] == "all"].iloc[0]
    n = int(every["breaches"].sum())
    base = "all breaches" if n == int(whole["breaches"]) else BASE[dimension]
    share, of_judged = quantity(row["share"], "ratio"), quantity(row["of_judged"], "ratio")
    detail = (
        f"{quantity(row['rate'], 'ratio')} of them break the limit and {quantity(row['rest'], 'ratio')} of the others; "
        f"half of them by more than {quantity(row['hours_late'], 'hours')}. Of {len(part)} groups this one adds most; "
        "one always does, and its work may simply be harder."
    )
    return Finding(
        id=f"orchestrate.service.{id}",
        stage="orchestrate",
        subject=str(row["group"]) if id != "breach_hour" else None,
        title=f"{words[dimension](str(row['label']))} bring {share} of {base} and {of_judged} of the tickets",
        detail=detail,
        value=float(row["share"]),
        unit="ratio",
        about="counted, exact",
        n=n,
        period=window.label,
        sources=_sources(tables),
        definition="sla_attainment@1",
    )


def owners_part(tables: Tables, relation: str, window: Window, names: dict[str, str]) -> Part:
    """Owner roles, moments and teams that break limits more often than the others on the same work.

    Every role, moment and team that can be compared is one look; p-values are Holm's over all of them, within half of
    the share of false alarms that owners may spend. No person is looked at.
    """
    rows = labelled(breaches.owners(tables, relation), names)
    known = rows[rows["p"].notna()]
    if known.empty:
        lacks = tables.lacking({"tickets": ("team", "reason")})
        reason = (
            "No two roles, moments or teams work on the same reasons under the same limit, so that none can be "
            "compared with the others like for like."
        )
        return Part(gaps=(_gap("slow_owner", "Who breaks limits on the same work", reason, lacks),))
    rows["adjusted"] = pd.Series(adjusted(known["p"].tolist(), "holm"), index=known.index)
    rows["verdict"] = [
        "" if pd.isna(p) else "slower" if p <= allowed() else "no difference shown" for p in rows["adjusted"]
    ]
    slow = rows[rows["verdict"] == "slower"].sort_values(["adjusted", "dimension", "group"])
    twice = set(slow.loc[slow["group"].duplicated(), "group"])
    findings = [_slow(row, window, tables, apart=row["group"] in twice) for _, row in slow.iterrows()]
    if not findings:
        findings = [_nobody(known, window, tables)]
    return Part(findings=tuple(findings), tables={"like_for_like": rows})


def _told(tables: Tables) -> list[str]:
    return [w for w in ("reason", "priority") if w in tables.supplied("tickets")]


def _slow(row: pd.Series, window: Window, tables: Tables, *, apart: bool) -> Finding:
    kind = KINDS[str(row["dimension"])]
    told = _told(tables)
    work = listing([*told, "limit", *(["moment"] if row["dimension"] == "team" else [])])
    detail = (
        f"Both rates are for the mix of work that both do: the same {work}. {quantity(row['coverage'], 'ratio')} of "
        f"its tickets can be compared so. Corrected {chance(float(row['adjusted']))}; called slower from {allowed():g} "
        "down. "
        "The comparison says nothing of why, and nothing of any person."
    )
    if row["dimension"] == "team":
        detail += " Teams are as known at extraction."
    if "reason" not in told:
        detail += " Reasons are not recorded, so harder work may be behind it."
    return Finding(
        id="orchestrate.service.slow_owner",
        stage="orchestrate",
        subject=f"{row['dimension']}:{row['group']}" if apart else str(row["group"]),
        title=f"{kind} {row['label']} breaks the limit in {quantity(row['rate'], 'ratio')} of its tickets, others on "
        f"{SAME_WORK} in {quantity(row['others'], 'ratio')}",
        detail=detail,
        value=float(row["excess"]),
        unit="points",
        low=optional(row["low"]),
        high=optional(row["high"]),
        about="the difference on the same work, customers or weeks as clusters",
        n=int(row["compared"]),
        period=window.label,
        grade="D",
        sources=_sources(tables),
        definition="sla_attainment@1",
        tone="bad",
    )


def _nobody(known: pd.DataFrame, window: Window, tables: Tables) -> Finding:
    work = listing([*_told(tables), "limit"])
    kinds = [f"{len(part)} {KINDS[str(d)].lower()}s" for d, part in known.groupby("dimension", sort=False)]
    return Finding(
        id="orchestrate.service.slow_owner",
        stage="orchestrate",
        title="On the same work nobody breaks limits more often than the others, as far as can be told",
        detail=f"Compared were {listing(kinds)}, each with the others on the same {work}. "
        f"One would be called slower from a corrected p of {allowed():g} down.",
        about="tests on the same work, customers or weeks as clusters",
        n=int(known.groupby("dimension")["compared"].sum().max()),
        period=window.label,
        grade="D",
        sources=_sources(tables),
        definition="sla_attainment@1",
    )


def returning_part(tables: Tables, relation: str, window: Window, broken: int, *, days: int) -> Part:
    """Whether customers ask again more often where the limit was broken, and what that costs in a year."""
    lacks = tables.lacking({"tickets": ("account_id",)})
    what = "Asking again after a broken limit"
    if lacks:
        return Part(gaps=(_gap("breach_cost", what, "It takes the customer of each ticket.", lacks),))
    rows = breaches.returning(tables, relation, days)
    if rows.empty or pd.isna(rows["p"].iloc[0]):
        return Part(gaps=(_gap("breach_cost", what, "Too few tickets of the same kind were late and in time."),))
    row = rows.iloc[0]
    excess, low, high = float(row["excess"]), float(row["low"]), float(row["high"])
    each = contact_cost(tables, window) if low > 0 else None
    weight = 0.0 if each is None else excess * broken * each * 12 / len(window)
    if low > 0:
        title = f"Where the limit was broken customers ask again {quantity(excess, 'points')} more often"
        if weight:
            title += f", about {quantity(weight, 'money', currency=tables.currency)} of contacts a year"
    elif high < 0:
        title = f"Where the limit was broken customers ask again {quantity(-excess, 'points')} less often"
    else:
        title = "Where the limit was broken customers ask again no more often, as far as can be told"
    finding = Finding(
        id="orchestrate.service.breach_cost",
        stage="orchestrate",
        title=title,
        detail=f"Within {days} days of opening {quantity(row['rate'], 'ratio')} ask again about the same, and "
        f"{quantity(row['others'], 'ratio')} where the limit was kept, on the same work. It is an association: what "
        "made the ticket late may have made the customer ask."
        + ("" if each is not None or low <= 0 else " What a contact costs is not known."),
        value=excess,
        unit="points",
        low=low,
        high=high,
        about="the difference on the same work, customers or weeks as clusters",
        n=int(row["compared"]),
        period=window.label,
        grade="D",
        sources=(*_sources(tables), *(["costs"] if each is not None else [])),
        weight=weight,
    )
    return Part(findings=(finding,), tables={"asking_again": rows[list(likeness.COLUMNS)]})


def readings_part(tables: Tables, relation: str, window: Window, *, target: float | None) -> Part:
    """SLA attainment under every convention, and whether the verdict against the target survives them."""
    goal = TARGET if target is None else target
    rows = readings(tables, relation, goal)
    if rows.empty or "headline" not in set(rows["reading"]):
        return Part()
    held = rows[rows["verdict"] != ""]
    head = held[held["reading"] == "headline"]
    if head.empty:
        return Part(tables={"conventions": rows})
    verdicts = {str(v) for v in held["verdict"]}
    verdict = str(head["verdict"].iloc[0])
    against = f"{quantity(goal, 'ratio')}"
    order = held.sort_values(["attainment", "reading"])
    low, high = order.iloc[0], order.iloc[-1]
    words = {"reached": "is reached", "missed": "is missed", "open": "may or may not be reached"}[verdict]
    span = f"from {quantity(low['attainment'], 'ratio')} to {quantity(high['attainment'], 'ratio')}"
    if target is None:
        title = f"{span[0].upper()}{span[1:]} of tickets are settled within their limit, by how they are counted"
    elif len(verdicts) == 1:
        title = f"However tickets are counted, {span}, the target of {against} {words}"
    else:
        title = f"Whether the target of {against} is reached hangs on how tickets are counted: {span}"
    other = [str(t) for t in held.loc[held["verdict"] != verdict, "label"]]
    detail = f"Lowest: {str(low['label'])[0].lower() + str(low['label'])[1:]}; highest: "
    detail += f"{str(high['label'])[0].lower() + str(high['label'])[1:]}."
    if other:
        detail += f" By the convention of this report it {words}; otherwise by: {listing(other)}."
    finding = Finding(
        id="orchestrate.service.conventions",
        stage="orchestrate",
        title=title,
        detail=detail,
        value=float(high["attainment"] - low["attainment"]),
        unit="points",
        about="width between conventions; not an interval of chance",
        n=int(rows["judged"].max()),
        period=window.label,
        sources=_sources(tables),
        definition="sla_attainment@1",
    )
    return Part(findings=(finding,), tables={"conventions": rows})

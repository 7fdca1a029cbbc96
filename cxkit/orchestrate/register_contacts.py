"""The register by what really happens at its moments: contacts and their cost, and how many moments one person has."""

from __future__ import annotations

import pandas as pd

from cxkit.formats import listing, money, quantity
from cxkit.metrics.contact_cost import contact_cost
from cxkit.metrics.service import ticket_window
from cxkit.metrics.windows import Window, recent
from cxkit.orchestrate.part import Part
from cxkit.records import Finding, Gap, Missing
from cxkit.tables.cut import text_literal
from cxkit.tables.engine import Tables

MANY = 3
"""Moments that one person can answer for; with more, single-threaded ownership is one in name."""
BY_CONTACTS = {
    "knowledge_contacts": ("has_knowledge", "knowledge", "a knowledge article"),
    "self_serve_contacts": ("has_self_serve", "self_serve", "a self-serve path"),
    "playbook_contacts": ("has_playbook", "playbook", "a playbook"),
}
"""Finding → flag of the register, its column, and what the moment has."""
MANAGED = ("has_owner", "has_sla", "has_playbook")
SEVERAL = r"[,;/&+]|\s(and|und|et)\s"
"""What shows that more than one person is named as the single owner."""


def contacts(tables: Tables) -> tuple[pd.DataFrame, Window | None, str]:
    """Contacts by moment in the last twelve months (moment_id, contacts), the window, and the table they are from."""
    if not tables.lacking({"tickets": ("moment_id", "opened")}):
        window = ticket_window(tables)
        if window is not None:
            rows = tables.frame(
                f"SELECT moment_id, count(*) AS contacts FROM tickets WHERE moment_id IS NOT NULL "
                f"AND {window.holds('opened_date')} GROUP BY 1 ORDER BY 1"
            )
            return rows, window, "tickets"
    if not tables.lacking({"contact_volume": ("moment_id", "day", "contacts")}):
        window = recent(tables, "contact_volume", "day", 12)
        if window is not None:
            rows = tables.frame(
                f"SELECT moment_id, sum(contacts)::BIGINT AS contacts FROM contact_volume WHERE moment_id IS NOT NULL "
                f"AND {window.holds('day')} GROUP BY 1 ORDER BY 1"
            )
            return rows, window, "contact_volume"
    return pd.DataFrame(columns=["moment_id", "contacts"]), None, ""


def with_contacts(rows: pd.DataFrame, tables: Tables) -> tuple[pd.DataFrame, Window | None, str]:
    """The register with contacts_per_month, contact_cost_per_month, and the money that passes through each moment.

    `money_per_month` is what its backlog loses, or the cost of its contacts where no item of it is priced;
    `money_from` says which.
    """
    counted, window, source = contacts(tables)
    rows = rows.merge(counted, on="moment_id", how="left")
    months = len(window) if window is not None else 1
    each = contact_cost(tables, window) if window is not None and source == "tickets" else None
    seen = rows["contacts"].astype("float64")
    rows["contacts_per_month"] = seen.fillna(0.0) / months if source else float("nan")
    rows["contact_cost_per_month"] = rows["contacts_per_month"] * (each if each is not None else float("nan"))
    priced = rows["value_per_month"] > 0
    rows["money_per_month"] = rows["value_per_month"].where(priced, rows["contact_cost_per_month"].fillna(0.0))
    rows["money_from"] = [
        "backlog" if p else "contacts" if m > 0 else "" for p, m in zip(priced, rows["money_per_month"], strict=True)
    ]
    return rows.drop(columns=["contacts"]), window, source


def contacts_part(rows: pd.DataFrame, tables: Tables, window: Window | None, source: str) -> Part:
    """Coverage weighed by contacts, and the money at moments that nobody manages in full."""
    whats = {i: f"Contacts at moments with {text}" for i, (_, _, text) in BY_CONTACTS.items()}
    if window is None:
        needs = (Missing(name="tickets", columns=("moment_id",)),)
        reason = "Contacts do not say to which moment they belong."
        gaps = [Gap(id=f"orchestrate.register.{i}", what=w, reason=reason, needs=needs) for i, w in whats.items()]
        return Part(gaps=tuple(gaps))
    findings, gaps = [], []
    total = float(rows["contacts_per_month"].sum())
    for id, (_, column, _) in BY_CONTACTS.items():
        if column not in tables.supplied("moments") or total <= 0:
            reason = (
                "The register has no such column." if total > 0 else "No contact belongs to a moment of the register."
            )
            lacks = (Missing(name="moments", columns=(column,)),) if total > 0 else ()
            gaps.append(Gap(id=f"orchestrate.register.{id}", what=whats[id], reason=reason, needs=lacks))
            continue
        findings.append(_share(id, rows, window, source))
    asked = [
        c
        for c in MANAGED
        if {"has_owner": "owner", "has_sla": "sla_hours"}.get(c, "playbook") in tables.supplied("moments")
    ]
    if asked and (money_found := _unmanaged(rows, asked, tables, source)):
        findings.append(money_found)
    return Part(tuple(findings), tuple(gaps))


def _share(id: str, rows: pd.DataFrame, window: Window, source: str) -> Finding:
    flag, _, text = BY_CONTACTS[id]
    each, there = rows["contacts_per_month"], rows[flag].astype(bool)
    months = len(window)
    share = float(each[there].sum() / each.sum())
    n = round(float(each.sum()) * months)
    absent = rows[~there & (each > 0)].sort_values(["contacts_per_month", "moment_id"], ascending=[False, True])
    said = [
        f"{m} ({quantity(float(c) * months, 'count')})"
        for m, c in zip(absent["moment"], absent["contacts_per_month"], strict=True)
    ]
    plain = float(there.mean())
    return Finding(
        id=f"orchestrate.register.{id}",
        stage="orchestrate",
        title=f"{quantity(share, 'ratio')} of contacts are at moments with {text}",
        detail=f"Counted by moments it is {quantity(plain, 'ratio')}."
        + (f" Most contacts without: {listing(said)}." if said else ""),
        value=share,
        unit="ratio",
        about="counted, exact",
        n=n,
        period=window.label,
        sources=("moments", source),
        tone="good" if share >= 0.8 else "bad" if share < 0.5 else "neutral",
    )


def _unmanaged(rows: pd.DataFrame, asked: list[str], tables: Tables, source: str) -> Finding | None:
    part = rows[~rows[asked].astype(bool).all(axis=1) & (rows["money_per_month"] > 0)]
    value = float(part["money_per_month"].sum())
    if value <= 0:
        return None
    part = part.sort_values(["money_per_month", "moment_id"], ascending=[False, True])
    said = [f"{m} {money(v, tables.currency)}" for m, v in zip(part["moment"], part["money_per_month"], strict=True)]
    return Finding(
        id="orchestrate.register.unmanaged",
        stage="orchestrate",
        title=f"{money(value, tables.currency)} a month passes through moments without an owner, a limit or a playbook",
        detail=f"{listing(said)}. What the backlog loses, or the cost of contacts where no item is priced.",
        value=value,
        unit="money",
        currency=tables.currency,
        about="the client's own estimates and costs",
        n=len(part),
        period=str(tables.as_of),
        grade="E",
        sources=tuple(t for t in ("moments", "backlog", source, "costs") if t in tables.present),
        tone="bad",
        weight=value * 12,
    )


def owners_part(tables: Tables) -> Part:
    """How many moments one person answers for, and journeys split among several; no name leaves the engine."""
    whats = {"span": "Moments one person answers for", "split": "Journeys split among owners"}
    if lacks := tables.lacking({"moments": ("moment_id", "owner", "journey")}):
        reason = "It takes the owner and the journey of each moment."
        return Part(
            gaps=tuple(
                Gap(id=f"orchestrate.register.{i}", what=w, reason=reason, needs=lacks) for i, w in whats.items()
            )
        )
    one = f"trim(coalesce(owner, '')) <> '' AND NOT regexp_matches(owner, {text_literal(SEVERAL)})"
    base = f"""
        WITH o AS (SELECT moment_id, coalesce(journey, '') AS journey, lower(trim(owner)) AS who,
          coalesce(end_to_end, false) AS whole, {one} AS single FROM moments)"""
    spans = tables.frame(f"""{base}
        SELECT moments, journeys, count(*) AS people FROM (
          SELECT who, count(*) AS moments, count(DISTINCT journey) AS journeys FROM o WHERE single GROUP BY 1
        ) p GROUP BY 1, 2 ORDER BY 1 DESC, 2 DESC""")
    journeys = tables.frame(f"""{base}
        SELECT journey, count(*) AS moments, sum(single::INT)::BIGINT AS owned,
          count(DISTINCT CASE WHEN single THEN who END) AS owners, sum((single AND whole)::INT)::BIGINT AS end_to_end
        FROM o WHERE journey <> '' GROUP BY 1 ORDER BY 1""")
    if spans.empty:
        reason = "No moment has one person as its owner."
        return Part(gaps=tuple(Gap(id=f"orchestrate.register.{i}", what=w, reason=reason) for i, w in whats.items()))
    return Part((_span(spans, tables), *_split(journeys, tables)), (), {"spans": spans, "journeys": journeys})


def _common(tables: Tables) -> dict[str, object]:
    return {"stage": "orchestrate", "about": "counted, exact", "period": str(tables.as_of), "sources": ("moments",)}


def _span(spans: pd.DataFrame, tables: Tables) -> Finding:
    most, across = int(spans["moments"].iloc[0]), int(spans["journeys"].iloc[0])
    people = int(spans["people"].sum())
    over = int(spans.loc[spans["moments"] > MANY, "people"].sum())
    title = f"No person answers for more than {most} {'moment' if most == 1 else 'moments'}"
    if over == people == 1:
        title = f"The only owner answers for {most} moments, more than {MANY}"
    elif over:
        verb = "answers" if over == 1 else "answer"
        title = f"{over} of {people} owners {verb} for more than {MANY} moments, up to {most}"
    elif across > 1:
        title += f", though the same person has {across} journeys to look after"
    return Finding.model_validate(
        {
            **_common(tables),
            "id": "orchestrate.register.span",
            "title": title,
            "detail": "Names stay with the client.",
            "value": most,
            "unit": "count",
            "n": people,
            "tone": "bad" if over else "neutral" if across > 1 else "good",
        }
    )


def _split(journeys: pd.DataFrame, tables: Tables) -> list[Finding]:
    n = len(journeys)
    if not n:
        return []
    split = journeys[(journeys["owners"] > 1) & (journeys["end_to_end"] < journeys["owned"])]
    said = [f"{j} ({int(o)} owners)" for j, o in zip(split["journey"], split["owners"], strict=True)]
    title = f"{len(split)} of {n} journeys are split among several owners"
    title = title.replace("1 of 1 journeys are", "The only journey is").replace(
        f"1 of {n} journeys are", f"1 of {n} journeys is"
    )
    return [
        Finding.model_validate(
            {
                **_common(tables),
                "id": "orchestrate.register.split",
                "title": title if len(split) else f"No journey is split among several owners (0 of {n})",
                "detail": f"{listing(said)}. A customer passes from one to the next." if said else "",
                "value": len(split),
                "unit": "count",
                "n": n,
                "tone": "bad" if len(split) > n / 2 else "neutral" if len(split) else "good",
            }
        )
    ]

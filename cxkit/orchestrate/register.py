"""The register of moments: who owns each, by which limit and playbook, and what waiting costs."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd

from cxkit.formats import listing, money, quantity
from cxkit.orchestrate.part import Part
from cxkit.orchestrate.register_contacts import SEVERAL, contacts_part, owners_part, with_contacts
from cxkit.orchestrate.register_order import MONTH_DAYS, order_part, sources_part
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.cut import text_literal
from cxkit.tables.engine import Tables

PARTS: dict[str, tuple[str, str, str]] = {
    "owner": ("has_owner", "one person in charge", "an owner"),
    "end_to_end": ("end_to_end", "an owner for the whole journey, not one touchpoint", "an end-to-end owner"),
    "sla": ("has_sla", "a time limit", "a time limit"),
    "kpi": ("has_kpi", "a KPI", "a KPI"),
    "playbook": ("has_playbook", "a playbook", "a playbook"),
    "knowledge": ("has_knowledge", "a knowledge article", "a knowledge article"),
    "self_serve": ("has_self_serve", "a self-serve path", "a self-serve path"),
}
"""Finding → column of the register, what is counted, and what is lacking where it is false."""
COLUMNS = {
    "owner": "owner",
    "end_to_end": "end_to_end",
    "sla": "sla_hours",
    "kpi": "metric_id",
    "playbook": "playbook",
    "knowledge": "knowledge",
    "self_serve": "self_serve",
}


class MomentRegister(Result):
    """Owner, limit, KPI, playbook and backlog per moment; no person is named.

    Tables: ``moments`` (moment_id, moment, journey, position, owner_role, owned_by: one person / role only /
    several / nobody, has_* flags, end_to_end, sla_hours, calendar, kpi, playbook, knowledge, self_serve,
    open_items, value_per_month, effort_days, oldest_days, lost_so_far, lacks, contacts_per_month,
    contact_cost_per_month, money_per_month: the backlog's loss, or the contacts' cost where no item is priced,
    money_from), ``gaps`` (moment_id, moment, lacks, value_per_month, money_per_month, money_from; by money),
    ``backlog`` (item_id, moment_id, moment, item, source, age_days, value_per_month, effort_days,
    value_per_day_of_work, lost_so_far; by money lost per day of work), ``orders`` (convention, words, items,
    rank_correlation with cost of delay, lost, more_than_cd3, first), ``finished`` (item_id, value_per_month,
    effort_days, cd3, raised, ended: days since the first was raised, done_as, by_cd3: places), ``sources``
    (source, items, done, value_per_month, waiting_per_month, led_by, done_share, low, high), ``spans``
    (moments, journeys, people who answer for so many) and ``journeys`` (journey, moments, owned, owners,
    end_to_end).
    """

    stage: ClassVar[str] = "orchestrate"
    name: ClassVar[str] = "register"


def moment_register(tables: Tables) -> MomentRegister:
    """The register of moments at `as_of`, with what each lacks, ordered by the money its backlog loses."""
    backlog = _backlog(tables)
    parts = [_moments_part(tables, backlog), _backlog_part(tables, backlog), order_part(tables), sources_part(tables)]
    whole = Part.joined(parts)
    return MomentRegister(as_of=tables.as_of, findings=whole.findings, gaps=whole.gaps, tables=dict(whole.tables))


def _backlog(tables: Tables) -> pd.DataFrame | Missing:
    needs = tables.require("backlog", "moment_id", "created")
    if isinstance(needs, Missing):
        return needs
    day = f"DATE '{tables.as_of}'"
    rows = tables.frame(f"""
        SELECT item_id, moment_id, item, source, date_diff('day', created, {day}) AS age_days, value_per_month,
          effort_days
        FROM backlog WHERE done IS NULL ORDER BY item_id
    """)
    rows["value_per_day_of_work"] = rows["value_per_month"] / rows["effort_days"].where(rows["effort_days"] > 0)
    rows["lost_so_far"] = rows["value_per_month"] * rows["age_days"] / MONTH_DAYS
    return rows.sort_values(
        ["value_per_day_of_work", "value_per_month", "item_id"], ascending=[False, False, True], ignore_index=True
    )


def _register(tables: Tables, backlog: pd.DataFrame | Missing) -> pd.DataFrame:
    names = "NULL::VARCHAR AS metric_id, NULL::VARCHAR AS metric WHERE false"
    if not isinstance(tables.require("metrics", "metric_id", "metric"), Missing):
        names = "metric_id, min(metric) AS metric FROM metrics GROUP BY metric_id"
    rows = tables.frame(f"""
        WITH k AS (SELECT {names}), o AS (SELECT *, trim(coalesce(owner, '')) AS who FROM moments)
        SELECT o.moment_id, o.moment, o.journey, o.position, o.owner_role,
          CASE WHEN regexp_matches(who, {text_literal(SEVERAL)}) THEN 'several' WHEN who <> '' THEN 'one person'
            WHEN owner_role IS NOT NULL THEN 'role only' ELSE 'nobody' END AS owned_by,
          coalesce(o.end_to_end, false) AS end_to_end, o.sla_hours, o.calendar, coalesce(k.metric, o.metric_id) AS kpi,
          o.playbook, o.knowledge, o.self_serve
        FROM o LEFT JOIN k ON k.metric_id = o.metric_id ORDER BY o.journey, o.position, o.moment_id
    """)
    rows["has_owner"] = rows["owned_by"] == "one person"
    rows["has_sla"] = rows["sla_hours"] > 0
    for column in ("kpi", "playbook", "knowledge", "self_serve"):
        rows[f"has_{column}"] = rows[column].fillna("").str.strip() != ""
    waits = pd.DataFrame(
        columns=["moment_id", "open_items", "value_per_month", "effort_days", "oldest_days", "lost_so_far"]
    )
    if not isinstance(backlog, Missing):
        waits = backlog.groupby("moment_id", as_index=False).agg(
            open_items=("item_id", "size"),
            value_per_month=("value_per_month", "sum"),
            effort_days=("effort_days", "sum"),
            oldest_days=("age_days", "max"),
            lost_so_far=("lost_so_far", "sum"),
        )
    rows = rows.merge(waits, on="moment_id", how="left")
    for column in ("open_items", "value_per_month", "effort_days", "lost_so_far"):
        rows[column] = rows[column].astype("float64").fillna(0.0)
    rows["oldest_days"] = rows["oldest_days"].astype("float64")
    asked = [name for name, column in COLUMNS.items() if column in tables.supplied("moments")]
    rows["lacks"] = [", ".join(PARTS[n][2] for n in asked if not row[PARTS[n][0]]) for row in rows.to_dict("records")]
    return rows


def _moments_part(tables: Tables, backlog: pd.DataFrame | Missing) -> Part:
    whats = {name: f"Moments with {text}" for name, (_, text, _) in PARTS.items()}
    lacks = tables.lacking({"moments": ("moment_id", "moment")})
    if lacks:
        reason = "Nobody has written down which moments of the journey matter."
        return Part(
            gaps=tuple(
                Gap(id=f"orchestrate.register.{n}", what=w, reason=reason, needs=lacks) for n, w in whats.items()
            )
        )
    rows, window, source = with_contacts(_register(tables, backlog), tables)
    findings, gaps = [], []
    for name, (column, text, _) in PARTS.items():
        if COLUMNS[name] not in tables.supplied("moments") or rows.empty:
            reason = "The register of moments has no such column." if len(rows) else "The register of moments is empty."
            needs = (Missing(name="moments", columns=(COLUMNS[name],)),)
            gaps.append(Gap(id=f"orchestrate.register.{name}", what=whats[name], reason=reason, needs=needs))
            continue
        findings.append(_coverage(name, rows, rows[column].astype(bool), text, tables))
    short = rows[rows["lacks"] != ""].sort_values(["money_per_month", "moment_id"], ascending=[False, True])
    columns = ["moment_id", "moment", "lacks", "value_per_month", "money_per_month", "money_from"]
    held = {"moments": rows, "gaps": short[columns]}
    unowned = rows[~rows["has_owner"]]
    if "owner" in tables.supplied("moments") and unowned["value_per_month"].sum() > 0:
        findings.append(_unowned(unowned, tables))
    more = (contacts_part(rows, tables, window, source), owners_part(tables))
    return Part.joined([Part(tuple(findings), tuple(gaps), held), *more])


def _coverage(name: str, rows: pd.DataFrame, there: pd.Series, text: str, tables: Tables) -> Finding:
    n, have = len(rows), int(there.sum())
    absent = rows[~there].sort_values(["value_per_month", "moment_id"], ascending=[False, True])
    detail = f"Without: {listing([str(m) for m in absent['moment']])}." if len(absent) else ""
    if name == "owner" and len(absent):
        kinds = absent["owned_by"].value_counts()
        words = {"role only": "a role alone", "several": "several people", "nobody": "nobody"}
        said = [f"{text} {int(kinds[k])}" for k, text in words.items() if k in kinds]
        detail += f" Named there: {listing(said)}."
    every = "Every moment has" if have == n else "No moment has" if not have else f"{have} of {n} moments have"
    return Finding(
        id=f"orchestrate.register.{name}",
        stage="orchestrate",
        title=f"{every} {text}" + (f" ({n} of {n})" if have == n else f" (0 of {n})" if not have else ""),
        detail=detail,
        value=have / n,
        unit="ratio",
        about="counted, exact",
        n=n,
        period=str(tables.as_of),
        sources=("moments",),
        tone="good" if have == n else "bad" if have < n / 2 else "neutral",
    )


def _unowned(rows: pd.DataFrame, tables: Tables) -> Finding:
    value = float(rows["value_per_month"].sum())
    return Finding(
        id="orchestrate.register.unowned_backlog",
        stage="orchestrate",
        title=f"{money(value, tables.currency)} a month waits at moments without a single owner",
        detail=f"At {listing([str(m) for m in rows.loc[rows['value_per_month'] > 0, 'moment']])}.",
        value=value,
        unit="money",
        currency=tables.currency,
        about="sum of the client's own estimates",
        n=int(rows["open_items"].sum()),
        period=str(tables.as_of),
        grade="E",
        sources=("moments", "backlog"),
        tone="bad",
        weight=value * 12,
    )


def _backlog_part(tables: Tables, backlog: pd.DataFrame | Missing) -> Part:
    id, what = "orchestrate.register.backlog", "Cost of delay of the backlog"
    if isinstance(backlog, Missing):
        reason = "No list of waiting improvements was supplied."
        return Part(gaps=(Gap(id=id, what=what, reason=reason, needs=(backlog,)),))
    names = {}
    if not isinstance(tables.require("moments", "moment"), Missing):
        rows = tables.frame("SELECT moment_id, min(moment) AS moment FROM moments GROUP BY 1 ORDER BY 1")
        names = dict(zip(rows["moment_id"], rows["moment"], strict=True))
    held = backlog.copy()
    held.insert(2, "moment", [names.get(m, m) for m in held["moment_id"]])
    priced = backlog[backlog["value_per_month"] > 0]
    if priced.empty:
        reason = "No open item of the backlog says what its delay costs." if len(backlog) else "No item is open."
        needs = () if "value_per_month" in tables.supplied("backlog") else (_column("value_per_month"),)
        return Part(gaps=(Gap(id=id, what=what, reason=reason, needs=needs),), tables={"backlog": held})
    value, lost = float(priced["value_per_month"].sum()), float(priced["lost_so_far"].sum())
    common: dict[str, object] = {
        "stage": "orchestrate",
        "unit": "money",
        "currency": tables.currency,
        "period": str(tables.as_of),
    }
    common |= {"grade": "E", "sources": ("backlog",), "about": "sum of the client's own estimates"}
    findings = [
        Finding.model_validate(
            {
                **common,
                "id": id,
                "title": f"{len(backlog)} open improvements lose {money(value, tables.currency)} every month they wait",
                "detail": f"{len(priced)} of them are priced; they have lost {money(lost, tables.currency)} so far.",
                "value": value,
                "n": len(backlog),
                "tone": "bad",
                "weight": value * 12,
            }
        )
    ]
    sized = priced[priced["value_per_day_of_work"].notna()]
    if len(sized):
        top = sized.iloc[0]
        at = names.get(top["moment_id"], top["moment_id"])
        each = float(top["value_per_month"])
        findings.append(
            Finding.model_validate(
                {
                    **common,
                    "id": "orchestrate.register.next",
                    "subject": str(top["moment_id"]),
                    "title": f"“{top['item']}” ({at}) comes first: {money(each, tables.currency)} a month for "
                    f"{quantity(float(top['effort_days']), 'days')} of work",
                    "detail": "Ordered by money lost per day of work.",
                    "value": each,
                    "n": 1,
                    "weight": each * 12,
                }
            )
        )
    return Part(findings=tuple(findings), tables={"backlog": held})


def _column(name: str) -> Missing:
    return Missing(name="backlog", columns=(name,))

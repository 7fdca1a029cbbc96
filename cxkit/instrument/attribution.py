"""Attribution coverage: how much of revenue, contacts and feedback belongs to a known customer at a known moment.

Counted in money, contacts and answers, not in rows of tables. An account is *known* when it is found in `accounts`; a
person's account, from `people`, stands in where a row names only the person and that person has one account. Revenue
belongs to a moment when its account was seen at one (a ticket, an answer or an event with a moment) in the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import pandas as pd

from cxkit.formats import money, quantity
from cxkit.instrument.identity import Identity
from cxkit.metrics.crosswalk import accounts_of, stitched
from cxkit.metrics.currency import in_one_currency
from cxkit.metrics.windows import Window, recent, seen
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.engine import Tables

STEPS = ("counted only", "no key", "unknown key", "no moment", "attributed")
WHY = {
    "counted only": "they are counted, not recorded one by one",
    "no key": "they carry no customer key",
    "unknown key": "their key is in no list of customers",
    "no moment": "they belong to no moment of the register",
}
KNOWN = "Attribution of {kind} to moments"
REVENUE = (("revenue", "month", "mrr"), ("orders", "ordered_date", "amount"), ("invoices", "issued", "amount"))
TOUCHES = (("tickets", "opened_date"), ("surveys", "answered_date"), ("events", "at_date"))
WHATS = {
    "revenue": "Attribution of revenue",
    "contacts": "Attribution of contacts",
    "feedback": "Attribution of feedback",
}


class Attribution(Result):
    """Attribution coverage of revenue, contacts and feedback.

    Table ``bridge``: kind, step (total, then what is lost at *counted only*, *no key*, *unknown key*, *no moment*, and
    what is *attributed*), amount (money for revenue, else a count), share of the total.
    """

    stage: ClassVar[str] = "instrument"
    name: ClassVar[str] = "attribution"

    period: str = ""


def attribution(tables: Tables, *, window_months: int = 12, identity: Identity | None = None) -> Attribution:
    """Attribution coverage over the last complete months, with the bridge of where it is lost.

    With `identity` a contact or an answer without an account takes that of its person, who may be known in another
    system.
    """
    if identity is not None and identity.has("crosswalk") and "account_id" in tables.supplied("people"):
        with stitched(tables, accounts_of(tables, identity.tables["crosswalk"])) as other:
            return attribution(other, window_months=window_months)
    findings: list[Finding] = []
    gaps: list[Gap] = []
    frames = []
    periods = []
    for kind in WHATS:
        made = bridge_of(tables, kind, window_months)
        if isinstance(made, Gap):
            gaps.append(made)
            continue
        rows, window, sources = made
        frames.append(rows)
        periods.append(window.label)
        if carriers := _unplaced(tables, kind):
            findings.append(_customers(tables, kind, rows, window, sources))
            gaps.append(_gap(kind, "To which moment it belongs is not recorded.", carriers, KNOWN.format(kind=kind)))
        else:
            findings.append(_finding(tables, kind, rows, window, sources))
    bridge = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    unplaced = [kind for kind in WHATS if _unplaced(tables, kind)]
    if frames and (loss := _loss(bridge, periods[0], unplaced)):
        findings.append(loss)
    return Attribution(
        as_of=tables.as_of,
        period=periods[0] if periods else "",
        findings=tuple(findings),
        gaps=tuple(gaps),
        tables={"bridge": bridge} if frames else {},
    )


def _gap(kind: str, reason: str, needs: tuple[Missing, ...] = (), what: str = "") -> Gap:
    return Gap(id=f"instrument.attribution.{kind}", what=what or WHATS[kind], reason=reason, needs=needs)


def _unplaced(tables: Tables, kind: str) -> tuple[Missing, ...]:
    """What is missing when no row of this kind can say to which moment it belongs: then nothing is lost there."""
    carriers = {"contacts": ("tickets",), "feedback": ("surveys",)}.get(kind, tuple(t for t, _ in TOUCHES))
    if any("moment_id" in tables.supplied(t) for t in carriers):
        return ()
    return tables.lacking({"moments": ("moment_id", "moment"), carriers[0]: ("moment_id",)})


def _window(tables: Tables, table: str, column: str, months: int) -> Window | None:
    span, window = seen(tables, table, column), recent(tables, table, column, months)
    return None if span is None or window is None else Window(first=max(span.first, window.first), last=window.last)


def bridge_of(tables: Tables, kind: str, months: int) -> Gap | tuple[pd.DataFrame, Window, tuple[str, ...]]:
    """The bridge of ``revenue``, ``contacts`` or ``feedback``, its window and its tables; or why there is none."""
    if lacks := tables.lacking({"accounts": ("account_id",)}):
        keyed = {"contacts": ("tickets", "account_id"), "feedback": ("surveys", "account_id")}
        if kind in keyed:
            lacks += tables.lacking({keyed[kind][0]: keyed[kind][1:]})
        return _gap(kind, "Without a list of customers no key can be checked.", lacks)
    if kind == "revenue":
        return _of_revenue(tables, months)
    table, column, unit = (
        ("tickets", "opened_date", "ticket_id") if kind == "contacts" else ("surveys", "answered_date", "response_id")
    )
    if table not in tables.present and not (kind == "contacts" and "contact_volume" in tables.present):
        found = tables[table]
        return _gap(kind, "There is nothing to attribute.", (found,) if isinstance(found, Missing) else ())
    base, base_column = (table, column) if table in tables.present else ("contact_volume", "day")
    window = _window(tables, base, base_column, months)
    if window is None:
        return _gap(kind, "No complete month lies before the date of the report.")
    amounts = dict.fromkeys(STEPS, 0.0)
    if table in tables.present:
        moment = _moment_known(tables, table)
        rows = tables.frame(f"""
            WITH {_people(tables, table)}, r AS (
              SELECT t.{unit} AS id, max(coalesce(t.account_id, p.account_id)) AS who, max(({moment})::INT) AS placed
              FROM {table} t LEFT JOIN p ON p.person_id = t.person_id
              WHERE {window.holds(column)} GROUP BY 1
            ) {_steps("1")}
        """)
        amounts |= dict(zip(rows["step"], rows["amount"].astype(float), strict=True))
    if kind == "contacts" and "contact_volume" in tables.present:
        amounts["counted only"] = float(_counted_only(tables, window))
    sources = tuple(t for t in (table, "contact_volume", "accounts", "moments") if t in tables.present)
    if sum(amounts.values()) <= 0:
        return _gap(kind, "There is nothing to attribute in the window.")
    return _frame(kind, amounts), window, sources


def _counted_only(tables: Tables, window: Window) -> int:
    """Contacts that are counted and are no ticket: month by month, and by channel where both say it."""
    tickets = "tickets" in tables.present
    both = tickets and all("channel" in tables.supplied(t) for t in ("tickets", "contact_volume"))
    channel = "coalesce(lower(channel), '')" if both else "''"
    own = "SELECT NULL::DATE AS month, NULL::VARCHAR AS channel, 0 AS n WHERE false"
    if tickets:
        own = (
            f"SELECT CAST(date_trunc('month', opened_date) AS DATE) AS month, {channel} AS channel, count(*) AS n "
            f"FROM tickets WHERE {window.holds('opened_date')} GROUP BY 1, 2"
        )
    found = tables.frame(f"""
        WITH v AS (SELECT CAST(date_trunc('month', day) AS DATE) AS month, {channel} AS channel, sum(contacts) AS n
            FROM contact_volume WHERE {window.holds("day")} GROUP BY 1, 2),
        t AS ({own})
        SELECT sum(greatest(0, v.n - coalesce(t.n, 0)))::BIGINT AS n
        FROM v LEFT JOIN t ON t.month = v.month AND t.channel = v.channel
    """)
    return int(found["n"].fillna(0).iloc[0])


def _of_revenue(tables: Tables, months: int) -> Gap | tuple[pd.DataFrame, Window, tuple[str, ...]]:
    chosen = next((r for r in REVENUE if r[0] in tables.present), None)
    if chosen is None:
        return _gap("revenue", "There is nothing to attribute.", (Missing(name="revenue"), Missing(name="orders")))
    table, column, amount = chosen
    window = _window(tables, table, column, months)
    if window is None:
        return _gap("revenue", "No complete month of revenue lies before the date of the report.")
    relation = in_one_currency(tables, table, (amount,), at=window.opening)
    if isinstance(relation, Missing):
        return _gap("revenue", f"Revenue is in several currencies: {relation.why}.", (relation,))
    touches = [
        f"SELECT t.account_id FROM {t} t WHERE {window.holds(day)} AND {_moment_known(tables, t)}"
        for t, day in TOUCHES
        if {"account_id", "moment_id"} <= tables.supplied(t)
    ]
    union = " UNION ".join(touches) or "SELECT NULL::VARCHAR AS account_id WHERE false"
    rows = tables.frame(f"""
        WITH touched AS ({union}), r AS (
          SELECT t.account_id AS who, t.{amount} AS amount, (k.account_id IS NOT NULL)::INT AS placed
          FROM {relation} t LEFT JOIN touched k ON k.account_id = t.account_id WHERE {window.holds(column)}
        ) {_steps("amount")}
    """)
    amounts = dict.fromkeys(STEPS, 0.0) | dict(zip(rows["step"], rows["amount"].astype(float), strict=True))
    if sum(amounts.values()) <= 0:
        return _gap("revenue", "There is no revenue in the window.")
    sources = (table, "accounts", *(t for t, _ in TOUCHES if {"account_id", "moment_id"} <= tables.supplied(t)))
    return _frame("revenue", amounts), window, sources


def _people(tables: Tables, table: str) -> str:
    if {"person_id"} <= tables.supplied(table) and {"person_id", "account_id"} <= tables.supplied("people"):
        return (
            "p AS (SELECT person_id, min(account_id) AS account_id FROM people WHERE account_id IS NOT NULL "
            "GROUP BY person_id HAVING count(DISTINCT account_id) = 1)"
        )
    return "p AS (SELECT NULL::VARCHAR AS person_id, NULL::VARCHAR AS account_id WHERE false)"


def _moment_known(tables: Tables, table: str) -> str:
    if "moment_id" not in tables.supplied(table):
        return "false"
    if isinstance(tables.require("moments", "moment_id"), Missing):
        return "t.moment_id IS NOT NULL"
    return "coalesce(t.moment_id IN (SELECT moment_id FROM moments WHERE moment_id IS NOT NULL), false)"


def _steps(amount: str) -> str:
    return f"""
        SELECT CASE WHEN r.who IS NULL THEN 'no key' WHEN a.account_id IS NULL THEN 'unknown key'
          WHEN r.placed = 0 THEN 'no moment' ELSE 'attributed' END AS step, sum({amount}) AS amount
        FROM r LEFT JOIN (SELECT DISTINCT account_id FROM accounts) a ON a.account_id = r.who GROUP BY 1 ORDER BY 1
    """


def _frame(kind: str, amounts: dict[str, float]) -> pd.DataFrame:
    total = sum(amounts.values())
    rows = [("total", total), *((step, amounts[step]) for step in STEPS)]
    frame = pd.DataFrame(rows, columns=["step", "amount"])
    frame.insert(0, "kind", kind)
    frame["share"] = frame["amount"] / total
    return frame


def _finding(tables: Tables, kind: str, rows: pd.DataFrame, window: Window, sources: tuple[str, ...]) -> Finding:
    share = dict(zip(rows["step"], rows["share"], strict=True))
    amount = dict(zip(rows["step"], rows["amount"], strict=True))
    customer = share["attributed"] + share["no moment"]
    lost = max((s for s in STEPS[:-1]), key=lambda s: share[s])
    said = money(amount["total"], tables.currency) if kind == "revenue" else quantity(amount["total"], "count")
    detail = f"The whole is {said}."
    if share["no moment"] > 0:
        detail += f" {quantity(customer, 'ratio')} belongs to a known customer, whatever the moment."
    if share[lost] > 0:
        detail += f" Most is lost because {_why(lost, kind)}: {quantity(share[lost], 'ratio')}."
    return Finding(
        id=f"instrument.attribution.{kind}",
        stage="instrument",
        title=f"{quantity(share['attributed'], 'ratio')} of {kind} can be traced to a known customer and moment",
        detail=detail,
        value=share["attributed"],
        unit="ratio",
        about="the whole of the window, exact",
        n=None if kind == "revenue" else int(amount["total"]),
        period=window.label,
        sources=sources,
        definition="attribution_coverage@1",
        tone="good" if share["attributed"] >= 0.9 else "bad" if share["attributed"] < 0.5 else "neutral",
    )


def _customers(tables: Tables, kind: str, rows: pd.DataFrame, window: Window, sources: tuple[str, ...]) -> Finding:
    """How much belongs to a known customer, where moments are not recorded at all."""
    share = dict(zip(rows["step"], rows["share"], strict=True))
    whole = float(rows["amount"].iloc[0])
    known = float(share["attributed"] + share["no moment"])
    said = money(whole, tables.currency) if kind == "revenue" else quantity(whole, "count")
    return Finding(
        id="instrument.attribution.customer",
        stage="instrument",
        title=f"{quantity(known, 'ratio')} of {kind} can be traced to a known customer",
        detail=f"The whole is {said}. To which moment of the journey it belongs is not recorded.",
        value=known,
        unit="ratio",
        about="the whole of the window, exact",
        n=None if kind == "revenue" else int(whole),
        period=window.label,
        sources=sources,
        subject=kind,
        tone="good" if known >= 0.9 else "bad" if known < 0.5 else "neutral",
    )


def _why(step: str, kind: str) -> str:
    """Why something cannot be traced, in words that fit what is traced."""
    why = WHY[step]
    if kind != "contacts":
        why = why.replace("they are", "it is").replace("they carry", "it carries").replace("they belong", "it belongs")
        why = why.replace("their key", "its key")
    return why


def _loss(bridge: pd.DataFrame, period: str, unplaced: Sequence[str] = ()) -> Finding | None:
    lost = bridge[bridge["step"].isin(WHY) & ~(bridge["step"].eq("no moment") & bridge["kind"].isin(unplaced))]
    lost = lost.sort_values(["share", "kind", "step"], ascending=[False, True, True])
    if lost.empty or float(lost["share"].iloc[0]) <= 0:
        return None
    row = lost.iloc[0]
    why, whom = _why(str(row["step"]), str(row["kind"])), "a moment" if row["step"] == "no moment" else "a customer"
    return Finding(
        id="instrument.attribution.loss",
        stage="instrument",
        title=f"{quantity(float(row['share']), 'ratio')} of {row['kind']} cannot be traced to {whom} because {why}",
        value=float(row["share"]),
        unit="ratio",
        about="the whole of the window, exact",
        period=period,
        subject=str(row["kind"]),
        sources=("accounts",),
        tone="bad",
    )

"""Actions by owner role: decisions to take and to carry out, gaps of the ledger to close, plays that call today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cxkit.formats import listing, money
from cxkit.govern.reading import Row, records
from cxkit.records import Finding, Result
from cxkit.tables.sheets import Kind, short

ACTIONS: Mapping[str, Kind] = {
    "owner_role": "text",
    "kind": "text",
    "action": "text",
    "initiative_id": "text",
    "business_unit": "text",
    "due": "date",
    "state": "text",
    "count": "integer",
    "money": "number",
}
"""`kind` is decide, carry out, close a gap, work or answer; `state` is overdue, due soon, later or open; `count` says
how many pieces of work one line stands for."""
NOBODY = "nobody named"
KINDS = ("carry out", "decide", "answer", "close a gap", "work")


def actions(
    needed: Sequence[Row], recorded: Sequence[Row], challenges: Sequence[Row], results: Mapping[str, Result]
) -> list[Row]:
    """Everything somebody has to do, by role; what is overdue first."""
    ledger = {r["initiative_id"]: r for r in records(results.get("govern.ledger"), "initiatives")}
    found: list[Row] = []
    for row in recorded:
        if row["state"] in ("done", "withdrawn"):
            continue
        its = ledger.get(row["initiative_id"], {})
        what = short(its.get("initiative") or row["initiative_id"] or "", 60) if row["initiative_id"] else ""
        role = row["owner_role"] or its.get("owner_role") or NOBODY
        more = {"due": row["due"], "state": row["state"], "money": row["amount"]}
        found.append(_line(role, "carry out", f"{row['verdict']} {what}".strip(), its, row["initiative_id"], **more))
    for row in needed:
        if row["state"] != "open":
            continue
        its = ledger.get(row["initiative_id"], {})
        said = f"decide on {short(row['initiative'], 60)}: {row['verdict']}"
        amount = row["amount"] or row["freed"]
        found.append(_line(row["owner_role"], "decide", said, its, row["initiative_id"], money=amount))
    for row in challenges:
        if row["state"] == "open":
            said = f"answer {row['challenge_id']} on {short(row['title'] or row['finding'], 90)}"
            found.append(_line("Data/Insights", "answer", said, {}, None))
    for id_, its in ledger.items():
        gaps = [
            str(step["label"]).lower()
            for step in records(results.get("govern.ledger"), "chain")
            if step["initiative_id"] == id_ and step["status"] == "gap" and step["step"] not in ("decision", "realised")
        ]
        if its["live"] and gaps:
            said = f"{short(its['initiative'], 60)}: nothing for {listing(gaps)}"
            role = its.get("owner_role") or NOBODY
            found.append(_line(role, "close a gap", said, its, id_, money=its.get("budget")))
    for row in records(results.get("orchestrate.plays"), "plays"):
        if row.get("raised"):
            late = int(row.get("overdue") or 0)
            said = f"{row['name']}: {int(row['raised'])} today" + (f", {late} past their time" if late else "")
            state = "overdue" if late else "open"
            found.append(_line(row["owner_role"], "work", said, {}, None, state=state, count=int(row["raised"])))
    states = ("overdue", "due soon", "open", "later")
    return sorted(
        found,
        key=lambda r: (
            r["owner_role"] == NOBODY,
            r["owner_role"],
            states.index(r["state"]),
            KINDS.index(r["kind"]),
            -(r["money"] or 0.0),
            r["action"],
        ),
    )


def _line(role: str, kind: str, action: str, its: Row, initiative: str | None, **more: object) -> Row:
    base: Row = {"owner_role": role, "kind": kind, "action": action, "initiative_id": initiative}
    base |= {"business_unit": its.get("business_unit"), "state": "open", "count": 1, "due": None, "money": None}
    return base | more


def findings(rows: Sequence[Row], currency: str) -> list[Finding]:
    """One finding per role: how much waits for it, and how much of it is late."""
    found = []
    for role in dict.fromkeys(row["owner_role"] for row in rows):
        mine = [row for row in rows if row["owner_role"] == role]
        late = [row for row in mine if row["state"] == "overdue"]
        decide = sum(row["money"] or 0.0 for row in mine if row["kind"] == "decide")
        about = f", {money(decide, currency)} to decide on" if decide else ""
        name = "Nobody in particular" if role == NOBODY else role
        kinds = [f"{sum(row['kind'] == kind for row in mine)} to {kind}" for kind in KINDS]
        said = listing([text for text in kinds if not text.startswith("0")], most=6)
        found.append(
            Finding(
                id="govern.council.actions",
                stage="govern",
                title=f"{name}: {len(mine)} action{'s' if len(mine) != 1 else ''}, {len(late)} overdue{about}",
                detail=f"{said}.",
                value=len(mine),
                unit="count",
                about="a full count, so without an interval",
                n=len(mine),
                subject=role,
                sources=("initiatives", "moments") if any(r["kind"] == "work" for r in mine) else ("initiatives",),
                tone="bad" if late or role == NOBODY else "neutral",
            )
        )
    return found

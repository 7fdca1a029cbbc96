"""The council's page: what changed since the last run, which decisions are needed, and which are due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from cxkit.formats import listing, money
from cxkit.govern import decided, seats
from cxkit.govern.comparing import CHANGES, compare
from cxkit.records import Finding, Gap, Record, Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, rows, short, table

NEEDED: Mapping[str, Kind] = {
    "initiative_id": "text",
    "initiative": "text",
    "verdict": "text",
    "amount": "number",
    "freed": "number",
    "reason": "text",
    "if_nothing": "text",
    "owner_role": "text",
    "state": "text",
}
"""`state` is open, or decided when the last decision on the initiative says the same."""
ASKING = ("fund", "test first", "stop")
MOST_MOVED = 5
"""So many moved figures get a finding of their own; the others stand in the table."""


class Council(Result):
    """One page for the council.

    Tables: `changes` (every finding of this run and the last, see `comparing.CHANGES`), `needed` (decisions the
    allocation asks for), `due` (recorded decisions, see `decided.DUE`), `seats` and `units`. No person is named.
    """

    stage: ClassVar[str] = "govern"
    name: ClassVar[str] = "council"


def council(
    tables: Tables,
    *,
    results: Iterable[Result] = (),
    allocation: Result | None = None,
    decisions: Iterable[Record] = (),
    previous: Sequence[Mapping[str, Any]] = (),
) -> Council:
    """Put together the council's page.

    `results` are the results of this run, whose findings are held against `previous` (records of the last run's
    ``findings.json``); `allocation` is the plan whose decisions are needed; `decisions` are what the council has
    recorded (fields as in `decided.read`).
    """
    findings = [
        finding for result in results for finding in result.findings if not finding.id.startswith("govern.council")
    ]
    changes = compare([r for r in previous if not str(r.get("id", "")).startswith("govern.council")], findings)
    recorded = decided.read(decisions, as_of=tables.as_of)
    needed = _needed(allocation, decided.latest(recorded), tables.currency)
    seated, units = seats.seated(tables)
    gaps = list(seats.gaps(tables))
    if not previous:
        reason = "This is the first run, or the first whose findings were kept."
        gaps.append(Gap(id="govern.council.changed", what="What changed since the last run", reason=reason))
    if allocation is None or not allocation.has("plan"):
        reason = "There is no allocation to decide on."
        needs = allocation.gaps[0].needs if allocation is not None and allocation.gaps else ()
        gaps.append(Gap(id="govern.council.needed", what="Decisions needed", reason=reason, needs=needs))
    return Council(
        as_of=tables.as_of,
        findings=(
            *(_changed(changes, findings, _sources(findings, previous), tables.currency) if previous else ()),
            *_asked(needed, _sources(allocation.findings if allocation is not None else ()), tables.currency),
            *_due(recorded, _names(tables)),
            *seats.findings(tables, seated, units),
        ),
        gaps=tuple(gaps),
        tables={
            "changes": table(changes if previous else [], CHANGES),
            "needed": table(needed, NEEDED),
            "due": table(recorded, decided.DUE),
            "seats": table(seated, seats.SEATS),
            "units": table(units, seats.UNITS),
        },
    )


def _names(tables: Tables) -> dict[str, str]:
    return {row["initiative_id"]: short(row["initiative"], 40) for row in rows(tables, "initiatives")}


def _sources(findings: Iterable[Finding], previous: Iterable[Mapping[str, Any]] = ()) -> tuple[str, ...]:
    """The tables behind findings and records of the last run, each once, in the order in which they are named."""
    named = (*(finding.sources for finding in findings), *(record.get("sources") or () for record in previous))
    return tuple(dict.fromkeys(name for names in named for name in names))


def _changed(
    changes: Sequence[Mapping[str, Any]], findings: Sequence[Finding], sources: tuple[str, ...], currency: str
) -> list[Finding]:
    """How much moved, and the heaviest movements."""
    known = {finding.key: finding for finding in findings}
    compared = [row for row in changes if row["change"] not in ("new", "gone")]
    moved = [row for row in changes if row["change"] == "moved"]
    counts = {kind: sum(row["change"] == kind for row in changes) for kind in ("new", "gone", "regraded", "redefined")}
    others = [f"{n} {kind}" for kind, n in counts.items() if n]
    found = [
        Finding(
            id="govern.council.changed",
            stage="govern",
            title=f"{len(moved)} of {len(compared)} figures moved by more than their own noise since the last run",
            detail=(f"Besides: {listing(others)}. " if others else "")
            + "A figure whose change lies within both intervals together is no news.",
            value=len(moved),
            unit="count",
            n=len(compared),
            sources=sources,
        )
    ]
    for row in [row for row in moved if row.get("difference") is not None][:MOST_MOVED]:
        found.append(
            Finding(
                id="govern.council.moved",
                stage="govern",
                title=f"Moved since the last run: {row['title']}",
                detail=f"{row['says']}."[:1].upper() + f"{row['says']}."[1:],
                value=row["difference"],
                unit=row["unit"],
                currency=currency if row["unit"] == "money" else "",
                initiative=row["initiative"],
                subject=":".join(filter(None, [row["id"], row["subject"]])),
                tone=row["tone"],
                weight=row["weight"],
                grade=row["grade"],
                sources=known[row["key"]].sources,
            )
        )
    return found


def _needed(allocation: Result | None, latest: Mapping[str, Mapping[str, Any]], currency: str) -> list[dict[str, Any]]:
    """The decisions an allocation asks for, with what happens when nothing is decided."""
    if allocation is None or not allocation.has("plan"):
        return []
    found = []
    for row in allocation.tables["plan"].to_pylist():
        if row["verdict"] not in ASKING:
            continue
        last = latest.get(row["initiative_id"])
        same = last is not None and str(last["verdict"]).casefold() == row["verdict"]
        found.append(
            {
                **{name: row[name] for name in ("initiative_id", "initiative", "verdict", "amount", "freed", "reason")},
                "if_nothing": _otherwise(row, currency),
                "owner_role": "CX Council/Finance",
                "state": "decided" if same else "open",
            }
        )
    return found


def _otherwise(row: Mapping[str, Any], currency: str) -> str:
    """What happens if nothing is decided."""
    match row["verdict"]:
        case "stop":
            freed = row["freed"]
            return f"{money(freed, currency)} that could be saved is spent" if freed else "it goes on as it is"
        case "fund":
            npv = row["npv_go_forward"]
            return f"{money(npv, currency)} of proven value waits" if npv else "a proven initiative waits"
        case _:
            return f"{money(row['ask'], currency)} is given to a claim nobody has tested, or to nothing"


def _asked(needed: Sequence[Mapping[str, Any]], sources: tuple[str, ...], currency: str) -> list[Finding]:
    open_ = [row for row in needed if row["state"] == "open"]
    if not needed:
        return []
    words = []
    for verdict in ASKING:
        n = sum(row["verdict"] == verdict for row in open_)
        if n:
            words.append(f"{n} to {verdict}")
    freed = sum(row["freed"] or 0.0 for row in open_ if row["verdict"] == "stop")
    noun = "decision is" if len(open_) == 1 else "decisions are"
    return [
        Finding(
            id="govern.council.needed",
            stage="govern",
            title=f"{len(open_)} {noun} needed: {listing(words)}"
            if open_
            else f"All {len(needed)} decisions that the evidence asks for have been taken",
            detail=f"Until then {money(freed, currency)} that could be saved is being spent." if freed else "",
            value=len(open_),
            unit="count",
            n=len(needed),
            sources=sources,
            tone="bad" if open_ else "good",
            weight=freed,
        )
    ]


def _due(recorded: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[Finding]:
    """Recorded decisions that are overdue, or due soon."""
    pending = [row for row in recorded if row["state"] != "done"]
    if not pending:
        return []
    late = [row for row in pending if row["state"] == "overdue"]
    soon = [row for row in pending if row["state"] == "due soon"]

    def named(found: Sequence[Mapping[str, Any]]) -> str:
        said = (f"{row['verdict']} {names.get(row['initiative_id'], row['initiative_id'] or '')}" for row in found)
        return listing([f"{short(text, 60)} ({row['due']})" for text, row in zip(said, found, strict=True)])

    overdue = f"{len(late)} of {len(pending)} open decisions {'is' if len(late) == 1 else 'are'} overdue"
    parts = [f"Overdue: {named(late)}." if late else "", f"Due within a month: {named(soon)}." if soon else ""]
    return [
        Finding(
            id="govern.council.due",
            stage="govern",
            title=f"{overdue}; {len(soon)} more {'is' if len(soon) == 1 else 'are'} due within a month",
            detail=" ".join(filter(None, parts)),
            value=len(late),
            unit="count",
            n=len(pending),
            tone="bad" if late else "neutral",
            sources=("initiatives",),
        )
    ]

"""The council's pack: what is news, why it changed, which decisions are needed with their options, and what is due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from cxkit.formats import listing, money
from cxkit.govern import challenged, decided, rights, seats
from cxkit.govern import pack_actions as acting
from cxkit.govern import pack_options as options
from cxkit.govern import pack_scorecard as limits
from cxkit.govern import pack_scored as scoring
from cxkit.govern import pack_units as by_unit
from cxkit.govern import pack_why as reasons
from cxkit.govern import wins as winning
from cxkit.govern.comparing import CHANGES, compare
from cxkit.govern.pack_options import ASKING, NEEDED
from cxkit.records import Finding, Gap, Record, Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import rows, short, table

__all__ = ["ASKING", "NEEDED", "Council", "council"]
MOST_MOVED = 5
"""So many moved figures get a finding of their own; the others stand in the table."""


class Council(Result):
    """The council's pack.

    Tables: `measures` and `months` (scorecard with limits, see `pack_scorecard`), `changes` (every finding of this
    run and the last, see `comparing.CHANGES`), `why` and `parts` (mix, rate and volume, see `pack_why`), `needed` and
    `options` (decisions, see `pack_options`), `rights` (see `rights.RIGHTS`), `due` (recorded decisions, see
    `decided.DUE`), `scored` (see `pack_scored`), `wins`, `actions`, `business_units`, `seats`, `units` and
    `challenges`. No person is named.
    """

    stage: ClassVar[str] = "govern"
    name: ClassVar[str] = "council"
    version: ClassVar[int] = 2

    currency: str = ""


def council(
    tables: Tables,
    *,
    results: Iterable[Result] = (),
    allocation: Result | None = None,
    decisions: Iterable[Record] = (),
    previous: Sequence[Mapping[str, Any]] = (),
    challenges: Iterable[Any] = (),
    forecasts: Result | None = None,
) -> Council:
    """Put together the council's pack.

    `results` are the results of this run, whose findings are held against `previous` (records of the last run's
    ``findings.json``); `allocation` is the plan whose decisions are needed; `decisions` are what the council has
    recorded (fields as in `decided.read`), `challenges` the objections logged to numbers (fields as in
    `challenged.standing`), `forecasts` what money was given for, held against what came of it. Earlier results are
    read by table and column: one that is not there leaves its part as a gap.
    """
    given = list(results)
    by_name = {f"{r.stage}.{r.name}": r for r in (*given, *(r for r in (allocation, forecasts) if r is not None))}
    findings = [f for result in given for f in result.findings if not f.id.startswith("govern.council")]
    changes = compare([r for r in previous if not str(r.get("id", "")).startswith("govern.council")], findings)
    recorded = decided.read(decisions, as_of=tables.as_of)
    needed, offered = options.needed(allocation, decided.latest(recorded), by_name, tables.currency)
    seated, units = seats.seated(tables)
    scorecard, names = by_name.get("quantify.scorecard"), _names(tables)
    measures, months = limits.scorecard(scorecard)
    window = int(getattr(scorecard, "window_months", reasons.LONGEST))
    why, parts = reasons.why(tables, window_months=window)
    allowed = rights.checked(tables, allocation, seated)
    won = winning.wins(tables, by_name.get("govern.ledger"))
    objections = challenged.standing(challenges, findings, tables.as_of)
    todo = acting.actions(needed, recorded, objections, by_name)
    judged = scoring.scored(recorded, by_name, names, tables.as_of)
    business = by_unit.view(
        tables, units, by_name, plan=allocation, needed=needed, actions=todo, wins=won, window_months=window
    )
    sources = _sources(allocation.findings if allocation is not None else ())
    return Council(
        as_of=tables.as_of,
        currency=tables.currency,
        findings=(
            *limits.findings(measures, months, scorecard, tables.currency),
            *(_changed(changes, findings, _sources(findings, previous), tables.currency) if previous else ()),
            *reasons.findings(why, tables.currency),
            *_asked(needed, sources, tables.currency),
            *options.findings(needed, offered, sources, tables.currency),
            *rights.findings(allowed),
            *_due(recorded, names),
            *scoring.findings(judged, tables.currency),
            *winning.findings(won, tables.currency),
            *acting.findings(todo, tables.currency),
            *by_unit.findings(business, tables.currency),
            *seats.findings(tables, seated, units),
            *challenged.findings(objections),
        ),
        gaps=(
            *limits.gaps(measures),
            *reasons.gaps(why),
            *seats.gaps(tables),
            *rights.gaps(tables, allocation),
            *winning.gaps(tables),
            *_gaps(previous, allocation),
        ),
        tables={
            "measures": table(measures, limits.MEASURES),
            "months": table(months, limits.MONTHS),
            "changes": table(changes if previous else [], CHANGES),
            "why": table(why, reasons.WHY),
            "parts": table(parts, reasons.PARTS),
            "needed": table(needed, NEEDED),
            "options": table(offered, options.OPTIONS),
            "rights": table(allowed, rights.RIGHTS),
            "due": table(recorded, decided.DUE),
            "scored": table(judged, scoring.SCORED),
            "wins": table(won, winning.WINS),
            "actions": table(todo, acting.ACTIONS),
            "business_units": table(business, by_unit.VIEW),
            "seats": table(seated, seats.SEATS),
            "units": table(units, seats.UNITS),
            "challenges": table(objections, challenged.CHALLENGES),
        },
    )


def _gaps(previous: Sequence[Mapping[str, Any]], allocation: Result | None) -> list[Gap]:
    found = []
    if not previous:
        reason = "This is the first run, or the first whose findings were kept."
        found.append(Gap(id="govern.council.changed", what="What changed since the last run", reason=reason))
    if allocation is None or not allocation.has("plan"):
        reason = "There is no allocation to decide on."
        needs = allocation.gaps[0].needs if allocation is not None and allocation.gaps else ()
        found.append(Gap(id="govern.council.needed", what="Decisions needed", reason=reason, needs=needs))
    return found


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
    pending = [row for row in recorded if row["state"] not in ("done", "withdrawn")]
    if not pending:
        return []
    late = [row for row in pending if row["state"] == "overdue"]
    soon = [row for row in pending if row["state"] == "due soon"]

    def named(found: Sequence[Mapping[str, Any]]) -> str:
        said = (f"{row['verdict']} {names.get(row['initiative_id'], row['initiative_id'] or '')}" for row in found)
        return listing([f"{short(text, 60)} ({row['due']})" for text, row in zip(said, found, strict=True)])

    verb = "is" if len(late) == 1 else "are"
    overdue = f"{len(late)} of {len(pending)} decisions taken and not yet carried out {verb} overdue"
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

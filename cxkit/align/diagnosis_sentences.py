"""The sentences of the diagnosis. Evidence fits a cause; it does not prove it."""

from __future__ import annotations

from collections.abc import Sequence

from cxkit.align.audit_instrument import Instrument
from cxkit.align.diagnosis_evidence import KINDS, Evidence
from cxkit.align.sentences import plural, say
from cxkit.formats import listing, money
from cxkit.records import Finding
from cxkit.tables.sheets import Row

ABOUT = "a ranking by rule, so without an interval"


def headline(causes: Sequence[Row], known: Instrument, currency: str) -> list[Finding]:
    """How many causes there is evidence of, and of which most."""
    shown = [r for r in causes if r["verdict"] == "evidence"]
    told = [r for r in causes if r["verdict"] != "cannot tell"]
    if not told:
        return []
    if not shown:
        title = f"No sign of {_none(len(told))} of the seven causes for which programmes fail"
        unsure = len(causes) - len(told)
        return [
            say(
                "diagnosis.first",
                title,
                detail=f"About {plural(unsure, 'cause', 'causes')} nothing can be told." if unsure else "",
                value=0,
                unit="count",
                n=len(told),
                about=ABOUT,
                sources=_sources(told),
                tone="good" if not unsure else "unknown",
            )
        ]
    top = shown[0]
    at_stake = (
        f" One of its findings puts {money(top['at_stake'], currency)} a year at stake." if top["at_stake"] else ""
    )
    return [
        say(
            "diagnosis.first",
            f"Of seven causes of failure {_reach(shown)}; the strongest evidence fits "
            f"“{_lower(known.cause(top['cause']).lacking)}”",
            detail=f"Behind it: {_counts(top)}.{at_stake} What to do: {top['remedy_do']} Who: {top['owner_role']}.",
            value=len(shown),
            unit="count",
            n=len(causes),
            about=ABOUT,
            sources=_sources(shown),
            tone="bad",
            weight=top["money"] or 0.0,
        )
    ]


def _reach(shown: Sequence[Row]) -> str:
    """How many causes the data show, how many only answers, how many only sheets.

    >>> _reach([{"measured": 1, "answers": 2, "declared": 0}, {"measured": 0, "answers": 0, "declared": 3}])
    '1 shows in data and 1 in sheets alone'
    """
    best = [next(kind for kind in KINDS if row[kind]) for row in shown]
    words = {"measured": "in data", "answers": "in answers of people", "declared": "in sheets alone"}
    counts = [(best.count(kind), said) for kind, said in words.items() if kind in best]
    first, said = counts[0]
    parts = [f"{first} {'shows' if first == 1 else 'show'} {said}", *(f"{n} {said}" for n, said in counts[1:])]
    return listing(parts)


def causes(rows: Sequence[Row], known: Instrument) -> list[Finding]:
    """One finding per cause with evidence."""
    return [
        say(
            "diagnosis.cause",
            f"Evidence fits “{_lower(known.cause(row['cause']).lacking)}”: {_counts(row)}",
            detail=f"Behind it: {_titles(row['titles'])} Remedy: {row['remedy_do']} Owner: {row['owner_role']}.",
            value=row["strength"],
            unit="count",
            n=sum(row[kind] for kind in KINDS),
            subject=row["cause"],
            about=ABOUT,
            sources=row["sources"],
            tone="bad",
        )
        for row in rows
        if row["verdict"] == "evidence"
    ]


def hurdles(rows: Sequence[Row]) -> list[Finding]:
    """One finding about the three hurdles together."""
    shown = [r for r in rows if r["verdict"] == "evidence"]
    if not any(r["verdict"] != "cannot tell" for r in rows):
        return []
    if shown:
        top = shown[0]
        stand = "stands" if len(shown) == 1 else "stand"
        title = (
            f"{len(shown)} of {len(rows)} hurdles {stand} in the way; most evidence is about “{_lower(top['name'])}”"
        )
    else:
        title = "There is no sign of any of three hurdles"
    return [
        say(
            "diagnosis.hurdles",
            title,
            detail=" ".join(f"“{r['name']}”: {_counts(r)}." for r in shown),
            value=len(shown),
            unit="count",
            n=len(rows),
            about=ABOUT,
            sources=_sources(rows),
            tone="bad" if shown else "good" if all(r["verdict"] == "no sign" for r in rows) else "unknown",
        )
    ]


def partner(found: Sequence[Evidence], known: Instrument) -> list[Finding]:
    """What only partners read, per cause it speaks to."""
    made = []
    for cause in known.causes:
        held = [e for e in found if e.about == cause.id and e.finding.audience != "board" and e.speaks == "for"]
        if not held:
            continue
        made.append(
            say(
                "diagnosis.partner",
                f"For partners only: {plural(len(held), 'further finding speaks', 'further findings speak')} to "
                f"“{cause.name}”",
                detail=_titles([e.finding.title for e in held]),
                value=len(held),
                unit="count",
                n=len(held),
                subject=cause.id,
                about=ABOUT,
                sources=tuple(sorted({s for e in held for s in e.finding.sources})),
                audience="partner",
                tone="bad",
            )
        )
    return made


def _counts(row: Row) -> str:
    """``2 findings measured in data, 1 said in the audit``."""
    parts = [(row[kind], words) for kind, words in KINDS.items() if row[kind]]
    if not parts:
        return "no finding"
    n, words = parts[0]
    return listing([f"{plural(n, 'finding')} {words}", *(f"{n} {words}" for n, words in parts[1:])])


def _titles(titles: Sequence[str], most: int = 2) -> str:
    more = f" And {len(titles) - most} more." if len(titles) > most else ""
    return " ".join(f"{t.rstrip('.')}." for t in titles[:most]) + more


def _sources(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(sorted({s for row in rows for s in row["sources"]}))


def _none(told: int) -> str:
    return "any" if told == 7 else f"the {told} that can be assessed"


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]

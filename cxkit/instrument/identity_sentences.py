"""What the joining of records found, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cxkit.formats import listing, number, quantity
from cxkit.instrument.identity_comparisons import NAMES
from cxkit.instrument.identity_model import LEAST
from cxkit.instrument.identity_quality import MEASURES
from cxkit.instrument.identity_records import SOURCES
from cxkit.metrics.estimates import MINIMUM_N
from cxkit.records import Finding, Gap, Missing
from cxkit.tables.engine import Tables

ALIKE = 0.8
"""Share of a system's records with a counterpart elsewhere below which it is said to stand apart."""
STEADY = 0.05
"""Change of the number of people within the sweep that is called small."""
NEARBY = (0.8, 0.99)
"""Thresholds between which the choice is weighed."""
SHARED = {
    "mailbox": ("mailbox", "mailboxes"),
    "phone": ("phone number", "phone numbers"),
    "device": ("device or person key", "device or person keys"),
}
JUDGED = "the share among pairs like those judged; pairs of one account count as one observation"


@dataclass(frozen=True)
class Facts:
    """What the sentences are made of, beside the tables."""

    records: int
    plain: int
    fields: tuple[str, ...]
    modelled: bool
    threshold: float
    exact: int
    """Links by equal keys alone."""
    keyed: int
    """Links of the model between records with the same e-mail address or phone."""
    links: int
    conflicts: tuple[int, int]
    """Entities with two birth dates; entities with two accounts within one system."""
    shared: Mapping[str, tuple[int, int]]
    labelled: int
    sources: tuple[str, ...]

    @property
    def at(self) -> str:
        """The threshold as words."""
        return number(self.threshold, 4).rstrip("0").rstrip(".")


def findings(facts: Facts, frames: Mapping[str, pd.DataFrame]) -> tuple[Finding, ...]:
    """Every finding, the number of people first."""
    chosen = _at(frames["sweep"], facts.threshold)
    made = [_entities(facts, frames["systems"], int(chosen["entities"])), *_duplicates(facts, frames["systems"])]
    made += [_links(facts)] if facts.links else []
    if facts.labelled or facts.modelled:
        measures = MEASURES if facts.labelled else MEASURES[:2]
        made += [_quality(facts, chosen, measure) for measure in measures]
    if facts.modelled:
        made.append(_threshold(facts, frames["sweep"]))
    if facts.shared:
        made.append(_shared(facts, frames["shared"]))
    made += _unlinked(facts, frames["systems"])
    made.append(_conflicts(facts, int(chosen["largest"]), int(chosen["entities"])))
    return tuple(made)


def _at(swept: pd.DataFrame, threshold: float) -> dict[str, Any]:
    """The row of the sweep at this threshold."""
    return {str(name): value for name, value in swept[swept["threshold"] == threshold].iloc[0].items()}


def _finding(facts: Facts, id: str, title: str, value: float | None, **more: Any) -> Finding:
    said: dict[str, Any] = {
        "unit": "count",
        "about": "counted, exact",
        "n": facts.records,
        "sources": ("people",),
        **more,
    }
    return Finding(id=f"instrument.identity.{id}", stage="instrument", title=title, value=value, **said)


def _entities(facts: Facts, systems: pd.DataFrame, entities: int) -> Finding:
    records = f"{facts.records:,} record{'s' * (facts.records != 1)}"
    title = f"{records} of {len(systems)} system{'s' * (len(systems) != 1)} are {entities:,} people"
    if facts.modelled:
        detail = (
            f"Two records count as one person from a probability of {facts.at}; so do records joined through a third."
        )
    else:
        detail = "Records are joined by equal keys only, so that spelling variants of one person stay apart."
    return _finding(facts, "entities", title, entities, detail=detail, about="counted, exact at this threshold")


def _duplicates(facts: Facts, systems: pd.DataFrame) -> list[Finding]:
    made = []
    for row in systems[systems["duplicates"] > 0].to_dict("records"):
        share = row["duplicates"] / row["records"]
        made.append(
            _finding(
                facts,
                "duplicates",
                f"{row['duplicates']:,} of {row['records']:,} records in {row['system']} repeat others there",
                share,
                unit="ratio",
                n=int(row["records"]),
                subject=str(row["system"]),
                tone="bad" if share >= 0.05 else "neutral",
            )
        )
    return made


def _links(facts: Facts) -> Finding:
    alike = facts.links - facts.exact - facts.keyed
    share = alike / facts.links
    title = f"{quantity(share, 'ratio')} of links rest on likeness alone, the others on an equal key"
    if not alike:
        title = f"All {facts.links:,} links rest on an equal key"
    keys = f"{facts.exact:,} have equal hashed or exact keys; of the others " if facts.exact else ""
    detail = (
        f"Of {facts.links:,} links between two records, {keys}{facts.keyed:,} share an e-mail address or a phone; "
        f"{alike:,} were found by name and circumstances."
    )
    return _finding(facts, "links", title, share, unit="ratio", n=facts.links, detail=detail, audience="team")


def _quality(facts: Facts, chosen: Mapping[str, Any], measure: str) -> Finding:
    value, words = float(chosen[measure]), {"precision": "links that are right", "recall": "true links that are found"}
    if facts.labelled:
        enough = facts.labelled >= MINIMUM_N
        low, high = (float(chosen[f"{measure}_{end}"]) for end in ("low", "high"))
        there = pd.notna(low) and pd.notna(high)
        what = {
            "precision": f"{quantity(value, 'ratio')} of the pairs joined are one person, as people judged them",
            "recall": f"{quantity(value, 'ratio')} of the pairs that people judged to be one person were joined",
            "f1": f"Precision and recall together (F1) are {quantity(value, 'ratio')} over the judged pairs",
        }[measure]
        if pd.isna(value):
            what = "No judged pair can say how good the links are"
        elif not enough:
            what = f"{facts.labelled:,} judged pairs are too few to say how good the links are ({MINIMUM_N} are needed)"
        return _finding(
            facts, measure, what, None if pd.isna(value) else value,
            unit="ratio", n=facts.labelled, sources=facts.sources,
            low=low if there else None, high=high if there else None,
            about=JUDGED if there else "too few judged pairs for an interval",
            tone="unknown" if not there else "good" if low >= 0.9 else "bad" if high < 0.9 else "neutral",
        )  # fmt: skip
    return _finding(
        facts,
        measure,
        f"The model itself expects {quantity(value, 'ratio')} of {words[measure]}",
        value,
        unit="ratio",
        n=facts.links,
        grade="D",
        about="the model's own expectation, not measured; without an interval",
        detail="No pair was judged by people. Pairs that agree on no blocking rule are not in it.",
        tone="unknown",
    )


def _threshold(facts: Facts, swept: pd.DataFrame) -> Finding:
    here, few, many = (int(_at(swept, t)["entities"]) for t in (facts.threshold, *NEARBY))
    change = (max(many, here) - min(few, here)) / here
    verb = "hardly matters" if change <= STEADY else "matters"
    title = f"How readily records are joined {verb}: from {NEARBY[0] * 100:.0f} to {NEARBY[1] * 100:.0f} % sure "
    title += f"there are {few:,} to {many:,} people"
    detail = ""
    if facts.labelled >= MINIMUM_N:
        best = swept.sort_values(["f1", "threshold"], ascending=[False, True]).iloc[0]
        detail = (
            f"Over the judged pairs precision and recall are best together at {best['threshold']:g} "
            f"(F1 {quantity(float(best['f1']), 'ratio')}); the threshold in use is {facts.at}."
        )
    return _finding(
        facts, "threshold", title, change, unit="ratio", detail=detail,
        about="change in the number of people between these thresholds",
        tone="good" if change <= STEADY else "neutral",
    )  # fmt: skip


def _shared(facts: Facts, shared: pd.DataFrame) -> Finding:
    kinds = [f"{values:,} {SHARED[kind][values != 1]}" for kind, (values, _) in facts.shared.items()]
    values = sum(v for v, _ in facts.shared.values())
    records = sum(r for _, r in facts.shared.values())
    first = shared.iloc[0]
    return _finding(
        facts,
        "shared",
        f"{listing(kinds)} belong to no one person and join nobody"
        if values > 1
        else f"{listing(kinds)} belongs to no one person and joins nobody",
        values,
        n=records,
        detail=f"They stand on {records:,} records; the most widely used is {first['value']}, "
        f"under {first['names']:,} names.",
    )


def _unlinked(facts: Facts, systems: pd.DataFrame) -> list[Finding]:
    if len(systems) < 2:
        return []
    rows = systems.assign(share=systems["linked"] / systems["records"])
    row = rows.sort_values(["share", "system"]).iloc[0]
    share = float(row["share"])
    verb = "stands apart" if share < ALIKE else "is known least elsewhere"
    known = f"{quantity(share, 'ratio')} of its records are known in another system"
    return [
        _finding(
            facts, "unlinked", f"The system {row['system']} {verb}: {known}", share,
            unit="ratio", n=int(row["records"]), subject=str(row["system"]),
            about="counted, exact at this threshold", tone="bad" if share < 0.5 else "neutral",
        )
    ]  # fmt: skip


def _conflicts(facts: Facts, largest: int, entities: int) -> Finding:
    births, accounts = facts.conflicts
    parts = [f"{births:,} with two birth dates"] if "birth" in facts.fields else []
    parts += [f"{accounts:,} with two accounts in one system"] if accounts else []
    total = births + accounts
    title = f"{total:,} of {entities:,} people look joined by mistake or live two lives: {listing(parts)}"
    if not total:
        title = f"No person holds conflicting keys; the largest is {largest:,} record{'s' * (largest != 1)}"
    return _finding(
        facts,
        "conflicts",
        title,
        total,
        n=entities,
        detail="One false link would join two people whole."
        if not total
        else f"The largest holds {largest:,} record{'s' * (largest != 1)}. One false link joins two people whole.",
        tone="bad" if total > 0.01 * entities else "neutral",
        audience="board" if total else "team",
    )


def gaps(tables: Tables, facts: Facts) -> tuple[Gap, ...]:
    """What could not be said: a model, or how good it is."""
    made = []
    needs: tuple[Missing, ...]
    if not facts.modelled:
        absent = tuple(c for c in SOURCES.values() if c not in tables.supplied("people"))
        if not facts.plain:
            reason, needs = "All keys are hashed, so that they link where they are equal and nowhere else.", ()
        elif facts.plain < LEAST:
            reason = f"{facts.plain:,} records with readable keys are too few to train on ({LEAST} are needed)."
            needs = ()
        elif len(facts.fields) < 2:
            held = listing([NAMES[f] for f in facts.fields]) or "no column"
            reason = f"Only {held} tells people apart; a model needs two columns."
            needs = (Missing(name="people", columns=absent),)
        else:
            reason = "Too few records agree on anything to train on."
            needs = (Missing(name="people", columns=absent),) if absent else ()
        made.append(Gap(id="instrument.identity.links", what="Links by likeness", reason=reason, needs=needs))
    if not facts.labelled:
        reason = "No pair of records was judged by people, so that how good the links are is not measured."
        columns = ("left_system", "left_id", "right_system", "right_id", "same")
        needs = (Missing(name="identity_labels", columns=columns),)
        made.append(Gap(id="instrument.identity.f1", what="Measured quality of the links", reason=reason, needs=needs))
    return tuple(made)

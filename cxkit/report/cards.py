"""Initiative cards: one row of the ledger as a chain from goal to decision, with its gaps hatched."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from cxkit.charts.reading import number, rows, text
from cxkit.records import Record
from cxkit.report.inputs import ReportInput
from cxkit.report.rendering import anchor
from cxkit.report.withheld import Withheld
from cxkit.report.words import Words, words

MOST = 40
"""Initiatives shown as cards; the rest is in the evidence."""


class Step(Record):
    """One link of the chain."""

    label: str
    text: str
    status: str = "present"
    word: str = ""
    grade: str = ""
    key: str = ""
    own: bool = False
    """Whether the text is the client's and nothing of it ours: nobody knows its language."""


class Card(Record):
    """One initiative."""

    anchor: str
    id: str
    name: str
    grade: str = ""
    verdict: str = ""
    steps: tuple[Step, ...]


def cards(given: ReportInput) -> tuple[Card, ...]:
    """Read the ``govern.ledger`` result, the heaviest initiatives first; empty when there is none."""
    ledger = given.result("govern.ledger")
    if ledger is None or not ledger.has("chain"):
        return ()
    wide = {text(row, "initiative_id"): row for row in rows(ledger, "initiatives")}
    chains: dict[str, list[Mapping[Hashable, Any]]] = {}
    for row in rows(ledger, "chain"):
        chains.setdefault(text(row, "initiative_id"), []).append(row)
    verdicts, withheld = _verdicts(given), given.withheld
    order = {"fund": 0, "test first": 1, "stop": 2}

    def rank(id: str) -> tuple[bool, int, float, str]:
        row = wide.get(id, {})
        live = text(row, "live").lower() in {"true", "1.0", ""}
        return not live, order.get(verdicts.get(id, ""), 3), -(number(row, "budget") or 0.0), id

    return tuple(
        _card(id, chains[id], wide.get(id, {}), verdicts.get(id, ""), w=words(given.locale), withheld=withheld)
        for id in sorted(chains, key=rank)[:MOST]
    )


def _card(
    id: str,
    chain: list[Mapping[Hashable, Any]],
    wide: Mapping[Hashable, Any],
    verdict: str,
    *,
    w: Words,
    withheld: Withheld,
) -> Card:
    steps = sorted(chain, key=lambda row: number(row, "position") or 0)

    def said_to(row: Mapping[Hashable, Any]) -> str:
        told = text(row, "text")
        beyond = text(row, "finding_key") in withheld.keys or withheld.told(told)
        return w("unit.hidden") if beyond else told or w("ledger.none")

    said = [verdict.capitalize(), text(wide, "status"), text(wide, "business_unit")]
    return Card(
        anchor=f"i-{anchor(id)}",
        id=id,
        name=text(steps[0], "initiative") or id,
        grade=text(wide, "grade"),
        verdict=" · ".join(filter(None, said)),
        steps=tuple(
            Step(
                label=text(row, "label") or text(row, "step").capitalize(),
                text=said_to(row),
                status=text(row, "status") or "gap",
                word=w(f"ledger.{text(row, 'status')}") if text(row, "status") in {"gap", "weak"} else "",
                grade=text(row, "grade"),
                key=text(row, "finding_key"),
                own=text(row, "step") == "hypothesis" and text(row, "status") != "gap",
            )
            for row in steps
        ),
    )


def _verdicts(given: ReportInput) -> dict[str, str]:
    """What the allocation asks for each initiative."""
    allocation = given.result("govern.allocation")
    if allocation is None:
        return {}
    return {text(row, "initiative_id"): text(row, "verdict") for row in rows(allocation, "plan")}

"""The topics of a chapter: one per result, in the order in which the notebook shows them."""

from __future__ import annotations

from collections.abc import Mapping

from cxkit.report.blocks import Block

TOPICS: Mapping[str, str] = {
    "align.traceability": "The line from goals to initiatives",
    "align.failures": "Five ways to fail",
    "align.maturity": "Maturity as the client sees it",
    "align.audit": "Where the organisation disagrees with itself",
    "align.leadership": "Mission, sponsors and priorities",
    "align.signs": "Signs of misalignment in the data",
    "align.promises": "Promised and delivered",
    "align.conflict": "Metrics that pull against each other",
    "align.diet": "Which metrics earn their place",
    "align.trigger": "Signals outside their usual range",
    "align.diagnosis": "What stands in the way",
    "quantify.scorecard": "The scorecard, measure by measure",
    "quantify.retention": "What retention is made of",
    "quantify.voice": "Who answered, and what changed",
    "quantify.drivers": "What drives cost, contacts and orders",
    "quantify.lifetime": "What a customer is worth",
    "quantify.points": "What a point goes with",
    "quantify.cases": "The business cases",
    "quantify.claims": "What is merely said",
    "quantify.definitions": "Definitions in use",
    "instrument.signals": "Signals, and where they are missing",
    "instrument.tracking": "Events, contracts and the view of one customer",
    "instrument.identity": "One customer across systems",
    "instrument.linkage": "What hangs on who is who",
    "instrument.attribution": "What can be traced to a customer",
    "instrument.taxonomy": "What customers say",
    "instrument.loop": "The closed loop",
    "instrument.changes": "From feedback to change",
    "orchestrate.register": "Moments, owners and what waits",
    "orchestrate.ways": "The ways customers and tickets travel",
    "orchestrate.funnel": "Journeys, step by step",
    "orchestrate.first_value": "Time to first value",
    "orchestrate.service": "Limits, and who breaks them",
    "orchestrate.repeats": "Contacts that come back",
    "orchestrate.staffing": "Staff",
    "orchestrate.enablement": "Enablement",
    "orchestrate.plays": "Plays, and what they call for today",
    "prove.experiments": "Effects",
    "prove.checks": "Beside the effect",
    "prove.designs": "Size and registration",
    "prove.quasi": "Without a draw",
    "prove.pnl": "What it means on the P&L",
    "prove.realised": "What finance has seen",
    "prove.forecasts": "Forecasts, and what came of them",
    "prove.impact": "Before and after the programme",
    "govern.ledger": "The evidence ledger",
    "govern.links": "The links, as tested",
    "govern.shrinkage": "Luck taken out",
    "govern.portfolio": "The portfolio",
    "govern.allocation": "The plan",
    "govern.information": "What to test next",
    "govern.drift": "Early warning",
    "govern.maturity": "Maturity, evidenced",
    "govern.council": "The council's pack",
}
"""Result → its heading. A chapter of another stage has no headings until its results are named here."""
SAME = {
    "quantify.case": "quantify.cases",
    **dict.fromkeys(
        (
            f"prove.{word}"
            for word in ("tally", "split", "attrition", "effect", "holdout", "contamination", "compliers")
        ),
        "prove.experiments",
    ),
    **dict.fromkeys((f"prove.{word}" for word in ("guardrail", "secondary", "fading", "segments")), "prove.checks"),
    "prove.design": "prove.designs",
}
"""Ids whose second word is not the result's name."""


def topic_of(block: Block) -> str:
    """The heading a block belongs under; empty where its id does not tell, as with a note."""
    for id in (block.id, *block.finding_ids):
        name = ".".join(id.split(":")[0].split(".")[:2])
        if found := TOPICS.get(SAME.get(name, name)):
            return found
    return ""

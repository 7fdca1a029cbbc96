"""The topics of a chapter: one per result, in the order in which the notebook shows them."""

from __future__ import annotations

from cxkit.report.blocks import Block

TOPICS = frozenset(
    {
        "align.traceability",
        "align.failures",
        "align.maturity",
        "align.audit",
        "align.leadership",
        "align.signs",
        "align.promises",
        "align.conflict",
        "align.diet",
        "align.trigger",
        "align.diagnosis",
        "quantify.scorecard",
        "quantify.retention",
        "quantify.voice",
        "quantify.drivers",
        "quantify.lifetime",
        "quantify.points",
        "quantify.cases",
        "quantify.claims",
        "quantify.definitions",
        "instrument.signals",
        "instrument.tracking",
        "instrument.identity",
        "instrument.linkage",
        "instrument.attribution",
        "instrument.taxonomy",
        "instrument.loop",
        "instrument.changes",
        "orchestrate.register",
        "orchestrate.ways",
        "orchestrate.funnel",
        "orchestrate.first_value",
        "orchestrate.service",
        "orchestrate.repeats",
        "orchestrate.staffing",
        "orchestrate.enablement",
        "orchestrate.plays",
        "prove.experiments",
        "prove.checks",
        "prove.designs",
        "prove.quasi",
        "prove.pnl",
        "prove.realised",
        "prove.forecasts",
        "prove.impact",
        "govern.ledger",
        "govern.links",
        "govern.shrinkage",
        "govern.portfolio",
        "govern.allocation",
        "govern.information",
        "govern.drift",
        "govern.maturity",
        "govern.council",
    }
)
"""Results that have a heading of their own; a chapter of another stage has none until its results are named here."""
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
    """The result under whose heading a block belongs; empty where its id does not tell, as with a note."""
    for id in (block.id, *block.finding_ids):
        name = ".".join(id.split(":")[0].split(".")[:2])
        if (found := SAME.get(name, name)) in TOPICS:
            return found
    return ""

"""Every finding Align can make, with its meaning; a page of the playbook is written from it."""

from collections.abc import Mapping
from types import MappingProxyType

FINDINGS: Mapping[str, str] = MappingProxyType(
    {
        "align.traceability.coverage": "share of live initiatives that lead to a goal",
        "align.traceability.coverage_budget": "share of the live budget that leads to a goal",
        "align.traceability.unlinked_budget": "budget of live initiatives without a line to any goal",
        "align.traceability.orphan": "one live initiative without a line to any goal, and its budget",
        "align.traceability.uncovered": "one goal that no live initiative leads to",
        "align.traceability.types": "which of the four goal types live initiatives serve",
        "align.traceability.no_owner": "live initiatives for which nobody answers",
        "align.traceability.no_hypothesis": "live initiatives without a benefit hypothesis",
        "align.traceability.no_funding": "live initiatives whose money is not approved",
        "align.traceability.no_metric": "live initiatives that name no metric to move",
        "align.traceability.no_outcome": "goals without a customer outcome",
        "align.traceability.dangling": "references that lead nowhere, and links that cannot be read",
        "align.traceability.cycle": "things that point at each other in a circle",
        "align.traceability.links": "how many links are declared as tested, and how many are belief or association",
        "align.traceability.contribution": "share of the key results that initiatives claim, and how much is supported",
        "align.traceability.key_result": "share of one key result claimed, and how much of it is supported",
        "align.traceability.overclaimed": "a key result of which more than the whole is claimed",
        "align.failures.no_traceability": "initiatives that fail for want of a line to a goal",
        "align.failures.no_owner": "initiatives without one clear owner",
        "align.failures.no_funding": "initiatives without approved money",
        "align.failures.vanity_metric": "initiatives without a metric that leads to revenue, cost or risk",
        "align.failures.project_framing": "initiatives framed as projects with an end",
        "align.failures.several": "initiatives that fail three or more of the five screens",
        "align.maturity.overall": "self-assessed maturity over six capabilities",
        "align.maturity.capability": "self-assessed level of one capability, its target and its movement",
        "align.maturity.no_evidence": "levels that were given without evidence",
        "align.signs.customer": "signs at the customer: repeat contacts, churn, complaints, late answers",
        "align.signs.career": "signs among employees: turnover, engagement, burnout, absence",
        "align.signs.community": "signs between teams: handovers, tickets that cross teams, reopened work",
        "align.signs.core": "signs of drift: work without a goal, promises broken, the age of the mission",
        "align.signs.worst": "the sign that clearly got worse most, with its change over a year",
        "align.promises.kept": "promises kept and broken, as the sheet says and as measured where tables can",
        "align.promises.widest": "the broken promise that touches most contacts, and between which teams it lies",
        "align.promises.disagree": "a promise whose delivered value the data contradict",
        "align.trigger.opened": "a series that left its own noise: an internal diagnosis is due before a customer fix",
        "align.trigger.inside": "what inside the organisation touches the moment that drives the signal",
        "align.trigger.quiet": "no watched series left its own noise in the last three months",
    }
)
"""Finding id → what it means, in one line."""

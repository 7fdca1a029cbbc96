"""Every finding Govern can make, with its meaning; a page of the playbook is written from it."""

from collections.abc import Mapping
from types import MappingProxyType

FINDINGS: Mapping[str, str] = MappingProxyType(
    {
        "govern.ledger.unbroken": "initiatives whose chain from goal to funding decision has no gap",
        "govern.ledger.proof_budget": "budget that rests on proof of grade A or B",
        "govern.ledger.step": "one step of the chain, and how many initiatives have nothing there",
        "govern.ledger.contribution": "initiatives that show a contribution to revenue, cost or risk",
        "govern.maturity.overall": "where the evidence supports less than the self-assessment says",
        "govern.maturity.capability": "level of one capability that the evidence supports",
        "govern.portfolio.npv": "what going on with the whole portfolio is worth, as the cases say",
        "govern.portfolio.proven": "the part of that value that rests on proof of grade A or B",
        "govern.portfolio.payback": "months until the whole portfolio has paid back",
        "govern.portfolio.shared": "value that several initiatives claim at once",
        "govern.portfolio.negative": "money that can still be saved in initiatives that lose by going on",
        "govern.allocation.plan": "how the budget is given out: fund, test first, stop",
        "govern.allocation.freed": "money that stopping frees",
        "govern.allocation.initiative": "what the plan asks for one initiative, and why",
        "govern.allocation.infeasible": "what must be kept needs more than the budget",
        "govern.allocation.test_value": "what a test would be worth before money is given",
        "govern.shrinkage.together": "how much tested effects shrink once luck is taken out of them",
        "govern.shrinkage.group": "what comparable tested effects bring of what was claimed, on average",
        "govern.shrinkage.initiative": "share of its claim that one tested initiative is taken to bring",
        "govern.shrinkage.plan": "decisions of the plan that differ once luck is taken out",
        "govern.information.perfect": "what knowing everything before deciding would be worth at most",
        "govern.information.queue": "what to test next, before the next council",
        "govern.information.test": "what a test of one initiative is worth, net of its cost and delay, and at which size",
        "govern.council.changed": "findings that moved by more than their own noise since the last run",
        "govern.council.moved": "one figure that moved by more than its own noise",
        "govern.council.needed": "decisions the evidence asks for that nobody has taken yet",
        "govern.council.due": "recorded decisions that are overdue or due soon",
        "govern.council.seats": "business units without a seat in the council",
        "govern.council.chairs": "chair and finance seats that are not filled",
        "govern.council.rights": "council seats that say what they decide",
    }
)
"""Finding id → what it means, in one line."""

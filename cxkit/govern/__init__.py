"""Govern: the evidence ledger, where the money goes, what to test next, and what the council decides."""

from cxkit.govern.allocation import Allocation, allocation
from cxkit.govern.council import Council, council
from cxkit.govern.drift import Drift, drift
from cxkit.govern.information import Information, information
from cxkit.govern.ledger import Ledger, ledger
from cxkit.govern.links import Links, links
from cxkit.govern.maturity import Maturity, evidenced_maturity
from cxkit.govern.portfolio import Portfolio, portfolio
from cxkit.govern.shrinkage import Shrinkage, shrinkage
from cxkit.govern.shrinkage_plans import PlanDifference, plan_difference

__all__ = [
    "Allocation",
    "Council",
    "Drift",
    "Information",
    "Ledger",
    "Links",
    "Maturity",
    "PlanDifference",
    "Portfolio",
    "Shrinkage",
    "allocation",
    "council",
    "drift",
    "evidenced_maturity",
    "information",
    "ledger",
    "links",
    "plan_difference",
    "portfolio",
    "shrinkage",
]

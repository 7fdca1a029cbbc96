"""Every finding Quantify can make, with its meaning; a page of the playbook is written from it."""

from collections.abc import Mapping
from types import MappingProxyType

FINDINGS: Mapping[str, str] = MappingProxyType(
    {
        "quantify.scorecard.grr": "gross revenue retention, and the recurring revenue lost in a year",
        "quantify.scorecard.nrr": "net revenue retention of the same customers, expansion counted",
        "quantify.scorecard.logo_churn": "share of customers who left",
        "quantify.scorecard.early_loss": "share of new customers lost inside the window, which GRR cannot see",
        "quantify.scorecard.cost_to_serve": "cost to serve a customer for a month",
        "quantify.scorecard.complaint_rate": "complaints per 1,000 customers and month",
        "quantify.scorecard.nps": "net promoter score with its margin of error",
        "quantify.scorecard.csat": "share of satisfied answers (top two boxes)",
        "quantify.scorecard.ces": "how easy customers find it, mean of 1 to 7",
        "quantify.scorecard.segment": "the segment that keeps least of its revenue",
        "quantify.case.npv": "net present value of one initiative as claimed, with the range of its stated effects",
        "quantify.case.romi": "what one initiative returns per unit of cost, as claimed",
        "quantify.case.payback": "months until one initiative has paid back, as claimed",
        "quantify.case.go_forward": "value of going on with one initiative against stopping it today",
        "quantify.case.margin": "a revenue benefit without a contribution margin: its case is not assessed",
        "quantify.cases.total": "what all cases together are claimed to be worth",
        "quantify.cases.ranking": "initiatives in order of ROMI",
        "quantify.cases.shared": "value that several initiatives claim at once, and what sharing takes off",
    }
)
"""Finding id → what it means, in one line."""

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
        "quantify.retention.conventions": "how far gross retention depends on the convention it is measured by",
        "quantify.retention.price": "what price changes add to net retention, apart from volume",
        "quantify.retention.cohort": "joining month since which new customers are lost faster, or the weakest cohort",
        "quantify.retention.stage": "stage of the journey that customers leave fastest from",
        "quantify.retention.product": "product whose customers keep clearly less revenue than the whole book",
        "quantify.case.npv": "net present value of one initiative as claimed, with the range of its stated effects",
        "quantify.case.romi": "what one initiative returns per unit of cost, as claimed",
        "quantify.case.payback": "months until one initiative has paid back, as claimed",
        "quantify.case.go_forward": "value of going on with one initiative against stopping it today",
        "quantify.case.sentence": "the case of one initiative in one sentence: money now and a year, payback, worth, basis",
        "quantify.case.survival": "a benefit valued by how long customers stay, without a record of it: not assessed",
        "quantify.case.margin": "a revenue benefit without a contribution margin: its case is not assessed",
        "quantify.cases.total": "what all cases together are claimed to be worth",
        "quantify.cases.ranking": "initiatives in order of ROMI",
        "quantify.cases.shared": "value that several initiatives claim at once, and what sharing takes off",
        "quantify.cases.overlap": "value that several initiatives seem to claim at once without naming a shared pool",
        "quantify.cases.in_year": "what all cases bring and cost in the fiscal year, beside run-rate and one-off money",
        "quantify.cases.steps": "what is left of the bare claims after margin, adoption, risk, sharing, cost and tax",
        "quantify.cases.sensitivity": "the stated input that moves the total of all cases most",
        "quantify.voice.change": "how far a score changed among customers of the same kind, apart from who answered",
        "quantify.voice.response": "share of those asked who answered, and who answers more or less often",
        "quantify.voice.weighted": "a score counted as the customer base is made up, beside the raw one",
        "quantify.drivers.cost": "the driver that costs most to serve",
        "quantify.drivers.growth": "the driver whose cost per customer grew most, split into volume and unit cost",
        "quantify.drivers.contacts": "the problem that draws most repeat contacts, and what they cost",
        "quantify.drivers.demand": "problems whose contacts per 1,000 customers moved beyond noise",
        "quantify.drivers.complaints": "the part of the customers or journey with most complaints per 1,000 customers",
        "quantify.drivers.orders": "products whose orders moved beyond noise",
        "quantify.drivers.market": "market share, and growth against the market's",
        "quantify.definitions.changed": "a metric whose definition changed since the last report: old figure, new figure, why",
    }
)
"""Finding id → what it means, in one line."""

"""Northbeam's story in numbers: what was planted, when, and how strongly."""

from __future__ import annotations

from datetime import date

import numpy as np

from cxkit.simulate import costs, people, service
from cxkit.simulate.clock import OpenHours
from cxkit.simulate.world import months_between

ZONE, CURRENCY = "Europe/Berlin", "EUR"
AS_OF, EXTRACTED = date(2026, 10, 31), date(2026, 11, 6)
MONTHS = months_between("2024-09", "2026-10")
BEGIN, LATEST = np.datetime64("2024-09-01"), np.datetime64(EXTRACTED, "D")
HOLIDAYS = (
    *("2024-10-03", "2024-12-25", "2024-12-26", "2025-01-01", "2025-10-03"),
    *("2025-12-25", "2025-12-26", "2026-01-01", "2026-05-01"),
)
HOURS = OpenHours(
    dict.fromkeys(range(1, 6), (8, 18)), timezone=ZONE, first="2024-08-20", last="2027-03-01", holidays=HOLIDAYS
)
OFFICE = np.array([0, 0, 0, 0, 0, 0, 0.5, 3, 9, 12, 12, 10, 6, 8, 10, 10, 8, 4, 1, 0.5, 0.2, 0.1, 0, 0])
BASE, JOINS, LARGE = 405, 3.2, 5
HAZARD, EARLY_HAZARD = 0.0085, 0.009
"""Chance per month of leaving once settled in, and in the first 90 days."""
SHRUNK, SHRUNK_FROM = 0.62, np.datetime64("2026-04-01")
POUND = (1.185, 0.0008, 0.006)
GUIDE_DAY, GUIDE_BASE, GUIDE_EFFECT, GUIDE_SHARED = np.datetime64("2026-05-05"), 0.44, 0.09, 0.15
TOOL = {"standard": (6_140, 0.212), "short form": (6_087, 0.236)}
READY_DAYS, NEVER_READY, BOUGHT = 18.0, 0.08, 0.22
SYSTEMS = (
    people.System("crm", "K", 0.85, 0.02, 0.06, 0.25, 0.05, 1.0),
    people.System("billing", "B", 0.28, 0.03, 0.10, 0.55, 0.02, 1.0),
    people.System("support", "Z", 0.55, 0.05, 0.04, 0.50, 0.06, 0.72, 0.08),
    people.System("voc", "V", 0.40, 0.04, 0.00, 1.00, 0.03, 0.35, 0.10),
    people.System("telemetry", "U", 0.80, 0.01, 0.12, 1.00, 0.01, 0.90),
)
BOUNCED = (0.34, 1.8)
"""Share of integration tickets that go to and fro between two teams, and how much longer they take."""
AT_TERM, WARNED = 0.8, 0.55
"""Share of leavers who go at the end of a term, and share who said before that they were unhappy."""
PASSED = 0.22
"""Share of tickets that customer support opens and passes on once."""
MAILBOXES, SWITCHBOARDS = 14, 10
"""Accounts whose people write from one mailbox, and accounts whose people share one telephone."""
REASONS = (
    service.Reason("set-up", "N2", 0.55, 0.66, 900, 38, 0.05, "Onboarding", early=True),
    service.Reason("integration", "N3", 0.30, 0.62, 1700, 52, 0.10, "Technical support", bounced=BOUNCED),
    service.Reason("how to", "N4", 0.42, 0.86, 260, 14, 0.01, "Customer support"),
    service.Reason("defect", "N5", 0.26, 0.68, 1500, 47, 0.20, "Technical support"),
    service.Reason("invoice", "N6", 0.12, 0.80, 500, 18, 0.08, "Billing"),
)
COSTS = (
    costs.Cost("support", "handling", 1.05, growth=0.001),
    costs.Cost("customer success", "overhead", 118.0),
    costs.Cost("service credits", "credits", 260.0),
    costs.Cost("field marketing", "overhead", 7_500.0, serves=False),
)
CONTRACTORS, CONTRACTORS_FROM = 0.11, np.datetime64("2026-01")
"""Share of the cost to serve that is booked for outside help since then and stands in no cost export."""
SAID = (
    "Three people from you asked me the same question in one week",
    "The connector breaks after every update",
    "The invoice goes to a colleague who left last year",
    "Set-up took longer than we were told",
    "Please write to bela.copperleigh12@mail.example.com instead",
)
PRAISE = ("The guided set-up helped", "Support knows what it is doing", "Solid product", "Answer within the hour")
CANARY = "canary-northbeam-b20e"
FRAME = """# The codes of this client, laid over playbook/taxonomy.yml.
version: 1
themes:
  - {code: product.connector, name: Connectors break, terms: [connector breaks, connector]}
  - {code: start.slow, name: Set-up takes too long, terms: [set-up took longer, slow set-up]}
  - {code: billing.recipient, name: The invoice goes to the wrong person, terms: [invoice goes to]}
  - {code: praise.setup, name: The set-up helped, terms: [guided set-up helped]}
  - {code: praise.solid, name: A good product, terms: [solid product]}
  - {code: praise.quick, name: A quick answer, terms: [answer within the hour]}
terms:
  effort.repeat: [asked me the same question]
  people.skill: [support knows]
map:
  integration: use.fault
  defect: use.fault
  set-up: start.delivery
  how to: use.how
  invoice: billing.question
"""
"""What Northbeam's people wrote into ``taxonomy.yml``."""

# ruff: noqa: E501  rows of a sheet read best as rows
# fmt: off
"""What Brightline's people wrote into their workshop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cxkit.simulate.brightline import alignment
from cxkit.simulate.clock import OpenHours
from cxkit.simulate.plan import sheet, typed, values, with_columns
from cxkit.simulate.world import months_between

SETTINGS: dict[str, Any] = {
    "locale": "en",
    "fiscal_year_start": 1,
    "week_start": "sunday",
    "goals": [
        "Keep the homes we win: fewer leave within 90 days",
        "Hold cost-to-serve while complaints come down",
        "Spend the CX budget only on what is proven",
    ],
    "targets": {
        "grr": 0.90,
        "nrr": 1.0,
        "logo_churn": 0.11,
        "complaint_rate": 13.0,
        "cost_to_serve": 6.0,
        "nps": 25,
        "csat": 0.8,
        "ces": 5.3,
        "fcr": 0.70,
    },
    "budget": 60_000,
    "parameters": {"programme_start": "2025-11-01", "people_limit": 6, "test_cost": 1.5},
}

GOALS = [
    ("G1", "Grow recurring revenue by 6 % without buying it with discounts", "growth", "New homes use their service in the first week", "Journey Owners", "Clio Ambermere", "2026-12-31"),
    ("G2", "Raise contribution margin by 2 points", "margin", "Customers settle things the first time", "CX Council/Finance", "Bruno Quillstone", "2026-12-31"),
    ("G3", "Stay below the regulator's complaint threshold", "risk", "Repairs are kept as promised", "Enablement/Ops", "Rhea Saltmarsh", "2026-12-31"),
    ("G4", "Be the provider that neighbours recommend", "brand", "Customers would recommend us", "CXO/PMO", None, "2027-06-30"),
]
KEY_RESULTS = [
    ("KR1.1", "G1", "Fewer than 11 % of new homes leave within 90 days", "early_churn", 0.16, 0.11, "share", "2026-12-31", "Journey Owners"),
    ("KR1.2", "G1", "Keep 90 % of recurring revenue", "grr", 0.88, 0.90, "share", "2026-12-31", "RevOps/Data"),
    ("KR2.1", "G2", "Cost-to-serve at 6.00 a month", "cost_to_serve", 6.4, 6.0, "USD per account and month", "2026-12-31", "CX Council/Finance"),
    ("KR2.2", "G2", "Four contacts in five settled at once", "fcr", 0.72, 0.80, "share", "2026-12-31", "Enablement/Ops"),
    ("KR3.1", "G3", "Complaints below 13 per 1,000 customers a month", "complaint_rate", 14.0, 13.0, "per 1,000", "2026-12-31", "Enablement/Ops"),
    ("KR4.1", "G4", "Net promoter score of 25", "nps", 18, 25, "points", "2027-06-30", "CXO/PMO"),
]
METRICS = [
    ("grr", "Gross revenue retention", "business", "Finance", "up", 0.2, "It is what the owners watch", "Size of the retention budget", "Board", 0.90, "share"),
    ("cost_to_serve", "Cost-to-serve per account and month", "business", "Finance", "down", 0.15, "Half the margin goes through it", "Service budget", "Board", 6.0, "USD"),
    ("complaint_rate", "Complaints per 1,000 customers", "cx_outcome", "Service desk", "down", 0.1, "Regulatory threshold", "When to stop selling next-day repairs", "CX council", 13.0, "per 1,000"),
    ("early_churn", "New homes leaving within 90 days", "cx_outcome", "Onboarding", "down", 0.0, "The leak retention cannot see", "Funding of the welcome call", "CX council", 0.11, "share"),
    ("nps", "Net promoter score", "cx_outcome", "Marketing", "up", 0.3, "We always have", None, "Marketing", 25, "points"),
    ("csat", "Satisfaction after contact", "journey_kpi", "Service desk", "up", 0.25, "Coaching of teams", "Coaching", "Service desk", 0.8, "share"),
    ("fcr", "First-contact resolution", "journey_kpi", "Service desk", "up", 0.1, "Repeat contacts cost money", "Staffing and knowledge", "Service desk", 0.80, "share"),
    ("repair_time", "Days until a repair is done", "journey_kpi", "Field service", "down", 0.0, "Promise of next-day repair", "Technician planning", "Field service", 1.0, "days"),
    ("visits_per_day", "Visits per technician and day", "activity", "Field service", "up", 0.5, "Utilisation", "Shift planning", "Field service", 6.5, "visits"),
    ("new_contracts", "New contracts", "business", "Sales", "up", 0.8, "Sales target", "Sales bonus", "Sales", 190, "contracts"),
    ("ttfv", "Days to first use", "journey_kpi", "Onboarding", "down", 0.0, "Early use keeps homes", "Install capacity", "Onboarding", 5.0, "days"),
    ("app_downloads", "App downloads", "activity", "Digital", "up", 0.4, None, None, None, 2500, "downloads"),
    ("social_followers", "Followers on social media", "activity", "Marketing", "up", 0.1, None, None, None, None, "followers"),
]
INITIATIVES = [
    ("I1", "Welcome call", "If we call every new home in its first week, 90-day churn falls by 5 points, because wrong kits and first-bill surprises are settled before they grow", "early_churn", -0.05, "M2", "Hanne Driftwell", "Journey Owners", "Clio Ambermere", "Onboarding", "running", "product", "2025-09-20", "2025-11-01", "2026-12-31", None, 32_000, 19_000, True, False, 0.5),
    ("I2", "Proactive outage notices", "If we tell homes about an outage before they ask, contacts per home fall by 15 %, because most ask only when it ends", "fcr", 0.02, "M5", "Jule Gorsefield", "Enablement/Ops", "Rhea Saltmarsh", "Service desk", "running", "product", "2025-12-10", "2026-02-01", "2026-12-31", None, 24_000, 15_000, True, False, 0.4),
    ("I3", "Bill explainer page", "If the first bill is explained on one page, fewer homes call about it", "cost_to_serve", -0.1, "M6", "Kuno Ivydene", "Journey Owners", None, "Billing", "running", "project", "2026-03-15", "2026-05-04", "2026-09-30", None, 9_000, 8_200, True, False, 0.6),
    ("I4", "Loyalty app", None, None, None, None, None, None, "Dario Foxglade", "Digital", "running", "project", "2025-06-01", "2025-08-01", "2026-12-31", None, 78_000, 52_000, True, False, 0.7),
    ("I5", "Repair promise and technician planning", "If planning counts real travel times, repairs are done within two days and complaints fall by a third", "complaint_rate", -3.0, "M5", "Malo Hollowbrook", "Enablement/Ops", "Rhea Saltmarsh", "Field service", "approved", "product", "2026-08-20", None, "2027-06-30", None, 41_000, 2_500, False, False, 0.5),
    ("I6", "Journey redesign workshops", None, "nps", 3, "M1", "Edda Marrowby", "CXO/PMO", "Dario Foxglade", "Marketing", "running", "project", "2025-10-05", "2025-11-15", "2026-11-30", None, 26_000, 20_500, True, False, 0.3),
    ("I7", "Agent assist", "If answers are proposed while the customer speaks, handling falls by 10 % and first-contact resolution rises by 3 points", "fcr", 0.03, "M6", "Lale Brackendale", "Enablement/Ops", "Bruno Quillstone", "Service desk", "running", "product", "2025-11-20", "2026-01-12", "2026-12-31", None, 35_000, 21_000, True, False, 0.5),
    ("I8", "Complaint reporting for the regulator", "Required from January 2027", "complaint_rate", 0.0, None, "Nuria Kettleford", "CX Council/Finance", "Rhea Saltmarsh", "Legal", "approved", "project", "2026-05-11", None, "2026-12-31", None, 12_000, 3_000, True, True, 1.0),
    ("I9", "Influencer campaign", "If followers double, more people talk about us", "social_followers", 5000, None, None, None, None, "Marketing", "idea", "project", "2026-09-02", None, None, None, 15_000, 0, False, False, 0.5),
]
LINKS = [
    ("I1", "early_churn", "randomised", 0.8, "A/B test X1"),
    ("early_churn", "KR1.1", "claimed", 1.0, "by definition"),
    ("KR1.1", "G1", "claimed", 0.4, "churn costs growth"),
    ("KR1.2", "G1", "claimed", 0.4, "retention is growth kept"),
    ("early_churn", "grr", "correlational", 0.1, "new homes hardly enter GRR"),
    ("I2", "fcr", "randomised", 0.3, "A/B test X2 on contacts"),
    ("fcr", "KR2.2", "claimed", 1.0, "by definition"),
    ("KR2.2", "G2", "correlational", 0.3, "repeat contacts are 30 % of cost"),
    ("KR2.1", "G2", "claimed", 0.5, "service is half of margin"),
    ("cost_to_serve", "KR2.1", "claimed", 1.0, "by definition"),
    ("I3", "cost_to_serve", "claimed", 0.1, "estimate of Billing"),
    ("I5", "complaint_rate", "correlational", 0.6, "complaints follow repair time"),
    ("I5", "repair_time", "claimed", 1.0, "aim of the initiative"),
    ("complaint_rate", "KR3.1", "claimed", 1.0, "by definition"),
    ("KR3.1", "G3", "claimed", 1.0, "threshold of the regulator"),
    ("I6", "nps", "claimed", 0.5, "Breaking the Alignment Barrier: satisfaction rises by 35 %"),
    ("nps", "KR4.1", "claimed", 1.0, "by definition"),
    ("KR4.1", "G4", "claimed", 1.0, "by definition"),
    ("I7", "fcr", "claimed", 0.4, "vendor's figures"),
    ("I8", "complaint_rate", "claimed", 0.0, "duty, no effect expected"),
]
BENEFITS = [
    ("B1", "I1", "revenue", "grr", "cashable", 1650, "new homes a year", 0.02, 0.05, 0.075, 62, 0.55, 0.9, 0.1, 0.8, "2026-12", 3, 36, "Recurring revenue", "A/B test X1", "homes × points kept × what a kept home pays a month, for as long as homes stay", "early churn"),
    ("B2", "I2", "cost", "deflection", "cashable", 5900, "homes", 0.05, 0.16, 0.25, 7, 1.0, 0.9, 0.1, 0.7, "2026-12", 2, 30, "Service operations", "A/B test X2", "homes × contacts avoided × cost", None),
    ("B3", "I3", "cost", "deflection", "capacity", 5900, "homes", 0.0, 0.1, 0.2, 9, 1.0, 0.6, 0.2, 0.4, "2026-12", 3, 24, "Service operations", "Billing", "calls avoided × cost", None),
    ("B4", "I4", "revenue", "other", "cashable", 5900, "homes", 0.0, 0.01, 0.04, 744, 0.55, 0.3, 0.3, 0.3, "2027-01", 12, 24, None, "Digital", "share who stay longer", None),
    ("B5", "I5", "risk", "complaints", "avoided_growth", 900, "complaints a year", 0.1, 0.3, 0.5, 160, 1.0, 0.9, 0.0, 0.6, "2027-01", 6, 36, "Service operations", "Field service", "complaints avoided × cost of one", None),
    ("B6", "I5", "cost", "recontact", "cashable", 2700, "repairs a year", 0.1, 0.22, 0.32, 88, 1.0, 0.9, 0.0, 0.6, "2027-01", 6, 36, "Service operations", "Field service", "second visits avoided × cost", None),
    ("B7", "I7", "cost", "aht", "capacity", 7600, "contacts a year", 0.4, 1.2, 2.0, 1.15, 1.0, 0.7, 0.0, 0.6, "2026-12", 4, 36, "Service operations", "vendor", "minutes saved × cost per minute", None),
    ("B8", "I7", "revenue", "grr", "cashable", 5900, "homes", 0.0, 0.002, 0.005, 744, 0.55, 0.7, 0.2, 0.3, "2026-12", 6, 36, "Recurring revenue", "vendor", "churn avoided", "early churn"),
    ("B9", "I8", "risk", "compliance", "avoided_growth", 1, "audit a year", 0.0, 0.5, 1.0, 18_000, 1.0, 1.0, 0.0, 0.9, "2027-01", 1, 36, "Overhead", "Legal", "chance of a fine × its size", None),
]
INVESTMENTS = [
    ("V1", "I1", "2025-11", 6_000, "one_off", None, "sunk", None, "scripts and training"),
    ("V2", "I1", "2025-11", 1_100, "run_rate", 38, "cancellable", 400, "callers"),
    ("V3", "I2", "2026-02", 9_000, "one_off", None, "sunk", None, "notice platform"),
    ("V4", "I2", "2026-02", 150, "run_rate", 34, "cancellable", 1_000, "licences"),
    ("V5", "I3", "2026-05", 8_200, "one_off", None, "sunk", None, "page and tests"),
    ("V6", "I4", "2025-08", 40_000, "one_off", None, "sunk", None, "agency, first phase"),
    ("V7", "I4", "2026-11", 26_000, "one_off", None, "cancellable", 2_000, "agency, second phase"),
    ("V8", "I4", "2025-12", 900, "run_rate", 24, "cancellable", 800, "hosting and rewards"),
    ("V9", "I5", "2026-12", 29_000, "one_off", None, "cancellable", 0, "planning software"),
    ("V10", "I5", "2027-01", 500, "run_rate", 36, "cancellable", 0, "licences"),
    ("V11", "I6", "2025-11", 20_500, "one_off", None, "sunk", None, "workshops"),
    ("V12", "I6", "2026-11", 5_500, "one_off", None, "cancellable", 0, "last round"),
    ("V13", "I7", "2026-01", 14_000, "one_off", None, "sunk", None, "integration"),
    ("V14", "I7", "2026-01", 750, "run_rate", 36, "committed", 6_000, "licences"),
    ("V15", "I8", "2026-11", 9_000, "one_off", None, "committed", None, "report and archive"),
]
REGISTER = [
    ("R1", "system", "Field planning does not see promises made in the shop", "Sales; Field service", "M5", 5, "RevOps/Data", "2026-03-10", None),
    ("R2", "system", "Phone contacts carry no customer key when the line is not recognised", "Service desk; Data", None, 3, "Data/Insights", "2026-01-20", None),
    ("R3", "assumption", "Sales assumes a technician is free the next day", "Sales; Field service", "M5", 4, "Journey Owners", "2026-03-10", None),
    ("R4", "metric", "Sales is paid on new contracts, nobody on homes that stay", "Sales; Onboarding", "M1", 5, "CXO/PMO", "2025-12-02", None),
    ("R5", "metric", "Technicians are paid on visits per day, not on repairs that hold", "Field service; Service desk", "M5", 5, "Enablement/Ops", "2026-04-14", None),
    ("R6", "rock", "Self-install kits come from one supplier with a six-month contract", "Onboarding; Purchasing", "M2", 4, "Journey Owners", "2025-11-18", None),
    ("R7", "rock", "First bill is made by a system that cannot be changed before 2027", "Billing; Digital", "M3", 3, "RevOps/Data", "2026-02-05", None),
    ("R9", "system", "Chat transcripts were not stored", "Service desk; Data", "M4", 3, "Data/Insights", "2025-11-03", "2026-01-19"),
    ("R10", "system", "Visits were planned on paper in two regions", "Field service", "M5", 4, "Enablement/Ops", "2025-10-14", "2026-05-28"),
    ("R11", "metric", "Calls were counted twice after a transfer", "Service desk", None, 2, "RevOps/Data", "2025-12-09", "2026-02-20"),
    ("R12", "assumption", "Billing assumed that a paper bill is read", "Billing; Digital", "M6", 2, "Journey Owners", "2026-01-15", "2026-05-04"),
    ("R13", "rock", "The survey tool could not send text messages", "Marketing", "M4", 2, "Data/Insights", "2025-08-12", "2025-11-01"),
    ("R8", "assumption", "Service desk assumes the welcome call explains the bill", "Service desk; Onboarding", "M3", 2, "Journey Owners", "2026-05-19", "2026-08-30"),
]
SYSTEMS = [
    ("SYS1", "Billing", "billing", None, "account_id", "SYS2", 24, "RevOps/Data", None),
    ("SYS2", "Customer records", "crm", None, "account_id", None, 1, "RevOps/Data", "v2"),
    ("SYS3", "Ticket desk", "support", "M2,M3,M4,M5,M6,M8", "account_id", "SYS2", 1, "Enablement/Ops", "v1"),
    ("SYS4", "App and router telemetry", "telemetry", "M2,M4,M7", "account_id", None, 4, "Data/Insights", None),
    ("SYS5", "Survey tool", "voc", "M4,M5,M6", "response_id", "SYS3", 24, "Data/Insights", "v1"),
    ("SYS6", "Field planning", "support", "M5", "ticket_id", None, None, None, None),
]
MOMENTS = [
    ("M1", "Choose and order", "Join", 1, "Edda Marrowby", "Journey Owners", "new_contracts", None, None, None, None, "Order guide", None, None, False),
    ("M2", "Install and first use", "Join", 2, "Hanne Driftwell", "Journey Owners", "ttfv", 24, "desk", "Welcome call script", "Self-install guide", "Install tracker", "order_placed", "first_use", True),
    ("M3", "First bill", "Join", 3, None, None, None, 16, "desk", None, "First bill explained", None, "bill_sent", "bill_paid", False),
    ("M4", "Use and change", "Use", 4, "Jule Gorsefield", "Journey Owners", "csat", 16, "desk", "Plan change", "Router help", "App", None, None, False),
    ("M5", "Outage and repair", "Get help", 5, "Malo Hollowbrook", "Enablement/Ops", "repair_time", 12, "desk", "Repair playbook", None, None, None, None, False),
    ("M6", "Ask about a bill", "Get help", 6, "Jule Gorsefield", "Journey Owners", "fcr", 16, "desk", "Bill questions", "Bill explainer", "Bill explainer page", None, None, True),
    ("M7", "Renew or upgrade", "Stay", 7, "Lale Brackendale", "Journey Owners", "grr", None, None, "Renewal offers", None, "Offer page", "offer_viewed", "offer_accepted", True),
    ("M8", "Move or leave", "Stay", 8, None, None, None, 24, "desk", None, None, None, None, None, False),
]
OTHER_HOURS = [
    *(("field", day, opens, closes) for day in range(1, 6) for opens, closes in ((7, 12), (13, 17))),
    *(("office", day, 9, 17) for day in range(1, 6)),
]
"""Calendars that no moment names: technicians in two spells a day, and office hours."""
BACKLOG = [
    ("L1", "M2", "Put the right cable into the self-install kit", "2025-12-01", None, 950, 12, "complaint"),
    ("L2", "M2", "Track the technician on the way", "2026-02-15", "2026-07-10", 200, 25, "feedback"),
    ("L3", "M3", "Show the first bill before the contract is signed", "2025-11-10", None, 780, 30, "complaint"),
    ("L4", "M5", "Promise the day that planning can keep", "2026-03-20", None, 1_400, 15, "complaint"),
    ("L5", "M5", "Tell the desk when a visit slips", "2026-04-02", None, 600, 8, "usage"),
    ("L6", "M6", "Line items in plain words", "2026-01-15", "2026-05-04", 300, 10, "feedback"),
    ("L7", "M4", "Restart the router from the app", "2025-10-20", None, 240, 18, "usage"),
    ("L8", "M8", "Leave online instead of by phone", "2026-06-01", None, 150, 22, "complaint"),
    ("L9", "M7", "Birthday greetings in the app", "2026-05-05", None, 0, 14, "executive"),
    ("L10", "M5", "Notice of planned outages by text", "2025-12-12", "2026-02-01", 400, 20, "feedback"),
    ("L11", "M7", "Seasonal banners on the offer page", "2025-09-15", "2025-11-02", 20, 12, "executive"),
    ("L12", "M4", "Dark colours in the app", "2025-10-05", "2025-12-20", 10, 25, "roadmap"),
    ("L13", "M1", "Comparison with competitors", "2025-10-12", "2026-02-10", 60, 18, "roadmap"),
    ("L14", "M4", "Widgets for the home screen", "2025-11-20", "2026-03-15", 30, 22, "roadmap"),
    ("L15", "M6", "Tell the desk which bill the caller has open", "2025-09-01", "2026-06-20", 520, 6, "usage"),
    ("L16", "M5", "One number for the whole repair", "2025-08-20", "2026-08-15", 900, 9, "complaint"),
    ("L17", "M2", "Say on the box which cable is inside", "2025-10-01", "2026-09-05", 450, 3, "complaint"),
    ("L18", "M7", "Loyalty points in the app", "2026-04-10", None, 40, 45, "roadmap"),
]
PROMISES = [
    ("P1", "M5", "A technician the next day", "Sales", "Field service", 1.0, 4.0, "days", "lower"),
    ("P2", "M2", "Online within five days of ordering", "Sales", "Onboarding", 5.0, 6.0, "days", "lower"),
    ("P3", "M3", "The price you were told is the price on the bill", "Marketing", "Billing", 1.0, 0.91, "share of first bills", "higher"),
    ("P4", "M6", "An answer within one working day", "Service desk", "Billing", 12.0, 10.3, "hours", "lower"),
]
CHANGES = [
    ("C1", "unclear bill", "M6", "Line items in plain words", "2026-05-04", "I3", "cost_to_serve"),
    ("C2", "no notice of outages", "M5", "Text before planned outages", "2026-02-01", "I2", "fcr"),
    ("C3", "wrong kit", "M2", "Second supplier asked for an offer", "2026-09-15", None, "early_churn"),
]
EXPERIMENTS = [
    ("X1", "I1", "A welcome call lowers the share of new homes that leave within 90 days", "churn_90d", "binary", "randomised", "down", "standard", 0.5, "2025-10-20", "2025-11-01", "2026-10-24", 0.05, 1650, 715, "Recurring revenue", 3),
    ("X2", "I2", "Notices before outages lower contacts per home over six months", "contacts_6m", "mean", "randomised", "down", "no notice", 0.5, "2026-01-15", "2026-02-01", "2026-08-01", 0.12, 5900, 7, "Service operations", 1),
    ("X3", "I3", "The explainer page lowers the share of homes that call about their bill within 30 days", "bill_call_30d", "binary", "randomised", "down", "old page", 0.5, "2026-04-20", "2026-05-04", "2026-06-13", 0.03, 5900, 9, "Service operations", 1),
    ("H1", None, "The programme as a whole lowers churn over twelve months", "churn_12m", "binary", "holdout", "down", "holdout", 0.12, "2025-07-15", "2025-08-01", "2026-08-01", 0.05, 5900, 715, "Recurring revenue", 6),
]
COUNCIL = [
    ("S1", "Executive board", "chair", "CXO/PMO", "Clio Ambermere", "funding above 10,000, on grade B or better", "2025-03-01", None),
    ("S2", "Finance", "finance", "CX Council/Finance", "Bruno Quillstone", "benefits enter the budget once realised", "2025-03-01", None),
    ("S3", "Service desk", "member", "Enablement/Ops", "Rhea Saltmarsh", "service levels", "2025-03-01", None),
    ("S4", "Marketing", "member", "CXO/PMO", "Edda Marrowby", None, "2025-03-01", None),
    ("S5", "Digital", "member", "Journey Owners", "Dario Foxglade", None, "2025-06-01", None),
    ("S6", "Field service", "member", "Enablement/Ops", None, None, "2025-03-01", "2026-06-30"),
]
WINS = [
    ("W1", "Onboarding", "2026-04-20", "Called 100 homes with a wrong kit before they noticed", "Seven in ten stayed", "I1", "early_churn", 28_600),
    ("W2", "Service desk", "2026-03-05", "Wrote the outage notice in one evening", "Half the calls of the last outage", "I2", "fcr", 650),
    ("W4", "Service desk", "2026-09-22", "Called every home on the outage list before it asked", "Contacts of the day fell by a third", "I2", "fcr", 420),
    ("W3", "Billing", "2026-06-30", "Rewrote 40 line items", None, "I3", None, None),
]
MATURITY = [
    ("okr_traceability", "2026-09-30", 3, 4, "Goals and key results written down", "CXO/PMO"),
    ("scorecard", "2026-09-30", 4, 5, "One dashboard for the board", "RevOps/Data"),
    ("journey_ownership", "2026-09-30", 3, 4, "Owners named for most moments", "Journey Owners"),
    ("data_identity", "2026-09-30", 3, 4, "One customer key in four systems", "Data/Insights"),
    ("enablement", "2026-09-30", 3, 4, "Playbooks and agent assist", "Enablement/Ops"),
    ("funding_governance", "2026-09-30", 3, 5, "Council meets monthly", "CX Council/Finance"),
    ("scorecard", "2025-09-30", 3, 5, "First version", "RevOps/Data"),
]


def sheets(hours: OpenHours) -> dict[str, pd.DataFrame]:
    """Every authored table of Brightline."""
    rng = np.random.default_rng(70_417)
    moment = "moment_id moment journey position owner owner_role metric_id sla_hours calendar playbook knowledge self_serve start_event value_event end_to_end"
    initiative = "initiative_id initiative hypothesis metric_id expected_change moment_id owner owner_role sponsor business_unit status framing registered started planned_end ended budget spent funded must_keep plan_minimum"
    benefit = "benefit_id initiative_id block driver kind base base_unit effect_low effect effect_high unit_value margin adoption deadweight confidence start ramp_months months pnl_line source formula shared_claim"
    experiment = "experiment_id initiative_id hypothesis metric kind design direction control_arm planned_share registered started ended minimum_effect exposed_base unit_margin pnl_line lag_months"
    metric = "metric_id metric kind owner_team direction incentive_weight why_tracked decision used_by target unit"
    aligned = alignment.sheets(np.random.default_rng(52_209))
    panels = aligned.pop("metric_values")
    months = months_between("2025-11", "2026-10")
    series = {
        "app_downloads": (1450, 85, 90, 1),
        "social_followers": (18_200, 260, 120, 1),
        "new_contracts": (168, 1.0, 9, 1),
    }
    return {
        "goals": sheet("goals", "goal_id goal type outcome owner_role owner due", GOALS),
        "key_results": sheet("key_results", "kr_id goal_id key_result metric_id baseline target unit due owner_role", KEY_RESULTS),
        "metrics": with_columns(sheet("metrics", metric, [*METRICS, *alignment.METRICS]), "metrics", {"unit_value": alignment.UNIT_VALUES}),
        "metric_values": typed("metric_values", pd.concat([panels, values(rng, series, months)], ignore_index=True)),
        "initiatives": sheet("initiatives", initiative, INITIATIVES),
        "links": sheet("links", "from_id to_id status share effect note", [*((*row[:4], None, row[4]) for row in LINKS), *alignment.HURTS]),
        "benefits": with_columns(sheet("benefits", benefit, BENEFITS), "benefits", alignment.BENEFITS),
        "investments": with_columns(sheet("investments", "investment_id initiative_id month amount kind months status exit_cost note", INVESTMENTS), "investments", alignment.INVESTMENTS),
        "register": sheet("register", "item_id kind item teams moment_id severity owner_role raised settled", REGISTER),
        "systems": sheet("systems", "system_id system holds moments key feeds refresh_hours owner_role taxonomy", SYSTEMS),
        "maturity": sheet("maturity", "capability assessed current target evidence owner_role", MATURITY),
        "moments": sheet("moments", moment, MOMENTS),
        "backlog": sheet("backlog", "item_id moment_id item created done value_per_month effort_days source", BACKLOG),
        "promises": sheet("promises", "promise_id moment_id promise promised_by delivered_by promised delivered unit better", PROMISES),
        "changes": sheet("changes", "change_id theme moment_id change changed initiative_id metric_id", CHANGES),
        "experiments": sheet("experiments", experiment, EXPERIMENTS),
        "calendars": pd.concat([hours.rows("desk"), sheet("calendars", "calendar weekday opens closes", OTHER_HOURS)], ignore_index=True),
        "council": sheet("council", "seat_id business_unit seat owner_role holder decides since until", COUNCIL),
        "wins": sheet("wins", "win_id team happened action result initiative_id metric_id value", WINS),
        **aligned,
    }

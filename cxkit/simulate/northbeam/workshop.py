# ruff: noqa: E501  rows of a sheet read best as rows
# fmt: off
"""What Northbeam's people wrote into their workshop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cxkit.simulate.clock import OpenHours
from cxkit.simulate.northbeam import alignment
from cxkit.simulate.plan import sheet, values, with_columns
from cxkit.simulate.world import months_between

SETTINGS: dict[str, Any] = {
    "locale": "en-GB",
    "fiscal_year_start": 7,
    "week_start": "monday",
    "goals": ["Know every customer once", "Renewals that do not hang on five accounts", "A portfolio of initiatives that can be defended"],
    "targets": {"grr": 0.90, "nrr": 1.04, "logo_churn": 0.08, "complaint_rate": 100.0, "cost_to_serve": 210.0, "nps": 35, "csat": 0.85, "ces": 5.6},
    "budget": 80_000,
    "parameters": {"programme_start": "2025-11-01", "people_limit": 10},
}

GOALS = [
    ("G1", "Net revenue retention of 104 %", "growth", "Accounts reach a first report within three weeks", "RevOps/Data", "Dina Fenwillow", "2027-06-30"),
    ("G2", "Gross margin of 78 %", "margin", "Technical questions are settled the first time", "CX Council/Finance", "Alba Sedgewater", "2027-06-30"),
    ("G3", "No account above 8 % of revenue at risk without a plan", "risk", "Large accounts hear from us before they ask", "CXO/PMO", "Gero Wrenfield", "2026-12-31"),
    ("G4", "Known as the easiest product of its kind", "brand", "Set-up is called easy", "Journey Owners", None, None),
]
KEY_RESULTS = [
    ("KR1.1", "G1", "Half of users active every week", "weekly_active", 0.44, 0.50, "share", "2026-12-31", "Journey Owners"),
    ("KR1.2", "G1", "First report within 15 days", "ttfv", 18, 15, "days", "2026-12-31", "Journey Owners"),
    ("KR1.3", "G1", "Net revenue retention of 104 %", "nrr", 1.0, 1.04, "share", "2027-06-30", "RevOps/Data"),
    ("KR2.1", "G2", "Three of four technical contacts settled at once", "fcr", 0.68, 0.75, "share", "2027-06-30", "Enablement/Ops"),
    ("KR3.1", "G3", "An executive sponsor for each of the twenty largest", "sponsor_share", 0.4, 1.0, "share", "2026-12-31", "CXO/PMO"),
    ("KR4.1", "G4", "Effort score of 5.6", "ces", 5.2, 5.6, "score", "2027-06-30", "Journey Owners"),
]
METRICS = [
    ("nrr", "Net revenue retention", "business", "Finance", "up", 0.3, "Growth without new accounts", "Size of customer success", "Board", 1.04, "share"),
    ("weekly_active", "Users active in a week", "cx_outcome", "Product", "up", 0.25, "Use comes before renewal", "Roadmap", "Product", 0.5, "share"),
    ("ttfv", "Days to first report", "journey_kpi", "Onboarding", "down", 0.2, "Slow starts do not renew", "Staffing of onboarding", "Onboarding", 15, "days"),
    ("fcr", "First-contact resolution", "journey_kpi", "Technical support", "up", 0.2, "Repeat contacts cost engineers", "Connector backlog", "Support", 0.75, "share"),
    ("handle_time", "Minutes per ticket", "activity", "Technical support", "down", 0.4, "Cost of support", "Shifts", "Support", 40, "minutes"),
    ("sponsor_share", "Large accounts with a sponsor", "cx_outcome", "Sales", "up", 0.0, "Risk of single losses", "Who visits whom", "CX council", 1.0, "share"),
    ("new_arr", "New yearly revenue", "business", "Sales", "up", 0.9, "Sales target", "Commission", "Sales", 900_000, "EUR"),
    ("ces", "Customer effort score", "cx_outcome", "Product", "up", 0.05, "Ease is the brand", "Design reviews", "Product", 5.6, "score"),
    ("nps", "Net promoter score", "cx_outcome", "Marketing", "up", 0.2, "Asked by the owners", None, "Marketing", 35, "points"),
    ("community_posts", "Posts in the community", "activity", "Marketing", "up", 0.1, None, None, None, 400, "posts"),
    ("sign_up", "Trial sign-ups per visitor", "journey_kpi", "Marketing", "up", 0.3, "Cheap growth", "Pages to change", "Marketing", 0.25, "share"),
    ("renewed", "Accounts that renewed", "business", "Customer success", "up", 0.5, "It is what success is for", "Calls to make", "Customer success", 0.93, "share"),
]
INITIATIVES = [
    ("N01", "Guided set-up", "If set-up is guided, weekly use rises by 6 points, because teams reach a first report before interest fades", "weekly_active", 0.06, "N2", "Fenja Larkspurr", "Journey Owners", "Dina Fenwillow", "Continent", "running", "product", "2026-02-10", "2026-04-20", "2026-12-31", None, 120_000, 70_000, True, False, 0.4),
    ("N02", "Customer academy", "If admins are trained, more accounts renew", "renewed", 0.04, "N4", "Hanne Mossgrove", "Enablement/Ops", "Gero Wrenfield", "Continent", "running", "product", "2025-10-01", "2026-01-15", "2026-12-31", None, 90_000, 60_000, True, False, 0.5),
    ("N03", "Connector rebuild", "If connectors survive updates, integration contacts fall by a third", "fcr", 0.05, "N3", "Ivo Tanglewood", "Enablement/Ops", "Alba Sedgewater", "Continent", "running", "product", "2026-01-20", "2026-03-02", "2027-03-31", None, 260_000, 140_000, True, False, 0.6),
    ("N04", "Short sign-up form", "If the form asks for less, more visitors start a trial", "sign_up", 0.02, "N1", "Lino Rookhurst", "Journey Owners", None, "Continent", "done", "project", "2026-05-18", "2026-06-15", "2026-08-31", "2026-09-04", 25_000, 21_000, True, False, 1.0),
    ("N05", "One customer record", "If all systems know a person once, feedback reaches the account team", "sponsor_share", 0.2, None, "Kaia Vetchley", "Data/Insights", "Gero Wrenfield", "Continent", "approved", "product", "2026-06-22", None, "2027-06-30", None, 210_000, 20_000, True, False, 0.5),
    ("N06", "Executive sponsors", "If each large account has a sponsor, no loss comes as a surprise", "sponsor_share", 0.6, "N7", None, None, "Gero Wrenfield", "UK", "running", "project", "2026-03-30", "2026-05-01", None, None, 40_000, 12_000, True, False, 0.3),
    ("N07", "Community relaunch", None, "community_posts", 150, None, "Odo Umberlane", None, None, "Continent", "running", "project", "2025-11-11", "2026-01-07", "2026-10-31", None, 95_000, 88_000, True, False, 0.5),
    ("N08", "Chat assistant", "If how-to questions are answered by an assistant, a third of them need nobody", "handle_time", -4, "N4", "Jaro Hollowbrook", "Enablement/Ops", "Alba Sedgewater", "Continent", "running", "product", "2026-04-02", "2026-06-01", "2027-01-31", None, 130_000, 70_000, True, False, 0.5),
    ("N09", "Brand film", None, None, None, None, None, None, None, "UK", "approved", "project", "2026-07-14", None, "2026-12-15", None, 120_000, 15_000, False, False, 0.8),
    ("N10", "Customer advisory board", "If customers see the roadmap, effort falls", "ces", 0.2, None, "Rhea Elmsworthy", "CXO/PMO", None, "Continent", "idea", "project", "2026-08-25", None, None, None, 35_000, 0, False, False, 0.5),
    ("N11", "Invoice portal", None, None, None, "N6", "Malo Pebblethorpe", None, None, "UK", "running", "project", "2025-12-03", "2026-02-16", "2026-11-30", None, 85_000, 60_000, True, False, 0.6),
    ("N12", "Data protection programme", "Required by contract with public clients", None, None, None, "Nuria Ivydene", "CX Council/Finance", "Alba Sedgewater", "Continent", "running", "project", "2026-02-02", "2026-03-16", "2026-12-31", None, 90_000, 55_000, True, True, 1.0),
]
LINKS = [
    ("N01", "weekly_active", "randomised", 0.7, "cluster experiment E1"),
    ("N01", "ttfv", "claimed", 0.5, "should follow"),
    ("weekly_active", "KR1.1", "claimed", 1.0, "by definition"),
    ("ttfv", "KR1.2", "claimed", 1.0, "by definition"),
    ("KR1.1", "G1", "correlational", 0.4, "active users renew more often"),
    ("KR1.2", "G1", "claimed", 0.2, "belief"),
    ("KR1.3", "G1", "claimed", 1.0, "by definition"),
    ("nrr", "KR1.3", "claimed", 1.0, "by definition"),
    ("N02", "renewed", "claimed", 0.5, "before and after, E3"),
    ("renewed", "KR1.3", "correlational", 0.5, "renewals make retention"),
    ("N03", "fcr", "claimed", 0.8, "estimate of support"),
    ("fcr", "KR2.1", "claimed", 1.0, "by definition"),
    ("KR2.1", "G2", "claimed", 0.5, "engineers' time"),
    ("N04", "sign_up", "randomised", 0.8, "A/B test E2 of the testing tool"),
    ("N05", "sponsor_share", "claimed", 0.2, "belief"),
    ("N06", "sponsor_share", "claimed", 0.8, "aim of the initiative"),
    ("sponsor_share", "KR3.1", "claimed", 1.0, "by definition"),
    ("KR3.1", "G3", "claimed", 1.0, "agreed with the owners"),
    ("N08", "fcr", "claimed", 0.1, "vendor"),
    ("N10", "ces", "claimed", 0.3, "belief"),
    ("ces", "KR4.1", "claimed", 1.0, "by definition"),
    ("KR4.1", "G4", "claimed", 1.0, "agreed"),
]
BENEFITS = [
    ("B1", "N01", "revenue", "nrr", "cashable", 9_400_000, "EUR of yearly revenue", 0.004, 0.012, 0.025, 1.0, 0.76, 0.9, 0.1, 0.7, "2027-01", 6, 36, "Subscriptions", "E1 and renewal model", "revenue × points of retention", None),
    ("B2", "N02", "revenue", "grr", "cashable", 9_400_000, "EUR of yearly revenue", 0.0, 0.02, 0.04, 1.0, 0.76, 0.6, 0.3, 0.5, "2026-12", 6, 24, "Subscriptions", "E3, before and after", "revenue × points of retention", "renewals"),
    ("B3", "N03", "cost", "recontact", "cashable", 1_500, "integration contacts a year", 0.1, 0.3, 0.45, 58, 1.0, 0.9, 0.0, 0.7, "2027-01", 6, 36, "Support", "support", "contacts avoided × cost", None),
    ("B4", "N03", "revenue", "grr", "cashable", 2_400_000, "EUR with connectors", 0.0, 0.01, 0.03, 1.0, 0.76, 0.9, 0.2, 0.4, "2027-03", 9, 36, "Subscriptions", "success team", "revenue × points", None),
    ("B5", "N04", "revenue", "conversion", "cashable", 62_000, "visitors a year", 0.005, 0.02, 0.035, 95, 0.76, 1.0, 0.0, 0.8, "2026-10", 1, 24, "Subscriptions", "E2", "visitors × points × value of a trial", None),
    ("B6", "N08", "cost", "deflection", "capacity", 2_100, "how-to contacts a year", 0.1, 0.3, 0.5, 16, 1.0, 0.7, 0.1, 0.6, "2026-12", 4, 24, "Support", "vendor", "contacts × share × cost", None),
    ("B7", "N06", "risk", "other", "avoided_growth", 5, "large accounts", 0.0, 0.04, 0.1, 380_000, 0.76, 0.8, 0.2, 0.5, "2026-12", 3, 24, "Subscriptions", "sales", "accounts × chance of loss × margin", "renewals"),
    ("B8", "N12", "risk", "compliance", "avoided_growth", 1, "audit a year", 0.0, 0.3, 0.6, 240_000, 1.0, 1.0, 0.0, 0.9, "2027-01", 1, 36, "Development and administration", "legal", "chance × penalty", None),
    ("B9", "N05", "revenue", "grr", "cashable", 9_400_000, "EUR of yearly revenue", 0.0, 0.003, 0.01, 1.0, 0.76, 0.7, 0.2, 0.4, "2027-07", 9, 24, "Subscriptions", "data team", "revenue × points", "renewals"),
]
INVESTMENTS = [
    ("V1", "N01", "2026-04", 50_000, "one_off", None, "sunk", None, "content and tooling"),
    ("V2", "N01", "2026-05", 1_800, "run_rate", 30, "cancellable", 5_000, "guides"),
    ("V3", "N02", "2026-01", 40_000, "one_off", None, "sunk", None, "courses"),
    ("V4", "N02", "2026-01", 3_500, "run_rate", 24, "cancellable", 2_000, "trainers"),
    ("V5", "N03", "2026-03", 140_000, "one_off", None, "sunk", None, "engineering until October"),
    ("V6", "N03", "2026-11", 120_000, "one_off", None, "committed", None, "engineering until March"),
    ("V7", "N04", "2026-06", 21_000, "one_off", None, "sunk", None, "design"),
    ("V8", "N05", "2026-12", 150_000, "one_off", None, "cancellable", 0, "matching and clean-up"),
    ("V9", "N05", "2027-01", 4_000, "run_rate", 30, "cancellable", 0, "licences"),
    ("V10", "N06", "2026-05", 2_000, "run_rate", 20, "cancellable", 0, "travel"),
    ("V11", "N07", "2026-01", 88_000, "one_off", None, "sunk", None, "agency"),
    ("V12", "N07", "2026-11", 2_500, "run_rate", 24, "cancellable", 0, "moderation"),
    ("V13", "N08", "2026-06", 60_000, "one_off", None, "sunk", None, "integration"),
    ("V14", "N08", "2026-06", 2_200, "run_rate", 30, "cancellable", 6_000, "licences"),
    ("V15", "N09", "2026-12", 105_000, "one_off", None, "cancellable", 10_000, "production"),
    ("V16", "N11", "2026-02", 60_000, "one_off", None, "sunk", None, "portal"),
    ("V17", "N11", "2026-11", 25_000, "one_off", None, "committed", None, "last module"),
    ("V18", "N12", "2026-03", 90_000, "one_off", None, "committed", None, "audit and tooling"),
]
REGISTER = [
    ("R1", "system", "Five systems hold five keys for one person", "Data; all", None, 5, "Data/Insights", "2025-11-20", None),
    ("R2", "system", "Survey answers reach nobody in the account team", "Marketing; Customer success", "N4", 4, "Data/Insights", "2026-02-12", None),
    ("R3", "assumption", "Sales assumes the client brings a data engineer", "Sales; Onboarding", "N2", 4, "Journey Owners", "2026-01-09", None),
    ("R4", "metric", "Support is paid on minutes per ticket, product on weekly use", "Technical support; Product", "N3", 4, "Enablement/Ops", "2026-03-03", None),
    ("R5", "rock", "Connectors are tested by hand before each release", "Product; Technical support", "N5", 3, "Enablement/Ops", "2025-12-15", None),
    ("R7", "system", "Trial accounts were kept apart from customers", "Sales; Product", "N1", 3, "RevOps/Data", "2025-10-02", "2026-01-22"),
    ("R8", "metric", "Product counted log-ins, not people", "Product", "N4", 3, "Data/Insights", "2025-11-05", "2026-03-10"),
    ("R9", "rock", "One engineer knew the old connector", "Technical support", "N3", 4, "Enablement/Ops", "2025-09-16", "2026-06-01"),
    ("R6", "assumption", "Marketing assumes the community answers questions", "Marketing; Customer support", "N4", 2, "Journey Owners", "2026-04-21", "2026-09-30"),
]
SYSTEMS = [
    ("crm", "Sales records", "crm", None, "account_id", "billing", 1, "RevOps/Data", "v1"),
    ("billing", "Invoicing", "billing", "N6,N7", "account_id", None, 24, "CX Council/Finance", None),
    ("support", "Ticket desk", "support", "N2,N3,N4,N5,N6", "person_id", "crm", 1, "Enablement/Ops", "v1"),
    ("voc", "Survey tool", "voc", "N2,N4", "person_id", None, 48, "Data/Insights", None),
    ("telemetry", "Product telemetry", "telemetry", "N2,N4,N7", "person_id", None, 4, "Data/Insights", "v2"),
]
MOMENTS = [
    ("N1", "Try", "Join", 1, "Lino Rookhurst", "Journey Owners", "sign_up", None, None, None, "Trial guide", "Trial", None, None, False),
    ("N2", "Set up", "Join", 2, "Fenja Larkspurr", "Journey Owners", "ttfv", 16, "office", "Guided set-up", "Set-up handbook", "Checklist", "contract_signed", "first_report", True),
    ("N3", "Connect data", "Join", 3, "Ivo Tanglewood", "Enablement/Ops", "fcr", 30, "office", "Connector playbook", "Connector pages", None, None, None, False),
    ("N4", "Work every day", "Use", 4, None, None, "weekly_active", 8, "office", None, "Help pages", "Assistant", None, None, False),
    ("N5", "Report a defect", "Get help", 5, "Jaro Hollowbrook", "Enablement/Ops", "fcr", 40, "office", "Defect triage", None, None, None, None, False),
    ("N6", "Pay", "Use", 6, None, None, None, 16, "office", None, None, "Invoice portal", None, None, False),
    ("N7", "Renew and grow", "Stay", 7, "Dina Fenwillow", "RevOps/Data", "nrr", None, None, "Renewal plan", None, None, "trial_started", "module_bought", True),
]
BACKLOG = [
    ("L1", "N2", "Sample data in every trial", "2026-01-12", "2026-04-20", 6_000, 15, "usage"),
    ("L2", "N3", "Test connectors before each release", "2025-12-15", None, 18_000, 40, "complaint"),
    ("L3", "N3", "Say which fields failed", "2026-03-08", None, 7_000, 9, "feedback"),
    ("L4", "N5", "Answer to the person who reported", "2026-02-20", None, 2_500, 6, "complaint"),
    ("L5", "N6", "Change the recipient of an invoice", "2026-05-06", None, 1_200, 5, "complaint"),
    ("L6", "N4", "Dark mode", "2025-10-28", None, 0, 30, "executive"),
    ("L7", "N7", "Show use to the buyer before renewal", "2026-06-15", None, 11_000, 20, "usage"),
    ("L8", "N4", "New colours for charts", "2025-09-10", "2025-10-30", 200, 14, "executive"),
    ("L9", "N1", "Longer trial", "2025-09-22", "2025-12-12", 600, 10, "roadmap"),
    ("L10", "N7", "Price page in four languages", "2025-10-06", "2026-01-20", 900, 20, "roadmap"),
    ("L11", "N4", "Export as slides", "2025-11-17", "2026-03-02", 400, 18, "roadmap"),
    ("L12", "N5", "Log files attached to the report", "2025-09-01", "2026-05-11", 4_000, 7, "usage"),
    ("L13", "N3", "Warn before a key expires", "2025-08-18", "2026-07-06", 9_000, 8, "complaint"),
    ("L14", "N2", "Roles explained during set-up", "2025-10-20", "2026-08-17", 3_500, 6, "feedback"),
]
PROMISES = [
    ("P1", "N2", "A first report within two weeks", "Sales", "Onboarding", 14.0, 18.0, "days", "lower"),
    ("P2", "N3", "Connectors that need no engineer", "Marketing", "Product", 0.95, 0.71, "share of set-ups", "higher"),
    ("P3", "N5", "An answer from an engineer within a day", "Sales", "Technical support", 10.0, 9.1, "office hours", "lower"),
]
CHANGES = [
    ("C1", "slow set-up", "N2", "Sample data and a guide", "2026-04-20", "N01", "ttfv"),
    ("C2", "long form", "N1", "Four fields instead of eleven", "2026-09-01", "N04", "sign_up"),
]
EXPERIMENTS = [
    ("E1", "N01", "Guided set-up raises the share of users who are active in a week", "weekly_active", "binary", "cluster_randomised", "up", "standard", 0.5, "2026-04-14", "2026-05-05", "2026-07-04", 0.06, 3_900, 160, "Subscriptions", 6),
    ("E2", "N04", "A shorter form raises sign-ups per visitor", "sign_up", "binary", "randomised", "up", "standard", 0.5, "2026-06-08", "2026-06-15", "2026-08-31", 0.02, 62_000, 72, "Subscriptions", 2),
    ("E3", "N02", "The academy raises the share of accounts that renew", "renewed", "binary", "before_after", "up", "before", None, "2026-07-20", "2026-01-15", "2026-06-30", 0.02, 420, 13_000, "Subscriptions", 6),
]
COUNCIL = [
    ("S1", "Management", "chair", "CXO/PMO", "Gero Wrenfield", "what is funded, on a case with proof", "2025-09-01", None),
    ("S2", "Finance", "finance", "CX Council/Finance", "Alba Sedgewater", "what counts as realised", "2025-09-01", None),
    ("S3", "Product", "member", "Journey Owners", "Fenja Larkspurr", None, "2025-09-01", None),
    ("S4", "Support", "member", "Enablement/Ops", "Jaro Hollowbrook", None, "2026-01-15", None),
]
WINS = [
    ("W1", "Onboarding", "2026-06-18", "Set-up of a clinic group in four days", "Went live before the quarter", "N01", "ttfv", 22_000),
    ("W2", "Technical support", "2026-07-02", "Found the cause of 40 connector tickets", None, "N03", "fcr", None),
]
MATURITY = [
    ("okr_traceability", "2026-10-05", 4, 5, "OKRs since 2024", "CXO/PMO"),
    ("scorecard", "2026-10-05", 3, 4, "Retention and NPS monthly", "RevOps/Data"),
    ("journey_ownership", "2026-10-05", 3, 4, None, "Journey Owners"),
    ("data_identity", "2026-10-05", 2, 4, "Five keys", "Data/Insights"),
    ("enablement", "2026-10-05", 3, 4, "Playbooks", "Enablement/Ops"),
    ("funding_governance", "2026-10-05", 2, 4, "Yearly budget", "CX Council/Finance"),
]


def sheets(hours: OpenHours) -> dict[str, pd.DataFrame]:
    """Every authored table of Northbeam, but for the identity labels, which are drawn."""
    rng = np.random.default_rng(40_812)
    moment = "moment_id moment journey position owner owner_role metric_id sla_hours calendar playbook knowledge self_serve start_event value_event end_to_end"
    initiative = "initiative_id initiative hypothesis metric_id expected_change moment_id owner owner_role sponsor business_unit status framing registered started planned_end ended budget spent funded must_keep plan_minimum"
    benefit = "benefit_id initiative_id block driver kind base base_unit effect_low effect effect_high unit_value margin adoption deadweight confidence start ramp_months months pnl_line source formula shared_claim"
    experiment = "experiment_id initiative_id hypothesis metric kind design direction control_arm planned_share registered started ended minimum_effect exposed_base unit_margin pnl_line lag_months"
    months = months_between("2025-11", "2026-10")
    series = {"community_posts": (240, 11, 18, 1), "sponsor_share": (0.4, 0.015, 0.01, 20), "new_arr": (68_000, 300, 9_000, 1)}
    return {
        "goals": sheet("goals", "goal_id goal type outcome owner_role owner due", GOALS),
        "key_results": sheet("key_results", "kr_id goal_id key_result metric_id baseline target unit due owner_role", KEY_RESULTS),
        "metrics": with_columns(sheet("metrics", "metric_id metric kind owner_team direction incentive_weight why_tracked decision used_by target unit", METRICS), "metrics", {"unit_value": alignment.UNIT_VALUES}),
        "metric_values": values(rng, series, months),
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
        "calendars": hours.rows("office"),
        "council": sheet("council", "seat_id business_unit seat owner_role holder decides since until", COUNCIL),
        "wins": sheet("wins", "win_id team happened action result initiative_id metric_id value", WINS),
        **alignment.sheets(np.random.default_rng(31_744)),
    }

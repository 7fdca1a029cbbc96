"""Small results for the figures of impact, drift, links and maturity's movement."""

from __future__ import annotations

from cxkit.records import Result
from tests.charts.made import result, rows

MEASURES = rows(
    metric=["logo_churn", "clv", "cost_to_serve", "speed_start"],
    label=["Customers lost", "Revenue of a customer over 36 months", "Cost to serve a customer a month",
           "Days until an initiative is started, of the first 365"],
    unit=["ratio", "money", "money", "days"],
    before=[0.128, 2100.0, 6.4, 92.0],
    before_low=[0.118, 1990.0, 6.1, None],
    before_high=[0.139, 2210.0, 6.7, None],
    after=[0.104, 2150.0, 6.9, 71.0],
    after_low=[0.095, 2040.0, 6.6, None],
    after_high=[0.114, 2260.0, 7.2, None],
    expected=[0.118, None, 6.3, None],
    n=[4100, 4100, 12, 7],
    period_before=["2024-11 to 2025-10"] * 4,
    period_after=["2025-11 to 2026-10"] * 4,
    verdict=["lower", "cannot tell", "higher", "too few"],
    tone=["good", "unknown", "bad", "unknown"],
    began=["quiet", "unknown", "quiet", "unknown"],
    grade=["A", "E", "E", "E"],
    tested_by=["H1", None, None, None],
    tested_scope=["programme", None, None, None],
    says=["Customers lost: less", "No telling", "It costs $more$ & <b>", "Too few"],
)  # fmt: skip
ALARMS = rows(
    alarm_id=["a", "b", "c", "d"],
    kind=["assumption", "link", "owner", "behind"],
    initiative=["Call back", "Loyalty $app$ & <b>", "Portal", "Chat"],
    what=["Contacts fell", "A test speaks against it", "No owner", "Behind"],
    npv_before=[12_000.0, 40_000.0, 9_000.0, 3_000.0],
    npv_after=[-4_000.0, -6_000.0, None, 1_000.0],
    case=["no longer pays", "no longer pays", "cannot be computed", "still pays"],
    proposal=["Decide again"] * 4,
    owner_role=["CX Council/Finance"] * 4,
)
LINKS = rows(
    from_label=["A", "B", "C", "D", "E"],
    to_label=["churn"] * 5,
    declared=["randomised", "randomised", "claimed", "correlational", "claimed"],
    tested=["randomised", "not tested", "randomised", "not tested", "by definition"],
    verdict=["supports", "not tested", "contradicts", "not tested", "by definition"],
    grade=["A", None, "A", None, None],
    tested_by=["X1", None, "X3", None, None],
)
CAPABILITIES = rows(
    name=["OKR traceability", "Scorecard", "Enablement", "Data and identity"],
    self_assessed=[4, None, 2, 3],
    evidenced=[3.0, 3.0, 1.0, None],
    before=[2.0, 3.0, 2.0, None],
    movement_text=["from 2 to 3", "as before", "from 2 to 1", "cannot be told"],
    next_step=["Link money", "Add complaints", "Write playbooks", "Trace"],
    next_missing=["half", "complaints", "none", "revenue"],
    next_owner=["CXO/PMO"] * 4,
)
GIVEN: dict[str, Result] = {
    "prove.impact": result("prove", {"measures": MEASURES}),
    "govern.drift": result("govern", {"alarms": ALARMS}),
    "govern.links": result("govern", {"links": LINKS}),
    "govern.maturity.moved": result("govern", {"capabilities": CAPABILITIES}),
}

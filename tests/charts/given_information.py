"""Small results for the figures of shrinkage and of the value of information."""

from __future__ import annotations

from cxkit.records import Finding, Result
from tests.charts.made import result, rows

EFFECTS = rows(
    initiative_id=["A", "B", "C", "D"],
    initiative=["Welcome $call$ & <b>", "Outage notices", "Bill explainer page that nobody reads", "Academy"],
    group=["cost, grade A", "cost, grade A", "revenue, grade A", "revenue, grade E"],
    outcome=["proven", "disproven", "open", "weak"],
    in_force=[True, True, False, False],
    n_group=[2, 2, 1, 1],
    raw=[1.6, 0.1, 0.4, 0.9],
    raw_low=[0.7, -0.3, -0.2, -11.0],
    raw_high=[2.5, 0.5, 1.0, 12.8],
    shrunk=[1.1, 0.2, 0.42, 0.5],
    low=[0.5, -0.15, -0.1, -0.9],
    high=[1.8, 0.55, 0.9, 1.9],
    weight=[0.5, 0.8, 0.7, 0.01],
    method=["full Bayes", "full Bayes", "the prior alone", "the prior alone"],
)
QUEUE = rows(
    rank=[1, 2, 3, 4],
    initiative_id=["A", "B", "C", "D"],
    initiative=["Welcome $call$ & <b>", "Outage notices", "Academy", "Repairs"],
    verdict=["test next", "test, if the claim is as unsure as stated", "cannot be told", "no test"],
    units=[1200, 400, None, 80],
    months=[2.1, 7.4, None, None],
    councils=[1.0, 3.0, None, 1.0],
    evppi=[40_000.0, 9_000.0, 800.0, 10.0],
    evsi=[31_000.0, 4_000.0, None, 2.0],
    waiting=[900.0, 400.0, None, 300.0],
    test_cost=[1_200.0, None, None, 900.0],
    net=[28_900.0, 3_600.0, None, -1_198.0],
    net_low=[12_000.0, -500.0, None, -1_200.0],
    net_high=[66_000.0, 14_000.0, None, 2_400.0],
)
NEXT = Finding(
    id="govern.information.queue",
    stage="govern",
    title="Test Welcome call next: a test of it is worth $28.9k after its cost and the wait",
    value=28_900.0,
    unit="money",
    currency="USD",
)
GIVEN: dict[str, Result] = {
    "govern.shrinkage": result("govern", {"effects": EFFECTS}),
    "govern.information": result("govern", {"queue": QUEUE}, (NEXT,)),
}

"""No gain is sold twice: what is shared is split, what looks shared is asked about."""

import pytest

TWO = [
    {"base_unit": "calls a year"},
    {"benefit_id": "B2", "initiative_id": "I2", "base_unit": "Calls  a year ", "effect": 0.05},
]
COSTS = [{}, {"investment_id": "V2", "initiative_id": "I2", "amount": 100}]
NAMES = [
    {"initiative_id": "I1", "initiative": "Callback", "status": "running"},
    {"initiative_id": "I2", "initiative": "Bot", "status": "running"},
]


def test_the_same_driver_on_the_same_base_is_flagged_and_nothing_taken_off(plan):
    result = plan.cases(TWO, COSTS, NAMES)
    found = result.finding("quantify.cases.overlap", subject="deflection: calls a year")
    assert found.title == (
        "Callback and Bot both claim contacts that need not happen on the same base (calls a year); "
        "if it is one gain, $600 of it is counted twice"
    )
    assert found.detail.startswith("Nothing is taken off yet: let their rows name the same shared claim")
    assert result.frame("cases")["pv_benefit"].tolist() == [1200, 600]
    assert result.frame("overlaps")["at_stake_pv"].tolist() == pytest.approx([600, 600])


@pytest.mark.parametrize(
    "changed",
    [
        {"driver": "aht"},
        {"base_unit": "repairs a year"},
        {"base_unit": None},
        {"effect": 0.0},
    ],
)
def test_another_driver_or_base_is_no_overlap(plan, changed):
    assert not plan.cases([TWO[0], TWO[1] | changed], COSTS, NAMES).has("overlaps")


def test_a_declared_pool_settles_it(plan):
    pooled = [row | {"shared_claim": "calls"} for row in TWO]
    result = plan.cases(pooled, COSTS, NAMES)
    assert not result.has("overlaps")
    assert result.frame("pools")["lost_pv"].tolist() == pytest.approx([400, 200])


def test_two_different_pools_on_one_base_are_asked_about(plan):
    pooled = [TWO[0] | {"shared_claim": "calls"}, TWO[1] | {"shared_claim": "contacts"}]
    assert plan.cases(pooled, COSTS, NAMES).has("overlaps")


def test_what_was_stopped_claims_nothing(plan):
    assert not plan.cases(TWO, COSTS, [NAMES[0], NAMES[1] | {"status": "stopped"}]).has("overlaps")


def test_an_hour_saved_as_cash_and_as_capacity_is_one_hour(plan):
    rows = [TWO[0], TWO[1] | {"kind": "capacity"}]
    assert plan.cases(rows, COSTS, NAMES).finding("quantify.cases.overlap").detail.endswith("Not all of it is cash.")
    pooled = [row | {"shared_claim": "hours"} for row in rows]
    found = plan.cases(pooled, COSTS, NAMES).frame("cases")
    assert found["pv_benefit"].tolist() == pytest.approx([800, 0])
    assert found["capacity_pv"].tolist() == pytest.approx([0, 400])

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.govern import allocation, ledger, portfolio
from cxkit.govern.catalogue import FINDINGS
from cxkit.govern.verdicts import RULES

ID = "initiative_id"


@pytest.fixture(scope="module")
def plan(world):
    """The plan over given cases and tests."""

    def make(cases, *, effects=None, pnl=None, budget=1000.0, tables=None):
        given = tables or world.tables()
        book = ledger(given, traceability=world.trace(given), cases=cases, effects=effects, pnl=pnl)
        return allocation(portfolio(book, cases, discount_rate=0.0), budget=budget, seed=1)

    return make


def rows(found):
    return found.frame("plan").set_index(ID)


def test_proven_is_funded_large_claims_wait_and_losers_stop(world, plan):
    cases = world.cases(
        world.case("I1", benefit=500, cancellable=60),
        world.case("I2", benefit=900, cancellable=200),
        world.case("I3", benefit=10, cancellable=50, exit_cost=8),
        world.case("I4", sunk=5, cancellable=30),
    )
    found = plan(
        cases,
        effects=world.effects(("I1", "A", "cut", "good")),
        pnl=world.pnl(("E1", "I1", 400.0, 200.0, 600.0, "claimed")),
    )
    got = rows(found)
    assert got["verdict"].to_dict() == {"I1": "fund", "I2": "test first", "I3": "stop", "I4": "keep"}
    assert got.loc["I1", "npv_go_forward"] == 400 - 60  # what the test found, not the 500 that was claimed
    assert got.loc["I1", ["go_forward_low", "go_forward_high"]].to_list() == [140, 540]
    assert got.loc["I3", "freed"] == 50 - 8
    assert (
        got.loc["I3", "reason"]
        == "no goal, no owner; claimed, not tested; go-forward NPV −$32.0; $50.0 can be cancelled, at a cost of $8.00"
    )
    assert got["amount"].to_dict() == {"I1": 60, "I2": 200, "I3": 0, "I4": 30}
    assert got["amount"].sum() + found.unallocated == found.budget == 1000
    assert found.freed == 42
    assert found.finding("govern.allocation.plan").title == (
        "The plan funds 1 with $60.0, holds $200 for 1 to test first and stops 1; "
        "what it funds is worth $310 from here on, $340 of it proven"
    )
    assert [g.id for g in found.gaps] == ["govern.allocation.test_value"]
    assert {f.id for f in found.findings} <= set(FINDINGS)


def test_a_claim_never_takes_money_from_proof(world, plan):
    cases = world.cases(world.case("I1", benefit=100, cancellable=60), world.case("I3", benefit=9000, cancellable=60))
    proof = {
        "effects": world.effects(("I1", "A", "cut", "good")),
        "pnl": world.pnl(("E1", "I1", 90, 80, 99, "claimed")),
    }
    got = rows(plan(cases, **proof, budget=110))
    assert got["amount"].to_dict()["I1"] == 60
    assert got.loc["I3", ["verdict", "rule"]].to_list() == ["hold", "outbid"]


def test_a_small_claim_is_its_own_test(world, plan):
    got = rows(plan(world.cases(world.case("I1", benefit=90, cancellable=50)), budget=1000))
    assert got.loc["I1", ["verdict", "rule"]].to_list() == ["fund", "small_claim"]
    got = rows(plan(world.cases(world.case("I1", benefit=90, cancellable=51)), budget=1000))
    assert got.loc["I1", "verdict"] == "test first"


def test_disproven_is_judged_by_what_was_found(world, plan):
    cases = world.cases(world.case("I1", benefit=500, cancellable=60))
    got = rows(plan(cases, effects=world.effects(("I1", "A", "no effect worth having", "neutral"))))
    assert got.loc["I1", ["verdict", "npv_go_forward", "freed"]].to_list() == ["stop", -60, 60]
    assert "no effect worth having" in got.loc["I1", "reason"]


def test_proof_that_may_carry_its_cost_or_not_is_held_not_stopped(world, plan):
    cases = world.cases(world.case("I1", benefit=500, cancellable=60))
    proof = {
        "effects": world.effects(("I1", "A", "cut", "good")),
        "pnl": world.pnl(("E1", "I1", 50, 10, 90, "claimed")),
    }
    assert rows(plan(cases, **proof)).loc["I1", ["verdict", "rule"]].to_list() == ["hold", "break_even"]


def test_sunk_and_committed_cost_speak_neither_for_nor_against(world, plan):
    plain = rows(plan(world.cases(world.case("I1", benefit=100, cancellable=60))))
    deep = rows(plan(world.cases(world.case("I1", benefit=100, cancellable=60, sunk=10_000, committed=9_000))))
    assert deep.loc["I1", ["verdict", "amount"]].equals(plain.loc["I1", ["verdict", "amount"]])
    nothing = rows(plan(world.cases(world.case("I1", committed=60))))
    assert nothing.loc["I1", ["verdict", "rule"]].to_list() == ["keep", "nothing_to_save"]


def test_stopping_that_costs_as_much_as_it_saves_is_not_done(world, plan):
    got = rows(
        plan(world.cases(world.case("I1", benefit=1, cancellable=60, exit_cost=60), world.case("I2", cancellable=1)))
    )
    assert got.loc["I1", "verdict"] == "test first"  # going on is worth the exit cost that it avoids
    got = rows(plan(world.cases(world.case("I1", cancellable=60, exit_cost=60))))
    assert got.loc["I1", ["verdict", "rule"]].to_list() == ["keep", "costly_exit"]


def test_capacity_is_not_cash(world, plan):
    got = rows(plan(world.cases(world.case("I1", benefit=500, cancellable=60, kind="capacity"))))
    assert got.loc["I1", ["verdict", "rule", "npv_go_forward"]].to_list() == ["hold", "no_cash", -60]


def test_without_a_case_there_is_no_new_money_and_an_orphan_stops(world, plan):
    got = rows(plan(world.cases(world.case("I1", benefit=100, cancellable=60))))
    assert got.loc["I2", ["verdict", "rule"]].to_list() == ["hold", "no_case"]
    assert got.loc["I3", ["verdict", "rule"]].to_list() == ["stop", "no_reason"]
    assert got.loc["I3", "reason"].endswith("$50.0 of its budget is not spent; what can be cancelled is not stated")


def test_must_keep_beyond_the_budget_is_named_and_nothing_is_given(world, plan):
    cases = world.cases(world.case("I1", benefit=100, cancellable=60), world.case("I4", cancellable=80))
    found = plan(cases, budget=70)
    assert not found.feasible
    assert found.finding("govern.allocation.infeasible").title == (
        "What must be kept needs $80.0, $10.0 more than the budget of $70.0"
    )
    assert rows(found)["amount"].sum() == 0
    assert rows(found).loc["I1", "rule"] == "no_room"


def test_levels_are_used_where_the_whole_does_not_fit(world, plan):
    cases = world.cases(world.case("I2", benefit=900, cancellable=200))  # works from half of the money
    got = rows(plan(cases, budget=210))  # 50 of it for what must be kept
    assert got.loc["I2", ["share", "amount"]].to_list() == [0.75, 150]


def test_without_a_stated_budget_the_plan_gives_out_what_is_asked_for(world, plan):
    found = plan(
        world.cases(world.case("I1", benefit=100, cancellable=60), world.case("I3", cancellable=40)), budget=None
    )
    assert (found.budget, found.budget_stated) == (60 + 40 + 50, False)  # I4 must be kept and has 50 left to spend
    assert "No budget was stated" in found.finding("govern.allocation.plan").detail


def test_without_any_case_there_is_a_gap(world, plan):
    found = plan(None)
    assert [g.id for g in found.gaps] == ["govern.allocation.plan"]
    assert {m.name for m in found.gaps[0].needs} == {"benefits", "investments"}
    assert not found.findings


def test_the_rules_are_printed_with_the_plan(world, plan):
    found = plan(world.cases(world.case("I1", benefit=100, cancellable=60)))
    assert found.frame("rules")["rule"].to_list() == list(RULES)
    assert set(rows(found)["rule"]) <= set(RULES)


amount = st.integers(0, 500)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(amount, amount, st.integers(0, 50)), min_size=5, max_size=5), st.integers(0, 1500))
def test_the_plan_never_exceeds_the_budget_and_its_amounts_add_up(world, plan, numbers, budget):
    made = [
        world.case(f"I{n}", benefit=b, cancellable=c, exit_cost=e) for n, (b, c, e) in enumerate(numbers, 1) if b or c
    ]
    found = plan(world.cases(*made), budget=budget) if made else None
    if found is None or not found.has("plan"):
        return
    got = found.frame("plan")
    assert got["amount"].sum() <= budget + 1e-9
    assert got["amount"].sum() + found.unallocated == pytest.approx(budget)
    assert (got.loc[got["verdict"] == "stop", "amount"] == 0).all()
    claims = [(c, b - c + e) for n, (b, c, e) in enumerate(numbers, 1) if n not in (4, 5) and b - c + e > 0 and c > 0]
    kept = numbers[3][1] if any(numbers[3]) else 50
    if found.feasible:
        left, greedy = budget - kept, 0
        for cost, value in sorted(claims, key=lambda x: -x[1] / x[0]):
            if cost <= left:
                left, greedy = left - cost, greedy + value
        given = got[(got["amount"] > 0) & ~got["must_keep"]]
        full = given[given["share"] == 1.0]["npv_go_forward"].sum()
        part = sum(
            r.share * (r.npv_go_forward - numbers[int(r.initiative_id[1]) - 1][2])
            + numbers[int(r.initiative_id[1]) - 1][2]
            for r in given[given["share"] < 1.0].itertuples()
        )
        assert full + part >= greedy - 1e-6

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.govern.selection import Infeasible, Option, choose

# Burkardt, KNAPSACK_01, https://people.sc.fsu.edu/~jburkardt/datasets/knapsack_01/ (instances P07 and P08 as published)
P07 = (
    750,
    [70, 73, 77, 80, 82, 87, 90, 94, 98, 106, 110, 113, 115, 118, 120],
    [135, 139, 149, 150, 156, 163, 173, 184, 192, 201, 210, 214, 221, 229, 240],
)


def single(costs, values):
    return {f"I{i:02}": [Option(share=1, cost=c, value=v)] for i, (c, v) in enumerate(zip(costs, values, strict=True))}


def value(chosen):
    return sum(option.value for option in chosen.values())


def cost(chosen):
    return sum(option.cost for option in chosen.values())


def test_published_knapsack_reaches_its_optimum():
    budget, weights, profits = P07
    chosen = choose(single(weights, profits), budget=budget)
    assert value(chosen) == 1458
    assert cost(chosen) == 749


def test_what_must_be_kept_comes_first_even_at_a_loss():
    options = single([60, 50], [-5, 100])
    assert set(choose(options, budget=100, keep={"I00"})) == {"I00"}
    assert choose(options, budget=50, keep={"I00"}) == Infeasible(needed=60, budget=50)


def test_a_smaller_level_is_taken_where_the_whole_does_not_fit():
    options = {"A": [Option(share=0.5, cost=50, value=40), Option(share=1, cost=100, value=90)]}
    assert choose(options, budget=99)["A"].share == 0.5
    assert choose(options, budget=100)["A"].share == 1


def test_nothing_without_value_is_taken():
    assert choose(single([10, 0], [0, -1]), budget=100) == {}
    assert choose({}, budget=100) == {}


def test_large_amounts_stay_within_the_budget_to_the_cent():
    options = single([333_333_333.34] * 3, [1, 1, 1])
    assert len(choose(options, budget=1_000_000_000.00)) == 2


amounts = st.integers(0, 400)
portfolio = st.lists(st.tuples(amounts, st.integers(-100, 400), st.booleans()), min_size=1, max_size=7)


def brute(options, budget):
    names = sorted(options)
    best = 0
    for pick in product(*[[None, *options[n]] for n in names]):
        taken = [o for o in pick if o]
        if sum(o.cost for o in taken) <= budget:
            best = max(best, sum(o.value for o in taken))
    return best


def greedy(options, budget):
    left, got = budget, 0.0
    for option in sorted((o for level in options.values() for o in level[-1:]), key=lambda o: -o.value / (o.cost or 1)):
        if option.value > 0 and option.cost <= left:
            left, got = left - option.cost, got + option.value
    return got


@settings(max_examples=40, deadline=None)
@given(portfolio, st.integers(0, 1200))
def test_selection_is_the_optimum_within_the_budget_and_never_worse_than_greedy(items, budget):
    options = {
        f"I{i}": [Option(share=0.5, cost=c / 2, value=v / 2)] * halves + [Option(share=1, cost=c, value=v)]
        for i, (c, v, halves) in enumerate(items)
    }
    chosen = choose(options, budget=budget)
    assert cost(chosen) <= budget
    assert value(chosen) == pytest.approx(brute(options, budget))
    assert value(chosen) >= greedy(options, budget) - 1e-9

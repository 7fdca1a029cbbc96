"""Values of information against published figures, closed forms and the exact choice."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.govern.information_choice import Candidate, Choice
from cxkit.govern.information_values import (
    Known,
    evpi,
    evppi_discrete,
    evsi_discrete,
    evsi_normal,
    unit_normal_loss,
)

OIL = {"cost": [(150, 0.2), (300, 0.6), (500, 0.2)], "oil": [(0, 0.5), (700, 0.3), (1200, 0.2)]}


def drill(cost, oil):
    return oil - cost, 0


def test_the_oil_wildcatter_as_published():
    expected = sum(p * q * (o - c) for (c, p), (o, q) in itertools.product(*OIL.values()))
    assert expected == pytest.approx(140)
    assert evppi_discrete(OIL, drill, {"oil"}) == pytest.approx(155)
    assert evppi_discrete(OIL, drill, {"cost"}) == pytest.approx(10)
    assert evppi_discrete(OIL, drill, ()) == 0
    assert evppi_discrete(OIL, drill, OIL) >= 155


def test_the_oil_wildcatter_from_draws():
    """The same figures by the route that portfolios take: joint draws, bins, one option to fund."""
    rng = np.random.default_rng(1)
    cost, oil = (rng.choice([v for v, _ in OIL[k]], p=[p for _, p in OIL[k]], size=200_000) for k in ("cost", "oil"))
    choice = Choice([Candidate(id="drill", cost=0.0)], budget=0.0)
    draws = np.column_stack([oil - cost]).astype(float)
    assert evpi(draws, choice) == pytest.approx(evppi_discrete(OIL, drill, OIL), abs=2)
    by_oil = np.column_stack([oil - cost.mean()])
    assert Known(by_oil, 0, choice).value() == pytest.approx(155, abs=2)


def test_clemen_and_reilly_chapter_12():
    """Making Hard Decisions: problem 12.4 (E 3.04, F 1.20, both 3.22) and the investor (EVPI 420, EVII 242)."""
    inputs = {"E": [(20, 0.1), (10, 0.2), (0, 0.6), (-10, 0.1)], "F": [(5, 0.7), (-1, 0.3)]}

    def options(E, F):
        return E, F

    found = [evppi_discrete(inputs, options, about) for about in ({"E"}, {"F"}, {"E", "F"})]
    assert found == pytest.approx([3.04, 1.2, 3.22])
    market = [0.5, 0.3, 0.2]
    payoffs = [[1500, 100, -1000], [1000, 200, -100], [500, 500, 500]]
    economist = [[0.80, 0.10, 0.10], [0.15, 0.70, 0.15], [0.20, 0.20, 0.60]]
    assert evsi_discrete(market, payoffs, np.eye(3)) == pytest.approx(420)
    assert evsi_discrete(market, payoffs, economist) == pytest.approx(242)


@pytest.mark.parametrize(("z", "loss"), [(0.0, 0.3989), (0.5, 0.1978), (1.0, 0.0833), (2.0, 0.0085)])
def test_the_unit_normal_loss_table(z, loss):
    assert unit_normal_loss(z) == pytest.approx(loss, abs=5e-5)


@pytest.mark.parametrize(("mean", "sd", "error"), [(0.0, 1.0, 0.5), (0.7, 1.0, 1.0), (-0.4, 0.6, 0.3), (1.0, 2.0, 0.0)])
def test_bins_give_the_closed_form(mean, sd, error):
    from scipy.stats import norm

    draws = mean + sd * norm.ppf((np.arange(20_000) + 0.5) / 20_000)[:, None]
    known = Known(draws, 0, Choice([Candidate(id="A", cost=1.0)], budget=1.0))
    assert known.value(error=error) == pytest.approx(evsi_normal(mean, sd, error), abs=0.002)
    doubled = known.value(error=error, spread=2.0)
    assert doubled == pytest.approx(evsi_normal(mean, 2 * sd, error), abs=0.004)


def test_waiting_costs_what_is_postponed():
    draws = np.full((100, 1), 10.0)
    known = Known(draws, 0, Choice([Candidate(id="A", cost=1.0)], budget=1.0))
    assert known.value() == 0
    assert known.value(kept=0.98) == pytest.approx(-0.2)  # a sure thing only loses by waiting
    held = Known(draws, 0, Choice([Candidate(id="A", cost=1.0, keep=True)], budget=1.0))
    assert held.value(kept=0.98) == pytest.approx(0)  # what must be kept goes on while it is tested


def test_a_shared_input_is_worth_knowing_for_both():
    """Two initiatives that hang on one input: knowing one tells the other, and the choice between them."""
    rng = np.random.default_rng(4)
    common = rng.normal(size=20_000)
    draws = np.column_stack([0.2 + common, 0.1 + common])
    choice = Choice([Candidate(id="A", cost=1.0), Candidate(id="B", cost=1.0)], budget=2.0)
    both = Known(draws, 0, choice).value()
    apart = Known(np.column_stack([draws[:, 0], rng.permutation(draws[:, 1])]), 0, choice).value()
    assert both == pytest.approx(evpi(draws, choice), rel=0.02)
    assert both > 1.7 * apart


def test_links_between_initiatives_hold_in_the_exact_choice():
    some = [
        Candidate(id="A", cost=1.0, depends_on=("B",)),
        Candidate(id="B", cost=1.0),
        Candidate(id="C", cost=1.0, excludes=("A",)),
    ]
    choice = Choice(some, budget=9.0)
    values = np.array([[5.0, -2.0, 2.0], [5.0, -4.0, 2.0]])
    assert choice.best(values).tolist() == [3.0, 2.0]  # A with B and without C; then C alone
    assert choice.shares(values[1]) == {"A": 0.0, "B": 0.0, "C": 1.0}


def test_least_levels_and_what_must_be_kept():
    some = [Candidate(id="A", cost=10.0, least=0.5), Candidate(id="B", cost=4.0, keep=True)]
    assert Choice(some, budget=9.0).best(np.array([[8.0, -1.0]])).tolist() == [3.0]  # half of A, and B
    assert Choice(some, budget=14.0).best(np.array([[8.0, -1.0]])).tolist() == [7.0]
    assert not Choice(some, budget=3.0).feasible


money = st.floats(-50, 80).map(lambda v: round(v, 1))
portfolios = st.lists(
    st.tuples(st.floats(1, 40).map(lambda v: round(v, 1)), money, st.floats(0, 40)), min_size=1, max_size=6
)


def drawn(rows, seed, draws=600):
    rng = np.random.default_rng(seed)
    common = rng.standard_normal(draws)
    return np.column_stack([m + s * (0.5 * common + 0.8 * rng.standard_normal(draws)) for _, m, s in rows])


@settings(max_examples=60, deadline=None)
@given(portfolios, st.floats(0, 1), st.booleans(), st.floats(0, 60), st.floats(0.2, 3))
def test_order_of_the_values_of_information(rows, share, exact, error, spread):
    choice = Choice(
        [Candidate(id=str(n), cost=c) for n, (c, _, _) in enumerate(rows)],
        budget=share * sum(c for c, _, _ in rows),
        exact=exact,
    )
    draws = drawn(rows, 3)
    whole = evpi(draws, choice)
    assert whole >= 0
    for which in range(len(rows)):
        known = Known(draws, which, choice)
        sure = known.value(spread=spread)
        tested = known.value(error=error, spread=spread)
        better = known.value(error=error / 2, spread=spread)
        assert 0 <= tested <= better + 1e-9 <= sure + 2e-9
        scale = max(1.0, float(np.abs(draws).max()))
        assert known.value() <= whole + 0.02 * scale  # regression carries others along: noise of the draws alone
        assert known.value(error=error, kept=0.97) <= known.value(error=error) + 1e-9


@settings(max_examples=40, deadline=None)
@given(portfolios, st.floats(0.1, 1))
def test_exact_choice_is_brute_force_and_the_divisible_one_bounds_it(rows, share):
    costs = np.array([c for c, _, _ in rows])
    budget = share * costs.sum()
    some = [Candidate(id=str(n), cost=c) for n, c in enumerate(costs)]
    draws = drawn(rows, 5, 50)
    exact = Choice(some, budget=budget).best(draws)
    brute = [
        max(
            sum(v[list(taken)])
            for size in range(len(rows) + 1)
            for taken in itertools.combinations(range(len(rows)), size)
            if round(costs[list(taken)].sum(), 2) <= budget + 1e-9
        )
        for v in draws
    ]
    assert exact == pytest.approx(brute)
    loose = Choice(some, budget=budget, exact=False).best(draws)
    assert (loose >= exact - 1e-9).all()
    assert (loose <= exact + np.maximum(draws, 0).max(axis=1) + 1e-9).all()  # at most one initiative is cut


def compare(seeds, size):
    """EVPI and EVPPI of divisible initiatives over those of whole ones, on drawn portfolios."""
    totals = np.zeros(4)
    for seed in range(seeds):
        rng = np.random.default_rng([9, seed])
        costs = rng.uniform(5, 40, size)
        draws = costs * (rng.normal(0.3, 0.5, size) + rng.uniform(0.2, 0.8, size) * rng.standard_normal((2_000, size)))
        some = [Candidate(id=str(n), cost=c) for n, c in enumerate(costs)]
        whole, loose = (Choice(some, budget=0.5 * costs.sum(), exact=e) for e in (True, False))
        totals += [
            evpi(draws, loose), evpi(draws, whole),
            sum(Known(draws, n, loose, bins=50).value() for n in range(size)),
            sum(Known(draws, n, whole, bins=50).value() for n in range(size)),
        ]  # fmt: skip
    return totals[0] / totals[1], totals[2] / totals[3]


def test_divisible_initiatives_value_information_nearly_as_whole_ones_do():
    """Used beyond 12 parts only, where the one initiative that is cut weighs less still."""
    plan, single = compare(20, 8)
    print(f"8 initiatives: EVPI ratio {plan:.3f}, EVPPI ratio {single:.3f}")
    assert plan == pytest.approx(1, abs=0.1)
    assert single == pytest.approx(1, abs=0.3)

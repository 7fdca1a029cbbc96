"""The programme finds what trying every plan finds, under every limit, and the CVaR of the textbooks."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from cxkit.govern.programme import Candidate, Level, Limits, Pool, Programme, tail
from cxkit.govern.programme_conflict import Clash, conflict

DRAWS = 40


def test_cvar_of_a_loss_that_can_be_worked_out_by_hand():
    """Ten equally likely losses 1 … 10: the worst fifth averages 9.5, the worst quarter (10 + 9 + 8 / 2) / 2.5."""
    values = -np.arange(1.0, 11.0)
    assert tail(values, 0.2)[0] == pytest.approx(-9.5)
    assert tail(values, 0.25)[0] == pytest.approx(-(10 + 9 + 4) / 2.5)
    assert tail(values, 1.0)[0] == pytest.approx(values.mean())


def test_cvar_is_the_minimum_of_rockafellar_and_uryasevs_function():
    """Theorem 1 of Rockafellar and Uryasev (2000): CVaR is the least of a + E[(loss - a)+] / share over a."""
    rng = np.random.default_rng(3)
    values = rng.standard_t(3, 500)
    least = min(a + np.maximum(-values - a, 0).mean() / 0.05 for a in -values)
    assert -tail(values, 0.05)[0] == pytest.approx(least)


def world(seed, n=5, *, pooled=True):
    """A small random portfolio with pools, in the shapes that the programme is given."""
    rng = np.random.default_rng(seed)
    made = []
    for k in range(n):
        cost, worth = int(rng.integers(1, 60)) * 100, rng.uniform(-20, 80)
        shares = (0.5, 1.0) if rng.random() < 0.5 else (1.0,)
        made.append(
            Candidate(
                f"I{k}",
                tuple(Level(s, round(cost * s), float(rng.integers(-3, 3)), round(2000 * s)) for s in shares),
                worth + rng.normal(0, 30, DRAWS),
                {"P": rng.uniform(0, 60, DRAWS)} if pooled and rng.random() < 0.6 else {},
                first=bool(rng.random() < 0.4),
                must=bool(rng.random() < 0.15),
            )
        )
    claims = [c.pools["P"] for c in made if c.pools]
    pools = {"P": Pool(np.max(claims, axis=0), rng.uniform(0, 10, DRAWS))} if claims else {}
    return Programme(made, pools)


def every(programme, limits):
    """Each plan that holds all limits, with its value by scenario, worked out without the programme's own code."""
    choices = [[None, *c.levels] for c in programme.candidates]
    for pick in product(*choices):
        plan = {c.id: level for c, level in zip(programme.candidates, pick, strict=True) if level}
        if limits.must and any(c.must and c.id not in plan for c in programme.candidates):
            continue
        if limits.cents is not None and sum(v.cents for v in plan.values()) > limits.cents:
            continue
        if limits.people is not None and sum(v.people for v in plan.values()) > limits.people:
            continue
        if any(a in plan and b not in plan for a, b in limits.depends):
            continue
        if any(a in plan and b in plan for a, b in limits.excludes):
            continue
        values = np.zeros(programme.draws)
        for c in programme.candidates:
            if c.id in plan:
                values += c.linear * plan[c.id].share + plan[c.id].fixed
        for name, pool in programme.pools.items():
            drawn = pool.held.copy()
            for c in programme.candidates:
                if c.id in plan and name in c.pools:
                    drawn += c.pools[name] * plan[c.id].share
            values += np.minimum(drawn, pool.size) - np.minimum(pool.held, pool.size)
        worst = np.sort(values)[: round(limits.share * len(values))].mean()
        if limits.risk is None or -worst <= limits.risk + 1e-7:
            yield plan, values


LIMITS = {
    "money": Limits(cents=9000),
    "people": Limits(people=4000),
    "depends": Limits(cents=12000, depends=(("I0", "I1"), ("I2", "I3"))),
    "excludes": Limits(cents=12000, excludes=(("I0", "I1"), ("I1", "I4"))),
    "risk": Limits(cents=8000, risk=-30.0, share=0.1),
    "all": Limits(cents=10000, people=6000, risk=-10.0, share=0.1, depends=(("I0", "I1"),), excludes=(("I2", "I3"),)),
}


@pytest.mark.parametrize("name", LIMITS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_programme_finds_what_trying_every_plan_finds(name, seed):
    programme, limits = world(seed), LIMITS[name]
    best = max((values.mean() for _, values in every(programme, limits)), default=None)
    found = programme.solve(limits, rounds=False)
    assert (found is None) == (best is None)
    if found is None:
        assert conflict(programme, limits)
        return
    assert found.mean() == pytest.approx(best, abs=1e-4)
    assert found.optimal
    assert any(plan == found.levels for plan, _ in every(programme, limits)), "the plan holds every limit"
    assert found.mean() == pytest.approx(programme.of(found.levels).mean())


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_proof_comes_first_and_then_the_most_of_what_is_left(seed):
    """Without pools and claims that lose, the first round is the best for proof alone, as if there were no claims."""
    programme, limits = world(seed, pooled=False), replace(LIMITS["money"], must=False)
    programme = Programme([replace(c, must=False) for c in programme.candidates])
    found = programme.solve(limits)
    proven = Programme([c for c in programme.candidates if c.first] or programme.candidates[:1]).solve(limits)
    if not programme.first.any():
        return
    own = {i: level for i, level in found.levels.items() if programme.candidates[int(i[1:])].first}
    assert programme.of(own).mean() == pytest.approx(proven.mean(), abs=1e-4)
    first = programme.of(own).mean()
    rest = [
        values.mean()
        for plan, values in every(programme, limits)
        if programme.of({i: v for i, v in plan.items() if programme.candidates[int(i[1:])].first}).mean()
        >= first - 1e-6
    ]
    assert found.mean() == pytest.approx(max(rest), abs=1e-4)


@pytest.mark.parametrize("seed", range(8))
def test_the_written_out_form_of_rockafellar_and_uryasev_finds_the_same(seed):
    """One variable per scenario: maximise the mean with a + sum(z) / (share × n) ≤ limit, z ≥ loss - a, z ≥ 0."""
    programme = world(seed, n=7, pooled=False)
    limits = Limits(cents=15000, risk=2.0, share=0.1, must=False)
    programme = Programme([replace(c, must=False) for c in programme.candidates])
    m, n = len(programme.level), programme.draws
    value = programme.linear[:, programme.owner] * programme.share + programme.fixed
    goal = np.concatenate([-value.mean(axis=0), [0.0], np.zeros(n)])
    one = np.array([[float(o == k) for o in programme.owner] for k in range(len(programme.candidates))])
    rows = [
        LinearConstraint(np.hstack([one, np.zeros((len(one), 1 + n))]), 0, 1),
        LinearConstraint(np.concatenate([programme.cents / 100, np.zeros(1 + n)])[None], 0, 150),
        LinearConstraint(np.hstack([value, np.ones((n, 1)), np.eye(n)]), 0, np.inf),
        LinearConstraint(np.concatenate([np.zeros(m), [1.0], np.full(n, 1 / (0.1 * n))])[None], -np.inf, 2.0),
    ]
    low = np.concatenate([np.zeros(m), [-np.inf], np.zeros(n)])
    high = np.concatenate([np.ones(m), np.full(1 + n, np.inf)])
    whole = np.concatenate([np.ones(m), np.zeros(1 + n)]).astype(int)
    written = milp(goal, constraints=rows, bounds=Bounds(low, high), integrality=whole, options={"mip_rel_gap": 0.0})
    found = programme.solve(limits, rounds=False)
    assert found.mean() == pytest.approx(-written.fun, abs=1e-3)
    assert found.loss(0.1) <= 2.0 + 1e-6


def one(id, cents=100, people=1000, worth=10.0, **more):
    return Candidate(id, (Level(1.0, cents, 0.0, people),), np.full(4, worth), **more)


def test_conflicting_limits_are_named_and_no_more_than_needed():
    programme = Programme(
        [one("A", must=True), one("B", must=True), one("C", worth=50.0), one("D", must=True, cents=1)]
    )
    assert conflict(programme, Limits(cents=1000, people=9000)) == ()
    assert conflict(programme, Limits(cents=1000, people=9000, excludes=(("A", "B"), ("C", "D")))) == (
        Clash("must keep", ("A",)),
        Clash("must keep", ("B",)),
        Clash("excludes", ("A", "B")),
    )
    assert {c.kind for c in conflict(programme, Limits(cents=150, people=9000))} == {"must keep", "budget"}
    found = conflict(programme, Limits(cents=1000, people=1500, depends=(("A", "X"),)))
    assert found == (Clash("must keep", ("B",)), Clash("must keep", ("D",)), Clash("people"))
    assert conflict(programme, Limits(cents=1000, depends=(("A", "X"),))) == (
        Clash("must keep", ("A",)),
        Clash("depends", ("A", "X")),
    )
    loses = Programme([one("A", worth=-5.0, must=True)])
    assert conflict(loses, Limits(risk=2.0)) == (Clash("must keep", ("A",)), Clash("risk"))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_of_a_conflict_each_limit_is_needed(seed):
    programme = world(seed)
    limits = replace(LIMITS["all"], cents=3000, people=1500, risk=1.0)
    for clash in (found := conflict(programme, limits)):
        rest = [c for c in found if c != clash]
        kinds = {c.kind for c in rest}
        must = {c.ids[0] for c in rest if c.kind == "must keep"}
        without = Programme([replace(c, must=c.id in must) for c in programme.candidates], programme.pools)
        eased = Limits(
            cents=limits.cents if "budget" in kinds else None,
            people=limits.people if "people" in kinds else None,
            risk=limits.risk if "risk" in kinds else None,
            share=limits.share,
            depends=tuple(c.ids for c in rest if c.kind == "depends"),
            excludes=tuple(c.ids for c in rest if c.kind == "excludes"),
        )
        assert next(every(without, eased), None) is not None


def test_of_plans_worth_the_same_the_cheapest_then_the_earlier_is_taken():
    assert set(Programme([one("A", 90), one("B", 60)]).solve(Limits(cents=100)).levels) == {"B"}
    assert set(Programme([one("B"), one("A")]).solve(Limits(cents=100)).levels) == {"A"}


def test_a_shared_gain_is_brought_once():
    """Two who claim the same 10 bring 10 together, so the second is not worth its cost of 6."""
    claim = {"P": np.full(4, 10.0)}
    pair = [one("A", worth=-6.0, pools=claim), one("B", worth=-6.5, pools=claim)]
    programme = Programme(pair, {"P": Pool(np.full(4, 10.0), np.zeros(4))})
    found = programme.solve(Limits(cents=1000))
    assert set(found.levels) == {"A"}
    assert found.mean() == pytest.approx(4.0)
    held = Programme(pair, {"P": Pool(np.full(4, 10.0), np.full(4, 5.0))})
    assert held.solve(Limits(cents=1000)).levels == {}, "half of it is brought by what goes on anyway"


def test_large_amounts_stay_within_the_budget_to_the_cent():
    three = [one(i, 33_333_333_334) for i in "ABC"]
    assert len(Programme(three).solve(Limits(cents=100_000_000_000)).levels) == 2
    assert len(Programme(three).solve(Limits(cents=100_000_000_002)).levels) == 3


def test_a_search_that_is_broken_off_says_so_and_its_plan_holds_every_limit():
    rng = np.random.default_rng(5)
    many = [one(f"I{k:02}", int(rng.integers(50, 900))) for k in range(40)]
    many = [replace(c, linear=rng.normal(10, 60, 1000)) for c in many]
    limits = Limits(cents=9000, risk=100.0)
    found = Programme(many).solve(limits, rounds=False, effort=3)
    if found is not None:
        assert sum(v.cents for v in found.levels.values()) <= 9000
        assert found.loss(0.05) <= 100.0 + 1e-3
        assert found.optimal or found.gap > 0

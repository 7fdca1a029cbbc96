"""Erlang B and C against published figures, closed forms, exact sums and a simulated queue."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.metrics import erlang


def exact(load: Fraction, agents: int) -> tuple[Fraction, Fraction]:
    """Erlang B and C by their defining sums, in fractions: no rounding at all."""
    terms = [load**k / math.factorial(k) for k in range(agents + 1)]
    b = terms[-1] / sum(terms)
    queue = terms[-1] * agents / (agents - load)
    return b, queue / (sum(terms[:-1]) + queue)


def test_the_published_hundred_calls_in_half_an_hour():
    # pyworkforce 0.1.0 (PyPI page) and R's ErlangC 0.1.0 (CRAN): 100 calls in 30 min, 180 s, 14 agents, 20 s
    assert erlang.waiting(10, 14) == pytest.approx(0.1741319335950498, rel=1e-12)
    assert erlang.service_level(10, 14, answer=20, handle=180) == pytest.approx(0.8883500191794669, rel=1e-12)
    assert erlang.answer_time(10, 14, handle=180) == pytest.approx(7.83593701177724, rel=1e-12)
    assert erlang.occupancy(10, 14) == pytest.approx(0.7142857142857143)
    assert erlang.agents_needed(10, handle=180, answer=20, level=0.8, occupancy_cap=0.85) == 14
    assert erlang.waiting(10, 11) == pytest.approx(0.6821182, abs=5e-8)  # first row of R's table
    assert erlang.service_level(10, 11, answer=20, handle=180) == pytest.approx(0.3896138, abs=5e-8)


def test_small_queues_have_closed_forms():
    # one agent: a call waits with probability ρ; two agents: 2ρ² ÷ (1 + ρ)
    assert erlang.waiting(0.4, 1) == pytest.approx(0.4)
    assert erlang.waiting(1.2, 2) == pytest.approx(2 * 0.6**2 / 1.6)
    assert erlang.blocking([1.0, 1.0], [1, 2]) == pytest.approx([1 / 2, 1 / 5])


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 400), st.integers(1, 25))
def test_the_recursion_is_the_sum(tenths, more):
    load = Fraction(tenths, 10)
    agents = math.floor(load) + more
    b, c = exact(load, agents)
    assert erlang.blocking(float(load), agents) == pytest.approx(float(b), rel=1e-11)
    assert erlang.waiting(float(load), agents) == pytest.approx(float(c), rel=1e-11)


def test_a_load_of_ten_thousand_stays_exact():
    # Halfin and Whitt 1981: with n = A + β·√A agents a call waits with probability 1 ÷ (1 + β·Φ(β)÷φ(β))
    load, beta = 10_000.0, 1.0
    limit = 1 / (1 + beta * 0.5 * (1 + math.erf(beta / math.sqrt(2))) / (math.exp(-0.5) / math.sqrt(2 * math.pi)))
    assert float(erlang.waiting(load, 10_100)) == pytest.approx(limit, rel=0.01)
    assert erlang.agents_needed(load, handle=4, answer=1 / 3, level=0.8) < 10_100


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 60), min_size=1, max_size=6), st.floats(0.2, 0.99), st.floats(0.5, 1.0))
def test_needed_agents_are_enough_and_one_fewer_is_not(loads, level, cap):
    needed = erlang.agents_needed(loads, handle=5.0, answer=0.5, level=level, occupancy_cap=cap)

    def holds(agents):
        kept = erlang.service_level(loads, np.maximum(agents, 0), answer=0.5, handle=5.0) >= level
        return kept & (np.asarray(loads) <= agents * cap * (1 + 1e-9)) & (agents >= 0)

    assert holds(needed.astype(int)).all()
    some = np.asarray(loads) > 1e-9
    assert not (holds(needed.astype(int) - 1) & some & (np.asarray(loads) < (needed - 1) * cap * (1 - 1e-9))).any()
    more = erlang.agents_needed(np.asarray(loads) * 1.1, handle=5.0, answer=0.5, level=level, occupancy_cap=cap)
    assert (more >= needed).all()


def test_a_simulated_queue_waits_as_long():
    rng, load, agents, n = np.random.default_rng(1), 8.0, 10, 200_000
    arrive, handle = np.cumsum(rng.exponential(1 / load, n)), rng.exponential(1.0, n)
    free, waits = [0.0] * agents, np.empty(n)
    import heapq

    for i, (t, h) in enumerate(zip(arrive.tolist(), handle.tolist(), strict=True)):
        start = max(t, free[0])
        heapq.heapreplace(free, start + h)
        waits[i] = start - t
    assert (waits > 1e-12).mean() == pytest.approx(float(erlang.waiting(load, agents)), abs=0.02)
    assert waits.mean() == pytest.approx(float(erlang.answer_time(load, agents, handle=1.0)), rel=0.08)
    in_time = float(erlang.service_level(load, agents, answer=0.2, handle=1.0))
    assert (waits <= 0.2).mean() == pytest.approx(in_time, abs=0.02)


def test_what_cannot_be_planned_is_refused():
    for bad in ({"level": 1.0}, {"level": 0.8, "occupancy_cap": 0.0}):
        with pytest.raises(ValueError, match="cannot be planned"):
            erlang.agents_needed(3.0, handle=1.0, answer=0.1, **bad)
    with pytest.raises(ValueError, match="not below zero"):
        erlang.waiting(-1.0, 2)
    assert erlang.answer_time(5.0, 5, handle=1.0) == math.inf
    assert erlang.service_level(5.0, 5, answer=9.0, handle=1.0) == 0

"""A planted winner's curse: the plan on shrunk effects is held against the plan on raw ones, by what truly comes."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from cxkit.govern.information_choice import Candidate, Choice
from cxkit.govern.portfolio import portfolio
from cxkit.govern.selection import Option, choose
from cxkit.govern.shrinkage import pull, shrinkage
from cxkit.govern.shrinkage_methods import Z95
from tests.govern.test_shrinkage import Cases, book

WORLDS = {
    "as the prior expects": (0.6, 0.35),
    "claims come true": (1.0, 0.2),
    "claims are hot air": (0.2, 0.3),
}


def client(world, rng, size, mean, spread):
    """A ledger and cases of `size` tested initiatives, and the share of its claim that each will truly bring."""
    ids = [f"I{n:02}" for n in range(size)]
    truth = rng.normal(mean, spread, size)
    noise = rng.uniform(0.1, 0.8, size)
    tested = truth + noise * rng.standard_normal(size)
    claimed = rng.uniform(50, 200, size)
    cost = claimed * rng.uniform(0.3, 0.9, size)
    lines = [
        (i, "A", "proven", c * y, c * (y - Z95 * s), c * (y + Z95 * s))
        for i, c, y, s in zip(ids, claimed, tested, noise, strict=True)
    ]
    tables = {
        "rows": pd.DataFrame({"initiative": ids, "block": "revenue", "yearly": claimed, "kind": "cashable"}),
        "cases": pd.DataFrame(
            {
                "initiative": ids, "case": "assessed", "npv": claimed - cost, "cancellable_cost": cost,
                "committed_cost": 0.0, "sunk_cost": 0.0, "exit_cost": 0.0, "revenue_pv": claimed, "cost_pv": 0.0,
                "risk_pv": 0.0, "lost_to_sharing": 0.0,
            }
        ),
        "flows": pd.DataFrame(
            [
                {"initiative": i, "index": at, "block": block, "kind": kind, "amount": amount}
                for i, c, k in zip(ids, claimed, cost, strict=True)
                for at, block, kind, amount in ((12, "revenue", "cashable", c), (1, "investment", "cancellable", -k))
            ]
        ),
    }  # fmt: skip
    return book(world, *lines), Cases(as_of=world.AS_OF, tables=tables), dict(zip(ids, truth, strict=True))


def outcome(world, seed, size, mean, spread):
    """Realised and expected NPV of both plans: (raw realised, raw expected, shrunk realised, shrunk expected)."""
    rng = np.random.default_rng([11, seed, size])
    ledger, cases, truth = client(world, rng, size, mean, spread)
    found = []
    for pulled in (None, shrinkage(ledger, cases, None)):
        rows = portfolio(ledger, cases, discount_rate=0.0, shrinkage=pulled).tables["initiatives"].to_pylist()
        offered = {r["initiative_id"]: [Option(share=1, cost=r["ask"], value=r["npv_go_forward"])] for r in rows}
        chosen = choose(offered, budget=0.4 * sum(r["ask"] for r in rows))
        real = {r["initiative_id"]: truth[r["initiative_id"]] * r["ahead"] - r["saved"] for r in rows}
        found += [sum(real[i] for i in chosen), sum(option.value for option in chosen.values())]
    return found


def measured(world, seeds, size, mean, spread):
    made = np.array([outcome(world, seed, size, mean, spread) for seed in range(seeds)])
    gain = made[:, 2] - made[:, 0]
    error = 1.96 * gain.std(ddof=1) / np.sqrt(seeds)
    won, lost = int((gain > 1e-6).sum()), int((gain < -1e-6).sum())
    print(
        f"{seeds} portfolios of {size}, truth {mean} ± {spread}: realised {made[:, 0].mean():.1f} → "
        f"{made[:, 2].mean():.1f}, gain {gain.mean():.2f} ± {error:.2f}; better {won}, worse {lost}; expected of raw "
        f"{made[:, 1].mean():.1f}, of shrunk {made[:, 3].mean():.1f}"
    )
    return made, gain.mean(), error, won, lost


def test_a_few_portfolios_already_show_it(world):
    made, gain, _, _, _ = measured(world, 20, 25, *WORLDS["claims come true"])
    assert gain > 0
    assert made[:, 1].mean() > 1.3 * made[:, 0].mean()  # the raw plan promises far more than comes
    assert abs(made[:, 3].mean() - made[:, 2].mean()) < 0.2 * made[:, 3].mean()


@pytest.mark.coverage
@pytest.mark.heavy
@pytest.mark.parametrize("kind", WORLDS)
def test_the_shrunk_plan_beats_the_unshrunk_one_in_what_is_realised(world, kind):
    """25 comparable effects, which tell their spread themselves, through ledger, portfolio and the best selection."""
    _, gain, error, won, lost = measured(world, 200, 25, *WORLDS[kind])
    assert gain - error > 0
    assert binomtest(won, won + lost, 0.5).pvalue < 0.001
    assert won > lost


@pytest.mark.coverage
@pytest.mark.heavy
@pytest.mark.parametrize("kind", WORLDS)
def test_so_does_the_plan_of_few_effects_whatever_the_prior_expects(kind):
    """8 effects, the full Bayesian model, the best of all selections; also where the prior is far from the truth."""
    size, seeds, (mean, spread) = 8, 1_500, WORLDS[kind]
    gains, raw = np.zeros(seeds), np.zeros(seeds)
    for seed in range(seeds):
        rng = np.random.default_rng([11, seed, size])
        truth, noise = rng.normal(mean, spread, size), rng.uniform(0.1, 0.8, size)
        tested = truth + noise * rng.standard_normal(size)
        claimed = rng.uniform(50, 200, size)
        cost = claimed * rng.uniform(0.3, 0.9, size)
        choice = Choice([Candidate(id=str(n), cost=c) for n, c in enumerate(cost)], budget=0.4 * cost.sum())
        shrunk = np.array(pull(tested.tolist(), noise.tolist()).values)
        plans = [np.array(list(choice.shares(f * claimed - cost).values())) for f in (tested, shrunk)]
        real = [float(plan @ (truth * claimed - cost)) for plan in plans]
        gains[seed], raw[seed] = real[1] - real[0], real[0]
    error = 1.96 * gains.std(ddof=1) / np.sqrt(seeds)
    print(f"{seeds} portfolios of {size}, {kind}: {raw.mean():.1f} realised, gain {gains.mean():.2f} ± {error:.2f}")
    assert gains.mean() - error > 0

"""Staggered rollouts: the estimate against a published package, the interval against what was planted."""

import logging
import warnings
from datetime import date

import numpy as np
import pandas as pd
import pyfixest
import pytest

from cxkit.metrics.durations import durations
from cxkit.metrics.staggered import NEVER, Effect, staggered
from cxkit.tables.engine import Tables

STARTS = np.array([8, 11, 14, 17, NEVER, 10])


def panel(seed: int, effect: float = 0.0, noise: float = 0.05, groups: int = 6, months: int = 24) -> np.ndarray:
    rng = np.random.default_rng(seed)
    made = rng.normal(size=(groups, 1)) + 0.1 * rng.normal(size=months) + noise * rng.normal(size=(groups, months))
    return made + effect * (np.arange(months) >= STARTS[:groups, None])


@pytest.mark.heavy
def test_the_estimate_is_that_of_two_stage_differences():
    level = logging.getLogger().level
    values = panel(3, -0.2)
    group, month = np.meshgrid(np.arange(6), np.arange(24), indexing="ij")
    treated = (month >= STARTS[:, None]).ravel()
    long = pd.DataFrame({"y": values.ravel(), "g": group.ravel(), "t": month.ravel()})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = pyfixest.feols("y ~ C(g) + C(t)", data=long[~treated])  # first stage (Gardner 2022)
        would_be = fit.predict(newdata=long[treated])
    logging.getLogger().setLevel(level)
    theirs = float((long.loc[treated, "y"].to_numpy() - would_be).mean())
    assert staggered(values, STARTS, seed=1, draws=99).value == pytest.approx(theirs, abs=1e-7)


def test_two_way_fixed_effects_would_have_the_wrong_sign_where_effects_grow():
    months = np.arange(24.0)
    starts = np.array([6, 7, 12, 13])
    since = np.maximum(months - starts[:, None] + 1, 0)
    values = since * 1.0  # each month since the start brings one more
    treated = (since > 0).astype(float)
    within = lambda x: x - x.mean(0) - x.mean(1, keepdims=True) + x.mean()  # noqa: E731
    plain = float((within(treated) * within(values)).sum() / (within(treated) ** 2).sum())
    made = staggered(values, starts, seed=1, draws=99)
    assert plain < 0 < made.value
    after = made.path[made.path["since"] >= 0]
    assert after["value"].tolist() == pytest.approx((after["since"] + 1).tolist())


def test_a_planted_effect_is_found_and_its_interval_holds_it():
    made = staggered(panel(5, -0.2), STARTS, seed=1)
    assert made.low < -0.2 < made.high < 0
    assert made.p <= 0.002
    assert made.lead_p > 0.05
    assert (made.groups, made.reached) == (6, 5)


def test_teams_that_were_changing_before_are_seen_in_the_months_before():
    drift = np.where(STARTS[:, None] < NEVER, -0.2 * (np.arange(24) >= STARTS[:, None] - 3), 0.0)
    made = staggered(panel(2) + drift, STARTS, seed=1, draws=999)
    assert made.lead < -0.1
    assert made.lead_p < 0.05


@pytest.mark.parametrize(
    ("values", "starts", "why"),
    [
        (panel(1, groups=3), STARTS[:3], "3 groups, fewer than 4"),
        (panel(1), np.full(6, NEVER), "0 of 6 groups were reached, fewer than 2"),
        (panel(1), np.full(6, 9), "every group was reached in the same month"),
        (
            panel(1),
            np.array([2, 9, 12, NEVER, NEVER, NEVER]),
            "1 groups were seen fewer than 6 months before their start",
        ),
    ],
)
def test_what_cannot_be_told_is_said_in_words(values, starts, why):
    assert staggered(values, starts, seed=1, draws=99) == why


def test_the_same_seed_gives_the_same_and_holes_are_allowed():
    values = panel(7, -0.2)
    values[0, 3] = values[4, 20] = np.nan
    one, two = (staggered(values, STARTS, seed=4, draws=199) for _ in range(2))
    assert isinstance(one, Effect)
    assert (one.value, one.low, one.p) == (two.value, two.low, two.p)
    assert one.path.equals(two.path)


@pytest.mark.heavy
def test_without_an_effect_few_are_called_and_intervals_hold_nothing():
    made = [staggered(panel(seed), STARTS, seed=seed, draws=199) for seed in range(100)]
    assert sum(m.p <= 0.05 for m in made) <= 14  # 99.9 % of binomial(100, 0.05)
    assert sum(m.low <= 0 <= m.high for m in made) >= 86


def test_the_median_time_counts_what_is_not_finished():
    tables = Tables.from_frames({}, as_of=date(2026, 1, 31))
    cases = " UNION ALL ".join(
        f"SELECT 'a' AS \"group\", {d} AS days, {w} AS done" for d, w in ((5, True), (9, False), (20, False))
    )
    row = durations(tables, cases).iloc[0]
    assert (row["cases"], row["done"], row["median_days"], row["done_only"]) == (3, 1, np.inf, 5)

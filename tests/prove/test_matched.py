"""Matched cohorts: by hand, against what was planted, and with what nobody recorded."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxkit.prove.matched import Matched, columns, matched
from cxkit.prove.plan import Plan, read_plans
from cxkit.tables.engine import Tables
from tests.prove.given_quasi import client, customers

ON = ("segment", "term_months")


def found(tables: Tables, on: tuple[str, ...] = ON) -> Matched | str:
    return matched(tables, read_plans(tables)[0], "course", on)


def good(tables: Tables, on: tuple[str, ...] = ON) -> Matched:
    made = found(tables, on)
    assert isinstance(made, Matched)
    return made


def small(values: dict[tuple[str, str], list[float]], kind: str = "mean") -> Tables:
    """Customers by (segment, arm) with these outcomes and none before."""
    frames = customers(1, n=sum(map(len, values.values())), kind=kind)
    cells = [(segment, arm, y) for (segment, arm), ys in values.items() for y in ys]
    frames["accounts"]["segment"] = [c[0] for c in cells]
    frames["assignments"]["arm"] = [c[1] for c in cells]
    post = frames["outcomes"][frames["outcomes"]["phase"] == "post"].copy()
    post["value"] = [c[2] for c in cells]
    return client(frames | {"outcomes": post})


def test_the_effect_on_the_treated_by_hand() -> None:
    """Large: 40 treated at 10 and 12, 40 others at 5 and 7 (+5). Small: 10 treated at 3, 40 others at 2 (+1). Weighted
    by treated: (40 × 5 + 10 × 1) / 50 = 4.2. The segment of one kind alone is left out."""
    made = good(
        small(
            {
                ("large", "course"): [10.0, 12.0] * 20,
                ("large", "none"): [5.0, 7.0] * 20,
                ("small", "course"): [3.0] * 10,
                ("small", "none"): [2.0] * 40,
                ("alone", "course"): [99.0] * 7,
            }
        ),
        ("segment",),
    )
    assert made.value == pytest.approx(4.2)
    assert (made.n_treated, made.n_control, made.strata) == (50, 80, 2)
    assert (made.lost_treated, made.lost_control) == (7, 0)
    assert not made.before_used
    within1, within0 = 40 / 48, 40 / 78  # squares ÷ freedom, by arm: 40 values one off their mean
    expected = np.sqrt((0.8**2 / 40 + 0.2**2 / 10) * within1 + (0.8**2 / 40 + 0.2**2 / 40) * within0)
    assert made.se == pytest.approx(expected)


def test_yes_no_outcomes_are_mantel_and_haenszels() -> None:
    made = good(
        small(
            {
                ("large", "course"): [1.0] * 5 + [0.0] * 45,
                ("large", "none"): [1.0] * 10 + [0.0] * 40,
                ("small", "course"): [1.0] * 20 + [0.0] * 30,
                ("small", "none"): [1.0] * 25 + [0.0] * 25,
            },
            kind="binary",
        ),
        ("segment",),
    )
    assert made.value == pytest.approx(-0.1)
    assert "Mantel" in made.method


def test_matching_takes_off_what_was_recorded() -> None:
    """Those who take part were better before and larger; with no effect at all they look far better."""
    made = good(client(customers(2, effect=0.0)))
    assert made.crude > 1.5
    assert made.low <= 0 <= made.high
    assert made.worst <= 0.1
    assert made.balance["smd_before"].abs().max() > 0.3


def test_a_planted_effect_is_found() -> None:
    made = good(client(customers(3, effect=1.0)))
    assert made.low < 1.0 < made.high
    assert made.low > 0.5
    assert made.e_value > made.e_value_end > 1


def test_what_nobody_recorded_is_not_taken_off() -> None:
    """The reason why matched customers are never graded above D."""
    made = good(client(customers(4, effect=0.0, hidden=1.0)))
    assert made.low > 0.3


def test_clusters_widen_the_interval() -> None:
    frames = customers(5, n=2000)
    rng = np.random.default_rng(105)
    cluster = rng.integers(0, 40, 2000)
    shift = rng.normal(size=40)[cluster] * 2
    post = frames["outcomes"]["phase"] == "post"
    frames["outcomes"].loc[post, "value"] += shift
    frames["assignments"]["arm"] = np.where(cluster < 16, "course", "none")  # whole clusters took part
    plain = good(client(frames))
    frames["assignments"]["cluster_id"] = cluster.astype(str)
    made = good(client(frames))
    assert made.n_clusters == 40
    assert made.se > 2 * plain.se


def test_only_columns_known_at_the_start_are_matched_on() -> None:
    tables = client(customers(6, n=100))
    plan: Plan = read_plans(tables)[0]
    assert columns(tables, plan, "segment; ended, account_name, term_months, colour, segment") == (
        ("segment", "term_months"), ("ended", "account_name", "colour"),
    )  # fmt: skip


def test_ratios_are_matched_around_the_level_of_the_untreated() -> None:
    frames = customers(7, kind="ratio", effect=0.0)
    outcomes = frames["outcomes"].reset_index(drop=True)
    den = np.tile(np.random.default_rng(7).integers(1, 9, len(outcomes) // 2), 2).astype(float)
    outcomes["denominator"] = den
    outcomes["value"] = outcomes["value"] * den
    made = good(client(frames | {"outcomes": outcomes}))
    post, took = outcomes["phase"] == "post", frames["assignments"]["arm"].to_numpy() == "course"
    theirs = outcomes[post]["value"][took].sum() / outcomes[post]["denominator"][took].sum()
    assert made.treated == pytest.approx(theirs, rel=0.05)
    assert made.low <= 0 <= made.high


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda f: f["outcomes"].assign(value=1.0), "every outcome has the same value"),
        (lambda f: f["outcomes"][f["outcomes"]["phase"] == "pre"], "0 treated and 0 untreated units have an outcome"),
    ],
)
def test_what_cannot_be_told_is_said_in_words(change, why) -> None:  # type: ignore[no-untyped-def]
    frames = customers(8, n=400)
    assert why in str(found(client(frames | {"outcomes": change(frames)})))


def test_the_order_of_rows_does_not_matter() -> None:
    frames = customers(9, n=600, effect=0.5)
    shuffled = {name: frame.sample(frac=1, random_state=3) for name, frame in frames.items()}
    one, two = good(client(frames)), good(client(shuffled))
    assert (one.value, one.se, one.low) == (two.value, two.se, two.low)
    pd.testing.assert_frame_equal(one.balance, two.balance, check_exact=True)


@pytest.mark.coverage
@pytest.mark.parametrize("kind", ["mean", "binary"])
def test_intervals_hold_the_truth(kind: str) -> None:
    held, effect = 0, 0.5 if kind == "mean" else 0.05
    for seed in range(200):
        made = good(client(customers(seed, n=1500, effect=effect, kind=kind)))
        held += made.low <= effect <= made.high
    assert held >= stats.binom.ppf(0.0005, 200, 0.95)

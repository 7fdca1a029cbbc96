"""Experiments without a draw, from tables to grades."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxkit.prove.catalogue import FINDINGS
from cxkit.prove.effects import experiments
from cxkit.prove.quasi import GRADES, PATHS, Quasi, quasi
from cxkit.prove.rows import EFFECTS
from cxkit.prove.verdict import ALLOWANCES
from tests.prove.given_quasi import NEVER, client, customers, experiment, mixture, months, rollout

COMMON = [12] * 8 + [NEVER] * 12
STEPPED = [8, 10, 12, 14, 8, 11, NEVER, NEVER, NEVER, NEVER]


def row(found: Quasi, name: str = "q1") -> pd.Series:
    frame = found.frame("effects").set_index("experiment_id")
    return frame.loc[name]


def did_client(seed: int, *, starts: list[int] = COMMON, plan: dict[str, Any] | None = None, **planted: float) -> Any:
    return client(experiment(rollout(seed, starts, **planted), starts, **(plan or {})))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def several() -> Quasi:
    """One experiment of each design, all with an effect."""
    return quasi(
        client(
            experiment(rollout(3, COMMON, effect=5.0), COMMON),
            experiment(rollout(2, STEPPED, effect=-3.0), STEPPED, experiment_id="q2", direction="down"),
            experiment(mixture(3, effect=4.0), [24] + [NEVER] * 12, experiment_id="s1", design="synthetic_control"),
            customers(4, effect=1.0),
            customers(5, effect=0.15, kind="binary", experiment_id="m2"),
        ),
        seed=1,
    )


def test_every_design_gives_a_row_like_that_of_an_experiment(several: Quasi) -> None:
    effects = several.frame("effects")
    assert list(effects.columns) == list(EFFECTS)
    assert sorted(effects["experiment_id"]) == ["m1", "m2", "q1", "q2", "s1"]
    assert effects[["effect", "low", "high", "p", "p_adjusted", "se", "bias_allowance"]].notna().all(axis=None)
    assert (effects["p_adjusted"] >= effects["p"] - 1e-15).all()
    assert list(several.frame("paths").columns) == list(PATHS)
    assert list(several.frame("grades").columns) == list(GRADES)
    assert not several.gaps
    assert {f.id for f in several.findings} <= set(FINDINGS)
    keys = [f.key for f in several.findings]
    assert len(keys) == len(set(keys))
    for finding in several.findings:
        assert "_" not in finding.title.replace("term_months", "")
        assert "nan" not in finding.title + finding.detail


def test_every_rule_is_printed_with_its_verdict(several: Quasi) -> None:
    grades = several.frame("grades")
    assert set(grades["verdict"]) <= {"holds", "fails", "cannot be told", "does not apply"}
    for name, rules in grades.groupby("experiment_id"):
        passed = set(rules["verdict"]) <= {"holds", "does not apply"}
        expected = "D" if str(name).startswith("m") else "B" if passed else "C"
        assert set(rules["grade"]) == {expected} == {row(several, str(name))["grade"]}


def test_a_planted_effect_with_good_checks_is_graded_b_and_said_to_be_caused(several: Quasi) -> None:
    found = row(several)
    assert found["grade"] == "B"
    assert found["verdict"] == "raised"
    assert found["bias_allowance"] == 0
    assert found["low"] < 5.0 < found["high"]
    said = several.finding("prove.effect", subject="q1")
    assert said is not None
    assert said.title.endswith("held against change elsewhere")
    trend = several.finding("prove.quasi.trend", subject="q1")
    assert trend is not None
    assert trend.tone == "good"
    bound = several.finding("prove.quasi.sensitivity", subject="q1")
    assert bound is not None
    assert "holds unless trends differed after the start by more than" in bound.title
    assert row(several, "s1")["verdict"] == "raised"


def test_matched_customers_are_never_said_to_be_changed(several: Quasi) -> None:
    found = row(several, "m1")
    assert (found["grade"], found["verdict"]) == ("D", "higher")
    said = several.finding("prove.effect", subject="m1")
    assert said is not None
    assert "this alone shows no cause" in said.title


def test_a_drift_that_was_there_before_is_recognised() -> None:
    """No effect at all: those reached were drifting away all along."""
    found = quasi(did_client(1, drift=0.3), seed=1)
    assert row(found)["p"] < 0.05
    assert row(found)["grade"] == "C"
    said = found.finding("prove.quasi.trend")
    assert said is not None
    assert said.tone == "bad"
    assert "drifting apart before" in said.title
    assert row(found)["verdict"] not in {"raised", "cut"}


def test_silence_that_could_not_speak_earns_no_grade() -> None:
    """Few periods before and much noise: the check of trends is silent and says next to nothing."""
    starts = [4] * 3 + [NEVER] * 3
    found = quasi(did_client(5, starts=starts, effect=1.0, scale=1.0), seed=1)
    rules = found.frame("grades").set_index("rule")["verdict"]
    assert rules["the test for that could have seen it"] in {"fails", "cannot be told"}
    assert row(found)["grade"] == "C"


def test_a_weaker_design_never_looks_more_precise() -> None:
    """The same change of the same customers, judged by five designs: allowances grow, and no interval is narrower than
    its allowance, however many customers there are."""
    outcome = rollout(3, COMMON, effect=5.0, scale=0.05)
    did = experiment(outcome, COMMON, minimum_effect=0.1)
    late = experiment(outcome, COMMON, experiment_id="q2", registered="2026-10-01", minimum_effect=0.1)
    like = customers(4, n=20_000, effect=1.0, experiment_id="m1")
    before = customers(4, n=20_000, effect=1.0, experiment_id="e1")
    before["experiments"]["design"] = "before_after"
    before["assignments"] = before["assignments"].assign(arm="course")
    tables = client(did, late, like, before)
    found, plain = quasi(tables, seed=1), experiments(tables, seed=1)
    b, c, d = (row(found, name) for name in ("q1", "q2", "m1"))
    e = plain.frame("effects").set_index("experiment_id").loc["e1"]
    assert [x["grade"] for x in (b, c, d, e)] == ["B", "C", "D", "E"]
    assert b["bias_allowance"] == 0 < c["bias_allowance"]
    assert c["high"] - c["low"] > b["high"] - b["low"] == pytest.approx(c["high"] - c["low"] - 2 * c["bias_allowance"])
    assert e["high"] - e["low"] > d["high"] - d["low"] > 2 * d["bias_allowance"] > 0
    assert ALLOWANCES["B"] <= ALLOWANCES["C"] < ALLOWANCES["D"] < ALLOWANCES["E"]


def test_an_analysis_that_departs_from_its_registration_is_exploratory() -> None:
    tables = did_client(3, effect=5.0)
    assert row(quasi(tables, seed=1))["in_time"]
    records = [{"experiment_id": "q1", "hash": h, "seen": day} for h, day in (("a", "2023-01-31"), ("b", "2026-08-31"))]
    changed = quasi(tables, seed=1, registrations=records)
    assert not row(changed)["in_time"]
    assert row(changed)["grade"] == "C"
    assert "exploratory" in row(changed)["grade_reasons"]


def test_groups_reached_from_the_first_period_and_starts_in_mid_month() -> None:
    starts = [0, 12, 12, 12, 12, NEVER, NEVER, NEVER, NEVER, NEVER]
    frames = experiment(rollout(4, starts, effect=4.0), starts)
    days = frames["assignments"]["assigned"] + pd.Timedelta(days=9)
    frames["assignments"]["assigned"] = days.where(frames["assignments"]["unit_id"] != "g0000", months(24)[0])
    found = quasi(client(frames), seed=1)
    said = found.finding("prove.effect")
    assert said is not None
    assert "1 groups were reached before the first period seen" in said.detail
    assert "some other day than its first" in said.detail
    assert row(found)["n_clusters"] == 9
    assert row(found)["low"] < 4.0 < row(found)["high"]


def test_rows_of_a_cluster_are_one_group() -> None:
    starts = [12] * 5 + [NEVER] * 5
    outcome = np.repeat(rollout(4, starts, effect=4.0), 3, axis=0)
    frames = experiment(outcome, [s for s in starts for _ in range(3)])
    frames["assignments"]["cluster_id"] = [f"c{i // 3}" for i in range(30)]
    found = quasi(client(frames), seed=1)
    assert row(found)["n_clusters"] == 10
    assert row(found)["n_treated"] == 15


@pytest.mark.heavy
def test_thousands_of_units_are_bundled() -> None:
    starts = [12] * 1100 + [NEVER] * 1100
    found = quasi(did_client(4, starts=starts, effect=0.5), seed=1)
    assert row(found)["n_clusters"] == 200
    assert row(found)["n_treated"] == 1100
    assert row(found)["low"] < 0.5 < row(found)["high"]


@pytest.mark.parametrize(
    ("frames", "why"),
    [
        (
            {k: v for k, v in experiment(rollout(1, COMMON), COMMON).items() if k != "panel"},
            "What its design compares was not supplied.",
        ),
        (experiment(rollout(1, [12] * 6), [12] * 6), "Every group was reached at the same time, so there is"),
        (experiment(rollout(1, COMMON), COMMON, metric="calls") | {"panel": experiment(rollout(1, COMMON), COMMON)["panel"]},  # noqa: E501
         "The panel holds no value of its registered metric 'calls' for these units."),
        (
            experiment(mixture(4) * np.r_[5.0, np.ones(12)][:, None], [24] + [NEVER] * 12, design="synthetic_control"),
            "No mixture of the others moves like it",
        ),
        (
            experiment(rollout(1, STEPPED), STEPPED, design="synthetic_control"),
            "Its 6 groups were reached at different times: register it as difference-in-differences.",
        ),
        (customers(1, n=300, match_on=None), "No column to match on is declared"),
    ],
)  # fmt: skip
def test_what_cannot_be_assessed_is_a_gap_in_words(frames: dict[str, pd.DataFrame], why: str) -> None:
    found = quasi(client(frames), seed=1)
    assert not found.has("effects")
    (gap,) = found.gaps
    assert gap.id == "prove.effect"
    assert gap.reason.startswith(why)


def test_no_group_outside_is_needed_when_starts_differ() -> None:
    starts = [8, 10, 12, 14, 16, 18]
    frames = experiment(rollout(7, starts, effect=6.0), starts)
    found = quasi(client(frames), seed=1)
    assert row(found)["effect"] == pytest.approx(6.0, abs=2.5)


def test_nothing_registered_is_nothing_to_say() -> None:
    found = quasi(
        client(customers(1, n=60) | {"experiments": customers(1, n=60)["experiments"].assign(design="holdout")}), seed=1
    )
    assert not found.assessed
    assert not found.gaps


def test_the_same_tables_and_seed_give_the_same(several: Quasi) -> None:
    one, two = (quasi(did_client(3, effect=5.0), seed=4) for _ in range(2))
    assert one.findings == two.findings
    for name in one.tables:
        assert one.tables[name].equals(two.tables[name])


@pytest.mark.coverage
def test_drift_is_not_graded_b_and_an_effect_is() -> None:
    """200 clients each: eight of twenty groups, 24 months, autocorrelation 0.6. Drift as large as three quarters of the
    noise in all passes all checks seldom; a clear effect mostly does; with nothing there, few are called."""
    called = drifting = found = 0
    for seed in range(200):
        none, drift, real = (
            row(quasi(did_client(seed, **planted), seed=1)) for planted in ({}, {"drift": 0.3}, {"effect": 4.0})
        )
        called += none["verdict"] in {"raised", "cut", "higher", "lower"}
        drifting += drift["grade"] == "B" and drift["verdict"] in {"raised", "cut"}
        found += real["grade"] == "B" and real["verdict"] == "raised"
    assert called <= stats.binom.ppf(0.9995, 200, 0.05)
    assert drifting <= stats.binom.ppf(0.9995, 200, 0.05)
    assert found >= 120

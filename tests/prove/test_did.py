"""Difference-in-differences against pyfixest, against the t test of changes, and against what was planted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from cxkit.prove.did import NEVER, Did, did, long_frame, quiet
from tests.prove.given_quasi import noise, rollout

COMMON = np.array([10] * 5 + [NEVER] * 7)
STAGGERED = np.array([8, 10, 12, 14, 8, 11] + [NEVER] * 4)


def world(seed: int, starts: np.ndarray, **planted: float) -> np.ndarray:
    return rollout(seed, [int(min(s, 10**9)) for s in starts], **planted)  # type: ignore[arg-type]


def judged(outcome: np.ndarray, starts: np.ndarray, **more: object) -> Did:
    made = did(outcome, starts, seed=1, placebos=99, **more)  # type: ignore[arg-type]
    assert isinstance(made, Did)
    return made


def test_a_common_start_is_the_t_test_on_each_groups_change() -> None:
    """Donald and Lang: what the periods of a group share is no noise of the comparison."""
    outcome = world(1, COMMON, effect=2.0)
    change = outcome[:, 10:].mean(axis=1) - outcome[:, :10].mean(axis=1)
    theirs = stats.ttest_ind(change[:5], change[5:])
    made = judged(outcome, COMMON)
    assert made.value == pytest.approx(change[:5].mean() - change[5:].mean())
    assert made.p == pytest.approx(theirs.pvalue)
    assert made.interval(0.95) == pytest.approx(tuple(theirs.confidence_interval(0.95)))
    assert made.treated - made.baseline == pytest.approx(made.value)


@pytest.mark.heavy
def test_a_common_start_is_the_regression_on_the_design_and_its_path_the_event_study() -> None:
    outcome = world(2, COMMON, effect=2.0)
    frame = long_frame(outcome, COMMON)
    frame["since"] = np.where(frame["start"] > 0, frame["period"] - frame["start"], -1).astype(float)
    with quiet():
        import pyfixest

        plain = pyfixest.feols("y ~ reached | unit + period", data=frame)
        study = pyfixest.feols("y ~ i(since, ref=-1.0) | unit + period", data=frame)
    made = judged(outcome, COMMON)
    assert made.value == pytest.approx(float(plain.coef().iloc[0]), abs=1e-8)
    names = [str(name).split("::")[1].removeprefix("[T.").rstrip("]") for name in study.coef().index]
    theirs = dict(zip(map(float, names), study.coef(), strict=True))
    ours = dict(zip(made.path.since.tolist(), made.path.value.tolist(), strict=True))
    assert len(set(ours) & set(theirs)) >= 20
    for k in set(ours) & set(theirs):
        assert ours[k] == pytest.approx(theirs[k], abs=1e-7)


@pytest.mark.heavy
def test_staggered_starts_are_gardners_two_stages_and_the_path_is_sun_and_abrahams() -> None:
    outcome = world(3, STAGGERED, effect=-2.0)
    frame = long_frame(outcome, STAGGERED)
    with quiet():
        import pyfixest

        two = pyfixest.did2s(
            frame, yname="y", first_stage="~ 0 | unit + period", second_stage="~ i(reached, ref=0)",
            treatment="reached", cluster="unit",
        )  # fmt: skip
    made = judged(outcome, STAGGERED)
    assert made.staggered
    assert made.value == pytest.approx(float(two.coef().iloc[0]), abs=1e-7)
    # Where only never-reached groups are left to compare with (from the last start on), both designs are the same.
    late = np.where(STAGGERED < NEVER, 12, NEVER)
    alike = judged(world(3, late, effect=-2.0), late)
    frame = long_frame(world(3, late, effect=-2.0), late)
    with quiet():
        theirs = pyfixest.event_study(
            frame, yname="y", idname="unit", tname="period", gname="start", estimator="saturated"
        ).aggregate()
    ours = dict(zip(alike.path.since.tolist(), alike.path.value.tolist(), strict=True))
    shared = [k for k in ours if k in theirs.index]
    assert len(shared) >= 15
    for k in shared:
        assert ours[k] == pytest.approx(float(theirs.loc[k, "Estimate"]), abs=1e-6)


@pytest.mark.heavy
def test_many_groups_are_judged_cluster_robust() -> None:
    starts = np.array([10] * 25 + [NEVER] * 35)
    outcome = world(4, starts, effect=1.0)
    made, plain = judged(outcome, starts), judged(outcome, starts, robust=False)
    assert "cluster-robust" in made.method
    assert made.value == plain.value
    assert made.se == pytest.approx(plain.se, rel=0.25)
    stepped = np.array([8] * 10 + [12] * 10 + [14] * 10 + [NEVER] * 20)
    robust, few = judged(world(5, stepped), stepped), judged(world(5, stepped), stepped, robust=False)
    assert robust.se == pytest.approx(few.se, rel=0.35)


def test_growing_effects_do_not_turn_the_sign() -> None:
    """Two-way fixed effects would: late groups are held against early ones that still grow."""
    starts, period = np.array([6, 7, 12, 13]), np.arange(24.0)
    since = np.maximum(period - starts[:, None] + 1, 0)
    outcome = since + 0.01 * np.random.default_rng(1).normal(size=since.shape)
    treated = (since > 0).astype(float)
    within = lambda x: x - x.mean(0) - x.mean(1, keepdims=True) + x.mean()  # noqa: E731
    plain = float((within(treated) * within(outcome)).sum() / (within(treated) ** 2).sum())
    made = judged(outcome, starts)
    assert plain < 0 < made.value
    assert made.path.value[made.path.since >= 0][:5] == pytest.approx([1, 2, 3, 4, 5], abs=0.1)


def test_holes_are_used_around_and_the_same_seed_gives_the_same() -> None:
    outcome = world(6, STAGGERED, effect=-3.0)
    outcome[0, 2] = outcome[4, 20] = outcome[9, 5] = np.nan
    one, two = judged(outcome, STAGGERED), judged(outcome, STAGGERED)
    assert (one.value, one.se, one.placebo_p) == (two.value, two.se, two.placebo_p)
    assert one.interval(0.95)[0] < -3.0 < one.interval(0.95)[1] < 0


@pytest.mark.parametrize(
    ("starts", "groups", "why"),
    [
        ([10, NEVER, NEVER], 3, "there are 3 groups, fewer than 4"),
        ([NEVER] * 6, 6, "no group was reached in the periods seen"),
        ([10] * 6, 6, "every group was reached at the same time, so there is nothing to compare with"),
        ([2, 9, NEVER, NEVER], 4, "some reached groups were seen fewer than 3 periods before their start"),
    ],
)
def test_what_cannot_be_told_is_said_in_words(starts: list[int], groups: int, why: str) -> None:
    assert did(np.random.default_rng(1).normal(size=(groups, 20)), np.array(starts), seed=1) == why


def test_values_without_any_noise_have_no_interval() -> None:
    period, group = np.meshgrid(np.arange(20.0), np.arange(12.0))
    assert "no spread" in str(did(group + period, COMMON, seed=1))


@pytest.mark.coverage
@pytest.mark.parametrize(
    "starts",
    [
        [10] * 3 + [NEVER] * 3,
        [10] + [NEVER] * 5,
        [10] * 8 + [NEVER] * 12,
        [8, 10, 12, 14, 16, NEVER],
        [8, 8, 10, 10, 13, 13] + [NEVER] * 6,
        [7, 9, 11, 13, 15, 17, 19, 20],
    ],
)
def test_intervals_hold_the_truth_with_few_groups_and_autocorrelation(starts: list[int]) -> None:
    """400 seeds, 0.6 from one period to the next; 99.9 % band around 95 % (at least: staggered starts hold more)."""
    s, held, calls = np.array(starts), 0, 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        outcome = rng.normal(size=(len(s), 1)) + noise(rng, len(s), 24, 0.6) + 1.0 * (np.arange(24) >= s[:, None])
        made = did(outcome, s, seed=seed, placebos=0)
        assert isinstance(made, Did)
        low, high = made.interval(0.95)
        held += low <= 1.0 <= high
        calls += abs(made.value - 1.0) / made.se > stats.t.isf(0.025, made.freedom)
    assert held >= stats.binom.ppf(0.0005, 400, 0.95)
    assert calls <= stats.binom.ppf(0.9995, 400, 0.05)

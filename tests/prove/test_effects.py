"""Whole experiments, from tables to verdicts."""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tea_tasting as tt

from cxkit.prove import Experiments, experiments

Build = Callable[..., Any]


def only(found: Experiments) -> pd.Series:
    """The one row of `effects`."""
    frame = found.frame("effects")
    assert len(frame) == 1
    return frame.iloc[0]


def noisy(seed: int, n: int = 400, effect: float = 0.0) -> pd.DataFrame:
    """Units with a mean outcome, alternating arms."""
    rng = np.random.default_rng(seed)
    arm = np.where(np.arange(n) % 2 == 0, "control", "t1")
    y = 50 + rng.normal(0, 10, n) + effect * (arm == "t1")
    return pd.DataFrame({"unit": np.arange(n).astype(str), "arm": arm, "y": y})


def test_experiments_yes_no_by_hand(client: Build, yes_no: Build) -> None:
    """100 of 1,000 left, 60 of 1,000 treated did: four points fewer."""
    found = experiments(client(yes_no((100, 1000), (60, 1000))), seed=1)
    row = only(found)
    assert (row["baseline"], row["treated"], row["effect"]) == (0.1, 0.06, -0.04)
    assert (row["n_control"], row["n_treated"]) == (1000, 1000)
    assert (row["verdict"], row["tone"], row["grade"], row["unit"]) == ("cut", "good", "A", "points")
    assert row["relative"] == pytest.approx(-0.4)
    effect = found.finding("prove.effect", subject="x1")
    assert effect is not None
    assert effect.title == "Experiment x1 cut churn by 4.0 points (1.6 to 6.4 points)"
    assert effect.period == "2026-01 to 2026-03"
    assert effect.initiative == "i1"
    assert effect.n == 2000
    assert found.finding("prove.tally").value == 1  # type: ignore[union-attr]


def test_experiments_names_come_from_the_workshop(client: Build, yes_no: Build) -> None:
    extra = {
        "initiatives": pd.DataFrame([{"initiative_id": "i1", "initiative": "Call first"}]),
        "metrics": pd.DataFrame([{"metric_id": "churn", "metric": "Customers who leave", "unit": "%"}]),
    }
    found = experiments(client(yes_no((100, 1000), (60, 1000)), extra=extra), seed=1)
    assert found.findings[1].title == "Call first cut Customers who leave by 4.0 points (1.6 to 6.4 points)"


def test_experiments_tea_tasting_published(several: Build) -> None:
    """R33: revenue per user 14 % [3.8, 26] p .00674 and orders per session 12 % p .00229, both with CUPED."""
    data = tt.make_users_data(rng=42, covariates=True, return_type="pandas")
    shared = pd.DataFrame({"unit": data["user"].astype(str), "arm": data["variant"].map({0: "control", 1: "t1"})})
    revenue = shared.assign(y=data["revenue"], x=data["revenue_covariate"])
    orders = shared.assign(
        y=data["orders"], x=data["orders_covariate"], den=data["sessions"], xden=data["sessions_covariate"]
    )
    up = {"direction": "up"}
    tables = several(
        (revenue, up | {"experiment_id": "r", "metric": "revenue", "kind": "mean"}),
        (orders, up | {"experiment_id": "o", "metric": "orders", "kind": "ratio"}),
        (revenue.drop(columns="x"), up | {"experiment_id": "plain", "metric": "revenue", "kind": "mean"}),
    )
    frame = experiments(tables, seed=1).frame("effects").set_index("experiment_id")
    assert frame.loc["r", ["relative", "relative_low", "relative_high"]].tolist() == pytest.approx(
        [0.14, 0.038, 0.26], abs=0.005
    )
    assert frame.loc["r", "p"] == pytest.approx(0.00674, abs=5e-6)
    assert frame.loc["o", "relative"] == pytest.approx(0.12, abs=0.005)
    assert frame.loc["o", "p"] == pytest.approx(0.00229, abs=5e-6)
    assert frame.loc["plain", "p"] == pytest.approx(0.123, abs=5e-4)
    assert frame.loc["plain", "relative_low"] == pytest.approx(-0.024, abs=5e-4)
    assert frame["srm_p"].tolist() == pytest.approx([0.477] * 3, abs=5e-4)
    assert frame.loc["r", "cuped_gain"] > 0.2
    assert pd.isna(frame.loc["plain", "cuped_gain"])


def test_experiments_null_result_is_worded_so(client: Build, yes_no: Build) -> None:
    found = experiments(client(yes_no((100, 1000), (99, 1000))), seed=1)
    assert only(found)["verdict"] == "has not shown an effect"
    assert found.findings[1].title.startswith("Experiment x1 has not shown an effect on churn: −2.7 to +2.5 points")


@pytest.mark.parametrize(
    ("worth", "verdict", "words", "tone"),
    [
        (0.05, "no effect worth having", "has not shown an effect worth having", "neutral"),
        (0.01, "cannot tell", "The data cannot tell whether experiment x1 moves churn", "unknown"),
    ],
)
def test_experiments_minimum_effect_splits_null_from_unknown(
    client: Build, yes_no: Build, *, worth: float, verdict: str, words: str, tone: str
) -> None:
    found = experiments(client(yes_no((100, 1000), (99, 1000)), minimum_effect=worth), seed=1)
    assert only(found)["verdict"] == verdict
    assert words in found.findings[1].title
    assert found.findings[1].tone == tone
    if verdict == "cannot tell":
        assert "about 29,000 units are needed in all" in found.findings[1].detail


def test_experiments_effect_smaller_than_worth_is_neutral(client: Build, yes_no: Build) -> None:
    found = experiments(client(yes_no((1000, 10_000), (800, 10_000)), minimum_effect=0.05), seed=1)
    assert found.findings[1].tone == "neutral"
    assert "less than the 5.0 points worth having" in found.findings[1].title


def test_experiments_harm_is_bad(client: Build, yes_no: Build) -> None:
    found = experiments(client(yes_no((60, 1000), (100, 1000))), seed=1)
    assert only(found)["verdict"] == "raised"
    assert found.findings[1].tone == "bad"
    assert found.finding("prove.tally").title == (  # type: ignore[union-attr]
        "0 of one registered hypothesis have shown the effect hoped for (1 did harm)"
    )


def test_experiments_broken_split_blocks_the_verdict(client: Build, yes_no: Build) -> None:
    found = experiments(client(yes_no((100, 1200), (60, 1000))), seed=1)
    row = only(found)
    assert row["verdict"] == "blocked"
    assert pd.isna(row["effect"])
    assert (row["n_control"], row["n_treated"]) == (1200, 1000)
    effect = found.finding("prove.effect")
    assert effect is not None
    assert effect.value is None
    assert "1,200 units in control and 1,000 units in t1" in effect.title
    assert found.frame("splits")["failed"].all()
    assert found.finding("prove.split").tone == "bad"  # type: ignore[union-attr]


def test_experiments_registered_late_is_exploratory(client: Build, yes_no: Build) -> None:
    sound = only(experiments(client(yes_no((100, 1000), (60, 1000))), seed=1))
    late = only(experiments(client(yes_no((100, 1000), (60, 1000)), registered="2026-01-11"), seed=1))
    assert late["grade"] == "C"
    assert "exploratory" in late["grade_reasons"]
    assert not late["in_time"]
    assert late["bias_allowance"] == pytest.approx(0.01)  # a tenth of the baseline's 10 %
    assert late["low"] == pytest.approx(sound["low"] - 0.01)
    assert late["high"] == pytest.approx(sound["high"] + 0.01)


def test_experiments_registered_on_the_day_of_the_draw_is_in_time(client: Build, yes_no: Build) -> None:
    assert only(experiments(client(yes_no((9, 100), (6, 100)), registered="2026-01-10"), seed=1))["grade"] == "A"


def test_experiments_without_planned_split_is_not_an_a(client: Build, yes_no: Build) -> None:
    found = experiments(client(yes_no((100, 1000), (60, 1000)), planned_share=None), seed=1)
    assert only(found)["grade"] == "C"
    assert found.finding("prove.split") is None


def test_experiments_missing_outcomes_are_not_zeros(client: Build, yes_no: Build) -> None:
    units = yes_no((100, 1000), (60, 1000)).astype({"y": "float"})
    units.loc[units.index[900:1000], "y"] = np.nan  # a hundred control units that would have stayed
    found = experiments(client(units), seed=1)
    row = only(found)
    assert row["baseline"] == pytest.approx(100 / 900)
    assert row["grade"] == "C"
    attrition = found.frame("attrition").set_index("arm")
    assert attrition.loc["control", ["assigned", "missing", "analysed"]].tolist() == [1000, 100, 900]
    assert attrition.loc["t1", "p"] < 1e-6
    assert found.finding("prove.attrition").title == (  # type: ignore[union-attr]
        "Outcomes of experiment x1 are missing: 10.0% in control and 0.0% in t1"
    )
    assert "100 units have no outcome and are left out." in found.findings[1].detail


def test_experiments_even_losses_leave_the_grade(client: Build, yes_no: Build) -> None:
    units = yes_no((100, 1000), (60, 1000)).astype({"y": "float"})
    units.loc[[*range(950, 1000), *range(1950, 2000)], "y"] = np.nan
    found = experiments(client(units), seed=1)
    assert only(found)["grade"] == "A"
    assert found.finding("prove.attrition") is None


def test_experiments_running_counts_only_whole_windows(client: Build, yes_no: Build) -> None:
    """Outcomes come 30 days after the draw; those drawn in March are not fully measured at the end of March."""
    units = yes_no((20, 200), (10, 200))
    early = np.arange(len(units)) % 2 == 0
    units["assigned"] = np.where(early, "2026-01-20", "2026-03-10")
    units["post_measured"] = np.where(early, "2026-02-19", "2026-04-09")
    found = experiments(client(units, ended=None), seed=1)
    row = only(found)
    assert (row["n_control"], row["n_treated"]) == (100, 100)
    assert found.frame("attrition")[["immature", "missing"]].to_numpy().tolist() == [[100, 0], [100, 0]]
    assert "200 units are not fully measured yet" in found.findings[1].detail


def test_experiments_running_leaves_out_early_answers(client: Build, yes_no: Build) -> None:
    """Of the unit drawn last, an outcome that came fast does not count while the slow ones of its day cannot."""
    units = yes_no((40, 200), (40, 200))
    late = np.arange(len(units)) % 4 == 0
    quick = late & (units["y"] == 1)
    units["assigned"] = np.where(late, "2026-03-15", "2026-01-20")
    units["post_measured"] = np.where(quick, "2026-03-20", np.where(late, "2026-04-14", "2026-02-19"))
    row = only(experiments(client(units, ended=None), seed=1))
    assert (row["n_control"], row["n_treated"]) == (150, 150)
    assert row["baseline"] == pytest.approx(30 / 150)


def test_experiments_look_ahead(client: Build, yes_no: Build) -> None:
    """An outcome measured after `as_of` changes no byte."""
    units = yes_no((100, 1000), (60, 1000)).astype({"y": "float"})
    units["post_measured"] = "2026-03-10"
    units.loc[units.index[:50], "post_measured"] = "2026-05-01"
    gone = units.copy()
    gone.loc[gone.index[:50], "y"] = np.nan
    other = units.copy()
    other.loc[other.index[:50], "y"] = 0.0
    documents = [experiments(client(u), seed=1).document() for u in (units, gone, other)]
    assert documents[0] == documents[1] == documents[2]


def test_experiments_ended_after_as_of_is_still_running(client: Build, yes_no: Build) -> None:
    tables = client(yes_no((10, 100), (10, 100)), as_of=date(2026, 3, 1))
    found = experiments(tables, seed=1)
    assert found.gaps[0].reason == "It still runs and none of its 200 units is fully measured."


def test_experiments_cuped_needs_a_value_from_before_the_draw(client: Build) -> None:
    rng = np.random.default_rng(8)
    units = noisy(3, 1000, effect=2.0)
    units["x"] = units["y"] + rng.normal(0, 3, 1000)
    plan = {"kind": "mean", "metric": "spend", "direction": "up"}
    before = only(experiments(client(units, **plan), seed=1))
    after = experiments(client(units.assign(pre_measured="2026-01-11"), **plan), seed=1)
    assert before["cuped_gain"] > 0.8
    assert before["method"] == "Welch's t, CUPED"
    assert pd.isna(only(after)["cuped_gain"])
    assert "1,000 pre-period values were not measured before the draw and are not used." in after.findings[1].detail


def test_experiments_cuped_says_when_there_is_no_gain(client: Build) -> None:
    rng = np.random.default_rng(9)
    units = noisy(1, 1000).assign(x=rng.normal(0, 1, 1000))
    found = experiments(client(units, kind="mean", metric="spend", direction="up"), seed=1)
    assert only(found)["method"] == "Welch's t"
    assert only(found)["cuped_gain"] < 0.01
    assert "says next to nothing" in found.findings[1].detail


def test_experiments_cuped_leaves_out_the_outcome_itself(client: Build) -> None:
    units = noisy(2, 200)
    found = experiments(client(units.assign(x=units["y"]), kind="mean", metric="spend", direction="up"), seed=1)
    assert only(found)["method"] == "Welch's t"
    assert "is the same as the outcome" in found.findings[1].detail


def test_experiments_finds_with_cuped_what_noise_hid(client: Build) -> None:
    """Planted: 1.0 under a standard deviation of 10, which the pre-period value explains to 90 %."""
    rng = np.random.default_rng(10)
    x = 50 + rng.normal(0, 10, 1000)
    arm = np.where(np.arange(1000) % 2 == 0, "control", "t1")
    y = x + rng.normal(0, 3, 1000) + 1.0 * (arm == "t1")
    units = pd.DataFrame({"unit": np.arange(1000).astype(str), "arm": arm, "x": x, "y": y})
    plan = {"kind": "mean", "metric": "spend", "direction": "up"}
    plain = only(experiments(client(units.drop(columns="x"), **plan), seed=1))
    better = only(experiments(client(units, **plan), seed=1))
    assert plain["verdict"] == "has not shown an effect"
    assert better["verdict"] == "raised"
    assert better["low"] < 1.0 < better["high"]


def test_experiments_clusters_are_the_unit_of_analysis(client: Build) -> None:
    """Twelve teams of fifty share their team's level; 600 units are twelve draws."""
    rng = np.random.default_rng(11)
    cluster = np.repeat(np.arange(12), 50)
    level = rng.normal(0, 5, 12)[cluster]
    units = pd.DataFrame(
        {
            "unit": np.arange(600).astype(str),
            "cluster": cluster,
            "arm": np.where(cluster % 2 == 0, "control", "t1"),
            "y": 50 + level + rng.normal(0, 2, 600),
        }
    )
    plan = {"kind": "mean", "metric": "minutes", "design": "cluster_randomised"}
    row = only(experiments(client(units, **plan), seed=1))
    naive = only(experiments(client(units.drop(columns="cluster"), **(plan | {"design": "randomised"})), seed=1))
    assert row["n_clusters"] == 12
    assert row["method"] == "randomisation inference over clusters"
    assert row["effect"] == pytest.approx(naive["effect"])
    assert row["high"] - row["low"] > 5 * (naive["high"] - naive["low"])
    many = units.assign(cluster=np.arange(600) // 5 * 2 + (units["arm"] == "t1"))
    assert only(experiments(client(many, **plan), seed=1))["method"].startswith("clusters, ratio of means")


def test_experiments_several_arms_against_one_control(client: Build, yes_no: Build) -> None:
    units = yes_no((100, 1000), (60, 500), (20, 500))
    found = experiments(client(units), seed=1)
    frame = found.frame("effects").set_index("arm")
    assert frame["verdict"].tolist() == ["has not shown an effect", "cut"]
    assert found.finding("prove.effect", subject="x1/t2").title.startswith("Experiment x1, arm t2, cut churn")  # type: ignore[union-attr]
    assert frame.loc["t1", "p_adjusted"] >= frame.loc["t1", "p"]


def test_experiments_titles_use_adjusted_verdicts(several: Build, yes_no: Build) -> None:
    """p = .04 alone would pass; among ten tests without any effect it does not."""
    border = yes_no((100, 1000), (74, 1000))
    nothing = [(yes_no((100, 1000), (100 + k, 1000)), {"experiment_id": f"n{k}"}) for k in range(9)]
    found = experiments(several((border, {"experiment_id": "b"}), *nothing), seed=1)
    row = found.frame("effects").set_index("experiment_id").loc["b"]
    assert row["p"] < 0.05 < row["p_adjusted"]
    assert row["verdict"] == "has not shown an effect"
    assert "among the 10 tests of this report it does not" in found.finding("prove.effect", subject="b").detail  # type: ignore[union-attr]


def test_experiments_before_after_shows_no_cause(client: Build) -> None:
    """The same units before and after; an allowance of a fifth of a standard deviation at both ends."""
    rng = np.random.default_rng(12)
    x = 50 + rng.normal(0, 10, 200)
    units = pd.DataFrame({"unit": np.arange(200).astype(str), "arm": "t1", "x": x, "y": x - 8 + rng.normal(0, 3, 200)})
    found = experiments(client(units, kind="mean", metric="minutes", design="before_after"), seed=1)
    row = only(found)
    assert (row["grade"], row["verdict"], row["method"]) == ("E", "lower", "paired t, after minus before")
    assert row["bias_allowance"] == pytest.approx(0.2 * units["y"].std())
    assert row["high"] - row["low"] > 2 * row["bias_allowance"]
    assert "without a control group this shows no cause" in found.findings[1].title
    assert found.finding("prove.tally").value == 0  # type: ignore[union-attr]
    assert found.finding("prove.split") is None


def test_experiments_before_after_cohorts(client: Build, yes_no: Build) -> None:
    row = only(experiments(client(yes_no((300, 1000), (100, 1500)), design="before_after"), seed=1))
    assert row["grade"] == "E"
    assert row["bias_allowance"] == pytest.approx(0.2 * 0.3)
    assert row["verdict"] == "lower"


def swap(units: pd.DataFrame) -> pd.DataFrame:
    return units.assign(arm=units["arm"].map({"control": "t1", "t1": "control"}))


def test_experiments_invariants(client: Build) -> None:
    """Swapping arms flips the sign; the unit of money scales; the order of rows does not matter."""
    plan = {"kind": "mean", "metric": "spend", "direction": "up"}
    units = noisy(13, 300, effect=3.0)
    row = only(experiments(client(units, **plan), seed=1))
    swapped = only(experiments(client(swap(units), **plan), seed=1))
    cents = only(experiments(client(units.assign(y=units["y"] * 100), **plan), seed=1))
    assert [swapped["low"], swapped["effect"], swapped["high"]] == pytest.approx(
        [-row["high"], -row["effect"], -row["low"]]
    )
    assert [cents["low"], cents["high"], cents["p"]] == pytest.approx([100 * row["low"], 100 * row["high"], row["p"]])
    shuffled = units.sample(frac=1, random_state=1)
    assert (
        experiments(client(shuffled, **plan), seed=1).document()
        == experiments(client(units, **plan), seed=1).document()
    )

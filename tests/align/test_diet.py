"""What each metric is for, which say the same, and the anti-vanity test on customers whose fate is planted."""

import numpy as np
import pandas as pd
import pytest

from cxkit.align.catalogue import FINDINGS
from cxkit.align.diet import metric_diet
from cxkit.align.diet_scores import Ends, ends, verdict
from cxkit.align.traceability import traceability
from cxkit.metrics.estimates import difference, proportion
from tests.align.panels import METRICS, SHEETS, months, tables, values


def diet(**sheets):
    given = tables(**sheets)
    return metric_diet(given, traceability(given), seed=1)


ASKED = METRICS.assign(
    why_tracked=["bonus", "leak", None, "promise", None],
    used_by=["Sales", "council", "Field", "Field", " "],
    decision=["bonus", "budget", "Shifts", "shifts.", None],
)


def test_each_metric_is_asked_why_who_what_for_and_whose():
    found = diet(metrics=ASKED)
    rows = found.frame("metrics").set_index("metric_id")
    assert rows["missing"].to_dict() == {"sold": 0, "early": 0, "visits": 1, "repair": 0, "likes": 3}
    assert rows["advice"].to_dict() == {
        "sold": "keep",
        "early": "keep",
        "visits": "answer first",
        "repair": "keep",
        "likes": "drop or justify",  # no decision, and no line to a goal
    }
    title = found.finding("align.diet.unanswered").title
    assert title == "2 of 5 metrics cannot say what they are for: “Likes” and “Visits a day”"
    count = found.finding("align.diet.count")
    assert (
        count.title == "5 metrics are tracked for 1 key result; 1 of them serves neither a decision nor a goal: “Likes”"
    )


def test_columns_that_were_not_supplied_are_no_blame():
    found = diet()
    assert found.frame("metrics")["has_why"].isna().all()
    gap = next(g for g in found.gaps if g.id == "align.diet.unanswered")
    assert str(gap.needs[0]) == "metrics (why_tracked, used_by, decision)"
    assert {g.id for g in diet(**dict.fromkeys(SHEETS)).gaps} == {"align.diet.count", "align.diet.score"}


def test_one_score_that_carries_the_plan_is_named():
    krs = pd.DataFrame(
        [(f"K{k}", "G1", "x", "early" if k < 3 else "sold") for k in range(4)],
        columns=["kr_id", "goal_id", "key_result", "metric_id"],
    )
    found = diet(key_results=krs).finding("align.diet.single")
    assert found.title == "“Homes lost early” alone measures 3 of 4 key results: one score carries the plan"
    assert diet().finding("align.diet.single") is None


def test_metrics_that_move_as_one_are_one_cluster():
    rng = np.random.default_rng(2)
    one = rng.normal(size=(3, 48))
    panels = {"visits": one, "repair": -one + 0.05 * rng.normal(size=(3, 48)), "likes": rng.normal(size=(3, 48))}
    found = diet(metric_values=values(panels))
    (row,) = found.frame("clusters").to_dict("records")
    assert (row["how"], row["metric_ids"], row["months"], row["segments"]) == ("months", "repair; visits", 48, 3)
    assert 0.7 < row["least"] < 1
    assert "for 48 months they have said the same" in found.finding("align.diet.redundant").title
    vanity = found.frame("vanity")
    assert set(vanity["verdict"]) == {"months only"}  # series alone never get a verdict


def test_metrics_for_one_decision_of_the_same_people_are_declared_duplicates():
    row = diet(metrics=ASKED).frame("clusters").iloc[0]
    assert (row["how"], row["metric_ids"]) == ("decision", "repair; visits")


def tally(*rows):
    return pd.DataFrame(rows, columns=["value", "n", "gone"]).assign(contacts=0, contacts_squared=0)


LEARNT = tally((1.0, 300, 45), (2.0, 300, 30), (3.0, 300, 15))


def test_predicts_when_the_later_period_repeats_the_earlier_one():
    row = verdict(LEARNT, tally((1.0, 400, 60), (2.0, 400, 40), (3.0, 400, 20)), "left", better_high=True)
    by_hand = difference(proportion(60, 400), proportion(20, 400))
    assert (row["verdict"], row["worse_end"], row["worse_cut"], row["better_cut"]) == ("predicts", "low", 1.0, 3.0)
    assert (row["value"], row["low"], row["high"]) == (by_hand.value, by_hand.low, by_hand.high)
    assert row["useful"] == 0.02


def test_auc_by_hand():
    judged = tally((1.0, 4, 2), (2.0, 4, 1), (3.0, 4, 0))  # leavers: 1, 1, 2; stayers: 1, 1, 2, 2, 2, 3, 3, 3, 3
    wins = 2 * (2 / 2 + 7) + (0 * 2 + 3 / 2 + 4)
    assert verdict(LEARNT, judged, "left", better_high=True)["auc"] == pytest.approx(wins / 27)


def test_does_not_when_the_interval_holds_no_useful_size():
    row = verdict(LEARNT, tally((1.0, 9000, 450), (2.0, 9000, 450), (3.0, 9000, 450)), "left", better_high=True)
    assert row["verdict"] == "does not"
    assert -0.02 < row["low"] < 0 < row["high"] < 0.02


def test_cannot_tell_says_how_many_more_it_takes():
    row = verdict(LEARNT, tally((1.0, 100, 8), (2.0, 100, 7), (3.0, 100, 6)), "left", better_high=True)
    assert row["verdict"] == "cannot tell"
    more = row["more_needed"] + 300
    third = more // 3
    later = verdict(
        LEARNT,
        tally((1.0, third, third * 0.08), (2.0, third, third * 0.07), (3.0, third, third * 0.06)),
        "left",
        better_high=True,
    )
    assert later["verdict"] in {"predicts", "does not"}  # what was asked for is about enough
    few = verdict(LEARNT, tally((1.0, 10, 1), (2.0, 10, 1), (3.0, 10, 0)), "left", better_high=True)
    assert few["why"] == "fewer than 30 customers at one end"
    assert "low" not in few


def test_a_score_that_turned_round_predicts_nothing():
    row = verdict(LEARNT, tally((1.0, 900, 20), (2.0, 900, 90), (3.0, 900, 200)), "left", better_high=True)
    assert row["verdict"] == "cannot tell"
    assert row["why"] == "it pointed the other way a year earlier"


def test_ends_hold_about_a_third_each_and_never_overlap():
    assert ends(pd.Series([1.0, 2.0, 3.0]), pd.Series([10, 80, 10])) == Ends(1.0, 2.0)
    assert ends(pd.Series([5.0]), pd.Series([50])) is None
    rng = np.random.default_rng(1)
    for _ in range(50):
        n = pd.Series(rng.integers(1, 50, rng.integers(2, 8)))
        found = ends(pd.Series(np.arange(float(len(n)))), n)
        assert found is None or found.low < found.high


def book(predictive):
    """1,200 customers over 24 months: half score low; who scores low leaves in the outcome windows, or anybody does."""
    rng = np.random.default_rng(4)
    spans = months(24)
    unhappy = np.arange(1200) % 2 == 0
    chance = np.where(unhappy, 0.2, 0.05) if predictive else np.full(1200, 0.12)
    ended = np.where(rng.random(1200) < chance, 9, 24)  # those who go do so in the first outcome window
    late = (ended == 24) & (rng.random(1200) < chance)
    ended = np.where(late, 20, ended)
    accounts = pd.DataFrame(
        {
            "account_id": [f"a{k}" for k in range(1200)],
            "started": spans[0],
            "ended": [spans[e] if e < 24 else None for e in ended],
        }
    )
    surveys = pd.DataFrame(
        [
            (f"r{k}-{t}", "nps", 2 if unhappy[k] else 9, pd.Timestamp(spans[t]) + pd.Timedelta(days=5), f"a{k}")
            for k in range(1200)
            for t in (0, 3, 14, 15)
            if t <= ended[k]
        ],
        columns=["response_id", "metric", "score", "answered", "account_id"],
    )
    return {"accounts": accounts, "surveys": surveys}


def test_score_that_goes_before_leaving_is_told_from_vanity_on_held_out_months():
    found = diet(**book(predictive=True))
    row = found.frame("vanity").iloc[0]
    assert (row["score"], row["outcome"], row["verdict"], row["worse_end"]) == ("nps", "left", "predicts", "low")
    assert (row["scored"], row["observed"]) == ("2025-07 to 2025-12", "2026-01 to 2026-06")
    assert row["n"] < 1200  # those who had left before the landmark are not asked; four answers are one customer
    told = found.finding("align.diet.score", subject="nps")
    assert told.title.startswith("“Would recommend (NPS)” tells what comes: customers who answered 2 or less left ")
    assert "one does not make the other" in told.detail
    assert {f.id for f in found.findings} <= set(FINDINGS)


def test_score_without_relation_is_never_said_to_predict():
    row = diet(**book(predictive=False)).frame("vanity").iloc[0]
    assert row["verdict"] == "cannot tell"
    assert row["more_needed"] > 0


def test_short_history_is_no_verdict():
    short = book(predictive=True)
    recent = short["surveys"][short["surveys"]["answered"] > "2025-07-01"]
    found = diet(accounts=short["accounts"], surveys=recent)
    assert found.frame("vanity").iloc[0]["why"] == "24 months of scores and outcomes are needed"
    assert "24 months of scores" in found.gaps[-1].reason

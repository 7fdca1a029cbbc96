"""Declared conflicts ranked by pay × money; measured ones on named pairs only; reversals; other weights."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.align import association
from cxkit.align.catalogue import FINDINGS
from cxkit.align.conflict import what_if
from cxkit.align.conflict_pay import ranked
from tests.align.panels import METRICS, SHEETS, conflict, moving, values


@pytest.fixture(autouse=True)
def _fewer_draws(monkeypatch):
    """Enough for verdicts that are not close, in a tenth of the time."""
    monkeypatch.setattr(association, "DRAWS", 999)
    monkeypatch.setattr(association, "POOLED_DRAWS", 199)


def declared(found):
    return found.frame("declared").set_index("pair")


def test_declared_conflicts_are_ranked_by_pay_times_money_at_stake():
    found = declared(conflict())
    sold, visits = found.loc["sold>early"], found.loc["visits>repair"]
    assert (sold["rank"], visits["rank"]) == (1, 2)
    assert sold["at_stake"] == pytest.approx(50_000)  # a million for the whole × from 16 to 11 %
    assert (
        sold["at_stake_rule"]
        == "what a unit is worth a year, times the way from baseline to target of “Fewer lost early”"
    )
    assert sold["weighted"] == pytest.approx(0.8 * 50_000)
    assert visits["at_stake"] == pytest.approx(2000 * 0.1 * 80 * 0.5)  # cashable and live alone: B1
    assert visits["at_stake_rule"] == "yearly cashable benefits of I1, as claimed and before risk"


def test_declared_conflict_says_who_is_paid_and_who_needs_it():
    found = conflict()
    first = found.finding("align.conflict.declared", subject="sold>early")
    assert first.title == (
        "Sales is paid 80\u202f% on “New contracts”, which works against “Homes lost early”, on which nobody is paid; "
        "€50.0\u202fk a year is at stake"
    )
    assert "1 key result depends on “Homes lost early”." in first.detail
    assert "declared, not proven" in first.detail
    assert (first.grade, first.weight, first.low) == ("E", 40_000, None)
    kinds = declared(found)[["kind", "worst"]].to_dict("index")
    assert kinds["sold>early"] == {"kind": "paid against nobody", "worst": True}
    assert kinds["visits>repair"] == {"kind": "paid both ways", "worst": True}  # repair leads to early, and so to KR1


def test_declared_conflict_without_money_still_stands_but_last():
    metrics = METRICS.assign(unit_value=None)
    found = declared(conflict(metrics=metrics))
    assert found["at_stake"].isna().to_dict() == {"visits>repair": False, "sold>early": True}
    assert found.loc["sold>early", "rank"] == 2


def test_pay_against_goals():
    found = conflict()
    unpaid = found.finding("align.conflict.unpaid")
    assert unpaid.title == "1 of 2 metrics behind the goals' key results carries no pay: “Homes lost early”"
    assert unpaid.value == 0.5
    silo = found.finding("align.conflict.own_silo")
    assert silo.title == (
        "2 of 4 teams with variable pay are paid only on their own activity or on figures no goal needs: Digital "
        "and Sales"
    )
    assert found.finding("align.conflict.shared").title == "1 of 5 metrics is shared by two or more teams"
    teams = found.frame("incentives").groupby("team")["metric_id"].agg(list).to_dict()
    assert teams["Desk"] == ["repair"]
    assert teams["Field"] == ["visits", "repair"]


def test_nothing_declared_is_a_gap_that_names_the_column():
    found = conflict(links=SHEETS["links"].drop(columns="effect"))
    gap = next(g for g in found.gaps if g.id == "align.conflict.declared")
    assert str(gap.needs[0]) == "links (effect)"
    bare = conflict(metrics=METRICS.drop(columns="incentive_weight"))
    assert {str(m) for g in bare.gaps if g.id == "align.conflict.unpaid" for m in g.needs} == {
        "metrics (incentive_weight)"
    }
    assert not bare.has("incentives")
    empty = conflict(**dict.fromkeys(SHEETS))
    assert not empty.findings
    assert {g.id for g in empty.gaps} == {"align.conflict.declared", "align.conflict.unpaid"}


def measured(found):
    return found.frame("measured").set_index("pair").loc["visits>repair"]


def test_measured_conflict_is_found_at_its_lag_and_never_worded_as_cause():
    found = conflict(metric_values=values(moving(0.7, lag=1)))
    row = measured(found)
    assert (row["verdict"], row["lag"], row["months"], row["segments"]) == ("against", 1, 48, 3)
    assert row["low"] < -0.7 < row["high"] < 0  # more visits are better, more days worse: signed below nought
    assert row["swing"] == pytest.approx(0.27, abs=0.05)  # 0.3 less what month and trend take
    assert row["change"] == pytest.approx(0.7 * 0.4 * row["swing"] / 0.3, abs=0.06)
    told = found.finding("align.conflict.measured", subject="visits>repair")
    assert "move against each other: when the first is" in told.title
    assert "visits above its usual level, the second tends to be" in told.title
    assert "days higher 1 month later" in told.title
    assert "what moves them is not known" in told.detail
    assert not {"because", "causes", "leads to", "drives"} & set(told.title.split())


def test_measured_pair_without_relation_stays_unclear():
    row = measured(conflict(metric_values=values(moving(0.0))))
    assert row["verdict"] == "not clear"
    assert row["low"] < 0 < row["high"]


def test_common_season_and_common_trend_are_no_relation():
    both = 5 * np.arange(60) / 60 + 2 * np.sin(2 * np.pi * np.arange(60) / 12)
    panels = {name: panel + both for name, panel in moving(0.0, count=60).items()}
    assert measured(conflict(metric_values=values(panels)))["verdict"] == "not clear"


@pytest.mark.parametrize(("count", "more"), [(35, 1), (12, 24)])
def test_under_36_months_nothing_is_told(count, more):
    found = conflict(metric_values=values(moving(0.9, count=count)))
    row = measured(found)
    assert (row["verdict"], row["months"], row["months_needed"]) == ("cannot tell", count, more)
    assert not found.has("panel")
    gap = next(g for g in found.gaps if g.id == "align.conflict.measured")
    assert f"{count} unbroken months in common, {more} more needed" in gap.reason
    assert found.finding("align.conflict.measured") is None


def test_a_hole_in_the_months_shortens_them():
    rows = values(moving(0.9))
    broken = rows[rows["month"].map(lambda m: m.isoformat()) != "2025-12-01"]
    assert measured(conflict(metric_values=broken))["months"] == 6


def test_reversal_of_a_named_pair():
    found = conflict(metric_values=values(moving(0.7, levels=-2.0)))
    row = measured(found)
    assert row["value"] < -0.4
    assert row["pooled"] > 0.5
    assert row["reversal"]
    told = found.finding("align.conflict.reversal", subject="visits>repair")
    assert told.title == (
        "Read over all segments, “Visits a day” and “Days to repair” improve together; inside each of the 3 segments "
        "they tend to move against each other, so the overall figure misleads"
    )
    assert found.finding("align.conflict.measured") is None  # one finding a pair


@pytest.mark.parametrize("panels", [moving(0.7, levels=2.0), moving(0.0, levels=-2.0)])
def test_no_reversal_where_signs_agree_or_segments_say_nothing(panels):
    assert not measured(conflict(metric_values=values(panels)))["reversal"]


def test_another_pair_changes_no_draw():
    alone = measured(conflict(metric_values=values(moving(0.5))))
    links = pd.concat(
        [SHEETS["links"], pd.DataFrame([["likes", "repair", "hurts"]], columns=["from_id", "to_id", "effect"])]
    )
    likes = {"likes": np.random.default_rng(9).normal(size=(3, 48))}
    both = measured(conflict(metric_values=values(moving(0.5) | likes), links=links))
    same = ["value", "low", "high", "lag", "pooled_low", "swing", "change"]
    assert alone[same].to_dict() == both[same].to_dict()


def test_row_order_changes_nothing():
    rows = values(moving(0.5))
    one = conflict(metric_values=rows)
    other = conflict(metric_values=rows.sample(frac=1, random_state=1), links=SHEETS["links"].iloc[::-1])
    assert one.findings == other.findings
    assert all(one.tables[name].equals(other.tables[name]) for name in one.tables)


def test_a_metric_without_direction_is_not_judged():
    metrics = METRICS.assign(direction=["up", "down", None, "down", "up"])
    row = measured(conflict(metrics=metrics, metric_values=values(moving(0.9))))
    assert (row["verdict"], row["why"]) == ("cannot tell", "which way is better is not stated for “Visits a day”")


def test_other_weights_rank_anew_and_the_same_weights_change_nothing():
    found = conflict(metric_values=values(moving(0.7)))
    same = what_if(found, {"sold": 0.8, "early": 0.0})
    assert same.findings == found.findings
    assert same.gaps == found.gaps
    assert all(same.tables[name].equals(found.tables[name]) for name in found.tables)
    other = what_if(found, {"sold": 0.05, "early": 0.5})
    assert declared(other)["rank"].to_dict() == {"visits>repair": 1, "sold>early": 2}
    assert declared(other).loc["sold>early", "kind"] == "paid against paid"
    assert other.finding("align.conflict.unpaid").title.startswith("Somebody is paid on each of the 2 metrics")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.one_of(st.none(), st.floats(0, 1e9))), max_size=6))
def test_ranks_are_a_full_order_that_falls_with_weighted_money(given_):
    rows = [
        {
            "pair": str(k),
            "from_weight": w,
            "to_weight": None,
            "from_team": "A",
            "to_team": "B",
            "to_needed": False,
            "at_stake": m,
        }
        for k, (w, m) in enumerate(given_)
    ]
    order = ranked(rows)
    assert [r["rank"] for r in order] == list(range(1, len(rows) + 1))
    sums = [r["weighted"] or 0.0 for r in order]
    assert sums == sorted(sums, reverse=True)


def test_hostile_names_stay_on_one_line_and_ids_are_in_the_catalogue():
    metrics = METRICS.assign(metric=["<script>\n" + "x" * 200] * 5, owner_team="Sales\nteam")
    found = conflict(metrics=metrics, metric_values=values(moving(0.7, levels=-2.0)))
    assert all("\n" not in f.title and len(f.title) < 400 for f in found.findings)
    assert {f.id for f in found.findings} <= set(FINDINGS)
    assert {f.id for f in conflict().findings} <= set(FINDINGS)

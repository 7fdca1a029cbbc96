"""The claim register: what is recognised, what never is, and an expectation beside a past that fits on a page."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import cxkit
from cxkit.metrics.windows import add_months
from cxkit.quantify import business_cases
from cxkit.quantify.catalogue import FINDINGS
from cxkit.quantify.hearsay import claim_register
from cxkit.quantify.hearsay_claims import Claim, leans, register
from cxkit.quantify.hearsay_history import LEAST_MOVES, History, history, seen
from cxkit.tables.engine import Tables

AS_OF = date(2026, 10, 31)
FIRST = date(2022, 11, 1)
"""48 months to the report's date."""
LINE = {"metric_id": "repair", "segment": None, "n": None}


def steady(values, metric="repair"):
    """Monthly values that end with the report's month."""
    first = add_months(date(2026, 10, 1), 1 - len(values))
    rows = [LINE | {"metric_id": metric, "month": add_months(first, k), "value": v} for k, v in enumerate(values)]
    return pd.DataFrame(rows)


def found(*, initiatives=(), links=(), benefits=(), values=None, metrics=(), key_results=(), revenue=None):
    base = {"initiative_id": "I1", "initiative": "Welcome call", "status": "running", "hypothesis": None}
    frames = {"initiatives": pd.DataFrame([base | row for row in initiatives or [{}]])}
    for name, rows in (("links", links), ("benefits", benefits), ("metrics", metrics), ("key_results", key_results)):
        if rows:
            frames[name] = pd.DataFrame(rows)
    if values is not None:
        frames["metric_values"] = values
    if revenue is not None:
        frames["revenue"] = revenue
    tables = Tables.from_frames(frames, as_of=AS_OF, currency="USD")
    cases = business_cases(tables, discount_rate=0.1, horizon_months=12, default_margin=0.5, detail=False)
    return claim_register(tables, cases)


def ids(text, driver=""):
    return [(c.id if c else "", how) for c, _, how in leans(text, driver=driver)]


# what is recognised


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("Research shows that 70% of CX programmes fail", "programmes_fail"),
        ("Seven in ten initiatives disappoint, so we act", "programmes_fail"),
        ("Alignment cuts churn by 20-30%", "aligned_churn"),
        ("Churn falls by between 20 and 30 percent.", "aligned_churn"),
        ("Attrition drops 20 % to 30 % when teams agree", "aligned_churn"),
        ("CLV grows 15–25 %", "aligned_lifetime_value"),
        ("misaligned firms churn 2.5x faster", "poor_alignment_churn"),
        ("they lose customers two and a half times as fast", "poor_alignment_churn"),
        ("Employee engagement is 40.0 % up", "aligned_engagement"),
        ("Retention rose by 40 per cent at a telecom", "telecom_retention"),
        ("CSAT +35 %", "bank_satisfaction"),
        ("projects are delivered, implemented in half the time", "aligned_speed"),
        ("opex falls 35 %", "aligned_cost"),
    ],
)
def test_a_figure_with_its_metric_in_one_sentence_is_recognised(text, claim):
    assert ids(text) == [(claim, "figure")]


@pytest.mark.parametrize(
    "text",
    [
        "If we call 20 homes, churn falls",
        "Churn falls by 5 points, because 70 % of kits are wrong",
        "70 % of calls come from new homes",
        "120-130 % of churn",
        "We call 20 to 30 homes a week, and churn falls",
        "20 to 30 % of homes are new. Churn falls when they are called",
        "Retention rose from 40 to 45",
        "Satisfaction rises by 3.35 %",
        "Satisfaction rises by 1-35 %",
        "Engagement of customers rises by 60 %",
        "Churn costs 2.5 million",
        "Half the time agents search for the account",
        "",
    ],
)
def test_other_figures_and_other_things_are_not(text):
    assert ids(text) == []


def test_an_id_or_a_source_is_recognised_by_name():
    assert ids("see telecom_retention") == [("telecom_retention", "id")]
    assert ids("not_telecom_retention_rate") == []
    assert ids("as in ‘Breaking the  Alignment Barrier’") == [("", "source")]
    assert ids("Breaking the Alignment Barrier: churn down 20-30 %") == [("aligned_churn", "figure")]


def test_a_benefits_driver_stands_for_the_metric_of_a_range_but_not_of_one_percentage():
    assert ids("20 to 30 % by industry figures", driver="grr") == [("aligned_churn", "figure")]
    assert ids("contacts × 25 % × cost", driver="deflection") == []
    assert ids("35 % of the rest", driver="other") == []


@given(st.text(max_size=60), st.integers(0, 100))
@settings(max_examples=40, deadline=None)
def test_no_text_without_a_metric_leans_on_a_figure(text, number):
    quiet = "".join(c for c in text if not c.isalpha())
    assert ids(f"{quiet} {number} % {quiet}") == []


def test_the_register_is_checked():
    claim = {
        "id": "x", "says": "x.", "kind": "effect", "metric": "x", "unit": "ratio", "low": 0.1, "high": 0.2,
        "better": "up", "words": [["x"]], "from": "an article", "provenance": "unsourced",
    }  # fmt: skip
    assert Claim.model_validate(claim).ends == (0.1, 0.2)
    for wrong in ({"provenance": "measured"}, {"low": 0.3}, {"words": []}, {"source": "?"}):
        with pytest.raises(ValidationError):
            Claim.model_validate(claim | wrong)


def test_no_other_code_reads_the_circulating_figures():
    """They are never a default: the file has one reader, the reader two users, and both only compare."""
    package = Path(cxkit.__file__).parent
    texts = {path.name: path.read_text(encoding="utf-8") for path in package.rglob("*.py")}
    readers = {name for name, text in texts.items() if "claims.yml" in text}
    users = {name for name, text in texts.items() if "import" in text and "quantify.hearsay_claims" in text}
    assert readers == {"hearsay_claims.py"}
    assert users == {"hearsay.py", "hearsay_expected.py"}


# what leans


def test_hypotheses_links_and_benefits_that_lean_are_one_finding():
    result = found(
        initiatives=[
            {"hypothesis": "Alignment takes 20-30 % off churn"},
            {"initiative_id": "I2", "initiative": "Council", "hypothesis": "If units meet, work is quicker"},
            {"initiative_id": "I3", "initiative": "Old", "hypothesis": "CSAT +35 %", "status": "stopped"},
        ],
        links=[{"from_id": "I2", "to_id": "csat", "note": "Breaking the Alignment Barrier", "status": "claimed"}],
    )
    leaning = result.frame("leaning")
    assert leaning[["initiative", "where", "claim"]].values.tolist() == [
        ["I1", "hypothesis", "aligned_churn"],
        ["I2", "link", ""],
    ]
    finding = result.finding("quantify.claims.leaning")
    assert finding.title == "2 initiatives lean on a statistic that nobody can source: Welcome call and Council"
    assert (finding.value, finding.tone, finding.n) == (2, "bad", 2)
    assert "Alignment is said to take a fifth to three tenths off customer churn." in finding.detail
    claims = result.frame("claims").set_index("claim")
    assert claims.loc["aligned_churn", "leaned_on"] == 1
    assert set(claims["provenance"]) == {"unsourced"}
    assert len(claims) == len(register())


def test_that_none_leans_is_said_and_no_hypothesis_is_a_gap():
    result = found(initiatives=[{"hypothesis": "If we call 20 homes, churn falls by 5 points"}])
    finding = result.finding("quantify.claims.leaning")
    assert finding.title == "The one written hypothesis does not lean on a statistic that nobody can source"
    assert finding.tone == "good"
    bare = found()
    assert not bare.findings
    assert [g.id for g in bare.gaps] == ["quantify.claims.leaning", "quantify.claims.beyond_history"]
    assert bare.gaps[0].needs[0].columns == ("hypothesis",)


# what is expected beside the past

REPAIR = {"hypothesis": "x", "metric_id": "repair", "expected_change": -1.0}
MOVED = [5.0] * 24 + [4.5] * 24
"""Days of repair: half a day less than a year before, once."""


def test_more_than_any_twelve_months_have_shown_is_said_with_both_figures():
    result = found(
        initiatives=[REPAIR], values=steady(MOVED), metrics=[{"metric_id": "repair", "metric": "Repair days"}]
    )
    row = result.frame("compared").iloc[0]
    assert (row["change"], row["largest"], row["as_far"], row["moves"]) == (-1.0, 0.5, 0, 36)
    assert (row["months"], row["first"], row["last"], row["against_history"]) == (48, "2022-11", "2026-10", "never")
    assert row["relative"] == pytest.approx(-1 / 4.5)
    finding = result.finding("quantify.claims.beyond_history", initiative="I1")
    assert finding.title == "Welcome call expects more than any twelve months of the client's own history have shown"
    assert finding.detail.startswith(
        "Repair days should fall by 1 (22 %); it has fallen by 0.5 at most, in 36 overlapping spans of twelve months up"
    )
    assert (finding.n, finding.grade) == (36, "E")
    assert {f.id for f in result.findings} <= set(FINDINGS)


def test_what_has_been_seen_has_its_percentile_and_no_finding():
    result = found(initiatives=[REPAIR | {"expected_change": -0.5}], values=steady(MOVED))
    row = result.frame("compared").iloc[0]
    assert (row["against_history"], row["as_far"]) == ("seen", 12)
    assert row["percentile"] == pytest.approx(1 - 12 / 36)
    assert result.finding("quantify.claims.beyond_history") is None


def test_a_tested_link_takes_the_finding_away_and_stays_in_the_table():
    links = [{"from_id": "I1", "to_id": "repair", "status": "randomised"}]
    result = found(initiatives=[REPAIR], values=steady(MOVED), links=links)
    assert result.frame("compared")[["against_history", "tested"]].values.tolist() == [["never", "randomised"]]
    assert result.finding("quantify.claims.beyond_history") is None


@pytest.mark.parametrize("months", [6, 20, 35])
def test_under_three_years_of_months_the_past_says_nothing(months):
    result = found(initiatives=[REPAIR], values=steady([5.0] * months))
    row = result.frame("compared").iloc[0]
    assert row["against_history"] == "cannot tell"
    assert row["why"] == f"{months} months are known; three years of them say something"
    assert result.gaps[-1].id == "quantify.claims.beyond_history"


def test_months_in_another_unit_than_the_baseline_are_not_compared():
    goal = [{"kr_id": "K", "goal_id": "G", "key_result": "x", "metric_id": "repair", "baseline": 0.05}]
    row = found(initiatives=[REPAIR], values=steady(MOVED), key_results=goal).frame("compared").iloc[0]
    assert row["why"] == "its months are counted in another unit than its baseline"
    assert row["baseline"] == 0.05


def test_an_expected_change_is_set_beside_the_claimed_range():
    churn = {"hypothesis": "x", "metric_id": "churn"}
    goal = [{"kr_id": "K", "goal_id": "G", "key_result": "x", "metric_id": "churn", "baseline": 0.20}]
    against = {
        change: found(initiatives=[churn | {"expected_change": change}], key_results=goal).frame("compared").iloc[0]
        for change in (-0.02, -0.05, -0.08, 0.02)
    }
    assert {k: v["against_claim"] for k, v in against.items()} == {
        -0.02: "below",
        -0.05: "inside",
        -0.08: "above",
        0.02: "",
    }
    assert against[-0.05][["claim", "claimed_low", "claimed_high"]].tolist() == ["aligned_churn", 0.2, 0.3]
    result = found(initiatives=[churn | {"expected_change": -0.08}], key_results=goal)
    title = "Welcome call expects a larger change than even the statistics that circulate"
    assert result.finding("quantify.claims.above_claimed").title == title
    assert "40 % against 20 to 30 %, which nobody can source" in result.finding("quantify.claims.above_claimed").detail


BENEFIT = {
    "benefit_id": "B1", "initiative_id": "I1", "block": "cost", "driver": "aht", "kind": "cashable", "base": 100.0,
    "base_unit": "contacts a year", "effect": 2.0, "unit_value": 1.0, "adoption": 0.5, "deadweight": 0.2,
}  # fmt: skip


def test_a_benefit_whose_base_cannot_be_placed_is_not_compared():
    unknown = found(benefits=[BENEFIT], values=steady([10.0] * 48, "aht")).frame("compared").iloc[0]
    assert (unknown["why"], unknown["against_history"]) == ("its base cannot be set against the whole", "cannot tell")


def test_a_benefit_on_revenue_moves_the_book_by_its_part_of_it():
    """One stays and pays 300, another pays 100 and is replaced each year; the base is half a year's revenue."""
    rows = [
        {
            "account_id": f"{kind}{k if kind == 'b' else ''}",
            "month": add_months(FIRST, m),
            "mrr": 300.0 if kind == "a" else 100.0,
        }
        for m in range(48)
        for kind, k in (("a", 0), ("b", m // 12))
    ]
    benefit = BENEFIT | {
        "driver": "grr",
        "block": "revenue",
        "base": 2400.0,
        "base_unit": "USD of revenue",
        "effect": 0.1,
    }
    result = found(benefits=[benefit], revenue=pd.DataFrame(rows))
    row = result.frame("compared").iloc[0]
    assert row["change"] == pytest.approx(0.1 * 0.5 * 0.8 * 2400 / 4800)
    assert row["baseline"] == pytest.approx(0.75)
    assert row["relative"] == pytest.approx(-0.02 / 0.25)
    assert (row["claim"], row["against_claim"]) == ("aligned_churn", "below")


# the history itself


def test_moves_are_over_twelve_months_and_skip_holes():
    months = tuple(add_months(FIRST, k) for k in range(48) if k != 3)
    values = tuple(float(k) for k in range(48) if k != 3)
    found_ = History("x", months, values, "test")
    assert set(found_.moves()) == {12.0}
    assert len(found_.moves()) == 35
    assert seen(found_, 12.0).verdict == "seen"
    assert seen(found_, 13.0).verdict == "never"
    assert seen(found_, -12.0).verdict == "never"
    assert seen(found_, 0.0).verdict == "cannot tell"


def test_a_move_within_a_twentieth_counts_as_one_that_went_as_far():
    assert seen(
        History("x", tuple(add_months(FIRST, k) for k in range(48)), (0.0,) * 24 + (2.9,) * 24, "t"), 3.0
    ).as_far


def test_segments_are_put_together_by_their_observations():
    months = [add_months(FIRST, k) for k in range(3)]
    rows = [
        {"metric_id": "m", "month": m, "segment": s, "value": v, "n": n}
        for m in months
        for s, v, n in (("north", 1.0, 30), ("south", 5.0, 10))
        if not (m == months[2] and s == "south")
    ]
    tables = Tables.from_frames({"metric_values": pd.DataFrame(rows)}, as_of=AS_OF)
    assert history(tables, "m").values == (2.0, 2.0)
    assert history(tables, "other").name == "metric_values"


@given(st.lists(st.floats(-100, 100), min_size=48, max_size=48), st.floats(0.01, 250))
@settings(max_examples=50, deadline=None)
def test_a_larger_expectation_is_never_seen_more_often(values, change):
    past = History("x", tuple(add_months(FIRST, k) for k in range(48)), tuple(values), "t")
    less, more = seen(past, change), seen(past, change * 1.5)
    assert more.as_far <= less.as_far
    assert less.moves == 36 >= LEAST_MOVES
    assert less.largest <= np.ptp(values) + 1e-9


def test_the_result_survives_its_document():
    result = found(initiatives=[REPAIR], values=steady(MOVED))
    document = {k: v for k, v in result.document().items() if k not in {"result", "version"}}
    assert type(result).model_validate(document).findings == result.findings

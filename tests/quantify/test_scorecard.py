"""The scorecard on a book with known rates: every row, every gap, the same bytes twice."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from cxkit.errors import InputError
from cxkit.metrics.definitions import definitions
from cxkit.quantify import Scorecard, scorecard
from cxkit.quantify.catalogue import FINDINGS
from cxkit.quantify.scorecard import METRICS
from cxkit.tables.engine import Tables

AS_OF = date(2026, 10, 31)


def frames(n=120, months=26, seed=3):
    """Accounts that each pay 10, every tenth leaving in 2026-05; tickets, answers and costs beside them."""
    rng = np.random.default_rng(seed)
    span = [m.to_timestamp().date() for m in pd.period_range(end="2026-10", periods=months, freq="M")]
    rows = [(f"a{i}", m, 10.0) for i in range(n) for m in span if not (i % 10 == 0 and m >= date(2026, 5, 1))] + [
        ("new", date(2026, 1, 1), 7.0)
    ]
    opened = pd.to_datetime("2024-09-01") + pd.to_timedelta(rng.integers(0, 790, 800), "D")
    return {
        "revenue": pd.DataFrame(rows, columns=["account_id", "month", "mrr"]),
        "accounts": pd.DataFrame(
            {"account_id": [f"a{i}" for i in range(n)], "started": "2020-01-01", "segment": ["x", "y"] * (n // 2)}
        ),
        "tickets": pd.DataFrame(
            {
                "ticket_id": [f"t{i}" for i in range(800)],
                "account_id": [f"a{k}" for k in rng.integers(0, n, 800)],
                "opened": opened,
                "complaint": rng.random(800) < 0.3,
            }
        ),
        "surveys": pd.DataFrame(
            {
                "response_id": [f"r{i}" for i in range(900)],
                "metric": ["nps", "csat", "ces"] * 300,
                "score": [9, 4, 6] * 200 + [6, 2, 3] * 100,
                "account_id": [f"a{k}" for k in rng.integers(0, n, 900)],
                "answered": pd.to_datetime("2024-09-01") + pd.to_timedelta(rng.integers(0, 790, 900), "D"),
            }
        ),
        "costs": pd.DataFrame({"month": span, "category": "desk", "amount": 1000.0 + np.arange(months) % 3}),
    }


def card(given=None, targets=None, **kw) -> Scorecard:
    tables = Tables.from_frames(frames() if given is None else given, as_of=AS_OF, currency="USD")
    return scorecard(tables, targets=targets or {}, **kw)


@pytest.fixture(scope="module")
def full():
    return card(targets={"grr": 0.93, "nps": -80, "cost_to_serve": 5.0, "complaint_rate": 500, "fcr": 0.7})


def test_scorecard_has_nine_rows_in_order(full):
    rows = full.frame("measures")
    assert tuple(rows["metric"]) == METRICS
    assert not full.gaps
    assert [f.id for f in full.findings][:9] == [f"quantify.scorecard.{m}" for m in METRICS]
    assert {f.id for f in full.findings} <= set(FINDINGS)
    assert set(rows["definition"]) <= {d.tag for d in definitions().values()}


def test_retention_by_hand(full):
    rows = full.frame("measures").set_index("metric")["value"]
    assert (rows["grr"], rows["nrr"], rows["logo_churn"], rows["early_loss"]) == (0.9, 0.9, 0.1, 1.0)
    bridge = full.frame("bridge").iloc[0]
    assert (bridge["start"], bridge["churn"], bridge["closing"], bridge["joined_lost_mrr"]) == (1200, 120, 1080, 7)


def test_bridge_closes_with_the_book(full):
    bridge = full.frame("bridge")
    ends = bridge["start"] + bridge["expansion"] - bridge["contraction"] - bridge["churn"]
    assert ends.tolist() == pytest.approx(bridge["end"].tolist())
    assert (bridge["end"] + bridge["joined"] + bridge["returned"]).tolist() == bridge["closing"].tolist()


def test_money_at_stake_is_yearly(full):
    assert full.finding("quantify.scorecard.grr").weight == 12 * 120
    assert full.finding("quantify.scorecard.early_loss").weight == 12 * 7


def test_status_against_target(full):
    status = full.frame("measures").set_index("metric")["status"]
    assert status["grr"] == "cannot tell"
    assert status["nps"] == "on target"
    assert status["cost_to_serve"] == "off target"
    assert status["csat"] == ""
    title = full.finding("quantify.scorecard.grr").title
    assert "3.0 points short of the target" in title
    assert title.endswith("which chance could explain")


def test_change_against_a_year_earlier(full):
    row = full.frame("measures").set_index("metric").loc["grr"]
    assert row["before"] == 1.0
    assert row["change"] == pytest.approx(-0.1)
    assert row["change_high"] < 0
    assert "is for the worse" in full.finding("quantify.scorecard.grr").detail
    assert full.finding("quantify.scorecard.logo_churn").tone == "bad"


def test_month_of_the_exodus_was_outside_its_usual_range():
    given = frames()
    given["revenue"] = given["revenue"][pd.to_datetime(given["revenue"]["month"]) <= "2026-05-01"]
    row = card(given).frame("measures").set_index("metric").loc["grr"]
    assert row["usual"] == "outside" or np.isnan(row["usual_low"])


def test_series_and_segments(full):
    series = full.frame("series")
    assert series.groupby("metric").size()["grr"] == 25
    assert series[series["metric"] == "grr"]["month"].iloc[-1] == "2026-10"
    assert full.frame("segments")["segment"].tolist() == ["x", "y"]


def test_segments_below_thirty_are_left_out():
    given = frames()
    given["accounts"]["segment"] = ["x"] * 110 + ["tiny"] * 10
    assert card(given).frame("segments")["segment"].tolist() == ["x"]


def test_a_small_book_is_shown_and_not_judged():
    result = card({"revenue": frames(n=20)["revenue"]}, targets={"grr": 0.5})
    found = result.finding("quantify.scorecard.grr")
    assert (found.value, found.low) == (0.9, None)
    assert found.title == "Gross revenue retention is 90.0\u202f%; there is too little behind it to judge"
    assert result.frame("measures").set_index("metric").loc["grr", "status"] == "cannot tell"


@pytest.mark.parametrize(
    ("drop", "metrics", "table"),
    [
        ("revenue", ("grr", "nrr", "logo_churn", "early_loss"), "revenue"),
        ("tickets", ("complaint_rate",), "tickets"),
        ("surveys", ("nps", "csat", "ces"), "surveys"),
        ("costs", ("cost_to_serve",), "costs"),
    ],
)
def test_missing_table_is_a_gap_that_names_it(drop, metrics, table):
    given = frames()
    del given[drop]
    result = card(given)
    gaps = {g.id: g for g in result.gaps}
    for metric in metrics:
        assert gaps[f"quantify.scorecard.{metric}"].needs[0].name == table
        assert result.finding(f"quantify.scorecard.{metric}") is None


def test_nothing_at_all_is_nine_gaps():
    result = card({})
    assert [g.id for g in result.gaps] == [f"quantify.scorecard.{m}" for m in METRICS]
    assert not result.assessed


def test_a_year_of_revenue_lacks_the_month_before_it():
    given = frames()
    given["revenue"] = given["revenue"][pd.to_datetime(given["revenue"]["month"]) >= "2025-11-01"]
    gap = next(g for g in card(given).gaps if g.id.endswith(".grr"))
    assert "recurring revenue of 2025-10" in gap.reason


def test_surveys_without_one_score_say_which():
    given = frames()
    given["surveys"] = given["surveys"][given["surveys"]["metric"] != "ces"]
    assert [(g.id, g.needs[0].why) for g in card(given).gaps] == [
        ("quantify.scorecard.ces", "no answer with metric ces")
    ]


def test_percentages_as_targets_are_refused():
    with pytest.raises(InputError, match=r"grr is 91; write a share as a fraction, 0\.91"):
        card(targets={"grr": 91})


def test_provisional_is_said_of_money_only():
    result = card(provisional=("revenue",))
    assert result.provisional == ("revenue",)
    assert "Provisional: revenue does not tie" in result.finding("quantify.scorecard.grr").detail
    assert "Provisional" not in result.finding("quantify.scorecard.nps").detail
    assert "Provisional" not in result.finding("quantify.scorecard.cost_to_serve").detail
    costs = card(provisional=("costs",))
    assert "Provisional: costs do not tie" in costs.finding("quantify.scorecard.cost_to_serve").detail
    assert "Provisional" not in costs.finding("quantify.scorecard.grr").detail


def test_same_tables_same_bytes_in_any_order_of_rows():
    first = card()
    turned = card({k: v.sample(frac=1, random_state=7).reset_index(drop=True) for k, v in frames().items()})
    assert first.model_dump_json() == turned.model_dump_json()
    assert all(first.tables[k].equals(turned.tables[k]) for k in first.tables)


def test_result_survives_its_document(full):
    document = {k: v for k, v in full.document().items() if k not in {"result", "version"}}
    assert Scorecard.model_validate(document).findings == full.findings

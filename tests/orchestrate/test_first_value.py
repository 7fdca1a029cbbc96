"""Time to first value: the unfinished count, the unseen are left out."""

import math
from datetime import date, timedelta

import pandas as pd
import pytest

from cxkit.orchestrate import FirstValue, first_value
from cxkit.orchestrate.catalogue import FINDINGS
from cxkit.tables.engine import Tables

AS_OF = date(2026, 6, 30)
MOMENTS = pd.DataFrame({"moment_id": ["m"], "moment": ["First use"], "value_event": ["use"]})
ACCOUNTS = pd.DataFrame(
    {
        "account_id": ["a", "b", "c", "d", "old"],
        "started": [date(2026, 6, 1), date(2026, 6, 1), date(2026, 6, 10), date(2026, 6, 1), date(2026, 1, 1)],
        "ended": [None, None, None, date(2026, 6, 6), None],
    }
)
EVENTS = pd.DataFrame(
    [
        ("a", "2026-06-01 08:00", "login"),  # the log begins
        ("a", "2026-06-05 08:00", "use"),  # day 4
        ("a", "2026-06-02 23:30", "use"),  # local 3 June 01:30: day 2
        ("b", "2026-05-31 22:30", "use"),  # local 1 June: day 0
        ("d", "2026-06-20 08:00", "use"),  # after leaving: does not count
        ("old", "2026-06-20 08:00", "use"),
    ],
    columns=["account_id", "at", "event"],
)


def of(**frames: pd.DataFrame) -> Tables:
    return Tables.from_frames(frames, as_of=AS_OF, timezone="Europe/Berlin")


def test_five_accounts_are_followed_as_by_hand():
    result = first_value(of(events=EVENTS, accounts=ACCOUNTS, moments=MOMENTS))
    curve = result.frame("curve")
    # at risk: b (day 0), a (day 2), d leaves on day 5, c still waiting on day 20; old is left out
    assert curve["day"].tolist() == [0, 2, 5, 20]
    assert curve["reached"].tolist() == [1, 1, 0, 0]
    assert curve["at_risk"].tolist() == [4, 3, 2, 1]
    assert curve["share"].tolist() == [0.25, 0.5, 0.5, 0.5]
    assert curve["left"].tolist() == [0, 0, 0.25, 0.25]
    assert curve["leavers"].tolist() == [0, 0, 1, 0]
    assert curve["censored"].tolist() == [0, 0, 0, 1]
    assert curve["best"].tolist() == [0.25, 0.5, 0.5, 0.5]
    row = result.frame("summary").iloc[0]
    named = ["left_out", "customers", "reached", "leavers", "waiting", "median", "naive_median", "error_days"]
    assert row[named].tolist() == [1, 4, 2, 1, 1, 2.0, 1.0, 1.0]
    assert "too few" in result.findings[0].title


def test_a_start_event_starts_the_clock():
    moments = MOMENTS.assign(start_event="login")
    result = first_value(of(events=EVENTS, moments=moments))
    assert result.frame("curve")["day"].tolist() == [2]
    assert result.frame("summary")["starts"].tolist() == ["login"]


def cohort(n: int, reach: int, day: int = 5) -> dict[str, pd.DataFrame]:
    start = date(2026, 1, 1)
    accounts = pd.DataFrame({"account_id": [f"a{i}" for i in range(n)], "started": start, "ended": None})
    rows = [("a0", "2026-01-01 08:00", "login")]
    rows += [(f"a{i}", f"{start + timedelta(days=day + i % 3)} 08:00", "use") for i in range(reach)]
    return {
        "accounts": accounts,
        "events": pd.DataFrame(rows, columns=["account_id", "at", "event"]),
        "moments": MOMENTS,
    }


def test_the_unfinished_move_the_median():
    found = first_value(of(**cohort(60, 36))).findings
    assert [f.id.rsplit(".", 1)[1] for f in found] == ["median", "share_30", "share_90", "naive"]
    assert found[0].value == 7
    assert "Their own median is 6.0 days" in found[0].detail
    assert found[1].value == pytest.approx(0.6)
    assert found[1].low < 0.6 < found[1].high
    assert {f.id for f in found} <= set(FINDINGS)


def test_a_median_that_is_not_reached_is_said_so():
    found = first_value(of(**cohort(60, 12))).findings[0]
    assert found.value is None
    assert found.low is None
    assert found.title.startswith("First use: fewer than half")


def test_an_open_upper_end_is_infinite():
    found = first_value(of(**cohort(60, 31))).findings[0]
    assert found.value == 7
    assert math.isinf(found.high)
    assert "never" in found.interval_text


def test_a_share_nobody_was_watched_for_is_a_gap():
    frames = cohort(60, 36)
    frames["accounts"]["started"] = date(2026, 6, 1)
    frames["events"]["at"] = "2026-06-05 08:00"
    frames["events"].loc[0, "at"] = "2026-06-01 08:00"
    result = first_value(of(**frames))
    assert {g.id for g in result.gaps} == {"orchestrate.first_value.share_30", "orchestrate.first_value.share_90"}


def test_churn_after_as_of_is_not_known_yet():
    frames = cohort(60, 36)
    later = {**frames, "accounts": frames["accounts"].assign(ended=date(2026, 8, 1))}
    assert first_value(of(**frames)).document() == first_value(of(**later)).document()


@pytest.mark.parametrize(
    ("frames", "needs"),
    [
        ({}, ["events", "moments"]),
        ({"events": EVENTS, "accounts": ACCOUNTS}, ["moments"]),
        ({"events": EVENTS, "moments": MOMENTS}, ["accounts"]),
        ({"events": EVENTS, "accounts": ACCOUNTS, "moments": MOMENTS.assign(value_event="")}, []),
        ({"events": EVENTS.head(0), "accounts": ACCOUNTS, "moments": MOMENTS}, []),
    ],
)
def test_what_is_missing_is_named(frames, needs):
    result = first_value(of(**frames))
    assert not result.findings
    assert [m.name for m in result.gaps[0].needs] == needs
    assert {g.id for g in result.gaps} <= set(FINDINGS)


def test_who_leaves_first_never_gets_there():
    # 36 of 60 get there on days 5 to 7; the other 24 leave on day 3, before anybody gets there
    frames = cohort(60, 36)
    frames["accounts"]["ended"] = [None] * 36 + [date(2026, 1, 4)] * 24
    result = first_value(of(**frames))
    row = result.frame("bounds").set_index("measure").loc["share_30"]
    assert (row["estimate"], row["if_nobody_left"], row["naive"]) == pytest.approx((0.6, 1.0, 1.0))
    assert (row["worst"], row["best"]) == pytest.approx((0.6, 0.6))  # a leaver is not merely unseen
    churn = result.finding("orchestrate.first_value.churn")
    assert churn is not None
    assert churn.value == pytest.approx(0.4)
    assert "40.0 points higher" in churn.detail
    assert result.finding("orchestrate.first_value.bounds") is None


def test_the_naive_figure_has_an_error_in_days_and_in_money():
    frames = cohort(60, 36)
    frames["revenue"] = pd.DataFrame({"account_id": ["a1", "a2"], "month": "2026-06-01", "mrr": [10, 30]})
    result = first_value(of(**frames))
    naive, money = (result.finding(f"orchestrate.first_value.{i}") for i in ("naive", "naive_money"))
    assert naive is not None
    assert naive.value == 1  # half of all by day 7, half of those who got there by day 6
    assert money is not None
    # all 60 started in the last 365 days; the naive figure has 100 % of them at value by day 30 and not 60 %
    assert money.value == pytest.approx(0.4 * 60 * 20)
    assert "not money that is lost" in money.detail


def test_those_not_seen_to_the_end_bound_the_share():
    frames = cohort(60, 36)
    frames["accounts"].loc[48:, "started"] = date(2026, 6, 27)  # 12 of the 24 unfinished: three days seen
    result = first_value(of(**frames))
    row = result.frame("bounds").set_index("measure").loc["share_30"]
    assert (row["worst"], row["best"]) == pytest.approx((0.6, 0.8))
    assert row["estimate"] == pytest.approx(36 / 48)
    found = result.finding("orchestrate.first_value.bounds")
    assert found is not None
    assert "60.0 to 80.0" in found.title


def segments(late: int) -> FirstValue:
    """Two segments of 60, all of whom get there; those of the second so many days later."""
    frames = cohort(120, 120)
    accounts = frames["accounts"].assign(segment=["a$b$"] * 60 + ["o'; DROP TABLE accounts; --"] * 60)
    events = frames["events"]
    events.loc[61:, "at"] = [str(pd.Timestamp(t) + timedelta(days=late)) for t in events.loc[61:, "at"]]
    return first_value(of(**{**frames, "accounts": accounts, "events": events}))


def test_a_slower_segment_is_named_and_equal_ones_are_not():
    same, other = segments(0), segments(4)
    assert same.frame("tests")["verdict"].tolist() == ["no difference shown"]
    assert same.finding("orchestrate.first_value.segments").tone == "neutral"
    assert other.frame("tests")["verdict"].tolist() == ["differ"]
    found = other.finding("orchestrate.first_value.segments")
    assert found.tone == "bad"
    assert "o'; DROP TABLE accounts; -- customers reach first value later" in found.title
    assert other.frame("segments")["median"].tolist() == [6.0, 10.0]


def test_a_start_that_is_never_logged_is_named():
    result = first_value(of(events=EVENTS, accounts=ACCOUNTS, moments=MOMENTS.assign(start_event="bill_sent")))
    (gap,) = result.gaps
    assert "“bill_sent”" in gap.reason

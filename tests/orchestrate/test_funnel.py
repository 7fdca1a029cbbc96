"""Funnels: unsorted logs, equal timestamps, repeats, skipped steps, unfinished time."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.orchestrate import funnel
from cxkit.orchestrate.catalogue import FINDINGS
from cxkit.orchestrate.funnel_looks import mixed
from cxkit.orchestrate.funnel_people import entered
from cxkit.tables.engine import Tables

MOMENTS = pd.DataFrame(
    {
        "moment_id": ["m2", "m1"],
        "moment": ["Use", "Join"],
        "journey": ["Start", "Start"],
        "position": [2, 1],
        "start_event": ["pay", "join"],
        "value_event": ["use", "pay"],
    }
)
LOG = [
    ("a", "2026-05-03 10:00", "use"),  # a: complete, rows in the wrong order
    ("a", "2026-05-01 10:00", "join"),
    ("a", "2026-05-02 10:00", "pay"),
    ("b", "2026-05-01 10:00", "join"),  # b: everything at one instant
    ("b", "2026-05-01 10:00", "pay"),
    ("b", "2026-05-01 10:00", "use"),
    ("c", "2026-05-02 10:00", "join"),  # c: paid before joining, then again; repeats
    ("c", "2026-05-01 10:00", "pay"),
    ("c", "2026-05-03 10:00", "pay"),
    ("c", "2026-05-03 10:00", "pay"),
    ("d", "2026-05-01 10:00", "join"),  # d: skipped paying
    ("d", "2026-05-02 10:00", "use"),
    ("e", "2026-05-01 10:00", "join"),  # e: paid too late
    ("e", "2026-06-15 10:00", "pay"),
    ("f", "2026-06-20 10:00", "join"),  # f: its thirty days are not over
    ("f", "2026-06-21 10:00", "pay"),
    (None, "2026-05-01 10:00", "join"),  # nobody
]


def events(rows: list[tuple[str | None, str, str]] | None = None) -> pd.DataFrame:
    return pd.DataFrame(LOG if rows is None else rows, columns=["account_id", "at", "event"])


def of(**frames: pd.DataFrame) -> Tables:
    return Tables.from_frames(frames, as_of=date(2026, 6, 30))


def test_steps_come_from_the_moments_in_order_of_position():
    result = funnel(of(events=events(), moments=MOMENTS))
    rows = result.frame("steps")
    assert rows["event"].tolist() == ["join", "pay", "use"]
    assert rows["customers"].tolist() == [5, 3, 2]
    assert rows["of_first"].tolist() == [1.0, 0.6, 0.4]
    assert rows["naive"].tolist() == pytest.approx([1.0, 5 / 6, 3 / 6])


def test_an_event_that_stands_twice_needs_two_rows():
    rows = [("a", "2026-05-01 10:00", "open"), ("a", "2026-05-01 10:00", "pay")]
    steps = {"x": ["open", "pay", "open"]}
    assert funnel(of(events=events(rows)), steps=steps).frame("steps")["customers"].tolist() == [1, 1, 0]
    rows.append(("a", "2026-05-02 10:00", "open"))
    assert funnel(of(events=events(rows)), steps=steps).frame("steps")["customers"].tolist() == [1, 1, 1]


def test_one_row_is_not_two_steps_though_all_is_at_one_instant():
    rows = [("a", "2026-05-01 10:00", e) for e in ("join", "pay", "use")]
    found = funnel(of(events=events(rows)), steps={"x": ["join", "pay", "use", "pay"]}).frame("steps")
    assert found["customers"].tolist() == [1, 1, 1, 0]


def test_a_customer_enters_once_with_the_first_event():
    rows = [("a", "2024-01-01", "join"), ("a", "2026-05-01", "join"), ("b", "2026-05-01", "join")]
    assert funnel(of(events=events(rows)), steps={"x": ["join", "pay"]}).frame("steps")["customers"].tolist() == [1, 0]


def test_enough_customers_get_an_interval_and_the_worst_step():
    rows = []
    for i in range(60):
        rows.append((f"a{i}", "2026-05-01 10:00", "join"))
        rows += [(f"a{i}", "2026-05-02 10:00", "pay")] * (i < 45)
        rows += [(f"a{i}", "2026-05-03 10:00", "use")] * (i < 15)
    result = funnel(of(events=events(rows), moments=MOMENTS))
    found, drop, time = result.findings
    assert found.value == 0.25
    assert found.low == pytest.approx(0.158, abs=1e-3)  # Wilson 15/60
    assert found.high == pytest.approx(0.372, abs=1e-3)
    assert drop.subject == "Start"
    assert "between “pay” and “use”" in drop.title
    assert time.id == "orchestrate.funnel.time"
    assert {f.id for f in result.findings} <= set(FINDINGS)


def test_people_stand_in_for_accounts():
    rows = events().rename(columns={"account_id": "person_id"})
    assert funnel(of(events=rows, moments=MOMENTS)).frame("steps")["customers"].tolist() == [5, 3, 2]


@pytest.mark.parametrize(
    ("frames", "needs"),
    [
        ({}, "events"),
        ({"events": events()[["at", "event"]], "moments": MOMENTS}, "events"),
        ({"events": events()}, "moments"),
    ],
)
def test_what_is_missing_is_named(frames, needs):
    result = funnel(of(**frames))
    assert not result.findings
    assert {g.needs[0].name for g in result.gaps} == {needs}
    assert {g.id for g in result.gaps} <= set(FINDINGS)


def test_a_journey_nobody_entered_is_a_gap():
    result = funnel(of(events=events()), steps={"x": ["never", "pay"]})
    assert result.gaps[0].subject == "x"


def test_hostile_event_names_are_only_names():
    rows = [("a", "2026-05-01", "it's'); DROP TABLE events; --"), ("a", "2026-05-02", "pay")]
    steps = {"x": ["it's'); DROP TABLE events; --", "pay"]}
    assert funnel(of(events=events(rows)), steps=steps).frame("steps")["customers"].tolist() == [1, 1]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 40), st.sampled_from(["join", "pay", "use"])),
        min_size=1,
        max_size=15,
    ),
    st.randoms(use_true_random=False),
)
def test_neither_order_nor_repeats_matter_and_steps_only_lose(rows, random):
    log = [(who, str(pd.Timestamp("2026-04-02") + pd.Timedelta(days=d)), what) for who, d, what in rows]
    shuffled = [*log, *log[:3]]
    random.shuffle(shuffled)
    steps = {"x": ["join", "pay", "use"]}
    first = funnel(of(events=events(log)), steps=steps).frame("steps")
    again = funnel(of(events=events(shuffled)), steps=steps).frame("steps")
    pd.testing.assert_frame_equal(first, again)
    assert first["customers"].is_monotonic_decreasing
    # by brute force
    names = sorted({who for who, _, _ in log})
    expected = [0, 0, 0]
    for name in names:
        mine = sorted((pd.Timestamp(t), what) for who, t, what in log if who == name)
        reached: list[pd.Timestamp] = []
        for step in steps["x"]:
            times = [t for t, what in mine if what == step and (not reached or t >= reached[-1])]
            times = [t for t in times if not reached or t <= reached[0] + pd.Timedelta(days=30)]
            if not times:
                break
            reached.append(min(times))
            expected[len(reached) - 1] += 1
    assert first["customers"].tolist() == expected


def row(result, table: str, **wanted):
    rows = result.frame(table)
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1, rows
    return rows.iloc[0]


def test_repeated_skipped_and_equal_instants_are_counted():
    log = [*LOG, ("a", "2026-05-05 10:00", "pay")]
    pay, use = (row(funnel(of(events=events(log), moments=MOMENTS)), "steps", event=e) for e in ("pay", "use"))
    assert (pay["repeated"], pay["skipped"], pay["at_once"]) == (1, 0, 1)  # a pays again, c twice at once; b at once
    assert (use["repeated"], use["skipped"], use["at_once"]) == (0, 1, 1)  # d never paid


def test_time_to_a_step_counts_those_who_never_take_it():
    rows = []
    for i in range(40):
        rows.append((f"a{i}", "2026-05-01 10:00", "join"))
        rows += [(f"a{i}", f"2026-05-{2 + i % 10:02d} 10:00", "pay")] * (i < 30)
    result = funnel(of(events=events(rows)), steps={"x": ["join", "pay"]})
    time = row(result, "times")
    assert (time["n"], time["reached"]) == (40, 30)
    assert time["median_days"] == 7  # the 20th of 40, three of them paying each day from the first on
    assert time["naive_days"] == 5.5
    assert time["p90_days"] == float("inf")
    assert time["low"] < 7 < time["high"]
    found = result.finding("orchestrate.funnel.time")
    assert found is not None
    assert "10 never" in found.detail


def lossy(lost: dict[str, float], n: int = 600) -> dict[str, pd.DataFrame]:
    """Customers of two regions; a share of each, evenly spread, never pays."""
    rows, accounts = [], []
    for i in range(n):
        region = ("north", "south")[i % 2]
        accounts.append((f"a{i}", "2020-01-01", region, ("small", "large")[i % 3 == 0]))
        rows.append((f"a{i}", "2026-05-01 10:00", "join"))
        rows += [(f"a{i}", "2026-05-02 10:00", "pay")] * ((i // 2) % 100 >= 100 * lost[region])
    held = pd.DataFrame(accounts, columns=["account_id", "started", "region", "segment"])
    return {"events": events(rows), "accounts": held}


def test_the_group_that_is_lost_more_often_is_named():
    result = funnel(of(**lossy({"north": 0.2, "south": 0.4})), steps={"x": ["join", "pay"]})
    found = result.finding("orchestrate.funnel.segment")
    assert found is not None
    assert "“south”" in found.title
    assert found.value == 0.4
    assert (found.low, found.high) == (pytest.approx(0.346, abs=2e-3), pytest.approx(0.457, abs=2e-3))  # Wilson 120/300
    assert "held equal" not in found.detail
    south = row(result, "segments", group="south")
    assert south["p"] == pytest.approx(8e-8, rel=0.3)  # Pearson without correction: 28.6 on one degree of freedom
    assert result.frame("segments").drop_duplicates("dimension")["p_holm"].max() <= 1


def test_groups_alike_are_not_called_different():
    result = funnel(of(**lossy({"north": 0.3, "south": 0.3})), steps={"x": ["join", "pay"]})
    assert not result.frame("segments")["differs"].any()
    assert "no group" in result.finding("orchestrate.funnel.segment").title


def test_a_difference_that_the_mix_explains_says_so():
    """Within each region both segments lose the same; the large live where more is lost."""
    rows, accounts = [], []
    for i in range(2000):
        region = "south" if i < 1000 else "north"
        large = (i % 10 < 9) == (region == "south")
        accounts.append((f"a{i}", "2020-01-01", region, "large" if large else "small"))
        rows.append((f"a{i}", "2026-05-01 10:00", "join"))
        rows += [(f"a{i}", "2026-05-02 10:00", "pay")] * ((i // 10) % 10 >= (5 if region == "south" else 2))
    held = pd.DataFrame(accounts, columns=["account_id", "started", "region", "segment"])
    tables = of(events=events(rows), accounts=held)
    with_region = funnel(tables, steps={"x": ["join", "pay"]})
    assert "“south”" in with_region.finding("orchestrate.funnel.segment").title
    frame = with_region.frame("segments")
    bounds = (0, 2**62)
    with entered(tables, ["join", "pay"], "account_id", bounds, 30):
        found = mixed(tables, frame, {"region": "region", "segment": "segment"})
    assert found == {(2, "segment", "large"): ["region"]}

"""Ways: one order whatever the file's, open cases apart, what goes back, and groups that differ."""

from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.orchestrate import Ways, ways
from cxkit.orchestrate.catalogue import FINDINGS
from cxkit.orchestrate.ways_counts import median_ranks
from cxkit.orchestrate.ways_log import ARROW
from cxkit.tables.engine import Tables

STATE = {"Open": "open", "Work": "work", "Ask": "pause", "Pass": "work", "Done": "resolved", "Filed": "closed"}
LOG = [  # ticket, hour of 4 May, activity, team
    ("a", 0, "Open", "desk"), ("a", 1, "Work", "desk"), ("a", 5, "Done", "desk"), ("a", 90, "Filed", "desk"),
    # b: passed on and straight back
    ("b", 0, "Open", "desk"), ("b", 1, "Pass", "tech"), ("b", 2, "Work", "desk"), ("b", 8, "Done", "desk"),
    # c: asked the customer between: no rework
    ("c", 0, "Open", "desk"), ("c", 1, "Work", "desk"), ("c", 2, "Ask", "desk"), ("c", 6, "Work", "desk"),
    ("c", 7, "Done", "desk"),
    # d: the same thing twice in a row, settled, worked on again, settled
    ("d", 0, "Open", "desk"), ("d", 1, "Work", "desk"), ("d", 1, "Work", "desk"), ("d", 3, "Done", "desk"),
    ("d", 9, "Work", "desk"), ("d", 10, "Done", "desk"),
    # e: not finished, on the way of a
    ("e", 0, "Open", "desk"), ("e", 1, "Work", "desk"),
    # f: one instant: opened before worked on, worked on before done, whatever the file says
    ("f", 4, "Done", "desk"), ("f", 4, "Work", "desk"), ("f", 4, "Open", "desk"),
]  # fmt: skip


def frame(rows: list[tuple[str, int, str, str]]) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=["ticket_id", "hour", "activity", "team"])
    made["at"] = pd.Timestamp("2026-05-04") + pd.to_timedelta(made.pop("hour"), unit="h")
    made["state"] = made["activity"].map(STATE)
    return made


def of(log: pd.DataFrame, **others: pd.DataFrame) -> Tables:
    return Tables.from_frames({"ticket_log": log, **others}, as_of=date(2026, 6, 30))


def row(result: Ways, table: str, **wanted: str) -> pd.Series:
    rows = result.frame(table)
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1, rows
    return rows.iloc[0]


def test_six_tickets_by_hand() -> None:
    result = ways(of(frame(LOG)))
    about = row(result, "logs")
    assert (about["cases"], about["finished"], about["open"]) == (6, 5, 1)
    assert (about["variants"], about["variants_all"], about["tied"]) == (5, 6, 1)
    variants = result.frame("variants").set_index("variant")
    assert variants.loc["Open → Work → Done", "cases"] == 1  # f alone: a is filed away, e is open
    a = variants.loc["Open → Work → Done → Filed"]
    assert (a["median_hours"], a["open"], a["rework"], a["steps"]) == (5.0, 1, False, 4)
    assert variants.loc["Open → Work → Work → Done → Work → Done", "median_hours"] == 10.0
    assert not variants.loc["Open → Work → Ask → Work → Done", "rework"]
    cases = result.frame("rework").set_index("kind")["cases"]
    assert cases.to_dict() == {
        "self_loop": 1, "returned": 1, "team_back": 1, "reopened": 1, "resumed": 1, "rework": 2,
    }  # fmt: skip
    assert about["paused"] == 1
    assert about["pause_hours"] == 4.0
    edge = row(result, "edges", source="Ask", target="Work")
    assert (edge["times"], edge["median_hours"], edge["back"]) == (1, 4.0, True)
    assert row(result, "steps", activity="Work")["times"] == 8
    assert row(result, "steps", activity="Work")["repeated_cases"] == 2
    assert {f.id for f in result.findings} <= set(FINDINGS)
    assert {g.id for g in result.gaps} <= set(FINDINGS)


def test_below_the_least_number_no_interval_and_no_share_in_the_title() -> None:
    result = ways(of(frame(LOG)))
    main = result.finding("orchestrate.ways.main")
    assert main is not None
    assert (main.low, main.tone) == (None, "unknown")
    assert "too few" in main.title
    assert result.finding("orchestrate.ways.ping_pong") is None


@pytest.mark.heavy
@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("xyz"), st.integers(0, 5), st.sampled_from(list(STATE)), st.sampled_from("pq")),
        min_size=1,
        max_size=18,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_rows_never_matters_and_python_agrees(rows: list[tuple[str, int, str, str]], random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    one, other = (ways(of(frame(r))) for r in (rows, shuffled))
    assert one.findings == other.findings
    for name in one.tables:
        pd.testing.assert_frame_equal(one.frame(name), other.frame(name))
    order = {"Open": 0, "Work": 2, "Pass": 2, "Ask": 3, "Done": 4, "Filed": 5}
    seen: dict[str, list[tuple[int, int, str, str]]] = {}
    for who, hour, what, team in rows:
        seen.setdefault(who, []).append((hour, order[what], what, team))
    paths = {who: [what for _, _, what, _ in sorted(part)] for who, part in seen.items()}
    ended = {who: path for who, path in paths.items() if path[-1] in {"Done", "Filed"}}
    about = row(one, "logs")
    assert about["finished"] == len(ended)
    if not ended:
        assert {g.subject for g in one.gaps} == {"tickets", "journeys"}
        return
    variants = one.frame("variants").set_index("variant")["cases"].to_dict()
    expected: dict[str, int] = {}
    for path in ended.values():
        expected[ARROW.join(path)] = expected.get(ARROW.join(path), 0) + 1
    assert variants == expected
    rework = one.frame("rework").set_index("kind")["cases"]
    assert rework["self_loop"] == sum(any(a == b for a, b in pairwise(p)) for p in ended.values())
    settles = [p[i] in {"Done", "Filed"} and any(x not in {"Done", "Filed"} for x in p[i:])
               for p in ended.values() for i in [min(p.index(s) for s in ("Done", "Filed") if s in p)]]  # fmt: skip
    assert rework["reopened"] == sum(settles)


JOURNEY = pd.DataFrame(
    {
        "moment_id": ["m1", "m2"], "moment": ["Order", "Use"], "journey": ["Join", "Join"], "position": [1, 2],
        "start_event": ["order", "use"], "value_event": ["live", "use"],
    }
)  # fmt: skip


def test_a_journey_takes_every_event_of_its_moments_and_ends_with_the_last() -> None:
    rows = [
        ("a", 3, "use", "m2"), ("a", 1, "order", "m1"), ("a", 2, "visit", "m1"), ("a", 9, "order", "m1"),
        ("b", 1, "order", "m1"), ("b", 2, "visit", "m1"), ("b", 3, "visit", "m1"), ("b", 4, "use", "m2"),
        ("c", 1, "order", "m1"), ("c", 2, "elsewhere", "m9"),
        ("d", 1, "use", "m2"), ("d", 2, "order", "m1"), ("d", 3, "use", "m2"),
    ]  # fmt: skip
    log = pd.DataFrame(rows, columns=["account_id", "day", "event", "moment_id"])
    log["at"] = pd.Timestamp("2026-05-01") + pd.to_timedelta(log.pop("day"), unit="D")
    result = ways(Tables.from_frames({"events": log, "moments": JOURNEY}, as_of=date(2026, 6, 30)))
    assert row(result, "logs", log="Join")["open"] == 1
    found = result.frame("variants").set_index("variant")["rework"].to_dict()
    assert found == {"order → visit → use": False, "order → visit → visit → use": True, "use → order → use": True}
    assert {g.subject for g in result.gaps} == {"tickets"}


def many(share: dict[str, float], n: int = 400, seed: int = 3) -> pd.DataFrame:
    """Tickets of two reasons; a share of each is passed on and straight back, which takes ten hours."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        reason = ("integration", "invoice")[i % 2]
        back, start = rng.random() < share[reason], int(rng.integers(0, 200))
        way = [(0, "Open", "desk"), *([(2, "Pass", "tech"), (8, "Work", "desk")] if back else [(1, "Work", "desk")])]
        end = (way[-1][0] + float(rng.integers(1, 6)), "Done", "desk")
        rows += [(f"t{i}", f"c{i % 150}", reason, start + h, what, team) for h, what, team in [*way, end]]
    made = pd.DataFrame(rows, columns=["ticket_id", "account_id", "reason", "hour", "activity", "team"])
    made["at"] = pd.Timestamp("2026-05-04") + pd.to_timedelta(made.pop("hour"), unit="h")
    made["state"] = made["activity"].map(STATE)
    return made


def test_a_planted_loop_is_found_where_it_is() -> None:
    result = ways(of(many({"integration": 0.6, "invoice": 0.08})))
    segment = result.finding("orchestrate.ways.segment")
    assert segment is not None
    assert "“integration”" in segment.title
    assert segment.low is not None
    assert segment.low < 0.6 < (segment.high or 0)
    rework = row(result, "rework", kind="team_back")
    assert rework["extra_low"] <= 7.0 <= rework["extra_high"]
    loop = result.finding("orchestrate.ways.ping_pong")
    assert loop is not None
    assert "cause" not in loop.title


def test_no_difference_is_not_called_one() -> None:
    segment = ways(of(many({"integration": 0.3, "invoice": 0.3}))).finding("orchestrate.ways.segment")
    assert segment is not None
    assert "none of 1 grouping" in segment.title


@pytest.mark.parametrize(
    ("frames", "needs"),
    [
        ({}, {"ticket_log", "events"}),
        ({"ticket_log": frame(LOG).drop(columns="state")}, {"ticket_log", "events"}),
    ],
)
def test_what_is_missing_is_named(frames: dict[str, pd.DataFrame], needs: set[str]) -> None:
    result = ways(Tables.from_frames(frames, as_of=date(2026, 6, 30)))
    assert not result.findings
    assert {m.name for g in result.gaps for m in g.needs} == needs


def test_without_states_the_tickets_say_when_a_case_was_settled() -> None:
    tickets = pd.DataFrame({"ticket_id": ["a", "e"], "opened": "2026-05-04", "resolved": ["2026-05-04 06:00", None]})
    result = ways(of(frame(LOG).drop(columns="state"), tickets=tickets))
    assert row(result, "logs")["finished"] == 1
    assert row(result, "variants")["median_hours"] == 6.0


def test_hostile_names_are_only_names() -> None:
    bad = "it's'); DROP TABLE ticket_log; -- <script>$x$"
    log = frame([("a", 0, "Open", bad), ("a", 1, "Done", bad)])
    log["activity"] = [bad, f"{bad} → {bad}"]
    assert row(ways(of(log)), "variants")["variant"] == f"{bad} → {bad} → {bad}"


def test_the_median_lies_between_its_ranks_as_often_as_promised() -> None:
    assert median_ranks(5) is None
    assert median_ranks(30) == (10, 21)  # the table of Conover (1999), 96 %
    values = np.random.default_rng(1).lognormal(0, 1.5, (2000, 30))
    values.sort(axis=1)
    inside = ((values[:, 9] <= 1) & (values[:, 20] >= 1)).mean()
    assert 0.94 < inside < 0.975

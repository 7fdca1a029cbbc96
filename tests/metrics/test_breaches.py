"""Where limits are broken, who breaks them on the same work, and how far that hangs on the way of counting."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from cxkit.metrics import breaches, likeness, readings, service
from cxkit.metrics.resolution import clustered_log_rank, times_by
from cxkit.metrics.survival import log_rank
from cxkit.tables.engine import Tables

AS_OF = date(2026, 6, 30)
MOMENTS = pd.DataFrame(
    {"moment_id": ["m1", "m2"], "moment": ["Repair", "Bill"], "owner_role": ["Care", "Desk"], "sla_hours": [8.0, 8.0]}
)
COLUMNS = ["ticket_id", "account_id", "moment_id", "team", "reason", "opened", "hours"]
START = pd.Timestamp("2026-01-05 09:00")


def tables(rows: list[tuple[object, ...]]) -> Tables:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    done = frame["opened"] + pd.to_timedelta(frame.pop("hours").astype(float), "h")
    return Tables.from_frames({"tickets": frame.assign(resolved=done), "moments": MOMENTS}, as_of=AS_OF)


def judged(given: Tables, question):
    window = service.ticket_window(given)
    assert window is not None
    with service.judged(given, window) as relation:
        return question(given, relation)


SIX = [
    ("t1", "a", "m1", "East", "break", START, 10),  # two hours late, Monday at nine
    ("t2", "a", "m1", "East", "break", START, 4),
    ("t3", "b", "m1", "West", "break", START + timedelta(hours=5), 24),  # sixteen hours late, at two
    ("t4", "c", "m2", "West", "pay", START + timedelta(days=1), 1),
    ("t5", "d", "m2", "West", None, START + timedelta(days=1), 1),
    ("t6", "d", "m2", "West", "pay", pd.Timestamp("2026-06-20 10:00"), None),  # open past the limit
]


def test_breaches_are_counted_by_hand():
    rows = judged(tables(SIX), lambda t, r: breaches.breaches(t, r, breaches.dimensions(t)))
    rows = rows.set_index(["dimension", "group"])
    shown = ["judged", "late", "open_late", "breaches"]
    assert rows.loc[("all", ""), shown].tolist() == [6, 2, 1, 3]
    assert rows.loc[("owner_role", "Care"), shown].tolist() == [3, 2, 0, 2]
    assert rows.loc[("owner_role", "Desk"), shown].tolist() == [3, 0, 1, 1]
    assert rows.loc[("team", "East"), shown].tolist() == [2, 1, 0, 1]
    assert rows.loc[("hour", "9"), shown].tolist() == [4, 1, 0, 1]
    assert rows.loc[("hour", "14"), shown].tolist() == [1, 1, 0, 1]
    assert rows.loc[("weekday", "1"), shown].tolist() == [3, 2, 0, 2]
    assert rows.loc[("reason", "break"), ["rate", "rest", "share", "of_judged"]].tolist() == pytest.approx(
        [2 / 3, 1 / 2, 2 / 3, 3 / 5]
    )
    assert rows.loc[("owner_role", "Care"), "hours_late"] == 9  # median of 2 and 16
    assert rows.loc[("reason", "break"), "excess"] == pytest.approx(1 / 6)


def work(counts: dict[tuple[str, str], tuple[int, int]]) -> Tables:
    """Tickets by team and reason: how many, and how many of them late; every ticket of a customer of its own."""
    rows = []
    for (team, reason), (n, late) in counts.items():
        for i in range(n):
            key = f"{team}{reason}{i}"
            opened = START + timedelta(days=i % 140)
            rows.append(
                (key, key, "m1", team, reason, opened, 20 if i * 37 % n < late else 2)
            )  # late all over the year
    return tables(rows)


def test_a_team_with_the_hard_work_is_not_blamed():
    # every team is late in half of the breakdowns and a tenth of the bills; North does most breakdowns
    given = work(
        {
            ("North", "break"): (80, 40),
            ("North", "bill"): (20, 2),
            ("South", "break"): (20, 10),
            ("South", "bill"): (80, 8),
        }
    )
    raw = judged(given, lambda t, r: breaches.breaches(t, r, {"team": "team"})).set_index("group")
    assert raw["rate"].to_dict() == {"North": 0.42, "South": 0.18}
    fair = judged(given, breaches.owners).query("dimension == 'team'").set_index("group")
    assert fair["excess"].abs().max() < 1e-12
    assert fair["p"].tolist() == pytest.approx([0.5, 0.5])
    # both at the mix of work that both do: 80 · 20 / 100 of each reason
    assert fair["rate"].tolist() == pytest.approx([0.3, 0.3])


def test_a_slow_team_is_found_and_agrees_with_mantel_and_haenszel():
    counts = {
        ("North", "break"): (80, 40), ("North", "bill"): (120, 12),
        ("South", "break"): (60, 42), ("South", "bill"): (90, 27),
    }  # fmt: skip
    row = judged(work(counts), breaches.owners).query("dimension == 'team'").set_index("group").loc["South"]
    weights = {"break": 80 * 60 / 140, "bill": 120 * 90 / 210}
    gaps = {"break": 42 / 60 - 40 / 80, "bill": 27 / 90 - 12 / 120}
    excess = sum(weights[k] * gaps[k] for k in weights) / sum(weights.values())
    assert row["excess"] == pytest.approx(excess)
    assert row["p"] < 0.01
    assert row["low"] < excess < row["high"]
    assert (row["compared"], row["coverage"], row["strata"]) == (150, 1.0, 2)


def test_work_that_nobody_else_does_cannot_be_compared():
    given = work({("North", "break"): (80, 40), ("South", "bill"): (80, 8)})
    assert judged(given, breaches.owners).empty


def loud(size: int) -> pd.DataFrame:
    """120 tickets each of a slow and a fast group compared, `size` in a row of one customer."""
    rows = [
        (group, "s", int(k < hits), f"{group}{k // size}", date(2026, 1, 5) + timedelta(days=7 * (k * 37 % 40)))
        for group, hits in (("slow", 60), ("fast", 30))
        for k in range(120)
    ]
    cases = pd.DataFrame(rows, columns=["group", "stratum", "hit", "cluster", "week"])
    given = Tables.from_frames({}, as_of=AS_OF)
    with given.lent("given_cases", pa.Table.from_pandas(cases, preserve_index=False)):
        return likeness.compared(given, "SELECT * FROM given_cases").set_index("group")


def test_a_group_of_loud_customers_has_more_doubt():
    many, few = (loud(n).loc["slow"] for n in (1, 6))
    assert many["excess"] == few["excess"] == pytest.approx(0.25)
    assert few["p"] > 10 * many["p"]
    assert few["high"] - few["low"] > 1.5 * (many["high"] - many["low"])
    assert loud(20)["p"].isna().all()


def test_every_reading_of_the_same_six_tickets():
    rows = judged(tables(SIX), lambda t, r: readings.readings(t, r, 0.9)).set_index("reading")
    assert rows["judged"].to_dict() == {
        "headline": 6, "settled": 5, "matured": 6, "best": 6, "worst": 6, "pauses": 6, "wall": 6,
    }  # fmt: skip
    assert rows["met"].tolist() == [3] * 7
    assert rows.loc["settled", "difference"] == pytest.approx(3 / 5 - 3 / 6)
    assert set(rows["verdict"]) == {""}


def test_asking_again_is_watched_equally_long_for_late_tickets_and_for_those_in_time():
    # of 60 customers late and 60 in time, 20 and 10 ask again on the third day; the late ones wait until the fifth
    rows = []
    for late, again in ((True, 20), (False, 10)):
        for i in range(60):
            who, opened = f"{late}{i}", START + timedelta(days=i)
            rows.append((f"{who}-1", who, "m1", "East", "break", opened, 96 if late else 2))
            if i < again:
                rows.append((f"{who}-2", who, "m1", "East", "break", opened + timedelta(days=3), 1))
    found = judged(tables(rows), lambda t, r: breaches.returning(t, r, 7)).iloc[0]
    assert found["cases"] == 60
    assert found["rate"] == pytest.approx(20 / 60)
    assert found["others"] == pytest.approx(10 / 90)  # the 30 further tickets are in time and bring no other


def test_log_rank_of_tickets_counts_a_customer_once():
    rng = np.random.default_rng(3)
    rows = []
    for i in range(150):
        opened, took = START + timedelta(days=int(rng.integers(0, 100))), float(rng.integers(1, 90))
        rows += [(f"t{i}-{k}", f"a{i}", "m1", "East" if i % 2 else "West", "break", opened, took) for k in range(3)]
    given = tables(rows)

    def test(t: Tables, relation: str) -> tuple[float, float, float]:
        groups = times_by(t, relation, "team")
        assert list(groups) == ["East", "West"]
        return (*clustered_log_rank(t, relation, "team", groups), log_rank(list(groups.values()))[0])

    statistic, p, naive = judged(given, test)
    assert naive == pytest.approx(3 * statistic, rel=0.15)
    assert 0 < p < 1

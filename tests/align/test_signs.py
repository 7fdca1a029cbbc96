from datetime import date
from typing import ClassVar

import pandas as pd
import pytest

from cxkit.align.catalogue import FINDINGS
from cxkit.align.signs import FALSE_WORSE, at_level, signs
from cxkit.metrics.estimates import Estimate
from cxkit.metrics.staff import staff_change, staff_estimate
from cxkit.metrics.windows import add_months
from cxkit.records import Result
from cxkit.tables.engine import Tables

AS_OF = date(2026, 10, 31)
MONTHS = [add_months(date(2024, 11, 1), k) for k in range(24)]


def tickets(*, crossing=(0.2, 0.5)):
    """Fifty contacts a month, a share of which change teams: the first share in the first year, then the second."""
    rows = []
    for k, month in enumerate(MONTHS):
        for i in range(50):
            moved = int(i < 50 * crossing[k >= 12])
            opened = pd.Timestamp(month) + pd.Timedelta(hours=12 * i)
            rows.append([f"T{k}-{i}", f"A{(i * 7 + k) % 600}", opened, opened + pd.Timedelta(hours=5), moved])
    return pd.DataFrame(rows, columns=["ticket_id", "account_id", "opened", "resolved", "handovers"])


def workforce(**measures):
    """Two teams of fifty; each measure is given for the first and the second year."""
    rows = [
        {"month": m, "team": team, "headcount": 50, **{name: years[k >= 12] for name, years in measures.items()}}
        for k, m in enumerate(MONTHS)
        for team in ("Desk", "Field")
    ]
    return pd.DataFrame(rows)


def run(**frames):
    given = {k: v for k, v in frames.items() if isinstance(v, pd.DataFrame)}
    more = {k: v for k, v in frames.items() if not isinstance(v, pd.DataFrame)}
    return signs(Tables.from_frames(given, as_of=AS_OF), window_months=12, **more)


def table(found):
    return found.frame("signs").set_index("sign")


def test_levels_and_changes_by_hand():
    made = table(run(tickets=tickets(), workforce=workforce(leavers=(1, 2), engagement=(70.0, 65.0))))
    assert made.loc["crossing", ["value", "before", "change"]].tolist() == pytest.approx([0.5, 0.2, 0.3])
    assert made.loc["turnover", "value"] == pytest.approx(48 / 1200 * 12)
    assert made.loc["engagement", ["value", "change"]].tolist() == pytest.approx([65, -5])
    assert made.loc["crossing", "period"] == "2025-11 to 2026-10"


def test_worse_only_when_the_interval_of_the_change_clears_zero():
    made = table(run(tickets=tickets(crossing=(0.30, 0.32))))
    assert made.loc["crossing", "verdict"] == "steady"
    assert table(run(tickets=tickets()))["verdict"].to_dict() == {
        **{"repeats": "steady", "handovers": "worse", "crossing": "worse"},
    }
    assert table(run(tickets=tickets(crossing=(0.5, 0.2)))).loc["crossing", "verdict"] == "better"


def test_less_engagement_is_worse():
    made = table(run(workforce=workforce(engagement=(70.0, 60.0))))
    assert made.loc["engagement", "verdict"] == "worse"
    assert table(run(workforce=workforce(engagement=(60.0, 70.0)))).loc["engagement", "verdict"] == "better"


def test_the_error_is_shared_over_the_signs_that_can_be_compared():
    found = run(tickets=tickets())
    assert found.level == pytest.approx(1 - 2 * FALSE_WORSE / 3)
    assert table(found)["level"].tolist() == pytest.approx([found.level] * 3)


def test_an_interval_is_brought_to_another_level():
    narrow = Estimate(value=1.0, low=0.0, high=3.0, n=50)
    wide = at_level(narrow, 0.99)
    assert (wide.value - wide.low, wide.high - wide.value) == pytest.approx((1.3142, 2.6284), abs=1e-4)
    assert at_level(narrow, 0.99, 5).low < wide.low
    assert at_level(Estimate(value=1.0), 0.99).low is None


def test_sentences():
    found = run(tickets=tickets())
    assert found.finding("align.signs.community").title == (
        "2 of 2 signs between teams got worse in a year: handovers per contact and contacts that change teams"
    )
    worst = found.finding("align.signs.worst")
    assert worst.title == (
        "The clearest sign of misalignment is between teams: contacts that change teams rose from 20.0\u202f% "
        "to 50.0\u202f% in a year"
    )
    assert worst.low < worst.value < worst.high
    assert found.finding("align.signs.customer").tone == "neutral"
    assert {f.id for f in found.findings} | {g.id for g in found.gaps} <= set(FINDINGS)


def test_without_a_year_before_nothing_is_called_worse():
    late = tickets()
    found = run(tickets=late[late["opened"] >= "2025-11-01"])
    assert set(table(found)["verdict"]) == {"cannot tell"}
    assert found.finding("align.signs.worst") is None


def test_what_is_missing_is_named_by_c():
    found = run()
    assert [g.id for g in found.gaps] == [f"align.signs.{c}" for c in ("customer", "career", "community", "core")]
    assert {m.name for g in found.gaps for m in g.needs} >= {"tickets", "revenue", "workforce", "promises", "mission"}
    assert not found.findings


def test_the_core_from_sheets():
    class Trace(Result):
        stage: ClassVar[str] = "align"
        name: ClassVar[str] = "trace"

    initiatives = pd.DataFrame({"live": [True, True, False], "orphan": [True, False, True]})
    promises = pd.DataFrame(
        [["P1", "x", 1.0, 2.0, "lower"], ["P2", "y", 1.0, 0.5, "lower"]],
        columns=["promise_id", "promise", "promised", "delivered", "better"],
    )
    mission = pd.DataFrame({"adopted": ["2024-10-15"], "statement": ["We keep our word"]})
    made = run(promises=promises, mission=mission, trace=Trace(as_of=AS_OF, tables={"initiatives": initiatives}))
    assert table(made)["value"].to_dict() == {"orphans": 0.5, "promises": 0.5, "mission": 24.0}
    assert made.finding("align.signs.core").title == (
        "Core: 50.0\u202f% of live initiatives have no goal, 50.0\u202f% of promises are broken and the mission "
        "statement is 24 months old"
    )


def test_what_people_say_stands_beside_it():
    class Audit(Result):
        stage: ClassVar[str] = "align"
        name: ClassVar[str] = "audit"
        wave: str = "2026-09-15"

    both = {"family": "c", "group": "all"}
    scales = [both | {"scale": c, "score": 3.0, "low": 2.8, "high": 3.2, "n": 40} for c in ("core", "community")]
    moved = {"n_before": 40, "n_now": 40, "change": -0.8, "low": -1.0, "high": -0.6}
    changes = [both | {"scale": "core", **moved}]
    audit = Audit(as_of=AS_OF, tables={"scales": pd.DataFrame(scales), "changes": pd.DataFrame(changes)})
    found = run(tickets=tickets(), audit=audit)
    assert found.frame("said")["c"].tolist() == ["community", "core"]
    assert (
        "People rate the Community side of alignment at 3.0 of 5 (2.8 to 3.2)."
        in found.finding("align.signs.community").detail
    )
    assert table(found).loc["drift", ["before", "verdict"]].tolist() == [pytest.approx(3.8), "worse"]


@pytest.mark.heavy
def test_rows_after_the_day_of_the_report_change_nothing():
    later = tickets().assign(ticket_id=lambda f: "x" + f["ticket_id"], handovers=9)
    later["opened"] += pd.Timedelta(days=730)
    later["resolved"] += pd.Timedelta(days=730)
    assert run(tickets=tickets()).model_dump() == run(tickets=pd.concat([tickets(), later])).model_dump()


def test_staff_figures_by_hand():
    """Five leavers of a hundred person-months: 60 % a year; exact Poisson ends 1.623 and 11.668 (Garwood)."""
    rows = pd.DataFrame({"total": [3.0, 2.0], "weight": [50.0, 50.0], "people": [50.0, 50.0]})
    found = staff_estimate("turnover", rows)
    assert (found.low, found.high) == pytest.approx((1.6235 * 0.12, 11.6683 * 0.12), abs=1e-4)
    assert not staff_estimate("turnover", rows.assign(people=20.0)).has_interval


def test_staff_change_is_made_of_equal_months():
    months = pd.to_datetime([add_months(date(2025, 1, 1), k) for k in range(12)])
    season = [10.0 * (k % 4) for k in range(12)]
    now = pd.DataFrame({"month": months, "total": season, "weight": 1.0})
    before = pd.DataFrame({"month": months - pd.DateOffset(years=1), "total": [v + 2 for v in season], "weight": 1.0})
    found = staff_change(now, before)
    assert (found.value, found.low, found.high) == pytest.approx((-2, -2, -2))

"""The closed loop: who was eligible, who was called, and those still waiting."""

from datetime import date

import pandas as pd
import pytest

from cxkit.instrument import closed_loop
from cxkit.instrument.catalogue import FINDINGS
from cxkit.tables.engine import Tables

SURVEYS = pd.DataFrame(
    [
        ("r1", "nps", 3.0, "2026-06-01 10:00", "2026-06-02 10:00", "2026-06-02 12:00"),  # closed in 26 hours
        ("r1", "ces", 2.0, "2026-06-01 10:00", "2026-06-02 10:00", "2026-06-02 12:00"),  # the same response
        ("r2", "csat", 2.0, "2026-06-01 10:00", "2026-06-02 10:00", "2026-06-09 10:00"),  # closed late
        ("r3", "ces", 3.0, "2026-06-01 10:00", "2026-06-02 10:00", None),  # contacted, still open
        ("r4", "nps", 6.0, "2026-06-01 10:00", None, None),  # nobody called
        ("r5", "nps", 0.0, "2026-06-30 10:00", None, None),  # its 48 hours are not over
        ("r6", "nps", 7.0, "2026-06-01 10:00", None, None),  # not eligible
        ("r7", "csat", 3.0, "2026-06-01 10:00", None, None),  # not eligible
    ],
    columns=["response_id", "metric", "score", "answered", "contacted", "loop_resolved"],
)


def of(surveys: pd.DataFrame | None) -> Tables:
    return Tables.from_frames({} if surveys is None else {"surveys": surveys}, as_of=date(2026, 6, 30))


def test_the_loop_is_counted_as_by_hand():
    result = closed_loop(of(SURVEYS), loop_sla_hours=48)
    steps = result.frame("funnel").set_index("step")["responses"].to_dict()
    assert steps == {"eligible": 5, "contacted": 3, "resolved": 2, "within_sla": 1}
    rates = result.frame("rates").set_index("measure")
    assert rates["judged"].tolist() == [4, 4, 4]
    assert rates["censored"].tolist() == [1, 1, 1]
    assert rates["share"].tolist() == [0.75, 0.5, 0.25]
    waiting = result.finding("instrument.loop.open")
    assert waiting.title == "3 of 5 unhappy answers still wait, 2 of them past the limit"
    assert "too few" in result.finding("instrument.loop.closed").title


def test_a_settlement_after_as_of_is_not_known_yet():
    later = SURVEYS.copy()
    later.loc[later["response_id"] == "r3", "loop_resolved"] = "2026-07-02 10:00"
    assert (
        closed_loop(of(later), loop_sla_hours=48).document() == closed_loop(of(SURVEYS), loop_sla_hours=48).document()
    )


def test_without_a_date_of_settlement_the_limit_is_for_the_call():
    result = closed_loop(of(SURVEYS.drop(columns="loop_resolved")), loop_sla_hours=48)
    assert result.frame("rates")["measure"].tolist() == ["contacted", "within_sla"]
    assert [g.id for g in result.gaps] == ["instrument.loop.closed", "instrument.loop.outcome"]
    assert result.finding("instrument.loop.within_sla").value == 0.75


def test_enough_answers_give_an_interval():
    many = pd.concat([SURVEYS.assign(response_id=SURVEYS["response_id"] + f"-{i}") for i in range(20)])
    found = closed_loop(of(many), loop_sla_hours=48).finding("instrument.loop.within_sla")
    assert found.value == 0.25
    assert found.low < 0.25 < found.high
    assert found.tone == "bad"


@pytest.mark.parametrize(
    ("surveys", "needs"),
    [
        (None, "surveys"),
        (SURVEYS.drop(columns=["contacted", "loop_resolved"]), "surveys"),
        (SURVEYS[SURVEYS["response_id"].isin(["r6", "r7"])], ""),
        (SURVEYS.head(0), ""),
    ],
)
def test_what_is_missing_is_named(surveys, needs):
    result = closed_loop(of(surveys), loop_sla_hours=48)
    assert not result.findings
    assert len(result.gaps) == 4
    assert {n.name for g in result.gaps for n in g.needs} == ({needs} if needs else set())
    assert {g.id for g in result.gaps} <= set(FINDINGS)


def test_every_id_is_listed():
    assert {f.id for f in closed_loop(of(SURVEYS), loop_sla_hours=48).findings} <= set(FINDINGS)

"""What drifted is found and valued; where nothing drifted, nothing is said."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cxkit.govern.catalogue import FINDINGS
from cxkit.govern.drift import Drift, drift
from cxkit.govern.drift_counts import counterparts
from cxkit.govern.drift_noise import limits
from cxkit.govern.drift_rules import RULES
from cxkit.metrics import alarms
from cxkit.records import Finding
from tests.govern import drifting as given

SEP = date(2026, 9, 30)


def found(
    seed: int = 1, frames: dict[str, Any] | None = None, sheet: dict[str, Any] | None = None, **more: Any
) -> Drift:
    rng = np.random.default_rng(seed)
    held = {"tickets": given.tickets(rng)} | (frames or {})
    said = {"ledger": given.ledger(), "ledger_before": given.ledger(SEP), "cases": given.cases()}
    said |= {"forecasts": [given.FORECAST], "scorecard": given.scorecard(rng)}
    return drift(given.tables(held, **(sheet or {})), **(said | more))


def kinds(result: Drift) -> list[str]:
    return result.frame("alarms")["kind"].to_list()


def test_nothing_drifted_and_nothing_is_said() -> None:
    result = found()
    assert kinds(result) == []
    assert not result.gaps
    states = result.frame("watched").set_index("subject")["state"]
    assert states.to_dict() == {"B1 base": "inside", "B1 effect": "no table counts it; its tests do", "csat": "inside"}
    (said,) = result.findings
    assert said.title == "Nothing that can be watched has drifted under the one funded initiative"
    assert said.tone == "good"
    assert list(result.frame("rules")["kind"]) == list(RULES)


def test_a_drifted_base_is_found_and_valued() -> None:
    """A third of the contacts is left: 6,000 × 0.2 × 5 = 6,000 falls to 2,000, of which 4,000 can be saved."""
    rng = np.random.default_rng(2)
    result = found(frames={"tickets": given.tickets(rng, now=0.35)})
    (row,) = result.frame("alarms").to_dict("records")
    assert (row["kind"], row["subject"], row["case"]) == ("assumption", "B1 base", "no longer pays")
    assert row["found"] == pytest.approx(2100, rel=0.1)
    assert row["npv_before"] == pytest.approx(2000)
    assert row["npv_after"] == pytest.approx(row["found"] - 4000)
    assert row["owner_role"] == "CX Council/Finance"
    assert result.finding("govern.drift.alarm", initiative="I1").value == pytest.approx(row["npv_after"])  # type: ignore[union-attr]
    assert {f.id for f in result.findings} <= set(FINDINGS)


def test_an_assumption_that_never_matched_is_no_drift() -> None:
    """Of all contacts the base is a part: the count is not its counterpart."""
    part = given.FORECAST | {
        "assumptions": [given.FORECAST["assumptions"][0] | {"value": 900.0, "low": 800.0, "high": 1e3}]
    }
    result = found(forecasts=[part], cases=given.cases(900.0))
    assert kinds(result) == []
    assert "did not match" in result.frame("watched").set_index("subject")["state"]["B1 base"]


def test_a_base_that_was_wrong_from_the_beginning_is_told_where_its_unit_leaves_no_doubt() -> None:
    wrong = given.FORECAST["assumptions"][0] | {"value": 8000.0, "low": 7500.0, "high": 8500.0}
    result = found(forecasts=[given.FORECAST | {"assumptions": [wrong]}], cases=given.cases(8000.0))
    (row,) = result.frame("alarms").to_dict("records")
    assert (row["kind"], row["subject"]) == ("assumption", "B1 base")
    assert "on the day of approval already" in row["what"]
    part = wrong | {"base_unit": "contacts about bills a year"}
    result = found(forecasts=[given.FORECAST | {"assumptions": [part]}], cases=given.cases(8000.0))
    assert kinds(result) == []


def test_a_metric_that_went_the_wrong_way_is_found_and_the_right_way_is_not() -> None:
    result = found(scorecard=given.scorecard(np.random.default_rng(3), fall=0.15))
    assert kinds(result) == ["metric"]
    assert result.frame("alarms")["case"].to_list() == ["cannot be computed"]
    assert "Customer satisfaction, which Call back should move, has fallen" in result.frame("alarms")["what"][0]
    assert not any("_" in f.title for f in result.findings)
    assert kinds(found(scorecard=given.scorecard(np.random.default_rng(3), fall=-0.15))) == []


def test_an_alarm_names_the_tables_its_figure_is_counted_in() -> None:
    fallen = given.scorecard(np.random.default_rng(3), fall=0.15)
    about = Finding(
        **{"id": "quantify.scorecard.csat", "stage": "quantify", "title": "CSAT is 70 %", "value": 0.7, "n": 90},
        **{"unit": "ratio", "about": "a share", "sources": ("surveys", "tickets")},
    )
    (alarm,) = [
        f
        for f in found(scorecard=fallen.model_copy(update={"findings": (about,)})).findings
        if f.id == "govern.drift.alarm"
    ]
    assert alarm.sources == ("surveys", "tickets")
    homes = pd.DataFrame({"account_id": [f"H{n}" for n in range(400)], "started": pd.Timestamp("2023-01-01")})
    asked = {"driver": "", "moment": None, "until": date(2026, 8, 31), "chance": 0.01}
    (first, *_) = counterparts(given.tables({"accounts": homes}), "base", base_unit="homes", **asked)
    assert (first.value, first.what, first.source) == (400, "customers", "accounts")


def test_a_metric_that_is_not_meant_to_move_is_not_watched() -> None:
    fallen = given.scorecard(np.random.default_rng(3), fall=0.15)
    result = found(scorecard=fallen, sheet={"expected_change": 0.0})
    assert kinds(result) == []
    assert result.frame("watched").set_index("subject")["state"]["csat"] == "it is not meant to move"


def test_facts_of_two_runs() -> None:
    effect = {"experiment_id": "X1", "initiative_id": "I1", "arm": "b", "grade": "A", "registered": "2026-01-01"}
    shown, blocked = effect | {"verdict": "cut", "tone": "good"}, effect | {"verdict": "blocked", "tone": "bad"}
    now, then = (
        given.Effects(as_of=d, tables={"effects": pd.DataFrame([r])}) for d, r in ((given.AS_OF, blocked), (SEP, shown))
    )
    link = {"from_id": "I1", "to_id": "csat", "to_label": "CSAT", "tested_by": "X1", "grade": "A"}
    links = given.Links(as_of=given.AS_OF, tables={"links": pd.DataFrame([link | {"verdict": "contradicts"}])})
    before = given.Links(as_of=SEP, tables={"links": pd.DataFrame([link | {"verdict": "supports"}])})
    result = found(
        ledger=given.ledger(has_owner=False), effects=now, effects_before=then, links=links, links_before=before
    )
    assert sorted(kinds(result)) == ["experiment", "link", "owner", "proof"]
    rows = result.frame("alarms").set_index("kind")
    assert rows.loc["link", "npv_after"] == pytest.approx(-4000)  # no benefit, and 4,000 that could be saved
    assert rows["new"].all()
    again = found(
        ledger=given.ledger(has_owner=False), ledger_before=given.ledger(SEP, has_owner=False), effects=now,
        effects_before=now, links=links, links_before=links,
    )  # fmt: skip
    assert sorted(kinds(again)) == ["experiment", "link"]
    assert not again.frame("alarms")["new"].any()


def test_spend_dates_and_benefit() -> None:
    invest = pd.DataFrame(
        [{"investment_id": "V", "initiative_id": "I1", "month": "2025-11-01", "amount": 1000.0, "kind": "run_rate",
          "months": 40, "status": "cancellable"}]
    )  # fmt: skip
    over = found(frames={"investments": invest}, ledger=given.ledger(spent=15_000.0))  # 12 of 40 months
    assert kinds(over) == ["spend"]
    assert kinds(found(frames={"investments": invest}, ledger=given.ledger(spent=12_900.0))) == []
    late = found(sheet={"planned_end": "2026-09-15"})
    (row,) = late.frame("alarms").to_dict("records")
    assert (row["kind"], row["since"], row["new"]) == ("deadline", date(2026, 9, 15), False)
    benefit = {"benefit_id": "B1", "initiative_id": "I1", "block": "cost", "driver": "deflection", "kind": "cashable",
               "base": 6000.0, "effect": 0.2, "unit_value": 5.0, "start": "2026-01-01", "ramp_months": 3}  # fmt: skip
    span = {"first_month": "2025-12-01", "last_month": "2026-05-01", "pnl_line": "Service", "reported": "2026-06-15"}
    other = {"realised_id": "R0", "initiative_id": "I9", "amount": 1.0, "status": "claimed"} | span
    unseen = found(frames={"benefits": pd.DataFrame([benefit]), "realised": pd.DataFrame([other])})
    assert kinds(unseen) == ["late"]
    own = other | {"realised_id": "R1", "initiative_id": "I1"}
    behind = found(frames={"realised": pd.DataFrame([own | {"amount": -9_000.0, "status": "booked"}])})
    assert kinds(behind) == ["behind"]
    enough = [own | {"amount": 7_000.0, "status": "booked"}, own | {"realised_id": "R2", "amount": 9_000.0}]
    assert kinds(found(frames={"realised": pd.DataFrame(enough)})) == []


def test_a_restated_assumption_is_told() -> None:
    result = found(cases=given.cases(9000.0))
    assert kinds(result) == ["restated"]


def test_first_run_and_no_funded_initiative() -> None:
    first = found(ledger_before=None)
    assert [g.subject for g in first.gaps] == ["between runs"]
    nothing = drift(given.tables({}), ledger=given.ledger(funded=False, decided=None))
    assert not nothing.findings
    assert nothing.gaps[0].needs


def test_an_approval_after_as_of_is_not_known_yet() -> None:
    result = found(forecasts=[given.FORECAST | {"approved": "2026-12-01"}])
    assert "B1 base" not in set(result.frame("watched")["subject"])


def test_limits_hold_one_month_in_a_hundred() -> None:
    """By hand: past of 0 and 2 in turn has level 1, deviation by moving range 2 ÷ 1.128 (more than √(12/11))."""
    hit = limits([0.0, 2.0] * 6, [1.0], 0.01)
    assert hit is not None
    assert hit.expected == pytest.approx(1.0)
    assert hit.high - 1 == pytest.approx(2.718 * 2 / 1.128 * np.sqrt(1 + 1 / 12), rel=1e-3)


@pytest.mark.coverage
@pytest.mark.parametrize("near", [0.0, 0.4])
def test_limits_are_passed_as_seldom_as_they_say(near: float) -> None:
    """4,000 pasts of 14 to 30 months with a wave: the mean of three months passes its limit in 1 % of cases or so."""
    rng = np.random.default_rng(0)
    passed = 0
    for _ in range(4000):
        n = int(rng.integers(18, 30))
        noise = rng.normal(0, 1, n + 6)
        for i in range(1, n + 6):
            noise[i] += near * noise[i - 1]
        values = noise + 2 * np.sin(2 * np.pi * np.arange(n + 6) / 12)
        hit = limits(values[:n], values[n + 3 :], 0.01, skipped=3)
        assert hit is not None
        passed += hit.found < hit.low
    print(near, passed / 4000)
    assert passed / 4000 <= (0.016 if not near else 0.03)


@pytest.mark.coverage
def test_nothing_drifted_raises_no_alarm() -> None:
    """250 clients without drift: alarms no more often than the share allows."""
    raised = sum(bool(kinds(found(seed))) for seed in range(250))
    print("false alarms", raised, "of 250, share", alarms.share("drift"))
    assert raised <= 4  # at 0.002 a report, five or more come once in 100,000

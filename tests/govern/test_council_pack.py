"""The council's pack: options with money, rights, limits, units, wins, scores and challenges, by hand."""

# ruff: noqa: E501  rows read best as rows
from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from cxkit.govern import allocation, challenged, council, ledger, portfolio
from cxkit.govern.catalogue import FINDINGS
from cxkit.govern.pack_scorecard import scorecard
from cxkit.govern.pack_why import COUNTED, why
from cxkit.govern.rights import _check
from cxkit.records import Finding, Record, Result


class Decision(Record):
    decision_id: str
    initiative_id: str = ""
    verdict: str = "stop"
    amount: float | None = None
    owner_role: str = ""
    decided: str = "2026-05-01"
    due: str = ""
    done: str = ""
    withdrawn: str = ""
    evidence: str = ""
    note: str = ""


class Scorecard(Result):
    stage = "quantify"
    name = "scorecard"


class Forecasts(Result):
    stage = "prove"
    name = "forecasts"


RIGHTS = pd.DataFrame(
    [
        {"right_id": "R1", "decision": "Small money", "verdict": "fund", "up_to": 50, "evidence": "B", "accountable": "Data/Insights"},
        {"right_id": "R2", "decision": "Stopping", "verdict": "stop", "up_to": None, "evidence": "E", "accountable": "CXO/PMO"},
    ]
)  # fmt: skip


@pytest.fixture(scope="module")
def made(world):
    cases = world.cases(world.case("I1", benefit=1200, cancellable=60), world.case("I3", benefit=1, cancellable=50))
    effects = world.effects(("I1", "A", "cut", "good"))
    pnl = world.pnl(("E1", "I1", 1200.0, 800.0, 1600.0, "claimed"))
    book = ledger(world.tables(), traceability=world.trace(), cases=cases, effects=effects, pnl=pnl)
    folio = portfolio(book, cases, discount_rate=0.0)
    return {"results": [cases, effects, pnl, book, folio], "allocation": allocation(folio, budget=200)}


def test_every_decision_has_three_options_and_its_row_of_the_ledger(world, made):
    found = council(world.tables(), **made)
    options = found.frame("options")
    assert (options.groupby("initiative_id")["position"].apply(list).map(lambda p: p == [1, 2, 3])).all()
    assert set(options["option"]) == {"as the plan asks", "next best", "nothing"}
    needed = found.frame("needed").set_index("initiative_id")
    assert needed["verdict"].to_dict() == {"I1": "fund", "I3": "stop"}
    assert needed.loc["I1", "chain"].startswith("Goal: ")
    assert "prove.effect:I1:E1" in needed.loc["I1", "finding_keys"]
    assert needed.loc["I1", "per_month"] == pytest.approx(100.0)  # 1,200 a year, proven as claimed
    assert needed.loc["I3", "per_month"] == pytest.approx(50 / 3)  # 50 in the next month, over three
    assert found.finding("govern.council.waiting").value == pytest.approx(100 + 50 / 3)
    decided = council(world.tables(), **made, decisions=[Decision(decision_id="D1", initiative_id="I3")])
    assert decided.finding("govern.council.waiting").value == pytest.approx(100.0)


def test_a_decision_taken_back_is_none(world, made):
    back = Decision(decision_id="D1", initiative_id="I3", withdrawn="2026-06-01", due="2026-05-20")
    found = council(world.tables(), **made, decisions=[back])
    assert found.frame("needed").set_index("initiative_id").loc["I3", "state"] == "open"
    assert found.frame("due")["state"].tolist() == ["withdrawn"]
    assert found.finding("govern.council.due") is None
    later = back.model_copy(update={"withdrawn": "2026-07-05"})
    assert council(world.tables(), **made, decisions=[later]).frame("due")["state"].tolist() == ["overdue"]


def right(id, verdict, up_to=None, evidence=None, accountable="CXO/PMO"):
    return {
        **{"right_id": id, "decision": id, "verdict": verdict, "up_to": up_to, "evidence": evidence},
        **{"accountable": accountable, "responsible": None},
    }


@pytest.mark.parametrize(
    ("row", "rights", "state", "chosen"),
    [
        ({"amount": 40.0, "grade": "A"}, [right("small", "fund", 50), right("all", "fund")], "within", "small"),
        ({"amount": 60.0, "grade": "A"}, [right("small", "fund", 50), right("all", "fund")], "within", "all"),
        ({"amount": 60.0, "grade": "A"}, [right("small", "fund", 50)], "above the limit", "small"),
        ({"amount": 9.0, "grade": "C"}, [right("small", "fund", 50, "B")], "evidence too weak", "small"),
        ({"amount": 9.0, "grade": "C"}, [right("a", "fund", 50, "B"), right("b", "fund", 90, "C")], "within", "b"),
        ({"amount": 9.0, "grade": None}, [right("a", "fund", 50, "E")], "within", "a"),
        ({"amount": 9.0, "grade": "A"}, [right("a", "stop")], "no right", None),
        ({"amount": 9.0, "grade": "A"}, [right("any", None)], "within", "any"),
        ({"amount": 9.0, "grade": "A"}, [right("a", "fund", accountable=None)], "nobody answers", "a"),
        ({"amount": 9.0, "grade": "A"}, [right("a", "fund", accountable="RevOps/Data")], "no seat", "a"),
    ],
)
def test_a_verdict_is_held_against_its_right(row, rights, state, chosen):
    given = {"initiative_id": "I", "initiative": "x", "verdict": "fund", "freed": None} | row
    found = _check(given, rights, {"CXO/PMO"}, "USD")
    assert (found["state"], found.get("right_id")) == (state, chosen)


def test_rights_are_checked_against_the_plan_and_the_seats(world, made):
    seats = world.SHEETS["council"].assign(owner_role=["CXO/PMO", "Journey Owners"])
    found = council(world.tables(decision_rights=RIGHTS, council=seats), **made)
    states = found.frame("rights").set_index("initiative_id")["state"].to_dict()
    assert states["I1"] == "above the limit"  # 60 against 50
    assert states["I3"] == "within"
    assert found.finding("govern.council.accountable").tone == "bad"
    assert "govern.council.accountable" in {g.id for g in council(world.tables(), **made).gaps}


def measured(values):
    months = [f"{2024 + k // 12}-{k % 12 + 1:02}" for k in range(len(values))]
    grr = Finding(
        id="quantify.scorecard.grr", stage="quantify", title="GRR", value=0.9, unit="ratio", sources=("revenue",)
    )
    return Scorecard(
        as_of=date(2026, 6, 30),
        findings=(grr,),
        tables={
            "measures": pd.DataFrame(
                [{"metric": "grr", "label": "Gross revenue retention", "unit": "ratio", "value": 0.9, "direction": "up"}]
            ),
            "series": pd.DataFrame({"metric": "grr", "month": months, "value": values}),
        },
    )  # fmt: skip


def test_a_month_within_its_limits_is_no_news(world):
    quiet = measured([0.9 + 0.01 * (k % 3) for k in range(20)])
    found = council(world.tables(), results=[quiet])
    assert found.finding("govern.council.news").title.startswith("None of 1 measures is news")
    assert found.frame("measures").loc[0, "says"] == "within the limits of its past: no news"
    loud = measured([0.9 + 0.01 * (k % 3) for k in range(20)] + [0.5])
    found = council(world.tables(), results=[loud])
    row = found.frame("measures").loc[0]
    assert (row["signal"], row["side"], row["tone"]) == ("outside", "below", "bad")
    assert found.finding("govern.council.measure", subject="grr").sources == ("revenue",)


def test_a_hole_in_the_months_leaves_only_what_follows_it():
    holed = measured([0.9 + 0.01 * (k % 3) for k in range(20)])
    series = holed.frame("series").drop(index=10)
    rows, months = scorecard(holed.model_copy(update={"tables": holed.tables | {"series": pa_table(series)}}))
    assert (rows[0]["signal"], len(months)) == ("cannot tell", 9)
    assert rows[0]["says"] == "9 unbroken months; limits take 13"


def pa_table(frame):
    from cxkit.records import freeze

    return freeze(frame)


def test_why_adds_up_on_client_tables(world):
    months = pd.date_range("2024-06-01", "2026-06-01", freq="MS")
    rows, accounts = [], []
    for k in range(120):
        segment = "home" if k % 2 else "small"
        accounts.append(
            {"account_id": f"a{k}", "started": "2020-01-01", "segment": segment, "business_unit": "Consumer"}
        )
        # in the second year every fourth of the small ones leaves, in the first every eighth
        gone = months[18] if segment == "small" and k % 8 == 0 else months[6] if k % 16 == 2 else None
        rows += [
            {"account_id": f"a{k}", "month": m, "mrr": 0 if gone is not None and m >= gone else 10 + k % 5}
            for m in months
        ]
    tables = world.tables(revenue=pd.DataFrame(rows), accounts=pd.DataFrame(accounts))
    lost, parts = why(tables, window_months=12)
    (one,) = lost
    assert one["volume"] + one["mix"] + one["rate"] == pytest.approx(one["change"])
    assert one["change"] > 0
    assert {p["segment"] for p in parts} == {"home", "small"}
    assert sum(p["rate"] for p in parts) == pytest.approx(one["rate"])
    found = council(tables)
    assert found.finding("govern.council.why", subject="lost_revenue").sources == ("revenue", "accounts")
    unit = found.frame("business_units").set_index("business_unit").loc["consumer"]
    assert unit["customers"] > 100
    assert unit["grr_low"] <= unit["grr"] <= unit["grr_high"]
    assert unit["revenue_share"] == 1.0


@pytest.mark.parametrize("silent", [range(1, 7), range(7, 13), range(1, 13)])
def test_a_window_in_which_nobody_answered_explains_nothing(world, monkeypatch, silent):
    answers = [
        (date(2026, m, 1), s, 0 if m in silent else 40, 20.0 + m) for m in range(1, 13) for s in ("home", "small")
    ]
    panel = pd.DataFrame(answers, columns=["month", "segment", "n", "value"])
    monkeypatch.setitem(COUNTED, "nps", lambda tables: panel)
    assert "nps" not in {row["figure"] for row in why(world.tables(), window_months=6)[0]}
    panel["n"] = 40
    assert "nps" in {row["figure"] for row in why(world.tables(), window_months=6)[0]}


def test_wins_are_linked_to_what_they_moved(world, made):
    wins = pd.DataFrame(
        [
            {"win_id": "W1", "team": "Desk", "happened": "2026-06-02", "action": "Called", "result": "Stayed",
             "initiative_id": "I1", "metric_id": "churn", "value": 100},
            {"win_id": "W2", "team": "Desk", "happened": "2025-01-02", "action": "Wrote", "result": None,
             "initiative_id": None, "metric_id": None, "value": None},
            {"win_id": "W3", "team": "Desk", "happened": "2026-07-02", "action": "later", "result": "x",
             "initiative_id": "I1", "metric_id": "churn", "value": 1},
        ]
    )  # fmt: skip
    found = council(world.tables(wins=wins), **made)
    table = found.frame("wins").set_index("win_id")
    assert table.index.tolist() == ["W1", "W2"]
    assert table.loc["W1", ["linked", "recent", "grade", "outcome"]].tolist() == [True, True, "A", "proven"]
    assert table.loc["W2", "lacks"] == "a result, an initiative, a metric"
    assert found.finding("govern.council.wins").title == (
        "1 of 2 wins lead from a team's action to a result, an initiative and a metric; $100 is claimed for them"
    )


def test_decisions_are_scored_by_what_came_of_them(world, made):
    base = {"forecast_id": "F2", "initiative_id": "I1", "name": "Call", "approved": date(2026, 5, 1), "state": "scored"}
    table = pd.DataFrame(
        [
            base
            | {"months": 6, "forecast": 100.0, "low": 60.0, "high": 140.0, "realised": 90.0, "ratio": 0.9, "hit": True},
            base
            | {
                "months": 12,
                "forecast": 200.0,
                "low": 150.0,
                "high": 250.0,
                "realised": 80.0,
                "ratio": 0.4,
                "hit": False,
            },
            base
            | {"months": 24, "forecast": 200.0, "low": 1.0, "high": 2.0, "realised": 1.0, "state": "partly covered"},
            base
            | {
                "forecast_id": "F1",
                "initiative_id": "I5",
                "approved": date(2024, 1, 1),
                "months": 12,
                "forecast": 10.0,
                "low": 8.0,
                "high": 12.0,
                "realised": 9.0,
                "ratio": 0.9,
                "hit": True,
            },
        ]
    )
    given = [
        Decision(decision_id="D1", initiative_id="I1", verdict="fund", amount=60),
        Decision(decision_id="D2", initiative_id="I5", verdict="stop"),
        Decision(decision_id="D3", initiative_id="I3", verdict="stop", due="2026-06-01"),
        Decision(decision_id="D4", initiative_id="I2", verdict="test first"),
        Decision(decision_id="D5", initiative_id="I2", verdict="fund", withdrawn="2026-06-01"),
    ]
    forecasts = Forecasts(as_of=world.AS_OF, tables={"scored": table})
    found = council(world.tables(), **made, decisions=given, forecasts=forecasts)
    early = found.frame("scored").iloc[0]
    assert (early["forecast_id"], early["hit"], early["verdict"]) == ("F1", True, "fund")
    scored = found.frame("scored").iloc[1:].set_index("decision_id")
    assert scored["hit"].tolist() == [False, True, False, None]
    assert (scored.loc["D1", "months"], scored.loc["D1", "ratio"]) == (12, 0.4)
    assert scored.loc["D3", "became"] == "still running"
    assert scored.loc["D4", "became"] == "no test registered since"
    rate = found.finding("govern.council.scored")
    assert (rate.value, rate.n, rate.low) == (pytest.approx(1 / 2), 4, None)


def test_five_scored_decisions_have_an_interval(world):
    given = [Decision(decision_id=f"D{n}", initiative_id="I5", verdict="stop") for n in range(5)]
    rate = council(world.tables(), decisions=given).finding("govern.council.scored")
    assert (rate.value, rate.n, rate.high) == (1.0, 5, 1.0)
    assert 0.5 < rate.low < 0.6  # Wilson: 1 / (1 + 3.84 / 5)


def test_actions_stand_under_their_role(world, made):
    given = [
        Decision(decision_id="D1", initiative_id="I1", verdict="fund", owner_role="Journey Owners", due="2026-06-01")
    ]
    found = council(world.tables(), **made, decisions=given)
    actions = found.frame("actions")
    late = actions[(actions["owner_role"] == "Journey Owners") & (actions["kind"] == "carry out")]
    assert late["state"].tolist() == ["overdue"]
    assert found.finding("govern.council.actions", subject="Journey Owners").title.endswith("1 overdue")
    assert set(actions["kind"]) <= {"decide", "carry out", "close a gap", "work", "answer"}


def test_challenges_stand_as_they_stood_on_the_day():
    raised = {"challenge_id": "C1", "finding": "quantify.x:a", "says": "No", "logged": "2026-06-01", "answer": ""}
    lines = [
        raised,
        raised | {"answer": "Yes", "answered": "2026-07-01"},
        raised | {"challenge_id": "C2", "logged": "2026-08-01"},
    ]
    told = [Finding(id="quantify.x", stage="quantify", title="It is 3", subject="a")]
    (june,) = challenged.standing(lines, told, date(2026, 6, 30))
    assert (june["state"], june["title"]) == ("open", "It is 3")
    states = [(c["challenge_id"], c["state"]) for c in challenged.standing(lines, told, date(2026, 8, 1))]
    assert states == [("C2", "open"), ("C1", "answered")]
    assert challenged.findings([june])[0].title == "1 of 1 challenge waits for an answer; 1 number is challenged"


def test_every_finding_is_declared_and_has_its_own_key(world, made):
    wins = pd.DataFrame([{"win_id": "W1", "team": "D", "happened": "2026-06-02", "action": "Called"}])
    tables = world.tables(decision_rights=RIGHTS, wins=wins)
    found = council(tables, **made, decisions=[Decision(decision_id="D1", initiative_id="I3", due="2026-06-01")])
    keys = [f.key for f in found.findings]
    assert len(keys) == len(set(keys))
    assert {f.id for f in found.findings} | {g.id for g in found.gaps} <= set(FINDINGS)
    assert not [f.key for f in found.findings if not f.sources]
    assert "Eva" not in found.model_dump_json() + "".join(found.frame(t).to_csv() for t in found.tables)

"""Plays: the trigger as words allow it, today's list, and a past in which nothing of the future is known."""

from __future__ import annotations

import re
from contextlib import ExitStack
from datetime import date, timedelta

import pandas as pd
import pytest

from cxkit import shipped
from cxkit.errors import InputError
from cxkit.orchestrate import PlayBook, play_register, plays
from cxkit.orchestrate.catalogue import FINDINGS
from cxkit.orchestrate.plays_backtest import compared
from cxkit.orchestrate.plays_signals import Signals
from cxkit.orchestrate.plays_terms import CONDITIONS, TRUTHS
from cxkit.orchestrate.plays_weeks import weeks
from cxkit.tables.engine import Tables

AS_OF = date(2026, 10, 31)


def book(**changed: object) -> PlayBook:
    """One play about accounts unless told otherwise."""
    play = {
        "id": "p",
        "name": "Play",
        "owner_role": "Journey Owners",
        "sla_hours": 48,
        "steps": ["call"],
        "hypothesis": "fewer leave",
        "when": {"about": "answer", "all": [{"unhappy_answer": {"within_days": 30, "waiting": True}}]},
        "truth": {"leaves": {"within_days": 30}},
        "baseline": "random",
    }
    return play_register({"plays": [play | changed]})


def of(as_of: date = AS_OF, **frames: pd.DataFrame) -> Tables:
    return Tables.from_frames(frames, as_of=as_of, timezone="Europe/Berlin", currency="EUR")


def accounts(**columns: list[object]) -> pd.DataFrame:
    ids = [f"a{n}" for n in range(len(next(iter(columns.values()))))] if columns else ["a0", "a1"]
    return pd.DataFrame({"account_id": ids, "started": ["2024-01-15"] * len(ids), **columns})


def answers(*rows: tuple[str, int, str, str | None]) -> pd.DataFrame:
    """Account, NPS, when answered, when called back."""
    return pd.DataFrame(
        {
            "response_id": [f"r{n}" for n in range(len(rows))],
            "metric": "nps",
            "score": [r[1] for r in rows],
            "answered": [r[2] for r in rows],
            "account_id": [r[0] for r in rows],
            "contacted": [r[3] for r in rows],
            "moment_id": None,
        }
    )


def listed(tables: Tables, when: object, k: int = 0, count: int = 60) -> list[str]:
    made = play_register({"plays": [book().play("p").model_dump(include={"id", "name", "owner_role", "hypothesis"}) | {"sla_hours": 48, "steps": ["call"], "when": when}]})  # fmt: skip # noqa: E501
    with ExitStack() as stack:
        signals = Signals(tables, stack.enter_context(weeks(tables, count)), stack)
        sql = signals.raised(made.plays[0].when)
        return tables.frame(f"SELECT key FROM ({sql}) r WHERE k = {k} ORDER BY key")["key"].tolist()


def test_the_shipped_book_is_whole():
    made = play_register(shipped.yaml("playbook/plays.yml"))
    assert len(made.plays) >= 9
    assert all(p.truth or not p.about_people for p in made.plays)
    assert {c.word for p in made.plays for c in p.when.conditions} <= set(CONDITIONS)
    assert all(set(p.answers) and p.when.says for p in made.plays)


def test_every_problem_of_a_book_is_told_at_once_with_what_to_do():
    own = [
        {"id": "call_back_unhappy", "numbers": {"unhappy_answer.within_days": 0, "unhappy_answer.withn_days": 3}},
        {"id": "renewal_at_risk", "sla_hours": "soon", "owner_role": "Somebody"},
        {"id": "mine", "name": "Mine", "when": {"about": "account", "all": ["renewl", {"recontact": {"sql": "x"}}]}},
        {"id": "own_the_moment", "truth": {"leaves": {}}},
        "text",
    ]
    with pytest.raises(InputError) as caught:
        play_register(shipped.yaml("playbook/plays.yml"), own)  # type: ignore[arg-type]
    told = str(caught.value)
    for said in (
        "whole number from 1 to 730",
        "Did you mean 'unhappy_answer.within_days'",
        "sla_hours is 'soon'",
        "owner_role is 'Somebody'",
        "Did you mean 'renewal'",
        "has no value 'sql'",
        "no customer who could do it",
        "found 'text'",
    ):
        assert said in told, said
    assert told.startswith("The book of plays has ")


def test_a_clients_own_plays_lie_over_the_shipped_ones():
    own = [
        {"id": "call_back_unhappy", "numbers": {"unhappy_answer.within_days": 14}, "sla_hours": 12},
        {"id": "usage_falls", "off": True},
    ]
    made = play_register(shipped.yaml("playbook/plays.yml"), own)
    play = made.play("call_back_unhappy")
    assert (play.when.every[0].values["within_days"], play.sla_hours, play.own) == (14, 12, True)
    assert "usage_falls" in made.switched_off
    assert all(p.id != "usage_falls" for p in made.plays)
    assert not made.play("renewal_at_risk").own


def test_a_call_back_takes_an_answer_off_the_list_from_its_own_instant():
    rows = answers(("a0", 3, "2026-10-20 09:00", None), ("a1", 3, "2026-10-20 09:00", "2026-10-28 09:00"))
    tables = of(surveys=rows, accounts=accounts())
    when = {"about": "answer", "all": [{"unhappy_answer": {"within_days": 30, "waiting": True}}]}
    assert listed(tables, when) == ["r0"]
    assert listed(tables, when, k=1) == ["r0", "r1"]
    assert listed(tables, when, k=2) == []


def test_an_answer_leaves_the_list_when_its_days_are_over():
    rows = answers(("a0", 6, "2026-10-02 10:00", None), ("a1", 7, "2026-10-20 09:00", None))
    tables = of(surveys=rows, accounts=accounts())
    assert listed(tables, {"about": "answer", "all": [{"score": {"at_most": 6, "within_days": 30}}]}) == ["r0"]
    assert listed(tables, {"about": "answer", "all": [{"score": {"at_most": 6, "within_days": 29}}]}) == []


def test_terms_follow_one_another_whether_the_contract_was_renewed_or_not():
    rows = accounts(
        renewal=["2027-01-15", "2026-02-15", "2027-03-31", None],
        term_months=[12, 12, 3, 12],
        ended=[None, "2026-01-05", None, None],
    )
    tables = of(accounts=rows)
    when = {"about": "account", "all": [{"renewal": {"within_days": 90}}]}
    assert listed(tables, when) == ["a0", "a2"]
    assert listed(tables, when, k=43) == ["a0", "a1", "a2"]  # 3 January 2026: a1 left on the 5th


def test_a_ticket_is_late_by_its_calendar_and_its_deadline_is_the_open_instant():
    calendar = pd.DataFrame({"calendar": "desk", "weekday": range(1, 6), "opens": 9.0, "closes": 17.0})
    moments = pd.DataFrame({"moment_id": ["m"], "moment": ["Help"], "sla_hours": [8.0], "calendar": ["desk"]})
    tickets = pd.DataFrame(
        {
            "ticket_id": ["t0", "t1", "t2"],
            "account_id": ["a0", "a1", "a1"],
            "moment_id": "m",
            "opened": ["2026-10-29 13:00", "2026-10-30 13:00", "2026-10-01 13:00"],
            "resolved": [None, None, "2026-10-26 13:00"],
        }
    )
    tables = of(tickets=tickets, moments=moments, calendars=calendar, accounts=accounts())
    made = plays(tables, register=book(when={"about": "ticket", "all": ["ticket_open_past_limit"]}, truth=None))
    rows = made.frame("today")
    assert rows["key"].tolist() == ["t0"]
    # opened Thursday 14:00 local (a working day of 3 h left), 5 h of Friday: Friday 14:00 local
    assert rows["since"].tolist() == ["2026-10-30 14:00"]
    assert rows["due"].tolist() == ["2026-11-01 14:00"]
    assert listed(tables, {"about": "ticket", "all": ["ticket_open_past_limit"]}, k=1) == ["t2"]


def test_any_and_all_name_accounts_that_have_one_of_each():
    rows = accounts(renewal=["2026-12-01", "2026-12-01", "2027-09-01"])
    surveys = answers(("a0", 3, "2026-10-20 09:00", None), ("a2", 3, "2026-10-20 09:00", None))
    tickets = pd.DataFrame({"ticket_id": ["t0"], "account_id": ["a1"], "opened": ["2026-10-30"], "resolved": [None]})
    when = {
        "about": "account",
        "all": [{"renewal": {"within_days": 90}}],
        "any": [{"unhappy_answer": {"within_days": 30}}, {"ticket_open": {}}],
    }
    assert listed(of(accounts=rows, surveys=surveys, tickets=tickets), when) == ["a0", "a1"]


def test_use_falls_by_whole_weeks_also_to_nothing():
    days = pd.date_range("2026-09-06", periods=28, freq="D")
    events = pd.DataFrame({"at": days, "event": "login", "account_id": "a0"})
    some = pd.DataFrame({"at": pd.date_range("2026-09-06", periods=56, freq="D"), "event": "login", "account_id": "a1"})
    tables = of(events=pd.concat([events, some]), accounts=accounts())
    assert listed(tables, {"about": "account", "all": [{"usage_falls": {"by": 0.5, "over_days": 28}}]}) == ["a0"]


def panel(n: int = 80, *, leave: int = 20) -> dict[str, pd.DataFrame]:
    """Customers who answer 3 or 9 in turn through 2026; the first `leave` unhappy ones leave 20 days after."""
    days = [date(2026, 1, 5) + timedelta(days=3 * i) for i in range(n)]
    unhappy = [i % 2 == 0 for i in range(n)]
    gone = [d + timedelta(days=20) if u and i < 2 * leave else None for i, (d, u) in enumerate(zip(days, unhappy, strict=True))]  # fmt: skip # noqa: E501
    rows = [(f"a{i}", 3 if u else 9, f"{d} 09:00", None) for i, (d, u) in enumerate(zip(days, unhappy, strict=True))]
    return {"surveys": answers(*rows), "accounts": accounts(ended=gone)}


def test_a_backtest_counts_episodes_truths_days_early_and_lift():
    """From 7 February (30 days after the log begins): 40 unhappy less three already gone; 12 left from 9 March on."""
    made = plays(of(**panel()), register=book())
    row = made.frame("backtest").iloc[0]
    assert (row["raised"], row["true"], row["happened"], row["caught"]) == (37, 17, 12, 12)
    assert row["precision"] == pytest.approx(17 / 37)
    assert 14 <= row["early_median"] <= 20
    assert row["verdict"] == "better"
    assert row["holds"]
    assert row["lift"] > 5
    assert row["lift_low"] > 1
    assert row["difference_low"] > 0
    best = made.finding("orchestrate.plays.best")
    assert best is not None
    assert best.grade == "D"
    assert "not what the play would change" in best.detail


def test_a_rule_against_itself_is_no_better():
    plain = {"about": "answer", "all": [{"unhappy_answer": {"within_days": 30, "waiting": True}}]}
    row = plays(of(**panel()), register=book(baseline=plain)).frame("backtest").iloc[0]
    assert row["difference"] == 0
    assert row["difference_low"] == pytest.approx(0, abs=0.01)
    assert row["difference_high"] == pytest.approx(0, abs=0.01)
    assert row["verdict"] == "no better"
    assert (row["raised"], row["true"]) == (row["baseline_raised"], row["baseline_true"])


def test_below_thirty_alarms_there_is_no_verdict():
    made = plays(of(**panel(40)), register=book())
    row = made.frame("backtest").iloc[0]
    assert row["verdict"] == "too few"
    assert pd.isna(row["difference_low"])
    assert made.finding("orchestrate.plays.best") is None
    assert "30 are needed" in made.finding("orchestrate.plays.backtest").title


def test_what_happens_later_changes_no_earlier_list():
    frames = panel()
    late = answers(("a1", 0, "2026-10-30 09:00", None)).assign(response_id="late")
    called = frames["surveys"].assign(contacted="2026-10-30 10:00")
    other = {**frames, "surveys": pd.concat([called, late], ignore_index=True)}
    when = {"about": "answer", "all": [{"unhappy_answer": {"within_days": 30, "waiting": True}}]}
    for k in (1, 10, 30):
        assert listed(of(**frames), when, k) == listed(of(**other), when, k)
    assert listed(of(**other), when) == ["late"]


def test_todays_list_is_what_the_backtest_would_see_of_that_day():
    frames = panel()
    when = {"about": "answer", "all": [{"unhappy_answer": {"within_days": 30, "waiting": True}}]}
    for k in (12, 20):
        then = AS_OF - timedelta(days=7 * k)
        today = plays(of(then, **frames), register=book())
        assert sorted(today.frame("today")["key"]) == listed(of(**frames), when, k)


def test_missing_tables_are_gaps_and_the_money_is_a_years_revenue():
    revenue = pd.DataFrame({"account_id": ["a78", "a79"], "month": "2026-09-01", "mrr": [10, 99]})
    when = {"about": "account", "all": [{"renewal": {}}]}
    two = play_register({"plays": [book().plays[0].model_dump(include={"id", "name", "owner_role", "hypothesis"}) | {"id": i, "sla_hours": 48, "steps": ["x"], "when": w} for i, w in (("p", {"about": "answer", "all": ["unhappy_answer"]}), ("q", when))]})  # fmt: skip # noqa: E501
    frames = panel()
    frames["surveys"].loc[78, "answered"] = "2026-10-20 09:00"
    made = plays(of(**frames, revenue=revenue), register=two)
    rows = made.frame("plays").set_index("play")
    assert rows.loc["p", ["raised", "money"]].tolist() == [1, 120]
    assert rows.loc["q", "why_not"] == "not supplied: accounts (renewal)"
    assert [(g.subject, str(g.needs[0])) for g in made.gaps] == [("q", "accounts (renewal)")]


def test_intervals_of_two_precisions_agree_on_their_verdict():
    """The interval of the difference excludes 0 exactly where that of the ratio excludes 1."""
    for x in range(5, 60, 5):
        sums = {f"{p}_{c}": float(v) for p, n, t in (("a", 60, x), ("b", 200, 40)) for c, v in (("n", n), ("x", t), ("clusters", n), ("nn", n), ("nx", t), ("xx", t))}  # fmt: skip # noqa: E501
        made = compared(sums | {"c_xx": min(x, 40), "c_xn": x, "c_nx": min(x, 40), "c_nn": 60})
        assert made["lift_low"] <= made["lift"] <= made["lift_high"]
        assert (made["difference_low"] > 0) == (made["lift_low"] > 1)
        assert (made["difference_high"] < 0) == (made["lift_high"] < 1)


def test_ids_are_catalogued_and_words_of_triggers_hold_no_code():
    made = plays(of(**panel()), register=book())
    assert {f.id for f in made.findings} <= set(FINDINGS)
    assert not any(re.search(r"select|sql|\(\)", w, re.I) for w in (*CONDITIONS, *TRUTHS))


def test_a_hostile_reason_stays_text():
    tickets = pd.DataFrame(
        {"ticket_id": ["t0"], "account_id": ["a0"], "opened": ["2026-10-30"], "reason": ["x'; DROP TABLE tickets; --"]}
    )
    when = {"about": "account", "all": [{"tickets": {"at_least": 1, "reason": "x'; DROP TABLE tickets; --"}}]}
    assert listed(of(tickets=tickets, accounts=accounts()), when) == ["a0"]


def test_a_client_with_a_help_desk_alone_gets_its_plays_tried():
    """Tickets with customers and no list of customers: who left is not known, who came back is."""
    rows = [
        (
            f"t{i}",
            f"a{i % 40}",
            f"2026-0{1 + i % 6}-{1 + i % 27:02d} 10:00",
            f"2026-0{1 + i % 6}-{1 + i % 27:02d} 12:00",
        )
        for i in range(240)
    ]
    tickets = pd.DataFrame(rows, columns=["ticket_id", "account_id", "opened", "resolved"]).assign(reason="fault")
    with_none = Tables.from_frames({"tickets": tickets}, as_of=date(2026, 7, 31))
    made = plays(with_none, register=play_register(shipped.yaml("playbook/plays.yml")))
    assert "take_over_repeat" in set(made.frame("backtest")["play"])

"""What was planted in the sample clients is said in their reports, and nothing of the kind where it was not."""

from __future__ import annotations

import json
import re
from typing import Any

import pandas as pd
import pytest

from cxkit.align import Leadership, MetricConflict, Trigger
from cxkit.engagement import results
from cxkit.govern import Council, Drift
from cxkit.instrument import Identity
from cxkit.orchestrate import Enablement
from cxkit.prove import Checks, Experiments, Forecasts, Quasi
from cxkit.quantify import BusinessCases
from cxkit.records import Result
from cxkit.simulate.brightline import ledger as brightline_ledger
from cxkit.simulate.brightline import story as brightline
from cxkit.simulate.northbeam import ledger, story
from tests.conftest import ROOT, SAMPLES, Ran

pytestmark = [pytest.mark.run]


def said(ran: Ran, client: str, id: str) -> list[dict[str, Any]]:
    text = (ran.place(client) / "results" / "findings.json").read_text(encoding="utf-8")
    return [f for f in json.loads(text) if f["id"] == id]


def of(ran: Ran, client: str, cls: type[Result]) -> Result:
    return results.load(cls, ran.place(client) / "results")


def test_a_spike_opens_a_look_inside_at_the_moment_behind_it(ran: Ran) -> None:
    (opened,) = said(ran, "brightline", "align.trigger.opened")
    assert opened["subject"] == "complaints"
    assert opened["value"] > opened["high"]
    found = results.load(Trigger, ran.place("brightline") / "results")
    assert found.frame("inside")["moment"].unique().tolist() == ["Outage and repair"]
    assert said(ran, "northbeam", "align.trigger.opened") == []


def test_pay_that_works_against_a_goal_is_named_first(ran: Ran) -> None:
    declared = {f["subject"] for f in said(ran, "brightline", "align.conflict.declared")}
    assert declared == {"new_contracts>early_churn", "visits_per_day>repair_time", "aht>call_score"}
    ranked = results.load(MetricConflict, ran.place("brightline") / "results").frame("declared")
    assert ranked["pair"].iloc[0] == "new_contracts>early_churn"
    assert said(ran, "northbeam", "align.conflict.measured") == []


def test_a_score_that_moved_by_mix_alone_is_not_called_a_change_of_mind(ran: Ran) -> None:
    nps = next(f for f in said(ran, "brightline", "quantify.voice.change") if f["subject"] == "nps")
    assert "but not among customers of the same kind" in nps["title"]


def test_one_gain_claimed_twice_is_counted_once(ran: Ran) -> None:
    assert [f["subject"] for f in said(ran, "brightline", "quantify.cases.shared")] == ["early churn"]
    assert [f["subject"] for f in said(ran, "northbeam", "quantify.cases.shared")] == ["renewals"]


def test_a_book_that_does_not_tie_is_told_before_any_figure(ran: Ran) -> None:
    (cost,) = said(ran, "northbeam", "data.books.service_cost")
    assert "does not tie to the books" in cost["title"]
    (cost,) = said(ran, "brightline", "data.books.service_cost")
    assert "ties to the books" in cost["title"]


def test_a_hope_that_leans_on_an_unsourced_figure_is_named(ran: Ran) -> None:
    (leaning,) = said(ran, "brightline", "quantify.claims.leaning")
    assert leaning["value"] >= 1
    (leaning,) = said(ran, "northbeam", "quantify.claims.leaning")
    assert leaning["value"] == 0


def subjects(ran: Ran, client: str, id: str) -> list[str]:
    return [f["subject"] for f in said(ran, client, id)]


def test_people_are_joined_and_shared_mailboxes_glue_nobody_together(ran: Ran) -> None:
    truth = pd.read_csv(ROOT / "data" / "northbeam" / "truth-identity.csv")
    found = results.load(Identity, ran.place("northbeam") / "results")
    rows = found.frame("crosswalk").merge(truth, on=["system", "person_id"])

    def pairs(*columns: str) -> int:
        sizes = rows.groupby(list(columns)).size()
        return int((sizes * (sizes - 1) // 2).sum())

    precision, recall = (pairs("entity", "person") / pairs(c) for c in ("entity", "person"))
    assert min(precision, recall) > 0.95
    shared = found.frame("shared")
    assert int((shared["kind"] == "mailbox").sum()) == story.MAILBOXES
    labelled = found.frame("sweep").query("basis == 'labels'")
    assert len(labelled), "judged pairs are used"


def test_a_team_that_is_slow_on_the_same_work_is_named_and_one_with_hard_work_is_not(ran: Ran) -> None:
    assert subjects(ran, "brightline", "orchestrate.service.slow_owner") == ["Partner desk"]
    assert subjects(ran, "northbeam", "orchestrate.service.slow_owner") == []


def test_a_loop_between_two_teams_is_found_where_it_was_planted(ran: Ran) -> None:
    (group,) = (f for f in said(ran, "northbeam", "orchestrate.ways.segment") if f["subject"] == "tickets")
    assert "integration" in group["title"]
    assert group["low"] <= 0.35 <= group["high"] + 0.02
    (bounced,) = (f for f in said(ran, "northbeam", "orchestrate.ways.ping_pong") if f["subject"] == "tickets")
    assert bounced["low"] > 0.08


def test_a_word_nobody_used_before_is_new_and_only_that(ran: Ran) -> None:
    assert subjects(ran, "brightline", "instrument.taxonomy.new_term") == [brightline.NEW_TERM[0]]
    assert subjects(ran, "northbeam", "instrument.taxonomy.new_term") == [None], "nothing is new"


def test_the_naive_figure_forgets_those_on_their_way(ran: Ran) -> None:
    naive = next(f for f in said(ran, "brightline", "orchestrate.first_value.naive") if f["subject"] == "M2")
    assert naive["value"] >= 1.0
    slow = [f["title"] for f in said(ran, "brightline", "orchestrate.first_value.segments") if f["subject"] == "M2"]
    assert "bundle" in slow[0]


def test_a_rollout_team_by_team_shows_what_went_with_it_and_the_others_do_not(ran: Ran) -> None:
    found = results.load(Enablement, ran.place("brightline") / "results").findings
    moved = {str(f.subject): f for f in found if f.id == "orchestrate.enablement.aht"}
    ours = moved.pop("Answer finder")
    assert ours.tone == "good"
    assert ours.low is not None
    assert ours.high is not None
    assert ours.low <= brightline.ASSIST_EFFECT <= ours.high
    assert {f.tone for f in moved.values()} == {"unknown"}


def test_a_play_that_knows_more_than_its_plain_rule_is_told_from_those_that_do_not(ran: Ran) -> None:
    assert subjects(ran, "northbeam", "orchestrate.plays.best") == ["renewal_at_risk"]
    assert subjects(ran, "brightline", "orchestrate.plays.best") == []


@pytest.mark.parametrize("client", SAMPLES)
def test_what_concerns_a_sponsor_is_for_partners_alone(ran: Ran, client: str) -> None:
    kept = [f for cls in (Leadership, Forecasts) for f in of(ran, client, cls).findings]
    partner = {f.title for f in kept if f.audience == "partner"}
    assert partner or client != "brightline", "sponsors are looked at"
    published = {f["title"] for f in json.loads((ran.place(client) / "results" / "findings.json").read_text("utf-8"))}
    pages = [(ran.place(client) / name).read_text(encoding="utf-8") for name in ("report.html", "council.html")]
    assert not [title for title in partner if title in published or any(title in page for page in pages)]


def about(ran: Ran, client: str, id: str, subject: str) -> dict[str, Any]:
    (found,) = [f for f in said(ran, client, id) if f["key"].endswith(f":{subject}")]
    return found


def test_a_rollout_with_a_trend_of_its_own_is_marked_down_and_a_sound_one_is_not(ran: Ran) -> None:
    assert about(ran, "northbeam", "prove.effect", "N08:Q3")["grade"] in {"C", "D", "E"}
    assert about(ran, "northbeam", "prove.quasi.sensitivity", "N08:Q3")["value"] < 0.5, "half the drift undoes it"
    assert about(ran, "northbeam", "prove.quasi.placebo", "N08:Q3")["value"] < 0.01
    effects = of(ran, "northbeam", Quasi).frame("effects").set_index("experiment_id")
    assert effects.loc["Q3", "verdict"] == "lower", "no cause is claimed"
    assert effects.loc["Q3", "bias_allowance"] > 0
    portal = about(ran, "northbeam", "prove.effect", "N11:Q4")
    assert portal["grade"] == "B"
    assert portal["low"] <= ledger.PORTAL_EFFECT <= portal["high"] < 0
    assist = about(ran, "brightline", "prove.effect", "I7:Q1")
    assert assist["grade"] == "B"
    assert assist["low"] <= brightline_ledger.ASSIST_MINUTES <= assist["high"] < 0


def test_customers_held_against_others_like_them_show_nothing_where_there_is_nothing(ran: Ran) -> None:
    app = about(ran, "brightline", "prove.effect", "I4:Q2")
    assert app["low"] < 0 < app["high"]
    assert app["title"].startswith("The data cannot tell")
    assert app["grade"] == "D"


def test_a_limit_is_breached_where_it_was_planted_and_only_there(ran: Ran) -> None:
    limits = of(ran, "brightline", Checks).frame("guardrails").set_index(["experiment_id", "metric"])
    assert limits["verdict"].to_dict() == {("X1", "complaint_90d"): "holds", ("X3", "chat_30d"): "breached"}
    chat = about(ran, "brightline", "prove.guardrail", "I3:X3/chat_30d")
    assert chat["low"] <= brightline_ledger.CHAT_EFFECT <= chat["high"]
    assert "a limit is breached" in about(ran, "brightline", "prove.effect", "I3:X3")["title"]


def test_a_test_that_runs_is_read_at_any_time_and_not_told_yet(ran: Ran) -> None:
    texts = of(ran, "brightline", Experiments).frame("effects").set_index("experiment_id").loc["X4"]
    assert (texts["looks"], texts["reading"], texts["verdict"]) == ("always", "at any time", "cannot tell")
    assert texts["low"] <= brightline_ledger.TEXTS_EFFECT <= texts["high"]
    looks = of(ran, "brightline", Checks).frame("looks").query("experiment_id == 'X4'")
    assert len(looks) > 5
    assert (looks["high"] - looks["low"] > looks["once_high"] - looks["once_low"]).all(), "looking has its price"


def test_a_sponsor_who_overstates_is_told_to_the_partner_and_counted_in_every_case(ran: Ran) -> None:
    forecasts = of(ran, "brightline", Forecasts)
    (told,) = [f for f in forecasts.findings if f.id == "prove.forecasts.sponsor"]
    assert told.audience == "partner"
    assert (told.low or 0.0) <= brightline_ledger.OVERSTATES <= (told.high or 0.0) < brightline_ledger.OTHERS
    assert said(ran, "brightline", "prove.forecasts.sponsor") == []
    (haircut,) = said(ran, "brightline", "quantify.cases.haircut")
    assert brightline_ledger.OVERSTATES < haircut["value"] < brightline_ledger.OTHERS
    counted = of(ran, "brightline", BusinessCases).frame("rows")["confidence"]
    assert counted.between(haircut["low"], haircut["high"]).all(), "what was learned takes the place of what is stated"


def test_a_base_that_drifted_raises_an_alarm_and_one_that_holds_does_not(ran: Ran) -> None:
    raised = of(ran, "brightline", Drift).frame("alarms").query("kind in ('assumption', 'restated')")
    assert set(raised["initiative_id"]) == {"I2"}
    assert set(raised["subject"]) == {"B2 base"}
    watched = of(ran, "brightline", Drift).frame("watched")
    assert "I1" in set(watched["initiative_id"]), "the welcome call is watched too"
    assert not [key for f in said(ran, "brightline", "govern.drift.alarm") if (key := f["key"]).split(":")[1] == "I1"]


def test_a_decision_nobody_carried_out_is_overdue_and_scored_as_still_running(ran: Ran) -> None:
    council = of(ran, "brightline", Council)
    due = council.frame("due").set_index("decision_id")
    assert due.loc["D3", "state"] == "overdue"
    stopped = council.frame("scored").set_index("decision_id").loc["D3"]
    assert (stopped["became"], bool(stopped["hit"])) == ("still running", False)
    assert "still running" in about(ran, "brightline", "govern.council.score", "I4:D3")["title"]


@pytest.mark.parametrize("page", ["report.html", "council.html"])
def test_what_is_challenged_says_so_beside_its_number(ran: Ran, page: str) -> None:
    text = (ran.place("brightline") / page).read_text(encoding="utf-8")
    beside = set(re.findall(r'class="ch" href="#([^"]+)">\((challenged, \w+)\)', text))
    assert beside == {
        ("e-prove-effect--I1--X1", "challenged, answered"),
        ("e-quantify-scorecard-cost_5fto_5fserve", "challenged, open"),
    }
    assert all(says in text for _, _, says, *_ in brightline_ledger.CHALLENGES)

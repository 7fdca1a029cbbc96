"""What was planted in the sample clients is said in their reports, and nothing of the kind where it was not."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from cxkit.align import MetricConflict, Trigger
from cxkit.engagement import results
from cxkit.instrument import Identity
from cxkit.orchestrate import Enablement
from cxkit.simulate.brightline import story as brightline
from cxkit.simulate.northbeam import story
from tests.conftest import ROOT, SAMPLES, Ran

pytestmark = [pytest.mark.run, pytest.mark.xdist_group("samples")]


def said(ran: Ran, client: str, id: str) -> list[dict[str, Any]]:
    text = (ran.place(client) / "results" / "findings.json").read_text(encoding="utf-8")
    return [f for f in json.loads(text) if f["id"] == id]


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
    partner = {f["title"] for f in said(ran, client, "align.leadership.sponsors")}
    page = (ran.place(client) / "report.html").read_text(encoding="utf-8")
    assert not [title for title in partner if title in page]

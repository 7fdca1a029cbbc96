"""What was planted in the sample clients is said in their reports, and nothing of the kind where it was not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cxkit.align import MetricConflict, Trigger
from cxkit.engagement import results
from tests.conftest import SAMPLES, Ran

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


@pytest.mark.parametrize("client", SAMPLES)
def test_what_concerns_a_sponsor_is_for_partners_alone(ran: Ran, client: str) -> None:
    partner = {f["title"] for f in said(ran, client, "align.leadership.sponsors")}
    page = (ran.place(client) / "report.html").read_text(encoding="utf-8")
    assert not [title for title in partner if title in page]

"""The register of moments: presence instead of names, holes by money."""

from datetime import date

import pandas as pd
import pytest

from cxkit.orchestrate import moment_register
from cxkit.orchestrate.catalogue import FINDINGS
from cxkit.tables.engine import Tables

MOMENTS = pd.DataFrame(
    {
        "moment_id": ["m1", "m2", "m3", "m4"],
        "moment": ["Join", "Install", "Help", "Leave"],
        "journey": ["A", "A", "B", "B"],
        "position": [1, 2, 1, 2],
        "owner": ["Ann Example", "Bo One and Cy Two", None, " "],
        "owner_role": [None, "Journey Owners", "Journey Owners", None],
        "sla_hours": [None, 48.0, 8.0, 0.0],
        "playbook": ["Welcome", None, "", None],
    }
)
BACKLOG = pd.DataFrame(
    {
        "item_id": ["b1", "b2", "b3", "b4"],
        "moment_id": ["m3", "m1", "m3", "m3"],
        "item": ["Call back", "Mail", "Gone", "Unpriced"],
        "created": ["2026-06-30", "2026-09-30", "2026-03-01", "2026-03-01"],
        "done": [None, None, "2026-04-01", None],
        "value_per_month": [10_000, 2_000, 50_000, None],
        "effort_days": [20.0, 2.0, 1.0, None],
    }
)


def of(**frames: pd.DataFrame) -> Tables:
    return Tables.from_frames(frames, as_of=date(2026, 10, 31), currency="EUR")


def test_owners_are_one_person_several_a_role_or_nobody():
    result = moment_register(of(moments=MOMENTS, backlog=BACKLOG))
    rows = result.frame("moments").set_index("moment_id")
    assert rows["owned_by"].to_dict() == {"m1": "one person", "m2": "several", "m3": "role only", "m4": "nobody"}
    found = result.finding("orchestrate.register.owner")
    assert found is not None
    assert found.value == 0.25
    assert found.title == "1 of 4 moments have one person in charge"


def test_no_name_of_a_person_leaves_the_register():
    result = moment_register(of(moments=MOMENTS, backlog=BACKLOG))
    text = str(result.document()) + "".join(str(t.to_pylist()) for t in result.tables.values())
    assert not any(name in text for name in ("Example", "Bo One", "Cy Two"))


def test_gaps_are_ordered_by_the_money_they_lose():
    gaps = moment_register(of(moments=MOMENTS, backlog=BACKLOG)).frame("gaps")
    assert gaps["moment_id"].tolist()[:2] == ["m3", "m1"]
    assert gaps["value_per_month"].tolist()[:2] == [10_000, 2_000]
    assert gaps.set_index("moment_id")["lacks"]["m4"] == "an owner, a time limit, a playbook"


def test_the_backlog_is_priced_by_month_and_ordered_by_money_per_day_of_work():
    result = moment_register(of(moments=MOMENTS, backlog=BACKLOG))
    assert result.frame("backlog")["item_id"].tolist() == ["b2", "b1", "b4"]
    found = result.finding("orchestrate.register.backlog")
    assert found is not None
    assert found.value == 12_000
    assert found.weight == 144_000
    first = result.frame("backlog").set_index("item_id")["lost_so_far"]["b1"]
    assert first == pytest.approx(10_000 * 123 / 30.4375)
    assert result.finding("orchestrate.register.next").subject == "m1"
    assert result.finding("orchestrate.register.unowned_backlog").value == 10_000


def test_columns_that_were_not_supplied_are_gaps_not_holes():
    result = moment_register(of(moments=MOMENTS))
    columns = {"end_to_end", "kpi", "knowledge", "self_serve", "backlog"}
    contacts = {"knowledge_contacts", "self_serve_contacts", "playbook_contacts"}
    orders = {"order", "orders", "sources", "sources_done"}
    assert {g.id.rsplit(".", 1)[1] for g in result.gaps} == columns | contacts | orders
    assert "knowledge" not in result.frame("gaps")["lacks"].iloc[0]


def test_without_a_register_all_is_a_gap():
    result = moment_register(of())
    assert not result.findings
    assert len(result.gaps) == 12
    only = moment_register(of(backlog=BACKLOG))
    assert only.finding("orchestrate.register.backlog").value == 12_000


def test_an_unpriced_backlog_is_a_gap():
    result = moment_register(of(backlog=BACKLOG.drop(columns="value_per_month")))
    gap = next(g for g in result.gaps if g.id == "orchestrate.register.backlog")
    assert gap.needs[0].columns == ("value_per_month",)


def test_an_empty_register_is_a_gap():
    result = moment_register(of(moments=MOMENTS.head(0)))
    assert not result.findings


TICKETS = pd.DataFrame(
    {
        "ticket_id": [f"t{i}" for i in range(10)],
        "moment_id": ["m1"] * 9 + ["m2"],
        "opened": ["2026-09-10"] * 10,
    }
)


def test_coverage_is_weighed_by_contacts_not_only_by_moments():
    moments = MOMENTS.assign(knowledge=["Guide", None, None, None], self_serve=[None, "Portal", "App", "Form"])
    result = moment_register(of(moments=moments, tickets=TICKETS))
    assert result.finding("orchestrate.register.knowledge_contacts").value == 0.9
    assert result.finding("orchestrate.register.self_serve_contacts").value == pytest.approx(0.1)
    assert "75.0" in result.finding("orchestrate.register.self_serve_contacts").detail


def test_the_money_at_a_moment_is_its_backlog_or_else_its_contacts():
    costs = pd.DataFrame({"month": ["2026-09-01"], "category": ["desk"], "amount": [200.0], "driver": ["contacts"]})
    result = moment_register(of(moments=MOMENTS, tickets=TICKETS, costs=costs, backlog=BACKLOG))
    rows = result.frame("moments").set_index("moment_id")
    assert rows.loc["m1", ["money_per_month", "money_from"]].tolist() == [2_000, "backlog"]
    assert rows.loc["m2", ["money_per_month", "money_from"]].tolist() == [20, "contacts"]
    assert result.finding("orchestrate.register.unmanaged").value == 12_020


def test_one_person_with_many_moments_and_a_split_journey_are_told_without_a_name():
    moments = pd.DataFrame(
        {
            "moment_id": list("abcdef"),
            "moment": list("ABCDEF"),
            "journey": ["J", "J", "J", "J", "K", "K"],
            "owner": ["Ann Example"] * 3 + ["Bo Other", "ann example ", None],
        }
    )
    result = moment_register(of(moments=moments))
    span = result.finding("orchestrate.register.span")
    assert (span.value, span.n) == (4, 2)
    assert span.title == "1 of 2 owners answers for more than 3 moments, up to 4"
    assert result.finding("orchestrate.register.split").title == "1 of 2 journeys is split among several owners"
    text = str(result.document()) + "".join(str(t.to_pylist()) for t in result.tables.values())
    assert "xample" not in text
    assert "Other" not in text


DONE = pd.DataFrame(
    {
        "item_id": ["a", "b", "c", "d", "e", "f", "g"],
        "moment_id": ["m1"] * 7,
        "item": ["x"] * 7,
        "created": ["2026-01-01"] * 7,
        "done": ["2026-01-11", "2026-01-21", "2026-01-31", "2026-02-10", "2026-02-20", None, None],
        "value_per_month": [100, 200, 300, 400, 500, 100, 900],
        "effort_days": [10.0] * 5 + [1.0, 30.0],
        "source": ["roadmap", "executive", "roadmap", "usage", "complaint", "feedback", "complaint"],
    }
)


def test_the_order_of_completion_is_held_against_cost_of_delay():
    result = moment_register(of(backlog=DONE))
    found = result.finding("orchestrate.register.order")
    # one after the other, ten days each: (100·10 + 200·20 + … + 500·50) against the reverse, per 30.4375 days
    assert found.value == pytest.approx((55_000 - 35_000) / 30.4375)
    assert "ran against" in found.title
    assert result.frame("finished")["by_cd3"].tolist() == [5, 4, 3, 2, 1]


def test_other_conventions_for_the_open_backlog_are_priced():
    rows = moment_register(of(backlog=DONE)).frame("orders").set_index("convention")
    # f: 100 a day of work, one day; g: 30 a day of work, thirty days
    assert rows.loc["cd3", "lost"] == pytest.approx((100 * 1 + 900 * 31) / 30.4375)
    assert rows.loc["value", "more_than_cd3"] == pytest.approx((900 * 30 + 100 * 31 - 28_000) / 30.4375)
    assert rows.loc["value", "rank_correlation"] == -1
    assert (rows["more_than_cd3"] >= -1e-9).all()


def test_improvements_are_counted_by_where_they_come_from():
    result = moment_register(of(backlog=DONE))
    assert result.finding("orchestrate.register.sources").value == pytest.approx(4 / 7)
    done = result.finding("orchestrate.register.sources_done")
    assert done.value == pytest.approx(2 / 4 - 3 / 3)
    assert done.low is None
    assert "2 of 4" in done.title


def test_every_id_is_listed():
    result = moment_register(of(moments=MOMENTS, backlog=BACKLOG))
    assert {f.id for f in result.findings} | {g.id for g in result.gaps} <= set(FINDINGS)

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
    assert found.title == "1 of 4 moments have one person who answers for them"


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
    assert {g.id.rsplit(".", 1)[1] for g in result.gaps} == {"end_to_end", "kpi", "knowledge", "self_serve", "backlog"}
    assert "knowledge" not in result.frame("gaps")["lacks"].iloc[0]


def test_without_a_register_all_is_a_gap():
    result = moment_register(of())
    assert not result.findings
    assert len(result.gaps) == 8
    only = moment_register(of(backlog=BACKLOG))
    assert only.finding("orchestrate.register.backlog").value == 12_000


def test_an_unpriced_backlog_is_a_gap():
    result = moment_register(of(backlog=BACKLOG.drop(columns="value_per_month")))
    gap = next(g for g in result.gaps if g.id == "orchestrate.register.backlog")
    assert gap.needs[0].columns == ("value_per_month",)


def test_an_empty_register_is_a_gap():
    result = moment_register(of(moments=MOMENTS.head(0)))
    assert not result.findings


def test_every_id_is_listed():
    result = moment_register(of(moments=MOMENTS, backlog=BACKLOG))
    assert {f.id for f in result.findings} | {g.id for g in result.gaps} <= set(FINDINGS)

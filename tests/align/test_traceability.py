from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkit.align import traceability
from cxkit.align.catalogue import FINDINGS
from cxkit.tables.engine import Tables

AS_OF = date(2026, 6, 30)
GOALS = pd.DataFrame(
    [
        {"goal_id": "G1", "goal": "Keep new homes", "type": "margin", "outcome": "A calm first month"},
        {"goal_id": "G2", "goal": "Be the one people name first", "type": "brand", "outcome": None},
    ]
)
KEY_RESULTS = pd.DataFrame(
    [{"kr_id": "KR1", "goal_id": "G1", "key_result": "Early churn under 10 %", "metric_id": "churn"}]
)
METRICS = pd.DataFrame(
    [
        {"metric_id": "churn", "metric": "Early churn", "kind": "cx_outcome"},
        {"metric_id": "fcr", "metric": "Solved at first contact", "kind": "journey_kpi"},
        {"metric_id": "likes", "metric": "Likes", "kind": "activity"},
    ]
)
INITIATIVES = pd.DataFrame(
    [
        ["I1", "Welcome call", "fcr", "if we call, they stay", "Ada", "running", 100_000, True],
        ["I2", "Outage notices", "churn", None, "Ben", "approved", 200_000, True],
        ["I3", "Loyalty app", "likes", None, None, "running", 300_000, False],
        ["I4", "Redesign", None, None, None, "idea", None, None],
        ["I5", "Old portal", None, None, None, "stopped", 900_000, True],
    ],
    columns=["initiative_id", "initiative", "metric_id", "hypothesis", "owner", "status", "budget", "funded"],
)
LINKS = pd.DataFrame(
    [
        {"from_id": "I1", "to_id": "fcr", "status": "randomised", "share": 0.5},
        {"from_id": "fcr", "to_id": "churn", "status": "correlational", "share": 0.6},
        {"from_id": "I2", "to_id": "KR1", "status": "quasi-experimental", "share": 0.4},
    ]
)
SHEETS = {
    "goals": GOALS,
    "key_results": KEY_RESULTS,
    "metrics": METRICS,
    "initiatives": INITIATIVES,
    "links": LINKS,
}


def tables(**sheets):
    return Tables.from_frames({k: v for k, v in (SHEETS | sheets).items() if v is not None}, as_of=AS_OF)


def titles(result, id):
    return [f.title for f in result.findings if f.id == f"align.traceability.{id}"]


def linked(*rows):
    return pd.concat([LINKS, pd.DataFrame(rows)], ignore_index=True)


def test_coverage_counts_live_initiatives_by_number_and_by_money():
    found = traceability(tables())
    assert found.coverage == 0.5  # I1 and I2 of I1 to I4; I5 was stopped
    assert found.coverage_budget == 0.5  # 300 of 600 thousand; I4 has no budget and counts in neither
    assert titles(found, "coverage") == ["2 of 4 live initiatives lead to a goal"]
    money = found.finding("align.traceability.unlinked_budget")
    assert money is not None
    assert (money.value, money.weight, money.detail) == (300_000, 300_000, "It lies in Loyalty app.")
    assert found.finding("align.traceability.coverage_budget").detail.endswith(
        "of 1 initiative is not stated and not counted."
    )


def test_path_is_the_strongest_and_its_status_the_weakest_link_on_it():
    rows = traceability(tables()).frame("initiatives").set_index("initiative_id")
    assert rows.loc["I1", "path"] == (
        "Keep new homes → Early churn under 10 % → Early churn → Solved at first contact → Welcome call"
    )
    assert rows.loc["I1", "path_status"] == "correlational"
    assert rows.loc["I2", "path_status"] == "quasi-experimental"  # the link, not the named metric, which is claimed
    assert rows["orphan"].to_list() == [False, False, True, True, True]
    assert rows.loc["I1", "goal_types"] == "margin"


def test_goals_without_initiative_and_without_outcome_are_named():
    found = traceability(tables())
    assert titles(found, "uncovered") == ["No live initiative leads to the brand goal “Be the one people name first”"]
    assert titles(found, "no_outcome") == ["1 of 2 goals names no customer outcome"]
    assert titles(found, "types") == ["Live initiatives serve margin; nothing serves growth, risk and brand"]
    assert found.frame("types")["type"].to_list() == ["growth", "margin", "risk", "brand"]


def test_what_initiatives_lack_is_counted_over_those_that_say():
    found = traceability(tables())
    assert titles(found, "no_owner") == [
        "2 of 4 live initiatives have nobody to answer for them; together they hold €300\u202fk"
    ]
    assert titles(found, "no_hypothesis")[0].startswith("3 of 4 live initiatives have no benefit hypothesis")
    assert titles(found, "no_funding") == ["1 of 3 live initiatives has no approved money; it holds €300\u202fk"]
    assert titles(found, "no_metric") == ["1 of 4 live initiatives has no metric to move"]
    assert "1 more did not say" in found.finding("align.traceability.no_funding").detail


def test_contribution_counts_supported_links_apart_and_each_share_once():
    kr = traceability(tables()).frame("key_results").iloc[0]
    # I1: 0.5 of FCR, which brings 0.6 of churn; churn is the key result. I2: 0.4, quasi-experimental
    assert kr["claimed"] == pytest.approx(0.5 * 0.6 + 0.4)
    assert kr["supported"] == pytest.approx(0.4)  # a correlational step is not support
    twice = traceability(tables(links=linked({"from_id": "I2", "to_id": "churn", "status": "claimed", "share": 0.4})))
    assert twice.frame("key_results").loc[0, "claimed"] == pytest.approx(0.7)  # the same claim by another road


def test_contribution_is_capped_at_the_whole_and_says_so():
    more = linked({"from_id": "I3", "to_id": "KR1", "status": "claimed", "share": 0.9})
    found = traceability(tables(links=more))
    kr = found.frame("key_results").iloc[0]
    assert (kr["claimed"], kr["raw"]) == (1.0, pytest.approx(1.6))
    assert titles(found, "overclaimed") == [
        "Initiatives promise 160.0\u202f% of “Early churn under 10 %”, more than the whole"
    ]


def test_contribution_through_a_shared_metric_never_exceeds_what_the_metric_brings():
    links = pd.DataFrame(
        [{"from_id": i, "to_id": "fcr", "status": "randomised", "share": 0.8} for i in ("I1", "I3")]
        + [{"from_id": "fcr", "to_id": "KR1", "status": "randomised", "share": 0.5}]
    )
    kr = traceability(tables(links=links)).frame("key_results").iloc[0]
    assert kr["claimed"] == kr["supported"] == 0.5


def test_references_that_lead_nowhere_are_findings():
    broken = linked(
        {"from_id": "I9", "to_id": "KR1", "status": "claimed", "share": None},
        {"from_id": "G1", "to_id": "I1", "status": "claimed", "share": None},
        {"from_id": "I1", "to_id": None, "status": "claimed", "share": None},
    )
    found = traceability(tables(links=broken))
    assert found.frame("breaks")["kind"].to_list() == ["backwards", "dangling", "dangling"]
    assert titles(found, "dangling") == ["3 references in the authored sheets lead nowhere or cannot be read"]
    assert "names I9, which is in no sheet" in found.finding("align.traceability.dangling").detail


def test_an_id_that_means_two_things_draws_no_line():
    goals = pd.DataFrame([{"goal_id": "X", "goal": "Grow", "type": "growth"}])
    krs = pd.DataFrame([{"kr_id": "X", "goal_id": "X", "key_result": "More", "metric_id": None}])
    links = pd.DataFrame([{"from_id": "I1", "to_id": "X"}])
    found = traceability(tables(goals=goals, key_results=krs, links=links))
    assert found.coverage == 0.0
    assert found.frame("breaks")["kind"].to_list() == ["ambiguous"]


def test_a_circle_is_a_finding_and_paths_around_it_still_count():
    circle = linked(
        {"from_id": "churn", "to_id": "fcr", "status": "claimed", "share": 1.0},
        {"from_id": "likes", "to_id": "likes", "status": "claimed", "share": 1.0},
    )
    found = traceability(tables(links=circle))
    assert found.coverage == 0.5
    assert titles(found, "cycle") == [
        "A circle of links explains nothing: churn and fcr point at each other in a circle",
        "A circle of links explains nothing: likes points at itself",
    ]


def test_without_a_list_of_metrics_a_metric_exists_when_it_is_named():
    found = traceability(tables(metrics=None))
    assert found.coverage == 0.5
    assert not found.frame("breaks").size


@pytest.mark.parametrize(
    ("absent", "gaps"),
    [
        (("goals",), {"coverage"}),
        (("links",), {"contribution"}),
        (("links", "key_results"), {"coverage", "contribution"}),
        (
            ("initiatives",),
            {"coverage"},
        ),
        (tuple(SHEETS), {"coverage", "contribution"}),
    ],
)
def test_missing_sheets_become_gaps_that_name_them(absent, gaps):
    found = traceability(tables(**dict.fromkeys(absent)))
    assert {g.id.removeprefix("align.traceability.") for g in found.gaps} == gaps
    assert all(g.needs for g in found.gaps)
    assert {m.name for g in found.gaps for m in g.needs} <= set(absent) | {"initiatives"}
    if "coverage" in gaps:
        assert found.coverage is None
        assert not titles(found, "uncovered")


def test_columns_that_were_not_supplied_cannot_be_told():
    bare = INITIATIVES[["initiative_id", "initiative"]]
    found = traceability(tables(initiatives=bare))
    rows = found.frame("initiatives")
    assert rows[["has_owner", "has_hypothesis", "funded"]].isna().all().all()
    assert {g.id.rsplit(".", 1)[1] for g in found.gaps} == {
        "coverage_budget",
        "no_hypothesis",
        "no_funding",
        "no_metric",
        "no_owner",
    }
    assert found.coverage == 0.4  # the links still draw the line; without a status all five are live


def test_hostile_text_stays_text():
    evil = INITIATIVES.copy()
    evil.loc[2, "initiative"] = "'; DROP TABLE goals; --\n<script>alert(1)</script>" + "x" * 500
    evil.loc[0, "initiative_id"] = "I1'\"<b>"
    found = traceability(tables(initiatives=evil))
    orphan = found.finding("align.traceability.orphan", initiative="I3")
    assert orphan.title.startswith("'; DROP TABLE goals; -- <script>alert(1)</script>xxx")
    assert len(orphan.title) < 130


def test_names_of_people_never_enter_the_result():
    found = traceability(tables())
    everything = found.model_dump_json() + "".join(found.frame(t).to_csv() for t in found.tables)
    assert "Ada" not in everything


def test_every_finding_and_gap_is_in_the_catalogue():
    for found in (traceability(tables()), traceability(tables(**dict.fromkeys(SHEETS)))):
        assert {x.id for x in (*found.findings, *found.gaps)} <= set(FINDINGS)


def test_row_order_changes_nothing():
    turned = {name: pd.DataFrame(sheet.to_dict("records")[::-1]) for name, sheet in SHEETS.items()}
    one, other = traceability(tables()), traceability(tables(**turned))
    assert one.document() == other.document()
    assert all(one.tables[t].equals(other.tables[t]) for t in one.tables)


ids = st.sampled_from(["I1", "I2", "I3", "churn", "fcr", "likes", "KR1", "G1", "G2", "nowhere", ""])
link = st.tuples(ids, ids, st.sampled_from(["claimed", "randomised", "odd", None]), st.floats(0, 1) | st.none())


@settings(max_examples=25, deadline=None)
@given(st.lists(link, max_size=8))
def test_any_links_keep_shares_between_nothing_and_the_whole(links):
    sheet = pd.DataFrame(links, columns=["from_id", "to_id", "status", "share"]).astype({"share": "float64"})
    found = traceability(tables(links=sheet.astype(dict.fromkeys(("from_id", "to_id", "status"), "object"))))
    assert 0 <= found.coverage <= 1
    assert 0 <= found.coverage_budget <= 1
    kr = found.frame("key_results")
    assert ((kr["supported"] >= 0) & (kr["supported"] <= kr["claimed"]) & (kr["claimed"] <= 1)).all()
    assert set(found.frame("initiatives")["initiative_id"]) == {"I1", "I2", "I3", "I4", "I5"}


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**7), st.sampled_from(["running", "idea", "done", "stopped"]))
def test_an_unlinked_initiative_never_raises_coverage(budget, status):
    row = ["I6", "New thing", None, None, None, status, budget, True]
    more = pd.concat([INITIATIVES, pd.DataFrame([row], columns=INITIATIVES.columns)], ignore_index=True)
    before, after = traceability(tables()), traceability(tables(initiatives=more))
    assert after.coverage <= before.coverage
    assert after.coverage_budget <= before.coverage_budget


def test_links_carry_their_declared_status_and_what_hurts_is_no_line() -> None:
    frames = {
        "goals": pd.DataFrame({"goal_id": ["G1"], "goal": ["Keep homes"], "type": ["growth"]}),
        "key_results": pd.DataFrame(
            {"kr_id": ["K1"], "goal_id": ["G1"], "key_result": ["Fewer leave"], "metric_id": ["churn"]}
        ),
        "metrics": pd.DataFrame({"metric_id": ["churn", "sales"], "metric": ["Churn", "Sales"]}),
        "initiatives": pd.DataFrame({"initiative_id": ["I1", "I2"], "initiative": ["Call", "Push sales"]}),
        "links": pd.DataFrame(
            {
                "from_id": ["I1", "I2", "sales"],
                "to_id": ["churn", "sales", "churn"],
                "status": ["randomised", "claimed", "claimed"],
                "effect": ["helps", None, "hurts"],
                "note": ["test X1", None, None],
            }
        ),
    }
    found = traceability(Tables.from_frames(frames, as_of=date(2026, 6, 30)))
    edges = found.frame("edges").set_index(["from_label", "to_label"])
    assert edges.loc[("Call", "Churn"), "status"] == "randomised"
    assert edges.loc[("Call", "Churn"), "rests_on"] == "test X1"
    assert ("Sales", "Churn") not in edges.index
    assert found.frame("initiatives").set_index("initiative_id")["orphan"].to_dict() == {"I1": False, "I2": True}
    links = found.finding("align.traceability.links")
    assert links is not None
    assert links.title.startswith("1 of 2 links")

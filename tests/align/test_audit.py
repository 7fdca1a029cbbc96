from datetime import date

import numpy as np
import pandas as pd
import pytest

from cxkit.align.audit import alignment_audit
from cxkit.align.audit_answers import UNSTATED
from cxkit.align.catalogue import FINDINGS
from cxkit.tables.engine import Tables
from tests.align import answers


def row(found, table, **where):
    frame = found.frame(table)
    for name, value in where.items():
        frame = frame[frame[name].isna()] if value is None else frame[frame[name] == value]
    assert len(frame) == 1
    return frame.iloc[0]


def whole(found, family, scale):
    return row(found, "scales", family=family, scale=scale, group="all")


@pytest.fixture(scope="module")
def apart():
    """Executives lean far up; two waves, the second a little higher."""
    levels = {"executive": (7, 0.9), "manager": (12, 0.0), "frontline": (25, -0.3)}
    return alignment_audit(answers.tables(answers.crowd(4, levels, waves=(("2026-03-16", 0.0), ("2026-09-14", 0.3)))))


def test_reversed_items_are_turned_round_and_people_count_once():
    """Five of everything but one person who answered a single item of the scale, against it."""
    people = {f"p{n}": ("North", "manager", 5) for n in range(5)} | {"p9": ("North", "manager", {"engagement_1": 1})}
    found = alignment_audit(answers.tables(answers.everybody(people)))
    assert whole(found, "overall", "overall")["score"] == 5.0
    assert whole(found, "cause", "employee_engagement")["score"] == 5.0, "one of eight items gives no score"
    item = row(found, "items", item_id="cultural_career_2", group="all")
    assert (item["score"], item["reversed"], item["agree"], item["n"]) == (5.0, True, 1.0, 5)
    assert row(found, "items", item_id="engagement_1", group="all")["score"] == pytest.approx((5 * 5 + 1) / 6)


def test_a_person_who_answers_half_counts_as_much_as_one_who_answers_all():
    """Three people with 4 throughout, two with half of the items of Strategic at 2: mean 3.2, not that of answers."""
    half = {"strategic_customer_1": 2, "strategic_customer_2": 2, "strategic_career_1": 2, "strategic_career_2": 2}
    people = {f"a{n}": ("North", "manager", 4) for n in range(3)} | {
        f"b{n}": ("North", "manager", half) for n in (1, 2)
    }
    found = alignment_audit(answers.tables(answers.everybody(people)))
    assert whole(found, "dimension", "strategic")["score"] == pytest.approx(3.2)
    assert whole(found, "dimension", "strategic")["why_none"] == "5 people, fewer than 10"


def test_intervals_are_of_people():
    """Twelve people, half at 2 and half at 4 in every item: as wide as twelve answers, not 288."""
    people = {f"p{n:02}": ("North", "manager", 2 if n % 2 else 4) for n in range(12)}
    found = whole(alignment_audit(answers.tables(answers.everybody(people))), "overall", "overall")
    assert (found["score"], found["n"]) == (3.0, 12)
    assert found["high"] - found["score"] == pytest.approx(2.201 * np.sqrt(12 / 11) / np.sqrt(12), abs=1e-3)


def test_perception_gap_is_found_named_and_sized(apart):
    finding = apart.finding("align.audit.perception")
    assert finding.title.startswith("Levels disagree clearly on 7 of 7 subjects, most on ")
    assert "executives" in finding.title
    assert finding.tone == "bad"
    assert finding.low < finding.value < finding.high
    gaps = apart.frame("gaps")
    assert len(gaps) == 21
    assert (gaps["adjusted"] >= gaps["p"]).all()
    assert (gaps["difference"] >= 0).all()
    inside = apart.frame("item_gaps")
    assert set(inside["scale"]) <= set(gaps.loc[gaps["verdict"] == "clear", "scale"])
    question = apart.finding("align.audit.question")
    assert " points apart on “" in question.title


def test_no_gap_is_said_to_be_none_and_not_alike():
    levels = {"executive": (8, 0.0), "manager": (12, 0.0), "frontline": (20, 0.0)}
    found = alignment_audit(answers.tables(answers.crowd(11, levels)))
    assert found.finding("align.audit.perception").title.startswith(
        "Levels do not clearly disagree on any of 7 subjects"
    )
    assert found.finding("align.audit.perception").tone == "neutral"
    assert found.finding("align.audit.question") is None
    assert not found.has("item_gaps")


def test_change_is_that_of_everybody_and_counts_who_answered_twice(apart):
    finding = apart.finding("align.audit.change")
    assert finding.title.startswith("People rate alignment 0.2") or finding.title.startswith(
        "People rate alignment 0.3"
    )
    assert finding.title.endswith("points higher than in 2026-03")
    assert finding.detail.startswith("44 of 44 people answered both times. Clearly moved: ")
    assert finding.period == "2026-03 to 2026-09"
    changes = apart.frame("changes")
    assert set(changes["group"]) == {"all", "level"}
    everybody = changes[(changes["family"] == "overall") & (changes["group"] == "all")].iloc[0]
    assert everybody["low"] > 0


def test_small_groups_and_what_would_tell_of_them_are_withheld():
    """Four executives: hidden; managers go with them, since everybody less the rest would be the executives."""
    levels = {"executive": (4, 0.0), "manager": (10, 0.0), "frontline": (25, 0.0)}
    found = alignment_audit(answers.tables(answers.crowd(5, levels)))
    hidden = found.frame("groups").set_index(["group", "level"])["hidden"]
    assert hidden["level", "executive"]
    assert hidden["level", "manager"]
    assert not hidden["level", "frontline"]
    assert not row(found, "groups", group="all")["hidden"]
    for name in ("scales", "items"):
        frame = found.frame(name)
        assert frame.loc[frame["hidden"], ["n", "score", "low", "high"]].isna().all().all()
        assert set(frame.loc[frame["hidden"], "why_none"]) == {
            "withheld: fewer than five people, or they could be worked out"
        }
    assert not found.has("gaps"), "one level alone is compared with nothing"
    assert next(g for g in found.gaps if g.id == "align.audit.gap").reason == (
        "Fewer than two levels have 5 people who may be shown."
    )
    assert found.finding("align.audit.withheld").title.startswith("Answers of ")


def test_sums_of_shown_groups_never_give_a_hidden_one():
    """The attack itself: least squares over what is shown cannot rebuild any group under five."""
    sizes = {
        ("A", "manager"): 3,
        ("A", "frontline"): 9,
        ("B", "manager"): 6,
        ("B", "frontline"): 7,
        ("C", "frontline"): 4,
    }
    people, n = {}, 0
    for (team, level), size in sizes.items():
        for _ in range(size):
            n += 1
            people[f"p{n:03}"] = (team, level, 1 + n % 5)
    found = alignment_audit(answers.tables(answers.everybody(people)))
    groups, cells = found.frame("groups"), list(sizes)
    named = groups[["team", "level"]].astype(object).where(groups[["team", "level"]].notna(), None)
    pairs = list(zip(named["team"], named["level"], strict=True))
    member = np.array([[team in {None, t} and level in {None, v} for t, v in cells] for team, level in pairs], float)
    shown = member[~groups["hidden"].to_numpy()]
    small = member[(member @ np.array(list(sizes.values()))) < 5]
    assert len(small) == 3
    for group in small:
        assert np.linalg.matrix_rank(np.vstack([shown, group])) == np.linalg.matrix_rank(shown) + 1


def test_fewer_answers_to_a_figure_hide_more_groups_there_alone():
    """Six managers, four of whom skip Core: the level is hidden on Core, and the frontline that would tell of it."""
    skip = {i: 3 for i in answers_ids() if "_core_" not in i}
    people = {f"m{n}": ("North", "manager", skip if n < 4 else 3) for n in range(6)}
    people |= {f"f{n}": ("North", "frontline", 4) for n in range(12)}
    found = alignment_audit(answers.tables(answers.everybody(people)))
    hidden = found.frame("scales").query("group == 'level'").set_index(["scale", "level"])["hidden"]
    assert hidden["core", "manager"]
    assert hidden["core", "frontline"]
    assert not hidden["customer", "manager"]
    assert not whole(found, "c", "core")["hidden"]


def answers_ids():
    return [i.id for i in answers.instrument().items]


def test_unknown_items_are_named_and_the_rest_is_used():
    people = {f"p{n}": ("North", "manager", 3) for n in range(6)}
    rows = [*answers.everybody(people), ("p1", "North", "manager", "2026-09-14", "strategic_1", 5)]
    found = alignment_audit(answers.tables(rows))
    assert found.finding("align.audit.unknown").title == (
        "1 item of the audit is not in the playbook, so that 1 answer could not be used"
    )
    assert found.frame("unknown").to_dict("records") == [{"item_id": "strategic_1", "answers": 1}]
    assert found.finding("align.audit.overall")
    only = alignment_audit(answers.tables([("p1", "N", "manager", "2026-09-14", "strategic_1", 5)]))
    assert only.gaps[0].reason == "None of the answers is to an item of the instrument."
    assert only.has("unknown")


def test_nothing_supplied_asks_for_the_sheet():
    found = alignment_audit(Tables.from_frames({}, as_of=answers.AS_OF))
    assert not found.findings
    assert [(g.id, str(g.needs[0])) for g in found.gaps] == [
        ("align.audit.overall", "audit (respondent, wave, item_id, score)")
    ]
    few = {f"p{n}": ("North", "manager", 3) for n in range(4)}
    quiet = alignment_audit(answers.tables(answers.everybody(few)))
    assert quiet.gaps[0].reason == "Fewer than 5 people answered the latest wave."
    assert not quiet.has("scales")


def test_levels_and_teams_may_be_missing():
    rows = [r[:1] + r[3:] for r in answers.everybody({f"p{n}": ("", "", 3) for n in range(6)})]
    frame = pd.DataFrame(rows, columns=["respondent", "wave", "item_id", "score"])
    found = alignment_audit(Tables.from_frames({"audit": frame}, as_of=answers.AS_OF))
    gap = next(g for g in found.gaps if g.id == "align.audit.gap")
    assert gap.reason == "The answers do not say at which level people work."
    assert [str(n) for n in gap.needs] == ["audit (level)"]
    assert set(found.frame("groups")["level"].dropna()) == {UNSTATED}


def test_waves_after_the_day_are_not_there():
    people = {f"p{n}": ("North", "manager", 3) for n in range(6)}
    rows = answers.everybody(people) + answers.everybody(people, wave="2026-11-15")
    assert alignment_audit(answers.tables(rows)).wave == "2026-09-14"


def test_row_order_changes_nothing(apart):
    levels = {"executive": (7, 0.9), "manager": (12, 0.0), "frontline": (25, -0.3)}
    rows = answers.crowd(4, levels, waves=(("2026-03-16", 0.0), ("2026-09-14", 0.3)))
    again = alignment_audit(answers.tables(list(reversed(rows))))
    assert again.document() == apart.document()
    assert all(again.tables[name].equals(apart.tables[name]) for name in apart.tables)


def test_findings_are_in_the_catalogue(apart):
    assert {x.id for x in (*apart.findings, *apart.gaps)} <= set(FINDINGS)
    assert all(f.sources == ("audit",) for f in apart.findings)
    assert len({f.key for f in apart.findings}) == len(apart.findings)
    assert apart.as_of == date(2026, 10, 31)

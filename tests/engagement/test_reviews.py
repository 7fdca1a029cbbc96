"""Draft until reviewed: from a comment to changed numbers, and from there to somebody who lets it stand."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from cxkit.engagement import commenting, evidence, results, reviews, store
from cxkit.engagement.store import Decision, Store
from cxkit.errors import InputError, ParameterError
from cxkit.records import Finding
from tests.report.sample import result

DAY = date(2026, 11, 2)


def saved(place: Path, value: float, *, stage: str = "prove", title: str = "It moved {:g}") -> Path:
    """Results of one stage that say one number."""
    found = Finding(
        id=f"{stage}.effect",
        stage=stage,
        title=title.format(value),
        value=value,
        initiative="I1",
        sources=("outcomes",),
    )
    results.save(result(f"{stage}.effects", (found,)), place)
    return place


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "acme"
    made.mkdir()
    (made / "client.yml").write_text("name: Acme\n", encoding="utf-8")
    return made


def test_a_comment_needs_review_once_its_numbers_say_something_else_until_somebody_lets_it_stand(folder, tmp_path):
    first, second = saved(tmp_path / "first", 0.2), saved(tmp_path / "second", 0.1)
    made = commenting.write(folder, stage="prove", text="It **works**.", author_role="CX lead", day=DAY, place=first)
    assert made.commentary[0].evidence == evidence.hash_of(evidence.of_results(first, stage="prove"))
    assert reviews.draft(folder, made, place=first) == ()

    (item,) = reviews.items(folder, made, place=second)
    assert (item.id, item.about) == ("comment:C1", "It **works**.")
    assert [(s.was, s.now) for s in item.shifts] == [("It moved 0.2", "It moved 0.1")]
    assert reviews.draft(folder, made, place=second) == (
        "One comment was written against other numbers and needs review.",
    )
    (note,) = reviews.notes(folder, made, "prove", place=second)
    assert (note.needs_review, note.confirmed) == (True, "")

    reviews.confirm(folder, place=second, role="CX lead", day=DAY)
    after = store.read_store(folder)
    assert reviews.items(folder, after, place=second) == ()
    (note,) = reviews.notes(folder, after, "prove", place=second)
    assert (note.needs_review, note.confirmed) == (False, "2 November 2026, CX lead")
    (german,) = reviews.notes(folder, after, "prove", place=second, locale="de_DE")
    assert german.confirmed == "2. November 2026, CX lead"
    assert [i.id for i in reviews.items(folder, after, place=saved(tmp_path / "third", 0.3))] == ["comment:C1"]
    lines = (folder / "history" / "reviews.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["item"] for line in lines] == ["comment:C1"]


@pytest.mark.parametrize(
    ("now", "told"), [(0.1, ("0.20", "0.10")), (0.2001, ("0.2, None, None", "0.2001, None, None"))]
)
def test_where_the_sentences_are_the_same_their_values_are_told(folder, tmp_path, now, told):
    first, second = (saved(tmp_path / n, v, title="It moved") for n, v in (("first", 0.2), ("second", now)))
    made = commenting.write(folder, stage="prove", text="Fine.", place=first)
    ((shift,),) = (item.shifts for item in reviews.items(folder, made, place=second))
    assert (shift.was, shift.now) == tuple(f"It moved · {value}" for value in told)


def test_only_what_the_stage_says_counts(folder, tmp_path):
    first = saved(tmp_path / "first", 0.2)
    made = commenting.write(folder, stage="prove", text="Fine.", place=first)
    other = saved(saved(tmp_path / "other", 0.2), 7.0, stage="govern")
    assert reviews.items(folder, made, place=other) == ()
    assert reviews.items(folder, made, place=tmp_path / "no run yet") == ()


def test_a_decision_needs_review_while_it_is_open(folder, tmp_path):
    first, second = saved(tmp_path / "first", 0.2), saved(tmp_path / "second", 0.1)
    kept = evidence.keep_text(folder, evidence.of_results(first))
    open_ = Decision(
        decision_id="D1",
        verdict="fund",
        initiative_id="I1",
        decided="2026-10-01",
        evidence=kept,
        findings=("prove.effect:I1",),
    )
    done = open_.model_copy(update={"decision_id": "D2", "done": "2026-10-20"})
    unlinked = open_.model_copy(update={"decision_id": "D3", "findings": ()})
    made = Store(decisions=(open_, done, unlinked))
    assert reviews.items(folder, made, place=first) == ()
    (item,) = reviews.items(folder, made, place=second)
    assert (item.id, item.about, item.kind) == ("decision:D1", "fund I1", "decision")
    assert "D1" in reviews.draft(folder, made, place=second)[0]
    gone = saved(tmp_path / "gone", 0.2, stage="align")
    (item,) = reviews.items(folder, made, place=gone)
    assert (item.shifts[0].was, item.shifts[0].now) == ("It moved 0.2", "")


def test_every_version_of_a_comment_is_kept(folder, tmp_path):
    commenting.write(folder, stage="align", text="One.", day=DAY)
    commenting.write(folder, stage="align", text="Two.", day=DAY, comment_id="C1")
    left = commenting.write(folder, stage="align", text=" ", day=DAY, comment_id="C1")
    assert left.commentary == ()
    assert [c.text for c in commenting.versions(folder, "C1")] == ["One.", "Two.", ""]
    again = commenting.write(folder, stage="align", text="Three.", day=DAY)
    assert again.commentary[0].comment_id == "C2"


def test_who_writes_on_an_old_revision_is_told_and_nothing_is_lost(folder):
    read = store.read_store(folder).revision
    commenting.write(folder, stage="align", text="Hers.", expected=read)
    with pytest.raises(InputError, match="changed by somebody else"):
        commenting.write(folder, stage="align", text="His.", expected=read)
    assert [c.text for c in store.read_store(folder).commentary] == ["Hers."]
    assert [c.text for c in commenting.versions(folder)] == ["Hers."]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"stage": "proof", "text": "x"}, "proof"),
        ({"stage": "prove", "text": "  "}, "says something"),
        ({"stage": "prove", "text": "x", "comment_id": "C9"}, "C9"),
        ({"stage": "prove", "text": "x" * 20_001}, "20,000"),
    ],
)
def test_wrong_comments_are_worded(folder, given, words):
    with pytest.raises(ParameterError, match=words):
        commenting.write(folder, **given)
    assert not (folder / "engagement.json").exists()


def test_confirming_asks_for_a_role_and_for_items_that_need_it(folder, tmp_path):
    place = saved(tmp_path / "first", 0.2)
    with pytest.raises(ParameterError, match="role"):
        reviews.confirm(folder, place=place, role=" ")
    with pytest.raises(ParameterError, match="comment:C4"):
        reviews.confirm(folder, place=place, role="CX lead", only=["comment:C4"])
    assert reviews.confirm(folder, place=place, role="CX lead") == ()


def test_result_that_is_being_saved_is_no_evidence_yet(tmp_path: Path) -> None:
    """Stages that run side by side save into one folder, and what a killed kernel was saving stays there."""
    whole = tmp_path / "prove.realised" / "result.json"
    whole.parent.mkdir()
    whole.write_text('{"findings": []}', encoding="utf-8")
    half = tmp_path / ".quantify.cases.x1y2" / "result.json"
    half.parent.mkdir()
    half.write_text('{"findings": [', encoding="utf-8")
    assert evidence.of_results(tmp_path) == ""

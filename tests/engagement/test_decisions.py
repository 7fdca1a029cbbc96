"""Decisions and challenges: written once, found again without the run, and nobody's lost."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from pathlib import Path

import pytest

from cxkit.engagement import challenges, decisions, evidence, history, store
from cxkit.engagement.history import Challenge
from cxkit.errors import InputError, ParameterError

FINDINGS = [
    {"key": "govern.portfolio.npv", "id": "govern.portfolio.npv", "initiative": None, "sources": ["initiatives"]},
    {"key": "prove.effect:I1:X1", "id": "prove.effect", "initiative": "I1", "sources": ["outcomes"]},
    {"key": "quantify.cases.npv:I1", "id": "quantify.cases.npv", "initiative": "I1", "sources": ["benefits"]},
]


@pytest.fixture
def here(tmp_path: Path) -> dict[str, Path]:
    folder = tmp_path / "data" / "acme"
    folder.mkdir(parents=True)
    (folder / "client.yml").write_text("name: Acme\n", encoding="utf-8")
    for day, findings in (("2026-01-31", FINDINGS), ("2026-02-28", FINDINGS[:2])):
        place = tmp_path / "runs" / "acme" / day / "results"
        place.mkdir(parents=True)
        (place / "findings.json").write_text(json.dumps(findings), encoding="utf-8")
        (place.parent / "run.json").write_text('{"tables": {"outcomes": "ab12"}}', encoding="utf-8")
    return {"data_dir": tmp_path / "data", "runs_dir": tmp_path / "runs"}


def folder(here: dict[str, Path]) -> Path:
    return here["data_dir"] / "acme"


def test_a_decision_rests_on_the_run_of_its_day_and_outlives_it(here):
    made = decisions.record("acme", verdict="hold", initiative="I1", decided="2026-02-05", **here)
    assert made.findings == ("prove.effect:I1:X1", "quantify.cases.npv:I1")
    shutil.rmtree(here["runs_dir"])
    kept = evidence.read(folder(here), made.evidence)
    assert [r["key"] for r in kept] == [r["key"] for r in FINDINGS]
    assert evidence.snapshot(folder(here), made.evidence) == {"as_of": "2026-01-31", "tables": {"outcomes": "ab12"}}


def test_evidence_is_stored_once_and_a_changed_file_is_named(here):
    one = decisions.record("acme", verdict="hold", decided="2026-02-05", **here)
    place = folder(here) / "history" / "findings" / f"{one.evidence}.json"
    before = place.stat().st_mtime_ns
    two = decisions.record("acme", verdict="hold", initiative="I1", decided="2026-02-06", **here)
    assert (two.evidence, place.stat().st_mtime_ns) == (one.evidence, before)
    place.write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match="no longer has this hash"):
        evidence.read(folder(here), one.evidence)


def test_what_becomes_of_a_decision_is_a_new_line(here):
    made = decisions.record("acme", verdict="stop", initiative="I1", decided="2026-02-05", **here)
    path = folder(here) / "history" / "decisions.jsonl"
    first = path.read_bytes()
    done = decisions.settle("acme", made.decision_id, state="done", on="2026-03-01", data_dir=here["data_dir"])
    assert path.read_bytes().startswith(first)
    assert [d.done for d in decisions.lines(folder(here))] == ["", "2026-03-01"]
    assert decisions.folded(decisions.lines(folder(here))) == (done,) == store.read_store(folder(here)).decisions
    with pytest.raises(ParameterError, match="already done on 2026-03-01"):
        decisions.settle("acme", made.decision_id, state="withdrawn", data_dir=here["data_dir"])
    with pytest.raises(ParameterError, match="There is no decision D9 of acme; there are: D1"):
        decisions.settle("acme", "D9", state="done", data_dir=here["data_dir"])


def test_who_decides_on_what_has_changed_is_told_and_nothing_is_lost(here):
    seen = store.read_store(folder(here)).revision
    decisions.record("acme", verdict="stop", initiative="I1", decided="2026-02-05", expected=seen, **here)
    with pytest.raises(InputError, match=r"changed by somebody else.*Nothing was recorded"):
        decisions.record("acme", verdict="fund", initiative="I1", decided="2026-02-05", expected=seen, **here)
    assert [d.verdict for d in store.read_store(folder(here)).decisions] == ["stop"]
    assert len(decisions.lines(folder(here))) == 1


def _decide(data: Path, runs: Path, number: int) -> None:
    decisions.record(
        "acme", verdict=f"hold {number}", decided="2026-02-05", data_dir=data, runs_dir=runs, note="ß" * 5000
    )


def test_eight_at_once_are_all_written(here):
    spawn = multiprocessing.get_context("fork")
    at_once = [spawn.Process(target=_decide, args=(*here.values(), n)) for n in range(8)]
    for one in at_once:
        one.start()
    for one in at_once:
        one.join()
    found = store.read_store(folder(here)).decisions
    assert sorted(d.verdict for d in found) == [f"hold {n}" for n in range(8)]
    assert [d.decision_id for d in found] == [f"D{n}" for n in range(1, 9)]
    assert decisions.folded(decisions.lines(folder(here))) == found
    assert not (folder(here) / ".engagement.lock").exists()


def test_a_line_written_before_a_crash_is_taken_back_in(here):
    made = decisions.record("acme", verdict="stop", decided="2026-02-05", **here)
    (folder(here) / "engagement.json").unlink()
    again = decisions.record("acme", verdict="hold", decided="2026-02-06", **here)
    assert store.read_store(folder(here)).decisions == (made, again)
    assert again.decision_id == "D2"


def test_a_line_cut_off_in_the_middle_takes_none_with_it(here):
    path = folder(here) / "history" / "decisions.jsonl"
    path.parent.mkdir()
    path.write_text('{"decision_id": "D1", "verd', encoding="utf-8")
    store.append_history(folder(here), "decisions", {"decision_id": "D2", "verdict": "x", "decided": "2026-01-01"})
    assert path.read_text(encoding="utf-8").splitlines()[1].startswith('{"decided"')
    with pytest.raises(InputError, match=r"decisions\.jsonl, line 1, cannot be read"):
        decisions.lines(folder(here))


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), -1.0])
def test_an_amount_is_money(here, amount):
    with pytest.raises(ParameterError, match="is no money to decide on"):
        decisions.record("acme", verdict="fund", amount=amount, **here)


def test_an_initiative_nobody_knows_is_refused(here):
    ledger = here["runs_dir"] / "acme" / "2026-02-28" / "results" / "govern.ledger"
    ledger.mkdir()
    import pandas as pd

    pd.DataFrame({"initiative_id": ["I1", "I2"]}).to_parquet(ledger / "initiatives.parquet")
    decisions.record("acme", verdict="hold", initiative="I2", decided="2026-03-05", **here)
    with pytest.raises(ParameterError, match="is called I9; it knows I1"):
        decisions.record("acme", verdict="hold", initiative="I9", decided="2026-03-05", **here)


def test_a_challenge_is_logged_with_its_evidence_and_answered_on_a_new_line(here):
    key = "prove.effect:I1:X1"
    made = challenges.challenge("acme", key, says="<b>Too good</b>", role="CXO/PMO", **here)
    assert evidence.read(folder(here), made.evidence)
    told = challenges.answer("acme", key, text="Counted again: it holds.", **here)
    lines = history.read(folder(here), Challenge)
    assert [c.answer for c in lines] == ["", "Counted again: it holds."]
    assert challenges.folded(lines) == (told,)
    assert (told.challenge_id, told.says) == ("C1", "<b>Too good</b>")
    with pytest.raises(ParameterError, match="it has no open challenge"):
        challenges.answer("acme", key, text="again", **here)


def test_an_unknown_finding_is_answered_with_the_nearest(here):
    with pytest.raises(ParameterError, match=r"has no finding 'prove\.efect:I1:X1'\. Nearest: prove\.effect:I1:X1"):
        challenges.challenge("acme", "prove.efect:I1:X1", says="no", **here)
    with pytest.raises(ParameterError, match="no finding"):
        challenges.answer("acme", "prove.efect:I1:X1", text="no", **here)
    with pytest.raises(ParameterError, match="Write what there is to say"):
        challenges.challenge("acme", "govern.portfolio.npv", says="  ", **here)


def test_several_open_challenges_need_a_choice(here):
    for said in ("one", "two"):
        challenges.challenge("acme", "govern.portfolio.npv", says=said, **here)
    with pytest.raises(ParameterError, match=r"several open challenges \(C1, C2\)"):
        challenges.answer("acme", "govern.portfolio.npv", text="yes", **here)
    assert challenges.answer("acme", "govern.portfolio.npv", text="yes", challenge_id="C2", **here).says == "two"


def test_challenges_are_known_by_the_day(here):
    from datetime import date

    raised = Challenge(challenge_id="C1", finding="f", says="s", logged="2026-02-01")
    lines = [raised, raised.model_copy(update={"answer": "a", "answered": "2026-03-01"})]
    assert challenges.known_by(lines, date(2026, 1, 31)) == ()
    assert challenges.known_by(lines, date(2026, 2, 28))[0].answer == ""
    assert challenges.known_by(lines, date(2026, 3, 1))[0].answer == "a"


def test_money_that_is_given_keeps_what_it_is_expected_to_bring(here, monkeypatch):
    from cxkit.engagement import forecasting

    kept = []
    monkeypatch.setattr(forecasting, "approve", lambda *given: kept.append(given))
    made = decisions.record("acme", verdict="fund", initiative="I1", amount=5e5, decided="2026-02-05", **here)
    assert kept == [(folder(here), made, here["runs_dir"] / "acme" / "2026-01-31" / "results")]

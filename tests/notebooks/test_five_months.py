"""Five months of one client: nothing recorded is ever rewritten, and every number of the council leads to its data."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cxkit.engagement import challenges, decisions, evidence, history, results
from cxkit.engagement.history import Challenge, Forecast, Registration
from cxkit.govern import Council, Drift, Ledger, Maturity
from cxkit.records import Result, Stage
from cxkit.simulate.client import write_client
from cxkit.simulate.samples import sample
from cxkit.tables.catalogue import CONTRACTS
from tests.conftest import run_clients

pytestmark = [pytest.mark.run, pytest.mark.heavy]

CLIENT = "brightline"
MONTHS = ("2026-06-30", "2026-07-31", "2026-08-31", "2026-09-30", "2026-10-31")
EXPORTED = {"accounts", "subscriptions", "assignments", "outcomes", "panel", "exposures", "pnl", "costs"}
LEFT_OUT = {"metric_values", "audit", "calendars", "backlog", "codings", "promises", "changes", "leadership", "mission"}
"""Sheets whose stages take long and bring no step of the ledger."""
CHAIN = ("hypothesis", "case", "owner", "experiment", "realised", "decision")
CHALLENGED = "prove.effect:I1:X1"


@dataclass(frozen=True)
class Months:
    """What five months left behind."""

    data: Path
    runs: Path
    histories: tuple[dict[str, bytes], ...]
    """Every file below ``history/`` before the first run, then after each run and whatever was recorded on it."""
    again: tuple[dict[str, bytes], dict[str, bytes]]
    """The history before and after the last month was run again."""
    pages: tuple[str, str]
    """The last month's report, the first time and the second."""

    def place(self, day: str) -> Path:
        return self.runs / CLIENT / day

    def of(self, day: str, cls: type[Result]) -> Result:
        return results.load(cls, self.place(day) / "results")

    def chain(self, day: str) -> pd.DataFrame:
        return self.of(day, Ledger).frame("chain").set_index(["initiative_id", "step"])

    def findings(self, day: str) -> dict[str, dict[str, Any]]:
        text = (self.place(day) / "results" / "findings.json").read_text(encoding="utf-8")
        return {record["key"]: record for record in json.loads(text)}


def written(folder: Path) -> None:
    """Brightline with the tables its ledger needs; registrations and objections are left to the runs to record."""
    world = sample(CLIENT)
    frames = {n: f for n, f in world.frames.items() if n in EXPORTED or (CONTRACTS[n].authored and n not in LEFT_OUT)}
    texts = {n: t for n, t in world.texts.items() if n != "history/challenges.jsonl"}
    known = texts["history/registrations.jsonl"].splitlines(keepends=True)
    texts["history/registrations.jsonl"] = "".join(x for x in known if json.loads(x)["seen"] < MONTHS[0])
    write_client(folder, replace(world, frames=frames, texts=texts))


def on_disk(folder: Path) -> dict[str, bytes]:
    place = folder / "history"
    return {str(p.relative_to(place)): p.read_bytes() for p in sorted(place.rglob("*")) if p.is_file()}


def recorded(day: str, here: Mapping[str, Path]) -> None:
    """What the council does after each month's run."""
    where = {"data_dir": here["data_dir"]}
    match day:
        case "2026-06-30":
            decisions.record(CLIENT, verdict="fund", initiative="I7", amount=9_000, decided="2026-07-08",
                             due="2026-08-31", owner_role="Enablement/Ops", expected=3, **here)  # fmt: skip
        case "2026-07-31":
            decisions.record(CLIENT, verdict="stop", initiative="I6", decided="2026-08-06", due="2026-09-30",
                             owner_role="CXO/PMO", **here)  # fmt: skip
        case "2026-08-31":
            challenges.challenge(CLIENT, CHALLENGED, says="The winter was mild", role="CX Council/Finance",
                                 on=date(2026, 9, 4), **here)  # fmt: skip
            decisions.settle(CLIENT, "D4", state="done", on="2026-09-02", **where)
        case "2026-09-30":
            challenges.answer(CLIENT, CHALLENGED, text="Both arms had the same one", on=date(2026, 10, 2), **here)
            decisions.record(CLIENT, verdict="test first", initiative="I5", amount=5_000, decided="2026-10-07",
                             due="2026-12-31", owner_role="Enablement/Ops", **here)  # fmt: skip
        case _:
            return


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Months:
    """The five months, lived through once."""
    return lived_through(tmp_path_factory.mktemp("five-months"))


def lived_through(base: Path) -> Months:
    """Five monthly runs, with what the council did in between, and the last month's proof once more."""
    data, runs = base / "data", base / "runs"
    folder = data / CLIENT
    written(folder)

    def run(day: str, first: Stage = "align") -> Path:
        ended = run_clients(data, runs, (CLIENT,), workers=1, as_of=day, first=first).ended[CLIENT]
        assert ended.status == "done", ended.reason
        return runs / CLIENT / day

    histories = [on_disk(folder)]
    for day in MONTHS:
        run(day)
        recorded(day, {"data_dir": data, "runs_dir": runs})
        histories.append(on_disk(folder))
    report = runs / CLIENT / MONTHS[-1] / "report.html"
    first = report.read_text(encoding="utf-8")
    run(MONTHS[-1], "prove")
    return Months(
        *(data, runs, tuple(histories)),
        again=(histories[-1], on_disk(folder)),
        pages=(first, report.read_text(encoding="utf-8")),
    )


def test_history_is_only_ever_added_to(months: Months) -> None:
    for before, after in zip(months.histories, months.histories[1:], strict=False):
        for name, content in before.items():
            kept = after[name]
            assert kept.startswith(content) if name.endswith(".jsonl") else kept == content, name
    first, last = months.histories[0], months.histories[-1]

    def added(name: str) -> int:
        return len(last.get(name, b"").splitlines()) - len(first.get(name, b"").splitlines())

    assert added("decisions.jsonl") == 4, "three decisions and one carried out"
    assert added("challenges.jsonl") == 2, "an objection and its answer"
    assert added("forecasts.jsonl") == 2, "money was given to one initiative, and to the test of another"
    assert added("registrations.jsonl") == 1
    (new,) = history.read(months.data / CLIENT, Registration)[-1:]
    assert (new.experiment_id, new.seen) == ("X4", "2026-08-31"), (
        "on file before its first draw, not before it was dated"
    )


def test_running_a_month_again_changes_nothing(months: Months) -> None:
    before, after = months.again
    assert before == after
    first, second = (re.sub(r'<p id="build">.*?</p>', "", page) for page in months.pages)
    assert first == second


def test_what_was_recorded_can_be_read_back_with_the_data_it_rests_on(months: Months) -> None:
    folder = months.data / CLIENT
    made = {d.decision_id: d for d in decisions.folded(decisions.lines(folder))}
    assert set(made) == {"D1", "D2", "D3", "D4", "D5", "D6"}
    assert made["D4"].done == "2026-09-02"
    for id_, day in (("D4", "2026-06-30"), ("D5", "2026-07-31"), ("D6", "2026-09-30")):
        assert {r["key"]: r for r in evidence.read(folder, made[id_].evidence)} == months.findings(day)
        tables = json.loads((months.place(day) / "run.json").read_text(encoding="utf-8"))["tables"]
        assert evidence.snapshot(folder, made[id_].evidence) == {"as_of": day, "tables": tables}
        assert made[id_].findings
        assert set(made[id_].findings) <= set(months.findings(day))
    (frozen,) = [f for f in history.read(folder, Forecast) if f.decision_id == "D4"]
    assert (frozen.approved, frozen.evidence) == ("2026-07-08", made["D4"].evidence)
    (raised, answered) = history.read(folder, Challenge)
    assert (raised.answer, answered.answered) == ("", "2026-10-02")
    assert evidence.snapshot(folder, raised.evidence)["as_of"] == "2026-08-31"
    asked = [months.of(day, Council).frame("challenges") for day in MONTHS if day >= "2026-09-30"]
    assert [frame["state"].tolist() for frame in asked] == [["open"], ["answered"]]


def test_an_initiative_travels_from_hypothesis_to_a_scored_decision(months: Months) -> None:
    """I2 was funded in January; its test ended, finance signed, and its forecast came due within these months."""
    early, late = (months.chain(day).loc["I2"] for day in (MONTHS[0], MONTHS[-1]))
    assert early.loc["experiment", "status"] == "gap"
    assert "scored" not in early.loc["decision", "text"]
    assert not [step for step in CHAIN if late.loc[step, "status"] == "gap"]
    filed = {r.experiment_id: r for r in history.read(months.data / CLIENT, Registration)}
    assert filed["X2"].hash[:8] in late.loc["hypothesis", "text"]
    assert filed["X2"].seen < MONTHS[0]
    assert late.loc["case", "finding_key"] == "quantify.case.npv:I2"
    assert late.loc["experiment", "grade"] == "A"
    assert late.loc["realised", "status"] == "present"
    assert "booked" in late.loc["realised", "text"]
    assert "scored: " in late.loc["decision", "text"]
    (forecast,) = [f for f in history.read(months.data / CLIENT, Forecast) if f.decision_id == "D2"]
    line = next(x for x in months.histories[0]["forecasts.jsonl"].splitlines(keepends=True) if b'"D2"' in x)
    assert months.histories[-1]["forecasts.jsonl"].count(line) == 1, "frozen before the first of these runs"
    scored = months.of(MONTHS[-1], Council).frame("scored").set_index("decision_id").loc["D2"]
    assert scored["forecast_id"] == forecast.forecast_id
    assert scored["expected"] == next(p.value for p in forecast.points if p.months == scored["months"])
    key = months.findings(MONTHS[-1])["govern.council.score:I2:D2"]
    assert key["value"] == pytest.approx(scored["realised"])


def test_what_was_decided_in_these_months_is_followed(months: Months) -> None:
    due = months.of(MONTHS[-1], Council).frame("due").set_index("decision_id")["state"].to_dict()
    assert due == {"D1": "done", "D2": "done", "D3": "overdue", "D4": "done", "D5": "overdue", "D6": "later"}
    then = months.of("2026-07-31", Council).frame("due").set_index("decision_id")["state"].to_dict()
    assert then == {"D1": "done", "D2": "done", "D3": "due soon", "D4": "due soon"}
    last = months.chain(MONTHS[-1])
    for id_, verdict in (("I5", "test first"), ("I6", "stop"), ("I7", "fund")):
        assert last.loc[(id_, "decision"), "text"].startswith(verdict)


def test_every_number_of_the_council_leads_to_its_finding_and_to_hashed_tables(months: Months) -> None:
    place = months.place(MONTHS[-1])
    page = (place / "council.html").read_text(encoding="utf-8")
    tables = json.loads((place / "run.json").read_text(encoding="utf-8"))["tables"]
    known = months.findings(MONTHS[-1])
    entries = dict(re.findall(r'<li id="(e-[^"]+)" value="\d+">.*?<dt>Finding<dd><code>([^<]+)</code>', page, re.S))
    links = {href for href, words in _links(page) if re.search(r"\d", words)}
    assert len(links) > 40
    assert links <= set(entries), links - set(entries)
    led = {html.unescape(entries[link]) for link in links}
    named = set(months.of(MONTHS[-1], Ledger).frame("chain")["finding_key"].dropna()) - {""}
    assert len(named) > 10
    assert led | named <= set(known), (led | named) - set(known)
    for key in known:
        assert set(known[key]["sources"]) & set(tables), (key, known[key]["sources"])
        assert all(re.fullmatch(r"[0-9a-f]{16,64}", tables[s]) for s in known[key]["sources"] if s in tables)


@cache
def _links(page: str) -> tuple[tuple[str, str], ...]:
    """What leads from a number to its evidence: where to, and the words that are underlined."""
    found = re.findall(r'<a (?=[^>]*class="(?:n|ev)")[^>]*href="#([^"]+)"[^>]*>(.*?)</a>', page, re.S)
    return tuple(found)


@pytest.mark.parametrize("day", MONTHS)
def test_every_month_is_held_against_the_one_before(months: Months, day: str) -> None:
    first = day == MONTHS[0]
    gaps = {g.subject for g in months.of(day, Drift).gaps}
    assert gaps == ({"between runs"} if first else set())
    moved = months.of(day, Maturity).frame("capabilities")["movement_text"].notna()
    assert not moved.any() if first else moved.all()
    found = months.findings(day)
    assert ("govern.maturity.moved" in found) is not first
    assert ("govern.council.changed" in found) is not first
    assert any(key.startswith("govern.council.moved:") for key in found) is not first

"""Stages that were computed on the same are taken over; what changed is run, and nothing of another moment is met."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cxkit import STAGES
from cxkit.batch import abreast, left, plan, resuming, run, steps
from cxkit.batch.engine import Outcome
from cxkit.batch.progress import Event
from cxkit.engagement import places, reading
from cxkit.engagement.client import read_client
from cxkit.engagement.desk import Desk, open_desk, take_in
from cxkit.engagement.store import read_store, write_store

DAY = date(2026, 9, 30)
BOOKED = "account_id,month,mrr\na,2026-07-01,10\nb,2026-07-01,20\na,2026-08-01,10\nb,2026-08-01,20\na,2026-09-01,10\n"
ASKED = "response_id,account_id,metric,score,answered\nr1,a,nps,9,2026-09-03\nr2,b,nps,3,2026-09-04\n"
READ = {
    "align": "table:surveys",
    "quantify": "table:revenue",
    "instrument": "table:surveys",
    "orchestrate": "result:quantify.made",
    "prove": "result:instrument.made",
    "govern": "decisions",
}
"""What each stage of these tests reads, besides what every stage rests on."""
NOTEBOOK = {"cells": [], "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A client with two tables, and nothing run."""
    folder = tmp_path / "data" / "acme"
    (folder / "tables").mkdir(parents=True)
    (folder / "client.yml").write_text("name: Acme\ncurrency: EUR\ntimezone: Europe/Berlin\n")
    (folder / "tables" / "revenue.csv").write_text(BOOKED)
    (folder / "tables" / "surveys.csv").write_text(ASKED)
    return tmp_path


def job_of(root: Path, **more: Any) -> plan.Job:
    """The run as the command line would plan it."""
    how: dict[str, Any] = {"as_of": DAY, "given": {}, "first": "align", "seconds": 60, "seed": 1, "audience": "board"}
    return plan.check("acme", data=root / "data", runs=root / "runs", **(how | {"reuse": True} | more))


class Machine:
    """Stands for the notebooks: each reads what `READ` says and makes one result of it; counts who ran."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ran: list[str] = []
        self.until = STAGES[-1]
        monkeypatch.setattr(abreast, "run_notebook", self.run)

    def run(self, source: Path, target: Path, parameters: dict[str, Any], **more: Any) -> Outcome:
        stage = source.stem.partition("-")[2]
        self.ran.append(stage)
        if STAGES.index(stage) > STAGES.index(self.until):
            return Outcome(done=False, seconds=0.1, error="the kernel died", cells={}, kernel="warm", retried=False)
        desk = open_desk(
            stage,  # type: ignore[arg-type]
            client="acme",
            **{name: parameters[name] for name in ("as_of", "run_dir", "data_dir")},
        )
        desk.reads(READ[stage])
        made = target.parent / "results" / f"{stage}.made" / "result.json"
        made.parent.mkdir(parents=True)
        made.write_text(reading.now(desk, READ[stage]))
        target.write_text(json.dumps(NOTEBOOK | {"metadata": {"at": parameters["run_dir"]}}))
        return Outcome(done=True, seconds=0.1, error="", cells={}, kernel="warm", retried=False)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def go(root: Path, job: plan.Job | None = None, *, publish: bool = True) -> tuple[dict[str, str], Path]:
    """One run up to its report: what became of each stage, and where it lies."""
    job = job or job_of(root)
    home = root / "runs" / "acme"
    building = home / f"{left.BUILDING}{DAY}-{len(list(home.glob('*')))}"
    building.mkdir(parents=True)
    folder = root / "data" / "acme"
    settings, store = read_client(folder), read_store(folder)
    taken = take_in(folder, settings, store, as_of=DAY, cache=home / ".snapshots")
    sources = steps.read_sources(job, building)
    resuming.pin(job, building, taken)
    known = resuming.Stages(job, building, settings=settings, store=store, taken=taken)
    heard: list[Event] = []
    stages, _ = steps.run_stages(
        job,
        building,
        DAY.isoformat(),
        sources=sources,
        tell=steps.Telling(job, heard.append),
        known=known,
        room=abreast.Room(),
    )
    said = {name: entry["status"] for name, entry in stages.items()}
    assert [e.stage for e in heard if e.text == resuming.KEPT] == [n for n in STAGES if said[n] == resuming.KEPT]
    if not publish:
        return said, building
    left.clear(building)
    (building / "run.json").write_text(json.dumps({"stages": stages}))
    place = home / DAY.isoformat()
    shutil.rmtree(place, ignore_errors=True)
    building.rename(place)
    return said, place


def test_nothing_changed_so_nothing_runs(root: Path, machine: Machine) -> None:
    go(root)
    assert machine.ran == list(STAGES)
    said, place = go(root)
    assert machine.ran == list(STAGES)
    assert set(said.values()) == {resuming.KEPT}
    assert sorted(p.name for p in (place / "results").iterdir()) == sorted(f"{stage}.made" for stage in STAGES)


def table(root: Path, name: str) -> Path:
    return root / "data" / "acme" / "tables" / f"{name}.csv"


def decide(root: Path) -> None:
    folder = root / "data" / "acme"
    store = read_store(folder)
    made = {"decision_id": "D1", "verdict": "fund", "decided": "2026-09-01"}
    write_store(folder, store.model_validate(store.model_dump() | {"decisions": [made]}), expected=store.revision)


def comment(root: Path) -> None:
    folder = root / "data" / "acme"
    store = read_store(folder)
    made = {"comment_id": "C1", "stage": "prove", "text": "Look.", "author_role": "CX lead", "written": "2026-09-02"}
    made |= {"evidence": ""}
    write_store(folder, store.model_validate(store.model_dump() | {"commentary": [made]}), expected=store.revision)


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (lambda r: table(r, "surveys").write_text(ASKED.replace(",9,", ",8,")), "align instrument prove"),
        (lambda r: table(r, "revenue").write_text(BOOKED.replace(",20\n", ",21\n")), "quantify orchestrate"),
        (lambda r: table(r, "surveys").write_text(ASKED + "r3,a,nps,9,2026-10-03\n"), ""),
        (lambda r: table(r, "surveys").write_text(ASKED + "r3,a,nps,9,2026-09-30\n"), "align instrument prove"),
        (lambda r: table(r, "tickets").write_text("ticket_id,opened\nt1,2026-09-01\n"), "*"),
        (lambda r: table(r, "surveys").unlink(), "*"),
        (lambda r: (r / "data/acme/client.yml").write_text("name: Acme\ncurrency: EUR\ntimezone: UTC\n"), "*"),
        (decide, "govern"),
        (comment, "prove"),
        (lambda r: (r / f"runs/acme/{DAY}/results/quantify.made/result.json").write_text("x"), "quantify"),
        (lambda r: shutil.rmtree(r / f"runs/acme/{DAY}/results/prove.made"), "prove"),
        (lambda r: (r / f"runs/acme/{DAY}/2-quantify.ipynb").unlink(), "quantify"),
        (lambda r: (r / f"runs/acme/{DAY}/run.json").write_text("{cut o"), "*"),
    ],
    ids=[
        *("surveys", "revenue", "later row", "row of the day", "new table", "table gone", "settings", "decision"),
        *("comment", "result changed", "result gone", "notebook gone", "record cut off"),
    ],
)
def test_what_changed_reruns_what_reads_it_alone(
    root: Path, machine: Machine, change: Callable[[Path], object], again: str
) -> None:
    go(root)
    machine.ran.clear()
    change(root)
    said, _ = go(root)
    assert machine.ran == (list(STAGES) if again == "*" else again.split())
    assert all(said[stage] == ("done" if stage in machine.ran else resuming.KEPT) for stage in STAGES)


def test_other_parameters_notebooks_and_code_are_another_question(
    root: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    go(root)
    for job, again in (
        (job_of(root, seed=2), list(STAGES)),
        (job_of(root, given={"window_months": "6"}), None),
        (job_of(root, reuse=False), list(STAGES)),
    ):
        machine.ran.clear()
        go(root, job, publish=False)
        expected = [s for s in STAGES if "window_months" in job.names[s]] if again is None else again
        assert set(expected) <= set(machine.ran), job.given
        assert again is None or machine.ran == again
    machine.ran.clear()
    monkeypatch.setattr(resuming.stamps, "program", lambda: "edited")
    go(root, publish=False)
    assert machine.ran == list(STAGES)


def test_run_that_died_is_gone_on_with(root: Path, machine: Machine) -> None:
    """Its notebooks name the folder it was built in; what is taken over names the new one."""
    machine.until = "instrument"
    said, building = go(root, publish=False)
    assert [stage for stage in STAGES if said[stage] == "done"] == ["align", "quantify", "instrument"]
    (building / "7-own.ipynb").write_text("{}")
    left.set_aside(building)
    (aside,) = (root / "runs" / "acme").glob(f"{left.UNFINISHED}*")
    assert not building.exists()
    assert sorted(p.name for p in aside.glob("*.ipynb")) == ["1-align.ipynb", "2-quantify.ipynb", "3-instrument.ipynb"]
    assert not (aside / places.PINNED).exists()
    machine.ran.clear()
    machine.until = STAGES[-1]
    said, made = go(root, publish=False)
    assert machine.ran == ["orchestrate", "prove", "govern"]
    assert {json.loads(p.read_text())["metadata"]["at"] for p in made.glob("*.ipynb")} == {str(made)}
    left.forget(root / "runs" / "acme")
    assert not list((root / "runs" / "acme").glob(f"{left.UNFINISHED}*"))


def test_of_two_runs_that_died_the_one_that_came_further_is_kept(root: Path, machine: Machine) -> None:
    for until in ("prove", "align", "quantify"):
        machine.until = until
        left.set_aside(go(root, job_of(root, reuse=False), publish=False)[1])
        assert not list((root / "runs" / "acme").glob(f"{left.BUILDING}*"))
    (aside,) = (root / "runs" / "acme").glob(f"{left.UNFINISHED}*")
    assert len(list((aside / left.DONE).iterdir())) == 5


@pytest.fixture
def written(root: Path) -> plan.Job:
    """The run of a client with a copy of a notebook in which somebody wrote."""
    notebook = root / "data" / "acme" / "notebooks" / "2-quantify.ipynb"
    notebook.parent.mkdir()
    source = json.loads(plan.stage_notebooks(root, {})["quantify"].read_text())
    source["cells"].append({"cell_type": "markdown", "id": "mine", "metadata": {}, "source": "Mine."})
    notebook.write_text(json.dumps(source))
    job = job_of(root)
    assert job.notebooks["quantify"] == notebook
    return job


def test_notebook_in_which_people_wrote_rests_on_every_file(root: Path, machine: Machine, written: plan.Job) -> None:
    (root / "data" / "acme" / "prices.txt").write_text("1")
    go(root, written)
    machine.ran.clear()
    go(root, written)
    assert machine.ran == []
    (root / "data" / "acme" / "prices.txt").write_text("2")
    go(root, written)
    assert machine.ran == ["quantify"]


def test_nothing_of_a_notebook_in_which_people_wrote_is_set_aside(
    root: Path, machine: Machine, written: plan.Job
) -> None:
    """It is masked when a run is done, so that a run that died has left it as it was shown."""
    _, building = go(root, written, publish=False)
    left.set_aside(building)
    (aside,) = (root / "runs" / "acme").glob(f"{left.UNFINISHED}*")
    assert sorted(p.name[2:-6] for p in aside.glob("*.ipynb")) == sorted(set(STAGES) - {"quantify"})


def test_a_run_reads_the_client_as_it_was_when_the_run_began(root: Path, machine: Machine) -> None:
    """A table replaced and a setting changed meanwhile are of the next run."""
    folder, home = root / "data" / "acme", root / "runs" / "acme"
    building = home / f"{left.BUILDING}{DAY}-1"
    building.mkdir(parents=True)
    settings, store = read_client(folder), read_store(folder)
    taken = take_in(folder, settings, store, as_of=DAY, cache=home / ".snapshots")
    resuming.pin(job_of(root), building, taken)

    def desk() -> Desk:
        return open_desk("align", client="acme", as_of=DAY, run_dir=building, data_dir=root / "data")

    before = desk()
    (folder / "tables" / "surveys.csv").unlink()
    (folder / "tables" / "revenue.csv").write_text("account_id,month,mrr\nz,2026-09-01,1\n")
    (folder / "client.yml").write_text("name: Other\ncurrency: USD\ntimezone: UTC\n")
    decide(root)
    now = desk()
    assert (now.client, now.decisions) == (before.client, ())
    query = "SELECT count(*) AS n, sum(mrr) AS mrr FROM revenue"
    assert now.tables.frame(query).equals(before.tables.frame(query))
    assert now.tables.hashes == taken.tables.hashes
    assert now.folder == folder


def test_settings_that_change_while_the_tables_are_read_end_the_run(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the report would be worded by other settings than its notebooks read."""
    pinned = resuming.pin

    def late(*given: Any) -> Path:
        (root / "data" / "acme" / "client.yml").write_text("name: Other\ncurrency: USD\ntimezone: UTC\n")
        return pinned(*given)

    monkeypatch.setattr(resuming, "pin", late)
    ended = run.run_client(job_of(root), lambda event: None)
    assert (ended.status, "settings of acme were changed" in ended.reason) == ("failed", True)
    assert not list((root / "runs" / "acme").glob("[0-9]*"))


def test_what_a_killed_kernel_was_saving_is_not_published(tmp_path: Path) -> None:
    for name in ("prove.pnl", ".prove.impact.x1y2"):
        (tmp_path / "results" / name).mkdir(parents=True)
    left.clear(tmp_path)
    assert [p.name for p in (tmp_path / "results").iterdir()] == ["prove.pnl"]

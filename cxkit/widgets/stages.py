"""The six stages and the consultant's own notebooks: state, when, what was found, and where to go."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cxkit import STAGES
from cxkit.engagement import reviews
from cxkit.engagement.notebooks import own_notebooks
from cxkit.records import Finding, Record
from cxkit.tables.intake import file_hashes
from cxkit.widgets import look
from cxkit.widgets.bench import Part, Workbench

QUESTIONS = {
    "align": "Which initiative serves which goal, and which serve none?",
    "quantify": "What does the customer base keep, cost and say?",
    "instrument": "Which signals reach which moment?",
    "orchestrate": "Who owns each moment, and how well is it served?",
    "prove": "What changed because of what was done?",
    "govern": "Where should the money go next?",
}
SILENT = "It ran; these tables give it nothing to say"


class StageState(Record):
    """How far one notebook is."""

    stage: str
    notebook: str
    state: str
    """One of `look.STATES`."""
    when: str = ""
    title: str
    """Its weightiest finding, else the question it answers, else why it failed."""


class Stages(Part):
    """A table of the notebooks; `states` are its rows."""

    def __init__(self, bench: Workbench) -> None:
        """Show the open client's."""
        super().__init__(bench)
        self.states: tuple[StageState, ...] = ()
        self.box = look.html()
        self.redraw(fresh=True)

    def redraw(self, *, fresh: bool) -> None:
        """Look at the runs, the results and the files again."""
        self.states = states(self.bench)
        rows = [self._row(one) for one in self.states]
        self.box.value = look.shown(look.table(("Notebook", "State", "What it says", "When"), rows))

    def _row(self, one: StageState) -> tuple[str, ...]:
        name = escape(one.notebook.removesuffix(".ipynb"))
        if self.bench.served:
            name = f'<a href="{quote(one.notebook)}" target="_blank" rel="noopener">{name}</a>'
        return name, look.state(one.state), escape(one.title), f"<time>{escape(one.when)}</time>" if one.when else ""


def states(bench: Workbench) -> tuple[StageState, ...]:
    """The state of every stage of the open client, then of its own notebooks."""
    found = bench.published
    folder = found.results.parent if found else None
    record = _record(folder)
    failed = _record(_failed(bench.desk.runs))
    stale = bool(record) and _stale(bench, record)
    waiting = {i.stage or "govern" for i in _waiting(bench)}
    made = []
    for number, stage in enumerate(STAGES, 1):
        place = found.results if found else bench.desk.place
        title, notebook = _title(place, stage), f"{number}-{stage}.ipynb"
        broken = failed.get("stages", {}).get(stage, {})
        ran = record.get("stages", {}).get(stage, {}).get("status") in {"done", "kept"}
        state = "failed" if broken.get("status") == "failed" else "done" if title or ran else "not run"
        title = title or (SILENT if ran else "")
        if state == "done":
            state = "needs review" if stage in waiting else "out of date" if stale else "done"
        said = str(broken.get("error", "")).split("\n", 1)[0] if state == "failed" else title
        when = look.when(folder / "run.json") if folder else "in the notebook" if title else ""
        made.append(StageState(stage=stage, notebook=notebook, state=state, when=when, title=said or QUESTIONS[stage]))
    return (*made, *_own(bench, record, folder, stale=stale))


def _own(bench: Workbench, record: dict[str, Any], folder: Path | None, *, stale: bool) -> list[StageState]:
    made = []
    for path in own_notebooks(bench.folder):
        ran = record.get("own", {}).get(path.stem, {})
        state = {"done": "out of date" if stale else "done", "failed": "failed"}.get(str(ran.get("status")), "not run")
        title = str(ran.get("error", "")).split("\n", 1)[0] or "A notebook of your own"
        when = look.when(folder / "run.json") if folder and ran else ""
        made.append(StageState(stage="own", notebook=path.name, state=state, when=when, title=title))
    return made


def _waiting(bench: Workbench) -> tuple[reviews.ReviewItem, ...]:
    place = bench.place
    return reviews.items(bench.folder, bench.desk.store, place=place) if place is not None else ()


def _stale(bench: Workbench, record: dict[str, Any]) -> bool:
    """Whether files or saved assumptions are not those of the run any more."""
    files = {name: entry["sha256"] for name, entry in record["inputs"]["files"].items()}
    return file_hashes(bench.folder) != files or bench.desk.store.parameters != record["parameters"]["saved"]


def _failed(runs: Path) -> Path | None:
    """The newest run that failed and has not been mended."""
    return max(runs.glob("[0-9]*.failed"), default=None)


def _record(folder: Path | None) -> dict[str, Any]:
    path = folder / "run.json" if folder else None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path and path.is_file() else {}
    return found


def _title(place: Path, stage: str) -> str:
    """The weightiest sentence a stage's saved results say; empty without any."""
    findings = [
        Finding.model_validate(one)
        for path in sorted(place.glob(f"{stage}.*/result.json"))
        for one in json.loads(path.read_text(encoding="utf-8"))["findings"]
    ]
    best = max(findings, key=lambda f: f.weight, default=None)
    return best.title if best else ""

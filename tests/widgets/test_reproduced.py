"""What was moved in panels and saved is what a run then says, to the last digit; what was thrown away is nowhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cxkit import instrument
from cxkit.engagement.desk import Desk, open_desk
from cxkit.engagement.parameters import REGISTER
from cxkit.engagement.store import read_store
from cxkit.records import Finding
from cxkit.widgets import panels
from cxkit.widgets.field import Field
from cxkit.widgets.identity import identity
from cxkit.widgets.panel import Panel
from cxkit.widgets.plays import PlayEditor, play_editor
from cxkit.widgets.service import service
from cxkit.widgets.ways import ways
from tests.conftest import run_clients

pytestmark = [pytest.mark.heavy, pytest.mark.run]

CLIENT = "northbeam"
ENTITIES = "instrument.identity.entities"


def kernel(data: Path) -> Desk:
    """What a new kernel opens: it knows only what was saved."""
    return open_desk("orchestrate", client=CLIENT, data_dir=data)


def moved(made: Panel | PlayEditor, values: dict[str, float]) -> tuple[Finding, ...]:
    """Move, throw away, move again and save; returns what the panel showed."""
    store = made.desk.folder / "engagement.json"
    before, shown = store.read_bytes() if store.is_file() else b"", made.shown
    for name, value in values.items():
        made.inputs[name].value = value
    found = made.shown
    assert found != shown
    made.reset.click()
    assert made.shown == shown
    assert (store.read_bytes() if store.is_file() else b"") == before, "what was thrown away is nowhere"
    for name, value in values.items():
        made.inputs[name].value = value
    assert made.shown == found
    made.save.click()
    assert "Saved" in made.message.value
    return found


def test_what_panels_saved_is_what_a_run_then_says(copy_of: Callable[[str], Path], tmp_path: Path) -> None:
    data = copy_of(CLIENT).parent
    wanted = list(moved(service(kernel(data)), {"window_months": 6, "sla_scale": 0.5, "fcr_window_days": 14}))
    wanted += ways(kernel(data)).shown
    editor = play_editor(kernel(data))
    editor.play.value = "call_back_unhappy"
    tried = moved(editor, {"unhappy_answer.within_days": 14})
    wanted += [
        f for f in tried if f.id != "orchestrate.plays.overdue"
    ]  # of one play here, of all of them in the report
    wanted += moved(panels.cases(kernel(data)), {"discount_rate": 0.25, "horizon_months": 24, "effect_scale": 0.75})
    desk = kernel(data)
    people = instrument.identity(desk.tables, match_threshold=desk.settings.match_threshold, seed=desk.seed)
    (entities, *_) = moved(identity(desk, people), {"match_threshold": 0.5})

    again = kernel(data)
    assert Field(REGISTER["discount_rate"], again.settings.discount_rate).value == 0.25
    assert panels.cases(again).apart.value == "", "what was saved is where a new kernel stands"

    ran = run_clients(data, tmp_path / "runs", (CLIENT,), workers=1).place(CLIENT)
    record = json.loads((ran / "run.json").read_text(encoding="utf-8"))
    saved = read_store(data / CLIENT)
    assert record["parameters"]["saved"] == saved.parameters
    assert saved.parameters.keys() >= {"window_months", "sla_scale", "discount_rate", "match_threshold"}
    told = [
        Finding.model_validate(one)
        for path in (ran / "results").glob("*.*/result.json")
        for one in json.loads(path.read_text(encoding="utf-8"))["findings"]
    ]
    assert len(wanted) > 10
    assert [f.key for f in wanted if f not in told] == []
    assert next(f.value for f in told if f.id == ENTITIES) == entities.value

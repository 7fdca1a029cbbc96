"""The start page: one client in every part, nothing of the former, and nothing written over somebody else's change."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from cxkit.engagement import commenting, results
from cxkit.engagement.desk import open_desk
from cxkit.engagement.handing import folder
from cxkit.engagement.store import read_store
from cxkit.records import Finding, Result
from cxkit.widgets import start
from cxkit.widgets.bench import Workbench
from cxkit.widgets.build import Build
from cxkit.widgets.commentary import Commentary

ORDERS = "order_id,account_id,ordered_at,amount\n"
EVIL = "<img src=x onerror=alert(1)>"


class Cases(Result):
    stage = "quantify"
    name = "cases"


def make(data: Path, name: str, called: str, rows: str = "O1,A1,2026-01-05,10\nO2,A2,2026-02-28,20\n") -> Path:
    folder = data / name
    (folder / "tables").mkdir(parents=True)
    (folder / "client.yml").write_text(f"name: {json.dumps(called)}\n", encoding="utf-8")
    (folder / "tables" / "orders.csv").write_text(ORDERS + rows, encoding="utf-8")
    return folder


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    monkeypatch.delenv("CXKIT_RUNS", raising=False)
    data = tmp_path / "data"
    make(data, "acme", f"Acme {EVIL}")
    make(data, "other", "Other House", "O9,A9,2026-01-05,-7\nO8,A8,2026-03-31,70\n")
    publish(tmp_path, "acme", "Early loss is 10 %")
    return start.workbench(open_desk("data", client="acme", data_dir=data))


def publish(place: Path, client: str, title: str) -> None:
    """A published run whose Quantify says one thing."""
    run = place / "runs" / client / "2026-01-31"
    finding = Finding(id="quantify.cases.total", stage="quantify", title=title, value=0.1, grade="B", unit="ratio")
    results.save(Cases(as_of="2026-01-31", findings=(finding,)), run / "results")
    (run / "results" / "findings.json").write_text(json.dumps(results.findings_document([finding])), encoding="utf-8")
    files: dict[str, object] = {}
    record = {"inputs": {"files": files}, "parameters": {"saved": {}}, "stages": {"quantify": {"status": "done"}}}
    (run / "run.json").write_text(json.dumps(record), encoding="utf-8")
    for name in ("report.html", "evidence.xlsx"):
        (run / name).write_text(name, encoding="utf-8")


def test_another_client_leaves_nothing_of_the_former(bench: Workbench) -> None:
    parts = [
        start.picker(bench), start.stages(bench), start.health(bench), start.mapping(bench),
        start.commentary(bench), start.decisions(bench), start.gates(bench), start.build(bench),
    ]  # fmt: skip
    words = parts[4]
    words.text.value = "Only Acme may read this"
    parts[3]._begin()
    assert "Acme" in everything(parts)
    assert EVIL not in everything(parts)
    parts[0].chosen.value = "other"
    assert bench.desk.name == "other"
    told = everything(parts)
    assert "Other House" in told
    assert "Acme" not in told.replace("Acme <img", "")  # the picker's own list names every client, as plain text
    assert "Early loss" not in told


def everything(parts: list[object]) -> str:
    """All words and values on the page."""
    found: list[str] = []

    def collect(widget: object) -> None:
        for name in ("value", "description"):
            found.append(str(getattr(widget, name, "")))
        for child in getattr(widget, "children", ()):
            collect(child)

    for part in parts:
        collect(part.box)  # type: ignore[attr-defined]
    return "\n".join(found)


def test_stages_say_in_words_how_far_they_are(bench: Workbench) -> None:
    shown = start.stages(bench)
    found = {one.stage: one for one in shown.states}
    assert found["quantify"].state == "out of date"  # the run read no file, and now there is one
    assert found["quantify"].title == "Early loss is 10 %"
    assert found["align"].state == "not run"
    assert "◐ out of date" in shown.box.value
    assert "○ not run" in shown.box.value


def test_health_says_where_a_problem_is_and_what_to_do(bench: Workbench) -> None:
    shown = start.health(bench)
    bench.open("other")
    one = next(p for p in bench.desk.problems if p.column == "amount")
    assert "orders.csv" in shown.box.value
    assert one.fix.split("'")[0] in shown.box.value


def test_mapping_shows_what_comes_of_it_and_saves_with_the_revision(bench: Workbench) -> None:
    (bench.folder / "tables" / "orders.csv").rename(bench.folder / "tables" / "sold.csv")
    editor = start.mapping(bench)
    editor._begin()
    editor.table.value = "orders"
    editor.files.value = ("sold.csv",)
    assert editor.columns["amount"].value == "amount"
    editor.columns["amount"].value = "order_id"
    editor._look()
    assert "amount" in editor.outcome.value
    assert 'class="card bad"' in editor.outcome.value
    editor.columns["amount"].value = "amount"
    assert not read_store(bench.folder).mapping
    editor._save(None)
    saved = read_store(bench.folder)
    assert saved.mapping["orders"]["columns"]["amount"]["source"] == "amount"
    assert "orders" in bench.desk.tables.present
    commenting.write(bench.folder, stage="align", text="in between")
    editor._save(None)
    assert "changed by somebody else" in editor.message.value


def test_comment_is_saved_with_its_evidence_and_history(bench: Workbench) -> None:
    words = start.commentary(bench)
    words.stage.value = "quantify"
    words.role.value, words.text.value = "CX lead", f"**Early** {EVIL}"
    assert "<strong>Early</strong>" in words.preview.value
    assert EVIL not in words.preview.value
    words._save(None)
    (saved,) = read_store(bench.folder).commentary
    assert (saved.stage, saved.author_role) == ("quantify", "CX lead")
    assert saved.evidence
    assert words.comment.value == saved.comment_id
    words.text.value = "Second thought"
    words._save(None)
    assert "1 earlier texts" in words.about.value
    assert "Early" in words.about.value


def test_who_saves_second_is_told_and_loses_nothing(bench: Workbench) -> None:
    first = start.commentary(bench)
    first.text.value = "as it was"
    first._save(None)
    data = bench.folder.parent
    second = Commentary(start.workbench(open_desk("data", client="acme", data_dir=data)))
    first.text.value = "mine"
    second.text.value, second.role.value = "theirs", "Finance"
    second._save(None)
    first._save(None)
    assert "somebody else saved in between" in first.message.value
    assert "theirs" in first.message.value
    assert first.text.value == "mine"
    assert read_store(bench.folder).commentary[0].text == "theirs"
    first._save(None)
    assert read_store(bench.folder).commentary[0].text == "mine"
    assert [c.text for c in commenting.versions(bench.folder)] == ["as it was", "theirs", "mine"]


def test_unsaved_text_outlives_the_kernel(bench: Workbench) -> None:
    words = start.commentary(bench)
    words.text.value = "typed and never saved"
    assert words._timer is not None
    words._timer.join()
    again = start.commentary(start.workbench(open_desk("data", client="acme", data_dir=bench.folder.parent)))
    assert again.text.value == "typed and never saved"
    assert "never saved" in again.message.value
    again._discard(None)
    assert again.text.value == ""
    assert not again.draft.exists()


def test_gate_tells_then_and_now_and_takes_a_role(bench: Workbench, tmp_path: Path) -> None:
    words, gates = start.commentary(bench), start.gates(bench)
    words.stage.value, words.text.value = "quantify", "It is low"
    words._save(None)
    assert not gates.buttons
    publish(tmp_path, "acme", "Early loss is 30 %")
    bench.saved()
    (button,) = gates.buttons.values()
    assert "need review" in gates.summary.value
    told = gates.items.children[0].children[0].value
    assert "Early loss is 10 %" in told
    assert "Early loss is 30 %" in told
    button.click()
    assert "role" in gates.message.value
    gates.role.value = "CX lead"
    next(iter(gates.buttons.values())).click()
    assert not gates.buttons
    assert "final" in gates.summary.value
    assert read_store(bench.folder).reviews[0].role == "CX lead"


FAKE = """
import json, sys, time
for step, what, stage in ((1, "reading", ""), (2, "stage", "align")):
    print(json.dumps(dict(client="acme", what=what, stage=stage, step=step, steps=8, seconds=1.0, text="")),
          file=sys.stderr, flush=True)
{end}
"""


def built(bench: Workbench, tmp_path: Path, end: str) -> Build:
    fake = tmp_path / "fake.py"
    fake.write_text(FAKE.format(end=end), encoding="utf-8")
    part = Build(bench, (sys.executable, str(fake)))
    part.start.click()
    return part


def test_build_says_how_far_it_is_and_what_failed(bench: Workbench, tmp_path: Path) -> None:
    part = built(bench, tmp_path, "")
    assert part.start.disabled
    part.wait()
    assert "the report is built" in part.told.value
    assert not part.start.disabled
    assert part.bar.max == 8
    failing = 'print(json.dumps(dict(client="acme", what="failed", stage="", step=2, steps=8, seconds=1.0, '
    failing += 'text="1-align.ipynb, code cell 3: <b>no</b>"))); sys.exit(1)'
    part = built(bench, tmp_path, failing)
    part.wait()
    assert "acme failed: 1-align.ipynb, code cell 3: &lt;b&gt;no&lt;/b&gt;" in part.told.value


def test_build_is_stopped(bench: Workbench, tmp_path: Path) -> None:
    part = built(bench, tmp_path, "time.sleep(60)")
    part.stop.click()
    assert part.thread is not None
    part.thread.join(10)
    assert not part.thread.is_alive()
    assert "stopped" in part.told.value


def test_built_files_open_from_the_editor(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    part = start.build(bench)
    assert "href" not in part.links.value, "another editor, such as VS Code, serves no file: it says where they lie"
    assert str(bench.runs / "acme" / "2026-01-31") in part.links.value
    monkeypatch.setenv("CXKIT_REPORTS", "/report")
    bench.saved()
    assert 'href="/report/acme/report.html"' in part.links.value
    assert "report.pdf" not in part.links.value
    bench.open("other")
    assert "report.html" not in part.links.value


def test_what_opens_is_always_the_newest_run_of_a_client_that_is_there(bench: Workbench, tmp_path: Path) -> None:
    data = bench.folder.parent
    first = folder(data, "acme")
    assert first == tmp_path / "runs" / "acme" / "2026-01-31"
    newer = tmp_path / "runs" / "acme" / "2026-02-28"
    shutil.copytree(first, newer)
    assert folder(data, "acme") == newer
    shutil.copytree(first, tmp_path / "runs" / "acme" / "2026-03-31.failed")
    assert folder(data, "acme") == newer
    assert folder(data, "other") is None
    assert folder(data, "..") is None
